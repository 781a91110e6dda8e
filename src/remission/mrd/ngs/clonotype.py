"""A clonotype of one sample, and the index clones chosen among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from remission.mrd.ngs.fates import Fate, Fates
from remission.mrd.ngs.rearrangement import Kind, Locus, Rearrangement
from remission.terms.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Clonotype:
    """Reads that come from one rearranged ancestor.

    `sequence` is the consensus in letters, in the direction of the gene, and `rearrangement` refers to it
    (its `turned` is False). `window`: start and end on the sequence. `exact` reads show the window unchanged;
    `reads` counts also those that differ by errors of the sequencer alone.
    """

    sequence: str
    rearrangement: Rearrangement
    window: tuple[int, int]
    reads: int
    exact: int

    @property
    def key(self) -> str:
        """The bases of the window: what a clonotype is known by."""
        return self.sequence[slice(*self.window)]


@dataclass(frozen=True, slots=True)
class Repertoire:
    """The clonotypes of one sample, most reads first, and what became of every read.

    `clonotypes` lists those with most reads; the reads of the others count in `fates` and `kinds` all the
    same. `at_most_missed`: where memory was short, no clonotype lacks more reads than this; 0 when all were
    kept. `kinds`: reads of all clonotypes by locus and kind.
    """

    clonotypes: tuple[Clonotype, ...]
    fates: Fates
    at_most_missed: int
    kinds: Mapping[tuple[Locus, Kind], int] = field(default_factory=dict[tuple[Locus, Kind], int])

    @property
    def reads_total(self) -> int:
        """All reads of the file (pairs, where there are mates)."""
        return sum(self.fates.values())

    @property
    def reads_rearranged(self) -> int:
        """Reads that belong to a clonotype, listed or not."""
        return self.fates.get(Fate.CLONOTYPE, 0)


@dataclass(frozen=True, slots=True)
class Uniqueness:
    """How sure a match is this clone and not chance.

    `nearest`: substitutions to the nearest other clonotype of the same length that is no sister, or a sister
    that a read can hardly tell (None: none within reach). `by_chance`: reads expected to match, one
    substitution included, among one million rearrangements of its kind in a healthy repertoire; `repertoire`
    names that repertoire and how it was had.
    """

    nearest: int | None
    nearest_reads: int
    by_chance: float
    repertoire: str


@dataclass(frozen=True, slots=True)
class IndexClone:
    """A clonotype of the diagnosis that is followed.

    `name` is locus, hyphen, rank, such as `IGH-1`. `share`: of the reads of its kind of locus at diagnosis.
    `family`: name of the clone with most reads of its family (see `families`). `stem`: start and end on
    the sequence of the D-N-J stretch, or None where the clone has no D or too little of it.
    """

    name: str
    clonotype: Clonotype
    share: float
    family: str
    stem: tuple[int, int] | None
    uniqueness: Uniqueness

    @property
    def window(self) -> str:
        """The bases a read must show."""
        return self.clonotype.key

    @property
    def stem_window(self) -> str | None:
        """The bases of the stem tier."""
        return None if self.stem is None else self.clonotype.sequence[slice(*self.stem)]


@dataclass(frozen=True, slots=True)
class Index:
    """What is followed in one patient, and from which sample and rule that was decided."""

    sample: str
    clones: tuple[IndexClone, ...]
    reads_total: int
    fates: Fates
    rule: str
    germline: str
    evidence: Evidence
