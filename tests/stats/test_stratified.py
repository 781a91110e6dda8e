"""Rates combined over strata against R, and against what one stratum alone must give."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.rates.difference import miettinen_nurminen
from remission.stats.rates.stratified import (
    breslow_day,
    cochran_mantel_haenszel,
    combine,
    greenland_robins_difference,
    mantel_haenszel_difference,
    mantel_haenszel_odds,
    mantel_haenszel_ratio,
    stratified_miettinen_nurminen,
)
from remission.stats.rates.two import TwoCounts
from remission.terms.words import Text

STRATA = [TwoCounts(20, 30, 40, 80), TwoCounts(35, 50, 60, 110), TwoCounts(12, 40, 20, 90)]

# R 4.2.2, datasets::UCBAdmissions by department: admitted men of men, admitted women of women
BERKELEY = [
    TwoCounts(512, 512 + 313, 89, 89 + 19),
    TwoCounts(353, 353 + 207, 17, 17 + 8),
    TwoCounts(120, 120 + 205, 202, 202 + 391),
    TwoCounts(138, 138 + 279, 131, 131 + 244),
    TwoCounts(53, 53 + 138, 94, 94 + 299),
    TwoCounts(22, 22 + 351, 24, 24 + 317),
]


def test_common_difference_of_metafor() -> None:
    """R, metafor 3.8.1: rma.mh(measure = "RD", ai = x1, n1i = n1, ci = x0, n2i = n0)."""
    one = mantel_haenszel_difference(STRATA)
    assert one.estimate == pytest.approx(0.13235554629292, rel=1e-12)
    assert one.standard_error == pytest.approx(0.051140513728656, rel=1e-12)
    assert one.interval is not None
    assert one.interval.lower == pytest.approx(0.032121981233878, rel=1e-11)
    assert one.interval.upper == pytest.approx(0.23258911135196, rel=1e-11)


def test_common_ratios_of_metafor() -> None:
    """The same call with measure "RR" and "OR": logarithm and its limits."""
    risk, odds = mantel_haenszel_ratio(STRATA), mantel_haenszel_odds(STRATA)
    logs = [math.log(value or 0) for value in (risk.estimate, risk.lower, risk.upper)]
    assert logs == pytest.approx([0.27004204281403, 0.07356912735432, 0.46651495827373], rel=1e-11)
    logs = [math.log(value or 0) for value in (odds.estimate, odds.lower, odds.upper)]
    assert logs == pytest.approx([0.59786760004266, 0.13825894803704, 1.0574762520483], rel=1e-11)


def test_tests_of_metafor_and_r() -> None:
    """rma.mh(measure = "OR", correct = FALSE): MH, BD, TA; mantelhaen.test with its correction."""
    assert cochran_mantel_haenszel(STRATA, corrected=False).statistic == pytest.approx(6.494278968327)
    assert cochran_mantel_haenszel(STRATA, corrected=False).p == pytest.approx(0.010822217887506)
    assert cochran_mantel_haenszel(STRATA).statistic == pytest.approx(5.9225224113397, rel=1e-12)
    plain, tarone = breslow_day(STRATA, tarone=False), breslow_day(STRATA)
    assert (plain.statistic, plain.p) == pytest.approx((0.28175274778936, 0.8685966862858), rel=1e-10)
    assert (tarone.statistic, tarone.p) == pytest.approx((0.28151799716863, 0.86869864407498), rel=1e-10)
    assert tarone.freedom == 2


def test_berkeley_of_r() -> None:
    """mantelhaen.test(UCBAdmissions): statistic, estimate, interval; with correct = FALSE 1.5246."""
    assert cochran_mantel_haenszel(BERKELEY).statistic == pytest.approx(1.4269462285867, rel=1e-12)
    assert cochran_mantel_haenszel(BERKELEY, corrected=False).statistic == pytest.approx(1.5246066604434)
    one = mantel_haenszel_odds(BERKELEY)
    assert one.estimate == pytest.approx(0.90469682825862, rel=1e-12)
    assert (one.lower, one.upper) == pytest.approx((0.77190736175935, 1.06032976443666), rel=1e-12)
    assert breslow_day(BERKELEY).p < 0.01  # department A differs


groups = st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
counts = st.tuples(groups, groups).map(lambda pair: TwoCounts(*pair[0], *pair[1]))


@given(counts)
@settings(max_examples=60, deadline=None)
def test_one_stratum_is_no_stratification(one: TwoCounts) -> None:
    found = greenland_robins_difference([one])
    assert found.estimate == pytest.approx(one.difference, abs=1e-15)
    variance = one.rate1 * (1 - one.rate1) / one.n1 + one.rate0 * (1 - one.rate0) / one.n0
    assert found.standard_error**2 == pytest.approx(variance, abs=1e-15)
    alone, strata = miettinen_nurminen(one), stratified_miettinen_nurminen([one])
    assert (strata.lower, strata.upper) == pytest.approx((alone.lower, alone.upper), abs=1e-12)


@given(st.lists(counts, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_exchanging_the_groups_turns_the_sign(strata: list[TwoCounts]) -> None:
    turned = [one.swapped for one in strata]
    ours, theirs = mantel_haenszel_difference(strata), mantel_haenszel_difference(turned)
    assert ours.estimate == pytest.approx(-theirs.estimate, abs=1e-14)
    assert ours.standard_error == pytest.approx(theirs.standard_error, abs=1e-12)
    ours, theirs = stratified_miettinen_nurminen(strata), stratified_miettinen_nurminen(turned)
    assert ours.lower == pytest.approx(-theirs.upper, abs=1e-10)


def test_estimates_in_whole_numbers() -> None:
    weights = [Fraction(one.n1 * one.n0, one.n1 + one.n0) for one in STRATA]
    gaps = [Fraction(one.x1, one.n1) - Fraction(one.x0, one.n0) for one in STRATA]
    exact = sum(w * gap for w, gap in zip(weights, gaps, strict=True)) / sum(weights)
    assert mantel_haenszel_difference(STRATA).estimate == pytest.approx(float(exact), rel=1e-14)


def test_printed_and_drawn() -> None:
    one = combine([(Text(f"risk {i}", f"危险度 {i}"), stratum) for i, stratum in enumerate(STRATA)])
    assert "Breslow-Day-Tarone: chi-square 0.282, df 2, p = 0.8687" in one.text()
    assert "危险度 2" in one.text("zh")
    assert one.chart().rows[-1].strong
    assert len(one.chart().rows) == 4
    nobody = combine([(Text("a", "甲"), TwoCounts(0, 5, 0, 5)), (Text("b", "乙"), TwoCounts(5, 5, 5, 5))])
    assert (nobody.odds, nobody.test, nobody.homogeneity) == (None, None, None)
    assert nobody.difference.estimate == 0


@pytest.mark.parametrize(
    "strata",
    [
        [TwoCounts(20, 20, 50, 50)],
        [TwoCounts(20, 20, 50, 50), TwoCounts(7, 7, 3, 3)],
        [TwoCounts(5, 5, 6, 6), TwoCounts(0, 5, 0, 9)],
        [TwoCounts(10, 10, 0, 10), TwoCounts(3, 3, 0, 7)],
        [TwoCounts(0, 9, 11, 11)],
    ],
)
def test_without_variance_there_is_no_interval_but_the_score_one(strata: list[TwoCounts]) -> None:
    for method in (mantel_haenszel_difference, greenland_robins_difference):
        assert method(strata).standard_error == 0
        assert method(strata).interval is None
    score = stratified_miettinen_nurminen(strata)
    assert score.upper - score.lower > 0.05
    assert score.lower <= mantel_haenszel_difference(strata).estimate <= score.upper
    one = combine([(Text(f"{i}", f"{i}"), stratum) for i, stratum in enumerate(strata)])
    assert one.ratio is None
    assert "+0.0 … +0.0" not in one.text() and "1.000 … 1.000" not in one.text()
    with pytest.raises(InputRefused, match="koopman"):
        mantel_haenszel_ratio(strata)


def test_satos_variance_is_0_only_where_all_or_none_responded() -> None:
    for n1, n0 in ((1, 4), (3, 3), (5, 2), (4, 6)):
        for x1 in range(n1 + 1):
            for x0 in range(n0 + 1):
                found = mantel_haenszel_difference([TwoCounts(x1, n1, x0, n0)])
                assert (found.interval is None) == (x1 in (0, n1) and x0 in (0, n0))


def test_refusals() -> None:
    for method in (mantel_haenszel_difference, mantel_haenszel_odds, cochran_mantel_haenszel, combine):
        with pytest.raises(InputRefused, match="no stratum"):
            method([])
    with pytest.raises(InputRefused, match="group 0"):
        combine([(Text("empty", "空"), TwoCounts(1, 5, 0, 0))])
    with pytest.raises(InputRefused, match="common ratio"):
        mantel_haenszel_ratio([TwoCounts(0, 5, 1, 5)])
    with pytest.raises(InputRefused, match="common ratio"):
        mantel_haenszel_odds([TwoCounts(5, 5, 0, 5)])
    with pytest.raises(InputRefused, match="tell nothing"):
        cochran_mantel_haenszel([TwoCounts(5, 5, 5, 5)])
    with pytest.raises(InputRefused, match="two are needed"):
        breslow_day([TwoCounts(2, 5, 3, 5), TwoCounts(0, 5, 0, 5)])
