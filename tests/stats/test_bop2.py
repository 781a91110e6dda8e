"""BOP2 for one endpoint against the printed example of the package BOP2FE and the full grid."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.bop2 import (
    CutOffs,
    EfficacyForm,
    ObrienFlemingForm,
    PowerForm,
    bop2,
    find_bop2,
)
from remission.stats.designs.staged import operating

SEVEN = (10, 15, 20, 25, 30, 35, 40)
REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"


def test_the_printed_example() -> None:
    """BOP2FE README: H0 0.2, lambda 0.909, gamma 1, O'Brien-Fleming form; 10,000 trials give the rates."""
    ours = bop2(SEVEN, 0.2, CutOffs(0.909, 1, ObrienFlemingForm()))
    assert [look.futility for look in ours.looks] == [1, 2, 3, 5, 7, 9, 11]
    assert [look.efficacy for look in ours.looks] == [7, 8, 9, 10, 11, 11, 12]
    null, truth = operating(ours, 0.2), operating(ours, 0.4)
    assert (sum(null.futility[:-1]), sum(null.efficacy[:-1])) == pytest.approx((0.877, 0.0722), abs=0.01)
    assert (null.rejects, truth.rejects) == pytest.approx((0.0858, 0.885), abs=0.01)
    assert (null.expected_n, truth.expected_n) == pytest.approx((20.5, 23.6), abs=0.3)


def test_the_row_of_the_reference() -> None:
    """Boundaries exactly. Its rates come from 1,000 trials; the exact ones are pinned beside them."""
    if not REFERENCE.exists():
        pytest.skip("the shared reference is not here")
    row = next(r["value"] for r in json.loads(REFERENCE.read_text()) if r["id"] == "bop2fe_readme_binary")
    ours = bop2(row["cum_n"], row["H0"], CutOffs(row["lambda_"], row["gamma"], PowerForm(row["eta"])))
    assert [look.futility for look in ours.looks] == row["fut"]
    assert [look.efficacy for look in ours.looks] == row["eff"]
    exact = {  # stops early for futility, for efficacy, rejects, expected n
        "H0": (0.879796753933128, 0.080464181222806, 0.09090442833863936, 20.270003299503617),
        "H1": (0.10548559743697247, 0.8638913003222621, 0.8841956420319792, 22.294109993441246),
    }
    for name, known in exact.items():
        one, printed = operating(ours, row[name]), row[f"oc_{name}"]
        found = sum(one.futility[:-1]), sum(one.efficacy[:-1]), one.rejects, one.expected_n
        assert found == pytest.approx(known, rel=1e-12)
        for chance, simulated in zip(
            known[:3], (printed["fut"], printed["eff"], printed["rej"]), strict=True
        ):
            assert abs(chance - simulated) < 3 * (chance * (1 - chance) / 1000) ** 0.5
        assert abs(one.expected_n - printed["asn"]) < 3 * 10 / 1000**0.5  # the size has a deviation below 10


forms: st.SearchStrategy[EfficacyForm | None] = st.one_of(
    st.none(), st.just(ObrienFlemingForm()), st.floats(0, 4).map(PowerForm)
)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0.02, 0.98), st.floats(0, 1.5), forms, st.floats(0, 0.1))
def test_counts_and_rejection_follow_lambda(
    p0: float, lam: float, gamma: float, form: EfficacyForm | None, step: float
) -> None:
    """What halving rests on: a larger lambda never lowers a count, nor raises a rejection."""
    harder = min(0.99, lam + step)
    try:
        one, other = (bop2((6, 12, 20), p0, CutOffs(value, gamma, form)) for value in (lam, harder))
    except InputRefused:
        return  # no final count is enough
    for a, b in zip(one.looks, other.looks, strict=True):
        assert (-1 if a.futility is None else a.futility) <= (-1 if b.futility is None else b.futility)
        assert (99 if a.efficacy is None else a.efficacy) <= (99 if b.efficacy is None else b.efficacy)
    for rate in (0.1, 0.5, 0.8):
        assert operating(one, rate).rejects >= operating(other, rate).rejects - 1e-14


@pytest.mark.parametrize("efficacies", [(None,), (PowerForm(0.5), PowerForm(2)), (ObrienFlemingForm(), None)])
def test_the_search_is_the_full_grid(efficacies: tuple[EfficacyForm | None, ...]) -> None:
    """The slow version tries every point."""
    lambdas, gammas, sizes = [k / 40 for k in range(40)], [k / 4 for k in range(5)], (8, 16, 24)
    ours = find_bop2(sizes, 0.3, 0.5, 0.1, efficacies=efficacies, lambdas=lambdas, gammas=gammas)
    best = 0.0
    for efficacy in efficacies:
        for gamma in gammas:
            for lam in lambdas:
                design = bop2(sizes, 0.3, CutOffs(lam, gamma, efficacy))
                if operating(design, 0.3).rejects <= 0.1:
                    best = max(best, operating(design, 0.5).rejects)
    assert ours.alternative.rejects == best and ours.null.rejects <= 0.1
    assert bop2(sizes, 0.3, ours.cut_offs) == ours.design


def test_the_full_search_beats_the_published_grid() -> None:
    """BOP2FE chose (0.9, 1, 2.1) by simulation: exact power 0.8842. Exactly tuned there is more."""
    coarse = find_bop2(
        SEVEN, 0.2, 0.4, 0.1,
        efficacies=[PowerForm(k / 10) for k in range(31)],
        lambdas=[k / 10 for k in range(11)], gammas=[k / 10 for k in range(11)],
    )  # fmt: skip
    assert (coarse.cut_offs.lam, coarse.cut_offs.gamma) == (0.9, 1.0)
    assert coarse.alternative.rejects == pytest.approx(0.8865, abs=5e-5)
    assert coarse.null.rejects == pytest.approx(0.0986, abs=5e-5)
    fine = find_bop2(SEVEN, 0.2, 0.4, 0.1, efficacies=[PowerForm(k / 10) for k in range(31)])
    assert fine.alternative.rejects >= coarse.alternative.rejects


def test_a_futility_look_permits_a_smaller_final_count() -> None:
    """Without looks 0.2 against 0.4 needs 12 of 40 at alpha 0.1; with them 11 are enough."""
    assert find_bop2((40,), 0.2, 0.4, 0.1).design.looks[-1].efficacy == 12
    assert find_bop2(SEVEN, 0.2, 0.4, 0.1).design.looks[-1].efficacy == 11


def test_type_i_error_with_and_without_the_stops() -> None:
    """Tuned with binding stops the design holds 0.1 only if they are kept; both numbers are printed."""
    found = find_bop2(SEVEN, 0.2, 0.4, 0.1)
    assert (found.null.rejects, found.not_binding) == pytest.approx((0.0974, 0.1608), abs=5e-5)
    assert found.not_binding == operating(found.design, 0.2, binding=False).rejects
    assert "0.0974 with futility stops kept, 0.1608 if not kept" in found.text()
    assert "执行无效停止 0.0974，不执行 0.1608" in found.text("zh")


@pytest.mark.parametrize("efficacies", [(None,), (PowerForm(0.5), PowerForm(2)), (ObrienFlemingForm(),)])
def test_the_search_without_binding_stops_is_the_full_grid(
    efficacies: tuple[EfficacyForm | None, ...],
) -> None:
    lambdas, gammas, sizes = [k / 40 for k in range(40)], [k / 4 for k in range(5)], (8, 16, 24)
    ours = find_bop2(
        sizes, 0.3, 0.5, 0.1, efficacies=efficacies, lambdas=lambdas, gammas=gammas, binding=False
    )
    best = 0.0
    for efficacy, gamma, lam in product(efficacies, gammas, lambdas):
        design = bop2(sizes, 0.3, CutOffs(lam, gamma, efficacy))
        if operating(design, 0.3, binding=False).rejects <= 0.1:
            best = max(best, operating(design, 0.5).rejects)
    assert ours.alternative.rejects == best
    assert ours.null.rejects <= ours.not_binding <= 0.1


def test_cut_offs_at_the_end_are_lambda() -> None:
    for form in (ObrienFlemingForm(), PowerForm(1.7)):
        cut = CutOffs(0.87, 0.6, form)
        assert cut.futility_at(1) == 0.87 and cut.efficacy_at(1) == pytest.approx(0.87)
        shares = np.linspace(0.05, 1, 30).tolist()
        assert all(cut.futility_at(t) <= 0.87 + 1e-12 <= cut.efficacy_at(t) + 2e-12 for t in shares)


def test_prints_and_refuses() -> None:
    found = find_bop2(SEVEN, 0.2, 0.4, 0.1, efficacies=(PowerForm(2),))
    assert "type I error at 0.2 is 0.0" in found.text() and "先验" in found.text("zh") and found.chart().lines
    with pytest.raises(InputRefused):
        CutOffs(1.2, 1)
    with pytest.raises(InputRefused):
        bop2(SEVEN, 0.0, CutOffs(0.9, 1))
    with pytest.raises(InputRefused):
        find_bop2(SEVEN, 0.4, 0.2, 0.1)
    with pytest.raises(InputRefused):
        find_bop2((1,), 0.5, 0.6, 0.01, lambdas=[0.1, 0.2])
    for sizes in ((), (20, 10), (10, 10), (0, 10)):
        with pytest.raises(InputRefused, match="as looks"):
            bop2(sizes, 0.2, CutOffs(0.9, 1))
        with pytest.raises(InputRefused, match="as looks"):
            find_bop2(sizes, 0.2, 0.4, 0.1)
