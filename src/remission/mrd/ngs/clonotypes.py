"""The clonotypes of one sample, from its reads.

The window of a read is cut by germline coordinates, so that every read of one clone gives the same window
whatever its errors: from 30 bases before the 3' end of the germline V (the D of a D-J, the intron) to 15
bases after the 5' end of the germline J or Kde, as if neither were cut. Where both are cut so deep, with so
little between them, that this holds fewer than 45 bases, the start moves out in steps of 10 bases until it
does. How deep depends on the two anchors only, never on how far an alignment happened to match. A read that
does not reach both ends of its window is too short; it is never completed from another.

Reads are counted by that window. The window that a listed clonotype is known and followed by reaches at least
5 bases into what its consensus really shows of V and of J or Kde, in steps of 10: where J is cut so deep that
the counted window ends before it, the N bases, which are the clone's own, would otherwise be left out.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np

from remission.mrd.ngs import kernels_counting as kernels
from remission.mrd.ngs.anchoring import KINDS as ANCHORED_KINDS
from remission.mrd.ngs.anchoring import REASONS, Anchored, anchored
from remission.mrd.ngs.annotate import annotate
from remission.mrd.ngs.bases import Codes, decode
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.clustering import shifted
from remission.mrd.ngs.cores import side_by_side
from remission.mrd.ngs.counting import ROOM, Anchors, Counter
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.rearrangement import Kind, Locus, NoCall, Rearrangement, Reason
from remission.mrd.ngs.search import LOCI, Searcher
from remission.mrd.ngs.source import Batch

BEFORE_FIVE_END = 30
AFTER_THREE_START = 15
LEAST_WINDOW = 45
STEP = 10
INTO_SEGMENTS = 5
RULE = (BEFORE_FIVE_END, AFTER_THREE_START, LEAST_WINDOW, STEP)

LISTED = 200
"""Clonotypes that are annotated in full and listed: a few milliseconds each."""

KINDS: tuple[tuple[Locus, Kind], ...] = (
    (Locus.IGH, Kind.V_D_J),
    (Locus.IGH, Kind.D_J),
    (Locus.IGK, Kind.V_J),
    (Locus.IGK, Kind.V_KDE),
    (Locus.IGK, Kind.INTRON_KDE),
    (Locus.IGL, Kind.V_J),
)

_OF_REASON: Mapping[Reason | None, Fate] = MappingProxyType(
    {Reason.TOO_SHORT: Fate.TOO_SHORT, Reason.LOW_QUALITY: Fate.LOW_QUALITY}
)
_OF_COUNT: Mapping[int, Fate] = MappingProxyType(
    {
        kernels.COUNTED: Fate.CLONOTYPE,
        kernels.SHORT: Fate.TOO_SHORT,
        kernels.LOW: Fate.LOW_QUALITY,
        kernels.LONG: Fate.NO_REARRANGEMENT,
    }
)

Call = Callable[[Codes], Rearrangement | NoCall]


def repertoire(
    searcher: Searcher, batches: Iterable[Batch], most: int = LISTED, room: int = ROOM, cores: int = 1
) -> Repertoire:
    """The clonotypes of one sample, in one pass over its reads.

    Parameters
    ----------
    batches : iterable of Batch
        As `source.batches` gives them.
    most : int
        Clonotypes that are annotated in full and listed, those with most reads.
    room : int
        Distinct windows kept at a time (see `counting`): bounds the memory, whatever the number of reads.
    cores : int
        One reads and counts, the others find V and J. The answer does not depend on it.

    Raises
    ------
    InputRefused
        What the reader of the files raises; nothing that was counted before is a result then.
    """
    counter, fates = counted(searcher, batches, room, cores)
    return listed(counter, fates, lambda codes: annotate(searcher, codes), most)


def counted(
    searcher: Searcher, batches: Iterable[Batch], room: int = ROOM, cores: int = 1
) -> tuple[Counter, dict[Fate, int]]:
    """Count the windows of all reads and fold errors into what they are errors of; with every read's fate."""
    counter = Counter(RULE, len(KINDS), room)
    fates: dict[Fate, int] = {}
    for batch, found in side_by_side(batches, lambda block: anchored(searcher, block), cores):
        for fate, reads in batch.lost.items():
            fates[fate] = fates.get(fate, 0) + reads
        of_read = counter.add(batch.block, _anchors(found))
        for number, fate in _OF_COUNT.items():
            fates[fate] = fates.get(fate, 0) + int((of_read == number).sum())
        reasons = np.bincount(found.reason[of_read == kernels.NOT_ANCHORED], minlength=len(REASONS))
        for reason, reads in zip(REASONS, reasons, strict=True):
            fate = _OF_REASON.get(reason, Fate.NO_REARRANGEMENT)
            fates[fate] = fates.get(fate, 0) + int(reads)
    counter.fold()
    return counter, fates


def listed(counter: Counter, fates: Mapping[Fate, int], call: Call, most: int = LISTED) -> Repertoire:
    """The clonotypes of what was counted, the first `most` annotated by `call`.

    A clonotype whose consensus gets no call is none: its reads become `no-rearrangement`.
    """
    groups = _one_clone_each(counter, 2 * most)
    reads = counter.reads
    kinds = {kind: int(reads[counter.kinds == number].sum()) for number, kind in enumerate(KINDS)}
    lost, found = 0, list[Clonotype]()
    for group in groups[:most]:
        clonotype = _clonotype(counter, group, call)
        kinds[KINDS[counter.kinds[group[0]]]] -= int(reads[group].sum())
        if clonotype is None:
            lost += int(reads[group].sum())
            continue
        found.append(clonotype)
        kind = (clonotype.rearrangement.locus, clonotype.rearrangement.kind)
        kinds[kind] = kinds.get(kind, 0) + clonotype.reads
    after = dict(fates)
    after[Fate.CLONOTYPE] = after.get(Fate.CLONOTYPE, 0) - lost
    after[Fate.NO_REARRANGEMENT] = after.get(Fate.NO_REARRANGEMENT, 0) + lost
    return Repertoire(
        clonotypes=tuple(sorted(found, key=lambda one: (-one.reads, one.key))),
        fates={fate: after[fate] for fate in Fate if after.get(fate)},
        at_most_missed=counter.at_most_missed,
        kinds={kind: number for kind, number in kinds.items() if number},
    )


def _anchors(found: Anchored) -> Anchors:
    number = np.full((len(ANCHORED_KINDS), len(LOCI)), -1, dtype=np.int16)
    for place, (locus, kind) in enumerate(KINDS):
        number[ANCHORED_KINDS.index(kind), LOCI.index(locus)] = place
    kind = np.where(found.reason == 0, number[found.kind, found.locus], -1).astype(np.int16)
    return Anchors(kind, found.turned, found.five_at, found.three_at)


def _one_clone_each(counter: Counter, most: int) -> list[list[int]]:
    """The windows of each of the first clones that have votes, the window with most reads first."""
    voted = np.flatnonzero(counter.table.vote[: counter.entries] >= 0)
    order = voted[np.argsort(-counter.reads[voted], kind="stable")][:most]
    groups: dict[int, list[int]] = {}
    for entry, first in zip(order, shifted([counter.window(int(entry)) for entry in order]), strict=True):
        groups.setdefault(first, []).append(int(entry))
    reads = counter.reads
    return sorted(groups.values(), key=lambda group: -int(reads[group].sum()))


def _clonotype(counter: Counter, group: list[int], call: Call) -> Clonotype | None:
    consensus = counter.consensus(group[0])
    if consensus is None:
        return None
    codes, start = consensus
    rearrangement = call(codes)
    if isinstance(rearrangement, NoCall) or rearrangement.turned:
        return None
    counted_window = (start, start + int(counter.table.bases[group[0]]))
    return Clonotype(
        sequence=decode(codes),
        rearrangement=rearrangement,
        window=reaching(counted_window, rearrangement, len(codes)),
        reads=int(counter.reads[group].sum()),
        exact=int(counter.exact[group[0]]),
    )


def reaching(window: tuple[int, int], found: Rearrangement, bases: int) -> tuple[int, int]:
    """The window, moved out to reach into both outer segments as they lie on a consensus of `bases`."""
    start, end = window
    while start > max(0, found.five.end - INTO_SEGMENTS):
        start -= STEP
    while end < min(bases, found.three.start + INTO_SEGMENTS):
        end += STEP
    return max(start, 0), min(end, bases)
