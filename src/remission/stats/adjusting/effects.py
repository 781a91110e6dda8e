"""Two rates and their covariance as a difference, a ratio and an odds ratio."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval; both None where the rates leave it undefined.

    The interval alone is None where a rate is 0 or 1: Wald's variance is 0 there, and would say too much.
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


def _on_log(
    value: float, slopes: NDArray[np.float64], covariance: NDArray[np.float64], z: float, level: float
) -> Estimate:
    spread = z * math.sqrt(max(float(slopes @ covariance @ slopes), 0.0))
    return Estimate(value, Interval(value * math.exp(-spread), value * math.exp(spread), level))
