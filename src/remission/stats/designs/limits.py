"""Estimates and limits from the two tails of an observed outcome, each a function of the true rate."""

from collections.abc import Callable
from dataclasses import dataclass

from remission.stats.interval import Interval

_HALVINGS = 60  # a rate to the last digit of a double

Tail = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class KoyamaChen:
    """The interval and estimate of Koyama and Chen: where the p-value function passes its marks.

    Its upper limit leaves the observed outcome out of the lower tail: coverage falls below `level`. Estimate
    and upper limit are None where no outcome lies below the observed one: p is then 1 at every rate.
    """

    estimate: float | None
    lower: float
    upper: float | None
    level: float


def exact_limits(above: Tail, below: Tail, level: float) -> tuple[float, Interval]:
    """The median-unbiased estimate and the exact interval of two tails, functions of the rate.

    `above` rises and `below` falls with the rate, the observed outcome being in both.
    """
    tail = (1 - level) / 2
    # A limit is exactly 0 or 1 where no outcome lies beyond the observed one.
    lower = 0.0 if above(0.0) >= 1 else _root(above, tail)
    upper = 1.0 if below(1.0) >= 1 else 1 - _root(lambda rest: below(1 - rest), tail)
    median = _root(lambda rate: (above(rate) + 1 - below(rate)) / 2, 0.5)
    return median, Interval(lower, upper, level)


def koyama_chen(above: Tail, exact: Interval) -> KoyamaChen:
    """From the p-value function; the lower limit is the exact one.

    Koyama and Chen 2008, Statistics in Medicine 27:3145-3154
    """
    if above(0.0) >= 1:
        return KoyamaChen(None, 0.0, None, exact.level)
    upper = _root(above, (1 + exact.level) / 2)
    return KoyamaChen(_root(above, 0.5), exact.lower, upper, exact.level)


def _root(rises: Callable[[float], float], mark: float) -> float:
    """Where a function that rises from 0 to 1 over the rates passes `mark`, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if rises(middle) < mark:
            low = middle
        else:
            high = middle
    return high
