"""Predictive probability designs against Lee and Liu 2008 and a slow version."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.predictive import (
    Prior,
    find_predictive,
    predictive_design,
    predictive_probability,
)
from remission.stats.designs.staged import operating


def slowly(x: int, n: int, n_max: int, p0: float, convinced: float, prior: Prior) -> float:
    """Every number of responders still to come, by the beta-binomial, and the posterior after it."""
    from scipy import stats

    total = 0.0
    for more in range(n_max - n + 1):
        chance = float(stats.betabinom.pmf(more, n_max - n, prior.a + x, prior.b + n - x))
        after = float(stats.beta.sf(p0, prior.a + x + more, prior.b + n_max - x - more))
        total += chance if after >= convinced else 0.0
    return total


def test_the_example_of_lee_and_liu() -> None:
    """Their Table 1: 16 of 23, at most 40, p0 = 60 %, theta_T = 0.90, Beta(0.6, 0.4): PP = 0.5656."""
    assert predictive_probability(16, 23, 40, 0.6, 0.9, Prior(0.6, 0.4)) == pytest.approx(0.5656, abs=5e-5)


def test_the_design_of_lee_and_liu() -> None:
    """p0 = 20 %, p1 = 40 %, alpha = beta = 0.1: Nmax 36, rejection regions 0/10, 1/17, ... 10/36."""
    found = find_predictive(0.2, 0.4, 0.1, 0.1, n_from=30)
    first: dict[int, int] = {}
    for look in found.design.looks:
        if look.futility is not None:
            first.setdefault(look.futility, look.n)
    expected = {0: 10, 1: 17, 2: 21, 3: 24, 4: 27, 5: 29, 6: 31, 7: 33, 8: 34, 9: 35, 10: 36}
    assert first == expected and found.too_low == 0.001
    assert found.convinced == pytest.approx(0.922, abs=1e-3)
    assert (found.null.rejects, found.alternative.rejects) == pytest.approx((0.088, 0.906), abs=5e-4)
    assert (found.null.early, found.null.expected_n) == pytest.approx((0.86, 27.67), abs=5e-3)
    assert [row[1] for row in found.printed().rows] == [str(n) for n in expected.values()]
    assert "0.0878" in found.text() and "预测" in found.text("zh") and found.chart().lines
    same = predictive_design(range(10, 37), 0.2, 0.9, 0.001)
    assert same == found.design


def test_a_published_number_of_another_package() -> None:
    """ph2bye 0.1.4, PredP(16, 23, 40, 1, 1, 0.5, 0.9): 0.8871897."""
    assert predictive_probability(16, 23, 40, 0.5, 0.9, Prior(1, 1)) == pytest.approx(0.8871897, abs=5e-8)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 30), st.floats(0.05, 0.9), st.floats(0.5, 0.95))
def test_as_the_slow_version(data: st.DataObject, n_max: int, p0: float, convinced: float) -> None:
    n = data.draw(st.integers(0, n_max))
    x = data.draw(st.integers(0, n))
    prior = Prior(data.draw(st.floats(0.2, 3)), data.draw(st.floats(0.2, 3)))
    if prior.exceeds(p0, n_max)[-1] < convinced:
        with pytest.raises(InputRefused):
            predictive_probability(x, n, n_max, p0, convinced, prior)
        return
    ours = predictive_probability(x, n, n_max, p0, convinced, prior)
    assert ours == pytest.approx(slowly(x, n, n_max, p0, convinced, prior), abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 50),
    st.floats(0.05, 0.9),
    st.floats(0.5, 0.95),
    st.floats(0.001, 0.3),
    st.floats(0.6, 0.999),
)
def test_boundaries_grow(n: int, p0: float, convinced: float, too_low: float, high_enough: float) -> None:
    """By at most one a participant, from the first: a responder never hurts, a failure never helps."""
    if Prior(p0, 1 - p0).exceeds(p0, n)[-1] < convinced:
        return  # no final count is enough
    design = predictive_design(range(1, n + 1), p0, convinced, too_low, high_enough=high_enough)
    lows = [-1 if look.futility is None else look.futility for look in design.looks]
    highs = [look.n + 1 if look.efficacy is None else look.efficacy for look in design.looks]
    assert all(0 <= b - a <= 1 for a, b in pairwise(lows))
    assert all(0 <= b - a <= 1 for a, b in pairwise(highs))


def test_type_i_error_with_and_without_the_stops() -> None:
    """Both are printed; the design of Lee and Liu holds 0.1 either way."""
    found = find_predictive(0.2, 0.4, 0.1, 0.1)
    assert (found.null.rejects, found.not_binding) == pytest.approx((0.0878, 0.0889), abs=5e-5)
    assert found.not_binding == operating(found.design, 0.2, binding=False).rejects
    assert "0.0878 with futility stops kept, 0.0889 if not kept" in found.text()
    assert "执行无效停止时 I 类错误 0.0878，不执行时 0.0889" in found.text("zh")


def test_a_search_that_does_not_count_on_the_stops() -> None:
    """alpha 0.088: 11 of 36 hold it only if the stops are kept; 39 participants hold it without."""
    counting = find_predictive(0.2, 0.4, 0.088, 0.1, n_from=30)
    assert counting.design.n == 36 and counting.null.rejects <= 0.088 < counting.not_binding
    free = find_predictive(0.2, 0.4, 0.088, 0.1, n_from=30, binding=False)
    assert free.design.n == 39 and free.not_binding == pytest.approx(0.0742, abs=5e-5)
    assert free.alternative.rejects >= 0.9


def test_a_look_that_cannot_go_on_ends_the_design() -> None:
    design = predictive_design([4, 5, 40], 0.8, 0.99, 0.95)
    assert [look.n for look in design.looks] == [4] and operating(design, 0.9).rejects == 0


def test_posterior_is_a_chance_that_grows() -> None:
    posterior = Prior(0.2, 0.8).exceeds(0.2, 25)
    assert posterior.shape == (26,) and bool(np.all(np.diff(posterior) > 0))


def test_refusals() -> None:
    with pytest.raises(InputRefused):
        Prior(0, 1)
    with pytest.raises(InputRefused):
        predictive_probability(5, 4, 10, 0.2, 0.9, Prior(1, 1))
    with pytest.raises(InputRefused):
        predictive_design([10, 20], 0.2, 0.9, 0.6, high_enough=0.5)
    with pytest.raises(InputRefused):
        find_predictive(0.4, 0.2, 0.1, 0.1)
    with pytest.raises(InputRefused):
        find_predictive(0.2, 0.4, 0.1, 0.1, n_max=15)
    for sizes in ([], [20, 10], [10, 10, 20], [0, 10]):
        with pytest.raises(InputRefused, match="as looks"):
            predictive_design(sizes, 0.2, 0.9, 0.001)
