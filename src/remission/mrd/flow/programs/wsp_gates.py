"""FlowJo's gates as ours: scale values moved onto each axis's scale, ellipses from foci and edges."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.gates.gates import Dimension, Ellipsoid, Gate, Polygon, Rectangle, Side
from remission.mrd.flow.light.flowjo_words import DATA, GATING, number, said
from remission.mrd.flow.light.scaling import in_place
from remission.mrd.flow.programs.wsp_scales import BINS, Axis, axis_of
from remission.mrd.flow.spectrum import UNCOMPENSATED, Spectrum
from remission.mrd.flow.xml_files import Element

_EDGES_OFF = 2.0
"""Bins that an ellipse's edges may differ from its `distance`: FlowJo has written edges rounded."""

_FARTHEST, _WIDEST = 1e6, 1e15

Vertex = tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The parameters of one sample: FlowJo's spelling to the channel, and how each is drawn.

    `channels` is empty where the workspace keeps no keywords: then names are taken as they are. `prefix` and
    `suffix` mark compensated parameters.
    """

    channels: Mapping[str, str]
    drawn: Mapping[str, Element]
    matrix: Spectrum | None
    prefix: str
    suffix: str
    where: str

    def dimension(self, name: str) -> tuple[Dimension, Axis]:
        """The dimension and axis that FlowJo calls `name`.

        Raises
        ------
        InputRefused
            For a parameter that is none of the sample's, or is drawn in no way that is known.
        """
        element = self.drawn.get(name)
        if element is None:
            raise InvariantBroken(
                f"the sample has no transformation for {name!r}",
                where=self.where,
                do="save the workspace again with FlowJo 10",
            )
        axis = axis_of(element, name, self.where)
        scale = None if axis.scale is None else axis.scale.name
        channel, compensation = self._source(name)
        return Dimension(channel, compensation, scale), axis

    def _source(self, name: str) -> tuple[str, str]:
        bare = name.removeprefix(self.prefix).removesuffix(self.suffix)
        marked = name == f"{self.prefix}{bare}{self.suffix}" and name != bare
        if self.matrix is not None and marked:
            dye = self.channels.get(bare, bare)
            if dye in self.matrix.fluorochromes:
                return dye, self.matrix.name
        if name in self.channels or not self.channels:
            return self.channels.get(name, name), UNCOMPENSATED
        raise InvariantBroken(
            f"{name!r} is no parameter of the sample (derived parameters are not read)",
            where=self.where,
            do="gate on a measured or compensated parameter",
        )


def gate_of(element: Element, gate: str, parent: str | None, parameters: Parameters) -> Gate:
    """The gate in a `Gate` element, under the id `gate`.

    Raises
    ------
    InputRefused
        For a kind or parameter that is not documented; the gate is named.
    """
    where = f"{parameters.where}, gate {gate!r}, line {element.line}"
    make = {"RectangleGate": _rectangle, "PolygonGate": _polygon, "EllipsoidGate": _ellipse}.get(element.name)
    if make is None or element.space != GATING:
        raise InvariantBroken(
            f"gate {gate!r} is a {element.name}, which is not documented",
            where=where,
            do="draw it as a rectangle, range, polygon, ellipse or quadrant, and save again",
        )
    try:
        return make(element, gate, parent, parameters, where)
    except InputRefused as refused:
        raise type(refused)(
            f"gate {gate!r} cannot be read: {refused.what}", where=where, do=refused.do
        ) from refused


def _axes(element: Element, parameters: Parameters, where: str) -> list[tuple[Element, Dimension, Axis]]:
    found: list[tuple[Element, Dimension, Axis]] = []
    for one in element.every(GATING, "dimension"):
        names = list(one.every(DATA, "fcs-dimension"))
        if len(names) != 1:
            raise InvariantBroken(
                f"a dimension names {len(names)} parameters", where=where, do="gate on measured parameters"
            )
        dimension, axis = parameters.dimension(said(names[0], DATA, "name", where))
        found.append((one, dimension, axis))
    return found


def _two(
    element: Element, parameters: Parameters, where: str
) -> tuple[tuple[Dimension, Axis], tuple[Dimension, Axis]]:
    axes = _axes(element, parameters, where)
    if len(axes) != 2:
        raise InvariantBroken(f"it has {len(axes)} dimensions instead of 2", where=where, do="draw it again")
    return axes[0][1:], axes[1][1:]


def _placed(values: Sequence[float], axis: Axis) -> list[float]:
    places = np.array(values, dtype=np.float64)
    if axis.scale is not None:
        in_place(axis.scale)(places)
    return places.tolist()


def _rectangle(element: Element, gate: str, parent: str | None, parameters: Parameters, where: str) -> Gate:
    sides: list[Side] = []
    for one, dimension, axis in _axes(element, parameters, where):
        low, high = (
            None if one.attribute(GATING, name) is None else number(one, GATING, name, where)
            for name in ("min", "max")
        )
        # What lies beyond a table's end is drawn on the axis, and in a gate that reaches it.
        if high is not None and high >= axis.open_above:
            high = None
        low, high = (None if bound is None else _placed([bound], axis)[0] for bound in (low, high))
        sides.append(Side(dimension, low, high))
    if not sides:
        raise InvariantBroken("it has no dimension", where=where, do="draw it again")
    return Rectangle(gate, parent, tuple(sides))


def _polygon(element: Element, gate: str, parent: str | None, parameters: Parameters, where: str) -> Gate:
    (x, across), (y, up) = _two(element, parameters, where)
    vertices = _vertices(element, where)
    if len(vertices) < 3:
        raise InvariantBroken(f"it has {len(vertices)} vertices", where=where, do="draw it again")
    places = zip(
        _placed([v[0] for v in vertices], across), _placed([v[1] for v in vertices], up), strict=True
    )
    return Polygon(gate, parent, x, y, tuple(places))


def _vertices(element: Element, where: str) -> list[Vertex]:
    found: list[Vertex] = []
    for vertex in element.every(GATING, "vertex"):
        place = [number(one, DATA, "value", where) for one in vertex.every(GATING, "coordinate")]
        if len(place) != 2:
            raise InvariantBroken(
                f"a vertex has {len(place)} coordinates",
                where=f"{where}, line {vertex.line}",
                do="draw it again",
            )
        found.append((place[0], place[1]))
    return found


def _ellipse(element: Element, gate: str, parent: str | None, parameters: Parameters, where: str) -> Gate:
    """Foci and edges lie in bins of the drawn axes; the half axes come from them."""
    (x, across), (y, up) = _two(element, parameters, where)
    foci, edges = (
        [v for one in element.every(GATING, name) for v in _vertices(one, where)] for name in ("foci", "edge")
    )
    if len(foci) != 2 or len(edges) != 4:
        raise InvariantBroken(
            f"an ellipse has {len(foci)} foci and {len(edges)} edges instead of 2 and 4",
            where=where,
            do="draw it again",
        )
    if np.abs([*foci, *edges]).max() > _FARTHEST:
        raise InvariantBroken(f"it reaches beyond {_FARTHEST:g} bins", where=where, do="draw it again")
    for axis in (across, up):
        if axis.start != 0.0 or not 0.0 < axis.end <= _WIDEST:
            raise InvariantBroken(
                f"an ellipse on a linear axis from {axis.start:g} to {axis.end:g} is not documented",
                where=where,
                do="draw it as a polygon",
            )
    center = np.mean(foci, axis=0)
    apart = (np.asarray(foci[1]) - np.asarray(foci[0])) / 2.0
    long = _half_axis(element, np.linalg.norm(np.asarray(edges) - center, axis=1).max(), where)
    short_square = long**2 - float(apart @ apart)
    if not short_square > 0.0:
        raise InvariantBroken("its foci lie outside it", where=where, do="draw it again")
    # With half axes l, s and the foci at c along l: covariance = s^2 I + c c', as l^2 - s^2 = |c|^2.
    covariance = short_square * np.eye(2) + np.outer(apart, apart)
    unit = np.array([across.end, up.end]) / BINS
    drawn = covariance * np.outer(unit, unit)
    rows = tuple((float(row[0]), float(row[1])) for row in drawn)
    mean = tuple(float(one) for one in center * unit)
    return Ellipsoid(gate, parent, (x, y), mean, rows, 1.0)


def _half_axis(element: Element, by_edges: float, where: str) -> float:
    """Half the sum of the distances to the foci (`distance`), or what the edges say."""
    if element.attribute(GATING, "distance") is None:
        return float(by_edges)
    distance = number(element, GATING, "distance", where)
    if not math.isclose(distance, 2.0 * by_edges, abs_tol=_EDGES_OFF):
        raise InvariantBroken(
            f"its edges are {2.0 * by_edges:g} bins apart and its distance is {distance:g}",
            where=where,
            do="draw it again",
        )
    return distance / 2.0
