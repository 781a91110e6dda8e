"""The genes that rearrangements are made of: one set of alleles, with its origin and version."""

from dataclasses import dataclass
from enum import StrEnum

from remission.mrd.ngs.rearrangement import Locus


class Segment(StrEnum):
    """What a germline sequence is a piece of."""

    V = "V"
    D = "D"
    J = "J"
    KDE = "Kde"
    INTRON = "intron"


@dataclass(frozen=True, slots=True)
class Allele:
    """One germline sequence, ungapped, in capitals.

    `anchor`: position of the first base of the codon that bounds the junction (second cysteine of V,
    tryptophan or phenylalanine of J); None where there is none.
    """

    name: str
    locus: Locus
    segment: Segment
    bases: str
    anchor: int | None

    @property
    def gene(self) -> str:
        """The gene of the allele: its name up to the star."""
        return self.name.split("*")[0]


@dataclass(frozen=True, slots=True)
class Germline:
    """A set of alleles; `sha256` is over its names and bases, so that a result can say which set it used."""

    name: str
    version: str
    sha256: str
    alleles: tuple[Allele, ...]
