"""Gates moved for one sample: only the strategy's own gates, by a person who says why."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NoReturn

from remission.errors import InvariantBroken
from remission.mrd.flow.gates.gates import Boolean, Ellipsoid, Gate, Gating, Polygon, Quadrants, Rectangle
from remission.mrd.flow.gates.parts import dimensions_of
from remission.mrd.flow.gates.tree import rules_of
from remission.mrd.flow.strategies.strategy import Adjustment, Strategy

_LEAST_SHARE = 1e-9  # of the square around it: a line, but for rounding


def adjusted(
    strategy: Strategy, adjustments: Sequence[Adjustment], left_out: Sequence[str] = ()
) -> tuple[Gate, ...]:
    """The strategy's gates, in its order, with those that were moved in their new place.

    Raises
    ------
    InvariantBroken
        If an adjustment names no gate of the strategy, one that is left out, or one moved already; if it is
        another kind of gate, has another parent or other axes, or no room for any event; or if who or why
        is empty.
    """
    gates = {gate.id: gate for gate in strategy.gates}
    moved: dict[str, Gate] = {}
    for adjustment in adjustments:
        new = adjustment.gate
        if not adjustment.by.strip() or not adjustment.why.strip():
            _refuse(new, "nobody says who moved it, and why", "give both")
        if new.id not in gates:
            _refuse(new, f"strategy {strategy.id} has no such gate", f"move one of: {', '.join(gates)}")
        if new.id in left_out:
            _refuse(new, "the panel lacks its markers, so that it is left out", "leave it alone")
        if new.id in moved:
            _refuse(new, "it is moved twice", "give the last place only")
        _check_same(gates[new.id], new)
        moved[new.id] = new
    return tuple(moved.get(gate.id, gate) for gate in strategy.gates)


def _check_same(old: Gate, new: Gate) -> None:
    if isinstance(new, Boolean) or type(old) is not type(new):
        kinds = f"{type(new).__name__.lower()}, of a {type(old).__name__.lower()}"
        _refuse(
            new, f"a moved gate that is a {kinds}", "only gates with axes can be moved, and keep their kind"
        )
    if old.parent != new.parent or dimensions_of(old) != dimensions_of(new):
        _refuse(new, "it has another parent or other axes", "move its bounds, vertices or center only")
    if isinstance(old, Quadrants) and isinstance(new, Quadrants):
        parts = [(one.id, tuple(name for name, _ in one.positions)) for one in old.quadrants]
        names = [one.id for one in old.dividers]
        if parts != [
            (one.id, tuple(name for name, _ in one.positions)) for one in new.quadrants
        ] or names != [one.id for one in new.dividers]:
            _refuse(new, "it has other parts", "move the values of its dividers, and its parts with them")
    rules_of(Gating((replace(new, parent=None),), {}, {}, {}))
    _check_room(new)


def _check_room(gate: Gate) -> None:
    """A gate that no event can be in is no gate that was moved."""
    match gate:
        case Rectangle():
            for side in gate.sides:
                if side.low is not None and side.high is not None and not side.low < side.high:
                    _refuse(gate, f"low {side.low} is not below high {side.high}", "turn the bounds around")
        case Polygon():
            if not _area(gate) > _LEAST_SHARE * _extent(gate):
                _refuse(gate, "the polygon has no area", "give vertices that enclose a place")
        case Quadrants():
            for one in gate.dividers:
                if any(not low < high for low, high in pairwise(one.values)):
                    _refuse(gate, f"divider {one.id!r} has the values {one.values}", "give them ascending")
        case Ellipsoid():
            if not gate.distance_square > 0:
                _refuse(gate, f"an ellipsoid of distance {gate.distance_square}", "give one above 0")
        case Boolean():
            pass


def _area(polygon: Polygon) -> float:
    """What the path encloses, a part it goes around the other way round taken off."""
    ends = (*polygon.vertices[1:], polygon.vertices[0])
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(polygon.vertices, ends, strict=True))) / 2


def _extent(polygon: Polygon) -> float:
    """The square of the longest side of the box around it: 0 for a point."""
    return max(max(line) - min(line) for line in zip(*polygon.vertices, strict=True)) ** 2


def _refuse(gate: Gate, what: str, do: str) -> NoReturn:
    raise InvariantBroken(what, where=f"adjustment of gate {gate.id!r}", do=do)
