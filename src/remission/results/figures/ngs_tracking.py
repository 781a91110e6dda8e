"""Clone tracking: the level of every index clone over a patient's samples, beside what each could see.

One column a sample. The limit of detection of each sample is a line across its column, the limit of blank
a hatched band; a clone that was not detected is an open mark at the limit of detection.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remission.mrd.calls import Call
from remission.mrd.ngs.measured import CloneLevel, Measured
from remission.mrd.words import percent
from remission.paper.canvas import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    PALE,
    RULE,
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
from remission.paper.panel import Key, Panel, draw_key, upward_axis
from remission.paper.words import SMALL, wrapped
from remission.results.figures.levels import decades_around, percent_ticks
from remission.results.figures.ngs_clones import MOST_CLONES, and_more, clone_mark, clone_stroke
from remission.terms.words import Text

TITLE = Text("Index clones over time", "指标克隆随时间的变化")
NOTHING = Text("No sample has been measured yet.", "尚无样本检测结果。")
_NOTE = Text(
    "Open marks: not detected, drawn at the limit of detection of that sample. Bars: 95 % interval, cut "
    "where it reaches 0. Lines join results of one clone, dotted where one of the two was not detected.",
    "空心：未检出，画在该样本的检出限处。竖线：95%区间，下限为0时截断。连线为同一克隆，任一端未检出时为点线。",
)
_LEFT, _HEIGHT = 74.0, 210.0
_MOST_SAMPLES = 7
_LOD, _THRESHOLD = Stroke(INK, 1.8), Stroke(BLUE, 1.2)
_LOB = Fill(PALE, RULE, "////")
_CALLS = {
    Call.NEGATIVE: Text("negative", "阴性"),
    Call.POSITIVE: Text("positive", "阳性"),
    Call.NOT_EVALUABLE: Text("not evaluable", "不可评估"),
}
Line = tuple[str, str]
"""A clone followed: the sample of its index, and its name there."""


@dataclass(frozen=True, slots=True)
class TrackedSample:
    """A measured sample, when it was taken in the words under the axis, and its call."""

    when: Text
    measured: Measured
    call: Call


def draw(
    samples: Sequence[TrackedSample],
    *,
    threshold: float,
    about: Text,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The tracking of a patient's samples, in the order given, as SVG or PNG bytes.

    `threshold`: the protocol's, a fraction of cells. `about`: whose samples these are.
    """
    shown = samples[-_MOST_SAMPLES:]
    lines = lines_of(shown)
    notes = [_NOTE]
    if len(samples) > len(shown):
        notes.append(and_more(len(samples) - len(shown), Text("samples before these", "个更早的样本")))
    if len(lines) > MOST_CLONES:
        notes.append(and_more(len(lines) - MOST_CLONES, Text("clones, of lower levels", "个水平更低的克隆")))
    picture = Picture("ngs-tracking", TITLE, _described(shown), None if shown else NOTHING, tuple(notes))
    return draw_sheet(
        picture,
        about,
        lambda sheet, y: _paint(sheet, shown, lines[:MOST_CLONES], threshold, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def lines_of(samples: Sequence[TrackedSample]) -> list[Line]:
    """Every clone followed, that with the highest level first; without a level in their own order."""
    highest: dict[Line, float] = {}
    for line, _, clone in _levels(samples):
        highest[line] = max(highest.get(line, 0.0), clone.level)
    return sorted(highest, key=lambda line: -highest[line])


def _levels(samples: Sequence[TrackedSample]) -> Iterator[tuple[Line, int, CloneLevel]]:
    for column, sample in enumerate(samples):
        for clone in sample.measured.clones:
            yield (sample.measured.index_sample, clone.name), column, clone


def _described(samples: Sequence[TrackedSample]) -> Text:
    en: list[str] = []
    zh: list[str] = []
    for sample in samples:
        result = sample.measured.result
        level, lod, call = percent(result.level), percent(result.lod), _CALLS[sample.call]
        en.append(f"{sample.when.en}: level {level}, limit of detection {lod}, {call.en}")
        zh.append(f"{sample.when.zh}：水平{level}，检出限{lod}，{call.zh}")
    return Text(
        f"Levels of the index clones on a log axis. {'; '.join(en)}.",
        f"指标克隆水平（对数轴）。{'；'.join(zh)}。",
    )


def _paint(
    sheet: Sheet, samples: Sequence[TrackedSample], lines: Sequence[Line], threshold: float, y: float
) -> float:
    top = draw_key(sheet, y, _keys(samples, lines, threshold)) + 12
    low, high = decades_around(_heights(samples, threshold))
    panel = Panel(_LEFT, top, WIDTH - MARGIN - _LEFT, _HEIGHT, 0, len(samples), low, high, log=True)
    upward_axis(sheet, panel, percent_ticks(low, high), "")
    sheet.line([(panel.left, panel.y(threshold)), (panel.right, panel.y(threshold))], _THRESHOLD)
    _bands(sheet, panel, samples)
    for place, line in enumerate(lines):
        _draw_clone(sheet, panel, samples, line, place, len(lines))
    sheet.line([(panel.left, panel.bottom), (panel.right, panel.bottom)], Stroke(INK, 0.9))
    return _names(sheet, panel, samples)


def _heights(samples: Sequence[TrackedSample], threshold: float) -> list[float]:
    found = [threshold]
    for sample in samples:
        limits = (sample.measured.result.lod, sample.measured.lob)
        found += [level for level in limits if level > 0]
        for clone in sample.measured.clones:
            found += [level for level in (clone.level, clone.upper) if level > 0]
    return found


def _keys(samples: Sequence[TrackedSample], lines: Sequence[Line], threshold: float) -> list[Key]:
    several = len({index for index, _ in lines}) > 1
    keys: list[Key] = []
    for place, (index, name) in enumerate(lines):
        words = Text(f"{name}, index of {index}", f"{name}（索引{index}）") if several else Text(name, name)
        keys.append(((clone_mark(place),), words))
    if any(clone.level == 0 for _, _, clone in _levels(samples)):
        keys.append(((Mark("o", GREY, open=True),), Text("not detected", "未检出")))
    keys.append((_LOD, Text("limit of detection", "检出限")))
    if any(sample.measured.lob > 0 for sample in samples):
        keys.append((_LOB, Text("up to the limit of blank", "空白限以内")))
    limit = percent(threshold)
    keys.append((_THRESHOLD, Text(f"threshold {limit}", f"阈值{limit}")))
    return keys


def _bands(sheet: Sheet, panel: Panel, samples: Sequence[TrackedSample]) -> None:
    for column, sample in enumerate(samples):
        left, right = panel.x(column + 0.08), panel.x(column + 0.92)
        if sample.measured.lob > panel.y_from:
            top = panel.y(sample.measured.lob)
            sheet.box(left, top, right - left, panel.bottom - top, _LOB)
        y = panel.y(sample.measured.result.lod)
        sheet.line([(left, y), (right, y)], _LOD)


def _draw_clone(
    sheet: Sheet, panel: Panel, samples: Sequence[TrackedSample], line: Line, place: int, of: int
) -> None:
    """One clone: its interval and mark in each sample, and the lines between neighbouring samples."""
    points: dict[int, tuple[Point, bool]] = {}
    bars: list[tuple[Point, Point]] = []
    for found, column, clone in _levels(samples):
        if found != line:
            continue
        x = panel.x(column + 0.5 + 0.72 * (place - (of - 1) / 2) / of)
        level = clone.level if clone.level > 0 else samples[column].measured.result.lod
        points[column] = ((x, panel.y(max(level, panel.y_from))), clone.level > 0)
        if clone.level > 0:
            bottom = panel.y(max(clone.lower, panel.y_from))
            bars.append(((x, bottom), (x, panel.y(clone.upper))))
    stroke = clone_stroke(place)
    for column, (point, seen) in points.items():
        if column + 1 in points:
            following, also = points[column + 1]
            joined = stroke if seen and also else Stroke(stroke.colour, 0.9, (1.0, 2.5))
            sheet.line([point, following], joined)
    sheet.lines(bars, Stroke(stroke.colour, 1.1))
    for seen in (True, False):
        marks = [point for point, was in points.values() if was is seen]
        sheet.marks(marks, clone_mark(place, open=not seen))


def _names(sheet: Sheet, panel: Panel, samples: Sequence[TrackedSample]) -> float:
    lowest = panel.bottom
    for column, sample in enumerate(samples):
        x, y = panel.x(column + 0.5), panel.bottom + 15
        width = panel.width / len(samples) - 4
        for words, colour in ((sample.when, INK), (_CALLS[sample.call], GREY)):
            for line in wrapped(sheet.say(words), width, SMALL):
                sheet.write(x, y, line, size=SMALL, anchor="middle", colour=colour)
                y += 13
        lowest = max(lowest, y - 8)
    return lowest
