from dataclasses import fields, replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.safety.icans import (
    Awakening,
    Icans,
    Oedema,
    Score,
    Seizure,
    capd_points,
    icans_grade,
    ice_points,
    score_for,
)

WELL = Icans(
    score=Score.ICE,
    points=10,
    awakening=Awakening.AWAKE,
    seizure=Seizure.NONE,
    weakness=False,
    oedema=Oedema.NONE,
    attributable=True,
)
CHILD = replace(WELL, score=Score.CAPD, points=0)


@pytest.mark.parametrize(
    ("points", "grade"), [*zip(range(11), [3] * 3 + [2] * 4 + [1] * 3 + [0], strict=True)]
)
def test_ice(points: int, grade: int) -> None:
    assert icans_grade(replace(WELL, points=points)).grade == grade


@pytest.mark.parametrize(("points", "grade"), [(0, 0), (1, 1), (8, 1), (9, 3), (32, 3)])
def test_capd(points: int, grade: int) -> None:
    assert icans_grade(replace(CHILD, points=points)).grade == grade


@pytest.mark.parametrize("well", [WELL, CHILD], ids=["ice", "capd"])
@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({"awakening": Awakening.SPONTANEOUSLY}, 1),
        ({"awakening": Awakening.TO_VOICE}, 2),
        ({"awakening": Awakening.TO_TOUCH}, 3),
        ({"awakening": Awakening.VIGOROUS_OR_NOT}, 4),
        ({"seizure": Seizure.BRIEF}, 3),
        ({"seizure": Seizure.PROLONGED}, 4),
        ({"weakness": True}, 4),
        ({"oedema": Oedema.FOCAL}, 3),
        ({"oedema": Oedema.DIFFUSE}, 4),
        ({"points": None, "unable": True}, 4),
        ({"awakening": Awakening.TO_VOICE, "seizure": Seizure.BRIEF}, 3),
        ({"dead": True}, 5),
        ({"weakness": True, "attributable": False}, 0),
    ],
)
def test_the_other_items(well: Icans, change: dict[str, object], grade: int) -> None:
    found = icans_grade(replace(well, **change))
    assert (found.grade, found.missing) == (grade, ())


def test_a_child_who_wakes_to_voice_below_9_points_is_grade_2() -> None:
    assert icans_grade(replace(CHILD, points=5, awakening=Awakening.TO_VOICE)).grade == 2


@pytest.mark.parametrize(
    ("change", "span", "missing"),
    [
        ({"points": None}, (0, 4), ("points",)),
        ({"points": None, "weakness": True}, (4, 4), ()),
        ({"awakening": None}, (0, 4), ("awakening",)),
        ({"seizure": None, "points": 5}, (2, 4), ("seizure",)),
        ({"weakness": None, "oedema": None}, (0, 4), ("weakness", "oedema")),
        ({"attributable": None, "points": 5}, (0, 2), ("attributable",)),
        ({"attributable": None}, (0, 0), ()),
        ({"attributable": None, "dead": True}, (0, 5), ("attributable",)),
        ({"attributable": None, "points": None, "unable": True}, (0, 4), ("attributable",)),
        ({"seizure": Seizure.BRIEF, "points": None}, (3, 4), ("points",)),
    ],
)
def test_unknown_is_never_no(
    change: dict[str, object], span: tuple[int, int], missing: tuple[str, ...]
) -> None:
    found = icans_grade(replace(WELL, **change))
    assert (found.lowest, found.highest, found.missing) == (*span, missing)


VALUES: dict[str, tuple[object, ...]] = {
    "awakening": tuple(Awakening),
    "seizure": tuple(Seizure),
    "weakness": (True, False),
    "oedema": tuple(Oedema),
    "attributable": (True, False),
}


def slow(seen: Icans) -> int:
    """The printed columns from the worst down; nothing unknown but points where they could not be taken."""
    if not seen.attributable:
        return 0
    if seen.dead:
        return 5
    ice, capd = seen.score is Score.ICE, seen.score is Score.CAPD
    points = -1 if seen.points is None else seen.points
    columns = {
        4: [
            seen.unable,
            seen.awakening is Awakening.VIGOROUS_OR_NOT,
            seen.seizure is Seizure.PROLONGED,
            seen.weakness,
            seen.oedema is Oedema.DIFFUSE,
        ],
        3: [
            ice and 0 <= points <= 2,
            capd and points >= 9,
            seen.awakening is Awakening.TO_TOUCH,
            seen.seizure is Seizure.BRIEF,
            seen.oedema is Oedema.FOCAL,
        ],
        2: [ice and 3 <= points <= 6, seen.awakening is Awakening.TO_VOICE],
        1: [ice and 7 <= points <= 9, capd and 1 <= points <= 8, seen.awakening is Awakening.SPONTANEOUSLY],
    }
    return next((grade for grade, items in columns.items() if any(items)), 0)


@settings(deadline=None)
@given(
    st.fixed_dictionaries({name: st.sampled_from([None, *values]) for name, values in VALUES.items()}),
    st.sampled_from(Score),
    st.integers(0, 32) | st.none(),
    st.booleans(),
)
def test_the_span_is_that_of_all_that_could_be(
    given_: dict[str, object], score: Score, points: int | None, dead: bool
) -> None:
    highest = 10 if score is Score.ICE else 32
    points = None if points is None else min(points, highest)
    seen = Icans(score=score, points=points, dead=dead, **given_)  # type: ignore[arg-type]
    unknown = [name for name in VALUES if given_[name] is None]
    taken = [{"points": number} for number in range(highest + 1)] + [{"unable": True}]
    grades = {
        slow(replace(seen, **dict(zip(unknown, chosen, strict=True)), **more))
        for chosen in product(*(VALUES[name] for name in unknown))
        for more in (taken if points is None else [{}])
    }
    found = icans_grade(seen)
    assert (found.lowest, found.highest) == (min(grades), max(grades))
    assert bool(found.missing) == (len(grades) > 1)
    assert set(found.missing) <= {*unknown, "points"}


def test_every_component_is_tried() -> None:
    assert {field.name for field in fields(Icans)} == {*VALUES, "score", "points", "unable", "dead"}


@pytest.mark.parametrize(
    ("months", "delay", "score"),
    [
        (1, None, Score.CAPD),
        (143, False, Score.CAPD),
        (144, False, Score.ICE),
        (144, True, Score.CAPD),
        (215, False, Score.ICE),
    ],
)
def test_the_score_for_an_age(months: int, delay: bool | None, score: Score) -> None:
    assert score_for(months, developmental_delay=delay) is score


def test_from_12_years_on_delay_must_be_known() -> None:
    with pytest.raises(InputRefused, match="developmental delay is not known"):
        score_for(144, developmental_delay=None)


def test_ice_points() -> None:
    assert ice_points(orientation=4, naming=3, command=1, writing=1, attention=1) == 10
    assert ice_points(orientation=2, naming=3, command=0, writing=0, attention=1) == 6
    for part, highest in (
        ("orientation", 4),
        ("naming", 3),
        ("command", 1),
        ("writing", 1),
        ("attention", 1),
    ):
        well = {"orientation": 0, "naming": 0, "command": 0, "writing": 0, "attention": 0}
        assert ice_points(**{**well, part: highest}) == highest
        for wrong in (highest + 1, -1):
            with pytest.raises(InputRefused, match=f"{part} {wrong}"):
                ice_points(**{**well, part: wrong})


@pytest.mark.parametrize(
    ("answers", "points"),
    [
        ([4, 4, 4, 4, 0, 0, 0, 0], 0),
        ([0, 0, 0, 0, 4, 4, 4, 4], 32),
        ([3, 4, 4, 2, 1, 0, 2, 0], 6),
        ([0] * 8, 16),
    ],
)
def test_capd_points(answers: list[int], points: int) -> None:
    assert capd_points(answers) == points


def test_what_cannot_be() -> None:
    with pytest.raises(InputRefused, match="7 answers of CAPD"):
        capd_points([0] * 7)
    with pytest.raises(InputRefused, match="CAPD item 8: 5"):
        capd_points([0] * 7 + [5])
    with pytest.raises(InputRefused, match="11 points of ICE"):
        replace(WELL, points=11)
    with pytest.raises(InputRefused, match="33 points of CAPD"):
        replace(CHILD, points=33)
    with pytest.raises(InputRefused, match="could not be taken"):
        replace(WELL, unable=True)
