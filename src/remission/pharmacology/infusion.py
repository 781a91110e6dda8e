"""How long the infusion has run, how long it still has to, and what an interruption means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from remission.errors import InputRefused
from remission.pharmacology.premedication import RESTART
from remission.protocol.study import Treatment

_NONE = timedelta(0)


class Turn(StrEnum):
    """What happened to the pump."""

    START = "start"
    PAUSE = "pause"
    RESTART = "restart"
    END = "end"


# What may follow what; before the first turn there is None.
NEXT: Mapping[Turn | None, tuple[Turn, ...]] = MappingProxyType(
    {
        None: (Turn.START,),
        Turn.START: (Turn.PAUSE, Turn.END),
        Turn.PAUSE: (Turn.RESTART, Turn.END),
        Turn.RESTART: (Turn.PAUSE, Turn.END),
        Turn.END: (),
    }
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A turn and its instant (with a time zone)."""

    turn: Turn
    at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """An interruption; `until` None: it lasts."""

    since: datetime
    until: datetime | None
    length: timedelta


@dataclass(frozen=True, slots=True)
class Course:
    """An infusion as it stands at an instant.

    `remaining` is what is left of the course (never negative); `planned_end` is the instant (UTC) at which a
    running infusion is complete, and None before the start, during a pause and after the end.
    """

    state: Turn | None
    infused: timedelta
    pauses: tuple[Pause, ...]
    remaining: timedelta
    planned_end: datetime | None

    @property
    def running(self) -> bool:
        """Whether drug flows."""
        return self.state in (Turn.START, Turn.RESTART)

    @property
    def complete(self) -> bool:
        """Whether nothing of the course is left."""
        return self.remaining == _NONE


class AfterPause(StrEnum):
    """What has to happen once an interruption is over."""

    CONTINUE = "continue"
    RESTART_WITH_PREMEDICATION = "restart_with_premedication"
    COURSE_ENDS = "course_ends"


def hours(length: timedelta) -> Decimal:
    """A length of time in hours, exact to the microsecond."""
    return Decimal(length // timedelta(microseconds=1)) / Decimal(3_600_000_000)


def course(treatment: Treatment, moments: Sequence[Moment], *, now: datetime) -> Course:
    """The infusion at `now`, from its turns in order.

    Whether pauses use up the course is `treatment.pause.counts_toward_course`; the course is
    `treatment.days` x 24 h. Instants are compared in UTC, so a change of summer time adds no hour.

    Raises
    ------
    InputRefused
        An instant without time zone, out of order or after `now`, or a turn that cannot follow.
    """
    in_order = _checked(moments, now)
    end = _utc(now)
    infused, pauses = _NONE, list[Pause]()
    for index, moment in enumerate(in_order):
        later = in_order[index + 1].at if index + 1 < len(in_order) else None
        length = (end if later is None else later) - moment.at
        if moment.turn in (Turn.START, Turn.RESTART):
            infused += length
        elif moment.turn is Turn.PAUSE:
            pauses.append(Pause(moment.at, later, length))
    stood_still = sum((pause.length for pause in pauses), _NONE)
    used = infused + (stood_still if treatment.pause.counts_toward_course else _NONE)
    whole = timedelta(days=treatment.days)
    state = in_order[-1].turn if in_order else None
    running = state in (Turn.START, Turn.RESTART)
    return Course(
        state=state,
        infused=infused,
        pauses=tuple(pauses),
        remaining=max(whole - used, _NONE),
        planned_end=end + (whole - used) if running else None,
    )


def what_pause_means(treatment: Treatment, pause_hours: Decimal) -> AfterPause:
    """What an interruption of that many hours means; a pause of exactly the allowed days still continues.

    Raises
    ------
    InputRefused
        If the length is negative or not a number.
    """
    if not pause_hours.is_finite() or pause_hours < 0:
        raise InputRefused(f"a pause of {pause_hours} h", where="interruption", do="give the hours it lasted")
    if pause_hours > 24 * treatment.pause.continue_within_days:
        return AfterPause.COURSE_ENDS
    again = [rule for rule in treatment.premedication if RESTART in rule.before]
    if any(pause_hours >= rule.after_pause_hours for rule in again):
        return AfterPause.RESTART_WITH_PREMEDICATION
    return AfterPause.CONTINUE


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise InputRefused(
            f"{at} has no time zone", where="infusion", do="give the instant with its offset from UTC"
        )
    return at.astimezone(UTC)


def _checked(moments: Sequence[Moment], now: datetime) -> list[Moment]:
    before: Moment | None = None
    in_order: list[Moment] = []
    for number, given in enumerate(moments, start=1):
        moment = Moment(given.turn, _utc(given.at))
        allowed = NEXT[before.turn if before else None]
        where = f"infusion, turn {number} ({given.turn}, {given.at})"
        if moment.turn not in allowed:
            raise InputRefused(
                f"{moment.turn} cannot follow {before.turn if before else 'nothing'}",
                where=where,
                do=f"record what came before it first (allowed now: {', '.join(allowed) or 'nothing'})",
            )
        if before and moment.at < before.at:
            raise InputRefused(
                f"{given.at} is before {before.at}", where=where, do="correct one of the two times"
            )
        if moment.at > _utc(now):
            raise InputRefused(f"{given.at} is after {now}", where=where, do="record it when it has happened")
        in_order.append(moment)
        before = moment
    return in_order
