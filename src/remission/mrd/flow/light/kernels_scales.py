"""Loops of the scales: the root of a growing curve, from a table or by Newton's steps.

With s = b |y - x1| and v = |x| / K, logicle is v = expm1(s) - p^2 expm1(-s/p), p = b/d, and hyperlog is
v = expm1(s) + p s: both are odd around x1, convex for s > 0, and lose no digits near 0. Between two powers
of two (cut evenly) s is a polynomial of 1 + v / (1 + p); the table holds its coefficients.
"""

import math

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Numbers = NDArray[np.float64]

LOGICLE = 0
HYPERLOG = 1
TERMS = 8
"""Coefficients of each polynomial."""

_FAR = 1e100


@inner
def _root(v: float, p: float, kind: int) -> float:
    """The s >= 0 whose curve is v >= 0: Newton's steps from above, where the curve is convex."""
    s = min(math.log1p(v), v / (1.0 + p))
    for _ in range(100):
        grown = math.expm1(s)
        if kind == 0:
            shrunk = math.expm1(-s / p)
            step = (grown - p * p * shrunk - v) / (grown + 1.0 + p * (shrunk + 1.0))
        else:
            step = (grown + p * s - v) / (grown + 1.0 + p)
        s = max(s - step, 0.0)
        if abs(step) <= 1e-16 * (1.0 + s):
            break
    return s


@compiled
def roots(v: Numbers, p: float, kind: int) -> Numbers:
    """The root of each: v >= 0 and below 1e100."""
    found = np.empty_like(v)
    for i in range(v.size):
        found[i] = _root(v[i], p, kind)
    return found


@compiled
def scale_by_table(
    values: Numbers,
    table: Numbers,
    cuts: int,
    unit: float,
    p: float,
    kind: int,
    b: float,
    x1: float,
    low: float,
    high: float,
) -> None:
    """Values become their places on the scale, kept within `low` and `high`; NaN stays.

    `table`: s / b in polynomials of the place within each part (-1 to 1), highest power first, `TERMS` a
    part, 2^`cuts` parts between powers of two. `unit`: K (1 + p). Beyond the table the root is sought.
    """
    parts = table.size // TERMS
    shift = 52 - cuts
    first = np.int64(1023) << cuts
    within = (np.int64(1) << shift) - np.int64(1)
    step = 2.0 / (within + 1.0)
    per_unit = 1.0 / unit
    for i in range(values.size):
        x = values[i]
        q = 1.0 + abs(x) * per_unit
        bits = np.float64(q).view(np.int64)
        part = (bits >> shift) - first
        if 0 <= part < parts:
            t = np.float64(bits & within) * step - 1.0
            k = part * TERMS
            y = table[k]
            y = y * t + table[k + 1]
            y = y * t + table[k + 2]
            y = y * t + table[k + 3]
            y = y * t + table[k + 4]
            y = y * t + table[k + 5]
            y = y * t + table[k + 6]
            y = y * t + table[k + 7]
        elif x != x:
            continue
        elif abs(x) < _FAR * unit:
            y = _root(abs(x) * ((1.0 + p) / unit), p, kind) / b
        else:
            y = (math.log(abs(x)) - math.log(unit / (1.0 + p))) / b
        y = x1 + math.copysign(y, x)
        values[i] = min(max(y, low), high)
