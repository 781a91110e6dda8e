"""Which clonotypes of the diagnosis are followed, and how sure a match of each is no chance.

A clone is followed if more than a share of the reads of its kind are its own. Kinds are counted as the
laboratory amplifies them, each in a tube of its own: complete IGH (V-D-J), incomplete IGH (D-J), IGK with the
kappa deleting element (V-J, V-Kde, intron-Kde), IGL. More than 5 % is common practice, not a standard.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.mrd.ngs.bases import encode
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Repertoire, Uniqueness
from remission.mrd.ngs.families import SOMATIC, families, share_stem, stem_of
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.terms.evidence import Evidence

NEAREST_REACH = 12
"""Substitutions beyond which another clonotype is not called near."""

MOST_BY_CHANCE = 1
"""Substitutions within which a healthy cell is taken to match a clone. Tracking counts the reads of another
cell in full only where they show the very window: of one that is a substitution away two at most, of one
farther away one, for more reads of one window are a clonotype of their own. To be safe the cells one
substitution away are asked for as if all their reads counted."""


@dataclass(frozen=True, slots=True)
class IndexRule:
    """What a clonotype must have to be followed: the protocol's rule.

    Attributes
    ----------
    share : float
        More than this fraction of the reads of its kind.
    least_reads : int
        At least so many reads, so that a share is not made of a handful.
    most_clones : int
        Of those that qualify, the ones with the largest shares.
    """

    share: float = 0.05
    least_reads: int = 20
    most_clones: int = 10

    def __post_init__(self) -> None:
        if not 0.0 < self.share < 1.0 or self.least_reads < 1 or self.most_clones < 1:
            raise InputRefused(
                f"{self} is no rule",
                where="the rule for index clones",
                do="give a share between 0 and 1, and at least 1 read and 1 clone",
            )

    def __str__(self) -> str:
        """The rule in words, as the index carries it."""
        return (
            f"more than {100 * self.share:g} % of the reads of its kind (complete IGH, incomplete IGH, "
            f"IGK with Kde, IGL), at least {self.least_reads} reads, at most {self.most_clones} clones"
        )


@dataclass(frozen=True, slots=True)
class Background:
    """A healthy repertoire to compare with.

    `by_chance(clone, substitutions)`: reads expected to match the clone's window within so many
    substitutions, among one million rearrangements of its kind. `name`: which repertoire, and how it was had.
    """

    name: str
    by_chance: Callable[[Clonotype, int], float]


def group_of(locus: Locus, kind: Kind) -> str:
    """The kind that a share is counted in."""
    if locus is Locus.IGH:
        return "incomplete IGH" if kind is Kind.D_J else "complete IGH"
    return "IGK with Kde" if locus is Locus.IGK else "IGL"


def shares(repertoire: Repertoire) -> tuple[tuple[Clonotype, float], ...]:
    """Every listed clonotype with its share of the reads of its kind, the largest share first.

    A repertoire that does not say its reads by kind has no other clonotypes than those listed.
    """
    listed = [((one.rearrangement.locus, one.rearrangement.kind), one.reads) for one in repertoire.clonotypes]
    total: dict[str, int] = {}
    for (locus, kind), reads in repertoire.kinds.items() or listed:
        total[group_of(locus, kind)] = total.get(group_of(locus, kind), 0) + reads
    found = [(clone, clone.reads / total[_group(clone)]) for clone in repertoire.clonotypes]
    return tuple(sorted(found, key=lambda pair: (-pair[1], -pair[0].reads, pair[0].key)))


def nearest(clone: Clonotype, others: Sequence[Clonotype]) -> tuple[int | None, int]:
    """Substitutions to the nearest other clonotype of the same window length, and its reads.

    Clones of the same D-J stem are passed over, unless they differ by 4 substitutions or fewer: a read can
    hardly tell those, whether they evolved from this one or not. The nearer counts first, then the one with
    more reads. (None, 0) where none lies within 12 substitutions.
    """
    rivals = [other for other in others if len(other.key) == len(clone.key) and other.key != clone.key]
    if not rivals:
        return None, 0
    windows = np.frombuffer("".join(other.key for other in rivals).encode(), dtype=np.uint8)
    far = (windows.reshape(len(rivals), -1) != np.frombuffer(clone.key.encode(), dtype=np.uint8)).sum(axis=1)
    reads = np.array([other.reads for other in rivals])
    for number in np.lexsort((-reads, far)):
        if far[number] > NEAREST_REACH:
            break
        if far[number] <= SOMATIC or not share_stem(clone, rivals[number]):
            return int(far[number]), int(reads[number])
    return None, 0


def tolerated(near: int | None) -> int:
    """Substitutions within which chance is asked for: less than half way to the nearest clonotype."""
    return MOST_BY_CHANCE if near is None else min(MOST_BY_CHANCE, (near - 1) // 2)


def choose(
    repertoire: Repertoire,
    rule: IndexRule,
    background: Background,
    *,
    sample: str,
    germline: Germline,
    evidence: Evidence,
) -> Index:
    """The index clones of one sample by the rule; none is an answer, too.

    Clones are named by locus and rank (`IGH-1`), ranked by share within the locus. Whoever reports an index
    without clones shows the first of `shares` and why it did not qualify.

    A clone whose nearest clonotype is one substitution away is followed, too: at diagnosis it has far more
    reads than errors explain, and its `uniqueness` names the distance and the other's reads. What it costs is
    decided in each sample: where the other has N reads there, about N / 100 of the clone's own are hidden
    (`TargetCount.least`), and its limit of detection says so.
    """
    chosen = [
        (clone, share)
        for clone, share in shares(repertoire)
        if share > rule.share and clone.reads >= rule.least_reads
    ][: rule.most_clones]
    names = _names([clone for clone, _ in chosen])
    return Index(
        sample=sample,
        clones=tuple(
            _index_clone(repertoire, background, clone, share, name, family)
            for (clone, share), name, family in zip(
                chosen, names, _families([clone for clone, _ in chosen], names), strict=True
            )
        ),
        reads_total=repertoire.reads_total,
        fates=repertoire.fates,
        rule=str(rule),
        germline=f"{germline.name} ({germline.version}), sha256 {germline.sha256}",
        evidence=evidence,
    )


def _group(clone: Clonotype) -> str:
    return group_of(clone.rearrangement.locus, clone.rearrangement.kind)


def _names(clones: Sequence[Clonotype]) -> tuple[str, ...]:
    loci = [clone.rearrangement.locus for clone in clones]
    return tuple(f"{locus}-{loci[: number + 1].count(locus)}" for number, locus in enumerate(loci))


def _families(clones: Sequence[Clonotype], names: Sequence[str]) -> tuple[str, ...]:
    order = sorted(range(len(clones)), key=lambda number: -clones[number].reads)
    first = families([clones[number] for number in order])
    head = {number: names[order[first[rank]]] for rank, number in enumerate(order)}
    return tuple(head[number] for number in range(len(clones)))


def _index_clone(
    repertoire: Repertoire, background: Background, clone: Clonotype, share: float, name: str, family: str
) -> IndexClone:
    near, near_reads = nearest(clone, repertoire.clonotypes)
    chance = background.by_chance(clone, tolerated(near))
    # The bases as they are must be searchable; an unknown base outside the window does no harm.
    stem = stem_of(clone)
    if stem is not None and (encode(clone.sequence[slice(*stem)]) > 3).any():
        stem = None
    return IndexClone(name, clone, share, family, stem, Uniqueness(near, near_reads, chance, background.name))
