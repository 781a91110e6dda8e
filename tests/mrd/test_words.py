"""Levels as people read them, never rounded onto or across a threshold."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.mrd.words import percent


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (0, "0 %"),
        (1e-4, "0.01 %"),
        (1e-6, "0.0001 %"),
        (9.99996e-5, "0.00999996 %"),
        (1.00004e-4, "0.0100004 %"),
        (9.96e-5, "0.00996 %"),
        (1.23456e-4, "0.0123 %"),
        (20 / 300_000, "0.00667 %"),
        (0.5, "50 %"),
        (0.123456, "12.3 %"),
        (0.99996, "99.996 %"),
        (1, "100 %"),
        (2.0, "200 %"),
        (3e-9, "0.0000003 %"),
    ],
)
def test_percent(level: float, text: str) -> None:
    assert percent(level) == text


@given(st.floats(1e-9, 1), st.integers(1, 99), st.integers(-10, 0))
def test_a_shown_level_stands_on_its_side_of_every_short_number(
    level: float, digits: int, exponent: int
) -> None:
    short = Decimal(digits).scaleb(exponent)
    exact, shown = Decimal(repr(level)) * 100, Decimal(percent(level).removesuffix(" %"))
    assert (shown < short) == (exact < short)
    assert (shown > short) == (exact > short)
    assert abs(shown - exact) <= exact * Decimal("0.005")


@given(st.integers(1, 99), st.integers(-10, -1), st.sampled_from([-1, 0, 1]), st.integers(1, 8))
def test_also_right_beside_it(digits: int, exponent: int, side: int, ulps: int) -> None:
    short = Decimal(digits).scaleb(exponent)
    level = float(short / 100)
    for _ in range(ulps if side else 0):
        level = math.nextafter(level, math.inf * side)
    shown = Decimal(percent(level).removesuffix(" %"))
    assert (shown > short) - (shown < short) == side


@pytest.mark.parametrize("level", [-1e-9, math.nan, math.inf])
def test_what_is_no_level_is_refused(level: float) -> None:
    with pytest.raises(InputRefused, match="level"):
        percent(level)
