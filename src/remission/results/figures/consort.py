"""The CONSORT diagram: the flow of participants, drawn from the numbers of the flow and sets tables.

No number is worked out here: each is printed as the tables print it and carries its id.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from remission.paper.canvas import (
    INK,
    MARGIN,
    PAPER,
    WIDTH,
    Fill,
    Format,
    Language,
    Picture,
    Sheet,
    Stroke,
)
from remission.paper.words import TEXT, width_of, wrapped
from remission.results.analysis import Results
from remission.results.figures.of_results import draw_picture
from remission.terms.words import Text

TITLE = Text("Participant flow (CONSORT)", "受试者流程（CONSORT）")

_MAIN_WIDTH, _GAP, _PAD, _LEADING = 152.0, 18.0, 7.0, 14.0
_SIDE_LEFT = MARGIN + _MAIN_WIDTH + _GAP
_SIDE_WIDTH = WIDTH - MARGIN - _SIDE_LEFT
_FULL_WIDTH = WIDTH - 2 * MARGIN
_FRAME, _ARROW = Fill(PAPER, INK), Stroke(INK, 1.0)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a box: words, the ids of the numbers printed at its right, and how far it is indented."""

    words: str
    numbers: tuple[str, ...] = ()
    indent: int = 0


_STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("flow.consented", ("flow.screening", "flow.screen_failed", "flow.before_enrolment")),
    ("flow.found_eligible", ()),
    ("flow.enrolled", ("flow.not_treated", "flow.awaiting_treatment")),
    ("flow.treated", ("flow.on_treatment", "flow.stopped")),
    ("flow.completed", ()),
)
"""Boxes downwards, and the stems of the numbers that leave at each."""


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """The CONSORT diagram of a trial as SVG or PNG bytes."""
    consented = results.numbers["flow.consented"].value
    empty = None if consented else Text("Nobody has been screened yet.", "尚无受试者接受筛选。")
    picture = Picture("consort", TITLE, _description(results), empty)
    return draw_picture(
        picture, results, lambda sheet, y: _paint(sheet, results, y), language=language, format=format
    )


def _description(results: Results) -> Text:
    said = [
        (results.numbers[id].label, results.numbers[id].text)
        for id, _ in _STEPS
        if results.numbers[id].value is not None
    ]
    return Text(
        "; ".join(f"{label.en}: {text.en}" for label, text in said) + ".",
        "；".join(f"{label.zh}：{text.zh}" for label, text in said) + "。",
    )


def _paint(sheet: Sheet, results: Results, y: float) -> float:
    centre = MARGIN + _MAIN_WIDTH / 2
    y += 4
    for place, (id, stems) in enumerate(_STEPS):
        bottom = _box(sheet, results, MARGIN, y, _MAIN_WIDTH, _step(sheet, results, id))
        aside = [line for stem in stems for line in _aside(sheet, results, stem)]
        after = bottom + _GAP
        if aside:
            out = bottom + 9
            end = _box(sheet, results, _SIDE_LEFT, y, _SIDE_WIDTH, aside)
            _arrow(sheet, (MARGIN + _MAIN_WIDTH, (y + bottom) / 2), (_SIDE_LEFT, (y + bottom) / 2))
            after = max(after, end + 9, out)
        if place < len(_STEPS) - 1:
            _arrow(sheet, (centre, bottom), (centre, after))
        y = after
    for lines in _below(sheet, results):
        y = _box(sheet, results, MARGIN, y, _FULL_WIDTH, lines) + 10
    return y - 10


def _step(sheet: Sheet, results: Results, id: str) -> list[_Line]:
    """The lines of a box downwards; whoever was found eligible and left is said to be counted already."""
    lines = [_Line(sheet.say(results.numbers[id].label), (id,))]
    eligible, enrolled = (results.numbers[f"flow.{end}"].value for end in ("found_eligible", "enrolled"))
    if id == "flow.found_eligible" and eligible != enrolled:
        words = Text("those of them not enrolled are counted above", "其中未入组者已计入上方")
        lines.append(_Line(sheet.say(words), (), 1))
    return lines


def _flow_rows(results: Results) -> Iterator[tuple[str, Text, int]]:
    """Number, words and indent of each row of the flow table that has a number."""
    for row in results.table("flow").rows:
        if row.cells:
            yield row.cells[0].numbers[0], row.label, row.indent


def _aside(sheet: Sheet, results: Results, stem: str) -> list[_Line]:
    """The rows of a stem that count anybody; criteria by how many they kept out."""
    rows = [row for row in _flow_rows(results) if row[0] == stem or row[0].startswith(f"{stem}.")]
    rows = [row for row in rows if results.numbers[row[0]].value]
    criteria = [row for row in rows if ".by." in row[0]]
    if criteria:
        rows = [row for row in rows if row not in criteria]
        rows += sorted(criteria, key=lambda row: -(results.numbers[row[0]].value or 0))
    lines = [_Line(sheet.say(label), (id,), indent - 1) for id, label, indent in rows]
    if criteria:
        several = Text("criteria failed (several possible):", "未通过的标准（可多项）：")
        lines.insert(len(rows) - len(criteria), _Line(sheet.say(several), (), 1))
    return lines


def _below(sheet: Sheet, results: Results) -> Iterator[list[_Line]]:
    """The full-width boxes: endpoint samples, follow-up, and the analysed by set and endpoint."""
    study = results.study
    for point in dict.fromkeys(endpoint.point for endpoint in study.endpoints):
        head = Text(f"{study.point(point).name.en} of the enrolled", f"入组者的{study.point(point).name.zh}")
        rows = [row for row in _flow_rows(results) if row[0].startswith(f"flow.sample.{point}.")]
        counted = [row for row in rows if results.numbers[row[0]].value]
        yield [_Line(sheet.say(head)), *(_Line(sheet.say(label), (id,), 1) for id, label, _ in counted)]
    yield [
        _Line(sheet.say(Text("Follow-up of the enrolled", "入组者的随访"))),
        *_follow_up(sheet, results),
    ]
    for endpoint in study.endpoints:
        head = Text(f"Analysed: {endpoint.name.en}", f"纳入分析：{endpoint.name.zh}")
        sets = [_Line(sheet.say(s.name), (f"set.{s.id}.{endpoint.id}.n",), 1) for s in study.sets]
        yield [_Line(sheet.say(head)), *sets]


def _follow_up(sheet: Sheet, results: Results) -> list[_Line]:
    rows = [
        row for row in _flow_rows(results) if row[0] == "flow.in_follow_up" or row[0].startswith("flow.off")
    ]
    return [_Line(sheet.say(label), (id,), indent) for id, label, indent in rows if results.numbers[id].value]


def _box(sheet: Sheet, results: Results, left: float, top: float, width: float, lines: list[_Line]) -> float:
    """A box of lines, words at the left and numbers at the right; its lower edge."""
    y = top + _PAD + 10
    for line in lines:
        bold = line.indent == 0
        x = left + _PAD + 10 * line.indent
        printed = [(id, results.numbers[id].text.in_(sheet.language)) for id in line.numbers]
        room = left + width - _PAD - x - sum(width_of(text, TEXT) + 8 for _, text in printed)
        for id, text in printed:
            sheet.write(left + width - _PAD, y, text, anchor="end", bold=True, number=id)
        for words in wrapped(line.words, room, TEXT * (1.08 if bold else 1.0)):
            sheet.write(x, y, words, bold=bold)
            y += _LEADING
    bottom = y - _LEADING + _PAD
    sheet.box(left, top, width, bottom - top, _FRAME)
    return bottom


def _arrow(sheet: Sheet, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x, y), across = end, start[1] == end[1]
    sheet.line([start, end], _ARROW)
    wings = [(x - 5, y - 3), (x - 5, y + 3)] if across else [(x - 3, y - 5), (x + 3, y - 5)]
    sheet.area([end, *wings], Fill(INK))
