"""The smallest number of responders that beats a historical control."""

from functools import lru_cache

import numpy as np

from remission.stats.borrowing.fitting import fitted
from remission.stats.borrowing.mixtures import BetaMixture
from remission.stats.borrowing.predictive import PredictivePrior, predictive_prior
from remission.stats.control.control import FixedControl, HistoricalControl, MetaControl
from remission.stats.control.exceeding import exceeds
from remission.stats.control.two_counts import least_counts
from remission.stats.rates.proportions import critical_value


def least_count(control: HistoricalControl, n: int, alpha: float, *, robust: bool = False) -> int | None:
    """The smallest count of `n` treated children that beats the control; None if none does.

    Fixed: exact one-sided test. Counts: Boschloo's exact test. Several studies: posterior probability of at
    least 1 - alpha that the treated rate is above that of a new study of the control's kind.
    """
    if isinstance(control, FixedControl):
        return critical_value(n, control.bar, alpha)
    if isinstance(control, MetaControl):
        prior = robust_prior(control) if robust else predictive(control).rate
        beats = np.flatnonzero(exceeds(prior, range(n + 1), n) >= 1 - alpha)
        return int(beats[0]) if beats.size else None
    return least_counts(control.of, n, alpha)[control.responders]


@lru_cache(maxsize=32)
def predictive(control: MetaControl) -> PredictivePrior:
    """The predictive prior of the control's rate in a new study."""
    return predictive_prior(
        control.responders, control.of, tau_scale=control.tau_scale, centre_sd=control.centre_sd
    )


@lru_cache(maxsize=32)
def robust_prior(control: MetaControl) -> BetaMixture:
    """The Beta mixture next to the predictive prior, with the vague component last."""
    return fitted(predictive(control).rate).mixture.robust(control.vague_weight, control.vague_mean)
