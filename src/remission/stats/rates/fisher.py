"""Given the total of responders: Fisher's exact test and the exact interval of the odds ratio.

Every probability is a ratio of whole numbers, so nothing is decided by rounding.
"""

import math
from collections.abc import Callable

import numpy as np

from remission.stats.interval import check_level
from remission.stats.rates.roots import root
from remission.stats.rates.two import Ratio, Side, TwoCounts

_FARTHEST = 700.0  # the largest logarithm of an odds ratio looked at; e^700 is about 1e304


def fisher(counts: TwoCounts, side: Side = Side.TWO_SIDED) -> float:
    """Fisher's exact p-value; two-sided by minimum likelihood, as `fisher.test` in R.

    Two outcomes equally likely are counted as such exactly: compared as whole numbers.

    References
    ----------
    Fisher 1935, Journal of the Royal Statistical Society 98:39-82
    """
    values, ways = _ways(counts)
    here = ways[counts.x1 - values[0]]
    match side:
        case Side.GREATER:
            chosen = (way for value, way in zip(values, ways, strict=True) if value >= counts.x1)
        case Side.LESS:
            chosen = (way for value, way in zip(values, ways, strict=True) if value <= counts.x1)
        case Side.TWO_SIDED:
            chosen = (way for way in ways if way <= here)
    return sum(chosen) / sum(ways)


def exact_odds_ratio(counts: TwoCounts, level: float = 0.95) -> Ratio:
    """Conditional maximum likelihood odds ratio with its exact two-sided interval, each tail (1 - level) / 2.

    An estimate of 0 has lower limit 0, an infinite one has no upper limit; None (0 to infinity) where the
    total leaves only one outcome possible.

    Raises
    ------
    InputRefused
        Unless 0 < level < 1.

    References
    ----------
    Cornfield 1956, Proceedings of the Third Berkeley Symposium 4:135-148
    """
    check_level(level)
    values, ways = _ways(counts)
    tail, x = (1 - level) / 2, counts.x1
    if len(values) == 1:
        return Ratio(None, 0.0, math.inf, level)
    steps = np.array(values, dtype=np.float64)
    logs = np.array([math.log(way) for way in ways])

    def mean_of(chosen: np.ndarray[tuple[int], np.dtype[np.float64]], log_odds: float) -> float:
        weights = logs + steps * log_odds
        weights = np.exp(weights - weights.max())
        return float((weights * chosen).sum() / weights.sum())

    above, below = (steps >= x).astype(np.float64), (steps <= x).astype(np.float64)
    first, last = x == values[0], x == values[-1]
    lower = 0.0 if first else _odds(lambda value: mean_of(above, value) - tail)
    upper = math.inf if last else _odds(lambda value: mean_of(below, value) - tail)
    estimate = 0.0 if first else math.inf if last else _odds(lambda value: mean_of(steps, value) - x)
    return Ratio(estimate, lower, upper, level)


def _odds(of: Callable[[float], float]) -> float:
    return math.exp(root(of, -_FARTHEST, _FARTHEST))


def _ways(counts: TwoCounts) -> tuple[range, list[int]]:
    """The counts group 1 can have, given the total of responders, and the number of ways to each."""
    total = counts.x1 + counts.x0
    values = range(max(0, total - counts.n0), min(counts.n1, total) + 1)
    return values, [math.comb(counts.n1, k) * math.comb(counts.n0, total - k) for k in values]
