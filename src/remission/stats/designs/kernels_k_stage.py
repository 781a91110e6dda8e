"""The searches for designs of several stages: boundaries at given looks, and three stages at any n."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


@inner
def _steps(alive: Numbers, done: int, to: int, rate: float) -> None:
    """Carry a distribution of counts from `done` to `to` participants, in place."""
    for n in range(done + 1, to + 1):
        for count in range(n, 0, -1):
            alive[count] = alive[count] * (1 - rate) + alive[count - 1] * rate
        alive[0] *= 1 - rate


@inner
def _last(null: Numbers, truth: Numbers, n: int, alpha: float, missing: float, least: int) -> int:
    """The smallest count, `least` or more, above which the end may reject; -1 if none works.

    `alpha`: what may still be rejected under p0; `missing`: what must still be rejected under p1.
    """
    size, power, count = 0.0, 0.0, n
    while count > least and size + null[count] <= alpha:
        size += null[count]
        power += truth[count]
        count -= 1
    return count if power >= missing and count < n else -1


@compiled
def best_boundaries(
    sizes: Counts, p0: float, p1: float, alpha: float, beta: float, weight: float, efficacy: bool
) -> Numbers:
    """The boundaries at given looks that hold both errors with the least expected size.

    Parameters
    ----------
    sizes : int64, (looks,)
    p0, p1, alpha, beta : float
    weight : float
        Of the expected size at p1; the rest is that at p0.
    efficacy : bool
        Whether looks before the last may stop for efficacy.

    Returns
    -------
    float64, (2 looks + 1,)
        Futility counts (-1: none), efficacy counts (n + 1: none), the expected size (inf: no design works).

    Depth first over the looks: every pair of counts at each, left as soon as an error is overspent, or when
    what has stopped and what goes on (to the next look at least) cost no less than the best found.
    """
    # One long loop: a search that leaves early keeps its whole state in one place.
    looks = len(sizes)
    largest = sizes[looks - 1]
    null, truth = np.zeros((looks, largest + 1)), np.zeros((looks, largest + 1))
    low, high = np.full(looks, -2), np.zeros(looks, np.int64)
    spent, lost, cost = np.zeros(looks + 1), np.zeros(looks + 1), np.zeros(looks + 1)
    right = np.zeros(looks + 1)  # already rejected under p1
    out = np.full(2 * looks + 1, np.inf)
    best = np.inf
    null[0, 0], truth[0, 0] = 1.0, 1.0
    _steps(null[0], 0, sizes[0], p0)
    _steps(truth[0], 0, sizes[0], p1)
    look = 0
    while look >= 0:
        n = sizes[look]
        if look == looks - 1:
            r = _last(null[look], truth[look], n, alpha - spent[look], 1 - beta - right[look], 0)
            total = cost[look]
            for count in range(n + 1):
                total += n * ((1 - weight) * null[look, count] + weight * truth[look, count])
            if r >= 0 and total < best:
                best = total
                for place in range(looks - 1):
                    out[place], out[looks + place] = low[place], high[place]
                out[look], out[looks + look], out[2 * looks] = r, r + 1, best
            look -= 1
            continue
        if low[look] == -2:
            low[look], high[look] = -1, n + 1
        else:
            high[look] -= 1
            over = spent[look]
            for count in range(high[look], n + 1):
                over += null[look, count]
            if not efficacy or high[look] <= low[look] + 1 or over > alpha:
                low[look] += 1
                high[look] = n + 1
        gone = lost[look]
        for count in range(low[look] + 1):
            gone += truth[look, count]
        if low[look] >= n or gone > beta:
            low[look] = -2
            look -= 1
            continue
        paid, going, over, won = cost[look], 0.0, spent[look], right[look]
        for count in range(n + 1):
            share = (1 - weight) * null[look, count] + weight * truth[look, count]
            if low[look] < count < high[look]:
                going += share
            else:
                paid += n * share
            if count >= high[look]:
                over += null[look, count]
                won += truth[look, count]
        if paid + going * sizes[look + 1] >= best:
            continue
        for count in range(largest + 1):
            kept = low[look] < count < high[look]
            null[look + 1, count] = null[look, count] if kept else 0.0
            truth[look + 1, count] = truth[look, count] if kept else 0.0
        _steps(null[look + 1], n, sizes[look + 1], p0)
        _steps(truth[look + 1], n, sizes[look + 1], p1)
        cost[look + 1], spent[look + 1], lost[look + 1], right[look + 1] = paid, over, gone, won
        look += 1
        low[look] = -2
    return out


@compiled
def best_three_stages(largest: int, p0: float, p1: float, alpha: float, beta: float) -> Numbers:
    """The three-stage design with futility stops and the least expected size under p0, up to a total.

    Returns
    -------
    float64, (7,)
        n1, r1, n2, r2, n3, r3, expected n under p0; inf where none works.

    For each first stage, second stages by growing n and falling r, then totals by growing n: the first total
    that holds both errors is the best of its kind. Left as soon as the expected size reaches the best found.
    """
    # One long loop, for the same reason.
    size = largest + 1
    out = np.full(7, np.inf)
    best = np.inf
    first0, first1 = np.zeros(size), np.zeros(size)
    first0[0], first1[0] = 1.0, 1.0
    second0, second1, third0, third1 = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size)
    for n1 in range(1, largest - 1):
        if n1 >= best:
            break
        _steps(first0, n1 - 1, n1, p0)
        _steps(first1, n1 - 1, n1, p1)
        top, lost = -1, 0.0
        while lost + first1[top + 1] <= beta and top + 1 < n1:
            top += 1
            lost += first1[top]
        for r1 in range(top, -1, -1):
            on, gone = 0.0, 0.0
            for count in range(n1 + 1):
                kept = count > r1
                second0[count] = first0[count] if kept else 0.0
                second1[count] = first1[count] if kept else 0.0
                on += second0[count]
                gone += 0.0 if kept else first1[count]
            second0[n1 + 1 :], second1[n1 + 1 :] = 0.0, 0.0
            if n1 + on >= best:
                break
            for n2 in range(n1 + 1, largest):
                if n1 + (n2 - n1) * on >= best:
                    break
                _steps(second0, n2 - 1, n2, p0)
                _steps(second1, n2 - 1, n2, p1)
                r2, lost = r1, gone
                while lost + second1[r2 + 1] <= beta and r2 + 1 < n2:
                    r2 += 1
                    lost += second1[r2]
                while r2 > r1:
                    further = 0.0
                    third0[:], third1[:] = 0.0, 0.0
                    for count in range(r2 + 1, n2 + 1):
                        third0[count], third1[count] = second0[count], second1[count]
                        further += second0[count]
                    for n3 in range(n2 + 1, largest + 1):
                        expected = n1 + (n2 - n1) * on + (n3 - n2) * further
                        if expected >= best:
                            break
                        _steps(third0, n3 - 1, n3, p0)
                        _steps(third1, n3 - 1, n3, p1)
                        r3 = _last(third0, third1, n3, alpha, 1 - beta, r2 + 1)
                        if r3 > 0:
                            best = expected
                            out[0], out[1], out[2], out[3] = n1, r1, n2, r2
                            out[4], out[5], out[6] = n3, r3, best
                            break
                    r2 -= 1
    return out
