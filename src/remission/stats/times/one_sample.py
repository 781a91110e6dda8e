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
from remission.stats.tails import normal_above, normal_quantile, poisson_at_least, poisson_at_most
from remission.stats.times.historical import Historical, PiecewiseExponential
from remission.stats.times.risk_sets import Numbers, checked_outcomes, checked_times
from remission.terms.words import Text

_NODES = 64  # Gauss-Legendre points between two corners of the integrands


class Variance(StrEnum):
    """What stands for the variance of observed minus expected events."""

    EXPECTED = "E"  # Breslow 1975
    MEAN = "(O + E) / 2"  # Wu 2014: nearer the nominal size in small trials


@dataclass(frozen=True, slots=True)
class OneSample(Printable):
    """`observed` events of `n` people where the historical curve expects `expected`.

    `z_expected` and `z_mean` are (O - E) over the root of E (Breslow) and of (O + E) / 2 (Wu); below 0 means
    fewer events than expected. `p_expected`, `p_mean`, `p_exact` are one-sided, for fewer events; `p_exact`
    is P(X <= O) of a Poisson mean E. `ratio` is O / E with its exact Poisson interval.
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
        """The tests, one row each."""
        return PrintedTable(
            Text("One-sample log-rank test", "单样本对数秩检验"),
            (
                Text("variance", "方差"),
                Text("z", "z"),
                Text("p, fewer events", "p（事件更少）"),
            ),
            (
                (Variance.EXPECTED.value, f"{self.z_expected:.4f}", f"{self.p_expected:.4g}"),
                (Variance.MEAN.value, f"{self.z_mean:.4f}", f"{self.p_mean:.4g}"),
                (Text("exact Poisson", "精确Poisson"), "–", f"{self.p_exact:.4g}"),
            ),
            (
                Text(
                    f"{self.observed} events of {self.n} people, {self.expected:.3f} expected; ratio "
                    f"{self.ratio:.3f} ({self.interval.lower:.3f} to {self.interval.upper:.3f}).",
                    f"{self.n}例中{self.observed}个事件，期望 {self.expected:.3f}；比值 "
                    f"{self.ratio:.3f}（{self.interval.lower:.3f} 至 {self.interval.upper:.3f}）。",
                ),
                Text("Breslow 1975; Woolson 1981; Wu 2014.", "Breslow 1975；Woolson 1981；Wu 2014。"),
            ),
        )


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
        For a bad time, one at which the curve says nothing, or no expected event.

    References
    ----------
    Breslow 1975, International Statistical Review 43:45-57; Woolson 1981, Biometrics 37:687-696; Finkelstein,
    Muzikansky and Schoenfeld 2003, Journal of the National Cancer Institute 95:1434-1439; the
    variance (O + E) / 2: Wu 2014, "A new one-sample log-rank test"
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
    z_expected = (count - expected) / math.sqrt(expected)
    z_mean = (count - expected) / math.sqrt((count + expected) / 2)
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

    `events` and `expected` are means over trials if the hazard ratio is true.
    """

    n: int
    power: float
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
                Text("events", "事件"),
                Text("expected under history", "按历史曲线期望"),
            ),
            ((str(self.n), f"{self.power:.4f}", f"{self.events:.2f}", f"{self.expected:.2f}"),),
            (
                Text(
                    f"Hazard ratio {self.hazard_ratio:g}, one-sided alpha {self.alpha:g}, uniform accrual "
                    f"over {self.accrual:g}, then {self.follow_up:g} of follow-up; variance "
                    f"{self.variance.value}. "
                    "Normal approximation.",
                    f"风险比 {self.hazard_ratio:g}，单侧α {self.alpha:g}，均匀入组 {self.accrual:g}，"
                    f"随访 {self.follow_up:g}；方差 {self.variance.value}。正态近似。",
                ),
            ),
        )


def one_sample_power(
    n: int,
    historical: PiecewiseExponential,
    hazard_ratio: float,
    *,
    alpha: float,
    accrual: float,
    follow_up: float,
    variance: Variance = Variance.MEAN,
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

    Raises
    ------
    InputRefused
        For n below 1, a hazard ratio not between 0 and 1, a bad alpha, or no time of observation.

    References
    ----------
    Wu 2015, Pharmaceutical Statistics 14:26-33
    """
    check_level(1 - alpha)
    if n < 1 or not 0 < hazard_ratio < 1 or min(accrual, follow_up) < 0 or not accrual + follow_up > 0:
        raise InputRefused(
            f"n {n}, hazard ratio {hazard_ratio:g}, accrual {accrual:g}, follow-up {follow_up:g}",
            where="one-sample log-rank design",
            do="give n >= 1, a hazard ratio between 0 and 1, and a time of observation",
        )
    events, expected, spread = _moments(historical, hazard_ratio, accrual, follow_up)
    null = expected if variance is Variance.EXPECTED else (events + expected) / 2
    shift = math.sqrt(n) * (expected - events) - normal_quantile(1 - alpha) * math.sqrt(null)
    return OneSamplePlan(
        n, normal_above(-shift / math.sqrt(spread)), n * events, n * expected, hazard_ratio, alpha,
        accrual, follow_up, variance,
    )  # fmt: skip


def one_sample_size(
    historical: PiecewiseExponential,
    hazard_ratio: float,
    *,
    alpha: float,
    power: float,
    accrual: float,
    follow_up: float,
    variance: Variance = Variance.MEAN,
) -> OneSamplePlan:
    """The fewest people with at least `power`; parameters, `Raises` and source as in `one_sample_power`."""
    check_level(power)

    def of(n: int) -> OneSamplePlan:
        return one_sample_power(
            n, historical, hazard_ratio, alpha=alpha, accrual=accrual, follow_up=follow_up, variance=variance
        )

    of(1)  # refuses what is wrong
    events, expected, spread = _moments(historical, hazard_ratio, accrual, follow_up)
    null = expected if variance is Variance.EXPECTED else (events + expected) / 2
    root = normal_quantile(1 - alpha) * math.sqrt(null) + normal_quantile(power) * math.sqrt(spread)
    n = max(1, math.ceil((root / (expected - events)) ** 2 - 1e-9))
    return of(n)


def _moments(
    historical: PiecewiseExponential, hazard_ratio: float, accrual: float, follow_up: float
) -> tuple[float, float, float]:
    """For one person: the mean of events, of expected events, and the variance of their difference.

    With d the event, X the time observed and H the historical cumulative hazard: E d, E H(X), Var(d - H(X)).
    """
    end = accrual + follow_up
    corners = sorted({0.0, follow_up, end, *(cut for cut in historical.cuts if cut < end)})
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    sums = np.zeros(4)
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
        ]
    events, expected, both, square = (float(part) for part in sums)
    return events, expected, events + square - 2 * both - (events - expected) ** 2
