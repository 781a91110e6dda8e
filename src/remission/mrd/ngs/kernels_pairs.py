"""Loops that lay mates over each other.

One mate is read forward, the other is turned (reverse complement). An overlap is named by the length of the
insert it means: the insert begins where the forward mate begins and ends where the turned mate ends; what
lies outside is adapter. Scores are whole hundredths of a bit.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Lengths = NDArray[np.int32]
Scores = NDArray[np.int16]

QUALITIES = 94
"""Phred values a read may have (0 to 93), the width of the tables by two qualities."""

_SEED = 32
_SEED_QUALITY = 5
_SEED_BAD = 8
_SEED_STEP = 8
_SEED_PLACES = 96
_SEED_LEAST = 8
_TILE = 64
_PADDING = _SEED_PLACES + _SEED + _TILE
_NO_SEED, _NO_BASE = 255, 254
_MOST_PER_BASE = 200


@compiled
def _turn(codes: Bytes, quality: Bytes, turned: Bytes, turned_quality: Bytes) -> None:
    bases = np.uint64(len(codes))
    last = np.uint64(len(codes) - 1)
    for i in range(bases):  # unsigned places: the loop is vectorised
        code = codes[last - i]
        turned[i] = 3 - code if code < 4 else code
    for i in range(bases):
        turned_quality[i] = quality[last - i]


@compiled
def _seed(codes: Bytes, quality: Bytes, seed: Bytes, good: Bytes) -> int:
    """Choose where a stretch of mostly good bases begins, near the beginning, and copy it to `seed`.

    `good[i]`: good bases among the first i of the seed.
    """
    begin = 0
    while True:
        for i in range(_SEED):
            place = begin + i
            fit = place < len(codes) and codes[place] < 4 and quality[place] >= _SEED_QUALITY
            seed[i] = codes[place] if fit else _NO_SEED
            good[i + 1] = good[i] + fit
        if good[_SEED] >= _SEED - _SEED_BAD or begin + _SEED_STEP >= min(len(codes) - _SEED, _SEED_PLACES):
            return begin
        begin += _SEED_STEP


@compiled
def _count_tile(seed: Bytes, moving: Bytes, begin: np.uint64, tile: np.uint64, differences: Bytes) -> None:
    """Seed bases that differ from `moving`, for 64 shifts at once."""
    for shift in range(np.uint64(_TILE)):
        count = np.uint8(0)
        for i in range(np.uint64(_SEED)):
            count += np.uint8(moving[begin + tile + shift + i] != seed[i])
        differences[tile + shift] = count


@compiled
def _most_different(compared: int) -> int:
    """Most differences a seed may show, of which `compared` bases lie over the mate; the others all count."""
    return _SEED if compared < _SEED_LEAST else _SEED - compared + compared // 2


@compiled
def _score(
    one: Bytes,
    one_quality: Bytes,
    one_at: int,
    two: Bytes,
    two_quality: Bytes,
    two_at: int,
    overlap: int,
    agree: Scores,
    differ: Scores,
    least: int,
) -> int:
    """Bits (in hundredths) for one origin over chance; something less than `least` once that is sure."""
    score = 0
    for i in range(overlap):
        base, other = one[one_at + i], two[two_at + i]
        if base | other < 4:
            both = one_quality[one_at + i] * QUALITIES + two_quality[two_at + i]
            if base == other:
                score += int(agree[both])
            else:
                score += int(differ[both])
                if score + _MOST_PER_BASE * (overlap - i - 1) < least:
                    return least - 1
    return score


@compiled
def _best_insert(  # every overlap of a pair, in both ways to lie; in pieces it would pass its state around
    one: Bytes,
    one_quality: Bytes,
    two: Bytes,
    two_quality: Bytes,
    padded: Bytes,
    padded_turned: Bytes,
    agree: Scores,
    differ: Scores,
    least_overlap: int,
    least_score: int,
    differences: Bytes,
    seed: Bytes,
    good: Bytes,
) -> int:
    """The insert length of the best overlap; 0 where none is good enough, or a second has half its score.

    Overlaps are scored only where at least half of the seed bases that lie over the other mate agree.
    """
    best, second, insert = least_score - 1, least_score - 1, 0
    for inside in range(2):  # the turned mate begins before the forward mate does, or with or after it
        if inside:
            still, still_quality, moving, shifts = two, two_quality, padded, len(one)
        else:
            still, still_quality, moving, shifts = one, one_quality, padded_turned, len(two)
        begin = _seed(still, still_quality, seed, good)
        for tile in range(0, shifts, _TILE):
            _count_tile(seed, moving, np.uint64(begin), np.uint64(tile), differences)
        most = _most_different(good[_SEED])
        for shift in range(1 - inside, shifts - least_overlap + 1):
            if differences[shift] > most:
                over = shifts - shift - begin
                if over >= _SEED or differences[shift] > _most_different(good[max(0, over)]):
                    continue
            overlap = min(shifts - shift, len(still))
            if overlap < least_overlap:
                continue
            one_at, two_at = (shift, 0) if inside else (0, shift)
            least = max(second, best // 2)
            score = _score(one, one_quality, one_at, two, two_quality, two_at, overlap, agree, differ, least)
            if score > best:
                second = best
                best = score
                insert = one_at - two_at + len(two)
            elif score > second:
                second = score
    return 0 if second >= least_score and 2 * second > best else insert


@compiled
def _join(
    one: Bytes,
    one_quality: Bytes,
    two: Bytes,
    two_quality: Bytes,
    insert: int,
    agreed: Bytes,
    disputed: Bytes,
    merged: Bytes,
    at: int,
) -> None:
    """Write the codes of the insert (forward mate, overlap, turned mate) and then its qualities."""
    offset = insert - len(two)
    begin, end = max(0, offset), min(len(one), insert)
    quality_at = at + insert
    for i in range(begin):
        merged[at + i] = one[i]
        merged[quality_at + i] = one_quality[i]
    for i in range(end, insert):
        merged[at + i] = two[i - offset]
        merged[quality_at + i] = two_quality[i - offset]
    for i in range(begin, end):
        base, quality = one[i], one_quality[i]
        other, other_quality = two[i - offset], two_quality[i - offset]
        both = quality * QUALITIES + other_quality
        if base | other < 4:
            if base == other:
                quality = agreed[both]
            else:
                base = base if quality >= other_quality else other
                quality = disputed[both]
        elif base == 4:
            base, quality = other, other_quality
        merged[at + i] = base
        merged[quality_at + i] = quality


@compiled
def merge_pairs(
    data: Bytes,
    codes_at: Places,
    quality_at: Places,
    length: Lengths,
    mate_data: Bytes,
    mate_codes_at: Places,
    mate_quality_at: Places,
    mate_length: Lengths,
    agree: Scores,
    differ: Scores,
    agreed: Bytes,
    disputed: Bytes,
    least_overlap: int,
    least_score: int,
    merged: Bytes,
    merged_length: Lengths,
) -> None:
    """Merge pair after pair into `merged`: for each, its codes and then its qualities, one behind the other.

    `merged_length`: bases of each merged read, 0 where the mates were not merged.
    """
    longest = 0
    for pair in range(len(length)):
        longest = max(longest, length[pair], mate_length[pair])
    padded = np.empty(longest + _PADDING, dtype=np.uint8)
    padded_turned = np.empty(longest + _PADDING, dtype=np.uint8)
    turned_quality = np.empty(longest, dtype=np.uint8)
    differences = np.empty(longest + _TILE, dtype=np.uint8)
    seed = np.empty(_SEED, dtype=np.uint8)
    good = np.zeros(_SEED + 1, dtype=np.uint8)
    at = 0
    for pair in range(len(length)):
        bases, mate_bases = length[pair], mate_length[pair]
        one = data[codes_at[pair] : codes_at[pair] + bases]
        one_quality = data[quality_at[pair] : quality_at[pair] + bases]
        two = padded_turned[:mate_bases]
        two_quality = turned_quality[:mate_bases]
        place, quality_place = mate_codes_at[pair], mate_quality_at[pair]
        mate = mate_data[place : place + mate_bases]
        mate_quality = mate_data[quality_place : quality_place + mate_bases]
        _turn(mate, mate_quality, two, two_quality)
        for i in range(bases):
            padded[i] = one[i]
        for i in range(_PADDING):
            padded[bases + i] = _NO_BASE
            padded_turned[mate_bases + i] = _NO_BASE
        insert = _best_insert(
            one,
            one_quality,
            two,
            two_quality,
            padded,
            padded_turned,
            agree,
            differ,
            least_overlap,
            least_score,
            differences,
            seed,
            good,
        )
        merged_length[pair] = insert
        if insert:
            _join(one, one_quality, two, two_quality, insert, agreed, disputed, merged, at)
        at += 2 * insert


@compiled
def _is_mark(data: Bytes, at: int, first: int, end: int) -> bool:
    """Whether the byte at `at` may tell mates apart: the last of `first` to `end`, behind `/`, `.` or `_`."""
    return at == end - 1 and at > first and (data[at - 1] == 47 or data[at - 1] == 46 or data[at - 1] == 95)


@compiled
def _first_word(data: Bytes, at: int, length: int) -> int:
    for i in range(length):
        if data[at + i] == 32 or data[at + i] == 9:
            return i
    return length


@compiled
def first_stranger(
    data: Bytes,
    name_at: Places,
    name_length: Lengths,
    mate_data: Bytes,
    mate_name_at: Places,
    mate_name_length: Lengths,
) -> int:
    """The first pair whose names disagree, or -1.

    The first words must be the same, but for a closing `/1` and `/2` (or `.1`, `_1`).
    """
    for pair in range(len(name_at)):
        at, mate_at = name_at[pair], mate_name_at[pair]
        length = _first_word(data, at, name_length[pair])
        if length != _first_word(mate_data, mate_at, mate_name_length[pair]):
            return pair
        for i in range(length):
            one, two = data[at + i], mate_data[mate_at + i]
            if one != two and not (one == 49 and two == 50 and _is_mark(data, at + i, at, at + length)):
                return pair
    return -1
