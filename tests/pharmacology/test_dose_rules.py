from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import DoseHeld, InputRefused, StudyRefused
from remission.pharmacology.body_size import body_surface
from remission.pharmacology.dose_rules import DoseOrder, order
from remission.protocol.study import DoseTable, Treatment
from remission.terms.words import Mark

ON = date(2026, 6, 1)


def dose(
    treatment: Treatment, weight: str | Decimal, height: str | Decimal | None, level: str = "full"
) -> DoseOrder:
    return order(
        treatment,
        on=ON,
        step="course",
        level=level,
        weight_kg=Decimal(weight),
        height_cm=None if height is None else Decimal(height),
    )


# By hand: surface √(kg × cm / 3600), times 15 (at most 28) or 5 (at most 9), to one decimal.
@pytest.mark.parametrize(
    ("weight", "height", "full", "low"),
    [
        ("10", "90", "7.5", "2.5"),  # 0.5 m2
        ("4", "54", "3.7", "1.2"),  # 0.244949 m2: 3.674, 1.225 (1.2247)
        ("16.9", "106.5", "10.6", "3.5"),  # 0.707076 m2: 10.606, 3.535
        ("36", "100", "15.0", "5.0"),  # 1 m2
        ("40", "160", "20.0", "6.7"),  # 4/3 m2: 20, 6.667
        ("44.9", "150", "20.5", "6.8"),  # 1.367784 m2: 20.517, 6.839
        ("45", "150", "28", "9"),
        ("45.0", None, "28", "9"),
        ("44.9", "229", "25.4", "8.5"),  # 1.690011 m2: 25.3502, 8.4501
        ("80", "180", "28", "9"),
    ],
)
def test_doses_by_hand(treatment: Treatment, weight: str, height: str | None, full: str, low: str) -> None:
    assert dose(treatment, weight, height).amount == Decimal(full)
    assert dose(treatment, weight, height, "low").amount == Decimal(low)


def slow_amount(weight: Decimal, height: Decimal, per_m2: int, cap: int) -> Fraction:
    """The largest tenth n with (n - 1/2)/10 <= per_m2 × surface, by squaring instead of by roots."""
    if weight >= 45:
        return Fraction(cap)
    squared = Fraction(per_m2) ** 2 * Fraction(weight) * Fraction(height) / 3600
    tenths = 0
    while (Fraction(2 * tenths + 1, 20)) ** 2 < squared:
        tenths += 1
    if (Fraction(2 * tenths + 1, 20)) ** 2 == squared and tenths % 2:
        tenths += 1
    return min(Fraction(tenths, 10), Fraction(cap))


@settings(deadline=None)
@given(st.integers(25, 1200), st.integers(45, 230))
def test_as_the_slow_version(treatment: Treatment, tenths_kg: int, height: int) -> None:
    weight, cm = Decimal(tenths_kg) / 10, Decimal(height)
    try:
        body_surface("mosteller", weight, cm)
    except InputRefused:
        with pytest.raises(InputRefused):
            dose(treatment, weight, cm)
        return
    assert Fraction(dose(treatment, weight, cm).amount) == slow_amount(weight, cm, 15, 28)
    assert Fraction(dose(treatment, weight, cm, "low").amount) == slow_amount(weight, cm, 5, 9)


@settings(deadline=None)
@given(st.integers(1600, 4499), st.integers(1, 400), st.integers(95, 150))
def test_more_weight_in_a_band_is_never_less_drug_and_never_above_the_cap(
    treatment: Treatment, hundredths: int, more: int, height: int
) -> None:
    weight = Decimal(hundredths) / 100
    heavier = min(weight + Decimal(more) / 100, Decimal("44.99"))
    light, heavy = dose(treatment, weight, Decimal(height)), dose(treatment, heavier, Decimal(height))
    assert light.amount <= heavy.amount <= 28


@settings(deadline=None)
@given(st.integers(450, 1500))
def test_from_45_kg_on_exactly_28(treatment: Treatment, tenths_kg: int) -> None:
    assert dose(treatment, Decimal(tenths_kg) / 10, None).amount == 28


def test_the_boundary_is_45_kg_unrounded(treatment: Treatment) -> None:
    assert dose(treatment, "44.99", "150").rule.per_m2 == 15
    assert dose(treatment, "45.00", "150").rule.fixed == 28


def test_an_order_says_what_it_rests_on(treatment: Treatment) -> None:
    found = dose(treatment, "16.9", "106.5")
    assert (found.drug, found.step, found.level, found.unit, found.on) == (
        "blinatumomab",
        "course",
        "full",
        "ug/d",
        ON,
    )
    assert found.in_force_from == date(2024, 5, 21)
    assert found.body_surface_m2 == body_surface("mosteller", Decimal("16.9"), Decimal("106.5"))
    assert "15 ug/m2/day" in found.rule.source.cite
    assert found.warnings == ()
    assert found.calculation == "15 ug/d per m2 × 0.71 m2 (unrounded) = 10.6 ug/d, at most 28 ug/d"
    assert dose(treatment, "50", None).calculation == "28 ug/d, fixed from 45 kg on"


def test_the_cap_is_kept_and_said(treatment: Treatment) -> None:
    rule = replace(treatment.tables[0].steps[0].rules[0], at_most=Decimal("20.47"))
    step = replace(treatment.tables[0].steps[0], rules=(rule,))
    capped = replace(treatment, tables=(DoseTable(date(2024, 1, 1), (step,)),))
    found = dose(capped, "44.9", "150")  # 20.517 unrounded
    assert found.amount == Decimal("20.4")
    assert [warning.en for warning in found.warnings] == ["held at the cap of 20.47"]


@pytest.mark.parametrize("mark", [Mark.ASSUMED, Mark.UNVERIFIED])
def test_a_rule_that_is_not_verified_says_so(treatment: Treatment, mark: Mark) -> None:
    rule = treatment.tables[0].steps[0].rules[0]
    doubtful = replace(rule, source=replace(rule.source, mark=mark))
    step = replace(treatment.tables[0].steps[0], rules=(doubtful,))
    found = dose(replace(treatment, tables=(DoseTable(date(2024, 1, 1), (step,)),)), "20", "110")
    assert [str(mark) in warning.en for warning in found.warnings] == [True]


def test_the_latest_table_in_force_holds(treatment: Treatment) -> None:
    old = treatment.tables[0]
    rules = tuple(replace(rule, per_m2=Decimal(10)) for rule in old.steps[0].rules[:1])
    new = DoseTable(date(2026, 6, 1), (replace(old.steps[0], rules=rules),))
    amended = replace(treatment, tables=(new, old))
    size = {"weight_kg": Decimal(36), "height_cm": Decimal(100)}
    assert order(amended, on=date(2026, 5, 31), step="course", level="full", **size).amount == 15
    assert order(amended, on=date(2026, 6, 1), step="course", level="full", **size).amount == 10
    with pytest.raises(DoseHeld, match="no low level"):
        order(amended, on=ON, step="course", level="low", **size)
    with pytest.raises(DoseHeld, match="no weight band"):
        order(amended, on=ON, step="course", level="full", weight_kg=Decimal(45), height_cm=None)


def test_two_bands_for_one_weight_hold_the_dose(treatment: Treatment) -> None:
    step = treatment.tables[0].steps[0]
    twice = replace(step, rules=(step.rules[0], step.rules[0]))
    with pytest.raises(DoseHeld, match="2 weight bands"):
        dose(replace(treatment, tables=(DoseTable(date(2024, 1, 1), (twice,)),)), "20", "110")


def test_what_holds_a_dose(treatment: Treatment) -> None:
    size = {"weight_kg": Decimal(20), "height_cm": Decimal(110)}
    with pytest.raises(DoseHeld, match=r"no dose table was in force on 2024-05-20[\s\S]*2024-05-21"):
        order(treatment, on=date(2024, 5, 20), step="course", level="full", **size)
    with pytest.raises(DoseHeld, match="no step 'week 2'"):
        order(treatment, on=ON, step="week 2", level="full", **size)
    with pytest.raises(DoseHeld, match="height is not known; rule: 15 ug/d per m2"):
        dose(treatment, "20", None)
    with pytest.raises(InputRefused, match="'half' is not a dose level"):
        dose(treatment, "20", "110", "half")
    with pytest.raises(InputRefused, match=r"weight 0\.5 kg"):
        dose(treatment, "0.5", None)


def test_single_doses_in_milligrams(single: Treatment) -> None:
    amounts = [
        order(
            single, on=ON, step=step.id, level="full", weight_kg=Decimal("16.9"), height_cm=Decimal("106.5")
        ).amount
        for step in single.tables[0].steps
    ]
    assert amounts == [
        Decimal("0.57"),
        Decimal("0.35"),
        Decimal("0.42"),
    ]  # 0.707076 m2: 0.5657, 0.3535, 0.4242


def test_a_unit_without_a_rule_of_rounding_is_refused(single: Treatment) -> None:
    with pytest.raises(StudyRefused, match="'cup' have no rule of rounding"):
        order(
            replace(single, unit="cup"),
            on=ON,
            step="d1",
            level="full",
            weight_kg=Decimal(20),
            height_cm=Decimal(110),
        )
