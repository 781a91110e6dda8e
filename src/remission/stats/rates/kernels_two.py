"""Loops over the tables of two groups: the chance of a rejection region and the highest it gets.

A region holds, for each count `x0` of group 0, the tables with x1 <= low[x0] or x1 >= high[x0].
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

_CELLS = 64
_STACK = 4096
_CLOSE = 1e-10


@inner
def fill_binomial(n: int, p: float, log_factorials: Numbers, out: Numbers) -> None:
    """Binomial(n, p) probabilities of 0..n into `out`."""
    if p <= 0.0 or p >= 1.0:
        out[: n + 1] = 0.0
        out[0 if p <= 0.0 else n] = 1.0
        return
    log_p, log_q = np.log(p), np.log1p(-p)
    for x in range(n + 1):
        ways = log_factorials[n] - log_factorials[x] - log_factorials[n - x]
        out[x] = np.exp(ways + x * log_p + (n - x) * log_q)


@compiled
def chance(low: Counts, high: Counts, n1: int, p1: float, p0: float, log_factorials: Numbers) -> float:
    """The probability of the region when the true rates are p1 and p0."""
    n0 = low.size - 1
    ones, zeros = np.empty(n1 + 1), np.empty(n0 + 1)
    fill_binomial(n1, p1, log_factorials, ones)
    fill_binomial(n0, p0, log_factorials, zeros)
    below, above = np.zeros(n1 + 2), np.zeros(n1 + 2)  # below[k] = P(X1 < k), above[k] = P(X1 >= k)
    for k in range(n1 + 1):
        below[k + 1] = below[k] + ones[k]
    for k in range(n1, -1, -1):
        above[k] = above[k + 1] + ones[k]
    total = 0.0
    for x0 in range(n0 + 1):
        total += zeros[x0] * (below[low[x0] + 1] + above[high[x0]])
    return total


@inner
def log_chance(low: Counts, high: Counts, n1: int, log_odds: float, log_factorials: Numbers) -> float:
    """The log of `chance` at a common rate, given by its log odds."""
    rate = 1.0 / (1.0 + np.exp(-log_odds))
    return np.log(max(chance(low, high, n1, rate, rate, log_factorials), 1e-300))


@inner
def most_by(left: float, right: float, at_left: float, at_right: float, size: int) -> float:
    """An upper bound of the log of the chance between two log odds.

    Its second derivative is Var(X | region) - N p (1 - p), X the total of responders: at least -N p (1 - p).
    """
    nearest = 0.0 if left <= 0.0 <= right else min(abs(left), abs(right))
    rate = 1.0 / (1.0 + np.exp(-nearest))
    return max(at_left, at_right) + size * rate * (1 - rate) * (right - left) ** 2 / 8.0


@compiled
def highest(
    low: Counts, high: Counts, n1: int, first: int, last: int, log_factorials: Numbers
) -> tuple[float, float]:
    """The highest chance of a region over a common rate, and the rate.

    `first` and `last`: the least and largest total in the region, 1 <= first <= last <= N - 1; the chance
    rises below first / N and falls above last / N. Cells that by `most_by` may still hold more than the best
    so far, by more than a relative 1e-10, are halved.
    """
    size = n1 + low.size - 1
    left, right = np.arcsin(np.sqrt(first / size)), np.arcsin(np.sqrt(last / size))
    cells = _CELLS if last > first else 0
    knots, values = np.empty(cells + 1), np.empty(cells + 1)
    best, where = -np.inf, 0.0
    for i in range(cells + 1):
        angle = left + (right - left) * (i / cells if cells else 0.0)
        knots[i] = 2.0 * np.log(np.tan(angle))
        values[i] = log_chance(low, high, n1, knots[i], log_factorials)
        if values[i] > best:
            best, where = values[i], knots[i]
    stack = np.empty((_STACK, 4))
    held = 0
    for i in range(cells):
        stack[held] = knots[i], knots[i + 1], values[i], values[i + 1]
        held += 1
    while held:
        held -= 1
        a, b, at_a, at_b = stack[held, 0], stack[held, 1], stack[held, 2], stack[held, 3]
        if most_by(a, b, at_a, at_b, size) <= best + _CLOSE:
            continue
        middle = (a + b) / 2
        at_middle = log_chance(low, high, n1, middle, log_factorials)
        if at_middle > best:
            best, where = at_middle, middle
        for left_end, right_end, at_left, at_right in (
            (a, middle, at_a, at_middle),
            (middle, b, at_middle, at_b),
        ):
            stack[held, 0], stack[held, 1], stack[held, 2], stack[held, 3] = (
                left_end,
                right_end,
                at_left,
                at_right,
            )
            held += 1
    return np.exp(best), 1.0 / (1.0 + np.exp(-where))


@compiled
def fisher_region(n1: int, n0: int, limit: float, log_factorials: Numbers) -> Counts:
    """For each x0 the least x1 whose one-sided Fisher p-value is at most `limit`; n1 + 1 where none is."""
    high = np.full(n0 + 1, n1 + 1)
    size = n1 + n0
    for total in range(size + 1):
        all_ways = log_factorials[size] - log_factorials[total] - log_factorials[size - total]
        tail = 0.0
        x1 = min(n1, total)
        while x1 >= max(0, total - n0):
            x0 = total - x1
            ways = log_factorials[n1] - log_factorials[x1] - log_factorials[n1 - x1]
            ways += log_factorials[n0] - log_factorials[x0] - log_factorials[n0 - x0]
            tail += np.exp(ways - all_ways)
            if tail > limit:
                break
            high[x0] = min(high[x0], x1)
            x1 -= 1
    return high


@compiled
def restricted_rate(x1: int, n1: int, x0: int, n0: int, delta: float) -> float:
    """The most likely rate of group 0 when rate 1 - rate 0 = delta.

    The log likelihood is concave, so its slope is halved down on; the closed form of the cubic loses half the
    digits where two of its roots meet.
    """
    low, high = max(0.0, -delta), min(1.0, 1.0 - delta)
    for _ in range(60):
        p0 = (low + high) / 2
        p1 = p0 + delta
        slope = 0.0
        if x1 > 0:
            slope += x1 / p1 if p1 > 0.0 else np.inf
        if x0 > 0:
            slope += x0 / p0 if p0 > 0.0 else np.inf
        if x1 < n1:
            slope -= (n1 - x1) / (1.0 - p1) if p1 < 1.0 else np.inf
        if x0 < n0:
            slope -= (n0 - x0) / (1.0 - p0) if p0 < 1.0 else np.inf
        if slope > 0.0:
            low = p0
        else:
            high = p0
    return (low + high) / 2


@compiled
def restricted_rate_by_ratio(x1: int, n1: int, x0: int, n0: int, ratio: float) -> float:
    """The most likely rate of group 0 when rate 1 = ratio x rate 0: the slope halved down on, as above."""
    low, high = 0.0, min(1.0, 1.0 / ratio)
    for _ in range(60):
        p0 = (low + high) / 2
        slope = (x1 + x0) / p0
        if x1 < n1:
            slope -= ratio * (n1 - x1) / (1.0 - ratio * p0) if ratio * p0 < 1.0 else np.inf
        if x0 < n0:
            slope -= (n0 - x0) / (1.0 - p0) if p0 < 1.0 else np.inf
        if slope > 0.0:
            low = p0
        else:
            high = p0
    return high


@compiled
def restricted_variance(x1: int, n1: int, x0: int, n0: int, delta: float) -> float:
    """The variance of the observed difference at the rates most likely when rate 1 - rate 0 = delta."""
    p0 = restricted_rate(x1, n1, x0, n0, delta)
    p1 = min(1.0, max(0.0, p0 + delta))
    return p1 * (1.0 - p1) / n1 + p0 * (1.0 - p0) / n0


@inner
def score(x1: int, n1: int, x0: int, n0: int, delta: float) -> float:
    """The observed difference less delta, over its standard error where the true one is delta."""
    gap = x1 / n1 - x0 / n0 - delta
    if abs(gap) < 1e-14:
        return 0.0
    variance = restricted_variance(x1, n1, x0, n0, delta)
    return gap / np.sqrt(max(variance, 1e-300))


@compiled
def score_region(x1: int, n1: int, x0: int, n0: int, delta: float) -> Counts:
    """For each count of group 0 the least of group 1 whose score against delta is at least that of x1, x0."""
    here = score(x1, n1, x0, n0, delta)
    limit = here - 1e-9 * max(1.0, abs(here))  # tables that tie are as extreme
    high = np.empty(n0 + 1, np.int64)
    for zeros in range(n0 + 1):
        below, reached = -1, n1 + 1
        while reached - below > 1:
            middle = (below + reached) // 2
            if score(middle, n1, zeros, n0, delta) >= limit:
                reached = middle
            else:
                below = middle
        high[zeros] = reached
    return high


@compiled
def highest_apart(high: Counts, n1: int, delta: float, log_factorials: Numbers) -> float:
    """The highest chance of x1 >= high[x0] over rates delta apart: a grid of 256, the best three refined."""
    n0 = high.size - 1
    low = np.full(n0 + 1, -1)
    start, end = np.arcsin(np.sqrt(max(0.0, -delta))), np.arcsin(np.sqrt(min(1.0, 1.0 - delta)))
    step = (end - start) / 256
    values = np.empty(257)
    for i in range(257):
        p0 = np.sin(start + i * step) ** 2
        values[i] = chance(low, high, n1, p0 + delta, p0, log_factorials)
    best = values.max()
    for i in np.argsort(-values)[:3]:
        a, b = start + max(0, i - 1) * step, start + min(256, i + 1) * step
        for _ in range(40):
            third = (b - a) / 3
            p_left, p_right = np.sin(a + third) ** 2, np.sin(b - third) ** 2
            at_left = chance(low, high, n1, p_left + delta, p_left, log_factorials)
            at_right = chance(low, high, n1, p_right + delta, p_right, log_factorials)
            best = max(best, at_left, at_right)
            if at_left < at_right:
                a = a + third
            else:
                b = b - third
    return best
