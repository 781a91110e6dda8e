"""The loop that takes two endpoints through the looks of a trial, participant by participant."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


@compiled
def pair_through_looks(sizes: Counts, low: Counts, high: Counts, cells: Numbers, both: bool) -> Numbers:
    """The chance to stop at each look, below and above.

    Parameters
    ----------
    sizes : int64, (looks,)
        Participants at each look, cumulative and growing.
    low, high : int64, (2, looks)
        An endpoint fails at a count <= low and succeeds at a count >= high; low < high.
    cells : float64, (4,)
        The chance of both endpoints, of the first only, of the second only, of neither.
    both : bool
        True: the trial stops above when both succeed, below when either fails. False: above when either
        succeeds, below when both fail.

    Returns
    -------
    float64, (2, looks)
        [0] stops below, [1] stops above. Only sums of positive terms: no digits cancel.
    """
    looks = len(sizes)
    side = sizes[looks - 1] + 2
    stops = np.zeros((2, looks))
    old = np.zeros((side, side))
    new = np.zeros((side, side))
    # One empty row and column before count 0: count x stands at x + 1.
    old[1, 1] = 1.0
    n = 0
    for look in range(looks):
        while n < sizes[look]:
            n += 1
            for x in range(1, n + 2):
                for y in range(1, n + 2):
                    new[x, y] = (
                        old[x - 1, y - 1] * cells[0]
                        + old[x - 1, y] * cells[1]
                        + old[x, y - 1] * cells[2]
                        + old[x, y] * cells[3]
                    )
            old, new = new, old
        for x in range(n + 1):
            for y in range(n + 1):
                fails, succeeds = x <= low[0, look], x >= high[0, look]
                fails_too, succeeds_too = y <= low[1, look], y >= high[1, look]
                if both:
                    below, above = fails or fails_too, succeeds and succeeds_too
                else:
                    below, above = fails and fails_too, succeeds or succeeds_too
                if below:
                    stops[0, look] += old[x + 1, y + 1]
                    old[x + 1, y + 1] = 0.0
                elif above:
                    stops[1, look] += old[x + 1, y + 1]
                    old[x + 1, y + 1] = 0.0
    return stops
