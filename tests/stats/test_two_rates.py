"""Two rates: exact tests, score intervals and ratios against peers, print, and slow obvious versions."""

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import barnard_exact, binom, boschloo_exact, fisher_exact

from remission.errors import InputRefused
from remission.stats.rates.compared import compare
from remission.stats.rates.difference import (
    farrington_manning,
    farrington_manning_p,
    miettinen_nurminen,
    newcombe,
)
from remission.stats.rates.fisher import exact_odds_ratio, fisher
from remission.stats.rates.kernels_two import (
    chance,
    fisher_region,
    highest_apart,
    restricted_rate,
    score_region,
)
from remission.stats.rates.ratios import katz, koopman, miettinen_nurminen_ratio, woolf
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.rates.unconditional import barnard, boschloo, exact_difference, exact_margin

SHARED = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"
TABLES = [(7, 12, 2, 15), (75, 90, 210, 300), (1, 5, 4, 6), (9, 40, 20, 35), (30, 33, 18, 33), (0, 10, 3, 20)]
Z = 1.959963984540054


def table_of(counts: TwoCounts) -> list[list[int]]:
    return [[counts.x1, counts.x0], [counts.n1 - counts.x1, counts.n0 - counts.x0]]


# R 4.2.2: r <- fisher.test(matrix(c(x1, n1 - x1, x0, n0 - x0), 2)); r$p.value, r$estimate, r$conf.int
FISHER = [
    ((75, 90, 210, 300), 0.014347398157318, 2.1390571892095, 1.1418731331967, 4.2326628358989),
    ((7, 12, 2, 15), 0.036918382913806, 8.2648287131263, 1.0879282850074, 108.57080835391),
    ((0, 10, 3, 20), 0.5320197044335, 0.0, 0.0, 4.8702390002538),
    ((10, 10, 12, 20), 0.028757416163713, math.inf, 1.0586350578914, math.inf),
]


@pytest.mark.parametrize(("counts", "p", "odds", "lower", "upper"), FISHER)
def test_fisher_and_the_odds_ratio_of_r(
    counts: tuple[int, int, int, int], p: float, odds: float, lower: float, upper: float
) -> None:
    of = TwoCounts(*counts)
    one = exact_odds_ratio(of)
    assert fisher(of) == pytest.approx(p, rel=1e-12)
    for ours, theirs in ((one.estimate or 0, odds), (one.lower, lower), (one.upper, upper)):
        # R's uniroot finds the odds ratio, or its inverse where it is above 1, to its usual tolerance
        assert (ours > 1) == (theirs > 1)
        assert (1 / ours if ours > 1 else ours) == pytest.approx(
            1 / theirs if theirs > 1 else theirs, abs=1.22e-4
        )


@pytest.mark.parametrize("counts", TABLES)
def test_the_odds_ratio_solves_its_equations(counts: tuple[int, int, int, int]) -> None:
    of = TwoCounts(*counts)
    one = exact_odds_ratio(of)
    total = of.x1 + of.x0
    values = range(max(0, total - of.n0), min(of.n1, total) + 1)

    def chances(odds: float) -> dict[int, float]:
        weights = {k: math.comb(of.n1, k) * math.comb(of.n0, total - k) * odds**k for k in values}
        return {k: weight / sum(weights.values()) for k, weight in weights.items()}

    assert sum(p for k, p in chances(one.upper).items() if k <= of.x1) == pytest.approx(0.025, rel=1e-9)
    if of.x1 > values[0]:
        assert sum(p for k, p in chances(one.lower).items() if k >= of.x1) == pytest.approx(0.025, rel=1e-9)
        mean = sum(k * p for k, p in chances(one.estimate or 0).items())
        assert mean == pytest.approx(of.x1, rel=1e-9)


@pytest.mark.parametrize("counts", TABLES)
@pytest.mark.parametrize("side", list(Side))
def test_fisher_and_boschloo_of_scipy(counts: tuple[int, int, int, int], side: Side) -> None:
    of = TwoCounts(*counts)
    assert fisher(of, side) == pytest.approx(fisher_exact(table_of(of), side.value)[1], rel=1e-9)
    peer = boschloo_exact(table_of(of), side.value, n=64)
    assert boschloo(of, side).p == pytest.approx(peer.pvalue, rel=1e-8)


def squared(x1: int, n1: int, x0: int, n0: int) -> Fraction:
    total, apart = x1 + x0, x1 * n0 - x0 * n1
    if total in (0, n1 + n0):
        return Fraction(0)
    return Fraction(apart * abs(apart), total * (n1 + n0 - total))


def slow_barnard(counts: TwoCounts, side: Side, points: int = 4001) -> float:
    """Every table compared in fractions, every rate of a grid: never more than the true maximum."""
    here = squared(counts.x1, counts.n1, counts.x0, counts.n0)

    def extreme(value: Fraction) -> bool:
        match side:
            case Side.GREATER:
                return value >= here
            case Side.LESS:
                return value <= here
            case Side.TWO_SIDED:
                return abs(value) >= abs(here)

    region = np.array(
        [
            [extreme(squared(x1, counts.n1, x0, counts.n0)) for x0 in range(counts.n0 + 1)]
            for x1 in range(counts.n1 + 1)
        ],
        dtype=float,
    )
    grid = np.linspace(0, 1, points)
    ones = binom.pmf(np.arange(counts.n1 + 1)[:, None], counts.n1, grid)
    zeros = binom.pmf(np.arange(counts.n0 + 1)[:, None], counts.n0, grid)
    return float(((region.T @ ones) * zeros).sum(axis=0).max())


@pytest.mark.parametrize("counts", [*TABLES[:1], *TABLES[2:]])
@pytest.mark.parametrize("side", list(Side))
def test_barnard_against_a_slow_grid(counts: tuple[int, int, int, int], side: Side) -> None:
    of = TwoCounts(*counts)
    fast, slow = barnard(of, side).p, slow_barnard(of, side)
    assert slow * (1 - 1e-12) <= fast <= slow * (1 + 1e-5)


@given(st.integers(1, 12), st.integers(1, 12), st.data(), st.sampled_from(list(Side)))
@settings(max_examples=60, deadline=None)
def test_barnard_at_any_counts(n1: int, n0: int, data: st.DataObject, side: Side) -> None:
    of = TwoCounts(data.draw(st.integers(0, n1)), n1, data.draw(st.integers(0, n0)), n0)
    fast, slow = barnard(of, side).p, min(1.0, slow_barnard(of, side, 2001))
    assert slow * (1 - 1e-10) <= fast <= slow * (1 + 1e-4)  # the search may drop a relative 1e-10


def test_barnard_of_mehta_and_senchaudhuri() -> None:
    """7/15 and 12/15: one-sided 0.0341 against Fisher's 0.0641 (Mehta and Senchaudhuri 2003)."""
    of = TwoCounts(7, 15, 12, 15)
    assert round(fisher(of, Side.LESS), 4) == 0.0641
    assert round(barnard(of, Side.LESS).p, 4) == 0.0341
    peer = barnard_exact(table_of(of), alternative="less", n=128)
    assert barnard(of, Side.LESS).statistic == pytest.approx(peer.statistic, rel=1e-12)
    # scipy compares statistics in floats and loses one that ties: 3/15 and 8/15, the mirror of this table
    assert peer.pvalue < slow_barnard(of, Side.LESS) <= barnard(of, Side.LESS).p


@pytest.mark.parametrize("counts", [(9, 40, 20, 35), (1, 5, 4, 6)])
def test_barnard_of_scipy_where_no_tie_is_lost(counts: tuple[int, int, int, int]) -> None:
    of = TwoCounts(*counts)
    assert barnard(of, Side.LESS).p == pytest.approx(
        barnard_exact(table_of(of), "less", n=128).pvalue, rel=1e-8
    )


def test_barnard_of_unequal_groups_peaks_where_no_trial_is() -> None:
    of = TwoCounts(75, 90, 210, 300)
    one = barnard(of)
    assert one.rate is not None
    assert min(one.rate, 1 - one.rate) == pytest.approx(0.0065, abs=1e-4)
    assert slow_barnard(of, Side.TWO_SIDED, 2001) <= one.p <= 0.018143
    assert boschloo(of).p < one.p


def barnard_p(counts: TwoCounts, side: Side) -> float:
    return barnard(counts, side).p


def boschloo_p(counts: TwoCounts, side: Side) -> float:
    return boschloo(counts, side).p


@given(st.integers(1, 20), st.integers(1, 20), st.data())
@settings(max_examples=40, deadline=None)
def test_exact_tests_know_no_order_of_groups_and_no_name_of_outcomes(
    n1: int, n0: int, data: st.DataObject
) -> None:
    of = TwoCounts(data.draw(st.integers(0, n1)), n1, data.draw(st.integers(0, n0)), n0)
    for test in (fisher, barnard_p, boschloo_p):
        greater = test(of, Side.GREATER)
        assert test(of.swapped, Side.LESS) == pytest.approx(greater, rel=1e-8)
        assert test(of.failures, Side.LESS) == pytest.approx(greater, rel=1e-8)
        assert test(of, Side.TWO_SIDED) == pytest.approx(test(of.swapped, Side.TWO_SIDED), rel=1e-8)
    assert boschloo(of, Side.GREATER).p <= fisher(of, Side.GREATER) * (1 + 1e-8)


def test_size_of_the_unconditional_tests_at_any_rate() -> None:
    for test in (barnard, boschloo):
        rejects = np.array(
            [[test(TwoCounts(x1, 8, x0, 11)).p <= 0.05 for x0 in range(12)] for x1 in range(9)]
        )
        for rate in np.linspace(0.01, 0.99, 99):
            ones, zeros = binom.pmf(np.arange(9), 8, rate), binom.pmf(np.arange(12), 11, rate)
            assert ones @ rejects @ zeros <= 0.05


def slow_restricted(x1: int, n1: int, x0: int, n0: int, delta: float) -> float:
    """Farrington and Manning's closed form of the cubic's root."""
    theta, p1, p0 = n0 / n1, x1 / n1, x0 / n0
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p0 + delta * (theta + 2))
    c = delta**2 + delta * (2 * p1 + theta + 1) + p1 + theta * p0
    d = -p1 * delta * (1 + delta)
    v = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    u = math.copysign(math.sqrt(max(0.0, b**2 / (9 * a**2) - c / (3 * a))), v)
    w = (math.pi + math.acos(max(-1.0, min(1.0, v / u**3)))) / 3
    return 2 * u * math.cos(w) - b / (3 * a) - delta


@pytest.mark.parametrize("counts", TABLES)
@pytest.mark.parametrize("delta", [-0.6, -0.2, -0.05, 0.1, 0.45])
def test_restricted_rates_against_the_closed_form(counts: tuple[int, int, int, int], delta: float) -> None:
    assert restricted_rate(*counts, delta) == pytest.approx(slow_restricted(*counts, delta), abs=2e-7)


def slow_score(counts: TwoCounts, delta: float) -> float:
    p0 = slow_restricted(counts.x1, counts.n1, counts.x0, counts.n0, delta)
    p1 = p0 + delta
    return (counts.difference - delta) / math.sqrt(p1 * (1 - p1) / counts.n1 + p0 * (1 - p0) / counts.n0)


def test_farrington_manning_of_the_peer() -> None:
    """The row gives no counts: 10/50 and 20/50 are the only ones of equal groups up to 150 that come near.

    gsDesign 3.4.0 stops at uniroot's usual tolerance (1.22e-4): its own limits are not where z = 1.96. They
    differ from the roots by 1.1e-5 and 1.3e-6. Ours solve the equation.
    """
    counts = TwoCounts(10, 50, 20, 50)
    one = farrington_manning(counts)
    assert slow_score(counts, one.lower) == pytest.approx(Z, abs=1e-9)
    assert slow_score(counts, one.upper) == pytest.approx(-Z, abs=1e-9)
    if SHARED.exists():
        rows = json.loads(SHARED.read_text())
        peer = next(row["value"] for row in rows if row["id"] == "ciBinomial_farrington_manning")
        assert abs(slow_score(counts, peer[0]) - Z) > 1e-5
        assert [one.lower, one.upper] == pytest.approx(peer, abs=1.22e-4, rel=0)


def test_miettinen_and_nurminen_examples_4_and_6() -> None:
    """Their examples, in the digits gsDesign's own tests quote: 0/10 and 0/20; 10/10 and 20/20."""
    one = miettinen_nurminen(TwoCounts(0, 10, 0, 20))
    assert (one.lower, one.upper) == pytest.approx((-0.1658, 0.2844), abs=5e-5)
    ratio = miettinen_nurminen_ratio(TwoCounts(10, 10, 20, 20))
    assert (ratio.lower, ratio.upper) == pytest.approx((0.7156, 1.1987), abs=5e-5)


# R 4.2.2, epiR 2.0.57: epi.2by2(matrix(c(75, 15, 210, 90), 2, byrow = TRUE), "cohort.count", units = 1),
# $massoc.detail: RR.strata.wald, OR.strata.wald, ARisk.strata.score
def test_ratios_of_epir() -> None:
    counts = TwoCounts(75, 90, 210, 300)
    risk, odds = katz(counts), woolf(counts)
    assert (risk.estimate, risk.lower, risk.upper) == pytest.approx(
        (1.1904761904762, 1.0575224272901, 1.3401451576988), rel=1e-12
    )
    assert (odds.estimate, odds.lower, odds.upper) == pytest.approx(
        (2.1428571428571, 1.1679723259445, 3.9314602175876), rel=1e-12
    )


# Newcombe 1998, Statistics in Medicine 17:873-890, Table II, method 10 (d, 56/70 and so on)
NEWCOMBE = [
    ((56, 70, 48, 80), 0.0524, 0.3339),
    ((9, 10, 3, 10), 0.1705, 0.8090),
    ((6, 7, 2, 7), 0.0582, 0.8062),
    ((5, 56, 0, 29), -0.0381, 0.1926),
    ((0, 10, 0, 20), -0.1611, 0.2775),
    ((0, 10, 0, 10), -0.2775, 0.2775),
    ((10, 10, 0, 20), 0.6791, 1.0000),
    ((10, 10, 0, 10), 0.6075, 1.0000),
]

# The same table, method 5 (Mee: the score interval without the factor) and 6 (Miettinen-Nurminen)
MEE = [((56, 70, 48, 80), 0.0533, 0.3377), ((9, 10, 3, 10), 0.1821, 0.8370)]
MIETTINEN_NURMINEN = [((56, 70, 48, 80), 0.0528, 0.3382), ((9, 10, 3, 10), 0.1700, 0.8406)]


@pytest.mark.parametrize(("counts", "lower", "upper"), NEWCOMBE)
def test_newcombe_as_printed(counts: tuple[int, int, int, int], lower: float, upper: float) -> None:
    one = newcombe(TwoCounts(*counts))
    assert (one.lower, one.upper) == pytest.approx((lower, upper), abs=5.001e-5, rel=0)


@pytest.mark.parametrize(
    ("method", "rows"), [(farrington_manning, MEE), (miettinen_nurminen, MIETTINEN_NURMINEN)]
)
def test_score_intervals_as_newcombe_prints_them(
    method: object, rows: list[tuple[tuple[int, int, int, int], float, float]]
) -> None:
    for counts, lower, upper in rows:
        one = method(TwoCounts(*counts))  # type: ignore[operator]
        assert (one.lower, one.upper) == pytest.approx((lower, upper), abs=5.001e-5, rel=0)


@given(st.integers(2, 60), st.integers(2, 60), st.data())
@settings(max_examples=50, deadline=None)
def test_intervals_mirror_and_hold_the_estimate(n1: int, n0: int, data: st.DataObject) -> None:
    of = TwoCounts(data.draw(st.integers(0, n1)), n1, data.draw(st.integers(0, n0)), n0)
    for method in (newcombe, farrington_manning, miettinen_nurminen):
        one, other = method(of), method(of.swapped)
        assert one.lower == pytest.approx(-other.upper, abs=1e-10)
        assert -1 - 1e-12 <= one.lower <= of.difference + 1e-12
        assert of.difference - 1e-12 <= one.upper <= 1 + 1e-12
    ratio, upside = koopman(of), koopman(of.swapped)
    if of.x1 and of.x0:
        assert ratio.lower * upside.upper == pytest.approx(1, rel=1e-9)
        assert ratio.estimate is not None
        assert ratio.lower <= ratio.estimate * (1 + 1e-9)
        assert ratio.estimate <= ratio.upper * (1 + 1e-9)
    elif of.x0 == 0:
        assert ratio.upper == math.inf


def test_the_margin_test_is_the_interval_turned() -> None:
    of = TwoCounts(75, 90, 210, 300)
    one = farrington_manning(of, 0.95)
    assert farrington_manning_p(of, one.lower) == pytest.approx(0.025, abs=1e-9)
    assert farrington_manning_p(of, one.upper, Side.LESS) == pytest.approx(0.025, abs=1e-9)
    # R: prop.test(c(75, 210), c(90, 300), correct = FALSE)$statistic is 6.2556390977444
    z = math.sqrt(6.2556390977444)
    assert farrington_manning_p(of) == pytest.approx(math.erfc(z / math.sqrt(2)) / 2, rel=1e-10)
    assert farrington_manning_p(of, 0.0, Side.TWO_SIDED) == pytest.approx(2 * farrington_manning_p(of))


def slow_margin(counts: TwoCounts, margin: float) -> float:
    """Every table scored by itself, every pair of rates of a grid."""
    here = scored(counts.x1, counts.n1, counts.x0, counts.n0, margin)
    region = np.array(
        [
            [scored(x1, counts.n1, x0, counts.n0, margin) >= here - 1e-7 for x0 in range(counts.n0 + 1)]
            for x1 in range(counts.n1 + 1)
        ],
        dtype=float,
    )
    grid = np.linspace(max(0.0, -margin), min(1.0, 1 - margin), 4001)
    ones = binom.pmf(np.arange(counts.n1 + 1)[:, None], counts.n1, np.clip(grid + margin, 0, 1))
    zeros = binom.pmf(np.arange(counts.n0 + 1)[:, None], counts.n0, grid)
    return float(((region.T @ ones) * zeros).sum(axis=0).max())


def scored(x1: int, n1: int, x0: int, n0: int, delta: float) -> float:
    p0 = restricted_rate(x1, n1, x0, n0, delta)
    variance = (p0 + delta) * (1 - p0 - delta) / n1 + p0 * (1 - p0) / n0
    gap = x1 / n1 - x0 / n0 - delta
    return gap / math.sqrt(variance) if variance > 1e-15 else math.copysign(math.inf, gap)


@pytest.mark.parametrize("counts", [(7, 12, 2, 15), (9, 10, 8, 10), (1, 5, 4, 6), (20, 25, 14, 22)])
@pytest.mark.parametrize("margin", [-0.2, -0.1, 0.05])
def test_exact_margin_against_a_slow_grid(counts: tuple[int, int, int, int], margin: float) -> None:
    of = TwoCounts(*counts)
    assert exact_margin(of, margin) == pytest.approx(min(1.0, slow_margin(of, margin)), rel=2e-5)
    assert exact_margin(of.swapped, -margin, Side.LESS) == exact_margin(of, margin)


def test_exact_difference_covers_and_mirrors() -> None:
    n1, n0 = 4, 5
    limits = {
        (x1, x0): exact_difference(TwoCounts(x1, n1, x0, n0), 0.9) for x1 in range(5) for x0 in range(6)
    }
    for p1 in np.linspace(0.02, 0.98, 13):
        for p0 in np.linspace(0.02, 0.98, 13):
            covered = sum(
                binom.pmf(x1, n1, p1) * binom.pmf(x0, n0, p0)
                for (x1, x0), one in limits.items()
                if one.lower <= p1 - p0 <= one.upper
            )
            assert covered >= 0.9 - 1e-9
    one, other = exact_difference(TwoCounts(7, 12, 2, 15)), exact_difference(TwoCounts(2, 15, 7, 12))
    assert one.lower == -other.upper
    assert exact_margin(TwoCounts(7, 12, 2, 15), one.lower) == pytest.approx(0.025, abs=1e-6)


def test_kernels_against_python() -> None:
    """The same loops run as plain Python where they call no other loop, and by definition where they do."""
    from remission.stats.tails import log_gamma

    n1, n0 = 5, 7
    logs = log_gamma(np.arange(1.0, n1 + n0 + 2))
    limit = fisher(TwoCounts(4, n1, 2, n0), Side.GREATER) * (1 + 1e-9)
    high = fisher_region(n1, n0, limit, logs)
    for x0 in range(n0 + 1):
        for x1 in range(n1 + 1):
            assert (x1 >= high[x0]) == (fisher(TwoCounts(x1, n1, x0, n0), Side.GREATER) <= limit)
    low = np.array([-1, -1, -1, 0, 0, 1, 2, 2])
    expected = sum(
        binom.pmf(x1, n1, 0.3) * binom.pmf(x0, n0, 0.6)
        for x0 in range(n0 + 1)
        for x1 in range(n1 + 1)
        if x1 <= low[x0] or x1 >= high[x0]
    )
    assert chance(low, high, n1, 0.3, 0.6, logs) == pytest.approx(expected, rel=1e-12)
    region = score_region(4, n1, 2, n0, -0.1)
    rates = np.linspace(0.1, 1, 2001)
    slow = max(chance(np.full(n0 + 1, -1), region, n1, max(0.0, p - 0.1), p, logs) for p in rates)
    assert highest_apart(region, n1, -0.1, logs) == pytest.approx(slow, rel=1e-5)


def test_compared_printed_and_drawn() -> None:
    one = compare(TwoCounts(75, 90, 210, 300))
    words = one.text()
    assert "75/90 = 83.3 % against 210/300 = 70.0 %" in words
    assert "p = 0.01108" in words
    assert "Boschloo，双侧" in one.text("zh")
    assert len(one.chart().rows) == 3
    empty = compare(TwoCounts(0, 10, 3, 20))
    assert empty.katz is None
    assert empty.woolf is None
    assert compare(TwoCounts(0, 10, 0, 20)).koopman.estimate is None
    assert "∞" in compare(TwoCounts(3, 10, 0, 20)).text()


SCORE = (miettinen_nurminen, farrington_manning)


@pytest.mark.parametrize(
    (
        "counts",
        "lower",
        "upper",
    ),  # by the formula: with e off the corner the variance is e over n to first order
    [
        ((0, 10, 0, 10), -0.28793394128201, 0.28793394128201),
        ((10, 10, 10, 10), -0.28793394128201, 0.28793394128201),
        ((10, 10, 0, 10), 0.66364155189477, 1.0),
        ((0, 10, 10, 10), -1.0, -0.66364155189477),
        ((56, 70, 48, 80), 0.05282971324584, 0.33817294001587),
    ],
)
def test_score_limits_where_all_or_none_responded(
    counts: tuple[int, int, int, int], lower: float, upper: float
) -> None:
    one = miettinen_nurminen(TwoCounts(*counts))
    assert (one.lower, one.upper) == pytest.approx((lower, upper), abs=1e-13)


def test_score_limits_of_two_whole_groups_in_closed_form() -> None:
    """20/20 against 50/50: at -e group 1 has rate 1 - e, so n e / (1 - e) = z^2."""
    one, square = farrington_manning(TwoCounts(20, 20, 50, 50)), Z * Z
    expected = (-square / (20 + square), square / (50 + square))
    assert (one.lower, one.upper) == pytest.approx(expected, abs=1e-13)


def test_score_limits_have_a_width_hold_the_estimate_and_mirror() -> None:
    for n1, n0 in ((1, 1), (1, 6), (5, 3), (8, 8), (15, 4), (15, 15)):
        for x1, x0 in np.ndindex(n1 + 1, n0 + 1):
            of = TwoCounts(x1, n1, x0, n0)
            for method in SCORE:
                one, other, turned = method(of), method(of.failures), method(of.swapped)
                assert one.upper - one.lower > 0.05
                assert one.lower <= of.difference <= one.upper
                assert (one.lower, one.upper) == pytest.approx((-other.upper, -other.lower), abs=1e-10)
                assert (one.lower, one.upper) == pytest.approx((-turned.upper, -turned.lower), abs=1e-10)
            for method in (koopman, miettinen_nurminen_ratio):
                ratio = method(of)
                assert ratio.upper > 1.05 * ratio.lower
                assert ratio.estimate is None or ratio.lower <= ratio.estimate <= ratio.upper


@pytest.mark.parametrize(("n1", "n0"), [(20, 50), (10, 10)])
@pytest.mark.parametrize("method", SCORE)
def test_score_intervals_cover_into_the_corners(method: Any, n1: int, n0: int) -> None:
    """Exactly, over all tables: 0.839 at .98 against .97 before the limits at 20/20 v 50/50 had a width.

    The rest is the method: where one rate is 0 or 1 and the other nearly so, a single child decides.
    """
    limits = {(x1, x0): method(TwoCounts(x1, n1, x0, n0)) for x1 in range(n1 + 1) for x0 in range(n0 + 1)}

    def covered(p1: float, p0: float) -> float:
        ones, zeros = binom.pmf(np.arange(n1 + 1), n1, p1), binom.pmf(np.arange(n0 + 1), n0, p0)
        delta = p1 - p0
        return sum(
            ones[x1] * zeros[x0]
            for (x1, x0), one in limits.items()
            if one.lower - 1e-12 <= delta <= one.upper + 1e-12
        )

    rates = (0.0, 0.02, 0.3, 0.5, 0.7, 0.95, 0.97, 0.98, 1.0)
    lowest = min(covered(p1, p0) for p1 in rates for p0 in rates)
    assert lowest > 0.90
    assert min(covered(p, p) for p in rates) > 0.93
    assert covered(0.98, 0.97) > 0.98


def test_refusals() -> None:
    with pytest.raises(InputRefused, match="0 of 0"):
        TwoCounts(0, 0, 1, 2)
    with pytest.raises(InputRefused, match="nobody responded"):
        katz(TwoCounts(0, 5, 1, 5))
    with pytest.raises(InputRefused, match="take koopman, whose limits"):
        katz(TwoCounts(20, 20, 50, 50))
    whole = compare(TwoCounts(20, 20, 50, 50))
    assert whole.katz is None and "1.000 … 1.000" not in whole.text()
    for wrong in ((3.5, 10, 2, 10), (3, 10, 2, 10.5), (math.nan, 10, 2, 10), ("3", 10, 2, 10)):
        with pytest.raises(InputRefused, match="whole numbers"):
            TwoCounts(*wrong)  # type: ignore[arg-type]
    assert fisher(TwoCounts(*np.array([3, 10, 2, 10]))) == fisher(TwoCounts(3, 10, 2, 10))
    with pytest.raises(InputRefused, match="everybody"):
        woolf(TwoCounts(5, 5, 1, 5))
    with pytest.raises(InputRefused, match="1001"):
        barnard(TwoCounts(1, 1001, 1, 5))
    with pytest.raises(InputRefused, match="margin"):
        exact_margin(TwoCounts(1, 5, 1, 5), 1.0)
    with pytest.raises(InputRefused, match="margin"):
        farrington_manning_p(TwoCounts(1, 5, 1, 5), -1.0)
