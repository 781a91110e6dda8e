"""Two groups counted, the side a test looks to, and a ratio."""

import math
from dataclasses import dataclass
from enum import StrEnum

from remission.stats.rates.proportions import check_counts


class Side(StrEnum):
    """Which truth a test looks for: the first rate greater than the second, less, or either."""

    GREATER = "greater"
    LESS = "less"
    TWO_SIDED = "two-sided"


@dataclass(frozen=True, slots=True)
class TwoCounts:
    """`x1` of `n1` in the group asked about, `x0` of `n0` in the one it is compared with.

    Differences are rate 1 - rate 0, ratios rate 1 / rate 0.

    Raises
    ------
    InputRefused
        Unless 0 <= x <= n and n >= 1 in both, whole numbers: a group of nobody has no rate.
    """

    x1: int
    n1: int
    x0: int
    n0: int

    def __post_init__(self) -> None:
        for x, n, which in ((self.x1, self.n1, "1"), (self.x0, self.n0, "0")):
            check_counts(x, n, f"group {which}")

    @property
    def rate1(self) -> float:
        """The observed rate of group 1."""
        return self.x1 / self.n1

    @property
    def rate0(self) -> float:
        """The observed rate of group 0."""
        return self.x0 / self.n0

    @property
    def difference(self) -> float:
        """Rate 1 - rate 0."""
        return (self.x1 * self.n0 - self.x0 * self.n1) / (self.n1 * self.n0)

    @property
    def swapped(self) -> "TwoCounts":
        """The groups exchanged."""
        return TwoCounts(self.x0, self.n0, self.x1, self.n1)

    @property
    def failures(self) -> "TwoCounts":
        """Those who did not respond, counted."""
        return TwoCounts(self.n1 - self.x1, self.n1, self.n0 - self.x0, self.n0)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio with its limits at confidence `level`.

    `estimate` is None where it is 0/0; `upper` is infinite where the counts set no limit, never a guess.
    """

    estimate: float | None
    lower: float
    upper: float
    level: float


def ratio_cells(one: Ratio | None) -> tuple[str, str]:
    """A ratio and its limits as words; dashes where there is none."""
    if one is None:
        return "–", "–"
    upper = "∞" if math.isinf(one.upper) else f"{one.upper:.3f}"
    estimate = "–" if one.estimate is None else "∞" if math.isinf(one.estimate) else f"{one.estimate:.3f}"
    return estimate, f"{one.lower:.3f} … {upper}"
