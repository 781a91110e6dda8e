"""Treated children against a group of earlier children, two-sample and exact."""

from dataclasses import dataclass

from remission.paper.charts import Forest
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.control.control import CountsControl
from remission.stats.control.least import least_count
from remission.stats.control.operating import over_histories
from remission.stats.control.showing import HEAD, cited, count, decides, level, small, spread, two_rates
from remission.stats.control.two_counts import boschloo_p
from remission.stats.interval import Interval
from remission.stats.rates.difference import farrington_manning_p, miettinen_nurminen
from remission.stats.rates.proportions import clopper_pearson
from remission.stats.rates.two import TwoCounts
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class CountsComparison(Printable, Drawable):
    """`responders` of `n` against a group of earlier children, two-sample.

    `p`: Boschloo's exact one-sided p; `least`: the count that rejects against these controls; `score_p`:
    Farrington and Manning's; `difference`: treated less control, with Miettinen and Nurminen's interval.
    `size_over_histories`: exact type I error over both groups drawn anew, both of the control's rate.
    """

    control: CountsControl
    responders: int
    n: int
    alpha: float
    rate: float
    interval: Interval
    difference: float
    difference_interval: Interval
    p: float
    score_p: float
    least: int | None
    rejects: bool
    size_over_histories: float

    def printed(self) -> PrintedTable:
        """Both rates, their difference, the exact test, and its type I error."""
        known = self.control
        rows = (
            (Text("responders", "缓解数"), f"{self.responders}/{self.n}"),
            (Text("rate", "率"), f"{self.rate:.3f}"),
            (level(self.interval), spread(self.interval)),
            (Text("control", "对照"), f"{known.responders / known.of:.3f} ({known.responders}/{known.of})"),
            (Text("difference", "率差"), f"{self.difference:+.3f}"),
            (
                Text(f"difference, {100 * self.interval.level:g} %", f"率差 {100 * self.interval.level:g} %"),
                f"{self.difference_interval.lower:+.3f} to {self.difference_interval.upper:+.3f}",
            ),
            (Text("p, one-sided (Boschloo)", "单侧 p（Boschloo）"), small(self.p)),
            (Text("p, one-sided (score)", "单侧 p（得分检验）"), small(self.score_p)),
            (Text("rejects from", "拒绝界值"), count(self.least)),
            (
                Text("type I error at the control's rate", "对照率处一类错误"),
                small(self.size_over_histories),
            ),
        )
        return PrintedTable(
            Text("Comparison with a group of earlier children", "与既往患儿组的比较"),
            HEAD,
            rows,
            self._notes(),
        )

    def chart(self) -> Forest:
        """Both rates with exact intervals."""
        history = clopper_pearson(self.control.responders, self.control.of, self.interval.level)
        return two_rates(
            (self.responders, self.n, self.interval),
            (self.control.responders, self.control.of, history),
            self.control.responders / self.control.of,
            self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        return (
            decides(
                Text(f"Boschloo's p at most {self.alpha:g}", f"Boschloo p 不大于 {self.alpha:g}"),
                self.rejects,
            ),
            Text(
                f"Two-sample exact unconditional test (Boschloo 1970), one-sided alpha {self.alpha:g}; "
                "score p: Farrington and Manning; intervals: Clopper-Pearson, of the difference "
                "Miettinen and Nurminen. Children of different times and places: adjust for what differs.",
                f"两样本精确非条件检验（Boschloo 1970），单侧 α {self.alpha:g}；"
                "得分检验：Farrington-Manning；区间：Clopper-Pearson，率差：Miettinen-Nurminen。"
                "不同时间与地点的患儿：需校正差异。",
            ),
            cited(self.control.source.citation, self.control.source.evidence),
        )


def against_counts(control: CountsControl, responders: int, n: int, alpha: float) -> CountsComparison:
    """The comparison of `compare.against` for this kind of control, its counts already checked."""
    least = least_count(control, n, alpha)
    table = TwoCounts(responders, n, control.responders, control.of)
    rate, history = responders / n, control.responders / control.of
    return CountsComparison(
        control,
        responders,
        n,
        alpha,
        rate,
        clopper_pearson(responders, n, 1 - 2 * alpha),
        rate - history,
        miettinen_nurminen(table, 1 - 2 * alpha),
        boschloo_p(responders, n, control.responders, control.of),
        farrington_manning_p(table),
        least,
        least is not None and responders >= least,
        over_histories(control, n, history, alpha=alpha),
    )
