"""From an amount per m2 to an amount that can be written on an order: rounded, and never above its cap."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, localcontext
from types import MappingProxyType

from remission.errors import StudyRefused

# The last digit of an amount, by unit (UCUM). Assumed: a tenth of a microgram, a hundredth of a milligram;
# at the smallest usual dose (0.2 m2) half a digit is 1.7 % of 3 ug/d and 0.5 % of 1 mg.
LAST_DIGIT: Mapping[str, Decimal] = MappingProxyType(
    {
        "ug/d": Decimal("0.1"),
        "ug": Decimal("0.1"),
        "mg/d": Decimal("0.01"),
        "mg": Decimal("0.01"),
        "[iU]": Decimal(1),
    }
)


def for_surface(per_m2: Decimal, surface_m2: Decimal, unit: str, at_most: Decimal | None) -> Decimal:
    """`per_m2` x `surface_m2`, rounded half to even to `LAST_DIGIT`, then held at or below `at_most`.

    Raises
    ------
    StudyRefused
        If the unit has no line in `LAST_DIGIT`.
    """
    if unit not in LAST_DIGIT:
        raise StudyRefused(
            f"amounts in {unit!r} have no rule of rounding",
            where="study file, unit of a dose per m2",
            do=f"use one of: {', '.join(LAST_DIGIT)}",
        )
    with localcontext(Context(prec=28)):
        amount = (per_m2 * surface_m2).quantize(LAST_DIGIT[unit], rounding=ROUND_HALF_EVEN)
        if at_most is None or amount <= at_most:
            return amount
        return at_most.quantize(LAST_DIGIT[unit], rounding=ROUND_FLOOR)
