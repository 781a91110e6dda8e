"""One germline allele laid on one sequence: where it begins and ends, base by base."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.bases import Codes
from remission.mrd.ngs.kernels_anchoring import FIVE_SEED, PLACE_BITS, Tables
from remission.mrd.ngs.kernels_annotate import align_band, best_on_diagonals, best_ungapped, count_seeds

FINDING = 2
"""A mismatch costs two matches while an allele is looked for: log odds at 5 % differences, hypermutation."""

BOUNDING = 3
"""A mismatch costs three matches where a boundary is drawn: log odds at 1 % differences."""

GAP = 4
BAND = 15
SHORTLIST = 64
ALIGNED = 24
NEAR_BEST = 20
"""Alleles whose ungapped score is so near the best are aligned with gaps."""


@dataclass(frozen=True, slots=True)
class Laid:
    """An allele on a sequence: `pairs` are the columns in order (read, allele; -1 where one has a gap)."""

    allele: int
    score: int
    pairs: NDArray[np.int32]
    same: NDArray[np.bool_]

    @property
    def start(self) -> int:
        """First base on the read."""
        return int(self.pairs[0, 0])

    @property
    def end(self) -> int:
        """One past the last base on the read."""
        return int(self.pairs[-1, 0]) + 1

    @property
    def germline_start(self) -> int:
        """First base of the allele that lies on the read."""
        return int(self.pairs[0, 1])

    @property
    def germline_end(self) -> int:
        """One past the last base of the allele that lies on the read."""
        return int(self.pairs[-1, 1]) + 1

    @property
    def mismatches(self) -> int:
        """Bases that differ; each inserted or missing base counts as one."""
        return int(np.count_nonzero(~self.same))

    def read_position(self, on_allele: int) -> int | None:
        """Where a base of the allele lies on the read, None where it does not."""
        column = np.flatnonzero(self.pairs[:, 1] == on_allele)
        return int(self.pairs[column[0], 0]) if len(column) and self.pairs[column[0], 0] >= 0 else None

    def within(self, start: int, end: int) -> "Laid | None":
        """What of it lies on the read from `start` to `end`; None where nothing does."""
        on_read = np.flatnonzero((self.pairs[:, 0] >= start) & (self.pairs[:, 0] < end))
        if not len(on_read):
            return None
        kept = slice(on_read[0], on_read[-1] + 1)
        return Laid(self.allele, self.score, self.pairs[kept], self.same[kept])


def bounded(codes: Codes, tables: Tables, allele: int, pairs: NDArray[np.int32], score: int) -> Laid:
    """Cut an alignment down to its best stretch, a mismatch or a gap costing `BOUNDING` matches."""
    bases = tables.bases[tables.at[allele] : tables.at[allele] + tables.size[allele]]
    both = (pairs >= 0).all(axis=1)
    same = np.zeros(len(pairs), dtype=np.bool_)
    same[both] = codes[pairs[both, 0]] == bases[pairs[both, 1]]
    running = np.concatenate(([0], np.cumsum(np.where(same, 1, -BOUNDING))))
    lowest = np.minimum.accumulate(running)
    end = int(np.argmax(running - lowest))
    begin = int(np.flatnonzero(running[: end + 1] == lowest[end])[-1])
    return Laid(allele, score, pairs[begin:end], same[begin:end])


def on_diagonal(codes: Codes, tables: Tables, allele: int, diagonal: int, limit: int) -> NDArray[np.int32]:
    """All columns of an allele without gaps, before `limit` on the read."""
    read = np.arange(max(0, diagonal), min(limit, diagonal + tables.size[allele]), dtype=np.int32)
    return np.column_stack((read, read - diagonal))


def three_alleles(
    codes: Codes, tables: Tables, alleles: Iterable[int], begin: int, end: int
) -> list[tuple[int, int, int]]:
    """Best score, allele, and diagonal of each J or Kde on the read from `begin` to `end`."""
    found = np.zeros(4, dtype=np.int32)
    rows: list[tuple[int, int, int]] = []
    for allele in alleles:
        best_ungapped(codes[begin:end], tables.bases, tables.at[allele], tables.size[allele], FINDING, found)
        rows.append((int(found[0]), allele, int(found[1]) + begin))
    return rows


def five_alleles(codes: Codes, limit: int, tables: Tables) -> list[Laid]:
    """Every V or intron that explains the read before `limit` about as well as the best, the best first.

    All seeds of the read are counted; the alleles that share most are scored without gaps, and those near the
    best are aligned with gaps in a band.
    """
    part = codes[:limit]
    alleles = len(tables.size)
    seeds = np.zeros(alleles, dtype=np.int32)
    longest = int(tables.size.max())
    sums = np.zeros((alleles, limit + longest), dtype=np.int32)
    count_seeds(part, FIVE_SEED, tables.five_list, tables.five_entry, PLACE_BITS, longest, seeds, sums)
    listed = np.argsort(-seeds, kind="stable")[:SHORTLIST].astype(np.int32)
    diagonal = (np.argmax(sums[listed], axis=1) - longest).astype(np.int32)
    scores = np.zeros(len(listed), dtype=np.int32)
    best_on_diagonals(part, tables.bases, tables.at, tables.size, listed, diagonal, FINDING, scores)
    near = [row for row in np.lexsort((listed, -scores)) if scores[row] >= scores.max() - NEAR_BEST]
    aligned = [_gapped(part, tables, int(listed[row]), int(diagonal[row])) for row in near[:ALIGNED]]
    return sorted((laid for laid in aligned if laid.score > 0), key=lambda laid: (-laid.score, laid.allele))


def _gapped(codes: Codes, tables: Tables, allele: int, diagonal: int) -> Laid:
    pairs = np.empty((len(codes) + int(tables.size[allele]), 2), dtype=np.int32)
    found = np.zeros(2, dtype=np.int32)
    align_band(
        codes,
        tables.bases,
        tables.at[allele],
        tables.size[allele],
        diagonal,
        BAND,
        FINDING,
        GAP,
        pairs,
        found,
    )
    return bounded(codes, tables, allele, pairs[: found[1]][::-1], int(found[0]))
