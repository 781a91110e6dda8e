"""Time to the first of several kinds of event: cumulative incidence by Aalen and Johansen.

Events tied at one time, of whatever kind, share one risk set and come before censorings; nothing is
broken at random, so equal data give equal numbers.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile
from remission.stats.times.risk_sets import Numbers, checked_causes, checked_times, count_groups
from remission.stats.times.survival import limits_in_words, log_log_limits
from remission.terms.words import Text

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
class CumulativeIncidence(Printable, Drawable):
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

    def printed(self) -> PrintedTable:
        """One row for each time of an event of any kind."""
        rows = tuple(
            (
                f"{step.time:g}",
                str(step.at_risk),
                str(step.events),
                str(step.competing),
                f"{step.incidence:.4f}",
                f"{step.standard_error:.4f}",
                limits_in_words(step.interval),
            )
            for step in self.steps
            if step.events or step.competing
        )
        return PrintedTable(
            Text(f"Cumulative incidence of cause {self.cause}", f"原因{self.cause}的累积发生率"),
            (
                Text("time", "时间"),
                Text("at risk", "风险人数"),
                Text("events", "事件"),
                Text("competing", "竞争事件"),
                Text("incidence", "发生率"),
                Text("standard error", "标准误"),
                Text(f"{100 * self.level:g} % interval", f"{100 * self.level:g}%区间"),
            ),
            rows,
            (
                Text(
                    f"Aalen-Johansen, n = {self.n}; delta-method standard error, log-log limits.",
                    f"Aalen-Johansen法，n = {self.n}；delta法标准误，双对数区间。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The incidence with its band, and that of all other causes together."""
        steps = self.steps
        own = Line(
            Text(f"cause {self.cause}", f"原因{self.cause}"),
            ((0.0, 0.0), *((step.time, step.incidence) for step in steps)),
            stepped=True,
            band=tuple(
                (step.time, step.interval.lower, step.interval.upper)
                for step in steps
                if step.interval is not None
            ),
        )
        rest = ((step.time, max(0.0, 1 - step.event_free - step.incidence)) for step in steps)
        return Curves(
            "cumulative-incidence",
            Text("Cumulative incidence", "累积发生率"),
            Text(f"Aalen-Johansen incidence in {self.n} people.", f"{self.n}例的Aalen-Johansen累积发生率。"),
            Axis(Text("time", "时间"), low=0),
            Axis(Text("cumulative incidence", "累积发生率"), Scale.PERCENT, low=0, high=1),
            (own, Line(Text("other causes", "其他原因"), ((0.0, 0.0), *rest), stepped=True)),
        )


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
        For nobody at all, unequal lengths, a negative or infinite time, a cause that is not a whole
        number from 0 on, or a `cause` below 1.

    References
    ----------
    Aalen and Johansen 1978, Scandinavian Journal of Statistics 5:141-150; delta-method variance:
    Marubini and Valsecchi 1995, ISBN 0-471-93987-0; limits: Choudhury 2002, doi:10.1002/sim.1070
    """
    check_level(level)
    values = checked_times(times, len(causes))
    kinds = checked_causes(causes, cause)
    groups = np.where(kinds == cause, 0, np.where(kinds == CENSORED, 2, 1)).astype(np.int64)
    counted = count_groups(values, np.ones(len(values), dtype=np.bool_), groups, 3)
    own, competing, censored = counted.events.T
    at_risk = counted.at_risk.sum(axis=1)
    incidence, free, variance = _aalen_johansen(at_risk.tolist(), own.tolist(), competing.tolist())
    errors = np.sqrt(np.maximum(variance, 0.0))
    lower, upper = log_log_limits(incidence, errors, normal_quantile((1 + level) / 2))
    some = np.isfinite(lower)
    columns = (counted.times, at_risk, own, competing, censored, incidence, free, errors, some, lower, upper)
    steps = tuple(
        Step(time, n, events, others, left, here, none, error, Interval(low, high, level) if has else None)
        for time, n, events, others, left, here, none, error, has, low, high in zip(
            *(column.tolist() for column in columns), strict=True
        )
    )
    return CumulativeIncidence(len(values), cause, level, steps)


def _aalen_johansen(
    at_risk: list[int], own: list[int], competing: list[int]
) -> tuple[Numbers, Numbers, Numbers]:
    """Incidence, event-free probability and variance of the incidence after each time.

    Hazards at a time are multinomial given the risk set; first-order (delta) propagation of the variances of
    event-free probability and incidence and of their covariance gives Greenwood's variance for one cause.
    """
    incidences: list[float] = []
    frees: list[float] = []
    variances: list[float] = []
    incidence, free = 0.0, 1.0
    of_free = both = of_incidence = 0.0
    for n, events, others in zip(at_risk, own, competing, strict=True):
        hazard, every = events / n, (events + others) / n
        fresh = free * free / n
        of_incidence += 2 * hazard * both + hazard * hazard * of_free + fresh * hazard * (1 - hazard)
        both = (1 - every) * (both + hazard * of_free - fresh * hazard)
        of_free = (1 - every) ** 2 * of_free + fresh * every * (1 - every)
        incidence += free * hazard
        free *= (n - events - others) / n
        incidences.append(incidence)
        frees.append(free)
        variances.append(of_incidence)
    return np.array(incidences), np.array(frees), np.array(variances)
