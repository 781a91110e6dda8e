"""Play a virtual trial, day by day, through the acts of the trial."""

import heapq
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path

from remission import __version__
from remission.errors import StudyRefused
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.rehearsal import folder as place
from remission.rehearsal.children import arrivals, child_of, conduct_numbers, consent_day, openings
from remission.rehearsal.desk import Desk, Story, closing_time
from remission.rehearsal.life import life
from remission.rehearsal.population import Population, read_population
from remission.terms.actors import Actor, Role
from remission.terms.ids import SubjectId
from remission.trial.trial import By, Trial

Progress = Callable[[date, int, int], None]
"""Told each simulated day: the day, how many were screened, how many are enrolled."""


@dataclass(frozen=True, slots=True)
class Script:
    """The bytes of a study file, of its record and of its population file: all that a rehearsal reads."""

    study: bytes
    record: bytes
    population: bytes


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


def reuse(
    script: Script, seed: int, folder: Path, *, participants: int | None = None, until: date | None = None
) -> bool:
    """Whether the folder holds this very rehearsal, finished, by this version of Remission."""
    study, _ = _read(script)
    return place.holds(folder, _key(script, study, seed, participants, until))


def rehearse(
    script: Script,
    seed: int,
    folder: Path,
    *,
    participants: int | None = None,
    until: date | None = None,
    progress: Progress | None = None,
) -> Rehearsal:
    """Create a simulated trial in `folder` and play it to its end; equal arguments give equal bytes.

    Parameters
    ----------
    script : Script
        Study, record and population.
    seed : int
        0 or more.
    folder : Path
        Empty, or one that holds a rehearsal, which is replaced.
    participants : int, optional
        How many to enrol; by default as many as the study plans.
    until : date, optional
        Data cut-off; by default the end of follow-up in the study file.

    Raises
    ------
    StudyRefused
        If study or population cannot be carried out.
    StoreRefused
        If the folder holds something else.
    """
    study, population = _read(script)
    key = _key(script, study, seed, participants, until)
    place.begin(folder, key)
    starts = datetime.combine(population.recruitment.starts, time(), UTC)
    by = By(Actor("rehearsal", Role.REHEARSAL), starts)
    trial = Trial.create(folder, study=script.study, record=script.record, by=by, simulated=True)
    desk = Desk(trial, population, key.participants, starts)
    stories = _stories(study, population, seed)
    _play(desk, stories, until or study.follow_up.until, progress)
    told = {story.subject: story for story in stories if story.subject is not None}
    rehearsal = Rehearsal(trial, population, seed, desk.at, told, dict(sorted(desk.refused.items())))
    (folder / place.TRUTH).write_text(_truth_json(rehearsal), encoding="utf-8")
    seq, head = trial.ledger.head()
    place.finish(folder, key, head=head, entries=seq)
    return rehearsal


def _read(script: Script) -> tuple[Study, Population]:
    study = read_study(BytesIO(script.study), name="study file")
    population = read_population(BytesIO(script.population), name="population file")
    if population.study != study.id:
        raise StudyRefused(
            f"the population of {population.study} is not that of {study.id}", where="population file",
            rule="population", do="give the population file beside the study file",
        )  # fmt: skip
    return study, population


def _key(script: Script, study: Study, seed: int, participants: int | None, until: date | None) -> place.Key:
    number = participants or study.design.participants
    cut = str(until or study.follow_up.until)
    return place.key_of(study.id, script.study, script.population, seed, number, cut, __version__)


def _stories(study: Study, population: Population, seed: int) -> list[Story]:
    """Every child that comes, with the day of consent."""
    stories: list[Story] = []
    for day_one, site, number in arrivals(study, population, seed):
        child = child_of(study, population, seed, day_one, site, number)
        numbers = conduct_numbers(seed, child)
        stories.append(Story(child, numbers, consent_day(study, population, day_one, numbers)))
    return stories


def _play(desk: Desk, stories: list[Story], until: date, progress: Progress | None) -> None:
    """Resume each life on the day it named; all that is entered at one instant is written together."""
    waiting: list[tuple[datetime, int, Iterator[date]]] = []
    for order, story in enumerate(stories):
        one = life(desk, story)
        heapq.heappush(waiting, (closing_time(desk.study, story.child.site, next(one)), order, one))
    opening = sorted((on, site) for site, on in openings(desk.study, desk.population).items())
    while waiting and waiting[0][0].date() <= until:
        at = desk.at = waiting[0][0]
        while opening and closing_time(desk.study, opening[0][1], opening[0][0]) <= at:
            on, site = opening.pop(0)
            opened = By(Actor("rehearsal", Role.REHEARSAL), closing_time(desk.study, site, on))
            desk.trial.activate_site(opened, site)
        with desk.trial.sitting(at):
            while waiting and waiting[0][0] == at:
                _, order, one = heapq.heappop(waiting)
                site = stories[order].child.site
                if (on := next(one, None)) is not None:
                    on = max(on, desk.today(site) + timedelta(days=1))
                    heapq.heappush(waiting, (closing_time(desk.study, site, on), order, one))
        if progress is not None:
            progress(at.date(), desk.screened, desk.enrolled)


def _truth_json(rehearsal: Rehearsal) -> str:
    children = [_truth_of(id, story) for id, story in sorted(rehearsal.stories.items())]
    told = {"schema_version": 1, "simulated": True, "seed": rehearsal.seed, "participants": children}
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _truth_of(id: SubjectId, story: Story) -> dict[str, object]:
    child = story.child
    return {
        "participant": str(id),
        "answers": dict(child.answers),
        "hidden": sorted(child.hidden),
        "happened_before": [
            {"kind": item.kind, "first": str(item.first), "last": str(item.last), "purpose": item.purpose}
            for item in child.happenings
        ],
        "judged_on": None if story.judged_on is None else str(story.judged_on),
        "shut_out_by": list(story.shut_out),
        "course": story.course,
        "escape": child.escape,
        "levels": story.levels,
        "happened": [{"on": str(on), "what": what} for on, what in story.happened],
    }
