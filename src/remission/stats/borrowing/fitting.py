"""A Beta mixture fitted to a density of a rate: the smallest divergence from it, not a sample of it."""

from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.borrowing.log_odds import RateDensity
from remission.stats.borrowing.mixtures import BetaMixture, log_beta
from remission.stats.tails import Numbers, digamma, trigamma

_DRAWS = 4000  # what a density is worth as a sample, in the criterion: the draws of the usual samplers
_PENALTY = 6.0  # for each parameter; stricter than Akaike's 2, as in RBesT
_STILL = 1e-9  # gain in mean log-density at which the fit stands still
_MOST_STEPS = 400
_NOTHING = 1e-12  # share of the density, in each tail, that the fit leaves out


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted mixture and its Kullback-Leibler `divergence` from the density, in nats.

    `criteria`: Akaike's criterion of 1, 2, ... components, with a penalty of 6 for each parameter.
    """

    mixture: BetaMixture
    divergence: float
    criteria: tuple[float, ...]


def fitted(density: RateDensity, *, most: int = 4, draws: int = _DRAWS) -> Fit:
    """The Beta mixture next to `density`, with as many components as Akaike's criterion bears out.

    Expectation-maximisation on the points of the grid, weighted by their probability; components are added
    while the criterion falls. Every parameter stays at 1 or above, so that its effective sample size exists.

    Parameters
    ----------
    density : RateDensity
    most : int
        The most components.
    draws : int
        The number of draws that the density counts for in the criterion.

    Raises
    ------
    InputRefused
        For `most` or `draws` below 1.

    References
    ----------
    Schmidli and others 2014, doi:10.1111/biom.12242
    """
    if most < 1 or draws < 1:
        raise InputRefused(
            f"{most!r} components, {draws!r} draws", where="fit of a mixture", do="give numbers from 1 on"
        )
    rates, weights = _kept(density)
    entropy = float(weights @ np.log(density.density(rates)))
    criteria, best = list[float](), None
    for count in range(1, most + 1):
        mixture, likelihood = _fit(rates, weights, count)
        criteria.append(-2 * draws * likelihood + _PENALTY * (3 * count - 1))
        if best is not None and criteria[-1] >= min(criteria[:-1]):
            break
        best = mixture, entropy - likelihood
    assert best is not None
    return Fit(best[0], best[1], tuple(criteria))


def divergence(density: RateDensity, mixture: BetaMixture) -> float:
    """Kullback-Leibler divergence of `mixture` from `density`, in nats: 0 for equal ones."""
    rates, weights = _kept(density)
    return float(weights @ (np.log(density.density(rates)) - np.log(mixture.density(rates))))


def _kept(density: RateDensity) -> tuple[Numbers, Numbers]:
    whole = np.cumsum(density.weights)
    kept = (whole > _NOTHING) & (whole < 1 - _NOTHING)
    weights = density.weights[kept]
    return density.rates[kept], weights / weights.sum()


def _fit(rates: Numbers, weights: Numbers, count: int) -> tuple[BetaMixture, float]:
    """From slices of equal probability on: share each point out, then fit each Beta to its share."""
    low, high = np.log(rates), np.log1p(-rates)
    slices = np.minimum((np.cumsum(weights) * count).astype(int), count - 1)
    shares = np.array([np.where(slices == k, 0.9, 0.1 / count) for k in range(count)])
    shares /= shares.sum(axis=0)
    a, b = _moments(rates, shares * weights)
    before, likelihood = -np.inf, -np.inf
    parts = np.full(count, 1 / count)
    for _ in range(_MOST_STEPS):
        parts = shares @ weights
        within = (shares * weights) / parts[:, None]
        a, b = _beta_steps(a, b, within @ low, within @ high)
        logs = np.log(parts)[:, None] + np.outer(a - 1, low) + np.outer(b - 1, high) - log_beta(a, b)[:, None]
        top = logs.max(axis=0)
        shares = np.exp(logs - top)
        total = shares.sum(axis=0)
        shares /= total
        likelihood = float(weights @ (top + np.log(total)))
        if likelihood - before < _STILL:
            break
        before = likelihood
    order = np.argsort(-parts)
    values = (tuple(float(x) for x in part[order]) for part in (parts / parts.sum(), a, b))
    return BetaMixture(*values), likelihood


def _moments(rates: Numbers, shares: Numbers) -> tuple[Numbers, Numbers]:
    share = shares.sum(axis=1)
    mean = shares @ rates / share
    variance = shares @ rates**2 / share - mean**2
    size = np.maximum(mean * (1 - mean) / variance - 1, 2 / np.minimum(mean, 1 - mean))
    return mean * size, (1 - mean) * size


def _beta_steps(a: Numbers, b: Numbers, low: Numbers, high: Numbers) -> tuple[Numbers, Numbers]:
    """Newton's steps on the likelihood of each Beta, whose mean logs are `low` and `high`; not below 1."""
    for _ in range(4):
        both = trigamma(a + b)
        off_a = digamma(a + b) - digamma(a) + low
        off_b = digamma(a + b) - digamma(b) + high
        aa, bb = trigamma(a) - both, trigamma(b) - both
        room = aa * bb - both**2
        step_a, step_b = (bb * off_a + both * off_b) / room, (both * off_a + aa * off_b) / room
        a, b = np.maximum(np.maximum(a + step_a, a / 3), 1.0), np.maximum(np.maximum(b + step_b, b / 3), 1.0)
    return a, b
