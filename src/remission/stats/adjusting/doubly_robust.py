"""Effects that are right when either the model of treatment or the model of the outcome is."""

from typing import Any

import numpy as np

from remission.stats.adjusting.effects import WALD_WORDS, Effect, effect
from remission.stats.adjusting.estimating import sandwich
from remission.stats.adjusting.logistic import expit, logistic
from remission.stats.adjusting.people import People
from remission.stats.adjusting.weights import TARGET_WORDS, Propensity, Target, kish, tilt, weights
from remission.terms.words import Text

_SETTINGS = Text(
    "logistic models of treatment and, in each group, of the outcome, on all covariates without "
    f"interactions; sandwich variance, the models' own errors included; {WALD_WORDS.en}",
    f"治疗模型与各组结局模型均为logistic回归，含全部协变量、无交互项；三明治方差，含模型自身误差；{WALD_WORDS.zh}",
)


def doubly_robust(people: People, fitted: Propensity, target: Target, level: float = 0.95) -> Effect:
    """The effect in the target population by augmented weighting.

    The outcome is predicted for everybody under either treatment; weighted residuals correct what the
    prediction misses.

    Raises
    ------
    InputRefused
        When the outcome model has no maximum in a group (everybody there responds, say).

    References
    ----------
    Robins, Rotnitzky and Zhao 1994, Journal of the American Statistical Association 89:846-866; Mao, Li and
    Greene 2019, doi:10.1177/0962280218781171, for weighted target populations
    """
    arm, outcome, matrix = people.arm(), people.outcome(), fitted.matrix
    inside = [arm == 1, arm == 0]
    names = ("trial", "control")
    fits = [
        logistic(matrix[rows], outcome[rows], fitted.names, what=f"the outcome in the {name}")
        for rows, name in zip(inside, names, strict=True)
    ]
    weight, tilted = weights(people, fitted, target), tilt(fitted.chance, target)
    parts: list[float] = []
    for rows, fit in zip(inside, fits, strict=True):
        predicted = expit(matrix @ fit)
        parts.append(float(np.average(predicted, weights=tilted)))
        parts.append(float(np.average((outcome - predicted)[rows], weights=weight[rows])))
    size = matrix.shape[1]

    def equations(parameters: Any) -> Any:
        chance = expit(matrix @ parameters[:size])
        tilted = tilt(chance, target)
        columns = [matrix * (arm - chance)[:, None]]
        for place, (here, share) in enumerate(((arm, chance), (1 - arm, 1 - chance))):
            predicted = expit(matrix @ parameters[size * (1 + place) : size * (2 + place)])
            mean, left = parameters[3 * size + 2 * place : 3 * size + 2 * place + 2]
            columns.append(matrix * (here * (outcome - predicted))[:, None])
            columns.append((tilted * (predicted - mean))[:, None])
            columns.append((here * tilted / share * (outcome - predicted - left))[:, None])
        return np.column_stack([columns[0], columns[1], columns[4], *columns[2:4], *columns[5:7]])

    solution = np.concatenate([fitted.coefficients, *fits, parts])
    covariance = sandwich(equations, solution)[3 * size :, 3 * size :]
    sums = np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]])
    rates = (parts[0] + parts[1], parts[2] + parts[3])
    words = TARGET_WORDS[target]
    method = Text(f"doubly robust, {words.en}", f"双重稳健，{words.zh}")
    return effect(method, rates, sums @ covariance @ sums.T, level, kish(weight[inside[1]]), _SETTINGS)
