"""The one-sample log-rank test: events seen against those a historical curve would give the same people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.counts import poisson_interval
from remission.stats.interval import Interval, check_level
from remission.stats.tails import (
    binomial_probabilities,
    gamma_quantile,
    normal_above,
    normal_quantile,
    poisson_at_least,
    poisson_at_most,
)
from remission.stats.times.historical import Historical, PiecewiseExponential
from remission.stats.times.risk_sets import Numbers, checked_outcomes, checked_times
from remission.terms.words import Text

_FEW, _ROUGH = 20.0, 15.0  # expected events below which (O + E) / 2, and any normal approximation, mislead
_NOTED = 0.025  # the one-sided level whose true size is printed
_NEVER = 1e-13  # probabilities and variances below it do not count
_NODES = 64  # Gauss-Legendre points between two corners of the integrands


class Variance(StrEnum):
    """What stands for the variance of observed minus expected events."""

    EXPECTED = "E"  # Breslow 1975
    MEAN = "(O + E) / 2"  # Wu 2014: rejects far too often where few events are expected (see `poisson_size`)


@dataclass(frozen=True, slots=True)
class OneSample(Printable):
    """`observed` events of `n` people where the historical curve expects `expected`.

    `z_expected` and `z_mean` are (O - E) over the root of E (Breslow) and of (O + E) / 2 (Wu); below 0 means
    fewer events than expected. `p_exact` is the one to decide by: P(X <= O) of a Poisson mean E; `p_expected`
    and `p_mean` are normal approximations. All three are one-sided, for fewer events. `ratio` is O / E with
    its exact Poisson interval.
    """

    n: int
    observed: int
    expected: float
    z_expected: float
    z_mean: float
    p_expected: float
    p_mean: float
    p_exact: float
    p_exact_two_sided: float
    ratio: float
    interval: Interval

    def printed(self) -> PrintedTable:
        """The tests, one row each: the exact one first."""
        few = self.expected < _FEW
        mean = Variance.MEAN.value + (" *" if few else "")
        return PrintedTable(
            Text("One-sample log-rank test", "单样本对数秩检验"),
            (
                Text("variance", "方差"),
                Text("z", "z"),
                Text("p, fewer events", "p（事件更少）"),
            ),
            (
                (Text("exact Poisson", "精确Poisson"), "–", f"{self.p_exact:.4g}"),
                (Variance.EXPECTED.value, f"{self.z_expected:.4f}", f"{self.p_expected:.4g}"),
                (mean, f"{self.z_mean:.4f}", f"{self.p_mean:.4g}"),
            ),
            (
                Text(
                    f"{self.observed} events of {self.n} people, {self.expected:.3f} expected; ratio "
                    f"{self.ratio:.3f} ({self.interval.lower:.3f} to {self.interval.upper:.3f}).",
                    f"{self.n}例中{self.observed}个事件，期望 {self.expected:.3f}；比值 "
                    f"{self.ratio:.3f}（{self.interval.lower:.3f} 至 {self.interval.upper:.3f}）。",
                ),
                Text(
                    "The exact Poisson p decides; the others are normal approximations to it.",
                    "以精确Poisson p值为准；其余为其正态近似。",
                ),
                *((self._too_often(),) if few else ()),
                Text("Breslow 1975; Woolson 1981; Wu 2014.", "Breslow 1975；Woolson 1981；Wu 2014。"),
            ),
        )

    def _too_often(self) -> Text:
        size = 100 * poisson_size(self.expected, _NOTED, Variance.MEAN)
        return Text(
            f"* With so few expected events, p <= {_NOTED:g} by this variance comes in {size:.1f} % of "
            "trials without any difference.",
            f"* 期望事件如此之少时，若无差异，按此方差得到p ≤ {_NOTED:g}的试验占{size:.1f}%。",
        )


def poisson_size(expected: float, alpha: float, variance: Variance) -> float:
    """How often the normal test rejects when events are Poisson with mean `expected`: P(z <= -z_alpha).

    Parameters
    ----------
    expected : float
        E, above 0.
    alpha : float
        One-sided.
    variance : Variance

    Raises
    ------
    InputRefused
        For an `expected` not above 0 or an alpha not between 0 and 1.
    """
    check_level(1 - alpha)
    if not 0 < expected < math.inf:
        raise InputRefused(
            f"{expected!r} expected events", where="one-sample log-rank test", do="give a number above 0"
        )
    z = normal_quantile(1 - alpha)
    few = -1  # the most events with which it rejects
    while few + 1 <= expected and _z(few + 1, expected, variance) <= -z:
        few += 1
    return poisson_at_most(few, expected)


def _z(count: int, expected: float, variance: Variance) -> float:
    null = expected if variance is Variance.EXPECTED else (count + expected) / 2
    return (count - expected) / math.sqrt(null)


def one_sample_log_rank(
    times: Sequence[float], observed: Sequence[bool], historical: Historical, level: float = 0.95
) -> OneSample:
    """Test whether events are fewer than under a historical curve taken as known.

    Parameters
    ----------
    times : sequence of float, length n
        To the event or to censoring, in the unit of the historical curve.
    observed : sequence of bool, length n
    historical : PiecewiseExponential or StepCurve
        Its own uncertainty is not in the test.
    level : float
        Of the interval of observed / expected.

    Raises
    ------
    InputRefused
        For a bad time or outcome, a time at which the curve says nothing, or no expected event.

    References
    ----------
    Breslow 1975, International Statistical Review 43:45-57; Woolson 1981, Biometrics 37:687-696; Finkelstein,
    Muzikansky and Schoenfeld 2003, Journal of the National Cancer Institute 95:1434-1439; the
    variance (O + E) / 2: Wu 2014, "A new one-sample log-rank test", Journal of Biometrics and Biostatistics
    5:210
    """
    check_level(level)
    values = checked_times(times, len(observed))
    count = int(checked_outcomes(observed).sum())
    expected = float(historical.cumulative_hazard(values).sum())
    if expected <= 0:
        raise InputRefused(
            "no event expected",
            where="one-sample log-rank test",
            do="give people observed while the historical hazard is above 0",
        )
    z_expected, z_mean = (_z(count, expected, variance) for variance in Variance)
    below = poisson_at_most(count, expected)
    limits = poisson_interval(count, level)
    return OneSample(
        n=len(values),
        observed=count,
        expected=expected,
        z_expected=z_expected,
        z_mean=z_mean,
        p_expected=normal_above(-z_expected),
        p_mean=normal_above(-z_mean),
        p_exact=below,
        p_exact_two_sided=min(1.0, 2 * min(below, poisson_at_least(count, expected))),
        ratio=count / expected,
        interval=Interval(limits.lower / expected, limits.upper / expected, level),
    )


@dataclass(frozen=True, slots=True)
class OneSamplePlan(Printable):
    """A trial judged by the one-sample log-rank test: people, events seen and expected, and power.

    `power` is that of the normal test with `variance` by Wu's formula, `power_exact` that of the exact
    Poisson test. `events` and `expected` are means over trials if the hazard ratio is true.
    """

    n: int
    power: float
    power_exact: float
    events: float
    expected: float
    hazard_ratio: float
    alpha: float
    accrual: float
    follow_up: float
    variance: Variance

    def printed(self) -> PrintedTable:
        """The plan in one row."""
        return PrintedTable(
            Text("One-sample log-rank design", "单样本对数秩设计"),
            (
                Text("n", "例数"),
                Text("power", "把握度"),
                Text("power of the exact test", "精确检验把握度"),
                Text("events", "事件"),
                Text("expected under history", "按历史曲线期望"),
            ),
            (
                (
                    str(self.n),
                    f"{self.power:.4f}",
                    f"{self.power_exact:.4f}",
                    f"{self.events:.2f}",
                    f"{self.expected:.2f}",
                ),
            ),
            (
                Text(
                    f"Hazard ratio {self.hazard_ratio:g}, one-sided alpha {self.alpha:g}, uniform accrual "
                    f"over {self.accrual:g}, then {self.follow_up:g} of follow-up; variance "
                    f"{self.variance.value}. "
                    "Power by normal approximation (Wu 2015), and of the exact Poisson test.",
                    f"风险比 {self.hazard_ratio:g}，单侧α {self.alpha:g}，均匀入组 {self.accrual:g}，"
                    f"随访 {self.follow_up:g}；方差 {self.variance.value}。"
                    f"把握度：正态近似（Wu 2015）与精确Poisson检验。",
                ),
                *((self._warned(),) if self.expected < _ROUGH else ()),
            ),
        )

    def _warned(self) -> Text:
        return Text(
            f"Fewer than {_ROUGH:g} events expected: a normal approximation is rough; go by the exact test.",
            f"期望事件少于{_ROUGH:g}：正态近似粗略，请以精确检验为准。",
        )


def one_sample_power(
    n: int,
    historical: PiecewiseExponential,
    hazard_ratio: float,
    *,
    alpha: float,
    accrual: float,
    follow_up: float,
    variance: Variance = Variance.EXPECTED,
) -> OneSamplePlan:
    """The power of `n` people entered uniformly over `accrual`, all followed until `follow_up` after it.

    Parameters
    ----------
    n : int
    historical : PiecewiseExponential
    hazard_ratio : float
        The truth, below 1: fewer events than the historical curve.
    alpha : float
        One-sided.
    accrual, follow_up : float
        In the unit of the curve; one of them above 0.
    variance : Variance
        Of the normal test. EXPECTED errs by giving a little more power than asked; with MEAN the power is
        overstated where few events are expected (0.806 said, 0.75 true, for a hazard ratio of 0.3).

    Raises
    ------
    InputRefused
        For n below 1, a hazard ratio not between 0 and 1, a bad alpha, or no time of observation.

    References
    ----------
    Wu 2015, doi:10.1002/pst.1654; with MEAN: Wu 2014, Journal of Biometrics and Biostatistics 5:210
    """
    check_level(1 - alpha)
    if n < 1 or not 0 < hazard_ratio < 1 or min(accrual, follow_up) < 0 or not accrual + follow_up > 0:
        raise InputRefused(
            f"n {n}, hazard ratio {hazard_ratio:g}, accrual {accrual:g}, follow-up {follow_up:g}",
            where="one-sample log-rank design",
            do="give n >= 1, a hazard ratio between 0 and 1, and a time of observation",
        )
    one = _person(historical, hazard_ratio, accrual, follow_up)
    shift = math.sqrt(n) * (one.expected - one.events) - normal_quantile(1 - alpha) * one.null(variance)
    return OneSamplePlan(
        n, normal_above(-shift / one.deviation), _power_exact(one, n, alpha), n * one.events,
        n * one.expected, hazard_ratio, alpha, accrual, follow_up, variance,
    )  # fmt: skip


def one_sample_size(
    historical: PiecewiseExponential,
    hazard_ratio: float,
    *,
    alpha: float,
    power: float,
    accrual: float,
    follow_up: float,
    variance: Variance = Variance.EXPECTED,
) -> OneSamplePlan:
    """The fewest people with at least `power`; parameters, `Raises` and source as in `one_sample_power`."""
    check_level(power)

    def of(n: int) -> OneSamplePlan:
        return one_sample_power(
            n, historical, hazard_ratio, alpha=alpha, accrual=accrual, follow_up=follow_up, variance=variance
        )

    of(1)  # refuses what is wrong
    one = _person(historical, hazard_ratio, accrual, follow_up)
    root = normal_quantile(1 - alpha) * one.null(variance) + normal_quantile(power) * one.deviation
    n = max(1, math.ceil((root / (one.expected - one.events)) ** 2 - 1e-9))
    return of(n)


@dataclass(frozen=True, slots=True)
class _Person:
    """One person of the trial: events and expected events, and the deviation of their difference.

    `with_event` and `without`: mean and variance of the expected events (of H at the time observed) among
    those with the event, and among the others.
    """

    events: float
    expected: float
    deviation: float
    with_event: tuple[float, float]
    without: tuple[float, float]

    def null(self, variance: Variance) -> float:
        """The root of what stands for the variance."""
        return math.sqrt(
            self.expected if variance is Variance.EXPECTED else (self.events + self.expected) / 2
        )


def _power_exact(one: _Person, n: int, alpha: float) -> float:
    """The power of the exact test: events are binomial; given them, expected events are a sum, so normal.

    With o events the test rejects if E is so large that P(X <= o) <= alpha for X Poisson with mean E.
    """
    chances = binomial_probabilities(n, np.array([one.events]))[0]
    total = 0.0
    for o in np.flatnonzero(chances > _NEVER).tolist():
        mean, variance = (o * a + (n - o) * b for a, b in zip(one.with_event, one.without, strict=True))
        needed = gamma_quantile(1 - alpha, o + 1)
        total += float(chances[o]) * normal_above((needed - mean) / math.sqrt(max(variance, _NEVER)))
    return total


def _person(
    historical: PiecewiseExponential, hazard_ratio: float, accrual: float, follow_up: float
) -> _Person:
    """Integrals over the time observed.

    With d the event, X the time observed and H the historical cumulative hazard: E d, E H(X), E d H(X),
    E H(X)^2 and E d H(X)^2.
    """
    end = accrual + follow_up
    corners = sorted({0.0, follow_up, end, *(cut for cut in historical.cuts if cut < end)})
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    sums = np.zeros(5)
    for low, high in pairwise(corners):
        t: Numbers = (low + high) / 2 + (high - low) / 2 * nodes
        hazard = historical.cumulative_hazard(t)
        piece = int(np.searchsorted(historical.cuts, (low + high) / 2, side="right"))
        waiting = np.minimum(1.0, (end - t) / accrual) if accrual > 0 else np.ones_like(t)
        dt = weights * (high - low) / 2 * waiting * np.exp(-hazard_ratio * hazard) * historical.rates[piece]
        sums += [
            hazard_ratio * dt.sum(),
            dt.sum(),
            hazard_ratio * (hazard * dt).sum(),
            2 * (hazard * dt).sum(),
            hazard_ratio * (hazard**2 * dt).sum(),
        ]
    events, expected, both, square, both_square = (float(part) for part in sums)
    events = min(1.0, events)
    none = max(1 - events, _NEVER)
    mean, other = both / events, (expected - both) / none
    return _Person(
        events,
        expected,
        math.sqrt(events + square - 2 * both - (events - expected) ** 2),
        (mean, both_square / events - mean**2),
        (other, (square - both_square) / none - other**2),
    )
