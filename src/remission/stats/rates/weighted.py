"""A rate over strata: the weighted mean of their rates, with the variance within them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile


@dataclass(frozen=True, slots=True)
class Weighted:
    """The mean rate, its standard error and interval, and the number of participants that would tell as much.

    The standard error is 0, and the effective number that of all, where every stratum's rate is 0 or 1.
    """

    rate: float
    standard_error: float
    effective: float
    interval: Interval


def weighted_rate(
    strata: Sequence[tuple[int, int]], weights: Sequence[float], level: float = 0.95
) -> Weighted:
    """The mean of the strata's rates, weighted; with weights in proportion to n it is the crude rate.

    Parameters
    ----------
    strata : sequence of (responders, n)
        n at least 1 in each.
    weights : sequence of float
        One for each stratum, 0 or more, not all 0; they are made to add up to 1.
    level : float
        Confidence level of Wilson's interval at the effective number rate (1 - rate) / standard error^2.

    Raises
    ------
    InputRefused
        For counts or weights that cannot be.
    """
    check_level(level)
    total = math.fsum(weights)
    if len(strata) != len(weights) or not (total > 0 and min(weights) >= 0 and math.isfinite(total)):
        raise InputRefused(
            f"{len(strata)} strata, weights {list(weights)!r}",
            where="strata",
            do="give each stratum a weight of 0 or more",
        )
    for place, (x, n) in enumerate(strata, start=1):
        if not (n >= 1 and 0 <= x <= n):
            raise InputRefused(f"{x} of {n}", where=f"stratum {place}", do="give 0 <= x <= n, n >= 1")
    shares = [weight / total for weight in weights]
    rate = math.fsum(share * x / n for share, (x, n) in zip(shares, strata, strict=True))
    variance = math.fsum(
        share**2 * (x / n) * (1 - x / n) / n for share, (x, n) in zip(shares, strata, strict=True)
    )
    size = float(sum(n for _, n in strata))
    effective = rate * (1 - rate) / variance if variance > 0 else size
    return Weighted(rate, math.sqrt(variance), effective, wilson_at(rate, effective, level))


def wilson_at(rate: float, n: float, level: float) -> Interval:
    """Wilson's interval of a rate at a number of participants that need not be whole."""
    z = normal_quantile((1 + level) / 2)
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(max(0.0, middle - half), min(1.0, middle + half), level)
