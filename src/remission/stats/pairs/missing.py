"""What results that are not evaluable do to power, to type I error and to the estimated rates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.pairs.cells import HANDLING_WORDS, Cells, Gaps, Handling
from remission.stats.pairs.imputation import ALL_HANDLINGS, check_fills, prior_of
from remission.stats.pairs.nulls import nulls
from remission.stats.pairs.power import JointPower, cuts_by_number, power, told
from remission.stats.pairs.rules import RULE_WORDS, Against, Rule
from remission.stats.rates.proportions import binomial_p_greater
from remission.stats.tails import normal_quantile
from remission.terms.words import Text

Numbers = NDArray[np.float64]

_CERTAIN = -8.0  # stands for the normal score of a p-value of 1: half of everything weighs 1e-15 there


@dataclass(frozen=True, slots=True)
class Sampling:
    """How many data sets are simulated, and from which seed.

    Raises
    ------
    InputRefused
        For fewer than 100, or a negative seed.
    """

    draws: int
    seed: int

    def __post_init__(self) -> None:
        if self.draws < 100 or self.seed < 0:
            raise InputRefused(
                f"{self.draws!r} data sets from seed {self.seed!r}",
                where="simulation",
                do="give at least 100 and a seed of at least 0",
            )


@dataclass(frozen=True, slots=True)
class Bias:
    """Mean estimated rate less the true one, for each endpoint; None: nobody can be evaluable.

    `errors`: Monte Carlo standard errors, 0 where exact.
    """

    first: float | None
    second: float | None
    errors: tuple[float, float] = (0.0, 0.0)


def bias(cells: Cells, handling: Handling) -> Bias:
    """The exact bias of the estimated rates where gaps are failures or are excluded.

    Excluded: the mean over the data sets in which somebody is evaluable; it does not depend on how many.

    Raises
    ------
    InputRefused
        For `IMPUTED`, which is simulated: `imputed_power`.
    """
    if handling is Handling.IMPUTED:
        raise InputRefused(
            "the bias of multiple imputation is simulated", where="two endpoints", do="use imputed_power"
        )
    told: list[float | None] = []
    for true, seen, lost in zip(cells.truth, cells.observed, cells.missing, strict=True):
        evaluable = 1 - lost if handling is Handling.EXCLUDED else 1.0
        told.append(seen / evaluable - true if evaluable > 0 else None)
    return Bias(told[0], told[1])


def imputed_power(
    cells: Cells, n: int, rule: Rule, against: Against, sampling: Sampling, *, nested: bool
) -> tuple[JointPower, Bias]:
    """The chance of success, and the bias, under multiple imputation: over simulated data sets.

    In each data set every completed table counts with its exact posterior chance (`imputation.completed`);
    the exact p-values of the completed counts are pooled as normal scores, by Rubin's rules with variance 1
    within imputations. Without gaps this is the exact test. An endpoint nobody is evaluable for fails.

    Parameters
    ----------
    cells : Cells
        The truth as it will be seen.
    n : int
    rule : Rule
    against : Against
    sampling : Sampling
    nested : bool
        The imputation knows that nobody is truly negative on the second and positive on the first.

    Raises
    ------
    InputRefused
        For n below 1, or cells that contradict `nested`.

    References
    ----------
    Rubin 1987, Multiple Imputation for Nonresponse in Surveys; Licht 2010, New methods for generating
    significance levels from multiply-imputed data (dissertation, Bamberg)
    """
    if n < 1:
        raise InputRefused(f"{n!r} people", where="two endpoints", do="give at least one")
    if nested and cells.probabilities[1][0] > 0:
        raise InputRefused(
            "cells with people positive on the first endpoint and negative on the second",
            where="two endpoints",
            do="do not call the second endpoint nested in the first",
        )
    lost = cells.missing
    if max(lost) == 0:
        exact = power(cells, n, rule, Handling.FAILURE, against)
        return replace(exact, handling=Handling.IMPUTED), bias(cells, Handling.FAILURE)
    from remission.stats.pairs.kernels_imputation import pooled_levels

    chances = np.array(cells.probabilities).ravel()
    samples = np.random.default_rng(sampling.seed).multinomial(n, chances / chances.sum(), sampling.draws)
    check_fills(samples)
    levels, sums = pooled_levels(
        np.ascontiguousarray(samples.reshape(-1, 3, 3)),
        prior_of(nested=nested),
        np.array([_scores(n, p0) for p0 in against.p0]),
        np.array([cuts_by_number(n, p0, against.alpha)[n] for p0 in against.p0]),
        np.array([-normal_quantile(against.alpha), -normal_quantile(against.alpha / 2)]),
    )
    joint = told(
        rule,
        Handling.IMPUTED,
        n,
        levels,
        (lost[0] ** n, lost[1] ** n),
        sampling.draws,
    )
    return joint, _simulated_bias(cells, sums)


@dataclass(frozen=True, slots=True)
class Size:
    """The largest chance of a false success found, and the true rates it was found at.

    `draws`: None where exact, else the number of simulated data sets at these rates.
    """

    value: float
    truth: tuple[float, float]
    draws: int | None = None


def size(
    gaps: Gaps,
    n: int,
    rule: Rule,
    handling: Handling,
    against: Against,
    *,
    nested: bool,
    sampling: Sampling | None = None,
) -> Size:
    """Type I error: the largest over what the null leaves open.

    Under `BOTH` a success where either rate is at its p0; else any endpoint's success that is at its p0
    (familywise error). The other rate runs over a grid from its lowest to its highest value, ends
    included, and the endpoints from excluding each other to going together (nested: as they must).
    Under imputation it is simulated where exclusion errs most with the first, with the second and with
    both endpoints at p0, and the largest of the three is told.

    Parameters
    ----------
    gaps : Gaps
        How results come to be missing.
    n : int
    rule : Rule
    handling : Handling
    against : Against
    nested : bool
        Only truths in which the second endpoint is nested in the first.
    sampling : Sampling or None
        Needed for `IMPUTED`.

    Raises
    ------
    InputRefused
        As in `power.power`; for `IMPUTED` without `sampling`.
    """
    exact = Handling.EXCLUDED if handling is Handling.IMPUTED else handling
    worst: dict[tuple[bool, bool], tuple[float, Cells]] = {}
    for null in nulls(against.p0, nested=nested):
        error = _error(power(null.with_gaps(gaps), n, rule, exact, against), null, against)
        kind = (null.truth[0] == against.p0[0], null.truth[1] == against.p0[1])
        if kind not in worst or error > worst[kind][0]:
            worst[kind] = (error, null)
    if handling is not Handling.IMPUTED:
        return max((Size(error, null.truth) for error, null in worst.values()), key=lambda found: found.value)
    found: list[Size] = []
    for _, null in worst.values():
        told, _ = imputed_power(null.with_gaps(gaps), n, rule, against, _needed(sampling), nested=nested)
        found.append(Size(_error(told, null, against), null.truth, told.draws))
    return max(found, key=lambda size: size.value)


@dataclass(frozen=True, slots=True)
class GapsRow:
    """One way for results to be missing under one handling."""

    name: Text
    handling: Handling
    power: JointPower
    size: Size
    bias: Bias


@dataclass(frozen=True, slots=True)
class GapsTable(Printable):
    """What each handling of gaps does to power, type I error and bias."""

    truth: tuple[float, float]
    n: int
    rule: Rule
    against: Against
    nested: bool
    rows: tuple[GapsRow, ...]
    sampling: Sampling | None

    def printed(self) -> PrintedTable:
        """One row for each way to be missing and handling."""
        columns = (
            Text("gaps", "缺失"),
            Text("handled", "处理"),
            Text("power", "把握度"),
            Text("first", "第一终点"),
            Text("second", "第二终点"),
            Text("type I error", "I 类错误"),
            Text("bias, first", "偏倚，第一"),
            Text("bias, second", "偏倚，第二"),
        )
        rows = tuple(
            (
                row.name,
                HANDLING_WORDS[row.handling],
                f"{row.power.success:.4f}",
                f"{row.power.first:.4f}",
                f"{row.power.second:.4f}",
                f"{row.size.value:.4f}",
                _signed(row.bias.first),
                _signed(row.bias.second),
            )
            for row in self.rows
        )
        return PrintedTable(Text("Gaps in two endpoints", "两个终点的缺失"), columns, rows, self._notes())

    def _notes(self) -> tuple[Text, ...]:
        (true_1, true_2), (null_1, null_2), rule = self.truth, self.against.p0, RULE_WORDS[self.rule]
        design = Text(
            f"n = {self.n}; true rates {true_1:g} and {true_2:g} against {null_1:g} and {null_2:g}, "
            f"one-sided alpha {self.against.alpha:g}; {rule.en}"
            f"{'; second nested in first' if self.nested else ''}.",
            f"n = {self.n}；真实率 {true_1:g} 与 {true_2:g}，p0 {null_1:g} 与 {null_2:g}，单侧 α "
            f"{self.against.alpha:g}；{rule.zh}{'；第二终点嵌套于第一终点' if self.nested else ''}。",
        )
        exact = Text(
            "Failure and exclusion exact; type I error: the largest over a grid of the truths that the null "
            "leaves open.",
            "按失败计与剔除为精确值；I 类错误取零假设所容各真实值网格上的最大值。",
        )
        if self.sampling is None:
            return design, exact
        largest = max(max(row.power.error(row.power.success), *row.bias.errors) for row in self.rows)
        simulated = Text(
            f"Imputation: {self.sampling.draws} simulated data sets, seed {self.sampling.seed}, standard "
            f"errors up to {largest:.4f}; its type I error where exclusion errs most.",
            f"插补：{self.sampling.draws} 组模拟数据，种子 {self.sampling.seed}，标准误不超过 {largest:.4f}；"
            f"其 I 类错误取剔除法最大处。",
        )
        return design, exact, simulated


def gaps(
    truth: Cells,
    ways: Sequence[tuple[Text, Gaps]],
    n: int,
    rule: Rule,
    against: Against,
    *,
    nested: bool,
    handlings: Sequence[Handling] = ALL_HANDLINGS,
    sampling: Sampling | None = None,
) -> GapsTable:
    """What each handling of results that are not evaluable does to power, type I error and bias.

    Parameters
    ----------
    truth : Cells
        What is true, without gaps.
    ways : sequence of (Text, Gaps)
        The ways to be missing, named.
    n : int
    rule : Rule
    against : Against
    nested : bool
        Both the truths of the null and the imputation are nested.
    handlings : sequence of Handling
    sampling : Sampling or None
        Needed where `IMPUTED` is among the handlings.

    Raises
    ------
    InputRefused
        As in `power.power`, `imputed_power` and `size`.
    """
    rows: list[GapsRow] = []
    for name, way in ways:
        cells = truth.with_gaps(way)
        for handling in handlings:
            if handling is Handling.IMPUTED:
                joint, off = imputed_power(cells, n, rule, against, _needed(sampling), nested=nested)
            else:
                joint, off = power(cells, n, rule, handling, against), bias(cells, handling)
            largest = size(way, n, rule, handling, against, nested=nested, sampling=sampling)
            rows.append(GapsRow(name, handling, joint, largest, off))
    used = sampling if Handling.IMPUTED in handlings else None
    return GapsTable(truth.truth, n, rule, against, nested, tuple(rows), used)


def _error(told: JointPower, null: Cells, against: Against) -> float:
    if told.rule is Rule.BOTH:
        return told.success
    false_1, false_2 = (rate <= p0 for rate, p0 in zip(null.truth, against.p0, strict=True))
    if false_1 and false_2:
        return told.either
    return told.first if false_1 else told.second


def _scores(n: int, p0: float) -> list[float]:
    chances = (binomial_p_greater(count, n, p0) for count in range(n + 1))
    return [_score(chance) for chance in chances]


def _score(p_value: float) -> float:
    if p_value >= 1:
        return _CERTAIN
    return max(_CERTAIN, -normal_quantile(max(p_value, 1e-300)))


def _simulated_bias(cells: Cells, sums: Numbers) -> Bias:
    told: list[float | None] = []
    errors: list[float] = []
    for true, (total, squares, many) in zip(cells.truth, sums.tolist(), strict=True):
        told.append(total / many - true if many else None)
        spread = squares / many - (total / many) ** 2 if many else 0.0
        errors.append(math.sqrt(max(0.0, spread) / many) if many else 0.0)
    return Bias(told[0], told[1], (errors[0], errors[1]))


def _needed(sampling: Sampling | None) -> Sampling:
    if sampling is None:
        raise InputRefused(
            "multiple imputation without a number of data sets",
            where="simulation",
            do="give sampling=Sampling(draws, seed)",
        )
    return sampling


def _signed(value: float | None) -> Text | str:
    return Text("not evaluable", "不可评估") if value is None else f"{round(value, 4) or 0.0:+.4f}"
