"""Loops over virtual trials: every child has four random numbers of its own, named by seed, trial and place.

The generator counts instead of remembering (Philox 4x32, ten rounds: Salmon and others 2011,
doi:10.1145/2063384.2063405), so a child's numbers depend on neither blocks, cores, nor earlier children.
"""

import math

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]
Words = NDArray[np.uint64]

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_A, _B = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_A, _KEY_B = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_NONE = np.uint64(0)
_UNIT = 1.0 / 4294967296.0
_MIDDLE = 0.5 / 4294967296.0


@inner
def _four(
    child: np.uint64, trial: np.uint64, key_a: np.uint64, key_b: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Four words of 32 bits, those of one child of one trial."""
    a, b, c, d = child, trial & _LOW, trial >> _HALF, _NONE
    for _ in range(10):
        left, right = _A * a, _B * c
        a, b, c, d = (right >> _HALF) ^ b ^ key_a, right & _LOW, (left >> _HALF) ^ d ^ key_b, left & _LOW
        key_a, key_b = (key_a + _KEY_A) & _LOW, (key_b + _KEY_B) & _LOW
    return a, b, c, d


@compiled
def words_of(child: int, trial: int, key: Words) -> Words:
    """The four words of a child of a trial; `key`: two words of 32 bits. Shape (4,)."""
    a, b, c, d = _four(np.uint64(child), np.uint64(trial), key[0], key[1])
    words = np.empty(4, dtype=np.uint64)
    words[0], words[1], words[2], words[3] = a, b, c, d
    return words


@inner
def _place(chance: float, upto: Numbers) -> int:
    """The first place whose cumulative share lies above a chance."""
    place = 0
    while place < len(upto) - 1 and chance >= upto[place]:
        place += 1
    return place


@inner
def _when(done: float, openings: Numbers, opened: Numbers, rates: Numbers) -> float:
    """The day on which `done` children are expected; `opened[i]` are expected by `openings[i]`."""
    place = len(openings) - 1
    while place > 0 and done < opened[place]:
        place -= 1
    return openings[place] + (done - opened[place]) / rates[place]


@inner
def _expected(day: float, openings: Numbers, opened: Numbers, rates: Numbers) -> float:
    """The children expected by a day: the inverse of `_when`."""
    place = len(openings) - 1
    while place > 0 and day < openings[place]:
        place -= 1
    return opened[place] + (day - openings[place]) * rates[place]


@inner
def _until_result(chance: float, delays: Numbers) -> float:
    """Days from a child's arrival to its result: evenly from [0] to [1]; a share [2] later by [3]."""
    late = delays[2]
    if chance < late:
        return delays[0] + (delays[1] - delays[0]) * (chance / late) + delays[3]
    return delays[0] + (delays[1] - delays[0]) * ((chance - late) / (1.0 - late))


@inner
def _drawn(child: int, after: int, trial: int, key: Words, cuts: Words) -> tuple[int, int]:
    """Responders and counted among children `child` to before `after`; without a branch, so in vectors."""
    responders, others = 0, 0
    for place in range(child, after):
        _, _, word, _ = _four(np.uint64(place), np.uint64(trial), key[0], key[1])
        responders += 1 if word < cuts[0] else 0
        others += 1 if word >= cuts[1] else 0
    return responders, responders + others


@inner
def _stopped(look: int, responders: int, low: Counts, high: Counts, whole: Counts) -> bool:
    """Whether a look decides, which is written down."""
    looks = len(low)
    if responders <= low[look]:
        whole[9 + look] += 1
    elif responders >= high[look]:
        whole[9 + looks + look] += 1
        whole[0] += 1
    else:
        return False
    whole[8] += look < looks - 1
    return True


@inner
def _add(whole: Counts, decided: bool, enrolled: int, beyond: int, counted: int, responders: int) -> None:
    whole[1] += not decided
    whole[2] += enrolled + beyond
    whole[3] += (enrolled + beyond) ** 2
    whole[4] += counted
    whole[5] += counted**2
    whole[6] += beyond
    whole[7] += responders


@compiled
def trials(
    first: int, after: int, key: Words, sizes: Counts, low: Counts, high: Counts, cuts: Words, most: int
) -> Counts:
    """Run trials `first` to before `after` in which everybody has the result at once.

    Parameters
    ----------
    key : uint64, (2,)
        The seed, as two words of 32 bits.
    sizes, low, high : int64, (looks,)
        Children counted at each look; stop below at responders <= low, above at >= high.
    cuts : uint64, (2,)
        A child whose third word lies below the first responds; one below the second only is not counted.
    most : int
        Children enrolled at most.

    Returns
    -------
    int64, (9 + 2 looks,)
        In favour, never decided, and sums and sums of squares of: children enrolled, counted, enrolled at
        the stop beyond those of the look (sum only); responders counted; early stops; then stops below and
        above at each look.
    """
    whole = np.zeros(9 + 2 * len(sizes), dtype=np.int64)
    for trial in range(first, after):
        enrolled, counted, responders, decided = 0, 0, 0, False
        for look in range(len(sizes)):
            while counted < sizes[look] and enrolled < most:
                upto = min(most, enrolled + sizes[look] - counted)
                yes, said = _drawn(enrolled, upto, trial, key, cuts)
                enrolled, counted, responders = upto, counted + said, responders + yes
            if counted < sizes[look]:
                break
            decided = _stopped(look, responders, low, high, whole)
            if decided:
                break
        _add(whole, decided, enrolled, 0, counted, responders)
    return whole


@compiled
def trials_in_time(
    first: int, after: int, key: Words,
    sizes: Counts, low: Counts, high: Counts, cuts: Words, most: int,
    openings: Numbers, opened: Numbers, rates: Numbers, delays: Numbers, pauses: bool,
) -> tuple[Counts, Numbers]:  # fmt: skip
    """The same with a calendar: children come one after the other, and their results later.

    Parameters, beside those of `trials`
    ------------------------------------
    openings, opened, rates : float64, (steps,)
        From day `openings[i]` on `rates[i]` children come a day; `opened[i]` are expected by then.
    delays : float64, (4,)
        Days to a result: from, to, share that is late, by how many days.
    pauses : bool
        Enrolment stops at a look until its results are in.

    Returns
    -------
    int64, (9 + 2 looks,)
        As in `trials`.
    float64, (4,)
        Sums and sums of squares of: day of the last child's arrival, day of the decision.
    """
    looks = len(sizes)
    whole, days = np.zeros(9 + 2 * looks, dtype=np.int64), np.zeros(4)
    for trial in range(first, after):
        enrolled, counted, responders, expected = 0, 0, 0, 0.0
        day, latest, decided = 0.0, 0.0, False
        for look in range(looks):
            while counted < sizes[look] and enrolled < most:
                a, _, c, d = _four(np.uint64(enrolled), np.uint64(trial), key[0], key[1])
                enrolled += 1
                expected -= math.log(a * _UNIT + _MIDDLE)
                day = _when(expected, openings, opened, rates)
                latest = max(latest, day + _until_result(d * _UNIT, delays))
                responders += 1 if c < cuts[0] else 0
                counted += 0 if cuts[0] <= c < cuts[1] else 1
            if counted < sizes[look]:
                break
            decided = _stopped(look, responders, low, high, whole)
            if decided:
                break
            if pauses:
                expected = max(expected, _expected(latest, openings, opened, rates))
        beyond = 0
        while not pauses and enrolled + beyond < min(most, sizes[looks - 1]):
            a, _, _, _ = _four(np.uint64(enrolled + beyond), np.uint64(trial), key[0], key[1])
            expected -= math.log(a * _UNIT + _MIDDLE)
            arrives = _when(expected, openings, opened, rates)
            if arrives > latest:
                break
            day = arrives
            beyond += 1
        _add(whole, decided, enrolled, beyond, counted, responders)
        days[0] += day
        days[1] += day * day
        days[2] += latest
        days[3] += latest * latest
    return whole, days


@compiled
def weighted_trials(
    first: int, after: int, key: Words, children: int,
    strata: Numbers, cuts: Words, p0: float, z: float,
) -> Counts:  # fmt: skip
    """Run trials of one look that weight the counted children of a stratum up to all of its children.

    Each stratum counts by its share of the children enrolled, whoever is counted in it. The test is the
    score test with as many children as the weights are worth, (sum w)^2 / sum w^2.

    Parameters
    ----------
    children : int
        Enrolled in a trial.
    strata : float64, (strata,)
        Cumulative shares.
    cuts : uint64, (strata, 2)
        As in `trials`, of each stratum.
    p0, z : float
        The rate tested and the normal quantile of the test.

    Returns
    -------
    int64, (4,)
        In favour weighted, in favour unweighted (the same test), no child counted, children counted.
    """
    found = np.zeros(4, dtype=np.int64)
    n, seen, good = np.zeros(len(strata)), np.zeros(len(strata)), np.zeros(len(strata))
    for trial in range(first, after):
        n[:] = 0.0
        seen[:] = 0.0
        good[:] = 0.0
        for child in range(children):
            _, b, c, _ = _four(np.uint64(child), np.uint64(trial), key[0], key[1])
            stratum = 0 if len(strata) == 1 else _place(b * _UNIT, strata)
            n[stratum] += 1.0
            good[stratum] += 1.0 if c < cuts[stratum, 0] else 0.0
            seen[stratum] += 0.0 if cuts[stratum, 0] <= c < cuts[stratum, 1] else 1.0
        weight, squares, rate = 0.0, 0.0, 0.0
        for stratum in range(len(strata)):
            if seen[stratum] > 0:
                weight += n[stratum]
                squares += n[stratum] * n[stratum] / seen[stratum]
                rate += n[stratum] * good[stratum] / seen[stratum]
        all_seen = seen.sum()
        if all_seen == 0:
            found[2] += 1
            continue
        worth = weight * weight / squares
        found[0] += (rate / weight - p0) * math.sqrt(worth) >= z * math.sqrt(p0 * (1 - p0))
        found[1] += (good.sum() / all_seen - p0) * math.sqrt(all_seen) >= z * math.sqrt(p0 * (1 - p0))
        found[3] += int(all_seen)
    return found
