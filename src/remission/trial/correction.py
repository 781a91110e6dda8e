"""What a correction may put in the place of an entry."""

from collections.abc import Iterator
from dataclasses import fields
from datetime import date, datetime

from remission.conduct import events as ev
from remission.conduct.course import course_of
from remission.conduct.known import facts_of
from remission.conduct.state import Participant, Recorded
from remission.errors import ActRefused, InputRefused
from remission.protocol.study import Phase, Study
from remission.screening.facts import read_value


def check_words(study: Study, old: Recorded, new: ev.Event, *, today: date, now: datetime) -> None:
    """Refuse words that the act itself would have refused.

    Raises
    ------
    InputRefused
        For an event of another kind, a child taken out of the trial's counts or given another number in it, a
        question, list, time point or criterion that the study does not have, or a day that has not come.
    """
    where = f"entry {old.ref.seq}"
    if type(new) not in (type(old.event), ev.Voided):
        raise InputRefused(
            f"{type(new).__name__} cannot stand for {type(old.event).__name__}",
            where=where,
            do="void the wrong entry and record the right one",
        )
    if isinstance(old.event, ev.Enrolled) and getattr(new, "number", None) != old.event.number:
        raise InputRefused(
            "an enrolment keeps its number, and cannot be voided",
            where=where,
            do="record that the child was found ineligible, or withdrew",
        )
    for kind, name, known in _named(study, new):
        if name not in known:
            raise InputRefused(
                f"the study has no {kind} {name!r}", where=where, do=f"use one of: {', '.join(known)}"
            )
    if isinstance(new, ev.FoundIneligibleLate):
        check_criterion(study, new.criterion, where=where)
    for name, value in _dates(study, new, where):
        if value > now if isinstance(value, datetime) else value > today:
            raise InputRefused(f"{value} is in the future", where=f"{where}, {name}", do="check the date")


def check_criterion(study: Study, criterion: str, *, where: str) -> None:
    """Refuse a criterion by which nobody can be found ineligible.

    Raises
    ------
    InputRefused
        For one that the study does not have, or that is known only after treatment.
    """
    phases = {spec.id: spec.phase for spec in study.criteria}
    asked = ", ".join(id for id, phase in phases.items() if phase is Phase.ENROLMENT)
    if criterion not in phases:
        raise InputRefused(
            f"the study has no criterion {criterion!r}", where=where, do=f"use one of: {asked}"
        )
    if phases[criterion] is not Phase.ENROLMENT:
        raise InputRefused(
            f"{criterion} is known only after treatment: by it no child was enrolled wrongly",
            where=where,
            do=f"record what was seen (a result, a response); at enrolment stand: {asked}",
        )


def check_sense(study: Study, participant: Participant, *, now: datetime) -> None:
    """Refuse a history whose answers cannot be read, or whose infusion runs out of order.

    Raises
    ------
    InputRefused
        Naming the entry or the turn.
    ActRefused
        If a child would not be in remission at a contact, without a relapse on record.
    """
    facts_of(study, participant)
    course_of(study, participant, at=now)
    for item in participant.all(ev.FollowedUp):
        if isinstance(item.event, ev.FollowedUp) and item.event.in_remission is False:
            check_relapsed(participant, item.event.on)


def check_relapsed(participant: Participant, on: date) -> None:
    """Refuse that a child is not in remission on a day, where no relapse is on record by then.

    Raises
    ------
    ActRefused
        Naming the day.
    """
    known = (item.event for item in participant.all(ev.Relapsed))
    if not any(isinstance(event, ev.Relapsed) and event.on <= on for event in known):
        raise ActRefused(
            f"not in remission on {on}, and no relapse is on record by then",
            where=f"participant {participant.id}",
            do="record the relapse or progression first, with its day: remission participant relapse",
        )


def _named(study: Study, event: ev.Event) -> Iterator[tuple[str, str, list[str]]]:
    match event:
        case ev.FactRecorded(fact=fact):
            yield "question", fact, [spec.id for spec in study.facts]
        case ev.ThingHappened(list=name, kind=kind):
            yield "list", name, [spec.id for spec in study.lists]
            yield "list entry", kind, [kind for spec in study.lists if spec.id == name for kind in spec.kinds]
        case ev.ListClosed(list=name):
            yield "list", name, [spec.id for spec in study.lists]
        case ev.MarrowTaken(point=point) | ev.SampleMissed(point=point) | ev.MrdReported(point=point):
            yield "sample at", point, [spec.point for spec in study.samples]
        case _:
            pass


def _dates(study: Study, event: ev.Event, where: str) -> Iterator[tuple[str, date]]:
    """Every day and instant that an event says has passed, by field."""
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(value, date):
            yield field.name, value
    if isinstance(event, ev.FactRecorded):
        spec = study.fact(event.fact)
        answered = read_value(spec, event.value, where=where)
        if isinstance(answered, date) and not spec.may_change:  # one that may change is a plan
            yield "value", answered
