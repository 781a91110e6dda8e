"""Windows of one sample, counted in bounded memory.

When the room for distinct windows is used up, rare windows that are errors of others are folded into them;
if more than half the room is still taken, the rarest are dropped and the most reads that any clonotype may
have lost is added up. Votes (bases of the first reads of a window, for the consensus) are kept for the
windows with most reads: when places run out, the number of reads that earns one is doubled.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs import kernels_counting as kernels
from remission.mrd.ngs.bases import UNKNOWN, Codes
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.clustering import parents_of
from remission.mrd.ngs.kernels_counting import BEFORE, COLUMNS, ENTRIES, FLOOR, VOTES, Table

ROOM = 2_000_000
"""Distinct windows kept at a time: about 70 bytes each."""

VOTE_ROWS = 4096
MOST_ERRORS = 3.0
"""Reads expected to hold more errors than this in their window cannot name a clonotype."""

FOLDED_EARLY = 2
"""While reads still come, only windows of so few reads are folded; the rest waits for the end."""

BEST_QUALITY = 40
_COVERED = 0.3
_LONGEST = 32 * kernels.MOST_WORDS


def error_table() -> NDArray[np.float64]:
    """Chance that a base is wrong, by Phred quality, shape (256,).

    Qualities above 40 are not believed (errors of the polymerase carry no mark); at worst a base is drawn
    from four.
    """
    quality = np.minimum(np.arange(256), BEST_QUALITY)
    return np.minimum(10.0 ** (-quality / 10), 0.75)


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where the germline lies on each read of a block.

    `kind` is a number from 0 of the caller's choice, -1 where the read is not anchored. `five_at`,
    `three_at`: on the turned read, where the 3' end of the germline five allele and the 5' end of the
    germline three allele would lie, were they uncut. Shapes (reads,).
    """

    kind: NDArray[np.int16]
    turned: NDArray[np.bool_]
    five_at: NDArray[np.int32]
    three_at: NDArray[np.int32]


class Counter:
    """Counts windows of blocks as they come.

    Parameters
    ----------
    rule : sequence of int
        Bases before the 3' end of five, after the 5' end of three, least bases, step (see `clonotypes`).
    kinds : int
        How many kinds `Anchors.kind` tells apart.
    room : int
        Distinct windows kept at a time.
    """

    def __init__(self, rule: tuple[int, int, int, int], kinds: int, room: int = ROOM) -> None:
        self._rule = np.array(rule, dtype=np.int64)
        self._errors = error_table()
        self.table = _table(kinds, room)
        self.at_most_missed = 0
        self.fates = np.zeros(5, dtype=np.int64)

    def add(self, block: Block, anchors: Anchors) -> NDArray[np.uint8]:
        """Count a block; the fate of each read, as numbered in `kernels_counting`."""
        fates = np.zeros(len(block), dtype=np.uint8)
        done = 0
        while True:
            done = kernels.count(
                block.data,
                block.codes_at,
                block.quality_at,
                block.length,
                anchors.kind,
                anchors.turned,
                anchors.five_at,
                anchors.three_at,
                self._rule,
                self._errors,
                MOST_ERRORS,
                done,
                fates,
                self.table,
            )
            if done == len(block):
                break
            if self.table.state[VOTES] == 0:
                self._free_votes()
            else:
                self._make_room()
        self.fates += np.bincount(fates, minlength=5)
        return fates

    def fold(self) -> None:
        """Fold every window that is an error of another into it: the last step."""
        self._fold(int(self.exact.max(initial=0)))

    @property
    def entries(self) -> int:
        """Distinct windows held."""
        return int(self.table.state[ENTRIES])

    @property
    def exact(self) -> NDArray[np.int32]:
        """Reads that show each window, shape (windows,)."""
        return self.table.exact[: self.entries]

    @property
    def reads(self) -> NDArray[np.int64]:
        """Reads of each window, those folded into it included, shape (windows,)."""
        return self.exact.astype(np.int64) + self.table.folded[: self.entries]

    @property
    def kinds(self) -> NDArray[np.uint8]:
        """The kind of each window, shape (windows,)."""
        return self.table.kind[: self.entries]

    def window(self, entry: int) -> Codes:
        """The bases of a window."""
        at, bases = int(self.table.word_at[entry]), int(self.table.bases[entry])
        words = self.table.pool[at : at + (bases + 31) // 32]
        shifts = np.arange(0, 64, 2, dtype=np.uint64)
        return ((words[:, None] >> shifts) & np.uint64(3)).astype(np.uint8).ravel()[:bases]

    def consensus(self, entry: int) -> tuple[Codes, int] | None:
        """Bases of the whole read by vote, and where the window starts on it; None where no votes were kept.

        Each base is the one with most quality behind it among the first 40 reads; columns that hold less
        than 0.3 of the votes of the window are left off. The window itself is as it was counted.
        """
        row = int(self.table.vote[entry])
        if row < 0:
            return None
        votes = self.table.votes[row]
        window = self.window(entry)
        total = votes.sum(axis=1, dtype=np.int64)
        start, end = BEFORE, BEFORE + len(window)
        enough = total >= _COVERED * total[start:end].mean()
        first = start - int(np.argmin(enough[start::-1])) + 1 if not enough[: start + 1].all() else 0
        last = end - 1 + int(np.argmin(enough[end - 1 :])) if not enough[end - 1 :].all() else COLUMNS
        first, last = min(first, start), max(last, end)
        codes = np.where(total > 0, votes.argmax(axis=1), UNKNOWN).astype(np.uint8)
        codes[start:end] = window
        return codes[first:last], start - first

    def _fold(self, most: int) -> None:
        if self.entries == 0:
            return
        parent = parents_of(self.table, most)
        folded = self.table.folded[: self.entries]
        child = np.flatnonzero(parent >= 0)
        np.add.at(folded, parent[child], self.exact[child] + folded[child])
        kernels.kept(parent < 0, self.table)

    def _make_room(self) -> None:
        self._fold(FOLDED_EARLY)
        room = len(self.table.bases)
        words = len(self.table.pool)
        if self.entries <= room // 2 and self.table.state[kernels.WORDS] <= words * 3 // 4:
            return
        reads = np.sort(self.reads)
        dropped = int(reads[len(reads) // 2])
        self._fold(dropped)
        self.at_most_missed += dropped
        kernels.kept(self.reads > dropped, self.table)

    def _free_votes(self) -> None:
        table, state = self.table, self.table.state
        vote = table.vote[: self.entries]
        while state[VOTES] <= len(table.free) // 2:
            state[FLOOR] *= 2
            poor = np.flatnonzero((vote >= 0) & (self.exact < state[FLOOR]))
            table.free[state[VOTES] : state[VOTES] + len(poor)] = vote[poor]
            state[VOTES] += len(poor)
            vote[poor] = -1


def _table(kinds: int, room: int) -> Table:
    rows = min(VOTE_ROWS, room)
    return Table(
        slots=np.zeros(1 << (2 * room - 1).bit_length(), dtype=np.int32),
        pool=np.empty(4 * room + kernels.MOST_WORDS, dtype=np.uint64),
        word_at=np.empty(room, dtype=np.int32),
        bases=np.empty(room, dtype=np.int16),
        kind=np.empty(room, dtype=np.uint8),
        exact=np.empty(room, dtype=np.int32),
        folded=np.empty(room, dtype=np.int32),
        mark=np.empty(room, dtype=np.uint32),
        vote=np.empty(room, dtype=np.int32),
        votes=np.empty((rows, COLUMNS, 4), dtype=np.uint16),
        voters=np.empty(rows, dtype=np.int32),
        free=np.arange(rows, dtype=np.int32)[::-1].copy(),
        errors=np.zeros((kinds, _LONGEST), dtype=np.float64),
        lengths=np.zeros((kinds, _LONGEST + 1), dtype=np.float64),
        spread=np.zeros((kinds, 4), dtype=np.float64),
        state=np.array([0, 0, rows, 1], dtype=np.int64),
    )
