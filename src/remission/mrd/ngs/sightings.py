"""Windows seen near the targets: a table of fixed size, whatever the number of reads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.block import Block
from remission.mrd.ngs.kernels_matching import (
    DELETED,
    INDEL_RANK,
    INDEL_REACH,
    REACH,
    gather,
)
from remission.mrd.ngs.matching import Hits, Matcher

ROOM = 1 << 16
"""Distinct windows kept, beside one for each target."""
ROWS = 1 << 17
"""Reads whose qualities are kept, at most 64 of one window."""

WORST_RANK = max(REACH, INDEL_REACH + INDEL_RANK)


@dataclass(frozen=True, slots=True)
class Seen:
    """The windows seen near one target.

    Attributes
    ----------
    bases : uint8 array, shape (windows, columns)
        A base for each column of the target; DELETED where the read lacks it.
    indel : int32 array, shape (windows,)
        0 none, 1 a base is lacking, otherwise 8 + 5 * column + the base that was put in before it.
    reads : int64 array, shape (windows,)
    link : int32 array, shape (windows,)
        Of a stem: the number of the exact window the same reads show, -1 for none.
    number : int64 array, shape (windows,)
        The number of each window among those of all targets.
    row_of : int64 array, shape (rows,)
        Which of these windows a row of qualities belongs to.
    quality : uint8 array, shape (rows, columns)
    overflow : int64 array, shape (ranks,)
        Reads by rank (substitutions, an indel counts two) whose window was not kept.
    """

    bases: NDArray[np.uint8]
    indel: NDArray[np.int32]
    reads: NDArray[np.int64]
    link: NDArray[np.int32]
    number: NDArray[np.int64]
    row_of: NDArray[np.int64]
    quality: NDArray[np.uint8]
    overflow: NDArray[np.int64]


class Sightings:
    """The windows gathered so far; blocks are added in their order, so that equal reads give equal tables."""

    def __init__(self, matcher: Matcher) -> None:
        targets, columns = matcher.windows.shape
        room = ROOM + targets
        self._matcher = matcher
        self._slots = np.full(4 * ROOM, -1, dtype=np.int32)
        self._target = np.zeros(room, dtype=np.int32)
        self._indel = np.zeros(room, dtype=np.int32)
        self._link = np.full(room, -1, dtype=np.int32)
        self._reads = np.zeros(room, dtype=np.int64)
        self._bases = np.zeros((room, columns), dtype=np.uint8)
        self._rows = np.zeros(room, dtype=np.int32)
        self._row_entry = np.zeros(ROWS, dtype=np.int32)
        self._quality = np.zeros((ROWS, columns), dtype=np.uint8)
        self._used = np.array([targets, 0], dtype=np.int64)
        self._overflow = np.zeros((targets, WORST_RANK + 1), dtype=np.int64)
        self._target[:targets] = np.arange(targets)
        self._bases[:targets] = matcher.windows

    def add(self, block: Block, hits: Hits) -> None:
        """Add what was found in one block."""
        gather(
            block.data, block.codes_at, block.quality_at, block.length, hits.read, hits.key,
            self._matcher.windows, self._matcher.widths, self._matcher.stem, self._slots, self._target,
            self._indel, self._link, self._reads, self._bases, self._rows, self._row_entry, self._quality,
            self._used, self._overflow,
        )  # fmt: skip

    def by_target(self) -> list[Seen]:
        """What was seen near each target; its own window, unchanged, comes first (0 reads if never seen)."""
        entries, rows = int(self._used[0]), int(self._used[1])
        order = np.argsort(self._target[:entries], kind="stable")
        bounds = np.searchsorted(self._target[:entries][order], np.arange(len(self._overflow) + 1))
        row_target = self._target[self._row_entry[:rows]]
        row_order = np.argsort(row_target, kind="stable")
        row_bounds = np.searchsorted(row_target[row_order], np.arange(len(self._overflow) + 1))
        within = np.empty(entries, dtype=np.int64)
        seen: list[Seen] = []
        for target, width in enumerate(self._matcher.widths.tolist()):
            own = order[bounds[target] : bounds[target + 1]]
            own_rows = row_order[row_bounds[target] : row_bounds[target + 1]]
            within[own] = np.arange(len(own))
            seen.append(
                Seen(
                    self._bases[own, :width],
                    self._indel[own],
                    self._reads[own],
                    self._link[own],
                    own.astype(np.int64),
                    within[self._row_entry[own_rows]],
                    self._quality[own_rows, :width],
                    self._overflow[target],
                )
            )
        return seen


def substitutions(seen: Seen) -> NDArray[np.int64]:
    """Substitutions of each window against the target, shape (windows,); a lacking base is none."""
    differs = (seen.bases != seen.bases[0]) & (seen.bases != DELETED)
    return differs.sum(axis=1)
