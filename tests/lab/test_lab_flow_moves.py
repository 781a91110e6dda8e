"""Gates out as numbers and back: the same gate, or the one moved, or a refusal."""

import math

import pytest

from remission.errors import InputRefused
from remission.lab.flow_moves import numbers_of, renumbered
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Divider,
    Ellipsoid,
    Operand,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)  # fmt: skip

X, Y = Dimension("CD10", scale="light"), Dimension("SSC-A", scale="scatter")
RECTANGLE = Rectangle("r", None, (Side(X, 0.2, None), Side(Y, 0.1, 0.5)))
POLYGON = Polygon("p", "r", X, Y, ((0.0, 0.0), (1.0, 0.0), (0.5, 1.0)))
ELLIPSE = Ellipsoid("e", None, (X, Y), (0.5, 0.5), ((0.01, 0.0), (0.0, 0.02)), 4.0)
QUADRANTS = Quadrants(
    "q", None, (Divider("a", X, (0.3, 0.6)), Divider("b", Y, (0.5,))),
    (Quadrant("low", (("a", 0.1), ("b", 0.2))), Quadrant("middle", (("a", 0.3), ("b", 0.9)))),
)  # fmt: skip
JOINED = Boolean("b", None, Operation.OR, (Operand("r"), Operand("p")))


@pytest.mark.parametrize("gate", [RECTANGLE, POLYGON, ELLIPSE])
def test_a_gate_with_its_own_numbers_is_the_same_gate(gate) -> None:
    assert renumbered(gate, numbers_of(gate)) == gate


def test_numbers_go_where_they_belong() -> None:
    assert renumbered(RECTANGLE, [[None, 0.9], [0, 0.5]]).sides == (Side(X, None, 0.9), Side(Y, 0.0, 0.5))
    assert renumbered(POLYGON, [[0, 0], [1, 0], [0.5, 2]]).vertices[2] == (0.5, 2.0)
    assert renumbered(ELLIPSE, [[0.1, 0.2]]).mean == (0.1, 0.2)


def test_quadrants_stay_the_parts_they_are_between_moved_dividers() -> None:
    moved = renumbered(QUADRANTS, [[0.35, 0.4], [0.1]])
    assert [one.values for one in moved.dividers] == [(0.35, 0.4), (0.1,)]
    (low_a, low_b), (middle_a, middle_b) = [
        tuple(position for _, position in one.positions) for one in moved.quadrants
    ]
    assert low_a < 0.35 and low_b < 0.1
    assert 0.35 <= middle_a < 0.4 and middle_b >= 0.1


@pytest.mark.parametrize(
    ("gate", "numbers"),
    [
        (RECTANGLE, None), (RECTANGLE, []), (RECTANGLE, [[0.1, 0.2]]), (RECTANGLE, [[0.5, 0.4], [0.1, 0.5]]),
        (RECTANGLE, [[math.nan, None], [0.1, 0.5]]), (RECTANGLE, [["0.1", None], [0.1, 0.5]]),
        (RECTANGLE, [[True, None], [0.1, 0.5]]), (RECTANGLE, {"a": 1}),
        (POLYGON, [[0, 0], [1, 0]]), (POLYGON, [[0, 0], [1, 0], [0.5, None]]),
        (POLYGON, [[0, 0], [1, 0], [math.inf, 0]]), (ELLIPSE, [[0.1]]), (ELLIPSE, [[0.1, None]]),
        (QUADRANTS, [[0.6, 0.3], [0.5]]), (QUADRANTS, [[0.6], [0.5]]), (JOINED, []), (JOINED, [[1.0]]),
    ],
)  # fmt: skip
def test_numbers_of_another_shape_are_refused(gate, numbers: object) -> None:
    with pytest.raises(InputRefused) as refused:
        renumbered(gate, numbers)
    assert refused.value.where == f"gate {gate.id}"
