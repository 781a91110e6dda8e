"""Group-sequential boundaries for a normally distributed statistic, by numerical integration.

Times are information fractions t, the last 1. Boundaries are on the scale of the standardised statistic Z,
and on the direction that favours the treatment: stop for efficacy at Z >= upper, for futility at Z <= lower.
`drift` is the mean of Z at t = 1. Between looks Z sqrt(t) moves as a Brownian motion; its density over the
values where the trial goes on is carried from look to look on Gauss-Legendre nodes (Armitage, McPherson and
Rowe 1969).

Binding futility lets the upper boundary fall, because paths stopped below can no longer reject; it holds type
I error only if the trial really stops. Not binding (the default here, in rpact and in gsDesign's type 4): the
upper boundary is computed as if there were no lower one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.spending import Spending
from remission.stats.tails import normal_at_most, normal_quantile
from remission.terms.words import Text

Numbers = NDArray[np.float64]

_FAR = 9.5  # standard deviations; what lies beyond weighs less than 1e-20


@dataclass(frozen=True, slots=True)
class Crossing:
    """The chance to cross at each look: `below` (futility) and `above` (efficacy)."""

    below: tuple[float, ...]
    above: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class GroupSequential(Printable, Drawable):
    """Boundaries of a group-sequential design with its size relative to the trial of one look.

    `lower` is None where there is no futility stop; at the last look it equals `upper`. `spent_alpha` and
    `spent_beta` are cumulative. `inflation`: the largest information over that of the fixed design of the
    same alpha and power. `expected_null`, `expected_alternative`: mean information over that of the fixed
    design, when both boundaries are obeyed.
    """

    method: str
    fractions: tuple[float, ...]
    upper: tuple[float, ...]
    lower: tuple[float | None, ...]
    alpha: float
    beta: float
    binding: bool
    spent_alpha: tuple[float, ...]
    spent_beta: tuple[float, ...]
    drift: float
    inflation: float
    expected_null: float
    expected_alternative: float

    def printed(self) -> PrintedTable:
        """One row a look: information, boundaries, errors spent."""
        rows = tuple(
            (str(k), f"{t:.3f}", "–" if low is None else f"{low:.4f}", f"{high:.4f}", f"{a:.5f}", f"{b:.5f}")
            for k, (t, low, high, a, b) in enumerate(
                zip(self.fractions, self.lower, self.upper, self.spent_alpha, self.spent_beta, strict=True),
                start=1,
            )
        )
        return PrintedTable(
            Text("Group-sequential boundaries", "成组序贯界值"),
            (
                Text("look", "分析"),
                Text("information", "信息比例"),
                Text("futility: Z ≤", "无效：Z ≤"),
                Text("efficacy: Z ≥", "有效：Z ≥"),
                Text("alpha spent", "已耗 α"),
                Text("beta spent", "已耗 β"),
            ),
            rows,
            (
                Text(
                    f"{self.method}; one-sided alpha {self.alpha:g}, power {1 - self.beta:g}; futility "
                    f"{'binding' if self.binding else 'not binding'}.",
                    f"{self.method}；单侧 α {self.alpha:g}，检验效能 {1 - self.beta:g}；无效界值"
                    f"{'有' if self.binding else '无'}约束力。",
                ),
                Text(
                    f"Largest size {self.inflation:.4f} of a trial with one look; "
                    f"expected {self.expected_null:.4f} without effect, "
                    f"{self.expected_alternative:.4f} with it.",
                    f"最大样本量为单次分析试验的 {self.inflation:.4f} 倍；"
                    f"期望：无效应时 {self.expected_null:.4f}，有效应时 {self.expected_alternative:.4f}。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """Both boundaries against information."""
        low = tuple((t, z) for t, z in zip(self.fractions, self.lower, strict=True) if z is not None)
        high = tuple(zip(self.fractions, self.upper, strict=True))
        lines = (Line(Text("efficacy", "有效"), high, marked=True),)
        return Curves(
            "group-sequential",
            Text("Group-sequential boundaries", "成组序贯界值"),
            Text("Z at which the trial stops, by information.", "试验停止时的 Z 值，按信息比例。"),
            Axis(Text("information fraction", "信息比例"), low=0, high=1),
            Axis(Text("Z", "Z")),
            (*lines, Line(Text("futility", "无效"), low, marked=True)) if low else lines,
        )


def crossing(
    fractions: Sequence[float], lower: Sequence[float | None], upper: Sequence[float | None], drift: float
) -> Crossing:
    """The chance to cross each boundary at each look, when Z at full information has mean `drift`.

    Parameters
    ----------
    fractions : (looks,) growing, above 0
    lower, upper : (looks,) on the scale of Z; None: no such stop at this look
    drift : float

    Raises
    ------
    InputRefused
        For fractions that do not grow from above 0, or another number of boundaries.
    """
    _check_fractions(fractions)
    if not len(lower) == len(upper) == len(fractions):
        raise InputRefused(
            f"{len(lower)} lower and {len(upper)} upper boundaries for {len(fractions)} looks",
            where="boundaries",
            do="give one of each for every look, None where there is none",
        )
    path, below, above = _Path.start(drift), list[float](), list[float]()
    ahead = [*fractions[1:], 2 * fractions[-1]]
    for t, later, low, high in zip(fractions, ahead, lower, upper, strict=True):
        step = path.to(t)
        a = -math.inf if low is None else low * math.sqrt(t)
        b = math.inf if high is None else high * math.sqrt(t)
        below.append(step.below(a))
        above.append(step.above(b))
        path = step.between(a, b, later)
    return Crossing(tuple(below), tuple(above))


def group_sequential(
    fractions: Sequence[float],
    alpha: float,
    efficacy: Spending,
    *,
    beta: float = 0.1,
    futility: Spending | None = None,
    binding: bool = False,
) -> GroupSequential:
    """Boundaries by error spending, and the inflation of the sample size for power 1 - beta.

    Parameters
    ----------
    fractions : information at each look as a fraction of the largest; growing, the last 1
    alpha : one-sided
    efficacy, futility : how alpha and beta are spent; no `futility`: no lower boundary
    binding : whether the upper boundary counts on futility stops being obeyed

    Raises
    ------
    InputRefused
        For fractions that do not grow to 1, errors that are no fractions, or alpha + beta >= 1.

    References
    ----------
    Lan and DeMets 1983, doi:10.1093/biomet/70.3.659; Jennison and Turnbull 2000, Group Sequential Methods
    with Applications to Clinical Trials, chapters 7 and 19
    """
    _check_errors(fractions, alpha, beta)
    spent = [efficacy.spent(alpha, t) for t in fractions]
    lost = None if futility is None else [futility.spent(beta, t) for t in fractions]
    words = f"alpha: {efficacy.name}" + ("" if futility is None else f"; beta: {futility.name}")
    return by_errors(fractions, spent, lost, beta=beta, binding=binding, method=words)


def by_errors(
    fractions: Sequence[float],
    spent_alpha: Sequence[float],
    spent_beta: Sequence[float] | None,
    *,
    beta: float,
    binding: bool = False,
    method: str = "errors as given",
) -> GroupSequential:
    """The same from the cumulative errors themselves, for a spending that has no name.

    `spent_alpha` and `spent_beta` grow; the last of each is the whole error. `Raises` as in
    `group_sequential`.
    """
    alpha = spent_alpha[-1]
    _check_errors(fractions, alpha, beta)
    gains = np.diff(np.array([0.0, *spent_alpha])).tolist()
    if spent_beta is None:
        upper, none = _both(fractions, gains, None, 0.0, binding=False), (None,) * (len(fractions) - 1)
        drift = _root(
            lambda d: sum(crossing(fractions, (*none, None), upper[1], d).above) - (1 - beta), 0, 40
        )
        return _finished(method, fractions, upper[1], (*none, upper[1][-1]), alpha, beta, False, drift)
    losses = np.diff(np.array([0.0, *spent_beta])).tolist()

    def spared(drift: float) -> float:
        low, high = _both(fractions, gains, losses, drift, binding=binding)
        if len(low) < len(fractions):
            return 1.0  # the boundaries met before the last look: more drift than needed
        return losses[-1] - crossing(fractions, low, high, drift).below[-1]

    drift = _root(spared, 0.01, 40)
    low, high = _both(fractions, gains, losses, drift, binding=binding)
    return _finished(method, fractions, high, low, alpha, beta, binding, drift)


def wang_tsiatis(
    fractions: Sequence[float], alpha: float, *, beta: float = 0.1, shape: float
) -> GroupSequential:
    """Boundaries c t^(shape - 1/2): shape 0 is O'Brien and Fleming 1979, 1/2 Pocock 1977; no futility.

    `Raises` as in `group_sequential`.

    References
    ----------
    Wang and Tsiatis 1987, Biometrics 43:193-199
    """
    _check_errors(fractions, alpha, beta)
    none = (None,) * len(fractions)

    def bounds(c: float) -> tuple[float, ...]:
        return tuple(c * t ** (shape - 0.5) for t in fractions)

    c = _root(lambda c: alpha - sum(crossing(fractions, none, bounds(c), 0.0).above), 0, 20)
    drift = _root(lambda d: sum(crossing(fractions, none, bounds(c), d).above) - (1 - beta), 0, 40)
    lower = (*none[:-1], bounds(c)[-1])
    return _finished(f"Wang-Tsiatis, shape {shape:g}", fractions, bounds(c), lower, alpha, beta, False, drift)


def _both(
    fractions: Sequence[float], gains: list[float], losses: list[float] | None, drift: float, *, binding: bool
) -> tuple[list[float | None], list[float]]:
    """Lower and upper boundaries look by look; shorter than the looks where the two meet early."""
    null, truth = _Path.start(0.0), _Path.start(drift)
    lower, upper = list[float | None](), list[float]()
    ahead = [*fractions[1:], 2.0]
    for look, (t, later) in enumerate(zip(fractions, ahead, strict=True)):
        step, other = null.to(t), truth.to(t)
        b = _root(lambda b, step=step, look=look: gains[look] - step.above(b), *step.range())
        a = -math.inf
        if losses is not None and look < len(fractions) - 1:
            a = _root(lambda a, other=other, look=look: other.below(a) - losses[look], *other.range())
            if a >= b:
                break
        last = look == len(fractions) - 1
        lower.append(b / math.sqrt(t) if last else None if a == -math.inf else a / math.sqrt(t))
        upper.append(b / math.sqrt(t))
        null = step.between(a if binding else -math.inf, b, later)
        truth = other.between(a, b, later)
    return lower, upper


def _finished(
    method: str,
    fractions: Sequence[float],
    upper: Sequence[float],
    lower: Sequence[float | None],
    alpha: float,
    beta: float,
    binding: bool,
    drift: float,
) -> GroupSequential:
    rejected = crossing(fractions, lower if binding else (None,) * len(fractions), upper, 0.0).above
    null, truth = crossing(fractions, lower, upper, 0.0), crossing(fractions, lower, upper, drift)
    inflation = (drift / (normal_quantile(1 - alpha) + normal_quantile(1 - beta))) ** 2

    def expected(stops: Crossing) -> float:
        ends = zip(fractions, stops.below, stops.above, strict=True)
        return inflation * sum(t * (below + above) for t, below, above in ends)

    return GroupSequential(
        method, tuple(fractions), tuple(upper), tuple(lower), alpha, beta, binding,
        tuple(np.cumsum(rejected).tolist()), tuple(np.cumsum(truth.below).tolist()), drift, inflation,
        expected(null), expected(truth),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Path:
    """Paths still going on at time `t`: values of Z sqrt(t) with the weight of each."""

    drift: float
    t: float
    values: Numbers
    weights: Numbers

    @classmethod
    def start(cls, drift: float) -> "_Path":
        return cls(drift, 0.0, np.zeros(1), np.ones(1))

    def to(self, t: float) -> "_Step":
        return _Step(self, t, self.values + self.drift * (t - self.t), math.sqrt(t - self.t))


@dataclass(frozen=True, slots=True)
class _Step:
    """The same paths at a later time, each a normal cloud of this `spread` about its mean."""

    path: _Path
    t: float
    means: Numbers
    spread: float

    def above(self, b: float) -> float:
        return float(normal_at_most((self.means - b) / self.spread) @ self.path.weights)

    def below(self, a: float) -> float:
        return float(normal_at_most((a - self.means) / self.spread) @ self.path.weights)

    def range(self) -> tuple[float, float]:
        middle, far = self.path.drift * self.t, 38 * math.sqrt(self.t)
        return middle - far, middle + far

    def between(self, a: float, b: float, later: float) -> _Path:
        """The paths from `a` to `b`, on nodes fine enough for the step to time `later`."""
        middle, far = self.path.drift * self.t, _FAR * math.sqrt(self.t)
        a, b = max(a, middle - far), min(b, middle + far)
        if b <= a:
            return _Path(self.path.drift, self.t, np.zeros(1), np.zeros(1))
        finest = min(self.spread, math.sqrt(later - self.t))
        nodes, lengths = _nodes(16 * math.ceil((40 + 4 * (b - a) / finest) / 16))
        values = (a + b) / 2 + (b - a) / 2 * nodes
        far_off = (values[:, None] - self.means[None, :]) / self.spread
        density = (
            np.exp(-0.5 * far_off * far_off) @ self.path.weights / (self.spread * math.sqrt(2 * math.pi))
        )
        return _Path(self.path.drift, self.t, values, density * lengths * (b - a) / 2)


@lru_cache(maxsize=64)
def _nodes(count: int) -> tuple[Numbers, Numbers]:
    return np.polynomial.legendre.leggauss(count)


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function is 0; the nearer end where it is 0 nowhere between."""
    if rising(low) >= 0:
        return low
    if rising(high) <= 0:
        return high
    from scipy import optimize

    return float(cast(Any, optimize).brentq(rising, low, high, xtol=1e-13, rtol=1e-14, maxiter=200))


def _check_fractions(fractions: Sequence[float]) -> None:
    before = 0.0
    for place, t in enumerate(fractions, start=1):
        if not before < t < math.inf:
            raise InputRefused(f"fraction {t!r} after {before!r}", where=f"look {place}", do="let them grow")
        before = t
    if not fractions:
        raise InputRefused("no look", where="information fractions", do="give at least one")


def _check_errors(fractions: Sequence[float], alpha: float, beta: float) -> None:
    _check_fractions(fractions)
    if fractions[-1] != 1:
        raise InputRefused(
            f"{fractions[-1]!r} at the last look", where="information fractions", do="end at 1"
        )
    if not (0 < alpha < 1 and 0 < beta < 1 and alpha + beta < 1):
        raise InputRefused(
            f"alpha {alpha!r}, beta {beta!r}", where="errors", do="give fractions whose sum is below 1"
        )
