"""The chance of a false rejection that a plan leaves after its last interim look, carried to another n.

A plan rejects with at least c of n. With x responders at the last interim look it still needs c - x of the
n2 after it; at a rate p that has the chance A(x, p), the conditional error. Where m2 come instead of n2 and
give x2 responders, their own p-value P(at least x2 of m2) is laid beside A(x, pi): the smallest pi at which
A(x, pi) reaches it says how far the outcome lies from the plan's boundary, on one scale for every interim
count and every m2. The p-value at p is the chance of the plan to reject when A(., pi) stands for A(., p)
after the interim look. As m2 enters only through a p-value given x, all of it holds however m2 was chosen
with x in view. Koyama and Chen 2008, Statistics in Medicine 27:3145-3154.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.designs.reached import chances, chances_of, counts_reached, stops
from remission.stats.designs.single_stage import REACHED
from remission.stats.designs.staged import Staged
from remission.stats.tails import beta_quantile, binomial_at_least


@dataclass(frozen=True, slots=True)
class FinalCount:
    """Given `before` responders at the last interim look: the count that rejects, None if none may.

    `planned_error`: the chance of a false rejection from there on in the plan; `error`: with `critical`.
    """

    before: int
    planned_error: float
    critical: int | None
    error: float


def final_count(design: Staged, n: int, *, before: int, p0: float) -> FinalCount:
    """The smallest final count at `n` whose conditional error is at most the plan's; p0 a fraction."""
    more = n - seen(design)
    planned = binomial_at_least(_critical(design) - before, design.n - seen(design), p0)
    further = next(
        count for count in range(more + 2) if binomial_at_least(count, more, p0) <= planned * REACHED
    )
    error = binomial_at_least(further, more, p0)
    return FinalCount(before, planned, None if further > more else before + further, error)


def seen(design: Staged) -> int:
    """Participants at the last interim look, 0 if there is none."""
    return design.looks[-2].n if len(design.looks) > 1 else 0


def going_on(design: Staged) -> range:
    """The counts at the last interim look with which the plan goes on: 0 where there is no such look."""
    if len(design.looks) == 1:
        return range(1)
    low, high = stops(design.looks[-2])
    reached = counts_reached(design)[-2]
    return range(max(reached.start, low + 1), max(reached.start, low + 1, min(reached.stop, high)))


def check_end(design: Staged, n: int) -> None:
    """Refuse an end without participants after the last interim look."""
    if n <= seen(design):
        raise InputRefused(
            f"{n!r} at the end, {seen(design)} at the last interim look",
            where="number at the end",
            do="give more than at the last interim look; without them the trial ended there undecided",
        )


@dataclass(frozen=True, slots=True)
class ConditionalOrder:
    """Where an outcome stands: `before` at the last interim look of the plan, then `x2` of `m2` more."""

    design: Staged
    before: int
    x2: int
    m2: int

    def at_least(self, rate: float) -> float:
        """P(an outcome at least so far up) at a true rate, at most: the p-value when the rate is p0.

        It rises with the rate from 0 to 1.
        """
        early, _, alive, needs = self._left(rate)
        return self._side(early, alive, needs, self._need, binomial_at_least(self.x2, self.m2, rate))

    def at_most(self, rate: float) -> float:
        """P(an outcome at most so far up) at a true rate, at most; the observed outcome is in both tails."""
        _, early, alive, needs = self._left(rate)
        chance = binomial_at_least(self.m2 - self.x2, self.m2, 1 - rate)
        mirror = self._planned + 1
        return self._side(early, alive, mirror - needs, mirror - self._need, chance)

    @property
    def _planned(self) -> int:
        return self.design.n - seen(self.design)

    @property
    def _need(self) -> int:
        return _critical(self.design) - self.before

    def _left(self, rate: float) -> tuple[float, float, NDArray[np.float64], NDArray[np.int64]]:
        """Stopped up and down by the last interim look; the chance of each count going on, what it needs."""
        on = np.array(going_on(self.design), np.int64)
        needs = _critical(self.design) - on
        if len(self.design.looks) == 1:
            return 0.0, 0.0, np.ones(1), needs
        looks = self.design.looks[:-1]
        up = down = 0.0
        reached = chances(looks, rate)
        for row, look in zip(reached, looks, strict=True):
            low, high = stops(look)
            down += float(row[: low + 1].sum())
            up += float(row[high:].sum())
        return up, down, reached[-1, on], needs

    def _side(
        self,
        early: float,
        alive: NDArray[np.float64],
        needs: NDArray[np.int64],
        need: int,
        chance: float,
    ) -> float:
        """Stopped already, and those going on as far as this outcome or beyond.

        Counts that need nothing more come before all others, those that cannot get there after them; within
        either the part after the interim look decides alone.
        """
        n2 = self._planned
        if need <= 0:
            return min(1.0, early + float(alive[needs <= 0].sum()) * chance)
        if need > n2:
            never = needs > n2
            return min(1.0, early + float(alive[~never].sum()) + float(alive[never].sum()) * chance)
        pi = beta_quantile(chance, need, n2 - need + 1)
        return min(1.0, early + float(alive @ chances_of(needs, n2, pi)))


def _critical(design: Staged) -> int:
    return stops(design.looks[-1])[1]
