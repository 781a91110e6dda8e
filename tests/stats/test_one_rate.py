"""Intervals and exact tests of one rate against peers, print, a slow grid, and their exact coverage."""

import json
import math
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from remission.errors import InputRefused
from remission.paper.tables import as_html
from remission.stats.interval import Interval
from remission.stats.rates.coverage import coverage
from remission.stats.rates.exact_tests import (
    binomial_p_blaker,
    binomial_p_central,
    binomial_p_less,
    binomial_p_mid,
    binomial_p_mid_two_sided,
)
from remission.stats.rates.one import agresti_coull, blaker, intervals, jeffreys, mid_p
from remission.stats.rates.proportions import binomial_p_two_sided, clopper_pearson, wilson

SHARED = Path(__file__).parents[2].parent / "shared" / "reference"


def reference(identity: str) -> dict[str, list[float]]:
    if not (SHARED / "statistics.json").exists():
        pytest.skip("the shared reference values are not beside this checkout")
    rows = json.loads((SHARED / "statistics.json").read_text())
    return next(row["value"] for row in rows if row["id"] == identity)


@pytest.mark.parametrize(("x", "n"), [(81, 90), (88, 113), (0, 20), (7, 20), (74, 90), (90, 90)])
def test_every_interval_of_the_peer(x: int, n: int) -> None:
    row = reference(f"binomCI_{x}_{n}")
    all_of = intervals(x, n)
    for field, name in (
        ("clopper_pearson", "clopper_pearson"),
        ("wilson", "wilson"),
        ("agresti_coull", "agresti_coull"),
        ("jeffreys", "jeffreys_equal_tail"),
    ):
        one = getattr(all_of, field)
        assert [one.lower, one.upper] == pytest.approx(row[name], rel=5e-11, abs=5e-11)


def test_mid_p_and_blaker_of_the_peer() -> None:
    row = reference("binomCI_midp_blaker_81_90")
    one = mid_p(81, 90)  # exactci stops at its own tolerance: its limits miss the tail of 0.025 by 1e-6
    assert [one.lower, one.upper] == pytest.approx(row["midp"], rel=0, abs=2e-6)
    assert binomial_p_mid(81, 90, row["midp"][0]) != pytest.approx(0.025, abs=5e-7)
    exact = blaker(81, 90)
    assert [round(exact.lower, 4), round(exact.upper, 4)] == row["blaker"]


# R: binom 1.1.1.1, binom.confint, 81 of 90; a copy that stands without the shared folder
PEER_81_90 = [
    (jeffreys, 0.82546557731, 0.94935687498),
    (agresti_coull, 0.81874537568, 0.94850612387),
]


@pytest.mark.parametrize(("method", "lower", "upper"), PEER_81_90)
def test_81_of_90(method: object, lower: float, upper: float) -> None:
    one = method(81, 90)  # type: ignore[operator]
    assert one.lower == pytest.approx(lower, abs=5.1e-12, rel=0)
    assert one.upper == pytest.approx(upper, abs=5.1e-12, rel=0)


# Published abstracts: responders, n, the percent they print (decimals as printed), their interval if given.
# 88/113: PMID 29358182; 14/70: PMID 27998223; 7508/7640: CCCG-ALL-2015; 111/139, 25/139, 3/139: flow against
# sequencing, Korea; 59/74, 14/74, 1/74: the same, Roswell Park.
PUBLISHED = [
    (88, 113, "78", None),
    (88, 113, "77.9", ("69.1", "85.1")),
    (14, 70, "20", None),
    (7508, 7640, "98.3", None),
    (111, 139, "79.9", None),
    (25, 139, "18.0", None),
    (3, 139, "2.2", None),
    (59, 74, "80", None),
    (14, 74, "19", None),
    (1, 74, "1", None),
]


@pytest.mark.parametrize(("x", "n", "rate", "limits"), PUBLISHED)
def test_published_rates_from_their_counts(x: int, n: int, rate: str, limits: tuple[str, str] | None) -> None:
    decimals = len(rate.partition(".")[2])
    assert f"{100 * x / n:.{decimals}f}" == rate
    if limits is not None:
        words = intervals(x, n).text()
        assert f"{rate} %" in words
        assert f"Clopper-Pearson  at least the level  {limits[0]}–{limits[1]} %" in words


def test_counts_of_the_evidence_file_give_its_percents() -> None:
    if not (SHARED / "published_evidence.json").exists():
        pytest.skip("the shared evidence is not beside this checkout")
    rows = [
        row
        for row in json.loads((SHARED / "published_evidence.json").read_text())
        if row["status"] == "verbatim" and row["n"] and row["N"] and row["estimate"].endswith("%")
    ]
    assert len(rows) >= 8
    for row in rows:
        decimals = len(row["estimate"].rstrip("%").partition(".")[2])
        assert f"{100 * row['n'] / row['N']:.{decimals}f}%" == row["estimate"], row["id"]


@pytest.mark.parametrize(("x", "n"), [(81, 90), (7, 20), (1, 300), (5, 6)])
def test_mid_p_limits_leave_their_tail(x: int, n: int) -> None:
    one = mid_p(x, n, 0.9)
    assert binomial_p_mid(x, n, one.lower) == pytest.approx(0.05, abs=1e-13)
    assert binomial_p_mid(x, n, one.upper) == pytest.approx(0.95, abs=1e-13)


def acceptability(x: int, n: int, p: np.ndarray) -> np.ndarray:
    """Blaker's acceptability, from its definition."""
    counts = np.arange(n + 1)[:, None]
    smaller = np.minimum(binom.cdf(counts, n, p), binom.sf(counts - 1, n, p))
    return (binom.pmf(counts, n, p) * (smaller <= smaller[x] * (1 + 1e-12))).sum(axis=0)


@pytest.mark.parametrize(("n", "level"), [(1, 0.9), (2, 0.8), (5, 0.8), (5, 0.99), (11, 0.9), (20, 0.95)])
def test_blaker_against_a_slow_grid(n: int, level: float) -> None:
    grid = np.linspace(0, 1, 4001)
    for x in range(n + 1):
        accepted = grid[acceptability(x, n, grid) > 1 - level + 1e-12]
        one = blaker(x, n, level)
        assert 0 <= accepted[0] - one.lower + 1e-12 <= 2.51e-4
        assert 0 <= one.upper - accepted[-1] + 1e-12 <= 2.51e-4


@pytest.mark.parametrize(("x", "n"), [(81, 90), (7, 20), (3, 50), (29, 30), (150, 300)])
def test_blaker_limits_are_where_acceptability_crosses_or_jumps(x: int, n: int) -> None:
    one = blaker(x, n)
    for limit, out in ((one.lower, -1e-8), (one.upper, 1e-8)):
        assert acceptability(x, n, np.array([limit + out]))[0] < 0.05
        assert acceptability(x, n, np.array([limit - out]))[0] > 0.05


def test_blaker_of_a_register_is_solved_in_steps_that_halve() -> None:
    """No walk over a million counts: at each limit the two tails together are the 5 % still."""
    start = time.process_time()
    one = blaker(5000, 1_000_000)
    assert time.process_time() - start < 1.0
    for limit, out in ((one.lower, -1e-9), (one.upper, 1e-9)):
        assert binomial_p_blaker(5000, 1_000_000, limit + out) < 0.05
        assert binomial_p_blaker(5000, 1_000_000, limit - out) > 0.05


@given(st.integers(1, 120), st.data(), st.sampled_from([0.8, 0.9, 0.95, 0.99]))
@settings(max_examples=60, deadline=None)
def test_blaker_lies_inside_clopper_pearson_and_mirrors(n: int, data: st.DataObject, level: float) -> None:
    x = data.draw(st.integers(0, n))
    inner, outer, mirrored = blaker(x, n, level), clopper_pearson(x, n, level), blaker(n - x, n, level)
    assert outer.lower <= inner.lower + 1e-13
    assert inner.upper <= outer.upper + 1e-13
    assert inner.lower == pytest.approx(1 - mirrored.upper, abs=1e-14)
    assert inner.lower <= x / n <= inner.upper


@given(st.integers(1, 60), st.data(), st.floats(0.01, 0.99))
@settings(max_examples=60, deadline=None)
def test_tests_and_intervals_say_the_same(n: int, data: st.DataObject, p0: float) -> None:
    x = data.draw(st.integers(0, n))
    for test, interval in (
        (binomial_p_central, clopper_pearson),
        (binomial_p_mid_two_sided, mid_p),
    ):
        p = test(x, n, p0)
        one = interval(x, n, 0.95)
        if abs(p - 0.05) > 1e-9:
            assert (p > 0.05) == (one.lower <= p0 <= one.upper)
    assert binomial_p_blaker(x, n, p0) <= binomial_p_central(x, n, p0) + 1e-12
    if binomial_p_blaker(x, n, p0) > 0.05 + 1e-9:
        assert blaker(x, n).lower <= p0 <= blaker(x, n).upper


@pytest.mark.parametrize(
    ("x", "n", "p0"),
    [(7, 20, 0.5), (81, 90, 0.7), (0, 9, 0.2), (9, 9, 0.6), (5, 10, 0.5), (3, 10, 0.5), (4, 12, 0.3)],
)
def test_exact_tests_from_whole_numbers(x: int, n: int, p0: float) -> None:
    p = Fraction(p0)
    chances = [math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(n + 1)]
    at_most, at_least = (
        [sum(chances[: i + 1]) for i in range(n + 1)],
        [sum(chances[i:]) for i in range(n + 1)],
    )
    smaller = [min(pair) for pair in zip(at_most, at_least, strict=True)]
    assert binomial_p_less(x, n, p0) == pytest.approx(float(at_most[x]), rel=1e-12)
    assert binomial_p_mid(x, n, p0) == pytest.approx(float(at_least[x] - chances[x] / 2), rel=1e-12)
    exact = sum(one for one, tail in zip(chances, smaller, strict=True) if tail <= smaller[x])
    assert binomial_p_blaker(x, n, p0) == pytest.approx(float(exact), rel=1e-11)
    assert binomial_p_two_sided(x, n, p0) == pytest.approx(binomtest(x, n, p0).pvalue, rel=1e-9)


@pytest.mark.parametrize("n", [1, 7, 20, 45])
def test_exact_intervals_cover_at_every_rate(n: int) -> None:
    for method in (clopper_pearson, blaker):
        assert coverage(method, n, [0.5]).lowest >= 0.95 - 1e-9
    assert coverage(wilson, n, [0.5]).lowest < 0.95


def test_coverage_against_a_sum_over_counts() -> None:
    rates = [0.0, 0.1, 0.37, 0.5, 0.9, 1.0]
    found = coverage(wilson, 13, rates, 0.9)
    for rate, covered, width in zip(rates, found.covered, found.widths, strict=True):
        limits = [wilson(x, 13, 0.9) for x in range(14)]
        chances = [float(binom.pmf(x, 13, rate)) for x in range(14)]
        held = [chance for chance, one in zip(chances, limits, strict=True) if one.lower <= rate <= one.upper]
        assert covered == pytest.approx(sum(held), abs=1e-12)
        mean = sum(c * (one.upper - one.lower) for c, one in zip(chances, limits, strict=True))
        assert width == pytest.approx(mean, abs=1e-12)
    fine = coverage(wilson, 13, np.linspace(0, 1, 5001).tolist(), 0.9)
    assert 0 <= min(fine.covered) - fine.lowest < 0.01


def test_coverage_of_wilson_falls_near_the_ends() -> None:
    """Agresti and Coull 1998: near 0 and 1 the score interval covers as little as 0.838 at 95 %."""
    found = coverage(wilson, 90, [0.5])
    assert found.lowest == pytest.approx(0.838, abs=5e-4)
    assert min(found.lowest_at, 1 - found.lowest_at) < 0.01


def test_printed_and_drawn() -> None:
    one = intervals(0, 20)
    assert "Agresti-Coull" in one.text("zh")
    assert "0.0–19.0 %" in one.text()  # the formula's -2.9 % is shown cut
    assert as_html(one.printed()) == one.html()
    assert len(one.chart().rows) == 6
    assert all(0 <= row.lower <= row.upper <= 1 for row in one.chart().rows)  # type: ignore[operator]
    curve = coverage(blaker, 12, [0.2, 0.4])
    assert curve.chart().rules[0].value == 0.95
    assert "Coverage of blaker, n = 12" in curve.text()


def falling(x: int, n: int, level: float) -> Interval:
    return Interval(1 - x / n, 1.0, level)


def test_refusals() -> None:
    for method in (mid_p, blaker, jeffreys, agresti_coull, intervals):
        with pytest.raises(InputRefused, match="5 of 4"):
            method(5, 4)
    for method in (clopper_pearson, wilson, mid_p, blaker, jeffreys, agresti_coull):
        for x, n in ((3.5, 10), (3, 10.5), (math.nan, 10), ("3", 10)):
            with pytest.raises(InputRefused, match="whole numbers"):
                method(x, n)  # type: ignore[arg-type]
        assert method(np.int64(3), np.int32(10)) == method(3, 10)  # type: ignore[arg-type]
    with pytest.raises(InputRefused, match="limits fall"):
        coverage(falling, 4, [0.5])
    with pytest.raises(InputRefused, match="true rates"):
        coverage(wilson, 4, [])
    with pytest.raises(InputRefused, match="probability"):
        binomial_p_blaker(1, 4, 1.5)
