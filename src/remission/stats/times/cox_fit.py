"""Finding the coefficients that maximise Cox's partial likelihood, plain or with Firth's penalty."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.times.cox_likelihood import (
    Numbers,
    RiskSets,
    Terms,
    information,
    penalty_slope,
    score,
    terms,
)

_STEPS, _CONVERGED, _COLLINEAR = 200, 1e-10, 1e-9
# Newton still moves by this many standard deviations of a covariate, though the likelihood has stopped.
_RUNNING, _STILL = 0.1, 1e-5


@dataclass(frozen=True, slots=True)
class Fit:
    """The maximum: coefficients (p,), their covariance (p, p), and the (penalised) log likelihood there."""

    beta: Numbers
    covariance: Numbers
    value: float
    at: Terms


def refuse_collinear(within: Numbers, x: Numbers, names: Sequence[str]) -> None:
    """Refuse a column that does not vary, or that a sum of the columns before it gives.

    `within` (n, p) is the covariates `x` less their means in each stratum.
    """
    basis: list[Numbers] = []
    for place, name in enumerate(names):
        column = within[:, place]
        rest, size = column.copy(), float(np.linalg.norm(column))
        for _ in range(2):  # twice: the second pass removes what rounding left
            for direction in basis:
                rest -= direction * (direction @ rest)
        flat = size <= _COLLINEAR * float(np.linalg.norm(x[:, place]))
        if flat or float(np.linalg.norm(rest)) <= _COLLINEAR * size:
            why = "does not vary" if flat else f"is determined by {_parts(within, place, names)}"
            raise InputRefused(
                f"{name!r} {why} (among people at risk, within strata)",
                where=f"Cox regression, column {place + 1}",
                do="leave out a covariate that the others or the strata determine",
            )
        basis.append(rest / np.linalg.norm(rest))


def _parts(within: Numbers, place: int, names: Sequence[str]) -> str:
    before = within[:, :place]
    weights = np.linalg.lstsq(before, within[:, place], rcond=None)[0]
    size = np.abs(weights) * np.linalg.norm(before, axis=0)
    return ", ".join(repr(name) for name, part in zip(names, size, strict=False) if part > 1e-6 * size.max())


def value_at_zero(sets: RiskSets, *, firth: bool) -> float:
    """The (penalised) log likelihood with all coefficients 0."""
    zero = terms(sets, np.zeros(sets.x.shape[1]))
    return _value(zero, information(sets, zero), firth=firth)


def maximise(sets: RiskSets, names: Sequence[str], *, firth: bool, fixed: tuple[int, float] | None = None,
             begin: Numbers | None = None) -> Fit:  # fmt: skip
    """Newton's method with halved steps, from `begin` (0 if not given).

    Parameters
    ----------
    sets : RiskSets
    names : sequence of str, length p
    firth : bool
        Add half the log determinant of the information (all of it, whatever is fixed).
    fixed : (column, value) or None
        Hold one coefficient, as in a profile likelihood.

    Raises
    ------
    InputRefused
        When the likelihood grows without end in some coefficients (a monotone likelihood).
    """
    p = sets.x.shape[1]
    free = np.array([j for j in range(p) if fixed is None or j != fixed[0]], dtype=np.int64)
    beta = np.zeros(p) if begin is None else begin.copy()
    if fixed is not None:
        beta[fixed[0]] = fixed[1]
    spread = np.maximum(sets.x.std(axis=0), 1e-300)
    at = terms(sets, beta)
    matrix = information(sets, at)
    value = _value(at, matrix, firth=firth)
    for _ in range(_STEPS):
        slope = score(sets, at)
        covariance = _inverse(matrix)
        if firth:
            slope = slope + penalty_slope(sets, at, covariance)
        if len(free) == 0:
            break
        step = np.zeros(p)
        step[free] = np.linalg.lstsq(matrix[np.ix_(free, free)], slope[free], rcond=None)[0]
        step = _short(step * spread) / spread
        moved, gained = _halved(sets, beta, step, value, firth=firth)
        if moved is None:
            break
        done = float(np.max(np.abs(step * spread)))
        if not firth and gained < _STILL and done > _RUNNING:
            _refuse_monotone(names, step * spread)
        beta, at, matrix, value = moved
        if done < _CONVERGED:
            break
    return Fit(beta, _inverse(matrix), value, at)


_Moved = tuple[Numbers, Terms, Numbers, float]


def _halved(
    sets: RiskSets, beta: Numbers, step: Numbers, value: float, *, firth: bool
) -> tuple[_Moved | None, float]:
    """The farthest of the halved steps that does not lower the likelihood, and what it gains."""
    length = 1.0
    for _ in range(40):
        trial = beta + length * step
        at = terms(sets, trial)
        if math.isfinite(at.log_likelihood):
            matrix = information(sets, at)
            found = _value(at, matrix, firth=firth)
            if found >= value - 1e-12 * (1 + abs(value)):
                return (trial, at, matrix, found), found - value
        length /= 2
    return None, 0.0


def _value(at: Terms, matrix: Numbers, *, firth: bool) -> float:
    if not firth:
        return at.log_likelihood
    sign, log_determinant = np.linalg.slogdet(matrix)
    return at.log_likelihood + 0.5 * float(log_determinant) if sign > 0 else -math.inf


def _inverse(matrix: Numbers) -> Numbers:
    scale = 1 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return scale[:, None] * np.linalg.pinv(matrix * np.outer(scale, scale), hermitian=True) * scale


def _short(step: Numbers) -> Numbers:
    """At most 5 standard deviations at once, where exponentials are still tame."""
    return step * min(1.0, 5.0 / max(float(np.max(np.abs(step))), 1e-300))


def _refuse_monotone(names: Sequence[str], step: Numbers) -> None:
    running = [name for name, s in zip(names, step, strict=True) if abs(s) > _RUNNING / 2]
    raise InputRefused(
        f"the likelihood is monotone: it grows without end in {', '.join(map(repr, running))}",
        where="Cox regression",
        do="use firth=True (Firth's penalised likelihood), or leave the covariate out",
    )
