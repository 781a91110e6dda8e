"""Events seen only through marks: how many events lie behind a count of marks.

Events come by a Poisson distribution; each leaves a burst of marks, a random number of them that may be none
(templates in a tube, and the reads each one gives). Given t events the marks are negative binomial, so that
tail probabilities are incomplete beta functions, summed over t; the number of marks per event is known only
up to an error, and so is the exposure. Limits are those of Garwood, averaged over how many events the marks
took: with one mark for each event, and both errors 0, they are `counts.poisson_interval`.

Exact up to 5,000 events: every number of events up to 64, then steps of an eighth of their square root,
which leaves a tail of 0.025 within 0.0002. Beyond 5,000 the errors of burst and marks are put together as one
gamma distribution; the tail stays within 0.001 (`tests/stats/test_compound.py` holds both against sums).
"""

import math
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.tails import (
    Numbers,
    gamma_quantiles,
    negative_binomial_reaches,
    poisson_reaches,
)

_DEVIATES = 5.5  # standard deviations of the burst's error that are summed over: all but 4e-8 of it
_MANY = 5000  # events beyond which the errors are put together
_FINE = 64  # events up to which each number is looked at
_NIL = 1e-6  # a spread or error below which there is none
_LOST = 1e-11  # chance neglected at either end


@dataclass(frozen=True, slots=True)
class Burst:
    """The marks one event leaves: negative binomial with a mean that was itself estimated.

    Variance = mean + dispersion x mean squared. `mean_cv`: coefficient of variation of the estimate of the
    mean (0: known), taken as gamma.

    Raises
    ------
    InputRefused
        For a mean not above 0, or another number that is negative or not finite.
    """

    mean: float
    dispersion: float
    mean_cv: float = 0.0

    def __post_init__(self) -> None:
        given = (self.mean, self.dispersion, self.mean_cv)
        if not (all(math.isfinite(number) and number >= 0 for number in given) and self.mean > 0):
            raise InputRefused(
                f"marks per event {self.mean!r}, dispersion {self.dispersion!r}, error {self.mean_cv!r}",
                where="compound Poisson count",
                do="give a mean above 0, and finite numbers of at least 0",
            )


@dataclass(frozen=True, slots=True)
class EventsNeeded:
    """How many events it took for the marks to reach a number: counts of events and their chances."""

    counts: Numbers
    chances: Numbers


def reaches(marks: int, events: Numbers, burst: Burst) -> Numbers:
    """P(at least `marks` marks) for each number of events, averaged over the error of the burst's mean."""
    if marks <= 0:
        return np.ones_like(events)
    if burst.mean_cv > _NIL and marks / burst.mean > _MANY:
        return _reaches_of_many(marks, events, burst)
    means, weights = _means(burst, _noise(marks, burst))
    chance = np.zeros_like(events)
    for mean, weight in zip(means, weights, strict=True):
        chance += weight * _reaches_at(float(marks), events, mean, burst.dispersion)
    return chance


def events_needed(marks: int, burst: Burst) -> EventsNeeded:
    """How many events it takes for at least `marks` marks."""
    if marks <= 0:
        return EventsNeeded(np.zeros(1), np.ones(1))
    events = _grid(marks, burst)
    reached = reaches(marks, events, burst)
    chances = np.diff(reached)
    middles = (events[:-1] + 1 + events[1:]) / 2
    ends = np.array([0.0 if events[0] == 0 else reached[0], 1 - reached[-1]])
    return EventsNeeded(
        np.concatenate((events[:1], middles, events[-1:] + 1)),
        np.concatenate((ends[:1], chances, np.maximum(ends[1:], 0))),
    )


def chance_of(needed: EventsNeeded, mean: float, exposure_cv: float = 0.0) -> float:
    """P(the events needed occur) where `mean` events are expected.

    `exposure_cv`: coefficient of variation of the true exposure about the stated one, taken as gamma.
    """
    if exposure_cv > _NIL:
        shape = 1 / exposure_cv**2
        shapes = np.full_like(needed.counts, shape)
        occur = negative_binomial_reaches(needed.counts, shapes, np.full_like(shapes, mean / (mean + shape)))
    else:
        occur = poisson_reaches(needed.counts, np.full_like(needed.counts, mean))
    return float(np.sum(needed.chances * occur))


def mean_at(needed: EventsNeeded, chance: float, exposure_cv: float = 0.0) -> float:
    """The expected number of events at which the events needed occur with this chance (0 if none is needed).

    Raises
    ------
    InputRefused
        For a chance not strictly between 0 and 1, or an error that is negative or not finite.
    """
    check_level(chance)
    if not (math.isfinite(exposure_cv) and exposure_cv >= 0):
        raise InputRefused(
            f"error of exposure {exposure_cv!r}", where="compound Poisson count", do="give 0 or more"
        )
    if not needed.counts.any():
        return 0.0
    low = high = max(float(np.sum(needed.counts * needed.chances)), 1e-3)
    while chance_of(needed, low, exposure_cv) > chance:
        low /= 4
    while chance_of(needed, high, exposure_cv) < chance:
        high *= 4
    for _ in range(200):
        middle = math.sqrt(low * high)
        if not low < middle < high:
            break
        if chance_of(needed, middle, exposure_cv) < chance:
            low = middle
        else:
            high = middle
    return high


def compound_interval(
    marks: int, burst: Burst, exposure_cv: float = 0.0, level: float = 0.95, background: float = 0.0
) -> Interval:
    """Two-sided interval of the expected number of events behind a count of marks.

    The lower limit counts only the marks beyond `background`, the marks expected without any event; the
    upper limit counts all.

    Raises
    ------
    InputRefused
        For marks or a background that are negative or not finite.

    References
    ----------
    Garwood 1936, doi:10.1093/biomet/28.3-4.437, for the limits at each number of events.
    """
    check_level(level)
    _check_marks(marks, background)
    tail = (1 - level) / 2
    beyond = max(marks - math.floor(background + 0.5), 0)
    return Interval(
        mean_at(events_needed(beyond, burst), tail, exposure_cv),
        mean_at(events_needed(marks + 1, burst), 1 - tail, exposure_cv),
        level,
    )


def compound_upper(marks: int, burst: Burst, exposure_cv: float = 0.0, level: float = 0.95) -> Interval:
    """One-sided interval from 0; with no marks, 2.996 / P(an event leaves a mark). `Raises` as above."""
    check_level(level)
    _check_marks(marks, 0.0)
    return Interval(0.0, mean_at(events_needed(marks + 1, burst), level, exposure_cv), level)


def most_marks(mean: float, burst: Burst, certainty: float) -> int:
    """The smallest number of marks that is not exceeded with this certainty, `mean` events being expected."""
    check_level(certainty)
    if 1 - math.exp(-mean) <= 1 - certainty:
        return 0

    def exceeded(marks: int) -> bool:
        return _exceeds(marks, mean, burst) > 1 - certainty

    high = 1
    while exceeded(high):
        high *= 2
    low = -1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if exceeded(middle) else (low, middle)
    return high


def _exceeds(marks: int, mean: float, burst: Burst) -> float:
    spread = math.sqrt(mean)
    events = np.arange(
        max(math.floor(mean - 8 * spread), 0), math.ceil(mean + 10 * spread + 20), dtype=np.float64
    )
    at_least = poisson_reaches(events, np.full_like(events, mean))
    return float(np.sum((at_least - np.append(at_least[1:], 0.0)) * reaches(marks + 1, events, burst)))


def _reaches_at(marks: float, events: Numbers, mean: float, dispersion: float) -> Numbers:
    if dispersion < _NIL:
        return poisson_reaches(np.full_like(events, marks), events * mean)
    chance = dispersion * mean / (1 + dispersion * mean)
    return negative_binomial_reaches(
        np.full_like(events, marks), events / dispersion, np.full_like(events, chance)
    )


def _reaches_of_many(marks: int, events: Numbers, burst: Burst) -> Numbers:
    """The marks' own spread and the error of the mean as one gamma with the variance of their product."""
    error = burst.mean_cv**2
    shape = 1 / (1 / marks + error + error / marks)
    if burst.dispersion < _NIL:
        return poisson_reaches(np.full_like(events, shape), events * burst.mean * shape / marks)
    ratio = shape * burst.mean * burst.dispersion / marks
    return negative_binomial_reaches(
        np.full_like(events, shape), events / burst.dispersion, np.full_like(events, ratio / (1 + ratio))
    )


def _noise(marks: int, burst: Burst) -> float:
    """Relative spread of the marks about their mean: what smooths a sum over means."""
    events = max(marks / burst.mean, 1.0)
    return math.sqrt((1 + burst.dispersion + 1 / burst.mean) / events)


def _means(burst: Burst, noise: float) -> tuple[list[float], list[float]]:
    """Means the burst may have, with weights: the estimate over a gamma variable of mean 1."""
    if burst.mean_cv <= _NIL:
        return [burst.mean], [1.0]
    step = min(0.25, noise / burst.mean_cv)
    deviates = np.arange(-_DEVIATES, _DEVIATES + step / 2, step)
    shape = 1 / burst.mean_cv**2
    weights = np.exp(-(deviates**2) / 2)
    means = burst.mean * shape / gamma_quantiles(deviates, shape)
    return means.tolist(), (weights / np.sum(weights)).tolist()


def _grid(marks: int, burst: Burst) -> Numbers:
    """Numbers of events from where the marks are out of reach to where they are sure."""
    low_mean, high_mean = burst.mean, burst.mean
    if burst.mean_cv > _NIL:
        shape = 1 / burst.mean_cv**2
        ends = gamma_quantiles(np.array([-_DEVIATES, _DEVIATES]), shape)
        high_mean, low_mean = (burst.mean * shape / ends).tolist()
    first, last = _sure(marks, high_mean, burst.dispersion), _sure(marks, low_mean, burst.dispersion)
    start = 0 if first < 2 * _MANY else max(first - 20 * math.isqrt(math.ceil(first * _per_event(burst))), 0)
    events = [float(start)]
    while events[-1] < last:
        at = events[-1]
        events.append(at + (1 if at < _FINE else max(math.floor(math.sqrt(at) / 8), 1)))
    return np.array(events)


def _per_event(burst: Burst) -> float:
    return 1 + burst.dispersion + 1 / burst.mean


def _sure(marks: int, mean: float, dispersion: float) -> int:
    """A number of events with which so many marks are practically sure, not far above the least."""
    spread = dispersion + 1 / mean
    events = marks / mean + 1
    while _reaches_at(float(marks), np.array([events]), mean, dispersion)[0] < 1 - _LOST:
        events += 2 * math.sqrt(events * spread) + 1
    return math.ceil(events)


def _check_marks(marks: int, background: float) -> None:
    if not (marks >= 0 and math.isfinite(background) and background >= 0):
        raise InputRefused(
            f"{marks!r} marks, {background!r} of them expected anyway",
            where="compound Poisson count",
            do="give finite numbers, 0 or more",
        )
