"""What must be given before the infusion begins, steps up, or begins again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from remission.errors import DoseHeld, InputRefused
from remission.pharmacology.amounts import for_surface
from remission.protocol.study import Premedication, Treatment
from remission.terms.words import Text

RESTART = "restart"
MOMENTS: Mapping[str, Text] = MappingProxyType(
    {
        "first_dose": Text("before the first dose", "首次给药前"),
        "step_up": Text("before a step up", "剂量递增前"),
        RESTART: Text("before a restart", "重新开始前"),
    }
)


@dataclass(frozen=True, slots=True)
class PremedicationDue:
    """A premedication to be given: `amount` in `unit`, before a moment, by a rule."""

    drug: str
    amount: Decimal
    unit: str
    before: str
    rule: Premedication


def premedication(
    treatment: Treatment, *, before: str, pause_hours: Decimal | None, body_surface: Decimal | None
) -> tuple[PremedicationDue, ...]:
    """What is due before a moment; empty if nothing is.

    Parameters
    ----------
    treatment : Treatment
        The study's treatment.
    before : str
        A key of `MOMENTS`.
    pause_hours : Decimal
        How long the infusion stood still; read before a restart only. Exactly the rule's hours count.
    body_surface : Decimal
        In m2, not rounded.

    Raises
    ------
    InputRefused
        For another moment, or a restart after a pause of unknown or negative length.
    DoseHeld
        If something is due and the body surface is not known.
    """
    if before not in MOMENTS:
        raise InputRefused(
            f"{before!r} is not a moment for premedication",
            where="premedication, before",
            do=f"use one of: {', '.join(MOMENTS)}",
        )
    unusable = pause_hours is None or not pause_hours.is_finite() or pause_hours < 0
    if before == RESTART and unusable:
        raise InputRefused(
            f"the length of the pause is {'not known' if pause_hours is None else f'{pause_hours} h'}",
            where="premedication before a restart",
            do="give the hours from the interruption to the restart",
        )
    due = [
        rule
        for rule in treatment.premedication
        if before in rule.before and _long_enough(rule, before, pause_hours)
    ]
    return tuple(_due(rule, before, body_surface) for rule in due)


def _long_enough(rule: Premedication, before: str, pause_hours: Decimal | None) -> bool:
    return before != RESTART or (pause_hours is not None and pause_hours >= rule.after_pause_hours)


def _due(rule: Premedication, before: str, body_surface: Decimal | None) -> PremedicationDue:
    if body_surface is None:
        raise DoseHeld(
            f"dose held: {rule.drug} {rule.per_m2} {rule.unit} per m2 is due; body surface is not known",
            where=f"premedication {MOMENTS[before].en}",
            do="measure the child's weight and height",
        )
    amount = for_surface(rule.per_m2, body_surface, rule.unit, rule.at_most)
    return PremedicationDue(rule.drug, amount, rule.unit, before, rule)
