"""A look through every stored number when a file is opened: what no instrument writes."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken
from remission.mrd.flow.events import CHUNK
from remission.mrd.flow.fcs import kernels_fcs as kernels
from remission.mrd.flow.fcs.faults import Account, Fault, Quirk
from remission.mrd.flow.fcs.layout import Layout, decoded
from remission.mrd.flow.fcs.parameters import Parameter
from remission.mrd.flow.fcs.segments import Stored
from remission.mrd.flow.fcs.text import Words

_MOST_ODD = 100
"""One value in so many may have bits above its range, or a size that no light has; not more."""
_EXACT = 2.0**53
_FLOATS = {kernels.FLOAT_LITTLE: "<u4", kernels.FLOAT_BIG: ">u4"}
_SMALLEST, _LARGEST = (int(bits) for bits in np.array([1e-25, 1e25], dtype=np.float32).view(np.uint32))
_MOST_TAGS = 4
"""Patterns of the bits above a range: Coulter's instruments number parameter and event there."""


def surveyed(
    parameters: tuple[Parameter, ...],
    layout: Layout,
    held: NDArray[np.uint8],
    stored: Stored,
    words: Words,
    account: Account,
) -> tuple[Parameter, ...]:
    """Look through every stored number; returns the parameters with ranges that were unknown filled in."""
    if _all_usual(parameters, layout, held):
        return parameters
    rows = list(range(len(parameters)))
    counts = np.zeros((len(rows), kernels.COUNTS), dtype=np.int64)
    firsts = np.zeros((len(rows), 2), dtype=np.int64)
    firsts[:, 0] = -1
    tops = np.zeros(len(rows))
    integer = np.array([one.datatype == "I" for one in parameters])
    masks = np.where(integer, layout.masks.astype(np.float64), np.inf)
    ranges = np.where(integer, [one.range for one in parameters], np.inf)
    step = max(CHUNK // len(rows), 1)
    for start in range(0, stored.count, step):
        stop = min(start + step, stored.count)
        values = decoded(layout, held, rows, start, stop, stored.stride, masked=False)
        kernels.survey(values, masks, ranges, counts, firsts, tops)
    for row, one in enumerate(parameters):
        tagged = partial(_is_tagged, layout, held, row, stored)
        _judge(one, counts[row], int(firsts[row, 0]), float(tops[row]), stored, words, account, tagged)
    absurd = int(counts[:, kernels.ABSURD].sum())
    if absurd * _MOST_ODD > stored.count * len(rows):
        account.fault(
            f"{absurd} of {stored.count * len(rows)} values are above 1e25 or below 1e-25: $BYTEORD, "
            f"$DATATYPE or the place of DATA is wrong",
            Fault.IMPLAUSIBLE,
            where=f"{account.name}, DATA, byte {stored.segment.begin}",
            do="export the file again from the instrument's software",
        )
    return tuple(
        one if one.range > 0 else replace(one, range=float(2 ** max(int(np.ceil(np.log2(max(top, 1.0)))), 1)))
        for one, top in zip(parameters, tops, strict=True)
    )


def _all_usual(parameters: tuple[Parameter, ...], layout: Layout, held: NDArray[np.uint8]) -> bool:
    """Whether DATA is floats alone of known range, none of them odd: seen by their bits, which is fast."""
    kinds = set(layout.plan[:, 0].tolist())
    if layout.stream or len(kinds) != 1 or any(one.range <= 0 for one in parameters):
        return False
    kind = _FLOATS.get(kinds.pop())
    if kind is None:
        return False
    words = held.view(kind)
    for start in range(0, words.size, CHUNK):
        sizes = words[start : start + CHUNK].astype(np.uint32)
        sizes &= 0x7FFFFFFF
        if sizes.max() > _LARGEST:
            return False
        sizes -= 1  # of 0 it makes the largest
        if int(sizes.min()) + 1 < _SMALLEST:
            return False
    return True


def _is_tagged(layout: Layout, held: NDArray[np.uint8], row: int, stored: Stored) -> bool:
    """Whether bits above the range take so few patterns that they are an instrument's tags, not noise."""
    scale = float(layout.masks[row]) + 1.0
    patterns: set[float] = set()
    for start in range(0, stored.count, CHUNK):
        stop = min(start + CHUNK, stored.count)
        values = decoded(layout, held, [row], start, stop, stored.stride, masked=False)
        patterns.update(np.unique(values // scale).tolist())
        if len(patterns) > _MOST_TAGS:
            return False
    return True


def _judge(
    one: Parameter,
    counts: NDArray[np.int64],
    first: int,
    top: float,
    stored: Stored,
    words: Words,
    account: Account,
    tagged: Callable[[], bool],
) -> None:
    """What is odd about the numbers of one parameter; `tagged`: whether its bits above the range are tags."""
    range_at = words.where(f"$P{one.number}R")
    if counts[kernels.NOT_FINITE]:
        account.fault(
            f"{one.name}: {counts[kernels.NOT_FINITE]} values are not finite, the first in event {first + 1}",
            Fault.NOT_FINITE,
            where=f"{account.name}, DATA, byte {stored.segment.begin + first * stored.stride // 8}",
            do="export the file again from the instrument's software",
        )
    if one.datatype != "I":
        return
    if top > _EXACT:
        raise InvariantBroken(
            f"{one.name} has the value {top:.17g}; whole numbers above 2^53 are not read exactly",
            where=range_at,
            do="export the file as floating point",
        )
    stray = int(counts[kernels.ABOVE_MASK])
    if stray * _MOST_ODD > stored.count and not tagged():
        account.fault(
            f"{one.name}: {stray} of {stored.count} values have bits above $P{one.number}R "
            f"({one.range:.17g}): it, $BYTEORD or the place of DATA is wrong",
            Fault.STRAY_BITS,
            where=range_at,
            do="export the file again from the instrument's software",
        )
    elif stray:
        account.note(Quirk.STRAY_BITS, f"{one.name} ({stray})")
    above = int(counts[kernels.ABOVE_RANGE]) - stray
    if above > 0:
        account.note(Quirk.ABOVE_RANGE, f"{one.name} ({above})")
