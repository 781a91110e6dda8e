"""Compiled loops of gating: each narrows a mask in place, one gate and one run of events at a time.

Values are float64, C-contiguous; masks bool. A value that is not a number is never inside. `mix` unmixes.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@compiled
def mix(values: Floats, rows: NDArray[np.int64], weights: Floats, out: Floats) -> None:
    """One fluorochrome: `out` is the sum of `weights` times the `rows` of values (channels, events).

    A weight of zero takes no part, so a detector that does not matter cannot spoil the sum. Detectors are
    added in their order, whatever the run of events: the same event gives the same bits.
    """
    out[:] = 0.0
    for place in range(rows.size):
        weight = weights[place]
        if weight != 0.0:
            row = values[rows[place]]
            for event in range(out.size):
                out[event] += weight * row[event]


@compiled
def keep_between(values: Floats, low: float, high: float, topless: bool, mask: Bools) -> None:
    """Keep events with low <= value < high; `topless`: there is no high, and infinity is inside."""
    for event in range(values.size):
        value = values[event]
        mask[event] &= (value >= low) & ((value < high) | topless)


@compiled
def keep_in_polygon(x: Floats, y: Floats, xs: Floats, ys: Floats, mask: Bools) -> None:
    """Keep events inside the closed path through (xs, ys), by the even-odd rule, or exactly on it."""
    left, right, bottom, top = xs.min(), xs.max(), ys.min(), ys.max()
    for event in range(x.size):
        if not mask[event]:
            continue
        px = x[event]
        py = y[event]
        if not (left <= px <= right and bottom <= py <= top):
            mask[event] = False
            continue
        inside = False
        x1 = xs[xs.size - 1]
        y1 = ys[ys.size - 1]
        for corner in range(xs.size):
            x2 = xs[corner]
            y2 = ys[corner]
            if min(y1, y2) <= py <= max(y1, y2):
                turn = (x2 - x1) * (py - y1) - (px - x1) * (y2 - y1)
                if turn == 0.0 and min(x1, x2) <= px <= max(x1, x2):
                    inside = True
                    break
                if (y1 > py) != (y2 > py) and (turn > 0.0) == (y2 > y1):
                    inside = not inside
            x1 = x2
            y1 = y2
        mask[event] = inside


@compiled
def keep_in_ellipsoid(
    values: Floats, rows: NDArray[np.int64], mean: Floats, inverse: Floats, limit: float, mask: Bools
) -> None:
    """Keep events with (v - mean)' inverse (v - mean) <= limit, v being the `rows` of values."""
    away = np.empty(rows.size)
    for event in range(mask.size):
        if not mask[event]:
            continue
        for place in range(rows.size):
            away[place] = values[rows[place], event] - mean[place]
        distance = 0.0
        for one in range(rows.size):
            for other in range(rows.size):
                distance += away[one] * inverse[one, other] * away[other]
        mask[event] = distance <= limit
