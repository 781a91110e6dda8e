"""What is known about a participant, gathered from the events for screening to judge."""

from collections.abc import Mapping
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.protocol.study import Study
from remission.screening.facts import Facts, Happening, Known, Measured, read_value


def facts_of(study: Study, participant: Participant, *, on: date = date.max) -> Facts:
    """The facts of a participant: the latest answer to each question, by the day of which it is true.

    Answers true only of a day after `on`, and results reported after it, are left out. In a list that spans,
    an entry without a last day still goes on: its last day is `date.max`.

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
    spanning = {spec.id for spec in study.lists if spec.spans}
    for recorded in participant.history:
        match recorded.event:
            case ev.FactRecorded(fact=fact, value=value, on=true_on):
                spec = study.fact(fact)
                read = read_value(
                    spec, value, where=f"participant {participant.id}, entry {recorded.ref.seq}"
                )
                if true_on <= on and (fact not in answers or answers[fact].on <= true_on):
                    answers[fact] = Known(read, true_on, recorded.ref)
            case ev.ThingHappened(list=name, kind=kind, first=first, last=last, purpose=purpose):
                last = last or (date.max if name in spanning else first)
                happenings.setdefault(name, []).append(Happening(kind, first, last, purpose, recorded.ref))
            case ev.ListClosed(list=name, as_of=as_of):
                closed[name] = max(as_of, closed.get(name, as_of))
            case ev.MrdReported(point=point, result=result, on=reported) if reported <= on:
                key = (result.method, point)
                if key not in results or results[key].on <= reported:
                    results[key] = Measured(result, reported, recorded.ref)
                missed.discard(point)
            case ev.SampleMissed(point=point, on=missed_on) if missed_on <= on:
                missed.add(point)
            case _:
                pass
    lists = {name: tuple(items) for name, items in happenings.items()}
    return Facts(answers, lists, closed, results, frozenset(missed))


def day_one_of(study: Study, participant: Participant) -> date | None:
    """The participant's first day of induction, if known: by the same rule as every answer."""
    said = latest_answers(participant).get(study.day_one)
    return None if said is None else date.fromisoformat(said.value)


def latest_answers(participant: Participant) -> Mapping[str, ev.FactRecorded]:
    """The latest answer to each question as it was entered."""
    latest: dict[str, ev.FactRecorded] = {}
    for recorded in participant.all(ev.FactRecorded):
        assert isinstance(recorded.event, ev.FactRecorded)
        if recorded.event.fact not in latest or latest[recorded.event.fact].on <= recorded.event.on:
            latest[recorded.event.fact] = recorded.event
    return latest
