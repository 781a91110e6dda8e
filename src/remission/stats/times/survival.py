"""Time to one event: Kaplan-Meier.

At a tied time, events come before censorings. The estimate at a time includes what happened at it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_quantile
from remission.stats.times.risk_sets import Counts, Numbers, checked_outcomes, checked_times
from remission.terms.words import Text

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
class KaplanMeier(Printable, Drawable):
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

    def printed(self) -> PrintedTable:
        """One row for each time of an event, and the median."""
        rows = tuple(
            (
                f"{step.time:g}",
                str(step.at_risk),
                str(step.events),
                f"{step.survival:.4f}",
                "–" if step.standard_error is None else f"{step.standard_error:.4f}",
                limits_in_words(step.interval),
            )
            for step in self.steps
            if step.events
        )
        median = [
            "–" if value is None else f"{value:g}"
            for value in (self.median, self.median_lower, self.median_upper)
        ]
        return PrintedTable(
            Text("Survival", "生存率"),
            (
                Text("time", "时间"),
                Text("at risk", "风险人数"),
                Text("events", "事件"),
                Text("survival", "生存率"),
                Text("standard error", "标准误"),
                Text(f"{100 * self.level:g} % interval", f"{100 * self.level:g}%区间"),
            ),
            rows,
            (
                Text(
                    f"Kaplan-Meier, n = {self.n}; Greenwood's standard error, log-log limits. "
                    f"Median {median[0]} ({median[1]} to {median[2]}; –: not reached).",
                    f"Kaplan-Meier法，n = {self.n}；Greenwood标准误，双对数区间。"
                    f"中位数 {median[0]}（{median[1]} 至 {median[2]}；–：未达到）。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The curve with its band; numbers at risk in the notes."""
        line = Line(
            Text("survival", "生存率"),
            ((0.0, 1.0), *((step.time, step.survival) for step in self.steps)),
            stepped=True,
            band=tuple(
                (step.time, step.interval.lower, step.interval.upper)
                for step in self.steps
                if step.interval is not None
            ),
        )
        return Curves(
            "survival",
            Text("Survival", "生存率"),
            Text(f"Kaplan-Meier curve of {self.n} people.", f"{self.n}例的Kaplan-Meier曲线。"),
            Axis(Text("time", "时间"), low=0),
            Axis(Text("survival", "生存率"), Scale.PERCENT, low=0, high=1),
            (line,),
            notes=(self._at_risk(),),
        )

    def _at_risk(self) -> Text:
        """Numbers at risk just before 0 and four later times, evenly spaced."""
        last = self.steps[-1].time
        at = [last * quarter / 4 for quarter in range(5)] if last > 0 else [0.0]
        left = [sum(step.events + step.censored for step in self.steps if step.time >= time) for time in at]
        said = [f"{time:.3g}: {count}" for time, count in zip(at, left, strict=True)]
        return Text(f"At risk at times {', '.join(said)}.", f"各时间点风险人数　{'，'.join(said)}。")


@dataclass(frozen=True, slots=True)
class ProductLimit:
    """A Kaplan-Meier curve as arrays, shape (T,), one place for each distinct time, in order.

    `variance_sum` is Greenwood's sum d / (n (n - d)), which leaves out times at which all at risk have the
    event (survival is 0 from there).
    """

    times: Numbers
    at_risk: Counts
    events: Counts
    censored: Counts
    survival: Numbers
    variance_sum: Numbers


def product_limit(times: Sequence[float] | Numbers, observed: Sequence[bool]) -> ProductLimit:
    """The curve of `kaplan_meier` without its limits: quick for very many people.

    `Raises` as in `kaplan_meier`.
    """
    values = checked_times(times, len(observed))
    happened = checked_outcomes(observed)
    order = np.argsort(values, kind="stable")
    ordered, happened = values[order], happened[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    ends = np.append(first[1:], len(ordered))
    before = np.concatenate(([0], np.cumsum(happened)))
    events = (before[ends] - before[first]).astype(np.int64)
    at_risk = (len(ordered) - first).astype(np.int64)
    left = at_risk - events
    terms = np.where(left > 0, events / (at_risk * np.maximum(left, 1.0)), 0.0)
    return ProductLimit(
        ordered[first],
        at_risk,
        events,
        (ends - first - events).astype(np.int64),
        np.cumprod(left / at_risk, dtype=np.float64),
        np.cumsum(terms),
    )


def limits_in_words(interval: Interval | None) -> str:
    """The limits to four decimals, a dash where there are none."""
    return "–" if interval is None else f"{interval.lower:.4f}–{interval.upper:.4f}"


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
        For nobody at all, unequal lengths, a time that is negative or not finite, or an outcome
        that is not one.

    References
    ----------
    Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452; log-log limits: Kalbfleisch and Prentice
    2002, doi:10.1002/9781118032985
    """
    check_level(level)
    curve = product_limit(times, observed)
    z = normal_quantile((1 + level) / 2)
    errors = curve.survival * np.sqrt(curve.variance_sum)
    lower, upper = log_log_limits(curve.survival, errors, z)
    some = np.isfinite(lower) & (curve.events.cumsum() > 0)
    steps: list[Step] = []
    columns = (
        curve.times, curve.at_risk, curve.events, curve.censored, curve.survival, errors, some, lower, upper
    )  # fmt: skip
    for time, at_risk, events, censored, survival, error, has, low, high in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        limits = Interval(low, high, level) if has else None
        steps.append(Step(time, at_risk, events, censored, survival, error if survival > 0 else None, limits))
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
    ordered = sorted(checked_times(times, len(times)).tolist())
    return tuple(len(ordered) - bisect_left(ordered, time) for time in at)


def log_log_limits(probability: Numbers, standard_error: Numbers, z: float) -> tuple[Numbers, Numbers]:
    """Limits probability^exp(+-z se / (probability |ln probability|)); NaN where undefined."""
    some = (probability > 0) & (probability < 1) & (standard_error > 0)
    safe = np.where(some, probability, 0.5)
    width = z * standard_error / (safe * -np.log(safe))
    # A very wide interval: the exponent leaves the range of floats, the limit is 0 or 1.
    lower, upper = safe ** np.exp(np.minimum(width, 700.0)), safe ** np.exp(-width)
    return np.where(some, lower, np.nan), np.where(some, upper, np.nan)


def _limits(step: Step) -> tuple[float, float]:
    """Confidence limits as a curve. Undefined ones show nothing: the upper stays 1, the lower 1 or 0."""
    if step.interval is None:
        return step.survival, 1.0
    return step.interval.lower, step.interval.upper


def _first_at_half(curve: Iterable[tuple[float, float]]) -> float | None:
    return next((time for time, value in curve if value <= 0.5 + _ROUNDING), None)
