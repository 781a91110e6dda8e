"""What tracking saw in one sample, before anything is estimated from it."""

from dataclasses import dataclass
from enum import StrEnum

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
    """

    target: Target
    exact: int
    tolerated: int
    neighbours: int
    tolerance: Tolerance
    sightings: tuple[Sighting, ...]

    @property
    def reads(self) -> int:
        """Reads counted as the target."""
        return self.exact + self.tolerated


@dataclass(frozen=True, slots=True)
class Tally:
    """One sample: every target looked for, and the fate of every read.

    A stem target counts only reads that no exact target of the same owner took.
    """

    sample: str
    counts: tuple[TargetCount, ...]
    fates: Fates

    @property
    def reads_total(self) -> int:
        """All reads of the file (pairs, where there are mates)."""
        return sum(self.fates.values())
