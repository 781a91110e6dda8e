"""More or fewer participants than planned: what may still be concluded, and its exact type I error.

Two situations. At the end another number has an answer than planned, and the interim result is known: the
final count to reach is chosen so that, given that result, the chance of a false rejection is at most what it
was in the plan; then type I error is at most the planned one, whatever led to the number
(`changed_at_the_end`; p-value and interval to it: `after.after` with `n` and `before`). Or looks happen at
other numbers than planned, for reasons that do not depend on the answers: the boundaries are drawn anew for
the attained numbers (`changed_looks`). Efficacy stops before the end then spend no more than the plan had
spent by that look; the last count spends what is left of `alpha`, which may be more than the plan's exact
size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.conditional_error import FinalCount, check_end, final_count, going_on, seen
from remission.stats.designs.reached import chances
from remission.stats.designs.single_stage import REACHED, check_rates
from remission.stats.designs.staged import Look, Operating, Staged, operating
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text


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
    check_end(design, n)
    counts = tuple(final_count(design, n, before=before, p0=p0) for before in going_on(design))
    if all(one.critical is None for one in counts):
        raise InputRefused(
            f"no outcome of {n} participants may reject: the error left by the plan is too small",
            where="number at the end",
            do="report estimate and interval without a claim, or go on to a larger n",
        )
    planned = [operating(design, rate).rejects for rate in (p0, p1)]
    size, power = (_rejects(design, counts, n, rate) for rate in (p0, p1))
    return ChangedEnd(design, n, p0, p1, counts, size, planned[0], power, planned[1])


@dataclass(frozen=True, slots=True)
class ChangedLooks(Printable):
    """A plan, the design redrawn for the numbers really looked at, and what both do at p0 and p1.

    `binding`: whether the last count counts on the futility stops being kept. `not_binding`: the attained
    design's type I error at p0 if they are not.
    """

    planned: Staged
    attained: Staged
    alpha: float
    before: tuple[Operating, Operating]
    now: tuple[Operating, Operating]
    binding: bool
    not_binding: float

    @property
    def rests_on_stops(self) -> bool:
        """Whether type I error passes alpha if the futility stops are not kept."""
        return self.not_binding > self.alpha * REACHED

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
                *self._warning(),
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

    def _warning(self) -> tuple[Text, ...]:
        if not self.rests_on_stops:
            return ()
        return (
            Text(
                f"WARNING: type I error rests on the futility stops. If one is not kept it may be "
                f"{self.not_binding:.5f}, above alpha {self.alpha:g}; binding=False holds it without them.",
                f"警告：一类错误依赖于无效停止。若不执行，可达 {self.not_binding:.5f}，超过 alpha "
                f"{self.alpha:g}；binding=False 可在不执行停止时仍保持。",
            ),
        )


def changed_looks(
    design: Staged,
    sizes: Sequence[int],
    *,
    p0: float,
    p1: float,
    alpha: float,
    binding: bool | None = None,
) -> ChangedLooks:
    """The boundaries redrawn for looks at other numbers than planned.

    Each futility count is the largest whose stops up to there cost no more power at p1 than the plan's; each
    efficacy count before the end the smallest that has spent no more type I error at p0 (futility ignored)
    than the plan's; the last count the smallest that holds `alpha`. So the attained design may have a larger
    size than the plan, up to `alpha`.

    Parameters
    ----------
    design : Staged
        The plan.
    sizes : sequence of int
        Participants at each look as they were, for reasons that do not depend on their answers.
    p0, p1, alpha : float
    binding : bool
        Whether the last count holds `alpha` only with the futility stops kept (True) or also without them
        (False). None: as the plan, which is binding where its own size without the stops is above `alpha`.

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
    if binding is None:
        binding = operating(design, p0, binding=False).rejects > alpha * REACHED
    last = _smallest_high(looks, sizes[-1], p0, alpha, binding=binding)
    if last > sizes[-1] or last < 1:
        raise InputRefused(
            f"no final count of {sizes[-1]} holds alpha {alpha:g}",
            where="attained sizes",
            do="go on to a larger number, or report without a claim",
        )
    attained = Staged((*looks, Look(sizes[-1], last - 1, last)))
    before, now = ((operating(one, p0), operating(one, p1)) for one in (design, attained))
    loose = operating(attained, p0, binding=False).rejects
    return ChangedLooks(design, attained, alpha, before, now, binding, loose)


def _rejects(design: Staged, counts: Sequence[FinalCount], n: int, rate: float) -> float:
    early, more = sum(operating(design, rate).efficacy[:-1]), n - seen(design)
    reached = chances(design.looks[:-1], rate)[-1] if seen(design) else np.ones(1)
    return early + sum(
        float(reached[one.before]) * binomial_at_least(one.critical - one.before, more, rate)
        for one in counts
        if one.critical is not None
    )


def _cumulative(design: Staged, rate: float, *, binding: bool = True) -> tuple[list[float], list[float]]:
    row = operating(design, rate, binding=binding)
    return np.cumsum(row.futility).tolist(), np.cumsum(row.efficacy).tolist()


def _largest_low(looks: Sequence[Look], n: int, rate: float, limit: float) -> int:
    """The largest futility count at a further look at `n` with all futility stops together <= limit."""
    reached = chances((*looks, Look(n, None, None)), rate)
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
    reached = chances((*looks, Look(n, None, None)), rate, binding=binding)
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
