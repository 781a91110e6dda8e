"""A rate over strata: the weighted mean of their rates, at the weights given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import wilson
from remission.stats.tails import normal_quantile


@dataclass(frozen=True, slots=True)
class Weighted:
    """The weighted mean of the strata's rates, and its interval at these weights."""

    rate: float
    interval: Interval


def weighted_rate(
    strata: Sequence[tuple[int, int]], weights: Sequence[float], level: float = 0.95
) -> Weighted:
    """The mean of the strata's rates, weighted; with weights in proportion to n it is the crude rate.

    Wilson's interval of each stratum, their distances from the rates combined (MOVER: Zou, Huang and Zhang
    2009, Computational Statistics and Data Analysis 53:1080-1085): a stratum of none or all responders adds
    its share. One stratum alone has Wilson's interval.

    The interval is given these weights. Where they are the sizes of the strata that happened to enrol, it is
    for this mix of strata; it is too narrow for the rate of the population they came from, whose interval is
    that of the crude rate.

    Parameters
    ----------
    strata : sequence of (responders, n)
        n at least 1 in each.
    weights : sequence of float
        One for each stratum, 0 or more, not all 0; they are made to add up to 1.
    level : float
        Confidence level.

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
    below, above = list[float](), list[float]()
    for share, (x, n) in zip(shares, strata, strict=True):
        alone = wilson(x, n, level)
        below.append(share * (x / n - alone.lower))
        above.append(share * (alone.upper - x / n))
    interval = Interval(max(0.0, rate - math.hypot(*below)), min(1.0, rate + math.hypot(*above)), level)
    return Weighted(rate, interval)


def wilson_at(rate: float, n: float, level: float) -> Interval:
    """Wilson's interval of a rate at a number of participants that need not be whole."""
    z = normal_quantile((1 + level) / 2)
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(max(0.0, middle - half), min(1.0, middle + half), level)
