"""Log-rank, Gray, restricted mean, one-sample log-rank and landmark: R, closed forms, slow versions.

The cohort is a recipe in integers that both sides type; the R lines that gave each number stand beside it
(survival 3.5-3, cmprsk 2.2-11, R 4.2.2).
"""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.times.competing import cumulative_incidence
from remission.stats.times.gray import gray_test
from remission.stats.times.historical import PiecewiseExponential, StepCurve, exponential
from remission.stats.times.landmark import Why, landmark
from remission.stats.times.logrank import FlemingHarrington, Gehan, TaroneWare, log_rank
from remission.stats.times.one_sample import (
    Variance,
    one_sample_log_rank,
    one_sample_power,
    one_sample_size,
)
from remission.stats.times.rmst import compare_means, restricted_mean
from remission.stats.times.survival import kaplan_meier

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"

# i <- 0:59; h <- function(i, a, m) (a*i*i + 7*i + 3) %% m
# t <- 1+h(i,13,23); d <- as.integer(h(i,5,11)>3); g <- h(i,3,3); s <- as.integer(h(i,31,7)>2)
# c3 <- ifelse(d==0, 0, 1+(h(i,19,5)>2))


def h(a: int, m: int) -> list[int]:
    return [(a * i * i + 7 * i + 3) % m for i in range(60)]


T = [float(1 + v) for v in h(13, 23)]
D = [v > 3 for v in h(5, 11)]
G = [str(v) for v in h(3, 3)]
S = [str(v > 2) for v in h(31, 7)]
C = [0 if not d else 1 + (v > 2) for d, v in zip(D, h(19, 5), strict=True)]

MAINTAINED = ([9, 13, 18, 23, 31, 34, 48], [13, 28, 45, 161])
NONMAINTAINED = ([5, 5, 8, 8, 12, 23, 27, 30, 33, 43, 45], [16])


def aml() -> tuple[list[float], list[bool], list[str]]:
    times: list[float] = []
    seen: list[bool] = []
    groups: list[str] = []
    for name, (events, censored) in (("m", MAINTAINED), ("n", NONMAINTAINED)):
        times += [float(t) for t in events + censored]
        seen += [True] * len(events) + [False] * len(censored)
        groups += [name] * (len(events) + len(censored))
    return times, seen, groups


def test_log_rank_of_the_aml_study_as_survdiff_prints_it() -> None:
    # survdiff(Surv(time, status) ~ x, data = aml, rho = 0 and 1)$chisq (survival 3.5-3)
    assert log_rank(*aml()).chi_square == pytest.approx(3.396388698978, rel=1e-11)
    peto = log_rank(*aml(), weighting=FlemingHarrington(1))
    assert peto.chi_square == pytest.approx(2.779279544752, rel=1e-11)


def test_reference_rows() -> None:
    if not REFERENCE.exists():
        pytest.skip("../shared is not here")
    rows = {row["id"]: row["value"] for row in json.loads(REFERENCE.read_text("utf-8"))}
    found = log_rank(*aml())
    assert found.chi_square == pytest.approx(rows["logrank_aml"]["chisq"], rel=1e-9)
    assert found.p == pytest.approx(rows["logrank_aml"]["p"], rel=1e-9)
    futime = [59, 115, 156, 268, 329, 353, 365, 377, 421, 431, 448, 464, 475, 477, 563, 638, 744, 769]
    futime += [770, 803, 855, 1040, 1106, 1129, 1206, 1227]
    dead = {59, 115, 156, 268, 329, 353, 365, 431, 464, 475, 563, 638}
    curve = kaplan_meier([float(t) for t in futime], [t in dead for t in futime])
    peer = rows["km_ovarian_loglog"]
    for time, value, low, high in zip(peer["t"], peer["surv"], peer["lower"], peer["upper"], strict=True):
        step = curve.at(time)
        assert step is not None and step.interval is not None
        assert step.survival == pytest.approx(value, rel=1e-9)
        assert (step.interval.lower, step.interval.upper) == pytest.approx((low, high), rel=1e-9)


# survdiff(Surv(t, d) ~ g, rho = r)$chisq
@pytest.mark.parametrize(
    ("rho", "value"), [(0, 0.846615394293783), (1, 0.56677998933567), (0.5, 0.704906449966801)]
)
def test_three_groups_as_survdiff_compares_them(rho: float, value: float) -> None:
    found = log_rank(T, D, G, weighting=FlemingHarrington(rho))
    assert found.chi_square == pytest.approx(value, rel=1e-10)
    assert found.degrees == 2


def test_strata_and_parts_as_survdiff_gives_them() -> None:
    # survdiff(Surv(t, d) ~ g + strata(s))$chisq; survdiff(Surv(t, d) ~ g)$exp, $var[1, ]
    assert log_rank(T, D, G, strata=S).chi_square == pytest.approx(1.2757216747647, rel=1e-11)
    plain = log_rank(T, D, G)
    assert [row.expected for row in plain.groups] == pytest.approx(
        [11.9154111494381, 10.1171429101294, 9.96744594043248], rel=1e-12
    )
    assert plain.variance[0] == pytest.approx(
        (6.25965167683594, -3.05206931497294, -3.20758236186299), rel=1e-11
    )


@pytest.mark.parametrize("weighting", [Gehan(), TaroneWare(), FlemingHarrington(0.5, 1)])
def test_weighted_tests_against_a_slow_version(weighting: Gehan | TaroneWare | FlemingHarrington) -> None:
    times, seen, groups = aml()
    u = v = 0.0
    survival = 1.0
    for time in sorted(set(times)):
        n = sum(t >= time for t in times)
        n1 = sum(t >= time and g == "m" for t, g in zip(times, groups, strict=True))
        d = sum(t == time and e for t, e in zip(times, seen, strict=True))
        d1 = sum(t == time and e and g == "m" for t, e, g in zip(times, seen, groups, strict=True))
        match weighting:
            case Gehan():
                w = float(n)
            case TaroneWare():
                w = math.sqrt(n)
            case FlemingHarrington(rho, gamma):
                w = survival**rho * (1 - survival) ** gamma
        u += w * (d1 - d * n1 / n)
        v += w * w * d * (n - d) * n1 * (n - n1) / (n * n * (n - 1)) if n > 1 else 0.0
        survival *= 1 - d / n
    found = log_rank(times, seen, groups, weighting=weighting)
    assert found.chi_square == pytest.approx(u * u / v, rel=1e-11)
    assert found.z == pytest.approx(u / math.sqrt(v), rel=1e-11)


def test_groups_that_strata_keep_apart_are_compared_within_their_sets() -> None:
    times, groups = [1.0, 2, 3, 4, 5, 6, 7, 8], list("abab") + list("cdcd")
    strata = list("xxxxyyyy")
    found = log_rank(times, [True] * 8, groups, strata=strata)
    parts = [log_rank(times[:4], [True] * 4, groups[:4]), log_rank(times[4:], [True] * 4, groups[4:])]
    assert found.degrees == 2
    assert found.chi_square == pytest.approx(sum(part.chi_square for part in parts), rel=1e-12)
    assert "never at risk together" in found.text() and "never at risk" not in parts[0].text()
    v = np.array(found.variance)
    u = np.array([row.observed - row.expected for row in found.groups])
    assert found.chi_square == pytest.approx(u @ np.linalg.pinv(v, rcond=1e-10) @ u, rel=1e-10)
    # a bridge over two strata joins all four
    bridged = log_rank([*times, 1, 2], [True] * 10, [*groups, "b", "c"], strata=[*strata, "z", "z"])
    assert bridged.degrees == 3
    # "e" is alone in its stratum and says nothing
    alone = log_rank([*times[:4], 1, 2], [True] * 6, [*groups[:4], "e", "e"], strata=[*strata[:4], "z", "z"])
    assert alone.degrees == 1 and alone.chi_square == pytest.approx(parts[0].chi_square)
    with pytest.raises(InputRefused, match="no time at which"):
        log_rank([1.0, 2], [True, True], ["a", "b"], strata=["x", "y"])


cohorts = st.lists(
    st.tuples(st.integers(1, 12).map(float), st.booleans(), st.sampled_from("ab")), min_size=8, max_size=30
)


@given(cohorts, st.randoms())
def test_log_rank_knows_neither_unit_nor_order_nor_names(
    cohort: list[tuple[float, bool, str]], chance: object
) -> None:
    columns = [list(column) for column in zip(*cohort, strict=True)]
    try:
        found = log_rank(columns[0], columns[1], columns[2])  # type: ignore[arg-type]
    except InputRefused:
        return
    mixed = list(cohort)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    again = log_rank(
        [3 * t for t, _, _ in mixed], [e for _, e, _ in mixed], ["ba"["ab".index(g)] for _, _, g in mixed]
    )
    assert again.chi_square == pytest.approx(found.chi_square, rel=1e-9, abs=1e-12)
    assert found.z is not None and again.z == pytest.approx(-found.z, rel=1e-9, abs=1e-9)
    assert sum(row.observed - row.expected for row in found.groups) == pytest.approx(0, abs=1e-9)


# cuminc(t, c3, g, rho = r, strata = s)$Tests[, "stat"], r 0 and 1, then strata (cmprsk 2.2-11)
def test_gray_as_cmprsk_computes_it() -> None:
    found = [
        gray_test(T, C, G, cause, rho=rho, strata=strata).chi_square
        for rho, strata in ((0, None), (1, None), (0, S))
        for cause in (1, 2)
    ]
    assert found == pytest.approx(
        [
            *(0.703049387115883, 0.978493266070154),
            *(0.579819100378123, 0.825291773987351),
            *(0.692100062462865, 1.33255123538199),
        ],
        rel=1e-11,
    )
    assert gray_test(T, C, G, 1).p == pytest.approx(0.703614475002667, rel=1e-11)


def test_gray_of_two_groups_does_not_care_for_names_or_order() -> None:
    two = ["a" if g == "0" else "b" for g in G]
    found = gray_test(T, C, two, 1)
    swapped = gray_test([7 * t for t in T[::-1]], C[::-1], ["ba"["ab".index(g)] for g in two[::-1]], 1)
    assert swapped.chi_square == pytest.approx(found.chi_square, rel=1e-10)
    assert swapped.groups[0].score == pytest.approx(-found.groups[0].score, rel=1e-10)
    with pytest.raises(InputRefused, match="1 group"):
        gray_test(T, C, ["a"] * 60, 1)


def test_incidence_as_survfit_and_its_variance() -> None:
    # q <- survfit(Surv(t, factor(c3)) ~ 1); q$pstate[, 2]; q$std.err[, 2]
    curve = cumulative_incidence(T, C, 1)
    last = curve.steps[-1]
    assert last.incidence == pytest.approx(0.39471732148937, rel=1e-12)
    assert [s.standard_error for s in curve.steps][:2] == pytest.approx(
        [0.016527194200715, 0.0291677825466422], rel=1e-12
    )
    assert last.standard_error == pytest.approx(0.0952651399654896, rel=1e-11)
    assert "Aalen-Johansen" in curve.text() and len(curve.chart().lines) == 2


def test_restricted_mean_as_survfit_prints_it() -> None:
    # summary(survfit(Surv(t, d) ~ 1), rmean = 15)$table[c("rmean", "se(rmean)")]
    found = restricted_mean(T, D, 15)
    assert found.mean == pytest.approx(12.609951012058570, rel=1e-13)
    assert found.standard_error == pytest.approx(0.580617837600131, rel=1e-12)
    assert found.standard_error is not None
    corrected = restricted_mean(T, D, 15, corrected=True)
    m = found.events
    assert m == sum(d and t <= 15 for t, d in zip(T, D, strict=True))
    assert corrected.standard_error == pytest.approx(found.standard_error * math.sqrt(m / (m - 1)), rel=1e-13)


def test_restricted_mean_without_censoring_is_the_mean() -> None:
    times = [1.0, 2.0, 4.0, 9.0, 12.0]
    found = restricted_mean(times, [True] * 5, 10)
    clipped = [min(t, 10) for t in times]
    assert found.mean == pytest.approx(np.mean(clipped))
    assert found.standard_error == pytest.approx(np.std(clipped) / math.sqrt(5))
    assert restricted_mean(times, [True] * 5, 99).mean == pytest.approx(np.mean(times))
    with pytest.raises(InputRefused, match="horizon 10"):
        restricted_mean(times, [True] * 4 + [False], 10 + 1e9)


def test_two_means() -> None:
    first, second = restricted_mean(T[:30], D[:30], 15), restricted_mean(T[30:], D[30:], 15)
    found = compare_means(first, second)
    assert found.difference == first.mean - second.mean
    assert found.ratio == first.mean / second.mean
    assert first.standard_error is not None and second.standard_error is not None
    both = math.hypot(first.standard_error, second.standard_error)
    assert found.difference_interval.upper - found.difference == pytest.approx(1.959963984540054 * both)
    assert compare_means(second, first).p_difference == pytest.approx(found.p_difference)
    assert "x m" not in found.text()
    with pytest.raises(InputRefused, match="horizons"):
        compare_means(first, restricted_mean(T, D, 14))


@pytest.mark.parametrize(
    ("times", "seen"),
    [([5.0] * 40, [False] * 40), ([5.0] * 40, [True] * 20 + [False] * 20), ([2.0] * 9, [True] * 9)],
)
def test_no_event_before_the_horizon_is_no_certainty(times: list[float], seen: list[bool]) -> None:
    found = restricted_mean(times, seen, 5.0)
    assert found.mean == times[0]
    assert found.standard_error is None and found.interval is None
    assert found.text().splitlines()[3].split()[-2:] == ["–", "–"]
    other = restricted_mean([*times, 1.0, 2.5], [*seen, True, True], 5.0)
    for first, second, which in ((found, other, "first"), (other, found, "second")):
        with pytest.raises(InputRefused, match=f"the {which} restricted mean has no standard error"):
            compare_means(first, second)


def test_one_sample_by_hand() -> None:
    found = one_sample_log_rank([1.0, 2.0, 3.0, 4.0], [True, False, False, True], exponential(rate=0.5))
    assert (found.observed, found.expected) == (2, 5.0)
    assert found.z_expected == pytest.approx(-3 / math.sqrt(5))
    assert found.z_mean == pytest.approx(-3 / math.sqrt(3.5))
    poisson = sum(Fraction(5**k, math.factorial(k)) for k in range(3))
    assert found.p_exact == pytest.approx(float(poisson) * math.exp(-5), rel=1e-12)
    # poisson.test(2, 5)$conf.int / 5 = 0.2422093 / 5, 7.2246877 / 5
    assert (found.interval.lower * 5, found.interval.upper * 5) == pytest.approx(
        (0.2422093, 7.2246877), abs=1e-6
    )


def test_historical_curves_agree_where_they_say_the_same() -> None:
    pieces = PiecewiseExponential((2.0, 5.0), (0.1, 0.3, 0.05))
    assert pieces.cumulative_hazard(np.array([1.0, 2.0, 4.0, 7.0])) == pytest.approx([0.1, 0.2, 0.8, 1.2])
    steps = StepCurve((1.0, 2.0), (0.5, 0.25), 3.0)
    assert steps.cumulative_hazard(np.array([0.5, 1.0, 2.5])) == pytest.approx(
        [0, math.log(2), 2 * math.log(2)]
    )
    assert exponential(median=2.0).cumulative_hazard(np.array([4.0]))[0] == pytest.approx(2 * math.log(2))
    with pytest.raises(InputRefused, match="says nothing at 4"):
        steps.cumulative_hazard(np.array([4.0]))


@pytest.mark.parametrize("variance", list(Variance))
def test_size_is_the_fewest_and_power_is_what_trials_give(variance: Variance) -> None:
    curve = PiecewiseExponential((1.0,), (0.6, 0.2))
    asked = {"alpha": 0.05, "accrual": 2.0, "follow_up": 1.5}
    plan = one_sample_size(curve, 0.5, power=0.8, variance=variance, **asked)
    assert plan.power >= 0.8 > one_sample_power(plan.n - 1, curve, 0.5, variance=variance, **asked).power
    random, trials = np.random.default_rng(5), 20_000
    hazard = random.exponential(size=(trials, plan.n)) / 0.5
    event = np.where(hazard < 0.6, hazard / 0.6, 1 + (hazard - 0.6) / 0.2)
    end = 1.5 + 2 * random.random((trials, plan.n))
    time = np.minimum(event, end)
    expected = curve.cumulative_hazard(time.ravel()).reshape(time.shape).sum(axis=1)
    observed = (event <= end).sum(axis=1)
    assert observed.mean() == pytest.approx(plan.events, rel=0.01)
    assert expected.mean() == pytest.approx(plan.expected, rel=0.01)
    null = expected if variance is Variance.EXPECTED else (observed + expected) / 2
    rejects = ((observed - expected) / np.sqrt(null) < -1.6448536269514722).mean()
    assert rejects == pytest.approx(plan.power, abs=0.03)  # normal approximation, and Monte Carlo


def immortal(seed: int) -> tuple[list[float], list[bool], list[str], list[str | None], list[float | None]]:
    """The same exponential hazard for all; response comes at a random day to those still there."""
    random = np.random.default_rng(seed)
    times = random.exponential(60, 300)
    wait = random.exponential(60, 300)
    responds = wait < times
    naive = ["responder" if r else "other" for r in responds]
    groups: list[str | None] = ["responder" if r else None for r in responds]
    known = [float(w) if r else None for w, r in zip(wait, responds, strict=True)]
    return times.tolist(), [True] * 300, naive, groups, known


def test_immortal_time_makes_a_difference_that_the_landmark_does_not_see() -> None:
    naive_finds = landmark_finds = 0
    for seed in range(200):
        times, seen, naive, groups, known = immortal(seed)
        found = landmark(times, seen, groups, known, 46, otherwise="other")
        assert found.test is not None
        assert sum(curve.n for _, curve in found.curves) + len(found.excluded) == 300
        assert all(why is Why.EVENT for _, why in found.excluded)
        naive_finds += log_rank(times, seen, naive).p < 0.05
        landmark_finds += found.test.p < 0.05
    assert naive_finds == 200
    assert 2 <= landmark_finds <= 20  # binomial(200, 0.05): outside with probability 0.003


def test_landmark_says_who_is_out_and_why() -> None:
    found = landmark(
        [10.0, 46.0, 50.0, 60.0, 70.0, 80.0],
        [True, False, True, True, False, True],
        ["neg", "neg", "pos", "neg", "neg", None],
        [5.0, 40.0, 46.0, 46.5, 20.0, None],
        46,
    )
    assert found.excluded == ((0, Why.EVENT), (1, Why.CENSORED), (3, Why.UNKNOWN), (5, Why.UNKNOWN))
    assert [(name, curve.n, curve.steps[0].time) for name, curve in found.curves] == [
        ("neg", 1, 24.0),
        ("pos", 1, 4.0),
    ]
    assert "2 answer not known" in found.text() and "删失" in found.text("zh")
    with pytest.raises(InputRefused, match="nobody"):
        landmark([1.0], [True], ["a"], [0.0], 46)
    with pytest.raises(InputRefused, match="known at None"):
        landmark([50.0], [True], ["a"], [None], 46)


@settings(max_examples=30)
@given(cohorts)
def test_restricted_mean_scales_with_time(cohort: list[tuple[float, bool, str]]) -> None:
    times, seen = [2.0, 13.0, *(t for t, _, _ in cohort)], [True, False, *(e for _, e, _ in cohort)]
    one = restricted_mean(times, seen, 12.5)
    ten = restricted_mean([10 * t for t in times], seen, 125.0)
    assert ten.mean == pytest.approx(10 * one.mean)
    assert one.standard_error is not None
    assert ten.standard_error == pytest.approx(10 * one.standard_error)
