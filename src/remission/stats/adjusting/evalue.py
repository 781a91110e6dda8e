"""How strong a hidden cause of both treatment and outcome would have to be to explain an effect away."""

import math
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.interval import Interval


@dataclass(frozen=True, slots=True)
class EValue:
    """On the scale of risk ratios, each with treatment and with outcome: for the estimate, and for its limit.

    `limit` is 1 where the interval holds 1: nothing need be explained away.
    """

    estimate: float
    limit: float


def e_value(ratio: float, interval: Interval) -> EValue:
    """The E-value of a risk ratio and of the limit of its interval nearer to 1.

    Raises
    ------
    InputRefused
        For a ratio or limit that is not above 0, or a ratio outside its interval.

    References
    ----------
    VanderWeele and Ding 2017, doi:10.7326/M16-2607, PMID 28693043
    """
    if not (0 < interval.lower <= ratio <= interval.upper):
        raise InputRefused(
            f"ratio {ratio!r} in {interval.lower!r} to {interval.upper!r}",
            where="E-value",
            do="give a risk ratio above 0 inside its interval",
        )
    if interval.lower <= 1 <= interval.upper:
        return EValue(_strength(ratio), 1.0)
    return EValue(_strength(ratio), _strength(interval.lower if ratio > 1 else interval.upper))


def bias_bound(with_treatment: float, with_outcome: float) -> float:
    """The largest factor by which a hidden cause of these two strengths can inflate a risk ratio.

    Raises
    ------
    InputRefused
        For a strength below 1.

    References
    ----------
    Ding and VanderWeele 2016, doi:10.1097/EDE.0000000000000457
    """
    if min(with_treatment, with_outcome) < 1:
        raise InputRefused(
            f"{with_treatment!r} and {with_outcome!r}",
            where="strength of a hidden cause",
            do="give risk ratios of at least 1",
        )
    return with_treatment * with_outcome / (with_treatment + with_outcome - 1)


def _strength(ratio: float) -> float:
    ratio = 1 / ratio if ratio < 1 else ratio
    return ratio + math.sqrt(ratio * (ratio - 1))
