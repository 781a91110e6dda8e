"""Cumulative incidence against lifelines, closed formulas, and a slow version that counts people."""

import math
import random
from fractions import Fraction
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import AalenJohansenFitter

from remission.errors import InputRefused
from remission.stats.times.competing import CENSORED, cumulative_incidence
from remission.stats.times.survival import kaplan_meier

people = st.lists(st.tuples(st.integers(0, 12).map(float), st.integers(0, 3)), min_size=1, max_size=25)


def table(times: list[float], causes: list[int], cause: int) -> list[tuple[float, int, int, int]]:
    """Time, at risk, events of the cause, events of any cause: counted anew at each time."""
    return [
        (
            time,
            sum(t >= time for t in times),
            sum(t == time and c == cause for t, c in zip(times, causes, strict=True)),
            sum(t == time and c != CENSORED for t, c in zip(times, causes, strict=True)),
        )
        for time in sorted(set(times))
    ]


def slow(times: list[float], causes: list[int], cause: int, at: float) -> tuple[Fraction, Fraction]:
    """Incidence and its variance at a time by the closed formula of Marubini and Valsecchi."""
    rows: list[tuple[int, int, int, Fraction, Fraction]] = []
    free, incidence = Fraction(1), Fraction(0)
    for time, n, own, every in table(times, causes, cause):
        if time > at:
            break
        incidence += free * Fraction(own, n)
        rows.append((n, own, every, free, incidence))
        free *= Fraction(n - every, n)
    variance = Fraction(0)
    for n, own, every, before, then in rows:
        since = incidence - then
        if n > every:
            variance += since**2 * Fraction(every, n * (n - every))
        variance += before**2 * Fraction((n - own) * own, n**3) - 2 * since * before * Fraction(own, n**2)
    return incidence, variance


@given(people)
def test_equals_the_slow_version(cohort: list[tuple[float, int]]) -> None:
    times, causes = [t for t, _ in cohort], [c for _, c in cohort]
    curve = cumulative_incidence(times, causes, 1)
    z = NormalDist().inv_cdf(0.975)
    for step in curve.steps:
        incidence, variance = slow(times, causes, 1, step.time)
        assert step.incidence == pytest.approx(float(incidence), rel=1e-12)
        assert step.standard_error == pytest.approx(math.sqrt(variance), rel=1e-6, abs=1e-9)
        if not 0 < incidence < 1 or variance == 0:
            continue
        assert step.interval is not None
        width = z * math.sqrt(variance) / (incidence * -math.log(incidence))
        assert step.interval.lower == pytest.approx(float(incidence) ** math.exp(width), rel=1e-6)
        assert step.interval.upper == pytest.approx(float(incidence) ** math.exp(-width), rel=1e-6)


@given(people)
def test_incidences_and_event_free_sum_to_one(cohort: list[tuple[float, int]]) -> None:
    times, causes = [t for t, _ in cohort], [c for _, c in cohort]
    curves = [cumulative_incidence(times, causes, cause) for cause in (1, 2, 3)]
    for steps in zip(*(curve.steps for curve in curves), strict=True):
        assert sum(step.incidence for step in steps) + steps[0].event_free == pytest.approx(1, abs=1e-12)


@given(people)
def test_one_cause_alone_is_one_minus_kaplan_meier(cohort: list[tuple[float, int]]) -> None:
    times, events = [t for t, _ in cohort], [c == 1 for _, c in cohort]
    curve = cumulative_incidence(times, [int(e) for e in events], 1)
    for step, other in zip(curve.steps, kaplan_meier(times, events).steps, strict=True):
        assert step.incidence == pytest.approx(1 - other.survival, abs=1e-12)
        assert step.event_free == pytest.approx(other.survival, abs=1e-12)
        if other.standard_error is not None:
            assert step.standard_error == pytest.approx(other.standard_error, rel=1e-6, abs=1e-9)


@given(people)
def test_order_of_people_does_not_matter(cohort: list[tuple[float, int]]) -> None:
    one = cumulative_incidence([t for t, _ in cohort], [c for _, c in cohort], 2)
    other = cumulative_incidence([t for t, _ in reversed(cohort)], [c for _, c in reversed(cohort)], 2)
    assert one == other


def test_equals_lifelines_where_nothing_is_tied() -> None:
    draws = random.Random(7)
    times = [float(t) for t in draws.sample(range(1, 1000), 60)]
    causes = [draws.choice((0, 1, 1, 2)) for _ in times]
    peer = AalenJohansenFitter(calculate_variance=True).fit(times, causes, event_of_interest=1)
    curve = cumulative_incidence(times, causes, 1)
    for step in curve.steps:
        assert step.incidence == pytest.approx(
            float(peer.cumulative_density_.loc[step.time].iloc[0]), rel=1e-9
        )
        assert step.standard_error**2 == pytest.approx(float(peer.variance_.loc[step.time]), rel=1e-9)


def test_by_hand() -> None:
    # 5 people: cause 1 at 1; cause 2 and cause 1 tied at 2; censored at 3; cause 2 at 4
    curve = cumulative_incidence([1, 2, 2, 3, 4], [1, 2, 1, 0, 2], 1)
    assert [(s.time, s.at_risk, s.events, s.competing, s.censored) for s in curve.steps] == [
        (1, 5, 1, 0, 0),
        (2, 4, 1, 1, 0),
        (3, 2, 0, 0, 1),
        (4, 1, 0, 1, 0),
    ]
    assert [s.incidence for s in curve.steps] == pytest.approx([0.2, 0.4, 0.4, 0.4])
    assert [s.event_free for s in curve.steps] == pytest.approx([0.8, 0.4, 0.4, 0.0])
    early, later = curve.at(0.5), curve.at(9)
    assert early is not None and (early.at_risk, early.incidence, early.event_free) == (5, 0.0, 1.0)
    assert later is not None and later.incidence == pytest.approx(
        0.4
    )  # nobody is left who could still have it


def test_unknown_after_the_last_time_if_someone_was_event_free() -> None:
    curve = cumulative_incidence([1, 3], [1, 0], 1)
    assert curve.at(3) is curve.steps[1]
    between = curve.at(2)
    assert between is not None and (between.at_risk, between.incidence) == (1, 0.5)
    assert curve.at(3.5) is None


@pytest.mark.parametrize(("causes", "cause"), [([1, -1], 1), ([1, 0], 0)])
def test_impossible_causes_are_refused(causes: list[int], cause: int) -> None:
    with pytest.raises(InputRefused, match="number the causes from 1"):
        cumulative_incidence([1.0, 2.0], causes, cause)
