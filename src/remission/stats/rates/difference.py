"""Intervals and tests of the difference of two rates, by hybrid and by score."""

import math
from collections.abc import Callable
from statistics import NormalDist

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import wilson
from remission.stats.rates.roots import root
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.tails import normal_quantile


def newcombe(counts: TwoCounts, level: float = 0.95) -> Interval:
    """Newcombe's hybrid score interval of rate 1 - rate 0 (his method 10, no continuity correction).

    Raises
    ------
    InputRefused
        Unless 0 < level < 1.

    References
    ----------
    Newcombe 1998, Statistics in Medicine 17:873-890, PMID 9595617
    """
    one, zero = wilson(counts.x1, counts.n1, level), wilson(counts.x0, counts.n0, level)
    down = math.hypot(counts.rate1 - one.lower, zero.upper - counts.rate0)
    up = math.hypot(one.upper - counts.rate1, counts.rate0 - zero.lower)
    return Interval(counts.difference - down, counts.difference + up, level)


def farrington_manning(counts: TwoCounts, level: float = 0.95) -> Interval:
    """Score interval of rate 1 - rate 0, variance at the rates most likely under each difference.

    Also called Mee's interval. `Raises` as in `newcombe`.

    References
    ----------
    Farrington and Manning 1990, Statistics in Medicine 9:1447-1454; Mee 1984, Biometrics 40:1175-1176
    """
    return _inflated(counts, level, 1.0)


def miettinen_nurminen(counts: TwoCounts, level: float = 0.95) -> Interval:
    """`farrington_manning` with the variance times N / (N - 1), N the participants of both groups.

    `Raises` as in `newcombe`.

    References
    ----------
    Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211
    """
    size = counts.n1 + counts.n0
    return _inflated(counts, level, size / (size - 1))


def farrington_manning_p(counts: TwoCounts, margin: float = 0.0, side: Side = Side.GREATER) -> float:
    """Score test of "rate 1 - rate 0 is at most `margin`" (`Side.LESS`: at least; two-sided: equal).

    Non-inferiority by 10 percent points: margin -0.10, side greater; superiority by a margin: above 0; margin
    0 is the pooled z test. Without continuity correction, hence not exact: see `unconditional.exact_margin`.

    Raises
    ------
    InputRefused
        For a margin outside -1..1.

    References
    ----------
    Farrington and Manning 1990, Statistics in Medicine 9:1447-1454
    """
    if not -1 < margin < 1:
        raise InputRefused(
            f"{margin!r} is not a margin", where="margin", do="give a difference of rates between -1 and 1"
        )
    gap, variance = counts.difference - margin, variance_at(counts, margin)
    if variance <= 0:
        z = 0.0 if abs(gap) < 1e-14 else math.copysign(math.inf, gap)
    else:
        z = gap / math.sqrt(variance)
    above, below = NormalDist().cdf(-z), NormalDist().cdf(z)
    return {Side.GREATER: above, Side.LESS: below, Side.TWO_SIDED: min(1.0, 2 * min(above, below))}[side]


def variance_at(counts: TwoCounts, delta: float) -> float:
    """The variance of the observed difference at the rates most likely when the true one is `delta`."""
    from remission.stats.rates.kernels_two import restricted_variance

    return float(restricted_variance(counts.x1, counts.n1, counts.x0, counts.n0, delta))


def score_interval(seen: float, reach: Callable[[float], float], level: float) -> Interval:
    """All differences no farther from the one `seen` than `reach`, which is told of each.

    The distance of `seen` itself is nothing, also where its reach is nothing: everybody or nobody in a group.
    """

    def above(delta: float) -> float:
        return seen - delta - reach(delta) if delta < seen else -1.0

    def below(delta: float) -> float:
        return seen - delta + reach(delta) if delta > seen else 1.0

    lower = -1.0 if seen <= -1 else root(above, -1.0, seen)
    upper = 1.0 if seen >= 1 else root(below, seen, 1.0)
    return Interval(lower, upper, level)


def _inflated(counts: TwoCounts, level: float, inflation: float) -> Interval:
    check_level(level)
    z = normal_quantile((1 + level) / 2) * math.sqrt(inflation)
    return score_interval(counts.difference, lambda delta: z * math.sqrt(variance_at(counts, delta)), level)
