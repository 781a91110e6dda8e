"""Gating-ML 2.0 written: what `read_gatingml` reads back is equal to what was given, and the bytes repeat.

Ids that XML does not allow (spaces, "+", an id used twice) are escaped as `_xHHHH_`, and the file says so in
a `custom_info` that only we look for; a matrix keeps where it is from in an attribute of our own namespace.
"""

import math
import re
from collections.abc import Mapping, Sequence
from textwrap import indent
from xml.sax.saxutils import escape, quoteattr

from remission.errors import InputRefused
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Ellipsoid,
    Gate,
    Gating,
    Operand,
    Operation,
    Polygon,
    Quadrants,
    Rectangle,
)
from remission.mrd.flow.gates.tree import rules_of, sorted_rules
from remission.mrd.flow.light.scales import Biexponential, Ratio, Scale
from remission.mrd.flow.programs.gatingml_words import CURVES, DATA, GATING, OWN, TRANSFORMS
from remission.mrd.flow.spectrum import FILE, UNCOMPENSATED, Spectrum

_Attributes = Sequence[tuple[str, str | float | None]]
_Key = tuple[str, ...]
"""What kind of thing an id names, and the id."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WHITE = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_TAGS = {kind: tag for tag, (kind, _) in CURVES.items()}


def write_gatingml(gating: Gating) -> str:
    """Gates as the text of a Gating-ML 2.0 file (UTF-8).

    Scales, ratios and matrices come first, then gates, all in the order given.

    Raises
    ------
    InputRefused, InvariantBroken
        For what Gating-ML has no words for (FlowJo's biexponential), and for references to nothing.
    """
    rules = rules_of(gating)
    sorted_rules(rules, rules)
    writer = _Writer(gating)
    parts = [writer.scale(one) for one in gating.scales.values()]
    parts += [writer.ratio(one) for one in gating.ratios.values()]
    parts += [writer.spectrum(one) for one in gating.spectra.values()]
    parts += [writer.gate(one) for one in gating.gates]
    if writer.escaped:
        parts.insert(0, _element("data-type:custom_info", [("remission:ids", "escaped")]))
    spaces = [
        ("xmlns:gating", GATING),
        ("xmlns:transforms", TRANSFORMS),
        ("xmlns:data-type", DATA),
        ("xmlns:remission", OWN),
    ]
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _element("gating:Gating-ML", spaces, parts) + "\n"


class _Writer:
    """One set of gates, and the ids by which XML knows its parts."""

    def __init__(self, gating: Gating) -> None:
        self._gating = gating
        self._ids = _xml_ids(_keys(gating))
        self.escaped = any(key[-1] != written for key, written in self._ids.items())

    def _id(self, *key: str) -> str:
        if key not in self._ids:
            raise InputRefused(
                f"there is no {key[0]} {key[-1]!r}", where="a gate to be written", do="give it with the gates"
            )
        return self._ids[key]

    # -- transformations and matrices ----------------------------------------------------------------------

    def scale(self, scale: Scale) -> str:
        curve = scale.curve
        if isinstance(curve, Biexponential):
            raise InputRefused(
                "Gating-ML has no words for FlowJo's biexponential",
                where=f"scale {scale.name!r}",
                do="gate on a logicle or asinh scale",
            )
        tag = _TAGS[type(curve)]
        numbers = [(f"transforms:{one}", getattr(curve, one)) for one in CURVES[tag][1]]
        inside = _element(f"transforms:{tag}", numbers)
        return self._transformation(self._id("scale", scale.name), scale, inside)

    def ratio(self, ratio: Ratio) -> str:
        numbers = [("transforms:A", ratio.A), ("transforms:B", ratio.B), ("transforms:C", ratio.C)]
        inside = _element("transforms:fratio", numbers, [_channel(ratio.x), _channel(ratio.y)])
        return self._transformation(self._id("ratio", ratio.name), ratio, inside)

    def _transformation(self, name: str, bounded: Scale | Ratio, inside: str) -> str:
        attributes = [
            ("transforms:id", name),
            ("transforms:boundMin", bounded.bound_min),
            ("transforms:boundMax", bounded.bound_max),
        ]
        return _element("transforms:transformation", attributes, [inside])

    def spectrum(self, spectrum: Spectrum) -> str:
        if spectrum.name in (FILE, UNCOMPENSATED):
            raise InputRefused(
                f"{spectrum.name!r} has a meaning of its own in Gating-ML",
                where="a matrix to be written",
                do="give the matrix another name",
            )
        rows = [
            _element(
                "transforms:spectrum",
                (),
                [_element("transforms:coefficient", [("transforms:value", one)]) for one in row],
            )
            for row in spectrum.values
        ]
        names = [
            _element(f"transforms:{what}", (), [_channel(one) for one in channels])
            for what, channels in (
                ("fluorochromes", spectrum.fluorochromes),
                ("detectors", spectrum.detectors),
            )
        ]
        attributes = [
            ("transforms:id", self._id("matrix", spectrum.name)),
            ("remission:origin", spectrum.origin),
        ]
        return _element("transforms:spectrumMatrix", attributes, names + rows)

    # -- gates ---------------------------------------------------------------------------------------------

    def gate(self, gate: Gate) -> str:
        match gate:
            case Rectangle():
                sides = [
                    self._dimension(one.dimension, [("gating:min", one.low), ("gating:max", one.high)])
                    for one in gate.sides
                ]
                return self._gate("RectangleGate", gate, sides)
            case Polygon():
                corners = [_place("gating:vertex", "gating:coordinate", one) for one in gate.vertices]
                axes = [self._dimension(gate.x), self._dimension(gate.y)]
                return self._gate("PolygonGate", gate, axes + corners)
            case Ellipsoid():
                return self._gate("EllipsoidGate", gate, self._ellipsoid(gate))
            case Quadrants():
                return self._gate("QuadrantGate", gate, self._quadrants(gate), kind="quadrants")
            case Boolean():
                operands = list(gate.operands)
                if gate.operation is not Operation.NOT and len(operands) == 1:
                    operands *= 2  # the schema wants two; the same twice is the same
                inside = _element(f"gating:{gate.operation}", (), [self._operand(one) for one in operands])
                return self._gate("BooleanGate", gate, [inside])

    def _gate(self, tag: str, gate: Gate, inside: Sequence[str], kind: str = "gate") -> str:
        parent = None if gate.parent is None else self._id("gate", gate.parent)
        attributes = [("gating:id", self._id(kind, gate.id)), ("gating:parent_id", parent)]
        return _element(f"gating:{tag}", attributes, inside)

    def _dimension(self, dimension: Dimension, also: _Attributes = ()) -> str:
        return _element("gating:dimension", [*self._refs(dimension), *also], [self._axis(dimension)])

    def _refs(self, dimension: Dimension) -> _Attributes:
        matrix = dimension.compensation
        if matrix not in (FILE, UNCOMPENSATED):
            matrix = self._id("matrix", matrix)
        scale = None if dimension.scale is None else self._id("scale", dimension.scale)
        return [("gating:compensation-ref", matrix), ("gating:transformation-ref", scale)]

    def _axis(self, dimension: Dimension) -> str:
        if not dimension.is_ratio:
            return _channel(dimension.channel)
        name = self._id("ratio", dimension.channel)
        return _element("data-type:new-dimension", [("data-type:transformation-ref", name)])

    def _ellipsoid(self, gate: Ellipsoid) -> list[str]:
        rows = [_place("gating:row", "gating:entry", one) for one in gate.covariance]
        return [
            *(self._dimension(one) for one in gate.dimensions),
            _place("gating:mean", "gating:coordinate", gate.mean),
            _element("gating:covarianceMatrix", (), rows),
            _element("gating:distanceSquare", [("data-type:value", gate.distance_square)]),
        ]

    def _quadrants(self, gate: Quadrants) -> list[str]:
        dividers = [
            _element(
                "gating:divider",
                [("gating:id", self._id("divider", gate.id, one.id)), *self._refs(one.dimension)],
                [
                    self._axis(one.dimension),
                    *(f"<gating:value>{_number(v)}</gating:value>" for v in one.values),
                ],
            )
            for one in gate.dividers
        ]
        parts = [
            _element(
                "gating:Quadrant",
                [("gating:id", self._id("gate", part.id))],
                [
                    _element(
                        "gating:position",
                        [
                            ("gating:divider_ref", self._id("divider", gate.id, divider)),
                            ("gating:location", place),
                        ],
                    )
                    for divider, place in part.positions
                ],
            )
            for part in gate.quadrants
        ]
        return dividers + parts

    def _operand(self, operand: Operand) -> str:
        complement = "true" if operand.complement else None
        attributes = [
            ("gating:ref", self._id("gate", operand.gate)),
            ("gating:use-as-complement", complement),
        ]
        return _element("gating:gateReference", attributes)


def _keys(gating: Gating) -> list[_Key]:
    keys: list[_Key] = [
        *(("scale", one) for one in gating.scales),
        *(("ratio", one) for one in gating.ratios),
        *(("matrix", one) for one in gating.spectra),
    ]
    for gate in gating.gates:
        keys.append(("quadrants" if isinstance(gate, Quadrants) else "gate", gate.id))
        if isinstance(gate, Quadrants):
            keys += [("divider", gate.id, one.id) for one in gate.dividers]
            keys += [("gate", one.id) for one in gate.quadrants]
    return keys


def _xml_ids(keys: Sequence[_Key]) -> Mapping[_Key, str]:
    """An id for each that XML allows and no other has: `_xHHHH_` is a character, `_xN_` the N-th of it."""
    if len({key[-1] for key in keys}) == len(keys) and all(_is_plain(key[-1]) for key in keys):
        return {key: key[-1] for key in keys}
    found: dict[_Key, str] = {}
    times: dict[str, int] = {}
    for key in keys:
        name = _escaped(key[-1])
        times[name] = times.get(name, 0) + 1
        found[key] = name if times[name] == 1 else f"{name}_x{times[name]}_"
    return found


def _is_plain(name: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", name) is not None


def _escaped(name: str) -> str:
    if not name:
        raise InputRefused("an id is empty", where="gates to be written", do="give every part an id")
    escaped = re.sub(r"[^A-Za-z0-9._-]|_(?=x)", lambda found: f"_x{ord(found[0]):04X}_", name)
    first = escaped[0]
    return escaped if first.isalpha() or first == "_" else f"_x{ord(first):04X}_{escaped[1:]}"


def _element(name: str, attributes: _Attributes, children: Sequence[str] = ()) -> str:
    head = "".join(
        [f"<{name}", *(f" {one}={_quoted(value)}" for one, value in attributes if value is not None)]
    )
    if not children:
        return f"{head}/>"
    return f"{head}>\n{indent(chr(10).join(children), '  ')}\n</{name}>"


def _quoted(value: str | float) -> str:
    if not isinstance(value, str):
        return f'"{_number(value)}"'
    if _NOT_XML.search(value):
        raise InputRefused(
            f"{value!r} has a character that XML cannot hold", where="gates to be written", do="rename it"
        )
    return quoteattr(value, _WHITE)


def _number(value: float) -> str:
    """The shortest decimal that is read back as the same number."""
    if math.isnan(value):
        raise InputRefused("a number is not a number", where="gates to be written", do="give a number")
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return escape(repr(float(value)))


def _place(name: str, part: str, values: Sequence[float]) -> str:
    return _element(name, (), [_element(part, [("data-type:value", one)]) for one in values])


def _channel(name: str) -> str:
    return _element("data-type:fcs-dimension", [("data-type:name", name)])
