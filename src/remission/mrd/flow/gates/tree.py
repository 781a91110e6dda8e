"""Populations in an order in which each comes after those it stands on."""

import math
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.gates.gates import (
    Boolean,
    Divider,
    Ellipsoid,
    Gate,
    Gating,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)

Shape = tuple[Side, ...] | Polygon | Ellipsoid | Boolean


@dataclass(frozen=True, slots=True)
class Rule:
    """One population's own rule: bounds that all must hold, a polygon, an ellipsoid, or others joined."""

    id: str
    parent: str | None
    shape: Shape

    @property
    def leans_on(self) -> tuple[str, ...]:
        """Populations that must be known before this one."""
        operands = self.shape.operands if isinstance(self.shape, Boolean) else ()
        parent = () if self.parent is None else (self.parent,)
        return parent + tuple(one.gate for one in operands)


def rules_of(gating: Gating) -> dict[str, Rule]:
    """Every population's rule by id: each gate's, and each quadrant's of its own.

    Raises
    ------
    InvariantBroken
        For an id given twice, or a gate that contradicts itself.
    """
    rules: dict[str, Rule] = {}
    for gate in gating.gates:
        for rule in _rules(gate):
            if rule.id in rules:
                raise _broken(
                    rule.id, f"two populations have the id {rule.id!r}", "give each an id of its own"
                )
            rules[rule.id] = rule
    return rules


def sorted_rules(rules: Mapping[str, Rule], wanted: Collection[str]) -> tuple[str, ...]:
    """Ids of what is wanted and all it stands on, each after those it stands on.

    Raises
    ------
    InputRefused
        For a reference to a population that is not there.
    InvariantBroken
        For populations that stand on each other in a circle.
    """
    done: dict[str, None] = {}
    for first in wanted:
        _known(rules, first, "what is wanted")
        _settle(rules, first, done)
    return tuple(done)


def _settle(rules: Mapping[str, Rule], first: str, done: dict[str, None]) -> None:
    """Depth first without recursion: a file may nest as deep as it likes."""
    way: dict[str, Iterator[str]] = {}
    now: str | None = first if first not in done else None
    while now is not None or way:
        if now is not None:
            way[now] = iter(rules[now].leans_on)
        current = next(reversed(way))
        now = next((one for one in way[current] if one not in done), None)
        if now is None:
            del way[current]
            done[current] = None
            continue
        _known(rules, now, f"the gate {current!r}")
        if now in way:
            circle = [*list(way)[list(way).index(now) :], now]
            raise _broken(now, "gates stand on each other: " + " -> ".join(circle), "break the circle")


def _known(rules: Mapping[str, Rule], name: str, where: str) -> None:
    if name not in rules:
        raise InputRefused(
            f"there is no gate or quadrant {name!r}",
            where=where,
            do="name one of: " + ", ".join(list(rules)[:20]) if rules else "give gates",
        )


def _rules(gate: Gate) -> tuple[Rule, ...]:
    match gate:
        case Rectangle():
            _check_sides(gate)
            return (Rule(gate.id, gate.parent, gate.sides),)
        case Polygon():
            _check_polygon(gate)
            return (Rule(gate.id, gate.parent, gate),)
        case Ellipsoid():
            _check_ellipsoid(gate)
            return (Rule(gate.id, gate.parent, gate),)
        case Boolean():
            _check_boolean(gate)
            return (Rule(gate.id, gate.parent, gate),)
        case Quadrants():
            return tuple(Rule(one.id, gate.parent, _quadrant(gate, one)) for one in gate.quadrants)


def _quadrant(gate: Quadrants, quadrant: Quadrant) -> tuple[Side, ...]:
    """The interval of each divider in which the location lies; a divider's value opens the upper one."""
    dividers = {one.id: one for one in gate.dividers}
    if not quadrant.positions:
        raise _broken(quadrant.id, "the quadrant has no position", "give it a place beside a divider")
    sides: list[Side] = []
    for name, location in quadrant.positions:
        if name not in dividers:
            raise InputRefused(
                f"there is no divider {name!r}",
                where=f"the quadrant {quadrant.id!r}",
                do="name one of: " + ", ".join(dividers),
            )
        sides.append(_interval(dividers[name], location, quadrant.id))
    return tuple(sides)


def _interval(divider: Divider, location: float, where: str) -> Side:
    values = divider.values
    if not values or any(math.isnan(one) for one in (*values, location)) or list(values) != sorted(values):
        raise _broken(where, f"the divider {divider.id!r} has the values {values}", "give numbers, ascending")
    part = bisect_right(values, location)
    low = None if part == 0 else values[part - 1]
    high = None if part == len(values) else values[part]
    return Side(divider.dimension, low, high)


def _check_sides(gate: Rectangle) -> None:
    if not gate.sides:
        raise _broken(gate.id, "the gate has no side", "give it a dimension")
    for side in gate.sides:
        if any(one is not None and math.isnan(one) for one in (side.low, side.high)):
            raise _broken(gate.id, "a bound is not a number", "give a number, or no bound")


def _check_polygon(gate: Polygon) -> None:
    if len(gate.vertices) < 3 or not all(math.isfinite(one) for vertex in gate.vertices for one in vertex):
        raise _broken(
            gate.id, f"the polygon has the vertices {gate.vertices}", "give three or more, finite numbers"
        )


def _check_ellipsoid(gate: Ellipsoid) -> None:
    size = len(gate.dimensions)
    numbers = [*gate.mean, gate.distance_square, *(one for row in gate.covariance for one in row)]
    square = len(gate.covariance) == size and all(len(row) == size for row in gate.covariance)
    if size == 0 or len(gate.mean) != size or not square:
        raise _broken(
            gate.id,
            f"the ellipsoid has {size} dimensions, but {len(gate.mean)} means and another covariance",
            "give a mean for each dimension, and a row and a column of the covariance",
        )
    if not all(math.isfinite(one) for one in numbers):
        raise _broken(gate.id, "the ellipsoid has a number that is not finite", "give finite numbers")


def _check_boolean(gate: Boolean) -> None:
    count = len(gate.operands)
    if count == 0 or (gate.operation is Operation.NOT and count != 1):
        raise _broken(
            gate.id,
            f"{gate.operation} joins {count} gates",
            "give one gate to 'not', and one or more to others",
        )


def _broken(name: str, what: str, do: str) -> InvariantBroken:
    return InvariantBroken(what, where=f"the gate {name!r}", do=do)
