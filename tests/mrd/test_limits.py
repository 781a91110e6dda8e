"""What cells and DNA can show, against the figures the project derived by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.mrd.limits import (
    cells_for,
    cells_for_limit,
    cells_in,
    chance_in_tube,
    detection_limit,
    dna_for,
    limit_at,
)


def test_events_rule() -> None:
    table = {500_000: (4e-5, 1e-4), 1_000_000: (2e-5, 5e-5), 4_000_000: (5e-6, 1.25e-5)}
    for cells, limits in table.items():
        assert (limit_at(20, cells), limit_at(50, cells)) == limits
    assert cells_for_limit(20, 1e-4) == 200_000


def test_dna() -> None:
    assert cells_in(650) == 100_000
    assert detection_limit(cells_in(650)) == pytest.approx(3.0e-5, rel=0, abs=5e-7)
    assert detection_limit(cells_in(2000)) == pytest.approx(9.7e-6, rel=0, abs=5e-8)
    assert cells_for(1e-6) == 2_995_733
    assert dna_for(cells_for(1e-6)) / 1000 == pytest.approx(19.5, rel=0, abs=0.05)
    assert cells_in(1) == 153


def test_chance_in_tube() -> None:
    assert chance_in_tube(1e-6, cells_in(650)) == pytest.approx(0.095, rel=0, abs=5e-4)
    assert chance_in_tube(1e-6, 3_000_000, 2) == pytest.approx(1 - math.exp(-3) * (1 + 3), rel=1e-12)


@given(st.floats(1e-7, 0.5))
def test_cells_for_is_the_fewest_that_see_the_level(level: float) -> None:
    cells = cells_for(level)
    assert detection_limit(cells) <= level * (1 + 1e-9)
    assert cells == 1 or detection_limit(cells - 1) > level * (1 - 1e-9)
    assert chance_in_tube(level, cells) >= 0.95 - 1e-9


@given(st.integers(1, 10**8))
def test_dna_of_cells_and_back(cells: int) -> None:
    assert cells_in(dna_for(cells)) == cells


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
def test_nothing_can_be_shown_with_nothing(bad: float) -> None:
    for refused in (cells_for, cells_in):
        with pytest.raises(InputRefused, match="above 0"):
            refused(bad)
    with pytest.raises(InputRefused):
        chance_in_tube(bad, 10)
