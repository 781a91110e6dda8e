"""Play a virtual trial, day by day, through the acts of the trial."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from remission.protocol.study import Study
from remission.rehearsal.children import (
    arrivals,
    child_of,
    conduct_numbers,
    consent_day,
    event_numbers,
    openings,
    read_numbers,
)
from remission.rehearsal.desk import Desk, Story, closing_time
from remission.rehearsal.life import life
from remission.rehearsal.population import Population
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId, SubjectId
from remission.trial.trial import By, Trial

Progress = Callable[[date, int, int], None]
"""Told each simulated day: the day, how many were screened, how many are enrolled."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A played trial: the trial itself, the truth by participant, and what was refused as it should be.

    `ended` is the last instant of the simulated clock.
    """

    trial: Trial
    population: Population
    seed: int
    ended: datetime
    stories: Mapping[SubjectId, Story]
    refused: Mapping[str, int]


def play(
    trial: Trial,
    population: Population,
    seed: int,
    *,
    places: int,
    until: date,
    progress: Progress | None,
    reads: bool = False,
) -> Rehearsal:
    """Play a trial, opened as a simulation and still empty, to `until`; `places` are to be enrolled."""
    starts = datetime.combine(population.recruitment.starts, time(), UTC)
    desk = Desk(trial, population, places, starts)
    if reads:
        desk.reads, desk.events = read_numbers(seed), event_numbers(seed)
    stories = _play(desk, seed, until, progress)
    told = {story.known_as: story for story in stories if story.subject is not None}
    return Rehearsal(trial, population, seed, desk.at, told, dict(sorted(desk.refused.items())))


@dataclass(frozen=True, slots=True, order=True)
class _Comer:
    """A child that comes to a site: day of consent, day 1, and the order of arrival there."""

    consent_on: date
    day_one: date
    site: SiteId
    number: int


def _comers(study: Study, population: Population, seed: int) -> list[_Comer]:
    """Every child that may come and finds its site open, by day of consent."""
    opened = openings(study, population)
    comers = (
        _Comer(consent_day(study, population, seed, day_one, site, number), day_one, site, number)
        for day_one, site, number in arrivals(study, population, seed)
    )
    return sorted(comer for comer in comers if comer.consent_on >= opened[comer.site])


def _play(desk: Desk, seed: int, until: date, progress: Progress | None) -> list[Story]:
    """Resume each life on the day it named; all that is entered at one instant is written together."""
    stories: list[Story] = []
    opening = sorted((on, site) for site, on in openings(desk.study, desk.population).items())
    waiting: list[tuple[datetime, int, SiteId, Iterator[date]]] = []
    for order, comer in enumerate(_comers(desk.study, desk.population, seed)):
        at = closing_time(desk.study, comer.site, comer.consent_on)
        waiting.append((at, order, comer.site, _comes(desk, seed, comer, stories)))
    heapq.heapify(waiting)
    last = max(closing_time(desk.study, site.id, until) for site in desk.study.sites)
    while waiting and waiting[0][0] <= last:
        at = desk.at = waiting[0][0]
        _open_sites(desk, opening)
        with desk.trial.sitting(at):
            while waiting and waiting[0][0] == at:
                _, order, site, one = heapq.heappop(waiting)
                if (on := next(one, None)) is not None:
                    on = max(on, desk.today(site) + timedelta(days=1))
                    heapq.heappush(waiting, (closing_time(desk.study, site, on), order, site, one))
        if progress is not None:
            progress(at.date(), desk.screened, desk.enrolled)
    return stories


def _comes(desk: Desk, seed: int, comer: _Comer, stories: list[Story]) -> Iterator[date]:
    """The life of a comer, if there is a place left; begins on the day of consent."""
    if desk.full:
        return
    child = child_of(desk.study, desk.population, seed, comer.day_one, comer.site, comer.number)
    story = Story(child, conduct_numbers(seed, comer.site, comer.number))
    stories.append(story)
    yield from life(desk, story)


def _open_sites(desk: Desk, opening: list[tuple[date, SiteId]]) -> None:
    """Activate the sites whose day has come, each at the hour at which its own day was entered."""
    while opening and (opens := closing_time(desk.study, opening[0][1], opening[0][0])) <= desk.at:
        _, site = opening.pop(0)
        desk.trial.activate_site(By(Actor("rehearsal", Role.REHEARSAL), opens), site)
