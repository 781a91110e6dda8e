"""Two rates with their covariance, or their limits, as a difference, a ratio and an odds ratio."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile
from remission.terms.words import Text

WALD_WORDS = Text(
    "Wald limits, whose one-sided error near 0 and 100 % is above nominal (90 against 300 of the same rate, "
    "nominal .025: .032 at 70 %, .046 at 90 %, .055 at 95 %): shown, not decided by",
    "Wald区间，率近0或100%时单侧错误率高于名义值（90例对300例、同率、名义.025：率70%时.032，90%时.046，95%时.055）：仅供参考，不作判定",
)
"""Said of every effect with Wald limits; the numbers are exact (of rates that are not 0 or 1)."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; both None where the rates leave it undefined.

    The interval alone is None where Wald's variance would be 0, at a rate of 0 or 1, and say too much.
    """

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Effect:
    """Rates of both groups by one `method`, and what they give.

    `difference` and `ratio` are treated against control; `settings` say what the method assumed.
    `control_weight`: the number of equally weighted controls who would tell as much (Kish).
    """

    method: Text
    treated: float
    control: float
    difference: Estimate
    ratio: Estimate
    odds_ratio: Estimate
    control_weight: float
    settings: Text


def effect(
    method: Text,
    rates: tuple[float, float],
    covariance: NDArray[np.float64],
    level: float,
    control_weight: float,
    settings: Text,
) -> Effect:
    """An `Effect` from the rates (treated, control) and their covariance, shape (2, 2).

    Limits of the difference are Wald's, cut at -1 and 1; those of the ratios are Wald's on the log scale
    (delta method). None where a rate is 0 or 1.
    """
    check_level(level)
    z = normal_quantile((1 + level) / 2)
    treated, control = rates
    spread = z * math.sqrt(max(float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]), 0.0))
    gap = treated - control
    ratio = Estimate(treated / control if treated > 0 and control > 0 else None, None)
    difference, odds = Estimate(gap, None), Estimate(None, None)
    if 0 < treated < 1 and 0 < control < 1:
        difference = Estimate(gap, Interval(max(gap - spread, -1.0), min(gap + spread, 1.0), level))
        ratio = _on_log(treated / control, np.array([1 / treated, -1 / control]), covariance, z, level)
        slopes = np.array([1 / (treated * (1 - treated)), -1 / (control * (1 - control))])
        value = treated * (1 - control) / (control * (1 - treated))
        odds = _on_log(value, slopes, covariance, z, level)
    return Effect(method, treated, control, difference, ratio, odds, control_weight, settings)


def hybrid_effect(
    method: Text,
    rates: tuple[float, float],
    limits: tuple[Interval, Interval],
    control_weight: float,
    settings: Text,
) -> Effect:
    """An `Effect` from the rates (treated, control), independent of each other, and the limits of each.

    The distances of the limits from their rates are joined as the legs of a right triangle: for the
    difference as they are, for the ratio on the log scale, for the odds ratio on the logit scale. Ratios are
    None where a rate of 0 (for the odds also of 1) leaves them undefined.

    References
    ----------
    Newcombe 1998, PMID 9595617; Zou and Donner 2008, Statistics in Medicine 27:1693-1702
    """
    (treated, control), (own, theirs) = rates, limits
    down = math.hypot(treated - own.lower, theirs.upper - control)
    up = math.hypot(own.upper - treated, control - theirs.lower)
    gap = treated - control
    difference = Estimate(gap, Interval(max(gap - down, -1.0), min(gap + up, 1.0), own.level))
    ratio, odds = (
        Estimate(treated / control if treated > 0 and control > 0 else None, None),
        Estimate(None, None),
    )
    if ratio.value is not None:
        ratio = _joined(math.log, rates, limits)
        if treated < 1 and control < 1:
            odds = _joined(_logit, rates, limits)
    return Effect(method, treated, control, difference, ratio, odds, control_weight, settings)


def _joined(
    scale: Callable[[float], float], rates: tuple[float, float], limits: tuple[Interval, Interval]
) -> Estimate:
    """The effect whose logarithm is a difference on this scale, with hybrid limits."""
    (treated, control), (own, theirs) = (scale(rate) for rate in rates), limits
    down = math.hypot(treated - scale(own.lower), scale(theirs.upper) - control)
    up = math.hypot(scale(own.upper) - treated, control - scale(theirs.lower))
    gap = treated - control
    return Estimate(math.exp(gap), Interval(math.exp(gap - down), math.exp(gap + up), own.level))


def _logit(rate: float) -> float:
    return math.log(rate / (1 - rate))


def _on_log(
    value: float, slopes: NDArray[np.float64], covariance: NDArray[np.float64], z: float, level: float
) -> Estimate:
    spread = z * math.sqrt(max(float(slopes @ covariance @ slopes), 0.0))
    return Estimate(value, Interval(value * math.exp(-spread), value * math.exp(spread), level))
