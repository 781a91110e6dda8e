"""What a staged trial can come to at each look, before that look stops anybody: counts, paths, chances."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from remission.stats.designs.staged import Look, Staged
from remission.stats.tails import beta_at_most


def counts_reached(design: Staged) -> tuple[range, ...]:
    """The counts at which the trial may stand at each look; empty once every path has stopped."""
    out: list[range] = []
    least, most, before = 0, 0, 0
    for look in design.looks:
        most += look.n - before
        out.append(range(least, most + 1))
        low, high = stops(look)
        least, most, before = max(least, low + 1), min(most, high - 1), look.n
        if least > most:
            break
    return (*out, *(range(0) for _ in design.looks[len(out) :]))


def paths(design: Staged, look: int) -> tuple[list[int], list[int]]:
    """How many orders of answers come to `look` (from 1) with each count, and how many begin with a response.

    Exact whole numbers: no rate, nothing underflows.
    """
    whole, yes, before = [1], [0, 1], 0
    for place, one in enumerate(design.looks[:look]):
        whole = _spread(whole, one.n - before)
        yes = _spread(yes, one.n - max(before, 1))
        before = one.n
        if place < look - 1:
            low, high = stops(one)
            for alive in (whole, yes):
                alive[:] = [ways if low < count < high else 0 for count, ways in enumerate(alive)]
    return whole, yes


def chances(looks: Sequence[Look], rate: float, *, binding: bool = True) -> NDArray[np.float64]:
    """The chance to come to each look with each count, shape (looks, last n + 1).

    `binding` False: futility stops are ignored.
    """
    from remission.stats.designs.kernels_staged import reaching

    low, high = np.array([stops(look) for look in looks], np.int64).T.copy()
    sizes = np.array([look.n for look in looks], np.int64)
    return reaching(sizes, low if binding else np.full_like(low, -1), high, float(rate), -1)


def chances_of(needed: NDArray[np.int64], n: int, rate: float) -> NDArray[np.float64]:
    """P(at least so many responders of `n`) for each of the counts `needed`, from below 0 to above n."""
    inner = np.clip(needed, 1, n).astype(np.float64)
    inside = beta_at_most(np.full(len(needed), rate), inner, n - inner + 1)
    return np.where(needed <= 0, 1.0, np.where(needed > n, 0.0, inside))


def stops(look: Look) -> tuple[int, int]:
    """Stops at or below the first count, and at or above the second: -1 and n + 1 where there is no stop."""
    return (
        -1 if look.futility is None else look.futility,
        look.n + 1 if look.efficacy is None else look.efficacy,
    )


def _spread(alive: Sequence[int], more: int) -> list[int]:
    row = [math.comb(more, count) for count in range(more + 1)]
    out = [0] * (len(alive) + more)
    for count, ways in enumerate(alive):
        if ways:
            for further, each in enumerate(row):
                out[count + further] += ways * each
    return out
