"""Are hazards proportional? Schoenfeld's residuals and the score test of Grambsch and Therneau."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.times.cox_fit import Fit
from remission.stats.times.cox_likelihood import Numbers, RiskSets, information
from remission.stats.times.cox_tables import Proportional, chi_square


class TimeScale(StrEnum):
    """The function of time that a coefficient may follow."""

    KAPLAN_MEIER = "1 - Kaplan-Meier"
    IDENTITY = "time"
    LOG = "log time"


def proportional(
    sets: RiskSets, fit: Fit, names: Sequence[str], heights: Numbers, scale: TimeScale
) -> Proportional:
    """Test each coefficient b against b + c g(t), where g is `heights`, shape (T,), at the event places.

    References
    ----------
    Grambsch and Therneau 1994, Biometrika 81:515-526; with the whole information matrix, as R's survival
    does from version 3.0
    """
    g = heights - heights[sets.term_place].mean()  # does not change the test, keeps it exact
    averages = sets.by_place(fit.at.means) / sets.deaths[:, None]
    residuals = sets.x[sets.dead] - averages[sets.place_of_dead]
    slope = g[sets.place_of_dead] @ residuals
    each = g[sets.term_place]
    plain, mixed, square = (information(sets, fit.at, weight) for weight in (each**0, each, each**2))
    left = square - mixed @ np.linalg.pinv(plain, hermitian=True) @ mixed
    tests = tuple(chi_square(name, float(slope[j] ** 2 / left[j, j]), 1) for j, name in enumerate(names))
    together = chi_square("all", float(slope @ np.linalg.pinv(left, hermitian=True) @ slope), len(names))
    order = np.argsort(sets.place_of_dead, kind="stable")
    rows = tuple(tuple(float(cell) for cell in row) for row in residuals[order])
    return Proportional(scale.value, tests, together, rows)


def heights(
    at: Numbers, start: Numbers, stop: Numbers, observed: NDArray[np.bool_], scale: TimeScale
) -> Numbers:
    """The function of time at times `at`: 1 - survival just before, time, or its logarithm.

    Survival is of all people together, strata ignored.

    Raises
    ------
    InputRefused
        For the logarithm of an event time 0.
    """
    match scale:
        case TimeScale.IDENTITY:
            return at
        case TimeScale.LOG:
            if np.any(at <= 0):
                raise InputRefused(
                    "an event at time 0 has no log time",
                    where="proportional hazards",
                    do="use another time scale",
                )
            return np.log(at)
        case TimeScale.KAPLAN_MEIER:
            own, deaths = np.unique(stop[observed], return_counts=True)
            risk = len(stop) - np.searchsorted(np.sort(stop), own, side="left")
            risk = risk - (len(start) - np.searchsorted(np.sort(start), own, side="left"))
            survival = np.concatenate(([1.0], np.cumprod(1 - deaths / risk)))
            return 1 - survival[np.searchsorted(own, at, side="left")]
