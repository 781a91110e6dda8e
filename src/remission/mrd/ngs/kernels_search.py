"""Seeds, ungapped extension and packed comparison: the loops under `anchoring` and `annotate`."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.compiled import compiled

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]

THREE_SEED = 9
FIVE_SEED = 10
D_SEED = 6
MISMATCH = 3
"""A mismatch costs what three matches give: the log odds at 1 % errors, ln(0.0033/0.25) / ln(0.99/0.25) = -3.1."""

_DROP = 10
_EVERY = 5
_COMMON = 48
_NEAR_BEST = 3
_NEAR_DIAGONAL = 6
_OVERLAP = 6


class Tables(NamedTuple):
    """Alleles, joined end to end, and where their seeds are.

    Attributes
    ----------
    bases : uint8 array, shape (bases of all alleles,)
    words : uint64 array, same shape: the 32 bases that end there, two bits each, the last in the lowest bits
    at, size, segment, locus, gene : int32 arrays, shape (alleles,)
    three_group, five_group, d_group : int32 arrays, shape (4 ** seed,): number of the group, or -1
    three_first, five_first, d_first : int32 arrays, shape (groups + 1,): where a group begins in the lists
    three_allele, three_place, three_turned, five_allele, five_place, d_allele, d_place : int32 arrays
    """

    bases: Bytes
    words: Words
    at: Ints
    size: Ints
    segment: Ints
    locus: Ints
    gene: Ints
    three_group: Ints
    three_first: Ints
    three_allele: Ints
    three_place: Ints
    three_turned: Ints
    five_group: Ints
    five_first: Ints
    five_allele: Ints
    five_place: Ints
    d_group: Ints
    d_first: Ints
    d_allele: Ints
    d_place: Ints


@compiled
def turn(codes: Bytes, size: int, turned: Bytes) -> None:
    """Write the other strand of `codes[:size]` into `turned`."""
    for i in range(size):
        code = codes[size - 1 - i]
        turned[i] = 3 - code if code < 4 else code


@compiled
def pack(codes: Bytes, size: int, words: Words) -> None:
    """For each base the word of the 32 bases that end there; unknown bases count as A."""
    word = np.uint64(0)
    for i in range(size):
        word = (word << np.uint64(2)) | np.uint64(codes[i] & 3)
        words[i] = word


@compiled
def reach(
    codes: Bytes, size: int, bases: Bytes, begin: int, end: int, place: int, on: int, step: int
) -> tuple[int, int]:
    """Extend without gaps from `place` on the read and `on` in `bases[begin:end]`, in direction `step`.

    Returns the best score (match 1, mismatch -3, given up 10 below the best) and the bases it takes.
    """
    score = best = taken = done = 0
    while 0 <= place < size and begin <= on < end:
        done += 1
        if codes[place] == bases[on]:
            score += 1
            if score > best:
                best = score
                taken = done
        else:
            score -= MISMATCH
            if score < best - _DROP:
                break
        place += step
        on += step
    return best, taken


@compiled
def find_three(codes: Bytes, turned: Bytes, size: int, tables: Tables, last: Ints, found: Ints) -> None:
    """Find the best J or Kde on either strand.

    `last`: scratch of shape (alleles, 2). `found` gets score, allele, where its first base would lie, start and
    end of what matched (all on the strand of the gene), and 1 where that is the other strand; score 0: none.
    """
    last[:] = -(1 << 20)
    found[0] = 0
    mask = (1 << (2 * THREE_SEED)) - 1
    seed = 0
    known = 0
    is_turned = False
    for i in range(size):
        code = codes[i]
        if code > 3:
            known = 0
            continue
        seed = ((seed << 2) | code) & mask
        known += 1
        if known < THREE_SEED:
            continue
        group = tables.three_group[seed]
        if group < 0:
            continue
        for entry in range(tables.three_first[group], tables.three_first[group + 1]):
            allele = tables.three_allele[entry]
            other = tables.three_turned[entry]
            start = size - 1 - i if other else i - THREE_SEED + 1
            diagonal = start - tables.three_place[entry]
            if last[allele, other] == diagonal:
                continue
            last[allele, other] = diagonal
            if other and not is_turned:
                turn(codes, size, turned)
                is_turned = True
            strand = turned if other else codes
            begin = tables.at[allele]
            end = begin + tables.size[allele]
            on = begin + tables.three_place[entry]
            left, taken_left = reach(strand, size, tables.bases, begin, end, start - 1, on - 1, -1)
            right, taken_right = reach(
                strand, size, tables.bases, begin, end, start + THREE_SEED, on + THREE_SEED, 1
            )
            score = left + right + THREE_SEED
            if score > found[0] or (score == found[0] and allele < found[1]):
                found[0] = score
                found[1] = allele
                found[2] = diagonal
                found[3] = start - taken_left
                found[4] = start + THREE_SEED + taken_right
                found[5] = other


@compiled
def differing(left: np.uint64, right: np.uint64, bases: int) -> int:
    """How many of the last `bases` (at most 32) bases of two words differ."""
    both = left ^ right
    both = (both | (both >> np.uint64(1))) & np.uint64(0x5555555555555555)
    if bases < 32:
        both &= (np.uint64(1) << np.uint64(2 * bases)) - np.uint64(1)
    both = (both & np.uint64(0x3333333333333333)) + ((both >> np.uint64(2)) & np.uint64(0x3333333333333333))
    both = (both + (both >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((both * np.uint64(0x0101010101010101)) >> np.uint64(56))


@compiled
def upstream(words: Words, tables: Tables, allele: int, place: int, on: int) -> int:
    """The best score of the stretches of 32, 64, ... bases that end at `place` and at base `on` of the allele."""
    score = best = 0
    while place >= 0 and on >= 0:
        bases = min(32, place + 1, on + 1)
        score += bases - (MISMATCH + 1) * differing(words[place], tables.words[tables.at[allele] + on], bases)
        if score > best:
            best = score
        elif score < best - 24:
            break
        place -= bases
        on -= bases
    return best


@compiled
def vote(words: Words, limit: int, common: int, tables: Tables, votes: Ints, place: Ints, touched: Ints) -> int:
    """Let every fifth seed before `limit` vote for the alleles that hold it; how many were touched.

    `votes`: int32 of shape (alleles,), zero before. `place`, shape (alleles, 2): diagonal, and the start of
    the seed nearest to the 3' end. Seeds of more than `common` alleles do not vote.
    """
    mask = np.uint64((1 << (2 * FIVE_SEED)) - 1)
    number = 0
    start = limit - FIVE_SEED
    while start >= 0:
        group = tables.five_group[np.int64(words[start + FIVE_SEED - 1] & mask)]
        if group >= 0 and tables.five_first[group + 1] - tables.five_first[group] <= common:
            for entry in range(tables.five_first[group], tables.five_first[group + 1]):
                allele = tables.five_allele[entry]
                diagonal = start - tables.five_place[entry]
                if votes[allele] == 0:
                    touched[number] = allele
                    number += 1
                elif abs(diagonal - place[allele, 0]) <= _NEAR_DIAGONAL:
                    votes[allele] += 1
                    continue
                elif votes[allele] > 1:
                    continue
                votes[allele] = 1
                place[allele, 0] = diagonal
                place[allele, 1] = start
        start -= _EVERY
    return number


@compiled
def find_five(
    codes: Bytes,
    words: Words,
    size: int,
    limit: int,
    tables: Tables,
    votes: Ints,
    place: Ints,
    touched: Ints,
    found: Ints,
) -> None:
    """Find the best V or intron before `limit`.

    `found` gets score, allele, where the 3' end of the allele would lie, and the end of what matched.
    """
    found[0] = 0
    number = vote(words, limit, _COMMON, tables, votes, place, touched)
    most = 0
    for i in range(number):
        most = max(most, votes[touched[i]])
    if most < 3:
        for i in range(number):
            votes[touched[i]] = 0
        number = vote(words, limit, 1 << 20, tables, votes, place, touched)
        most = 0
        for i in range(number):
            most = max(most, votes[touched[i]])
    for i in range(number):
        allele = touched[i]
        if votes[allele] >= most - _NEAR_BEST:
            begin = tables.at[allele]
            diagonal = place[allele, 0]
            after = place[allele, 1] + FIVE_SEED
            end = begin + tables.size[allele]
            right, taken = reach(codes, size, tables.bases, begin, end, after, begin + after - diagonal, 1)
            score = right + upstream(words, tables, allele, after - 1, after - 1 - diagonal)
            if score > found[0] or (score == found[0] and allele < found[1]):
                found[0] = score
                found[1] = allele
                found[2] = diagonal + tables.size[allele]
                found[3] = after + taken
        votes[allele] = 0


@compiled
def heptamer(codes: Bytes, start: int) -> int:
    """How many of the seven bases before a D are CACTGTG, or -1 where they are not on the read or lack GTG."""
    if start < 7:
        return -1
    if codes[start - 3] != 2 or codes[start - 2] != 3 or codes[start - 1] != 2:
        return -1
    same = 3
    same += codes[start - 7] == 1
    same += codes[start - 6] == 0
    same += codes[start - 5] == 1
    same += codes[start - 4] == 3
    return same


@compiled
def find_d(codes: Bytes, size: int, begin: int, limit: int, tables: Tables, found: Ints) -> None:
    """Find the best D whose 5' end was never cut, between `begin` and `limit`.

    `found` gets score (6 more where the heptamer stands before it), allele, where its 3' end would lie, end of
    what matched, the place of its uncut 5' end, and how many bases of the heptamer were seen (-1: none).
    """
    found[0] = 0
    mask = (1 << (2 * D_SEED)) - 1
    seed = 0
    known = 0
    for i in range(begin, limit):
        if codes[i] > 3:
            known = 0
            continue
        seed = ((seed << 2) | codes[i]) & mask
        known += 1
        if known < D_SEED:
            continue
        group = tables.d_group[seed]
        if group < 0:
            continue
        start = i - D_SEED + 1
        for entry in range(tables.d_first[group], tables.d_first[group + 1]):
            allele = tables.d_allele[entry]
            diagonal = start - tables.d_place[entry]
            at = tables.at[allele]
            end = at + tables.size[allele]
            on = at + tables.d_place[entry]
            left, taken_left = reach(codes, limit, tables.bases, at, end, start - 1, on - 1, -1)
            if start - taken_left - diagonal > 3:
                continue
            right, taken = reach(codes, limit, tables.bases, at, end, start + D_SEED, on + D_SEED, 1)
            seen = heptamer(codes, diagonal)
            score = left + right + D_SEED + (6 if seen >= 5 else 0)
            if score > found[0] or (score == found[0] and allele < found[1]):
                found[0] = score
                found[1] = allele
                found[2] = diagonal + tables.size[allele]
                found[3] = start + D_SEED + taken
                found[4] = diagonal
                found[5] = seen
