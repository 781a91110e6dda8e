"""What depth does to a call: quadrature against another quadrature, against dice, and against arithmetic."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats

from remission.errors import InputRefused
from remission.stats.operating.assay import (
    FAR,
    NEGATIVE,
    NOT_EVALUABLE,
    POSITIVE,
    Assay,
    Levels,
    calls_of_both,
    curve,
)
from remission.stats.operating.counted import counted_test
from remission.stats.operating.levels import (
    Below,
    Stratum,
    levels_through,
    levels_through_one,
    share_below,
)
from remission.stats.rates.proportions import power

FLOW = Assay(1e-4, 1e-4, 20, 8e5, 0.55, 2e-6, 0.03)
NGS = Assay(1e-6, 1e-6, -math.log(0.05), 4e6, 0.22, 3e-8, 0.05, by_interval=True)
ONE = (Stratum("all", 1.0),)
STRATA = (Stratum("a", 0.5), Stratum("b", 0.3, 0.6), Stratum("c", 0.2, 1.5))
LEVELS = levels_through(ONE, Below(1e-4, 0.85), Below(1e-6, 0.60))


def slow_negative(assay: Assay, levels: Levels) -> float:
    """Chance of a negative: adaptive integration over level, a fine sum over cells."""
    z = (np.arange(4000) + 0.5) / 4000
    cells = assay.cells * np.exp(assay.cells_log_spread * special.ndtri(z))
    deep = assay.events_for_lod / cells <= assay.required_lod
    most = np.ceil(assay.threshold * cells) - 1

    def at(u: float) -> float:
        level = min(1.0, 10 ** (levels.mean + levels.spread * u)) + assay.background
        below = special.pdtr(most, cells * level) * deep
        return float(below.mean() * math.exp(-u * u / 2) / math.sqrt(2 * math.pi))

    edge = (math.log10(assay.threshold) - levels.mean) / levels.spread
    found = integrate.quad(at, -9, 9, points=[edge], limit=200)[0]
    return float(found * (1 - levels.none) * (1 - assay.unusable))


@pytest.mark.parametrize("assay", [FLOW, NGS])
@pytest.mark.parametrize("levels", [LEVELS, Levels(-4.5, 0.8)])
def test_a_negative_is_as_likely_as_by_another_way(assay: Assay, levels: Levels) -> None:
    assert curve(assay).calls(levels)[NEGATIVE] == pytest.approx(slow_negative(assay, levels), abs=3e-4)


@pytest.mark.parametrize("assay", [FLOW, NGS])
def test_calls_are_as_often_as_among_children_drawn(assay: Assay) -> None:
    dice, n = np.random.default_rng(8), 400_000
    level = np.minimum(1, 10 ** (LEVELS.mean + LEVELS.spread * dice.normal(size=n))) + assay.background
    cells = assay.cells * np.exp(assay.cells_log_spread * dice.normal(size=n))
    found, usable = dice.poisson(cells * level), dice.random(n) >= assay.unusable
    sure = special.gammaincinv(np.maximum(found, 1), 0.025) * (found > 0) >= assay.threshold * cells
    counts = (found >= assay.events_for_lod) | (sure if assay.by_interval else False)
    positive = usable & (found / cells >= assay.threshold) & counts
    far = positive & (found / cells >= 0.01)
    negative = usable & (found / cells < assay.threshold)
    negative &= assay.events_for_lod / cells <= assay.required_lod
    calls = curve(assay).calls(LEVELS)
    shares = {NEGATIVE: negative, POSITIVE: positive & ~far, FAR: far, NOT_EVALUABLE: ~positive & ~negative}
    for call, who in shares.items():
        assert calls[call] == pytest.approx(who.mean(), abs=4 * math.sqrt(0.25 / n))


def test_at_one_depth_and_one_level_it_is_the_poisson_tail() -> None:
    """20 of 200,000 cells are 0.01 %: not below it."""
    assay = Assay(1e-4, 1e-4, 20, 200_000)
    levels = Levels(-4.3, 0.1)
    each = 10 ** (levels.mean + levels.spread * special.ndtri((np.arange(200_000) + 0.5) / 200_000))
    positive = stats.poisson.sf(19, 200_000 * each).mean()
    assert curve(assay).calls(levels)[POSITIVE] == pytest.approx(positive, abs=1e-7)
    assert curve(assay).calls(Levels(-5, 1.0, none=1.0)).tolist() == [1.0, 0.0, 0.0, 0.0]


def test_too_few_cells_are_never_negative() -> None:
    """DOMAIN.md, trap 3: 1e-6 needs 2.996 million cells; 650 ng hold 100,000."""
    shallow = Assay(1e-6, 1e-6, -math.log(0.05), 100_000, by_interval=True)
    calls = curve(shallow).calls(LEVELS)
    assert calls[NEGATIVE] == 0 and calls[NOT_EVALUABLE] > 0.5
    assert curve(Assay(1e-6, 1e-6, 3, 2_999_999)).calls(LEVELS)[NEGATIVE] == 0
    assert curve(Assay(1e-6, 1e-6, 3, 3_000_000)).calls(LEVELS)[NEGATIVE] > 0.5


def test_a_pair_of_tests_has_the_margins_of_each_and_keeps_the_nesting() -> None:
    table = calls_of_both(LEVELS, curve(FLOW), curve(NGS))
    assert table.sum() == pytest.approx(1, abs=1e-12)
    assert table.sum(axis=1) == pytest.approx(curve(FLOW).calls(LEVELS), abs=1e-12)
    assert table.sum(axis=0) == pytest.approx(curve(NGS).calls(LEVELS), abs=1e-12)
    assert table[POSITIVE, NEGATIVE] + table[FAR, NEGATIVE] < 1e-6  # who is above 1e-4 is never below 1e-6
    lost = calls_of_both(LEVELS, curve(FLOW), curve(NGS), missing=0.2)
    assert lost[NEGATIVE, NEGATIVE] == pytest.approx(0.8 * table[NEGATIVE, NEGATIVE])
    assert lost.sum() == pytest.approx(1, abs=1e-12)


@given(st.floats(0.3, 0.97), st.floats(0.1, 0.9))
@settings(max_examples=30, deadline=None)
def test_levels_have_the_rates_asked_for(high: float, part: float) -> None:
    strata = STRATA
    low = high * (0.5 + 0.4 * part)
    try:
        levels = levels_through(strata, Below(1e-4, high), Below(1e-6, low))
    except InputRefused as refused:
        assert "with these strata give a lower rate" in str(refused)
        return
    assert share_below(strata, levels, 1e-4) == pytest.approx(high, abs=1e-9)
    assert share_below(strata, levels, 1e-6) == pytest.approx(low, abs=1e-7)


def test_levels_of_one_stratum_are_the_two_quantiles() -> None:
    """log10 level = mean + spread z: (-4 - mean) / spread = z(.85), (-6 - mean) / spread = z(.60)."""
    spread = 2 / (stats.norm.ppf(0.85) - stats.norm.ppf(0.60))
    assert LEVELS.spread == pytest.approx(spread, rel=1e-9)
    assert LEVELS.mean == pytest.approx(-4 - spread * stats.norm.ppf(0.85), rel=1e-9)
    assert levels_through_one(ONE, Below(1e-4, 0.85), spread).mean == pytest.approx(LEVELS.mean, rel=1e-9)


@given(st.floats(0.0, 0.3), st.floats(0.31, 0.95))
@settings(max_examples=20, deadline=None)
def test_deeper_tests_leave_fewer_without_an_answer(spread: float, rate: float) -> None:
    levels = levels_through_one(ONE, Below(1e-6, rate), 2.0)
    without = [
        curve(Assay(1e-6, 1e-6, 3, cells, spread)).calls(levels)[NOT_EVALUABLE] for cells in (1e6, 3e6, 9e6)
    ]
    assert without[0] >= without[1] - 1e-9 and without[1] >= without[2] - 1e-9


def test_the_trial_s_figures_of_missing_sequencing() -> None:
    """DOMAIN.md: .40 -> .60 in 90; 13 of 90 indeterminate: .965 -> .939 if excluded, .561 if failures."""
    assert counted_test(90, 0.4, 0.025, 0.6, 0.0).rejects == pytest.approx(0.965, abs=0.0005)
    assert counted_test(77, 0.4, 0.025, 0.6, 0.0).rejects == pytest.approx(0.939, abs=0.0005)
    # 13 of 90 are 14.4 %; with 13/90 unrounded it is .559
    assert counted_test(90, 0.4, 0.025, 0.6 * (1 - 0.144), 0.0).rejects == pytest.approx(0.561, abs=0.0005)


def test_the_exact_test_of_those_counted_is_the_sum_over_their_number() -> None:
    found = counted_test(40, 0.5, 0.05, 0.6, 0.15)
    slow = sum(stats.binom.pmf(k, 40, 0.85) * power(k, 0.5, 0.6 / 0.85, 0.05) for k in range(1, 41))
    assert found.rejects == pytest.approx(slow, abs=1e-12)
    assert (found.rate, found.counted) == (pytest.approx(0.6 / 0.85), pytest.approx(34))


def test_excluding_the_failures_turns_a_useless_drug_into_a_success() -> None:
    """DOMAIN.md, trap 2: the true rate is p0; without the tenth of children who failed most it is not."""
    kept = counted_test(90, 0.7, 0.025, 0.7, 0.0).rejects
    dropped = counted_test(90, 0.7, 0.025, 0.7, 0.1).rejects
    assert kept == pytest.approx(power(90, 0.7, 0.7, 0.025)) and kept < 0.025 < 0.2 < dropped


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Levels(-5, 0.09),
        lambda: Assay(0, 1e-4, 20, 1e5),
        lambda: Assay(1e-4, 1e-4, 20, 1e5, unusable=1.5),
        lambda: counted_test(9, 0.5, 0.05, 0.8, 0.3),
        lambda: levels_through(ONE, Below(1e-4, 0.6), Below(1e-6, 0.7)),
        lambda: levels_through(ONE, Below(1e-6, 0.8), Below(1e-4, 0.7)),
        lambda: levels_through_one((), Below(1e-4, 0.6), 1),
        lambda: levels_through_one(ONE, Below(1e-4, 1.0), 1),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(InputRefused):
        wrong()
