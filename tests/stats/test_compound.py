"""Limits of events seen through marks: against Garwood, against slow sums, against drawing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.compound import (
    Burst,
    EventsNeeded,
    chance_of,
    compound_interval,
    compound_upper,
    events_needed,
    mean_at,
    most_marks,
    reaches,
)
from remission.stats.counts import poisson_interval, poisson_upper


def one_each(events: float) -> EventsNeeded:
    """Every event leaves exactly one mark."""
    return EventsNeeded(np.array([float(events)]), np.ones(1))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 12.5, 30, 300, 30_000])
def test_one_mark_for_each_event_is_garwood(count: float) -> None:
    garwood = poisson_interval(count)
    assert mean_at(one_each(count), 0.025) == pytest.approx(garwood.lower, rel=1e-9)
    assert mean_at(one_each(count + 1), 0.975) == pytest.approx(garwood.upper, rel=1e-9)
    assert mean_at(one_each(count + 1), 0.95) == pytest.approx(poisson_upper(count).upper, rel=1e-9)


@pytest.mark.parametrize("marks", [1, 4, 30])
def test_rare_marks_are_a_poisson_count_themselves(marks: int) -> None:
    """Where hardly an event leaves a mark, and none two, the marks are Poisson, whatever the events are."""
    interval, garwood = compound_interval(marks, Burst(1e-3, 0.0)), poisson_interval(marks)
    assert interval.lower * 1e-3 == pytest.approx(garwood.lower, rel=1.5e-3)
    assert interval.upper * 1e-3 == pytest.approx(garwood.upper, rel=1.5e-3)


def marks_below(marks: int, mean: float, burst: Burst) -> float:
    """P(fewer than `marks` marks), by Panjer's recursion: slow, and nothing like the other way."""
    if burst.dispersion:
        shape = 1 / burst.dispersion
        miss = 1 / (1 + burst.dispersion * burst.mean)
        logs = [
            math.lgamma(n + shape) - math.lgamma(shape) - math.lgamma(n + 1) + shape * math.log(miss)
            + (n * math.log1p(-miss) if n else 0.0)
            for n in range(marks)
        ]  # fmt: skip
    else:
        logs = [n * math.log(burst.mean) - burst.mean - math.lgamma(n + 1) for n in range(marks)]
    of_one = [math.exp(log) for log in logs]
    total = [math.exp(mean * (of_one[0] - 1))]
    for n in range(1, marks):
        total.append(mean / n * math.fsum(j * of_one[j] * total[n - j] for j in range(1, n + 1)))
    return math.fsum(total)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.floats(0.2, 20),
    st.floats(0, 1.5).filter(lambda d: d == 0 or d > 0.01),
    st.sampled_from([0.9, 0.95, 0.99]),
)
def test_limits_leave_their_tails(marks: int, mean: float, dispersion: float, level: float) -> None:
    burst, tail = Burst(mean, dispersion), (1 - level) / 2
    interval = compound_interval(marks, burst, level=level)
    assert 1 - marks_below(marks, interval.lower, burst) == pytest.approx(tail, rel=0.01, abs=2e-4)
    assert marks_below(marks + 1, interval.upper, burst) == pytest.approx(tail, rel=0.01, abs=2e-4)
    one_sided = compound_upper(marks, burst, level=level)
    assert marks_below(marks + 1, one_sided.upper, burst) == pytest.approx(1 - level, rel=0.01, abs=2e-4)


@pytest.mark.parametrize(("mean", "dispersion"), [(3.0, 0.0), (3.0, 0.2), (40.0, 1.0)])
def test_nothing_marked(mean: float, dispersion: float) -> None:
    silent = math.exp(-mean) if dispersion == 0 else (1 + dispersion * mean) ** (-1 / dispersion)
    upper = compound_upper(0, Burst(mean, dispersion)).upper
    assert upper == pytest.approx(-math.log(0.05) / (1 - silent), rel=1e-4)
    assert compound_interval(0, Burst(mean, dispersion)).lower == 0.0


@pytest.mark.parametrize("templates", [3, 300, 4_000, 6_000, 60_000])
def test_both_errors_are_in_the_tails(templates: int) -> None:
    """Drawn: burst, exposure and mean vary as they are said to, and a tail is missed as often as it says."""
    rng = np.random.default_rng(11)
    burst, cv, draws = Burst(6.0, 0.3, 0.08), 0.05, 400_000
    marks = round(6 * templates)
    interval = compound_interval(marks, burst, cv)
    for expected, tail in ((interval.lower, 0.025), (interval.upper, 0.975)):
        means = burst.mean / rng.gamma(1 / 0.08**2, 0.08**2, draws)
        events = rng.poisson(expected * rng.gamma(1 / cv**2, cv**2, draws))
        drawn = rng.poisson(means * 0.3 * rng.gamma(np.maximum(events / 0.3, 1e-12)))
        share = np.mean(drawn >= marks + (tail > 0.5))
        assert share == pytest.approx(tail, abs=0.0013)


def test_the_two_ways_meet() -> None:
    """At 5,000 events the sum over the error of the mean gives way to one gamma for all errors."""
    below, above = (compound_interval(marks, Burst(10.0, 0.2, 0.06), 0.05) for marks in (49_990, 50_010))
    assert below.lower / 49_990 == pytest.approx(above.lower / 50_010, rel=1e-3)
    assert below.upper / 49_990 == pytest.approx(above.upper / 50_010, rel=1e-3)


@settings(max_examples=40, deadline=None)
@given(st.integers(10, 100), st.floats(0.05, 50), st.floats(0, 2), st.floats(0, 0.5), st.floats(0, 0.2))
def test_wider_where_less_is_known(
    events: int, mean: float, dispersion: float, mean_cv: float, exposure_cv: float
) -> None:
    """From ten events on: below, what an event may give weighs more than what is known of its mean."""
    marks = math.ceil(events * mean)
    known = compound_interval(marks, Burst(mean, dispersion))
    doubted = compound_interval(marks, Burst(mean, dispersion, mean_cv), exposure_cv)
    assert doubted.lower <= known.lower * (1 + 1e-3)
    assert doubted.upper >= known.upper * (1 - 1e-3)
    assert doubted.lower <= marks / mean <= doubted.upper


def test_one_mark_is_one_event_however_many_an_event_gives() -> None:
    """The lower limit of a single mark is that of a single event, so it may lie above marks / mean."""
    burst = Burst(35.0, 2.0)
    seen = 1 - (1 + 35.0 * 2.0) ** -0.5  # P(an event gives a mark)
    assert compound_interval(1, burst).lower == pytest.approx(-math.log(0.975) / seen, rel=1e-6)


def test_marks_expected_anyway_lower_the_lower_limit_only() -> None:
    burst = Burst(10.0, 0.2, 0.05)
    without, with_background = compound_interval(60, burst), compound_interval(60, burst, background=8.0)
    assert with_background.lower == compound_interval(52, burst).lower < without.lower
    assert with_background.upper == without.upper


def test_how_many_events_it_takes() -> None:
    needed = events_needed(25, Burst(10.0, 0.2, 0.05))
    assert float(needed.chances.sum()) == pytest.approx(1, abs=1e-9)
    at_three = float(reaches(25, np.array([3.0]), Burst(10.0, 0.2, 0.05))[0])
    assert float(needed.chances[needed.counts <= 3].sum()) == pytest.approx(at_three, abs=1e-12)
    assert chance_of(needed, 2.0) < chance_of(needed, 3.0)


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-6, 5), st.floats(0.5, 30), st.floats(0.05, 1), st.sampled_from([0.95, 0.999, 0.9999]))
def test_most_marks_is_the_quantile(mean: float, size: float, dispersion: float, certainty: float) -> None:
    burst = Burst(size, dispersion)
    most = most_marks(mean, burst, certainty)
    assert marks_below(most + 1, mean, burst) >= certainty - 1e-9
    if most:
        assert marks_below(most, mean, burst) < certainty + 1e-9


@pytest.mark.parametrize(
    "numbers", [(0.0, 0.1, 0.0), (math.nan, 0.1, 0.0), (1.0, -0.1, 0.0), (1.0, 0.1, math.inf)]
)
def test_impossible_bursts_are_refused(numbers: tuple[float, float, float]) -> None:
    with pytest.raises(InputRefused, match="marks per event"):
        Burst(*numbers)


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(InputRefused, match="-1 marks"):
        compound_interval(-1, Burst(1.0, 0.0))
    with pytest.raises(InputRefused, match="error of exposure"):
        compound_interval(3, Burst(1.0, 0.0), -0.1)
