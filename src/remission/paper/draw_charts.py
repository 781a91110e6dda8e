"""Draws the charts of `charts`: each kind on one sheet, readable without colour."""

import math
from collections.abc import Callable, Sequence

from remission.paper.canvas import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    ORANGE,
    PAPER,
    PURPLE,
    RULE,
    SKY,
    VERMILION,
    WIDTH,
    Fill,
    Format,
    Language,
    Mark,
    Picture,
    Point,
    Sheet,
    Stroke,
    draw_sheet,
)
from remission.paper.charts import Axis, Chart, Curves, Forest, Line, Pairs, Rule, Shades
from remission.paper.panel import Key, Panel, Tick, across_axis, draw_key, upward_axis
from remission.paper.scales import Settled, settled, worded
from remission.paper.words import SMALL, TEXT, width_of, wrapped
from remission.terms.words import Text

_NOTHING = Text("There is nothing to draw.", "没有可绘制的内容。")
_HEIGHT, _LINE = 200.0, 18.0
_LOOKS: tuple[tuple[str, tuple[float, ...], str, str], ...] = (  # colour, dashes, mark, colour of its band
    (BLUE, (), "o", "#cfe4f2"),
    (VERMILION, (6, 2), "s", "#f7dcc8"),
    (INK, (2, 2), "^", "#dddddd"),
    (PURPLE, (7, 2, 2, 2), "D", "#ecd8ee"),
    (ORANGE, (10, 3), "v", "#fbe8c2"),
    (SKY, (3, 1, 1, 1), "x", "#e0f1fb"),
)
_RULES = Stroke(GREY, 0.9, (3, 2)), Stroke(GREY, 0.9, (1, 2)), Stroke(GREY, 0.9, (8, 3))
_RULE = _RULES[0]
_FRONTIER = Stroke(VERMILION, 2.4)


def draw_chart(chart: Chart, about: Text, *, simulated: bool, language: Language, format: Format) -> bytes:
    """The bytes of a chart; `about` is the line under the title. Otherwise as `canvas.draw_sheet`."""
    paint, empty = _painter(chart)
    picture = Picture(chart.name, chart.title, chart.description, _NOTHING if empty else None, chart.notes)
    return draw_sheet(picture, about, paint, simulated=simulated, language=language, format=format)


def _painter(chart: Chart) -> tuple[Callable[[Sheet, float], float], bool]:
    if isinstance(chart, Curves):
        return lambda sheet, y: _curves(sheet, y, chart), not any(line.points for line in chart.lines)
    if isinstance(chart, Forest):
        return lambda sheet, y: draw_forest(sheet, y, chart), not chart.rows
    if isinstance(chart, Pairs):
        return lambda sheet, y: _pairs(sheet, y, chart), not chart.rows
    return lambda sheet, y: _shades(sheet, y, chart), not (chart.rows and chart.columns)


def _curves(sheet: Sheet, y: float, chart: Curves) -> float:
    looks = [_LOOKS[place % len(_LOOKS)] for place in range(len(chart.lines))]
    keys = [_key(line, look) for line, look in zip(chart.lines, looks, strict=True)]
    flat = [rule for rule in chart.rules if not rule.upright]
    strokes = _strokes(chart.rules)
    keys += [(strokes[name], Text(*name)) for name in strokes]
    top = draw_key(sheet, y, keys) + 24
    upright = [rule.value for rule in chart.rules if rule.upright]
    across = settled(chart.x, [x for line in chart.lines for x, _ in line.points] + upright)
    heights = [y for line in chart.lines for _, y in line.points] + [rule.value for rule in flat]
    heights += [limit for line in chart.lines for _, low, high in line.band for limit in (low, high)]
    up = settled(chart.y, heights)
    left = MARGIN + 8 + max((width_of(words, TEXT) for _, words in up.ticks), default=0.0)
    panel = Panel(
        left, top, WIDTH - MARGIN - 8 - left, _HEIGHT, across.low, across.high, up.low, up.high,
        up.log, across.log,
    )  # fmt: skip
    upward_axis(sheet, panel, up.ticks, sheet.say(chart.y.name))
    for line, look in zip(chart.lines, looks, strict=True):
        _band(sheet, panel, line, look[3])
    for rule in chart.rules:
        at = panel.x(rule.value) if rule.upright else panel.y(rule.value)
        ends = (
            [(at, panel.top), (at, panel.bottom)] if rule.upright else [(panel.left, at), (panel.right, at)]
        )
        sheet.line(ends, strokes[rule.name.en, rule.name.zh])
    for line, look in zip(chart.lines, looks, strict=True):
        _line(sheet, panel, line, look)
    return across_axis(sheet, panel, _thinned(across.ticks, panel.width), sheet.say(chart.x.name))


def _strokes(rules: Sequence[Rule]) -> dict[tuple[str, str], Stroke]:
    """One dash for each wording, in the order they come."""
    names = dict.fromkeys((rule.name.en, rule.name.zh) for rule in rules)
    return {name: _RULES[place % len(_RULES)] for place, name in enumerate(names)}


def _thinned(ticks: Sequence[Tick], width: float) -> Sequence[Tick]:
    """Every tick, or every second, third, ... so that their words do not touch."""
    widest = max((width_of(words, TEXT) for _, words in ticks), default=0.0) + 8
    return ticks[:: max(1, math.ceil(len(ticks) * widest / (width + widest)))]


def _key(line: Line, look: tuple[str, tuple[float, ...], str, str]) -> Key:
    colour, dashes, mark, _ = look
    return ((Mark(mark, colour),), line.name) if line.marked else (Stroke(colour, 1.8, dashes), line.name)


def _band(sheet: Sheet, panel: Panel, line: Line, colour: str) -> None:
    if len(line.band) < 2:
        return
    lower = _path(panel, [(x, low) for x, low, _ in line.band], stepped=line.stepped)
    upper = _path(panel, [(x, high) for x, _, high in line.band], stepped=line.stepped)
    sheet.area([*upper, *reversed(lower)], Fill(colour))


def _line(sheet: Sheet, panel: Panel, line: Line, look: tuple[str, tuple[float, ...], str, str]) -> None:
    colour, dashes, mark, _ = look
    path = _path(panel, line.points, stepped=line.stepped)
    if len(path) > 1:
        sheet.line(path, Stroke(colour, 0.9 if line.marked else 1.8, dashes))
    if line.marked:
        sheet.marks([(panel.x(x), panel.y(y)) for x, y in line.points], Mark(mark, colour))


def _path(panel: Panel, points: Sequence[Point], *, stepped: bool) -> list[Point]:
    places = [(panel.x(x), panel.y(y)) for x, y in points]
    if not stepped:
        return places
    path = places[:1]
    for x, y in places[1:]:
        path += [(x, path[-1][1]), (x, y)]
    return path


def _rows_panel(
    sheet: Sheet, y: float, labels: Sequence[str], right: float, axis: Axis, values: Sequence[float]
) -> tuple[Panel, Settled, list[float]]:
    """Labels at the left in as many lines as they need; the panel beside them, and the height of each row."""
    room = min(0.42 * WIDTH, max((width_of(label, TEXT) for label in labels), default=0.0) + 4)
    heights, at = list[float](), y + 8
    for label in labels:
        lines = wrapped(label, room, TEXT)
        tall = max(_LINE, 1.3 * TEXT * len(lines) + 4)
        heights.append(at + tall / 2)
        start = at + tall / 2 - 0.65 * TEXT * (len(lines) - 1) + 3.8
        sheet.paragraph(MARGIN, start, label, room)
        at += tall
    left = MARGIN + room + 12
    across = settled(axis, values, most=max(2, int((WIDTH - MARGIN - right - left) / 48)))
    panel = Panel(
        left, y + 8, WIDTH - MARGIN - right - left, at - y - 4, across.low, across.high, x_log=across.log
    )
    return panel, across, heights


def draw_forest(sheet: Sheet, y: float, chart: Forest) -> float:
    """A forest from height y down, on a sheet that may hold more; the height below its axis."""
    known = [v for row in chart.rows for v in (row.estimate, row.lower, row.upper) if v is not None]
    known += [] if chart.reference is None else [chart.reference]
    right = max(width_of(row.words, SMALL) for row in chart.rows)
    labels = [sheet.say(row.label) for row in chart.rows]
    panel, across, heights = _rows_panel(sheet, y, labels, right + 8 if right else 0.0, chart.x, known)
    if chart.reference is not None:
        at = panel.x(chart.reference)
        sheet.line([(at, panel.top), (at, panel.bottom)], _RULE)
    for row, at in zip(chart.rows, heights, strict=True):
        if row.words:
            sheet.write(WIDTH - MARGIN, at + 3.6, row.words, size=SMALL, anchor="end")
        if row.lower is not None and row.upper is not None:
            ends = [(panel.x(_inside(v, across)), at) for v in (row.lower, row.upper)]
            sheet.line(ends, Stroke(INK, 1.2))
        if row.estimate is not None:
            mark = Mark("D", VERMILION, size=7) if row.strong else Mark("s", BLUE, size=5)
            sheet.marks([(panel.x(_inside(row.estimate, across)), at)], mark)
    return across_axis(sheet, panel, _thinned(across.ticks, panel.width), sheet.say(chart.x.name))


def _inside(value: float, axis: Settled) -> float:
    return min(max(value, axis.low), axis.high)


def _pairs(sheet: Sheet, y: float, chart: Pairs) -> float:
    marks = Mark("o", VERMILION, open=True, size=6), Mark("o", BLUE, size=6)
    y = draw_key(sheet, y, [((marks[0],), chart.before), ((marks[1],), chart.after)]) + 4
    known = [v for _, *both in chart.rows for v in both if v is not None] + list(chart.limits)
    labels = [sheet.say(label) for label, _, _ in chart.rows]
    panel, across, heights = _rows_panel(sheet, y, labels, 8.0, chart.x, known)
    for limit in chart.limits:
        sheet.line([(panel.x(limit), panel.top), (panel.x(limit), panel.bottom)], _RULE)
    for (_, *both), at in zip(chart.rows, heights, strict=True):
        sheet.line([(panel.left, at), (panel.right, at)], Stroke(RULE, 0.5))
        for value, mark in zip(both, marks, strict=True):
            if value is not None:
                sheet.marks([(panel.x(value), at)], mark)
    return across_axis(sheet, panel, _thinned(across.ticks, panel.width), sheet.say(chart.x.name))


def _frontier(chart: Shades) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """The edges, as corners (column, row), between cells at or below the threshold and cells above it."""
    if chart.threshold is None:
        return []
    limit, values = chart.threshold, chart.values
    below = [[None if value is None else value <= limit for value in row] for row in values]
    edges: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for row, line in enumerate(below):
        for column, own in enumerate(line):
            beside = line[column + 1] if column + 1 < len(line) else None
            under = below[row + 1][column] if row + 1 < len(below) else None
            if None not in (own, beside) and own != beside:
                edges.append(((column + 1, row), (column + 1, row + 1)))
            if None not in (own, under) and own != under:
                edges.append(((column, row + 1), (column + 1, row + 1)))
    return edges


def _shades(sheet: Sheet, y: float, chart: Shades) -> float:
    known = [value for row in chart.values for value in row if value is not None]
    low, high = (0.0, 1.0) if chart.scale == "percent" else (min(known, default=0), max(known, default=1))
    names = [worded(row, chart.y.scale) for row in chart.rows]
    left = MARGIN + 8 + max(width_of(name, TEXT) for name in names)
    width = (WIDTH - MARGIN - left) / len(chart.columns)
    tall = min(width, 26.0)
    sheet.write(MARGIN, y + 12, sheet.say(chart.y.name), colour=GREY)
    top = y + 20
    size = min(SMALL, 0.3 * width)
    for line, (name, values) in enumerate(zip(names, chart.values, strict=True)):
        at = top + line * tall
        sheet.write(left - 5, at + tall / 2 + 3.8, name, anchor="end")
        for place, value in enumerate(values):
            share = None if value is None else (value - low) / (high - low or 1.0)
            sheet.box(left + place * width, at, width, tall, Fill(_shade(share), RULE))
            if size >= 5:
                words = "–" if value is None else worded(round(value, 3), chart.scale).replace(" %", "")
                colour = PAPER if share is not None and share > 0.55 else INK
                middle = left + (place + 0.5) * width
                sheet.write(
                    middle, at + tall / 2 + 0.35 * size, words, size=size, anchor="middle", colour=colour
                )
    for a, b in _frontier(chart):
        ends = [(left + column * width, top + row * tall) for column, row in (a, b)]
        sheet.line(ends, _FRONTIER)
    bottom = top + tall * len(chart.rows)
    stride = max(1, -(-len(chart.columns) // max(1, int((WIDTH - left) // 42))))
    for place in range(0, len(chart.columns), stride):
        words = worded(chart.columns[place], chart.x.scale)
        sheet.write(left + (place + 0.5) * width, bottom + 15, words, anchor="middle")
    sheet.write(
        (left + WIDTH - MARGIN) / 2, bottom + 29, sheet.say(chart.x.name), anchor="middle", colour=GREY
    )
    return bottom + 34


def _shade(share: float | None) -> str:
    """Paper to dark blue."""
    if share is None:
        return PAPER
    light, dark = (240, 246, 251), (0, 68, 110)
    parts = (round(a + (b - a) * min(max(share, 0.0), 1.0)) for a, b in zip(light, dark, strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)
