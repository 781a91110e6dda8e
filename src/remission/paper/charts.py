"""What a result draws of itself, said as data: curves, intervals side by side, and shades of a grid."""

from dataclasses import dataclass
from enum import StrEnum

from remission.terms.words import Text


class Scale(StrEnum):
    """How an axis shows its values."""

    NUMBER = "number"
    PERCENT = "percent"  # fractions, shown as percent
    LOG = "log"  # above 0, by powers of ten or of two


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis: its words, its scale, and its ends where the data shall not choose them."""

    name: Text
    scale: Scale = Scale.NUMBER
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line through `points` (x, y), in steps or straight; `band` is (x, lower, upper) about it."""

    name: Text
    points: tuple[tuple[float, float], ...]
    stepped: bool = False
    band: tuple[tuple[float, float, float], ...] = ()
    marked: bool = False  # a mark at every point: the points are all there is, the line leads the eye


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line across at a value of one axis, with its words: a boundary, a threshold."""

    name: Text
    value: float
    upright: bool = False  # at a value of the horizontal axis


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over a pair of axes, at most six."""

    name: str
    title: Text
    description: Text
    x: Axis
    y: Axis
    lines: tuple[Line, ...]
    rules: tuple[Rule, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """A row of a forest: words, the estimate with its limits (None: not evaluable), and the same in words."""

    label: Text
    estimate: float | None
    lower: float | None
    upper: float | None
    words: str = ""
    strong: bool = False  # a summary: drawn as a diamond


@dataclass(frozen=True, slots=True)
class Forest:
    """Estimates with intervals, one below the other, against a `reference` value."""

    name: str
    title: Text
    description: Text
    x: Axis
    rows: tuple[Interval, ...]
    reference: float | None = None
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairs:
    """Two marks a row, before and after, as in a plot of covariate balance; None: not evaluable."""

    name: str
    title: Text
    description: Text
    x: Axis
    before: Text
    after: Text
    rows: tuple[tuple[Text, float | None, float | None], ...]
    limits: tuple[float, ...] = ()
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Shades:
    """A value for each pair (column, row), shaded and printed; None where there is none.

    Between values at or below `threshold` and values above it a line is drawn.
    """

    name: str
    title: Text
    description: Text
    x: Axis
    y: Axis
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    values: tuple[tuple[float | None, ...], ...]  # one tuple for each row
    scale: Scale = Scale.PERCENT
    notes: tuple[Text, ...] = ()
    threshold: float | None = None


Chart = Curves | Forest | Pairs | Shades
