"""Kaplan-Meier against print, two peers, and a slow version that counts people one time after another."""

import csv
import json
import math
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter

from remission.errors import InputRefused
from remission.stats.times.survival import kaplan_meier, numbers_at_risk

PUBLISHED = Path(__file__).parents[1] / "published"
REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"

SIX_MP = (
    [6, 6, 6, 7, 10, 13, 16, 22, 23],
    [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
)  # events, censored
MAINTAINED = ([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161])
NONMAINTAINED = ([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45], [16])


def spread(groups: tuple[list[int], list[int]]) -> tuple[list[float], list[bool]]:
    events, censored = groups
    return [float(t) for t in events + censored], [True] * len(events) + [False] * len(censored)


people = st.lists(st.tuples(st.integers(0, 12).map(float), st.booleans()), min_size=1, max_size=25)


def test_six_mp_as_printed() -> None:
    curve = kaplan_meier(*spread(SIX_MP))
    with (PUBLISHED / "freireich_1963_6mp.csv").open() as lines:
        assert next(lines).startswith("# doi:")
        rows = list(csv.DictReader(lines))
    steps = [step for step in curve.steps if step.events]
    assert [(s.time, s.at_risk, s.events) for s in steps] == [
        (float(r["time"]), int(r["at_risk"]), int(r["events"])) for r in rows
    ]
    for step, row in zip(steps, rows, strict=True):
        assert step.survival == pytest.approx(float(row["survival"]), rel=0, abs=5.001e-4)
        assert step.standard_error == pytest.approx(float(row["standard_error"]), rel=0, abs=5.001e-4)
    assert curve.median == 23


def test_six_mp_as_lifelines_computes_it() -> None:
    times, observed = spread(SIX_MP)
    curve = kaplan_meier(times, observed)
    peer = KaplanMeierFitter().fit(times, observed)
    limits = peer.confidence_interval_survival_function_
    for step in curve.steps:
        assert step.survival == pytest.approx(
            float(peer.survival_function_.loc[step.time].iloc[0]), rel=1e-12
        )
        assert step.interval is not None
        assert step.interval.lower == pytest.approx(float(limits.loc[step.time].iloc[0]), rel=1e-9)
        assert step.interval.upper == pytest.approx(float(limits.loc[step.time].iloc[1]), rel=1e-9)
    tens = curve.at(10)
    assert tens is not None and tens.standard_error is not None
    assert (round(tens.survival, 4), round(tens.standard_error, 4)) == (0.7529, 0.0963)


@pytest.mark.parametrize(("groups", "first", "median"), [(MAINTAINED, 0, 31), (NONMAINTAINED, 10, 23)])
def test_aml_as_the_peer_computes_it(groups: tuple[list[int], list[int]], first: int, median: int) -> None:
    if not REFERENCE.exists():
        pytest.skip("the shared reference values are not beside this checkout")
    peer = next(e["value"] for e in json.loads(REFERENCE.read_text()) if e["id"] == "km_aml")
    curve = kaplan_meier(*spread(groups))
    rows = slice(first, first + 10)
    assert [s.time for s in curve.steps] == peer["time"][rows]
    assert [s.survival for s in curve.steps] == pytest.approx(peer["surv"][rows], rel=0, abs=5e-12)
    for step, hazard_error in zip(curve.steps, peer["se"][rows], strict=True):
        if step.survival == 0:
            assert step.standard_error is None and hazard_error is None
        else:  # the peer gives the error of the cumulative hazard
            assert step.standard_error == pytest.approx(hazard_error * step.survival, rel=1e-10)
    assert curve.median == median


def slow(times: list[float], observed: list[bool], at: float) -> tuple[Fraction, Fraction | None]:
    """Survival and Greenwood's variance at a time, counting everybody anew at each time."""
    survival, total = Fraction(1), Fraction(0)
    for time in sorted({t for t in times if t <= at}):
        at_risk = sum(t >= time for t in times)
        events = sum(t == time and o for t, o in zip(times, observed, strict=True))
        survival *= Fraction(at_risk - events, at_risk)
        total += Fraction(events, at_risk * (at_risk - events)) if at_risk > events else 0
    return survival, survival**2 * total if survival else None


@given(people)
def test_equals_the_slow_version(cohort: list[tuple[float, bool]]) -> None:
    times, observed = [t for t, _ in cohort], [o for _, o in cohort]
    curve = kaplan_meier(times, observed)
    assert sum(s.events + s.censored for s in curve.steps) == curve.n == len(times)
    z = NormalDist().inv_cdf(0.975)
    for step in curve.steps:
        survival, variance = slow(times, observed, step.time)
        assert step.survival == pytest.approx(float(survival), rel=1e-12)
        if variance is None:
            assert step.standard_error is None and step.interval is None
            continue
        assert step.standard_error == pytest.approx(math.sqrt(variance), rel=1e-12)
        if survival == 1:
            assert step.interval is None
            continue
        assert step.interval is not None
        centre = math.log(-math.log(survival))
        half = z * math.sqrt(variance) / (survival * -math.log(survival))
        assert step.interval.lower == pytest.approx(math.exp(-math.exp(centre + half)), rel=1e-9)
        assert step.interval.upper == pytest.approx(math.exp(-math.exp(centre - half)), rel=1e-9)
    reached = [t for t in sorted(set(times)) if slow(times, observed, t)[0] <= Fraction(1, 2)]
    assert curve.median == (reached[0] if reached else None)
    if curve.median_upper is not None:
        assert curve.median_lower is not None and curve.median is not None
        assert curve.median_lower <= curve.median <= curve.median_upper


@given(people)
def test_order_of_people_does_not_matter(cohort: list[tuple[float, bool]]) -> None:
    one = kaplan_meier([t for t, _ in cohort], [o for _, o in cohort])
    other = kaplan_meier([t for t, _ in reversed(cohort)], [o for _, o in reversed(cohort)])
    assert one == other


def test_at_any_time() -> None:
    curve = kaplan_meier([2, 4, 4, 9], [True, True, False, False])
    before, on, between, last = (curve.at(t) for t in (1, 4, 5, 9))
    assert before is not None and (before.at_risk, before.survival, before.interval) == (4, 1.0, None)
    assert on is curve.steps[1]
    assert between is not None and (between.time, between.at_risk, between.events) == (5, 1, 0)
    assert between.survival == pytest.approx(0.5)
    assert last is not None and last.survival == pytest.approx(0.5)
    assert curve.at(9.1) is None  # somebody was event-free at 9: what came after is unknown
    assert curve.median == 4


def test_after_the_last_event_of_all_survival_stays_zero() -> None:
    curve = kaplan_meier([1, 2], [True, True])
    later = curve.at(100)
    assert later is not None and (later.survival, later.standard_error, later.at_risk) == (0.0, None, 0)
    assert (curve.median, curve.median_lower, curve.median_upper) == (1, 1, None)


def test_a_half_reached_up_to_rounding_is_reached() -> None:
    curve = kaplan_meier(list(range(1, 25)), [True] * 24)
    assert curve.steps[11].survival > 0.5  # by one rounding error; it is 12 of 24
    assert curve.median == 12


def test_median_interval_as_lifelines_limits_give_it() -> None:
    times, observed = spread(SIX_MP)
    limits = KaplanMeierFitter().fit(times, observed).confidence_interval_survival_function_
    lower = next(float(t) for t, v in limits.iloc[:, 0].items() if v <= 0.5)
    curve = kaplan_meier(times, observed)
    assert (curve.median_lower, curve.median_upper) == (lower, None)
    assert lower == 13


@given(people, st.lists(st.integers(0, 14).map(float), max_size=5))
def test_numbers_at_risk(cohort: list[tuple[float, bool]], at: list[float]) -> None:
    times = [t for t, _ in cohort]
    assert numbers_at_risk(times, at) == tuple(sum(t >= when for t in times) for when in at)


@pytest.mark.parametrize(
    ("times", "observed", "words"),
    [
        ([], [], "0 times, 0 outcomes"),
        ([1.0], [True, False], "1 times, 2 outcomes"),
        ([1.0, -2.0], [True, True], r"-2\.0 is not a time\n  where: time 2"),
        ([math.nan], [True], "nan is not a time"),
        ([math.inf], [False], "inf is not a time"),
    ],
)
def test_impossible_times_are_refused(times: list[float], observed: list[bool], words: str) -> None:
    with pytest.raises(InputRefused, match=words):
        kaplan_meier(times, observed)


def test_the_picture_says_how_many_are_at_risk() -> None:
    times, observed = spread(MAINTAINED)
    curve = kaplan_meier(times, observed)
    (note,) = curve.chart().notes
    at = [0, 40.25, 80.5, 120.75, 161]
    left = numbers_at_risk(times, at)
    assert left == (11, 3, 1, 1, 1)
    assert note.en == "At risk at times 0: 11, 40.2: 3, 80.5: 1, 121: 1, 161: 1."
    assert "161: 1" in note.zh
    assert kaplan_meier([0.0], [True]).chart().notes[0].en == "At risk at times 0: 1."
