"""Compiled loops of tracking: find the windows near a target in each read, and gather them.

Words: 32 bases in 64 bits, two bits a base, the last base lowest; an unknown base reads as A there, so that
differences counted in words are never too many where it stands for one, and are counted again by base.
Pattern: a target in one direction, `2 * target + strand` (strand 1: the read shows the other strand).
Key of a hit: differences, precedence, pattern, start and shift in one number, so that the least key is the
best hit whatever order hits are found in.

Longer than other modules: machine code is kept by file, and would not be made anew for a change in another.
`scan` and `gather` are long because a call with many arrays costs compilation each time.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

SEED = 12
"""Bases of a seed."""
REACH = 5
"""Substitutions up to which a window is gathered; fewer where it is shorter than 48 bases."""
INDEL_REACH = 1
"""Substitutions up to which a window with one indel is gathered, if two seeds are left."""
INDEL_RANK = 2
"""One indel ranks as this many substitutions."""
EDGE = 3
"""An indel lies at least this many bases inside the window."""
ROWS_EACH = 64
"""Reads of one window whose qualities are kept one by one."""
DELETED = 5
"""Stands in a window for a base of the target that the read lacks."""
PATTERN_BITS = 20
START_BITS = 32
INDEL = 1 << 31
"""Set in the key of a hit with an indel: of equal rank, substitutions come first."""
MIX = 0x9E3779B1
FAR = 99
NO_HIT = (1 << 63) - 1

_SEED_MASK = (1 << (2 * SEED)) - 1
_EVEN = 0x5555555555555555
_PAIRS = 0x3333333333333333
_NIBBLES = 0x0F0F0F0F0F0F0F0F
_BYTES = 0x0101010101010101

Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]
Bytes = NDArray[np.uint8]


@inner
def _differing(
    words: Int64s, packed: Int64s, pattern: int, part: int, start: int, width: int, bases: int
) -> int:
    """Differences in one word of a pattern that starts at `start` of a read; FAR where it is cut off."""
    low = 32 * part
    high = min(low + 32, width)
    if start + low < 0 or start + high > bases:
        return FAR
    x = words[start + high - 1] ^ packed[pattern, part]
    x = (x | (x >> 1)) & _EVEN
    if high - low < 32:
        x &= (1 << (2 * (high - low))) - 1
    x = (x & _PAIRS) + ((x >> 2) & _PAIRS)
    x = (x + (x >> 4)) & _NIBBLES
    return (x * _BYTES) >> 56


@inner
def _base(codes: Bytes, start: int, length: int, strand: int, place: int) -> int:
    """The base at `place` of a stretch of a read, in the direction of the target."""
    if strand == 0:
        return int(codes[start + place])
    code = int(codes[start + length - 1 - place])
    return 3 - code if code < 4 else code


@inner
def _split(codes: Bytes, start: int, strand: int, window: Bytes, width: int, shift: int) -> tuple[int, int]:
    """Substitutions of a stretch against a window, and the column of its indel: the leftmost of the best."""
    length = width + shift
    if shift == 0:
        count = 0
        for column in range(width):
            count += _base(codes, start, length, strand, column) != window[column]
        return count, 0
    skip = 1 if shift < 0 else 0
    count = 0
    for column in range(EDGE):
        count += _base(codes, start, length, strand, column) != window[column]
    for column in range(EDGE + skip, width):
        count += _base(codes, start, length, strand, column + shift) != window[column]
    best, at = count, EDGE
    for column in range(EDGE, width - EDGE - 1):
        count += _base(codes, start, length, strand, column) != window[column]
        leaves = column + skip
        count -= _base(codes, start, length, strand, leaves + shift) != window[leaves]
        if count < best:
            best, at = count, column + 1
    return best, at


@inner
def _cut_off(codes: Bytes, start: int, strand: int, window: Bytes, width: int) -> int:
    """Bases of a window that lie on the end of a read; 0 where more than one differs."""
    seen = differ = 0
    for column in range(width):
        place = start + (column if strand == 0 else width - 1 - column)
        if 0 <= place < len(codes):
            seen += 1
            code = int(codes[place])
            if strand == 1 and code < 4:
                code = 3 - code
            differ += code != window[column]
    return seen if differ <= 1 else 0


@inner
def _straight(
    codes: Bytes, words: Int64s, packed: Int64s, window: Bytes, width: int, pattern: int, start: int
) -> int:
    """Substitutions of a read against a pattern at one place, FAR where they are too many."""
    reach = min(REACH, width // SEED + 1)
    total = 0
    for part in range((width + 31) // 32):
        total += _differing(words, packed, pattern, part, start, width, len(codes))
        if total > reach:
            return FAR
    count, _ = _split(codes, start, pattern & 1, window, width, start - start)
    return count if count <= reach else FAR


@inner
def _key(rank: int, precedence: int, pattern: int, start: int, shift: int) -> int:
    """The key of a hit: the least is the best."""
    key = ((rank << 2 | precedence) << PATTERN_BITS | pattern) << START_BITS
    return key | (INDEL if shift != 0 else 0) | start << 2 | (shift + 1)


@inner
def _bent(
    codes: Bytes,
    words: Int64s,
    packed: Int64s,
    window: Bytes,
    width: int,
    pattern: int,
    start: int,
    precedence: int,
) -> int:
    """The least key of a hit with one indel, one side of which lies at `start`; NO_HIT if there is none."""
    parts = (width + 31) // 32
    best = NO_HIT
    for turn in range(4):
        aside = start + 2 * (turn & 1) - 1
        left = start if turn < 2 else aside
        right = aside if turn < 2 else start
        if left < 0 or right + width > len(codes):
            continue
        least = FAR
        before = 0
        for part in range(parts):
            count = before
            for after in range(part + 1, parts):
                count += _differing(words, packed, pattern, after, right, width, len(codes))
            least = min(least, count)
            before += _differing(words, packed, pattern, part, left, width, len(codes))
            if before > INDEL_REACH:
                break
        if least <= INDEL_REACH:
            count, _ = _split(codes, left, pattern & 1, window, width, right - left)
            if count <= INDEL_REACH:
                best = min(best, _key(count + INDEL_RANK, precedence, pattern, left, right - left))
    return best


@compiled
def scan(
    data: Bytes,
    codes_at: Int64s,
    length: Int32s,
    filter_bits: Bytes,
    filter_shift: int,
    keys: Int64s,
    first: Int64s,
    seed_pattern: Int64s,
    seed_offset: Int64s,
    packed: Int64s,
    windows: Bytes,
    widths: Int64s,
    precedence: Int64s,
    stem: Bytes,
    owner: Int64s,
    hit_read: Int32s,
    hit_key: Int64s,
    cut_off: Int64s,
) -> tuple[int, int]:
    """The best hit among exact windows and spikes, and among stems, of each read of a block.

    Fills `hit_read` and `hit_key` (room for two a read), and says how many hits there are and how many
    reads without one show at least half of a window that runs off their end. Adds to `cut_off`, by target,
    the reads without a hit among exact windows that show a seed of the window, agree, and end before the
    rest. A stem is left out where an exact target of its owner is there unchanged.
    """
    longest = 0
    for read in range(len(length)):
        longest = max(longest, length[read])
    words = np.zeros(longest + 1, dtype=np.int64)
    places = np.zeros(longest + 1, dtype=np.int32)
    last_read = np.full(len(packed), -1, dtype=np.int64)
    last_start = np.zeros(len(packed), dtype=np.int64)
    last_cut = np.full(len(windows), -1, dtype=np.int64)
    cut_of = np.zeros(len(windows), dtype=np.int64)
    slot_mask = len(keys) - 1
    hits = too_short = 0
    for read in range(len(length)):
        bases = int(length[read])
        codes = data[codes_at[read] : codes_at[read] + bases]
        word = 0
        found = 0
        for i in range(bases):
            word = (word << 2) | (codes[i] & 3)
            words[i] = word
            h = ((word & _SEED_MASK) * MIX & 0xFFFFFFFF) >> filter_shift
            places[found] = i
            found += (filter_bits[h >> 3] >> (h & 7)) & 1
        best_exact = best_stem = NO_HIT
        cut = False
        cuts = 0
        for f in range(found):
            i = int(places[f])
            seed = words[i] & _SEED_MASK
            slot = (seed * MIX >> 4) & slot_mask
            while keys[slot] != seed and keys[slot] >= 0:
                slot = (slot + 1) & slot_mask
            if keys[slot] < 0:
                continue
            for e in range(first[slot], first[slot + 1]):
                pattern = int(seed_pattern[e])
                target = pattern >> 1
                start = i - SEED + 1 - int(seed_offset[e])
                width = int(widths[target])
                window = windows[target]
                count = FAR
                if start >= 0 and start + width <= bases:
                    count = _straight(codes, words, packed, window, width, pattern, start)
                elif last_cut[target] != read:
                    shown = _cut_off(codes, start, pattern & 1, window, width)
                    if shown > 0:
                        cut = cut or 2 * shown >= width
                        if not stem[target]:
                            last_cut[target] = read
                            cut_of[cuts] = target
                            cuts += 1
                key = NO_HIT
                if count < FAR:
                    key = _key(count, precedence[target], pattern, start, start - start)
                beside = last_read[pattern] == read and abs(last_start[pattern] - start) <= 1
                if count > INDEL_RANK and beside:
                    bent = _bent(codes, words, packed, window, width, pattern, start, precedence[target])
                    key = min(key, bent)
                last_read[pattern] = read
                last_start[pattern] = start
                if stem[target]:
                    best_stem = min(best_stem, key)
                else:
                    best_exact = min(best_exact, key)
        if best_exact == NO_HIT:
            for c in range(cuts):
                cut_off[cut_of[c]] += 1
        else:
            hit_read[hits] = read
            hit_key[hits] = best_exact
            hits += 1
            if best_stem != NO_HIT and best_exact >> (START_BITS + PATTERN_BITS + 2) == 0:
                mask = (1 << PATTERN_BITS) - 1
                of_exact = owner[(best_exact >> START_BITS & mask) >> 1]
                if of_exact == owner[(best_stem >> START_BITS & mask) >> 1]:
                    best_stem = NO_HIT
        if best_stem != NO_HIT:
            hit_read[hits] = read
            hit_key[hits] = best_stem
            hits += 1
        if best_exact == NO_HIT and best_stem == NO_HIT and cut:
            too_short += 1
    return hits, too_short


@inner
def _entry(
    key: int,
    link: int,
    codes: Bytes,
    window: Bytes,
    width: int,
    base: Bytes,
    slots: Int32s,
    entry_target: Int32s,
    entry_code: Int32s,
    entry_link: Int32s,
    entry_bases: Bytes,
    used: Int64s,
) -> int:
    """The number of the gathered window of a hit, made if it is new; -1 where there is no room left.

    Leaves the window, base for column of the target, in `base`.
    """
    pattern = key >> START_BITS & ((1 << PATTERN_BITS) - 1)
    strand = pattern & 1
    shift = (key & 3) - 1
    start = (key & (INDEL - 1)) >> 2
    _, column = _split(codes, start, strand, window, width, shift)
    length = width + shift
    code = 0
    h = pattern >> 1
    h = (h * 31 + link + 2) & 0xFFFFFFFF
    for c in range(width):
        if shift == 0 or c < column:
            base[c] = _base(codes, start, length, strand, c)
        elif shift < 0 and c == column:
            base[c] = DELETED
        else:
            base[c] = _base(codes, start, length, strand, c + shift)
        h = (h * 31 + base[c]) & 0xFFFFFFFF
    if shift < 0:
        code = 1
    elif shift > 0:
        code = 8 + 5 * column + _base(codes, start, length, strand, column)
    h = (h * 31 + code) & 0xFFFFFFFF
    mask = len(slots) - 1
    slot = (h * MIX >> 8) & mask
    while slots[slot] >= 0:
        e = int(slots[slot])
        if entry_target[e] == pattern >> 1 and entry_code[e] == code and entry_link[e] == link:
            same = True
            for c in range(width):
                if entry_bases[e, c] != base[c]:
                    same = False
                    break
            if same:
                return e
        slot = (slot + 1) & mask
    e = int(used[0])
    if e == len(entry_target):
        return -1
    used[0] = e + 1
    slots[slot] = e
    entry_target[e] = pattern >> 1
    entry_code[e] = code
    entry_link[e] = link
    for c in range(width):
        entry_bases[e, c] = base[c]
    return e


@compiled
def gather(
    data: Bytes,
    codes_at: Int64s,
    quality_at: Int64s,
    length: Int32s,
    hit_read: Int32s,
    hit_key: Int64s,
    windows: Bytes,
    widths: Int64s,
    stem: Bytes,
    slots: Int32s,
    entry_target: Int32s,
    entry_code: Int32s,
    entry_link: Int32s,
    entry_reads: Int64s,
    entry_bases: Bytes,
    entry_rows: Int32s,
    row_entry: Int32s,
    row_quality: Bytes,
    used: Int64s,
    overflow: Int64s,
) -> None:
    """Add the hits of one block to the windows gathered so far.

    Entry t is the unchanged window of target t. `used`: entries and rows in use. `overflow`: reads by target
    and rank whose window found no room. A stem hit links to the entry of the exact hit of its read (-1: none)
    and is left out where one of the two found no room. Behind an indel a quality is that of the base beside.
    """
    base = np.zeros(entry_bases.shape[1], dtype=np.uint8)
    last = np.full(2, -1)  # the read of the hit before, and the entry of its exact hit: -1 none, -2 no room
    for hit in range(len(hit_read)):
        read = int(hit_read[hit])
        key = int(hit_key[hit])
        rank = key >> (START_BITS + PATTERN_BITS + 2)
        target = (key >> START_BITS & ((1 << PATTERN_BITS) - 1)) >> 1
        width = int(widths[target])
        codes = data[codes_at[read] : codes_at[read] + length[read]]
        if last[0] != read:
            last[0] = read
            last[1] = -1
        link = int(last[1])
        if link == -2:
            continue
        e = target
        if rank > 0 or link >= 0:
            e = _entry(
                key, link, codes, windows[target], width, base, slots,
                entry_target, entry_code, entry_link, entry_bases, used,
            )  # fmt: skip
        if not stem[target]:
            last[1] = e if e >= 0 else -2
        if e < 0:
            if link < 0:
                overflow[target, rank] += 1
            continue
        entry_reads[e] += 1
        row = int(used[1])
        if entry_rows[e] < ROWS_EACH and row < len(row_entry):
            used[1] = row + 1
            entry_rows[e] += 1
            row_entry[row] = e
            start = (key & (INDEL - 1)) >> 2
            shift = (key & 3) - 1
            strand = key >> START_BITS & 1
            for c in range(width):
                place = min(c, width + shift - 1)
                if strand == 1:
                    place = width + shift - 1 - place
                row_quality[row, c] = data[quality_at[read] + start + place]
