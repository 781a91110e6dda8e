"""What a simulated run is asked to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from remission.errors import InputRefused
from remission.lab.sheet import Role
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.normal import NORMAL, Model
from remission.mrd.ngs.rearrangement import Kind, Locus

SIMULATED = "SIMULATED"


class Relation(StrEnum):
    """What a sequence is to the patient's clones."""

    CLONE = "clone"
    SISTER = "sister"
    REPLACED = "v-replaced"
    DECOY = "decoy"
    SPIKE = "spike"
    BACKGROUND = "background"
    UNRELATED = "unrelated"


@dataclass(frozen=True, slots=True)
class Clone:
    """One rearrangement, known to the base.

    `bases`: the amplicon, in the direction of the gene. `window`: start and end on it of what tells this
    clone from others: from 15 bases before the cut end of the 5' segment to 15 after that of the 3' segment.
    `of`: the clone that a sister or decoy was made from, itself for a clone.
    """

    name: str
    relation: Relation
    of: str
    kind: Kind
    locus: Locus
    five: str
    d: str
    three: str
    bases: str
    window: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SpikeIn:
    """A synthetic rearrangement and the mean copies of it put into each tube."""

    clone: Clone
    copies: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One tube; a control has no `patient`.

    `fractions`: share of the cells that bear each clone (by name, of any relation).
    `background`: share of the cells with a rearrangement of their own. `reads`: of the file (pairs, where
    there are mates), those of the background that are left out included.
    """

    name: str
    patient: str
    clones: tuple[Clone, ...]
    cells: int
    fractions: Mapping[str, float]
    background: float
    reads: int
    role: Role = Role.FOLLOW_UP

    @property
    def donor(self) -> str:
        """Whose background it is: the patient's, or a control's own."""
        return self.patient or self.name

    def __post_init__(self) -> None:
        unknown = sorted(set(self.fractions) - {clone.name for clone in self.clones})
        if unknown:
            raise InputRefused(
                f"fractions are asked for {', '.join(unknown)}, no clone of the sample",
                where=f"simulated sample {self.name}",
                do="name the clones as they are named",
            )


@dataclass(frozen=True, slots=True)
class Pcr:
    """`errors`: per base copied. `indels`: one base more or less, per base of the read, no lineage kept.

    `chimeras`: share of reads joined from two templates.
    """

    cycles: int = 30
    efficiency: float = 0.9
    errors: float = 1e-6
    indels: float = 2e-6
    chimeras: float = 0.002


@dataclass(frozen=True, slots=True)
class Reading:
    """How the sequencer reads: `first_error` to `last_error`, straight, over `length` bases.

    `read_spread`, `base_spread`: spread of the error among reads and among bases, natural log. `optimism`:
    how much better than the truth the written Phred quality is (0: honest).
    """

    length: int = 250
    paired: bool = False
    first_error: float = 0.0005
    last_error: float = 0.005
    read_spread: float = 0.5
    base_spread: float = 0.4
    optimism: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """Samples sequenced together.

    `hopping`: share of a sample's reads that came from the other samples of the run. `unrelated`: share of
    reads that are no rearrangement. `clonotypes`: of each patient's background; patients share them once
    `MOST_CLONOTYPES` are made. `background_share`: share of the background's reads that is written. `tails`:
    bases before and after every amplicon (adapters, synthetic primers). `plain`: files not compressed.
    """

    samples: tuple[Sample, ...]
    germline: Germline
    spikes: tuple[SpikeIn, ...] = ()
    model: Model = NORMAL
    pcr: Pcr = Pcr()
    reading: Reading = Reading()
    hopping: float = 1e-4
    unrelated: float = 0.002
    clonotypes: int = 20_000
    background_share: float = 1.0
    tails: tuple[str, str] = ("", "")
    plain: bool = False


MOST_CLONOTYPES = 400_000
