"""MRD waterfall: every enrolled participant's level at the endpoint, from the threshold up or down.

One part for each endpoint. Bars begin at the threshold; undetected disease is an open mark at the
test's limit of detection. Those without a bar (not evaluable, no result, still to come) keep their slot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from remission.mrd.words import percent
from remission.paper.canvas import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    PALE,
    VERMILION,
    WIDTH,
    Fill,
    Format,
    Language,
    Mark,
    Picture,
    Sheet,
    Stroke,
)
from remission.paper.panel import Key, Panel, draw_key, upward_axis
from remission.paper.words import SMALL
from remission.protocol.study import Endpoint, Study
from remission.results.analysis import Results
from remission.results.figures.calls import MARKS, Kind, keys_of, kind_of
from remission.results.figures.levels import decades_around, drawn_at, percent_ticks, thresholds
from remission.results.figures.of_results import draw_picture
from remission.terms.words import Text

TITLE = Text("Residual disease at the endpoint, by participant", "各受试者终点时的残留病水平")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
_NOTES = (
    Text(
        "Bars begin at the threshold. Open marks: not detected, drawn at the limit of detection of that "
        "test. Grey slots: no level to compare.",
        "柱从阈值起。空心：未检出，画在该次检测的检出限处。灰色：无可比较的水平。",
    ),
)
_LEFT, _HEIGHT, _STRIP = 70.0, 170.0, 14.0
_BARS = {Kind.POSITIVE: "#f4c9a8", Kind.NEGATIVE: "#a9d0ea"}
_ORDER = (Kind.POSITIVE, Kind.NEGATIVE, Kind.NOT_EVALUABLE, Kind.FAILED, Kind.MISSING, Kind.PENDING)


@dataclass(frozen=True, slots=True)
class Slot:
    """One participant's place: what is known, and the level drawn, if there is a result."""

    subject: str
    kind: Kind
    level: float | None = None
    detected: bool = True


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """The waterfall of every endpoint as SVG or PNG bytes."""
    enrolled = results.numbers["flow.enrolled"].text
    names = [endpoint.name for endpoint in results.study.endpoints]
    description = Text(
        f"The level of each of the {enrolled.en} enrolled, highest first: {'; '.join(n.en for n in names)}.",
        f"{enrolled.zh}名入组者各自的水平，由高到低：{'；'.join(n.zh for n in names)}。",
    )
    picture = Picture("waterfall", TITLE, description, None if results.responses else NOBODY, _NOTES)
    return draw_picture(
        picture, results, lambda sheet, y: _paint(sheet, results, y), language=language, format=format
    )


def slots_of(results: Results, endpoint: Endpoint) -> list[Slot]:
    """All enrolled: positive, negative, not evaluable, the rest; within each the highest level first."""
    slots: list[Slot] = []
    for subject, answers in results.responses.items():
        response = answers[endpoint.id]
        level, detected = (None, True) if response.result is None else drawn_at(response.result)
        slots.append(Slot(subject, kind_of(response), level, detected))
    return sorted(slots, key=lambda slot: (_ORDER.index(slot.kind), -(slot.level or 0), slot.subject))


def _paint(sheet: Sheet, results: Results, y: float) -> float:
    study = results.study
    parts = [(endpoint, slots_of(results, endpoint)) for endpoint in study.endpoints]
    keys: list[Key] = list(keys_of(slot.kind for _, slots in parts for slot in slots))
    opened = {slot.kind for _, slots in parts for slot in slots if not slot.detected}
    if opened:
        marks = tuple(_opened(MARKS[kind]) for kind in _ORDER if kind in opened)
        keys.append((marks, Text("not detected", "未检出")))
    y = draw_key(sheet, y, keys)
    for endpoint, slots in parts:
        y = _part(sheet, study, endpoint, slots, y + 20)
    return y


def _opened(mark: Mark) -> Mark:
    return Mark(mark.shape, mark.colour, True, mark.size)


def _part(sheet: Sheet, study: Study, endpoint: Endpoint, slots: Sequence[Slot], y: float) -> float:
    y = sheet.paragraph(MARGIN, y, sheet.say(endpoint.name), WIDTH - 2 * MARGIN, bold=True) - 12
    lines = thresholds(study, endpoint)
    words = [Text(f"threshold {percent(level)}", f"阈值{percent(level)}") for level in lines]
    top = draw_key(sheet, y, list(zip(map(_line_at, range(len(lines))), words, strict=True))) + 8
    low, high = decades_around([*lines, *(slot.level for slot in slots if slot.level is not None)])
    width = WIDTH - MARGIN - _LEFT
    panel = Panel(_LEFT, top, width, _HEIGHT, 0, len(slots), low, high, log=True)
    upward_axis(sheet, panel, percent_ticks(low, high), "")
    strip = panel.bottom + _STRIP / 2
    for place, slot in enumerate(slots):
        _draw_bar(sheet, panel, slot, place, panel.y(lines[0]))
    for place, level in enumerate(lines):
        sheet.line([(panel.left, panel.y(level)), (panel.right, panel.y(level))], _line_at(place))
    for place, slot in enumerate(slots):
        size = max(2.4, min(6.0, width / len(slots) * 1.05))
        mark = Mark(MARKS[slot.kind].shape, MARKS[slot.kind].colour, not slot.detected, size)
        sheet.marks([(panel.x(place + 0.5), strip if slot.level is None else panel.y(slot.level))], mark)
    below = Text("participants, one slot each", "受试者，每人一格")
    bottom = panel.bottom + _STRIP
    sheet.line([(panel.left, bottom), (panel.right, bottom)], Stroke(INK, 0.9))
    sheet.write(
        (panel.left + panel.right) / 2,
        bottom + 14,
        sheet.say(below),
        size=SMALL,
        anchor="middle",
        colour=GREY,
    )
    return bottom + 18


def _draw_bar(sheet: Sheet, panel: Panel, slot: Slot, place: int, base: float) -> None:
    width = panel.width / panel.x_to
    if slot.kind in _BARS and slot.level is not None:
        y, left = panel.y(slot.level), panel.x(place + 0.12)
        sheet.box(left, min(y, base), width * 0.76, abs(y - base), Fill(_BARS[slot.kind]))
    else:
        sheet.box(panel.x(place), panel.top, width, panel.height + _STRIP, Fill(PALE))


def _line_at(place: int) -> Stroke:
    """The endpoint's own threshold is drawn through, the others are broken."""
    return Stroke(BLUE, 1.2) if place == 0 else Stroke(VERMILION, 1.2, (5.0, 3.0))
