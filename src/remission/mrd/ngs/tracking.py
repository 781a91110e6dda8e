"""Following clones in one sample: every read is looked at once and gets exactly one fate.

Fates, the first that holds: INDEX, an exact window of the sample's owner; SPIKE; STEM, a stem window of the
owner; FOREIGN, a window of another owner; NEIGHBOUR, a window near a target that another clonotype explains
better; TOO_SHORT, a window cut off by the end of the read; OTHER. A read that a neighbour of the exact window
gave may still carry the stem: when V is replaced, or the clone evolves, the stem is what stays. It counts for
the stem, which is reported apart and never added.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.assigning import assign, counts_of, fates_of
from remission.mrd.ngs.cores import side_by_side
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.matching import matcher
from remission.mrd.ngs.sightings import Sightings
from remission.mrd.ngs.source import Batch
from remission.mrd.ngs.tally import Tally, Target


def track(
    targets: Sequence[Target], batches: Iterable[Batch], sample: str, owner: str, cores: int = 1
) -> Tally:
    """Look for targets in the reads of a sample.

    Parameters
    ----------
    targets : sequence of Target
        Windows of the sample's own index, of other owners, and spikes.
    batches : iterable of Batch
        The reads; taken in their order, a few at a time.
    sample, owner : str
        The sample's name, and whose index is its own.
    cores : int
        One reads, and compares when it has time; the others compare. The answer does not depend on it.

    Raises
    ------
    InputRefused
        A window that cannot be followed. What goes wrong while reading is raised here, and nothing counted.
    """
    laid_out = matcher(targets, owner)
    sightings = Sightings(laid_out)
    fates: Counter[Fate] = Counter()
    cut_off = np.zeros(len(laid_out.targets), dtype=np.int64)
    lengths = np.zeros(1, dtype=np.int64)
    reads_hit = 0
    for batch, hits in side_by_side(batches, laid_out.find, cores):
        sightings.add(batch.block, hits)
        fates.update(batch.lost)
        cut_off += hits.cut_off
        lengths = _added(lengths, np.bincount(batch.block.length))
        hit = len(np.unique(hits.read))
        reads_hit += hit
        fates[Fate.TOO_SHORT] += hits.too_short
        fates[Fate.OTHER] += len(batch.block) - hit - hits.too_short
    reads_total = sum(fates.values()) + reads_hit
    assigned = assign(laid_out, sightings.by_target(), reads_total)
    fates.update(fates_of(assigned, owner))
    return Tally(
        sample,
        counts_of(assigned, cut_off),
        {fate: fates[fate] for fate in Fate if fates[fate]},
        {int(length): int(lengths[length]) for length in np.flatnonzero(lengths)},
    )


def _added(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of two counts, of which one may be longer."""
    total = np.zeros(max(len(one), len(other)), dtype=np.int64)
    total[: len(one)] += one
    total[: len(other)] += other
    return total
