"""Body surface from weight and height, by the formula the protocol names.

Nothing is rounded inside: the dose is computed from all digits, and `shown` gives the two decimals for
reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from types import MappingProxyType

from remission.errors import InputRefused, StudyRefused
from remission.protocol.study import Source
from remission.terms.words import Mark

_DIGITS = 28


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula for body surface (m2) from weight (kg) and height (cm)."""

    name: str
    text: str
    source: Source
    surface: Callable[[Decimal, Decimal], Decimal]


def _mosteller(weight: Decimal, height: Decimal) -> Decimal:
    return (weight * height / 3600).sqrt()


def _haycock(weight: Decimal, height: Decimal) -> Decimal:
    return Decimal("0.024265") * weight ** Decimal("0.5378") * height ** Decimal("0.3964")


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "mosteller": Formula(
            "mosteller",
            "√(height × weight / 3600)",
            Source(Mark.VERIFIED, "Mosteller 1987 (formula verified; reference not looked up)"),
            _mosteller,
        ),
        "haycock": Formula(
            "haycock",
            "0.024265 × weight^0.5378 × height^0.3964",
            Source(Mark.VERIFIED, "Haycock 1978 (formula verified; reference not looked up)"),
            _haycock,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Plausible:
    """Limits, both included, outside which a value is taken for a slip of the pen."""

    what: str
    unit: str
    lowest: Decimal
    highest: Decimal


# Assumed, and meant wide: they catch a comma in the wrong place, pounds, and weight and height exchanged.
WEIGHT = Plausible("weight", "kg", Decimal(1), Decimal(250))
HEIGHT = Plausible("height", "cm", Decimal(35), Decimal(230))
MASS_INDEX = Plausible("body mass index", "kg/m2", Decimal(7), Decimal(80))


def body_surface(formula: str, weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Body surface in m2, to 28 significant digits.

    Parameters
    ----------
    formula : str
        A name of `FORMULAS`.
    weight_kg, height_cm : Decimal
        As measured.

    Raises
    ------
    StudyRefused
        If the formula is unknown.
    InputRefused
        If weight, height, or the two together, are not those of a living child.
    """
    if formula not in FORMULAS:
        raise StudyRefused(
            f"{formula!r} is not a formula for body surface",
            where="study file, treatment.body_surface",
            do=f"name one of: {', '.join(FORMULAS)}",
        )
    check_weight(weight_kg)
    _check(HEIGHT, height_cm)
    with localcontext(Context(prec=_DIGITS, rounding=ROUND_HALF_EVEN)):
        _check(MASS_INDEX, weight_kg / (height_cm / 100) ** 2, f" ({weight_kg} kg, {height_cm} cm)")
        return FORMULAS[formula].surface(weight_kg, height_cm)


def check_weight(weight_kg: Decimal) -> None:
    """Refuse (`InputRefused`) a weight outside `WEIGHT`."""
    _check(WEIGHT, weight_kg)


def shown(surface_m2: Decimal) -> Decimal:
    """Body surface for reading: two decimals, half to even. Never compute with it."""
    return surface_m2.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)


def _check(limits: Plausible, value: Decimal, given: str = "") -> None:
    if value.is_finite() and limits.lowest <= value <= limits.highest:
        return
    number = f"{value:.1f}" if given else f"{value}"
    raise InputRefused(
        f"{limits.what} {number} {limits.unit}{given} is not plausible",
        where=limits.what,
        do=f"measure again; accepted are {limits.lowest} to {limits.highest} {limits.unit}",
    )
