"""How many events lie where on one axis or two: what a plot of any number of events is drawn from."""

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.mrd.flow.events import Mask
from remission.mrd.flow.gates.kernels_histogram import count_ranges, count_squares

Counts = NDArray[np.int64]
Axis = NDArray[np.float64]


def density(
    x: Axis,
    y: Axis,
    mask: Mask,
    bins: int = 256,
    *,
    low: tuple[float, float] = (0.0, 0.0),
    high: tuple[float, float] = (1.0, 1.0),
) -> Counts:
    """Events of `mask` in squares, shape (bins of y, bins of x), the lowest y in row 0.

    No event is lost: what lies beyond an end, and what is no number, is counted in the square at that end
    (no number: the lower one).

    Parameters
    ----------
    x, y : float64 arrays, shape (events,)
        Scale values, as drawn.
    mask : bool array, same shape
    bins : int
        Squares along each axis.
    low, high : (x, y)
        Values at the edges of the picture.

    Raises
    ------
    InputRefused
        If the arrays differ in length, there are no bins, or an axis has no extent.
    """
    _check(len(x) == len(y) == len(mask), f"{len(x)}, {len(y)} and {len(mask)} events", "give equally many")
    per_x, per_y = (_per_unit(bins, *ends) for ends in zip(low, high, strict=True))
    counts = np.zeros((bins, bins), np.int64)
    count_squares(_plain(x), _plain(y), _flags(mask), float(low[0]), per_x, float(low[1]), per_y, counts)
    return counts


def shares(x: Axis, mask: Mask, bins: int = 256, *, low: float = 0.0, high: float = 1.0) -> Counts:
    """Events of `mask` in ranges of one axis, shape (bins,), the lowest first; otherwise as `density`."""
    _check(len(x) == len(mask), f"{len(x)} and {len(mask)} events", "give equally many")
    counts = np.zeros(bins, np.int64)
    count_ranges(_plain(x), _flags(mask), float(low), _per_unit(bins, low, high), counts)
    return counts


def _per_unit(bins: int, low: float, high: float) -> float:
    _check(bins >= 1, f"{bins!r} bins", "give at least one")
    _check(bool(np.isfinite(low) and np.isfinite(high) and low < high), f"axis from {low!r} to {high!r}",
           "give finite ends, the lower first")  # fmt: skip
    return bins / (high - low)


def _plain(values: Axis) -> Axis:
    return np.ascontiguousarray(values, np.float64)


def _flags(mask: Mask) -> Mask:
    return np.ascontiguousarray(mask, np.bool_)


def _check(holds: bool, what: str, do: str) -> None:
    if not holds:
        raise InputRefused(what, where="histogram of events", do=do)
