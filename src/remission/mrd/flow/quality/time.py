"""The clock of an acquisition and the pace of its events: backwards time, clogs, pauses, bursts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.events import Mask
from remission.mrd.flow.quality.kernels_quality import keep_order

LEAST = 1_000
"""With fewer events neither pace nor drift can be judged."""

_INTERVALS = 400
_LEAST_IN_ONE = 50
_TICKS_IN_ONE = 20
_SLOW, _FAST = 0.5, 2.0
_SIGMAS = 5.0
_OF_NORMAL = 1.4826  # the standard deviation of a normal distribution by its median absolute deviation


@dataclass(frozen=True, slots=True, eq=False)
class Pace:
    """Events in equal intervals of time.

    `edges`: shape (intervals + 1,), in the units of the time channel; `events`, `slow` and `fast`: shape
    (intervals,); `usual`: events of an interval as most events saw it.
    """

    edges: NDArray[np.float64]
    events: NDArray[np.int64]
    slow: NDArray[np.bool_]
    fast: NDArray[np.bool_]
    usual: float


def out_of_order(time: NDArray[np.float64]) -> Mask:
    """The fewest events without which time never runs backwards; what is no number is among them."""
    count = len(time)
    kept = np.zeros(count, np.bool_)
    keep_order(np.ascontiguousarray(time), np.zeros(count, np.int32), np.zeros(count, np.int32), kept)
    return ~kept


def pace(time: NDArray[np.float64]) -> Pace | None:
    """The pace of events in order of time; None where they are too few or the clock too coarse for it.

    An interval is slow below half the usual number of events, fast above twice that, where this is also
    beyond five standard deviations: of chance, or of what neighbouring intervals differ by if that is more.
    """
    if len(time) < LEAST or not time[0] < time[-1]:
        return None
    ticks = 1 + int(np.count_nonzero(np.diff(time)))
    intervals = min(_INTERVALS, len(time) // _LEAST_IN_ONE, ticks // _TICKS_IN_ONE)
    if intervals < 4:
        return None
    edges = np.linspace(time[0], time[-1], intervals + 1)
    at = np.searchsorted(time, edges[1:-1])
    events = np.diff(at, prepend=0, append=len(time))
    usual = _as_most_saw_it(events)
    noise = max(float(np.sqrt(usual)), spread_of_neighbours(events.astype(np.float64)))
    slow = (events < _SLOW * usual) & (events < usual - _SIGMAS * noise)
    fast = (events > _FAST * usual) & (events > usual + _SIGMAS * noise)
    return Pace(edges, events.astype(np.int64), slow, fast, usual)


def after_another(parts: Sequence[Pace]) -> Pace:
    """The pace of several files on one clock that begins at 0 and runs on from each to the next.

    Its intervals are equally long; where they are not those of a file, events are spread evenly.
    """
    if len(parts) == 1:
        return parts[0]
    steps = np.concatenate([np.diff(one.edges) for one in parts])
    ends = np.concatenate([[0.0], np.cumsum(steps)])
    seen = np.concatenate([[0], np.cumsum(np.concatenate([one.events for one in parts]))])
    edges = np.linspace(0.0, ends[-1], min(_INTERVALS, len(steps)) + 1)
    events = np.diff(np.round(np.interp(edges, ends, seen))).astype(np.int64)
    slow, fast = (
        _marked(np.concatenate(marks), ends, edges)
        for marks in ([one.slow for one in parts], [one.fast for one in parts])
    )
    return Pace(edges, events, slow, fast, _as_most_saw_it(events))


def _marked(
    marks: NDArray[np.bool_], ends: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """The intervals between `edges` that share time with a marked one between `ends`."""
    first = np.searchsorted(edges, ends[:-1][marks], side="right") - 1
    last = np.searchsorted(edges, ends[1:][marks], side="left")
    found = np.zeros(len(edges), np.int64)
    np.add.at(found, first, 1)
    np.add.at(found, last, -1)
    return np.cumsum(found)[:-1] > 0


def during(found: Pace, time: NDArray[np.float64], intervals: NDArray[np.bool_]) -> Mask:
    """The events, at these times, of the intervals chosen."""
    place = np.searchsorted(found.edges[1:-1], time, side="right")
    return intervals[place]


def spread_of_neighbours(values: NDArray[np.float64]) -> float:
    """The standard deviation by the differences of neighbours, which steps and slow drifts hardly move."""
    if len(values) < 3:
        return 0.0
    return float(_OF_NORMAL * np.median(np.abs(np.diff(values))) / np.sqrt(2))


def _as_most_saw_it(events: NDArray[np.int64]) -> float:
    """The median over events, not over intervals: a long pause does not move it."""
    ascending = np.sort(events)
    half = np.searchsorted(np.cumsum(ascending), ascending.sum() / 2)
    return float(ascending[half])
