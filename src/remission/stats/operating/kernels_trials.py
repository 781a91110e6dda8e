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

NO_RESPONSE, RESPONSE, NOT_COUNTED = 0, 1, 2
"""What an outcome is to the test."""

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


@compiled
def trials(
    first: int, after: int, key: Words,
    sizes: Counts, low: Counts, high: Counts,
    strata: Numbers, outcomes: Numbers, counts_as: Counts,
    openings: Numbers, opened: Numbers, rates: Numbers, delays: Numbers,
    most: int, timed: bool, pauses: bool,
) -> tuple[Counts, Numbers]:  # fmt: skip
    """Run trials `first` to before `after`, and sum up what became of them.

    Parameters
    ----------
    key : uint64, (2,)
        The seed, as two words of 32 bits.
    sizes, low, high : int64, (looks,)
        Children counted at each look; stop below at responders <= low, above at >= high.
    strata : float64, (strata,)
        Cumulative shares.
    outcomes : float64, (strata, outcomes)
        Cumulative chances of the outcomes in a stratum.
    counts_as : int64, (outcomes,)
        NO_RESPONSE, RESPONSE or NOT_COUNTED.
    openings, opened, rates : float64, (steps,)
        From day `openings[i]` on `rates[i]` children come a day; `opened[i]` are expected by then.
    delays : float64, (4,)
        Days to a result: from, to, share that is late, by how many days.
    most : int
        Children enrolled at most.
    timed : bool
        False: no calendar; everybody has the result at once.
    pauses : bool
        Enrolment stops at a look until its results are in.

    Returns
    -------
    int64, (9 + 2 looks,)
        In favour, never decided, and sums and sums of squares of: children enrolled, counted, enrolled at
        the stop beyond those of the look (sum only); responders counted; early stops; then stops below and
        above at each look.
    float64, (4,)
        Sums and sums of squares of: day of the last child's arrival, day of the decision.
    """
    looks = len(sizes)
    whole = np.zeros(9 + 2 * looks, dtype=np.int64)
    days = np.zeros(4)
    for trial in range(first, after):
        enrolled, counted, responders, expected = 0, 0, 0, 0.0
        day, latest, decided = 0.0, 0.0, False
        for look in range(looks):
            while counted < sizes[look] and enrolled < most:
                a, b, c, d = _four(np.uint64(enrolled), np.uint64(trial), key[0], key[1])
                enrolled += 1
                stratum = 0 if len(strata) == 1 else _place(b * _UNIT, strata)
                kind = counts_as[_place(c * _UNIT, outcomes[stratum])]
                if timed:
                    expected -= math.log(a * _UNIT + _MIDDLE)
                    day = _when(expected, openings, opened, rates)
                    latest = max(latest, day + _until_result(d * _UNIT, delays))
                if kind != NOT_COUNTED:
                    counted += 1
                    responders += kind
            if counted < sizes[look]:
                break
            if responders <= low[look]:
                decided = True
                whole[9 + look] += 1
            elif responders >= high[look]:
                decided = True
                whole[9 + looks + look] += 1
                whole[0] += 1
            if decided:
                whole[8] += look < looks - 1
                break
            if timed and pauses:
                expected = max(expected, _expected(latest, openings, opened, rates))
        beyond = 0
        if timed and not pauses:
            while enrolled + beyond < min(most, sizes[looks - 1]):
                a, b, c, d = _four(np.uint64(enrolled + beyond), np.uint64(trial), key[0], key[1])
                expected -= math.log(a * _UNIT + _MIDDLE)
                arrives = _when(expected, openings, opened, rates)
                if arrives > latest:
                    break
                day = arrives
                beyond += 1
        whole[1] += not decided
        whole[2] += enrolled + beyond
        whole[3] += (enrolled + beyond) ** 2
        whole[4] += counted
        whole[5] += counted**2
        whole[6] += beyond
        whole[7] += responders
        days[0] += day
        days[1] += day * day
        days[2] += latest
        days[3] += latest * latest
    return whole, days


@compiled
def weighted_trials(
    first: int, after: int, key: Words, children: int,
    strata: Numbers, outcomes: Numbers, counts_as: Counts, p0: float, z: float,
) -> Counts:  # fmt: skip
    """Run trials of one look that weight the counted children of a stratum up to all of its children.

    Parameters as in `trials`; each stratum counts by its share of the children enrolled, whoever is counted
    in it. The test is the score test with as many children as the weights are worth, (sum w)^2 / sum w^2.

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
            kind = counts_as[_place(c * _UNIT, outcomes[stratum])]
            n[stratum] += 1.0
            if kind != NOT_COUNTED:
                seen[stratum] += 1.0
                good[stratum] += kind
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
