"""One proportion: intervals, the exact test, the critical value and its power."""

import math
from numbers import Integral

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import beta_quantile, binomial_at_least, normal_quantile

# Two outcomes count as equally likely when their probabilities agree to this relative difference, as in
# R's binom.test; without it, rounding decides whether the mirror image of an outcome is counted.
EQUALLY_LIKELY = 1 + 1e-7


def clopper_pearson(x: int, n: int, level: float = 0.95) -> Interval:
    """Exact two-sided interval of a proportion: `x` of `n`, each tail at most (1 - level) / 2.

    The lower limit is exactly 0 at x = 0, the upper exactly 1 at x = n.

    Raises
    ------
    InputRefused
        Unless x and n are whole numbers, 0 <= x <= n, n >= 1 and 0 < level < 1.

    References
    ----------
    Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404
    """
    check_counts(x, n)
    check_level(level)
    tail = (1 - level) / 2
    return Interval(_exact_lower(x, n, tail), _exact_upper(x, n, tail), level)


def clopper_pearson_lower(x: int, n: int, level: float = 0.95) -> Interval:
    """Exact one-sided interval from a lower limit to 1, the whole of 1 - level spent below.

    `Raises` and source as in `clopper_pearson`.
    """
    check_counts(x, n)
    check_level(level)
    return Interval(_exact_lower(x, n, 1 - level), 1.0, level)


def clopper_pearson_upper(x: int, n: int, level: float = 0.95) -> Interval:
    """Exact one-sided interval from 0 to an upper limit, the whole of 1 - level spent above.

    At x = 0 the limit is 1 - (1 - level)^(1/n), about 3.0 / n at 95 %. `Raises` and source as in
    `clopper_pearson`.
    """
    check_counts(x, n)
    check_level(level)
    return Interval(0.0, _exact_upper(x, n, 1 - level), level)


def wilson(x: int, n: int, level: float = 0.95) -> Interval:
    """Score interval of a proportion, two-sided, without continuity correction.

    Shorter than the exact interval, and its coverage may fall below `level`: shown beside it, not
    instead of it. `Raises` as in `clopper_pearson`.

    References
    ----------
    Wilson 1927, doi:10.1080/01621459.1927.10502953; Newcombe 1998, PMID 9595616
    """
    check_counts(x, n)
    check_level(level)
    z = normal_quantile((1 + level) / 2)
    middle = (x + z * z / 2) / (n + z * z)
    half = z * math.sqrt(x * (n - x) / n + z * z / 4) / (n + z * z)
    # At the ends the limit is exactly 0 or 1; the formula leaves a rounding error there.
    return Interval(0.0 if x == 0 else middle - half, 1.0 if x == n else middle + half, level)


def binomial_p_greater(x: int, n: int, p0: float) -> float:
    """Exact one-sided p-value of `x` of `n` against a true proportion of at most `p0`: P(X >= x).

    Raises
    ------
    InputRefused
        Unless 0 <= x <= n, n >= 1 and 0 <= p0 <= 1.
    """
    check_counts(x, n)
    check_probability(p0)
    return binomial_at_least(x, n, p0)


def binomial_p_two_sided(x: int, n: int, p0: float) -> float:
    """Exact two-sided p-value by minimum likelihood: the sum over all outcomes no likelier than `x`.

    `Raises` as in `binomial_p_greater`. Takes time in proportion to n.
    """
    check_counts(x, n)
    check_probability(p0)
    likelihood = [binomial_probability(i, n, p0) for i in range(n + 1)]
    limit = likelihood[x] * EQUALLY_LIKELY
    return min(1.0, math.fsum(p for p in likelihood if p <= limit))


def critical_value(n: int, p0: float, alpha: float) -> int | None:
    """The smallest count of `n` that rejects "at most `p0`" at one-sided `alpha`, or None if none does.

    Raises
    ------
    InputRefused
        Unless n >= 1, 0 <= p0 <= 1 and 0 < alpha < 1.
    """
    check_counts(0, n)
    check_probability(p0)
    check_level(1 - alpha)
    low, high = 0, n + 1  # the tail falls with the count, so halve: high always rejects
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_at_least(middle, n, p0) <= alpha:
            high = middle
        else:
            low = middle
    return None if high == n + 1 else high


def power(n: int, p0: float, p1: float, alpha: float) -> float:
    """Exact probability to reject "at most `p0`" at one-sided `alpha` when the truth is `p1`.

    With p1 = p0 it is the true size of the test. `Raises` as in `critical_value`, and for p1 likewise.
    """
    check_probability(p1)
    critical = critical_value(n, p0, alpha)
    return 0.0 if critical is None else binomial_at_least(critical, n, p1)


def _exact_lower(x: int, n: int, tail: float) -> float:
    return 0.0 if x == 0 else beta_quantile(tail, x, n - x + 1)


def _exact_upper(x: int, n: int, tail: float) -> float:
    return 1.0 if x == n else beta_quantile(1 - tail, x + 1, n - x)


def binomial_probability(x: int, n: int, p: float) -> float:
    """P(X = x) for X ~ Binomial(n, p)."""
    if p in (0.0, 1.0):
        return 1.0 if x == n * p else 0.0
    ways = math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1)
    return math.exp(ways + x * math.log(p) + (n - x) * math.log1p(-p))


def check_counts(x: int, n: int, where: str = "proportion") -> None:
    """Refuse `x` of `n` unless both are whole numbers (numpy's too), 0 <= x <= n and n >= 1."""
    if not (isinstance(x, Integral) and isinstance(n, Integral) and n >= 1 and 0 <= x <= n):
        raise InputRefused(
            f"{x!r} of {n!r} is not a proportion", where=where, do="give whole numbers, 0 <= x <= n, n >= 1"
        )


def check_probability(p: float) -> None:
    """Refuse a probability outside 0..1."""
    if not 0 <= p <= 1:
        raise InputRefused(
            f"{p!r} is not a probability", where="proportion", do="give a fraction from 0 to 1"
        )
