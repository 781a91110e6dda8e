"""Events counted in squares and in ranges: the loops behind every density picture."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Counts = NDArray[np.int64]


@inner
def slot(value: float, low: float, per_unit: float, bins: int) -> int:
    """The bin of a value; values beyond an end, and those that are no number, go to the bin at that end."""
    at = (value - low) * per_unit
    if not at >= 1.0:
        return 0
    if at >= bins:
        return bins - 1
    return int(at)


@compiled
def count_squares(
    x: Numbers,
    y: Numbers,
    mask: Truths,
    low_x: float,
    per_x: float,
    low_y: float,
    per_y: float,
    counts: Counts,
) -> None:
    """Add the events of `mask` to `counts`, shape (bins of y, bins of x)."""
    rows, columns = counts.shape
    for event in range(len(x)):
        if mask[event]:
            counts[slot(y[event], low_y, per_y, rows), slot(x[event], low_x, per_x, columns)] += 1


@compiled
def count_ranges(x: Numbers, mask: Truths, low: float, per_unit: float, counts: Counts) -> None:
    """Add the events of `mask` to `counts`, shape (bins,)."""
    for event in range(len(x)):
        if mask[event]:
            counts[slot(x[event], low, per_unit, len(counts))] += 1
