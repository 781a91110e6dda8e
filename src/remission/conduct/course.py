"""The course of treatment as the events say: hours infused, pauses, doses, and how it ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.protocol.study import Study

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pause:
    """An interruption; `end` None: it lasts. `toxicity`: the report that made it so, or empty."""

    start: datetime
    end: datetime | None
    why: str
    toxicity: str

    def hours(self, at: datetime) -> Decimal:
        """Its length in hours, up to `at` if it lasts."""
        return hours_between(self.start, self.end or at)


@dataclass(frozen=True, slots=True)
class Course:
    """A participant's course at one instant.

    `infused_hours` of `planned_hours` (continuous treatment; both 0 for single doses); `planned_end`: when the
    planned hours will have run, None while it does not run; `level` is "full" or "low"; `doses` the steps given.
    """

    started: datetime | None
    ended: datetime | None
    running: bool
    level: str
    infused_hours: Decimal
    planned_hours: Decimal
    planned_end: datetime | None
    pauses: tuple[Pause, ...]
    doses: tuple[str, ...]
    step: str

    @property
    def pause(self) -> Pause | None:
        """The pause that lasts, if one does."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].end is None else None


def hours_between(start: datetime, end: datetime) -> Decimal:
    """Hours from `start` to `end`, exact to the microsecond."""
    return Decimal((end - start) // timedelta(microseconds=1)) / Decimal(_HOUR // timedelta(microseconds=1))


def course_of(study: Study, participant: Participant, *, at: datetime) -> Course:
    """The course up to the instant `at`."""
    started: datetime | None = None
    ended: datetime | None = None
    running_since: datetime | None = None
    infused, level, step = Decimal(0), "full", ""
    pauses: list[Pause] = []
    doses: list[str] = []
    for item in participant.history:
        match item.event:
            case ev.InfusionStarted(at=when, step=named):
                started, running_since, step = when, when, named
            case ev.InfusionPaused(at=when, why=why, toxicity=toxicity) if running_since is not None:
                infused += hours_between(running_since, when)
                running_since = None
                pauses.append(Pause(when, None, why, toxicity))
            case ev.InfusionRestarted(at=when, level=named) if pauses:
                last = pauses[-1]
                pauses[-1] = Pause(last.start, when, last.why, last.toxicity)
                running_since, level = when, named
            case ev.DoseGiven(at=when, step=named):
                started = started or when
                doses.append(named)
            case ev.TreatmentCompleted(at=when) | ev.TreatmentStopped(at=when):
                ended = when
                if running_since is not None:
                    infused += hours_between(running_since, when)
                    running_since = None
            case _:
                pass
    planned = Decimal(24 * study.treatment.days) if study.treatment.mode == "continuous" else Decimal(0)
    end = None
    if running_since is not None:
        end = running_since + timedelta(hours=float(max(planned - infused, Decimal(0))))
        infused += hours_between(running_since, max(at, running_since))
    return Course(
        started, ended, running_since is not None, level, infused, planned, end, tuple(pauses), tuple(doses), step
    )
