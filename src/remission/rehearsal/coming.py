"""What comes during treatment, whatever its form: toxicities, withdrawals, and how they are entered."""

import heapq
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from remission.protocol.study import DoseStep
from remission.rehearsal.desk import Desk, Story
from remission.rehearsal.population import ToxicityDraw
from remission.safety.holding import OTHER, Action, rule_terms
from remission.terms.days import date_of
from remission.trial import admission, closing, treatment, vigilance

_FATAL = 5


@dataclass(order=True, slots=True)
class Coming:
    """Something that comes to pass on a day; `order` keeps equal days in a fixed order.

    `kind`: toxicity, ends (of the toxicity `id`), line, up, withdraws (from treatment) or leaves (the study).
    """

    on: date
    order: int
    kind: str = field(compare=False)
    draw: ToxicityDraw | None = field(default=None, compare=False)
    grade: int = field(default=0, compare=False)
    id: str = field(default="", compare=False)

    @property
    def words(self) -> str:
        """The toxicity and its grade."""
        return f"{self.draw.term} grade {self.grade}" if self.draw else self.kind


def drawn(desk: Desk, story: Story, start: date) -> list[Coming]:
    """Everything that is to happen during the course, as a heap by day."""
    coming: list[Coming] = []
    chances, last = desk.population.conduct, desk.study.treatment.days - 1

    def add(day: int, kind: str, draw: ToxicityDraw | None = None, grade: int = 0) -> None:
        place = len(coming)
        coming.append(Coming(start + timedelta(days=day), place, kind, draw, grade, f"T{place + 1}"))

    for draw in desk.population.toxicities:
        past, lot = 0.0, float(story.numbers.random())
        for grade, chance in enumerate(draw.grades, start=1):
            if past <= lot < past + chance:
                add(story.between(*draw.begins), "toxicity", draw, grade)
            past += chance
    if desk.study.treatment.mode == "continuous" and story.chance(chances.line_pause):
        add(story.between(1, last), "line")
    if story.chance(chances.withdraws_treatment):
        add(story.between(2, last), "withdraws")
    if story.chance(chances.withdraws_study):
        add(story.between(2, last), "leaves")
    if story.chance(chances.dies_of_treatment):
        add(story.between(4, last), "toxicity", _fatal(desk), _FATAL)
    heapq.heapify(coming)
    return coming


def _fatal(desk: Desk) -> ToxicityDraw | None:
    """What a child may die of: the first toxicity that the study's rules name; None: the death alone."""
    treatment = desk.study.treatment
    named = (d for d in desk.population.toxicities if rule_terms(treatment, d.term, d.system) != (OTHER,))
    return next(named, None)


def steps(desk: Desk, on: date) -> tuple[DoseStep, ...]:
    """The dose steps in force on a day, in order."""
    tables = [table for table in desk.study.treatment.tables if table.in_force_from <= on]
    table = max(tables, key=lambda table: table.in_force_from)
    return tuple(sorted(table.steps, key=lambda step: step.day))


def weigh(desk: Desk, story: Story) -> None:
    """Weight and height on the day of the order."""
    site = story.child.site
    for fact in (desk.study.weight_fact, desk.study.height_fact):
        value = story.child.answers[fact]
        admission.answer(desk.trial, desk.by(site), story.known_as, fact, value, on=desk.today(site))


def premedicate(desk: Desk, story: Story, at: datetime, before: str) -> None:
    """Give the premedication that the study asks for before `before`, if it asks for any."""
    if any(before in rule.before for rule in desk.study.treatment.premedication):
        treatment.premedicate(desk.trial, desk.by(story.child.site), story.known_as, at=at, before=before)


def deviation(desk: Desk, story: Story, on: date) -> str | None:
    """Why a first dose on this day is late, or None when it is not."""
    last = date_of(desk.study.treatment.start_window.last, story.child.day_one)
    return "fever on the planned day" if on > last else None


def withdraw(desk: Desk, story: Story, scope: str) -> None:
    """The family withdraws, from treatment or from the study."""
    site = story.child.site
    story.happened.append((desk.today(site), f"withdrew from {scope}"))
    closing.withdraw(
        desk.trial, desk.by(site), story.known_as, on=desk.today(site), scope=scope,
        why="family's wish", who="guardian",
    )  # fmt: skip


def report(desk: Desk, story: Story, what: Coming) -> Action | None:
    """Report a toxicity today; answers what the study's rules say to do, or None if the child died of it."""
    site, today, subject = story.child.site, desk.today(story.child.site), story.known_as
    said = None
    if what.draw is not None:
        story.happened.append((today, what.words))
        _, said = vigilance.report_toxicity(
            desk.trial, desk.by(site), subject, id=what.id, term=what.draw.term, system=what.draw.system,
            grade=what.grade, began=today, serious=what.grade >= 4 or (what.grade == 3 and story.chance(0.5)),
            related=what.draw.related,
        )  # fmt: skip
    if what.grade == _FATAL:
        story.happened.append((today, "died"))
        closing.died(desk.trial, desk.by(site), subject, on=today, cause="treatment")
        return None
    return said


def regrade(desk: Desk, story: Story, id: str, grade: int) -> None:
    """The grade of a toxicity today; 0: it has ended."""
    site = story.child.site
    vigilance.regrade(desk.trial, desk.by(site), story.known_as, id=id, grade=grade, on=desk.today(site))
