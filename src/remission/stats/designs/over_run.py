"""Answers that arrive after a look has stopped the trial: over-run.

The decision stands as it was made at the look. What the later answers add is said in two ways. Stage-wise
with all answers: outcomes are ordered as at the look, and among those that stopped there for the same reason
the count of all answers decides; p-value and interval are exact, and no later answer can turn the decision.
By deletion: the look that stopped the trial is taken out and one at all the answers put in its place, as if
the trial had not stopped; later answers may then turn a stop for efficacy into no claim, and a stop for
futility into one. As it depends on the answers which look is taken out, deletion does not hold type I error
exactly: what it really is, is computed.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.after import AfterStopping, after
from remission.stats.designs.limits import exact_limits
from remission.stats.designs.reached import chances, chances_of, paths, stops
from remission.stats.designs.single_stage import REACHED
from remission.stats.designs.staged import Staged
from remission.stats.interval import Interval
from remission.stats.rates.proportions import clopper_pearson
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read all the answers: estimate, interval and one-sided p at p0."""

    median: float
    interval: Interval
    p: float


@dataclass(frozen=True, slots=True)
class OverRun(Printable):
    """A trial stopped at an interim look, and `later` responders of `of` whose answers came after.

    `decided`: everything at the look, without the later answers. `whole`: all answers, stage-wise, exact;
    p <= the design's size exactly where the trial stopped for efficacy. `unbiased`: the mean of the first
    answer given stop and final count, an unbiased estimate of the rate. `plain`: all responders of all, with
    Clopper-Pearson's interval as if there had been no looks. `deletion`: as the module says;
    `deletion_claims`: its p is at most the size; `deletion_size`: the exact type I error of that rule when
    every stop before the end is followed by `of` answers.
    """

    decided: AfterStopping
    later: int
    of: int
    whole: Reading
    unbiased: float
    plain: float
    plain_interval: Interval
    deletion: Reading
    deletion_claims: bool
    deletion_size: float

    def printed(self) -> PrintedTable:
        """As decided, and with all answers."""
        one, level = self.decided, 100 * self.decided.interval.level
        return PrintedTable(
            Text("Answers after the trial stopped", "试验停止后到达的结果"),
            (
                Text("estimate", "估计"),
                Text("rate", "率"),
                Text(f"{level:g} % interval", f"{level:g} % 区间"),
                Text("one-sided p", "单侧 p"),
            ),
            (
                _row(Text("as decided, at the look", "按停止时的决定"), one.median, one.interval, one.p),
                _row(
                    Text("all answers, stage-wise", "全部结果，按阶段排序"),
                    self.whole.median,
                    self.whole.interval,
                    self.whole.p,
                ),
                _row(Text("all answers, unbiased", "全部结果，无偏"), self.unbiased, None, None),
                _row(
                    Text("all answers, looks ignored", "全部结果，不计分析次数"),
                    self.plain,
                    self.plain_interval,
                    None,
                ),
                _row(
                    Text("all answers, look deleted", "全部结果，删除该次分析"),
                    self.deletion.median,
                    self.deletion.interval,
                    self.deletion.p,
                ),
            ),
            self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        one = self.decided
        stopped = (
            Text("for efficacy: claimed", "因有效停止：结论为有效")
            if one.claims
            else Text("for futility: not claimed", "因无效停止：不能作出有效结论")
        )
        agrees = self.deletion_claims == one.claims
        return (
            Text(
                f"Stopped at look {one.look} with {one.responders} of {one.n}, {stopped.en}. That stands. "
                f"{self.later} of {self.of} came later.",
                f"第 {one.look} 次分析 {one.n} 例中 {one.responders} 例应答，{stopped.zh}，该决定不变。"
                f"此后 {self.of} 例中 {self.later} 例应答。",
            ),
            Text(
                f"As decided and stage-wise: exact, type I error {one.size:.5f} at {one.p0:g}; valid where "
                "the number of later answers did not depend on the answers.",
                f"按决定与按阶段排序：精确，{one.p0:g} 时一类错误 {one.size:.5f}；"
                "仅当此后到达的例数不依赖于结果时有效。",
            ),
            Text(
                f"Deletion {'agrees' if agrees else 'DISAGREES with the decision'}; claiming by it has type "
                f"I error {self.deletion_size:.5f}, not held by the method. For information. Whitehead 1992; "
                "Sooriyarachchi and others 2003.",
                f"删除法{'与决定一致' if agrees else '与决定不一致'}；据其下结论的一类错误为 "
                f"{self.deletion_size:.5f}，该方法不保证控制。仅供参考。Whitehead 1992；"
                "Sooriyarachchi 等 2003。",
            ),
        )


def over_run(
    design: Staged, *, look: int, responders: int, later: int, of: int, p0: float, level: float = 0.95
) -> OverRun:
    """What a trial says that stopped at an interim look and then had more answers.

    Parameters
    ----------
    design : Staged
        As it was carried out.
    look : int
        The look that stopped it, counted from 1, before the last.
    responders : int
        Cumulative, at that look: the answers the decision was made on.
    later, of : int
        Responders of participants whose answers came after. How many came must not depend on the answers, as
        when they are all who had been enrolled by then; it may depend on the look and on why it stopped.
    p0 : float
        The rate the p-value speaks against.
    level : float
        Two-sided.

    Raises
    ------
    InputRefused
        For an outcome at which this design does not stop, the last look (more or fewer at the end than
        planned are `after` with `n`), counts that cannot be, or p0 or level outside 0..1.

    References
    ----------
    Whitehead 1992, Controlled Clinical Trials 13:106-121; Sooriyarachchi, Whitehead, Matsushita, Bolland and
    Whitehead 2003, Biometrics 59:701-709
    """
    decided = after(design, look=look, responders=responders, p0=p0, level=level)
    if look == len(design.looks) or of < 1 or not 0 <= later <= of:
        raise InputRefused(
            f"{later!r} of {of!r} later answers at look {look!r} of {len(design.looks)}",
            where="over-run",
            do="give later responders of at least one, after a look before the last; at the end: after(n=)",
        )
    n, total = decided.n + of, responders + later
    whole = _Order(design, look, total, of, decided.claims)
    deleted = _Order(design, look, total, of, None)
    deletion = _read(deleted, p0, level)
    return OverRun(
        decided=decided,
        later=later,
        of=of,
        whole=_read(whole, p0, level),
        unbiased=_unbiased(whole),
        plain=total / n,
        plain_interval=clopper_pearson(total, n, level),
        deletion=deletion,
        deletion_claims=deletion.p <= decided.size * REACHED,
        deletion_size=_deletion_size(design, of, p0, decided.size),
    )


@dataclass(frozen=True, slots=True)
class _Order:
    """Where `total` stands among the trials that came to `look` and had `of` answers after it.

    `efficacy`: among those that stopped for it, or for futility; None: among all of them, none stopped there.
    """

    design: Staged
    look: int
    total: int
    of: int
    efficacy: bool | None

    def at_least(self, rate: float) -> float:
        """P(an outcome at least so far up) at a true rate."""
        row, (_, earlier) = self._parts(rate)
        up = chances_of(self.total - np.arange(len(row)), self.of, rate)
        return min(1.0, float(earlier) + float(row @ np.where(self.alike(), up, self.efficacy is False)))

    def at_most(self, rate: float) -> float:
        """P(an outcome at most so far up) at a true rate; the observed outcome is in both tails."""
        row, (earlier, _) = self._parts(rate)
        down = chances_of(self.of - self.total + np.arange(len(row)), self.of, 1 - rate)
        return min(1.0, float(earlier) + float(row @ np.where(self.alike(), down, self.efficacy is True)))

    def alike(self) -> NDArray[np.bool_]:
        """The counts at the look that are ordered by the count of all answers."""
        low, high = stops(self.design.looks[self.look - 1])
        counts = np.arange(self.design.looks[self.look - 1].n + 1)
        if self.efficacy is None:
            return counts >= 0
        return counts >= high if self.efficacy else counts <= low

    def _parts(self, rate: float) -> tuple[Numbers, Numbers]:
        """The chance of each count at the look; the chances to have stopped before, down and up."""
        looks = self.design.looks[: self.look]
        *earlier, row = chances(looks, rate)
        down = sum(float(one[: stops(look)[0] + 1].sum()) for one, look in zip(earlier, looks, strict=False))
        up = sum(float(one[stops(look)[1] :].sum()) for one, look in zip(earlier, looks, strict=False))
        return row, np.array([down, up])


def _read(order: _Order, p0: float, level: float) -> Reading:
    median, interval = exact_limits(order.at_least, order.at_most, level)
    return Reading(median, interval, order.at_least(p0))


def _unbiased(order: _Order) -> float:
    """The mean of the first answer given how the trial stopped and the count of all answers."""
    alike: list[int] = np.flatnonzero(order.alike()).tolist()
    whole, yes = (
        sum(ways[count] * math.comb(order.of, order.total - count) for count in alike if count <= order.total)
        for ways in paths(order.design, order.look)
    )
    return yes / whole


def _deletion_size(design: Staged, of: int, p0: float, size: float) -> float:
    """The exact type I error of claiming where deletion has p <= `size`; `of` answers after each stop."""
    reached = chances(design.looks, p0)
    error = float(reached[-1, stops(design.looks[-1])[1] :].sum())
    for place, look in enumerate(design.looks[:-1], start=1):
        low, high = stops(look)
        needed = next(
            total
            for total in range(look.n + of + 2)
            if _Order(design, place, total, of, None).at_least(p0) <= size * REACHED or total > look.n + of
        )
        error += sum(
            float(reached[place - 1, count]) * binomial_at_least(needed - count, of, p0)
            for count in range(look.n + 1)
            if not low < count < high
        )
    return error


def _row(words: Text, rate: float, interval: Interval | None, p: float | None) -> tuple[Text, str, str, str]:
    limits = "–" if interval is None else f"{interval.lower:.4f} to {interval.upper:.4f}"
    return words, f"{rate:.4f}", limits, "–" if p is None else f"{p:.4g}"
