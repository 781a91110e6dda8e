"""The chance that treated children respond more often than a control believed in, not known."""

import math
from collections.abc import Sequence

import numpy as np

from remission.stats.borrowing.log_odds import RateDensity
from remission.stats.borrowing.mixtures import BetaMixture
from remission.stats.tails import Numbers, beta_at_most

_NOTHING = 38.0  # a log-density this far below the highest adds less than rounding
_MOST_STEPS = 20_000


def exceeds(control: RateDensity | BetaMixture, responders: Sequence[int], n: int) -> Numbers:
    """Posterior probability that the treated rate is above the control's, for each of `responders` of `n`.

    The treated rate has a uniform prior, so that its posterior is Beta(responders + 1, non-responders + 1).
    """
    rates, weights = _points(control, n)
    counts = np.asarray(responders, np.float64)[:, None]
    below = beta_at_most(1 - rates, n - counts + 1, counts + 1)  # P(treated > rate), true in its tail
    return np.minimum(1.0, below @ weights)


def _points(control: RateDensity | BetaMixture, n: int) -> tuple[Numbers, Numbers]:
    """Rates and the probability each stands for: even in log-odds, where a Beta density is smooth."""
    if isinstance(control, RateDensity):
        fine = control.resolving(n)
        kept = fine.weights > 1e-18
        return fine.rates[kept], fine.weights[kept]
    reach = _NOTHING / min(*control.a, *control.b, 2.0) + 2
    most = max(n, *(a + b for a, b in zip(control.a, control.b, strict=True)))
    step = 0.8 / math.sqrt(most)  # no factor is narrower than 2 / sqrt(most)
    size = min(_MOST_STEPS, math.ceil(2 * reach / step) + 1)
    places = np.linspace(-reach, reach, size)
    rates = (1 + np.tanh(places / 2)) / 2
    weights = control.density(rates) * rates * (1 - rates)
    return rates, weights / weights.sum()
