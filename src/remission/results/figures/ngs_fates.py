"""Read fates: how many reads counted, how many were looked at and not counted, how many fell out, and why."""

from collections.abc import Sequence

from remission.mrd.ngs.fates import FATE_NAMES, Fate, Fates
from remission.mrd.words import percent
from remission.paper.canvas import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    PALE,
    RULE,
    SKY,
    WIDTH,
    Fill,
    Format,
    Language,
    Picture,
    Sheet,
    draw_sheet,
)
from remission.paper.words import SMALL, TEXT, width_of
from remission.terms.words import Text

TITLE = Text("What became of every read", "每条读段的去向")
NOTHING = Text("The file holds no read.", "文件中没有读段。")
GROUPS: tuple[tuple[Text, Fill, tuple[Fate, ...]], ...] = (
    (Text("used", "已采用"), Fill(BLUE), (Fate.INDEX, Fate.STEM, Fate.SPIKE, Fate.CLONOTYPE)),
    (
        Text("read, and not of the clones followed", "已读，非所追踪克隆"),
        Fill(SKY, BLUE, "////"),
        (Fate.NEIGHBOUR, Fate.FOREIGN, Fate.OTHER),
    ),
    (
        Text("not usable", "不可用"),
        Fill(PALE, GREY),
        (Fate.NO_REARRANGEMENT, Fate.NOT_MERGED, Fate.TOO_SHORT, Fate.LOW_QUALITY),
    ),
)
"""Every fate is in one group."""
_INSIDE = WIDTH - 2 * MARGIN
_BAR = 7.0


def draw(fates: Fates, *, about: Text, simulated: bool, language: Language, format: Format) -> bytes:
    """The fates of all reads of a sample as SVG or PNG bytes: a bar of the groups, then a row each."""
    total = sum(fates.values())
    notes = (Text("Pairs count once.", "成对读段计为一条。"),)
    picture = Picture("ngs-fates", TITLE, _described(fates, total), None if total else NOTHING, notes)
    return draw_sheet(
        picture,
        about,
        lambda sheet, y: _paint(sheet, fates, total, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def _of(fates: Fates, kinds: Sequence[Fate]) -> int:
    return sum(fates.get(kind, 0) for kind in kinds)


def _described(fates: Fates, total: int) -> Text:
    parts = [(name, _of(fates, kinds)) for name, _, kinds in GROUPS]
    return Text(
        f"{total:,} reads: " + "; ".join(f"{name.en} {count:,}" for name, count in parts) + ".",
        f"{total:,}条读段：" + "；".join(f"{name.zh}{count:,}" for name, count in parts) + "。",
    )


def _paint(sheet: Sheet, fates: Fates, total: int, y: float) -> float:
    y += 12
    sheet.write(MARGIN, y, sheet.say(Text(f"{total:,} reads", f"{total:,}条读段")), bold=True)
    left, y = MARGIN, y + 7
    for _, fill, kinds in GROUPS:
        width = _INSIDE * _of(fates, kinds) / total
        if width > 0:
            sheet.box(left, y, width, 16, fill)
        left += width
    y += 16
    for name, fill, kinds in GROUPS:
        y = _group(sheet, y + 22, name, fill, [(kind, fates.get(kind, 0)) for kind in kinds], total)
    return y + 6


def _group(
    sheet: Sheet, y: float, name: Text, fill: Fill, rows: Sequence[tuple[Fate, int]], total: int
) -> float:
    sheet.box(MARGIN, y - 8, 11, 8, fill)
    sheet.write(MARGIN + 17, y, sheet.say(name), bold=True)
    _number(sheet, y, sum(count for _, count in rows), total, bold=True)
    for kind, count in rows:
        if count == 0:
            continue
        y = sheet.paragraph(MARGIN + 17, y + 16, sheet.say(FATE_NAMES[kind]), 208, size=SMALL) - 1.3 * SMALL
        _number(sheet, y, count, total)
        y += 4
        sheet.box(MARGIN + 17, y, _INSIDE - 17, _BAR - 4, Fill(PALE, RULE))
        sheet.box(MARGIN + 17, y, max((_INSIDE - 17) * count / total, 0.7), _BAR - 4, Fill(INK))
    return y


def _number(sheet: Sheet, y: float, count: int, total: int, *, bold: bool = False) -> None:
    size = TEXT if bold else SMALL
    share = percent(count / total)
    sheet.write(WIDTH - MARGIN, y, share, size=size, anchor="end", bold=bold)
    right = WIDTH - MARGIN - max(74.0, width_of(share, size) + 6)
    sheet.write(right, y, f"{count:,}", size=size, anchor="end", bold=bold)
