"""One view of a gate painted into a rectangle of the sheet: density, axes, outlines, marked events."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from remission.mrd.flow.gates.histogram import Counts
from remission.mrd.words import percent
from remission.paper.canvas import (
    GREY,
    INK,
    PALE,
    PAPER,
    RULE,
    SKY,
    VERMILION,
    Fill,
    Mark,
    Point,
    Sheet,
    Stroke,
)
from remission.paper.panel import AXIS, Panel
from remission.paper.words import SMALL, width_of
from remission.results.figures.flow_axes import PlotAxis, Tick, spaced, ticks
from remission.results.figures.flow_density import png
from remission.results.figures.flow_views import Area, Marked, View
from remission.terms.words import Text

MARKED = Mark("o", VERMILION, size=2.6)
_DOT, _SMALL_DOT, _HALO_WIDER = 3.6, 2.4, 1.6
_EDGE, _EDGE_HALO = Stroke(INK, 1.3), Stroke(PAPER, 3.2)
_GATE = Fill(PALE, RULE, "////")
_COARSE = 220.0
"""A picture narrower than this, in points, is drawn from squares twice as wide, or single events vanish."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the plot itself lies, in points; its axes' words stand to the left and below."""

    left: float
    top: float
    width: float
    height: float


def paint_view(sheet: Sheet, view: View, frame: Frame) -> float:
    """Paint the view; the height below the words of its lower axis."""
    counts = view.counts if frame.width >= _COARSE else halved(view.counts)
    if view.y is None:
        panel = _paint_ranges(sheet, view, counts, frame)
    else:
        panel = _panel(frame, view.x, view.y.low, view.y.high)
        sheet.picture(frame.left, frame.top, frame.width, frame.height, png(counts))
        _outlines(sheet, view, panel, frame)
        _left_ticks(sheet, panel, spaced(ticks(view.y), view.y, frame.height, 16))
        sheet.write(frame.left - 32, frame.top + frame.height / 2, sheet.say(view.y.name), size=SMALL,
                    anchor="middle", turned=True, colour=GREY)  # fmt: skip
    _frame(sheet, frame)
    if view.marked is not None:
        _mark(sheet, view.marked, panel, view.y is None)
    if view.divided:
        for number, area in enumerate(view.areas):
            _letter(sheet, panel, area, letter(number))
    return _lower_axis(sheet, panel, view.x)


def letter(number: int) -> str:
    """What the part between dividers is called on the plot, counted from 0."""
    return chr(ord("A") + number) if number < 26 else str(number + 1)


def halved(counts: Counts) -> Counts:
    """The same events in half as many squares along each axis."""
    shape = [size // 2 * 2 for size in counts.shape]
    if counts.ndim == 1:
        return counts[: shape[0]].reshape(-1, 2).sum(axis=1)
    whole = counts[: shape[0], : shape[1]]
    return whole.reshape(shape[0] // 2, 2, shape[1] // 2, 2).sum(axis=(1, 3))


def share_line(area: Area, of: int, parent: Text) -> Text:
    """A population's events and its share of the parent."""
    share = percent(area.events / of) if of else "–"
    return Text(
        f"{area.events:,} events, {share} of {parent.en}", f"{area.events:,}个事件，占{parent.zh}的{share}"
    )


def clipped(corners: Sequence[Point], frame: Frame) -> list[Point]:
    """A closed path cut at the edges of the frame (Sutherland and Hodgman 1974)."""
    right, bottom = frame.left + frame.width, frame.top + frame.height
    path = list(corners)
    for axis, limit, sign in ((0, frame.left, 1), (0, right, -1), (1, frame.top, 1), (1, bottom, -1)):
        path = _cut(path, axis, limit, sign)
    return path


def _cut(path: Sequence[Point], axis: int, limit: float, sign: int) -> list[Point]:
    """What of a closed path lies on the right side of one straight edge."""
    kept: list[Point] = []
    for at, point in enumerate(path):
        before = path[at - 1]
        inside, was = ((one[axis] - limit) * sign >= 0 for one in (point, before))
        if inside != was:
            share = (limit - before[axis]) / (point[axis] - before[axis])
            kept.append(
                (before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1]))
            )
        if inside:
            kept.append(point)
    return kept


def _panel(frame: Frame, x: PlotAxis, low: float, high: float) -> Panel:
    return Panel(frame.left, frame.top, frame.width, frame.height, x.low, x.high, low, high)


def _paint_ranges(sheet: Sheet, view: View, counts: Counts, frame: Frame) -> Panel:
    """A histogram with its counts on a log axis, the gates as hatched ranges under it."""
    most = float(counts.max(initial=1))
    panel = _panel(frame, view.x, 0.0, 1.06 * math.log10(1 + most))
    edges: list[Point] = []
    for area in view.areas:
        low, high = (panel.x(end([x for x, _ in area.outline])) for end in (min, max))
        left, right = max(low, panel.left), min(high, panel.right)
        if left < right and not view.divided:
            sheet.box(left, panel.top, right - left, panel.height, _GATE)
        edges += [(at, panel.top) for at in (low, high) if panel.left + 1 < at < panel.right - 1]
    heights = np.log10(1.0 + counts)
    step = panel.width / len(counts)
    path: list[Point] = [(panel.left, panel.bottom)]
    for number, height in enumerate(heights):
        y = panel.y(float(height))
        path += [(panel.left + number * step, y), (panel.left + (number + 1) * step, y)]
    sheet.area([*path, (panel.right, panel.bottom)], Fill(SKY, "none"))
    sheet.line(path[1:], Stroke(INK, 0.7))
    for x, _ in edges:
        sheet.line([(x, panel.top), (x, panel.bottom)], _EDGE)
    tens = [Tick(math.log10(1 + 10.0**power), f"{10**power:,}") for power in range(int(math.log10(most)) + 1)]
    every = 1 if len(tens) < 5 else 2
    _left_ticks(sheet, panel, tens[::every])
    return panel


def _outlines(sheet: Sheet, view: View, panel: Panel, frame: Frame) -> None:
    """The edges of all areas, dark on a pale halo; dividers without the edge of the picture."""
    edges: dict[tuple[Point, Point], None] = {}
    for area in view.areas:
        path = clipped([(panel.x(x), panel.y(y)) for x, y in area.outline], frame)
        for start, end in pairwise([*path, *path[:1]]):
            if not (view.divided and _on_frame(start, end, panel)):
                edges[min(start, end), max(start, end)] = None
    for stroke in (_EDGE_HALO, _EDGE):
        sheet.lines(list(edges), stroke)


def _on_frame(start: Point, end: Point, panel: Panel) -> bool:
    across = start[0] == end[0] and start[0] in (panel.left, panel.right)
    return across or (start[1] == end[1] and start[1] in (panel.top, panel.bottom))


def _frame(sheet: Sheet, frame: Frame) -> None:
    left, top, right, bottom = frame.left, frame.top, frame.left + frame.width, frame.top + frame.height
    sheet.line([(left, top), (left, bottom), (right, bottom)], AXIS)
    sheet.line([(left, top), (right, top), (right, bottom)], Stroke(RULE, 0.8))


def _left_ticks(sheet: Sheet, panel: Panel, marks: Sequence[Tick]) -> None:
    for mark in marks:
        y = panel.y(mark.place)
        if panel.top - 0.1 <= y <= panel.bottom + 0.1:
            sheet.line([(panel.left - (4 if mark.words else 2), y), (panel.left, y)], AXIS)
            if mark.words:
                sheet.write(panel.left - 5, y + 3.5, mark.words, size=SMALL, anchor="end")


def _lower_axis(sheet: Sheet, panel: Panel, axis: PlotAxis) -> float:
    for mark in spaced(ticks(axis), axis, panel.width, 25):
        x = panel.x(mark.place)
        sheet.line([(x, panel.bottom), (x, panel.bottom + (4 if mark.words else 2))], AXIS)
        if mark.words:
            sheet.write(x, panel.bottom + 14, mark.words, size=SMALL, anchor="middle")
    middle = (panel.left + panel.right) / 2
    sheet.write(middle, panel.bottom + 26, sheet.say(axis.name), size=SMALL, anchor="middle", colour=GREY)
    return panel.bottom + 30


def _mark(sheet: Sheet, marked: Marked, panel: Panel, as_row: bool) -> None:
    """Marked events at their places; what lies beyond an end stands at that end, as in the density."""
    points: list[Point] = []
    for column in marked.places.T:
        x = panel.x(_within(float(column[0]), panel.x_from, panel.x_to))
        y = panel.bottom - 5 if as_row else panel.y(_within(float(column[1]), panel.y_from, panel.y_to))
        points.append((x, y))
    size = _DOT if panel.width >= _COARSE else _SMALL_DOT
    sheet.dots(points, PAPER, size + _HALO_WIDER)
    sheet.dots(points, VERMILION, size)


def _within(value: float, low: float, high: float) -> float:
    return low if math.isnan(value) else min(max(value, low), high)


def _letter(sheet: Sheet, panel: Panel, area: Area, words: str) -> None:
    """The letter of a part, in the corner of it that is furthest out."""
    if not area.outline:
        return
    ends: list[Callable[..., float]] = [min, max]
    left, right = (_within(end(x for x, _ in area.outline), panel.x_from, panel.x_to) for end in ends)
    bottom, top = (_within(end(y for _, y in area.outline), panel.y_from, panel.y_to) for end in ends)
    if panel.y_to < top or area.outline[0][1] == area.outline[2][1]:
        bottom, top = panel.y_from, panel.y_to
    at_right = right >= panel.x_to and left > panel.x_from
    at_bottom = bottom <= panel.y_from and top < panel.y_to
    width = width_of(words, SMALL) + 4
    x = panel.x(right) - 3 - width if at_right else panel.x(left) + 3
    y = panel.y(bottom) - 5 if at_bottom else panel.y(top) + 13
    sheet.box(x, y - 10, width, 13, Fill(PAPER, INK))
    sheet.write(x + width / 2, y, words, size=SMALL, anchor="middle", bold=True)
