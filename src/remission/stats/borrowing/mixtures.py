"""Mixtures of Beta distributions: a predictive prior in closed form, made robust, and updated by counts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.borrowing.log_odds import check_counts
from remission.stats.tails import Numbers, beta_at_most, log_gamma
from remission.terms.words import Text

_SUM = 1e-6  # printed weights are rounded


@dataclass(frozen=True, slots=True)
class BetaMixture(Printable, Drawable):
    """Beta(`a`, `b`) distributions with `weights` that sum to 1, one number for each component.

    Raises
    ------
    InputRefused
        For unequal lengths, a weight below 0, a sum that is not 1, or a parameter that is not above 0.
    """

    weights: tuple[float, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]

    def __post_init__(self) -> None:
        alike = len(self.weights) == len(self.a) == len(self.b) >= 1
        if not (alike and min(self.weights) >= 0 and abs(math.fsum(self.weights) - 1) <= _SUM):
            raise _refused(
                f"weights {self.weights}", "give a weight, a and b for each part; weights sum to 1"
            )
        if not all(math.isfinite(x) and x > 0 for x in (*self.a, *self.b)):
            raise _refused(f"parameters {self.a} and {self.b}", "give parameters above 0")

    @property
    def mean(self) -> float:
        """Mean of the rate."""
        return math.fsum(w * a / (a + b) for w, a, b in self.parts)

    @property
    def sd(self) -> float:
        """Standard deviation of the rate."""
        within = math.fsum(w * a * b / ((a + b) ** 2 * (a + b + 1)) for w, a, b in self.parts)
        between = math.fsum(w * (a / (a + b) - self.mean) ** 2 for w, a, b in self.parts)
        return math.sqrt(within + between)

    @property
    def parts(self) -> list[tuple[float, float, float]]:
        """Weight, a and b of each component."""
        return list(zip(self.weights, self.a, self.b, strict=True))

    def density(self, rates: Numbers) -> Numbers:
        """Density at `rates`, fractions; 0 at and beyond the ends 0 and 1."""
        inside = (rates > 0) & (rates < 1)
        safe = np.where(inside, rates, 0.5)
        total = np.zeros(safe.shape)
        for w, a, b in self.parts:
            constant = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
            total += w * np.exp(constant + (a - 1) * np.log(safe) + (b - 1) * np.log1p(-safe))
        return np.where(inside, total, 0.0)

    def at_most(self, rate: float) -> float:
        """Probability that the rate is at most `rate`."""
        if rate <= 0 or rate >= 1:
            return 0.0 if rate <= 0 else 1.0
        below = beta_at_most(np.array([rate]), np.array(self.a), np.array(self.b))
        return float(np.array(self.weights) @ below)

    def quantile(self, probability: float) -> float:
        """The rate below which the true one lies with `probability`, strictly between 0 and 1."""
        if not 0 < probability < 1:
            raise _refused(f"quantile at {probability!r}", "give a fraction strictly between 0 and 1")
        low, high = 0.0, 1.0
        for _ in range(70):
            middle = (low + high) / 2
            low, high = (middle, high) if self.at_most(middle) < probability else (low, middle)
        return (low + high) / 2

    def predictive(self, n: int) -> Numbers:
        """Chances of 0, 1, ... `n` responders among `n` new children (beta-binomial); (n + 1,)."""
        check_counts(0, n)
        counts = np.arange(n + 1.0)
        ways = _log_beta_binomial_ways(n, counts)
        return sum(
            (
                w * np.exp(ways + log_beta(a + counts, b + n - counts) - log_beta(a, b))
                for w, a, b in self.parts
            ),
            np.zeros(n + 1),
        )

    def updated(self, responders: int, n: int) -> "BetaMixture":
        """The posterior: each Beta takes the counts, each weight how well it foretold them."""
        check_counts(responders, n)
        a = np.array(self.a) + responders
        b = np.array(self.b) + n - responders
        with np.errstate(divide="ignore"):  # a weight of 0 stays 0
            logs = np.log(np.array(self.weights)) + log_beta(a, b)
        logs -= log_beta(np.array(self.a), np.array(self.b))
        weights = np.exp(logs - logs.max())
        return _mixture(weights / weights.sum(), a, b)

    def robust(self, weight: float, mean: float = 0.5, n: float = 1.0) -> "BetaMixture":
        """This mixture with a last, vague component of `weight`, worth about `n` children at `mean`.

        Its Beta has parameters mean (n + 1) and (1 - mean) (n + 1): uniform by default.

        References
        ----------
        Schmidli and others 2014, doi:10.1111/biom.12242
        """
        if not (0 < weight < 1 and 0 < mean < 1 and n >= 0):
            raise _refused(
                f"weight {weight!r}, mean {mean!r}, n {n!r} of a vague component",
                "give weight and mean strictly between 0 and 1, n from 0 on",
            )
        weights = (*((1 - weight) * w for w in self.weights), weight)
        return BetaMixture(weights, (*self.a, mean * (n + 1)), (*self.b, (1 - mean) * (n + 1)))

    def printed(self) -> PrintedTable:
        """Components, then mean, spread and quantiles."""
        components = tuple(
            (Text(f"component {k}", f"成分 {k}"), f"{w:.4f}", f"{a:.4f}", f"{b:.4f}", f"{a / (a + b):.4f}")
            for k, (w, a, b) in enumerate(self.parts, start=1)
        )
        lower, median, upper = (self.quantile(p) for p in (0.025, 0.5, 0.975))
        return PrintedTable(
            Text("Mixture of Beta distributions", "Beta 混合分布"),
            (Text("", ""), Text("weight", "权重"), Text("a", "a"), Text("b", "b"), Text("mean", "均值")),
            components,
            (
                Text(
                    f"Mean {self.mean:.4f}, sd {self.sd:.4f}; 2.5 % {lower:.4f}, median {median:.4f}, "
                    f"97.5 % {upper:.4f}.",
                    f"均值 {self.mean:.4f}，标准差 {self.sd:.4f}；2.5 % {lower:.4f}，中位数 {median:.4f}，"
                    f"97.5 % {upper:.4f}。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The density of the rate."""
        rates = np.linspace(0.0025, 0.9975, 200)
        points = tuple(zip(rates.tolist(), self.density(rates).tolist(), strict=True))
        return Curves(
            "beta-mixture",
            Text("Mixture of Beta distributions", "Beta 混合分布"),
            Text("Density of the rate.", "率的密度。"),
            Axis(Text("rate", "率"), Scale.PERCENT, 0.0, 1.0),
            Axis(Text("density", "密度"), low=0.0),
            (Line(Text("mixture", "混合分布"), points),),
        )


def beta(a: float, b: float) -> BetaMixture:
    """A single Beta(a, b)."""
    return BetaMixture((1.0,), (a,), (b,))


def log_beta(a: Numbers | float, b: Numbers | float) -> Numbers:
    """Logarithm of the beta function, element by element."""
    return log_gamma(np.asarray(a)) + log_gamma(np.asarray(b)) - log_gamma(np.asarray(a) + np.asarray(b))


def _log_beta_binomial_ways(n: int, counts: Numbers) -> Numbers:
    return log_gamma(np.array([n + 1.0])) - log_gamma(counts + 1) - log_gamma(n - counts + 1)


def _mixture(weights: Sequence[float] | Numbers, a: Numbers, b: Numbers) -> BetaMixture:
    return BetaMixture(
        tuple(float(w) for w in weights), tuple(float(x) for x in a), tuple(float(x) for x in b)
    )


def _refused(what: str, do: str) -> InputRefused:
    return InputRefused(what, where="mixture of Beta distributions", do=do)
