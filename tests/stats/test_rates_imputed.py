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
    everybody = [place for place, one in enumerate(strata) for _ in range(one.known)]
    for _ in range(draws):
        found = 0
        drawn = [chance.betavariate(one.responders + 0.5, one.known - one.responders + 0.5) for one in strata]
        for one, rate in zip(strata, drawn, strict=True):
            if not one.known:  # each like somebody known elsewhere
                found += sum(chance.random() < drawn[chance.choice(everybody)] for _ in range(one.unknown))
                continue
            found += one.responders + sum(chance.random() < rate for _ in range(one.unknown))
        rates.append(found / size)
    return fmean(rates), fmean(rate * (1 - rate) / size for rate in rates), variance(rates)


@pytest.mark.parametrize(
    ("strata", "borrowed"),
    [
        ([Known(29, 40, 6), Known(21, 37, 7)], 0),
        ([Known(10, 40, 5), Known(30, 35, 0), Known(0, 0, 12), Known(0, 0, 3)], 15),
    ],
)
def test_the_limit_is_where_drawn_imputations_go(strata: list[Known], borrowed: int) -> None:
    mean, within, between = drawn(strata, 20_000, 7)
    found = imputed_rate(strata, 0.5)
    size = sum(one.known + one.unknown for one in strata)
    # Of 20,000 draws: the mean within 5 standard errors, the variances within 1 and 5 %.
    assert found.rate == pytest.approx(mean, abs=5 * math.sqrt(between / 20_000))
    assert found.within == pytest.approx(within, rel=0.01)
    assert found.between == pytest.approx(between, rel=0.05)
    assert found.effective == pytest.approx(size / (1 + found.between / found.within))
    assert found.borrowed == borrowed


def test_a_stratum_with_nobody_known_is_imputed_from_the_others_and_not_from_one_half() -> None:
    found = imputed_rate([Known(10, 40, 0), Known(0, 0, 20)], 0.25)
    assert found.rate == pytest.approx((10 + 20 * 10.5 / 41) / 60)  # it was 33.3 %, with 0.5 for the 20
    assert found.borrowed == 20
    together = imputed_rate([Known(10, 40, 20)], 0.25)
    assert (found.rate, found.between, found.p) == pytest.approx(
        (together.rate, together.between, together.p), rel=1e-12
    )


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
    one, other = wilson(8, 10), wilson(10, 20)
    lower = found.rate - math.sqrt((0.25 * (0.8 - one.lower)) ** 2 + (0.75 * (0.5 - other.lower)) ** 2)
    upper = found.rate + math.sqrt((0.25 * (one.upper - 0.8)) ** 2 + (0.75 * (other.upper - 0.5)) ** 2)
    assert (found.interval.lower, found.interval.upper) == pytest.approx((lower, upper), rel=1e-12)
    crude = weighted_rate([(8, 10), (10, 20)], [10, 20])
    assert crude.rate == pytest.approx(18 / 30)
    assert weighted_rate([(5, 9)], [1]).interval == wilson(5, 9)


def test_a_stratum_of_all_or_no_responders_widens_the_interval() -> None:
    """Variance x/n (1 - x/n)/n was 0 there: (10, 10) beside (20, 40) told as much as if it were certain."""
    found = weighted_rate([(10, 10), (20, 40)], [10, 40]).interval
    alone = wilson(20, 40)
    below = found.lower - (0.6 - 0.8 * (0.5 - alone.lower))
    assert below < -0.01
    everybody = weighted_rate([(10, 10), (40, 40)], [10, 40]).interval
    assert everybody.upper == 1.0 and everybody.lower < 0.95


def covered(trials: int, seed: int) -> tuple[float, float, float]:
    """Share of intervals that hold, 90 participants each: at their mix; in the population; crude, there."""
    chance = random.Random(seed)
    mix, rates = (0.3, 0.7), (0.3, 0.9)
    meant = sum(part * rate for part, rate in zip(mix, rates, strict=True))
    here = there = crude = 0
    for _ in range(trials):
        first = sum(chance.random() < mix[0] for _ in range(90))
        sizes = (first, 90 - first)
        counts = [
            (sum(chance.random() < rate for _ in range(n)), n) for n, rate in zip(sizes, rates, strict=True)
        ]
        interval, whole = weighted_rate(counts, sizes).interval, wilson(sum(x for x, _ in counts), 90)
        at_this_mix = sum(n * rate for n, rate in zip(sizes, rates, strict=True)) / 90
        here += interval.lower <= at_this_mix <= interval.upper
        there += interval.lower <= meant <= interval.upper
        crude += whole.lower <= meant <= whole.upper
    return here / trials, there / trials, crude / trials


def test_the_weighted_interval_covers_the_rate_at_this_mix_and_not_that_of_the_population() -> None:
    here, there, crude = covered(4000, 11)
    assert here > 0.945  # standard error 0.0034
    assert there < 0.90
    assert crude > 0.94


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
