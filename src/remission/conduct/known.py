"""What is known about a participant, gathered from the events for screening to judge."""

from collections.abc import Mapping
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.protocol.study import Study
from remission.screening.facts import Facts, Happening, Known, Measured, read_value


def facts_of(study: Study, participant: Participant) -> Facts:
    """The facts of a participant: the latest answer to each question, by the day of which it is true.

    Raises
    ------
    InputRefused
        If an answer in the ledger does not fit the study's question.
    """
    answers: dict[str, Known] = {}
    happenings: dict[str, list[Happening]] = {}
    closed: dict[str, date] = {}
    results: dict[tuple[str, str], Measured] = {}
    missed: set[str] = set()
    for recorded in participant.history:
        match recorded.event:
            case ev.FactRecorded(fact=fact, value=value, on=on):
                spec = study.fact(fact)
                read = read_value(
                    spec, value, where=f"participant {participant.id}, entry {recorded.ref.seq}"
                )
                if fact not in answers or answers[fact].on <= on:
                    answers[fact] = Known(read, on, recorded.ref)
            case ev.ThingHappened(list=name, kind=kind, first=first, last=last, purpose=purpose):
                happenings.setdefault(name, []).append(
                    Happening(kind, first, last or first, purpose, recorded.ref)
                )
            case ev.ListClosed(list=name, as_of=as_of):
                closed[name] = max(as_of, closed.get(name, as_of))
            case ev.MrdReported(point=point, result=result):
                results[(result.method, point)] = Measured(result, recorded.ref)
                missed.discard(point)
            case ev.SampleMissed(point=point):
                missed.add(point)
            case _:
                pass
    lists = {name: tuple(items) for name, items in happenings.items()}
    return Facts(answers, lists, closed, results, frozenset(missed))


def day_one_of(study: Study, participant: Participant) -> date | None:
    """The participant's first day of induction, if known."""
    value: date | None = None
    for recorded in participant.all(ev.FactRecorded):
        assert isinstance(recorded.event, ev.FactRecorded)
        if recorded.event.fact == study.day_one:
            value = date.fromisoformat(recorded.event.value)
    return value


def latest_answers(participant: Participant) -> Mapping[str, ev.FactRecorded]:
    """The latest answer to each question as it was entered."""
    latest: dict[str, ev.FactRecorded] = {}
    for recorded in participant.all(ev.FactRecorded):
        assert isinstance(recorded.event, ev.FactRecorded)
        if recorded.event.fact not in latest or latest[recorded.event.fact].on <= recorded.event.on:
            latest[recorded.event.fact] = recorded.event
    return latest
