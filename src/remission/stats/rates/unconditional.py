"""Unconditional exact tests of two rates: the chance of a table as extreme, at the worst common rate.

The highest chance is found by halving cells of the log odds until none can hold more by a relative 1e-10: the
second derivative of the log of the chance has a known lower bound, so the search cannot miss a peak.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.rates.fisher import fisher
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.tails import log_gamma

_MOST = 1000
_TIED = 1 + 1e-9  # Fisher's p-values that agree to this are of tables equally extreme

Region = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Unconditional:
    """The p-value, the test's statistic, and the common rate at which the p-value is reached.

    With groups of unequal size that rate may lie near 0 or 1, where no trial would be: look at it. `rate` is
    None where every table counts as extreme: p is then 1 whatever the rate.
    """

    p: float
    statistic: float
    rate: float | None


def barnard(counts: TwoCounts, side: Side = Side.TWO_SIDED) -> Unconditional:
    """Barnard's test ordered by the pooled score statistic (z-pooled; Suissa and Shuster).

    Two-sided: tables whose statistic is as far from 0. Tables are compared in whole numbers, so ties are
    ties.

    Raises
    ------
    InputRefused
        For more than 1000 in a group.

    References
    ----------
    Barnard 1947, Biometrika 34:123-138; Suissa and Shuster 1985, Journal of the Royal Statistical Society A
    148:317-327
    """
    _check_size(counts)
    signed = _squared_scores(counts)
    top, bottom = signed[0][counts.x0, counts.x1], signed[1][counts.x0, counts.x1]
    ours = signed[0] * bottom - top * signed[1]
    scale = (counts.n1 + counts.n0) / (counts.n1 * counts.n0)
    statistic = float(np.sign(top) * np.sqrt(abs(top) / bottom * scale))
    match side:
        case Side.GREATER:
            region = _staircase(None, ours >= 0)
        case Side.LESS:
            region = _staircase(ours <= 0, None)
        case Side.TWO_SIDED:
            far = np.abs(signed[0]) * bottom >= abs(top) * signed[1]
            region = _staircase(far & (signed[0] <= 0), far & (signed[0] >= 0))
    return _highest(counts, region, statistic)


def boschloo(counts: TwoCounts, side: Side = Side.TWO_SIDED) -> Unconditional:
    """Boschloo's test: tables ordered by Fisher's one-sided p-value; never less powerful than Fisher's.

    Two-sided: twice the smaller one-sided p-value, at most 1 (as scipy). `statistic` is Fisher's one-sided
    p-value.

    `Raises` as in `barnard`.

    References
    ----------
    Boschloo 1970, Statistica Neerlandica 24:1-35
    """
    _check_size(counts)
    if side is Side.LESS:
        one = boschloo(counts.failures, Side.GREATER)
        return Unconditional(one.p, one.statistic, None if one.rate is None else 1 - one.rate)
    if side is Side.TWO_SIDED:
        one = min(boschloo(counts, Side.GREATER), boschloo(counts, Side.LESS), key=lambda test: test.p)
        return Unconditional(min(1.0, 2 * one.p), one.statistic, one.rate)
    from remission.stats.rates.kernels_two import fisher_region

    statistic = fisher(counts, Side.GREATER)
    high = fisher_region(counts.n1, counts.n0, statistic * _TIED, _log_factorials(counts))
    return _highest(counts, (np.full(high.size, -1), high), statistic)


def exact_margin(counts: TwoCounts, margin: float, side: Side = Side.GREATER) -> float:
    """Exact p-value against "rate 1 - rate 0 at most `margin`", ordered by the score statistic.

    With `Side.LESS`: at least. Non-inferiority by 10 percent points: margin -0.10, side greater. The highest
    chance over the rates that are `margin` apart is looked for on a grid of 256 with the three best places
    refined; unlike `barnard` without proof.

    Raises
    ------
    InputRefused
        For a margin outside -1..1, a two-sided test, or more than 1000 in a group.

    References
    ----------
    Chan 1998, Statistics in Medicine 17:1403-1413
    """
    _check_size(counts)
    if not -1 < margin < 1 or side is Side.TWO_SIDED:
        raise InputRefused(
            f"margin {margin!r}, {side.value}",
            where="exact test of a margin",
            do="give a difference of rates between -1 and 1, and greater or less",
        )
    if side is Side.LESS:
        return exact_margin(counts.swapped, -margin)
    from remission.stats.rates.kernels_two import highest_apart, score_region

    high = score_region(counts.x1, counts.n1, counts.x0, counts.n0, margin)
    return min(1.0, float(highest_apart(high, counts.n1, margin, _log_factorials(counts))))


def exact_difference(counts: TwoCounts, level: float = 0.95) -> Interval:
    """Exact unconditional interval of rate 1 - rate 0: what `exact_margin` rejects on neither side.

    Each tail (1 - level) / 2. Found by halving to 1e-9 from the observed difference outward; the p-value may
    have small jumps in the margin, the limit is then at one of them.

    `Raises` as in `barnard`; level strictly between 0 and 1.

    References
    ----------
    Chan and Zhang 1999, Biometrics 55:1202-1209
    """
    check_level(level)
    tail = (1 - level) / 2
    return Interval(_lower_difference(counts, tail), -_lower_difference(counts.swapped, tail), level)


def _lower_difference(counts: TwoCounts, tail: float) -> float:
    out, within = -1.0, counts.difference
    while within - out > 1e-9:
        middle = (out + within) / 2
        if exact_margin(counts, middle) > tail:
            within = middle
        else:
            out = middle
    return out


def _squared_scores(counts: TwoCounts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The squared pooled score with its sign, over all tables [x0, x1], as a fraction of whole numbers.

    Up to 1e12 over 1e6, so the cross products compared stay below 2^63. Tables without variance: 0 over 1.
    """
    x1, x0 = np.arange(counts.n1 + 1), np.arange(counts.n0 + 1)[:, None]
    apart = x1 * counts.n0 - x0 * counts.n1
    total = x1 + x0
    spread = total * (counts.n1 + counts.n0 - total)
    return np.sign(apart) * apart * apart, np.where(spread == 0, 1, spread)


def _staircase(below: Any, above: Any) -> Region:
    """A region of tables [x0, x1] as its edges: at most `low`, at least `high`, for each x0."""
    shape = (below if above is None else above).shape
    low = np.full(shape[0], -1) if below is None else below.sum(axis=1) - 1
    high = np.full(shape[0], shape[1]) if above is None else shape[1] - above.sum(axis=1)
    return low.astype(np.int64), high.astype(np.int64)


def _highest(counts: TwoCounts, region: Region, statistic: float) -> Unconditional:
    from remission.stats.rates.kernels_two import highest

    low, high = region
    x0 = np.arange(counts.n0 + 1)
    any_low, any_high = low >= 0, high <= counts.n1
    first = min([*x0[any_low].tolist(), *(x0 + high)[any_high].tolist()])
    last = max([*(x0 + low)[any_low].tolist(), *(x0 + counts.n1)[any_high].tolist()])
    if first == 0 or last == counts.n1 + counts.n0:
        return Unconditional(1.0, statistic, None)  # a rate of 0, or of 1, gives nothing else
    p, rate = highest(low, high, counts.n1, first, last, _log_factorials(counts))
    return Unconditional(min(1.0, float(p)), statistic, float(rate))


def _log_factorials(counts: TwoCounts) -> NDArray[np.float64]:
    return log_gamma(np.arange(1.0, counts.n1 + counts.n0 + 2))


def _check_size(counts: TwoCounts) -> None:
    if max(counts.n1, counts.n0) > _MOST:
        raise InputRefused(
            f"{counts.n1} and {counts.n0} participants",
            where="unconditional exact test",
            do=f"give at most {_MOST} in each group; above that Fisher's test hardly differs",
        )
