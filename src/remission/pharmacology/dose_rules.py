"""Which dose: the table in force on the day, its step, the band of the child's weight."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from remission.errors import DoseHeld, InputRefused
from remission.pharmacology.amounts import for_surface
from remission.pharmacology.body_size import body_surface, check_weight, shown
from remission.protocol.study import DoseRule, DoseStep, DoseTable, Treatment
from remission.terms.words import Mark, Text

FULL = "full"
LOW = "low"
LEVELS = (FULL, LOW)


@dataclass(frozen=True, slots=True)
class DoseOrder:
    """An order with everything it rests on. `amount` is in `unit`, `body_surface_m2` is not rounded."""

    drug: str
    on: date
    step: str
    level: str
    amount: Decimal
    unit: str
    weight_kg: Decimal
    height_cm: Decimal | None
    body_surface_m2: Decimal | None
    rule: DoseRule
    in_force_from: date
    warnings: tuple[Text, ...]

    @property
    def calculation(self) -> str:
        """The arithmetic in one line, for the page and the second signature."""
        if self.rule.per_m2 is None or self.body_surface_m2 is None:
            return f"{self.amount} {self.unit}, fixed from {self.rule.weight_from} kg on"
        cap = "" if self.rule.at_most is None else f", at most {self.rule.at_most} {self.unit}"
        return (
            f"{self.rule.per_m2} {self.unit} per m2 × {shown(self.body_surface_m2)} m2 (unrounded)"
            f" = {self.amount} {self.unit}{cap}"
        )


def order(
    treatment: Treatment,
    *,
    on: date,
    step: str,
    level: str,
    weight_kg: Decimal,
    height_cm: Decimal | None,
) -> DoseOrder:
    """The dose of a step on a day.

    Parameters
    ----------
    treatment : Treatment
        The study's treatment, with its dated dose tables.
    on : date
        The day of the order; the latest table in force on it holds.
    step : str
        The step's id.
    level : str
        "full", or "low" after a toxicity.
    weight_kg, height_cm : Decimal
        Never rounded: 44.95 kg is below 45 kg. The height may be None where the rule is a fixed amount.

    Raises
    ------
    DoseHeld
        No table in force, no such step, no low level, no (or more than one) band for the weight, or a
        height needed and not known.
    InputRefused
        Weight or height not plausible, or an unknown level.
    """
    check_weight(weight_kg)
    table = table_in_force(treatment, on)
    rule = _band(treatment, _rules(treatment, table, step, level), weight_kg)
    surface = None if height_cm is None else body_surface(treatment.body_surface, weight_kg, height_cm)
    amount = _amount(treatment, rule, surface)
    return DoseOrder(
        drug=treatment.drug,
        on=on,
        step=step,
        level=level,
        amount=amount,
        unit=treatment.unit,
        weight_kg=weight_kg,
        height_cm=height_cm,
        body_surface_m2=surface,
        rule=rule,
        in_force_from=table.in_force_from,
        warnings=_warnings(rule, surface),
    )


def table_in_force(treatment: Treatment, on: date) -> DoseTable:
    """The latest dose table not after a day; `DoseHeld` if there is none."""
    begun = [table for table in treatment.tables if table.in_force_from <= on]
    if not begun:
        raise _held(
            treatment,
            f"no dose table was in force on {on}",
            f"order on or after {min(table.in_force_from for table in treatment.tables)}",
        )
    return max(begun, key=lambda table: table.in_force_from)


def _rules(treatment: Treatment, table: DoseTable, step: str, level: str) -> tuple[DoseRule, ...]:
    if level not in LEVELS:
        raise InputRefused(
            f"{level!r} is not a dose level", where="dose order, level", do=f"use one of: {', '.join(LEVELS)}"
        )
    steps: dict[str, DoseStep] = {row.id: row for row in table.steps}
    if step not in steps:
        raise _held(
            treatment,
            f"the table in force from {table.in_force_from} has no step {step!r}",
            f"use one of: {', '.join(steps)}",
        )
    if level == LOW and not table.restart_low:
        raise _held(
            treatment,
            f"the table in force from {table.in_force_from} has no low level to restart at",
            "ask the sponsor; no dose is guessed",
        )
    return table.restart_low if level == LOW else steps[step].rules


def _band(treatment: Treatment, rules: tuple[DoseRule, ...], weight_kg: Decimal) -> DoseRule:
    fitting = [
        rule
        for rule in rules
        if rule.weight_from <= weight_kg and (rule.weight_below is None or weight_kg < rule.weight_below)
    ]
    if len(fitting) != 1:
        found = "no weight band" if not fitting else f"{len(fitting)} weight bands"
        raise _held(
            treatment, f"{found} of the dose table for {weight_kg} kg", "ask the sponsor; no dose is guessed"
        )
    return fitting[0]


def _amount(treatment: Treatment, rule: DoseRule, surface: Decimal | None) -> Decimal:
    if rule.fixed is not None:
        return rule.fixed if rule.at_most is None else min(rule.fixed, rule.at_most)
    if rule.per_m2 is None:
        raise _held(
            treatment, "the rule gives neither a fixed amount nor one per m2", "correct the study file"
        )
    if surface is None:
        raise _held(
            treatment,
            f"height is not known; rule: {rule.per_m2} {treatment.unit} per m2 ({rule.source.cite})",
            "measure the child's height",
        )
    return for_surface(rule.per_m2, surface, treatment.unit, rule.at_most)


def _warnings(rule: DoseRule, surface: Decimal | None) -> tuple[Text, ...]:
    found: list[Text] = []
    per_m2, cap = rule.per_m2, rule.at_most
    if per_m2 is not None and surface is not None and cap is not None and per_m2 * surface > cap:
        found.append(Text(f"held at the cap of {cap}", f"已按上限 {cap} 给量"))
    if rule.source.mark in (Mark.ASSUMED, Mark.UNVERIFIED):
        mark = {Mark.ASSUMED: "假设", Mark.UNVERIFIED: "未核实"}[rule.source.mark]
        found.append(
            Text(f"the rule is {rule.source.mark}: {rule.source.cite}", f"该规则为{mark}：{rule.source.cite}")
        )
    return tuple(found)


def _held(treatment: Treatment, what: str, do: str) -> DoseHeld:
    return DoseHeld(f"dose held: {what}", where=f"dose order, {treatment.drug}", do=do)
