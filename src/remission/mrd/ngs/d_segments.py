"""D segments: only where they beat chance, for whoever wants to sees a D in any twenty bases."""

import math

import numpy as np

from remission.mrd.ngs.aligning import BOUNDING, Laid, bounded, on_diagonal
from remission.mrd.ngs.bases import Codes
from remission.mrd.ngs.germline import Segment
from remission.mrd.ngs.kernels_anchoring import D_WITHIN, DH_FLANK, LEAST_D, find_d
from remission.mrd.ngs.kernels_annotate import best_ungapped
from remission.mrd.ngs.rearrangement import Reason
from remission.mrd.ngs.search import SEGMENTS, Searcher

LAMBDA, KAPPA = 1.374, 0.711
"""Karlin-Altschul parameters of match 1, mismatch -3 on even bases (DOI 10.1073/pnas.87.6.2264)."""

FIRST_BY_CHANCE = 0.05
SECOND_BY_CHANCE = 0.001
"""How often random bases of that length may score as high; a second D is rare, so it needs better proof."""

HEPTAMER_SEEN = 5
SHARED = 12
"""A D is recognised by bases that are not J's, but may share so many with it."""


def chance(score: int, bases: int, d_lengths: tuple[int, ...]) -> float:
    """How often `bases` random bases hold a stretch of any D that scores so high."""
    room = max(1, bases - score + 1) * sum(max(0, length - score + 1) for length in d_lengths)
    return -math.expm1(-KAPPA * room * math.exp(-LAMBDA * score))


def d_between(
    searcher: Searcher, codes: Codes, start: int, end: int, after_d: bool
) -> list[tuple[Laid, tuple[int, ...]]]:
    """The D segments between two others, in order: where each lies, and all alleles as good.

    At most two, or one where a D is on the 5' side already (`after_d`).
    """
    first = _best_d(searcher, codes, start, end, SECOND_BY_CHANCE if after_d else FIRST_BY_CHANCE)
    if first is None or after_d:
        return [] if first is None else [first]
    left = _best_d(searcher, codes, start, first[0].start, SECOND_BY_CHANCE)
    right = _best_d(searcher, codes, first[0].end, end, SECOND_BY_CHANCE)
    if left is not None and (right is None or left[0].score >= right[0].score):
        return [left, first]
    return [first] if right is None else [first, right]


def _best_d(
    searcher: Searcher, codes: Codes, start: int, end: int, by_chance: float
) -> tuple[Laid, tuple[int, ...]] | None:
    tables = searcher.tables
    found = np.zeros(4, dtype=np.int32)
    rows: list[tuple[int, int, int]] = []
    for allele in _d_alleles(searcher):
        best_ungapped(codes[start:end], tables.bases, tables.at[allele], tables.size[allele], BOUNDING, found)
        rows.append((int(found[0]), allele, start + int(found[1])))
    best = max((row[0] for row in rows), default=0)
    lengths = {int(tables.gene[row[1]]): int(tables.size[row[1]]) for row in rows}
    if best == 0 or chance(best, end - start, tuple(lengths.values())) > by_chance:
        return None
    as_good = tuple(row for row in rows if row[0] == best)
    _, allele, diagonal = as_good[0]
    pairs = on_diagonal(codes, tables, allele, diagonal, end)
    laid = bounded(codes, tables, allele, pairs[pairs[:, 0] >= start], best)
    return laid, tuple(row[1] for row in as_good)


def _d_alleles(searcher: Searcher) -> list[int]:
    return np.flatnonzero(searcher.tables.segment == SEGMENTS.index(Segment.D)).tolist()


def d_of_dj(searcher: Searcher, codes: Codes, j_start: int) -> tuple[Laid, tuple[int, ...]] | Reason:
    """The D of an incomplete D-J: its 5' end was never cut, and what precedes it is germline.

    Five of the seven bases of its heptamer (CACTGTG, with GTG next to the D) are asked for, or, where it is
    not seen, 20 bases that are no V and a D that needs no help. A read that begins in the D cannot tell a D-J
    from a V-D-J: NO_DH_FLANK.
    """
    tables = searcher.tables
    found = np.zeros(6, dtype=np.int32)
    scratch = np.empty((len(tables.size), 2), dtype=np.int32)
    find_d(codes, max(0, j_start - D_WITHIN), j_start, tables, scratch, found)
    score, allele, _, _, uncut, heptamer = (int(number) for number in found)
    if score < LEAST_D:
        return Reason.NO_V
    if heptamer < HEPTAMER_SEEN and uncut < DH_FLANK:
        return Reason.NO_DH_FLANK
    end = min(len(codes), j_start + SHARED)
    laid = bounded(codes, tables, allele, on_diagonal(codes, tables, allele, uncut, end), score)
    others = (
        bounded(codes, tables, other, on_diagonal(codes, tables, other, uncut, end), 0)
        for other in _d_alleles(searcher)
        if other != allele
    )
    kept = int(laid.same.sum()) - BOUNDING * laid.mismatches
    as_good = [one.allele for one in others if int(one.same.sum()) - BOUNDING * one.mismatches == kept]
    return laid, (allele, *as_good)
