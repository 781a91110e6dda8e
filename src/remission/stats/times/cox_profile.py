"""Intervals and tests of one coefficient from the profile of Firth's penalised likelihood."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from remission.stats.interval import Interval
from remission.stats.tails import chi_square_above, normal_quantile
from remission.stats.times.cox_fit import Fit, maximise
from remission.stats.times.cox_likelihood import RiskSets
from remission.stats.times.cox_tables import Effect

_FAR, _HALVINGS = 60.0, 200  # standard errors looked at; bisections at most


def profiled(sets: RiskSets, names: Sequence[str], fit: Fit, level: float) -> tuple[Effect, ...]:
    """Each coefficient with the limits at which twice the fall of the profile is the chi-square quantile.

    References
    ----------
    Heinze and Schemper 2001, doi:10.1111/j.0006-341X.2001.00114.x
    """
    found: list[Effect] = []
    for column, name in enumerate(names):
        estimate = float(fit.beta[column])
        error = math.sqrt(float(fit.covariance[column, column]))
        fall = _fall(sets, names, fit, column)
        needed = normal_quantile((1 + level) / 2) ** 2
        low, high = (_limit(fall, estimate, sign * error, needed) for sign in (-1.0, 1.0))
        limits = None if low is None or high is None else Interval(math.exp(low), math.exp(high), level)
        p = chi_square_above(fall(0.0), 1)
        found.append(Effect(name, estimate, error, math.exp(estimate), limits, p))
    return tuple(found)


def _fall(sets: RiskSets, names: Sequence[str], fit: Fit, column: int) -> Callable[[float], float]:
    def fall(value: float) -> float:
        begin = np.asarray(fit.beta, dtype=np.float64)
        held = maximise(sets, names, firth=True, fixed=(column, value), begin=begin)
        return 2 * (fit.value - held.value)

    return fall


def _limit(fall: Callable[[float], float], estimate: float, step: float, needed: float) -> float | None:
    """Where the fall reaches `needed` on the side of `step`: bracketed outward, then narrowed."""
    inside, outside = 0.0, 1.0
    while fall(estimate + outside * step) < needed:
        inside, outside = outside, outside * 1.5
        if outside > _FAR:
            return None
    at_inside, at_outside = fall(estimate + inside * step) - needed, fall(estimate + outside * step) - needed
    for _ in range(_HALVINGS):
        if abs(outside - inside) < 1e-11 * (1 + abs(outside)):
            break
        middle = outside - at_outside * (outside - inside) / (at_outside - at_inside)
        value = fall(estimate + middle * step) - needed
        if abs(value) < 1e-12:
            return estimate + middle * step
        if value * at_outside < 0:
            inside, at_inside = outside, at_outside
        else:
            at_inside /= 2  # Illinois: the end that stays loses weight
        outside, at_outside = middle, value
    return estimate + outside * step
