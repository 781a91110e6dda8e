"""Gating strategies from files: those shipped with the package, and a laboratory's own in the same shape."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files as package_files
from io import BytesIO
from types import MappingProxyType
from typing import BinaryIO, TypeVar

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Divider,
    Ellipsoid,
    Gate,
    Operand,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.light.scales import Asinh, Curve, Hyperlog, Linear, Log, Logicle, Ratio, Scale
from remission.mrd.flow.spectrum import FILE, UNCOMPENSATED
from remission.mrd.flow.strategies.checking import problems
from remission.mrd.flow.strategies.markers import Kind, kind_of, spelled
from remission.mrd.flow.strategies.strategy import Control, Strategy
from remission.mrd.flow.strategies.toml_files import read_toml, structured
from remission.terms.words import Mark, Text

SCHEMA_VERSION = 1
SHIPPED = ("ball-cd19", "ball-cd19-independent")


@dataclass(frozen=True, slots=True)
class _Scale:
    """`curve` and its parameters; T counts in tops of the channel's range: 1 is the range itself."""

    name: str
    curve: str
    T: float
    W: float | None = None
    M: float | None = None
    A: float | None = None
    bound_min: float | None = None
    bound_max: float | None = None


@dataclass(frozen=True, slots=True)
class _Ratio:
    name: str
    x: str
    y: str
    A: float = 1.0
    B: float = 0.0
    C: float = 0.0
    bound_min: float | None = None
    bound_max: float | None = None


@dataclass(frozen=True, slots=True)
class _Axis:
    """A marker or a ratio, on a scale; `low` and `high` where the gate is a rectangle."""

    marker: str = ""
    ratio: str = ""
    scale: str | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class _Operand:
    gate: str
    complement: bool = False


@dataclass(frozen=True, slots=True)
class _Divider:
    id: str
    axis: _Axis
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Quadrant:
    id: str
    name: Text
    where: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Gate:
    """Any gate; what belongs to another kind stays empty."""

    id: str
    kind: str
    name: Text
    parent: str | None = None
    optional: bool = False
    axes: tuple[_Axis, ...] = ()
    vertices: tuple[tuple[float, ...], ...] = ()
    mean: tuple[float, ...] = ()
    covariance: tuple[tuple[float, ...], ...] = ()
    distance_square: float | None = None
    dividers: tuple[_Divider, ...] = ()
    quadrants: tuple[_Quadrant, ...] = ()
    operation: str = ""
    operands: tuple[_Operand, ...] = ()


@dataclass(frozen=True, slots=True)
class _Control:
    id: str
    name: Text
    gate: str
    least_events: int | None = None
    least_share: float | None = None
    most_share: float | None = None


@dataclass(frozen=True, slots=True)
class _Denominator:
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class _Source:
    cite: str
    mark: str
    says: Text


@dataclass(frozen=True, slots=True)
class _StrategyFile:
    id: str
    version: str
    title: Text
    mrd: str
    needs: tuple[tuple[str, ...], ...]
    states: tuple[str, ...]
    denominators: tuple[_Denominator, ...]
    scales: tuple[_Scale, ...]
    gates: tuple[_Gate, ...]
    ratios: tuple[_Ratio, ...] = ()
    controls: tuple[_Control, ...] = ()
    notes: tuple[Text, ...] = ()
    sources: tuple[_Source, ...] = ()


def shipped_strategies() -> tuple[str, ...]:
    """The ids of the strategies that come with the package."""
    return SHIPPED


@cache
def shipped_strategy(id: str) -> Strategy:
    """A strategy that comes with the package.

    Raises
    ------
    InputRefused
        If none has this id.
    """
    return read_strategy(BytesIO(shipped_text(id)), f"{id}.toml")


def shipped_text(id: str) -> bytes:
    """The TOML text of a strategy that comes with the package; a later version may ship another.

    Raises
    ------
    InputRefused
        If none has this id.
    """
    if id not in SHIPPED:
        raise InputRefused(
            f"no strategy {id!r} comes with the package",
            where="strategy",
            do=f"use one of: {', '.join(SHIPPED)}; or give a file of your own",
        )
    return (package_files("remission.mrd.flow.strategies") / f"{id}.toml").read_bytes()


def read_strategy(file: BinaryIO, name: str = "strategy.toml") -> Strategy:
    """The strategy of a TOML file in the shape of the shipped ones.

    Raises
    ------
    WrongEncoding, Malformed, TooLarge, InputRefused
        For a file that is no such thing; the line or key is named.
    InvariantBroken
        If it contradicts itself: a gate named twice or not at all, a path that is none, bounds upside down.
    """
    tree, sha256 = read_toml(file, name, SCHEMA_VERSION)
    body = structured(tree, _StrategyFile, name)
    try:
        strategy = _strategy(body, sha256)
        wrong = next(problems(strategy), None)
    except InputRefused as error:
        raise type(error)(error.what, where=f"{name}, {error.where}", do=error.do) from None
    if wrong:
        raise InvariantBroken(wrong[1], where=f"{name}, {wrong[0]}", do="compare with a shipped strategy")
    return strategy


def _strategy(body: _StrategyFile, sha256: str) -> Strategy:
    gates = tuple(_gate(gate) for gate in body.gates)
    return Strategy(
        id=body.id,
        version=body.version,
        title=body.title,
        needs=tuple(tuple(_joined(one) for one in group) for group in body.needs),
        gates=gates,
        scales=_once("scales", [(scale.name, _scale(scale)) for scale in body.scales]),
        ratios=_once("ratios", [(ratio.name, _ratio(ratio)) for ratio in body.ratios]),
        mrd=body.mrd,
        denominators=_once("denominators", [(one.name, one.path) for one in body.denominators]),
        states=body.states,
        optional=tuple(gate.id for gate in body.gates if gate.optional),
        names=MappingProxyType(
            {gate.id: gate.name for gate in body.gates}
            | {quadrant.id: quadrant.name for gate in body.gates for quadrant in gate.quadrants}
        ),
        controls=tuple(
            Control(one.id, one.name, one.gate, one.least_events, one.least_share, one.most_share)
            for one in body.controls
        ),
        notes=(*body.notes, *(_said(source) for source in body.sources)),
        sha256=sha256,
    )


_Value = TypeVar("_Value")


def _once(key: str, pairs: list[tuple[str, _Value]]) -> Mapping[str, _Value]:
    """Pairs as a mapping; a name that stands twice, or is empty, is refused."""
    for number, (name, _) in enumerate(pairs):
        if not name or name in [earlier for earlier, _ in pairs[:number]]:
            raise InputRefused(
                f"{name!r} stands twice" if name else "a name is empty",
                where=f"{key}[{number + 1}].name",
                do="name each once",
            )
    return MappingProxyType(dict(pairs))


def _said(source: _Source) -> Text:
    """A source in words: what it says, where, and how far we verified it."""
    if source.mark not in tuple(Mark):
        raise InputRefused(
            f"{source.mark!r} is no mark", where="sources", do=f"use one of: {', '.join(Mark)}"
        )
    return Text(
        f"{source.says.en} [{source.cite}; {source.mark}]",
        f"{source.says.zh}［{source.cite}；{source.mark}］",
    )


def _joined(alternative: str) -> str:
    """`cd24 + CD66B` as `CD24+CD66b`."""
    return "+".join(spelled(marker.strip()) for marker in alternative.split("+"))


def _scale(scale: _Scale) -> Scale:
    kinds: dict[str, type[Curve]] = {
        "linear": Linear, "log": Log, "asinh": Asinh, "logicle": Logicle, "hyperlog": Hyperlog,
    }  # fmt: skip
    where = f"scales, {scale.name}"
    kind = kinds.get(scale.curve)
    if kind is None:
        raise InputRefused(f"{scale.curve!r} is no curve", where=where, do=f"use one of: {', '.join(kinds)}")
    wanted = tuple(field.name for field in fields(kind))
    given = {key: getattr(scale, key) for key in "TWMA" if getattr(scale, key) is not None}
    if set(given) != set(wanted):
        raise InputRefused(
            f"{scale.curve} with {', '.join(given)}", where=where, do=f"give {', '.join(wanted)}"
        )
    return Scale(scale.name, kind(**given), scale.bound_min, scale.bound_max)


def _ratio(ratio: _Ratio) -> Ratio:
    return Ratio(
        ratio.name, ratio.A, ratio.B, ratio.C, spelled(ratio.x), spelled(ratio.y),
        ratio.bound_min, ratio.bound_max,
    )  # fmt: skip


def _dimension(axis: _Axis, where: str) -> Dimension:
    if bool(axis.marker) == bool(axis.ratio):
        raise InputRefused(
            f"an axis with marker {axis.marker!r} and ratio {axis.ratio!r}",
            where=where,
            do="give one of them",
        )
    if axis.ratio:
        return Dimension(axis.ratio, UNCOMPENSATED, axis.scale, is_ratio=True)
    marker = spelled(axis.marker)
    light = kind_of(marker) in (Kind.SCATTER, Kind.TIME)
    return Dimension(marker, UNCOMPENSATED if light else FILE, axis.scale)


_MAY: Mapping[str, frozenset[str]] = {
    "rectangle": frozenset({"axes"}),
    "polygon": frozenset({"axes", "vertices"}),
    "ellipsoid": frozenset({"axes", "mean", "covariance", "distance_square"}),
    "quadrants": frozenset({"dividers", "quadrants"}),
    "boolean": frozenset({"operation", "operands"}),
}
"""What each kind of gate is made of; all of it is needed."""


def _gate(gate: _Gate) -> Gate:
    where = f"gates, {gate.id}"
    if gate.kind not in _MAY:
        raise InputRefused(f"{gate.kind!r} is no kind", where=where, do=f"use one of: {', '.join(_MAY)}")
    for key in sorted(frozenset().union(*_MAY.values())):
        given = getattr(gate, key) not in ((), "", None)
        if given != (key in _MAY[gate.kind]):
            raise InputRefused(
                f"{gate.kind} {'with' if given else 'without'} {key}",
                where=where,
                do=f"{gate.kind} is made of: {', '.join(sorted(_MAY[gate.kind]))}",
            )
    if gate.kind != "rectangle" and any((axis.low, axis.high) != (None, None) for axis in gate.axes):
        raise InputRefused("an axis with low or high", where=where, do="only rectangles have them")
    dimensions = tuple(_dimension(axis, where) for axis in gate.axes)
    if gate.kind == "rectangle":
        sides = (Side(d, axis.low, axis.high) for d, axis in zip(dimensions, gate.axes, strict=True))
        return Rectangle(gate.id, gate.parent, tuple(sides))
    if gate.kind == "polygon":
        return _polygon(gate, dimensions, where)
    if gate.kind == "ellipsoid":
        assert gate.distance_square is not None
        return Ellipsoid(gate.id, gate.parent, dimensions, gate.mean, gate.covariance, gate.distance_square)
    return _quadrants(gate, where) if gate.kind == "quadrants" else _boolean(gate, where)


def _polygon(gate: _Gate, dimensions: tuple[Dimension, ...], where: str) -> Polygon:
    if len(dimensions) != 2 or any(len(vertex) != 2 for vertex in gate.vertices):
        raise InputRefused(
            f"a polygon on {len(dimensions)} axes", where=where, do="give two axes, and two numbers a vertex"
        )
    vertices = tuple((vertex[0], vertex[1]) for vertex in gate.vertices)
    return Polygon(gate.id, gate.parent, *dimensions, vertices)


def _quadrants(gate: _Gate, where: str) -> Quadrants:
    dividers = tuple(Divider(one.id, _dimension(one.axis, where), one.values) for one in gate.dividers)
    return Quadrants(
        gate.id,
        gate.parent,
        dividers,
        tuple(Quadrant(one.id, tuple(one.where.items())) for one in gate.quadrants),
    )


def _boolean(gate: _Gate, where: str) -> Boolean:
    if gate.operation not in tuple(Operation):
        raise InputRefused(
            f"{gate.operation!r} is no operation", where=where, do=f"use one of: {', '.join(Operation)}"
        )
    operands = tuple(Operand(one.gate, one.complement) for one in gate.operands)
    return Boolean(gate.id, gate.parent, Operation(gate.operation), operands)
