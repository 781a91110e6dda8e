"""Seeds, ungapped extension and packed comparison: the loops that anchor every read of a block.

They stay in one file: compiled code is kept per file and is not renewed when another file changes. Whole
numbers are made int64 before they are handed on, so that each loop compiles once.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int32]
Words = NDArray[np.uint64]
Longs = NDArray[np.int64]
Whole = Any
"""A whole number, of whatever width."""

LEAST_LENGTH = 50
LEAST_THREE = 12
LEAST_FIVE = 18
LEAST_D = 13
D_WITHIN = 80
DH_FLANK = 20

ANCHORED, TOO_SHORT, NO_J, NO_V, TWO_LOCI, NO_DH_FLANK = range(6)
V_D_J, D_J, V_J, V_KDE, INTRON_KDE = range(5)
IGH = 0
J_SEGMENT, KDE_SEGMENT, INTRON_SEGMENT = 2, 3, 4
REASON, KIND, LOCUS, TURNED, FIVE, THREE, FIVE_AT, THREE_AT, FIVE_END, THREE_START = range(10)

THREE_SEED = 9
FIVE_SEED = 8
D_SEED = 6
PLACE_BITS = 12
PLACE_MASK = (1 << PLACE_BITS) - 1
MISMATCH = 3
"""A mismatch costs three matches: the log odds at 1 % errors, ln(0.0033/0.25) / ln(0.99/0.25) = -3.1."""

_DROP = 10
_THREE_EVERY = 3
_FIVE_EVERY = 8
_COMMON = 24
_NEAR_BEST = 2
_SHORT = 80
_WITHIN = 5
_NEAR_DIAGONAL = 6


class Tables(NamedTuple):
    """Alleles, joined end to end, and where their seeds are.

    Attributes
    ----------
    bases : uint8 array, shape (bases of all alleles,)
    words : uint64 array, same shape: the 32 bases that end there, two bits each, the last in the lowest bits
    at, size, segment, locus, gene : int32 arrays, shape (alleles,)
    three_seen : uint8 array, shape (4 ** seed / 8,): one bit for each seed that has a group
    three_group, d_group : int32 arrays, shape (4 ** seed,): number of the group, or -1
    three_first, d_first : int32 arrays, shape (groups + 1,): where a group begins in the lists
    three_allele, three_place, three_turned, d_allele, d_place : int32 arrays, the lists
    three_slot : int32 array: twice the number of the allele among J and Kde, and 1 more on the other strand
    five_list : int32 array, shape (4 ** seed,): 256 * where a list begins + its length (at most 255)
    five_entry : int32 array, the lists: 4096 * allele + place
    """

    bases: Bytes
    words: Words
    at: Ints
    size: Ints
    segment: Ints
    locus: Ints
    gene: Ints
    three_seen: Bytes
    three_group: Ints
    three_first: Ints
    three_allele: Ints
    three_place: Ints
    three_turned: Ints
    three_slot: Ints
    five_list: Ints
    five_entry: Ints
    d_group: Ints
    d_first: Ints
    d_allele: Ints
    d_place: Ints


class Scratch(NamedTuple):
    """Room that `anchor_reads` works in: made outside, where it need not be compiled.

    Attributes
    ----------
    turned : uint8 array, words : uint64 array, shape (longest read,)
    last : int32 array, shape (2 * alleles of J and Kde,)
    votes : int32 array, shape (alleles,), all 0
    place : int32 array, shape (alleles, 2)
    touched : int32 array, shape (alleles,)
    seen : int32 array, all -1; its length is a power of two
    three, five : int32 arrays, shape (6,)
    """

    turned: Bytes
    words: Words
    last: Ints
    votes: Ints
    place: Ints
    touched: Ints
    seen: Ints
    three: Ints
    five: Ints


def scratch(tables: Tables, length: Ints) -> Scratch:
    """Room for reads of these lengths."""
    alleles, longest = len(tables.size), int(length.max(initial=1))
    threes = np.count_nonzero((tables.segment == J_SEGMENT) | (tables.segment == KDE_SEGMENT))
    return Scratch(
        turned=np.empty(longest, dtype=np.uint8),
        words=np.empty(longest, dtype=np.uint64),
        last=np.empty(2 * threes, dtype=np.int32),
        votes=np.zeros(alleles, dtype=np.int32),
        place=np.empty((alleles, 2), dtype=np.int32),
        touched=np.empty(alleles, dtype=np.int32),
        seen=np.full(1 << (2 * len(length)).bit_length(), -1, dtype=np.int32),
        three=np.zeros(6, dtype=np.int32),
        five=np.zeros(6, dtype=np.int32),
    )


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
    codes: Bytes, size: int, bases: Bytes, begin: Whole, end: Whole, place: Whole, on: Whole, step: int
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
def find_three(
    codes: Bytes, turned: Bytes, words: Words, size: int, tables: Tables, last: Ints, found: Ints
) -> None:
    """Find the best J or Kde on either strand, from every third seed of the read as packed in `words`.

    `last`: scratch of shape (2 * three alleles,). `found` gets score, allele, where its first base would lie,
    start and end of what matched (all on the strand of the gene), and 1 where that is the other strand;
    score 0: none.
    """
    last[:] = -(1 << 20)
    found[0] = 0
    mask = np.uint64((1 << (2 * THREE_SEED)) - 1)
    is_turned = False
    for i in range(THREE_SEED - 1, size, _THREE_EVERY):
        seed = np.int64(words[i] & mask)
        if not (tables.three_seen[seed >> 3] >> (seed & 7)) & 1:
            continue
        group = tables.three_group[seed]
        for entry in range(tables.three_first[group], tables.three_first[group + 1]):
            other = tables.three_turned[entry]
            start = size - 1 - i if other else i - THREE_SEED + 1
            diagonal = start - tables.three_place[entry]
            if last[tables.three_slot[entry]] == diagonal:
                continue
            last[tables.three_slot[entry]] = diagonal
            if other and not is_turned:
                turn(codes, size, turned)
                is_turned = True
            allele = tables.three_allele[entry]
            strand = turned if other else codes
            begin = np.int64(tables.at[allele])
            end = begin + tables.size[allele]
            on = begin + tables.three_place[entry]
            right, taken_right = reach(strand, size, tables.bases, begin, end, start, on, 1)
            left, taken_left = reach(strand, size, tables.bases, begin, end, start - 1, on - 1, -1)
            score = left + right
            if score > found[0] or (score == found[0] and allele < found[1]):
                found[0] = score
                found[1] = allele
                found[2] = diagonal
                found[3] = start - taken_left
                found[4] = start + taken_right
                found[5] = other


@compiled
def differing(left: Whole, right: Whole, bases: int) -> int:
    """How many of the last `bases` (at most 32) bases of two words differ."""
    both = left ^ right
    both = (both | (both >> np.uint64(1))) & np.uint64(0x5555555555555555)
    if bases < 32:
        both &= (np.uint64(1) << np.uint64(2 * bases)) - np.uint64(1)
    both = (both & np.uint64(0x3333333333333333)) + ((both >> np.uint64(2)) & np.uint64(0x3333333333333333))
    both = (both + (both >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return int((both * np.uint64(0x0101010101010101)) >> np.uint64(56))


@inner
def upstream(words: Words, tables: Tables, allele: int, place: int, on: int) -> int:
    """The best score of the stretches of 32, 64, ... bases that end at `place` and at base `on`."""
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


@inner
def vote(
    words: Words,
    limit: int,
    back_to: int,
    common: int,
    tables: Tables,
    votes: Ints,
    place: Ints,
    touched: Ints,
) -> int:
    """Let every eighth seed before `limit` vote for the alleles that hold it; how many were touched.

    `votes`: int32 of shape (alleles,), zero before. `place`, shape (alleles, 2): diagonal, and the start of
    the seed nearest to the 3' end. Seeds in more than `common` places do not vote, nor those before
    `back_to`.
    """
    mask = np.uint64((1 << (2 * FIVE_SEED)) - 1)
    number = 0
    start = limit - FIVE_SEED
    while start >= back_to:
        begin = tables.five_list[np.int64(words[start + FIVE_SEED - 1] & mask)]
        length = begin & 255
        begin >>= 8
        if length <= common:
            for i in range(begin, begin + length):
                entry = tables.five_entry[i]
                allele = entry >> PLACE_BITS
                diagonal = start - (entry & PLACE_MASK)
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
        start -= _FIVE_EVERY
    return number


@inner
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
    number = vote(words, limit, int(np.int64(0)), int(np.int64(_COMMON)), tables, votes, place, touched)
    most = 0
    for i in range(number):
        most = max(most, votes[touched[i]])
    if most < 3:
        for i in range(number):
            votes[touched[i]] = 0
        back_to = int(np.int64(max(0, limit - _SHORT)))
        number = vote(words, limit, back_to, int(np.int64(255)), tables, votes, place, touched)
        most = 0
        for i in range(number):
            most = max(most, votes[touched[i]])
    best = 0
    for i in range(number):
        allele = touched[i]
        if votes[allele] < most - _NEAR_BEST:
            votes[allele] = 0
            continue
        after = place[allele, 1] + FIVE_SEED
        votes[allele] = upstream(words, tables, allele, after - 1, after - 1 - place[allele, 0])
        best = max(best, votes[allele])
    for i in range(number):
        allele = touched[i]
        if votes[allele] > 0 and votes[allele] >= best - _WITHIN:
            begin = np.int64(tables.at[allele])
            diagonal = place[allele, 0]
            after = place[allele, 1] + FIVE_SEED
            end = begin + tables.size[allele]
            right, taken = reach(codes, size, tables.bases, begin, end, after, begin + after - diagonal, 1)
            score = right + votes[allele]
            if score > found[0] or (score == found[0] and allele < found[1]):
                found[0] = score
                found[1] = allele
                found[2] = diagonal + tables.size[allele]
                found[3] = after + taken
        votes[allele] = 0


@compiled
def heptamer(codes: Bytes, start: int) -> int:
    """How many of the seven bases before a D are CACTGTG; -1 where they are off the read or lack GTG."""
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
def find_d(codes: Bytes, begin: int, limit: int, tables: Tables, place: Ints, found: Ints) -> None:
    """Find the best D whose 5' end was never cut, between `begin` and `limit`.

    `found` gets score (6 more where the heptamer stands before it), allele, where its 3' end would lie, end
    of what matched, the place of its uncut 5' end, and how many bases of the heptamer were seen (-1: none).
    `place`: scratch of shape (alleles, 2).
    """
    found[0] = 0
    place[:, 0] = -(1 << 20)
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
            if place[allele, 0] == diagonal:
                continue
            place[allele, 0] = diagonal
            at = np.int64(tables.at[allele])
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


@inner
def twin(data: Bytes, codes_at: Longs, length: Ints, read: int, size: int, words: Words, seen: Ints) -> int:
    """An earlier read of the block with the very same bases, or -1; remembers this one.

    `seen`: reads by the hash of their words, -1 where there is none; its length is a power of two.
    """
    value = np.uint64(size)
    for i in range(31, size + 31, 32):
        value = (value ^ words[min(i, size - 1)]) * np.uint64(0xBF58476D1CE4E5B9)
        value ^= value >> np.uint64(29)
    slot = np.int64(value & np.uint64(len(seen) - 1))
    other = seen[slot]
    seen[slot] = read
    if other < 0 or length[other] != size:
        return -1
    one = data[codes_at[read] : codes_at[read] + size]
    two = data[codes_at[other] : codes_at[other] + size]
    differs = np.uint8(0)
    for i in range(size):
        differs |= one[i] ^ two[i]
    return other if differs == 0 else -1


@compiled
def anchor_reads(
    data: Bytes, codes_at: Longs, length: Ints, tables: Tables, scratch: Scratch, rows: Ints
) -> None:
    """Anchor each read; `rows`, shape (10, reads), gets reason, kind, locus, ... in the order named above.

    A read with the very bases of an earlier one gets what that one got.
    """
    turned, words, last, votes, place, touched, seen, three, five = scratch
    for read in range(len(length)):
        size = int(np.int64(length[read]))
        for row in range(10):
            rows[row, read] = 0
        if size < LEAST_LENGTH:
            rows[REASON, read] = TOO_SHORT
            continue
        codes = data[codes_at[read] : codes_at[read] + size]
        pack(codes, size, words)
        other = twin(data, codes_at, length, read, size, words, seen)
        if other >= 0:
            for row in range(10):
                rows[row, read] = rows[row, other]
            continue
        find_three(codes, turned, words, size, tables, last, three)
        if three[0] < LEAST_THREE:
            rows[REASON, read] = NO_J
            continue
        strand = codes
        limit = min(size, three[3] + 6)
        if three[5]:
            strand = turned
            pack(strand, limit, words)
        find_five(strand, words, size, limit, tables, votes, place, touched, five)
        j_locus = tables.locus[three[1]]
        is_kde = tables.segment[three[1]] == KDE_SEGMENT
        rows[LOCUS, read] = j_locus
        rows[TURNED, read] = three[5]
        rows[THREE, read] = three[1]
        rows[THREE_AT, read] = three[2]
        rows[THREE_START, read] = three[3]
        if five[0] >= LEAST_FIVE:
            is_intron = tables.segment[five[1]] == INTRON_SEGMENT
            if tables.locus[five[1]] != j_locus:
                rows[REASON, read] = TWO_LOCI
            elif is_intron and not is_kde:
                rows[REASON, read] = NO_V
            elif is_kde:
                rows[KIND, read] = INTRON_KDE if is_intron else V_KDE
            else:
                rows[KIND, read] = V_D_J if j_locus == IGH else V_J
        elif j_locus != IGH:
            rows[REASON, read] = NO_V
        else:
            end = int(np.int64(three[3]))
            find_d(strand, max(0, end - D_WITHIN), end, tables, place, five)
            rows[KIND, read] = D_J
            if five[0] < LEAST_D:
                rows[REASON, read] = NO_V
            elif five[5] < 5 and five[4] < DH_FLANK:
                rows[REASON, read] = NO_DH_FLANK
        rows[FIVE, read] = five[1]
        rows[FIVE_AT, read] = five[2]
        rows[FIVE_END, read] = five[3]
