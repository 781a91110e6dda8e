"""A column of measurements in a few numbers, the missing ones counted apart."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused


@dataclass(frozen=True, slots=True)
class Description:
    """`n` values known and `missing` not; every other number is in the unit of the values, None if unknown.

    `sd` has divisor n - 1 (None below two values). Quartiles are of type 7.
    """

    n: int
    missing: int
    mean: float | None
    sd: float | None
    median: float | None
    lower_quartile: float | None
    upper_quartile: float | None
    minimum: float | None
    maximum: float | None


def describe(values: Sequence[float | None]) -> Description:
    """Describe `values`, where None is a missing one.

    Quartiles are Hyndman and Fan's type 7 (the default of R and numpy): linear between the order
    statistics, the first at 0 and the last at 1. doi:10.1080/00031305.1996.10473566

    Raises
    ------
    InputRefused
        For NaN or an infinity: a missing value must be None.
    """
    for place, value in enumerate(values, start=1):
        if value is not None and not math.isfinite(value):
            raise InputRefused(
                f"{value!r} is not a number", where=f"value {place}", do="give None where it is missing"
            )
    known = [float(value) for value in values if value is not None]
    missing = len(values) - len(known)
    if not known:
        return Description(0, missing, None, None, None, None, None, None, None)
    lower, middle, upper = statistics.quantiles(known, n=4, method="inclusive") if known[1:] else known * 3
    return Description(
        n=len(known),
        missing=missing,
        mean=statistics.fmean(known),
        sd=statistics.stdev(known) if known[1:] else None,
        median=middle,
        lower_quartile=lower,
        upper_quartile=upper,
        minimum=min(known),
        maximum=max(known),
    )
