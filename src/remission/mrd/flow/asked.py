"""What a protocol asks of a flow result."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction

from remission.mrd.flow.measure_flags import BLINDING, DISQUALIFYING


@dataclass(frozen=True, slots=True)
class FlowAsked:
    """`threshold`, `required_lod` (fractions of cells) and flags: as in `calls.against`.

    `events_for_lod`, `events_for_loq`: LOD = a / N, LOQ = b / N. `denominator`: the N, by its name in the
    strategy; None is the strategy's first.
    """

    threshold: Fraction
    required_lod: Fraction
    events_for_lod: float = 20
    events_for_loq: float = 50
    denominator: str | None = None
    disqualifying_flags: AbstractSet[str] = DISQUALIFYING
    blinding_flags: AbstractSet[str] = BLINDING
    needed_flags: AbstractSet[str] = frozenset()
