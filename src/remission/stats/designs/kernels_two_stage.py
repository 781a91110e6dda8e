"""The search for two-stage designs: the best at each total n."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Numbers = NDArray[np.float64]


@inner
def _tables(largest: int, rate: float, mass: Numbers, above: Numbers) -> None:
    """Fill P(X = x | n) and P(X > x | n) at [n, x], for n = 0..largest; sums of positive terms only."""
    mass[0, 0] = 1.0
    for n in range(1, largest + 1):
        mass[n, 0] = mass[n - 1, 0] * (1 - rate)
        for x in range(1, n + 1):
            mass[n, x] = mass[n - 1, x] * (1 - rate) + mass[n - 1, x - 1] * rate
        for x in range(n - 1, -1, -1):
            above[n, x] = above[n, x + 1] + mass[n, x + 1]


@inner
def _rejects(n1: int, n2: int, r1: int, r: int, mass: Numbers, above: Numbers) -> float:
    """P(X1 > r1 and X1 + X2 > r)."""
    total = 0.0
    for x in range(n1, r1, -1):
        total += mass[n1, x] * (1.0 if x > r else above[n2, r - x])
    return total


@compiled
def best_by_n(largest: int, p0: float, p1: float, alpha: float, beta: float) -> Numbers:
    """The two-stage design of least expected size under p0, for each total n.

    Parameters
    ----------
    largest : int
    p0, p1 : float
    alpha, beta : float
        Limits of P0(reject) and of 1 - P1(reject), which they may reach.

    Returns
    -------
    float64, (largest + 1, 4)
        At row n: r1, n1, r, expected n under p0; r1 = -1 where no design of that n works.

    For each (n, n1), r1 comes down from the largest that spares power: expected size only grows, so the first
    that works is the best and none below the best of this n is tried. For each r1 the smallest r that holds
    alpha *with the stop* is taken, which may be below the critical value of one stage; it grows as r1 falls.
    Only r > r1 counts: else the second stage would decide nothing. An n is passed over only where even the
    randomised most powerful test of n has too little power, which bounds every test of n participants.
    """
    # One long loop: what a search has ruled out is used by the next turn of it.
    size = largest + 2
    mass0, above0 = np.zeros((size, size)), np.zeros((size, size))
    mass1, above1 = np.zeros((size, size)), np.zeros((size, size))
    _tables(largest, p0, mass0, above0)
    _tables(largest, p1, mass1, above1)
    out = np.full((largest + 1, 4), -1.0)
    for n in range(2, largest + 1):
        whole = n
        while whole > 0 and above0[n, whole - 1] <= alpha:
            whole -= 1
        share = (alpha - above0[n, whole]) / mass0[n, whole]
        if 1 - (above1[n, whole] + share * mass1[n, whole]) > beta:
            continue
        best = np.inf
        for n1 in range(1, n):
            if n1 >= best:
                break
            n2 = n - n1
            top = 0
            while top < n1 and 1 - above1[n1, top] <= beta:
                top += 1
            least = 0
            for r1 in range(top - 1, -1, -1):
                expected = n1 + above0[n1, r1] * n2
                if expected >= best:
                    break
                while _rejects(n1, n2, r1, least, mass0, above0) > alpha:
                    least += 1
                if 1 - above1[n, least] > beta:
                    break  # already too little power without the stop, and `least` only grows from here
                r = max(least, r1 + 1)
                if 1 - _rejects(n1, n2, r1, r, mass1, above1) <= beta:
                    best = expected
                    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = r1, n1, r, expected
                    break
    return out


@compiled
def best_three_outcomes(
    largest: int,
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    eta: float,
    power: float,
) -> Numbers:
    """The two-stage design of three outcomes and least expected size under p0, for each total n.

    Parameters
    ----------
    largest : int
    p0, p1 : float
    alpha, beta : float
        Limits of P0(reject p0) and P1(reject p1), which they may reach.
    eta, power : float
        P0(reject p1) and P1(reject p0), at least.

    Returns
    -------
    float64, (largest + 1, 5)
        At row n: r1, n1, r2, s, expected n under p0; r1 = -1 where no design of that n works. Stop at r1 of
        n1 or fewer; in the end reject p1 at r2 or fewer, p0 at s or more; r2 >= r1, s >= r2 + 2. Of the
        designs with the best r1, n1: the smallest s, and with it the largest r2.
    """
    # One long loop: what a search has ruled out is used by the next turn of it.
    size = largest + 2
    mass0, above0 = np.zeros((size, size)), np.zeros((size, size))
    mass1, above1 = np.zeros((size, size)), np.zeros((size, size))
    _tables(largest, p0, mass0, above0)
    _tables(largest, p1, mass1, above1)
    out = np.full((largest + 1, 5), -1.0)
    for n in range(3, largest + 1):
        best = np.inf
        for n1 in range(1, n):
            if n1 >= best:
                break
            n2 = n - n1
            top = 0
            while top < n1 and 1 - above1[n1, top] <= beta:
                top += 1
            for r1 in range(top - 1, -1, -1):
                expected = n1 + above0[n1, r1] * n2
                if expected >= best:
                    break
                fewest = r1  # then only the stop rejects p1
                while fewest < n and 1 - _rejects(n1, n2, r1, fewest, mass0, above0) < eta:
                    fewest += 1
                s = fewest + 2
                while s <= n and _rejects(n1, n2, r1, s - 1, mass0, above0) > alpha:
                    s += 1
                if s > n or _rejects(n1, n2, r1, s - 1, mass1, above1) < power:
                    continue
                r2 = s - 2
                while r2 >= fewest and 1 - _rejects(n1, n2, r1, r2, mass1, above1) > beta:
                    r2 -= 1
                if r2 < fewest:
                    continue
                best = expected
                out[n, 0], out[n, 1], out[n, 2], out[n, 3], out[n, 4] = r1, n1, r2, s, expected
                break
    return out
