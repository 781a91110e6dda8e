"""The sums behind two endpoints with gaps: sums of positive terms only, so that no digits cancel."""

import math

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]


@compiled
def levels_of_fixed(n: int, cells: Numbers, first: Counts, second: Counts) -> Numbers:
    """The chance of each pair of levels where everybody is counted.

    Parameters
    ----------
    n : int
        People.
    cells : float64, (2, 2)
        The chance of each person to be [seen negative, not] on the first x the second endpoint.
    first, second : int64, (2,)
        Smallest counts that reach level 1 and level 2; above n: none does.

    Returns
    -------
    float64, (3, 3)
        [level of the first, level of the second].
    """
    top_1, top_2 = min(first[1], n + 1), min(second[1], n + 1)  # counts beyond need not be told apart
    alive = np.zeros((top_1 + 1, top_2 + 1))
    alive[0, 0] = 1.0
    both, one, two, none = cells[0, 0], cells[0, 1], cells[1, 0], cells[1, 1]
    for person in range(1, n + 1):
        for i in range(min(person, top_1), -1, -1):
            stay_1 = i == top_1
            for j in range(min(person, top_2), -1, -1):
                stay_2 = j == top_2
                here = alive[i, j]
                chance = here * (none + (one if stay_1 else 0.0) + (two if stay_2 else 0.0))
                if stay_1 and stay_2:
                    chance += here * both
                if i > 0:
                    chance += alive[i - 1, j] * (one + (both if stay_2 else 0.0))
                if j > 0:
                    chance += alive[i, j - 1] * (two + (both if stay_1 else 0.0))
                if i > 0 and j > 0:
                    chance += alive[i - 1, j - 1] * both
                alive[i, j] = chance
    told = np.zeros((3, 3))
    for i in range(top_1 + 1):
        level_1 = (1 if i >= first[0] else 0) + (1 if i >= first[1] else 0)
        for j in range(top_2 + 1):
            level_2 = (1 if j >= second[0] else 0) + (1 if j >= second[1] else 0)
            told[level_1, level_2] += alive[i, j]
    return told


@inner
def tails(n: int, rate: float) -> Numbers:
    """P(at least k of r) at [r, k], r = 0..n, k = 0..n + 1."""
    chance = np.zeros(n + 2)
    chance[0] = 1.0
    table = np.zeros((n + 1, n + 2))
    for r in range(n + 1):
        if r > 0:
            for k in range(r, 0, -1):
                chance[k] = chance[k] * (1 - rate) + chance[k - 1] * rate
            chance[0] *= 1 - rate
        for k in range(r, -1, -1):
            table[r, k] = table[r, k + 1] + chance[k]
    return table


@inner
def _reaching(pairs: int, alone: int, cuts: Counts, tail: Numbers) -> Numbers:
    """P(level reached) at [level, alone seen, negative among the pairs], whoever is alone being random."""
    table = np.ones((3, alone + 1, pairs + 1))
    for level in range(1, 3):
        for r in range(alone + 1):
            cut = cuts[pairs + r, level - 1]
            for a in range(pairs + 1):
                need = cut - a
                table[level, r, a] = 1.0 if need <= 0 else (0.0 if need > r else tail[r, need])
    return table


@inner
def _log(chance: float) -> float:
    return math.log(chance) if chance > 0 else 0.0


@inner
def _patterns(n: int, pairs: int, chances: Numbers, logs: Numbers, factorials: Numbers) -> Numbers:
    """P(`pairs` seen on both, r on the first alone, s on the second alone) at [r, s]."""
    rest = n - pairs
    weight = np.zeros((rest + 1, rest + 1))
    if chances[0] == 0 and pairs > 0:
        return weight
    start = factorials[n] - factorials[pairs] + pairs * logs[0]
    for r in range(rest + 1):
        if r > 0 and chances[1] == 0:
            break
        for s in range(rest - r + 1):
            none = rest - r - s
            if (s > 0 and chances[2] == 0) or (none > 0 and chances[3] == 0):
                continue
            ways = start - factorials[r] - factorials[s] - factorials[none]
            weight[r, s] = math.exp(ways + r * logs[1] + s * logs[2] + none * logs[3])
    return weight


@inner
def _one_more(pairs: int, joint: Numbers, given: Numbers) -> None:
    """Take `joint`, negative counts among `pairs` - 1 people seen on both, to `pairs`, in place."""
    for a in range(pairs, -1, -1):
        for b in range(pairs, -1, -1):
            chance = joint[a, b] * given[1, 1]
            if a > 0:
                chance += joint[a - 1, b] * given[0, 1]
            if b > 0:
                chance += joint[a, b - 1] * given[1, 0]
            if a > 0 and b > 0:
                chance += joint[a - 1, b - 1] * given[0, 0]
            joint[a, b] = chance


@compiled
def levels_of_evaluable(n: int, cells: Numbers, first: Counts, second: Counts) -> Numbers:
    """The chance of reaching each pair of levels where each endpoint counts only whom it could evaluate.

    People seen on both endpoints, on one alone and on none are multinomial; given these numbers the
    people seen on one endpoint alone add a binomial of their own to each count.

    Parameters
    ----------
    n : int
        People.
    cells : float64, (3, 3)
        Chances of the nine cells.
    first, second : int64, (n + 1, 2)
        For each number evaluable, the smallest counts that reach level 1 and level 2.

    Returns
    -------
    float64, (3, 3)
        [at least this level on the first, at least this level on the second].
    """
    chances = np.array(
        [
            cells[0, 0] + cells[0, 1] + cells[1, 0] + cells[1, 1],
            cells[0, 2] + cells[1, 2],
            cells[2, 0] + cells[2, 1],
            cells[2, 2],
        ]
    )
    logs = np.array([_log(chance) for chance in chances])
    factorials = np.array([math.lgamma(k + 1.0) for k in range(n + 1)])
    tail_1 = tails(n, cells[0, 2] / chances[1] if chances[1] > 0 else 0.0)
    tail_2 = tails(n, cells[2, 0] / chances[2] if chances[2] > 0 else 0.0)
    given = cells[:2, :2] / chances[0] if chances[0] > 0 else np.zeros((2, 2))
    joint = np.zeros((n + 1, n + 1))
    joint[0, 0] = 1.0
    reached = np.zeros((3, 3))
    for pairs in range(n + 1):
        if pairs > 0:
            _one_more(pairs, joint, given)
        weight = _patterns(n, pairs, chances, logs, factorials)
        if weight.sum() > 0:
            alone = n - pairs
            _add(
                pairs,
                alone,
                joint,
                weight,
                _reaching(pairs, alone, first, tail_1),
                _reaching(pairs, alone, second, tail_2),
                reached,
            )
    return reached


@compiled
def levels_of_known(pattern: Counts, cells: Numbers, first: Counts, second: Counts) -> Numbers:
    """The same where the numbers evaluable are known.

    Parameters
    ----------
    pattern : int64, (3,)
        People seen on both endpoints, on the first alone, on the second alone.
    cells : float64, (2, 2)
        Chances of a person to be negative or positive on the first x the second endpoint.
    first, second : int64, (2,)
        Smallest counts that reach level 1 and level 2.
    """
    pairs, one, two = pattern
    tail_1 = tails(one, min(1.0, cells[0, 0] + cells[0, 1]))
    tail_2 = tails(two, min(1.0, cells[0, 0] + cells[1, 0]))
    joint = np.zeros((pairs + 1, pairs + 1))
    joint[0, 0] = 1.0
    for person in range(1, pairs + 1):
        _one_more(person, joint, cells)
    reached = np.zeros((3, 3))
    for level in range(3):
        for other in range(3):
            for a in range(pairs + 1):
                need = max(0, first[level - 1] - a) if level > 0 else 0
                by_first = tail_1[one, need] if need <= one else 0.0
                for b in range(pairs + 1):
                    need = max(0, second[other - 1] - b) if other > 0 else 0
                    by_second = tail_2[two, need] if need <= two else 0.0
                    reached[level, other] += joint[a, b] * by_first * by_second
    return reached


@inner
def _add(
    pairs: int,
    alone: int,
    joint: Numbers,
    weight: Numbers,
    reach_1: Numbers,
    reach_2: Numbers,
    reached: Numbers,
) -> None:
    """Add to `reached` the sum over negative counts a, b among the pairs and r, s seen alone."""
    for r in range(alone + 1):
        row = np.zeros((3, pairs + 1))  # by level of the second, summed over s
        for s in range(alone - r + 1):
            chance = weight[r, s]
            if chance > 0:
                for level in range(3):
                    for b in range(pairs + 1):
                        row[level, b] += chance * reach_2[level, s, b]
        if row[0, 0] == 0:
            continue
        for level in range(3):
            column = np.zeros(pairs + 1)
            for a in range(pairs + 1):
                chance = reach_1[level, r, a]
                if chance > 0:
                    for b in range(pairs + 1):
                        column[b] += chance * joint[a, b]
            for other in range(3):
                total = 0.0
                for b in range(pairs + 1):
                    total += column[b] * row[other, b]
                reached[level, other] += total
