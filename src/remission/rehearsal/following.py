"""From the end of treatment to the endpoint, and on to relapse, death or the end of follow-up."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from remission.rehearsal.desk import Desk, Story
from remission.rehearsal.sampling import miss, take, tested
from remission.rehearsal.treating import course_received
from remission.terms.days import after_months, date_of
from remission.trial import closing

_YEAR = 365.25
_CLINIC_WEEKDAY = 2
_PLACES = ("marrow", "marrow", "marrow", "central nervous system", "testis")


def sample_endpoint(desk: Desk, story: Story) -> Iterator[date]:
    """Take the endpoint samples and wait for their results, while treatment goes its own way."""
    chances, child = desk.population.conduct, story.child
    for spec in desk.study.samples:
        if spec.purpose != "endpoint":
            continue
        window = desk.study.point(spec.point).window
        day = window.target + (story.between(0, window.last - window.target) if story.chance(0.3) else 0)
        if story.chance(chances.sample_late):
            day = window.last + story.between(1, 6)
        yield date_of(day, child.day_one)
        if desk.off(story):
            return
        course = course_received(desk, story)
        story.levels[spec.point] = child.level(course, desk.population.disease.cure_below)
        story.unseen[spec.point] = child.unseen_part(course)
        if story.chance(chances.sample_missed):
            miss(desk, story, spec, "family declined the puncture")
        else:
            yield from tested(desk, story, spec, take(desk, story, spec, 1))


def assess(desk: Desk, story: Story) -> None:
    """Assess the response from what is known today."""
    site = story.child.site
    closing.assess_response(desk.trial, desk.by(site), story.known_as, on=desk.today(site))


@dataclass(frozen=True, slots=True)
class _Future:
    """The first day of each thing that may come; `date.max` for what never comes."""

    relapse: date
    death: date
    second_cancer: date
    lost: date
    withdraws: date


def follow(desk: Desk, story: Story) -> Iterator[date]:
    """Visits until relapse, death, loss, withdrawal or the end that the study set."""
    site, study = story.child.site, desk.study
    future = _draw(desk, story)
    in_remission = True
    seen = desk.today(site)
    pending = sorted((getattr(future, name), name) for name in _Future.__slots__)
    while True:
        visit = after_months(seen, study.follow_up.every_months)
        last = visit > study.follow_up.until
        end = max(study.follow_up.until, desk.today(site))
        due = end if last else min(_clinic(visit), end)
        if pending[0][0] <= due:
            on, what = pending.pop(0)
            yield max(on, desk.today(site))
            if what == "relapse":
                pending = _relapsed(desk, story, pending)
                in_remission = False
            elif _happens(desk, story, what, seen):
                return
            continue
        if due > desk.today(site):
            yield due
        if last:
            closing.end_follow_up(desk.trial, desk.by(site), story.known_as, on=due)
            return
        seen = due
        if not story.chance(desk.population.follow_up.visit_missed):
            closing.follow_up(desk.trial, desk.by(site), story.known_as, on=due, in_remission=in_remission)


def _clinic(on: date) -> date:
    """The next day on which the follow-up clinic is held."""
    return on + timedelta(days=(_CLINIC_WEEKDAY - on.weekday()) % 7)


def _draw(desk: Desk, story: Story) -> _Future:
    rates, today = desk.population.follow_up, desk.today(story.child.site)
    level = max(story.levels.values())
    points = [spec.point for spec in desk.study.samples if spec.purpose == "endpoint"]
    if points:
        level = story.levels.get(points[-1], level)
    steps = (step.per_year for step in rates.relapse if level < step.below)
    per_year = next(steps, rates.relapse[-1].per_year)
    return _Future(
        relapse=_falling(story, today, per_year, rates.halves_every_years),
        death=_constant(story, today, rates.death_otherwise),
        second_cancer=_constant(story, today, rates.second_cancer),
        lost=_constant(story, today, rates.lost),
        withdraws=_constant(story, today, rates.withdraws),
    )


def _constant(story: Story, today: date, per_year: float) -> date:
    if per_year <= 0:
        return date.max
    return _after(today, float(story.numbers.exponential(1 / per_year)))


def _falling(story: Story, today: date, per_year: float, halves: float) -> date:
    """A time whose rate is `per_year` today and halves every `halves` years; it may never come."""
    decay = math.log(2) / halves
    left = 1 - decay * float(story.numbers.exponential()) / per_year
    return date.max if left <= 0 else _after(today, -math.log(left) / decay)


def _after(today: date, years: float) -> date:
    return date.max if years > 100 else today + timedelta(days=1 + int(years * _YEAR))


def _relapsed(desk: Desk, story: Story, pending: list[tuple[date, str]]) -> list[tuple[date, str]]:
    """Record the relapse; death may come sooner now."""
    site = story.child.site
    today = desk.today(site)
    story.happened.append((today, "relapse"))
    place = _PLACES[story.between(0, len(_PLACES) - 1)]
    closing.relapse(desk.trial, desk.by(site), story.known_as, on=today, place=place)
    sooner = _constant(story, today, desk.population.follow_up.death_after_relapse)
    others = [(on, what) for on, what in pending if what != "death"]
    old = next(on for on, what in pending if what == "death")
    return sorted([*others, (min(old, sooner), "death")])


def _happens(desk: Desk, story: Story, what: str, seen: date) -> bool:
    """Record what came; answers whether it ends the child's time in the study."""
    site, subject, today = story.child.site, story.known_as, desk.today(story.child.site)
    by, trial = desk.by(site), desk.trial
    story.happened.append((today, what))
    match what:
        case "death":
            relapsed = any(said == "relapse" for _, said in story.happened)
            closing.died(trial, by, subject, on=today, cause="leukaemia" if relapsed else "other")
        case "second_cancer":
            closing.second_cancer(trial, by, subject, on=today, what="thyroid carcinoma")
        case "lost":
            closing.lost(trial, by, subject, on=today, last_seen=min(seen, today))
        case _:
            closing.withdraw(trial, by, subject, on=today, scope="study", why="moved abroad", who="guardian")
    return what != "second_cancer"
