"""The loop that takes a staged design through its looks, participant by participant."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


@compiled
def through_looks(sizes: Counts, low: Counts, high: Counts, rates: Numbers) -> Numbers:
    """The chance to stop at each look, below and above, for each true rate.

    Parameters
    ----------
    sizes : int64, (looks,)
        Participants at each look, cumulative and growing.
    low, high : int64, (looks,)
        The trial stops below at a count <= low, above at a count >= high; low < high.
    rates : float64, (rates,)

    Returns
    -------
    float64, (rates, 2, looks)
        [:, 0] stops below, [:, 1] stops above. Only sums of positive terms: no digits cancel.
    """
    looks = len(sizes)
    stops = np.zeros((len(rates), 2, looks))
    alive = np.zeros(sizes[looks - 1] + 2)
    for which in range(len(rates)):
        rate = rates[which]
        alive[:] = 0.0
        alive[0] = 1.0
        first, last, before = 0, 0, 0
        for look in range(looks):
            for _ in range(sizes[look] - before):
                last += 1
                for count in range(last, first, -1):
                    alive[count] = alive[count] * (1 - rate) + alive[count - 1] * rate
                alive[first] *= 1 - rate
            before = sizes[look]
            while first <= last and first <= low[look]:
                stops[which, 0, look] += alive[first]
                alive[first] = 0.0
                first += 1
            while last >= first and last >= high[look]:
                stops[which, 1, look] += alive[last]
                alive[last] = 0.0
                last -= 1
            if last < first:
                break
    return stops


@compiled
def reaching(sizes: Counts, low: Counts, high: Counts, rate: float, first: int) -> Numbers:
    """The chance to come to each look with each count, before that look stops anybody.

    Parameters
    ----------
    sizes, low, high : int64, (looks,)
        As in `through_looks`.
    rate : float
    first : int
        The answer of the first participant, 0 or 1, taken as given; -1: as chance has it.

    Returns
    -------
    float64, (looks, last size + 1)
    """
    looks = len(sizes)
    largest = sizes[looks - 1]
    out = np.zeros((looks, largest + 1))
    alive = np.zeros(largest + 1)
    alive[max(first, 0)] = 1.0
    done = 0 if first < 0 else 1
    for look in range(looks):
        for n in range(done + 1, sizes[look] + 1):
            for count in range(n, 0, -1):
                alive[count] = alive[count] * (1 - rate) + alive[count - 1] * rate
            alive[0] *= 1 - rate
        done = sizes[look]
        for count in range(done + 1):
            out[look, count] = alive[count]
            if count <= low[look] or count >= high[look]:
                alive[count] = 0.0
    return out
