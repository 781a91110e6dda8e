"""More or fewer participants than planned: what may still be concluded, and its exact type I error.

Two situations. At the end another number has an answer than planned, and the interim result is known: the
final count to reach is chosen so that, given that result, the chance of a false rejection is at most what it
was in the plan; then type I error is at most the planned one, whatever led to the number
(`changed_at_the_end`). Or looks happen at other numbers than planned, for reasons that do not depend on the
answers: the boundaries are drawn anew for the attained numbers, spending no more than the plan had spent
(`changed_looks`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import REACHED, check_rates
from remission.stats.designs.staged import Look, Operating, Staged, operating
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class FinalCount:
    """Given `before` responders at the last interim look: the count that rejects, None if none may.

    `planned_error`: the chance of a false rejection from there on in the plan; `error`: with `critical`.
    """

    before: int
    planned_error: float
    critical: int | None
    error: float


@dataclass(frozen=True, slots=True)
class ChangedEnd(Printable):
    """The final count to reach at `n` instead of `design.n`, for each interim result that goes on.

    `size`: exact type I error at `p0` of the trial as carried out; `planned_size`: of the plan;
    `power` and `planned_power` at `p1`. Futility stops are kept: `counts` has only what the plan lets go on.
    """

    design: Staged
    n: int
    p0: float
    p1: float
    counts: tuple[FinalCount, ...]
    size: float
    planned_size: float
    power: float
    planned_power: float

    def critical(self, before: int) -> int | None:
        """The cumulative count that rejects, given the responders at the last interim look (0 if no look)."""
        for count in self.counts:
            if count.before == before:
                return count.critical
        raise InputRefused(
            f"with {before!r} responders the plan had stopped",
            where="last interim look",
            do="give a count at which the plan goes on",
        )

    def printed(self) -> PrintedTable:
        """One row for each interim result."""
        rows = tuple(
            (
                str(one.before),
                "–" if one.critical is None else f"≥ {one.critical}",
                f"{one.planned_error:.5f}",
                f"{one.error:.5f}",
            )
            for one in self.counts
        )
        return PrintedTable(
            Text(
                f"Final count at n = {self.n}, {self.design.n} planned",
                f"实际 {self.n} 例（计划 {self.design.n} 例）的最终界值",
            ),
            (
                Text("responders at the last interim look", "末次期中分析应答人数"),
                Text("reject with", "拒绝界值"),
                Text("planned conditional error", "计划条件错误率"),
                Text("conditional error", "条件错误率"),
            ),
            rows,
            (
                Text(
                    f"Exact type I error at {self.p0:g}: {self.size:.5f} (planned {self.planned_size:.5f}); "
                    f"power at {self.p1:g}: {self.power:.4f} (planned {self.planned_power:.4f}).",
                    f"{self.p0:g} 时的精确一类错误：{self.size:.5f}（计划 {self.planned_size:.5f}）；"
                    f"{self.p1:g} 时的把握度：{self.power:.4f}（计划 {self.planned_power:.4f}）。",
                ),
                Text(
                    "The conditional error is kept. Koyama and Chen 2008; Englert and Kieser 2015.",
                    "保持条件错误率。Koyama 与 Chen 2008；Englert 与 Kieser 2015。",
                ),
            ),
        )


def changed_at_the_end(design: Staged, n: int, *, p0: float, p1: float) -> ChangedEnd:
    """The final count to reach when `n` have an answer at the end, and not as many as planned.

    The interim looks were held as planned. Because the count depends on the interim result and on nothing
    after it, n may be chosen with the interim result in view (not with later answers in view).

    Parameters
    ----------
    design : Staged
        The plan.
    n : int
        Participants with an answer at the end, more than at the last interim look.
    p0, p1 : float
        Type I error is kept at p0; the power is told at p1.

    Raises
    ------
    InputRefused
        Where nobody came after the last interim look, or no outcome of `n` may reject.

    References
    ----------
    Koyama and Chen 2008, Statistics in Medicine 27:3145-3154; Englert and Kieser 2015, Statistics in Medicine
    34:2128-2137
    """
    check_rates(p0, p1, 0.5, 0.5)
    seen = design.looks[-2].n if len(design.looks) > 1 else 0
    if n <= seen:
        raise InputRefused(
            f"{n!r} at the end, {seen} at the last interim look",
            where="number at the end",
            do="give more than at the last interim look; without them the trial ended there undecided",
        )
    counts = tuple(_final_count(design, n - seen, before, seen, p0) for before in _going_on(design, seen))
    if all(one.critical is None for one in counts):
        raise InputRefused(
            f"no outcome of {n} participants may reject: the error left by the plan is too small",
            where="number at the end",
            do="report estimate and interval without a claim, or go on to a larger n",
        )
    planned = [operating(design, rate).rejects for rate in (p0, p1)]
    size, power = (_rejects(design, counts, n - seen, seen, rate) for rate in (p0, p1))
    return ChangedEnd(design, n, p0, p1, counts, size, planned[0], power, planned[1])


@dataclass(frozen=True, slots=True)
class ChangedLooks(Printable):
    """A plan, the design redrawn for the numbers really looked at, and what both do at p0 and p1.

    `not_binding`: the attained design's type I error at p0 if its futility stops are not kept.
    """

    planned: Staged
    attained: Staged
    alpha: float
    before: tuple[Operating, Operating]
    now: tuple[Operating, Operating]
    not_binding: float

    def printed(self) -> PrintedTable:
        """Planned and attained boundaries, look by look."""
        rows = tuple(
            (str(place), _said(old), _said(new))
            for place, (old, new) in enumerate(
                zip(self.planned.looks, self.attained.looks, strict=True), start=1
            )
        )
        return PrintedTable(
            Text("Looks at other numbers than planned", "分析例数与计划不同"),
            (Text("look", "分析"), Text("planned", "计划"), Text("attained", "实际")),
            rows,
            (
                Text(
                    f"Exact type I error at {self.now[0].rate:g}: {self.now[0].rejects:.5f} "
                    f"(planned {self.before[0].rejects:.5f}; stops not kept: {self.not_binding:.5f}; "
                    f"alpha {self.alpha:g}).",
                    f"{self.now[0].rate:g} 时的精确一类错误：{self.now[0].rejects:.5f}"
                    f"（计划 {self.before[0].rejects:.5f}；不执行停止：{self.not_binding:.5f}；"
                    f"alpha {self.alpha:g}）。",
                ),
                Text(
                    f"Power at {self.now[1].rate:g}: {self.now[1].rejects:.4f} (planned "
                    f"{self.before[1].rejects:.4f}). Valid where the numbers do not depend on the answers.",
                    f"{self.now[1].rate:g} 时的把握度：{self.now[1].rejects:.4f}（计划 "
                    f"{self.before[1].rejects:.4f}）。仅当例数不依赖于结果时有效。",
                ),
            ),
        )


def changed_looks(
    design: Staged, sizes: Sequence[int], *, p0: float, p1: float, alpha: float
) -> ChangedLooks:
    """The boundaries redrawn for looks at other numbers than planned.

    Each futility count is the largest whose stops up to there cost no more power at p1 than the plan's; each
    efficacy count before the end the smallest that has spent no more type I error at p0 (futility ignored)
    than the plan's; the last count the smallest that holds `alpha` with the stops kept.

    Parameters
    ----------
    design : Staged
        The plan.
    sizes : sequence of int
        Participants at each look as they were, for reasons that do not depend on their answers.
    p0, p1, alpha : float

    Raises
    ------
    InputRefused
        For another number of looks than planned, sizes that do not grow, or where no final count holds alpha.
    """
    check_rates(p0, p1, alpha, 0.5)
    if len(sizes) != len(design.looks) or sizes[0] < 1 or any(b <= a for a, b in pairwise(sizes)):
        raise InputRefused(
            f"{list(sizes)!r} for {len(design.looks)} looks",
            where="attained sizes",
            do="give one growing number for each planned look; take a look not held out of the plan",
        )
    cost, spent = _cumulative(design, p1)[0], _cumulative(design, p0, binding=False)[1]
    looks: list[Look] = []
    for place, n in enumerate(sizes[:-1]):
        old = design.looks[place]
        low, high = -1, n + 1
        if old.futility is not None:
            low = _largest_low(looks, n, p1, cost[place])
        if old.efficacy is not None:
            high = _smallest_high(looks, n, p0, spent[place], binding=False)
        if low >= high:
            low = high - 1
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
    last = _smallest_high(looks, sizes[-1], p0, alpha, binding=True)
    if last > sizes[-1] or last < 1:
        raise InputRefused(
            f"no final count of {sizes[-1]} holds alpha {alpha:g}",
            where="attained sizes",
            do="go on to a larger number, or report without a claim",
        )
    attained = Staged((*looks, Look(sizes[-1], last - 1, last)))
    before, now = ((operating(one, p0), operating(one, p1)) for one in (design, attained))
    loose = operating(attained, p0, binding=False).rejects
    return ChangedLooks(design, attained, alpha, before, now, loose)


def _final_count(design: Staged, more: int, before: int, seen: int, p0: float) -> FinalCount:
    needed = (design.looks[-1].efficacy or 0) - before
    planned = binomial_at_least(needed, design.n - seen, p0)
    further = next(
        count for count in range(more + 2) if binomial_at_least(count, more, p0) <= planned * REACHED
    )
    error = binomial_at_least(further, more, p0)
    return FinalCount(before, planned, None if further > more else before + further, error)


def _going_on(design: Staged, seen: int) -> list[int]:
    if not seen:
        return [0]
    reached = _reached(design.looks[:-1], 0.5)
    look = design.looks[-2]
    low = -1 if look.futility is None else look.futility
    high = seen + 1 if look.efficacy is None else look.efficacy
    return [count for count in range(low + 1, min(high, seen + 1)) if reached[-1, count] > 0]


def _rejects(design: Staged, counts: Sequence[FinalCount], more: int, seen: int, rate: float) -> float:
    early = sum(operating(design, rate).efficacy[:-1])
    reached = _reached(design.looks[:-1], rate)[-1] if seen else np.ones(1)
    return early + sum(
        float(reached[one.before]) * binomial_at_least(one.critical - one.before, more, rate)
        for one in counts
        if one.critical is not None
    )


def _reached(looks: Sequence[Look], rate: float, *, binding: bool = True) -> NDArray[np.float64]:
    from remission.stats.designs.kernels_staged import reaching

    low = [look.futility if binding and look.futility is not None else -1 for look in looks]
    high = [look.n + 1 if look.efficacy is None else look.efficacy for look in looks]
    sizes = [look.n for look in looks]
    return reaching(
        np.array(sizes, np.int64), np.array(low, np.int64), np.array(high, np.int64), float(rate), -1
    )


def _cumulative(design: Staged, rate: float, *, binding: bool = True) -> tuple[list[float], list[float]]:
    row = operating(design, rate, binding=binding)
    return np.cumsum(row.futility).tolist(), np.cumsum(row.efficacy).tolist()


def _largest_low(looks: Sequence[Look], n: int, rate: float, limit: float) -> int:
    """The largest futility count at a further look at `n` with all futility stops together <= limit."""
    reached = _reached((*looks, Look(n, None, None)), rate)
    total = sum(
        float(reached[place, : look.futility + 1].sum())
        for place, look in enumerate(looks)
        if look.futility is not None
    )
    count = -1
    while count + 1 < n and total + float(reached[-1, count + 1]) <= limit * REACHED:
        count += 1
        total += float(reached[-1, count])
    return count


def _smallest_high(looks: Sequence[Look], n: int, rate: float, limit: float, *, binding: bool) -> int:
    """The smallest efficacy count at a further look at `n` with all efficacy stops together <= limit."""
    reached = _reached((*looks, Look(n, None, None)), rate, binding=binding)
    total = sum(
        float(reached[place, look.efficacy :].sum())
        for place, look in enumerate(looks)
        if look.efficacy is not None
    )
    count = n + 1
    while count > 0 and total + float(reached[-1, count - 1]) <= limit * REACHED:
        count -= 1
        total += float(reached[-1, count])
    return count


def _said(look: Look) -> str:
    low = "" if look.futility is None else f"≤ {look.futility}"
    high = "" if look.efficacy is None else f"≥ {look.efficacy}"
    return f"{look.n}: {', '.join(word for word in (low, high) if word) or '–'}"
