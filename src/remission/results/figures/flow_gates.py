"""All gates of a strategy in their order, two in a row."""

from collections.abc import Sequence

from remission.mrd.words import percent
from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    PAPER,
    WIDTH,
    Fill,
    Format,
    Language,
    Picture,
    Sheet,
    draw_sheet,
)
from remission.paper.panel import draw_key
from remission.paper.words import SMALL, width_of, wrapped
from remission.results.figures.flow_panel import MARKED, Frame, letter, paint_view
from remission.results.figures.flow_plot import described, marked_words, title_of
from remission.results.figures.flow_views import View
from remission.terms.words import Text

TITLE = Text("Gates in order", "设门顺序")
NOTHING = Text("The strategy has no gate that can be drawn.", "该策略没有可绘制的门。")
_NOTE = Text(
    "Colour: events by density, dark where few, bright where many, each picture by itself. Edges of a "
    "picture hold the events beyond them.",
    "颜色：事件密度，深为少，亮为多，各图独立标度。超出坐标范围的事件绘于图边。",
)
_COLUMNS, _GAP, _WORDS = 2, 14.0, 40.0


def draw(views: Sequence[View], *, about: Text, simulated: bool, language: Language, format: Format) -> bytes:
    """The plots of a strategy, in the order given, as SVG or PNG bytes."""
    said = [described(view) for view in views]
    description = Text(" ".join(one.en for one in said), "".join(one.zh for one in said))
    return draw_sheet(
        Picture("flow-gates", TITLE, description, None if views else NOTHING, (_NOTE,)),
        about,
        lambda sheet, y: _paint(sheet, views, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def _paint(sheet: Sheet, views: Sequence[View], y: float) -> float:
    marked = [view.marked for view in views if view.marked is not None]
    if marked:
        y = draw_key(sheet, y, [((MARKED,), marked_words(marked[0]))])
    width = (WIDTH - 2 * MARGIN - _GAP * (_COLUMNS - 1)) / _COLUMNS
    for first in range(0, len(views), _COLUMNS):
        row = list(enumerate(views[first : first + _COLUMNS], start=first + 1))
        lefts = [MARGIN + place * (width + _GAP) for place in range(len(row))]
        tops = [
            _heading(sheet, view, number, left, y, width)
            for (number, view), left in zip(row, lefts, strict=True)
        ]
        top, side = max(tops), width - _WORDS
        ends = [
            _below(sheet, view, left, paint_view(sheet, view, Frame(left + _WORDS, top, side, side)), width)
            for (_, view), left in zip(row, lefts, strict=True)
        ]
        y = max(ends) + 8
    return y


def _heading(sheet: Sheet, view: View, number: int, left: float, y: float, width: float) -> float:
    """The gate's number and name, and its share; the height the plot begins at."""
    y += 12
    for line in wrapped(f"{number}. {sheet.say(title_of(view))}", width, SMALL * 1.08):
        sheet.write(left, y, line, size=SMALL, bold=True)
        y += 13
    of = Text(f"of {view.parent.en}", f"父群：{view.parent.zh}")
    if not view.divided and len(view.areas) == 1:
        area = view.areas[0]
        share = percent(area.events / view.parent_events) if view.parent_events else "–"
        of = Text(
            f"{area.events:,}, {share} of {view.parent.en}",
            f"{area.events:,}，{share}（父群：{view.parent.zh}）",
        )
    for line in wrapped(sheet.say(of), width, SMALL):
        sheet.write(left, y, line, size=SMALL, colour=GREY)
        y += 13
    return y - 5


def _below(sheet: Sheet, view: View, left: float, y: float, width: float) -> float:
    """The parts between dividers, by their letters."""
    if not view.divided:
        return y
    for number, area in enumerate(view.areas):
        share = percent(area.events / view.parent_events) if view.parent_events else "–"
        sheet.box(left, y + 3, 14, 13, Fill(PAPER, INK))
        sheet.write(left + 7, y + 13, letter(number), size=SMALL, anchor="middle", bold=True)
        room = width - 22 - width_of(share, SMALL) - 4
        name = wrapped(sheet.say(area.name), room, SMALL)
        sheet.write(left + width, y + 13, share, size=SMALL, anchor="end")
        for line in name:
            sheet.write(left + 19, y + 13, line, size=SMALL)
            y += 13
        y += 3
    return y
