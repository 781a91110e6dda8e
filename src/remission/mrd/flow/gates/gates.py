"""Gates as Gating-ML 2.0 knows them: on channels (in a file) or on markers (in a strategy).

A population is a gate and all its parents. Bounds: `low` is inside, `high` is outside, as Gating-ML says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from remission.mrd.flow.light.scales import Ratio, Scale
from remission.mrd.flow.spectrum import UNCOMPENSATED, Spectrum


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis: a channel (or fluorochrome, or marker), or a `ratio` by its name; compensated, then scaled.

    `compensation`: `uncompensated`, `FCS`, or the name of a spectrum matrix. `scale`: a name, or None.
    """

    channel: str
    compensation: str = UNCOMPENSATED
    scale: str | None = None
    is_ratio: bool = False


@dataclass(frozen=True, slots=True)
class Side:
    """A dimension and its bounds: low <= value < high; None is no bound."""

    dimension: Dimension
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Rectangle:
    """Inside the bounds of every side: a range with one side, a rectangle with two, a box with more."""

    id: str
    parent: str | None
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Polygon:
    """Inside a closed path, by the crossing (even-odd) rule; `vertices` in the order of `x`, `y`."""

    id: str
    parent: str | None
    x: Dimension
    y: Dimension
    vertices: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """(v - mean)' covariance^-1 (v - mean) <= distance_square."""

    id: str
    parent: str | None
    dimensions: tuple[Dimension, ...]
    mean: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    distance_square: float


@dataclass(frozen=True, slots=True)
class Divider:
    """Values (ascending) that cut one dimension into parts."""

    id: str
    dimension: Dimension
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One part: for each divider named, any value that lies in the wanted interval."""

    id: str
    positions: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Quadrants:
    """Dividers and the parts between them; each quadrant is a population of its own (by its id)."""

    id: str
    parent: str | None
    dividers: tuple[Divider, ...]
    quadrants: tuple[Quadrant, ...]


class Operation(StrEnum):
    """How operands are joined."""

    AND = "and"
    OR = "or"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Operand:
    """A gate or quadrant by its id; `complement`: the events outside it."""

    gate: str
    complement: bool = False


@dataclass(frozen=True, slots=True)
class Boolean:
    """Other populations joined."""

    id: str
    parent: str | None
    operation: Operation
    operands: tuple[Operand, ...]


Gate = Rectangle | Polygon | Ellipsoid | Quadrants | Boolean


@dataclass(frozen=True, slots=True)
class Gating:
    """Gates on channels with everything they name: ready to be applied to events.

    `gates` may come in any order; ids (quadrants' too) are unique.
    """

    gates: tuple[Gate, ...]
    scales: Mapping[str, Scale]
    ratios: Mapping[str, Ratio]
    spectra: Mapping[str, Spectrum]
