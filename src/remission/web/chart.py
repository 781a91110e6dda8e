"""Everything on a participant's page, gathered from the trial's own readings of the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from remission.conduct import events as ev
from remission.conduct.course import Course, course_of
from remission.conduct.due import Due, Urgency, due
from remission.conduct.known import day_one_of, facts_of
from remission.conduct.state import Participant, Recorded, Stage
from remission.conduct.toxicities import Toxicity, toxicities
from remission.protocol.criteria import Truth
from remission.protocol.study import Criterion, Phase, Study
from remission.screening.judge import Missing
from remission.terms.days import study_day
from remission.terms.ids import SampleId, SubjectId
from remission.terms.words import Text
from remission.web.desk import Desk
from remission.web.mrd_course import Measurement, Plot, measurements, plotted, samples_of
from remission.web.telling import day_of, details, named
from remission.web.timeline import Timeline, segments, timeline

_UNDECIDED = (Stage.SCREENING, Stage.ELIGIBLE)
_ADMITS = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "unknown"}


@dataclass(frozen=True, slots=True)
class Task:
    """A due thing, and how it stands today."""

    due: Due
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion with its answer ("yes", "no", "unknown" admits), the reason, and what is missing."""

    criterion: Criterion
    admits: str
    reason: Text
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words, its calendar day and protocol day, and its entry."""

    on: date | None
    day: int | None
    what: str
    details: str
    recorded: Recorded


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry as written, with the later entry that stands in its place, if there is one."""

    told: Told
    replaced_by: Recorded | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A participant's page. `decided`: the verdicts are those of the recorded decision, else today's."""

    participant: Participant
    study: Study
    zone: ZoneInfo
    today: date
    day: int | None
    enrolled: ev.Enrolled | None
    tasks: tuple[Task, ...]
    decided: date | None
    verdicts: tuple[Judged, ...]
    later: tuple[Judged, ...]
    answers: tuple[Told, ...]
    happened: tuple[Told, ...]
    orders: tuple[tuple[ev.DoseOrdered, Recorded], ...]
    course: Course
    ran: tuple[tuple[datetime, datetime], ...]
    toxicities: tuple[Toxicity, ...]
    samples: tuple[tuple[Text, SampleId], ...]
    measured: tuple[Measurement, ...]
    plot: Plot
    line: Timeline | None
    ledger: tuple[LedgerLine, ...]

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What is missing for a verdict, each once."""
        return tuple(dict.fromkeys(missing for judged in self.verdicts for missing in judged.missing))


def chart(desk: Desk, subject: SubjectId) -> Chart:
    """Gather a participant's page.

    Raises
    ------
    NotFound
        If there is no such participant.
    """
    trial, at = desk.trial, desk.at
    study, participant = trial.study, trial.participant(subject)
    zone, today = ZoneInfo(study.site(participant.site).time_zone), desk.today(participant.site)
    day_one = day_one_of(study, participant)
    course = course_of(study, participant, at=at)
    enrolled = participant.last(ev.Enrolled)
    found = measurements(study, participant, day_one, desk.results().responses.get(subject, {}))
    told = [_told(study, item, zone, day_one) for item in participant.history]
    decided, verdicts = _verdicts(desk, participant, today)
    return Chart(
        participant=participant,
        study=study,
        zone=zone,
        today=today,
        day=None
        if day_one is None or participant.stage in (Stage.OFF, Stage.LOST)
        else study_day(today, day_one),
        enrolled=enrolled.event if enrolled and isinstance(enrolled.event, ev.Enrolled) else None,
        tasks=tuple(Task(item, item.urgency(today)) for item in due(study, participant, today=today)),
        decided=decided,
        verdicts=verdicts,
        later=_judged(desk, participant, today, Phase.AFTER_TREATMENT) if enrolled else (),
        answers=tuple(one for one in told if isinstance(one.recorded.event, ev.FactRecorded)),
        happened=_by_day(one for one in told if not isinstance(one.recorded.event, ev.FactRecorded)),
        orders=tuple(
            (item.event, item) for item in participant.history if isinstance(item.event, ev.DoseOrdered)
        ),
        course=course,
        ran=segments(course, at),
        toxicities=toxicities(participant),
        samples=tuple((study.point(event.point).name, event.sample) for _, event in samples_of(participant)),
        measured=found,
        plot=plotted(study, found),
        line=None if day_one is None else timeline(study, participant, day_one, zone, course, at),
        ledger=_ledger(study, trial.raw(subject), zone, day_one),
    )


def _told(study: Study, item: Recorded, zone: ZoneInfo, day_one: date | None) -> Told:
    on = day_of(item.event, zone)
    day = None if on is None or day_one is None else study_day(on, day_one)
    return Told(on, day, named(item.event, study), details(item.event, study, zone), item)


def _by_day(told: Iterable[Told]) -> tuple[Told, ...]:
    return tuple(sorted(told, key=lambda one: (one.on or date.max, one.recorded.ref.seq)))


def _verdicts(desk: Desk, participant: Participant, today: date) -> tuple[date | None, tuple[Judged, ...]]:
    """The verdicts of the recorded decision where one stands, else what the criteria say today."""
    found = participant.last(ev.FoundIneligible) or participant.last(ev.FoundEligible)
    if participant.stage in _UNDECIDED or found is None:
        return None, _judged(desk, participant, today, Phase.ENROLMENT)
    assert isinstance(found.event, ev.FoundEligible | ev.FoundIneligible)
    study = desk.trial.study
    judgements = found.event.judgements
    return found.event.on, tuple(
        Judged(study.criterion(one.criterion), one.admits, one.reason) for one in judgements
    )


def _judged(desk: Desk, participant: Participant, today: date, phase: Phase) -> tuple[Judged, ...]:
    study = desk.trial.study
    verdict = desk.trial.judge.judge(facts_of(study, participant), on=today, phase=phase)
    return tuple(
        Judged(study.criterion(one.criterion), _ADMITS[one.admits], one.reason, one.missing)
        for one in verdict.judged
    )


def _ledger(
    study: Study, raw: Sequence[Recorded], zone: ZoneInfo, day_one: date | None
) -> tuple[LedgerLine, ...]:
    """Every entry in the order of writing, also those that were corrected."""
    later: Mapping[int, Recorded] = {seq: item for item in raw for seq in item.replaces}
    return tuple(LedgerLine(_told(study, item, zone, day_one), later.get(item.ref.seq)) for item in raw)
