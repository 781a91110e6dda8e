"""A measured flow sample: what the report prints and the trial takes in."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from remission.mrd.calls import Answer
from remission.mrd.flow.quality.findings import Finding
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.mrd.flow.suggestion.suggested import Acceptance, Suggestion
from remission.mrd.result import MrdResult
from remission.terms.evidence import Evidence
from remission.terms.words import Text

EVENTS = "events of the sample"
"""The setting of the evidence that says, by sha256, which of its files hold the sample's own events."""


class Sensitivity(StrEnum):
    """Whether the test could see as low as it was asked to."""

    SUFFICIENT = "sufficient"
    INSUFFICIENT = "insufficient"
    NONE = "none"
    """The panel cannot carry the strategy: nothing was measured."""


class Category(StrEnum):
    """The four calls of a flow report (PMC8824253), and the fifth for a panel that cannot answer."""

    QUANTIFIED = "positive, quantifiable"
    BELOW_LOQ = "positive, not quantifiable"
    NEGATIVE = "negative"
    INSUFFICIENT = "negative with insufficient sensitivity"
    NOT_EVALUABLE = "not evaluable"


@dataclass(frozen=True, slots=True)
class Unmoved:
    """What is found, of how many cells of the primary denominator, by the gates as the strategy has them."""

    found: int
    cells: int


@dataclass(frozen=True, slots=True)
class FlowMeasured:
    """One sample, measured by one strategy.

    `result` is None where the panel lacks markers that the strategy needs (`lacking`): then nothing was
    counted, and the answer is not evaluable. `populations`: events by path; `kept_populations`: the same
    without the events that quality flagged. `markers`: the channel of each. `needed_flags`: what a negative
    must state, here (after anti-CD19 treatment: `cd19-independent-gate`). `acceptance`: the named person who
    stands for the gates, if anybody does yet. `unmoved`: where gates were moved. `uncompensated`: markers
    gated without compensation that was asked for. `controls_missing`: what every marrow shows, but not this.
    """

    sample: str
    strategy: str
    strategy_version: str
    strategy_sha256: str
    panel: str
    markers: Mapping[str, str]
    compensation: str
    result: MrdResult | None
    evidence: Evidence
    answer: Answer
    category: Category
    sensitivity: Sensitivity
    threshold: float
    required_lod: float
    mrd: str
    populations: Mapping[str, int]
    kept_populations: Mapping[str, int]
    quality: tuple[Finding, ...]
    adjustments: tuple[Adjustment, ...]
    left_out: tuple[str, ...]
    lacking: tuple[str, ...]
    suggestion: Suggestion | None
    acceptance: Acceptance | None
    notes: tuple[Text, ...]
    disqualifying_flags: tuple[str, ...] = ()
    blinding_flags: tuple[str, ...] = ()
    needed_flags: tuple[str, ...] = ()
    unmoved: Unmoved | None = None
    uncompensated: tuple[str, ...] = ()
    controls_missing: tuple[Text, ...] = ()
