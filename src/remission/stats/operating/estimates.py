"""A number found by simulation, with its error."""

import math
from dataclasses import dataclass

from remission.stats.rates.proportions import wilson

_TWO_SIDED_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or share over trials, its Monte-Carlo standard error, and its 95 % interval."""

    value: float
    error: float
    lower: float
    upper: float


def rate_of(count: int, trials: int) -> Estimate:
    """A share of trials; the interval is Wilson's, so that 0 of n is not said to be certain."""
    rate = count / trials
    interval = wilson(count, trials)
    return Estimate(rate, math.sqrt(rate * (1 - rate) / trials), interval.lower, interval.upper)


def mean_of(total: float, squares: float, trials: int) -> Estimate:
    """A mean over trials, from the sum and the sum of squares."""
    mean = total / trials
    variance = max(0.0, squares / trials - mean * mean) * trials / max(1, trials - 1)
    error = math.sqrt(variance / trials)
    return Estimate(mean, error, mean - _TWO_SIDED_95 * error, mean + _TWO_SIDED_95 * error)
