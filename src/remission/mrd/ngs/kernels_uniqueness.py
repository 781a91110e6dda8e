"""The inner loops of the uniqueness score."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@compiled
def drawn_base(chance: Floats, match: float) -> float:
    """One base that is the wanted one with the chance `match`, in place; what is left within the tolerance.

    `chance[m]`: probability of m mismatches so far.
    """
    left = 0.0
    for m in range(len(chance) - 1, -1, -1):
        chance[m] = chance[m] * match + (chance[m - 1] * (1.0 - match) if m else 0.0)
        left += chance[m]
    return left


@compiled
def set_to(chance: Floats, reach: Floats, i: int) -> float:
    """Take over row i of `reach`; its sum."""
    left = 0.0
    for m in range(len(chance)):
        chance[m] = reach[i, m]
        left += chance[m]
    return left


@compiled
def after_five(window: Bytes, match: Floats, bases: Bytes, at: Places, cut: Floats, reach: Floats) -> None:
    """Windows that begin in a 5' segment: to `reach[i, m]`, those with i bases in it, m of them mismatches.

    Allele a is `bases[at[a] : at[a + 1]]`; `cut[a, c]`: probability of the allele with c bases cut off.
    """
    size, most = len(window), cut.shape[1] - 1
    chance = np.empty(reach.shape[1])
    for a in range(len(cut)):
        whole = at[a + 1] - at[a]
        for begin in range(whole - size - most, whole):
            for m in range(len(chance)):
                chance[m] = 1.0 if m == 0 else 0.0
            for i in range(min(size, whole - begin)):
                place = begin + i
                right = float(match[window[i]]) if place < 0 else 1.0 * (bases[at[a] + place] == window[i])
                if drawn_base(chance, right) == 0.0:
                    break
                off = whole - place - 1
                if place >= 0 and off <= most:
                    for m in range(len(chance)):
                        reach[i + 1, m] += cut[a, off] * chance[m]


@compiled
def after_n(
    window: Bytes, match: Floats, reach: Floats, first: int, last: int, lengths: Floats, into: Floats
) -> None:
    """From each state of `reach` on, rows `first` to `last`, an N stretch: its end to `into`."""
    chance = np.empty(reach.shape[1])
    for i in range(first, last):
        left = set_to(chance, reach, i)
        for n in range(min(len(lengths), len(window) - i + 1)):
            if left == 0.0:
                break
            for m in range(len(chance)):
                into[i + n, m] += lengths[n] * chance[m]
            if i + n < len(window):
                left = drawn_base(chance, float(match[window[i + n]]))


@compiled
def after_d(window: Bytes, reach: Floats, bases: Bytes, at: Places, cut: Floats, into: Floats) -> None:
    """From each state of `reach` on, a whole D. `cut[a, l, r]`: allele a with l and r bases cut off."""
    chance = np.empty(reach.shape[1])
    for i in range(len(reach)):
        if set_to(chance, reach, i) == 0.0:
            continue
        for a in range(len(cut)):
            whole = at[a + 1] - at[a]
            for off in range(min(cut.shape[1], whole + 1)):
                wrong = 0
                for kept in range(min(whole - off, len(window) - i) + 1):
                    if kept:
                        wrong += window[i + kept - 1] != bases[at[a] + off + kept - 1]
                    if wrong >= reach.shape[1]:
                        break
                    if whole - off - kept < cut.shape[2]:
                        share = cut[a, off, whole - off - kept]
                        for m in range(reach.shape[1] - wrong):
                            into[i + kept, m + wrong] += share * chance[m]


@compiled
def through_three(
    window: Bytes, match: Floats, reach: Floats, bases: Bytes, at: Places, cut: Floats
) -> float:
    """The probability that the window ends in a 3' segment, from each state of `reach` on."""
    chance = np.empty(reach.shape[1])
    total = 0.0
    for i in range(len(window)):
        if set_to(chance, reach, i) == 0.0:
            continue
        for a in range(len(cut)):
            whole = at[a + 1] - at[a]
            for off in range(min(cut.shape[1], whole)):
                left = set_to(chance, reach, i)
                for j in range(len(window) - i):
                    place = off + j
                    if place < whole:
                        right = 1.0 * (bases[at[a] + place] == window[i + j])
                    else:
                        right = float(match[window[i + j]])
                    left = drawn_base(chance, right)
                    if left == 0.0:
                        break
                total += cut[a, off] * left
    return total


@compiled
def show(window: Bytes, data: Bytes, at: Places, length: Places, most: int) -> Bytes:
    """For each sequence, 1 if some stretch of it is the window within `most` substitutions."""
    found = np.zeros(len(at), np.uint8)
    for s in range(len(at)):
        for begin in range(at[s], at[s] + length[s] - len(window) + 1):
            wrong = 0
            for i in range(len(window)):
                wrong += data[begin + i] != window[i]
                if wrong > most:
                    break
            if wrong <= most:
                found[s] = 1
                break
    return found
