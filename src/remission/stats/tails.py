"""Tails and quantiles of the binomial, Poisson and normal distributions.

The only place that calls scipy (which ships no types), so that the rest of the room is checked strictly. It
is imported where it is used: that takes a third of a second.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_TINY = 1e-300  # stands for 0 where a function is not defined at 0 and the answer is set beside it


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The value below which a Beta(a, b) variable lies with `probability`."""
    from scipy import special

    return float(special.betaincinv(a, b, probability))


def gamma_quantile(probability: float, shape: float) -> float:
    """The value below which a Gamma(shape, scale 1) variable lies with `probability`."""
    from scipy import special

    return float(special.gammaincinv(shape, probability))


def normal_quantile(probability: float) -> float:
    """The value below which a standard normal variable lies with `probability`."""
    return NormalDist().inv_cdf(probability)


def binomial_at_least(x: int, n: int, p: float) -> float:
    """P(X >= x) for X ~ Binomial(n, p)."""
    from scipy import special

    if x <= 0:
        return 1.0
    return 0.0 if x > n else float(special.betainc(x, n - x + 1, p))


def poisson_at_least(x: int, mean: float) -> float:
    """P(X >= x) for X ~ Poisson(mean)."""
    from scipy import special

    return 1.0 if x <= 0 else float(special.gammainc(x, mean))


def poisson_reaches(counts: Numbers, means: Numbers) -> Numbers:
    """P(X >= count) for Poisson X, element by element: 1 at a count of 0, 0 at a mean of 0 above it."""
    from scipy import special

    return np.where(counts <= 0, 1.0, special.gammainc(np.maximum(counts, _TINY), means))


def negative_binomial_reaches(counts: Numbers, shapes: Numbers, chances: Numbers) -> Numbers:
    """P(X >= count), element by element, for X with mean shape x chance / (1 - chance).

    X is Poisson with a mean that is itself Gamma(shape); a shape of 0 gives no X above 0.
    """
    from scipy import special

    reached = special.betainc(np.maximum(counts, _TINY), np.maximum(shapes, _TINY), chances)
    return np.where(counts <= 0, 1.0, np.where(shapes <= 0, 0.0, reached))


def gamma_quantiles(deviates: Numbers, shape: float) -> Numbers:
    """Gamma(shape, scale 1) quantiles at the probabilities of normal deviates, true in both tails."""
    from scipy import special

    low = special.gammaincinv(shape, special.ndtr(np.minimum(deviates, 0)))
    high = special.gammainccinv(shape, special.ndtr(-np.maximum(deviates, 0)))
    return np.where(deviates < 0, low, high)


def negative_binomial_at_least(x: int, mean: float, shape: float) -> float:
    """P(X >= x) for X Poisson with a mean that is itself gamma, of this mean and shape."""
    from scipy import special

    return 1.0 if x <= 0 else float(special.betainc(x, shape, mean / (mean + shape)))


def log_gamma(values: Numbers) -> Numbers:
    """Logarithm of the gamma function, element by element."""
    from scipy import special

    return np.asarray(special.gammaln(values))


def digamma(values: Numbers) -> Numbers:
    """Derivative of the logarithm of the gamma function, element by element."""
    from scipy import special

    return np.asarray(special.digamma(values))


def trigamma(values: Numbers) -> Numbers:
    """Second derivative of the logarithm of the gamma function, element by element."""
    from scipy import special

    return np.asarray(special.polygamma(1, values))


def beta_at_most(values: Numbers, a: Numbers, b: Numbers) -> Numbers:
    """P(X <= value) for X ~ Beta(a, b), element by element."""
    from scipy import special

    return np.asarray(special.betainc(a, b, values))


def chi_square_at_least(value: float, freedom: float) -> float:
    """P(X >= value) for X chi-square with `freedom` degrees of freedom."""
    from scipy import special

    return float(special.chdtrc(freedom, value))


def student_quantile(probability: float, freedom: float) -> float:
    """The value below which a Student t variable of `freedom` degrees of freedom lies with `probability`."""
    from scipy import special

    return float(special.stdtrit(freedom, probability))


def normal_at_most(values: Numbers) -> Numbers:
    """P(Z <= value) for standard normal Z, element by element."""
    from scipy import special

    return np.asarray(special.ndtr(values), np.float64)


def beta_above(threshold: float, a: Numbers, b: Numbers) -> Numbers:
    """P(p > threshold) for p ~ Beta(a, b), element by element; a parameter of 0 puts all on that end."""
    from scipy import special

    inside = special.betainc(np.maximum(b, _TINY), np.maximum(a, _TINY), 1 - threshold)
    return np.where(b <= 0, 1.0, np.where(a <= 0, 0.0, inside))


def chi_square_above(value: float, degrees: float) -> float:
    """P(X > value) for X chi-square with `degrees` of freedom; true far in the tail."""
    from scipy import special

    return 1.0 if value <= 0 else float(special.gammaincc(degrees / 2, value / 2))


def normal_above(z: float) -> float:
    """P(X > z) for a standard normal X; true far in the tail."""
    return math.erfc(z / math.sqrt(2)) / 2


def poisson_at_most(x: int, mean: float) -> float:
    """P(X <= x) for X ~ Poisson(mean)."""
    from scipy import special

    return 0.0 if x < 0 else float(special.gammaincc(x + 1, mean)) if mean > 0 else 1.0


def binomial_probabilities(n: int, rates: Numbers) -> Numbers:
    """P(X = x) for X ~ Binomial(n, rate): a row for each rate, columns x = 0..n."""
    from scipy import special

    x = np.arange(n + 1.0)
    ways = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    p = rates[:, None]
    return np.exp(ways + special.xlogy(x, p) + special.xlog1py(n - x, -p))
