"""How often an interval of one rate holds the truth: exactly, at any true rate and at the worst."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Rule, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.tails import binomial_probabilities
from remission.terms.words import Text

Numbers = NDArray[np.float64]
_SAME = 1e-12  # limits closer than this are one limit, told apart by rounding only

Method = Callable[[int, int, float], Interval]


@dataclass(frozen=True, slots=True)
class Coverage(Printable, Drawable):
    """The chance that the interval holds each true rate, and its mean width there.

    `lowest`: the smallest coverage over all true rates, at the rate `lowest_at`; where the coverage jumps,
    the lower side.
    """

    method: str
    n: int
    level: float
    rates: tuple[float, ...]
    covered: tuple[float, ...]
    widths: tuple[float, ...]
    lowest: float
    lowest_at: float

    def printed(self) -> PrintedTable:
        """One row a true rate."""
        rows = tuple(
            (f"{rate:.4g}", f"{covered:.4f}", f"{width:.4f}")
            for rate, covered, width in zip(self.rates, self.covered, self.widths, strict=True)
        )
        title = f"{self.method}, n = {self.n}, {100 * self.level:g} %"
        return PrintedTable(
            Text(f"Coverage of {title}", f"覆盖率：{title}"),
            (Text("true rate", "真实率"), Text("coverage", "覆盖率"), Text("mean width", "平均宽度")),
            rows,
            (
                Text(
                    f"Exact, over all counts. Lowest of all: {self.lowest:.4f} near {self.lowest_at:.4f}.",
                    f"对所有计数精确计算。全部率中最低：{self.lowest:.4f}，在 {self.lowest_at:.4f} 附近。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """Coverage against the true rate, with the level as a rule."""
        return Curves(
            "coverage",
            Text("Coverage of the interval", "区间的覆盖率"),
            Text(f"{self.method}, n = {self.n}.", f"{self.method}，n = {self.n}。"),
            Axis(Text("true rate", "真实率"), Scale.PERCENT),
            Axis(Text("coverage", "覆盖率"), Scale.PERCENT, high=1),
            (Line(Text(self.method, self.method), tuple(zip(self.rates, self.covered, strict=True))),),
            (Rule(Text("confidence level", "置信水平"), self.level),),
        )


def coverage(method: Method, n: int, rates: Sequence[float], level: float = 0.95) -> Coverage:
    """The exact coverage of an interval function, at each true rate and at the worst of all.

    Parameters
    ----------
    method : function of (x, n, level) giving an Interval
        Such as `one.blaker` or `proportions.wilson`; its limits may not fall as x grows.
    n : int
        Participants.
    rates : sequence of float
        True rates, fractions from 0 to 1.
    level : float
        Confidence level asked of the method.

    Raises
    ------
    InputRefused
        For n below 1, no rate, a rate outside 0..1, or limits that fall as x grows.
    """
    check_level(level)
    if n < 1 or not rates or not all(0 <= rate <= 1 for rate in rates):
        raise InputRefused(
            f"n = {n}, true rates {list(rates)[:3]!r}",
            where="coverage",
            do="give n >= 1 and rates from 0 to 1",
        )
    limits = [method(x, n, level) for x in range(n + 1)]
    lower, upper = np.array([one.lower for one in limits]), np.array([one.upper for one in limits])
    if (np.diff(lower) < 0).any() or (np.diff(upper) < 0).any():
        raise InputRefused(
            "the limits fall as x grows",
            where="coverage",
            do="give an interval whose limits grow with the count",
        )
    truths = np.array(rates, dtype=np.float64)
    chances = binomial_probabilities(n, truths)
    held = (lower <= truths[:, None]) & (truths[:, None] <= upper)
    lowest, at = _lowest(lower, upper, n)
    return Coverage(
        getattr(method, "__name__", "interval").replace("_", " "),
        n,
        level,
        tuple(truths.tolist()),
        tuple((chances * held).sum(axis=1).tolist()),
        tuple((chances @ (np.minimum(upper, 1) - np.maximum(lower, 0))).tolist()),
        lowest,
        at,
    )


def _lowest(lower: Numbers, upper: Numbers, n: int) -> tuple[float, float]:
    """The infimum of the coverage, and where.

    Between two limits the counts that hold the truth are a run; their chance has one peak, so it is
    least at an end.
    """
    knots = np.unique(np.clip(np.concatenate([lower, upper, [0.0, 1.0]]), 0.0, 1.0))
    knots = knots[np.diff(knots, prepend=-1.0) > _SAME]
    middles = (knots[:-1] + knots[1:]) / 2
    held = (lower <= middles[:, None]) & (middles[:, None] <= upper)
    at_left = (binomial_probabilities(n, knots[:-1]) * held).sum(axis=1)
    at_right = (binomial_probabilities(n, knots[1:]) * held).sum(axis=1)
    values, places = np.concatenate([at_left, at_right]), np.concatenate([knots[:-1], knots[1:]])
    worst = int(values.argmin())
    return float(values[worst]), float(places[worst])
