"""Gates as a page moves them: their numbers out as plain values, and back in, with nothing else changed."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from remission.errors import InputRefused
from remission.mrd.flow.gates.gates import (
    Boolean,
    Divider,
    Ellipsoid,
    Gate,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
)

Numbers = list[list[float | None]]
"""The numbers of a gate in the units of its scales; a bound that there is not is None."""

_DO = "move a corner, an edge or the whole gate; reset it if it is lost"


def numbers_of(gate: Gate) -> Numbers:
    """What can be moved of a gate.

    A rectangle gives low and high of each side, a polygon x and y of each vertex, an ellipsoid its mean,
    quadrants the values of each divider, a Boolean gate nothing.
    """
    match gate:
        case Rectangle():
            return [[side.low, side.high] for side in gate.sides]
        case Polygon():
            return [list(vertex) for vertex in gate.vertices]
        case Ellipsoid():
            return [list(gate.mean)]
        case Quadrants():
            return [list(divider.values) for divider in gate.dividers]
        case Boolean():
            return []


def renumbered(gate: Gate, numbers: object) -> Gate:
    """The gate with other numbers of the same shape, as `numbers_of` gives them.

    Raises
    ------
    InputRefused
        For another shape, no finite number (a rectangle's bound may be None), or an interval upside down.
    """
    new = _checked(gate, numbers)
    match gate:
        case Rectangle():
            sides = zip(gate.sides, new, strict=True)
            return replace(
                gate, sides=tuple(replace(side, low=low, high=high) for side, (low, high) in sides)
            )
        case Polygon():
            return replace(gate, vertices=tuple((x, y) for x, y in _whole(new)))
        case Ellipsoid():
            return replace(gate, mean=tuple(_whole(new)[0]))
        case Quadrants():
            return _divided(gate, _whole(new))
        case Boolean():
            raise _refused(gate, "it joins other gates and has no place of its own")


def _divided(gate: Quadrants, new: list[list[float]]) -> Quadrants:
    """Dividers moved; each quadrant stays the same part between them."""
    dividers = tuple(
        replace(divider, values=tuple(values)) for divider, values in zip(gate.dividers, new, strict=True)
    )
    pairs = {old.id: (old, moved) for old, moved in zip(gate.dividers, dividers, strict=True)}
    return replace(
        gate, dividers=dividers, quadrants=tuple(_followed(quadrant, pairs) for quadrant in gate.quadrants)
    )


def _followed(quadrant: Quadrant, pairs: dict[str, tuple[Divider, Divider]]) -> Quadrant:
    positions: list[tuple[str, float]] = []
    for name, position in quadrant.positions:
        old, moved = pairs[name]
        part = bisect_right(old.values, position)
        ends = (moved.values[0] - 1.0, *moved.values, moved.values[-1] + 1.0)
        positions.append((name, (ends[part] + ends[part + 1]) / 2.0))
    return replace(quadrant, positions=tuple(positions))


def _checked(gate: Gate, numbers: object) -> Numbers:
    """The numbers, if they have the gate's shape."""
    old = numbers_of(gate)
    if not isinstance(numbers, list) or len(numbers) != len(old):
        raise _refused(gate, f"{len(old)} places were expected")
    new: Numbers = []
    for was, row in zip(old, numbers, strict=True):
        if not isinstance(row, list) or len(row) != len(was):
            raise _refused(gate, f"{row!r} has not {len(was)} numbers")
        new.append([_number(gate, one, other) for one, other in zip(was, row, strict=True)])
    if isinstance(gate, Rectangle | Quadrants) and not all(_ascends(row) for row in new):
        raise _refused(gate, "a bound lies beyond the opposite one")
    return new


def _number(gate: Gate, was: float | None, now: object) -> float | None:
    if now is None and isinstance(gate, Rectangle):
        return None
    if isinstance(now, bool) or not isinstance(now, int | float) or not math.isfinite(now):
        raise _refused(gate, f"{now!r} cannot stand for {was!r}")
    return float(now)


def _ascends(row: Sequence[float | None]) -> bool:
    known = [one for one in row if one is not None]
    return all(low < high for low, high in pairwise(known))


def _whole(new: Numbers) -> list[list[float]]:
    return [[one for one in row if one is not None] for row in new]


def _refused(gate: Gate, what: str) -> InputRefused:
    return InputRefused(f"the gate cannot be so: {what}", where=f"gate {gate.id}", do=_DO)
