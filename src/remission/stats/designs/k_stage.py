"""Designs of several stages that may stop for futility, for efficacy, or both.

Fleming's boundaries come from a formula; `k_stage` finds the best boundaries at given looks, and
`three_stage` the best looks and boundaries, by complete search.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from remission.errors import InputRefused
from remission.paper.charts import Curves
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import REACHED, check_rates
from remission.stats.designs.staged import Look, Operating, Staged, operating, operating_many
from remission.stats.tails import normal_quantile
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class KStage(Printable, Drawable):
    """A design of several stages and what it does at p0 and p1, with all stops kept.

    `not_binding`: type I error at p0 when futility stops before the last look are not kept.
    """

    design: Staged
    null: Operating
    truth: Operating
    not_binding: float

    def printed(self) -> PrintedTable:
        """The boundaries with the chance of each stop."""
        table = self.design.printed()
        rows = tuple(
            (*row, f"{futile:.4f}", f"{good:.4f}")
            for row, futile, good in zip(table.rows, self.null.futility, self.truth.efficacy, strict=True)
        )
        columns = (
            *table.columns,
            Text("stops for futility (p0)", "因无效停止 (p0)"),
            Text("stops for efficacy (p1)", "因有效停止 (p1)"),
        )
        notes = (
            Text(
                f"Exact: type I error {self.null.rejects:.4f} at {self.null.rate:g} (stops not kept: "
                f"{self.not_binding:.4f}), power {self.truth.rejects:.4f} at {self.truth.rate:g}.",
                f"精确：{self.null.rate:g} 时一类错误 {self.null.rejects:.4f}（不执行停止："
                f"{self.not_binding:.4f}），{self.truth.rate:g} 时把握度 {self.truth.rejects:.4f}。",
            ),
            Text(
                f"Expected n {self.null.expected_n:.2f} at {self.null.rate:g}, "
                f"{self.truth.expected_n:.2f} at {self.truth.rate:g}.",
                f"期望例数：{self.null.rate:g} 时 {self.null.expected_n:.2f}，"
                f"{self.truth.rate:g} 时 {self.truth.expected_n:.2f}。",
            ),
        )
        return PrintedTable(table.title, columns, rows, (*table.notes, *notes))

    def chart(self) -> Curves:
        """The boundaries against n."""
        return self.design.chart()


def fleming(sizes: Sequence[int], p0: float, p1: float, alpha: float) -> KStage:
    """Fleming's multiple testing procedure at given looks.

    The counts come from normal approximations: type I error is near alpha, not held; read it in the result.

    Parameters
    ----------
    sizes : sequence of int
        Participants at each look, cumulative, growing.
    p0, p1, alpha : float
        The futility counts do not depend on p1 but on the rate that n and alpha can tell from p0; at p1 the
        power is told.

    Raises
    ------
    InputRefused
        For sizes that do not grow, rates out of order, or counts so few that the boundaries cross.

    References
    ----------
    Fleming 1982, Biometrics 38:143-151
    """
    check_rates(p0, p1, alpha, 0.5)
    _check_sizes(sizes, 20)
    n, z = sizes[-1], normal_quantile(1 - alpha)
    told = (math.sqrt(n * p0) + z * math.sqrt(1 - p0)) ** 2 / (n + z * z)
    looks: list[Look] = []
    for size in sizes[:-1]:
        low = _nearest(size * told - z * math.sqrt(n * told * (1 - told)))
        high = _nearest(size * p0 + z * math.sqrt(n * p0 * (1 - p0))) + 1
        looks.append(Look(size, None if low < 0 else low, None if high > size else high))
    last = _nearest(n * p0 + z * math.sqrt(n * p0 * (1 - p0))) + 1
    return _k_stage(Staged((*looks, Look(n, last - 1, last))), p0, p1)


def k_stage(
    sizes: Sequence[int],
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    *,
    efficacy: bool,
    weight: float = 0.0,
) -> KStage:
    """The boundaries at given looks that hold both errors with the fewest participants on average.

    Parameters
    ----------
    sizes : sequence of int
        Participants at each look, cumulative, growing; at most 5 looks, with efficacy stops at most 4.
    p0, p1, alpha, beta : float
        Type I error at p0 and type II error at p1, at most, with all stops kept.
    efficacy : bool
        Whether looks before the last may stop for efficacy too.
    weight : float
        The average is (1 - weight) x expected n at p0 + weight x expected n at p1; efficacy stops pay only
        with some weight on p1.

    Raises
    ------
    InputRefused
        For sizes that do not grow or too many looks, rates out of order, or where no boundaries work.
    """
    from remission.stats.designs.kernels_k_stage import best_boundaries

    check_rates(p0, p1, alpha, beta)
    _check_sizes(sizes, 4 if efficacy else 5)
    if not 0 <= weight <= 1:
        raise InputRefused(f"weight {weight!r}", where="expected size", do="give a fraction from 0 to 1")
    found = best_boundaries(
        np.array(sizes, np.int64),
        float(p0),
        float(p1),
        alpha * REACHED,
        beta * REACHED,
        float(weight),
        bool(efficacy),
    )
    if not math.isfinite(found[-1]):
        raise InputRefused(
            f"no boundaries at {list(sizes)!r} hold alpha {alpha:g} and power {1 - beta:g}",
            where="several stages",
            do="take larger sizes, or rates further apart",
        )
    counts = found[:-1].astype(np.int64).tolist()
    looks = tuple(
        Look(n, None if low < 0 else low, None if high > n else high)
        for n, low, high in zip(sizes, counts[: len(sizes)], counts[len(sizes) :], strict=True)
    )
    return _k_stage(Staged(looks), p0, p1)


def three_stage(p0: float, p1: float, alpha: float, beta: float, n_max: int = 80) -> KStage:
    """The optimal three-stage design with futility stops: the least expected n at p0, looks and counts found.

    Parameters
    ----------
    p0, p1, alpha, beta : float
        As in `k_stage`.
    n_max : int
        The largest total searched, 3 to 150.

    Raises
    ------
    InputRefused
        For rates out of order, or where no design up to `n_max` works.

    References
    ----------
    Chen 1997, Statistics in Medicine 16:2701-2711
    """
    from remission.stats.designs.kernels_k_stage import best_three_stages

    check_rates(p0, p1, alpha, beta)
    if not 3 <= n_max <= 150:
        raise InputRefused(f"n_max = {n_max!r}", where="three stages", do="give a total from 3 to 150")
    found = best_three_stages(n_max, float(p0), float(p1), alpha * REACHED, beta * REACHED)
    if not math.isfinite(found[-1]):
        raise InputRefused(
            f"no three-stage design to n = {n_max} holds alpha {alpha:g} and power {1 - beta:g}",
            where="three stages",
            do="take a larger n_max, or rates further apart",
        )
    n1, r1, n2, r2, n3, r3 = found[:-1].astype(np.int64).tolist()
    return _k_stage(Staged((Look(n1, r1, None), Look(n2, r2, None), Look(n3, r3, r3 + 1))), p0, p1)


def _k_stage(design: Staged, p0: float, p1: float) -> KStage:
    null, truth = operating_many(design, (p0, p1))
    return KStage(design, null, truth, operating(design, p0, binding=False).rejects)


def _nearest(value: float) -> int:
    return math.floor(value + 0.5)


def _check_sizes(sizes: Sequence[int], most: int) -> None:
    if not 1 <= len(sizes) <= most or sizes[0] < 1 or any(b <= a for a, b in pairwise(sizes)):
        raise InputRefused(
            f"{list(sizes)!r} as looks", where="looks", do=f"give 1 to {most} growing numbers of participants"
        )
