"""The course of treatment as the events say: hours infused, pauses, doses, and how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.pharmacology.infusion import Moment, Turn, course, hours
from remission.protocol.study import Study


@dataclass(frozen=True, slots=True)
class Interruption:
    """A pause of `hours`, up to the instant asked about.

    `end` None: it lasts. `toxicity`: id of the report behind it, or empty.
    """

    start: datetime
    end: datetime | None
    hours: Decimal
    why: str
    toxicity: str


@dataclass(frozen=True, slots=True)
class Course:
    """A participant's course at one instant.

    `infused_hours` of `planned_hours` (continuous treatment; both 0 for single doses); `planned_end`: when
    the planned hours will have run, None while it does not run; `level` is "full" or "low"; `doses`: the
    steps given.
    """

    started: datetime | None
    ended: datetime | None
    running: bool
    level: str
    infused_hours: Decimal
    planned_hours: Decimal
    planned_end: datetime | None
    pauses: tuple[Interruption, ...]
    doses: tuple[str, ...]
    step: str

    @property
    def pause(self) -> Interruption | None:
        """The pause that lasts, if one does."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None and self.ended is None else None

    @property
    def latest(self) -> datetime | None:
        """The last instant recorded of the course."""
        moments = [
            self.started,
            self.ended,
            *(moment for item in self.pauses for moment in (item.start, item.end)),
        ]
        return max((moment for moment in moments if moment is not None), default=None)


def course_of(study: Study, participant: Participant, *, at: datetime) -> Course:
    """The course at the instant `at`, or at the last thing recorded of it if that is later.

    A child who died, relapsed, withdrew or was lost with the pump running has no instant of its end on
    record: the hours are counted to the beginning of that day, UTC, and no further.
    """
    moments = list(_moments(participant))
    standing = course(study.treatment, moments, now=max([at, *(moment.at for moment in moments)]))
    why = [item.event for item in participant.all(ev.InfusionPaused)]
    pauses = tuple(
        Interruption(pause.since, pause.until, hours(pause.length), said.why, said.toxicity)
        for pause, said in zip(standing.pauses, why, strict=True)
        if isinstance(said, ev.InfusionPaused)
    )
    doses = [item.event for item in participant.all(ev.DoseGiven) if isinstance(item.event, ev.DoseGiven)]
    first = participant.last(ev.InfusionStarted)
    restarted = participant.last(ev.InfusionRestarted)
    ends = [moment.at for moment in moments if moment.turn is Turn.END]
    starts = [moment.at for moment in moments if moment.turn is Turn.START] or [dose.at for dose in doses]
    return Course(
        started=min(starts, default=None),
        ended=min(ends, default=None) if moments else _ended(participant),
        running=standing.running,
        level=restarted.event.level
        if restarted and isinstance(restarted.event, ev.InfusionRestarted)
        else "full",
        infused_hours=hours(standing.infused),
        planned_hours=Decimal(24 * study.treatment.days)
        if study.treatment.mode == "continuous"
        else Decimal(0),
        planned_end=standing.planned_end,
        pauses=pauses,
        doses=tuple(dose.step for dose in doses),
        step=first.event.step if first and isinstance(first.event, ev.InfusionStarted) else "",
    )


def _moments(participant: Participant) -> Iterator[Moment]:
    last: datetime | None = None
    for item in participant.history:
        match item.event:
            case ev.InfusionStarted(at=at):
                turn = Turn.START
            case ev.InfusionPaused(at=at):
                turn = Turn.PAUSE
            case ev.InfusionRestarted(at=at):
                turn = Turn.RESTART
            case ev.TreatmentCompleted(at=at) | ev.TreatmentStopped(at=at) if last is not None:
                turn = Turn.END
            case (
                ev.Died(on=on)
                | ev.Relapsed(on=on)
                | ev.SecondCancer(on=on)
                | ev.Withdrew(on=on)
                | ev.LostToFollowUp(on=on)
            ) if last is not None:
                turn, at = Turn.END, max(last, datetime.combine(on, time(), UTC))
            case _:
                continue
        yield Moment(turn, at)
        if turn is Turn.END:
            return
        last = at


def _ended(participant: Participant) -> datetime | None:
    for item in participant.history:
        if isinstance(item.event, ev.TreatmentCompleted | ev.TreatmentStopped):
            return item.event.at
    return None
