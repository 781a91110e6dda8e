from dataclasses import fields, replace
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.safety.crs import OXYGEN_GRADES, TABLE, Crs, Oxygen, crs_grade

FEVER = Crs(
    fever=True,
    hypotension=False,
    vasopressors=0,
    vasopressin=False,
    oxygen=Oxygen.NONE,
    oxygen_flow=None,
    fever_treated=False,
    attributable=True,
)


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({}, 1),
        ({"hypotension": True}, 2),
        ({"oxygen": Oxygen.BLOW_BY}, 2),
        ({"oxygen": Oxygen.NASAL_CANNULA, "oxygen_flow": Decimal("0.5")}, 2),
        ({"oxygen": Oxygen.NASAL_CANNULA, "oxygen_flow": Decimal(6)}, 2),
        ({"oxygen": Oxygen.NASAL_CANNULA, "oxygen_flow": Decimal("6.1")}, 3),
        ({"oxygen": Oxygen.HIGH_FLOW_CANNULA}, 3),
        ({"oxygen": Oxygen.FACE_MASK}, 3),
        ({"oxygen": Oxygen.NON_REBREATHER}, 3),
        ({"oxygen": Oxygen.VENTURI}, 3),
        ({"hypotension": True, "vasopressors": 1}, 3),
        ({"hypotension": True, "vasopressors": 1, "vasopressin": True}, 3),
        ({"hypotension": True, "vasopressin": True}, 3),
        ({"vasopressors": 2}, 4),
        ({"vasopressors": 5, "oxygen": Oxygen.BLOW_BY}, 4),
        ({"oxygen": Oxygen.CPAP}, 4),
        ({"oxygen": Oxygen.BIPAP}, 4),
        ({"oxygen": Oxygen.VENTILATED}, 4),
        # the paper's example: fever, one vasopressor, low-flow cannula
        ({"vasopressors": 1, "oxygen": Oxygen.NASAL_CANNULA, "oxygen_flow": Decimal(2)}, 3),
        # fever gone
        ({"fever": False}, 0),
        ({"fever": False, "vasopressors": 2}, 0),
        ({"fever": False, "fever_treated": True}, 0),
        ({"fever": False, "fever_treated": True, "hypotension": True}, 2),
        ({"fever": False, "fever_treated": True, "vasopressors": 1}, 3),
        # explained otherwise; dead
        ({"attributable": False, "vasopressors": 2}, 0),
        ({"dead": True}, 5),
        ({"dead": True, "fever": None, "vasopressors": None}, 5),
        ({"dead": True, "attributable": False}, 0),
    ],
)
def test_the_table(change: dict[str, object], grade: int) -> None:
    found = crs_grade(replace(FEVER, **change))
    assert (found.grade, found.missing) == (grade, ())


@pytest.mark.parametrize(
    ("change", "span", "missing"),
    [
        ({"fever": None}, (0, 1), {"fever"}),
        ({"fever": None, "vasopressors": 1}, (0, 3), {"fever", "fever_treated"}),
        ({"fever": None, "vasopressors": 1, "fever_treated": True}, (3, 3), set[str]()),
        ({"hypotension": None}, (1, 2), {"hypotension"}),
        ({"hypotension": None, "vasopressors": 1}, (3, 3), set[str]()),
        ({"vasopressors": None}, (1, 4), {"vasopressors"}),
        ({"vasopressors": None, "oxygen": Oxygen.CPAP}, (4, 4), set[str]()),
        ({"vasopressin": None}, (1, 3), {"vasopressin"}),
        ({"oxygen": None}, (1, 4), {"oxygen", "oxygen_flow"}),
        ({"oxygen": Oxygen.NASAL_CANNULA}, (2, 3), {"oxygen_flow"}),
        ({"attributable": None}, (0, 1), {"attributable"}),
        ({"attributable": None, "dead": True}, (0, 5), {"attributable"}),
        ({"fever": False, "fever_treated": None, "oxygen": Oxygen.CPAP}, (0, 4), {"fever_treated"}),
        ({"fever": False, "fever_treated": None}, (0, 0), set[str]()),
    ],
)
def test_unknown_is_never_no(change: dict[str, object], span: tuple[int, int], missing: set[str]) -> None:
    change = {"fever_treated": None, **change} if "fever_treated" in missing else change
    found = crs_grade(replace(FEVER, **change))
    assert (found.lowest, found.highest) == span
    assert set(found.missing) == missing
    assert (found.grade is None) == bool(missing)


VALUES: dict[str, tuple[object, ...]] = {
    "fever": (True, False),
    "hypotension": (True, False),
    "vasopressors": (0, 1, 2, 3),
    "vasopressin": (True, False),
    "oxygen": tuple(Oxygen),
    "oxygen_flow": (Decimal(2), Decimal(8)),
    "fever_treated": (True, False),
    "attributable": (True, False),
}


def slow(seen: Crs) -> int:
    """The printed columns from the worst down; nothing unknown."""
    if not seen.attributable:
        return 0
    if seen.dead:
        return 5
    if not seen.fever and not seen.fever_treated:
        return 0
    cannula = seen.oxygen is Oxygen.NASAL_CANNULA
    flow = seen.oxygen_flow or Decimal(0)
    assert seen.vasopressors is not None
    if seen.vasopressors >= 2 or seen.oxygen in (Oxygen.CPAP, Oxygen.BIPAP, Oxygen.VENTILATED):
        return 4
    masks = (Oxygen.HIGH_FLOW_CANNULA, Oxygen.FACE_MASK, Oxygen.NON_REBREATHER, Oxygen.VENTURI)
    if seen.vasopressors == 1 or seen.vasopressin or seen.oxygen in masks or (cannula and flow > 6):
        return 3
    if seen.hypotension or cannula or seen.oxygen is Oxygen.BLOW_BY:
        return 2
    return 1 if seen.fever else 0


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {name: st.sampled_from([None, *values]) for name, values in VALUES.items()},
    ),
    st.booleans(),
)
def test_the_span_is_that_of_all_that_could_be(given_: dict[str, object], dead: bool) -> None:
    seen = Crs(**given_, dead=dead)  # type: ignore[arg-type]
    unknown = [name for name in VALUES if given_[name] is None][:5]
    seen = replace(seen, **{n: VALUES[n][0] for n in VALUES if given_[n] is None and n not in unknown})
    grades = {
        chosen: slow(replace(seen, **dict(zip(unknown, chosen, strict=True))))
        for chosen in product(*(VALUES[name] for name in unknown))
    }
    found = crs_grade(seen)
    assert (found.lowest, found.highest) == (min(grades.values()), max(grades.values()))
    assert list(found.missing) == [name for name in unknown if matters(unknown.index(name), grades)]


def matters(place: int, grades: dict[tuple[object, ...], int]) -> bool:
    """Whether two cases that differ in one component only have different grades."""
    found: dict[tuple[object, ...], set[int]] = {}
    for chosen, grade in grades.items():
        found.setdefault(chosen[:place] + chosen[place + 1 :], set()).add(grade)
    return any(len(several) > 1 for several in found.values())


def test_every_component_is_tried() -> None:
    assert {field.name for field in fields(Crs)} == {*VALUES, "dead"}
    assert set(OXYGEN_GRADES) == set(Oxygen)
    assert list(TABLE) == [1, 2, 3, 4]


def test_what_cannot_be() -> None:
    with pytest.raises(InputRefused, match="-1 vasopressors"):
        replace(FEVER, vasopressors=-1)
    for flow in ("-1", "NaN"):
        with pytest.raises(InputRefused, match="an oxygen flow of"):
            replace(FEVER, oxygen_flow=Decimal(flow))
