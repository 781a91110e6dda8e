"""What a staged trial says about the rate after it stopped.

The plain rate, responders of participants, is biased by the stopping rule, and its usual limits do not hold
their level. Everything here takes the looks into account, by enumeration. Outcomes are ordered by stage: a
stop for efficacy speaks the more for the treatment the earlier it came, a stop for futility the less; within
a look the count decides. "At least as extreme" points away from p0, upwards.

Where the number at the end was, or could have been, chosen after the last interim look, the order by stage is
not valid any more; the order by conditional error is (`n` and `before` of `after`).
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from remission.errors import InputRefused
from remission.paper import charts
from remission.paper.charts import Axis, Forest, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.conditional_error import (
    ConditionalOrder,
    check_end,
    final_count,
    going_on,
    seen,
)
from remission.stats.designs.limits import KoyamaChen, Tail, exact_limits, koyama_chen
from remission.stats.designs.reached import chances, counts_reached, paths, stops
from remission.stats.designs.staged import Staged, operating
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import clopper_pearson
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class ChangedNumber:
    """The end at another number than planned: `n` participants, `before` responders at the last interim look.

    `critical`: the count that claims, given `before`; None if none does.
    """

    n: int
    before: int
    critical: int | None


@dataclass(frozen=True, slots=True)
class AfterStopping(Printable, Drawable):
    """Inference at the end of a staged trial; fractions.

    `look` is counted from 1. `plain`: responders / n, with `plain_interval` (Clopper-Pearson) as if there had
    been no looks. `bias_of_plain`: its bias were `unbiased` the true rate. `unbiased`: the UMVUE; both None
    with a changed number, whose rule is not known. `median`: the rate at which outcomes above and below this
    one are equally likely, half of itself counted to each. `interval`: exact, covers with at least its level.
    `p`: one-sided, of at least so extreme an outcome at `p0`. `size`: the design's exact type I error there;
    `claims`: whether the design claims a rate above p0, which it does where p <= size.
    """

    design: Staged
    look: int
    responders: int
    p0: float
    changed: ChangedNumber | None
    plain: float
    plain_interval: Interval
    bias_of_plain: float | None
    unbiased: float | None
    median: float
    interval: Interval
    koyama_chen: KoyamaChen
    p: float
    size: float
    claims: bool

    @property
    def n(self) -> int:
        """Participants at the look that stopped the trial."""
        return self.design.looks[self.look - 1].n if self.changed is None else self.changed.n

    def printed(self) -> PrintedTable:
        """Estimates with their intervals, and the p-value."""
        rows = tuple(
            (
                words,
                "–" if value is None else f"{value:.4f}",
                "–" if low is None or high is None else f"{low:.4f} to {high:.4f}",
            )
            for words, value, low, high in self._lines()
        )
        return PrintedTable(
            Text("After stopping", "试验停止后的推断"),
            (
                Text("estimate", "估计"),
                Text("rate", "率"),
                Text(f"{100 * self.interval.level:g} % interval", f"{100 * self.interval.level:g} % 区间"),
            ),
            rows,
            (self._ended(), self._claim(), *self._method()),
        )

    def chart(self) -> Forest:
        """The estimates one below the other, against p0; those without an interval's end are left out."""
        rows = tuple(
            charts.Interval(words, value, low, high, f"{100 * value:.1f} %", strong=value == self.median)
            for words, value, low, high in self._lines()
            if value is not None
        )
        return Forest(
            "after-stopping",
            Text("After stopping", "试验停止后的推断"),
            Text(
                f"Estimates from {self.responders} responders of {self.n} at look {self.look}; p0 marked.",
                f"第 {self.look} 次分析 {self.n} 例中 {self.responders} 例应答时的各估计；标出 p0。",
            ),
            Axis(Text("rate", "率"), Scale.PERCENT, low=0, high=1),
            rows,
            reference=self.p0,
        )

    def _lines(self) -> tuple[tuple[Text, float | None, float | None, float | None], ...]:
        chen = self.koyama_chen
        return (
            (
                Text("plain, looks ignored", "直接率，不计分析次数"),
                self.plain,
                self.plain_interval.lower,
                self.plain_interval.upper,
            ),
            (Text("unbiased (UMVUE)", "无偏 (UMVUE)"), self.unbiased, None, None),
            (Text("median-unbiased", "中位无偏"), self.median, self.interval.lower, self.interval.upper),
            (Text("Koyama-Chen", "Koyama-Chen"), chen.estimate, chen.lower, chen.upper),
        )

    def _ended(self) -> Text:
        words = Text(
            f"{self.responders} responders of {self.n}, stopped at look {self.look} of "
            f"{len(self.design.looks)}. One-sided p = {self.p:.4g} against p0 = {self.p0:g}.",
            f"{self.n} 例中 {self.responders} 例应答，于第 {self.look} 次分析停止（共 "
            f"{len(self.design.looks)} 次）。对 p0 = {self.p0:g} 单侧 p = {self.p:.4g}。",
        )
        if self.changed is None:
            return words
        before, planned = self.changed.before, self.design.n
        needed = "–" if self.changed.critical is None else f"≥ {self.changed.critical}"
        return Text(
            f"{words.en} {planned} were planned; with {before} responders at the last interim look "
            f"{self.n} need {needed}.",
            f"{words.zh}计划 {planned} 例；末次期中分析 {before} 例应答时，{self.n} 例需 {needed}。",
        )

    def _claim(self) -> Text:
        return Text(
            f"{'Claimed' if self.claims else 'Not claimed'}: p is to be read against the exact type I error "
            f"of the design, {self.size:.4g}, not against a planned alpha above it.",
            f"{'结论为有效' if self.claims else '不能作出有效结论'}：p 应与设计的精确一类错误 "
            f"{self.size:.4g} 比较，而非与更大的计划 alpha 比较。",
        )

    def _method(self) -> tuple[Text, ...]:
        if self.bias_of_plain is not None:
            method = Text(
                f"Stage-wise ordering, exact. Bias of the plain rate at the unbiased one: "
                f"{self.bias_of_plain:+.4f}. Jung and Kim 2004; Koyama and Chen 2008.",
                f"按阶段排序，精确计算。在无偏估计处直接率的偏倚：{self.bias_of_plain:+.4f}。"
                "Jung 与 Kim 2004；Koyama 与 Chen 2008。",
            )
            valid = Text(
                "Valid where the numbers looked at did not depend on the answers; else give the plan with n "
                "and before.",
                "仅当各次分析例数不依赖于结果时有效；否则请给出原计划及 n 与 before。",
            )
        else:
            method = Text(
                "Ordering by conditional error, exact; no unbiased estimate, as the rule that chose n is not "
                "known. Koyama and Chen 2008.",
                "按条件错误率排序，精确计算；n 的选择规则未知，故无无偏估计。Koyama 与 Chen 2008。",
            )
            valid = Text(
                "Valid also where n was chosen with the last interim look in view, not with later answers.",
                "即使 n 依据末次期中分析选定亦有效，但不得依据其后的结果。",
            )
        chen = Text(
            f"Coverage of Koyama and Chen's interval is below {100 * self.interval.level:g} %: its upper "
            "limit leaves the observed outcome out (–: there is none). The exact interval, beside the "
            "median-unbiased estimate, decides.",
            f"Koyama-Chen 区间的覆盖率低于 {100 * self.interval.level:g} %：其上限未计入所观察的结局"
            "（–：无上限）。以中位无偏估计旁的精确区间为准。",
        )
        return method, valid, chen


def after(
    design: Staged,
    *,
    look: int,
    responders: int,
    p0: float,
    level: float = 0.95,
    n: int | None = None,
    before: int | None = None,
) -> AfterStopping:
    """Estimates, interval and p-value for a trial that stopped at `look` with so many responders.

    With `n` and `before` it never contradicts `changed.changed_at_the_end`: p is at most the plan's exact
    size where `responders` reach the count that one asks for, and nowhere else.

    Parameters
    ----------
    design : Staged
        Without `n`: as it was carried out, with the numbers really looked at; valid where these did not
        depend on the answers. With `n`: the plan.
    look : int
        The look that stopped the trial, counted from 1.
    responders : int
        Cumulative.
    p0 : float
        The rate the p-value speaks against.
    level : float
        Two-sided, each tail (1 - level) / 2. Koyama and Chen's one-sided alpha means level 1 - 2 alpha.
    n, before : int
        Participants at the end, and responders at the last interim look (0 if there is none), where the end
        came at another number than planned. Both or none, and only for the last look. Then everything is
        ordered by conditional error and holds even if n was chosen with that look in view. Give them also
        where n came out as planned but might not have: then p is another than by stage, on the same side of
        the size.

    Raises
    ------
    InputRefused
        For an outcome at which this design does not stop, or p0 or level outside 0..1.

    References
    ----------
    Jung and Kim 2004, Statistics in Medicine 23:881-896 (UMVUE); Koyama and Chen 2008, Statistics in Medicine
    27:3145-3154; Jennison and Turnbull 1983, Technometrics 25:49-58 (exact intervals)
    """
    check_level(level)
    changed = None
    if n is None and before is None:
        _check(design, look, responders, p0)
        above: Tail = partial(at_least_as_extreme, design, look=look, responders=responders)
        below: Tail = partial(at_most_as_extreme, design, look=look, responders=responders)
    else:
        changed, order = _changed(design, look, responders, p0, n, before)
        above, below = order.at_least, order.at_most
    unbiased = None if changed else umvue(design, look=look, responders=responders)
    reached = stops(design.looks[look - 1])[1] if changed is None else changed.critical
    size = design.looks[look - 1].n if changed is None else changed.n
    median, interval = exact_limits(above, below, level)
    return AfterStopping(
        design=design,
        look=look,
        responders=responders,
        p0=p0,
        changed=changed,
        plain=responders / size,
        plain_interval=clopper_pearson(responders, size, level),
        bias_of_plain=None if unbiased is None else bias_of_plain(design, unbiased),
        unbiased=unbiased,
        median=median,
        interval=interval,
        koyama_chen=koyama_chen(above, interval),
        p=above(p0),
        size=operating(design, p0).rejects,
        claims=reached is not None and responders >= reached,
    )


def stopping_points(design: Staged) -> tuple[tuple[int, int], ...]:
    """Every outcome at which the design stops: (look counted from 1, responders)."""
    return tuple(
        (place, count)
        for place, (look, reached) in enumerate(
            zip(design.looks, counts_reached(design), strict=True), start=1
        )
        for count in reached
        if not stops(look)[0] < count < stops(look)[1]
    )


def umvue(design: Staged, *, look: int, responders: int) -> float:
    """The uniformly minimum-variance unbiased estimate of the rate, a fraction.

    It is the chance that the first participant responded, given where the trial ended: of the orders of
    answers that lead there, counted in whole numbers, the share that begin with a response. `Raises` as in
    `after`; source: Jung and Kim 2004.
    """
    _check(design, look, responders, 0.5)
    whole, yes = paths(design, look)
    return yes[responders] / whole[responders]


def at_least_as_extreme(design: Staged, rate: float, *, look: int, responders: int) -> float:
    """P(an outcome at least so far from p0, upwards) at a true rate: the p-value when the rate is p0.

    A stop for efficacy at an earlier look, or reaching this look with at least so many responders.
    """
    reached = chances(design.looks, rate)
    earlier = sum(
        float(reached[place, high:].sum())
        for place, (_, high) in enumerate(map(stops, design.looks[: look - 1]))
    )
    return min(1.0, earlier + float(reached[look - 1, responders:].sum()))


def at_most_as_extreme(design: Staged, rate: float, *, look: int, responders: int) -> float:
    """P(an outcome at most so far up) at a true rate; the observed outcome is in both tails."""
    reached = chances(design.looks, rate)
    earlier = sum(
        float(reached[place, : low + 1].sum())
        for place, (low, _) in enumerate(map(stops, design.looks[: look - 1]))
    )
    return min(1.0, earlier + float(reached[look - 1, : responders + 1].sum()))


def bias_of_plain(design: Staged, rate: float) -> float:
    """The mean of responders / participants at the end, less the true rate."""
    reached = chances(design.looks, rate)
    mean = 0.0
    for place, look in enumerate(design.looks):
        (low, high), n = stops(look), look.n
        counts = np.arange(n + 1)
        stopped = (counts <= low) | (counts >= high)
        mean += float((reached[place, : n + 1] * counts / n)[stopped].sum())
    return mean - rate


def _changed(
    design: Staged, look: int, responders: int, p0: float, n: int | None, before: int | None
) -> tuple[ChangedNumber, ConditionalOrder]:
    _check_rate(p0)
    if n is None or before is None or look != len(design.looks):
        raise InputRefused(
            f"n {n!r} and before {before!r} at look {look!r} of {len(design.looks)}",
            where="after stopping at another number",
            do="give both, for a trial that went to its last look",
        )
    check_end(design, n)
    more = n - seen(design)
    if before not in going_on(design) or not 0 <= responders - before <= more:
        raise InputRefused(
            f"{before!r} responders at the last interim look, {responders!r} of {n} at the end",
            where="after stopping at another number",
            do="give a count with which the plan goes on, and at the end all responders with it",
        )
    critical = final_count(design, n, before=before, p0=p0).critical
    return ChangedNumber(n, before, critical), ConditionalOrder(design, before, responders - before, more)


def _check(design: Staged, look: int, responders: int, p0: float) -> None:
    _check_rate(p0)
    if (look, responders) not in stopping_points(design):
        raise InputRefused(
            f"{responders!r} responders do not stop this trial at look {look!r}",
            where="after stopping",
            do="give the look (from 1) and the cumulative responders at which it really stopped",
        )


def _check_rate(p0: float) -> None:
    if not 0 < p0 < 1:
        raise InputRefused(f"p0 = {p0!r}", where="after stopping", do="give a fraction between 0 and 1")
