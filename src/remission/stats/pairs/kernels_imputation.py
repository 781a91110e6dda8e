"""The exact posterior of the completed table of two endpoints, and its use on many simulated data sets."""

import math

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


_LARGEST = 690.0  # logarithm of a number that still fits


@inner
def _shape(cells: Counts) -> tuple[int, int, int]:
    """One more than the most gaps that can fill to both negative, to first alone, to second alone."""
    none = cells[2, 2]
    return (
        cells[0, 2] + cells[2, 0] + none + 1,
        cells[0, 2] + cells[2, 1] + none + 1,
        cells[1, 2] + cells[2, 0] + none + 1,
    )


@inner
def _choices(n: int) -> Numbers:
    """Ways to choose 0, 1, ... of n."""
    ways = np.ones(n + 1)
    for k in range(1, n + 1):
        ways[k] = ways[k - 1] * (n - k + 1) / k
    return ways


@inner
def _ways(cells: Counts) -> Numbers:
    """In how many ways gaps fill to [both negative, first alone, second alone] more; must fit in a number."""
    only_1_neg, only_1_pos = cells[0, 2], cells[1, 2]
    only_2_neg, only_2_pos, none = cells[2, 0], cells[2, 1], cells[2, 2]
    ways = np.zeros(_shape(cells))
    first, second = _choices(only_1_neg), _choices(only_2_neg)
    third, fourth = _choices(only_1_pos), _choices(only_2_pos)
    for i in range(only_1_neg + 1):
        for k in range(only_2_neg + 1):
            for j in range(only_1_pos + 1):
                outer = first[i] * second[k] * third[j]
                for m in range(only_2_pos + 1):
                    ways[i + k, only_1_neg - i + m, j + only_2_neg - k] += outer * fourth[m]
    for _ in range(none):
        for a in range(ways.shape[0] - 1, -1, -1):
            for b in range(ways.shape[1] - 1, -1, -1):
                for c in range(ways.shape[2] - 1, -1, -1):
                    total = ways[a, b, c]
                    if a > 0:
                        total += ways[a - 1, b, c]
                    if b > 0:
                        total += ways[a, b - 1, c]
                    if c > 0:
                        total += ways[a, b, c - 1]
                    ways[a, b, c] = total
    return ways


@inner
def _log_choices(n: int, k: int) -> float:
    return math.lgamma(n + 1.0) - math.lgamma(k + 1.0) - math.lgamma(n - k + 1.0)


@inner
def _add_logs(one: float, two: float) -> float:
    if one == -math.inf:
        return two
    if two == -math.inf:
        return one
    return max(one, two) + math.log1p(math.exp(-abs(one - two)))


@inner
def _logs_of_ways(cells: Counts) -> Numbers:
    """The logarithm of `_ways`, whatever their size."""
    only_1_neg, only_1_pos = cells[0, 2], cells[1, 2]
    only_2_neg, only_2_pos, none = cells[2, 0], cells[2, 1], cells[2, 2]
    if (only_1_neg + only_1_pos + only_2_neg + only_2_pos + none) * math.log(4.0) < _LARGEST:
        return np.log(_ways(cells))
    logs = np.full(_shape(cells), -math.inf)
    for i in range(only_1_neg + 1):
        for k in range(only_2_neg + 1):
            outer = _log_choices(only_1_neg, i) + _log_choices(only_2_neg, k)
            for j in range(only_1_pos + 1):
                for m in range(only_2_pos + 1):
                    more = outer + _log_choices(only_1_pos, j) + _log_choices(only_2_pos, m)
                    a, b, c = i + k, only_1_neg - i + m, j + only_2_neg - k
                    logs[a, b, c] = _add_logs(logs[a, b, c], more)
    for _ in range(none):
        for a in range(logs.shape[0] - 1, -1, -1):
            for b in range(logs.shape[1] - 1, -1, -1):
                for c in range(logs.shape[2] - 1, -1, -1):
                    total = logs[a, b, c]
                    if a > 0:
                        total = _add_logs(total, logs[a - 1, b, c])
                    if b > 0:
                        total = _add_logs(total, logs[a, b - 1, c])
                    if c > 0:
                        total = _add_logs(total, logs[a, b, c - 1])
                    logs[a, b, c] = total
    return logs


@inner
def _log_gamma(count: float, prior: float) -> float:
    if prior <= 0:  # a cell that cannot be
        return 0.0 if count == 0 else -math.inf
    return math.lgamma(count + prior)


@inner
def _rising(count: int, prior: float, most: int) -> Numbers:
    """How the weight of a cell of `count` people grows with 0, 1, ... `most` more: gamma over gamma."""
    table = np.ones(most + 1)
    for more in range(1, most + 1):
        table[more] = table[more - 1] * (count + more - 1 + prior) if prior > 0 else 0.0
    return table


@inner
def _weights_in_logs(cells: Counts, prior: Numbers, gaps: int) -> Numbers:
    """The posterior of each way to fill the gaps, the largest 1."""
    logs = _logs_of_ways(cells)
    for a in range(logs.shape[0]):
        for b in range(logs.shape[1]):
            for c in range(logs.shape[2]):
                rest = gaps - a - b - c
                if logs[a, b, c] > -math.inf and rest >= 0:
                    weight = _log_gamma(cells[0, 0] + a, prior[0]) + _log_gamma(cells[0, 1] + b, prior[1])
                    weight += _log_gamma(cells[1, 0] + c, prior[2]) + _log_gamma(cells[1, 1] + rest, prior[3])
                    logs[a, b, c] += weight
                else:
                    logs[a, b, c] = -math.inf
    return np.exp(logs - logs.max())


@inner
def _weights(cells: Counts, prior: Numbers, gaps: int) -> Numbers:
    """The same up to a factor, by products alone: where the largest fits in a number."""
    ways = _ways(cells)
    first, second = _rising(cells[0, 0], prior[0], gaps), _rising(cells[0, 1], prior[1], gaps)
    third, fourth = _rising(cells[1, 0], prior[2], gaps), _rising(cells[1, 1], prior[3], gaps)
    for a in range(ways.shape[0]):
        for b in range(ways.shape[1]):
            both = first[a] * second[b] if a + b <= gaps else 0.0
            for c in range(ways.shape[2]):
                rest = gaps - a - b - c
                ways[a, b, c] *= both * third[c] * fourth[rest] if rest >= 0 else 0.0
    return ways


@inner
def completed(cells: Counts, prior: Numbers) -> Numbers:
    """The posterior of how many gaps of each endpoint are negative: [endpoint, number], padded with 0."""
    lost_1 = cells[2, 0] + cells[2, 1] + cells[2, 2]
    lost_2 = cells[0, 2] + cells[1, 2] + cells[2, 2]
    gaps = lost_1 + lost_2 - cells[2, 2]
    if gaps * math.log(4.0 * (cells.sum() + 1)) < _LARGEST:
        weights = _weights(cells, prior, gaps)
    else:
        weights = _weights_in_logs(cells, prior, gaps)
    told = np.zeros((2, max(lost_1, lost_2) + 1))
    known_1, known_2 = cells[0, 2], cells[2, 0]  # filled gaps that do not change this endpoint's count
    for a in range(weights.shape[0]):
        for b in range(weights.shape[1]):
            for c in range(weights.shape[2]):
                weight = weights[a, b, c]
                if weight > 0:
                    told[0, a + b - known_1] += weight
                    told[1, a + c - known_2] += weight
    for endpoint in range(2):
        told[endpoint] /= told[endpoint].sum()
    return told


@compiled
def posterior(cells: Counts, prior: Numbers) -> Numbers:
    """How many gaps of each endpoint are truly negative, given what was seen.

    Parameters
    ----------
    cells : int64, (3, 3)
        People in each of the nine cells.
    prior : float64, (4,)
        Dirichlet prior of negative-negative, negative-positive, positive-negative, positive-positive; 0: a
        cell that cannot be.

    Returns
    -------
    float64, (2, most gaps + 1)
        [endpoint, number]: each row sums to 1.
    """
    return completed(cells, prior)


@compiled
def pooled_levels(
    samples: Counts, prior: Numbers, scores: Numbers, cuts: Counts, limits: Numbers
) -> tuple[Numbers, Numbers]:
    """The levels that simulated data sets reach under multiple imputation, and the mean estimated rates.

    Parameters
    ----------
    samples : int64, (data sets, 3, 3)
    prior : float64, (4,)
    scores : float64, (2, n + 1)
        For each endpoint and count of n the normal score of its exact p-value.
    cuts : int64, (2, 2)
        [endpoint, level - 1]: smallest counts of n that reach the level, where there are no gaps.
    limits : float64, (2,)
        The scores that reach level 1 and level 2.

    Returns
    -------
    float64, (3, 3)
        Share of data sets that reached each pair of levels.
    float64, (2, 3)
        For each endpoint the sum and sum of squares of the estimated rate, and how many had one.
    """
    levels = np.zeros((3, 3))
    rates = np.zeros((2, 3))
    n = samples[0].sum()
    reached = np.zeros(2, dtype=np.int64)
    for which in range(len(samples)):
        cells = samples[which]
        chances = completed(cells, prior)
        for endpoint in range(2):
            seen = cells[0].sum() if endpoint == 0 else cells[:, 0].sum()
            lost = cells[2].sum() if endpoint == 0 else cells[:, 2].sum()
            reached[endpoint] = 0
            if lost == n:
                continue
            count, mean, square = 0.0, 0.0, 0.0
            for more in range(lost + 1):
                score = scores[endpoint, seen + more]
                count += chances[endpoint, more] * (seen + more)
                mean += chances[endpoint, more] * score
                square += chances[endpoint, more] * score * score
            pooled = mean / math.sqrt(1 + max(0.0, square - mean * mean))
            for level in range(2):
                if (seen >= cuts[endpoint, level]) if lost == 0 else (pooled >= limits[level]):
                    reached[endpoint] += 1
            rates[endpoint, 0] += count / n
            rates[endpoint, 1] += (count / n) ** 2
            rates[endpoint, 2] += 1
        levels[reached[0], reached[1]] += 1
    return levels / len(samples), rates
