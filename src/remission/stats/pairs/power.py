"""Exactly how often two endpoints with gaps succeed."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.pairs.cells import HANDLING_WORDS, Cells, Handling
from remission.stats.pairs.rules import (
    RULE_WORDS,
    Against,
    AtLeast,
    Rule,
    endpoints_succeed,
    refuse_step_down,
    succeeds,
)
from remission.stats.rates.proportions import critical_value
from remission.terms.words import Text

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]

LEVELS = (0, 1, 2)


@dataclass(frozen=True, slots=True)
class JointPower(Printable):
    """How often the endpoints succeed by a rule, among `n` people.

    `success`: the trial succeeds. `first`, `second`: that endpoint does (under `BOTH` by its own test);
    `both`, `either`: both and at least one do. `not_evaluable`: nobody is evaluable on an endpoint, where
    gaps are not failures; it cannot succeed then. `draws`: None where exact; else the number of simulated
    data sets, from which each chance has the standard error `error(chance)`.
    """

    rule: Rule
    handling: Handling
    n: int
    success: float
    first: float
    second: float
    both: float
    either: float
    not_evaluable: tuple[float, float]
    draws: int | None = None

    def error(self, chance: float) -> float:
        """The Monte Carlo standard error of one of the chances; 0 where they are exact."""
        return 0.0 if self.draws is None else (max(0.0, chance * (1 - chance)) / self.draws) ** 0.5

    def printed(self) -> PrintedTable:
        """One row for each chance."""
        rows = (
            (Text("the trial succeeds", "试验成功"), self.success),
            (Text("first endpoint", "第一终点"), self.first),
            (Text("second endpoint", "第二终点"), self.second),
            (Text("both", "两者"), self.both),
            (Text("at least one", "至少其一"), self.either),
        )
        rule, gaps = RULE_WORDS[self.rule], HANDLING_WORDS[self.handling]
        return PrintedTable(
            Text(f"Two endpoints, n = {self.n}", f"两个终点，n = {self.n}"),
            (Text("success of", "成功"), Text("probability", "概率"), Text("standard error", "标准误")),
            tuple((name, f"{chance:.4f}", self._error_words(chance)) for name, chance in rows),
            (
                Text(
                    f"Rule: {rule.en}. Not evaluable: {gaps.en}.", f"规则：{rule.zh}。不可评估：{gaps.zh}。"
                ),
                how_words(self.draws),
            ),
        )

    def _error_words(self, chance: float) -> str:
        return "–" if self.draws is None else f"{self.error(chance):.4f}"


def how_words(draws: int | None) -> Text:
    """How the chances were got."""
    if draws is None:
        return Text("Exact, by enumeration of the multinomial.", "精确：多项分布枚举。")
    return Text(f"From {draws} simulated data sets.", f"由 {draws} 组模拟数据得出。")


def power(cells: Cells, n: int, rule: Rule, handling: Handling, against: Against | AtLeast) -> JointPower:
    """The exact chance of success of two endpoints with gaps.

    Parameters
    ----------
    cells : Cells
        The truth as it will be seen.
    n : int
        People, fixed.
    rule : Rule
        Both required, or either.
    handling : Handling
        `FAILURE`: gaps are positive, the denominator is n. `EXCLUDED`: each endpoint is tested in the
        people evaluable for it, with the critical value of that number. For `IMPUTED` see
        `missing.imputed_power`, which simulates.
    against : Against or AtLeast
        p0 and alpha, or critical counts of n (only where gaps are failures or there are none).

    Returns
    -------
    JointPower

    Raises
    ------
    InputRefused
        For n below 1; `IMPUTED`; critical counts with gaps excluded, or by Holm's rule.
    """
    if n < 1:
        raise InputRefused(f"{n!r} people", where="two endpoints", do="give at least one")
    if handling is Handling.FAILURE:
        return told(rule, handling, n, _of_fixed(cells, n, rule, against), (0.0, 0.0))
    if handling is Handling.IMPUTED:
        raise InputRefused(
            "multiple imputation cannot be enumerated",
            where="two endpoints",
            do="use missing.imputed_power, which says its error",
        )
    if isinstance(against, AtLeast):
        if any(cells.missing):
            raise InputRefused(
                f"critical counts {against.first} and {against.second} of a number that gaps change",
                where="two endpoints",
                do="give p0 and alpha",
            )
        return told(rule, handling, n, _of_fixed(cells, n, rule, against), (0.0, 0.0))
    lost = cells.missing
    return told(rule, handling, n, _of_evaluable(cells, n, against), (lost[0] ** n, lost[1] ** n))


def power_given(cells: Cells, pattern: tuple[int, int, int, int], rule: Rule, against: Against) -> JointPower:
    """The exact chance of success, gaps excluded, where the numbers evaluable are known.

    Parameters
    ----------
    cells : Cells
        Of complete data: what the people are who are evaluable.
    pattern : (int, int, int, int)
        People evaluable on both endpoints, on the first alone, on the second alone, on neither.

    Raises
    ------
    InputRefused
        For cells with gaps, or a pattern with a negative number or nobody.
    """
    if any(cells.missing):
        raise InputRefused("cells with gaps", where="two endpoints", do="give cells of complete data")
    if min(pattern) < 0 or sum(pattern) == 0:
        raise InputRefused(f"{pattern!r}", where="two endpoints", do="give numbers of people, not all 0")
    from remission.stats.pairs.kernels_pairs import levels_of_known

    both, one, two, _ = pattern
    reached = levels_of_known(
        np.array([both, one, two], dtype=np.int64),
        np.array(cells.probabilities)[:2, :2].copy(),
        _cuts(both + one, against.p0[0], against.alpha),
        _cuts(both + two, against.p0[1], against.alpha),
    )
    nobody = (float(both + one == 0), float(both + two == 0))
    return told(rule, Handling.EXCLUDED, sum(pattern), _exactly(reached), nobody)


def told(
    rule: Rule,
    handling: Handling,
    n: int,
    levels: Numbers,
    not_evaluable: tuple[float, float],
    draws: int | None = None,
) -> JointPower:
    """What the chances of the pairs of levels, (3, 3), mean by a rule."""
    success = first = second = both = either = 0.0
    for one in LEVELS:
        for two in LEVELS:
            chance = float(levels[one, two])
            at_first, at_second = endpoints_succeed(rule, one, two)
            success += chance * succeeds(rule, one, two)
            first += chance * at_first
            second += chance * at_second
            both += chance * (at_first and at_second)
            either += chance * (at_first or at_second)
    return JointPower(rule, handling, n, success, first, second, both, either, not_evaluable, draws)


@lru_cache(maxsize=64)
def cuts_by_number(n: int, p0: float, alpha: float) -> Counts:
    """(n + 1, 2): for each number evaluable the smallest counts that reach alpha and half of alpha.

    Where none does it is one more than the number; nobody evaluable reaches nothing. Kept: do not write.
    """
    table = np.ones((n + 1, 2), dtype=np.int64)
    for m in range(1, n + 1):
        table[m] = _cuts(m, p0, alpha)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=4096)
def _cut(m: int, p0: float, alpha: float) -> int:
    critical = critical_value(m, p0, alpha)
    return m + 1 if critical is None else critical


def _cuts(m: int, p0: float, alpha: float) -> Counts:
    if m == 0:
        return np.ones(2, dtype=np.int64)
    return np.array([_cut(m, p0, alpha), _cut(m, p0, alpha / 2)], dtype=np.int64)


def _of_fixed(cells: Cells, n: int, rule: Rule, against: Against | AtLeast) -> Numbers:
    from remission.stats.pairs.kernels_pairs import levels_of_fixed

    if isinstance(against, AtLeast):
        refuse_step_down(rule)
        first, second = (np.array([max(0, cut)] * 2, np.int64) for cut in (against.first, against.second))
    else:
        first, second = (_cuts(n, p0, against.alpha) for p0 in against.p0)
    grid = np.array(cells.probabilities)
    seen = np.array(
        [[grid[0, 0], grid[0, 1:].sum()], [grid[1:, 0].sum(), grid[1:, 1:].sum()]], dtype=np.float64
    )
    return levels_of_fixed(n, seen, first, second)


def _of_evaluable(cells: Cells, n: int, against: Against) -> Numbers:
    from remission.stats.pairs.kernels_pairs import levels_of_evaluable

    first, second = (cuts_by_number(n, p0, against.alpha).copy() for p0 in against.p0)
    return _exactly(levels_of_evaluable(n, np.array(cells.probabilities), first, second))


def _exactly(reached: Numbers) -> Numbers:
    """The chance of each pair of levels, from those of at least each."""
    levels = reached.copy()
    levels[:2] -= levels[1:]
    levels[:, :2] -= levels[:, 1:]
    return np.maximum(levels, 0.0)
