"""Before and after: each participant's levels in every marrow sample and by every method, joined by lines.

Undetected disease is an open mark at the test's limit of detection. Those without a result stand in a
strip of their own below the axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from remission.mrd.result import MrdResult
from remission.mrd.words import percent
from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    PALE,
    WIDTH,
    Fill,
    Format,
    Language,
    Mark,
    Picture,
    Point,
    Sheet,
    Stroke,
)
from remission.paper.panel import Key, Panel, draw_key, upward_axis
from remission.paper.words import SMALL
from remission.protocol.study import Endpoint, Study
from remission.results.analysis import Results
from remission.results.dossier import opened
from remission.results.figures.calls import MARKS, METHODS, WORDS, Kind, keys_of, kind_of
from remission.results.figures.levels import decades_around, drawn_at, percent_ticks
from remission.results.figures.of_results import draw_picture
from remission.terms.words import Text

TITLE = Text("Residual disease before and after", "治疗前后的残留病水平")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
_NOTES = (
    Text(
        "Open marks: not detected, drawn at the limit of detection of that test. Short lines: the endpoint's "
        "threshold. Lines join results of one participant, dotted between methods.",
        "空心：未检出，画在该次检测的检出限处。短横线：终点阈值。连线为同一受试者，不同方法之间用虚线。",
    ),
)
_LEFT, _HEIGHT, _STRIP = 66.0, 300.0, 22.0
_APART, _SPREAD = 4.2, 0.86
"""Marks of one height stand so many points apart, within this share of the column."""
_MEASURED = Mark("o", INK, size=3.6)


@dataclass(frozen=True, slots=True)
class Column:
    """One method in one sample, with the endpoint it answers, if it does."""

    point: str
    method: str
    endpoint: Endpoint | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One participant's result in a column, and the kind of its mark (None: it answers no endpoint)."""

    result: MrdResult | None
    kind: Kind | None


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """The before-and-after plot as SVG or PNG bytes."""
    enrolled = results.numbers["flow.enrolled"].text
    names = [_name(results.study, column) for column in columns_of(results.study)]
    description = Text(
        f"Levels of the {enrolled.en} enrolled on a log axis: {'; '.join(n.en for n in names)}.",
        f"{enrolled.zh}名入组者的水平（对数轴）：{'；'.join(n.zh for n in names)}。",
    )
    picture = Picture("before-after", TITLE, description, None if results.responses else NOBODY, _NOTES)
    return draw_picture(
        picture, results, lambda sheet, y: _paint(sheet, results, y), language=language, format=format
    )


def columns_of(study: Study) -> list[Column]:
    """Every method of every planned sample, in the order of the timeline."""
    samples = sorted(study.samples, key=lambda sample: study.point(sample.point).window.target)
    by_place = {(endpoint.point, endpoint.method): endpoint for endpoint in study.endpoints}
    return [
        Column(sample.point, method, by_place.get((sample.point, method)))
        for sample in samples
        for method in sample.methods
    ]


def rows_of(results: Results, columns: Sequence[Column]) -> list[list[Measured]]:
    """One row for each enrolled, ordered by the first endpoint's level, then by the level before it."""
    rows: list[list[Measured]] = []
    for subject, answers in results.responses.items():
        dossier = opened(results.study, results.participants[subject], results.as_of)
        row: list[Measured] = []
        for column in columns:
            if column.endpoint is None:
                reported = dossier.reported(column.method, column.point)
                row.append(Measured(None if reported is None else reported.event.result, None))
            else:
                answer = answers[column.endpoint.id]
                row.append(Measured(answer.result, kind_of(answer)))
        rows.append(row)
    first = next(place for place, column in enumerate(columns) if column.endpoint is not None)
    return sorted(rows, key=lambda row: [-_height(measured) for measured in (row[first], *row)])


def _height(measured: Measured) -> float:
    return 0.0 if measured.result is None else drawn_at(measured.result)[0]


def _name(study: Study, column: Column) -> Text:
    point = study.point(column.point).name
    method = METHODS.get(column.method, Text(column.method, column.method))
    return Text(f"{point.en}, {method.en}", f"{point.zh}，{method.zh}")


def _paint(sheet: Sheet, results: Results, y: float) -> float:
    columns = columns_of(results.study)
    rows = rows_of(results, columns)
    top = draw_key(sheet, y, _keys(rows)) + 14
    shown = [drawn_at(m.result)[0] for row in rows for m in row if m.result is not None]
    limits = [float(column.endpoint.threshold) for column in columns if column.endpoint]
    low, high = decades_around([*shown, *limits])
    panel = Panel(_LEFT, top, WIDTH - MARGIN - _LEFT, _HEIGHT, 0, len(columns), low, high, log=True)
    upward_axis(sheet, panel, percent_ticks(low, high), "")
    sheet.box(panel.left, panel.bottom, panel.width, _STRIP, Fill(PALE))
    sheet.write(
        panel.left - 5,
        panel.bottom + _STRIP / 2 + 4,
        sheet.say(WORDS[Kind.MISSING]),
        size=SMALL,
        anchor="end",
    )
    swarms = [_swarm(panel, place, [row[place] for row in rows]) for place in range(len(columns))]
    places = [list(points) for points in zip(*swarms, strict=True)]
    _joins(sheet, columns, rows, places)
    _limits(sheet, panel, columns)
    for row, points in zip(rows, places, strict=True):
        for measured, point in zip(row, points, strict=True):
            sheet.marks([point], _mark(measured))
    bottom = panel.bottom + _STRIP
    sheet.line([(panel.left, bottom), (panel.right, bottom)], Stroke(INK, 0.9))
    return _column_names(sheet, results.study, panel, columns, bottom)


def _swarm(panel: Panel, column: int, cells: Sequence[Measured]) -> list[Point]:
    """Where a column's marks stand: those of about one height side by side, in the order of the rows."""
    strip = panel.bottom + _STRIP / 2
    heights = [strip if cell.result is None else panel.y(drawn_at(cell.result)[0]) for cell in cells]
    beside: dict[int, list[int]] = {}
    for row, y in enumerate(heights):
        beside.setdefault(round(y / _APART), []).append(row)
    points: list[Point] = [(0.0, 0.0)] * len(cells)
    for rows in beside.values():
        apart = min(_APART, _SPREAD * panel.width / panel.x_to / len(rows))
        for place, row in enumerate(rows):
            points[row] = (panel.x(column + 0.5) + apart * (place - (len(rows) - 1) / 2), heights[row])
    return points


def _joins(
    sheet: Sheet, columns: Sequence[Column], rows: Sequence[list[Measured]], places: Sequence[list[Point]]
) -> None:
    for left, right in zip(range(len(columns)), range(1, len(columns)), strict=False):
        pairs = [
            (points[left], points[right])
            for row, points in zip(rows, places, strict=True)
            if row[left].result is not None and row[right].result is not None
        ]
        same = columns[left].method == columns[right].method
        sheet.lines(pairs, Stroke("#9a9a9a", 0.6, () if same else (1.2, 1.8)))


def _limits(sheet: Sheet, panel: Panel, columns: Sequence[Column]) -> None:
    for place, column in enumerate(columns):
        if column.endpoint is not None:
            level = float(column.endpoint.threshold)
            y, x = panel.y(level), panel.x(place + 0.05)
            sheet.line([(x, y), (panel.x(place + 0.95), y)], Stroke(INK, 1.4))


def _mark(measured: Measured) -> Mark:
    mark = _MEASURED if measured.kind is None else MARKS[measured.kind]
    if measured.result is None:
        return Mark("x", GREY, size=3.6) if measured.kind is None else Mark(mark.shape, mark.colour, size=3.6)
    return Mark(mark.shape, mark.colour, not drawn_at(measured.result)[1], 3.6)


def _keys(rows: Sequence[Sequence[Measured]]) -> list[Key]:
    keys: list[Key] = [((_MEASURED,), Text("level at entry", "入组时水平"))]
    keys += keys_of(m.kind for row in rows for m in row if m.kind is not None)
    if any(m.result is not None and not drawn_at(m.result)[1] for row in rows for m in row):
        mark = Mark("o", MARKS[Kind.NEGATIVE].colour, open=True)
        keys.append(((mark,), Text("not detected", "未检出")))
    return keys


def _column_names(sheet: Sheet, study: Study, panel: Panel, columns: Sequence[Column], y: float) -> float:
    for place, column in enumerate(columns):
        x = panel.x(place + 0.5)
        method = METHODS.get(column.method, Text(column.method, column.method))
        sheet.write(x, y + 15, sheet.say(study.point(column.point).name), anchor="middle")
        sheet.write(x, y + 29, sheet.say(method), anchor="middle", colour=GREY)
        if column.endpoint is not None:
            level = percent(float(column.endpoint.threshold))
            words = sheet.say(Text(f"threshold {level}", f"阈值{level}"))
            sheet.write(x, y + 43, words, size=SMALL, anchor="middle", colour=GREY)
    return y + 48
