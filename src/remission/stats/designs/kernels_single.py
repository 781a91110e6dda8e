"""The loop that finds the test of one stage at every n."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Numbers = NDArray[np.float64]

_NEGLIGIBLE = 1e-280  # dropped from the ends of a distribution, so that no step is taken in denormal numbers


@compiled
def every_n(largest: int, p0: float, p1: float, limit: float) -> Numbers:
    """The smallest count that rejects at each n = 1..largest, its size at p0 and its power at p1.

    Parameters
    ----------
    largest : int
    p0, p1 : float
    limit : float
        The size may reach it, not pass it.

    Returns
    -------
    float64, (largest, 3)
        Critical count (n + 1 where none rejects), size, power. The distribution of n + 1 comes from that of
        n, and its tail is summed from the far end: only sums of positive terms.
    """
    out = np.empty((largest, 3))
    null, truth = np.zeros(largest + 2), np.zeros(largest + 2)
    null[0], truth[0] = 1.0, 1.0
    first, last = 0, 0
    for n in range(1, largest + 1):
        last += 1
        for count in range(last, first, -1):
            null[count] = null[count] * (1 - p0) + null[count - 1] * p0
            truth[count] = truth[count] * (1 - p1) + truth[count - 1] * p1
        null[first] *= 1 - p0
        truth[first] *= 1 - p1
        while last > first and null[last] < _NEGLIGIBLE and truth[last] < _NEGLIGIBLE:
            null[last], truth[last] = 0.0, 0.0
            last -= 1
        while first < last and null[first] < _NEGLIGIBLE and truth[first] < _NEGLIGIBLE:
            null[first], truth[first] = 0.0, 0.0
            first += 1
        critical, size, power = last + 1, 0.0, 0.0
        while critical > first and size + null[critical - 1] <= limit:
            critical -= 1
            size += null[critical]
            power += truth[critical]
        out[n - 1, 0], out[n - 1, 1], out[n - 1, 2] = critical, size, power
    return out
