"""A continuous infusion of one virtual child, and everything that interrupts it."""

import heapq
from collections.abc import Generator, Iterator
from datetime import date, datetime, timedelta

from remission.errors import ActRefused, DoseHeld
from remission.rehearsal.coming import (
    Coming,
    deviation,
    drawn,
    premedicate,
    regrade,
    report,
    steps,
    weigh,
    withdraw,
)  # fmt: skip
from remission.rehearsal.desk import Desk, Story, clock
from remission.safety.holding import Action, What
from remission.trial import treatment

_MORNING, _START, _EVENT, _STEP_UP, _RESTART, _STOP = 8, 10, 14, 15, 16, 17
_LOW, _FULL = "low", "full"


class Infusion:
    """A continuous infusion and everything that interrupts it."""

    def __init__(self, desk: Desk, story: Story) -> None:
        self._desk, self._story = desk, story
        self._site, self._subject = story.child.site, story.known_as
        self._coming: list[Coming] = []
        self._step = ""
        self._free = date.min  # the first day without an interruption so far

    @property
    def _today(self) -> date:
        return self._desk.today(self._site)

    def _at(self, hour: int, minute: int = 0) -> datetime:
        return clock(self._desk.study, self._site, self._today, hour, minute)

    def play(self, on: date) -> Iterator[date]:
        """Order, premedicate, start on a day, and live through what comes; yields the days of entry."""
        self._step = steps(self._desk, on)[0].id
        weigh(self._desk, self._story)
        self._order(_FULL)
        if on > self._today:
            yield on
        self._start()
        self._coming = drawn(self._desk, self._story, on)
        yield from self._course()
        yield from self._aftermath()

    def _order(self, level: str) -> None:
        treatment.order_dose(
            self._desk.trial,
            self._desk.by(self._site),
            self._subject,
            on=self._today,
            step=self._step,
            level=level,
        )

    def _start(self) -> None:
        desk, by = self._desk, self._desk.by(self._site)
        late = deviation(desk, self._story, self._today)
        premedicated = any(treatment.FIRST_DOSE in rule.before for rule in desk.study.treatment.premedication)
        if premedicated and self._story.chance(desk.population.conduct.forgotten_premedication):
            desk.must_refuse(
                "start without premedication", DoseHeld,
                lambda: treatment.start(
                    desk.trial, by, self._subject, at=self._at(_START), step=self._step, deviation=late
                ),
            )  # fmt: skip
        premedicate(desk, self._story, self._at(_MORNING), treatment.FIRST_DOSE)
        if late:
            desk.must_refuse(
                "start outside its window without a reason", ActRefused,
                lambda: treatment.start(desk.trial, by, self._subject, at=self._at(_START), step=self._step),
            )  # fmt: skip
        treatment.start(desk.trial, by, self._subject, at=self._at(_START), step=self._step, deviation=late)

    def _course(self) -> Iterator[date]:
        """Until the course is completed, stopped or left."""
        while True:
            ends = treatment.course(self._desk.trial, self._subject, at=self._desk.at).planned_end
            assert ends is not None
            last = self._desk.first_desk_after(self._site, ends)
            if not self._coming or max(self._coming[0].on, self._free) >= last:
                yield last
                treatment.complete(self._desk.trial, self._desk.by(self._site), self._subject, at=ends)
                return
            what = heapq.heappop(self._coming)
            if max(what.on, self._free) > self._today:
                yield max(what.on, self._free)
            match what.kind:
                case "ends":
                    regrade(self._desk, self._story, what.id, 0)
                case "line":
                    self._line_pause()
                case "up":
                    self._step_up()
                case "withdraws":
                    withdraw(self._desk, self._story, "treatment")
                    return
                case "leaves":
                    withdraw(self._desk, self._story, "study")
                    return
                case _:
                    if not (yield from self._toxicity(what)):
                        return

    def _aftermath(self) -> Iterator[date]:
        """Toxicities that outlast the course come to their ends; the other things no longer happen."""
        while self._coming and not self._desk.off(self._story):
            what = heapq.heappop(self._coming)
            if what.kind == "ends":
                if what.on > self._today:
                    yield what.on
                if not self._desk.off(self._story):
                    regrade(self._desk, self._story, what.id, 0)

    def _later(self, days: int, kind: str, id: str = "") -> None:
        place = 100 + len(self._coming)
        heapq.heappush(self._coming, Coming(self._today + timedelta(days=days), place, kind, id=id))

    def _pause(self, hour: int, why: str, toxicity: str = "") -> None:
        by = self._desk.by(self._site)
        treatment.pause(self._desk.trial, by, self._subject, at=self._at(hour), why=why, toxicity=toxicity)
        self._free = self._today + timedelta(days=1)

    def _restart(self, at: datetime, level: str) -> None:
        treatment.restart(self._desk.trial, self._desk.by(self._site), self._subject, at=at, level=level)
        self._free = self._today + timedelta(days=1)

    def _line_pause(self) -> None:
        """The line blocks for some hours; from the study's hours on, premedication comes first."""
        low = treatment.course(self._desk.trial, self._subject, at=self._desk.at).level
        hours = min(self._story.between(*self._desk.population.conduct.line_pause_hours), 11)
        self._pause(_START, "central line blocked")
        again = self._at(_START + hours)
        asked = [rule.after_pause_hours for rule in self._desk.study.treatment.premedication]
        if asked and hours >= min(asked):
            if self._story.chance(0.3):
                self._desk.must_refuse(
                    "restart after a long pause without premedication", DoseHeld,
                    lambda: self._restart(again, low),
                )  # fmt: skip
            premedicate(self._desk, self._story, again, treatment.RESTART)
        self._restart(again, low)

    def _step_up(self) -> None:
        """From the low dose back to the full one: a short pause, a new order, premedication."""
        self._pause(_EVENT, "bag changed for the full dose")
        self._order(_FULL)
        premedicate(self._desk, self._story, self._at(_EVENT, 30), treatment.STEP_UP)
        self._restart(self._at(_STEP_UP), _FULL)

    def _toxicity(self, what: Coming) -> Generator[date, None, bool]:
        """Report a toxicity and do as the rules say; answers whether the course goes on."""
        said = report(self._desk, self._story, what)
        if said is None or what.draw is None:
            return False
        lasts = self._story.between(*what.draw.lasts)
        if said.action is What.STOP or (said.action is What.CONSIDER_STOPPING and self._story.chance(0.5)):
            self._stop(what)
            self._later(lasts, "ends", what.id)
            return False
        if said.action is not What.CONTINUE:
            return (yield from self._hold(what, lasts, said))
        self._later(lasts, "ends", what.id)
        return True

    def _stop(self, what: Coming) -> None:
        treatment.stop(
            self._desk.trial, self._desk.by(self._site), self._subject, at=self._at(_STOP),
            why=what.words, as_protocol=True,
        )  # fmt: skip

    def _hold(self, what: Coming, lasts: int, said: Action) -> Generator[date, None, bool]:
        """Pause, wait, and restart when the rule allows it; too long a hold ends the course."""
        desk = self._desk
        self._pause(_EVENT, what.words, what.id)
        if said.action is What.HOLD and self._story.chance(0.2):
            self._desk.must_refuse(
                "restart while a toxicity holds it",
                DoseHeld,
                lambda: self._restart(self._at(_RESTART), _FULL),
            )
        within = desk.study.treatment.pause.continue_within_days
        longest = min(within, said.stop_after_days or within)
        if lasts + said.for_days >= longest:
            yield self._today + timedelta(days=longest + 1)
            self._stop(what)
            self._later(1, "ends", what.id)
            return False
        yield self._today + timedelta(days=lasts)
        regrade(self._desk, self._story, what.id, 1 if said.until_grade is None else said.until_grade)
        if said.for_days:
            yield self._today + timedelta(days=said.for_days)
        running = treatment.course(desk.trial, self._subject, at=desk.at).level
        level = _LOW if said.restart == _LOW else running
        if level == _LOW:
            self._order(_LOW)
        if level != running and said.escalate_after_days:
            self._later(said.escalate_after_days, "up")
        premedicate(desk, self._story, self._at(_START), treatment.RESTART)
        self._restart(self._at(_RESTART), level)
        self._later(1, "ends", what.id)
        return True
