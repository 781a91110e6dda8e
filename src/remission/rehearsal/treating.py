"""The treatment of one virtual child: begun, or never given."""

from collections.abc import Iterator
from datetime import date, timedelta

from remission.rehearsal.desk import Desk, Story
from remission.rehearsal.doses import give
from remission.rehearsal.infusion import Infusion
from remission.terms.days import date_of
from remission.trial import treatment


def treat(desk: Desk, story: Story) -> Iterator[date]:
    """Play the treatment the study describes; yields the days of entry."""
    window, child = desk.study.treatment.start_window, story.child
    chances = desk.population.conduct
    day = window.last + story.between(1, 2) if story.chance(chances.late_start) else window.first
    on = max(date_of(day, child.day_one), desk.today(child.site) + timedelta(days=1))
    if on - timedelta(days=1) > desk.today(child.site):
        yield on - timedelta(days=1)
    if story.chance(chances.never_treated):
        by, today = desk.by(child.site), desk.today(child.site)
        treatment.not_given(
            desk.trial, by, story.known_as, on=today, why="infection on the day of the first dose"
        )
        return
    continuous = desk.study.treatment.mode == "continuous"
    yield from Infusion(desk, story).play(on) if continuous else give(desk, story, on)


def course_received(desk: Desk, story: Story) -> float:
    """The part (0 to 1) received today: of the planned hours, or of the doses planned up to today."""
    standing = treatment.course(desk.trial, story.known_as, at=desk.at)
    if standing.planned_hours:
        return float(standing.infused_hours / standing.planned_hours)
    today = desk.today(story.child.site)
    planned = [
        step
        for table in desk.study.treatment.tables[-1:]
        for step in table.steps
        if date_of(step.day, story.child.day_one) <= today
    ]
    return min(1.0, len(standing.doses) / len(planned)) if planned else 0.0
