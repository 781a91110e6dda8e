"""A fixed number of children of whom some are not counted: exact power, size and mean number counted."""

import math
from dataclasses import dataclass
from functools import lru_cache

from remission.errors import InputRefused
from remission.stats.rates.proportions import critical_value
from remission.stats.tails import binomial_at_least


@dataclass(frozen=True, slots=True)
class OfCounted:
    """What the exact test does: `rejects` is its chance to reject; `rate` the share of responders counted."""

    rejects: float
    rate: float
    counted: float


def counted_test(children: int, p0: float, alpha: float, response: float, not_counted: float) -> OfCounted:
    """The exact test among the children counted, its critical count being that of their number.

    Parameters
    ----------
    children : int
        Enrolled.
    p0, alpha : float
        "At most p0", one-sided.
    response, not_counted : float
        Chances of a child; the rest is counted as no response. With `not_counted` 0: the usual exact power.

    Raises
    ------
    InputRefused
        For chances that sum to more than 1, and as in `rates.proportions.critical_value`.
    """
    if not (response >= 0 and not_counted >= 0 and response + not_counted <= 1 + 1e-9):
        raise InputRefused(
            f"response {response!r}, not counted {not_counted!r}",
            where="chances of a child",
            do="give fractions that sum to at most 1",
        )
    kept = 1.0 - not_counted
    rate = min(1.0, response / kept) if kept > 0 else 0.0
    rejects = math.fsum(
        _chance(children, counted, kept) * _rejects(counted, p0, alpha, rate)
        for counted in range(1, children + 1)
    )
    return OfCounted(rejects, rate, children * kept)


def _rejects(counted: int, p0: float, alpha: float, rate: float) -> float:
    critical = _critical(counted, p0, alpha)
    return 0.0 if critical is None else binomial_at_least(critical, counted, rate)


@lru_cache(maxsize=8192)
def _critical(counted: int, p0: float, alpha: float) -> int | None:
    return critical_value(counted, p0, alpha)


def _chance(n: int, x: int, p: float) -> float:
    if p in (0.0, 1.0):
        return 1.0 if x == n * p else 0.0
    ways = math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1)
    return math.exp(ways + x * math.log(p) + (n - x) * math.log1p(-p))
