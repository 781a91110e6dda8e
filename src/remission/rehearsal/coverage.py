"""How often the published interval holds the truth: only the endpoint stage, many trials at once.

The same children, tests and calls as in a whole rehearsal, on arrays, without calendar and ledger. Course,
missed and late samples and withdrawals enter by their chances; sets are told apart by what concerns the
endpoint (treated, evaluable, full course, in window), not by deviations or late findings.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from remission.errors import InputRefused
from remission.mrd.limits import EXPECTED_FOR_95
from remission.mrd.result import Method
from remission.protocol.study import (
    AnalysisSet,
    Assay,
    Endpoint,
    Indeterminate,
    OutsideWindow,
    SetRule,
    Study,
)
from remission.rehearsal.assay import Counted, run
from remission.rehearsal.children import arrivals, child_of, disease, random_for
from remission.rehearsal.population import Population
from remission.safety.holding import What, action

_COVERAGE = 4
_POOL = 600
_ROUND = 2.0

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coverage:
    """One endpoint in one set over many simulated trials; all rates are fractions.

    `true_rate`: truly below the threshold among all enrolled. `expected_found`: mean of the rates found;
    its distance from `true_rate` is the bias of counting, not of chance. `covers_truth` and
    `covers_expected`: part of the trials whose 95 % interval holds the one or the other, with their
    Monte-Carlo standard errors.
    """

    endpoint: str
    set: str
    trials: int
    true_rate: float
    expected_found: float
    covers_truth: float
    covers_truth_error: float
    covers_expected: float
    covers_expected_error: float


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """Enrolled children as arrays of one length: level after trigger, kills, escape and course."""

    level: Floats
    unseen: Floats
    course: Floats
    as_protocol: Bools
    sampled: Bools
    late: Bools


def coverage(study: Study, population: Population, n_trials: int, seed: int) -> tuple[Coverage, ...]:
    """Coverage of the exact 95 % interval for every endpoint and set, over `n_trials` trials of full size.

    Raises
    ------
    InputRefused
        Unless n_trials is 1 or more.
    """
    if n_trials < 1:
        raise InputRefused(f"{n_trials} trials", where="coverage", do="ask for 1 or more")
    numbers = random_for(seed, _COVERAGE)
    children = _enrolled(study, population, n_trials * study.design.participants, numbers, seed)
    tests: dict[tuple[str, str], Counted] = {}
    found: list[Coverage] = []
    for endpoint in study.endpoints:
        key = (endpoint.method, endpoint.point)
        if key not in tests:
            plan, lab = _assay(study, endpoint.method), population.assay(endpoint.method)
            tests[key] = run(plan, lab, children.level, children.unseen, numbers)
        negative, positive = calls(endpoint, _assay(study, endpoint.method), tests[key])
        for chosen in study.sets:
            found.append(_compared(study, endpoint, chosen, children, negative, positive, n_trials))
    return tuple(found)


def calls(endpoint: Endpoint, plan: Assay, tests: Counted) -> tuple[Bools, Bools]:
    """Who is called negative and who positive by an endpoint; the rest are not evaluable. Shapes (n,)."""
    threshold = float(endpoint.threshold)
    flow = endpoint.method == Method.FLOW
    lod = (plan.events_for_lod if flow else EXPECTED_FOR_95) / tests.cells
    level = tests.found / tests.cells
    blinding = (*plan.blinding_flags, *plan.blinding_after_treatment)
    spoilt, blinded = (_raised(tests, of) for of in (plan.disqualifying_flags, blinding))
    sure = np.zeros(len(level), dtype=np.bool_) if flow else _poisson_lower(tests) >= threshold
    positive = ~spoilt & (level >= threshold) & ((level >= lod) | sure)
    negative = ~spoilt & ~blinded & ~positive & (level < threshold) & (lod <= float(endpoint.required_lod))
    for flag in plan.needed_after_treatment:
        negative &= tests.flags.get(flag, np.zeros_like(negative))
    return negative, positive


def _raised(tests: Counted, flags: tuple[str, ...]) -> Bools:
    """Whose test carries any of the flags."""
    raised = np.zeros(len(tests.cells), dtype=np.bool_)
    for flag in flags:
        raised |= tests.flags.get(flag, raised)
    return raised


def _poisson_lower(tests: Counted) -> Floats:
    """The lower exact 95 % limit of a sequenced level (Garwood 1936)."""
    return np.where(tests.found > 0, gammaincinv(np.maximum(tests.found, 1), 0.025), 0.0) / tests.cells


def _assay(study: Study, method: str) -> Assay:
    return next(assay for assay in study.assays if assay.method == method)


def _enrolled(study: Study, population: Population, n: int, numbers: Generator, seed: int) -> _Enrolled:
    """Draw children until n have a level, as measured, at which their group may enter."""
    pool = _groups(study, population, seed)
    parts: list[tuple[Floats, ...]] = []
    have = 0
    while have < n:
        groups = pool[numbers.integers(0, len(pool), max(1000, int(_ROUND * (n - have))))]
        drawn = disease(population.disease, groups, numbers)
        enters = _enters(study, population, groups, drawn[0], numbers)
        parts.append(tuple(one[enters] for one in drawn))
        have += int(enters.sum())
    level, other, drug, escape = (np.concatenate(column)[:n] for column in zip(*parts, strict=True))
    course, as_protocol = _courses(study, population, n, numbers)
    seen = (1 - escape) * 10 ** (-drug * course)
    left = level * 10**-other * (escape + seen)
    left = np.where(left >= population.disease.cure_below, left, 0.0)
    unseen = np.divide(escape, escape + seen, out=np.zeros(n), where=escape + seen > 0)
    conduct = population.conduct
    gone = conduct.sample_missed + conduct.withdraws_study + conduct.dies_of_treatment
    sampled, late = numbers.random(n) >= gone, numbers.random(n) < conduct.sample_late
    return _Enrolled(left, unseen, course, as_protocol, sampled, late)


def _groups(study: Study, population: Population, seed: int) -> NDArray[np.str_]:
    """The risk groups of a pool of virtual children, those that may enter."""
    may = {group.id for group in study.risk_groups if group.may_enter}
    comers = list(arrivals(study, population, seed))[:_POOL]
    groups = [child_of(study, population, seed, *comer).answers[study.risk_fact] for comer in comers]
    return np.array([group for group in groups if group in may])


def _enters(
    study: Study, population: Population, groups: NDArray[np.str_], level: Floats, numbers: Generator
) -> Bools:
    """Whose trigger sample, as measured, reaches the level of the group."""
    enters = np.ones(len(groups), dtype=np.bool_)
    triggers = {group.id: float(group.trigger or 0) for group in study.risk_groups}
    wanted = np.array([triggers[str(group)] for group in groups])
    for spec in study.samples:
        if spec.purpose == "trigger":
            plan, lab = _assay(study, spec.methods[0]), population.assay(spec.methods[0])
            tests = run(plan, lab, level, np.zeros(len(level)), numbers)
            found = tests.found / tests.cells
            enters &= (found >= wanted) & (found >= plan.events_for_lod / tests.cells)
    return enters


def _courses(study: Study, population: Population, n: int, numbers: Generator) -> tuple[Floats, Bools]:
    """The part of the course received, and whether what cut it short was a rule of the protocol."""
    conduct = population.conduct
    rules = 1 - math.prod(1 - chance for chance in _stopping(study, population))
    lot = numbers.random(n)
    part = numbers.random(n)
    ruled = lot < rules
    left = (lot >= rules) & (lot < rules + conduct.withdraws_treatment + conduct.withdraws_study)
    never = numbers.random(n) < conduct.never_treated
    return np.where(never, 0.0, np.where(ruled | left, part, 1.0)), ~left & ~never


def _stopping(study: Study, population: Population) -> list[float]:
    """For each toxicity the chance of a grade at which the rules stop treatment."""
    return [
        sum(
            chance
            for grade, chance in enumerate(draw.grades, start=1)
            if action(
                study.treatment,
                term=draw.term,
                system=draw.system,
                grade=grade,
                at_low_dose=False,
                seizures=0,
                held_days=None,
            ).action
            is What.STOP
        )
        for draw in population.toxicities
    ]


def _compared(
    study: Study, endpoint: Endpoint, chosen: AnalysisSet, children: _Enrolled,
    negative: Bools, positive: Bools, n_trials: int,
) -> Coverage:  # fmt: skip
    answers = children.sampled
    if endpoint.outside_window is OutsideWindow.INDETERMINATE:
        answers = answers & ~children.late
    evaluable = answers & (negative | positive)
    inside = np.ones(len(evaluable), dtype=np.bool_)
    held: Mapping[SetRule, Bools] = {
        SetRule.TREATED: children.course > 0,
        SetRule.EVALUABLE: evaluable,
        SetRule.FULL_COURSE: children.as_protocol,
        SetRule.IN_WINDOW: ~children.late,
    }
    for rule in chosen.rules:
        inside &= held.get(rule, inside)
    if endpoint.indeterminate is Indeterminate.EXCLUDED:
        inside &= evaluable
    counted = inside.reshape(n_trials, -1).sum(axis=1)
    responders = (inside & answers & negative).reshape(n_trials, -1).sum(axis=1)
    true_rate = float((children.level < float(endpoint.threshold)).mean())
    expected = float(responders.sum() / counted.sum())
    lower, upper = exact_limits(responders, counted)
    truth = float(((lower <= true_rate) & (true_rate <= upper)).mean())
    itself = float(((lower <= expected) & (expected <= upper)).mean())
    return Coverage(
        endpoint.id, chosen.id, n_trials, true_rate, expected,
        truth, _error(truth, n_trials), itself, _error(itself, n_trials),
    )  # fmt: skip


def exact_limits(x: NDArray[np.int64], n: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Clopper and Pearson's 95 % limits of x of n, on arrays; the scalar form is in `stats.proportions`."""
    tail = 0.025
    lower = np.where(x > 0, betaincinv(np.maximum(x, 1), n - x + 1, tail), 0.0)
    upper = np.where(x < n, betaincinv(x + 1, np.maximum(n - x, 1), 1 - tail), 1.0)
    return lower, upper


def _error(part: float, trials: int) -> float:
    return math.sqrt(part * (1 - part) / trials)
