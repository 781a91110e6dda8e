"""Intervals, exact test, critical value and power against print, peers and a slow obvious version."""

import csv
import json
import math
import random
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from remission.errors import InputRefused
from remission.stats.interval import Interval
from remission.stats.rates.proportions import (
    binomial_p_greater,
    binomial_p_two_sided,
    clopper_pearson,
    clopper_pearson_lower,
    clopper_pearson_upper,
    critical_value,
    power,
    wilson,
)

PUBLISHED = Path(__file__).parents[1] / "published"
REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"


def published(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open() as lines:
        assert next(lines).startswith("# doi:")
        return list(csv.DictReader(lines))


def reference(identity: str) -> object:
    if not REFERENCE.exists():
        pytest.skip("the shared reference values are not beside this checkout")
    return next(entry["value"] for entry in json.loads(REFERENCE.read_text()) if entry["id"] == identity)


def exactly_at_least(x: int, n: int, p: Fraction) -> Fraction:
    """P(X >= x), slow and exact."""
    return sum((math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(x, n + 1)), Fraction(0))


@pytest.mark.parametrize(
    "row", published("newcombe_1998_table1.csv"), ids=lambda row: f"{row['x']}/{row['n']}"
)
def test_intervals_as_newcombe_printed_them(row: dict[str, str]) -> None:
    x, n = int(row["x"]), int(row["n"])
    for interval, name in ((wilson(x, n), "wilson"), (clopper_pearson(x, n), "exact")):
        assert interval.lower == pytest.approx(float(row[f"{name}_lower"]), rel=0, abs=5.001e-5)
        assert interval.upper == pytest.approx(float(row[f"{name}_upper"]), rel=0, abs=5.001e-5)


@pytest.mark.parametrize(("x", "n"), [(81, 90), (88, 113), (0, 20), (7, 20), (74, 90), (90, 90)])
def test_intervals_as_the_peer_computes_them(x: int, n: int) -> None:
    peer = reference(f"binomCI_{x}_{n}")
    assert isinstance(peer, dict)
    for interval, name in ((clopper_pearson(x, n), "clopper_pearson"), (wilson(x, n), "wilson")):
        assert [interval.lower, interval.upper] == pytest.approx(peer[name], rel=0, abs=5e-12)


def test_ends_are_exact() -> None:
    assert clopper_pearson(0, 90) == Interval(0.0, clopper_pearson(0, 90).upper, 0.95)
    assert clopper_pearson(90, 90).upper == 1.0
    assert (wilson(0, 90).lower, wilson(90, 90).upper) == (0.0, 1.0)
    assert clopper_pearson(0, 90).upper == pytest.approx(1 - 0.025 ** (1 / 90), rel=1e-12)
    assert clopper_pearson_upper(0, 10**6).upper == pytest.approx(
        -math.expm1(math.log(0.05) / 10**6), rel=1e-9
    )
    assert clopper_pearson_lower(90, 90).lower == pytest.approx(0.05 ** (1 / 90), rel=1e-12)
    assert (clopper_pearson_upper(5, 5).upper, clopper_pearson_lower(0, 5).lower) == (1.0, 0.0)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.5, 0.999))
def test_the_exact_interval_holds_what_the_exact_test_does_not_reject(
    case: tuple[int, int], level: float
) -> None:
    x, n = case
    interval = clopper_pearson(x, n, level)
    tail = (1 - level) / 2
    assert interval.lower <= x / n <= interval.upper
    if x > 0:
        assert float(exactly_at_least(x, n, Fraction(interval.lower))) == pytest.approx(tail, rel=1e-8)
    if x < n:
        assert float(1 - exactly_at_least(x + 1, n, Fraction(interval.upper))) == pytest.approx(
            tail, rel=1e-8
        )
    assert clopper_pearson_lower(x, n, (1 + level) / 2).lower == pytest.approx(interval.lower, rel=1e-9)
    assert clopper_pearson_upper(x, n, (1 + level) / 2).upper == pytest.approx(interval.upper, rel=1e-9)


@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    st.fractions(0, 1, max_denominator=50),
)
def test_p_values_equal_slow_sums(case: tuple[int, int], p0: Fraction) -> None:
    x, n = case
    assert binomial_p_greater(x, n, float(p0)) == pytest.approx(
        float(exactly_at_least(x, n, p0)), rel=1e-9, abs=1e-300
    )
    likelihood = [math.comb(n, i) * p0**i * (1 - p0) ** (n - i) for i in range(n + 1)]
    slow = sum(p for p in likelihood if p <= likelihood[x])
    assert binomial_p_two_sided(x, n, float(p0)) == pytest.approx(float(slow), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(
    ("x", "n", "p0"), [(72, 90, 0.7), (55, 90, 0.5), (0, 20, 0.3), (3, 17, 0.9), (682, 925, 0.75)]
)
def test_two_sided_p_equals_the_peer(x: int, n: int, p0: float) -> None:
    assert binomial_p_two_sided(x, n, p0) == pytest.approx(float(binomtest(x, n, p0).pvalue), rel=1e-9)
    assert binomial_p_greater(x, n, p0) == pytest.approx(
        float(binomtest(x, n, p0, "greater").pvalue), rel=1e-9
    )


@pytest.mark.parametrize(
    ("n", "p0", "p1", "alpha", "critical", "size", "powered"),
    [
        (90, 0.50, 0.65, 0.025, 55, "0.0223", "0.812"),
        (90, 0.70, 0.85, 0.025, 72, "0.0223", "0.926"),
        (90, 0.40, 0.55, 0.025, 46, "0.0213", "0.802"),
        (25, 0.45, 0.70, 0.05, 16, "0.0439597032152844", "0.810563976495054"),  # Fleming, one stage
    ],
)
def test_designs(n: int, p0: float, p1: float, alpha: float, critical: int, size: str, powered: str) -> None:
    assert critical_value(n, p0, alpha) == critical
    for value, printed in ((power(n, p0, p0, alpha), size), (power(n, p0, p1, alpha), powered)):
        digits = len(printed.split(".")[1])
        assert value == pytest.approx(float(printed), rel=0, abs=0.5001 * 10.0**-digits + 1e-15)


@pytest.mark.parametrize(
    ("identity", "p0", "p1", "alpha"),
    [
        ("ph2single_.1_.2_.05_.2", 0.1, 0.2, 0.05),
        ("ph2single_.3_.5_.05_.2", 0.3, 0.5, 0.05),
        ("ph2single_.7_.85_.025_.2", 0.7, 0.85, 0.025),
    ],
)
def test_designs_as_the_peer_lists_them(identity: str, p0: float, p1: float, alpha: float) -> None:
    designs = reference(identity)
    assert isinstance(designs, list) and designs
    for design in designs:  # the peer's r is the largest count that does not reject
        assert critical_value(design["n"], p0, alpha) == design["r"] + 1
        assert power(design["n"], p0, p0, alpha) == pytest.approx(design["Type I error"], rel=1e-10)
        assert 1 - power(design["n"], p0, p1, alpha) == pytest.approx(design["Type II error"], rel=1e-10)


@given(st.integers(1, 60), st.floats(0.01, 0.99), st.floats(0.001, 0.3))
def test_the_critical_value_is_the_first_that_rejects(n: int, p0: float, alpha: float) -> None:
    rejecting = [x for x in range(n + 1) if binomial_p_greater(x, n, p0) <= alpha]
    assert critical_value(n, p0, alpha) == (rejecting[0] if rejecting else None)


def test_too_few_to_reject_is_none_and_has_no_power() -> None:
    assert critical_value(3, 0.5, 0.025) is None
    assert power(3, 0.5, 0.9, 0.025) == 0.0


def test_the_exact_interval_covers_at_its_level() -> None:
    draws = random.Random(7)
    covered = 0
    for _ in range(400):
        x = sum(draws.random() < 0.3 for _ in range(40))
        interval = clopper_pearson(x, 40)
        covered += interval.lower <= 0.3 <= interval.upper
    assert 0.93 <= covered / 400 <= 1


@pytest.mark.parametrize(("x", "n"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_counts_are_refused(x: int, n: int) -> None:
    for method in (clopper_pearson, clopper_pearson_lower, clopper_pearson_upper, wilson):
        with pytest.raises(InputRefused, match=f"{x} of {n} is not a proportion"):
            method(x, n)
    with pytest.raises(InputRefused):
        binomial_p_greater(x, n, 0.5)


def test_impossible_probabilities_and_levels_are_refused() -> None:
    with pytest.raises(InputRefused, match="nan is not a probability"):
        binomial_p_two_sided(1, 2, math.nan)
    with pytest.raises(InputRefused, match=r"1\.2 is not a probability"):
        power(10, 0.5, 1.2, 0.05)
    for level in (0.0, 1.0, 95, math.nan):
        with pytest.raises(InputRefused, match="not a confidence level"):
            clopper_pearson(1, 2, level)
    with pytest.raises(InputRefused, match="not an interval"):
        Interval(0.5, 0.4, 0.95)
