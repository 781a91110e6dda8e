"""What quality control found, concern by concern, and what is left without the events it flagged."""

from collections.abc import Sequence
from dataclasses import dataclass

from remission.mrd.flow.quality.findings import Concern, Finding
from remission.mrd.flow.quality.words import CONCERNS
from remission.mrd.words import percent
from remission.paper.canvas import (
    ALARM,
    GREY,
    MARGIN,
    PALE,
    PAPER,
    WIDTH,
    Fill,
    Format,
    Language,
    Picture,
    Sheet,
    Stroke,
    draw_sheet,
)
from remission.paper.words import SMALL, TEXT, width_of, wrapped
from remission.terms.words import Text

TITLE = Text("Quality of the acquisition", "采集质量")
NOTHING = Text("nothing found", "未见异常")
_NAME, _GAP = 92.0, 6.0


@dataclass(frozen=True, slots=True)
class Line:
    """One concern and one finding about it; without a finding nothing was found."""

    concern: Text
    finding: Finding | None


def lines_of(findings: Sequence[Finding]) -> list[Line]:
    """A table of every concern in its order, with each of its findings."""
    lines: list[Line] = []
    for concern, name in CONCERNS.items():
        found = [finding for finding in findings if finding.concern is Concern(concern)]
        lines += [Line(name, finding) for finding in found] or [Line(name, None)]
    return lines


def kept_words(kept: int, count: int) -> Text:
    """How many events no concern touches."""
    share = f"{percent(kept / count)}" if count else "–"
    return Text(
        f"{kept:,} of {count:,} events are flagged by nothing ({share}).",
        f"{count:,}个事件中{kept:,}个未被标记（{share}）。",
    )


def draw(
    findings: Sequence[Finding],
    kept: int,
    count: int,
    *,
    about: Text,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The table as SVG or PNG bytes; `kept` of `count` events are touched by no concern."""
    lines = lines_of(findings)
    said = kept_words(kept, count)
    description = Text(
        " ".join(one.said.en for one in findings) + " " + said.en,
        "".join(one.said.zh for one in findings) + said.zh,
    )
    note = Text(
        "Flagged events stay in every count and plot; counts without them are shown beside.",
        "被标记的事件仍计入所有计数和图形；剔除后的计数并列显示。",
    )
    return draw_sheet(
        Picture("flow-quality", TITLE, description, notes=(note,)),
        about,
        lambda sheet, y: _paint(sheet, lines, said, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def _paint(sheet: Sheet, lines: Sequence[Line], kept: Text, y: float) -> float:
    y += 6
    for line in lines:
        sheet.line([(MARGIN, y), (WIDTH - MARGIN, y)], Stroke(PALE, 0.8))
        bottom = y + 15
        finding = line.finding
        sheet.write(MARGIN, y + 15, sheet.say(line.concern), bold=finding is not None)
        if finding is None:
            sheet.write(MARGIN + _NAME, y + 15, sheet.say(NOTHING), colour=GREY)
        else:
            at = y
            for words in wrapped(sheet.say(finding.said), WIDTH - 2 * MARGIN - _NAME, TEXT):
                at += 14
                sheet.write(MARGIN + _NAME, at + 1, words)
            bottom = _flag(sheet, finding.flag, at + 5) if finding.flag else at + 1
        y = bottom + _GAP
    sheet.line([(MARGIN, y), (WIDTH - MARGIN, y)], Stroke(PALE, 0.8))
    return sheet.paragraph(MARGIN, y + 17, sheet.say(kept), WIDTH - 2 * MARGIN, bold=True) - 8


def _flag(sheet: Sheet, flag: str, y: float) -> float:
    """The flag in a box of its own, the height below it."""
    words = sheet.say(Text(f"flag: {flag}", f"标记：{flag}"))
    left = MARGIN + _NAME
    sheet.box(left, y, width_of(words, SMALL) + 10, 15, Fill(PAPER, ALARM))
    sheet.write(left + 5, y + 11, words, size=SMALL, colour=ALARM, bold=True)
    return y + 15
