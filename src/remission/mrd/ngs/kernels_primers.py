"""Loops that find primers and adapters at the ends of reads.

An oligo is a run of masks, one for each base: the bits 1, 2, 4 and 8 for A, C, G and T. A read is laid out as
such bits too, between margins that fit everything; an unknown base fits nothing.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Lengths = NDArray[np.int32]

MOST_WRONG_PERCENT = 12
REACH = 12
LEAST_PART = 8
LONGEST_OLIGO = 200
_SEED = 16
_TILE = 64
_MARGIN = LONGEST_OLIGO + _SEED + _TILE
_FITS_ALL = 15


@compiled
def _lay_out(codes: Bytes, bits: Bytes) -> None:
    """The bases as bits, behind a margin that is there already and before one that is written anew."""
    for i in range(len(codes)):
        code = codes[i]
        bits[_MARGIN + i] = (code == 0) | (code == 1) << 1 | (code == 2) << 2 | (code == 3) << 3
    for i in range(_MARGIN):
        bits[_MARGIN + len(codes) + i] = _FITS_ALL


@compiled
def _seed_of(masks: Bytes, start: int, end: int, seed: Bytes) -> None:
    """The first masks of an oligo, filled up with what fits everything."""
    for i in range(_SEED):
        seed[i] = masks[start + i] if start + i < end else _FITS_ALL


@compiled
def _count_tile(bits: Bytes, at: np.uint64, seed: Bytes, wrong: Bytes) -> None:
    """Seed bases that do not fit, for 64 places at once (unsigned places: the loop is vectorised)."""
    for shift in range(np.uint64(_TILE)):
        count = np.uint8(0)
        for i in range(np.uint64(_SEED)):
            count += np.uint8(bits[at + shift + i] & seed[i] == 0)
        wrong[shift] = count


@compiled
def _fit(bits: Bytes, at: int, masks: Bytes, start: int, bases: int) -> int:
    """Bases that fit less those that do not; 0 where too many do not."""
    most = bases * MOST_WRONG_PERCENT // 100
    wrong = 0
    for i in range(bases):
        if bits[at + i] & masks[start + i] == 0:
            wrong += 1
            if wrong > most:
                return 0
    return bases - 2 * wrong


@compiled
def _find(
    bits: Bytes,
    begin: int,
    end: int,
    masks: Bytes,
    starts: Places,
    reach: int,
    trailing: bool,
    seed: Bytes,
    wrong: Bytes,
) -> int:
    """Where the read goes on behind the oligo that fits best near its beginning, or stops before it.

    `trailing`: near its end. With `reach` below 0 the oligo may lie anywhere, and hang over that end of the
    read by all but 8 of its bases. Returns `begin` or `end` if no oligo fits.
    """
    best, cut = 0, end if trailing else begin
    for oligo in range(len(starts) - 1):
        start = starts[oligo]
        bases = starts[oligo + 1] - start
        first, last = begin, end - bases
        if reach >= 0 and trailing:
            first = max(begin, last - reach)
        elif reach >= 0:
            last = min(begin + reach, last)
        elif trailing:
            last = end - LEAST_PART
        else:
            first = begin + LEAST_PART - bases
        _seed_of(masks, start, start + bases, seed)
        most = bases * MOST_WRONG_PERCENT // 100
        for tile in range(first, last + 1, _TILE):
            _count_tile(bits, np.uint64(tile), seed, wrong)
            for at in range(tile, min(tile + _TILE, last + 1)):
                if wrong[at - tile] <= most:
                    missing = max(0, begin - at)
                    seen = min(bases, end - at) - missing
                    fit = _fit(bits, at + missing, masks, start + missing, seen)
                    if fit > best:
                        best, cut = fit, at if trailing else at + bases
    return cut


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
    longest = 0
    for read in range(len(length)):
        longest = max(longest, length[read])
    bits = np.full(longest + 2 * _MARGIN, _FITS_ALL, dtype=np.uint8)
    seed, wrong = np.empty(_SEED, dtype=np.uint8), np.empty(_TILE, dtype=np.uint8)
    for read in range(len(length)):
        at = codes_at[read]
        _lay_out(data[at : at + length[read]], bits)
        begin, end = _MARGIN, _MARGIN + length[read]
        end = _find(bits, begin, end, adapters, adapter_starts, -1, True, seed, wrong)
        begin = _find(bits, begin, end, turned_adapters, adapter_starts, -1, False, seed, wrong)
        begin = _find(bits, begin, end, primers, primer_starts, REACH, False, seed, wrong)
        end = _find(bits, begin, end, turned_primers, primer_starts, REACH, True, seed, wrong)
        begins[read] = begin - _MARGIN
        ends[read] = end - _MARGIN
