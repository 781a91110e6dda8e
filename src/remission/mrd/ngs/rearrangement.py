"""What one sequence is made of, or why nothing is said about it."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from remission.mrd.ngs.bases import Codes


class Locus(StrEnum):
    """A gene of the immunoglobulins."""

    IGH = "IGH"
    IGK = "IGK"
    IGL = "IGL"


class Kind(StrEnum):
    """Which segments were joined."""

    V_D_J = "V-D-J"
    D_J = "D-J"
    V_J = "V-J"
    V_KDE = "V-Kde"
    INTRON_KDE = "intron-Kde"


class Reason(StrEnum):
    """Why a sequence gets no call."""

    TOO_SHORT = "too-short"
    NO_J = "no-j"
    NO_V = "no-v"
    TWO_LOCI = "two-loci"
    NO_DH_FLANK = "no-dh-flank"
    LOW_QUALITY = "low-quality"


@dataclass(frozen=True, slots=True)
class Part:
    """One segment as it lies on the sequence.

    `start` to `end` on the sequence, in the direction of the gene; `germline_start` to `germline_end` on the
    ungapped germline allele. `cut_5` and `cut_3`: bases of the allele missing at the end that was joined
    (0 at an end that the read does not reach, or that is not joined). `alleles`: the best allele first, then
    those that explain the read equally well.
    """

    alleles: tuple[str, ...]
    start: int
    end: int
    germline_start: int
    germline_end: int
    cut_5: int
    cut_3: int
    mismatches: int

    @property
    def gene(self) -> str:
        """The gene of the best allele."""
        return self.alleles[0].split("*")[0]


@dataclass(frozen=True, slots=True)
class Rearrangement:
    """Segments and what lies between them.

    `five` is the segment on the 5' side: V, the D of an incomplete D-J, or the intron; `three` is J or Kde;
    `d` holds D segments between them (at most two, in order). `turned`: the sequence was read from its other
    strand, and every position refers to the turned one. `junction`: start and end, or None where either
    anchor is not on the sequence or the kind has none. `productive`: in frame without a stop from V to J;
    None where that cannot be said. It is reported and never filters.
    """

    locus: Locus
    kind: Kind
    five: Part
    d: tuple[Part, ...]
    three: Part
    junction: tuple[int, int] | None
    productive: bool | None
    turned: bool

    @property
    def n_regions(self) -> tuple[tuple[int, int], ...]:
        """Start and end of each stretch between neighbouring segments (empty where they touch)."""
        parts = (self.five, *self.d, self.three)
        return tuple((left.end, right.start) for left, right in pairwise(parts))

    @property
    def genes(self) -> tuple[str, ...]:
        """Gene names from 5' to 3'."""
        return tuple(part.gene for part in (self.five, *self.d, self.three))


@dataclass(frozen=True, slots=True)
class NoCall:
    """Nothing is said about a sequence, and why."""

    reason: Reason


def junction_of(sequence: Codes, rearrangement: Rearrangement) -> Codes | None:
    """The bases of the junction of a sequence already turned to the direction of the gene."""
    if rearrangement.junction is None:
        return None
    return sequence[slice(*rearrangement.junction)]
