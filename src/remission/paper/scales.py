"""Where an axis begins and ends, and which of its values are written."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Scale
from remission.paper.panel import Tick

_MOST = 6  # steps on an axis, about
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_DECADES = 1.3  # from so many decades on a log axis is labelled by powers of ten


@dataclass(frozen=True, slots=True)
class Settled:
    """An axis with its ends chosen and its ticks worded."""

    low: float
    high: float
    log: bool
    ticks: tuple[Tick, ...]


def settled(axis: Axis, values: Iterable[float], most: int = _MOST) -> Settled:
    """Choose the ends so that every finite value fits, and ticks at round numbers, about `most` steps apart.

    Raises
    ------
    InputRefused
        For a log axis with a value or end that is not above 0, or ends in the wrong order.
    """
    known = [value for value in values if math.isfinite(value)]
    known += [end for end in (axis.low, axis.high) if end is not None]
    low = axis.low if axis.low is not None else min(known, default=0.0)
    high = axis.high if axis.high is not None else max(known, default=1.0)
    if low > high or (axis.scale is Scale.LOG and low <= 0):
        raise InputRefused(
            f"{low!r} to {high!r}",
            where=f"axis {axis.name.en!r}",
            do="give ends in order, above 0 on a log scale",
        )
    return _log(axis, low, high, most) if axis.scale is Scale.LOG else _even(axis, low, high, most)


def _even(axis: Axis, low: float, high: float, most: int) -> Settled:
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - 0.5 * (abs(low) or 1.0), high + 0.5 * (abs(high) or 1.0)
    step = _round_step((high - low) / most)
    if axis.low is None:
        low = step * math.floor(low / step + 1e-9)
    if axis.high is None:
        high = step * math.ceil(high / step - 1e-9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = tuple((step * n, worded(step * n, axis.scale)) for n in range(first, last + 1))
    return Settled(low, high, False, ticks)


def _log(axis: Axis, low: float, high: float, most: int) -> Settled:
    if high / low < 1.0001:
        low, high = low / 2, high * 2
    base = 10.0 if math.log10(high / low) >= _DECADES else 2.0
    first, last = math.floor(math.log(low, base) + 1e-9), math.ceil(math.log(high, base) - 1e-9)
    low = low if axis.low is not None else base**first
    high = high if axis.high is not None else base**last
    stride = max(1, math.ceil((last - first) / most))
    inside = [base**power for power in range(first, last + 1, stride)]
    ticks = tuple((v, worded(v, Scale.NUMBER)) for v in inside if low * 0.9999 <= v <= high * 1.0001)
    return Settled(low, high, True, ticks)


def _round_step(least: float) -> float:
    """The smallest round step of at least so much."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def worded(value: float, scale: Scale) -> str:
    """A value as an axis or a cell writes it."""
    value = 0.0 if abs(value) < 1e-12 else value
    return f"{100 * value:.4g} %" if scale is Scale.PERCENT else f"{value:.4g}"
