"""The answer of the follow-up: what the report prints and the trial takes in."""

from dataclasses import dataclass

from remission.mrd.calls import Answer
from remission.mrd.ngs.fates import Fates
from remission.mrd.ngs.tally import Sighting, Tolerance
from remission.mrd.result import MrdResult
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class CloneLevel:
    """One index clone in one sample.

    `reads` counted; `templates` and the `level` they make, 0 where the reads do not pass `lob_reads`, the
    reads that a sample without the clone may show; `lower` to `upper`: 95 % interval, fraction of cells.
    `stem_reads`, and the `stem_level` they would make, are reported beside it, never added. `lod`: the lowest
    level this clone lets the test see; `vouches`: one of the clones that answer for the sample where the
    answer is below the threshold. `cut_off_reads` end within the window, so that nothing is known of them;
    `long_enough`: the share of the sample's reads that have the `read_length` bases which the window needs
    at least, counted from an end of the amplicon; None where nobody counted.
    """

    name: str
    locus: str
    v: str
    d: str
    j: str
    junction: str
    family: str
    reads: int
    exact_reads: int
    stem_reads: int
    neighbour_reads: int
    lob_reads: int
    templates: float
    level: float
    lower: float
    upper: float
    tolerance: Tolerance
    by_chance: float
    sightings: tuple[Sighting, ...]
    lod: float
    vouches: bool
    stem_level: float = 0.0
    cut_off_reads: int = 0
    read_length: int = 0
    long_enough: float | None = None


@dataclass(frozen=True, slots=True)
class SpikeLevel:
    """Spikes of one locus: copies put in, reads seen; reads per template and its coefficient of variation."""

    locus: str
    copies: float
    reads: int
    reads_per_template: float
    variation: float


@dataclass(frozen=True, slots=True)
class Foreign:
    """An index clone of another patient seen in this sample, against what index hopping explains.

    `shared`: this patient's own diagnosis holds the same sequence, so that its reads are no contamination.
    """

    owner: str
    name: str
    reads: int
    expected: float
    contaminates: bool
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """One follow-up sample, measured.

    `result` is what enters the trial: the highest single clone; markers that share cells are never added.
    `cells` whose DNA was in the tube; the test sees as low as one that shows every one of `cells_seen`.
    `lob`: the level that a sample without disease may seem to have. `answer`: against `threshold` by a test
    of `required_lod`, under the flags that spoil and those that blind a result.
    """

    sample: str
    index_sample: str
    result: MrdResult
    answer: Answer
    threshold: float
    required_lod: float
    cells: int
    cells_seen: int
    lob: float
    clones: tuple[CloneLevel, ...]
    spikes: tuple[SpikeLevel, ...]
    foreign: tuple[Foreign, ...]
    fates: Fates
    germline: str
    notes: tuple[Text, ...]
    disqualifying_flags: tuple[str, ...] = ()
    blinding_flags: tuple[str, ...] = ()

    @property
    def reads_total(self) -> int:
        """All reads of the file (pairs, where there are mates)."""
        return sum(self.fates.values())
