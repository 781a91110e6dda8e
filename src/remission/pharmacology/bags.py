"""Which infusion bags cover a course: their durations and pump rates, as the label prints them.

The volumes to be prepared are not here. They were not read in a source; they also exceed what the pump gives
(the line is primed from the bag), so they must not be computed from rate and duration. The pharmacy enters
them from the label, and a second person signs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from remission.errors import DoseHeld, InputRefused
from remission.protocol.study import Source
from remission.terms.words import Mark

_LABEL = Source(Mark.VERIFIED, "Blincyto label (2025), infusion rates")


@dataclass(frozen=True, slots=True)
class Bag:
    """A bag by its duration; `weight_from` is the lightest child that may have it, in kg (None: any)."""

    hours: int
    pump_ml_per_h: Decimal
    weight_from: Decimal | None
    source: Source


BAGS: tuple[Bag, ...] = (
    Bag(24, Decimal(10), None, _LABEL),
    Bag(48, Decimal(5), None, _LABEL),
    Bag(72, Decimal("1.8"), None, _LABEL),
    Bag(96, Decimal("1.8"), None, _LABEL),
    Bag(
        168,
        Decimal("0.6"),
        Decimal("5.4"),
        Source(Mark.VERIFIED, "Blincyto label (2025): preserved bag, not under 5.4 kg; older labels: 22 kg"),
    ),
)


@dataclass(frozen=True, slots=True)
class BagHung:
    """One bag of a plan: hung `after_hours` from now, run for `run_hours` (fewer than its own: cut short)."""

    bag: Bag
    after_hours: Decimal
    run_hours: Decimal


def allowed_bags(weight_kg: Decimal, prepared: Collection[int]) -> tuple[Bag, ...]:
    """The bags of those durations (hours) that a child of this weight may have, shortest first.

    Raises
    ------
    InputRefused
        If a duration is not on the label.
    """
    known = {bag.hours for bag in BAGS}
    for duration in prepared:
        if duration not in known:
            raise InputRefused(
                f"there is no bag for {duration} h",
                where="bag plan",
                do=f"use durations of: {', '.join(map(str, sorted(known)))} h",
            )
    return tuple(
        bag
        for bag in BAGS
        if bag.hours in prepared and (bag.weight_from is None or weight_kg >= bag.weight_from)
    )


def bag_plan(
    remaining_hours: Decimal, *, weight_kg: Decimal, prepared: Collection[int]
) -> tuple[BagHung, ...]:
    """Bags, one after the other, that cover the remaining hours; the longest that fits goes first.

    Parameters
    ----------
    remaining_hours : Decimal
        Hours of infusion still to be given; 0 gives no bag.
    weight_kg : Decimal
        The child's weight.
    prepared : Collection[int]
        The durations (hours) that the hospital's pharmacy prepares.

    Raises
    ------
    InputRefused
        If the hours are negative or not a number, or a duration is not on the label.
    DoseHeld
        If no prepared bag may be given to a child of this weight.
    """
    if not remaining_hours.is_finite() or remaining_hours < 0:
        raise InputRefused(f"{remaining_hours} h remain", where="bag plan", do="give hours of 0 or more")
    bags = allowed_bags(weight_kg, prepared)
    if not bags:
        raise DoseHeld(
            f"dose held: no bag of {sorted(prepared)} h may be given at {weight_kg} kg",
            where="bag plan",
            do="prepare a bag without preservative (24 h or 48 h)",
        )
    plan: list[BagHung] = []
    begun = Decimal(0)
    while begun < remaining_hours:
        left = remaining_hours - begun
        bag = max((bag for bag in bags if bag.hours <= left), key=lambda bag: bag.hours, default=bags[0])
        run = min(Decimal(bag.hours), left)
        plan.append(BagHung(bag, begun, run))
        begun += run
    return tuple(plan)
