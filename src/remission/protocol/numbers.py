"""Refusals of numbers outside the range in which they mean anything."""

from collections.abc import Iterator
from decimal import Decimal

from remission.protocol.finding import Refusals, Subject
from remission.protocol.study import DoseRule, Study, Treatment

FARTHEST_DAY = 40_000
LOWEST_LEVEL = Decimal("1e-12")
MOST_CERTAIN = Decimal("0.9999")
_YEARS = range(1950, 2200)
_SMALLEST_SHARE, _LARGEST_SHARE = Decimal("1e-6"), Decimal("0.99")


def impossible_day(subject: Subject) -> Refusals:
    """A protocol day 0, or a day nobody lives to see."""
    for place, day in _days(subject.study):
        if day == 0 or abs(day) > FARTHEST_DAY:
            yield subject.refuse(
                "impossible-day",
                f"day {day}",
                place,
                "count from day 1; the day before is day -1, there is no day 0",
            )
    if subject.study.dated.year not in _YEARS:
        yield subject.refuse(
            "impossible-day",
            f"the file is dated {subject.study.dated}",
            "dated",
            "give the date of this version",
        )


def _days(study: Study) -> Iterator[tuple[str, int]]:
    for given in study.background:
        yield f"background {given.therapy}", given.first_day
        yield f"background {given.therapy}", given.last_day
    for point in study.points:
        yield from ((f"point {point.id}", day) for day in (point.window.first, point.window.last))
    for fact in study.facts:
        yield f"fact {fact.id}", fact.due_day
    for spec in study.lists:
        yield f"list {spec.id}", spec.due_day
    for criterion in study.criteria:
        yield f"criterion {criterion.id}", criterion.settled_day
    treatment = study.treatment
    for day in (treatment.first_day, treatment.start_window.first, treatment.start_window.last):
        yield "treatment", day
    for table in treatment.tables:
        for step in table.steps:
            yield f"step {step.id}", step.day


def impossible_number(subject: Subject) -> Refusals:
    """A level that is no fraction of cells, an amount that is nothing, a size that is none."""
    for place, name, value, lowest, highest in _ranges(subject.study):
        if not lowest <= value <= highest:
            yield subject.refuse(
                "impossible-number",
                f"{name} = {value}",
                place,
                f"give a number from {lowest} to {highest}",
            )


_Range = tuple[str, str, Decimal, Decimal, Decimal]


def _ranges(study: Study) -> Iterator[_Range]:
    one, most = Decimal(1), Decimal("1e12")
    yield "design", "participants", Decimal(study.design.participants), one, Decimal(1_000_000)
    yield "design", "alpha", study.design.alpha, Decimal("1e-6"), Decimal("0.5")
    for endpoint in study.endpoints:
        place = f"endpoint {endpoint.id}"
        yield place, "threshold", endpoint.threshold, LOWEST_LEVEL, one
        yield place, "required_lod", endpoint.required_lod, LOWEST_LEVEL, one
        yield place, "certainty", endpoint.certainty, Decimal("0.5"), MOST_CERTAIN
    for assay in study.assays:
        yield f"assay {assay.method}", "cells", Decimal(assay.cells), one, most
        yield f"assay {assay.method}", "events_for_lod", Decimal(assay.events_for_lod), one, Decimal(1000)
        yield (
            f"assay {assay.method}",
            "events_for_loq",
            Decimal(assay.events_for_loq),
            Decimal(assay.events_for_lod),
            most,
        )
        if assay.dna_ng is not None:
            yield f"assay {assay.method}", "dna_ng", assay.dna_ng, one, most
        if assay.index_share is not None:
            yield f"assay {assay.method}", "index_share", assay.index_share, _SMALLEST_SHARE, _LARGEST_SHARE
    for group in study.risk_groups:
        if group.trigger is not None:
            yield f"risk group {group.id}", "trigger", group.trigger, LOWEST_LEVEL, one
    yield "label", "lowest_level", study.label.lowest_level, Decimal(0), one
    yield "follow_up", "every_months", Decimal(study.follow_up.every_months), one, Decimal(60)
    yield from _treatment(study.treatment)
    yield from _answers(study)
    yield "treatment", "full_course_from", study.treatment.full_course_from, Decimal("0.01"), one
    yield from _doses(study)


def _treatment(treatment: Treatment) -> Iterator[_Range]:
    zero, year = Decimal(0), Decimal(366)
    yield "treatment", "days", Decimal(treatment.days), Decimal(1), Decimal(FARTHEST_DAY)
    yield "treatment.pause", "continue_within_days", Decimal(treatment.pause.continue_within_days), zero, year
    for table in treatment.tables:
        for step in table.steps:
            yield f"step {step.id}", "days", Decimal(step.days), Decimal(1), Decimal(FARTHEST_DAY)
    for rule in treatment.toxicity:
        place = f"toxicity {rule.term}"
        yield place, "grade", Decimal(rule.grade), Decimal(1), Decimal(5)
        yield place, "for_days", Decimal(rule.for_days), zero, year
        if rule.until_grade is not None:
            yield place, "until_grade", Decimal(rule.until_grade), zero, Decimal(rule.grade - 1)
        for name, days in (
            ("escalate_after_days", rule.escalate_after_days),
            ("stop_if_longer_than_days", rule.stop_if_longer_than_days),
        ):
            if days is not None:
                yield place, name, Decimal(days), Decimal(1), year


def _answers(study: Study) -> Iterator[_Range]:
    for fact in study.facts:
        if fact.lowest is not None and fact.highest is not None:
            yield f"fact {fact.id}", "highest", fact.highest, fact.lowest, Decimal("1e12")


def _doses(study: Study) -> Iterator[_Range]:
    for place, rule in dose_rules(study):
        for name, amount in (("fixed", rule.fixed), ("per_m2", rule.per_m2), ("at_most", rule.at_most)):
            if amount is not None:
                yield place, name, amount, Decimal("1e-9"), Decimal("1e9")
    for drug in study.treatment.premedication:
        place = f"premedication {drug.drug}"
        yield place, "per_m2", drug.per_m2, Decimal("1e-9"), Decimal("1e9")
        yield place, "at_most", drug.at_most, Decimal("1e-9"), Decimal("1e9")
        yield place, "within_hours", Decimal(drug.within_hours), Decimal(1), Decimal(168)
    for bag in study.treatment.bags:
        place = f"bag of {bag.hours} h"
        yield place, "hours", Decimal(bag.hours), Decimal(1), Decimal(24 * FARTHEST_DAY)
        yield place, "pump_ml_per_h", bag.pump_ml_per_h, Decimal("1e-3"), Decimal(1000)
        if bag.weight_from is not None:
            yield place, "weight_from", bag.weight_from, Decimal(0), Decimal(250)


def dose_rules(study: Study) -> Iterator[tuple[str, DoseRule]]:
    """Every dose rule of the study with its place."""
    for table in study.treatment.tables:
        for step in table.steps:
            yield from ((f"dose table {table.in_force_from}, step {step.id}", rule) for rule in step.rules)
        yield from ((f"dose table {table.in_force_from}, restart_low", rule) for rule in table.restart_low)
