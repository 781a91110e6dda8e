"""Poisson limits against print and against the tail sums that define them."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.counts import poisson_interval, poisson_upper
from remission.stats.tails import poisson_at_least

PUBLISHED = Path(__file__).parents[1] / "published" / "garwood_1936_limits.csv"


def at_least(count: int, mean: float) -> float:
    """P(X >= count), slow."""
    below = math.fsum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(count))
    return 1 - below


def test_limits_as_printed() -> None:
    with PUBLISHED.open() as lines:
        assert next(lines).startswith("# doi:")
        rows = list(csv.DictReader(lines))
    for row in rows:
        interval = poisson_interval(int(row["count"]))
        for value, printed in ((interval.lower, row["lower"]), (interval.upper, row["upper"])):
            half_digit = 0.5001 * 10.0 ** -len(printed.split(".")[1])
            assert value == pytest.approx(float(printed), rel=0, abs=half_digit)


@given(st.integers(1, 60), st.floats(0.5, 0.999))
def test_limits_leave_their_tails(count: int, level: float) -> None:
    interval, tail = poisson_interval(count, level), (1 - level) / 2
    assert at_least(count, interval.lower) == pytest.approx(tail, rel=1e-6)
    assert 1 - at_least(count + 1, interval.upper) == pytest.approx(tail, rel=1e-6)
    assert poisson_at_least(count, interval.lower) == pytest.approx(tail, rel=1e-9)


def test_nothing_counted() -> None:
    assert poisson_interval(0).lower == 0.0
    assert poisson_upper(0).upper == pytest.approx(-math.log(0.05), rel=1e-12)


def test_a_fractional_count_lies_between_its_neighbours() -> None:
    two, between, three = (poisson_interval(count) for count in (2, 2.4, 3))
    assert two.lower < between.lower < three.lower
    assert two.upper < between.upper < three.upper


@pytest.mark.parametrize("count", [-1, math.nan, math.inf])
def test_impossible_counts_are_refused(count: float) -> None:
    for method in (poisson_interval, poisson_upper):
        with pytest.raises(InputRefused, match="is not a count"):
            method(count)
