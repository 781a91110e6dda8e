"""Cox regression: hazard ratios, their tests, and whether hazards are proportional at all."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_above, normal_quantile
from remission.stats.times.cox_fit import Fit, maximise, refuse_collinear, value_at_zero
from remission.stats.times.cox_likelihood import (
    Counts,
    Numbers,
    RiskSets,
    Ties,
    information,
    risk_sets,
    score,
    score_residuals,
    terms,
)
from remission.stats.times.cox_profile import profiled
from remission.stats.times.cox_tables import Baseline, ChiSquare, Cox, Effect, chi_square
from remission.stats.times.proportional import TimeScale, heights, proportional
from remission.stats.times.risk_sets import checked_outcomes, checked_times, coded

_EXP_MOST = 700.0  # the largest exponent a float takes


@dataclass(frozen=True, slots=True)
class _People:
    """What was given, checked, as arrays; `sets` holds the covariates less their `middle`."""

    names: tuple[str, ...]
    middle: Numbers
    start: Numbers
    stop: Numbers
    observed: NDArray[np.bool_]
    strata: tuple[str, ...]
    sets: RiskSets


def cox(
    times: Sequence[float],
    observed: Sequence[bool],
    covariates: Mapping[str, Sequence[float]],
    *,
    entry: Sequence[float] | None = None,
    strata: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
    robust: bool = False,
    firth: bool = False,
    ties: Ties = Ties.EFRON,
    scale: TimeScale = TimeScale.KAPLAN_MEIER,
    level: float = 0.95,
) -> Cox:
    """Hazard ratios by Cox's partial likelihood.

    Parameters
    ----------
    times : sequence of float, length n
        To the event or to censoring; any unit, >= 0.
    observed : sequence of bool, length n
    covariates : mapping of name to sequence of float, each of length n
    entry : sequence of float, length n, or None
        Observation begins after this time (left truncation: at risk at t if entry < t <= time).
    strata : sequence of str, length n, or None
        Each stratum has a baseline hazard of its own.
    clusters : sequence of str, length n, or None
        People of one cluster are not independent: sandwich variance over clusters.
    robust : bool
        Sandwich variance over people (over `clusters`, if given).
    firth : bool
        Add Jeffreys' penalty: finite where the likelihood is monotone, less biased with few events.
    ties : Ties
    scale : TimeScale
        For the test of proportional hazards.
    level : float

    Raises
    ------
    InputRefused
        For bad times, outcomes or values, no event, no covariate, a column that others determine (named), a
        monotone likelihood without `firth` (named), and a sandwich with `firth`.

    References
    ----------
    Cox 1972, doi:10.1111/j.2517-6161.1972.tb00899.x; Efron 1977, Journal of the American Statistical
    Association 72:557-565; Firth 1993, doi:10.1093/biomet/80.1.27; Heinze and Schemper 2001,
    doi:10.1111/j.0006-341X.2001.00114.x; Lin and Wei 1989, Journal of the American Statistical Association
    84:1074-1078
    """
    check_level(level)
    people = _people(times, observed, covariates, entry, strata, ties)
    sandwich = robust or clusters is not None
    if sandwich and firth:
        raise InputRefused(
            "a sandwich variance of a penalised fit", where="Cox regression", do="choose one of the two"
        )
    sets, names = people.sets, people.names
    fit = maximise(sets, names, firth=firth)
    covariance = _sandwich(sets, fit, clusters) if sandwich else fit.covariance
    zero = value_at_zero(sets, firth=firth)
    tests = [
        chi_square("likelihood ratio", max(0.0, 2 * (fit.value - zero)), len(names)),
        chi_square(
            "Wald", float(fit.beta @ np.linalg.pinv(covariance, hermitian=True) @ fit.beta), len(names)
        ),
    ]
    shape = None
    if not firth:
        tests.append(_score_test(sets))
        g = heights(sets.times, people.start, people.stop, people.observed, scale)
        shape = proportional(sets, fit, names, g, scale)
    return Cox(
        n=len(people.stop),
        events=int(people.observed.sum()),
        level=level,
        ties=ties,
        firth=firth,
        robust=sandwich,
        effects=profiled(sets, names, fit, level) if firth else _wald(names, fit.beta, covariance, level),
        covariance=tuple(tuple(float(cell) for cell in row) for row in covariance),
        log_likelihood=(zero, fit.value),
        tests=tuple(tests),
        baseline=_baseline(people, fit),
        proportional=shape,
    )


def _people(
    times: Sequence[float],
    observed: Sequence[bool],
    covariates: Mapping[str, Sequence[float]],
    entry: Sequence[float] | None,
    strata: Sequence[str] | None,
    ties: Ties,
) -> _People:
    stop = checked_times(times, len(observed))
    happened = checked_outcomes(observed)
    start = _entries(entry, stop)
    layers, layer = coded(strata if strata is not None else [""] * len(stop), len(stop), "strata")
    names, x = tuple(covariates), _matrix(covariates, len(stop))
    if not names or not happened.any():
        raise InputRefused(
            f"{len(names)} covariates, {int(happened.sum())} events",
            where="Cox regression",
            do="give at least one of each",
        )
    middle = x.mean(axis=0)
    sets = risk_sets(x - middle, start, stop, happened, layer, ties)
    _refuse_collinear_at_risk(sets, layer, names)
    return _People(names, middle, start, stop, happened, layers, sets)


def _entries(entry: Sequence[float] | None, stop: Numbers) -> Numbers:
    if entry is None:
        return np.full(len(stop), -np.inf)
    start = checked_times(entry, len(stop))
    late = np.flatnonzero(start >= stop)
    if len(late):
        place = int(late[0])
        raise InputRefused(
            f"entry at {start[place]:g}, end at {stop[place]:g}",
            where=f"person {place + 1}",
            do="give an entry before the end of observation",
        )
    return start


def _matrix(covariates: Mapping[str, Sequence[float]], n: int) -> Numbers:
    columns: list[Numbers] = []
    for name, values in covariates.items():
        column = np.asarray(values, dtype=np.float64)
        if column.shape != (n,) or not np.all(np.isfinite(column)):
            raise InputRefused(
                f"{column.size} values for {n} people, or a value that is not finite",
                where=f"covariate {name!r}",
                do="give one finite number for each person; decide on missing values before",
            )
        columns.append(column)
    return np.stack(columns, axis=1) if columns else np.zeros((n, 0))


def _refuse_collinear_at_risk(sets: RiskSets, layer: Counts, names: Sequence[str]) -> None:
    """Only differences within a stratum, among those ever at risk, tell anything."""
    inside = sets.first <= sets.last
    x, own = sets.x[inside], layer[inside]
    sizes = np.maximum(np.bincount(own), 1)
    means = np.stack([np.bincount(own, weights=column) / sizes for column in x.T], axis=1)
    refuse_collinear(x - means[own], x, names)


def _sandwich(sets: RiskSets, fit: Fit, clusters: Sequence[str] | None) -> Numbers:
    rows = score_residuals(sets, fit.at) @ fit.covariance
    if clusters is not None:
        codes = coded(clusters, len(rows), "clusters")[1]
        summed: Numbers = np.zeros((int(codes.max()) + 1, rows.shape[1]))
        np.add.at(summed, codes, rows)
        rows = summed
    return rows.T @ rows


def _wald(names: Sequence[str], beta: Numbers, covariance: Numbers, level: float) -> tuple[Effect, ...]:
    z = normal_quantile((1 + level) / 2)
    found: list[Effect] = []
    for j, name in enumerate(names):
        estimate, error = float(beta[j]), math.sqrt(float(covariance[j, j]))
        low, high = (estimate + sign * z * error for sign in (-1, 1))
        limits = Interval(math.exp(low), math.exp(high), level) if high < _EXP_MOST else None
        p = 2 * normal_above(abs(estimate) / error) if error > 0 else 1.0
        found.append(Effect(name, estimate, error, math.exp(estimate), limits, p))
    return tuple(found)


def _score_test(sets: RiskSets) -> ChiSquare:
    zero = terms(sets, np.zeros(sets.x.shape[1]))
    slope = score(sets, zero)
    value = float(slope @ np.linalg.pinv(information(sets, zero), hermitian=True) @ slope)
    return chi_square("score", value, len(slope))


def _baseline(people: _People, fit: Fit) -> tuple[Baseline, ...]:
    """Breslow's estimate, with Efron's denominators where ties are Efron's, moved to covariates 0."""
    sets = people.sets
    top = float((sets.x @ fit.beta).max())  # `below` is in units of exp(top)
    steps = sets.by_place((1 / fit.at.below)[:, None])[:, 0] * math.exp(
        -top - float(people.middle @ fit.beta)
    )
    found: list[Baseline] = []
    for begin, end in sets.bounds:
        hazard = np.cumsum(steps[begin:end])
        name = people.strata[int(sets.strata[begin])]
        found.append(Baseline(name, tuple(sets.times[begin:end].tolist()), tuple(hazard.tolist())))
    return tuple(found)
