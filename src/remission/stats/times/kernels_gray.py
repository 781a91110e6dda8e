"""Gray's scores, then their covariance: each from its formula, over times forward and then backward."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


@inner
def _for_ties(events: float, people: float) -> float:
    if events <= 1:
        return 1.0
    return 1 - (events - 1) / (people - 1) if people > 1 else -np.inf


@inner
def _add_square(covariance: Numbers, part: Numbers, size: float) -> None:
    for i in range(len(part)):
        for j in range(len(part)):
            covariance[i, j] += part[i] * part[j] * size


@compiled
def gray_scores(at_risk: Counts, own: Counts, other: Counts, rho: float) -> tuple[Numbers, Numbers, Numbers]:
    """Scores, shape (k,), and the curves they need, from counts at each of T times, all (T, k).

    A group's score adds up, over times t, W(t) (own events - all own events x its share), with the weight
    W = (1 - F(t-))^rho. Its share is R / (sum of all R) with R = Y (1 - F_r(t-)) / S_r(t-): those at
    risk, and those who would be but for an event of another cause.

    Parameters
    ----------
    at_risk : array of int, shape (T, k)
        Y, just before each time.
    own, other : array of int, shape (T, k)
        Events of the cause, and of any other.
    rho : float

    Returns
    -------
    scores : array, shape (k,)
    free : array, shape (T + 1, k)
        S_r: each group's event-free probability before the first time, and after each.
    incidence : array, shape (T + 1,)
        F, of the cause in all groups together: it grows by own events over the sum of Y / S_r(t-).
    """
    times, k = own.shape
    free, incidence = np.ones((times + 1, k)), np.zeros(times + 1)
    reached = np.zeros(k)  # F_r
    scores = np.zeros(k)
    share = np.zeros(k)
    for t in range(times):
        exposed, standing = 0.0, 0.0
        for r in range(k):
            share[r] = at_risk[t, r] * (1 - reached[r]) / free[t, r] if at_risk[t, r] > 0 else 0.0
            standing += share[r]
            exposed += at_risk[t, r] / free[t, r] if at_risk[t, r] > 0 else 0.0
        events = own[t].sum()
        weight = (1 - incidence[t]) ** rho
        incidence[t + 1] = incidence[t] + (events / exposed if events > 0 else 0.0)
        for r in range(k):
            free[t + 1, r] = free[t, r]
            if at_risk[t, r] == 0:
                continue
            if events > 0:
                scores[r] += weight * (own[t, r] - events * share[r] / standing)
            reached[r] += free[t, r] * own[t, r] / at_risk[t, r]
            free[t + 1, r] = free[t, r] * (at_risk[t, r] - own[t, r] - other[t, r]) / at_risk[t, r]
    return scores, free, incidence


@compiled
def gray_covariance(
    at_risk: Counts, own: Counts, other: Counts, rho: float, free: Numbers, incidence: Numbers
) -> tuple[Numbers, float]:
    """The covariance of the scores, shape (k, k), and the smallest factor for ties in it (1 without ties).

    With h_r = Y_r / S_r(t-), d_ir = W h_i ([i = r] - h_r / sum of all h), and c_ir(t) the sum up to t of
    d_ir dF / (1 - F(t-)), Gray's estimate adds up over times t and groups r
        a_ir a_jr dF / h_r      with  a_ir = d_ir + (1 - g) (c_ir(end) - c_ir(t))
        b_ir b_jr dF_2r / h_r   with  b_ir = - g (c_ir(end) - c_ir(t)),   g = (1 - F(t)) / S_r(t),
    dF_2r the step of the group's incidence of other causes. What is still to come, c(end) - c(t), is summed
    while going back from the last time. For d tied events each term has the factor 1 - (d - 1) / (m - 1), m
    those at risk: Y_r for other causes, S_r(t-) (sum of all h) for the cause.
    """
    times, k = own.shape
    covariance, ahead = np.zeros((k, k)), np.zeros((k, k))
    h, part = np.zeros(k), np.zeros(k)
    step = np.zeros((k, k))
    least = 1.0
    for t in range(times - 1, -1, -1):
        events = own[t].sum()
        total = 0.0
        for r in range(k):
            h[r] = at_risk[t, r] / free[t, r] if at_risk[t, r] > 0 else 0.0
            total += h[r]
        weight = (1 - incidence[t]) ** rho
        for i in range(k):
            for r in range(k):
                step[i, r] = weight * h[i] * ((1.0 if i == r else 0.0) - h[r] / total) if h[r] > 0 else 0.0
        for r in range(k):
            if h[r] == 0:
                continue
            # once nobody of the group is event-free nothing of it is ahead, whatever g
            g = (1 - incidence[t + 1]) / free[t + 1, r] if free[t + 1, r] > 0 else 0.0
            if events > 0:
                ties = _for_ties(events, free[t, r] * total)
                least = min(least, ties)
                for i in range(k):
                    part[i] = step[i, r] + (1 - g) * ahead[i, r]
                _add_square(covariance, part, ties * events / (total * h[r]))
            if other[t, r] > 0:
                ties = _for_ties(other[t, r], float(at_risk[t, r]))
                for i in range(k):
                    part[i] = -g * ahead[i, r]
                _add_square(covariance, part, ties * free[t, r] * other[t, r] / (at_risk[t, r] * h[r]))
        if events > 0:
            for i in range(k):
                for r in range(k):
                    ahead[i, r] += step[i, r] * events / (total * (1 - incidence[t]))
    return covariance, least
