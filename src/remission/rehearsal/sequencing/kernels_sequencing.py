"""The inner loops of the simulated PCR and sequencer.

They are long: each goes once over its reads, and what belongs to one read stays in one place.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_R30, _R27, _R31, _R11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_COPY = np.uint64(0x5851F42D4C957F2D)
_UNIT = 1.0 / 9007199254740992.0


@compiled
def mix(key: np.uint64) -> np.uint64:
    """One round of the finisher of splitmix64."""
    key = key + _STEP
    key = (key ^ (key >> _R30)) * _FIRST
    key = (key ^ (key >> _R27)) * _SECOND
    return key ^ (key >> _R31)


@compiled
def amplified(
    data: Bytes,
    at: Places,
    length: Places,
    windows: Places,
    source: Places,
    key: Keys,
    partner: Places,
    crossing: Places,
    turned: Bytes,
    cycles: int,
    rates: Floats,
    seed: np.uint64,
    out: Bytes,
    out_length: Places,
    out_window: Places,
    seen: Bytes,
) -> None:
    """One fragment for each read, in row i of `out`: its template copied `cycles` times, with errors.

    `rates`: chance that a molecule on the way to a read was copied, errors per base copied, indels per base.
    `partner` is -1, or the sequence of which all but the last `crossing` bases come. `out_window`: where the
    window of the source lies on the fragment, -1 where a chimera lost it. `seen`: 1 for an error in the
    window, 2 for the window of the partner whole.
    """
    state = seed
    for read in range(len(source)):
        me = source[read]
        whole, start, end = length[me], windows[me, 0], windows[me, 1]
        kept, before = whole, 0
        seen[read] = 0
        other = partner[read]
        if other >= 0:
            kept = crossing[read]
            before = length[other] - kept
            for i in range(before):
                out[read, i] = data[at[other] + i]
            if windows[other, 1] <= before:
                seen[read] = 2
        for i in range(kept):
            out[read, before + i] = data[at[me] + whole - kept + i]
        shift = before + kept - whole
        start, end = (start + shift, end + shift) if start >= whole - kept else (-1, -1)
        node = key[read]
        for _ in range(cycles):
            node = mix(node)
            if (node >> _R11) * _UNIT >= rates[0]:
                continue
            state = mix(state)
            if state & np.uint64(1024) == 0:
                continue
            node = mix(node ^ _COPY)
            if (node >> _R11) * _UNIT < rates[1] * whole:
                drawn = mix(node)
                place = np.int64(drawn % np.uint64(whole)) + shift
                if place >= before:
                    out[read, place] = (out[read, place] + 1 + np.int64((drawn >> _R31) % np.uint64(3))) % 4
                    if start <= place < end:
                        seen[read] |= 1
        size = before + kept
        state = mix(state)
        if (state >> _R11) * _UNIT < rates[2] * size:
            state = mix(state)
            place = 1 + np.int64(state % np.uint64(size - 2))
            if state & np.uint64(1 << 40):
                for i in range(place, size - 1):
                    out[read, i] = out[read, i + 1]
                size -= 1
                change = -1
            else:
                for i in range(size, place, -1):
                    out[read, i] = out[read, i - 1]
                out[read, place] = np.int64((state >> _R31) % np.uint64(4))
                size += 1
                change = 1
            if start <= place < end:
                seen[read] |= 1
                end += change
            elif place < start:
                start, end = start + change, end + change
        if turned[read]:
            for i in range((size + 1) // 2):
                left, right = out[read, i], out[read, size - 1 - i]
                out[read, i], out[read, size - 1 - i] = 3 - right, 3 - left
            if start >= 0:
                start, end = size - end, size - start
        out_length[read] = size
        out_window[read, 0], out_window[read, 1] = start, end


@compiled
def written(
    fragments: Bytes,
    sizes: Places,
    windows: Places,
    far: bool,
    most: int,
    profile: Places,
    letters: Bytes,
    hazard: Floats,
    head: Bytes,
    tail: Bytes,
    first: int,
    rows: Places,
    seed: np.uint64,
    out: Bytes,
    seen: Bytes,
) -> int:
    """The FASTQ records of one mate of each fragment, `far`: read from its other end; the bytes filled.

    A name is `head`, the number counted up from `first`, a colon, the row and `tail`. `letters`, `hazard`:
    quality profiles; the hazard of row p at c is the sum of -log(1 - error) over the bases before c. `seen`
    gets 1 for an error in the window.
    """
    state = seed
    filled = 0
    digits = np.empty(20, np.uint8)
    bases = np.array([65, 67, 71, 84, 78], dtype=np.uint8)
    for read in range(len(sizes)):
        for i in range(len(head)):
            out[filled] = head[i]
            filled += 1
        for part in range(2):
            number = first + read if part == 0 else rows[read]
            many = 0
            while many == 0 or number > 0:
                digits[many] = 48 + number % 10
                number //= 10
                many += 1
            while many > 0:
                many -= 1
                out[filled] = digits[many]
                filled += 1
            if part == 0:
                out[filled] = 58
                filled += 1
        for i in range(len(tail)):
            out[filled] = tail[i]
            filled += 1
        size, which = sizes[read], profile[read]
        long = min(size, most)
        begins = filled
        if far:
            for i in range(long):
                out[begins + i] = bases[3 - fragments[read, size - 1 - i]]
        else:
            for i in range(long):
                out[begins + i] = bases[fragments[read, i]]
        reached = 0.0
        while True:
            state = mix(state)
            reached -= np.log(((state >> _R11) + 0.5) * _UNIT)
            if reached >= hazard[which, long]:
                break
            low, high = 0, long
            while high - low > 1:
                middle = (low + high) // 2
                if hazard[which, middle] <= reached:
                    low = middle
                else:
                    high = middle
            code = np.int64(0)
            while bases[code] != out[begins + low]:
                code += 1
            out[begins + low] = bases[(code + 1 + np.int64((state >> np.uint64(3)) % np.uint64(3))) % 4]
            place = size - 1 - low if far else low
            if windows[read, 0] <= place < windows[read, 1]:
                seen[read] |= 1
            reached = hazard[which, low + 1]
        filled += long
        out[filled], out[filled + 1], out[filled + 2] = 10, 43, 10
        filled += 3
        for i in range(long):
            out[filled + i] = letters[which, i]
        filled += long
        out[filled] = 10
        filled += 1
    return filled
