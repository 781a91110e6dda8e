"""The historical control: what it refuses, its exact tests, and what its own children make of alpha."""

import math
import re
from collections.abc import Callable
from inspect import Parameter, signature

import numpy as np
import pytest
from scipy import integrate, stats

from remission.errors import InputRefused
from remission.stats.borrowing.mixtures import beta
from remission.stats.control.compare import against
from remission.stats.control.compare_counts import CountsComparison
from remission.stats.control.compare_fixed import FixedComparison
from remission.stats.control.compare_meta import MetaComparison
from remission.stats.control.control import Control, Evidence, MetaControl
from remission.stats.control.exceeding import exceeds
from remission.stats.control.least import least_count, predictive, robust_prior
from remission.stats.control.operating import given_history, operating, over_histories
from remission.stats.control.two_counts import boschloo_p, fisher_p, least_counts
from remission.stats.rates.two import Side, TwoCounts
from remission.stats.rates.unconditional import boschloo

AS = tuple(
    (f"study {k}", x, n, "RBesT 1.9-0, introduction vignette")
    for k, (x, n) in enumerate(
        zip((23, 12, 19, 9, 39, 6, 9, 10), (107, 44, 51, 39, 139, 20, 78, 35), strict=True), start=1
    )
)


@pytest.fixture(scope="module")
def several() -> MetaControl:
    return Control.meta(studies=AS, evidence="verbatim")


# --- what is refused --------------------------------------------------------------------------------


def test_p0_without_its_children_is_refused() -> None:
    with pytest.raises(InputRefused, match="without the children") as refused:
        Control.fixed(p0=0.7, evidence="assumed")
    assert "responders=210, of=300" in refused.value.do


@pytest.mark.parametrize(
    ("p0", "responders", "of"),
    [(0.7, 200, 300), (0.779, 87, 113), (0.71, 70, 100), (1.0, 9, 9), (0.7, 301, 300)],
)
def test_p0_that_is_not_its_childrens_is_refused(p0: float, responders: int, of: int) -> None:
    with pytest.raises(InputRefused):
        Control.fixed(p0=p0, responders=responders, of=of, source="somewhere", evidence="assumed")


@pytest.mark.parametrize(
    ("p0", "responders", "of"), [(0.7, 210, 300), (0.779, 88, 113), (0.78, 88, 113), (88 / 113, 88, 113)]
)
def test_p0_within_its_rounding_is_taken(p0: float, responders: int, of: int) -> None:
    assert Control.fixed(p0=p0, responders=responders, of=of, source="somewhere", evidence="assumed").p0 == p0


@pytest.mark.parametrize("evidence", ["memory", "memory-unverified", "not-found", ""])
def test_memory_is_no_evidence(evidence: str) -> None:
    with pytest.raises(InputRefused, match="stands on"):
        Control.fixed(p0=0.7, responders=210, of=300, source="Somebody 2020", evidence=evidence)
    with pytest.raises(InputRefused, match="stands on"):
        Control.counts(responders=210, of=300, source="Somebody 2020", evidence=evidence)
    with pytest.raises(InputRefused, match="stands on"):
        Control.meta(studies=[("one", 3, 5, "Somebody 2020")], evidence=evidence)
    assert not [kind for kind in Evidence if "memory" in kind]


@pytest.mark.parametrize(
    "kind",
    [Control.fixed, Control.counts, Control.meta, Control.patient_level],
    ids=lambda kind: kind.__name__,
)
def test_how_far_a_source_was_seen_has_no_default(kind: Callable[..., object]) -> None:
    assert signature(kind).parameters["evidence"].default is Parameter.empty


def test_a_control_without_a_source_or_study_is_refused() -> None:
    with pytest.raises(InputRefused, match="without a citation"):
        Control.counts(responders=3, of=5, source=" ", evidence="assumed")
    with pytest.raises(InputRefused, match="no study"):
        Control.meta(studies=[], evidence="assumed")


# --- fixed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("of", "printed"), [(100, 0.063), (300, 0.034), (1000, 0.023)])
def test_type_one_error_when_p0_came_from_so_many_children(of: int, printed: float) -> None:
    """n = 90, nominal one-sided 0.025, both true rates .70: numbers of the project's domain notes."""
    control = Control.fixed(
        p0=0.7, responders=round(0.7 * of), of=of, source="domain notes", evidence="derived"
    )
    assert over_histories(control, 90, 0.7) == pytest.approx(printed, abs=0.0005)


def test_over_histories_against_the_sum_written_out() -> None:
    control = Control.fixed(p0=0.4, responders=10, of=25, source="invented", evidence="assumed")
    slow = 0.0
    for x in range(26):
        reject = [k for k in range(31) if stats.binom.sf(k - 1, 30, x / 25) <= 0.05]
        slow += stats.binom.pmf(x, 25, 0.4) * sum(stats.binom.pmf(k, 30, 0.55) for k in reject)
    found = over_histories(control, 30, 0.55, control_rate=0.4, alpha=0.05)
    assert found == pytest.approx(slow, abs=1e-12)


def test_given_history_against_adaptive_integration() -> None:
    control = Control.fixed(p0=0.7, responders=70, of=100, source="invented", evidence="assumed")
    slow = integrate.quad(lambda p: stats.beta.pdf(p, 71, 31) * stats.binom.sf(71, 90, p), 0, 1)[0]
    assert given_history(control, 90) == pytest.approx(slow, abs=1e-10)


def test_against_a_fixed_rate() -> None:
    control = Control.fixed(p0=0.7, responders=210, of=300, source="Somebody 2020", evidence="derived")
    found = against(control, 76, 90)
    assert isinstance(found, FixedComparison)
    assert (found.least, found.rejects) == (72, True)  # n = 90, .70: reject at >= 72
    assert found.p == pytest.approx(stats.binom.sf(75, 90, 0.7), rel=1e-10)
    assert found.size == pytest.approx(stats.binom.sf(71, 90, 0.7), rel=1e-10)
    assert found.size <= 0.025 < found.size_over_histories < found.size_given_history
    assert "type I error, p0 from 300" in found.text()
    assert "0.0336" in found.html("zh")
    assert len(found.chart().rows) == 2


def test_type_one_error_falls_with_the_history_to_that_of_a_known_rate() -> None:
    """p0 .50, n = 40: from .118 off 20 children, by the sum over all histories, to .0192 at p0 known."""
    errors = [
        over_histories(
            Control.fixed(p0=0.5, responders=of // 2, of=of, source="x", evidence="assumed"), 40, 0.5
        )
        for of in (20, 50, 100, 200, 300, 1000, 100_000)
    ]
    known = stats.binom.sf(26, 40, 0.5)
    assert errors[:6] == sorted(errors[:6], reverse=True)
    assert errors[0] > 4.5 * 0.025 and errors[4] < 0.025
    assert errors[-1] == pytest.approx(known, abs=1e-6)


# p0 as printed, its children, the rate tested against
@pytest.mark.parametrize(
    ("p0", "responders", "of", "bar"),
    [(0.70, 2114, 3000, 2114 / 3000), (0.70, 210, 300, 0.7), (0.78, 88, 113, 0.78), (0.71, 2118, 3000, 0.71)],
)
def test_a_rate_rounded_down_lowers_no_bar(p0: float, responders: int, of: int, bar: float) -> None:
    control = Control.fixed(p0=p0, responders=responders, of=of, source="x", evidence="assumed")
    found = against(control, 72, 90)
    assert isinstance(found, FixedComparison)
    assert control.bar == bar
    assert found.p == pytest.approx(stats.binom.sf(71, 90, bar), rel=1e-10)
    assert found.rejects == (found.p <= 0.025)
    assert found.size == pytest.approx(stats.binom.sf((found.least or 91) - 1, 90, bar), rel=1e-9)
    assert found.size_over_histories == pytest.approx(over_histories(control, 90, responders / of))
    assert found.chart().reference == bar
    assert f"of at most {bar:.4g}," in found.text()
    assert operating(control, 90, (bar,)).rejects[0] <= 0.025


# --- what is printed ----------------------------------------------------------------------------------


def test_the_conclusion_is_printed_with_the_rule_that_decides(several: MetaControl) -> None:
    fixed = Control.fixed(p0=0.7, responders=210, of=300, source="x", evidence="assumed")
    counts = Control.counts(responders=210, of=300, source="x", evidence="assumed")
    for control, rule in ((fixed, "p at most 0.025"), (counts, "Boschloo's p at most 0.025")):
        assert f"Decides: {rule}; rejects: yes." in against(control, 76, 90).text()
        assert f"Decides: {rule}; rejects: no." in against(control, 64, 90).text()
        assert "不拒绝零假设" in against(control, 64, 90).text("zh")
    words = against(several, 46, 90).text()
    assert (
        "at least 0.975, by the predictive prior; the robust prior only stands beside it; rejects: yes."
        in words
    )
    assert "vague component 0.2" not in words and "->" not in words


def test_no_p_value_is_printed_as_nothing() -> None:
    fixed = Control.fixed(p0=0.7, responders=210, of=300, source="x", evidence="assumed")
    counts = Control.counts(responders=210, of=300, source="x", evidence="assumed")
    for control in (fixed, counts):
        words = against(control, 90, 90).text()
        assert "< 0.0001" in words and "0.0000" not in words


@pytest.mark.parametrize("x", [46, 90])
def test_chinese_words_have_chinese_marks(several: MetaControl, x: int) -> None:
    fixed = Control.fixed(p0=0.7, responders=210, of=300, source="甲", evidence="assumed")
    counts = Control.counts(responders=210, of=300, source="甲", evidence="assumed")
    found = [against(control, x, 90).text("zh") for control in (fixed, counts, several)]
    found.append(operating(several, 90, (0.2,)).text("zh"))
    for words in found:
        assert not re.search(r"[\u4e00-\u9fff] ?[,;:]|[,;:] ?[\u4e00-\u9fff]", words), words


# --- counts -----------------------------------------------------------------------------------------


def test_fishers_p_of_every_table() -> None:
    found = fisher_p(9, 7)
    slow = [
        [stats.fisher_exact([[x, 9 - x], [y, 7 - y]], alternative="greater")[1] for y in range(8)]
        for x in range(10)
    ]
    assert found == pytest.approx(np.array(slow), abs=1e-12)


@pytest.mark.parametrize(
    ("x", "n", "y", "of"), [(76, 90, 210, 300), (8, 9, 2, 7), (20, 30, 12, 40), (0, 5, 0, 5)]
)
def test_boschloo_agrees_with_the_single_table(x: int, n: int, y: int, of: int) -> None:
    assert boschloo_p(x, n, y, of) == pytest.approx(
        boschloo(TwoCounts(x, n, y, of), Side.GREATER).p, rel=1e-5
    )


@pytest.mark.parametrize(("n", "of", "alpha"), [(9, 7, 0.05), (12, 20, 0.025)])
def test_the_rule_is_the_test_of_every_table(n: int, of: int, alpha: float) -> None:
    for y, least in enumerate(least_counts(of, n, alpha)):
        for x in range(n + 1):
            rejects = boschloo(TwoCounts(x, n, y, of), Side.GREATER).p <= alpha
            assert rejects == (least is not None and x >= least)


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.7, 0.95])
def test_the_two_sample_rule_keeps_alpha(rate: float) -> None:
    control = Control.counts(responders=210, of=300, source="x", evidence="assumed")
    assert over_histories(control, 90, rate) <= 0.025


def test_least_counts_never_fall() -> None:
    least = [91 if k is None else k for k in least_counts(300, 90, 0.025)]
    assert least == sorted(least)


def test_against_counts() -> None:
    found = against(
        Control.counts(responders=210, of=300, source="Somebody 2020", evidence="derived"), 76, 90
    )
    assert isinstance(found, CountsComparison)
    assert found.p == pytest.approx(0.0026703277, abs=1e-8)  # scipy.stats.boschloo_exact, n=256
    assert (found.rejects, found.least) == (True, 73)
    assert found.difference == pytest.approx(76 / 90 - 0.7)
    assert found.difference_interval.lower < found.difference < found.difference_interval.upper
    assert "Boschloo" in found.text()
    assert len(found.chart().rows) == 2


# --- several studies --------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "n", "a", "b"), [(35, 90, 25.0, 75.0), (80, 90, 3.5, 2.0), (0, 10, 1.0, 1.0)])
def test_exceeds_against_adaptive_integration(x: int, n: int, a: float, b: float) -> None:
    slow = integrate.quad(
        lambda p: stats.beta.pdf(p, a, b) * stats.beta.sf(p, x + 1, n - x + 1), 0, 1, epsabs=1e-12, limit=200
    )[0]
    assert exceeds(beta(a, b), [x], n)[0] == pytest.approx(slow, abs=1e-9)


def test_mixture_and_density_give_the_same_chance(several: MetaControl) -> None:
    plain, robust = predictive(several).rate, robust_prior(several)
    tight = exceeds(plain, range(91), 90)
    left = 1 - robust.weights[-1]
    without = (
        exceeds(robust, range(91), 90) - robust.weights[-1] * exceeds(beta(1, 1), range(91), 90)
    ) / left
    assert tight == pytest.approx(without, abs=2e-3)


def test_against_several_studies(several: MetaControl) -> None:
    found = against(several, 46, 90)
    assert isinstance(found, MetaComparison)
    assert found.control_mean == pytest.approx(0.2583, abs=5e-5)
    assert (found.least, found.robust_least) == (44, 80)
    assert found.rejects
    assert found.robust_chance < found.chance
    assert found.chance >= 0.975 > float(exceeds(predictive(several).rate, [43], 90)[0])
    assert found.robust_ess_elir < found.ess_elir
    assert found.size_at_mean == pytest.approx(stats.binom.sf(43, 90, found.control_mean), rel=1e-6)
    chances = predictive(several).rate.predictive(90)
    assert found.size_foretold == pytest.approx(float(chances[44:].sum()))
    assert found.conflict.at_least == pytest.approx(float(chances[46:].sum()))
    assert len(found.chart().lines) == 3
    assert "verbatim" in found.text()
    assert "稳健" in found.latex("zh")


def test_power_over_true_rates(several: MetaControl) -> None:
    found = operating(several, 90, (0.2, 0.4, 0.6), alpha=0.025)
    assert found.rejects == pytest.approx(tuple(stats.binom.sf(43, 90, (0.2, 0.4, 0.6))), abs=1e-10)
    assert found.rejects == tuple(sorted(found.rejects))
    assert operating(several, 90, (0.5,), robust=True).least == 80
    assert "44" in found.text()
    assert len(found.chart().rules) == 2


@pytest.mark.parametrize(("p0", "p1", "least", "power"), [(0.7, 0.85, 72, 0.926), (0.5, 0.65, 55, 0.8)])
def test_power_of_the_trial(p0: float, p1: float, least: int, power: float) -> None:
    """n = 90 and one-sided 0.025, as the domain notes have it (80 % is a floor there)."""
    control = Control.fixed(
        p0=p0, responders=round(300 * p0), of=300, source="domain notes", evidence="assumed"
    )
    found = operating(control, 90, (p0, p1))
    assert found.least == least
    assert found.rejects[0] <= 0.025
    assert found.rejects[1] >= power - 0.0005
    if p0 == 0.7:
        assert found.rejects[1] == pytest.approx(power, abs=0.0005)


def test_nothing_beats_a_control_of_all_but_one() -> None:
    control = Control.fixed(p0=0.99, responders=99, of=100, source="x", evidence="assumed")
    assert least_count(control, 10, 0.025) is None
    found = against(control, 10, 10)
    assert isinstance(found, FixedComparison)
    assert (found.rejects, found.size) == (False, 0.0)
    assert math.isclose(operating(control, 10, (1.0,)).rejects[0], 0.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: against(c, 91, 90),
        lambda c: against(c, 50, 90, alpha=0.6),
        lambda c: operating(c, 0, (0.5,)),
        lambda c: operating(c, 90, (1.5,)),
        lambda c: over_histories(c, 90, -0.1),
    ],
)
def test_what_cannot_be_is_refused(call: object) -> None:
    control = Control.fixed(p0=0.7, responders=210, of=300, source="x", evidence="assumed")
    assert callable(call)
    with pytest.raises(InputRefused):
        call(control)
