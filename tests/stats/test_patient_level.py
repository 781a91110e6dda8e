"""A control known child by child: joined, left out, refused, concluded."""

import math

import numpy as np
import pytest
from scipy import stats

from remission.errors import InputRefused
from remission.stats.adjusting.effects import hybrid_effect
from remission.stats.adjusting.exact_strata import exact_strata
from remission.stats.adjusting.people import Factor, Measured
from remission.stats.adjusting.standardised import stratified_wilson
from remission.stats.control.control import Control, Evidence, PatientControl, Source
from remission.stats.control.group import Group
from remission.stats.control.patient_level import against_people
from remission.stats.control.two_counts import least_counts
from remission.stats.rates.proportions import wilson
from remission.stats.rates.two import TwoCounts
from remission.terms.words import Text

SOURCE = Source("invented for this test", Evidence.ASSUMED)
BAND = Text("day-19 band", "第19天分层")


def group(cells: dict[str, tuple[int, int]], unknown: int = 0, negative: bool = False) -> Group:
    """Children by band: (responders, of), then so many of the first band without an outcome."""
    responded: list[bool | None] = []
    bands: list[str | None] = []
    for band, (yes, of) in cells.items():
        responded += [True] * yes + [False] * (of - yes)
        bands += [band] * of
    responded += [None] * unknown
    bands += [next(iter(cells))] * unknown
    other = tuple(place % 2 == 0 for place in range(len(bands))) if negative else None
    return Group(tuple(responded), (Factor("band", BAND, tuple(bands)),), other)


CONTROL = Control.patient_level(
    group=group({"high": (40, 100), "low": (180, 200)}, unknown=7), source=SOURCE.citation, evidence="assumed"
)
TRIAL = group({"high": (48, 60), "low": (28, 30)}, unknown=2)


def test_the_mix_of_strata_is_taken_from_the_trial_and_the_unknown_are_counted() -> None:
    found = against_people(CONTROL, TRIAL, standardised_by=["band"])
    primary = found.adjusted.primary
    assert primary.control == pytest.approx(2 / 3 * 0.4 + 1 / 3 * 0.9)  # type: ignore[union-attr]
    assert found.left_out == (2, 7)
    assert found.above is True
    words = found.text()
    assert "by standardised to the trial: above the assumed children" in words
    early = against_people(CONTROL, TRIAL, standardised_by=["band"], waiting=Text("not yet: 3 of 9", "未到"))
    assert early.above is None
    assert "by standardised to the trial: not yet: 3 of 9" in early.text()
    assert "2 of the trial, 7 of the control. If that depends" in words
    assert "invented for this test (assumed)" in words
    assert "高于假设的既往患儿" in found.text("zh")
    assert found.plot()[:4] == b"<svg"


def test_a_crude_advantage_that_is_only_the_mix_is_not_taken_for_an_effect() -> None:
    """The trial has mostly the good band: crude 85 % against 60 %, within bands the same."""
    control = PatientControl(group({"high": (80, 200), "low": (90, 100)}), SOURCE)
    trial = group({"high": (4, 10), "low": (72, 80)})
    found = against_people(control, trial, standardised_by=["band"])
    crude, primary = found.adjusted.effects[0], found.adjusted.primary
    assert crude.difference.interval is not None  # type: ignore[union-attr]
    assert crude.difference.interval.lower > 0.15  # type: ignore[union-attr]
    assert primary.difference.value == pytest.approx(0.0, abs=1e-12)  # type: ignore[union-attr]
    assert found.above is False


def test_where_everybody_responds_the_exact_test_decides_and_no_variance_of_zero() -> None:
    found = against_people(CONTROL, group({"high": (60, 60), "low": (30, 30)}), standardised_by=["band"])
    assert found.above is True
    few = against_people(CONTROL, group({"high": (0, 0), "low": (3, 3)}), standardised_by=["band"])
    assert few.above is False  # 3 of 3 against 90 %: Wald's variance of the trial is 0
    assert few.decision.p is not None and few.decision.p > 0.3


# --- the type I error of the conclusion -------------------------------------------------------------------


def test_83_of_90_against_255_of_300_is_not_above() -> None:
    control = PatientControl(group({"all": (255, 300)}), SOURCE)
    found = against_people(control, group({"all": (83, 90)}), standardised_by=["band"])
    assert found.above is False
    # scipy 1.x: stats.boschloo_exact([[83, 255], [7, 45]], alternative="greater")
    assert found.decision.p == pytest.approx(0.0403, abs=5e-5)
    assert "Boschloo 1970) p = 0.0403; type I error" in found.text()
    assert found.decision.size is not None and 0.015 < found.decision.size <= 0.025


@pytest.mark.parametrize(("n", "of"), [(90, 300), (90, 1000), (30, 300)])
@pytest.mark.parametrize("rate", [0.7, 0.85, 0.9, 0.95])
def test_in_one_stratum_the_conclusion_holds_alpha_exactly(n: int, of: int, rate: float) -> None:
    """Wald's limits err in .032 to .069 of trials here; the rule is summed over every outcome."""
    least = least_counts(of, n, 0.025)
    chances = stats.binom.pmf(range(of + 1), of, rate)
    beaten = [0.0 if k is None else float(stats.binom.sf(k - 1, n, rate)) for k in least]
    assert 0 <= float(chances @ np.array(beaten)) <= 0.025
    y = round(rate * of)
    edge = least[y]
    if edge is not None:
        for x, above in ((edge, True), (edge - 1, False)):
            control = PatientControl(group({"all": (y, of)}), SOURCE)
            assert against_people(control, group({"all": (x, n)}), standardised_by=["band"]).above is above


UNEVEN = (
    # people of the trial, controls, true rates of both: the same mean, gains and losses make up
    ((60, 30), (10, 300), (0.7, 0.9), (0.8, 0.7)),
    ((45, 45), (10, 300), (0.65, 0.95), (0.8, 0.8)),
    ((60, 30), (100, 200), (0.9, 0.5), (0.8, 0.7)),
    ((15,) * 6, (10, 10, 12, 50, 100, 100), (0.85,) * 6, (0.85,) * 6),
    ((10,) * 9, (10,) * 9, (0.9,) * 9, (0.9,) * 9),
)


@pytest.mark.parametrize(("ns", "ms", "treated", "control"), UNEVEN)
def test_in_sparse_and_uneven_strata_the_conclusion_holds_alpha(
    ns: tuple[int, ...], ms: tuple[int, ...], treated: tuple[float, ...], control: tuple[float, ...]
) -> None:
    """Counted over 4,000 simulated trials; alpha .025 and three standard errors of it."""
    draws, shares = np.random.default_rng(5), [n / sum(ns) for n in ns]
    xs, ys = draws.binomial(ns, treated, (4000, len(ns))), draws.binomial(ms, control, (4000, len(ms)))
    called = 0
    for x, y in zip(xs.tolist(), ys.tolist(), strict=True):
        tables = [TwoCounts(*one) for one in zip(x, ns, y, ms, strict=True)]
        rate = sum(share * one.rate0 for share, one in zip(shares, tables, strict=True))
        if sum(x) / sum(ns) <= rate or exact_strata(tables, 0.025).p > 0.025:
            continue
        limits = wilson(sum(x), sum(ns)), stratified_wilson(list(zip(y, ms, strict=True)), shares)
        found = hybrid_effect(Text("", ""), (sum(x) / sum(ns), rate), limits, 1.0, Text("", ""))
        assert found.difference.interval is not None
        called += found.difference.interval.lower > 0
    assert called / 4000 <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / 4000)


def test_both_the_exact_test_and_the_limit_must_tell() -> None:
    """A gain in the small stratum with many controls, a loss in the other: the test alone would call it."""
    control = PatientControl(group({"a": (24, 30), "b": (180, 300)}), SOURCE)
    found = against_people(control, group({"a": (38, 60), "b": (30, 30)}), standardised_by=["band"])
    assert found.decision.p is not None and found.decision.p < 0.025
    assert found.above is False
    assert "both must tell" in found.text()


def test_where_a_stratum_has_hardly_any_controls_nothing_is_concluded() -> None:
    control = PatientControl(group({"high": (9, 9), "low": (180, 200)}), SOURCE)
    found = against_people(control, TRIAL, standardised_by=["band"])
    assert found.above is None
    assert "fewer than 10 controls in 1 of 2 strata, such as high (9)" in found.text()
    assert "对照不足10例" in found.text("zh")


def test_without_standardisation_or_controls_in_a_stratum_nothing_is_concluded() -> None:
    found = against_people(CONTROL, TRIAL)
    assert found.above is None
    assert "limits of weighted effects do not decide" in found.text()
    bare = against_people(PatientControl(group({"low": (180, 200)}), SOURCE), TRIAL, standardised_by=["band"])
    assert bare.above is None
    assert "a stratum of the trial has no controls" in bare.text()


def test_the_rule_and_its_type_one_error_stand_beside_the_conclusion() -> None:
    found = against_people(CONTROL, TRIAL, standardised_by=["band"])
    exact = exact_strata([TwoCounts(48, 60, 40, 100), TwoCounts(28, 30, 180, 200)], 0.025)
    assert (found.decision.p, found.decision.size) == (exact.p, exact.size)
    assert "exact test over 2 strata (Gart 1970) p < 0.0001" in found.text()
    assert "type I error at most 0.0139 (exact" in found.text()


def test_a_negative_control_is_shown_beside() -> None:
    found = against_people(
        PatientControl(group({"high": (40, 100), "low": (180, 200)}, negative=True), SOURCE),
        group({"high": (48, 60), "low": (28, 30)}, negative=True),
        standardised_by=["band"],
    )
    assert len(found.adjusted.negative_control) == len(found.adjusted.effects)
    assert "negative control: standardised" in found.text()


def test_refusals() -> None:
    with pytest.raises(InputRefused, match="'memory'"):
        Control.patient_level(group=TRIAL, source="recalled", evidence="memory")
    with pytest.raises(InputRefused, match="one group only"):
        against_people(CONTROL, group({"high": (1, 2), "low": (1, 2)}, negative=True))
    other = Group((True, False), (Measured("band", BAND, (1.0, 2.0)),))
    with pytest.raises(InputRefused, match=r"covariates \['band'\]"):
        against_people(CONTROL, other)
    with pytest.raises(InputRefused, match="0 children of the trial"):
        against_people(CONTROL, Group((None,), (Factor("band", BAND, ("high",)),)))
    with pytest.raises(InputRefused, match="children"):
        Group((), ())
    partly = Group((True, False), (Factor("band", BAND, ("high", "low")),), (True, None))
    full = PatientControl(group({"high": (40, 100), "low": (180, 200)}, negative=True), SOURCE)
    with pytest.raises(InputRefused, match="without the negative-control outcome") as refused:
        against_people(full, partly)
    assert "trial, child 2" in str(refused.value)
