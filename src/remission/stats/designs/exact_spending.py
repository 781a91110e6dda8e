"""Error spending on the exact binomial: boundaries in counts, at the numbers that were really looked at.

At each look the trial may stop for efficacy at the smallest count whose cumulative exact type I error stays
within what may have been spent by then; what discreteness leaves over is carried to later looks. Futility
spends type II error in the same way, at the largest count. Boundaries at a look use nothing that comes later
but the planned size, so a look at an unplanned number is met by giving the numbers as they were, as long as
what changed them had nothing to do with the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import PrintedTable
from remission.stats.designs.spending import Spending
from remission.stats.designs.staged import Look, Staged, operating
from remission.terms.words import Text

Numbers = NDArray[np.float64]

# A sum of probabilities and the error it is compared with may agree but for rounding, and so may a fraction
# of a trial and a whole number of participants.
_ROUNDING = 1e-12
_HAIR = 1e-9


@dataclass(frozen=True, slots=True)
class SpentDesign(Staged):
    """A `Staged` that spent `alpha` at the rate `p0`, with what its type I error rests on.

    `binding`: futility stops must be kept. `moved_from`: the planned size, if the last look is at another.
    """

    p0: float
    alpha: float
    binding: bool
    moved_from: int | None

    def printed(self) -> PrintedTable:
        """The boundaries, with the exact type I error and what it rests on under them."""
        table = Staged.printed(self)
        moved = () if self.moved_from is None else (_moved(self.n, self.moved_from),)
        return PrintedTable(table.title, table.columns, table.rows, (*table.notes, self._size(), *moved))

    def _size(self) -> Text:
        kept = operating(self, self.p0).rejects
        if all(look.futility is None for look in self.looks[:-1]):
            return Text(
                f"Exact type I error at {self.p0:g}: {kept:.4f} (allowed {self.alpha:g}).",
                f"真实率 {self.p0:g} 时精确 I 类错误：{kept:.4f}（允许 {self.alpha:g}）。",
            )
        loose = operating(self, self.p0, binding=False).rejects
        return Text(
            f"Exact type I error at {self.p0:g}: {kept:.4f} with futility stops kept, {loose:.4f} if not "
            f"kept; allowed {self.alpha:g}, stops {'binding' if self.binding else 'not binding'}.",
            f"真实率 {self.p0:g} 时精确 I 类错误：执行无效停止 {kept:.4f}，不执行 {loose:.4f}；"
            f"允许 {self.alpha:g}，无效停止{'有' if self.binding else '无'}约束力。",
        )


def _moved(end: int, planned: int) -> Text:
    return Text(
        f"Ends at {end}, planned {planned}, with all of alpha: valid only if the reason for another end had "
        "nothing to do with the results.",
        f"于 {end} 例结束（计划 {planned} 例），用尽全部 α：仅当改变结束时点的原因与结果无关时有效。",
    )


def exact_spending(
    sizes: Sequence[int],
    p0: float,
    alpha: float,
    efficacy: Spending,
    *,
    p1: float | None = None,
    beta: float | None = None,
    futility: Spending | None = None,
    binding: bool = False,
    planned: int | None = None,
) -> SpentDesign:
    """Boundaries that spend one-sided `alpha` against "the rate is at most `p0`", and beta at `p1`.

    Parameters
    ----------
    sizes : (looks,) growing
        Participants with an answer at each look, as they were or are planned. The last look decides, with all
        of alpha, whether it came early (under-run) or late (over-run).
    p0, alpha : float
    efficacy : how alpha is spent by size / `planned`
    p1, beta, futility : how beta is spent at the rate `p1`; all three or none (then no futility stop)
    binding : whether type I error counts on futility stops being obeyed
        If so, boundaries can be lower than those of a trial without futility stops, and the type I error is
        above alpha as soon as one stop is not obeyed.
    planned : int
        The size that was planned; the last of `sizes` if not given. Another end than the planned one is valid
        only if the reason for it does not depend on the results. A sponsor who looks and then declares the
        end where the count would just do spends alpha twice: at p0 0.7, O'Brien-Fleming type, alpha 0.025,
        looks at 60 and 90 planned, 60 asks for 51. Ending there because 50 were seen (enough for an end at
        60), and else going on, has type I error 0.0288. The same is true of an end moved beyond the planned
        one, and of looks added or left out, because of the results.

    Returns
    -------
    SpentDesign
        It ends at the look where the two boundaries meet, if that comes before the last. Where nothing of
        alpha is left (after an over-run past a look that spent all) there is no efficacy boundary: n + 1.

    Raises
    ------
    InputRefused
        For sizes that do not grow, `planned` below 1, rates outside 0..1 or p1 <= p0, errors that are no
        fractions, or a part of (p1, beta, futility) missing.

    References
    ----------
    Lan and DeMets 1983, doi:10.1093/biomet/70.3.659; Stallard and Todd 2000, Statistics in Medicine
    19:3051-3064
    """
    _check(sizes, p0, p1)
    if planned is not None and planned < 1:
        raise InputRefused(f"{planned!r} participants planned", where="planned", do="give 1 or more")
    if len({p1 is None, beta is None, futility is None}) > 1:
        raise InputRefused("only part of p1, beta, futility", where="futility", do="give all three or none")
    whole = sizes[-1] if planned is None else planned
    null, truth, before = np.ones(1), np.ones(1), 0
    used = missed = 0.0
    floor = 0  # a trial that went on has at least this; a final count below it could not be missed
    looks = list[Look]()
    for n in sizes:
        last = n == sizes[-1]
        null = np.convolve(null, chances(n - before, p0))
        may = efficacy.spent(alpha, 1.0 if last else n / whole) - used
        # What rounding leaves of alpha, of either sign, is nothing.
        high = n + 1 if may <= _ROUNDING * alpha else max(floor, _smallest(null, may))
        low = -1
        if p1 is not None and beta is not None and futility is not None:
            truth = np.convolve(truth, chances(n - before, p1))
            low = min(high - 1, _largest(truth, futility.spent(beta, n / whole) - missed))
        if last or low == high - 1:
            looks.append(Look(n, high - 1, high))
            break
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
        used += float(null[high:].sum())
        missed += float(truth[: low + 1].sum())
        null[high:], truth[high:], truth[: low + 1] = 0.0, 0.0, 0.0
        if binding:
            null[: low + 1] = 0.0
        before, floor = n, low + 1
    moved = whole if looks[-1].n == sizes[-1] != whole else None
    return SpentDesign(tuple(looks), p0, alpha, binding, moved)


def spending_design(
    fractions: Sequence[float],
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    efficacy: Spending,
    *,
    futility: Spending | None = None,
    binding: bool = False,
    n_max: int = 200,
) -> Staged:
    """The smallest trial, looked at these fractions of it, whose exact power at `p1` is 1 - beta or more.

    `fractions` grow from above 0, the last is 1. Sizes are rounded up. Power does not grow steadily with n: a
    slightly larger trial may have less. `Raises` as in `exact_spending`, for fractions that are not so, and
    where no n up to `n_max` is enough.
    """
    if not fractions or fractions[-1] != 1 or not all(a < b for a, b in pairwise((0.0, *fractions))):
        raise InputRefused(
            f"{list(fractions)!r} of the trial",
            where="fractions",
            do="let them grow from above 0 and end at 1",
        )
    for n in range(2, n_max + 1):
        sizes = sorted({max(1, ceil(t * n - _HAIR)) for t in fractions})
        if futility is None:
            design = exact_spending(sizes, p0, alpha, efficacy)
        else:
            design = exact_spending(
                sizes, p0, alpha, efficacy, p1=p1, beta=beta, futility=futility, binding=binding
            )
        if operating(design, p1).rejects >= 1 - beta:
            return Staged(design.looks)
    raise InputRefused(
        f"no trial of at most {n_max} has power {1 - beta:g} at {p1!r} against {p0!r}",
        where="n_max",
        do="allow more participants, or larger errors",
    )


def chances(n: int, p: float) -> Numbers:
    """P(X = 0..n) for X ~ Binomial(n, p), from n steps of one participant: only sums of positive terms."""
    alive = np.zeros(n + 1)
    alive[0] = 1.0
    for _ in range(n):
        alive[1:] = alive[1:] * (1 - p) + alive[:-1] * p
        alive[0] *= 1 - p
    return alive


def _smallest(alive: Numbers, may: float) -> int:
    """The smallest count whose upper tail is at most `may`, above 0; one past the largest where none is."""
    above = np.append(np.cumsum(alive[::-1])[::-1], 0.0)
    return int(np.argmax(above <= may + _ROUNDING * may))


def _largest(alive: Numbers, may: float) -> int:
    """The largest count whose lower tail is at most `may`; -1 where none is."""
    return int(np.searchsorted(np.cumsum(alive), may + _ROUNDING * may, side="right")) - 1


def _check(sizes: Sequence[int], p0: float, p1: float | None) -> None:
    if not sizes or sizes[0] < 1 or any(b <= a for a, b in pairwise(sizes)):
        raise InputRefused(
            f"{list(sizes)!r} as looks", where="sizes", do="give growing numbers, at least one"
        )
    if not 0 < p0 < 1 or (p1 is not None and not p0 < p1 < 1):
        raise InputRefused(f"p0 {p0!r}, p1 {p1!r}", where="rates", do="give 0 < p0 < p1 < 1")
