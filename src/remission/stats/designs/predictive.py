"""Predictive probability designs: stop when the data to come can hardly, or hardly fail to, convince.

At the end the treatment is accepted if P(rate > p0 | data) >= `convinced`. Before it, the predictive
probability is the chance, given the data so far, that the end will be so; the trial stops for futility when
it is below `too_low`, and for efficacy when it is above `high_enough` (1: never, the usual choice).

Futility stops are binding: the final count of a search counts on them unless told otherwise, and a trial that
goes on past one has a larger type I error. Both are printed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Curves
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.staged import Look, Operating, Staged, operating, operating_many
from remission.stats.tails import beta_above, binomial_at_least
from remission.terms.words import Text

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """A Beta(a, b) prior of a rate; it weighs as much as a + b participants.

    Raises
    ------
    InputRefused
        Unless a > 0 and b > 0.
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (self.a > 0 and self.b > 0):
            raise InputRefused(f"Beta({self.a!r}, {self.b!r})", where="prior", do="give a > 0 and b > 0")

    def exceeds(self, threshold: float, n: int) -> Numbers:
        """P(rate > threshold) after 0..n responders of n; it grows with the count."""
        x = np.arange(n + 1, dtype=np.float64)
        return beta_above(threshold, self.a + x, self.b + n - x)


@dataclass(frozen=True, slots=True)
class PredictiveDesign(Printable, Drawable):
    """A predictive probability design with its settings and what it does at p0 and p1.

    `null`, `alternative`: with futility stops kept. `not_binding`: type I error at p0 if they are not.
    """

    design: Staged
    convinced: float
    too_low: float
    null: Operating
    alternative: Operating
    not_binding: float

    def printed(self) -> PrintedTable:
        """The looks where the futility count moves, with the settings and the exact errors under them."""
        table, looks = self.design.printed(), self.design.looks
        moves = [
            place
            for place, look in enumerate(looks)
            if place in (0, len(looks) - 1) or look.futility != looks[place - 1].futility
        ]
        return PrintedTable(
            Text("Predictive probability boundaries", "预测概率界值"),
            table.columns,
            tuple(table.rows[place] for place in moves),
            (
                Text("Looks between two rows stop as the row above.", "两行之间的分析按上一行停止。"),
                Text(
                    f"Accepts at the end if P(rate > {self.null.rate:g} | data) >= {self.convinced:.4g}; "
                    f"stops when the chance of that is below {self.too_low:g}. Lee and Liu 2008.",
                    f"若 P(率 > {self.null.rate:g} | 数据) >= {self.convinced:.4g} 则最终接受；"
                    f"其预测概率低于 {self.too_low:g} 时停止。Lee 与 Liu 2008。",
                ),
                Text(
                    f"Exact: type I error {self.null.rejects:.4f} with futility stops kept, "
                    f"{self.not_binding:.4f} if not kept; power {self.alternative.rejects:.4f} at "
                    f"{self.alternative.rate:g}; expected n {self.null.expected_n:.1f} without effect.",
                    f"精确值：执行无效停止时 I 类错误 {self.null.rejects:.4f}，不执行时 "
                    f"{self.not_binding:.4f}；真实率 {self.alternative.rate:g} 时检验效能 "
                    f"{self.alternative.rejects:.4f}；无效应时期望例数 {self.null.expected_n:.1f}。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The boundaries against n."""
        return self.design.chart()


def predictive_probability(x: int, n: int, n_max: int, p0: float, convinced: float, prior: Prior) -> float:
    """The chance that a trial of `n_max`, now with `x` of `n`, will end with P(rate > p0) >= `convinced`.

    Raises
    ------
    InputRefused
        Unless 0 <= x <= n <= n_max, n_max >= 1 and p0 and `convinced` are fractions.

    References
    ----------
    Lee and Liu 2008, doi:10.1177/1740774508089279
    """
    if not (0 <= x <= n <= n_max and n_max >= 1):
        raise InputRefused(
            f"{x!r} of {n!r}, at most {n_max!r}", where="predictive probability", do="give 0 <= x <= n"
        )
    _check(p0, convinced)
    return float(_reaching(_needed(n_max, p0, convinced, prior), n_max, prior)[n][x])


def predictive_design(
    sizes: Sequence[int],
    p0: float,
    convinced: float,
    too_low: float,
    *,
    high_enough: float = 1.0,
    prior: Prior | None = None,
) -> Staged:
    """Boundaries by predictive probability at each of `sizes`, the last being the end of the trial.

    Parameters
    ----------
    sizes : (looks,) growing; `range(10, 37)` looks after every participant from the tenth
    p0, convinced, too_low, high_enough : fractions
    prior : Beta(p0, 1 - p0) if not given: one participant's worth about p0, as Lee and Liu take it

    Raises
    ------
    InputRefused
        For sizes that do not grow, fractions outside 0..1, or `convinced` that no count can reach.

    References
    ----------
    Lee and Liu 2008, doi:10.1177/1740774508089279
    """
    check_sizes(sizes)
    _check(p0, convinced)
    if not 0 <= too_low < high_enough <= 1:
        raise InputRefused(
            f"too low {too_low!r}, high enough {high_enough!r}",
            where="cut-offs",
            do="give 0 <= low < high <= 1",
        )
    prior = prior or Prior(p0, 1 - p0)
    needed = _needed(sizes[-1], p0, convinced, prior)
    return _bounded(sizes, needed, _reaching(needed, sizes[-1], prior), too_low, high_enough)


def find_predictive(
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    *,
    first: int = 10,
    n_from: int = 10,
    n_max: int = 100,
    prior: Prior | None = None,
    cut_offs: Sequence[float] = (0.001, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2),
    binding: bool = True,
) -> PredictiveDesign:
    """The smallest trial, looked at after every participant from `first`, that holds both errors exactly.

    All final counts and all `cut_offs` for futility are tried; of those that hold, the one with most power
    (then the smaller expected size at p0). `convinced` is the smallest value that asks for the final count.
    `binding`: whether type I error counts on futility stops being obeyed; False holds `alpha` without them.

    Raises
    ------
    InputRefused
        For rates out of order, or where no n up to `n_max` holds both errors.
    """
    if not 0 < p0 < p1 < 1:
        raise InputRefused(f"p0 {p0!r}, p1 {p1!r}", where="rates", do="give 0 < p0 < p1 < 1")
    prior = prior or Prior(p0, 1 - p0)
    for n in range(max(first, n_from), n_max + 1):
        found = list[PredictiveDesign]()
        for needed in range(int(p0 * n), n + 1):
            if binomial_at_least(needed, n, p1) < 1 - beta:
                break  # stopping early only costs power, and so does a larger count
            reach = _reaching(needed, n, prior)
            for too_low in cut_offs:
                design = _bounded(range(first, n + 1), needed, reach, too_low, 1.0)
                null, truth = operating_many(design, (p0, p1))
                if null.rejects > alpha or truth.rejects < 1 - beta:
                    continue
                loose = operating(design, p0, binding=False).rejects
                if binding or loose <= alpha:
                    convinced = float(prior.exceeds(p0, n)[needed])
                    found.append(PredictiveDesign(design, convinced, too_low, null, truth, loose))
        if found:
            return max(found, key=lambda one: (one.alternative.rejects, -one.null.expected_n))
    raise InputRefused(
        f"no trial of at most {n_max} holds {alpha!r} at {p0!r} and {beta!r} at {p1!r}",
        where="n_max",
        do="allow more participants, or larger errors",
    )


def check_sizes(sizes: Sequence[int]) -> None:
    """Refuse looks that are none or do not grow.

    Raises
    ------
    InputRefused
        For no look, a first look before the first participant, or sizes that do not grow.
    """
    if not sizes or any(b <= a for a, b in pairwise((0, *sizes))):
        raise InputRefused(
            f"{list(sizes)!r} as looks", where="sizes", do="give growing numbers, at least one, from 1"
        )


def _bounded(
    sizes: Sequence[int], needed: int, reach: list[Numbers], too_low: float, high_enough: float
) -> Staged:
    looks = list[Look]()
    for n in sizes[:-1]:
        low = int(np.searchsorted(reach[n], too_low, side="left")) - 1
        high = int(np.searchsorted(reach[n], high_enough, side="right"))
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
        if low == n:
            return Staged((*looks[:-1], Look(n, n, n + 1)))
    return Staged((*looks, Look(sizes[-1], needed - 1, needed)))


def _needed(n: int, p0: float, convinced: float, prior: Prior) -> int:
    needed = int(np.searchsorted(prior.exceeds(p0, n), convinced, side="left"))
    if needed > n:
        raise InputRefused(
            f"no count of {n} gives P(rate > {p0!r}) >= {convinced!r}",
            where="the last look",
            do="take more participants or a lower value of `convinced`",
        )
    return needed


def _reaching(needed: int, n_max: int, prior: Prior) -> list[Numbers]:
    """For each n from 0, the predictive chance of at least `needed` of `n_max`, by count 0..n; it grows.

    Backwards, one participant at a time: the next responds with the posterior mean.
    """
    reach = [(np.arange(n_max + 1) >= needed).astype(np.float64)]
    for n in range(n_max - 1, -1, -1):
        mean = (prior.a + np.arange(n + 1)) / (prior.a + prior.b + n)
        reach.append(mean * reach[-1][1:] + (1 - mean) * reach[-1][:-1])
    return reach[::-1]


def _check(p0: float, convinced: float) -> None:
    if not (0 < p0 < 1 and 0 < convinced < 1):
        raise InputRefused(
            f"p0 {p0!r}, convinced {convinced!r}", where="rates", do="give fractions inside 0..1"
        )
