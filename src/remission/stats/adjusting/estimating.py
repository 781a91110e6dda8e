"""The covariance of estimates that solve estimating equations, models fitted on the way included."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
_IMAGINARY = 1e-30


def sandwich(equations: Callable[[Any], Any], solution: Values) -> Values:
    """The covariance matrix of the parameters that solve `equations`, shape (k, k).

    Parameters
    ----------
    equations : callable
        From parameters, shape (k,), to each person's contribution, shape (n, k); they sum to 0 at `solution`.
        It must take complex numbers: derivatives are taken along the imaginary direction, so that nothing
        is lost to rounding (Squire and Trapp 1998, doi:10.1137/S003614459631241X).
    solution : array, shape (k,)

    References
    ----------
    Stefanski and Boos 2002, The American Statistician 56:29-38: the empirical sandwich.
    """
    size = solution.size
    derivative = np.empty((size, size))
    for place in range(size):
        moved = solution.astype(np.complex128)
        moved[place] += 1j * _IMAGINARY
        derivative[:, place] = np.imag(equations(moved)).sum(axis=0) / _IMAGINARY
    contributions = np.real(equations(solution))
    inverse = np.linalg.inv(derivative)
    return inverse @ (contributions.T @ contributions) @ inverse.T
