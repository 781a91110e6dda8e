"""Imputation at its limit against many drawn imputations; the tipping point against trying every count."""

import math
import random
from statistics import fmean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.rates.imputed import Known, imputed_rate, tipping_point
from remission.stats.rates.proportions import binomial_p_greater, wilson
from remission.stats.rates.weighted import weighted_rate


def drawn(strata: list[Known], draws: int, seed: int) -> tuple[float, float, float]:
    """The slow, obvious way: draw the rate, draw the answers, combine by Rubin's rules."""
    chance = random.Random(seed)
    size = sum(one.known + one.unknown for one in strata)
    rates: list[float] = []
    for _ in range(draws):
        found = 0
        for one in strata:
            rate = chance.betavariate(one.responders + 0.5, one.known - one.responders + 0.5)
            found += one.responders + sum(chance.random() < rate for _ in range(one.unknown))
        rates.append(found / size)
    return fmean(rates), fmean(rate * (1 - rate) / size for rate in rates), variance(rates)


def test_the_limit_is_where_drawn_imputations_go() -> None:
    strata = [Known(29, 40, 6), Known(21, 37, 7)]
    mean, within, between = drawn(strata, 20_000, 7)
    found = imputed_rate(strata, 0.5)
    # Of 20,000 draws: the mean within 5 standard errors, the variances within 5 %.
    assert found.rate == pytest.approx(mean, abs=5 * math.sqrt(between / 20_000))
    assert found.within == pytest.approx(within, rel=0.01)
    assert found.between == pytest.approx(between, rel=0.05)
    assert found.effective == pytest.approx(90 / (1 + found.between / found.within))


def test_with_every_answer_known_it_is_wilsons_interval_and_the_score_test() -> None:
    found, plain = imputed_rate([Known(62, 88, 0)], 0.7), wilson(62, 88)
    assert (found.interval.lower, found.interval.upper) == pytest.approx(
        (plain.lower, plain.upper), rel=1e-12
    )
    # 1 - pnorm((62/88 - 0.7) / sqrt(0.7 * 0.3 / 88)) in R
    assert found.p == pytest.approx(0.462932546812, abs=5e-13)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(1, 20))
def test_more_unknown_answers_never_tell_more(x: int, others: int, unknown: int) -> None:
    known = imputed_rate([Known(x, x + others, unknown)], 0.5)
    assert 0 <= known.interval.lower <= known.rate <= known.interval.upper <= 1
    assert known.effective < x + others + unknown


@given(st.integers(0, 40), st.integers(0, 20), st.integers(1, 30), st.sampled_from([0.3, 0.5, 0.7]))
def test_the_tipping_point_is_found_by_trying_every_count(x: int, unknown: int, more: int, p0: float) -> None:
    n = x + unknown + more
    found = tipping_point(x, unknown, n, p0, 0.025).needed
    rejects = [binomial_p_greater(x + extra, n, p0) <= 0.025 for extra in range(unknown + 1)]
    assert found == (rejects.index(True) if True in rejects else None)


def test_a_weighted_rate_by_hand() -> None:
    found = weighted_rate([(8, 10), (10, 20)], [1, 3])
    assert found.rate == pytest.approx(0.25 * 0.8 + 0.75 * 0.5)
    assert found.standard_error == pytest.approx(math.sqrt(0.0625 * 0.16 / 10 + 0.5625 * 0.25 / 20))
    crude = weighted_rate([(8, 10), (10, 20)], [10, 20])
    assert crude.rate == pytest.approx(18 / 30)
    assert crude.effective > 30  # strata that differ leave less variance within
    assert weighted_rate([(5, 5)], [1]).effective == 5


@pytest.mark.parametrize(
    "strata", [[], [Known(3, 2, 0)], [Known(1, 2, -1)], [Known(0, 0, 0)], [Known(0, 0, 4)]]
)
def test_counts_that_cannot_be_are_refused(strata: list[Known]) -> None:
    with pytest.raises(InputRefused):
        imputed_rate(strata, 0.5)


@pytest.mark.parametrize(
    ("strata", "weights"), [([(1, 2)], []), ([(1, 2)], [0]), ([(3, 2)], [1]), ([(1, 2)], [-1])]
)
def test_weights_that_cannot_be_are_refused(strata: list[tuple[int, int]], weights: list[float]) -> None:
    with pytest.raises(InputRefused):
        weighted_rate(strata, weights)
    with pytest.raises(InputRefused):
        imputed_rate([Known(1, 2, 1)], 1.0)
