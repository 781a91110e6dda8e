"""What a gate's plot shows, made once from events and gates: densities, outlines, counts, marked events."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Divider,
    Ellipsoid,
    Gate,
    Gating,
    Polygon,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.gating import axes
from remission.mrd.flow.gates.histogram import Counts, density, shares
from remission.mrd.flow.gates.parts import dimensions_of, ids_of
from remission.mrd.flow.light.scales import Curve
from remission.results.figures.flow_axes import PlotAxis, axis_of
from remission.terms.words import Text

ALL = Text("all events", "全部事件")
BINS = 256
MOST_MARKED = 1_000
"""More events than this are not drawn one by one; how many were left out is said."""

Places = NDArray[np.float64]
Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """A population of the plot: what it is called, its events, its closed outline on the two axes.

    On a histogram only the x of the outline counts. Without corners the population has no edge here.
    """

    name: Text
    events: int
    outline: tuple[Corner, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Marked:
    """Events drawn one by one on top: places, shape (2, drawn), and how many there are of them here."""

    name: Text
    places: Places
    events: int


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One plot of a gate, of `of` that its dimensions need.

    `counts`: the parent's events, shape (bins of y, bins of x), or (bins,) where there is no `y`.
    """

    gate: str
    parent: Text
    parent_events: int
    x: PlotAxis
    y: PlotAxis | None
    counts: Counts
    areas: tuple[Area, ...]
    divided: bool
    """Whether the areas are the parts between dividers: then they share their edges."""
    marked: Marked | None
    number: int = 1
    of: int = 1


def views(
    gating: Gating,
    events: Events,
    gated: Gated,
    *,
    names: Mapping[str, Text],
    labels: Mapping[str, str],
    marked: tuple[Text, Mask] | None = None,
    bins: int = BINS,
) -> list[View]:
    """Every plot of every gate, parents before children; Boolean gates have none.

    Parameters
    ----------
    names : mapping
        What people call each gate, by its id.
    labels : mapping
        What people call each channel: its marker.
    marked : (name, mask), optional
        Events to draw on top of every plot, in as far as they are in the parent of its gate.
    """
    order = {name: place for place, name in enumerate(gated.populations)}
    drawn = [gate for gate in gating.gates if not isinstance(gate, Boolean) and ids_of(gate)[0] in order]
    maker = _Maker(gating, events, gated, names, labels, marked, bins)
    return [view for gate in sorted(drawn, key=lambda one: order[ids_of(one)[0]]) for view in maker.of(gate)]


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
    gating: Gating
    events: Events
    gated: Gated
    names: Mapping[str, Text]
    labels: Mapping[str, str]
    marked: tuple[Text, Mask] | None
    bins: int

    def of(self, gate: Gate) -> Iterable[View]:
        pairs = _pairs(list(dict.fromkeys(dimensions_of(gate))))
        for number, pair in enumerate(pairs, start=1):
            yield self._view(gate, pair, number, len(pairs))

    def _view(self, gate: Gate, pair: Sequence[Dimension], number: int, of: int) -> View:
        parent = self.gated.populations[gate.parent] if gate.parent is not None else None
        mask = parent.mask if parent else np.ones(self.events.count, np.bool_)
        values = axes(self.gating, self.events, tuple(pair))
        seen = [line[mask] for line in values]
        ends = [
            axis_of(self._label(dimension), self._curve(dimension), line, _bounds(gate, dimension))
            for dimension, line in zip(pair, seen, strict=True)
        ]
        x, y = ends[0], ends[1] if len(ends) > 1 else None
        if y is None:
            counts = shares(values[0], mask, self.bins, low=x.low, high=x.high)
        else:
            edges = {"low": (x.low, y.low), "high": (x.high, y.high)}
            counts = density(values[0], values[1], mask, self.bins, **edges)
        return View(
            gate.id, self._name(parent.id) if parent else ALL,
            parent.count if parent else self.events.count, x, y, counts, self._areas(gate, pair, ends),
            isinstance(gate, Quadrants), self._on_top(mask, values), number, of,
        )  # fmt: skip

    def _name(self, gate: str) -> Text:
        return self.names.get(gate, Text(gate, gate))

    def _label(self, dimension: Dimension) -> Text:
        name = self.labels.get(dimension.channel) or dimension.channel
        return Text(name, name)

    def _curve(self, dimension: Dimension) -> Curve | None:
        return self.gating.scales[dimension.scale].curve if dimension.scale is not None else None

    def _areas(self, gate: Gate, pair: Sequence[Dimension], ends: Sequence[PlotAxis]) -> tuple[Area, ...]:
        found: list[Area] = []
        for place, name in enumerate(ids_of(gate)):
            population = self.gated.populations.get(name)
            if population is not None:
                outline = _outline(gate, place, pair, ends)
                found.append(Area(self._name(name), population.count, outline))
        return tuple(found)

    def _on_top(self, parent: Mask, values: Places) -> Marked | None:
        if self.marked is None:
            return None
        name, mask = self.marked
        chosen = np.flatnonzero(mask & parent)
        drawn = chosen[:: max(1, math.ceil(len(chosen) / MOST_MARKED))]
        return Marked(name, np.ascontiguousarray(values[:, drawn]), len(chosen))


def _pairs(dimensions: Sequence[Dimension]) -> list[Sequence[Dimension]]:
    """Two by two; one that is left over goes with the first."""
    if len(dimensions) < 2:
        return [dimensions] if dimensions else []
    pairs = [dimensions[at : at + 2] for at in range(0, len(dimensions), 2)]
    return [pair if len(pair) == 2 else [dimensions[0], *pair] for pair in pairs]


def _bounds(gate: Gate, dimension: Dimension) -> list[float]:
    """Where edges of the gate lie on a dimension."""
    match gate:
        case Rectangle():
            ends = [
                end for side in gate.sides if side.dimension == dimension for end in (side.low, side.high)
            ]
            return [end for end in ends if end is not None]
        case Polygon():
            return [vertex[0 if dimension == gate.x else 1] for vertex in gate.vertices]
        case Ellipsoid():
            at = gate.dimensions.index(dimension)
            half = math.sqrt(gate.covariance[at][at] * gate.distance_square)
            return [gate.mean[at] - half, gate.mean[at] + half]
        case Quadrants():
            return [value for one in gate.dividers if one.dimension == dimension for value in one.values]
        case Boolean():
            return []


def _outline(
    gate: Gate, place: int, pair: Sequence[Dimension], ends: Sequence[PlotAxis]
) -> tuple[Corner, ...]:
    match gate:
        case Rectangle():
            sides = {side.dimension: side for side in gate.sides}
            return _box([sides[dimension] for dimension in pair], ends)
        case Polygon():
            return gate.vertices
        case Ellipsoid():
            return _ellipse(gate, [gate.dimensions.index(dimension) for dimension in pair])
        case Quadrants():
            at = dict(gate.quadrants[place].positions)
            sides = {one.dimension: _part(one, at[one.id]) for one in gate.dividers if one.id in at}
            return _box([sides.get(dimension, Side(dimension, None, None)) for dimension in pair], ends)
        case Boolean():
            return ()


def _part(divider: Divider, position: float) -> Side:
    low = max((value for value in divider.values if value <= position), default=None)
    high = min((value for value in divider.values if value > position), default=None)
    return Side(divider.dimension, low, high)


def _box(sides: Sequence[Side], ends: Sequence[PlotAxis]) -> tuple[Corner, ...]:
    """A rectangle, to the edge of the picture where a side has no bound."""
    lows = [end.low if side.low is None else side.low for side, end in zip(sides, ends, strict=True)]
    highs = [end.high if side.high is None else side.high for side, end in zip(sides, ends, strict=True)]
    bottom, top = (lows[1], highs[1]) if len(sides) > 1 else (0.0, 1.0)
    return (lows[0], bottom), (highs[0], bottom), (highs[0], top), (lows[0], top)


def _ellipse(gate: Ellipsoid, at: Sequence[int]) -> tuple[Corner, ...]:
    """The shadow of the ellipsoid on two of its dimensions, in 72 corners."""
    covariance = np.array(gate.covariance, np.float64)[np.ix_(at, at)]
    spread, axes_of_it = np.linalg.eigh(covariance)
    turn = np.linspace(0, 2 * math.pi, 72, endpoint=False)
    circle = np.sqrt(np.maximum(spread, 0) * gate.distance_square)[:, None] * np.vstack(
        [np.cos(turn), np.sin(turn)]
    )
    corners = axes_of_it @ circle + np.array([gate.mean[one] for one in at])[:, None]
    return tuple((float(x), float(y)) for x, y in corners.T)
