"""Which infusion bags cover a course: durations and pump rates are the study file's.

The volumes to be prepared are not here. They were not read in a source; they also exceed what the pump gives
(the line is primed from the bag), so they must not be computed from rate and duration. The pharmacy enters
them from the label, and a second person signs.
"""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from remission.errors import DoseHeld, InputRefused
from remission.protocol.study import Bag, Treatment


@dataclass(frozen=True, slots=True)
class BagHung:
    """One bag of a plan: hung `after_hours` from now, run for `run_hours` (fewer than its own: cut short)."""

    bag: Bag
    after_hours: Decimal
    run_hours: Decimal


def allowed_bags(treatment: Treatment, weight_kg: Decimal, prepared: Collection[int]) -> tuple[Bag, ...]:
    """The bags of those durations (hours) that a child of this weight may have, shortest first.

    Raises
    ------
    DoseHeld
        If the study file has no bags.
    InputRefused
        If a duration is not among the study's.
    """
    known = {bag.hours for bag in treatment.bags}
    if not known:
        raise DoseHeld(
            f"dose held: the study file has no infusion bags for {treatment.drug}",
            where="bag plan",
            do="ask the sponsor; no pump rate is guessed",
        )
    for duration in prepared:
        if duration not in known:
            raise InputRefused(
                f"there is no bag for {duration} h",
                where="bag plan",
                do=f"use durations of: {', '.join(map(str, sorted(known)))} h",
            )
    allowed = (
        bag
        for bag in treatment.bags
        if bag.hours in prepared and (bag.weight_from is None or weight_kg >= bag.weight_from)
    )
    return tuple(sorted(allowed, key=lambda bag: bag.hours))


def bag_plan(
    treatment: Treatment, remaining_hours: Decimal, *, weight_kg: Decimal, prepared: Collection[int]
) -> tuple[BagHung, ...]:
    """Bags, one after the other, that cover the remaining hours; the longest that fits goes first.

    Parameters
    ----------
    treatment : Treatment
        With the study's bags.
    remaining_hours : Decimal
        Hours of infusion still to be given; 0 gives no bag.
    weight_kg : Decimal
        The child's weight.
    prepared : Collection[int]
        The durations (hours) that the hospital's pharmacy prepares.

    Raises
    ------
    InputRefused
        If the hours are negative or not a number, or a duration is not among the study's.
    DoseHeld
        If the study file has no bags, or no prepared one may be given to a child of this weight.
    """
    if not remaining_hours.is_finite() or remaining_hours < 0:
        raise InputRefused(f"{remaining_hours} h remain", where="bag plan", do="give hours of 0 or more")
    bags = allowed_bags(treatment, weight_kg, prepared)
    if not bags:
        fit = [bag.hours for bag in allowed_bags(treatment, weight_kg, {bag.hours for bag in treatment.bags})]
        raise DoseHeld(
            f"dose held: no bag of {sorted(prepared)} h may be given at {weight_kg} kg",
            where="bag plan",
            do=f"prepare a bag of {', '.join(map(str, fit))} h" if fit else "ask the sponsor",
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
