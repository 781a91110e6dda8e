from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from remission.pharmacology.amounts import LAST_DIGIT
from remission.pharmacology.body_size import FORMULAS, HEIGHT, MASS_INDEX, WEIGHT, shown
from remission.pharmacology.dose_rules import order
from remission.pharmacology.infusion import NEXT
from remission.protocol.study import Treatment

PAGE = (Path(__file__).parents[2] / "docs" / "rooms" / "pharmacology.md").read_text("utf-8")
PRINTED = [
    *(f"| {row.name} | {row.text} | {row.source.cite} |" for row in FORMULAS.values()),
    *(f"| {row.what} | {row.lowest} | {row.highest} | {row.unit} |" for row in (WEIGHT, HEIGHT, MASS_INDEX)),
    *(f"| {unit} | {digit} |" for unit, digit in LAST_DIGIT.items()),
    *(f"| {before or 'nothing'} | {', '.join(after) or 'nothing'} |" for before, after in NEXT.items()),
]


@pytest.mark.parametrize("line", PRINTED)
def test_the_page_prints_the_table_in_the_code(line: str) -> None:
    assert line in PAGE.splitlines()


def test_the_page_prints_the_shipped_study_s_bags(treatment: Treatment) -> None:
    rows = [
        f"| {bag.hours} h | {bag.pump_ml_per_h} mL/h |{f' {bag.weight_from} kg' if bag.weight_from else ''} |"
        for bag in treatment.bags
    ]
    assert rows and [row for row in rows if row not in PAGE.splitlines()] == []


@pytest.mark.parametrize(
    ("weight", "height"), [("4", "54"), ("10", "90"), ("16.9", "106.5"), ("44.9", "150"), ("45", "150")]
)
def test_the_page_prints_the_doses(treatment: Treatment, weight: str, height: str) -> None:
    full, low = (
        order(
            treatment,
            on=date(2026, 6, 1),
            step="course",
            level=level,
            weight_kg=Decimal(weight),
            height_cm=Decimal(height),
        )
        for level in ("full", "low")
    )
    assert full.body_surface_m2 is not None
    line = f"| {weight} kg | {height} cm | {shown(full.body_surface_m2)} | {full.amount} | {low.amount} |"
    assert line in PAGE.splitlines()
