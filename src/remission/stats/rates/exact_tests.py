"""Exact tests of one proportion beside those of `proportions`: the other tail, mid-P, central, Blaker."""

from remission.stats.rates.proportions import (
    EQUALLY_LIKELY,
    check_counts,
    check_probability,
)
from remission.stats.tails import binomial_at_least


def binomial_p_less(x: int, n: int, p0: float) -> float:
    """Exact one-sided p-value of `x` of `n` against a true proportion of at least `p0`: P(X <= x).

    Raises
    ------
    InputRefused
        Unless 0 <= x <= n, n >= 1 and 0 <= p0 <= 1.
    """
    _check(x, n, p0)
    return binomial_at_least(n - x, n, 1 - p0)


def binomial_p_central(x: int, n: int, p0: float) -> float:
    """Exact two-sided p-value: twice the smaller tail, at most 1; the test Clopper-Pearson inverts.

    `Raises` as in `binomial_p_less`.
    """
    return min(1.0, 2 * min(binomial_p_less(x, n, p0), binomial_at_least(x, n, p0)))


def binomial_p_mid(x: int, n: int, p0: float) -> float:
    """One-sided mid-P value against at most `p0`: P(X > x) + P(X = x) / 2.

    Not exact: its size may exceed alpha.

    `Raises` as in `binomial_p_less`.

    References
    ----------
    Lancaster 1961, Journal of the American Statistical Association 56:223-234
    """
    _check(x, n, p0)
    return (binomial_at_least(x, n, p0) + binomial_at_least(x + 1, n, p0)) / 2


def binomial_p_mid_two_sided(x: int, n: int, p0: float) -> float:
    """Two-sided mid-P value: twice the smaller mid-P tail; the test `one.mid_p` inverts.

    `Raises` and source as in `binomial_p_mid`.
    """
    above = binomial_p_mid(x, n, p0)
    return 2 * min(above, 1 - above)


def binomial_p_blaker(x: int, n: int, p0: float) -> float:
    """Blaker's exact two-sided p-value: the chance of a smaller tail no larger than that of `x`.

    Never more than twice the smaller tail; the test `one.blaker` inverts. `Raises` as in `binomial_p_less`.

    References
    ----------
    Blaker 2000, Canadian Journal of Statistics 28:783-798
    """
    _check(x, n, p0)
    limit = min(binomial_p_less(x, n, p0), binomial_at_least(x, n, p0)) * EQUALLY_LIKELY
    below, above = _within(n, p0, limit), _within(n, 1 - p0, limit)
    if below + above > n:
        return 1.0
    return min(1.0, _fewer(below, n, p0) + _fewer(above, n, 1 - p0))


def _within(n: int, p: float, limit: float) -> int:
    """How many counts from 0 on have a lower tail of at most `limit`: the tail grows, so halve."""
    low, high = 0, n + 1
    while high - low > 1:
        middle = (low + high) // 2
        if _fewer(middle, n, p) <= limit:
            low = middle
        else:
            high = middle
    return low


def _fewer(x: int, n: int, p: float) -> float:
    """P(X < x) for X ~ Binomial(n, p)."""
    return 0.0 if x == 0 else binomial_at_least(n - x + 1, n, 1 - p)


def _check(x: int, n: int, p0: float) -> None:
    check_counts(x, n)
    check_probability(p0)
