"""Weights from the chance to be treated (propensity), and the effects they estimate.

Three populations can be asked about: the treated (`TREATED`: controls are made to look like the trial), both
together (`EVERYBODY`), and those who could well have been in either (`OVERLAP`: bounded weights, and exact
balance of the means of whatever is in the model).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from remission.stats.adjusting.effects import WALD_WORDS, Effect, effect
from remission.stats.adjusting.estimating import sandwich
from remission.stats.adjusting.logistic import expit, logistic
from remission.stats.adjusting.people import People, model_matrix
from remission.terms.words import Text

Values = NDArray[np.float64]


class Target(StrEnum):
    """Whom an effect is about."""

    TREATED = "treated"
    EVERYBODY = "everybody"
    OVERLAP = "overlap"


TARGET_WORDS: dict[Target, Text] = {
    Target.TREATED: Text("weighted to the trial's people", "加权至试验人群"),
    Target.EVERYBODY: Text("weighted to both groups together", "加权至两组合并人群"),
    Target.OVERLAP: Text("overlap weights", "重叠权重"),
}
_SETTINGS = Text(
    f"logistic propensity model, on all covariates without interactions; sandwich variance, the model's own "
    f"error included; {WALD_WORDS.en}",
    f"logistic倾向评分模型，含全部协变量、无交互项；三明治方差，含模型自身误差；{WALD_WORDS.zh}",
)


@dataclass(frozen=True, slots=True)
class Propensity:
    """The fitted chance of each person to be in the trial, shape (n,), with the model behind it."""

    names: tuple[str, ...]
    matrix: Values
    coefficients: Values
    chance: Values


def propensity(people: People) -> Propensity:
    """Fit the chance to be in the trial. `Raises` as `logistic.logistic`."""
    names, matrix = model_matrix(people)
    coefficients = logistic(matrix, people.arm(), names, what="being in the trial")
    return Propensity(names, matrix, coefficients, expit(matrix @ coefficients))


def tilt(chance: Any, target: Target) -> Any:
    """How much a person of this chance counts in the target population."""
    if target is Target.TREATED:
        return chance
    return chance * (1 - chance) if target is Target.OVERLAP else chance * 0 + 1


def weights(people: People, fitted: Propensity, target: Target) -> Values:
    """The weight of each person, shape (n,), not normalised: tilt / chance of the group the person is in.

    References
    ----------
    Li, Morgan and Zaslavsky 2018, doi:10.1080/01621459.2016.1260466
    """
    arm = people.arm()
    tilted = tilt(fitted.chance, target)
    return arm * tilted / fitted.chance + (1 - arm) * tilted / (1 - fitted.chance)


def kish(weight: Values) -> float:
    """The number of equally weighted people who would tell as much: (sum w)^2 / sum w^2."""
    return float(weight.sum() ** 2 / (weight**2).sum())


def weighted(people: People, fitted: Propensity, target: Target, level: float = 0.95) -> Effect:
    """The effect in the target population by weighting (Hajek means).

    Raises
    ------
    InputRefused
        For a level that is none.

    References
    ----------
    Lunceford and Davidian 2004, doi:10.1002/sim.1903, for the variance; Li, Morgan and Zaslavsky 2018
    """
    arm, outcome = people.arm(), people.outcome()
    weight = weights(people, fitted, target)
    treated = float(np.average(outcome, weights=weight * arm))
    control = float(np.average(outcome, weights=weight * (1 - arm)))
    size = fitted.coefficients.size

    def equations(parameters: Any) -> Any:
        chance = expit(fitted.matrix @ parameters[:size])
        tilted = tilt(chance, target)
        return np.column_stack(
            [
                fitted.matrix * (arm - chance)[:, None],
                arm * tilted / chance * (outcome - parameters[size]),
                (1 - arm) * tilted / (1 - chance) * (outcome - parameters[size + 1]),
            ]
        )

    covariance = sandwich(equations, np.array([*fitted.coefficients, treated, control]))[size:, size:]
    kept = kish(weight[arm == 0])
    return effect(TARGET_WORDS[target], (treated, control), covariance, level, kept, _SETTINGS)
