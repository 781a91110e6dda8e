"""Search of every diagonal, and alignment with gaps in a band: the loops under `annotate`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Whole = Any
"""A whole number, of whatever width."""

STOP, PAIR, ONLY_READ, ONLY_ALLELE = range(4)


@compiled
def best_ungapped(codes: Bytes, bases: Bytes, begin: Whole, size: Whole, mismatch: int, found: Ints) -> None:
    """The best stretch without gaps of `codes` on the allele at `bases[begin:begin + size]`, all diagonals.

    `found` gets score (match 1), diagonal, start and end on the read; the first of equals.
    """
    found[:] = 0
    length = len(codes)
    for diagonal in range(1 - size, length):
        first = max(0, diagonal)
        score = 0
        for i in range(first, min(length, diagonal + size)):
            if codes[i] == bases[begin + i - diagonal]:
                score += 1
                if score > found[0]:
                    found[0] = score
                    found[1] = diagonal
                    found[2] = first
                    found[3] = i + 1
            else:
                score -= mismatch
                if score <= 0:
                    score = 0
                    first = i + 1


@compiled
def best_on_diagonals(
    codes: Bytes,
    bases: Bytes,
    at: Ints,
    size: Ints,
    alleles: Ints,
    diagonals: Ints,
    mismatch: int,
    scores: Ints,
) -> None:
    """The best score (match 1) of each of `alleles` on its own diagonal, into `scores`."""
    for row in range(len(alleles)):
        begin = at[alleles[row]]
        diagonal = diagonals[row]
        score = best = 0
        for i in range(max(0, diagonal), min(len(codes), diagonal + size[alleles[row]])):
            score = score + 1 if codes[i] == bases[begin + i - diagonal] else max(0, score - mismatch)
            best = max(best, score)
        scores[row] = best


@compiled
def count_seeds(
    codes: Bytes, width: int, lists: Ints, entries: Ints, bits: int, longest: int, seeds: Ints, sums: Ints
) -> None:
    """Count for each allele the seeds it shares with the read, and by diagonal.

    `seeds`, shape (alleles,), and `sums`, shape (alleles, read + longest allele), are added to; the diagonal
    of read position i and allele position j is column i - j + longest.
    """
    mask = (1 << (2 * width)) - 1
    seed = 0
    known = 0
    for i in range(len(codes)):
        if codes[i] > 3:
            known = 0
            continue
        seed = ((seed << 2) | codes[i]) & mask
        known += 1
        if known < width:
            continue
        begin = lists[seed] >> 8
        for at in range(begin, begin + (lists[seed] & 255)):
            allele = entries[at] >> bits
            seeds[allele] += 1
            sums[allele, i - width + 1 - (entries[at] & ((1 << bits) - 1)) + longest] += 1


@compiled
def align_band(
    codes: Bytes,
    bases: Bytes,
    begin: Whole,
    size: Whole,
    diagonal: Whole,
    band: int,
    mismatch: int,
    gap: int,
    pairs: Ints,
    found: Ints,
) -> None:
    """The best local alignment within `band` diagonals either side of `diagonal`; linear cost of gaps.

    `found` gets score and number of columns; `pairs`, shape (read + allele, 2), the columns from the last to
    the first: position on the read and on the allele, -1 where that has a gap.
    """
    width = 2 * band + 1
    length = len(codes)
    score = np.zeros((length + 1, width + 2), dtype=np.int32)
    way = np.zeros((length + 1, width + 2), dtype=np.uint8)
    best = best_i = best_k = 0
    for i in range(1, length + 1):
        for k in range(width, 0, -1):
            j = i - diagonal + band + 1 - k
            if j < 1 or j > size:
                continue
            here = 0
            step = STOP
            pair = score[i - 1, k] + (1 if codes[i - 1] == bases[begin + j - 1] else -mismatch)
            if pair > here:
                here = pair
                step = PAIR
            if k > 1 and score[i - 1, k - 1] - gap > here:
                here = score[i - 1, k - 1] - gap
                step = ONLY_READ
            if k < width and score[i, k + 1] - gap > here:
                here = score[i, k + 1] - gap
                step = ONLY_ALLELE
            score[i, k] = here
            way[i, k] = step
            if here > best:
                best = here
                best_i = i
                best_k = k
    columns = 0
    i = best_i
    k = best_k
    while best > 0 and way[i, k] != STOP:
        j = i - diagonal + band + 1 - k
        step = way[i, k]
        pairs[columns, 0] = -1 if step == ONLY_ALLELE else i - 1
        pairs[columns, 1] = -1 if step == ONLY_READ else j - 1
        columns += 1
        if step == PAIR:
            i -= 1
        elif step == ONLY_READ:
            i -= 1
            k -= 1
        else:
            k += 1
    found[0] = best
    found[1] = columns
