"""Loops over the bytes of an FCS file's events: from stored numbers to float64, and what is odd among them.

`data` is the DATA segment alone; the caller sees to it that every event asked for lies within it. A channel
is described by one row of `plan`: how to read it, where it begins in an event (bytes; bits of a bit stream),
how many bytes (bits) it has. `shifts[channel][i]`: how far byte `i` of a value is shifted to the left.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Bytes = NDArray[np.uint8]
Plan = NDArray[np.int64]
Bits = NDArray[np.uint64]
Numbers = NDArray[np.float64]

FLOAT_LITTLE, FLOAT_BIG, SHORT_LITTLE, SHORT_BIG, WHOLE, FLOAT, DOUBLE = range(7)
"""How a channel is read: four in haste; whole numbers, floats and doubles of any byte order byte by byte."""

STEP = 512
"""Events whose bytes stay in a processor's nearest cache while channel after channel is read from them."""


@compiled
def decode(data: Bytes, first: int, stride: int, plan: Plan, shifts: Bits, masks: Bits, out: Numbers) -> None:
    """Fill `out` (channels, events) with the numbers of events from byte `first` on, `stride` bytes each."""
    channels, events = out.shape
    for begin in range(0, events, STEP):
        end = min(begin + STEP, events)
        for c in range(channels):
            kind, offset, width = plan[c, 0], plan[c, 1], plan[c, 2]
            at = first + begin * stride + offset
            if kind == FLOAT_LITTLE:
                for e in range(begin, end):
                    word = (
                        np.uint32(data[at])
                        | np.uint32(data[at + 1]) << np.uint32(8)
                        | np.uint32(data[at + 2]) << np.uint32(16)
                        | np.uint32(data[at + 3]) << np.uint32(24)
                    )
                    out[c, e] = np.uint32(word).view(np.float32)
                    at += stride
            elif kind == FLOAT_BIG:
                for e in range(begin, end):
                    word = (
                        np.uint32(data[at + 3])
                        | np.uint32(data[at + 2]) << np.uint32(8)
                        | np.uint32(data[at + 1]) << np.uint32(16)
                        | np.uint32(data[at]) << np.uint32(24)
                    )
                    out[c, e] = np.uint32(word).view(np.float32)
                    at += stride
            elif kind in (SHORT_LITTLE, SHORT_BIG):
                low, high = at, at + 1
                if kind == SHORT_BIG:
                    low, high = high, low
                mask = np.uint32(masks[c])
                for e in range(begin, end):
                    step = (e - begin) * stride
                    out[c, e] = (
                        np.uint32(data[low + step]) | np.uint32(data[high + step]) << np.uint32(8)
                    ) & mask
            else:
                for e in range(begin, end):
                    whole = np.uint64(0)
                    for i in range(width):
                        whole |= np.uint64(data[at + i]) << shifts[c, i]
                    if kind == WHOLE:
                        out[c, e] = whole & masks[c]
                    elif kind == FLOAT:
                        out[c, e] = np.uint32(whole).view(np.float32)
                    else:
                        out[c, e] = np.uint64(whole).view(np.float64)
                    at += stride


@compiled
def unpack(data: Bytes, first: int, stride: int, big: bool, plan: Plan, masks: Bits, out: Numbers) -> None:
    """The same for a stream of bits: places and widths in bits, the most significant first if `big`."""
    channels, events = out.shape
    for c in range(channels):
        offset, width = plan[c, 1], plan[c, 2]
        for e in range(events):
            at = first + e * stride + offset
            whole = np.uint64(0)
            for i in range(width):
                bit = at + i
                if big:
                    one = np.uint64(data[bit >> 3]) >> np.uint64(7 - (bit & 7)) & np.uint64(1)
                    whole = whole << np.uint64(1) | one
                else:
                    one = np.uint64(data[bit >> 3]) >> np.uint64(bit & 7) & np.uint64(1)
                    whole |= one << np.uint64(i)
            out[c, e] = whole & masks[c]


LARGEST = 1e290
"""A number of a larger size cannot be scaled any more; it counts as not finite."""

NOT_FINITE, ABSURD, ABOVE_MASK, ABOVE_RANGE, COUNTS = range(5)


@compiled
def survey(
    values: Numbers, masks: Numbers, ranges: Numbers, counts: Plan, firsts: Plan, tops: Numbers
) -> None:
    """Add to `counts` (channels, 4) what is odd in `values` (channels, events), and the first such event.

    A number is absurd if its size is above 1e25, or below 1e-25 and not 0. `firsts` holds -1 until the first
    number that is not finite is met; `tops` the largest value met.
    """
    channels, events = values.shape
    for c in range(channels):
        mask, top = masks[c], ranges[c]
        endless = absurd = masked = above = 0
        largest = tops[c]
        for e in range(events):
            value = values[c, e]
            size = abs(value)
            endless += not size <= LARGEST
            absurd += (size > 1e25) | ((size < 1e-25) & (size != 0.0))
            masked += value > mask
            above += value >= top
            largest = max(largest, value)
        if endless > 0 and firsts[c, 0] < 0:
            for e in range(events):
                if not abs(values[c, e]) <= LARGEST:
                    firsts[c, 0] = firsts[c, 1] + e
                    break
        firsts[c, 1] += events
        counts[c, NOT_FINITE] += endless
        counts[c, ABSURD] += absurd
        counts[c, ABOVE_MASK] += masked
        counts[c, ABOVE_RANGE] += above
        tops[c] = largest


@compiled
def checksums(data: Bytes, forward: Bits, backward: Bits) -> tuple[int, int, int, int]:
    """The four CRC-16 in use with the polynomial of CCITT: begun at FFFF or 0, bits either way."""
    a, b = np.uint64(0xFFFF), np.uint64(0)
    c, d = np.uint64(0xFFFF), np.uint64(0)
    eight, low, word = np.uint64(8), np.uint64(0xFF), np.uint64(0xFFFF)
    for i in range(len(data)):
        byte = np.uint64(data[i])
        a = (a << eight & word) ^ forward[(a >> eight ^ byte) & low]
        b = (b << eight & word) ^ forward[(b >> eight ^ byte) & low]
        c = c >> eight ^ backward[(c ^ byte) & low]
        d = d >> eight ^ backward[(d ^ byte) & low]
    return int(a), int(b), int(c), int(d)
