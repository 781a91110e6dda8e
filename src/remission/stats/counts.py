"""A Poisson count: the interval of its mean."""

import math

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import gamma_quantile


def poisson_interval(count: float, level: float = 0.95) -> Interval:
    """Exact two-sided interval of a Poisson mean, each tail at most (1 - level) / 2.

    The count may be fractional (an estimate of a count); the lower limit is exactly 0 at 0.

    Raises
    ------
    InputRefused
        For a count that is negative or not finite.

    References
    ----------
    Garwood 1936, doi:10.1093/biomet/28.3-4.437
    """
    check_level(level)
    _check_count(count)
    tail = (1 - level) / 2
    lower = 0.0 if count == 0 else gamma_quantile(tail, count)
    return Interval(lower, gamma_quantile(1 - tail, count + 1), level)


def poisson_upper(count: float, level: float = 0.95) -> Interval:
    """Exact one-sided interval from 0 to an upper limit: 2.996 at a count of 0 and 95 %.

    `Raises` and source as in `poisson_interval`.
    """
    check_level(level)
    _check_count(count)
    return Interval(0.0, gamma_quantile(level, count + 1), level)


def _check_count(count: float) -> None:
    if not (math.isfinite(count) and count >= 0):
        raise InputRefused(
            f"{count!r} is not a count", where="Poisson count", do="give a finite count, 0 or more"
        )
