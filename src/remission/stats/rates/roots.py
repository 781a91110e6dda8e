"""Where a continuous function changes sign: the limits of every interval found by inverting a test."""

from collections.abc import Callable
from typing import Any, cast


def root(of: Callable[[float], float], low: float, high: float) -> float:
    """The place between `low` and `high` where `of` is 0 (Brent), to the last digits of a float.

    An end where `of` has already the sign of the other end is the answer itself: rounding has put the root
    there.
    """
    from scipy import optimize

    at_low, at_high = of(low), of(high)
    if at_low == 0 or at_high == 0:
        return low if at_low == 0 else high
    if (at_low > 0) == (at_high > 0):
        return low if abs(at_low) < abs(at_high) else high
    return float(cast(Any, optimize).brentq(of, low, high, xtol=1e-15, rtol=1e-14, maxiter=200))
