"""The desk at which the rehearsal enters what people of the hospitals say, and its clock."""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from numpy.random import Generator

from remission.conduct.state import Stage
from remission.errors import InvariantBroken, Refusal
from remission.protocol.study import Study
from remission.rehearsal.population import Population
from remission.rehearsal.truth import Child
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId, SubjectId
from remission.trial.trial import By, Trial

DESK_CLOSES = time(22, 0)


@dataclass(slots=True)
class Desk:
    """The trial, the assumptions, the simulated clock `at`, and what was refused as it should be.

    `places`: how many children are to be enrolled; `enrolled`: how many are. `reads`: the chances with which
    the first endpoint sample to be sequenced is sequenced for real; None when that is done or not asked for.
    `events`: the same for marrows in a flow cytometer, of which one is measured for real (`events_of`: whose)
    and the next one received only.
    """

    trial: Trial
    population: Population
    places: int
    at: datetime
    enrolled: int = 0
    screened: int = 0
    refused: Counter[str] = field(default_factory=Counter[str])
    reads: Generator | None = None
    events: Generator | None = None
    events_of: SubjectId | None = None

    @property
    def study(self) -> Study:
        """The study."""
        return self.trial.study

    @property
    def full(self) -> bool:
        """Whether every place is taken."""
        return self.enrolled >= self.places

    def by(self, site: SiteId) -> By:
        """The rehearsal, acting at a site now."""
        return By(Actor("rehearsal", Role.REHEARSAL, site), self.at)

    def today(self, site: SiteId) -> date:
        """Today at a site."""
        return self.trial.today(site, self.at)

    def off(self, story: "Story") -> bool:
        """Whether a child has left the study: out of it for good, or lost."""
        return self.trial.participant(story.known_as).stage in (Stage.OFF, Stage.LOST)

    def first_desk_after(self, site: SiteId, at: datetime) -> date:
        """The first day whose entry comes after an instant."""
        on = self.trial.today(site, at)
        return on if closing_time(self.study, site, on) >= at else on + timedelta(days=1)

    def must_refuse(self, what: str, kind: type[Refusal], act: Callable[[], object]) -> None:
        """Try an act that must be refused, and count the refusal under `what`.

        Raises
        ------
        InvariantBroken
            If it was done.
        """
        try:
            act()
        except kind:
            self.refused[what] += 1
            return
        raise InvariantBroken(
            f"done, though it should have been refused: {what}", where=f"rehearsal, {self.at.isoformat()}",
            do="this is a fault of Remission; report it with study and seed",
        )  # fmt: skip


@dataclass(slots=True)
class Story:
    """What truly happens to one child in the trial: the truth, told as it comes to pass.

    `course`: the part of the drug's course received (0 to 1); `levels`: true level at each time point
    sampled or missed; `happened`: the dated things drawn for the child.
    """

    child: Child
    numbers: Generator
    subject: SubjectId | None = None
    enrolled_on: date | None = None
    shut_out: tuple[str, ...] = ()
    judged_on: date | None = None
    course: float = 0.0
    levels: dict[str, float] = field(default_factory=dict[str, float])
    unseen: dict[str, float] = field(default_factory=dict[str, float])
    happened: list[tuple[date, str]] = field(default_factory=list[tuple[date, str]])

    @property
    def known_as(self) -> SubjectId:
        """The pseudonym, once there is one."""
        assert self.subject is not None
        return self.subject

    def chance(self, of: float) -> bool:
        """Whether something of this chance comes to pass."""
        return bool(self.numbers.random() < of)

    def between(self, first: int, last: int) -> int:
        """A whole number from first to last, all equally likely."""
        return int(self.numbers.integers(first, last + 1))


def closing_time(study: Study, site: SiteId, on: date) -> datetime:
    """The instant (UTC) at which the day is entered at a site."""
    return datetime.combine(on, DESK_CLOSES, ZoneInfo(study.site(site).time_zone)).astimezone(UTC)


def clock(study: Study, site: SiteId, on: date, hour: int, minute: int = 0) -> datetime:
    """An instant (UTC) by the clock on the wall of a site."""
    return datetime.combine(on, time(hour, minute), ZoneInfo(study.site(site).time_zone)).astimezone(UTC)


def together(today: Callable[[], date], *threads: Iterator[date]) -> Iterator[date]:
    """Threads of one life side by side, each resumed on the day it named; yields the days of entry."""
    waiting = [(today(), order, thread) for order, thread in enumerate(threads)]
    while waiting:
        on, order, thread = heapq.heappop(waiting)
        if on > today():
            yield on
        following = next(thread, None)
        if following is not None:
            heapq.heappush(waiting, (max(following, today() + timedelta(days=1)), order, thread))
