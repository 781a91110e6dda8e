from dataclasses import replace
from decimal import Decimal
from itertools import combinations_with_replacement

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import DoseHeld, InputRefused
from remission.pharmacology.bags import allowed_bags, bag_plan
from remission.protocol.study import Bag, Source, Treatment
from remission.terms.words import Mark

ALL = (24, 48, 72, 96, 168)


def test_the_label_s_rates(treatment: Treatment) -> None:
    assert [(bag.hours, str(bag.pump_ml_per_h)) for bag in treatment.bags] == [
        (24, "10"),
        (48, "5"),
        (72, "1.8"),
        (96, "1.8"),
        (168, "0.6"),
    ]


@pytest.mark.parametrize(("weight", "longest"), [("5.4", 168), ("5.39", 96), ("3", 96), ("70", 168)])
def test_the_preserved_bag_is_not_for_the_smallest(treatment: Treatment, weight: str, longest: int) -> None:
    assert allowed_bags(treatment, Decimal(weight), ALL)[-1].hours == longest


@pytest.mark.parametrize(
    ("remaining", "weight", "prepared", "bags"),
    [
        ("336", "20", ALL, [168, 168]),
        ("336", "5", ALL, [96, 96, 96, 48]),
        ("336", "20", (24, 48), [48] * 7),
        ("336", "20", (96,), [96, 96, 96, 96]),
        ("282.5", "20", ALL, [168, 96, 24]),
        ("10", "20", ALL, [24]),
        ("0", "20", ALL, []),
    ],
)
def test_plans_by_hand(
    treatment: Treatment, remaining: str, weight: str, prepared: tuple[int, ...], bags: list[int]
) -> None:
    plan = bag_plan(treatment, Decimal(remaining), weight_kg=Decimal(weight), prepared=prepared)
    assert [hung.bag.hours for hung in plan] == bags


@settings(deadline=None)
@given(st.integers(0, 400), st.sampled_from(["4", "30"]), st.sets(st.sampled_from(ALL), min_size=1))
def test_a_plan_covers_the_course_without_gap_or_excess(
    treatment: Treatment, hours: int, weight: str, prepared: set[int]
) -> None:
    if weight == "4" and prepared == {168}:
        with pytest.raises(DoseHeld, match=r"no bag of \[168\] h may be given at 4 kg"):
            bag_plan(treatment, Decimal(hours), weight_kg=Decimal(weight), prepared=prepared)
        return
    plan = bag_plan(treatment, Decimal(hours), weight_kg=Decimal(weight), prepared=prepared)
    begun = Decimal(0)
    for hung in plan:
        assert hung.after_hours == begun
        assert 0 < hung.run_hours <= hung.bag.hours
        assert hung.bag.hours in prepared
        begun += hung.run_hours
    assert begun == hours


@pytest.mark.parametrize("days", range(1, 15))
@pytest.mark.parametrize("weight", ["4", "30"])
def test_with_every_bag_at_hand_no_plan_has_fewer_bags(treatment: Treatment, days: int, weight: str) -> None:
    lengths = [bag.hours // 24 for bag in allowed_bags(treatment, Decimal(weight), ALL)]
    fewest = next(
        number
        for number in range(1, 15)
        if any(sum(chosen) == days for chosen in combinations_with_replacement(lengths, number))
    )
    assert len(bag_plan(treatment, Decimal(24 * days), weight_kg=Decimal(weight), prepared=ALL)) == fewest


def test_no_pump_rate_is_guessed_where_the_study_has_no_bags(single: Treatment) -> None:
    none = replace(single, bags=())
    with pytest.raises(DoseHeld, match="the study file has no infusion bags for other"):
        bag_plan(none, Decimal(48), weight_kg=Decimal(20), prepared=ALL)


def test_a_study_s_own_bags_are_used(treatment: Treatment) -> None:
    """Another drug's bag: 60 h at 2.5 mL/h, not under 12 kg."""
    own = Bag(60, Decimal("2.5"), Source(Mark.UNVERIFIED, "made up for a test"), Decimal(12))
    other = replace(treatment, bags=(own,))
    plan = bag_plan(other, Decimal(100), weight_kg=Decimal(12), prepared=(60,))
    assert [(hung.bag, hung.run_hours) for hung in plan] == [(own, 60), (own, 40)]
    with pytest.raises(InputRefused, match="there is no bag for 24 h"):
        bag_plan(other, Decimal(100), weight_kg=Decimal(12), prepared=(24,))
    with pytest.raises(DoseHeld, match="may be given at 11 kg"):
        bag_plan(other, Decimal(100), weight_kg=Decimal(11), prepared=(60,))


def test_what_is_refused(treatment: Treatment) -> None:
    with pytest.raises(InputRefused, match="there is no bag for 36 h"):
        bag_plan(treatment, Decimal(10), weight_kg=Decimal(20), prepared=(36,))
    for wrong in ("-1", "NaN", "Infinity"):
        with pytest.raises(InputRefused, match=f"{wrong} h remain"):
            bag_plan(treatment, Decimal(wrong), weight_kg=Decimal(20), prepared=ALL)
