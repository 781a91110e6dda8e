"""The pictures of a bench: which axes each gate is drawn on, how far they reach, what stands along them."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from remission.mrd.flow.events import Mask, Values
from remission.mrd.flow.gate_parts import dimensions_of
from remission.mrd.flow.gates import Dimension, Gate, Gating
from remission.mrd.flow.scales import Biexponential, Curve, Linear
from remission.mrd.flow.scaling import scaled

BINS = 256
"""Squares along each axis of a picture."""

_BESIDE = ("SSC-A", "SSC-H", "SSC", "FSC-A")
_SAMPLED = 20_000
_BEYOND = 0.6
"""A scale's picture reaches at most so far below 0 and above 1: farther events stand at the edge."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One side of a picture: a marker, its ends, and what stands along it: place and word."""

    marker: str
    channel: str
    dimension: Dimension
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


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


def plots_of(gating: Gating, markers: Mapping[str, str], values: Mapping[Dimension, Values]) -> list[Plot]:
    """The pictures of a gating, gates in their order: one for each pair of a gate's axes.

    Parameters
    ----------
    markers : mapping
        The marker of each channel.
    values : mapping
        All events on each dimension, shape (events,).
    """
    axes = {one: _axis(gating, one, markers, line) for one, line in values.items()}
    return [plot for gate in gating.gates for plot in _plots(gate, axes)]


def _plots(gate: Gate, axes: Mapping[Dimension, Axis]) -> Iterator[Plot]:
    dimensions = dimensions_of(gate)
    for place in range(0, len(dimensions), 2):
        x, *rest = dimensions[place : place + 2]
        paired = bool(rest) and rest[0] != x
        y = rest[0] if paired else _beside(x, axes)
        id = gate.id if place == 0 else f"{gate.id}.{place // 2 + 1}"
        yield Plot(id, gate.id, gate.parent, axes[x], axes[y], place, place + 1 if paired else None)


def _beside(x: Dimension, axes: Mapping[Dimension, Axis]) -> Dimension:
    """An axis to spread the events of a range on: side scatter where there is any."""
    for marker in _BESIDE:
        for dimension, axis in axes.items():
            if axis.marker == marker and dimension != x:
                return dimension
    return next((one for one in axes if one != x), x)


def _axis(gating: Gating, dimension: Dimension, markers: Mapping[str, str], line: Values) -> Axis:
    curve = gating.scales[dimension.scale].curve if dimension.scale else None
    low, high = _ends(curve, line)
    channel = dimension.channel
    ticks = tuple(_ticks(curve, low, high))
    return Axis(markers.get(channel, channel), channel, dimension, low, high, ticks)


def _ends(curve: Curve | None, line: Values) -> tuple[float, float]:
    """The ends of a picture: of the scale, and farther where one event in a thousand lies farther."""
    sampled = line[:: max(1, len(line) // _SAMPLED)]
    sampled = sampled[np.isfinite(sampled)]
    below, above = np.quantile(sampled, (0.001, 0.999)) if len(sampled) else (0.0, 1.0)
    if curve is None or isinstance(curve, Biexponential):
        span = (above - below) or 1.0
        return float(below - 0.05 * span), float(above + 0.05 * span)
    return max(min(0.0, float(below) - 0.02), -_BEYOND), min(max(1.0, float(above) + 0.02), 1.0 + _BEYOND)


def _ticks(curve: Curve | None, low: float, high: float) -> Iterator[tuple[float, str]]:
    """Where numbers stand along an axis; too close to another, one is left out."""
    if curve is None:
        known = [(value, f"{value:g}") for value in (low, (low + high) / 2, high)]
        values = [place for place, _ in known]
    else:
        known = list(_marks(curve))
        values = [float(one) for one in scaled(curve, [value for value, _ in known])]
    last = -math.inf
    for place, (_, word) in sorted(zip(values, known, strict=True)):
        if low <= place <= high and place - last > 0.085 * (high - low):
            last = place
            yield place, word


def _marks(curve: Curve) -> Iterator[tuple[float, str]]:
    if isinstance(curve, Linear):
        step = 10.0 ** math.floor(math.log10(curve.T))
        step = step if curve.T / step >= 2.5 else step / 2
        for count in range(int(curve.T / step) + 1):
            yield count * step, _short(count * step)
        return
    yield 0.0, "0"
    for power in range(3, 7):
        yield 10.0**power, f"10{_RAISED[power]}"
        yield -(10.0**power), f"−10{_RAISED[power]}"


_RAISED = {3: "³", 4: "⁴", 5: "⁵", 6: "⁶"}


def _short(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def dots(plot: Plot, x: Values, y: Values, layers: Sequence[tuple[Mask, tuple[int, int, int]]]) -> bytes:
    """Single events as dots on nothing, PNG: the last layer on top; as large as the density it lies on."""
    shown = np.zeros((2 * BINS, 2 * BINS), np.uint8)
    for number, (mask, _) in enumerate(layers, start=1):
        found = np.flatnonzero(mask)
        column = _place(x[found], plot.x)
        row = _place(y[found], plot.y)
        for right in (-1, 0, 1):
            for up in (-1, 0, 1):
                shown[np.clip(row + up, 0, 2 * BINS - 1), np.clip(column + right, 0, 2 * BINS - 1)] = number
    image = Image.fromarray(np.ascontiguousarray(shown[::-1]))
    image.putpalette([0, 0, 0, *(part for _, colour in layers for part in colour)])
    stream = io.BytesIO()
    image.save(stream, format="PNG", transparency=0, compress_level=3)
    return stream.getvalue()


def _place(values: Values, axis: Axis) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    share = np.nan_to_num((values - axis.low) / (axis.high - axis.low), nan=0.0, posinf=1.0, neginf=0.0)
    return np.clip(share * 2 * BINS, 0, 2 * BINS - 1).astype(np.int64)
