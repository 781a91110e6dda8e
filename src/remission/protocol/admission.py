"""Refusals of criteria that admit nobody, or others than the record and the study's own groups say."""

import re
from collections.abc import Iterator
from decimal import Decimal

from remission.protocol.criteria import AgeMonths, Answer, Compare, Expression, Level, Truth, leaves
from remission.protocol.finding import Refusals, Subject
from remission.protocol.model_participant import shut_out
from remission.protocol.possible import Question, Rule, possible, question
from remission.protocol.study import Criterion, RiskGroup
from remission.registry.words import Absent

SEX = Answer("sex")
_JUST_BELOW = Decimal("0.999999")
_AGE = re.compile(r"(?P<number>[0-9]{1,3}) (?P<unit>Year|Month)s?")


def contradiction(subject: Subject) -> Refusals:
    """A criterion, or all of them together, that no answers can satisfy."""
    alone = False
    for criterion, expression in subject.rules:
        if not possible([_admitting(criterion, expression)], subject.study, {}):
            alone = True
            yield subject.refuse(
                "contradiction",
                f"{criterion.expression!r} can never admit anybody",
                f"criterion {criterion.id}",
                "correct the expression: it says when the record's sentence is true of a participant",
            )
    if not alone and not possible(_rules(subject), subject.study, {}):
        yield subject.refuse(
            "contradiction",
            "no participant can satisfy all criteria of enrolment at once",
            "criteria",
            "find the two that exclude each other",
        )


def nobody_can_enrol(subject: Subject) -> Refusals:
    """A look-back that, from the anchor chosen, still holds the therapy the study presupposes."""
    for criterion, expression in subject.at_enrolment:
        if shut_out(criterion, expression, subject.study, criterion.anchor):
            yield subject.refuse(
                "nobody-can-enrol",
                f"counted back from {criterion.anchor}, the study's own therapy shuts out every participant",
                f"criterion {criterion.id}",
                "anchor it before that therapy begins",
            )


def no_group_may_enter(subject: Subject) -> Refusals:
    """Groups none of which may enter."""
    if not any(group.may_enter for group in subject.study.risk_groups):
        yield subject.refuse("no-group-may-enter", "no risk group may enter", "risk_groups", "let one enter")


def trigger_mismatch(subject: Subject) -> Refusals:
    """A group that the criteria admit below its trigger, or not at it, or although it may not enter."""
    levels = _entry_levels(subject)
    if not levels:
        if any(group.trigger is not None for group in subject.study.risk_groups):
            yield subject.refuse(
                "trigger-mismatch",
                "groups have entry levels, and no criterion asks for the level of a trigger sample",
                "risk_groups",
                "add the criterion, or a sample with the purpose trigger",
            )
        return
    for group in subject.study.risk_groups:
        for what in _mismatches(subject, group, levels):
            yield subject.refuse(
                "trigger-mismatch",
                what,
                f"risk group {group.id}",
                "let the group and the criteria say the same",
            )


def _mismatches(subject: Subject, group: RiskGroup, levels: list[Level]) -> Iterator[str]:
    risk = Answer(subject.study.risk_fact)
    rules = _touching(subject, {risk, *levels})

    def admitted(level: Decimal | None) -> bool:
        at = {} if level is None else dict.fromkeys(levels, level)
        return possible(rules, subject.study, {risk: group.id, **at})

    if not group.may_enter:
        if admitted(None):
            yield f"{group.id!r} may not enter, but the criteria admit it"
    elif group.trigger is None:
        if not admitted(Decimal(0)):
            yield f"{group.id!r} has no trigger, but the criteria do not admit it at every level"
    elif not admitted(group.trigger):
        yield f"the criteria do not admit {group.id!r} at its trigger {group.trigger}"
    elif admitted(group.trigger * _JUST_BELOW):
        yield f"the criteria admit {group.id!r} below its trigger {group.trigger}"


def _entry_levels(subject: Subject) -> list[Level]:
    points = {sample.point for sample in subject.study.samples if sample.purpose == "trigger"}
    asked = {
        leaf.term
        for _, expression in subject.at_enrolment
        for leaf in leaves(expression)
        if isinstance(leaf, Compare) and isinstance(leaf.term, Level) and leaf.term.point in points
    }
    return sorted(asked, key=lambda level: (level.method, level.point))


def age_differs_from_record(subject: Subject) -> Refusals:
    """Ages that the criteria admit and the record's age fields do not, or the other way."""
    rules = _touching(subject, {AgeMonths()})
    eligibility = subject.record.eligibility
    if isinstance(eligibility, Absent):
        return

    def admitted(months: int) -> bool:
        return possible(rules, subject.study, {AgeMonths(): Decimal(months)})

    tried: list[tuple[int, bool, object]] = []
    if youngest := _months(eligibility.minimum_age):
        tried += [
            (youngest[0], True, eligibility.minimum_age),
            (youngest[0] - 1, False, eligibility.minimum_age),
        ]
    if oldest := _months(eligibility.maximum_age):
        # "18 Years" is read either way: up to the birthday, or through the year that follows it.
        beyond = oldest[0] + oldest[1]
        tried += [(oldest[0] - 1, True, eligibility.maximum_age), (beyond, False, eligibility.maximum_age)]
    for months, wanted, field in tried:
        if months >= 0 and admitted(months) is not wanted:
            yield subject.refuse(
                "age-differs-from-record",
                f"the criteria {_does(wanted)} at {months} months; the record's field says {field}",
                "criteria, age_months",
                "let the criterion and the record's age fields agree",
            )


def _months(age: str | Absent) -> tuple[int, int] | None:
    """The months of an age field, and those of one of its units."""
    match = None if isinstance(age, Absent) else _AGE.fullmatch(age.strip())
    if match is None:
        return None
    unit = 12 if match["unit"] == "Year" else 1
    return int(match["number"]) * unit, unit


def sex_differs_from_record(subject: Subject) -> Refusals:
    """Sexes that the criteria admit and the record does not, or the other way."""
    eligibility = subject.record.eligibility
    codes = next((fact.codes for fact in subject.study.facts if fact.id == SEX.fact), ())
    if isinstance(eligibility, Absent) or isinstance(eligibility.sex, Absent):
        return
    for code in codes:
        said = eligibility.sex in ("ALL", code.upper())
        if possible(_touching(subject, {SEX}), subject.study, {SEX: code}) is not said:
            yield subject.refuse(
                "sex-differs-from-record",
                f"the record says {eligibility.sex}, the criteria {_does(said)} {code}",
                "criteria, sex",
                "let the criteria and the record agree",
            )


def _does(wanted: bool) -> str:
    return "shut out" if wanted else "admit"


def _admitting(criterion: Criterion, expression: Expression) -> Rule:
    return expression, Truth.of(criterion.kind == "inclusion")


def _rules(subject: Subject) -> list[Rule]:
    return [_admitting(criterion, expression) for criterion, expression in subject.at_enrolment]


def _touching(subject: Subject, asked: set[Question]) -> list[Rule]:
    """The rules of enrolment that ask one of these questions."""
    return [rule for rule in _rules(subject) if any(question(leaf) in asked for leaf in leaves(rule[0]))]
