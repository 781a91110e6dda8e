"""Carry out the plan of the study file: every estimand, subgroup, look and landmark, in one go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remission.protocol.plan import Role
from remission.protocol.study import Study
from remission.results.dossier import Dossier
from remission.results.numbers import Book, Table
from remission.results.planned.counting import Placed, placed, seen
from remission.results.planned.estimands import plan_table
from remission.results.planned.landmarks import Landmarked, landmark_table
from remission.results.planned.looks import looks_table
from remission.results.planned.subgroups import Grouped, grouped, subgroup_table
from remission.results.populations import Population
from remission.results.rates import Answers, members
from remission.results.verdicts import Stop
from remission.screening.judge import Judge


@dataclass(frozen=True, slots=True)
class Planned:
    """What the plan gave: tables beside the endpoints, tables after the times, groups and landmarks drawn.

    `stop`: the look that stopped the trial, if one did.
    """

    tables: tuple[Table, ...] = ()
    after: tuple[Table, ...] = ()
    groups: tuple[Grouped, ...] = ()
    landmarks: tuple[Landmarked, ...] = ()
    stop: Stop | None = None


def carry_out(
    book: Book,
    study: Study,
    enrolled: Sequence[Dossier],
    populations: Sequence[Population],
    answers: Answers,
    judge: Judge,
) -> Planned:
    """Carry out the study file's plan; nothing where it states none."""
    plan = study.plan
    if plan is None:
        return Planned()
    made = {one.id: grouped(study, one, enrolled) for one in plan.subgroups}
    named = {(one.population, endpoint) for one in plan.estimands for endpoint in one.variable}
    held = {
        (entry.set.id, entry.endpoint): seen(members(entry, enrolled, answers))
        for entry in populations
        if (entry.set.id, entry.endpoint) in named
    }
    counted = {
        (one.id, endpoint): placed(one, held[one.population, endpoint], judge)
        for one in plan.estimands
        for endpoint in one.variable
    }
    primary: Mapping[str, Sequence[Placed]] = {
        endpoint: counted[one.id, endpoint]
        for one in plan.estimands
        if one.role is Role.PRIMARY
        for endpoint in one.variable
    }
    stop, tables = None, list[Table]()
    if plan.monitoring:
        looks, stop = looks_table(book, study, plan, enrolled, primary)
        tables.append(looks)
    tables.insert(0, plan_table(book, study, plan.estimands, counted, made, stop))
    if plan.subgroups:
        tables.append(subgroup_table(book, study, plan, tuple(made.values()), primary))
    after: list[Table] = []
    landmarks: tuple[Landmarked, ...] = ()
    if plan.landmarks:
        table, landmarks = landmark_table(book, study, plan, enrolled, answers)
        after.append(table)
    return Planned(tuple(tables), tuple(after), tuple(made.values()), landmarks, stop)
