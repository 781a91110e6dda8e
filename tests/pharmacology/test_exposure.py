import csv
from pathlib import Path

import pytest

from remission.errors import InputRefused
from remission.pharmacology.exposure import MODELS, steady_state
from remission.terms.words import Mark

PUBLISHED = Path(__file__).parents[1] / "published" / "clements_2020_clearance.csv"


def printed() -> list[dict[str, str]]:
    lines = PUBLISHED.read_text("utf-8").splitlines()
    assert lines[0].startswith("# doi:")
    return list(csv.DictReader(lines[1:]))


@pytest.mark.parametrize("row", printed(), ids=lambda row: row["body_surface_m2"])
def test_clearance_as_printed(row: dict[str, str]) -> None:
    found = steady_state("blinatumomab", ug_per_day=1, body_surface_m2=float(row["body_surface_m2"]))
    assert 100 * found.clearance_l_per_h / 2.22 == pytest.approx(
        float(row["clearance_percent_of_reference"]), abs=0.5
    )


# Derived by arithmetic: rate (ug/h) / clearance (L/h) x 1000.
@pytest.mark.parametrize(
    ("rate", "surface", "pg_per_ml"),
    [(15 * 0.7, 0.7, 361), (28, 1.88, 526), (9, 1.88, 169), (5 * 0.7, 0.7, 120)],
)
def test_steady_state_by_hand(rate: float, surface: float, pg_per_ml: float) -> None:
    found = steady_state("blinatumomab", ug_per_day=rate, body_surface_m2=surface)
    assert found.pg_per_ml == pytest.approx(pg_per_ml, abs=0.5)
    assert found.source.mark is Mark.DERIVED


def test_the_typical_adult_lies_below_the_label_s_skewed_mean() -> None:
    """Label means (SD): 616 (537) at 28 ug/d, 228 (356) at 9; the model speaks of typical people."""
    for rate, mean, deviation in ((28, 616, 537), (9, 228, 356)):
        typical = steady_state("blinatumomab", ug_per_day=rate, body_surface_m2=1.88).pg_per_ml
        assert 0.7 * mean < typical < mean < typical + deviation


def test_concentration_is_linear_in_the_rate_and_the_exponent_is_the_derived_one() -> None:
    once, twice = (
        steady_state("blinatumomab", ug_per_day=rate, body_surface_m2=1.0).pg_per_ml for rate in (5, 10)
    )
    assert twice == pytest.approx(2 * once, rel=1e-12)
    assert MODELS["blinatumomab"].exponent == pytest.approx(0.61, abs=0.005)


def test_what_is_refused() -> None:
    with pytest.raises(InputRefused, match="no published model for 'water'"):
        steady_state("water", ug_per_day=1, body_surface_m2=1)
    for rate, surface, name in (
        (0, 1, "ug_per_day"),
        (1, -1, "body_surface_m2"),
        (float("nan"), 1, "ug_per_day"),
    ):
        with pytest.raises(InputRefused, match=name):
            steady_state("blinatumomab", ug_per_day=rate, body_surface_m2=surface)
