"""Refusals of the order of things: level, enrolment, treatment, endpoint; and what is known when."""

from collections.abc import Iterator

from remission.protocol.criteria import Answer, DaysOf, Happened, leaves
from remission.protocol.finding import Refusals, Subject
from remission.protocol.model_participant import ENROLMENT
from remission.protocol.possible import question
from remission.protocol.study import Study
from remission.protocol.traps_of_entry import known_late


def timeline_out_of_order(subject: Subject) -> Refusals:
    """Something that would have to happen before what it depends on."""
    for first, then, what in _disorder(subject.study):
        yield subject.refuse(
            "timeline-out-of-order",
            f"{what}: day {then} comes before day {first}",
            "points, samples and treatment",
            "order the days: entry level, enrolment, first dose, endpoint",
        )


def _disorder(study: Study) -> Iterator[tuple[int, int, str]]:
    """Pairs of days, the second of which must not come before the first, and do."""
    entry, start = study.point(ENROLMENT).window, study.treatment.start_window
    pairs = [
        (start.target, study.treatment.first_day, "the treatment's first day and its window"),
        (study.treatment.first_day, start.target, "the treatment's window and its first day"),
        (entry.target, start.target, "treatment before enrolment"),
        (entry.last, start.last, "enrolment after the last day on which treatment may begin"),
        *((given.first_day, given.last_day, f"background {given.therapy}") for given in study.background),
    ]
    for sample in study.samples:
        window = study.point(sample.point).window
        if sample.purpose == "trigger":
            pairs.append(
                (window.target, entry.target, f"enrolment before the sample {sample.point} that decides it")
            )
            pairs.append((window.last, entry.last, f"enrolment closes before the sample {sample.point}"))
        if sample.purpose == "endpoint":
            pairs.append((_earliest_endpoint(study), window.target, f"the endpoint sample {sample.point}"))
    return (pair for pair in pairs if pair[1] < pair[0])


def _earliest_endpoint(study: Study) -> int:
    """After an infusion its last day; after single doses, the day after the first."""
    treatment = study.treatment
    return treatment.last_day if treatment.mode == "continuous" else treatment.first_day + 1


def after_treatment_criterion_at_enrolment(subject: Subject) -> Refusals:
    """A criterion that would hold every enrolment until after treatment."""
    for criterion, expression in subject.at_enrolment:
        if known_late(criterion, expression, subject.study):
            yield subject.refuse(
                "after-treatment-criterion-at-enrolment",
                f"{criterion.record_text!r} is asked at enrolment, and known only after treatment begins",
                f"criterion {criterion.id}",
                "give it the phase after_treatment, and say what it then does",
            )


def settled_too_late(subject: Subject) -> Refusals:
    """A criterion of enrolment, or a question it or a dose rests on, settled only after enrolment closes."""
    last = subject.study.point(ENROLMENT).window.last
    for place, day in _settled(subject):
        if day > last:
            yield subject.refuse(
                "settled-too-late",
                f"it is settled on day {day}, enrolment closes on day {last}",
                place,
                "settle it before enrolment closes, or give the criterion the phase after_treatment",
            )


def _settled(subject: Subject) -> Iterator[tuple[str, int]]:
    study = subject.study
    asked = {study.day_one, study.earliest_birth_fact, study.risk_fact, study.weight_fact, study.height_fact}
    listed = set[str]()
    for criterion, expression in subject.at_enrolment:
        yield f"criterion {criterion.id}", criterion.settled_day
        for leaf in leaves(expression):
            match question(leaf):
                case Answer(fact=fact):
                    asked.add(fact)
                case Happened(what=kind) | DaysOf(therapy=kind):
                    listed.add(kind)
                case _:
                    pass
    yield from ((f"fact {fact.id}", fact.due_day) for fact in study.facts if fact.id in asked)
    yield from ((f"list {one.id}", one.due_day) for one in study.lists if listed.intersection(one.kinds))
