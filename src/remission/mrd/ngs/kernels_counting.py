"""Reads into counted windows: the compiled loop behind `clonotypes`.

A window is kept as 2-bit bases, 32 to a 64-bit word, first base lowest. Distinct windows are found by open
addressing; all arrays are given their full room beforehand, so that nothing is copied as they fill (the
operating system gives memory only to pages that are written).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

COUNTED, NOT_ANCHORED, SHORT, LOW, LONG = 0, 1, 2, 3, 4

ENTRIES, WORDS, VOTES, FLOOR = 0, 1, 2, 3
"""Places in `Table.state`: distinct windows, words used, votes free, reads that earn a vote."""

MOST_WORDS = 16
BEFORE = 400
COLUMNS = 1000
VOTERS = 40
BELIEVED = 40


class Table(NamedTuple):
    """Distinct windows of one sample.

    Per window: where its words begin, its bases, its kind, the reads that show it, the reads folded into
    it, part of its hash, and its place among the votes (-1: none). Votes hold, for windows with enough
    reads, the bases of their first reads by column, counted from the start of the window less `BEFORE`.
    `errors` sums the error probability by kind and position of the window, `lengths` counts reads by kind and
    bases of the window; `spread`
    sums by kind 1, m, m^2 and m^3, where m is the mean error probability of one read's window.
    """

    slots: NDArray[np.int32]
    pool: NDArray[np.uint64]
    word_at: NDArray[np.int32]
    bases: NDArray[np.int16]
    kind: NDArray[np.uint8]
    exact: NDArray[np.int32]
    folded: NDArray[np.int32]
    mark: NDArray[np.uint32]
    vote: NDArray[np.int32]
    votes: NDArray[np.uint16]
    voters: NDArray[np.int32]
    free: NDArray[np.int32]
    errors: NDArray[np.float64]
    lengths: NDArray[np.float64]
    spread: NDArray[np.float64]
    state: NDArray[np.int64]


@inner
def hashed(words: NDArray[np.uint64], at: int, many: int, bases: int, kind: int) -> np.uint64:
    """A 64-bit number for a window."""
    value = np.uint64(bases * 256 + kind) * np.uint64(0x9E3779B97F4A7C15)
    for number in range(many):
        value = (value ^ words[at + number]) * np.uint64(0xBF58476D1CE4E5B9)
        value ^= value >> np.uint64(31)
    value *= np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(29))


@inner
def window_of(five_at: int, three_at: int, rule: NDArray[np.int64]) -> tuple[int, int]:
    """Start and end of the window on the turned read (see `clonotypes.WindowRule`)."""
    start = five_at - rule[0]
    end = three_at + rule[1]
    lacking = rule[2] - (end - start)
    if lacking > 0:
        start -= (lacking + rule[3] - 1) // rule[3] * rule[3]
    return start, end


@inner
def packed(
    data: NDArray[np.uint8],
    code_at: int,
    step: int,
    bases: int,
    words: NDArray[np.uint64],
) -> bool:
    """Write the window that starts at `code_at` into `words`; False where a base is unknown.

    `step` is -1 on a turned read, whose bases are complemented on the way.
    """
    flip = np.uint64(3) if step < 0 else np.uint64(0)
    whole = True
    for number in range((bases + 31) // 32):
        word = np.uint64(0)
        for place in range(number * 32, min(number * 32 + 32, bases)):
            code = np.uint64(data[code_at + step * place])
            whole = whole and bool(code < np.uint64(4))
            word |= ((code ^ flip) & np.uint64(3)) << np.uint64(2 * (place & 31))
        words[number] = word
    return whole


@inner
def summed(
    data: NDArray[np.uint8],
    mark_at: int,
    step: int,
    bases: int,
    kind: int,
    error_of: NDArray[np.float64],
    most_errors: float,
    table: Table,
) -> bool:
    """Add the errors expected in a window to the sums of its kind; False where they are too many."""
    total = 0.0
    for place in range(bases):
        total += error_of[data[mark_at + step * place]]
    if total > most_errors:
        return False
    for place in range(bases):
        table.errors[kind, place] += error_of[data[mark_at + step * place]]
    table.lengths[kind, bases] += 1.0
    power = 1.0
    for number in range(4):
        table.spread[kind, number] += power
        power *= total / bases
    return True


@inner
def found(words: NDArray[np.uint64], bases: int, kind: int, table: Table) -> int:
    """The number of a window in the table, where it is put if it is new."""
    many = (bases + 31) // 32
    mask = np.uint64(len(table.slots) - 1)
    value = hashed(words, 0, many, bases, kind)
    mark = np.uint32(value >> np.uint64(32))
    slot = value & mask
    while table.slots[slot] > 0:
        entry = int(table.slots[slot]) - 1
        if table.mark[entry] == mark and table.bases[entry] == bases and table.kind[entry] == kind:
            same = True
            for number in range(many):
                same = same and table.pool[table.word_at[entry] + number] == words[number]
            if same:
                return entry
        slot = (slot + np.uint64(1)) & mask
    entry = int(table.state[ENTRIES])
    table.slots[slot] = entry + 1
    table.word_at[entry] = table.state[WORDS]
    for number in range(many):
        table.pool[table.state[WORDS] + number] = words[number]
    table.bases[entry], table.kind[entry], table.mark[entry] = bases, kind, mark
    table.exact[entry], table.folded[entry], table.vote[entry] = 0, 0, -1
    table.state[ENTRIES] += 1
    table.state[WORDS] += many
    return entry


@inner
def voted(
    data: NDArray[np.uint8],
    code_at: int,
    mark_at: int,
    step: int,
    first: int,
    last: int,
    entry: int,
    table: Table,
) -> None:
    """Add the bases of one read to the votes of its window; `first` to `last` counts from the window."""
    row = table.vote[entry]
    if row < 0:
        table.state[VOTES] -= 1
        row = table.free[table.state[VOTES]]
        table.vote[entry] = row
        table.votes[row] = 0
        table.voters[row] = 0
    if table.voters[row] == VOTERS:
        return
    table.voters[row] += 1
    flip = 3 if step < 0 else 0
    for place in range(max(first, -BEFORE), min(last, COLUMNS - BEFORE)):
        code = int(data[code_at + step * place])
        if code < 4:
            weight = min(BELIEVED, int(data[mark_at + step * place])) + 1
            table.votes[row, place + BEFORE, code ^ flip] += np.uint16(weight)


@compiled
def count(
    data: NDArray[np.uint8],
    codes_at: NDArray[np.int64],
    quality_at: NDArray[np.int64],
    length: NDArray[np.int32],
    kinds: NDArray[np.int16],
    turned: NDArray[np.bool_],
    five_at: NDArray[np.int32],
    three_at: NDArray[np.int32],
    rule: NDArray[np.int64],
    error_of: NDArray[np.float64],
    most_errors: float,
    begin: int,
    fates: NDArray[np.uint8],
    table: Table,
) -> int:
    """Count reads from `begin` on; the number of the read at which room ran out, or of all reads.

    `kinds` is the kind of each read, -1 where it is not anchored. Writes `fates` and the table.
    """
    words = np.empty(MOST_WORDS, dtype=np.uint64)
    state = table.state
    for read in range(begin, len(length)):
        kind, bound = int(kinds[read]), int(length[read])
        start, end = window_of(int(five_at[read]), int(three_at[read]), rule)
        if kind < 0:
            fates[read] = NOT_ANCHORED
            continue
        if start < 0 or end > bound:
            fates[read] = SHORT
            continue
        if end - start > 32 * MOST_WORDS:
            fates[read] = LONG
            continue
        if (
            state[ENTRIES] == len(table.bases)
            or state[WORDS] + MOST_WORDS > len(table.pool)
            or state[VOTES] == 0
        ):
            return read
        step = -1 if turned[read] else 1
        at = bound - 1 - start if turned[read] else start
        code_at, mark_at = int(codes_at[read]) + at, int(quality_at[read]) + at
        if not packed(data, code_at, step, end - start, words) or not summed(
            data, mark_at, step, end - start, kind, error_of, most_errors, table
        ):
            fates[read] = LOW
            continue
        fates[read] = COUNTED
        entry = found(words, end - start, kind, table)
        table.exact[entry] += 1
        if table.exact[entry] >= state[FLOOR]:
            voted(data, code_at, mark_at, step, -start, bound - start, entry, table)
    return len(length)


@compiled
def kept(keep: NDArray[np.bool_], table: Table) -> None:
    """Keep only some windows, in their order; votes of the others become free."""
    state = table.state
    table.slots[:] = 0
    mask = np.uint64(len(table.slots) - 1)
    entries, used = 0, 0
    for old in range(state[ENTRIES]):
        if not keep[old]:
            if table.vote[old] >= 0:
                table.free[state[VOTES]] = table.vote[old]
                state[VOTES] += 1
            continue
        at, bases = table.word_at[old], table.bases[old]
        many = (bases + 31) // 32
        table.word_at[entries] = used
        for number in range(many):
            table.pool[used + number] = table.pool[at + number]
        table.bases[entries] = bases
        table.kind[entries] = table.kind[old]
        table.exact[entries] = table.exact[old]
        table.folded[entries] = table.folded[old]
        table.mark[entries] = table.mark[old]
        table.vote[entries] = table.vote[old]
        slot = hashed(table.pool, used, many, bases, table.kind[entries]) & mask
        while table.slots[slot] > 0:
            slot = (slot + np.uint64(1)) & mask
        entries += 1
        table.slots[slot] = entries
        used += many
    state[ENTRIES] = entries
    state[WORDS] = used
