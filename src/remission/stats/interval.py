"""An interval and its confidence level."""

import math
from dataclasses import dataclass

from remission.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Interval:
    """From `lower` to `upper`, both included, at confidence `level` (a fraction, 0.95 for 95 %)."""

    lower: float
    upper: float
    level: float

    def __post_init__(self) -> None:
        check_level(self.level)
        if not (math.isfinite(self.lower) and math.isfinite(self.upper) and self.lower <= self.upper):
            raise InputRefused(
                f"{self.lower!r} to {self.upper!r} is not an interval",
                where="interval",
                do="give finite limits, lower <= upper",
            )


def check_level(level: float) -> None:
    """Refuse a confidence level that is not strictly between 0 and 1."""
    if not 0 < level < 1:
        raise InputRefused(
            f"{level!r} is not a confidence level",
            where="confidence level",
            do="give a fraction between 0 and 1, such as 0.95",
        )
