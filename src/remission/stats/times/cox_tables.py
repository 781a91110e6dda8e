"""What a Cox regression found, printed and drawn."""

from dataclasses import dataclass

from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval
from remission.stats.tails import chi_square_above
from remission.stats.times.cox_likelihood import Ties
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Effect:
    """One covariate: log hazard ratio for one unit more, its standard error, hazard ratio and p.

    `interval` holds limits of the hazard ratio, None where no finite limit was found. Without Firth's
    penalty they and `p` are Wald's; with it they come from the profile of the penalised likelihood.
    """

    name: str
    coefficient: float
    standard_error: float
    hazard_ratio: float
    interval: Interval | None
    p: float


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A chi-square test."""

    name: str
    value: float
    degrees: int
    p: float


def chi_square(name: str, value: float, degrees: int) -> ChiSquare:
    """A chi-square test with its p."""
    return ChiSquare(name, value, degrees, chi_square_above(value, degrees))


@dataclass(frozen=True, slots=True)
class Baseline:
    """Cumulative hazard at all covariates 0 in one stratum: just after each event time."""

    stratum: str
    times: tuple[float, ...]
    hazard: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Proportional(Printable):
    """Does a coefficient change with time? One test for each covariate, and of all together.

    `residuals`: Schoenfeld's, one row for each event in order of stratum and time, one column for each
    covariate. `scale`: the function of time against which the change is tested.
    """

    scale: str
    tests: tuple[ChiSquare, ...]
    together: ChiSquare
    residuals: tuple[tuple[float, ...], ...]

    def printed(self) -> PrintedTable:
        """The tests."""
        rows = tuple(
            (test.name, f"{test.value:.4f}", str(test.degrees), f"{test.p:.4g}")
            for test in (*self.tests, self.together)
        )
        return PrintedTable(
            Text("Proportional hazards", "比例风险检验"),
            (Text("covariate", "协变量"), Text("chi-square", "卡方"), Text("df", "自由度"), Text("p", "p")),
            rows,
            (
                Text(
                    f"Score test of a coefficient that changes with time ({self.scale}); "
                    "Grambsch and Therneau 1994, Biometrika 81:515-526.",
                    f"系数随时间（{self.scale}）变化的得分检验；"
                    "Grambsch与Therneau 1994，Biometrika 81:515-526。",
                ),
            ),
        )


@dataclass(frozen=True, slots=True)
class Cox(Printable, Drawable):
    """A fitted Cox model of `n` people with `events` events.

    `covariance` is of the coefficients (the sandwich if `robust`). `log_likelihood`: at coefficients 0, and
    fitted (both with the penalty if `firth`). `tests`, that all coefficients are 0: likelihood ratio, Wald
    (robust if `robust`) and score (absent with Firth). `proportional` is None with Firth.
    """

    n: int
    events: int
    level: float
    ties: Ties
    firth: bool
    robust: bool
    effects: tuple[Effect, ...]
    covariance: tuple[tuple[float, ...], ...]
    log_likelihood: tuple[float, float]
    tests: tuple[ChiSquare, ...]
    baseline: tuple[Baseline, ...]
    proportional: Proportional | None

    def printed(self) -> PrintedTable:
        """The hazard ratios."""
        rows = tuple(
            (
                row.name,
                f"{row.coefficient:.4f}",
                f"{row.standard_error:.4f}",
                f"{row.hazard_ratio:.3f}",
                _limits(row.interval),
                f"{row.p:.4g}",
            )
            for row in self.effects
        )
        return PrintedTable(
            Text("Hazard ratios", "风险比"),
            (
                Text("covariate", "协变量"),
                Text("coefficient", "系数"),
                Text("standard error", "标准误"),
                Text("hazard ratio", "风险比"),
                Text(f"{100 * self.level:g} % interval", f"{100 * self.level:g}%区间"),
                Text("p", "p"),
            ),
            rows,
            (self._method(), self._all_tests()),
        )

    def _method(self) -> Text:
        ties = self.ties.value.capitalize()
        en = f"Cox regression, ties by {ties}; {self.n} people, {self.events} events."
        zh = f"Cox回归，{ties}法处理同时事件；{self.n}例，{self.events}个事件。"
        if self.firth:
            en += " Firth's penalty; limits and p from the profile likelihood (Heinze and Schemper 2001)."
            zh += "Firth惩罚；区间与p值来自剖面似然（Heinze与Schemper 2001）。"
        if self.robust:
            en += " Sandwich variance (Lin and Wei 1989)."
            zh += "三明治方差（Lin与Wei 1989）。"
        return Text(en, zh)

    def _all_tests(self) -> Text:
        said = "; ".join(f"{t.name}: {t.value:.3f} on {t.degrees} df, p = {t.p:.4g}" for t in self.tests)
        return Text(f"All coefficients 0: {said}.", f"全部系数为0的检验：{said}。")

    def chart(self) -> Forest:
        """Hazard ratios one below the other, on a log scale, against 1."""
        return Forest(
            "hazard-ratios",
            Text("Hazard ratios", "风险比"),
            Text(
                f"Hazard ratios of {len(self.effects)} covariates, {self.n} people, {self.events} events.",
                f"{self.n}例、{self.events}个事件中{len(self.effects)}个协变量的风险比。",
            ),
            Axis(Text("hazard ratio", "风险比"), Scale.LOG),
            tuple(_row(row) for row in self.effects),
            reference=1.0,
        )


def _row(row: Effect) -> Row:
    lower, upper = (None, None) if row.interval is None else (row.interval.lower, row.interval.upper)
    words = f"{row.hazard_ratio:.2f} ({_limits(row.interval)})"
    return Row(Text(row.name, row.name), row.hazard_ratio, lower, upper, words)


def _limits(interval: Interval | None) -> str:
    return "–" if interval is None else f"{interval.lower:.3f}–{interval.upper:.3f}"
