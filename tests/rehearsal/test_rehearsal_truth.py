"""Virtual children and their truth: against the trial's own judge, and against what was assumed."""

from collections import Counter
from datetime import timedelta
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.mrd.result import Denominator, Method, from_flow_counts, from_ngs_counts
from remission.protocol.answering import answered
from remission.protocol.criteria import Truth
from remission.protocol.read_study import read_study
from remission.rehearsal.assay import Counted, run
from remission.rehearsal.children import arrivals, child_of, openings
from remission.rehearsal.coverage import calls, coverage, exact_limits
from remission.rehearsal.population import read_population
from remission.rehearsal.script import script
from remission.rehearsal.truth import Child, shut_out
from remission.screening.facts import Facts, Happening, Known, Measured, read_value
from remission.screening.judge import Judge
from remission.stats.rates.proportions import clopper_pearson
from remission.terms.evidence import Evidence

FILES = script("nct06607419")
STUDY = read_study(BytesIO(FILES.study), name="study")
POPULATION = read_population(BytesIO(FILES.population), name="population")
NOTHING = Evidence("test", "1", simulated=True)
COMERS = list(arrivals(STUDY, POPULATION, 5))
CHILDREN = [child_of(STUDY, POPULATION, 5, *comer) for comer in COMERS[:300]]


def told(child: Child) -> Facts:
    """Everything there is to know of a child, tested on a billion cells."""
    on = child.day_one
    answers = {
        fact: Known(read_value(STUDY.fact(fact), text, where="t"), on) for fact, text in child.answers.items()
    }
    lists = {spec.id: spec.kinds for spec in STUDY.lists}
    happenings = {
        name: tuple(
            Happening(item.kind, item.first, item.last, item.purpose)
            for item in child.happenings
            if item.kind in kinds
        )
        for name, kinds in lists.items()
    }
    closed = dict.fromkeys(lists, on + timedelta(days=25))
    cells = 10**9
    counted = (Denominator("nucleated cells", cells),)
    result = from_flow_counts(
        round(child.trigger_level * cells), counted, "nucleated cells", NOTHING,
        lod_events=20, loq_events=50, flags=("counts-only", "cd19-independent-gate"),
    )  # fmt: skip
    return Facts(answers, happenings, closed, {("flow", "d19"): Measured(result, on)})


def test_the_judge_agrees_with_the_truth_where_everything_is_known():
    judge = Judge(STUDY)
    for child in CHILDREN:
        on = child.day_one + timedelta(days=25)
        found = judge.judge(told(child), on=on).judged
        shut = {judged.criterion for judged in found if judged.admits is not Truth.TRUE}
        assert shut == set(shut_out(STUDY, child, on, {"d19": child.trigger_level}))


def test_every_criterion_shuts_somebody_out_and_some_are_let_in():
    out = [
        shut_out(STUDY, child, child.day_one + timedelta(days=25), {"d19": child.trigger_level})
        for child in CHILDREN
    ]
    by_criterion = Counter(criterion for criteria in out for criterion in criteria)
    assert set(by_criterion) == {c.id for c in STUDY.criteria if c.phase == "enrolment"}
    assert 0.1 < sum(not criteria for criteria in out) / len(out) < 0.4


def test_children_are_as_the_population_says():
    months = [(child.day_one - child_birth(child)).days / 30.4375 for child in CHILDREN]
    peak = sum(24 <= month < 72 for month in months) / len(months)
    assert 0.36 < peak < 0.56  # 0.458 assumed, 300 children: three standard errors
    weights = [float(child.answers["weight"]) for child in CHILDREN]
    assert np.corrcoef(months, weights)[0, 1] > 0.85


def child_birth(child: Child):
    from datetime import date

    return date.fromisoformat(child.answers["birth_date"])


def test_sites_that_recruit_are_open_first_and_nobody_comes_before():
    opened = openings(STUDY, POPULATION)
    first = POPULATION.recruitment.starts
    assert {site for site, day in opened.items() if day == first} == {"01", "02"}
    assert len(opened) == 12 and max(opened.values()) > first
    assert all(day_one >= opened[site] for day_one, site, _ in COMERS)


def test_more_of_the_course_never_leaves_more_disease():
    for child in CHILDREN:
        levels = [child.level(course, 0.0) for course in (0.0, 0.3, 0.7, 1.0)]
        assert levels == sorted(levels, reverse=True) and levels[0] <= child.trigger_level
        assert 0 <= child.unseen_part(1.0) <= 1


def test_a_blind_test_misses_what_lost_its_target():
    plan = next(assay for assay in STUDY.assays if assay.method == "flow")
    lab = POPULATION.assay("flow")
    n = 4000
    tests = run(plan, lab, np.full(n, 0.01), np.ones(n), np.random.default_rng(1))
    blind = tests.flags[lab.blind_flag]
    assert blind.any()
    assert tests.found[blind].max() < 30 < tests.found[~blind].min()


def test_tests_find_the_true_level_on_average():
    n = 4000
    for plan in STUDY.assays:
        tests = run(
            plan, POPULATION.assay(plan.method), np.full(n, 1e-4), np.zeros(n), np.random.default_rng(2)
        )
        background = POPULATION.assay(plan.method).background
        assert tests.found.sum() / tests.cells.sum() == pytest.approx(1e-4 + background, rel=0.02)


@given(
    st.sampled_from(["flow", "ngs"]),
    st.integers(10_000, 8_000_000),
    st.integers(0, 900),
    st.sampled_from(
        [
            (),
            ("hemodilute",),
            ("cd19-only-gate",),
            ("no-index-clone",),
            ("contaminated",),
            ("cd19-independent-gate",),
            ("cd19-independent-gate", "hemodilute"),
        ]
    ),
)
def test_calls_on_arrays_are_those_of_the_laboratory(
    method: str, cells: int, found: int, flags: tuple[str, ...]
):
    endpoint = next(end for end in STUDY.endpoints if end.method == method)
    plan = next(assay for assay in STUDY.assays if assay.method == method)
    raised = {flag: np.array([True]) for flag in flags}
    negative, positive = calls(endpoint, plan, Counted(np.array([cells]), np.array([found]), raised))
    marked = (*flags, "counts-only")
    if method == Method.FLOW:
        counted = (Denominator(plan.denominator, cells),)
        limits = {"lod_events": plan.events_for_lod, "loq_events": plan.events_for_loq}
        result = from_flow_counts(found, counted, plan.denominator, NOTHING, **limits, flags=marked)
    else:
        result = from_ngs_counts(found, cells, NOTHING, loq_templates=10, flags=marked)
    answer = answered(STUDY, endpoint.point, result, endpoint.threshold, endpoint.required_lod)
    assert (bool(negative[0]), bool(positive[0])) == (answer.call == "negative", answer.call == "positive")


@given(st.integers(1, 200), st.data())
def test_exact_limits_on_arrays_are_those_of_one_proportion(n: int, data: st.DataObject):
    x = data.draw(st.integers(0, n))
    lower, upper = exact_limits(np.array([x]), np.array([n]))
    slow = clopper_pearson(x, n)
    assert (lower[0], upper[0]) == pytest.approx((slow.lower, slow.upper), abs=1e-12)


def test_coverage_holds_what_it_estimates_and_shows_the_bias_of_counting():
    found = coverage(STUDY, POPULATION, 400, 11)
    assert len(found) == len(STUDY.endpoints) * len(STUDY.sets)
    for one in found:
        assert one.covers_expected > 0.95 - 4 * max(one.covers_expected_error, 0.01)
    strict = next(one for one in found if (one.endpoint, one.set) == ("ngs_negative", "itt"))
    evaluable = next(one for one in found if (one.endpoint, one.set) == ("ngs_negative", "evaluable"))
    assert strict.expected_found < strict.true_rate - 0.03  # indeterminate counted as no response
    assert abs(evaluable.expected_found - evaluable.true_rate) < 0.03
    assert strict.covers_truth < evaluable.covers_truth
    assert coverage(STUDY, POPULATION, 400, 11) == found != coverage(STUDY, POPULATION, 400, 12)
