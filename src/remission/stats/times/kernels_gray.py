"""Gray's scores and their covariance, time after time."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


@compiled
def gray_scores(
    leaving: Counts, own: Counts, other: Counts, at_risk: Counts, rho: float
) -> tuple[Numbers, Numbers]:
    """Scores, shape (k,), and their covariance, (k, k), from counts at each of T times, all (T, k).

    `leaving`: who leaves the risk set at a time for any reason; `own`: events of the cause; `other`: events
    of any other cause; `at_risk` (k,): at the beginning.
    """
    size, k = own.shape
    risk = at_risk.astype(np.float64)
    free_before, free = np.ones(k), np.ones(k)  # event-free, just before and after the time
    reached_before, reached = np.zeros(k), np.zeros(k)  # incidence in each group
    all_before = 0.0  # incidence in all groups together
    scores, covariance = np.zeros(k), np.zeros((k, k))
    constant, cross, square = np.zeros((k, k)), np.zeros((k, k)), np.zeros(k)
    now = np.zeros((k, k))
    for t in range(size):
        events, others = 0.0, 0.0
        exposed, eligible = 0.0, 0.0
        for i in range(k):
            events += own[t, i]
            others += other[t, i]
            if risk[i] > 0:
                free[i] = free_before[i] * (risk[i] - own[t, i] - other[t, i]) / risk[i]
                reached[i] = reached_before[i] + free_before[i] * own[t, i] / risk[i]
                exposed += risk[i] / free_before[i]
                eligible += risk[i] * (1 - reached_before[i]) / free_before[i]
        if events + others > 0:
            all_after = all_before + events / exposed
            weight = (1 - all_before) ** rho
            for i in range(k):
                if risk[i] <= 0:
                    continue
                mine = risk[i] / free_before[i]
                scores[i] += weight * (own[t, i] - events * mine * (1 - reached_before[i]) / eligible)
            for i in range(k):
                for j in range(k):
                    now[i, j] = 0.0
                    if risk[i] > 0 and risk[j] > 0:
                        mine, yours = risk[i] / free_before[i], risk[j] / free_before[j]
                        now[i, j] = weight * mine * ((1.0 if i == j else 0.0) - yours / exposed)
                        constant[i, j] += now[i, j] * events / (exposed * (1 - all_before))
            for r in range(k):
                if events > 0 and risk[r] > 0:
                    lean = 1 - (1 - all_after) / free[r] if free[r] > 0 else 1.0
                    ties = 1 - (events - 1) / (exposed * free_before[r] - 1) if events > 1 else 1.0
                    size_r = ties * free_before[r] * events / (exposed * risk[r])
                    square[r] += lean * lean * size_r
                    for i in range(k):
                        a = now[i, r] - lean * constant[i, r]
                        cross[i, r] += a * lean * size_r
                        for j in range(k):
                            covariance[i, j] += a * (now[j, r] - lean * constant[j, r]) * size_r
                if other[t, r] > 0 and free[r] > 0:
                    lean = (1 - all_after) / free[r]
                    ties = 1 - (other[t, r] - 1) / (risk[r] - 1) if other[t, r] > 1 else 1.0
                    size_r = ties * free_before[r] ** 2 * other[t, r] / risk[r] ** 2
                    square[r] += lean * lean * size_r
                    for i in range(k):
                        a = lean * constant[i, r]
                        cross[i, r] -= a * lean * size_r
                        for j in range(k):
                            covariance[i, j] += a * lean * constant[j, r] * size_r
            all_before = all_after
            for i in range(k):
                free_before[i], reached_before[i] = free[i], reached[i]
        for i in range(k):
            risk[i] -= leaving[t, i]
    for i in range(k):
        for j in range(k):
            for r in range(k):
                covariance[i, j] += constant[i, r] * constant[j, r] * square[r]
                covariance[i, j] += constant[i, r] * cross[j, r] + constant[j, r] * cross[i, r]
    return scores, covariance
