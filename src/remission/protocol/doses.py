"""Refusals of dose tables: every weight and every treatment day has one dose, and only one."""

from decimal import Decimal

from remission.protocol.finding import Refusals, Subject
from remission.protocol.numbers import dose_rules
from remission.protocol.study import DoseRule, DoseTable
from remission.registry.words import Absent
from remission.terms.days import days_between


def dose_bands(subject: Subject) -> Refusals:
    """Weight bands from 0 kg up, each beginning where the one before ends."""
    for table in subject.study.treatment.tables:
        place = f"dose table {table.in_force_from}"
        for step in table.steps:
            yield from _bands(subject, f"{place}, step {step.id}", step.rules)
        if table.restart_low:
            yield from _bands(subject, f"{place}, restart_low", table.restart_low)


def _bands(subject: Subject, place: str, rules: tuple[DoseRule, ...]) -> Refusals:
    end: Decimal | None = Decimal(0)
    for rule in sorted(rules, key=lambda rule: rule.weight_from):
        if end is None or rule.weight_from < end:
            what = f"two rules give a dose from {rule.weight_from} kg on"
            yield subject.refuse("dose-overlap", what, place, "let each band begin where the one before ends")
        elif rule.weight_from > end:
            what = f"no rule gives a dose from {end} kg to {rule.weight_from} kg"
            yield subject.refuse(
                "dose-gap", what, place, "let each band begin where the one before ends, the first at 0"
            )
        end = rule.weight_below
    if end is not None:
        yield subject.refuse(
            "dose-gap",
            f"no rule gives a dose from {end} kg on",
            place,
            "leave weight_below out of the last band",
        )


def dose_amount(subject: Subject) -> Refusals:
    """Exactly one of a fixed dose and a dose by body surface."""
    for place, rule in dose_rules(subject.study):
        if (rule.fixed is None) == (rule.per_m2 is None):
            amount = "no dose" if rule.fixed is None else "two doses"
            yield subject.refuse(
                "dose-amount",
                f"the band from {rule.weight_from} kg gives {amount}",
                place,
                "give either fixed or per_m2",
            )


def dose_days(subject: Subject) -> Refusals:
    """A dose for every day of treatment, in force from the beginning; a low one where a rule asks for it."""
    treatment = subject.study.treatment
    for table in treatment.tables:
        yield from _steps(subject, table)
        if not table.restart_low and any(rule.restart == "low" for rule in treatment.toxicity):
            yield subject.refuse(
                "dose-gap",
                "a toxicity rule restarts low, and no low dose is given",
                f"dose table {table.in_force_from}",
                "give restart_low rules, or restart the same",
            )
    start = _start(subject)
    first = min((table.in_force_from.isoformat() for table in treatment.tables), default=None)
    if first is None or (start is not None and first > start):
        yield subject.refuse(
            "dose-gap",
            f"the first dose table is in force from {first}, the trial begins {start}",
            "treatment.tables",
            "give a table in force from the start of the trial",
        )


def _steps(subject: Subject, table: DoseTable) -> Refusals:
    treatment = subject.study.treatment
    infusion = treatment.mode == "continuous"
    place, end = f"dose table {table.in_force_from}", 0
    for step in sorted(table.steps, key=lambda step: step.day):
        begins = days_between(treatment.first_day, step.day)
        if begins < end:
            what = f"two doses on day {step.day}"
            yield subject.refuse("dose-overlap", what, place, "let each step begin after the one before")
        elif begins > end and (infusion or end == 0):
            what = f"no dose on the day before day {step.day}"
            yield subject.refuse("dose-gap", what, place, "let no day of treatment be without a dose")
        end = begins + step.days
    if end > treatment.days or (end < treatment.days and (infusion or end == 0)):
        yield subject.refuse(
            "dose-gap",
            f"the steps last {end} days, the treatment {treatment.days}",
            place,
            "let the steps fill the days of treatment",
        )


def _start(subject: Subject) -> str | None:
    status = subject.record.status
    if isinstance(status, Absent) or isinstance(status.start_date_struct, Absent):
        return None
    date = status.start_date_struct.date
    return None if isinstance(date, Absent) else str(date)
