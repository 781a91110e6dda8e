"""Power priors of a rate: the history's likelihood raised to a weight between 0 (forget) and 1 (pool)."""

import math
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.borrowing.log_odds import check_counts
from remission.stats.borrowing.mixtures import BetaMixture, beta, log_beta
from remission.stats.tails import Numbers

_NODES = 64


def power_prior(responders: int, n: int, weight: float, *, a: float = 1.0, b: float = 1.0) -> BetaMixture:
    """Beta(a + weight x responders, b + weight x non-responders): each earlier child counts `weight`.

    Raises
    ------
    InputRefused
        For counts that cannot be, a weight outside 0..1, or a, b not above 0.

    References
    ----------
    Ibrahim and Chen 2000, Statistical Science 15:46-60
    """
    check_counts(responders, n)
    if not 0 <= weight <= 1:
        raise _refused(f"weight {weight!r}", "give a fraction from 0 to 1")
    return beta(a + weight * responders, b + weight * (n - responders))


@dataclass(frozen=True, slots=True)
class NormalisedPower:
    """A power prior whose weight is itself learnt: Beta(`c`, `d`) before, and `weight_mean` after the data.

    `rate` is the rate of the current children. The history is scaled to be a density at every weight; without
    that the weight would run to 0 whatever the data.
    """

    weight_mean: float
    weight_sd: float
    rate: BetaMixture


def normalised_power_prior(
    history: tuple[int, int],
    current: tuple[int, int] | None = None,
    *,
    a: float = 1.0,
    b: float = 1.0,
    c: float = 1.0,
    d: float = 1.0,
) -> NormalisedPower:
    """The normalised power prior of `history` (responders, n), or the posterior with `current` children.

    The rate is a mixture of one Beta for each node of Gauss-Legendre quadrature over the weight.

    Raises
    ------
    InputRefused
        For counts that cannot be, or a, b, c, d not above 0.

    References
    ----------
    Duan, Ye and Smith 2006, doi:10.1002/env.752; Neuenschwander, Branson and Spiegelhalter 2009,
    doi:10.1002/sim.3722
    """
    check_counts(*history)
    if min(a, b, c, d) <= 0:
        raise _refused(f"parameters {a!r}, {b!r}, {c!r}, {d!r}", "give numbers above 0")
    x0, n0 = history
    x, n = current if current is not None else (0, 0)
    if current is not None:
        check_counts(x, n)
    weights, shares = _weight_nodes(c, d)
    before = log_beta(a + weights * x0, b + weights * (n0 - x0))
    after_a, after_b = a + weights * x0 + x, b + weights * (n0 - x0) + n - x
    logs = log_beta(after_a, after_b) - before
    chances = shares * np.exp(logs - logs.max())
    chances /= chances.sum()
    mean = float(chances @ weights)
    sd = math.sqrt(float(chances @ (weights - mean) ** 2))
    parts = (tuple(float(value) for value in values) for values in (chances, after_a, after_b))
    return NormalisedPower(mean, sd, BetaMixture(*parts))


def calibrated_weight(responders: int, n: int, *, current: tuple[int, int], least_p: float = 0.05) -> float:
    """The largest weight at which `current` children do not contradict the power prior of the history.

    1 where the whole history foretells them (Box's p at least `least_p`); else by halving, so that it falls
    to 0 as they drift apart. Children like the earlier ones are
    refused the whole history with a chance of at most `least_p`.

    Raises
    ------
    InputRefused
        For counts that cannot be, or `least_p` outside 0..1.

    References
    ----------
    Box 1980, doi:10.2307/2982063; Nikolakopoulos, van der Tweel and Roes 2018, Biometrics
    74:874-880
    """
    from remission.stats.borrowing.conflict import box_p

    if not 0 < least_p < 1:
        raise _refused(f"least p {least_p!r}", "give a fraction strictly between 0 and 1")

    def agrees(weight: float) -> bool:
        return box_p(power_prior(responders, n, weight), *current) >= least_p

    if agrees(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if agrees(middle) else (low, middle)
    return low


def _weight_nodes(c: float, d: float) -> tuple[Numbers, Numbers]:
    """Nodes and prior chances of the weight; crowded at both ends, where a Beta prior may rise."""
    points, shares = np.polynomial.legendre.leggauss(_NODES)
    u = (points + 1) / 2
    weights = u**3 * (10 - 15 * u + 6 * u**2)
    steep = 30 * u**2 * (1 - u) ** 2
    chances = shares * steep * weights ** (c - 1) * (1 - weights) ** (d - 1)
    return weights, chances / chances.sum()


def _refused(what: str, do: str) -> InputRefused:
    return InputRefused(what, where="power prior", do=do)
