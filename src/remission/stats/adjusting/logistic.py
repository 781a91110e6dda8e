"""Logistic regression by maximum likelihood, refusing what has no maximum."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused

Values = NDArray[np.float64]
_STEPS, _CONVERGED, _FAR = 60, 1e-12, 15.0


def logistic(matrix: Values, outcome: Values, names: Sequence[str], *, what: str) -> Values:
    """The coefficients that maximise the likelihood.

    Parameters
    ----------
    matrix : array, shape (n, k)
        One row for each person, the intercept among the columns.
    outcome : array, shape (n,)
        0 or 1.
    names : sequence of str, length k
        The columns' words, for refusals.
    what : str
        What is modelled, for refusals.

    Raises
    ------
    InputRefused
        When a column is a sum of others, or when the columns tell the outcome apart (wholly or nearly), so
        that no finite coefficient is best.

    References
    ----------
    Newton's method with halved steps; separation: Albert and Anderson 1984, Biometrika 71:1-10
    """
    rank = int(np.linalg.matrix_rank(matrix))
    if rank < matrix.shape[1]:
        raise InputRefused(
            f"{matrix.shape[1]} columns of rank {rank}: {', '.join(names)}",
            where=f"logistic regression of {what}",
            do="leave out a covariate that the others determine, or merge its levels",
        )
    coefficients = np.zeros(matrix.shape[1])
    before = _likelihood(matrix, outcome, coefficients)
    for _ in range(_STEPS):
        chance = expit(matrix @ coefficients)
        information = (matrix.T * (chance * (1 - chance))) @ matrix
        try:
            step = np.linalg.solve(information, matrix.T @ (outcome - chance))
        except np.linalg.LinAlgError:
            break
        length = 1.0
        while (after := _likelihood(matrix, outcome, coefficients + length * step)) < before - 1e-13 * abs(
            before
        ):
            length /= 2
        coefficients = coefficients + length * step
        if float(np.max(np.abs(matrix @ coefficients))) > 2 * _FAR:
            break
        if float(np.max(np.abs(step))) < _CONVERGED * (1 + float(np.max(np.abs(coefficients)))):
            return coefficients
        before = after
    worst = names[int(np.argmax(np.abs(coefficients)))]
    raise InputRefused(
        f"the covariates tell the outcome apart; {worst!r} does so most",
        where=f"logistic regression of {what}",
        do="merge levels that occur on one side only, or leave the covariate out",
    )


def expit(values: Values) -> Values:
    """1 / (1 + exp(-value)), also along the imaginary direction (for exact derivatives)."""
    return 1 / (1 + np.exp(-values))


def _likelihood(matrix: Values, outcome: Values, coefficients: Values) -> float:
    linear = matrix @ coefficients
    return float(np.sum(outcome * linear - np.logaddexp(0.0, linear)))
