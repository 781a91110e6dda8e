"""Time to the first of several kinds of event: cumulative incidence by Aalen and Johansen.

Events tied at one time, of whatever kind, share one risk set and come before censorings; nothing is
broken at random, so equal data give equal numbers.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile
from remission.stats.times.survival import check_times, log_log

CENSORED = 0


@dataclass(frozen=True, slots=True)
class Step:
    """The curve at `time`: at risk just before it, and after what happened at it.

    `events` are of the cause asked for, `competing` of any other. `incidence` is the probability to have
    had the event by then, `event_free` to have had none of any kind. `interval` is log-log, None while
    incidence is 0 and where it is 1.
    """

    time: float
    at_risk: int
    events: int
    competing: int
    censored: int
    incidence: float
    event_free: float
    standard_error: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class CumulativeIncidence:
    """The incidence of one cause in `n` people, one step for each distinct time, in order of time."""

    n: int
    cause: int
    level: float
    steps: tuple[Step, ...]

    def at(self, time: float) -> Step | None:
        """The curve at any `time`; None past the last time if someone was event-free then (unknown)."""
        position = bisect_right(self.steps, time, key=lambda step: step.time)
        if position == 0:
            return Step(time, self.n, 0, 0, 0, 0.0, 1.0, 0.0, None)
        last = self.steps[position - 1]
        if last.time == time:
            return last
        at_risk = last.at_risk - last.events - last.competing - last.censored
        if at_risk == 0 and last.event_free > 0:
            return None
        return Step(
            time, at_risk, 0, 0, 0, last.incidence, last.event_free, last.standard_error, last.interval
        )


@dataclass(slots=True)
class _Variance:
    """Variances of event-free probability and incidence, and their covariance, carried from time to time.

    At each time the hazards are multinomial given the risk set; first-order (delta) propagation gives
    Greenwood's variance for one cause.
    """

    free: float = 0.0
    both: float = 0.0
    incidence: float = 0.0

    def advance(self, free: float, at_risk: int, hazard: float, any_hazard: float) -> None:
        """Pass one time; `free` is the event-free probability before it."""
        fresh = free * free / at_risk
        self.incidence += 2 * hazard * self.both + hazard * hazard * self.free + fresh * hazard * (1 - hazard)
        self.both = (1 - any_hazard) * (self.both + hazard * self.free - fresh * hazard)
        self.free = (1 - any_hazard) ** 2 * self.free + fresh * any_hazard * (1 - any_hazard)


def cumulative_incidence(
    times: Sequence[float], causes: Sequence[int], cause: int, level: float = 0.95
) -> CumulativeIncidence:
    """The probability of an event of kind `cause` by each time, other kinds competing with it.

    Parameters
    ----------
    times : sequence of float, length n
        From each person's origin to the first event of any kind, or to censoring; any unit, >= 0.
    causes : sequence of int, length n
        What happened then: 0 (`CENSORED`) or the number of a cause, 1 and up.
    cause : int
        The cause asked for, 1 and up.
    level : float
        Confidence level of every interval.

    Raises
    ------
    InputRefused
        For nobody at all, unequal lengths, a negative or infinite time, a cause below 0, or a `cause`
        below 1.

    References
    ----------
    Aalen and Johansen 1978, Scandinavian Journal of Statistics 5:141-150; delta-method variance:
    Marubini and Valsecchi 1995, ISBN 0-471-93987-0; limits: Choudhury 2002, doi:10.1002/sim.1101
    """
    check_level(level)
    check_times(times, len(causes))
    if cause <= CENSORED or min(causes) < CENSORED:
        raise InputRefused(
            f"cause {cause}, smallest in the data {min(causes)}",
            where="causes of event",
            do="number the causes from 1; 0 means censored",
        )
    z = normal_quantile((1 + level) / 2)
    counts: dict[float, list[int]] = {}
    for time, kind in zip(times, causes, strict=True):
        counts.setdefault(time, [0, 0, 0])[0 if kind == cause else 2 if kind == CENSORED else 1] += 1
    steps: list[Step] = []
    at_risk, free, incidence, variance = len(times), 1.0, 0.0, _Variance()
    for time in sorted(counts):
        events, competing, censored = counts[time]
        hazard, any_hazard = events / at_risk, (events + competing) / at_risk
        variance.advance(free, at_risk, hazard, any_hazard)
        incidence += free * hazard
        free *= (at_risk - events - competing) / at_risk
        error = math.sqrt(max(variance.incidence, 0.0))
        limits = log_log(incidence, error, z, level)
        steps.append(Step(time, at_risk, events, competing, censored, incidence, free, error, limits))
        at_risk -= events + competing + censored
    return CumulativeIncidence(len(times), cause, level, tuple(steps))
