"""A participant's time line by protocol day, as shapes of an SVG: planned windows, and what happened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext

from remission.conduct import events as ev
from remission.conduct.course import Course
from remission.conduct.state import Participant
from remission.conduct.toxicities import toxicities
from remission.protocol.study import Study
from remission.terms.days import days_between, study_day
from remission.terms.words import Text
from remission.web.telling import day_of, named

LEFT, RIGHT, DAY, LANE, TOP = 92.0, 16.0, 16.0, 38.0, 30.0
"""SVG units: margins, the width of a day, the height of a lane, the height of the axis."""

LANES = ("decisions", "marrow", "infusion", "toxicity")


@dataclass(frozen=True, slots=True)
class Bar:
    """From one day to another in a lane; `kind` is its class in the style sheet."""

    x: float
    y: float
    width: float
    kind: str
    label: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """Something that happened on one day."""

    x: float
    y: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole drawing; `days` are the days written on the axis, with where."""

    width: float
    height: float
    lanes: tuple[tuple[float, str], ...]
    days: tuple[tuple[float, int], ...]
    bars: tuple[Bar, ...]
    dots: tuple[Dot, ...]
    today: float | None
    sentence: str


@dataclass(frozen=True, slots=True)
class _Paper:
    """Where days are on the drawing, and what is drawn on it."""

    study: Study
    participant: Participant
    day_one: date
    zone: ZoneInfo
    first: int
    last: int

    def x(self, day: int) -> float:
        """The left edge of a protocol day, kept on the paper."""
        return LEFT + DAY * days_between(self.first, min(max(day, self.first), self.last + 1))

    def at(self, instant: datetime) -> float:
        """Where an instant is, to the minute, on the site's clock."""
        here = instant.astimezone(self.zone)
        return self.x(study_day(here.date(), self.day_one)) + DAY * (here.hour * 60 + here.minute) / 1440

    def on(self, day: date) -> int:
        return study_day(day, self.day_one)

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last


def timeline(
    study: Study, participant: Participant, day_one: date, zone: ZoneInfo, course: Course, at: datetime
) -> Timeline:
    """Draw a participant's course from day 1, or consent, to the end of the last window, as known `at`."""
    today = at.astimezone(zone).date()
    planned = [study.treatment.last_day, *(point.window.last for point in study.points)]
    consent = participant.last(ev.Consented)
    assert consent is not None
    begun = day_of(consent.event, zone)
    first = min(1, study_day(begun, day_one) if begun else 1)
    paper = _Paper(study, participant, day_one, zone, max(first, -14), max(planned) + 4)
    now = study_day(today, day_one)
    return Timeline(
        paper.x(paper.last) + DAY + RIGHT,
        TOP + LANE * len(LANES) + 8,
        tuple((_lane(lane) + LANE / 2 + 4, _LANE_WORDS[lane]()) for lane in LANES),
        tuple((paper.x(day) + DAY / 2, day) for day in _written_days(paper)),
        (*_windows(paper), *_given(paper, course, at), *_toxicities(paper, today)),
        tuple(_dots(paper)),
        paper.x(now) + DAY / 2 if now in paper else None,
        gettext("Time line from day %(first)s to day %(last)s; the same follows as a list.")
        % {"first": paper.first, "last": paper.last},
    )


_LANE_WORDS: dict[str, Callable[[], str]] = {
    "decisions": lambda: gettext("Decisions"),
    "marrow": lambda: gettext("Marrow"),
    "infusion": lambda: gettext("Infusion"),
    "toxicity": lambda: gettext("Toxicity"),
}


def _lane(lane: str) -> float:
    return TOP + LANE * LANES.index(lane)


def _written_days(paper: _Paper) -> list[int]:
    """Day 1, the study's own days, and no two so close that their numbers touch."""
    treatment = paper.study.treatment
    wanted = [
        1,
        treatment.first_day,
        treatment.last_day,
        *(point.window.target for point in paper.study.points),
    ]
    chosen: list[int] = []
    for day in dict.fromkeys((*wanted, paper.first, *range(7, paper.last, 7))):
        if day in paper and all(abs(days_between(day, other)) >= 2 for other in chosen):
            chosen.append(day)
    return sorted(chosen)


def _said(text: Text) -> str:
    return text.in_(get_language() or "en")


def _windows(paper: _Paper) -> Iterator[Bar]:
    sampled = {spec.point for spec in paper.study.samples}
    for point in paper.study.points:
        lane = "marrow" if point.id in sampled else "decisions" if point.id == "enrolment" else "infusion"
        window = point.window
        if lane != "infusion":
            yield _bar(paper, lane, "window", window.first, window.last, _said(point.name))
    course = paper.study.treatment
    yield _bar(paper, "infusion", "window", course.first_day, course.last_day - 1, _said(course.name))


def _bar(paper: _Paper, lane: str, kind: str, first: int, last: int, label: str) -> Bar:
    x = paper.x(first)
    return Bar(x, _lane(lane) + 6, paper.x(last) + DAY - x, kind, f"{label} ({first}-{last})")


def segments(course: Course, until: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """From when to when the drug ran, up to the end of the course or the instant asked about."""
    if course.started is None:
        return ()
    starts = [course.started, *(pause.end for pause in course.pauses if pause.end is not None)]
    ends = [pause.start for pause in course.pauses]
    if len(ends) < len(starts):
        ends.append(min(course.ended or until, until))
    return tuple(zip(starts, ends, strict=True))


def _given(paper: _Paper, course: Course, at: datetime) -> Iterator[Bar]:
    for start, end in segments(course, at):
        x = paper.at(start)
        width = max(paper.at(end) - x, 1.0)
        yield Bar(x, _lane("infusion") + 12, width, "given", gettext("Infusion running"))


def _toxicities(paper: _Paper, today: date) -> Iterator[Bar]:
    for row, toxicity in enumerate(toxicities(paper.participant)):
        first, last = paper.on(toxicity.began), paper.on(toxicity.ended or today)
        if first in paper:
            x, y = paper.x(first), _lane("toxicity") + 4 + 10 * (row % 3)
            width = max(paper.x(min(last, paper.last)) + DAY - x, DAY)
            label = gettext("%(toxicity)s, grade %(grade)s") % {
                "toxicity": toxicity.term,
                "grade": toxicity.worst,
            }
            yield Bar(x, y, width, f"grade{toxicity.worst}", label, str(toxicity.worst))


_DOTS: dict[type[ev.Event], tuple[str, str]] = {
    ev.Consented: ("decisions", "done"),
    ev.FoundEligible: ("decisions", "good"),
    ev.FoundIneligible: ("decisions", "bad"),
    ev.Enrolled: ("decisions", "good"),
    ev.ResponseAssessed: ("decisions", "done"),
    ev.Withdrew: ("decisions", "bad"),
    ev.FoundIneligibleLate: ("decisions", "bad"),
    ev.DeviationReported: ("decisions", "bad"),
    ev.Died: ("decisions", "bad"),
    ev.Relapsed: ("decisions", "bad"),
    ev.MarrowTaken: ("marrow", "done"),
    ev.SampleMissed: ("marrow", "bad"),
    ev.InfusionPaused: ("infusion", "bad"),
    ev.TreatmentStopped: ("infusion", "bad"),
    ev.TreatmentCompleted: ("infusion", "good"),
    ev.DoseGiven: ("infusion", "done"),
}


def _dots(paper: _Paper) -> Iterator[Dot]:
    for recorded in paper.participant.history:
        place = _DOTS.get(type(recorded.event))
        day = day_of(recorded.event, paper.zone)
        if place is None or day is None or paper.on(day) not in paper:
            continue
        at = getattr(recorded.event, "at", None)
        x = paper.at(at) if isinstance(at, datetime) else paper.x(paper.on(day)) + DAY / 2
        label = f"{named(recorded.event, paper.study)}: {day} ({paper.on(day)})"
        yield Dot(x, _lane(place[0]) + LANE / 2, place[1], label)
