"""FlowJo's biexponential: a table of the value at each channel, straight between channels.

The table is that of FlowJo as flowCore, flowWorkspace and FlowUtils publish it; it is checked against
FlowJo's own, printed, in the tests.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.light.scales import Biexponential

Numbers = NDArray[np.float64]

_NARROWEST, _WIDEST = 0.5, 3.0
"""Decades that a width basis may give; others are taken as the narrowest."""


def channels_of(curve: Biexponential, values: Numbers) -> Numbers:
    """Channels (0 to the length, broken) of values; beyond the table its ends; NaN stays."""
    table = table_of(curve)
    return np.asarray(np.interp(values, table, np.arange(table.size, dtype=np.float64)))


def values_of(curve: Biexponential, channels: Numbers) -> Numbers:
    """Values at channels, which may be broken: the inverse of `channels_of`."""
    table = table_of(curve)
    return np.asarray(np.interp(channels, np.arange(table.size, dtype=np.float64), table))


@lru_cache(maxsize=256)
def table_of(curve: Biexponential) -> Numbers:
    """The value at each channel from 0 to `length`, ascending."""
    width = math.log10(-curve.width)
    if not _NARROWEST <= width <= _WIDEST:
        width = _NARROWEST
    extra = max(curve.negative, 0.0) + width / 2.0
    decades = curve.positive - width / 2.0
    zero = min(int(extra * curve.length / (extra + decades)), curve.length // 2)
    if zero > 0:
        decades = extra * curve.length / zero
    width /= 2.0 * decades
    rise = math.log(10.0) * decades
    fall = _fall(rise, width)
    steps = np.arange(curve.length + 1) / (curve.length + 1)
    up = np.exp(steps * rise)
    down = np.exp(-steps * fall) * math.exp((rise + fall) * (width + extra / decades))
    height = curve.top / math.exp(rise) * (up - down - (up[zero] - down[zero]))
    table = np.where(np.arange(height.size) >= zero, height, 0.0)
    table[:zero] = -height[2 * zero - np.arange(zero)]
    table.setflags(write=False)
    return table


def _fall(rise: float, width: float) -> float:
    """The root of 2 ln(fall / rise) + width (rise + fall) = 0, between 0 and `rise`."""
    low, high = 0.0, rise
    while width > 0.0:
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if 2.0 * math.log(middle / rise) + width * (rise + middle) > 0.0:
            high = middle
        else:
            low = middle
    return (low + high) / 2.0 if width > 0.0 else rise
