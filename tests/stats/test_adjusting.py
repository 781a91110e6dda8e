"""Patient-level comparison: exact identities between the methods, peers' numbers, and what is refused."""

import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from remission.errors import InputRefused
from remission.stats.adjusting.compare import NotEvaluable, compare_people
from remission.stats.adjusting.doubly_robust import doubly_robust
from remission.stats.adjusting.effects import WALD_WORDS, Effect
from remission.stats.adjusting.estimating import sandwich
from remission.stats.adjusting.evalue import bias_bound, e_value
from remission.stats.adjusting.exact_strata import exact_strata
from remission.stats.adjusting.logistic import expit, logistic
from remission.stats.adjusting.people import Covariate, Factor, Measured, People, model_matrix
from remission.stats.adjusting.standardised import (
    crude,
    standard_weights,
    standardised,
    stratified_wilson,
)
from remission.stats.adjusting.weights import Target, kish, propensity, weighted, weights
from remission.stats.interval import Interval
from remission.stats.rates.difference import newcombe
from remission.stats.rates.fisher import fisher
from remission.stats.rates.proportions import wilson
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.tails import normal_quantile
from remission.terms.words import Text

# 24 people; R 4.2.2: f <- glm(t ~ x, family = binomial); e <- fitted(f); w <- e / (1 - e)
X = (0,) * 8 + (1,) * 8 + (2,) * 8
T = (1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1)
Y = (1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0)


def people(
    covariates: Sequence[Covariate], treated: Sequence[int] = T, responded: Sequence[int] = Y
) -> People:
    return People(tuple(map(bool, treated)), tuple(map(bool, responded)), tuple(covariates))


def number(values: Sequence[float] = X, id: str = "x") -> Measured:
    return Measured(id, Text(id, id), tuple(float(value) for value in values))


def factor(values: Sequence[object] = X, id: str = "band") -> Factor:
    return Factor(id, Text(id, id), tuple(None if value is None else str(value) for value in values))


def test_logistic_is_r_glm() -> None:
    matrix = np.column_stack([np.ones(24), X])
    fit = logistic(matrix, np.array(T, float), ("intercept", "x"), what="test")
    assert fit == pytest.approx([-1.0986122886651, 1.0986122886651], abs=1e-10)
    inside = np.array(T) == 1
    for rows, expected in (
        (inside, [2.1539654717310, -0.3879516856014]),
        (~inside, [-0.89040428229347, 1.40943370796077]),
    ):
        own = logistic(matrix[rows], np.array(Y, float)[rows], ("intercept", "x"), what="test")
        assert own == pytest.approx(expected, abs=1e-8)


def test_weighting_to_the_treated_is_what_r_gives() -> None:
    data = people([number()])
    found = weighted(data, propensity(data), Target.TREATED)
    assert found.treated == pytest.approx(0.83333333333333, abs=1e-12)
    assert found.control == pytest.approx(0.72222222222162, abs=1e-9)


def test_in_strata_all_ways_to_make_controls_like_the_trial_are_one() -> None:
    """A model with a column for each stratum is standardisation; the doubly robust one too."""
    data = people([factor()])
    fitted = propensity(data)
    by_strata = standardised(data, ["band"])
    by_weights = weighted(data, fitted, Target.TREATED)
    assert by_weights.control == pytest.approx(by_strata.control, abs=1e-9)
    # by hand: treated 2, 4, 6 of 12; controls respond 2/6, 2/4, 2/2
    assert by_strata.control == pytest.approx(2 / 12 * 2 / 6 + 4 / 12 * 2 / 4 + 6 / 12 * 1, abs=1e-12)
    assert by_strata.settings.en.startswith("strata by band: 3, at least 2 controls in each")


def test_doubly_robust_equals_standardisation_in_strata_where_both_models_are_full() -> None:
    responded = list(Y)
    responded[0], responded[19] = 0, 0  # nobody all or none in any stratum and group
    data = people([factor()], responded=responded)
    found = doubly_robust(data, propensity(data), Target.TREATED)
    assert found.control == pytest.approx(standardised(data, ["band"]).control, abs=1e-9)
    assert found.treated == pytest.approx(crude(data).treated, abs=1e-9)


def test_the_sandwich_is_the_textbook_influence_function() -> None:
    """Weighting with an estimated propensity, against the closed form (Lunceford and Davidian 2004)."""
    data = people([number()])
    fitted = propensity(data)
    found = weighted(data, fitted, Target.EVERYBODY)
    arm, y, e, x = data.arm(), data.outcome(), fitted.chance, fitted.matrix
    inverse = np.linalg.inv((x.T * (e * (1 - e))) @ x)
    influence = []
    for here, share, rate, sign in ((arm, e, found.treated, -1), (1 - arm, 1 - e, found.control, 1)):
        total = np.sum(here / share)
        slope = (sign * here * (1 - share) / share * (y - rate)) @ x / total
        influence.append(here / share * (y - rate) / total + (x * (arm - e)[:, None]) @ inverse @ slope)
    error = float(np.sqrt(np.sum((influence[0] - influence[1]) ** 2)))
    limits = found.difference.interval
    assert limits is not None
    assert found.difference.value is not None
    assert limits.upper - found.difference.value == pytest.approx(normal_quantile(0.975) * error, rel=1e-9)


def test_the_sandwich_of_a_mean_is_its_variance() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0])
    found = sandwich(lambda p: (values - p[0])[:, None], np.array([values.mean()]))
    assert found[0, 0] == pytest.approx(values.var() / 4, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_overlap_weights_balance_the_model_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 60
    a, b = rng.normal(size=n), rng.random(n) < 0.4
    treated = rng.random(n) < expit(0.5 * a - 0.3)
    if treated.all() or not treated.any() or len(set(b[treated])) < 2 or len(set(b[~treated])) < 2:
        return
    data = people([number(a.tolist(), "a"), factor(b.tolist(), "b")], treated.tolist(), treated.tolist())
    fitted = propensity(data)
    weight = weights(data, fitted, Target.OVERLAP)
    _, matrix = model_matrix(data)
    mine = np.average(matrix[treated], axis=0, weights=weight[treated])
    theirs = np.average(matrix[~treated], axis=0, weights=weight[~treated])
    assert mine == pytest.approx(theirs, abs=1e-8)
    assert weight.max() <= 1


def test_weighting_removes_the_bias_of_the_crude_comparison_and_its_interval_covers() -> None:
    """1,000 trials made with a known effect: children with worse disease enter the trial (seed 5)."""
    rng, truth, n = np.random.default_rng(5), [], 700
    crude_gaps, gaps, covered = [], [], 0
    for _ in range(1000):
        x = rng.normal(size=n)
        treated = rng.random(n) < expit(0.8 * x - 1.2)
        chance = [expit(0.4 + 0.7 * arm - 0.9 * x) for arm in (1, 0)]
        responded = rng.random(n) < np.where(treated, *chance)
        truth.append(float((chance[0] - chance[1])[treated].mean()))
        data = people([number(x.tolist())], treated.tolist(), responded.tolist())
        found = weighted(data, propensity(data), Target.TREATED)
        assert found.difference.value is not None
        assert found.difference.interval is not None
        gaps.append(found.difference.value - truth[-1])
        plain = crude(data)
        crude_gaps.append(plain.treated - plain.control - truth[-1])
        covered += found.difference.interval.lower <= truth[-1] <= found.difference.interval.upper
    assert abs(np.mean(gaps)) < 3 * np.std(gaps) / np.sqrt(1000) + 0.003
    assert np.mean(crude_gaps) < -0.05
    assert 0.93 < covered / 1000 < 0.975


# VanderWeele and Ding 2017: risk ratio 3.9 (1.8 to 8.7): 7.26 and 3.0; 0.80 (0.71 to 0.91): 1.81 and 1.43.
@pytest.mark.parametrize(
    ("ratio", "lower", "upper", "estimate", "limit"),
    [(3.9, 1.8, 8.7, "7.26", "3.00"), (0.80, 0.71, 0.91, "1.81", "1.43"), (1.2, 0.9, 1.6, "1.69", "1.00")],
)
def test_e_values_as_printed(ratio: float, lower: float, upper: float, estimate: str, limit: str) -> None:
    found = e_value(ratio, Interval(lower, upper, 0.95))
    assert (f"{found.estimate:.2f}", f"{found.limit:.2f}") == (estimate, limit)


@given(st.floats(1.001, 50))
def test_a_hidden_cause_of_just_that_strength_explains_the_effect_away(ratio: float) -> None:
    strength = e_value(ratio, Interval(ratio, ratio, 0.95)).estimate
    assert bias_bound(strength, strength) == pytest.approx(ratio, rel=1e-9)


def test_everything_side_by_side_prints_and_draws() -> None:
    data = people([factor(), number(range(24), "wbc")])
    found = compare_people(data, standardised_by=["band"], negative_control=data)
    words = found.text()
    for line in (
        "crude",
        "standardised to the trial",
        "overlap weights",
        "negative control: crude",
        "E-value",
    ):
        assert line in words
    assert "按试验人群标准化" in found.text("zh")
    assert found.balance is not None
    assert found.balance.worst is not None
    assert found.plot()[:4] == found.balance.plot()[:4] == b"<svg"
    assert isinstance(found.primary, Effect)
    assert found.primary.method.en == "standardised to the trial"


def test_what_the_data_cannot_carry_is_a_row_that_says_why() -> None:
    alone = [3 if place == 0 else value for place, value in enumerate(X)]  # one treated, no control like it
    found = compare_people(people([factor(alone)]), standardised_by=["band"])
    assert isinstance(found.primary, NotEvaluable)
    assert found.primary.why == "no control in 1 strata of the trial, such as 3 (1 people)"
    assert found.e_value is None
    apart = compare_people(people([number([100.0 * t + place for place, t in enumerate(T)])]))
    assert any(isinstance(one, NotEvaluable) and "tell the outcome apart" in one.why for one in apart.effects)
    assert "not evaluable" in apart.text()


def test_a_rate_of_100_percent_has_hybrid_limits_and_no_wald_limits() -> None:
    data = people([factor()], responded=[1 if t else y for t, y in zip(T, Y, strict=True)])
    found = crude(data)
    assert found.treated == 1.0
    limits, expected = found.difference.interval, newcombe(TwoCounts(12, 12, 6, 12))
    assert limits is not None
    assert (limits.lower, limits.upper) == pytest.approx((expected.lower, expected.upper), abs=1e-12)
    assert (found.odds_ratio.value, found.odds_ratio.interval) == (None, None)
    assert weighted(data, propensity(data), Target.TREATED).difference.interval is None
    assert "[–]" in compare_people(data, standardised_by=["band"]).text()


def test_in_one_stratum_standardisation_has_newcombes_limits() -> None:
    found, expected = standardised(people([factor([0] * 24)]), ["band"]), newcombe(TwoCounts(10, 12, 6, 12))
    limits = found.difference.interval
    assert limits is not None
    assert (limits.lower, limits.upper) == pytest.approx((expected.lower, expected.upper), abs=1e-12)


def test_stratified_wilson_in_one_stratum_is_wilson_and_few_controls_widen_it() -> None:
    one, same = stratified_wilson([(255, 300)], [1.0], 0.9), wilson(255, 300, 0.9)
    assert (one.lower, one.upper) == pytest.approx((same.lower, same.upper), abs=1e-12)
    flat = stratified_wilson([(2, 2), (85, 100)], [0.5, 0.5])  # Wald's variance of the first is 0
    assert flat.lower < 0.5 + 0.425 - 0.15


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 30)), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_stratified_wilson_holds_its_rate_and_mirrors(counts: list[tuple[int, int]]) -> None:
    held = [(min(yes, of), of) for yes, of in counts]
    shares = [of / sum(of for _, of in held) for _, of in held]
    found = stratified_wilson(held, shares)
    other = stratified_wilson([(of - yes, of) for yes, of in held], shares)
    rate = sum(share * yes / of for share, (yes, of) in zip(shares, held, strict=True))
    assert -1e-12 <= found.lower <= rate + 1e-12
    assert rate - 1e-12 <= found.upper <= 1
    assert (1 - other.upper, 1 - other.lower) == pytest.approx((found.lower, found.upper), abs=1e-12)


def test_the_limits_of_ratios_are_zou_and_donners_written_out() -> None:
    found = standardised(people([factor([0] * 24)]), ["band"])
    own, theirs = wilson(10, 12), wilson(6, 12)
    gap = math.log(10 / 6)
    down = math.sqrt(math.log(10 / 12 / own.lower) ** 2 + math.log(theirs.upper / 0.5) ** 2)
    assert found.ratio.interval is not None
    assert found.ratio.interval.lower == pytest.approx(math.exp(gap - down), rel=1e-12)
    assert found.odds_ratio.value == pytest.approx(5.0)


# --- the exact test over strata ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strata", "p"),
    [
        # R 4.2.2: mantelhaen.test(array(..., c(2, 2, k)), exact = TRUE, alternative = "greater")
        (((48, 60, 40, 100), (28, 30, 180, 200)), 1.18540532207e-06),
        (((12, 15, 6, 10), (9, 10, 30, 50), (5, 5, 3, 4)), 0.0185846245981),
    ],
)
def test_the_exact_test_over_strata_is_rs(strata: Sequence[tuple[int, int, int, int]], p: float) -> None:
    found = exact_strata([TwoCounts(*one) for one in strata], 0.025)
    assert found.p == pytest.approx(p, rel=1e-9)
    assert 0 < found.size <= 0.025


def test_the_exact_test_in_one_stratum_is_fishers() -> None:
    for table in (TwoCounts(83, 90, 255, 300), TwoCounts(3, 9, 0, 4), TwoCounts(0, 5, 0, 5)):
        assert exact_strata([table], 0.025).p == pytest.approx(fisher(table, Side.GREATER), rel=1e-9)
    assert exact_strata([TwoCounts(1, 2, 1, 2)], 0.025).size == 0.0
    with pytest.raises(InputRefused, match="no stratum"):
        exact_strata([], 0.025)


@pytest.mark.parametrize("rates", [(0.5, 0.5), (0.9, 0.6), (0.95, 0.95), (0.2, 0.8)])
def test_the_exact_test_over_strata_holds_alpha_summed_over_every_outcome(
    rates: tuple[float, float],
) -> None:
    error, alpha = 0.0, 0.1
    sizes = ((4, 3), (5, 2))
    chances = [
        [stats.binom.pmf(range(n + 1), n, rate) for n in own] for own, rate in zip(sizes, rates, strict=True)
    ]
    for x, y, v, w in product(range(5), range(4), range(6), range(3)):
        found = exact_strata([TwoCounts(x, 4, y, 3), TwoCounts(v, 5, w, 2)], alpha)
        if found.p <= alpha:
            error += chances[0][0][x] * chances[0][1][y] * chances[1][0][v] * chances[1][1][w]
            assert found.p <= found.size <= alpha
    assert 0 < error <= alpha


# --- what is said of Wald limits -----------------------------------------------------------------------


def test_the_errors_of_wald_limits_are_those_that_are_printed() -> None:
    """One stratum, 90 against 300 of the same rate; exact, where limits exist (no rate of 0 or 1)."""
    x, y = np.arange(91)[:, None], np.arange(301)[None, :]
    one, zero = x / 90, y / 300
    spread = np.sqrt(one * (1 - one) / 90 + zero * (1 - zero) / 300)
    above = (one - zero > normal_quantile(0.975) * spread) & (one < 1) & (zero < 1)
    for rate, printed in ((0.7, ".032 at 70 %"), (0.9, ".046 at 90 %"), (0.95, ".055 at 95 %")):
        chances = stats.binom.pmf(x, 90, rate) * stats.binom.pmf(y, 300, rate)
        assert printed == f"{float((chances * above).sum()):.3f} at {100 * rate:g} %".lstrip("0")
        assert printed in WALD_WORDS.en
    words = compare_people(people([factor()])).text()
    assert "one-sided error near 0 and 100 % is above nominal" in words


# --- balance ---------------------------------------------------------------------------------------------


def test_the_primary_balance_is_that_of_standardisation_and_is_exact_in_its_strata() -> None:
    data = people([factor(), number(range(24), "wbc")])
    found = compare_people(data, standardised_by=["band"])
    assert found.balance is not None and found.balance_weighted is not None
    assert "standardised to the trial" in found.balance.text()
    assert "weighted to the trial's people" in found.balance_weighted.text()
    bands = [row.after for row in found.balance.rows if row.name.en.startswith("band")]
    assert bands == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    weight = standard_weights(data, ["band"])
    controls = [w for w, t in zip(weight, T, strict=True) if not t]
    assert sum(controls) == pytest.approx(12)
    assert np.average([y for y, t in zip(Y, T, strict=True) if not t], weights=controls) == pytest.approx(
        standardised(data, ["band"]).control
    )
    alone = compare_people(data)
    assert alone.balance is not None and alone.balance_weighted is None
    assert "weighted" in alone.balance.text()


def test_unknown_is_a_level_of_a_factor_and_no_number() -> None:
    values = [None if place in (0, 3, 12, 13) else "a" for place in range(24)]
    names, _ = model_matrix(people([factor(values)]))
    assert names == ("intercept", "band: unknown")
    with pytest.raises(InputRefused, match=r"nan for x") as refused:
        people([number([float("nan"), *X[1:]])])
    assert "person 1" in str(refused.value)


def test_refusals_name_what_is_wrong() -> None:
    with pytest.raises(InputRefused, match="23"):
        people([number(X[:-1])])
    with pytest.raises(InputRefused, match="0 of them treated"):
        people([], [0] * 24)
    with pytest.raises(InputRefused, match=r"rank 2: intercept, x, y"):
        propensity(people([number(), number([2 * x for x in X], "y")]))
    with pytest.raises(InputRefused, match="choose from") as refused:
        standardised(people([factor()]), ["nothing"])
    assert "['band']" in str(refused.value)
    with pytest.raises(InputRefused, match="other people"):
        compare_people(people([number()]), negative_control=people([number(X[::-1])]))


def test_too_few_people_for_the_models_are_said() -> None:
    assert "as few as 2 people" in compare_people(people([number(), factor()][:1])).text()
    many = people([number(X * 20)], T * 20, Y * 20)
    assert compare_people(many).fragile is None


def test_kish_counts_equal_weights_fully() -> None:
    assert kish(np.ones(7)) == 7
    assert kish(np.array([1.0, 0.0, 0.0])) == 1
