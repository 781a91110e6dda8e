"""Gating-ML 2.0 read: gates, scales, ratios and matrices, with the line of whatever does not fit.

Source: ISAC Gating-ML 2.0 (Spidlen 2015, doi 10.1002/cyto.a.22690) and its schema 2.0.121207. Attributes may
stand with their namespace, as the schema wants, or without. Transformations and gates may come in any order.
`custom_info` is not looked into. Elements of no Gating-ML namespace around gates are looked through.
"""

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

from remission.errors import InputRefused, InvariantBroken, UnknownFormat
from remission.mrd.flow.gates.gates import (
    Boolean,
    Divider,
    Ellipsoid,
    Gate,
    Gating,
    Operand,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.tree import rules_of, sorted_rules
from remission.mrd.flow.programs.gatingml_words import DATA, GATING, OWN, TRANSFORMS, Reading, read_transform
from remission.mrd.flow.xml_files import Element, read_xml


def read_gatingml(file: BinaryIO, name: str) -> Gating:
    """Gates of a Gating-ML 2.0 file, every reference resolved.

    Raises
    ------
    UnknownFormat
        For another kind of file, or another version of Gating-ML.
    Malformed
        For an element or attribute that is missing, unknown, or not what it must be.
    InputRefused, InvariantBroken
        For a reference to nothing, an id given twice, a circle of gates, a matrix without an inverse.
    Hostile, WrongEncoding, TooLarge
        As `read_xml`.
    """
    root = read_xml(file, name)
    if (root.space, root.name) != (GATING, "Gating-ML"):
        raise UnknownFormat(
            f"the root element is {root.name!r} of {root.space or 'no namespace'!r}, not Gating-ML 2.0",
            where=f"{name}, line {root.line}",
            do="export the gates as Gating-ML 2.0",
        )
    reading = Reading(name, escaped=_is_ours(root))
    elements = list(_parts(reading, root))
    for element in elements:
        if element.space == TRANSFORMS:
            read_transform(reading, element)
    gates = tuple(_gate(reading, element) for element in elements if element.space == GATING)
    gating = Gating(gates, reading.scales, reading.ratios, reading.spectra)
    _check(reading, gating)
    return gating


def _is_ours(root: Element) -> bool:
    return any(one.attribute(OWN, "ids") == "escaped" for one in root.every(DATA, "custom_info"))


def _parts(reading: Reading, root: Element) -> Iterator[Element]:
    """Gates, transformations and matrices, also those that stand in an element foreign to Gating-ML."""
    known = {(GATING, one) for one in _GATES} | {(TRANSFORMS, one) for one in _NAMED}
    for element in root.children:
        if (element.space, element.name) in known:
            yield element
        elif (element.space, element.name) != (DATA, "custom_info"):
            if element.space in (GATING, TRANSFORMS, DATA):
                reading.refuse(element, f"there is no <{element.name}> here in Gating-ML 2.0")
            yield from _parts(reading, element)


def _check(reading: Reading, gating: Gating) -> None:
    """References between gates, with the line of the gate that is wrong."""
    try:
        rules = rules_of(gating)
        sorted_rules(rules, rules)
    except (InputRefused, InvariantBroken) as error:
        named = re.search(r"'(.*)'", error.where)
        line = reading.lines.get(named.group(1) if named else "")
        place = reading.name if line is None else f"{reading.name}, line {line}"
        raise type(error)(error.what, where=f"{place}, {error.where}", do=error.do) from error


def _gate(reading: Reading, element: Element) -> Gate:
    name = reading.id(element, GATING)
    reading.lines.setdefault(name, element.line)
    return _GATES[element.name](reading, element, name, reading.maybe_id(element, GATING, "parent_id"))


def _rectangle(reading: Reading, element: Element, name: str, parent: str | None) -> Rectangle:
    sides = [
        Side(
            reading.dimension(one, also=("min", "max")),
            reading.maybe_number(one, GATING, "min"),
            reading.maybe_number(one, GATING, "max"),
        )
        for one in reading.children(element, GATING, "dimension")
    ]
    return Rectangle(name, parent, tuple(sides))


def _polygon(reading: Reading, element: Element, name: str, parent: str | None) -> Polygon:
    parts = reading.children(element, GATING, "dimension", "vertex")
    dimensions = [reading.dimension(one) for one in parts if one.name == "dimension"]
    if len(dimensions) != 2:
        reading.refuse(element, f"a polygon has {len(dimensions)} dimensions, not two")
    vertices: list[tuple[float, float]] = []
    for vertex in (one for one in parts if one.name == "vertex"):
        place = reading.numbers(vertex, "coordinate")
        if len(place) != 2:
            reading.refuse(vertex, f"a vertex has {len(place)} coordinates, not two")
        vertices.append((place[0], place[1]))
    return Polygon(name, parent, dimensions[0], dimensions[1], tuple(vertices))


def _ellipsoid(reading: Reading, element: Element, name: str, parent: str | None) -> Ellipsoid:
    parts = reading.children(element, GATING, "dimension", "mean", "covarianceMatrix", "distanceSquare")

    def one_of(what: str) -> Element:
        return reading.only(element, [part for part in parts if part.name == what], what)

    rows = reading.children(one_of("covarianceMatrix"), GATING, "row")
    distance = reading.number(one_of("distanceSquare"), DATA, "value")
    if distance < 0.0:
        reading.refuse(one_of("distanceSquare"), f"the square of a distance is {distance}")
    return Ellipsoid(
        name,
        parent,
        tuple(reading.dimension(part) for part in parts if part.name == "dimension"),
        reading.numbers(one_of("mean"), "coordinate"),
        tuple(reading.numbers(row, "entry") for row in rows),
        distance,
    )


def _quadrants(reading: Reading, element: Element, name: str, parent: str | None) -> Quadrants:
    parts = reading.children(element, GATING, "divider", "Quadrant")
    dividers = [_divider(reading, one) for one in parts if one.name == "divider"]
    if len({one.id for one in dividers}) != len(dividers):
        reading.refuse(element, "two of its dividers have the same id")
    quadrants: list[Quadrant] = []
    for part in (one for one in parts if one.name == "Quadrant"):
        quadrant = Quadrant(
            reading.id(part, GATING),
            tuple(
                (reading.id(one, GATING, "divider_ref"), reading.number(one, GATING, "location"))
                for one in reading.children(part, GATING, "position")
            ),
        )
        reading.lines.setdefault(quadrant.id, part.line)
        quadrants.append(quadrant)
    if not quadrants:
        reading.refuse(element, "there is no <Quadrant>")
    return Quadrants(name, parent, tuple(dividers), tuple(quadrants))


def _divider(reading: Reading, element: Element) -> Divider:
    values = [reading.value(one) for one in element.every(GATING, "value")]
    if not values:
        reading.refuse(element, "a divider has no <value>")
    return Divider(
        reading.id(element, GATING), reading.dimension(element, also=("id",)), tuple(sorted(values))
    )


def _boolean(reading: Reading, element: Element, name: str, parent: str | None) -> Boolean:
    found = reading.children(element, GATING, *Operation)
    inside = reading.only(element, found, "and, or, not")
    operands = tuple(
        Operand(reading.id(one, GATING, "ref"), complement=reading.truth(one, GATING, "use-as-complement"))
        for one in reading.children(inside, GATING, "gateReference")
    )
    operation = Operation(inside.name)
    if operation is not Operation.NOT:
        operands = tuple(dict.fromkeys(operands))
    return Boolean(name, parent, operation, operands)


_NAMED = ("transformation", "spectrumMatrix")
_GATES: dict[str, Callable[[Reading, Element, str, str | None], Gate]] = {
    "RectangleGate": _rectangle,
    "PolygonGate": _polygon,
    "EllipsoidGate": _ellipsoid,
    "QuadrantGate": _quadrants,
    "BooleanGate": _boolean,
}
