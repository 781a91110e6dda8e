"""A trial in one stage: the exact test, the smallest n that works, and the n from which every n works.

Power does not grow steadily with n: it falls whenever the critical count moves up by one (the sawtooth). So
two answers are given: `min_n`, the smallest n that works, and `safe_n`, from which every larger n works too,
so that one participant more than planned cannot cost the power.
"""

import math
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Rule, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.staged import Look, Staged
from remission.stats.interval import check_level
from remission.terms.words import Text

# An error rate reaches its limit when it agrees to this relative difference: 0.1 squared must not fail 0.01.
REACHED = 1 + 1e-12

_LARGEST = 20_000  # beyond it a single-arm trial is not what is wanted, and the search grows with its square


@dataclass(frozen=True, slots=True)
class OneStage:
    """Reject with at least `critical` responders of `n`; true `size` at p0 and `power` at p1.

    `critical` is n + 1 where no count rejects.
    """

    n: int
    critical: int
    size: float
    power: float

    @property
    def staged(self) -> Staged:
        """As a design of one look.

        Raises
        ------
        InputRefused
            Where no count of n rejects.
        """
        if self.critical > self.n:
            raise InputRefused(
                f"no count of {self.n} rejects", where="one stage", do="take a larger n or alpha"
            )
        return Staged((Look(self.n, self.critical - 1, self.critical),))


@dataclass(frozen=True, slots=True)
class Single(Printable, Drawable):
    """The one-stage designs for p0 against p1 at one-sided `alpha` with power 1 - `beta`.

    `tests`: the exact test at n = 1, 2, ... a little past `safe_n`. `proved_to`: every n from `safe_n` to
    here was computed; past it a bound on both error rates shows that every n works.
    """

    p0: float
    p1: float
    alpha: float
    beta: float
    smallest: OneStage
    safe: OneStage
    tests: tuple[OneStage, ...]
    proved_to: int

    @property
    def min_n(self) -> int:
        """The smallest n that works; a larger one may not."""
        return self.smallest.n

    @property
    def safe_n(self) -> int:
        """The smallest n from which on every n works."""
        return self.safe.n

    @property
    def working(self) -> tuple[OneStage, ...]:
        """The tests of `tests` that hold alpha and the power, by n."""
        return tuple(test for test in self.tests if _works(test, self.beta))

    def printed(self) -> PrintedTable:
        """The smallest and the safe design."""
        rows = tuple(
            (words, str(test.n), f"≥ {test.critical}", f"{test.size:.4f}", f"{test.power:.4f}")
            for words, test in (
                (Text("smallest n that works", "满足要求的最小例数"), self.smallest),
                (Text("every n from here works", "由此起任何例数均满足"), self.safe),
            )
        )
        return PrintedTable(
            Text("Single-stage designs", "单阶段设计"),
            (
                Text("design", "设计"),
                Text("n", "例数"),
                Text("reject with", "拒绝界值"),
                Text("size", "实际检验水准"),
                Text("power", "把握度"),
            ),
            rows,
            (
                Text(
                    f"Exact binomial test of p <= {self.p0:g} against p = {self.p1:g}, one-sided "
                    f"alpha {self.alpha:g}, power {1 - self.beta:g} (A'Hern 2001).",
                    f"精确二项检验：p <= {self.p0:g} 对 p = {self.p1:g}，单侧 alpha {self.alpha:g}，"
                    f"把握度 {1 - self.beta:g}（A'Hern 2001）。",
                ),
                Text(
                    f"Every n to {self.proved_to} was computed; past it Hoeffding's bound holds.",
                    f"至 {self.proved_to} 例逐一计算；此后由 Hoeffding 界保证两类错误。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The sawtooth of power against n; that of the size is `sizes`, on an axis of its own."""
        return self._sawtooth(
            "sawtooth",
            Text("Power by n", "把握度随例数的变化"),
            Text(
                f"Exact power at {self.p1:g}; it falls where the critical count moves up.",
                f"真实率 {self.p1:g} 时的精确把握度；界值上移处下降。",
            ),
            Line(Text("power", "把握度"), tuple((test.n, test.power) for test in self._drawn()), marked=True),
            Rule(Text("power asked", "要求的把握度"), 1 - self.beta),
        )

    @property
    def sizes(self) -> "Sizes":
        """The size against n, as a chart of its own."""
        return Sizes(
            self._sawtooth(
                "sawtooth-of-size",
                Text("Size by n", "检验水准随例数的变化"),
                Text(
                    f"Exact size at {self.p0:g}; it falls where the critical count moves up.",
                    f"真实率 {self.p0:g} 时的精确检验水准；界值上移处下降。",
                ),
                Line(
                    Text("size", "检验水准"),
                    tuple((test.n, test.size) for test in self._drawn()),
                    marked=True,
                ),
                Rule(Text("alpha", "alpha"), self.alpha),
            )
        )

    def _drawn(self) -> tuple[OneStage, ...]:
        return self.tests[max(0, self.min_n - 25) :]

    def _sawtooth(self, name: str, title: Text, description: Text, line: Line, asked: Rule) -> Curves:
        return Curves(
            name,
            title,
            description,
            Axis(Text("n", "例数")),
            Axis(line.name, Scale.PERCENT),
            (line,),
            (
                asked,
                Rule(Text(f"smallest n {self.min_n}", f"最小例数 {self.min_n}"), self.min_n, upright=True),
                Rule(Text(f"safe n {self.safe_n}", f"稳妥例数 {self.safe_n}"), self.safe_n, upright=True),
            ),
        )


@dataclass(frozen=True, slots=True)
class Sizes(Drawable):
    """The size of the exact test at each n, as `curves`."""

    curves: Curves

    def chart(self) -> Curves:
        """The sawtooth of the size."""
        return self.curves


def single(p0: float, p1: float, alpha: float, beta: float) -> Single:
    """The exact one-stage designs: the smallest n that works and the n from which every n works.

    Parameters
    ----------
    p0, p1 : float
        The rate not worth pursuing and the rate to be found, fractions, p0 < p1.
    alpha, beta : float
        One-sided type I error at p0 and type II error at p1, at most.

    Raises
    ------
    InputRefused
        For rates out of order, error rates outside 0..1, or a difference that needs more than 20,000.

    References
    ----------
    A'Hern 2001, Statistics in Medicine 20:859-866; Hoeffding 1963, Journal of the American Statistical
    Association 58:13-30
    """
    check_rates(p0, p1, alpha, beta)
    proved_to = _bound(p1 - p0, alpha, beta)
    tests = exact_tests(proved_to, p0, p1, alpha)
    first = next(place for place, test in enumerate(tests) if _works(test, beta))
    safe = proved_to - 1
    while safe > 0 and _works(tests[safe - 1], beta):
        safe -= 1
    return Single(p0, p1, alpha, beta, tests[first], tests[safe], tests[: safe + 15], proved_to)


def relaxed(
    p0: float, p1: float, alpha: float, beta: float, *, alpha_slack: float, power_slack: float
) -> OneStage:
    """The smallest one-stage design when both error rates may pass their limits by a little.

    The size may reach alpha + `alpha_slack`, the power fall to 1 - beta - `power_slack`; what they really are
    is in the result, and belongs into the protocol. `Raises` as in `single`, and for negative slack.

    References
    ----------
    Khan, Sarker and Hackshaw 2012, doi:10.1038/bjc.2012.444
    """
    if alpha_slack < 0 or power_slack < 0:
        raise InputRefused(
            f"slack {alpha_slack!r} and {power_slack!r}", where="slack", do="give 0 or a little more"
        )
    return single(p0, p1, alpha + alpha_slack, beta + power_slack).smallest


def exact_tests(largest: int, p0: float, p1: float, alpha: float) -> tuple[OneStage, ...]:
    """The exact one-sided test of p0 at each n = 1..largest, with its power at p1.

    `Raises` as in `single`.
    """
    from remission.stats.designs.kernels_single import every_n

    check_rates(p0, p1, alpha, 0.5)
    found = every_n(largest, float(p0), float(p1), alpha * REACHED).tolist()
    return tuple(
        OneStage(n, min(int(critical), n + 1), size, power)
        for n, (critical, size, power) in enumerate(found, start=1)
    )


def check_rates(p0: float, p1: float, alpha: float, beta: float) -> None:
    """Refuse rates that are not 0 < p0 < p1 < 1, and error rates that are not between 0 and 1."""
    if not 0 < p0 < p1 < 1:
        raise InputRefused(
            f"p0 = {p0!r} and p1 = {p1!r}", where="rates of the design", do="give 0 < p0 < p1 < 1"
        )
    check_level(1 - alpha)
    check_level(1 - beta)


def _works(test: OneStage, beta: float) -> bool:
    return 1 - test.power <= beta * REACHED


def _bound(difference: float, alpha: float, beta: float) -> int:
    """An n from which on both error rates hold for certain.

    By Hoeffding a count n p0 + sqrt(n log(1/alpha) / 2) rejects at alpha, and fewer responders than that come
    with a chance of at most beta at p1 once it lies sqrt(n log(1/beta) / 2) below n p1.
    """
    roots = math.sqrt(math.log(1 / alpha) / 2) + math.sqrt(math.log(1 / beta) / 2)
    largest = math.ceil((roots / difference) ** 2)
    if largest > _LARGEST:
        raise InputRefused(
            f"a difference of {difference:.4g} may need {largest} participants",
            where="rates of the design",
            do="take rates further apart, or larger error rates",
        )
    return largest
