"""How many of the results that are not evaluable would have to be negative to change the conclusion."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Scale, Shades
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.pairs.cells import PairCounts
from remission.stats.pairs.rules import RULE_WORDS, Against, Rule, adjusted
from remission.stats.rates.proportions import binomial_p_greater
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class TippingPoint(Printable, Drawable):
    """The p-value of the trial for every number of gaps that might be negative.

    `p_values[i][j]`: with i of the first endpoint's gaps and j of the second's truly negative, everybody in
    the denominator; None where the endpoints being nested forbids it. `worst`: the fewest negative that
    are possible, `best`: the most; the conclusion can change only where one succeeds and the other not.
    """

    counts: PairCounts
    rule: Rule
    against: Against
    nested: bool
    p_values: tuple[tuple[float | None, ...], ...]
    worst: float
    best: float

    @property
    def certain(self) -> bool | None:
        """True or False: the trial succeeds or fails whatever the gaps were; None: they decide."""
        worst, best = self.worst <= self.against.alpha, self.best <= self.against.alpha
        return worst if worst == best else None

    @property
    def frontier(self) -> tuple[int | None, ...]:
        """For each number of negative gaps of the first endpoint, the fewest of the second for success."""
        alpha = self.against.alpha
        return tuple(
            next((j for j, p in enumerate(row) if p is not None and p <= alpha), None)
            for row in self.p_values
        )

    def printed(self) -> PrintedTable:
        """One row for each number of the first endpoint's gaps that might be negative."""
        one, two = self.counts.names
        gaps = self.counts.missing
        rows = tuple(
            (f"{i} / {gaps[0]}", *_row_words(row, fewest, gaps[1]))
            for i, (row, fewest) in enumerate(zip(self.p_values, self.frontier, strict=True))
        )
        return PrintedTable(
            Text("Tipping point", "临界点分析"),
            (
                Text(f"gaps negative, {one.en}", f"缺失为阴性：{one.zh}"),
                Text(f"fewest for success, {two.en}", f"成功所需最少：{two.zh}"),
                Text("p, none of them", "p（均非阴性）"),
                Text("p, all of them", "p（均为阴性）"),
            ),
            rows,
            self._notes(),
        )

    def chart(self) -> Shades:
        """The p-value for each pair of numbers."""
        one, two = self.counts.names
        columns = len(self.p_values[0])
        return Shades(
            "tipping-point",
            Text("Tipping point", "临界点分析"),
            Text(
                f"P-value for each number of gaps that might be negative: 0 to {len(self.p_values) - 1} of "
                f"the {one.en}, 0 to {columns - 1} of the {two.en}.",
                f"缺失结果若为阴性时的 p 值：{one.zh} 0 至 {len(self.p_values) - 1} 例，"
                f"{two.zh} 0 至 {columns - 1} 例。",
            ),
            Axis(Text(f"gaps negative, {two.en}", f"缺失为阴性：{two.zh}")),
            Axis(Text(f"gaps negative, {one.en}", f"缺失为阴性：{one.zh}")),
            tuple(float(j) for j in range(columns)),
            tuple(float(i) for i in range(len(self.p_values))),
            self.p_values,
            scale=Scale.NUMBER,
            notes=(*self._notes(), *self._line()),
            threshold=self.against.alpha,
        )

    def _line(self) -> tuple[Text, ...]:
        alpha = f"{self.against.alpha:g}"
        line = Text(f"Line: where p crosses alpha, {alpha}.", f"粗线：p 越过 α（{alpha}）之处。")
        return (line,) if self.certain is None else ()

    def _notes(self) -> tuple[Text, ...]:
        alpha, (one, two), rule = self.against.alpha, self.against.p0, RULE_WORDS[self.rule]
        verdict = {
            True: Text("Success whatever the gaps were.", "无论缺失结果如何均为成功。"),
            False: Text("No success whatever the gaps were.", "无论缺失结果如何均不成功。"),
            None: Text("The gaps decide.", "结论取决于缺失结果。"),
        }[self.certain]
        return (
            Text(
                f"Exact binomial against {one:g} and {two:g}, n = {self.counts.n}, one-sided "
                f"alpha {alpha:g}; {rule.en}.",
                f"精确二项检验，p0 为 {one:g} 与 {two:g}，n = {self.counts.n}，单侧 α {alpha:g}；{rule.zh}。",
            ),
            Text(
                f"Worst case p = {self.worst:.4g}, best case p = {self.best:.4g}. {verdict.en}",
                f"最差情形 p = {self.worst:.4g}，最好情形 p = {self.best:.4g}。{verdict.zh}",
            ),
        )


def tipping(counts: PairCounts, rule: Rule, against: Against, *, nested: bool) -> TippingPoint:
    """For which numbers of gaps counted as negative the conclusion changes.

    Parameters
    ----------
    counts : PairCounts
        The nine counts.
    rule : Rule
    against : Against
        p0 and one-sided alpha.
    nested : bool
        Nobody is truly negative on the second endpoint and positive on the first: combinations that
        contradict it are left out.

    Raises
    ------
    InputRefused
        For an endpoint nobody is evaluable for; data that contradict `nested`.

    References
    ----------
    Yan, Lee and Li 2009, Journal of Biopharmaceutical Statistics 19:1085-1098
    """
    if nested:
        counts.check_nested()
    for name, evaluable in zip(counts.names, counts.evaluable, strict=True):
        if evaluable == 0:
            raise InputRefused(
                f"nobody is evaluable on the {name.en}",
                where="tipping point",
                do="report the endpoint as not evaluable",
            )
    n, (seen_1, seen_2), (lost_1, lost_2) = counts.n, counts.negative, counts.missing
    first = [binomial_p_greater(seen_1 + i, n, against.p0[0]) for i in range(lost_1 + 1)]
    second = [binomial_p_greater(seen_2 + j, n, against.p0[1]) for j in range(lost_2 + 1)]
    grid = tuple(
        tuple(
            adjusted(rule, one, two).whole if not nested or _may_be(counts, i, j) else None
            for j, two in enumerate(second)
        )
        for i, one in enumerate(first)
    )
    known = [p for row in grid for p in row if p is not None]
    return TippingPoint(counts, rule, against, nested, grid, max(known), min(known))


def _may_be(counts: PairCounts, i: int, j: int) -> bool:
    """Whether i and j negative gaps can be where the second endpoint is nested in the first.

    A gap of the first beside a negative second is negative; a gap of the second beside a positive first is
    positive; of those missing both, no more are negative on the second than on the first.
    """
    (_, _, after_negative), _, (sure, open_, none) = counts.cells
    if not sure <= i <= sure + open_ + none:
        return False
    return j <= after_negative + min(none, i - sure)


def _row_words(row: tuple[float | None, ...], fewest: int | None, lost: int) -> tuple[Text | str, str, str]:
    known = [p for p in row if p is not None]
    if not known:
        return Text("cannot be", "不可能"), "–", "–"
    words = Text("none suffices", "均不足") if fewest is None else f"{fewest} / {lost}"
    return words, f"{known[0]:.4g}", f"{known[-1]:.4g}"
