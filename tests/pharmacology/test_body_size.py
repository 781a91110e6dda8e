import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused, StudyRefused
from remission.pharmacology.body_size import FORMULAS, body_surface, shown


# Mosteller by hand: 100 × 36 = 3600, 90 × 10 = 900, 160 × 40 = 6400, 180 × 80 = 14400 (over 3600).
@pytest.mark.parametrize(
    ("weight", "height", "surface"),
    [
        ("36", "100", "1"),
        ("10", "90", "0.5"),
        ("40", "160", "1.333333333333333333333333333"),
        ("80", "180", "2"),
    ],
)
def test_mosteller_by_hand(weight: str, height: str, surface: str) -> None:
    assert body_surface("mosteller", Decimal(weight), Decimal(height)) == Decimal(surface)


@settings(deadline=None)
@given(st.integers(30, 900), st.integers(500, 1900))
def test_both_formulas_agree_with_logarithms(tenths_kg: int, millimetres: int) -> None:
    weight, height = Decimal(tenths_kg) / 10, Decimal(millimetres) / 10
    slow = {
        "mosteller": math.exp((math.log(weight) + math.log(height) - math.log(3600)) / 2),
        "haycock": math.exp(math.log(0.024265) + 0.5378 * math.log(weight) + 0.3964 * math.log(height)),
    }
    for name, expected in slow.items():
        try:
            found = body_surface(name, weight, height)
        except InputRefused as refusal:
            assert "body mass index" in refusal.what
            continue
        assert float(found) == pytest.approx(expected, rel=1e-12)


def test_the_formulas_differ_little_in_an_ordinary_child() -> None:
    weight, height = Decimal(18), Decimal(108)
    mosteller, haycock = (body_surface(name, weight, height) for name in ("mosteller", "haycock"))
    assert set(FORMULAS) == {"mosteller", "haycock"}
    assert abs(mosteller - haycock) < Decimal("0.02")
    assert mosteller != haycock


@pytest.mark.parametrize(
    ("weight", "height", "named"),
    [
        ("0.9", "50", "weight 0.9 kg"),
        ("251", "180", "weight 251 kg"),
        ("NaN", "100", "weight NaN kg"),
        ("Infinity", "100", "weight Infinity kg"),
        ("-20", "100", "weight -20 kg"),
        ("10", "34.9", "height 34.9 cm"),
        ("10", "231", "height 231 cm"),
        ("110", "36", "body mass index 848.8 kg/m2 (110 kg, 36 cm)"),
        ("3.5", "140", "body mass index 1.8 kg/m2 (3.5 kg, 140 cm)"),
    ],
)
def test_a_slip_of_the_pen_is_refused_with_its_value(weight: str, height: str, named: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        body_surface("mosteller", Decimal(weight), Decimal(height))
    assert named in refusal.value.what
    assert "measure again" in refusal.value.do


def test_limits_are_included() -> None:
    assert body_surface("mosteller", Decimal(1), Decimal(35)) > 0
    assert body_surface("mosteller", Decimal(250), Decimal(230)) > 0


def test_an_unknown_formula_is_the_study_files_fault() -> None:
    with pytest.raises(StudyRefused, match="'dubois' is not a formula"):
        body_surface("dubois", Decimal(20), Decimal(110))


@pytest.mark.parametrize(
    ("given_", "two"), [("0.704", "0.70"), ("0.705", "0.70"), ("0.715", "0.72"), ("1", "1.00")]
)
def test_shown_has_two_decimals(given_: str, two: str) -> None:
    assert str(shown(Decimal(given_))) == two
