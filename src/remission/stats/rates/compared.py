"""Everything that compares the rates of two groups, side by side."""

from dataclasses import dataclass

from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval
from remission.stats.rates import difference, fisher, ratios, unconditional
from remission.stats.rates.two import Ratio, TwoCounts, ratio_cells
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class TwoRates(Printable, Drawable):
    """Two rates compared at confidence `level`: tests (two-sided p-values), differences, ratios.

    `katz` and `woolf` are None where a count of 0 leaves them undefined, `katz` also where everybody
    responded.
    """

    counts: TwoCounts
    level: float
    fisher: float
    barnard: float
    boschloo: float
    newcombe: Interval
    miettinen_nurminen: Interval
    farrington_manning: Interval
    katz: Ratio | None
    koopman: Ratio
    woolf: Ratio | None
    exact_odds: Ratio

    def printed(self) -> PrintedTable:
        """Rates, differences in percent points, ratios, p-values."""
        difference = f"{100 * self.counts.difference:+.1f}"
        rows: list[tuple[Text | str, ...]] = [
            (name, difference, f"{100 * one.lower:+.1f} … {100 * one.upper:+.1f}")
            for name, one in self._differences()
        ]
        rows += [(name, *ratio_cells(one)) for name, one in self._ratios()]
        rows += [
            (name, f"p = {p:.4g}", "–")
            for name, p in ((_FISHER, self.fisher), (_BARNARD, self.barnard), (_BOSCHLOO, self.boschloo))
        ]
        return PrintedTable(
            self._title(),
            (
                Text("method", "方法"),
                Text("estimate", "估计值"),
                Text(f"{100 * self.level:g} % interval", f"{100 * self.level:g} % 区间"),
            ),
            tuple(rows),
            (_NOTE,),
        )

    def chart(self) -> Forest:
        """The intervals of the difference, one below the other."""
        title = self._title()
        return Forest(
            "rate-difference",
            Text("Difference of two rates", "两个率之差"),
            title,
            Axis(Text("difference of rates", "率差"), Scale.PERCENT),
            tuple(
                Row(
                    name,
                    self.counts.difference,
                    one.lower,
                    one.upper,
                    f"{100 * one.lower:+.1f} … {100 * one.upper:+.1f} %",
                )
                for name, one in self._differences()
            ),
            reference=0.0,
        )

    def _title(self) -> Text:
        one, zero = self.counts, self.counts.swapped
        words = (
            f"{one.x1}/{one.n1} = {100 * one.rate1:.1f} %",
            f"{zero.x1}/{zero.n1} = {100 * zero.rate1:.1f} %",
        )
        return Text(f"{words[0]} against {words[1]}", f"{words[0]} 对 {words[1]}")

    def _differences(self) -> tuple[tuple[Text, Interval], ...]:
        return (
            (Text("difference, Newcombe", "率差，Newcombe"), self.newcombe),
            (Text("difference, Miettinen-Nurminen", "率差，Miettinen-Nurminen"), self.miettinen_nurminen),
            (Text("difference, Farrington-Manning", "率差，Farrington-Manning"), self.farrington_manning),
        )

    def _ratios(self) -> tuple[tuple[Text, Ratio | None], ...]:
        return (
            (Text("risk ratio, Katz", "率比，Katz"), self.katz),
            (Text("risk ratio, score (Koopman)", "率比，计分法（Koopman）"), self.koopman),
            (Text("odds ratio, Woolf", "比值比，Woolf"), self.woolf),
            (Text("odds ratio, conditional exact", "比值比，条件精确法"), self.exact_odds),
        )


def compare(counts: TwoCounts, level: float = 0.95) -> TwoRates:
    """Everything of this room that compares two rates, to be printed or drawn.

    Raises
    ------
    InputRefused
        Unless 0 < level < 1 and both groups have at most 1000 participants (the unconditional tests).
    """
    both = counts.x1 > 0 and counts.x0 > 0
    everybody = counts.x1 == counts.n1 and counts.x0 == counts.n0
    inner = both and counts.x1 < counts.n1 and counts.x0 < counts.n0
    return TwoRates(
        counts,
        level,
        fisher=fisher.fisher(counts),
        barnard=unconditional.barnard(counts).p,
        boschloo=unconditional.boschloo(counts).p,
        newcombe=difference.newcombe(counts, level),
        miettinen_nurminen=difference.miettinen_nurminen(counts, level),
        farrington_manning=difference.farrington_manning(counts, level),
        katz=ratios.katz(counts, level) if both and not everybody else None,
        koopman=ratios.koopman(counts, level),
        woolf=ratios.woolf(counts, level) if inner else None,
        exact_odds=fisher.exact_odds_ratio(counts, level),
    )


_FISHER = Text("Fisher, two-sided", "Fisher，双侧")
_BARNARD = Text("Barnard, two-sided", "Barnard，双侧")
_BOSCHLOO = Text("Boschloo, two-sided", "Boschloo，双侧")
_NOTE = Text(
    "Differences in percent points. Newcombe 1998 (method 10); Miettinen and Nurminen 1985; Farrington and "
    "Manning 1990. Barnard: pooled score statistic, largest p over the common rate; Boschloo: twice the "
    "smaller one-sided p. A dash: not defined for a count of 0, or where everybody responded in both groups.",
    "率差以百分点计。Newcombe 1998（方法 10）；Miettinen 与 Nurminen 1985；Farrington 与 Manning 1990。"
    "Barnard：合并计分统计量，对公共率取最大 p；Boschloo：较小单侧 p 的两倍。"
    "短横：计数为 0 或两组全部有效时无定义。",
)
