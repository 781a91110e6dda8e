"""What a comparison with a historical control does under any true rate: power and type I error, exactly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Rule, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.borrowing.mixtures import beta
from remission.stats.control.control import CountsControl, FixedControl, HistoricalControl
from remission.stats.control.least import least_count
from remission.stats.control.two_counts import least_counts
from remission.stats.interval import check_level
from remission.stats.rates.proportions import critical_value
from remission.stats.tails import Numbers, binomial_at_least, log_gamma
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class ControlOperating(Printable, Drawable):
    """The chance that `n` treated children beat the control, at each true rate of theirs.

    `least`: the count that beats it. `rejects`: with the control as it is. `control_rate`: where the
    control's own children stand.
    """

    n: int
    alpha: float
    least: int | None
    control_rate: float
    rates: tuple[float, ...]
    rejects: tuple[float, ...]

    def printed(self) -> PrintedTable:
        """One row for each true rate."""
        return PrintedTable(
            Text("Chance to beat the control", "优于对照的概率"),
            (Text("true rate", "真实率"), Text("chance", "概率")),
            tuple((f"{r:.3f}", f"{p:.4f}") for r, p in zip(self.rates, self.rejects, strict=True)),
            self._notes(),
        )

    def chart(self) -> Curves:
        """The chance over the true rate."""
        return Curves(
            "control-operating",
            Text("Chance to beat the control", "优于对照的概率"),
            Text("Chance over the true rate of treated children.", "对治疗组真实率的概率。"),
            Axis(Text("true rate", "真实率"), Scale.PERCENT),
            Axis(Text("chance", "概率"), Scale.PERCENT, 0.0, 1.0),
            (Line(Text("rejects", "拒绝"), tuple(zip(self.rates, self.rejects, strict=True))),),
            (
                Rule(Text("alpha", "α"), self.alpha),
                Rule(Text("control", "对照"), self.control_rate, upright=True),
            ),
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        least = "-" if self.least is None else str(self.least)
        return (
            Text(
                f"{self.n} children, one-sided alpha {self.alpha:g}: beats the control from {least} "
                f"responders on; exact. The control's children: {self.control_rate:.3f}.",
                f"{self.n} 例，单侧 α {self.alpha:g}：缓解数不少于 {least} 即优于对照；精确计算。"
                f"对照率：{self.control_rate:.3f}。",
            ),
        )


def operating(
    control: HistoricalControl, n: int, rates: Sequence[float], *, alpha: float = 0.025, robust: bool = False
) -> ControlOperating:
    """Power at each true rate, the control being what it is (its own children are not drawn again).

    Parameters
    ----------
    control : HistoricalControl
    n : int
        Treated children.
    rates : sequence of float
        Their true rates.
    alpha : float
        One-sided.
    robust : bool
        For several studies: with the robust prior, else with the predictive prior itself.

    Raises
    ------
    InputRefused
        For no children, a rate outside 0..1, or alpha not strictly between 0 and 1.
    """
    _check(n, rates, alpha)
    least = least_count(control, n, alpha, robust=robust)
    chances = tuple(0.0 if least is None else binomial_at_least(least, n, rate) for rate in rates)
    return ControlOperating(n, alpha, least, control_rate(control), tuple(rates), chances)


def over_histories(
    control: FixedControl | CountsControl,
    n: int,
    rate: float,
    *,
    control_rate: float | None = None,
    alpha: float = 0.025,
) -> float:
    """The chance that `n` children of true `rate` beat a control whose own children are drawn anew.

    The same number of historical children, of true `control_rate`, give a rate or a count each time; the
    rule then runs as if that were known. With both rates equal it is the true type I error.

    Parameters
    ----------
    control : FixedControl or CountsControl
    n : int
        Treated children.
    rate : float
        Their true rate.
    control_rate : float, optional
        True rate of the historical children; `rate` when not given: the type I error.
    alpha : float
        One-sided, nominal.

    Raises
    ------
    InputRefused
        As `operating`.
    """
    truth = rate if control_rate is None else control_rate
    _check(n, (rate, truth), alpha)
    chances = binomial_chances(control.of, truth)
    met = np.flatnonzero(chances > 1e-16)
    if isinstance(control, FixedControl):
        least = [critical_value(n, float(x) / control.of, alpha) for x in met]
    else:
        known = least_counts(control.of, n, alpha)
        least = [known[int(x)] for x in met]
    powers = {k: 0.0 if k is None else binomial_at_least(k, n, rate) for k in set(least)}
    return math.fsum(float(chances[x]) * powers[k] for x, k in zip(met, least, strict=True))


def given_history(control: FixedControl | CountsControl, n: int, *, alpha: float = 0.025) -> float:
    """The chance to beat the control if treatment does nothing, over the rates its children leave possible.

    Their true rate has a uniform prior; the rule stays as it is. A trial planned on a lucky history has a
    chance far above alpha.

    Raises
    ------
    InputRefused
        As `operating`.
    """
    _check(n, (), alpha)
    least = least_count(control, n, alpha)
    if least is None:
        return 0.0
    truth = beta(control.responders + 1, control.of - control.responders + 1)
    return float(truth.predictive(n)[least:].sum())


def control_rate(control: HistoricalControl) -> float:
    """Where the control stands: the bar, or responders over children, of all studies together."""
    if isinstance(control, FixedControl):
        return control.bar
    if isinstance(control, CountsControl):
        return control.responders / control.of
    return sum(control.responders) / sum(control.of)


def binomial_chances(n: int, rate: float) -> Numbers:
    """Chances of 0, 1, ... `n` responders of `n` at a true rate; (n + 1,)."""
    counts = np.arange(n + 1.0)
    if rate in (0.0, 1.0):
        return np.where(counts == n * rate, 1.0, 0.0)
    ways = log_gamma(np.array([n + 1.0])) - log_gamma(counts + 1) - log_gamma(n - counts + 1)
    return np.exp(ways + counts * math.log(rate) + (n - counts) * math.log1p(-rate))


def _check(n: int, rates: Sequence[float], alpha: float) -> None:
    check_level(1 - alpha)
    if n < 1:
        raise InputRefused(f"{n!r} treated children", where="comparison with a control", do="give 1 or more")
    for rate in rates:
        if not 0 <= rate <= 1:
            raise InputRefused(f"{rate!r} is not a rate", where="true rate", do="give a fraction from 0 to 1")
