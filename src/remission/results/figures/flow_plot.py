"""One gate's plot: the parent's events by density, the gate, what lies in it, and the events of disease."""

import re

from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    PAPER,
    RULE,
    WIDTH,
    Fill,
    Format,
    Language,
    Picture,
    Sheet,
    draw_sheet,
)
from remission.paper.panel import draw_key
from remission.paper.words import SMALL, TEXT, width_of
from remission.results.figures.flow_density import SPARSE, colour
from remission.results.figures.flow_density import png as png
from remission.results.figures.flow_panel import MARKED, Frame, letter, paint_view, share_line
from remission.results.figures.flow_views import Marked, View
from remission.terms.words import Text

NOTHING = Text("There is no event to draw.", "没有可绘制的事件。")
_LEFT, _SIDE = 64.0, 300.0
_SHADES = 24


def draw(view: View, *, about: Text, simulated: bool, language: Language, format: Format) -> bytes:
    """One view of a gate as SVG or PNG bytes; `about`: whose sample it is."""
    title = title_of(view)
    name = (
        "flow-plot-" + re.sub(r"[^A-Za-z0-9]+", "-", view.gate) + (f"-{view.number}" if view.of > 1 else "")
    )
    return draw_sheet(
        Picture(name, title, described(view), None if view.parent_events else NOTHING),
        about,
        lambda sheet, y: _paint(sheet, view, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def title_of(view: View) -> Text:
    """The populations of the plot; which view it is where there are several."""
    en, zh = " / ".join(a.name.en for a in view.areas), " / ".join(a.name.zh for a in view.areas)
    if view.divided and len(view.areas) > 2:
        en, zh = f"{view.parent.en}, divided", f"{view.parent.zh}（分区）"
    if view.of > 1:
        return Text(f"{en} (view {view.number} of {view.of})", f"{zh}（视图{view.number}/{view.of}）")
    return Text(en, zh)


def described(view: View) -> Text:
    """The plot in a sentence, for those who cannot see it."""
    shares = [(area, share_line(area, view.parent_events, view.parent)) for area in view.areas]
    axes = [view.x] if view.y is None else [view.x, view.y]
    by = " and ".join(axis.name.en for axis in axes)
    en = f"{view.parent_events:,} events of {view.parent.en} by {by}. "
    zh = f"{view.parent.zh}的{view.parent_events:,}个事件，按{'与'.join(axis.name.zh for axis in axes)}作图。"
    en += "; ".join(f"{area.name.en}: {said.en}" for area, said in shares) + "."
    zh += "；".join(f"{area.name.zh}：{said.zh}" for area, said in shares) + "。"
    if view.marked is not None:
        said = marked_words(view.marked)
        en, zh = f"{en} {said.en}.", f"{zh}{said.zh}。"
    return Text(en, zh)


def marked_words(marked: Marked) -> Text:
    """The events on top, and how many of them are drawn."""
    drawn = marked.places.shape[1]
    en, zh = f"{marked.name.en}: {marked.events:,} events", f"{marked.name.zh}：{marked.events:,}个事件"
    if drawn < marked.events:
        return Text(f"{en} ({drawn:,} of them drawn)", f"{zh}（仅绘出{drawn:,}个）")
    return Text(en, zh)


def _paint(sheet: Sheet, view: View, y: float) -> float:
    parent = Text(
        f"of {view.parent_events:,} events of {view.parent.en}",
        f"{view.parent.zh}，共{view.parent_events:,}个事件",
    )
    sheet.write(MARGIN, y + 13, sheet.say(parent), size=TEXT)
    y = paint_view(sheet, view, Frame(_LEFT, y + 24, _SIDE, _SIDE)) + 6
    for number, area in enumerate(view.areas):
        start = MARGIN
        if view.divided:
            sheet.box(start, y + 3, 14, 13, Fill(PAPER, INK))
            sheet.write(start + 7, y + 13, letter(number), size=SMALL, anchor="middle", bold=True)
            start += 20
        name = sheet.say(area.name)
        sheet.write(start, y + 13, name, bold=True)
        said = sheet.say(share_line(area, view.parent_events, view.parent))
        at = start + width_of(name, TEXT) * 1.08 + 8
        if at + width_of(said, TEXT) > WIDTH - MARGIN:
            at, y = start, y + 15
        sheet.write(at, y + 13, said)
        y += 17
    if view.marked is not None:
        y = draw_key(sheet, y, [((MARKED,), marked_words(view.marked))])
    return y + 6 if view.y is None else _scale(sheet, view, y + 6)


def _scale(sheet: Sheet, view: View, y: float) -> float:
    """What the colours mean."""
    most = int(view.counts.max(initial=1))
    words = sheet.say(Text("events in a square: 1", "每格事件数：1"))
    sheet.write(MARGIN, y + 10, words, size=SMALL, colour=GREY)
    left = MARGIN + width_of(words, SMALL) + 4
    if view.parent_events >= SPARSE and most > 1:
        for shade in range(_SHADES):
            sheet.box(left + 4 * shade, y + 2, 4.4, 9, Fill(colour(shade / (_SHADES - 1))))
        sheet.write(left + 4 * _SHADES + 6, y + 10, f"{max(most, 30):,}", size=SMALL, colour=GREY)
    else:
        sheet.box(left, y + 2, 9, 9, Fill(colour(0.0), RULE))
    return y + 12
