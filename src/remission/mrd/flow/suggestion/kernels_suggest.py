"""The compiled loops behind suggestion: how dense normal cells lie at an event, and who lies near whom.

Places: float32, shape (events, markers), scaled. A density is the natural logarithm of the share of cells per
unit of scaled volume.
"""

import math

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

_NEGLIGIBLE = 35.0
"""A part of a density that is smaller by this much (natural logarithm) adds nothing."""


@inner
def part_of(
    place: NDArray[np.float32], mean: NDArray[np.float64], whitener: NDArray[np.float64], far: float
) -> float:
    """Half the squared distance in whitened space; any number above `far` once it is above `far`."""
    half = 0.0
    for row in range(mean.shape[0]):
        along = 0.0
        for column in range(row + 1):
            along += whitener[row, column] * (place[column] - mean[column])
        half += 0.5 * along * along
        if half > far:
            return half
    return half


@compiled
def densities(
    places: NDArray[np.float32],
    peaks: NDArray[np.float64],
    means: NDArray[np.float64],
    whiteners: NDArray[np.float64],
    enough: float,
    out: NDArray[np.float64],
) -> None:
    """Density of a mixture at each place; where one part alone exceeds `enough`, that part's share of it.

    `peaks`: logarithm of weight and height of each part, falling. The part that sufficed for the event before
    is asked first, since most cells are of few kinds; what does not suffice is summed in fixed order, so that
    no number below `enough` depends on the order of events.
    """
    last = 0
    for event in range(places.shape[0]):
        place = places[event]
        first = peaks[last] - part_of(place, means[last], whiteners[last], peaks[last] - enough)
        if first >= enough:
            out[event] = first
            continue
        top, total = -math.inf, 0.0
        for part in range(peaks.shape[0]):
            if peaks[part] < top - _NEGLIGIBLE:
                break
            far = math.inf if top == -math.inf else peaks[part] - top + _NEGLIGIBLE
            value = peaks[part] - part_of(place, means[part], whiteners[part], far)
            if value >= enough:
                last = part
            if value > top:
                total = total * math.exp(top - value) + 1.0
                top = value
            elif value > top - _NEGLIGIBLE:
                total += math.exp(value - top)
            if top >= enough:
                break
        out[event] = top + math.log(total)


@inner
def are_near(one: NDArray[np.float32], other: NDArray[np.float32], square: float) -> bool:
    """Whether two places are no further apart than the root of `square`."""
    total = 0.0
    for marker in range(one.shape[0]):
        apart = float(one[marker]) - float(other[marker])
        total += apart * apart
        if total > square:
            return False
    return True


@compiled
def neighbours(
    places: NDArray[np.float32],
    others: NDArray[np.float32],
    groups: NDArray[np.int64],
    radius: float,
    out: NDArray[np.int64],
) -> None:
    """Others within `radius` of each place, per group: `out` has shape (places, groups).

    `others` are sorted by their first coordinate.
    """
    square = radius * radius
    for event in range(places.shape[0]):
        place = places[event]
        low = np.searchsorted(others[:, 0], np.float32(place[0] - radius))
        for other in range(low, others.shape[0]):
            if others[other, 0] > place[0] + radius:
                break
            if are_near(place, others[other], square):
                out[event, groups[other]] += 1


@inner
def root_of(parents: NDArray[np.int64], one: int) -> int:
    """The smallest event of the group that `one` is in."""
    while parents[one] != one:
        parents[one] = parents[parents[one]]
        one = parents[one]
    return one


@compiled
def linked(places: NDArray[np.float32], radius: float, out: NDArray[np.int64]) -> None:
    """Groups of places joined by steps of at most `radius`: of each, the first place of its group.

    `places` are sorted by their first coordinate.
    """
    square = radius * radius
    for event in range(places.shape[0]):
        out[event] = event
    for event in range(places.shape[0]):
        for other in range(event + 1, places.shape[0]):
            if places[other, 0] > places[event, 0] + radius:
                break
            if are_near(places[event], places[other], square):
                one, two = root_of(out, event), root_of(out, other)
                if one < two:
                    out[two] = one
                else:
                    out[one] = two
    for event in range(places.shape[0]):
        out[event] = root_of(out, event)
