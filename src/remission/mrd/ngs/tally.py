"""What tracking saw in one sample, before anything is estimated from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from remission.mrd.ngs.fates import Fates
from remission.terms.words import Text


class Tier(StrEnum):
    """What is looked for."""

    EXACT = "exact"
    STEM = "stem"
    SPIKE = "spike"


@dataclass(frozen=True, slots=True)
class Target:
    """One window to look for, in letters, in the direction of the gene.

    `owner`: the patient or sample whose index it is; empty for a spike. `name`: of the clone, or spike.
    """

    owner: str
    name: str
    tier: Tier
    locus: str
    window: str


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What was still counted as the clone, and why not more."""

    substitutions: int
    indels: int
    why: Text


@dataclass(frozen=True, slots=True)
class Sighting:
    """Reads that show one and the same window near a target; `belongs`: counted as the target."""

    window: str
    reads: int
    substitutions: int
    indels: int
    belongs: bool


@dataclass(frozen=True, slots=True)
class TargetCount:
    """Reads of one target.

    `exact`: the window unchanged; `tolerated`: with errors the sequencer explains; `neighbours`: near it, yet
    of another clonotype. `sightings`: the windows seen most, for the picture of the alignment.
    `cut_off`: reads that show part of the window and end before the rest, so that nothing is known of them.
    `from_neighbours`: reads counted here that are expected to be errors of a neighbour; `least`: the fewest
    reads that its errors do not explain (1 where no neighbour is near).
    """

    target: Target
    exact: int
    tolerated: int
    neighbours: int
    tolerance: Tolerance
    sightings: tuple[Sighting, ...]
    cut_off: int = 0
    from_neighbours: float = 0.0
    least: int = 1

    @property
    def reads(self) -> int:
        """Reads counted as the target."""
        return self.exact + self.tolerated


@dataclass(frozen=True, slots=True)
class Tally:
    """One sample: every target looked for, and the fate of every read.

    A stem target counts only reads that no exact target of the same owner took. `lengths`: reads by their
    length in bases, as they were compared (merged, trimmed); empty where nobody counted them.
    """

    sample: str
    counts: tuple[TargetCount, ...]
    fates: Fates
    lengths: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def reads_total(self) -> int:
        """All reads of the file (pairs, where there are mates)."""
        return sum(self.fates.values())
