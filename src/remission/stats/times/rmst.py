"""Restricted mean survival time: the mean time lived without the event up to a horizon."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.tails import normal_above, normal_quantile
from remission.stats.times.survival import product_limit
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class RestrictedMean(Printable):
    """The area under the survival curve from 0 to `horizon`, in the unit of the times.

    `corrected`: the variance is multiplied by m / (m - 1), m the events up to the horizon (Kaplan and Meier
    1958); R's survival and survRM2 do not. `interval` is normal, not cut at 0 or at the horizon. It and
    `standard_error` are None where nothing varies before the horizon (no event, or everybody at one time):
    that is no knowledge, not certainty.
    """

    n: int
    events: int
    horizon: float
    mean: float
    standard_error: float | None
    interval: Interval | None
    corrected: bool

    def printed(self) -> PrintedTable:
        """The mean with its interval."""
        row = ("", str(self.n), str(self.events), *_shown(self.mean, self.interval, self.standard_error))
        return PrintedTable(_TITLE, _COLUMNS, (row,), (_note(self.horizon, corrected=self.corrected),))


@dataclass(frozen=True, slots=True)
class MeanComparison(Printable):
    """Two restricted means, `first` against `second`: difference, and ratio (on the log scale).

    `p_difference` and `p_ratio` are two-sided; the ratio is None if a mean is 0.
    """

    first: RestrictedMean
    second: RestrictedMean
    difference: float
    difference_interval: Interval
    p_difference: float
    ratio: float | None
    ratio_interval: Interval | None
    p_ratio: float | None

    def printed(self) -> PrintedTable:
        """Both means, their difference and their ratio."""
        rows = [
            (name, str(one.n), str(one.events), *_shown(one.mean, one.interval, one.standard_error))
            for name, one in (("1", self.first), ("2", self.second))
        ]
        rows.append(("1 - 2", "", "", *_shown(self.difference, self.difference_interval, None)))
        if self.ratio is not None and self.ratio_interval is not None:
            rows.append(("1 / 2", "", "", *_shown(self.ratio, self.ratio_interval, None)))
        note = Text(
            f"Difference: p = {self.p_difference:.4g} (two-sided).",
            f"差值：p = {self.p_difference:.4g}（双侧）。",
        )
        how = _note(self.first.horizon, corrected=self.first.corrected)
        return PrintedTable(_TITLE, _COLUMNS, tuple(rows), (how, note))


def restricted_mean(
    times: Sequence[float],
    observed: Sequence[bool],
    horizon: float,
    *,
    corrected: bool = False,
    level: float = 0.95,
) -> RestrictedMean:
    """The mean time to the event, counted up to `horizon`.

    The variance is the sum over event times t up to the horizon of A(t)^2 d / (n (n - d)), A(t) the area
    under the curve from t to the horizon; where all at risk have the event, A is 0 and so is the term.

    Parameters
    ----------
    times : sequence of float, length n
        To the event or to censoring; any unit, >= 0.
    observed : sequence of bool, length n
    horizon : float
        In the unit of the times.
    corrected : bool
        Multiply the variance by m / (m - 1), m the events up to the horizon.
    level : float

    Raises
    ------
    InputRefused
        For a bad time, a horizon not above 0, or one beyond the last time while someone is event-free there:
        the curve is not known so far. For `corrected` with one event or none.

    References
    ----------
    Royston and Parmar 2013, doi:10.1186/1471-2288-13-152; Kaplan and Meier 1958,
    doi:10.1080/01621459.1958.10501452
    """
    check_level(level)
    curve = product_limit(times, observed)
    last = float(curve.times[-1])
    if not (math.isfinite(horizon) and horizon > 0) or (horizon > last and curve.survival[-1] > 0):
        raise InputRefused(
            f"horizon {horizon!r}, last time {last:g} with survival {curve.survival[-1]:.4g}",
            where="restricted mean",
            do="give a horizon above 0 and, while someone is event-free, not beyond the last time",
        )
    inside = curve.times < horizon
    times_in = curve.times[inside]
    widths = np.diff(np.concatenate(([0.0], times_in, [horizon])))
    pieces = widths * np.concatenate(([1.0], curve.survival[inside]))
    ahead = np.cumsum(pieces[::-1])[::-1][1:]  # the area from each time to the horizon
    d, n = curve.events[inside], curve.at_risk[inside]
    terms = np.where(n > d, ahead**2 * d / (n * np.maximum(n - d, 1.0)), 0.0)
    variance = float(terms.sum())
    events = int(curve.events[curve.times <= horizon].sum())
    if corrected:
        if events < 2:
            raise InputRefused(
                f"{events} events", where="restricted mean", do="leave out the correction m / (m - 1)"
            )
        variance *= events / (events - 1)
    mean = float(pieces.sum())
    if not variance > 0:
        return RestrictedMean(len(times), events, horizon, mean, None, None, corrected)
    error = math.sqrt(variance)
    half = normal_quantile((1 + level) / 2) * error
    limits = Interval(mean - half, mean + half, level)
    return RestrictedMean(len(times), events, horizon, mean, error, limits, corrected)


def compare_means(first: RestrictedMean, second: RestrictedMean, level: float = 0.95) -> MeanComparison:
    """Difference and ratio of two restricted means of independent groups.

    Raises
    ------
    InputRefused
        For different horizons, and for a mean without standard error.
    """
    check_level(level)
    if first.horizon != second.horizon:
        raise InputRefused(
            f"horizons {first.horizon:g} and {second.horizon:g}",
            where="restricted means",
            do="compare up to one horizon",
        )
    errors = _error(first, "first"), _error(second, "second")
    z = normal_quantile((1 + level) / 2)
    difference = first.mean - second.mean
    error = math.hypot(*errors)
    ratio = limits = p_ratio = None
    if first.mean > 0 and second.mean > 0:
        ratio = first.mean / second.mean
        spread = math.hypot(errors[0] / first.mean, errors[1] / second.mean)
        limits = Interval(ratio * math.exp(-z * spread), ratio * math.exp(z * spread), level)
        p_ratio = _two_sided(math.log(ratio), spread)
    return MeanComparison(
        first,
        second,
        difference,
        Interval(difference - z * error, difference + z * error, level),
        _two_sided(difference, error),
        ratio,
        limits,
        p_ratio,
    )


_TITLE = Text("Restricted mean survival time", "限制平均生存时间")
_COLUMNS = (
    Text("group", "组"),
    Text("n", "例数"),
    Text("events", "事件"),
    Text("mean", "均值"),
    Text("standard error", "标准误"),
    Text("interval", "区间"),
)


def _error(one: RestrictedMean, which: str) -> float:
    if one.standard_error is None:
        raise InputRefused(
            f"the {which} restricted mean has no standard error: nothing varies before {one.horizon:g}",
            where="restricted means",
            do="choose a later horizon; with no event in a group its mean cannot be compared",
        )
    return one.standard_error


def _two_sided(estimate: float, error: float) -> float:
    return 2 * normal_above(abs(estimate) / error)


def _shown(value: float, interval: Interval | None, error: float | None) -> tuple[str, str, str]:
    limits = "–" if interval is None else f"{interval.lower:.4f} to {interval.upper:.4f}"
    return f"{value:.4f}", "–" if error is None else f"{error:.4f}", limits


def _note(horizon: float, *, corrected: bool) -> Text:
    extra = (" x m / (m - 1)", " × m/(m−1)") if corrected else ("", "")
    return Text(
        f"Area under Kaplan-Meier up to {horizon:g}; variance of Greenwood's type{extra[0]}.",
        f"Kaplan-Meier曲线下至{horizon:g}的面积；Greenwood型方差{extra[1]}。",
    )
