"""What two endpoints with gaps show: rates and intervals under each handling of the gaps.

Multiple imputation is summed, not drawn: the posterior of the completed table under a Dirichlet prior on the
four true cells, gaps ignorable given what was seen, is a finite sum. It is the limit of infinitely many
imputations, the same on every run. The limit on its size is `MOST_CELLS`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.pairs.cells import HANDLING_WORDS, Handling, PairCounts
from remission.stats.rates.proportions import clopper_pearson
from remission.stats.tails import student_quantile
from remission.terms.words import Text

Numbers = NDArray[np.float64]

JEFFREYS = 0.5  # prior of each true cell, as in the R package cat (da.cat)
MOST_CELLS = 20_000_000  # of the table of ways to fill the gaps: 160 MB
ALL_HANDLINGS = (Handling.FAILURE, Handling.EXCLUDED, Handling.IMPUTED)


@dataclass(frozen=True, slots=True)
class Completed:
    """How many of `n` people are truly negative on one endpoint: P(`lowest` + i) is `chances[i]`."""

    n: int
    lowest: int
    chances: tuple[float, ...]

    @property
    def rate(self) -> float:
        """The expected rate: the mean over all imputations."""
        return self.lowest / self.n + sum(i * chance for i, chance in enumerate(self.chances)) / self.n


def prior_of(*, nested: bool) -> Numbers:
    """Jeffreys' Dirichlet prior of the four true cells; nested: no positive-negative."""
    return np.array([JEFFREYS, JEFFREYS, 0.0 if nested else JEFFREYS, JEFFREYS])


def completed(strata: Sequence[PairCounts], *, nested: bool) -> tuple[Completed, Completed]:
    """The posterior of the negative counts had nothing been missing, for each endpoint.

    Each stratum is imputed from its own people; gaps are taken to know of the truth only what the other
    endpoint and the stratum say (missing at random).

    Parameters
    ----------
    strata : sequence of PairCounts
        One for each stratum; one in all where there are none.
    nested : bool
        Nobody is truly negative on the second endpoint and positive on the first.

    Raises
    ------
    InputRefused
        For no stratum; data that contradict `nested`; more gaps than can be summed over (`MOST_CELLS`).

    References
    ----------
    Schafer 1997, Analysis of Incomplete Multivariate Data, chapter 7 (the model, there by data augmentation)
    """
    from remission.stats.pairs.kernels_imputation import posterior

    if not strata:
        raise InputRefused("no counts", where="two endpoints", do="give the counts of at least one stratum")
    chances = [np.ones(1), np.ones(1)]
    for counts in strata:
        if nested:
            counts.check_nested()
        cells = np.array(counts.cells, dtype=np.int64)
        check_fills(cells.reshape(1, 9))
        table = posterior(cells, prior_of(nested=nested))
        for endpoint in (0, 1):
            own = table[endpoint, : counts.missing[endpoint] + 1]
            chances[endpoint] = np.convolve(chances[endpoint], own)
    n = sum(counts.n for counts in strata)
    seen = [sum(counts.negative[endpoint] for counts in strata) for endpoint in (0, 1)]
    one, two = (Completed(n, low, tuple(p.tolist())) for low, p in zip(seen, chances, strict=True))
    return one, two


def check_fills(tables: NDArray[np.int64]) -> None:
    """Refuse tables of nine counts, (tables, 9), whose gaps can be filled in too many ways to sum over."""
    a, b, c, d, e = (tables[:, place] for place in (2, 5, 6, 7, 8))
    if int(((a + c + e + 1) * (a + d + e + 1) * (b + c + e + 1)).max()) > MOST_CELLS:
        raise InputRefused(
            f"up to {int((a + b + c + d + e).max())} people with gaps cannot be summed over",
            where="two endpoints",
            do="impute within strata, or count gaps as failures",
        )


@dataclass(frozen=True, slots=True)
class Rated:
    """The rate of one endpoint under one handling.

    `negative` of `of`: the counts (under imputation `negative` is expected and may be a fraction).
    `rate` and `interval` are None where nobody is evaluable. `freedom`: degrees of freedom of the
    interval under imputation, else None: the interval is exact.
    """

    name: Text
    handling: Handling
    negative: float
    of: int
    rate: float | None
    interval: Interval | None
    freedom: float | None = None


@dataclass(frozen=True, slots=True)
class Estimates(Printable, Drawable):
    """The rates of two endpoints under several handlings of the gaps; `missing` of `n` for each endpoint."""

    rows: tuple[Rated, ...]
    n: int
    missing: tuple[int, int]
    level: float
    nested: bool
    strata: int

    def printed(self) -> PrintedTable:
        """One row for each endpoint and handling."""
        rows = tuple((row.name, HANDLING_WORDS[row.handling], *_words(row)) for row in self.rows)
        columns = (
            Text("endpoint", "终点"),
            Text("not evaluable", "不可评估"),
            Text("negative / of", "阴性/总数"),
            Text("rate", "率"),
            Text(f"{100 * self.level:g} % interval", f"{100 * self.level:g} % 区间"),
            Text("df", "自由度"),
        )
        return PrintedTable(Text("Rates of two endpoints", "两个终点的率"), columns, rows, self._notes())

    def chart(self) -> Forest:
        """The rates side by side."""
        rows = tuple(_forest_row(row) for row in self.rows)
        return Forest(
            "rates-by-handling",
            Text("Rates by handling of gaps", "按缺失处理方式的率"),
            Text(
                f"Rates of two endpoints in {self.n} people under {len(self.rows)} analyses.",
                f"{self.n} 例中两个终点的率，共 {len(self.rows)} 种分析。",
            ),
            Axis(Text("negative", "阴性率"), Scale.PERCENT, low=0, high=1),
            rows,
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        one, two = self.missing
        gaps = Text(
            f"Not evaluable: {one} and {two} of {self.n}.", f"不可评估：{self.n} 例中 {one} 例与 {two} 例。"
        )
        exact = Text("Intervals: Clopper-Pearson", "区间：Clopper-Pearson")
        if not any(row.freedom is not None for row in self.rows):
            return gaps, Text(exact.en + ".", exact.zh + "。")
        model = Text(", second nested in first", "，第二终点嵌套于第一终点") if self.nested else Text("", "")
        by_strata = Text("", "")
        if self.strata > 1:
            by_strata = Text(f", within {self.strata} strata", f"，在 {self.strata} 层内分别插补")
        return (
            gaps,
            Text(
                f"{exact.en}; under imputation Rubin's rules on the log-odds with Barnard and Rubin's "
                f"degrees of freedom, infinitely many imputations summed exactly (saturated table, Jeffreys "
                f"prior{model.en}{by_strata.en}).",
                f"{exact.zh}；插补采用对数优势上的 Rubin 规则与 Barnard-Rubin 自由度，"
                f"无限次插补精确求和（饱和模型，Jeffreys 先验{model.zh}{by_strata.zh}）。",
            ),
        )


def estimates(
    counts: PairCounts | Sequence[PairCounts],
    handlings: Sequence[Handling] = ALL_HANDLINGS,
    *,
    nested: bool,
    level: float = 0.95,
) -> Estimates:
    """The rate of each endpoint under each handling of what is not evaluable.

    Failure and exclusion give the exact (Clopper-Pearson) interval, and so does imputation of an endpoint
    without gaps. Imputation gives the mean rate over all completed tables, and Rubin's interval on the
    log-odds (half a person added to each side).

    Parameters
    ----------
    counts : PairCounts or a sequence of them
        The nine counts, or those of each stratum: imputation then stays within strata.
    handlings : sequence of Handling
    nested : bool
        Nobody is truly negative on the second endpoint and positive on the first; imputation uses it.
    level : float
        Confidence level, a fraction.

    Raises
    ------
    InputRefused
        As in `completed`; for no handling, or a level that is none.

    References
    ----------
    Rubin 1987, Multiple Imputation for Nonresponse in Surveys; Barnard and Rubin 1999, Biometrika 86:948-955
    """
    strata = (counts,) if isinstance(counts, PairCounts) else tuple(counts)
    check_level(level)
    if not strata or not handlings:
        raise InputRefused("no counts or no handling", where="two endpoints", do="give at least one of each")
    n = sum(stratum.n for stratum in strata)
    one, two = (sum(stratum.missing[endpoint] for stratum in strata) for endpoint in (0, 1))
    filled = completed(strata, nested=nested) if Handling.IMPUTED in handlings else None
    rows: list[Rated] = []
    for endpoint, lost in enumerate((one, two)):
        name, seen = strata[0].names[endpoint], sum(stratum.negative[endpoint] for stratum in strata)
        for handling in handlings:
            if lost == n:
                rows.append(Rated(name, handling, 0, 0, None, None))
            elif handling is Handling.IMPUTED and filled is not None and lost > 0:
                rows.append(_rubin(name, filled[endpoint], lost, level))
            else:
                of = n - lost if handling is Handling.EXCLUDED else n
                rows.append(Rated(name, handling, seen, of, seen / of, clopper_pearson(seen, of, level)))
    return Estimates(tuple(rows), n, (one, two), level, nested, len(strata))


def _rubin(name: Text, filled: Completed, lost: int, level: float) -> Rated:
    n, chances = filled.n, np.array(filled.chances)
    count = filled.lowest + np.arange(lost + 1)
    log_odds = np.log((count + 0.5) / (n - count + 0.5))
    within = float(chances @ (1 / (count + 0.5) + 1 / (n - count + 0.5)))
    middle = float(chances @ log_odds)
    between = float(chances @ (log_odds - middle) ** 2)
    total = within + between
    freedom = n / (n + 2) * (n - 1) * within / total  # Barnard and Rubin, infinitely many imputations
    half = student_quantile((1 + level) / 2, freedom) * math.sqrt(total)
    interval = Interval(_rate(middle - half), _rate(middle + half), level)
    return Rated(name, Handling.IMPUTED, filled.rate * n, n, filled.rate, interval, freedom)


def _rate(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds)) if log_odds > -700 else 0.0


def _words(row: Rated) -> tuple[str, Text | str, str, str]:
    if row.rate is None or row.interval is None:
        return "–", Text("not evaluable", "不可评估"), "–", "–"
    negative = f"{row.negative:.1f}" if row.freedom is not None else f"{row.negative:.0f}"
    limits = f"{100 * row.interval.lower:.1f}-{100 * row.interval.upper:.1f} %"
    return (
        f"{negative} / {row.of}",
        f"{100 * row.rate:.1f} %",
        limits,
        "–" if row.freedom is None else f"{row.freedom:.1f}",
    )


def _forest_row(row: Rated) -> Row:
    how = HANDLING_WORDS[row.handling]
    label = Text(f"{row.name.en}, {how.en}", f"{row.name.zh}，{how.zh}")
    if row.rate is None or row.interval is None:
        return Row(label, None, None, None)
    words = f"{100 * row.rate:.1f} % ({100 * row.interval.lower:.1f}-{100 * row.interval.upper:.1f})"
    return Row(label, row.rate, row.interval.lower, row.interval.upper, words)
