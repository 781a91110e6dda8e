"""Loops that find primers and adapters at the ends of reads.

An oligo is a run of masks, one for each base: the bits 1, 2, 4 and 8 for A, C, G and T. An unknown base of a
read fits nothing.
"""

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.compiled import compiled

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Lengths = NDArray[np.int32]

MOST_WRONG_PERCENT = 12
REACH = 12
LEAST_PART = 8


@compiled
def _fit(data: Bytes, at: int, masks: Bytes, masks_at: int, bases: int) -> int:
    """Bases that fit less those that do not; 0 where too many do not."""
    left = bases * MOST_WRONG_PERCENT // 100
    for i in range(bases):
        if not masks[masks_at + i] >> data[at + i] & 1:
            left -= 1
            if left < 0:
                return 0
    return bases - 2 * (bases * MOST_WRONG_PERCENT // 100 - left)


@compiled
def _past_leading(data: Bytes, begin: int, end: int, masks: Bytes, starts: Places, reach: int) -> int:
    """Where the read goes on behind the oligo that fits best near its beginning; `begin` if none does.

    With `reach` below 0 the oligo may lie anywhere, and only its last bases need be on the read.
    """
    best, past = 0, begin
    for oligo in range(len(starts) - 1):
        bases = starts[oligo + 1] - starts[oligo]
        first = begin if reach >= 0 else begin + LEAST_PART - bases
        last = end - bases if reach < 0 else min(begin + reach, end - bases)
        for at in range(first, last + 1):
            missing = max(0, begin - at)
            fit = _fit(data, at + missing, masks, starts[oligo] + missing, bases - missing)
            if fit > best:
                best, past = fit, at + bases
    return past


@compiled
def _before_trailing(data: Bytes, begin: int, end: int, masks: Bytes, starts: Places, reach: int) -> int:
    """Where the read stops before the oligo that fits best near its end: `_past_leading`, mirrored."""
    best, before = 0, end
    for oligo in range(len(starts) - 1):
        bases = starts[oligo + 1] - starts[oligo]
        last = end - bases if reach >= 0 else end - LEAST_PART
        first = begin if reach < 0 else max(begin, end - bases - reach)
        for at in range(first, last + 1):
            fit = _fit(data, at, masks, starts[oligo], min(bases, end - at))
            if fit > best:
                best, before = fit, at
    return before


@compiled
def trim(
    data: Bytes,
    codes_at: Places,
    length: Lengths,
    primers: Bytes,
    turned_primers: Bytes,
    primer_starts: Places,
    adapters: Bytes,
    turned_adapters: Bytes,
    adapter_starts: Places,
    begins: Lengths,
    ends: Lengths,
) -> None:
    """Find for each read where to begin and end: adapters off first, then primers, on either strand.

    The masks of all oligos lie behind each other; `starts` has one number more than there are oligos.
    """
    for read in range(len(length)):
        at = codes_at[read]
        begin, end = at, at + length[read]
        end = _before_trailing(data, begin, end, adapters, adapter_starts, -1)
        begin = _past_leading(data, begin, end, turned_adapters, adapter_starts, -1)
        begin = _past_leading(data, begin, end, primers, primer_starts, REACH)
        end = _before_trailing(data, begin, end, turned_primers, primer_starts, REACH)
        begins[read] = begin - at
        ends[read] = end - at
