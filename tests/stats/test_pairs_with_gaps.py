"""Two endpoints with gaps: power against full enumeration, limits, invariances, numbers of the trial."""

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.pairs.cells import (
    NO_GAPS,
    Cells,
    Gap,
    Gaps,
    Handling,
    PairCounts,
    furthest,
    independent,
    nested,
    with_correlation,
    with_odds_ratio,
)
from remission.stats.pairs.joint import both_required, holm
from remission.stats.pairs.missing import Sampling, bias, gaps, imputed_power, size
from remission.stats.pairs.power import JointPower, power, power_given
from remission.stats.pairs.rules import (
    Against,
    AtLeast,
    Rule,
    adjusted,
    bonferroni,
    endpoints_succeed,
    hierarchical,
    succeeds,
)
from remission.stats.rates import proportions
from remission.terms.words import Text

TRIAL = Against((0.70, 0.40), 0.025)
EXACT = (Handling.FAILURE, Handling.EXCLUDED)
fractions = st.floats(0, 1)
alphas = st.sampled_from((0.025, 0.1, 0.2, 0.3))
tests = st.builds(Against, st.tuples(st.floats(0.05, 0.8), st.floats(0.05, 0.8)), alphas)


@st.composite
def seen(draw: st.DrawFn) -> Cells:
    """Any nine cells that gaps make of any truth."""
    first, second = draw(fractions), draw(fractions)
    least, most = furthest(first, second)
    complete = draw(st.sampled_from((least, most, independent(first, second))))
    gap = st.builds(Gap, fractions, fractions)
    return complete.with_gaps(draw(st.builds(Gaps, gap, gap, st.floats(0, 0.5))))


def compositions(n: int, parts: int) -> Iterator[tuple[int, ...]]:
    """All ways to share n people among the cells."""
    if parts == 1:
        yield (n,)
        return
    for here in range(n + 1):
        for rest in compositions(n - here, parts - 1):
            yield (here, *rest)


def p_of(seen: int, of: int, p0: float) -> float | None:
    return None if of == 0 else proportions.binomial_p_greater(seen, of, p0)


def slowly(cells: Cells, n: int, rule: Rule, handling: Handling, against: Against) -> JointPower:
    """Every table of nine counts, each judged by adjusted p-values."""
    chances = [chance for row in cells.probabilities for chance in row]
    sums = dict.fromkeys(("success", "first", "second", "both", "either"), 0.0)
    for counts in compositions(n, 9):
        chance = float(math.factorial(n))
        for count, cell in zip(counts, chances, strict=True):
            chance *= cell**count / math.factorial(count)
        table = PairCounts((counts[0:3], counts[3:6], counts[6:9]))  # type: ignore[arg-type]
        of = (n, n) if handling is Handling.FAILURE else table.evaluable
        ps = [p_of(x, m, p0) for x, m, p0 in zip(table.negative, of, against.p0, strict=True)]
        told = adjusted(rule, ps[0], ps[1])
        first = told.first is not None and told.first <= against.alpha
        second = told.second is not None and told.second <= against.alpha
        whole = told.whole is not None and told.whole <= against.alpha
        for name, holds in (
            ("success", whole), ("first", first), ("second", second), ("both", first and second),
            ("either", first or second),
        ):  # fmt: skip
            sums[name] += chance * holds
    return JointPower(rule, handling, n, **sums, not_evaluable=(0.0, 0.0))


NAMES = ("success", "first", "second", "both", "either")


@settings(max_examples=25, deadline=None)
@given(seen(), st.integers(1, 4), st.sampled_from(Rule), st.sampled_from(EXACT), tests)
def test_as_full_enumeration(cells: Cells, n: int, rule: Rule, handling: Handling, against: Against) -> None:
    quick, slow = power(cells, n, rule, handling, against), slowly(cells, n, rule, handling, against)
    for name in NAMES:
        assert getattr(quick, name) == pytest.approx(getattr(slow, name), abs=1e-13), name


def test_as_full_enumeration_of_seven() -> None:
    cells = with_odds_ratio(0.8, 0.6, 5).with_gaps(Gaps(Gap(0.1, 0.2), Gap(0.15, 0.3), 0.05))
    against = Against((0.4, 0.2), 0.2)
    for rule, handling in product(Rule, EXACT):
        quick, slow = power(cells, 7, rule, handling, against), slowly(cells, 7, rule, handling, against)
        for name in NAMES:
            assert getattr(quick, name) == pytest.approx(getattr(slow, name), abs=1e-13), (rule, name)
        assert quick.success > 0.05


# DOMAIN.md, "The trial": n = 90, one-sided .025, NGS nested in flow, .70 -> .85 and .40 -> .60.
def test_numbers_of_the_trial() -> None:
    truth = nested(0.85, 0.60)
    joint = power(truth, 90, Rule.BOTH, Handling.FAILURE, TRIAL)
    assert (round(joint.success, 3), round(joint.first, 3), round(joint.second, 3)) == (0.904, 0.926, 0.965)
    known = power_given(truth, (77, 13, 0, 0), Rule.BOTH, TRIAL)
    assert round(known.second, 3) == 0.939
    counted = power(truth.with_gaps(Gaps.at_random(0, 0.144)), 90, Rule.BOTH, Handling.FAILURE, TRIAL)
    assert round(counted.second, 3) == 0.561  # .144: 13 of 90 as printed to three digits


def test_critical_counts_are_those_of_p0() -> None:
    truth = nested(0.85, 0.60)
    for handling in EXACT:
        counted = power(truth, 90, Rule.BOTH, handling, AtLeast(72, 46))
        tested = power(truth, 90, Rule.BOTH, handling, TRIAL)
        for name in NAMES:
            assert getattr(counted, name) == pytest.approx(getattr(tested, name), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(fractions, fractions, st.integers(1, 60), st.sampled_from(Rule), tests)
def test_without_gaps_every_handling_is_the_same(
    first: float, second: float, n: int, rule: Rule, against: Against
) -> None:
    cells = independent(first, second).with_gaps(NO_GAPS)
    counted, left_out = (power(cells, n, rule, handling, against) for handling in EXACT)
    imputed, off = imputed_power(cells, n, rule, against, Sampling(100, 1), nested=False)
    for name in NAMES:
        assert getattr(counted, name) == pytest.approx(getattr(left_out, name), abs=1e-12)
        assert getattr(counted, name) == getattr(imputed, name)
    assert (off.first, off.second) == pytest.approx((0, 0), abs=1e-15)


@settings(max_examples=30, deadline=None)
@given(seen(), st.integers(1, 40), st.sampled_from(EXACT), tests)
def test_endpoints_change_places(cells: Cells, n: int, handling: Handling, against: Against) -> None:
    other = Against((against.p0[1], against.p0[0]), against.alpha)
    for rule in (Rule.BOTH, Rule.BONFERRONI, Rule.HOLM):
        one, two = (
            power(cells, n, rule, handling, against),
            power(cells.swapped, n, rule, handling, other),
        )
        assert (one.success, one.first, one.second, one.both) == pytest.approx(
            (two.success, two.second, two.first, two.both), abs=1e-12
        )


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(fractions, fractions), fractions, st.integers(1, 50), tests,
    st.sampled_from(Rule), st.sampled_from(EXACT),
)  # fmt: skip
def test_power_grows_with_the_rate(
    firsts: tuple[float, float], second: float, n: int, against: Against, rule: Rule, handling: Handling
) -> None:
    lost = Gaps.at_random(0.1, 0.15, 0.05)
    low, high = (
        power(independent(first, second).with_gaps(lost), n, rule, handling, against)
        for first in sorted(firsts)
    )
    for name in NAMES:
        assert getattr(low, name) <= getattr(high, name) + 1e-12


@settings(max_examples=30, deadline=None)
@given(seen(), st.integers(1, 40), tests)
def test_rules_in_their_order(cells: Cells, n: int, against: Against) -> None:
    """Holm gains on Bonferroni; each endpoint alone is its binomial where gaps are failures."""
    told = {rule: power(cells, n, rule, Handling.FAILURE, against) for rule in Rule}
    assert told[Rule.HOLM].either == pytest.approx(told[Rule.BONFERRONI].either, abs=1e-12)
    assert told[Rule.HOLM].both >= told[Rule.BONFERRONI].both - 1e-12
    assert told[Rule.HIERARCHICAL].both == pytest.approx(told[Rule.BOTH].both, abs=1e-12)
    for name, p0, rate in zip(("first", "second"), against.p0, cells.observed, strict=True):
        alone = proportions.power(n, p0, min(1.0, rate), against.alpha)
        assert getattr(told[Rule.BOTH], name) == pytest.approx(alone, abs=1e-11)


@given(fractions, fractions)
def test_odds_ratio_one_and_correlation_zero_are_independence(first: float, second: float) -> None:
    told = independent(first, second).probabilities
    assert np.allclose(with_odds_ratio(first, second, 1).probabilities, told, atol=1e-15)
    assert np.allclose(with_correlation(first, second, 0).probabilities, told, atol=1e-15)


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(-8, 8))
def test_odds_ratio_comes_back(first: float, second: float, log_ratio: float) -> None:
    (a, b, _), (c, d, _), _ = with_odds_ratio(first, second, math.exp(log_ratio)).probabilities
    assert a * d == pytest.approx(math.exp(log_ratio) * b * c, rel=1e-6, abs=1e-12)
    assert (a + b, a + c) == pytest.approx((first, second))


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99), st.floats(-1, 1))
def test_correlation_comes_back_or_is_refused(first: float, second: float, correlation: float) -> None:
    spread = math.sqrt(first * (1 - first) * second * (1 - second))
    least, most = (cells.probabilities[0][0] - first * second for cells in furthest(first, second))
    if least / spread <= correlation <= most / spread:
        both = with_correlation(first, second, correlation).probabilities[0][0]
        assert (both - first * second) / spread == pytest.approx(correlation, abs=1e-9)
    elif correlation * spread < least - 1e-6 or correlation * spread > most + 1e-6:
        with pytest.raises(InputRefused, match="cannot be correlated"):
            with_correlation(first, second, correlation)


@settings(max_examples=40, deadline=None)
@given(seen())
def test_bias_by_hand(cells: Cells) -> None:
    counted, left_out = bias(cells, Handling.FAILURE), bias(cells, Handling.EXCLUDED)
    assert counted.first == pytest.approx(cells.observed[0] - cells.truth[0])
    if cells.missing[1] < 1 - 1e-9:
        assert left_out.second == pytest.approx(cells.observed[1] / (1 - cells.missing[1]) - cells.truth[1])


def test_gaps_at_random_bias_failure_alone() -> None:
    cells = nested(0.85, 0.6).with_gaps(Gaps.at_random(0.1, 0.144, 0.03))
    assert bias(cells, Handling.EXCLUDED).first == pytest.approx(0, abs=1e-15)
    assert bias(cells, Handling.EXCLUDED).second == pytest.approx(0, abs=1e-15)
    assert bias(cells, Handling.FAILURE).second == pytest.approx(-0.6 * (1 - 0.856 * 0.97))


def test_positive_children_missing_more_often_break_exclusion() -> None:
    informative = Gaps(Gap(0, 0), Gap(0.05, 0.25))
    broken = size(informative, 90, Rule.BOTH, Handling.EXCLUDED, TRIAL, nested=True)
    assert broken.value > 0.1
    assert broken.truth[1] == 0.4
    kept = size(informative, 90, Rule.BOTH, Handling.FAILURE, TRIAL, nested=True)
    assert kept.value <= 0.025


@settings(max_examples=12, deadline=None)
@given(
    st.floats(0, 0.3), st.floats(0, 0.3), st.floats(0, 0.2), st.integers(5, 30),
    st.sampled_from(Rule), st.sampled_from(EXACT), st.booleans(),
)  # fmt: skip
def test_alpha_holds_where_gaps_are_at_random(
    first: float, second: float, both: float, n: int, rule: Rule, handling: Handling, within: bool
) -> None:
    lost = Gaps.at_random(first, second, both)
    assert size(lost, n, rule, handling, Against((0.6, 0.4), 0.1), nested=within).value <= 0.1 + 1e-12


def test_size_of_both_without_gaps_is_that_of_one_endpoint() -> None:
    """Least favourable: the other endpoint always succeeds (Berger 1982)."""
    found = size(NO_GAPS, 90, Rule.BOTH, Handling.FAILURE, TRIAL, nested=False)
    alone = max(proportions.power(90, p0, p0, 0.025) for p0 in TRIAL.p0)
    assert found.value == pytest.approx(alone, rel=1e-12)
    assert 1.0 in found.truth


def test_imputation_is_reproducible_and_gains_from_the_other_endpoint() -> None:
    """NGS lost more often in flow-positive children through their own truth; errors are those told."""
    cells = nested(0.85, 0.6).with_gaps(Gaps.at_random(0, 0.2))
    once, off = imputed_power(cells, 90, Rule.BOTH, TRIAL, Sampling(4000, 7), nested=True)
    assert imputed_power(cells, 90, Rule.BOTH, TRIAL, Sampling(4000, 7), nested=True) == (once, off)
    assert off.second is not None
    assert abs(off.second) < 4 * off.errors[1] + 0.001  # the prior's pull is of order .0005
    assert once.draws == 4000
    left_out = power(cells, 90, Rule.BOTH, Handling.EXCLUDED, TRIAL)
    assert once.first == pytest.approx(left_out.first, abs=4 * once.error(once.first))
    assert once.second > left_out.second - 3 * once.error(once.second)


def test_table_of_gaps_prints_every_row() -> None:
    ways = [(Text("NGS 14.4 %", "NGS 14.4 %"), Gaps.at_random(0, 0.144))]
    told = gaps(nested(0.85, 0.6), ways, 90, Rule.BOTH, TRIAL, nested=True, sampling=Sampling(1000, 1))
    assert [row.handling for row in told.rows] == [Handling.FAILURE, Handling.EXCLUDED, Handling.IMPUTED]
    text = told.text()
    assert "0.5451" in text
    assert "seed 1" in text
    assert "多重插补" in told.html("zh")


def test_nobody_evaluable_is_not_evaluable() -> None:
    cells = nested(0.85, 0.6).with_gaps(Gaps.at_random(0, 1))
    told = power(cells, 20, Rule.BONFERRONI, Handling.EXCLUDED, Against((0.4, 0.4), 0.05))
    assert (told.second, told.not_evaluable) == (0, (0, 1))
    assert told.success == told.first > 0
    assert bias(cells, Handling.EXCLUDED).second is None
    once, off = imputed_power(cells, 20, Rule.BOTH, Against((0.4, 0.4), 0.05), Sampling(100, 1), nested=True)
    assert (once.success, off.second) == (0, None)


@given(st.lists(st.integers(0, 100).map(lambda i: i / 100), min_size=2, max_size=2))
def test_tables_of_levels_are_the_adjusted_p_values(ps: list[float]) -> None:
    alpha = 0.2
    levels = [sum(p <= alpha / k for k in (1, 2)) for p in ps]
    for rule, pooled in (
        (Rule.BONFERRONI, bonferroni(ps)), (Rule.HOLM, holm(ps)), (Rule.HIERARCHICAL, hierarchical(ps)),
    ):  # fmt: skip
        assert endpoints_succeed(rule, *levels) == tuple(p <= alpha for p in pooled)
    assert succeeds(Rule.BOTH, *levels) == (both_required(ps) <= alpha)


def test_adjusted_where_an_endpoint_is_not_evaluable() -> None:
    assert adjusted(Rule.BOTH, 0.01, None).whole is None
    assert adjusted(Rule.HIERARCHICAL, None, 0.01).second is None
    told = adjusted(Rule.HOLM, 0.01, None)
    assert (told.first, told.second, told.whole) == (0.02, None, 0.02)


def test_refusals() -> None:
    truth = nested(0.85, 0.6)
    with pytest.raises(InputRefused, match="second rate at most the first"):
        nested(0.5, 0.6)
    with pytest.raises(InputRefused, match="sum to"):
        Cells(((0.5, 0.4, 0), (0, 0, 0), (0, 0, 0)), (0.5, 0.5))
    with pytest.raises(InputRefused, match="true rate"):
        Cells(((0.5, 0.5, 0), (0, 0, 0), (0, 0, 0)), (0.5, 0.5))
    with pytest.raises(InputRefused, match="gaps already"):
        truth.with_gaps(Gaps.at_random(0, 0.1)).with_gaps(NO_GAPS)
    with pytest.raises(InputRefused, match="gaps change"):
        power(truth.with_gaps(Gaps.at_random(0, 0.1)), 9, Rule.BOTH, Handling.EXCLUDED, AtLeast(5, 5))
    with pytest.raises(InputRefused, match="two critical counts"):
        power(truth, 9, Rule.HOLM, Handling.FAILURE, AtLeast(5, 5))
    with pytest.raises(InputRefused, match="cannot be enumerated"):
        power(truth, 9, Rule.BOTH, Handling.IMPUTED, TRIAL)
    with pytest.raises(InputRefused, match="number of data sets"):
        gaps(truth, [(Text("", ""), Gaps.at_random(0, 0.1))], 9, Rule.BOTH, TRIAL, nested=True)
    with pytest.raises(InputRefused, match="cannot be summed over"):
        lost = truth.with_gaps(Gaps.at_random(0, 0, 0.9))
        imputed_power(lost, 900, Rule.BOTH, TRIAL, Sampling(100, 1), nested=True)
    with pytest.raises(InputRefused, match="0 people"):
        power(truth, 0, Rule.BOTH, Handling.FAILURE, TRIAL)
