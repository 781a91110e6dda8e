"""The pictures of a bench: which axes each gate is drawn on, and single events as dots over them."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from remission.mrd.flow.events import Mask
from remission.mrd.flow.gates.gates import Dimension, Gate, Gating, Polygon, Rectangle
from remission.mrd.flow.gates.parts import dimensions_of
from remission.mrd.flow.light.scales import Linear
from remission.results.figures.flow_axes import PlotAxis, Tick, axis_of, spaced, ticks
from remission.terms.words import Text

BINS = 256
"""Squares along each axis of a picture."""

Line = NDArray[np.float64]
_BESIDE = ("SSC-A", "SSC-H", "SSC", "FSC-A")
_FAR_BELOW = 0.5
_SHARPER = 2  # dots have twice as many pixels a side as densities


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a picture: what it shows, its ends, and what stands along it."""

    dimension: Dimension
    drawn: PlotAxis
    ticks: tuple[Tick, ...]

    @property
    def low(self) -> float:
        """The place at its beginning."""
        return self.drawn.low

    @property
    def high(self) -> float:
        """The place at its end."""
        return self.drawn.high


@dataclass(frozen=True, slots=True)
class Plot:
    """The picture a gate is drawn on: events of its parent.

    `x_place`, `y_place`: which of the gate's dimensions are the picture's, None for an axis that is only
    there to spread the events.
    """

    id: str
    gate: str
    parent: str | None
    x: Axis
    y: Axis
    x_place: int
    y_place: int | None


def drawn_dimensions(gating: Gating) -> tuple[Dimension, ...]:
    """Every dimension that a gate is drawn on, each once."""
    return tuple(dict.fromkeys(one for gate in gating.gates for one in dimensions_of(gate)))


def plots_of(gating: Gating, markers: Mapping[str, str], lines: Mapping[Dimension, Line]) -> list[Plot]:
    """The pictures of a gating, gates in their order: one for each pair of a gate's axes.

    Parameters
    ----------
    markers : mapping
        The marker of each channel.
    lines : mapping
        All events on each dimension, shape (events,).
    """
    bounds: dict[Dimension, list[float]] = {one: [] for one in lines}
    for gate in gating.gates:
        for one, numbers in _bounds(gate):
            bounds[one] += numbers
    axes = {one: _axis(gating, one, markers, line, bounds[one]) for one, line in lines.items()}
    return [plot for gate in gating.gates for plot in _plots(gate, axes, markers)]


def _plots(gate: Gate, axes: Mapping[Dimension, Axis], markers: Mapping[str, str]) -> Iterator[Plot]:
    dimensions = dimensions_of(gate)
    for place in range(0, len(dimensions), 2):
        x, *rest = dimensions[place : place + 2]
        paired = bool(rest) and rest[0] != x
        y = rest[0] if paired else _beside(x, axes, markers)
        id = gate.id if place == 0 else f"{gate.id}.{place // 2 + 1}"
        yield Plot(id, gate.id, gate.parent, axes[x], axes[y], place, place + 1 if paired else None)


def _beside(x: Dimension, axes: Mapping[Dimension, Axis], markers: Mapping[str, str]) -> Dimension:
    """An axis to spread the events of a range on: side scatter where there is any."""
    for marker in _BESIDE:
        for one in axes:
            if markers.get(one.channel) == marker and one != x:
                return one
    return next((one for one in axes if one != x), x)


def _bounds(gate: Gate) -> Iterator[tuple[Dimension, list[float]]]:
    """Where a gate lies on each of its dimensions: its picture shows it whole, if it is near."""
    match gate:
        case Rectangle(sides=sides):
            for side in sides:
                yield side.dimension, [end for end in (side.low, side.high) if end is not None]
        case Polygon():
            for place, dimension in enumerate((gate.x, gate.y)):
                yield dimension, [vertex[place] for vertex in gate.vertices]
        case _:
            pass


def _axis(
    gating: Gating, dimension: Dimension, markers: Mapping[str, str], line: Line, bounds: Sequence[float]
) -> Axis:
    curve = gating.scales[dimension.scale].curve if dimension.scale else None
    name = markers.get(dimension.channel, dimension.channel)
    drawn = axis_of(Text(name, name), curve, line, bounds)
    most = float(line.max(initial=0.0)) if isinstance(curve, Linear) else 1.0
    if 0 < most < _FAR_BELOW and not bounds:  # a clock that was stopped long before its range ended
        drawn = replace(drawn, low=-0.02 * most, high=1.05 * most)
    marks = spaced(ticks(drawn), drawn, BINS, 24.0)
    return Axis(dimension, drawn, tuple(one for one in marks if one.words))


def dots(plot: Plot, x: Line, y: Line, layers: Sequence[tuple[Mask, tuple[int, int, int]]]) -> bytes:
    """Single events as dots on nothing, PNG: the last layer on top; as large as the density it lies on."""
    pixels = _SHARPER * BINS
    shown = np.zeros((pixels, pixels), np.uint8)
    for number, (mask, _) in enumerate(layers, start=1):
        found = np.flatnonzero(mask)
        column, row = _pixel(x[found], plot.x, pixels), _pixel(y[found], plot.y, pixels)
        for right in (-1, 0, 1):
            for up in (-1, 0, 1):
                shown[np.clip(row + up, 0, pixels - 1), np.clip(column + right, 0, pixels - 1)] = number
    image = Image.fromarray(np.ascontiguousarray(shown[::-1]))
    image.putpalette([0, 0, 0, *(part for _, colour in layers for part in colour)])
    stream = io.BytesIO()
    image.save(stream, format="PNG", transparency=0, compress_level=3)
    return stream.getvalue()


def _pixel(values: Line, axis: Axis, pixels: int) -> NDArray[np.int64]:
    share = np.nan_to_num((values - axis.low) / (axis.high - axis.low), nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(share * pixels, 0, pixels - 1).astype(np.int64)
