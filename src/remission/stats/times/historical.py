"""A historical survival curve, given as it was published: steps, or one or several constant hazards."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.times.risk_sets import Numbers


@dataclass(frozen=True, slots=True)
class PiecewiseExponential:
    """A hazard per unit of time that is constant between cuts: `rates[i]` from `cuts[i - 1]` to `cuts[i]`.

    `rates` has one more than `cuts`; the first piece begins at 0, the last never ends.

    Raises
    ------
    InputRefused
        For cuts not above 0 and growing, rates below 0 or all 0, or wrong numbers of them.
    """

    cuts: tuple[float, ...]
    rates: tuple[float, ...]

    def __post_init__(self) -> None:
        edges = (0.0, *self.cuts)
        growing = all(a < b < math.inf for a, b in zip(edges, self.cuts, strict=False))
        rates = all(math.isfinite(rate) and rate >= 0 for rate in self.rates) and any(self.rates)
        if not (growing and rates and len(self.rates) == len(self.cuts) + 1):
            raise InputRefused(
                f"cuts {self.cuts}, rates {self.rates}",
                where="historical curve",
                do="give growing cuts above 0 and one more rate, 0 or more",
            )

    def cumulative_hazard(self, times: Numbers) -> Numbers:
        """Minus the logarithm of survival at each time, shape (n,)."""
        edges = np.array((0.0, *self.cuts))
        lengths = np.diff(edges)
        before = np.concatenate(([0.0], np.cumsum(lengths * np.array(self.rates[:-1]))))
        piece = np.searchsorted(edges, times, side="right") - 1
        return before[piece] + (times - edges[piece]) * np.array(self.rates)[piece]


@dataclass(frozen=True, slots=True)
class StepCurve:
    """Survival `survival[i]` from `times[i]` on, 1 before the first; known up to `until`.

    Raises
    ------
    InputRefused
        For times not growing, survival not falling from at most 1 to at least 0, or an `until` before the
        last time.
    """

    times: tuple[float, ...]
    survival: tuple[float, ...]
    until: float

    def __post_init__(self) -> None:
        growing = all(a < b for a, b in zip(self.times, self.times[1:], strict=False))
        falling = all(a >= b for a, b in zip((1.0, *self.survival), self.survival, strict=False))
        same = len(self.times) == len(self.survival) > 0
        if not (same and growing and falling and self.survival[-1] >= 0 <= self.times[0]) or not (
            self.times[-1] <= self.until < math.inf
        ):
            raise InputRefused(
                f"{len(self.times)} times, {len(self.survival)} values, known until {self.until!r}",
                where="historical curve",
                do="give growing times, survival falling from 1, and `until` not before the last time",
            )

    def cumulative_hazard(self, times: Numbers) -> Numbers:
        """Minus the logarithm of survival at each time, shape (n,).

        Raises
        ------
        InputRefused
            For a time after `until`, or at which survival is 0.
        """
        place = np.searchsorted(np.array(self.times), times, side="right")
        survival = np.concatenate(([1.0], self.survival))[place]
        wrong = np.flatnonzero((times > self.until) | (survival <= 0))
        if len(wrong):
            raise InputRefused(
                f"the historical curve says nothing at {times[wrong[0]]:g} (known until {self.until:g})",
                where=f"person {int(wrong[0]) + 1}",
                do="censor observation where the curve ends",
            )
        return -np.log(survival)


Historical = PiecewiseExponential | StepCurve


def exponential(*, rate: float | None = None, median: float | None = None) -> PiecewiseExponential:
    """One constant hazard, by its rate per unit of time or by its median time.

    Raises
    ------
    InputRefused
        Unless exactly one is given, above 0.
    """
    given: Sequence[float] = [value for value in (rate, median) if value is not None]
    if len(given) != 1 or not (math.isfinite(given[0]) and given[0] > 0):
        raise InputRefused(
            f"rate {rate!r}, median {median!r}", where="historical curve", do="give one of them, above 0"
        )
    return PiecewiseExponential((), (given[0] if median is None else math.log(2) / given[0],))
