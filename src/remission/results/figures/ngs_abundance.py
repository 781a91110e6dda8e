"""Rank-abundance: the reads of every clonotype of a sample by rank, on log axes; index clones are named."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remission.mrd.ngs.clonotype import Index, Repertoire
from remission.mrd.words import percent
from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    RULE,
    WIDTH,
    Format,
    Language,
    Mark,
    Picture,
    Sheet,
    Stroke,
    draw_sheet,
)
from remission.paper.panel import Panel, Tick, across_axis, decades, draw_key, upward_axis
from remission.paper.words import SMALL, width_of
from remission.results.figures.ngs_clones import MOST_CLONES, and_more, clone_mark
from remission.terms.words import Text

TITLE = Text("Clonotypes by rank", "克隆型丰度排序")
NOTHING = Text("No clonotype was found.", "未发现克隆型。")
_LEFT, _HEIGHT = 64.0, 210.0
_EACH, _PER_DECADE = 30, 12
"""The first clonotypes each have a mark; further down so many a decade."""
_MARK = Mark("o", "#6f6f6f", size=2.6)


@dataclass(frozen=True, slots=True)
class Ranked:
    """An index clone among the clonotypes of a sample: rank from 1, reads, its share at diagnosis."""

    name: str
    rank: int
    reads: int
    share: float


def draw(
    repertoire: Repertoire,
    index: Index,
    *,
    about: Text,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The rank-abundance plot of a sample as SVG or PNG bytes."""
    reads = [clonotype.reads for clonotype in repertoire.clonotypes]
    named, absent = ranked(repertoire, index)
    return draw_ranks(
        reads, named, absent, about=about, simulated=simulated, language=language, format=format
    )


def ranked(repertoire: Repertoire, index: Index) -> tuple[tuple[Ranked, ...], tuple[str, ...]]:
    """The index clones with their ranks in the sample, and the names of those that are not in it."""
    place = {clonotype.key: rank for rank, clonotype in enumerate(repertoire.clonotypes, start=1)}
    named = tuple(
        Ranked(
            clone.name, place[clone.window], repertoire.clonotypes[place[clone.window] - 1].reads, clone.share
        )
        for clone in index.clones
        if clone.window in place
    )
    return named, tuple(clone.name for clone in index.clones if clone.window not in place)


def draw_ranks(
    reads: Sequence[int],
    named: Sequence[Ranked],
    absent: Sequence[str],
    *,
    about: Text,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The plot from the reads of every clonotype, most first; `absent`: index clones not among them."""
    count = len(reads)
    names = ", ".join(f"{one.name} {one.rank}" for one in named)
    description = Text(
        f"{count:,} clonotypes, {sum(reads):,} reads. Ranks of the index clones: {names or '–'}.",
        f"{count:,}个克隆型，{sum(reads):,}条读段。指标克隆的名次：{names or '–'}。",
    )
    notes = [
        Text(
            "Shares: of the reads of that locus and kind at diagnosis.",
            "百分比：占诊断样本中该位点同类重排读段的比例。",
        )
    ]
    if absent:
        listed = ", ".join(absent[:MOST_CLONES])
        notes.append(Text(f"Not among the clonotypes: {listed}.", f"未见于克隆型中：{listed}。"))
    picture = Picture("ngs-abundance", TITLE, description, None if reads else NOTHING, tuple(notes))
    return draw_sheet(
        picture,
        about,
        lambda sheet, y: _paint(sheet, reads, named, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def drawn_ranks(count: int) -> list[int]:
    """The ranks that get a mark: the first ones, then evenly on the log axis, then the last."""
    further = range(math.ceil(_PER_DECADE * math.log10(_EACH)), math.ceil(_PER_DECADE * math.log10(count)))
    thinned = [round(10 ** (step / _PER_DECADE)) for step in further]
    return sorted({rank for rank in (*range(1, _EACH + 1), *thinned, count) if rank <= count})


def _paint(sheet: Sheet, reads: Sequence[int], named: Sequence[Ranked], y: float) -> float:
    top = (
        draw_key(
            sheet,
            y,
            [
                ((_MARK,), Text(f"clonotype (of {len(reads):,})", f"克隆型（共{len(reads):,}个）")),
                ((clone_mark(0),), Text("index clone", "指标克隆")),
            ],
        )
        + 20
    )
    widest = 10.0 ** max(1, math.ceil(math.log10(len(reads))))
    tallest = 10.0 ** max(1, math.ceil(math.log10(max(reads) * 1.05)))
    panel = Panel(
        _LEFT, top, WIDTH - MARGIN - 10 - _LEFT, _HEIGHT, 0, math.log10(widest), 1, tallest, log=True
    )
    upward_axis(sheet, panel, _ticks(tallest), sheet.say(Text("reads", "读段数")))
    across = [(math.log10(value), words) for value, words in _ticks(widest)]
    bottom = across_axis(sheet, panel, across, sheet.say(Text("rank", "名次")))
    points = [
        (panel.x(math.log10(rank)), panel.y(max(reads[rank - 1], 1))) for rank in drawn_ranks(len(reads))
    ]
    if len(points) > 1:
        sheet.line(points, Stroke(RULE, 1.0))
    sheet.marks(points, _MARK)
    _labels(sheet, panel, named)
    return bottom


def _labels(sheet: Sheet, panel: Panel, named: Sequence[Ranked]) -> None:
    """Names stand in the upper right, which the falling curve leaves free, joined to their marks."""
    first = sorted(named, key=lambda one: one.rank)
    shown = first[:MOST_CLONES]
    lines = [
        sheet.say(
            Text(
                f"{one.name}: {one.reads:,} reads, {percent(one.share)}",
                f"{one.name}：{one.reads:,}条，{percent(one.share)}",
            )
        )
        for one in shown
    ]
    left = panel.right - max((width_of(line, SMALL) for line in lines), default=0.0) - 4
    y = panel.top + 8
    for place, (one, line) in enumerate(zip(shown, lines, strict=True)):
        point = (panel.x(math.log10(one.rank)), panel.y(max(one.reads, 1)))
        below = (left - 4, panel.top + 14 * len(shown))
        bend = [below] if point[0] > below[0] else []
        sheet.line([point, *bend, (left - 4, y - 3.5)], Stroke(GREY, 0.6))
        sheet.marks([point], clone_mark(place, size=6))
        sheet.write(left, y, line, size=SMALL, colour=INK)
        y += 14
    if len(first) > len(shown):
        words = sheet.say(and_more(len(first) - len(shown), Text("index clones", "个指标克隆")))
        sheet.write(left, y, words, size=SMALL, colour=GREY)


def _ticks(highest: float) -> list[Tick]:
    powers = decades(1, highest)
    every = 1 if len(powers) <= 6 else 2
    return [(power, f"{power:,.0f}") for power in powers[::every]]
