"""Treated children against a rate taken as known, exactly; and what its own children make of alpha."""

from dataclasses import dataclass

from remission.paper.charts import Forest
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.control.control import FixedControl
from remission.stats.control.least import least_count
from remission.stats.control.operating import given_history, over_histories
from remission.stats.control.showing import HEAD, cited, count, decides, level, small, spread, two_rates
from remission.stats.interval import Interval
from remission.stats.rates.proportions import binomial_p_greater, clopper_pearson
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class FixedComparison(Printable, Drawable):
    """`responders` of `n` against a rate taken as known; exact.

    Tested against the control's `bar`. `least`: the count that rejects; `p`: one-sided. `size`: type I error
    if the control's rate were known to be the bar. `size_over_histories`: the same if p0 had come out of that
    many children anew each time, of the rate that they had. `size_given_history`: averaged over the rates
    that its children leave possible, uniform prior.
    """

    control: FixedControl
    responders: int
    n: int
    alpha: float
    rate: float
    interval: Interval
    p: float
    least: int | None
    rejects: bool
    size: float
    size_over_histories: float
    size_given_history: float

    def printed(self) -> PrintedTable:
        """The test, and beside it what the control's own uncertainty makes of alpha."""
        known = self.control
        rows = (
            (Text("responders", "缓解数"), f"{self.responders}/{self.n}"),
            (Text("rate", "率"), f"{self.rate:.3f}"),
            (level(self.interval), spread(self.interval)),
            (
                Text("control", "对照"),
                Text(
                    f"{known.p0:g} ({known.responders}/{known.of})",
                    f"{known.p0:g}（{known.responders}/{known.of}）",
                ),
            ),
            (Text("p, one-sided", "单侧 p"), small(self.p)),
            (Text("rejects from", "拒绝界值"), count(self.least)),
            (Text("type I error, p0 known", "一类错误，p0 已知"), small(self.size)),
            (
                Text(f"type I error, p0 from {known.of}", f"一类错误，p0 来自 {known.of} 例"),
                small(self.size_over_histories),
            ),
            (
                Text("type I error, given those children", "一类错误，给定该历史数据"),
                small(self.size_given_history),
            ),
        )
        return PrintedTable(
            Text("Comparison with a fixed control rate", "与固定对照率的比较"), HEAD, rows, self._notes()
        )

    def chart(self) -> Forest:
        """The rate with its interval, and that of the control's children."""
        history = clopper_pearson(self.control.responders, self.control.of, self.interval.level)
        return two_rates(
            (self.responders, self.n, self.interval),
            (self.control.responders, self.control.of, history),
            self.control.bar,
            self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        return (
            decides(Text(f"p at most {self.alpha:g}", f"p 不大于 {self.alpha:g}"), self.rejects),
            Text(
                f"Exact one-sided test of at most {self.control.bar:.4g}, alpha {self.alpha:g}; interval: "
                f"Clopper-Pearson. Type I errors: exact, over histories of {self.control.of} children.",
                f"精确单侧检验（不高于 {self.control.bar:.4g}），α {self.alpha:g}；区间：Clopper-Pearson。"
                f"一类错误：对 {self.control.of} 例历史数据精确求和。",
            ),
            cited(self.control.source.citation, self.control.source.evidence),
        )


def against_fixed(control: FixedControl, responders: int, n: int, alpha: float) -> FixedComparison:
    """The comparison of `compare.against` for this kind of control, its counts already checked."""
    least = least_count(control, n, alpha)
    return FixedComparison(
        control,
        responders,
        n,
        alpha,
        responders / n,
        clopper_pearson(responders, n, 1 - 2 * alpha),
        binomial_p_greater(responders, n, control.bar),
        least,
        least is not None and responders >= least,
        0.0 if least is None else binomial_at_least(least, n, control.bar),
        over_histories(control, n, control.seen, alpha=alpha),
        given_history(control, n, alpha=alpha),
    )
