"""Finding the coefficients that maximise Cox's partial likelihood, plain or with Firth's penalty."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
# A monotone likelihood has stopped (Newton promises less than _STILL), yet Newton still moves people of one
# stratum apart by a log hazard ratio above _RUNNING, and no less than it did: near a maximum steps shrink.
_RUNNING, _STILL, _SHRINKS = 0.5, 1e-5, 0.5
_FARTHEST = 5.0  # log hazard ratio from the average that one step may move, where exponentials are tame


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
        When the likelihood grows without end in some coefficients (a monotone likelihood), or its maximum
        is at hazard ratios that no number holds.
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
    done, width = math.inf, math.inf
    for _ in range(_STEPS):
        slope = score(sets, at)
        covariance = _inverse(matrix)
        if firth:
            slope = slope + penalty_slope(sets, at, covariance)
        if len(free) == 0:
            break
        step = np.zeros(p)
        step[free] = _inverse(matrix[np.ix_(free, free)]) @ slope[free]
        before, width = width, 0.0 if firth else _widest(sets, step)
        if float(slope @ step) / 2 < _STILL and width > max(_RUNNING, _SHRINKS * before):
            raise _monotone(names, np.abs(step * _ranges(sets)) > _RUNNING / 2)
        step *= min(1.0, _FARTHEST / max(float(np.max(np.abs(sets.x @ step))), 1e-300))
        moved = _halved(sets, beta, step, value, firth=firth)
        if moved is None:
            break
        done = float(np.max(np.abs(step * spread)))
        beta, at, matrix, value = moved
        if done < _CONVERGED:
            break
    if not firth and done >= _CONVERGED and width > _RUNNING:
        raise _beyond(names)
    return Fit(beta, _inverse(matrix), value, at)


_Moved = tuple[Numbers, Terms, Numbers, float]


def _halved(sets: RiskSets, beta: Numbers, step: Numbers, value: float, *, firth: bool) -> _Moved | None:
    """The farthest of the halved steps that does not lower the likelihood."""
    length = 1.0
    for _ in range(40):
        trial = beta + length * step
        at = terms(sets, trial)
        if math.isfinite(at.log_likelihood):
            matrix = information(sets, at)
            found = _value(at, matrix, firth=firth)
            if found >= value - 1e-12 * (1 + abs(value)):
                return trial, at, matrix, found
        length /= 2
    return None


def _value(at: Terms, matrix: Numbers, *, firth: bool) -> float:
    if not firth:
        return at.log_likelihood
    sign, log_determinant = np.linalg.slogdet(matrix)
    return at.log_likelihood + 0.5 * float(log_determinant) if sign > 0 else -math.inf


def _inverse(matrix: Numbers) -> Numbers:
    scale = 1 / np.sqrt(np.maximum(np.diag(matrix), 1e-300))
    return scale[:, None] * np.linalg.pinv(matrix * np.outer(scale, scale), hermitian=True) * scale


def _ranges(sets: RiskSets) -> Numbers:
    """How far each covariate goes within a stratum, among those ever at risk, shape (p,)."""
    return _spans(sets, sets.x)


def _widest(sets: RiskSets, step: Numbers) -> float:
    """The largest change of a log hazard ratio between two people of one stratum."""
    return float(_spans(sets, (sets.x @ step)[:, None])[0])


def _spans(sets: RiskSets, values: Numbers) -> Numbers:
    """Largest less smallest within a stratum, those ever at risk; the most of all strata: (n, m) to (m,)."""
    inside = sets.first <= sets.last
    layer = sets.strata[sets.last[inside]]
    order = np.argsort(layer, kind="stable")
    begins = np.flatnonzero(np.diff(layer[order], prepend=-1))
    ordered = values[inside][order]
    spans = np.maximum.reduceat(ordered, begins) - np.minimum.reduceat(ordered, begins)
    return spans.max(axis=0)


def _beyond(names: Sequence[str]) -> InputRefused:
    return InputRefused(
        f"no maximum found: hazard ratios grow beyond what numbers hold ({', '.join(map(repr, names))})",
        where="Cox regression",
        do="look for a value far out; use firth=True, or leave the covariate out",
    )


def _monotone(names: Sequence[str], which: NDArray[np.bool_]) -> InputRefused:
    running = ", ".join(repr(name) for name, runs in zip(names, which, strict=True) if runs)
    return InputRefused(
        f"the likelihood is monotone: it grows without end in {running}",
        where="Cox regression",
        do="use firth=True (Firth's penalised likelihood), or leave the covariate out",
    )
