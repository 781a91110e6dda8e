"""Tails and quantiles of the binomial, Poisson and normal distributions.

The only place that calls scipy (which ships no types), so that the rest of the room is checked strictly.
"""

from statistics import NormalDist

from scipy import special


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The value below which a Beta(a, b) variable lies with `probability`."""
    return float(special.betaincinv(a, b, probability))


def gamma_quantile(probability: float, shape: float) -> float:
    """The value below which a Gamma(shape, scale 1) variable lies with `probability`."""
    return float(special.gammaincinv(shape, probability))


def normal_quantile(probability: float) -> float:
    """The value below which a standard normal variable lies with `probability`."""
    return NormalDist().inv_cdf(probability)


def binomial_at_least(x: int, n: int, p: float) -> float:
    """P(X >= x) for X ~ Binomial(n, p)."""
    if x <= 0:
        return 1.0
    return 0.0 if x > n else float(special.betainc(x, n - x + 1, p))


def poisson_at_least(x: int, mean: float) -> float:
    """P(X >= x) for X ~ Poisson(mean)."""
    return 1.0 if x <= 0 else float(special.gammainc(x, mean))
