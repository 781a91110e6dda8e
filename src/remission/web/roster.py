"""The list of participants: where each stands and what is due next, filtered by what was asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remission.conduct import events as ev
from remission.conduct.due import Due, Urgency, due
from remission.conduct.known import day_one_of, latest_answers
from remission.conduct.state import Participant, Stage
from remission.protocol.study import Study
from remission.terms.days import study_day
from remission.web.desk import Desk


@dataclass(frozen=True, slots=True)
class Line:
    """A participant on the list; `number` is that of the enrolment, `day` today's protocol day."""

    participant: Participant
    number: int | None
    risk: str
    day: int | None
    next: Due | None
    urgency: Urgency | None

    @property
    def late(self) -> bool:
        """Whether the most pressing thing is late."""
        return self.urgency is Urgency.LATE


def roster(desk: Desk) -> tuple[Line, ...]:
    """Every participant, by pseudonym."""
    study = desk.trial.study
    return tuple(_line(desk, study, participant) for participant in desk.trial.participants().values())


def _line(desk: Desk, study: Study, participant: Participant) -> Line:
    today = desk.today(participant.site)
    items = due(study, participant, today=today)
    enrolled = participant.last(ev.Enrolled)
    number = enrolled.event.number if enrolled and isinstance(enrolled.event, ev.Enrolled) else None
    risk = latest_answers(participant).get(study.risk_fact)
    day_one = day_one_of(study, participant)
    gone = participant.stage in (Stage.OFF, Stage.LOST, Stage.SCREEN_FAILED)
    return Line(
        participant, number, risk.value if risk else "",
        study_day(today, day_one) if day_one and not gone else None,
        items[0] if items else None, items[0].urgency(today) if items else None,
    )  # fmt: skip


def chosen(lines: Iterable[Line], asked: Mapping[str, str]) -> list[Line]:
    """The lines that fit what was asked: `q` in the pseudonym, `site`, `stage`, `late`."""
    words, site, stage = asked.get("q", "").strip(), asked.get("site", ""), asked.get("stage", "")
    return [
        line
        for line in lines
        if words in line.participant.id
        and site in ("", line.participant.site)
        and stage in ("", line.participant.stage)
        and (not asked.get("late") or line.late)
    ]
