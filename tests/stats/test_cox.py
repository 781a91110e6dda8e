"""Cox regression against R's survival, slow versions from the definition, and invariances.

The cohort is a recipe in integers that R reads too; its numbers come from survival 3.5-3 (R 4.2.2), with
k <- coxph.control(eps = 1e-14, toler.chol = 1e-15, iter.max = 50).
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from remission.errors import InputRefused
from remission.stats.times.cox import cox
from remission.stats.times.cox_likelihood import Ties
from remission.stats.times.cox_tables import Cox
from remission.stats.times.proportional import TimeScale

# i <- 0:59; h <- function(i, a, m) (a*i*i + 7*i + 3) %% m
# t <- 1+h(i,13,23); d <- as.integer(h(i,5,11)>3); g <- h(i,3,3); s <- as.integer(h(i,31,7)>2)
# x <- h(i,17,29)/10; z <- h(i,29,13)/4; start <- pmin(h(i,11,9), t-1)


def h(a: int, m: int) -> list[int]:
    return [(a * i * i + 7 * i + 3) % m for i in range(60)]


T = [float(1 + v) for v in h(13, 23)]
D = [v > 3 for v in h(5, 11)]
S = [str(v > 2) for v in h(31, 7)]
START = [min(float(v), t - 1) for v, t in zip(h(11, 9), T, strict=True)]
X = {"x": [v / 10 for v in h(17, 29)], "z": [v / 4 for v in h(29, 13)]}
XG = {**X, "g": [float(v == 1) for v in h(3, 3)]}
EXACT = 2e-11


def beta(found: Cox) -> list[float]:
    return [row.coefficient for row in found.effects]


def flat(found: Cox) -> list[float]:
    return [cell for row in found.covariance for cell in row]


def test_efron_as_coxph_fits_it() -> None:
    # f <- coxph(Surv(t, d) ~ x + z + I(g == 1), control = k); coef(f); f$var; f$loglik; f$score, f$wald.test
    found = cox(T, D, XG)
    assert beta(found) == pytest.approx([0.3463421305378, 0.06793196042894, -0.01247283362236], rel=EXACT)
    assert flat(found)[:3] == pytest.approx(
        [0.06765485315253, 0.01775661377017, 0.008707611530661], rel=EXACT
    )
    assert flat(found)[8] == pytest.approx(0.1501685771276, rel=EXACT)
    assert found.log_likelihood == pytest.approx((-99.25047625988, -98.35038245505), rel=EXACT)
    values = {test.name: test.value for test in found.tests}
    assert values["score"] == pytest.approx(1.836209978686, rel=EXACT)
    assert values["Wald"] == pytest.approx(1.815809061969, rel=EXACT)
    assert values["likelihood ratio"] == pytest.approx(2 * (99.25047625988 - 98.35038245505), rel=1e-9)


def test_breslow_as_coxph_fits_it() -> None:
    # the same with ties = "breslow"
    found = cox(T, D, XG, ties=Ties.BRESLOW)
    assert beta(found) == pytest.approx([0.3206247224395, 0.05099635254741, 0.03253826238962], rel=EXACT)
    assert flat(found)[8] == pytest.approx(0.1477535783594, rel=EXACT)
    assert found.log_likelihood == pytest.approx((-101.8930806254, -101.1018458754), rel=EXACT)


def test_strata_entry_and_clusters_as_coxph_fits_them() -> None:
    # coxph(Surv(t, d) ~ x + z + strata(s)); coxph(Surv(start, t, d) ~ x + z)
    found = cox(T, D, X, strata=S)
    assert beta(found) == pytest.approx([0.3454872816959, 0.07919981970045], rel=EXACT)
    assert flat(found)[0::3] == pytest.approx([0.06862540314568, 0.0362505683879], rel=EXACT)
    found = cox(T, D, X, entry=START)
    assert beta(found) == pytest.approx([0.4124391973746, 0.04012152617601], rel=EXACT)
    assert flat(found)[0::3] == pytest.approx([0.06868805793317, 0.03334658375022], rel=EXACT)
    assert found.log_likelihood == pytest.approx((-92.1655243455, -90.86143071171), rel=EXACT)
    # coxph(Surv(start, t, d) ~ x + z + strata(s), cluster = i %/% 3); then Surv(t, d), robust = TRUE
    found = cox(T, D, X, entry=START, strata=S, clusters=[str(i // 3) for i in range(60)])
    assert beta(found) == pytest.approx([0.4059650234536, 0.05822247750367], rel=EXACT)
    assert flat(found) == pytest.approx(
        [0.06308277445848, 0.007606511298475, 0.007606511298475, 0.01733597644013], rel=EXACT
    )
    found = cox(T, D, X, robust=True)
    assert flat(found)[0::3] == pytest.approx([0.04663697315277, 0.0227805136688], rel=EXACT)


def test_baseline_as_basehaz_gives_it() -> None:
    # b <- basehaz(coxph(Surv(t, d) ~ x + z, control = k), centered = FALSE); b$hazard at event times
    (baseline,) = cox(T, D, X).baseline
    assert baseline.hazard[:4] == pytest.approx(
        (0.02658825746398, 0.05634297962838, 0.07830516717778, 0.1151956163179), rel=EXACT
    )
    assert baseline.hazard[-1] == pytest.approx(1.265826924859, rel=EXACT)


# cox.zph(f, transform = "km", "identity", "log")$table[, "chisq"]
@pytest.mark.parametrize(
    ("scale", "values"),
    [
        (TimeScale.KAPLAN_MEIER, [0.3101132500124, 1.048581642637, 1.048683317614]),
        (TimeScale.IDENTITY, [0.8218249071011, 0.7158137427959, 1.061688941618]),
        (TimeScale.LOG, [1.889136910745, 1.448526633433, 2.419634016137]),
    ],
)
def test_proportional_hazards_as_cox_zph_tests_them(scale: TimeScale, values: list[float]) -> None:
    shape = cox(T, D, X, scale=scale).proportional
    assert shape is not None
    assert [test.value for test in (*shape.tests, shape.together)] == pytest.approx(values, rel=1e-10)
    assert len(shape.residuals) == sum(D)
    assert np.sum(shape.residuals, axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_proportional_hazards_with_strata_entry_and_breslow() -> None:
    # cox.zph(f)$table[, "chisq"], f with strata(s); with start; with ties = "breslow"
    expected = [
        ({"strata": S}, [0.443098037009, 1.226722790731, 1.236501836124]),
        ({"entry": START}, [1.792616207821, 2.45275762312, 2.875743424564]),
        ({"ties": Ties.BRESLOW}, [0.3913642356049, 0.7835979705599, 0.8151590589205]),
    ]
    for options, values in expected:
        shape = cox(T, D, X, **options).proportional  # type: ignore[arg-type]
        assert shape is not None
        assert [test.value for test in (*shape.tests, shape.together)] == pytest.approx(values, rel=1e-10)


def slow_likelihood(
    b: np.ndarray, x: np.ndarray, times: list[float], seen: list[bool], start: list[float] | None = None
) -> tuple[float, np.ndarray]:
    """Log partial likelihood (Efron) and information from their definition, term after term."""
    value, matrix = 0.0, np.zeros((len(b), len(b)))
    risk = np.exp(x @ b)
    for time in sorted({t for t, e in zip(times, seen, strict=True) if e}):
        at = np.array([t >= time and (start is None or start[i] < time) for i, t in enumerate(times)])
        dead = np.array([t == time and e for t, e in zip(times, seen, strict=True)])
        d = int(dead.sum())
        value += float((x[dead] @ b).sum())
        for k in range(d):
            weight = risk * (at - dead * k / d)
            total = weight.sum()
            mean = weight @ x / total
            value -= math.log(total)
            matrix += (x * weight[:, None]).T @ x / total - np.outer(mean, mean)
    return value, matrix


def penalised(b: np.ndarray, x: np.ndarray, times: list[float], seen: list[bool]) -> float:
    value, matrix = slow_likelihood(b, x, times, seen)
    return value + 0.5 * float(np.linalg.slogdet(matrix)[1])


def separated() -> tuple[list[float], list[bool], np.ndarray]:
    """All events in those with a = 1, the likelihood grows with a without end."""
    times = [1.0, 2.0, 3.0, 4.0, 4.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0]
    seen = [True, True, True, True, False, True, False, False, False, False, False, False]
    a = [1, 1, 1, 1, 0, 1, 0, 0, 1, 0, 0, 0]
    w = [0.1, 1.2, 0.7, 0.4, 0.9, 0.2, 1.1, 0.5, 0.3, 0.8, 0.6, 1.0]
    return times, seen, np.column_stack((a, w)).astype(float)


def test_monotone_likelihood_is_said_and_firth_is_finite() -> None:
    times, seen, x = separated()
    covariates = {"a": x[:, 0].tolist(), "w": x[:, 1].tolist()}
    with pytest.raises(InputRefused, match="monotone: it grows without end in 'a'") as refused:
        cox(times, seen, covariates)
    assert "firth=True" in refused.value.do
    found = cox(times, seen, covariates, firth=True)
    best = optimize.minimize(
        lambda b: -penalised(b, x, times, seen),
        np.zeros(2),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000, "maxfev": 5000},
    )
    assert beta(found) == pytest.approx(best.x.tolist(), abs=1e-6)
    assert found.log_likelihood[1] == pytest.approx(-best.fun, rel=1e-11)
    assert found.log_likelihood[0] == pytest.approx(penalised(np.zeros(2), x, times, seen), rel=1e-12)


def test_firth_profile_limits_from_the_definition() -> None:
    times, seen, x = separated()
    found = cox(times, seen, {"a": x[:, 0].tolist(), "w": x[:, 1].tolist()}, firth=True)

    def profile(column: int, value: float) -> float:
        def held(free: float) -> float:
            b = np.array([value, free]) if column == 0 else np.array([free, value])
            return -penalised(b, x, times, seen)

        return -float(optimize.minimize_scalar(held, bracket=(-1.0, 1.0), tol=1e-12).fun)

    from remission.stats.tails import chi_square_above

    for column, effect in enumerate(found.effects):
        assert effect.interval is not None
        for limit in (effect.interval.lower, effect.interval.upper):
            fall = 2 * (found.log_likelihood[1] - profile(column, math.log(limit)))
            assert fall == pytest.approx(3.841458820694124, abs=1e-6)
        at_zero = 2 * (found.log_likelihood[1] - profile(column, 0.0))
        assert effect.p == pytest.approx(chi_square_above(at_zero, 1), abs=1e-8)


def test_firth_with_ties_strata_free() -> None:
    x = np.column_stack((X["x"], X["z"]))
    found = cox(T, D, X, firth=True)
    b, step = np.array(beta(found)), 1e-4
    for j in range(2):
        up, down = b.copy(), b.copy()
        up[j] += step
        down[j] -= step
        slope = (penalised(up, x, T, D) - penalised(down, x, T, D)) / (2 * step)
        assert slope == pytest.approx(0, abs=1e-6)


def test_likelihood_from_the_definition_with_late_entry() -> None:
    x = np.column_stack((X["x"], X["z"]))
    found = cox(T, D, X, entry=START)
    value, matrix = slow_likelihood(np.array(beta(found)), x, T, D, START)
    assert found.log_likelihood[1] == pytest.approx(value, rel=1e-12)
    assert flat(found) == pytest.approx(np.linalg.inv(matrix).ravel().tolist(), rel=1e-9)


def test_score_test_of_a_group_is_the_log_rank_test_without_ties() -> None:
    from remission.stats.times.logrank import log_rank

    random = np.random.default_rng(3)
    times = random.random(80).tolist()
    seen = (random.random(80) < 0.6).tolist()
    group = (random.random(80) < 0.4).astype(float)
    score = next(test for test in cox(times, seen, {"g": group.tolist()}).tests if test.name == "score")
    assert score.value == pytest.approx(log_rank(times, seen, [str(g) for g in group]).chi_square, rel=1e-10)


def test_what_is_refused() -> None:
    n = len(T)
    with pytest.raises(InputRefused, match="'sum' is determined by 'x', 'z'"):
        cox(T, D, {**X, "sum": [a + 2 * b for a, b in zip(X["x"], X["z"], strict=True)]})
    with pytest.raises(InputRefused, match="'one' does not vary"):
        cox(T, D, {**X, "one": [1.0] * n})
    with pytest.raises(InputRefused, match="'s' does not vary"):
        cox(T, D, {"s": [float(s == "True") for s in S]}, strata=S)
    with pytest.raises(InputRefused, match="0 events"):
        cox(T, [False] * n, X)
    with pytest.raises(InputRefused, match="not finite"):
        cox(T, D, {"x": [math.nan] * n})
    with pytest.raises(InputRefused, match="entry at"):
        cox(T, D, X, entry=T)
    with pytest.raises(InputRefused, match="sandwich"):
        cox(T, D, X, firth=True, robust=True)


def test_prints_and_draws() -> None:
    found = cox(T, D, X)
    assert "ties by Efron; 60 people, 32 events" in found.text()
    assert [row.estimate for row in found.chart().rows] == [row.hazard_ratio for row in found.effects]
    assert found.proportional is not None and "比例风险" in found.proportional.text("zh")


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False), st.floats(0.1, 50), st.floats(-3, 3))
def test_knows_neither_unit_nor_order_and_follows_the_covariates(
    chance: object, scale: float, shift: float
) -> None:
    order = list(range(60))
    chance.shuffle(order)  # type: ignore[attr-defined]
    plain = cox(T, D, X)
    moved = cox(
        [scale * T[i] for i in order],
        [D[i] for i in order],
        {"z": [X["z"][i] * 2 for i in order], "x": [X["x"][i] + shift for i in order]},
    )
    assert beta(moved)[1] == pytest.approx(beta(plain)[0], rel=1e-8)
    assert 2 * beta(moved)[0] == pytest.approx(beta(plain)[1], rel=1e-8)
    assert moved.effects[1].standard_error == pytest.approx(plain.effects[0].standard_error, rel=1e-8)


def test_doubled_people_halve_the_variance_and_split_people_change_nothing() -> None:
    plain = cox(T, D, X, ties=Ties.BRESLOW)
    twice = cox(T * 2, D * 2, {name: column * 2 for name, column in X.items()}, ties=Ties.BRESLOW)
    assert beta(twice) == pytest.approx(beta(plain), rel=1e-9)
    assert flat(twice) == pytest.approx([cell / 2 for cell in flat(plain)], rel=1e-9)
    # robust to doubling: clusters of a person and its copy give the sandwich of the person alone
    ids = [str(i) for i in range(60)]
    copied = cox(T * 2, D * 2, {n: c * 2 for n, c in X.items()}, clusters=ids * 2, ties=Ties.BRESLOW)
    assert flat(copied) == pytest.approx(flat(cox(T, D, X, robust=True, ties=Ties.BRESLOW)), rel=1e-9)
    # (0, t] cut at t / 2 into two rows
    half = [t / 2 for t in T]
    split = cox(
        half + T,
        [False] * 60 + D,
        {n: c * 2 for n, c in X.items()},
        entry=[0.0] * 60 + half,
    )
    whole = cox(T, D, X)
    assert list(itertools.chain(beta(split), flat(split))) == pytest.approx(
        list(itertools.chain(beta(whole), flat(whole))), rel=1e-9
    )
