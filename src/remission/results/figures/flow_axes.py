"""The axes of flow plots: places on a scale, with ticks at round raw values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.light.scales import Biexponential, Curve, Linear
from remission.mrd.flow.light.scaling import scaled, unscaled
from remission.terms.words import Text

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SAMPLE = 100_000
_OFTEN = 5e-4
_LOW_IN_RANGE = 0.5
_STEPS = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True, slots=True)
class PlotAxis:
    """One axis: its name, its curve (None: raw values as they are), and the places at its ends."""

    name: Text
    curve: Curve | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis; `words` is "" for the small marks between."""

    place: float
    words: str


def axis_of(
    name: Text, curve: Curve | None, values: NDArray[np.float64], bounds: Sequence[float] = ()
) -> PlotAxis:
    """An axis that shows nearly all of `values` (places on the scale) and the bounds of the gates on it.

    A scale is shown from 0 of its own measure, lower where there are events below that, to its top; a linear
    one that its events hardly fill (time) as far as they go.
    """
    if isinstance(curve, Biexponential):
        return PlotAxis(name, curve, 0.0, float(curve.length))
    sample = values[:: max(1, len(values) // _SAMPLE)]
    sample = sample[np.isfinite(sample)]
    least, most = (float(one) for one in np.quantile(sample, (_OFTEN, 1 - _OFTEN))) if len(sample) else (0, 1)
    low, high = (min(0.0, least), most) if curve is None else (max(min(0.0, least), -0.5), 1.0)
    if isinstance(curve, Linear) and most < _LOW_IN_RANGE:
        high = most
    high = high if high > low else low + 1.0
    span = high - low
    inside = [bound for bound in bounds if low - span / 4 <= bound <= high + span / 4]
    low, high = min([low, *inside]), max([high, *inside])
    return PlotAxis(name, curve, low - 0.02 * (high - low), high + 0.03 * (high - low))


def ticks(axis: PlotAxis) -> list[Tick]:
    """Marks in raw units: round steps on a linear axis; 0 and powers of ten, with signs, on the others."""
    if axis.curve is None or isinstance(axis.curve, Linear):
        return _round_ticks(axis)
    ends = unscaled(axis.curve, np.array([max(axis.low, -1.0), axis.high]))
    lowest, highest = float(ends[0]), float(ends[1])
    values = [(0.0, "0")]
    for power in range(1, 8):
        for sign, mark in ((1.0, ""), (-1.0, "−")):
            values.append((sign * 10.0**power, f"{mark}10{str(power).translate(_RAISED)}"))
            values += [(sign * digit * 10.0**power, "") for digit in range(2, 10)]
    values = [(value, words) for value, words in values if lowest <= value <= highest]
    places = scaled(axis.curve, np.array([value for value, _ in values]))
    found = [Tick(float(at), words) for at, (_, words) in zip(places, values, strict=True) if np.isfinite(at)]
    return sorted((one for one in found if axis.low <= one.place <= axis.high), key=lambda tick: tick.place)


def spaced(marks: Sequence[Tick], axis: PlotAxis, length: float, room: float) -> list[Tick]:
    """The same marks, with words only where they lie `room` points apart; 0 and the highest come first.

    `length`: of the axis, points.
    """
    per_point = length / (axis.high - axis.low)
    order = sorted((one for one in marks if one.words), key=lambda one: (one.words != "0", -one.place))
    said: list[Tick] = []
    for one in order:
        if all(abs(one.place - other.place) * per_point >= room for other in said):
            said.append(one)
    return [one if one in said else Tick(one.place, "") for one in marks]


def _round_ticks(axis: PlotAxis) -> list[Tick]:
    ends = np.array([axis.low, axis.high])
    low, high = (ends if axis.curve is None else unscaled(axis.curve, ends)).tolist()
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next((power * one for one in _STEPS if power * one >= rough), 10 * power)
    values = [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
    places = np.array(values) if axis.curve is None else scaled(axis.curve, np.array(values))
    return [Tick(float(at), _short(value)) for at, value in zip(places, values, strict=True)]


def _short(value: float) -> str:
    """A raw value in few letters: 50K for 50,000."""
    words = (
        f"{value / 1e6:g}M"
        if abs(value) >= 1e6
        else f"{value / 1e3:g}K"
        if abs(value) >= 1e3
        else f"{value:g}"
    )
    return words.replace("-", "−")
