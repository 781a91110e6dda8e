"""The one-sample log-rank test rejects no more often than it says, and its plans the power they state."""

import math

import numpy as np
import pytest

from remission.errors import InputRefused
from remission.stats.times.historical import PiecewiseExponential, exponential
from remission.stats.times.one_sample import (
    Variance,
    one_sample_log_rank,
    one_sample_power,
    one_sample_size,
    poisson_size,
)


def p_values(n: int, survival: float, trials: int) -> np.ndarray:
    """p exact, p by E, p by (O + E) / 2 in trials without a difference, all followed for 2 years."""
    random, rate = np.random.default_rng([n, trials]), -math.log(survival) / 2
    rows = []
    for _ in range(trials):
        event = random.exponential(1 / rate, n)
        found = one_sample_log_rank(
            np.minimum(event, 2).tolist(), (event <= 2).tolist(), exponential(rate=rate)
        )
        rows.append((found.p_exact, found.p_expected, found.p_mean))
    return np.array(rows)


@pytest.mark.parametrize(("n", "survival", "of_mean"), [(40, 0.95, 0.1355), (30, 0.75, 0.044)])
def test_size_with_few_expected_events(n: int, survival: float, of_mean: float) -> None:
    sizes = (p_values(n, survival, 2000) <= 0.025).mean(axis=0)
    assert sizes[0] <= 0.025 + 3 * 0.0035 and sizes[1] <= 0.025 + 3 * 0.0035
    assert sizes[2] == pytest.approx(of_mean, abs=0.025)  # why (O + E) / 2 is not the default
    expected = -n * math.log(survival)  # at most: who has the event is not followed on
    assert poisson_size(expected * 0.97, 0.025, Variance.MEAN) == pytest.approx(of_mean, abs=0.025)


def test_poisson_size_by_summing() -> None:
    for expected in (0.5, 1.9, 1.95, 4.0, 12.5, 60.0):
        for variance in Variance:
            size = 0.0
            for count in range(200):
                null = expected if variance is Variance.EXPECTED else (count + expected) / 2
                if (count - expected) / math.sqrt(null) <= -1.959963984540054:
                    size += math.exp(count * math.log(expected) - expected - math.lgamma(count + 1))
            assert poisson_size(expected, 0.025, variance) == pytest.approx(size, rel=1e-10)
    assert poisson_size(1.93, 0.025, Variance.MEAN) == pytest.approx(math.exp(-1.93))
    for bad in (0.0, math.nan, math.inf):
        with pytest.raises(InputRefused, match="expected events"):
            poisson_size(bad, 0.025, Variance.MEAN)


def test_the_exact_p_stands_first_and_a_misleading_one_is_marked() -> None:
    none = one_sample_log_rank([5.0] * 30, [False] * 30, exponential(rate=0.015))
    assert none.p_mean < 0.025 < none.p_exact == pytest.approx(math.exp(-2.25))
    lines = none.text().splitlines()
    assert lines[3].startswith("exact Poisson") and lines[5].startswith("(O + E) / 2 *")
    assert "The exact Poisson p decides" in none.text()
    assert (
        "* With so few expected events, p <= 0.025 by this variance comes in 10.5 % of trials" in none.text()
    )
    assert "10.5%" in none.text("zh")
    many = one_sample_log_rank([5.0] * 300, [False] * 300, exponential(rate=0.015))
    assert "*" not in many.text()


def weibull(shape: float, median: float, end: float) -> PiecewiseExponential:
    grid = np.linspace(0, end, 301)
    rates = np.diff(math.log(2) * (grid / median) ** shape) / np.diff(grid)
    return PiecewiseExponential(tuple(grid[1:-1].tolist()), tuple(rates.tolist()))


# Wu 2015, doi:10.1002/pst.1654, primary biliary cirrhosis: Weibull of shape 1.22 and median 9 years, hazard
# ratio 1 / 1.75, accrual 5, follow-up 3, one-sided 0.05. Parameters and n are those of the vignette of an R
# package after the paper (logRank1s): sizes for these powers, and the power of n = 88, 100 and 117
@pytest.mark.parametrize(("power", "n"), [(0.8, 88), (0.85, 100), (0.9, 117)])
def test_the_example_of_wu(power: float, n: int) -> None:
    plan = one_sample_size(weibull(1.22, 9, 8), 1 / 1.75, alpha=0.05, power=power, accrual=5, follow_up=3)
    assert (plan.n, plan.variance) == (n, Variance.EXPECTED)
    assert plan.power_exact == pytest.approx(plan.power, abs=0.005)


@pytest.mark.parametrize(
    ("ratio", "survival", "n"), [(0.3, 0.8, 71), (0.3, 0.6, 33), (0.5, 0.8, 157), (0.7, 0.6, 230)]
)
def test_stated_power_is_that_of_simulated_trials(ratio: float, survival: float, n: int) -> None:
    rate = -math.log(survival) / 5
    plan = one_sample_size(exponential(rate=rate), ratio, alpha=0.025, power=0.8, accrual=2, follow_up=3)
    assert plan.n == n and plan.variance is Variance.EXPECTED
    random, trials = np.random.default_rng(7), 12_000
    event = random.exponential(1 / (rate * ratio), (trials, n))
    end = 3 + 2 * random.random((trials, n))
    observed = (event <= end).sum(axis=1)
    expected = rate * np.minimum(event, end).sum(axis=1)
    rejects = (observed - expected) / np.sqrt(expected) <= -1.959963984540054
    # the exact test rejects with o events where E is at least what the curve of P(X <= o) needs
    from remission.stats.tails import gamma_quantile

    needed = np.array([gamma_quantile(0.975, o + 1) for o in range(n + 1)])
    exact = expected >= needed[observed]
    assert exact.mean() == pytest.approx(plan.power_exact, abs=0.01)
    assert rejects.mean() > plan.power - 0.01  # EXPECTED errs to the safe side
    assert plan.power_exact > 0.79
    assert ("Fewer than 15 events expected" in plan.text()) == (plan.expected < 15) == (ratio == 0.3)


def test_mean_still_plans_as_wu_2014_and_overstates() -> None:
    rate = -math.log(0.8) / 5
    asked = {"alpha": 0.025, "accrual": 2.0, "follow_up": 3.0}
    plan = one_sample_size(exponential(rate=rate), 0.3, power=0.8, variance=Variance.MEAN, **asked)
    assert plan.n == 51 and plan.power == pytest.approx(0.806, abs=5e-4)
    assert plan.power_exact < 0.7 and "Fewer than 15" in plan.text()


def test_power_where_everybody_has_the_event_and_where_nobody_waits() -> None:
    plan = one_sample_power(50, exponential(rate=5.0), 0.5, alpha=0.025, accrual=0, follow_up=20)
    assert plan.events == pytest.approx(50) and 0.98 < plan.power_exact < 1
    plan = one_sample_power(30, exponential(rate=0.5), 0.5, alpha=0.025, accrual=0, follow_up=2)
    assert plan.power_exact == pytest.approx(0.72, abs=0.01)
