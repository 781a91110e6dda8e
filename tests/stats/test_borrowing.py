"""Meta-analysis, predictive priors, mixtures and their weight, against RBesT, metafor and slow twins.

RBesT 1.9-0, introduction vignette (github.com/Novartis/RBesT, articles/introduction.html): eight studies of
ankylosing spondylitis, its mixture and its effective sample sizes. RBesT samples; we integrate: its numbers
must lie where ours have noise of at least a thousand draws.
"""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from remission.errors import InputRefused
from remission.stats.borrowing import ess
from remission.stats.borrowing.commensurate import SpikeAndSlab, commensurate_prior
from remission.stats.borrowing.conflict import box_p, conflict, left_out
from remission.stats.borrowing.fitting import divergence, fitted
from remission.stats.borrowing.log_odds import RateDensity
from remission.stats.borrowing.meta import Method, pooled
from remission.stats.borrowing.mixtures import BetaMixture, beta
from remission.stats.borrowing.power_prior import calibrated_weight, normalised_power_prior, power_prior
from remission.stats.borrowing.predictive import Nodes, PredictivePrior, predictive_prior

RESPONDERS, N = (23, 12, 19, 9, 39, 6, 9, 10), (107, 44, 51, 39, 139, 20, 78, 35)
VIGNETTE = BetaMixture(
    (0.4612914, 0.1917812, 0.1893896, 0.1575378),
    (33.9513487, 19.4400089, 12.269231, 2.2521243),
    (103.0146367, 41.5205219, 55.9202833, 5.4812202),
)
ROWS = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"


@pytest.fixture(scope="module")
def wide() -> PredictivePrior:
    return predictive_prior(RESPONDERS, N, tau_scale=1.0)


@pytest.fixture(scope="module")
def narrow() -> PredictivePrior:
    return predictive_prior(RESPONDERS, N, tau_scale=0.5)


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, object]]:
    if not ROWS.exists():
        pytest.skip("no shared reference beside the project")
    return {row["id"]: row for row in json.loads(ROWS.read_text(encoding="utf-8"))}


def at_quantiles(rate: RateDensity) -> tuple[float, ...]:
    return tuple(rate.quantile(p) for p in (0.025, 0.5, 0.975))


# --- meta-analysis -------------------------------------------------------------------------------


def test_metafor_with_its_own_stopping_rule(rows: dict[str, dict[str, object]]) -> None:
    printed = rows["metafor_REML_PLO_AS"]["value"]
    found = pooled(RESPONDERS, N, tolerance=1e-5)  # the row was computed with metafor's default threshold
    assert isinstance(printed, dict)
    assert found.mean == pytest.approx(printed["beta"], abs=5.1e-11)
    assert found.se == pytest.approx(printed["se"], abs=5.1e-12)
    assert found.tau2 == pytest.approx(printed["tau2"], abs=5.1e-13)


@pytest.mark.parametrize(
    ("method", "mean", "se", "tau2", "i2", "lower", "upper"),
    [
        # R: x <- rma(measure="PLO", xi=r, ni=n, method=m, control=list(threshold=1e-13, maxiter=1e3))
        # and predict(x, transf=transf.ilogit, digits=12), metafor 3.8-1, for the interval of the rate
        (Method.REML, -1.08493285039871, 0.15181770811456, 0.08343358190095, 47.770181835739, 0.200609378033,
         0.312732454371),
        (Method.DL, -1.08446109813241, 0.14933928709307, 0.07794872856620, 46.076792815790, 0.201465387318,
         0.311790571997),
    ],
)  # fmt: skip
def test_metafor(
    method: Method, mean: float, se: float, tau2: float, i2: float, lower: float, upper: float
) -> None:
    found = pooled(RESPONDERS, N, method)
    assert (found.mean, found.se, found.tau2) == pytest.approx((mean, se, tau2), abs=1e-11)
    assert 100 * found.i2 == pytest.approx(i2, abs=1e-8)
    assert (found.q, found.q_p) == pytest.approx((12.98142370517194, 0.07256229454045), abs=1e-12)
    assert (found.interval.lower, found.interval.upper) == pytest.approx((lower, upper), abs=6e-13)


def test_metafor_with_an_empty_cell_and_without_spread() -> None:
    # R: rma(measure="PLO", xi=c(0,12,19,9), ni=c(30,44,51,9), ...): one half added to the bare studies
    found = pooled((0, 12, 19, 9), (30, 44, 51, 9))
    assert (found.mean, found.se, found.tau2, found.q) == pytest.approx(
        (-0.6878673965336, 1.2182321975136, 5.0114611389084, 13.0978115163157), abs=1e-9
    )
    # R: rma(measure="PLO", xi=c(30,31,29), ni=c(60,62,60))
    found = pooled((30, 31, 29), (60, 62, 60))
    assert (found.mean, found.se, found.tau2) == pytest.approx((-0.02196978588285, 0.14827702278346, 0.0))


def test_a_new_study_lies_wider_than_the_mean() -> None:
    found = pooled(RESPONDERS, N)
    reach = stats.t.ppf(0.975, 6) * math.sqrt(found.tau2 + found.se**2)
    assert found.prediction is not None
    assert found.prediction.lower == pytest.approx(1 / (1 + math.exp(-(found.mean - reach))), abs=1e-12)
    assert found.prediction.lower < found.interval.lower < found.interval.upper < found.prediction.upper
    assert pooled((3, 4), (10, 10)).prediction is None
    assert len(found.chart().rows) == len(N) + 2
    assert "47.8" in found.text()
    assert "既往研究" in found.html("zh")


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=8))
@settings(max_examples=40, deadline=None)
def test_reml_is_where_the_restricted_likelihood_is_highest(counts: list[tuple[int, int]]) -> None:
    counts = [(x, x + y + 1) for x, y in counts]
    found = pooled([x for x, _ in counts], [n for _, n in counts], tolerance=1e-10)
    seen = np.array([x for x, _ in counts], float)
    missed = np.array([n - x for x, n in counts], float)
    bare = (seen == 0) | (missed == 0)
    seen, missed = seen + bare / 2, missed + bare / 2
    logs, variances = np.log(seen / missed), 1 / seen + 1 / missed

    def likelihood(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        mean = weights @ logs / weights.sum()
        return float(np.log(weights).sum() - np.log(weights.sum()) - weights @ (logs - mean) ** 2) / 2

    for nearby in (found.tau2 * 0.99, found.tau2 * 1.01 + 1e-4):
        assert likelihood(found.tau2) >= likelihood(nearby) - 1e-9


# --- the predictive prior -------------------------------------------------------------------------


def test_quadrature_agrees_with_the_printed_quadrature(wide: PredictivePrior) -> None:
    """Another implementation's digits, beside the rows of RBesT in the reference."""
    assert (wide.tau.mean, wide.tau.sd) == pytest.approx((0.379, 0.211), abs=0.0005)
    assert (wide.rate.mean, wide.rate.sd) == pytest.approx((0.2583, 0.0874), abs=0.00005)
    assert at_quantiles(wide.rate) == pytest.approx((0.1109, 0.2486, 0.4714), abs=0.00005)


@pytest.mark.parametrize(
    ("scale", "mean", "sd", "quantiles", "tau_mean", "tau_sd"),
    [
        (1.0, 0.255, 0.0864, (0.106, 0.247, 0.461), 0.387, 0.215),
        (0.5, 0.259, 0.0776, (0.129, 0.25, 0.442), 0.335, 0.172),
    ],
)
def test_rbest_lies_within_the_noise_of_its_draws(
    scale: float,
    mean: float,
    sd: float,
    quantiles: tuple[float, ...],
    tau_mean: float,
    tau_sd: float,
    wide: PredictivePrior,
    narrow: PredictivePrior,
) -> None:
    prior, draws = wide if scale == 1.0 else narrow, 1000
    assert mean == pytest.approx(prior.rate.mean, abs=2 * prior.rate.sd / math.sqrt(draws))
    assert sd == pytest.approx(prior.rate.sd, rel=0.05)
    for quantile, p in zip(quantiles, (0.025, 0.5, 0.975), strict=True):
        assert prior.rate.at_most(quantile) == pytest.approx(p, abs=2 * math.sqrt(p * (1 - p) / draws))
    assert tau_mean == pytest.approx(prior.tau.mean, abs=2 * prior.tau.sd / math.sqrt(draws))
    assert tau_sd == pytest.approx(prior.tau.sd, rel=0.05)


@pytest.mark.parametrize(
    ("responders", "n", "within"),
    [
        (RESPONDERS, N, 2e-7),
        ((0,), (5,), 2e-5),
        ((0, 0, 0), (10, 20, 30), 2e-5),
        ((3,), (10,), 2e-7),
        ((500, 5200), (1000, 10000), 2e-7),
    ],
)
def test_twice_the_nodes_change_nothing(
    responders: tuple[int, ...], n: tuple[int, ...], within: float
) -> None:
    one, two = predictive_prior(responders, n), predictive_prior(responders, n, nodes=Nodes().doubled())
    assert (one.rate.mean, one.rate.sd) == pytest.approx((two.rate.mean, two.rate.sd), abs=within)
    assert at_quantiles(one.rate) == pytest.approx(at_quantiles(two.rate), abs=within)
    assert (one.tau.mean, one.tau.sd, one.tau.median, one.tau.upper) == pytest.approx(
        (two.tau.mean, two.tau.sd, two.tau.median, two.tau.upper), abs=10 * within
    )


def test_slow_twin_by_adaptive_integration() -> None:
    """Two studies; every integral nested, by scipy: the plain formula."""
    studies = ((3, 10), (9, 20))

    taus, mus, z = np.linspace(0, 6, 121), np.linspace(-8, 8, 161), np.linspace(-8, 8, 161)
    weights = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    rates = 1 / (1 + np.exp(-(mus[None, :, None] + taus[:, None, None] * z)))
    joint = stats.norm.pdf(taus)[:, None] * stats.norm.pdf(mus, scale=2)
    for x, n in studies:
        joint *= (rates**x * (1 - rates) ** (n - x)) @ weights
    joint[0] /= 2
    joint /= joint.sum()
    mean = float((joint * (rates @ weights)).sum())
    square = float((joint * (rates**2 @ weights)).sum())
    found = predictive_prior([3, 9], [10, 20])
    assert found.rate.mean == pytest.approx(mean, abs=2e-6)
    assert found.rate.sd == pytest.approx(math.sqrt(square - mean**2), abs=2e-6)


def test_one_more_study_updates_the_prior_like_bayes(wide: PredictivePrior) -> None:
    """Posterior by the grid, against density times likelihood by adaptive integration."""
    after = wide.rate.updated(20, 24)

    def weighed(p: float) -> float:
        return float(wide.rate.density(np.array([p]))[0]) * p**20 * (1 - p) ** 4

    area = integrate.quad(weighed, 0, 1, epsabs=0, epsrel=1e-9, limit=200)[0]
    mean = integrate.quad(lambda p: p * weighed(p), 0, 1, epsabs=0, epsrel=1e-9, limit=200)[0] / area
    assert after.mean == pytest.approx(mean, abs=1e-8)
    chance = area * math.comb(24, 20)
    assert wide.rate.predictive(24)[20] == pytest.approx(chance, rel=1e-7)


@given(st.floats(0.001, 0.999))
@settings(max_examples=40, deadline=None)
def test_quantiles_invert_the_distribution(p: float) -> None:
    rate = commensurate_prior(30, 100).finer(1)
    assert rate.at_most(rate.quantile(p)) == pytest.approx(p, abs=1e-12)
    assert VIGNETTE.at_most(VIGNETTE.quantile(p)) == pytest.approx(p, abs=1e-12)


def test_responders_and_failures_mirror_each_other(wide: PredictivePrior) -> None:
    mirrored = predictive_prior([n - x for x, n in zip(RESPONDERS, N, strict=True)], N)
    assert mirrored.rate.mean == pytest.approx(1 - wide.rate.mean, abs=1e-9)
    assert mirrored.rate.quantile(0.975) == pytest.approx(1 - wide.rate.quantile(0.025), abs=1e-9)


def test_a_narrower_prior_of_tau_gives_a_narrower_rate(
    wide: PredictivePrior, narrow: PredictivePrior
) -> None:
    tight = predictive_prior(RESPONDERS, N, tau_scale=0.01)
    assert tight.rate.sd < narrow.rate.sd < wide.rate.sd
    whole = beta(sum(RESPONDERS), sum(N) - sum(RESPONDERS))
    assert (tight.rate.mean, tight.rate.sd) == pytest.approx((whole.mean, whole.sd), abs=3e-3)


# --- mixtures and their weight ---------------------------------------------------------------------


def test_rbest_summary(rows: dict[str, dict[str, object]]) -> None:
    printed = rows["rbest_summary_fixedmix"]["value"]
    assert isinstance(printed, dict)
    assert VIGNETTE.mean == pytest.approx(printed["mean"], abs=1e-8)
    assert VIGNETTE.sd == pytest.approx(printed["sd"], abs=1e-8)
    # RBesT finds quantiles by R's uniroot, which stops at 1.2e-4; ours satisfy the distribution itself.
    for name, p in ((" 2.5%", 0.025), ("50.0%", 0.5), ("97.5%", 0.975)):
        assert VIGNETTE.quantile(p) == pytest.approx(printed[name], abs=1.2e-4 / 2)
        assert VIGNETTE.at_most(VIGNETTE.quantile(p)) == pytest.approx(p, abs=1e-13)


def test_rbest_effective_sample_sizes() -> None:
    """RBesT 1.6-4, as executed for the reference; a mode by R's optimise in Morita's.

    R: optimise(log-density, qbeta(c(.005,.995), a[4], b[4]), maximum=TRUE, tol=.Machine$double.eps^.25)
    gives 0.2436598699524583, the best of four; the mode is 0.2436600922764.
    """
    assert ess.elir(VIGNETTE) == pytest.approx(37.6136071812, abs=1e-8)
    assert ess.moment(VIGNETTE) == pytest.approx(24.3494661941, abs=1e-8)
    assert ess.morita(VIGNETTE, at=0.2436598699524583) == pytest.approx(94.5748368758, abs=1e-8)
    assert ess.mode(VIGNETTE) == pytest.approx(0.2436600922764, abs=1e-12)
    assert ess.morita(VIGNETTE) == pytest.approx(94.5748774, abs=1e-7)
    assert ess.elir(VIGNETTE.robust(0.2)) == pytest.approx(26.5019647233, abs=1e-8)


def test_rbest_rows_are_those_typed_here(rows: dict[str, dict[str, object]]) -> None:
    assert rows["rbest_AS_data"]["value"] == {"n": list(N), "r": list(RESPONDERS)}
    mixture = rows["rbest_vignette_mixture"]["value"]
    assert mixture == {"w": list(VIGNETTE.weights), "a": list(VIGNETTE.a), "b": list(VIGNETTE.b)}
    sizes = rows["rbest_vignette_ess"]["value"]
    assert isinstance(sizes, dict)
    assert round(ess.elir(VIGNETTE)) == sizes["elir"]
    assert round(ess.moment(VIGNETTE)) == sizes["moment"]
    assert round(ess.morita(VIGNETTE)) == sizes["morita"]
    assert round(ess.elir(VIGNETTE.robust(0.2))) == sizes["robust20_elir"]


@given(st.floats(1.01, 500), st.floats(1.01, 500))
@settings(max_examples=60, deadline=None)
def test_one_beta_is_worth_its_parameters(a: float, b: float) -> None:
    assert ess.elir(beta(a, b)) == pytest.approx(a + b, rel=1e-5)
    assert ess.moment(beta(a, b)) == pytest.approx(a + b, rel=1e-9)


def test_elir_grows_by_one_a_child() -> None:
    """Predictive consistency, which names the measure: mean ELIR after n children is ELIR + n."""
    chances = VIGNETTE.predictive(7)
    after = sum(float(chances[x]) * ess.elir(VIGNETTE.updated(x, 7)) for x in range(8))
    assert after == pytest.approx(ess.elir(VIGNETTE) + 7, abs=1e-6)


def test_the_fit_is_nearer_than_rbests(wide: PredictivePrior) -> None:
    fit = fitted(wide.rate)
    assert fit.divergence == pytest.approx(divergence(wide.rate, fit.mixture), abs=1e-12)
    assert 0 < fit.divergence < divergence(wide.rate, VIGNETTE)
    assert (fit.mixture.mean, fit.mixture.sd) == pytest.approx((wide.rate.mean, wide.rate.sd), abs=3e-4)
    assert min(fit.criteria) == fit.criteria[len(fit.mixture.weights) - 1]
    assert 30 < ess.elir(fit.mixture) < 45


def test_a_beta_is_fitted_by_itself() -> None:
    grid = np.linspace(-12, 9, 800)
    p = 1 / (1 + np.exp(-grid))
    fit = fitted(RateDensity(-12.0, float(grid[1] - grid[0]), p**3 * (1 - p) ** 8))
    assert fit.mixture.weights == (1.0,)
    assert (fit.mixture.a[0], fit.mixture.b[0]) == pytest.approx((3, 8), abs=1e-4)


def test_update_of_a_mixture_by_hand() -> None:
    after = BetaMixture((0.5, 0.5), (1.0, 9.0), (1.0, 1.0)).updated(1, 1)
    assert after.weights == pytest.approx((0.5 / 1.4, 0.9 / 1.4))  # means 1/2 and 9/10
    assert (after.a, after.b) == ((2.0, 10.0), (1.0, 1.0))


@given(st.integers(1, 60), st.data())
@settings(max_examples=30, deadline=None)
def test_predictive_is_a_distribution_and_the_update_keeps_the_mean(n: int, data: st.DataObject) -> None:
    weight = data.draw(st.floats(0.01, 0.99))
    prior = VIGNETTE.robust(weight)
    chances = prior.predictive(n)
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    mean = sum(float(chances[x]) * prior.updated(x, n).mean for x in range(n + 1))
    assert mean == pytest.approx(prior.mean, abs=1e-9)


# --- power, commensurate, conflict ------------------------------------------------------------------


def test_power_prior_from_forgetting_to_pooling() -> None:
    assert power_prior(30, 100, 0.0) == beta(1, 1)
    assert power_prior(30, 100, 1.0) == beta(31, 71)
    assert power_prior(30, 100, 0.5) == beta(16, 36)


def test_normalised_power_prior_against_adaptive_integration() -> None:
    def weighed(d: float) -> float:
        return math.exp(
            _log_beta(1 + 30 * d + 67, 1 + 70 * d + 23) - _log_beta(1 + 30 * d, 1 + 70 * d)
        ) * math.exp(60)

    area = integrate.quad(weighed, 0, 1, epsabs=0, epsrel=1e-11)[0]
    mean = integrate.quad(lambda d: d * weighed(d), 0, 1, epsabs=0, epsrel=1e-11)[0] / area
    found = normalised_power_prior((30, 100), (67, 90))
    assert found.weight_mean == pytest.approx(mean, abs=1e-9)
    alike = normalised_power_prior((30, 100), (27, 90))
    assert alike.weight_mean > 0.5 > found.weight_mean
    assert normalised_power_prior((30, 100)).weight_mean == pytest.approx(0.5, abs=1e-12)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def test_calibrated_weight_falls_as_the_children_drift() -> None:
    weights = [calibrated_weight(30, 100, current=(x, 90)) for x in (27, 40, 45, 60, 80)]
    assert weights[0] == 1.0
    assert weights == sorted(weights, reverse=True)
    for weight, x in zip(weights[1:], (40, 45, 60, 80), strict=True):
        assert box_p(power_prior(30, 100, weight), x, 90) >= 0.05
        assert box_p(power_prior(30, 100, min(1.0, weight + 1e-3)), x, 90) < 0.05


def test_commensurate_prior_between_its_ends() -> None:
    tight = commensurate_prior(30, 100, precision=SpikeAndSlab(1e6, 1e7, 1e8, 0.5))
    assert (tight.mean, tight.sd) == pytest.approx((beta(31, 71).mean, beta(31, 71).sd), abs=1e-6)
    loose, half = (
        commensurate_prior(30, 100, precision=SpikeAndSlab(at_spike=0.0)),
        commensurate_prior(30, 100),
    )
    assert tight.sd < half.sd < loose.sd
    # a mixture over the precision: means mix by the chance of the spike
    spike = commensurate_prior(30, 100, precision=SpikeAndSlab(199.9, 199.99, 200.0, 0.5))
    assert half.mean == pytest.approx((loose.mean + spike.mean) / 2, abs=1e-6)


def test_commensurate_prior_against_adaptive_integration() -> None:
    """Mean of the new rate by nested integration, for a slab alone."""
    precision = SpikeAndSlab(0.5, 2.0, 200.0, 0.0)
    old = stats.beta(31, 71)
    p = old.ppf((np.arange(2000) + 0.5) / 2000)
    z = np.linspace(-8, 8, 321)
    weights = stats.norm.pdf(z) / stats.norm.pdf(z).sum()

    def mean(value: float) -> float:
        places = np.log(p / (1 - p))[:, None] + z / math.sqrt(value)
        return float(((1 / (1 + np.exp(-places))) @ weights).mean())

    slow = integrate.fixed_quad(np.vectorize(mean), 0.5, 2.0, n=12)[0] / 1.5
    assert commensurate_prior(30, 100, precision=precision).mean == pytest.approx(slow, abs=2e-5)


def test_conflict_by_hand() -> None:
    found = conflict(beta(1, 1).robust(0.5), 4, 4)  # both parts uniform: every count as likely
    assert found.at_least == pytest.approx(0.2)
    assert (found.box_p, found.vague_before, found.vague_after) == pytest.approx((1.0, 0.5, 0.5))
    odd = conflict(VIGNETTE.robust(0.1), 80, 90)
    assert odd.vague_after is not None
    assert odd.vague_after > 0.9
    assert odd.box_p < 0.05
    assert "0.100 ->" in odd.text()


def test_the_study_that_differs_most_is_found() -> None:
    found = left_out(RESPONDERS, N)
    assert min(found, key=lambda c: c.box_p).responders == 9  # 9 of 78, the lowest rate
    assert sum(c.box_p < 0.05 for c in found) == 1


def test_printed_and_drawn(wide: PredictivePrior) -> None:
    assert "0.2583" in wide.text()
    assert "0.0874" in wide.latex()
    assert len(wide.chart().lines[0].points) == 200
    assert "0.4613" in VIGNETTE.text()
    assert "权重" in VIGNETTE.text("zh")


@pytest.mark.parametrize(
    "call",
    [
        lambda: predictive_prior([], []),
        lambda: predictive_prior([3], [2]),
        lambda: predictive_prior([3], [5], tau_scale=0.0),
        lambda: pooled([3], [5]),
        lambda: pooled([3, 4], [5, 5], "ML"),
        lambda: BetaMixture((0.5,), (1.0,), (1.0,)),
        lambda: BetaMixture((1.0,), (0.0,), (1.0,)),
        lambda: VIGNETTE.robust(1.0),
        lambda: VIGNETTE.updated(3, 2),
        lambda: VIGNETTE.quantile(0.0),
        lambda: ess.elir(beta(0.5, 3)),
        lambda: power_prior(3, 10, 1.5),
        lambda: SpikeAndSlab(3.0, 2.0),
        lambda: left_out([3], [5]),
    ],
)
def test_what_cannot_be_is_refused(call: object) -> None:
    assert callable(call)
    with pytest.raises(InputRefused):
        call()
