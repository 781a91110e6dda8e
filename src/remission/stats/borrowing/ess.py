"""How many children a prior of a rate is worth."""

import math

import numpy as np

from remission.errors import InputRefused
from remission.stats.borrowing.mixtures import BetaMixture
from remission.stats.borrowing.rate_prior import RatePrior
from remission.stats.tails import Numbers

_VAGUE = 100.0  # the vague prior is Beta(mode / 100, (1 - mode) / 100)
_NODES, _REACH = 3000, 11.0  # log-odds to sinh(11): priors just above Beta(1, 1) end slowly
_MODES_WITHIN = 12.0  # log-odds


def moment(prior: RatePrior) -> float:
    """The a + b of the one Beta with the mean and the standard deviation of `prior`.

    Overstates a mixture's peak and understates its body: shown beside `elir`, not instead of it.
    """
    return prior.mean * (1 - prior.mean) / prior.sd**2 - 1


def elir(prior: BetaMixture) -> float:
    """Expected local-information-ratio effective sample size: that of the prior after n children is n more.

    The mean, over the prior, of the information of the prior (minus the second derivative of its log-density)
    over that of one child, 1 / (p (1 - p)).

    Raises
    ------
    InputRefused
        For a component with a parameter below 1: the mean does not exist.

    References
    ----------
    Neuenschwander and others 2020, doi:10.1111/biom.13252
    """
    if min(*prior.a, *prior.b) < 1:
        raise InputRefused(
            f"a component of Beta({min(prior.a)}, {min(prior.b)})",
            where="effective sample size (ELIR)",
            do="give parameters of 1 or more, or use the moment size",
        )
    t = np.linspace(-_REACH, _REACH, _NODES)
    slope, bend, log_height = _slopes(prior, np.sinh(t))
    steps = (t[1] - t[0]) * np.cosh(t)
    return float(steps @ (np.exp(log_height) * (slope**2 - bend)))


def morita(prior: BetaMixture, *, at: float | None = None) -> float:
    """The number of children after whom a vague prior is as curved, at the mode, as `prior` is.

    The information of `prior` less that of the vague prior, over the information expected of one child.

    Parameters
    ----------
    prior : BetaMixture
    at : float, optional
        The rate at which curvature is taken; the mode when not given. RBesT searches for the
        mode and stops early (2e-7 off on its vignette); with its mode this is its number.

    References
    ----------
    Morita, Thall and Mueller 2008, doi:10.1111/j.1541-0420.2007.00888.x
    """
    place = mode(prior) if at is None else at
    if not 0 < place < 1:
        raise InputRefused(
            f"a mode at {place!r}", where="effective sample size (Morita)", do="use ELIR or the moment size"
        )
    slope, bend, _ = _slopes(prior, np.array([math.log(place / (1 - place))]))
    information = float(slope[0] ** 2 - bend[0]) / (place * (1 - place)) ** 2
    vague = (place / _VAGUE - 1) / place**2 + ((1 - place) / _VAGUE - 1) / (1 - place) ** 2
    one = prior.mean / place**2 + (1 - prior.mean) / (1 - place) ** 2
    return (information - vague) / one


def mode(prior: BetaMixture) -> float:
    """The most likely rate; the highest of several modes."""
    grid = np.linspace(-_MODES_WITHIN, _MODES_WITHIN, 2001)
    _, _, height = _slopes(prior, grid)
    peak = int(np.argmax(height))
    low, high = float(grid[max(peak - 1, 0)]), float(grid[min(peak + 1, grid.size - 1)])
    for _ in range(70):
        middle = (low + high) / 2
        rising = float(_slopes(prior, np.array([middle]))[0][0]) > 0
        low, high = (middle, high) if rising else (low, middle)
    return 1 / (1 + math.exp(-(low + high) / 2))


def _slopes(prior: BetaMixture, log_odds: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Of the density f at rate p: f' p(1 - p) / f, then f'' (p(1 - p))^2 / f, and log f."""
    p, q = np.exp(-np.logaddexp(0, -log_odds)), np.exp(-np.logaddexp(0, log_odds))
    parts = [(w, a, b) for w, a, b in prior.parts if w > 0]
    logs = np.array([_log_part(w, a, b, log_odds) for w, a, b in parts])
    top = logs.max(axis=0)
    shares = np.exp(logs - top)
    first = np.array([(a - 1) * q - (b - 1) * p for _, a, b in parts])
    second = first**2 - np.array([(a - 1) * q**2 + (b - 1) * p**2 for _, a, b in parts])
    total = shares.sum(axis=0)
    return (shares * first).sum(axis=0) / total, (shares * second).sum(axis=0) / total, top + np.log(total)


def _log_part(w: float, a: float, b: float, log_odds: Numbers) -> Numbers:
    constant = math.log(w) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return constant - (a - 1) * np.logaddexp(0, -log_odds) - (b - 1) * np.logaddexp(0, log_odds)
