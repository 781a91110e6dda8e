"""A plotting area with its scales, its axes, and the key below it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    PALE,
    WIDTH,
    Fill,
    Mark,
    Sheet,
    Stroke,
)
from remission.paper.words import SMALL, width_of
from remission.terms.words import Text

AXIS, GRID = Stroke(INK, 0.9), Stroke(PALE, 0.8)
Tick = tuple[float, str]
Key = tuple[Stroke | Fill | tuple[Mark, ...], Text]


@dataclass(frozen=True, slots=True)
class Panel:
    """A rectangle on the sheet and the values at its edges; `log`: upward on a log scale, `x_log`: across."""

    left: float
    top: float
    width: float
    height: float
    x_from: float
    x_to: float
    y_from: float = 0.0
    y_to: float = 1.0
    log: bool = False
    x_log: bool = False

    @property
    def right(self) -> float:
        """The right edge, points."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The lower edge, points."""
        return self.top + self.height

    def x(self, value: float) -> float:
        """Points from the left of the sheet."""
        return self.left + self.width * _share(value, self.x_from, self.x_to, log=self.x_log)

    def y(self, value: float) -> float:
        """Points from the top of the sheet."""
        return self.bottom - self.height * _share(value, self.y_from, self.y_to, log=self.log)


def _share(value: float, low: float, high: float, *, log: bool) -> float:
    if log:
        value, low, high = math.log10(value), math.log10(low), math.log10(high)
    return (value - low) / (high - low)


def upward_axis(sheet: Sheet, panel: Panel, ticks: Sequence[Tick], name: str) -> None:
    """The vertical axis at the left, with grid lines, and its name above it."""
    for value, words in ticks:
        y = panel.y(value)
        sheet.line([(panel.left, y), (panel.right, y)], GRID)
        sheet.line([(panel.left - 3, y), (panel.left, y)], AXIS)
        sheet.write(panel.left - 5, y + 3.8, words, anchor="end")
    sheet.line([(panel.left, panel.top), (panel.left, panel.bottom)], AXIS)
    sheet.write(MARGIN, panel.top - 9, name, colour=GREY)


def across_axis(sheet: Sheet, panel: Panel, ticks: Sequence[Tick], name: str = "") -> float:
    """The horizontal axis at the bottom; the height below its words."""
    sheet.line([(panel.left, panel.bottom), (panel.right, panel.bottom)], AXIS)
    for value, words in ticks:
        x = panel.x(value)
        sheet.line([(x, panel.bottom), (x, panel.bottom + 3)], AXIS)
        sheet.write(x, panel.bottom + 15, words, anchor="middle")
    if not name:
        return panel.bottom + 18
    sheet.write((panel.left + panel.right) / 2, panel.bottom + 29, name, anchor="middle", colour=GREY)
    return panel.bottom + 34


def draw_key(sheet: Sheet, top: float, keys: Sequence[Key]) -> float:
    """The key, in as many lines as it needs; the height below it."""
    x, y = MARGIN, top + 12
    for symbol, text in keys:
        words = sheet.say(text)
        needed = 30 + width_of(words, SMALL)
        if x > MARGIN and x + needed > WIDTH - MARGIN + 14:
            x, y = MARGIN, y + 15
        _symbol(sheet, x, y - 3.5, symbol)
        sheet.write(x + 20, y, words, size=SMALL)
        x += needed
    return y + 5


def _symbol(sheet: Sheet, x: float, y: float, symbol: Stroke | Fill | tuple[Mark, ...]) -> None:
    if isinstance(symbol, Stroke):
        sheet.line([(x, y), (x + 16, y)], symbol)
    elif isinstance(symbol, Fill):
        sheet.box(x, y - 4, 16, 8, symbol)
    else:
        for place, mark in enumerate(symbol):
            sheet.marks([(x + 8 + 9 * (place - (len(symbol) - 1) / 2), y)], mark)


def decades(low: float, high: float) -> list[float]:
    """The powers of ten from `low` to `high`, both included."""
    return [10.0**power for power in range(round(math.log10(low)), round(math.log10(high)) + 1)]


def round_step(span: float, most: int, steps: Sequence[float]) -> float:
    """The smallest of `steps` of which at most `most` cover `span`; else a multiple of the last."""
    for step in steps:
        if span <= most * step:
            return step
    return steps[-1] * math.ceil(span / (most * steps[-1]))
