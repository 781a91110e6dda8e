"""Time to one event: Kaplan-Meier.

At a tied time, events come before censorings. The estimate at a time includes what happened at it.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile

# Below this distance a curve counts as having reached one half (products of fractions are rounded).
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Step:
    """The curve at `time`: people at risk just before it, events and censorings at it, survival after it.

    `standard_error` is Greenwood's, of the survival; None once survival is 0, where it is undefined.
    `interval` is log-log; None while survival is 1 and once it is 0, where it is undefined.
    """

    time: float
    at_risk: int
    events: int
    censored: int
    survival: float
    standard_error: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """A survival curve of `n` people, one step for each distinct time, in order of time.

    `median` is the first time at which survival is at most one half, None if it is not reached.
    `median_lower` and `median_upper` are the first times at which the lower and the upper confidence
    limit are at most one half (Brookmeyer and Crowley 1982, doi:10.2307/2530286), None if not reached.
    """

    n: int
    level: float
    steps: tuple[Step, ...]
    median: float | None
    median_lower: float | None
    median_upper: float | None

    def at(self, time: float) -> Step | None:
        """The curve at any `time`; None past the last time if someone was event-free then (unknown)."""
        position = bisect_right(self.steps, time, key=lambda step: step.time)
        if position and self.steps[position - 1].time == time:
            return self.steps[position - 1]
        if position == 0:
            return Step(time, self.n, 0, 0, 1.0, 0.0, None)
        before = self.steps[position - 1]
        at_risk = before.at_risk - before.events - before.censored
        if at_risk == 0 and before.survival > 0:
            return None
        return Step(time, at_risk, 0, 0, before.survival, before.standard_error, before.interval)


def kaplan_meier(times: Sequence[float], observed: Sequence[bool], level: float = 0.95) -> KaplanMeier:
    """Survival from times of event or censoring.

    Parameters
    ----------
    times : sequence of float, length n
        From each person's origin to the event or to the last time known free of it; any unit, >= 0.
    observed : sequence of bool, length n
        True if the event happened at that time, False if the person was censored then.
    level : float
        Confidence level of every interval.

    Raises
    ------
    InputRefused
        For nobody at all, unequal lengths, or a time that is negative or not finite.

    References
    ----------
    Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452; log-log limits: Kalbfleisch and Prentice
    2002, doi:10.1002/9781118032985
    """
    check_level(level)
    check_times(times, len(observed))
    z = normal_quantile((1 + level) / 2)
    counts: dict[float, list[int]] = {}
    for time, event in zip(times, observed, strict=True):
        counts.setdefault(time, [0, 0])[0 if event else 1] += 1
    steps: list[Step] = []
    at_risk, survival, greenwood = len(times), 1.0, 0.0
    for time in sorted(counts):
        events, censored = counts[time]
        survival *= (at_risk - events) / at_risk
        if at_risk > events:
            greenwood += events / (at_risk * (at_risk - events))
        error = survival * math.sqrt(greenwood) if survival > 0 else None
        limits = log_log(survival, error, z, level)
        steps.append(Step(time, at_risk, events, censored, survival, error, limits))
        at_risk -= events + censored
    return KaplanMeier(
        n=len(times),
        level=level,
        steps=tuple(steps),
        median=_first_at_half((step.time, step.survival) for step in steps),
        median_lower=_first_at_half((step.time, _limits(step)[0]) for step in steps),
        median_upper=_first_at_half((step.time, _limits(step)[1]) for step in steps),
    )


def numbers_at_risk(times: Sequence[float], at: Sequence[float]) -> tuple[int, ...]:
    """How many are still under observation and event-free just before each time in `at` (their time >= it).

    Raises
    ------
    InputRefused
        For nobody at all, or a time that is negative or not finite.
    """
    check_times(times, len(times))
    ordered = sorted(times)
    return tuple(len(ordered) - bisect_left(ordered, time) for time in at)


def log_log(probability: float, standard_error: float | None, z: float, level: float) -> Interval | None:
    """Limits probability^exp(+-z se / (probability |ln probability|)); None at 0, 1 or without an error."""
    if not 0 < probability < 1 or not standard_error:
        return None
    width = z * standard_error / (probability * -math.log(probability))
    # A very wide interval: the exponent leaves the range of floats, the limit is 0 or 1.
    return Interval(probability ** math.exp(min(width, 700.0)), probability ** math.exp(-width), level)


def check_times(times: Sequence[float], others: int) -> None:
    """Refuse no times, a number of them other than `others`, and times that are negative or not finite."""
    if len(times) == 0 or len(times) != others:
        raise InputRefused(
            f"{len(times)} times, {others} outcomes",
            where="times",
            do="give one outcome for each time, at least one",
        )
    for place, time in enumerate(times, start=1):
        if not (math.isfinite(time) and time >= 0):
            raise InputRefused(
                f"{time!r} is not a time", where=f"time {place}", do="give a finite time, 0 or later"
            )


def _limits(step: Step) -> tuple[float, float]:
    """Confidence limits as a curve. Undefined ones show nothing: the upper stays 1, the lower 1 or 0."""
    if step.interval is None:
        return step.survival, 1.0
    return step.interval.lower, step.interval.upper


def _first_at_half(curve: Iterable[tuple[float, float]]) -> float | None:
    return next((time for time, value in curve if value <= 0.5 + _ROUNDING), None)
