"""From the first dose order to the end of treatment of one virtual child."""

import heapq
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from remission.errors import ActRefused, DoseHeld
from remission.protocol.study import DoseStep
from remission.rehearsal.desk import Desk, Story, clock
from remission.rehearsal.population import ToxicityDraw
from remission.safety.holding import Action, What
from remission.terms.days import date_of
from remission.trial import admission, closing, treatment, vigilance

Ended = Generator[date, None, bool]
"""The days on which something is entered; then whether the child is still in the study."""

_MORNING, _START, _EVENT, _RESTART, _STEP_UP = 8, 10, 14, 16, 15
_LOW, _FULL = "low", "full"
_FATAL = 5


@dataclass(order=True, slots=True)
class _Coming:
    """Something that comes to pass on a day of the course; `order` keeps equal days in a fixed order."""

    on: date
    order: int
    kind: str = field(compare=False)
    draw: ToxicityDraw | None = field(default=None, compare=False)
    grade: int = field(default=0, compare=False)
    id: str = field(default="", compare=False)


def treat(desk: Desk, story: Story) -> Ended:
    """Play the treatment the study describes."""
    window, child = desk.study.treatment.start_window, story.child
    chances = desk.population.conduct
    day = window.last + story.between(1, 2) if story.chance(chances.late_start) else window.first
    on = max(date_of(day, child.day_one), desk.today(child.site) + timedelta(days=1))
    yield max(on - timedelta(days=1), desk.today(child.site))
    if story.chance(chances.never_treated):
        why = "infection on the day of the first dose"
        treatment.not_given(
            desk.trial, desk.by(child.site), story.known_as, on=desk.today(child.site), why=why
        )
        return True
    if desk.study.treatment.mode == "continuous":
        return (yield from _Infusion(desk, story).play(on))
    return (yield from _doses(desk, story, on))


def _steps(desk: Desk, on: date) -> tuple[DoseStep, ...]:
    table = max(
        (table for table in desk.study.treatment.tables if table.in_force_from <= on),
        key=lambda table: table.in_force_from,
    )
    return tuple(sorted(table.steps, key=lambda step: step.day))


def _weigh(desk: Desk, story: Story) -> None:
    """Weight and height on the day of the order."""
    site = story.child.site
    for fact in (desk.study.weight_fact, desk.study.height_fact):
        value = story.child.answers[fact]
        admission.answer(desk.trial, desk.by(site), story.known_as, fact, value, on=desk.today(site))


def _premedicate(desk: Desk, story: Story, at: datetime, before: str) -> None:
    if any(before in rule.before for rule in desk.study.treatment.premedication):
        treatment.premedicate(desk.trial, desk.by(story.child.site), story.known_as, at=at, before=before)


def _deviation(desk: Desk, story: Story, on: date) -> str | None:
    window = desk.study.treatment.start_window
    last = date_of(window.last, story.child.day_one)
    return "fever on the planned day" if on > last else None


def _doses(desk: Desk, story: Story, on: date) -> Ended:
    """Single doses, each on its day; a grave toxicity between two of them ends treatment."""
    site, subject = story.child.site, story.known_as
    steps = _steps(desk, on)
    delay = on - date_of(steps[0].day, story.child.day_one)
    coming = _drawn(story, desk, on)
    for place, step in enumerate(steps):
        due = date_of(step.day, story.child.day_one) + max(delay, timedelta(0))
        while coming and place and coming[0].on < due:
            if not (yield from _between_doses(desk, story, heapq.heappop(coming))):
                return not story.happened or story.happened[-1][1] != "died"
        if due > desk.today(site):
            yield due
        today = desk.today(site)
        _weigh(desk, story)
        treatment.order_dose(desk.trial, desk.by(site), subject, on=today, step=step.id)
        if place == 0:
            _premedicate(desk, story, clock(desk.study, site, today, _MORNING), treatment.FIRST_DOSE)
        treatment.give_dose(
            desk.trial, desk.by(site), subject, at=clock(desk.study, site, today, _START), step=step.id,
            deviation=_deviation(desk, story, today),
        )  # fmt: skip
        story.course = (place + 1) / len(steps)
    at = clock(desk.study, site, desk.today(site), _EVENT)
    treatment.complete(desk.trial, desk.by(site), subject, at=at)
    return True


def _between_doses(desk: Desk, story: Story, what: _Coming) -> Generator[date, None, bool]:
    """A toxicity between doses; answers whether treatment goes on."""
    site, subject = story.child.site, story.known_as
    if what.on > desk.today(site):
        yield what.on
    at = clock(desk.study, site, desk.today(site), _EVENT)
    if what.kind == "withdraws":
        _withdraw(desk, story, "treatment")
        return False
    said = _report(desk, story, what)
    if said is None:
        return False
    if said.action in (What.STOP, What.CONSIDER_STOPPING):
        treatment.stop(
            desk.trial, desk.by(site), subject, at=at, why=f"{what.id} grade {what.grade}", as_protocol=True
        )
        return False
    return True


def _withdraw(desk: Desk, story: Story, scope: str) -> None:
    site = story.child.site
    story.happened.append((desk.today(site), f"withdrew from {scope}"))
    closing.withdraw(
        desk.trial, desk.by(site), story.known_as, on=desk.today(site), scope=scope,
        why="family's wish", who="guardian",
    )  # fmt: skip


def _drawn(story: Story, desk: Desk, start: date) -> list[_Coming]:
    """Everything that is to happen during the course, as a heap by day."""
    coming: list[_Coming] = []
    chances = desk.population.conduct

    def add(day: int, kind: str, draw: ToxicityDraw | None = None, grade: int = 0) -> None:
        place = len(coming)
        coming.append(_Coming(start + timedelta(days=day), place, kind, draw, grade, f"T{place + 1}"))

    for draw in desk.population.toxicities:
        past, lot = 0.0, float(story.numbers.random())
        for grade, chance in enumerate(draw.grades, start=1):
            if past <= lot < past + chance:
                add(story.between(*draw.begins), "toxicity", draw, grade)
            past += chance
    days = desk.study.treatment.days
    if desk.study.treatment.mode == "continuous" and story.chance(chances.line_pause):
        add(story.between(1, days - 1), "line")
    if story.chance(chances.withdraws_treatment):
        add(story.between(2, days - 1), "withdraws")
    if story.chance(chances.withdraws_study):
        add(story.between(2, days - 1), "leaves")
    if story.chance(chances.dies_of_treatment):
        worst = desk.population.toxicities[-1]
        add(story.between(4, days - 1), "toxicity", worst, _FATAL)
    heapq.heapify(coming)
    return coming


def _report(desk: Desk, story: Story, what: _Coming) -> Action | None:
    """Report a toxicity today; answers what the study's rules say to do, or None if the child died."""
    assert what.draw is not None
    site, today, subject = story.child.site, desk.today(story.child.site), story.known_as
    related = "unknown" if what.draw.term == "infection" else "yes"
    story.happened.append((today, f"{what.draw.term} grade {what.grade}"))
    _, said = vigilance.report_toxicity(
        desk.trial, desk.by(site), subject, id=what.id, term=what.draw.term, system=what.draw.system,
        grade=what.grade, began=today, serious=what.grade >= 4 or (what.grade == 3 and story.chance(0.5)),
        related=related,
    )  # fmt: skip
    if what.grade == _FATAL:
        story.happened.append((today, "died"))
        closing.died(desk.trial, desk.by(site), subject, on=today, cause="treatment")
        return None
    return said


class _Infusion:
    """A continuous infusion and everything that interrupts it."""

    def __init__(self, desk: Desk, story: Story) -> None:
        self.desk, self.story = desk, story
        self.site, self.subject = story.child.site, story.known_as
        self.coming: list[_Coming] = []
        self.step = ""
        self.free = date.min  # the first day without an interruption so far

    @property
    def today(self) -> date:
        return self.desk.today(self.site)

    def at(self, hour: int, minute: int = 0) -> datetime:
        return clock(self.desk.study, self.site, self.today, hour, minute)

    def play(self, on: date) -> Ended:
        """Order, premedicate, start, and live through what comes until the course ends."""
        self.step = _steps(self.desk, on)[0].id
        _weigh(self.desk, self.story)
        self.order(_FULL)
        if on > self.today:
            yield on
        self.start()
        self.coming = _drawn(self.story, self.desk, on)
        still_in = yield from self.course()
        standing = treatment.course(self.desk.trial, self.subject, at=self.desk.at)
        self.story.course = float(standing.infused_hours / standing.planned_hours)
        return still_in and (yield from self.aftermath())

    def order(self, level: str) -> None:
        treatment.order_dose(
            self.desk.trial, self.desk.by(self.site), self.subject, on=self.today, step=self.step, level=level
        )

    def start(self) -> None:
        desk, by = self.desk, self.desk.by(self.site)
        deviation = _deviation(desk, self.story, self.today)
        premedicated = any(treatment.FIRST_DOSE in rule.before for rule in desk.study.treatment.premedication)
        if premedicated and self.story.chance(desk.population.conduct.forgotten_premedication):
            desk.must_refuse(
                "start without premedication", DoseHeld,
                lambda: treatment.start(
                    desk.trial, by, self.subject, at=self.at(_START), step=self.step, deviation=deviation
                ),
            )  # fmt: skip
        _premedicate(desk, self.story, self.at(_MORNING), treatment.FIRST_DOSE)
        if deviation:
            desk.must_refuse(
                "start outside its window without a reason", ActRefused,
                lambda: treatment.start(desk.trial, by, self.subject, at=self.at(_START), step=self.step),
            )  # fmt: skip
        treatment.start(desk.trial, by, self.subject, at=self.at(_START), step=self.step, deviation=deviation)

    def course(self) -> Ended:
        """Answers whether the child is still in the study at the end of the course."""
        while True:
            ends = treatment.course(self.desk.trial, self.subject, at=self.desk.at).planned_end
            assert ends is not None
            last = self.desk.trial.today(self.site, ends)
            if not self.coming or max(self.coming[0].on, self.free) >= last:
                yield last
                treatment.complete(self.desk.trial, self.desk.by(self.site), self.subject, at=ends)
                return True
            what = heapq.heappop(self.coming)
            if max(what.on, self.free) > self.today:
                yield max(what.on, self.free)
            match what.kind:
                case "ends":
                    self.regrade(what.id, 0)
                case "line":
                    self.line_pause()
                case "up":
                    self.step_up()
                case "withdraws":
                    _withdraw(self.desk, self.story, "treatment")
                    return True
                case "leaves":
                    _withdraw(self.desk, self.story, "study")
                    return False
                case _:
                    going = yield from self.toxicity(what)
                    if going is not None:
                        return going

    def aftermath(self) -> Ended:
        """Toxicities that outlast the course come to their ends, before the endpoint sample at the latest."""
        points = [spec.point for spec in self.desk.study.samples if spec.purpose == "endpoint"]
        first = min((self.desk.study.point(point).window.first for point in points), default=None)
        latest = date.max if first is None else date_of(first, self.story.child.day_one)
        while self.coming:
            what = heapq.heappop(self.coming)
            if what.kind == "ends":
                if min(what.on, latest) > self.today:
                    yield min(what.on, latest)
                self.regrade(what.id, 0)
        return True

    def regrade(self, id: str, grade: int) -> None:
        vigilance.regrade(
            self.desk.trial, self.desk.by(self.site), self.subject, id=id, grade=grade, on=self.today
        )

    def later(self, days: int, kind: str, id: str = "") -> None:
        place = 100 + len(self.coming)
        heapq.heappush(self.coming, _Coming(self.today + timedelta(days=days), place, kind, id=id))

    def pause(self, hour: int, why: str, toxicity: str = "") -> None:
        by = self.desk.by(self.site)
        treatment.pause(self.desk.trial, by, self.subject, at=self.at(hour), why=why, toxicity=toxicity)
        self.free = self.today + timedelta(days=1)

    def restart(self, at: datetime, level: str) -> None:
        treatment.restart(self.desk.trial, self.desk.by(self.site), self.subject, at=at, level=level)
        self.free = self.today + timedelta(days=1)

    def line_pause(self) -> None:
        """The line blocks for some hours; from the study's hours on, premedication comes first."""
        low = treatment.course(self.desk.trial, self.subject, at=self.desk.at).level
        hours = min(self.story.between(*self.desk.population.conduct.line_pause_hours), 11)
        self.pause(_START, "central line blocked")
        again = self.at(_START + hours)
        asked = [rule.after_pause_hours for rule in self.desk.study.treatment.premedication]
        if asked and hours >= min(asked):
            if self.story.chance(0.3):
                self.desk.must_refuse(
                    "restart after a long pause without premedication", DoseHeld,
                    lambda: self.restart(again, low),
                )  # fmt: skip
            _premedicate(self.desk, self.story, again, treatment.RESTART)
        self.restart(again, low)

    def step_up(self) -> None:
        """From the low dose back to the full one: a short pause, a new order, premedication."""
        self.pause(_EVENT, "bag changed for the full dose")
        self.order(_FULL)
        _premedicate(self.desk, self.story, self.at(_EVENT, 30), treatment.STEP_UP)
        self.restart(self.at(_STEP_UP), _FULL)

    def toxicity(self, what: _Coming) -> Generator[date, None, bool | None]:
        """A toxicity as the rules say; None while the course goes on, else whether the child is still in."""
        assert what.draw is not None
        said = _report(self.desk, self.story, what)
        if said is None:
            return False
        lasts = self.story.between(*what.draw.lasts)
        if said.action is What.STOP or (said.action is What.CONSIDER_STOPPING and self.story.chance(0.5)):
            self.stop(what)
            self.later(lasts, "ends", what.id)
            return True
        if said.action is not What.CONTINUE:
            return (yield from self.hold(what, lasts, said))
        self.later(lasts, "ends", what.id)
        return None

    def stop(self, what: _Coming) -> None:
        assert what.draw is not None
        treatment.stop(
            self.desk.trial, self.desk.by(self.site), self.subject, at=self.at(_RESTART + 1),
            why=f"{what.draw.term} grade {what.grade}", as_protocol=True,
        )  # fmt: skip

    def hold(self, what: _Coming, lasts: int, said: Action) -> Generator[date, None, bool | None]:
        """Pause, wait, and restart when the rule allows it; too long a hold ends the course."""
        assert what.draw is not None
        desk = self.desk
        self.pause(_EVENT, f"{what.draw.term} grade {what.grade}", what.id)
        if said.action is What.HOLD and self.story.chance(0.2):
            self.desk.must_refuse(
                "restart while a toxicity holds it", DoseHeld, lambda: self.restart(self.at(_RESTART), _FULL)
            )
        within = desk.study.treatment.pause.continue_within_days
        longest = min(within, said.stop_after_days or within)
        if lasts + said.for_days >= longest:
            yield self.today + timedelta(days=longest + 1)
            self.stop(what)
            self.later(1, "ends", what.id)
            return True
        yield self.today + timedelta(days=lasts)
        self.regrade(what.id, 1 if said.until_grade is None else said.until_grade)
        if said.for_days:
            yield self.today + timedelta(days=said.for_days)
        running = treatment.course(desk.trial, self.subject, at=desk.at).level
        level = _LOW if said.restart == _LOW else running
        if level == _LOW:
            self.order(_LOW)
        if level != running and said.escalate_after_days:
            self.later(said.escalate_after_days, "up")
        _premedicate(desk, self.story, self.at(_START), treatment.RESTART)
        self.restart(self.at(_RESTART), level)
        self.later(1, "ends", what.id)
        return None


def discover(desk: Desk, story: Story, criteria: tuple[str, ...]) -> Iterator[date]:
    """After enrolment it turns out that a criterion had not admitted the child."""
    site = story.child.site
    yield desk.today(site) + timedelta(days=story.between(1, 3))
    for criterion in criteria:
        closing.found_ineligible(
            desk.trial, desk.by(site), story.known_as, on=desk.today(site), criterion=criterion,
            why="records of another hospital arrived later",
        )  # fmt: skip
