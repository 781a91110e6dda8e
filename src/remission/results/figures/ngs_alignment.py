"""Alignment: the window of an index clone with its segments, and below it the reads seen most near it.

The bases of the index stand in the first row of each stretch; below, a line where a read shows the same
base, the base in a box where it differs, a dash where it lacks one, a wedge before which it has one more.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from remission.mrd.ngs.clonotype import IndexClone
from remission.mrd.ngs.measured import CloneLevel
from remission.mrd.ngs.rearrangement import Kind
from remission.mrd.ngs.tally import Sighting, Tolerance
from remission.paper.canvas import (
    ALARM,
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
    Stroke,
    draw_sheet,
)
from remission.paper.words import SMALL, TEXT, width_of
from remission.results.figures.ngs_clones import and_more
from remission.terms.words import Text

TITLE = Text("Reads against the index junction", "读段与指标克隆连接区的比对")
_MOST = 8
_LEFT, _STEP, _ROW = MARGIN + 18.0, 7.1, 14.0
_PER_LINE = int((WIDTH - MARGIN - _LEFT) / _STEP)
_SHADES = {"V": "#cfe4f2", "N": PAPER, "D": "#f7dcc8", "J": "#d9ecd6", "Kde": "#e6dcef", "intron": "#cfe4f2"}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the window: its kind (V, N, D, J, Kde, intron), its name, start and end on the window."""

    kind: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Base:
    """What a read shows at one place of the index: its base ('-': none), and what it has more before it."""

    base: str
    more: str


def draw(
    clone: IndexClone, level: CloneLevel, *, about: Text, simulated: bool, language: Language, format: Format
) -> bytes:
    """The alignment of one clone in one sample as SVG or PNG bytes."""
    seen = sorted(level.sightings, key=lambda one: (-one.reads, one.window))
    shown, rest = seen[:_MOST], seen[_MOST:]
    notes = [level.tolerance.why]
    if rest:
        reads = sum(one.reads for one in rest)
        kinds = "window" if len(rest) == 1 else "windows"
        more = and_more(len(rest), Text(f"{kinds}, reads in all: {reads:,}", f"种窗口，共{reads:,}条"))
        notes.insert(0, more)
    description = Text(
        f"{clone.name}, {' '.join(clone.clonotype.rearrangement.genes)}: {level.reads:,} reads counted, "
        f"{level.exact_reads:,} of them unchanged; {level.neighbour_reads:,} reads near it not counted.",
        f"{clone.name}，{' '.join(clone.clonotype.rearrangement.genes)}：计入{level.reads:,}条，"
        f"其中{level.exact_reads:,}条完全一致；相近但未计入{level.neighbour_reads:,}条。",
    )
    title = Text(f"{clone.name}: {TITLE.en[0].lower()}{TITLE.en[1:]}", f"{clone.name}：{TITLE.zh}")
    picture = Picture(f"ngs-alignment-{clone.name}", title, description, None, tuple(notes))
    return draw_sheet(
        picture,
        about,
        lambda sheet, y: _paint(sheet, clone, level.tolerance, shown, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def stretches(clone: IndexClone) -> list[Stretch]:
    """The segments and the N between them, cut to the window, in order."""
    rearrangement = clone.clonotype.rearrangement
    parts = [rearrangement.five, *rearrangement.d, rearrangement.three]
    first = (
        "intron" if rearrangement.kind is Kind.INTRON_KDE else "D" if rearrangement.kind is Kind.D_J else "V"
    )
    last = "Kde" if rearrangement.kind in (Kind.V_KDE, Kind.INTRON_KDE) else "J"
    kinds = [first, *("D" for _ in rearrangement.d), last]
    found: list[tuple[str, str, int, int]] = []
    for kind, part in zip(kinds, parts, strict=True):
        found.append((kind, part.gene, part.start, part.end))
    between = [("N", "N", left[3], right[2]) for left, right in pairwise(found)]
    start, end = clone.clonotype.window
    cut = [
        Stretch(kind, name, max(a, start) - start, min(b, end) - start)
        for kind, name, a, b in sorted([*found, *between], key=lambda one: one[2:])
    ]
    return [one for one in cut if one.end > one.start]


def aligned(index: str, seen: str) -> list[Base]:
    """What a read shows at each place of the index, by the alignment with the fewest differences.

    Windows of one length are compared place by place; else by edit distance, gaps as far left as may be.
    One entry more than the index has bases: what comes after its end.
    """
    if len(index) == len(seen):
        return [*(Base(base, "") for base in seen), Base("", "")]
    rows, columns = len(index) + 1, len(seen) + 1
    cost = [
        [row + column if row == 0 or column == 0 else 0 for column in range(columns)] for row in range(rows)
    ]
    for row in range(1, rows):
        for column in range(1, columns):
            same = index[row - 1] == seen[column - 1]
            cost[row][column] = min(
                cost[row - 1][column - 1] + (not same), cost[row - 1][column] + 1, cost[row][column - 1] + 1
            )
    found, row, column, more = [Base("", "")] * rows, rows - 1, columns - 1, ""
    base = ""
    while True:
        here = cost[row][column]
        matches = row and column and here == cost[row - 1][column - 1] + (index[row - 1] != seen[column - 1])
        if column and not matches and here == cost[row][column - 1] + 1:
            more, column = seen[column - 1] + more, column - 1
            continue
        found[row], more = Base(base, more), ""
        if row == 0:
            return found
        base = seen[column - 1] if matches else "-"
        row, column = row - 1, column - 1 if matches else column


def why(sighting: Sighting, tolerance: Tolerance) -> Text:
    """Whether reads of a window were counted, and why."""
    if sighting.substitutions == 0 and sighting.indels == 0:
        return Text("counted: unchanged", "计入：完全一致")
    differences = _differences(sighting.substitutions, sighting.indels)
    if sighting.belongs:
        return Text(f"counted: {differences.en}", f"计入：{differences.zh}")
    if sighting.substitutions > tolerance.substitutions or sighting.indels > tolerance.indels:
        return Text(
            f"not counted: {differences.en}, more than tolerated", f"不计入：{differences.zh}，超出容差"
        )
    return Text(
        f"not counted: {differences.en}, not explained by errors",
        f"不计入：{differences.zh}，测序误差不能解释",
    )


def _differences(substitutions: int, indels: int) -> Text:
    en: list[str] = []
    zh: list[str] = []
    if substitutions:
        en.append(f"{substitutions} substitution{'s' if substitutions > 1 else ''}")
        zh.append(f"{substitutions}处替换")
    if indels:
        en.append(f"{indels} indel{'s' if indels > 1 else ''}")
        zh.append(f"{indels}处插入或缺失")
    return Text(", ".join(en), "，".join(zh))


def _paint(
    sheet: Sheet, clone: IndexClone, tolerance: Tolerance, shown: Sequence[Sighting], y: float
) -> float:
    index, parts = clone.window, stretches(clone)
    rows = [aligned(index, one.window) for one in shown]
    for start in range(0, len(index), _PER_LINE):
        end = min(start + _PER_LINE, len(index))
        y = _line(sheet, index, parts, rows, start, end, y + 20)
    return _list(sheet, shown, tolerance, y + 8)


def _line(
    sheet: Sheet, index: str, parts: Sequence[Stretch], rows: Sequence[Sequence[Base]], start: int, end: int,
    y: float,
) -> float:  # fmt: skip
    """One stretch of the window with every read below it; `y` is the baseline of the names."""
    bottom = y + 20 + _ROW * len(rows) + 3
    _shade(sheet, parts, start, end, y, bottom)
    y += 16
    for place in range(start, end):
        sheet.write(_x(place, start), y, index[place], anchor="middle", bold=True)
    for number, row in enumerate(rows, start=1):
        y += _ROW
        sheet.write(_LEFT - 5, y, str(number), size=SMALL, anchor="end", colour=GREY)
        _read(sheet, index, row, start, end, y)
    return bottom


def _shade(sheet: Sheet, parts: Sequence[Stretch], start: int, end: int, y: float, bottom: float) -> None:
    """The segments behind the letters, their names above: the gene where there is room, else the kind."""
    free = _LEFT
    for part in parts:
        left, right = max(part.start, start), min(part.end, end)
        if left >= right:
            continue
        x, width = _LEFT + _STEP * (left - start), _STEP * (right - left)
        sheet.box(x, y + 4, width, bottom - y - 4, Fill(_SHADES[part.kind], RULE))
        for words in (part.name, part.kind):
            needed, middle = width_of(words, SMALL) * 0.95, x + width / 2
            at = min(max(middle, free + needed / 2), WIDTH - MARGIN - needed / 2)
            if needed <= max(width, 8) + 4 and at - needed / 2 >= free - 0.1:
                sheet.write(at, y, words, size=SMALL, anchor="middle", colour=GREY)
                free = at + needed / 2 + 2
                break


def _x(place: int, start: int) -> float:
    return _LEFT + _STEP * (place - start + 0.5)


def _read(sheet: Sheet, index: str, row: Sequence[Base], start: int, end: int, y: float) -> None:
    middle = y - 3.8
    for left, right in _same(index, row, start, end):
        sheet.line(
            [(_LEFT + _STEP * (left - start), middle), (_LEFT + _STEP * (right - start), middle)],
            Stroke("#8a8a8a", 1.0),
        )
    for place in range(start, end):
        shown, x = row[place].base, _x(place, start)
        if shown != index[place]:
            sheet.box(x - _STEP / 2, y - 9.5, _STEP, 11.5, Fill(PAPER, ALARM))
            sheet.write(
                x, y, "–" if shown == "-" else shown, size=TEXT, anchor="middle", bold=True, colour=ALARM
            )
    last = end + 1 if end == len(index) else end
    for place in range(start, last):
        if row[place].more:
            _wedge(sheet, _LEFT + _STEP * (place - start), y, row[place].more)


def _wedge(sheet: Sheet, x: float, y: float, more: str) -> None:
    """A base that the index lacks: a wedge between its neighbours, and the base."""
    sheet.area([(x - 3, y - 12), (x + 3, y - 12), (x, y - 7)], Fill(ALARM))
    x = min(x, WIDTH - MARGIN - 5)
    sheet.write(x, y + 1, more, size=SMALL, anchor="middle", bold=True, colour=ALARM)


def _same(index: str, row: Sequence[Base], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches in which the read shows the bases of the index."""
    begun: int | None = None
    for place in range(start, end + 1):
        same = place < end and row[place].base == index[place]
        if same and begun is None:
            begun = place
        elif not same and begun is not None:
            yield begun, place
            begun = None


def _list(sheet: Sheet, shown: Sequence[Sighting], tolerance: Tolerance, y: float) -> float:
    if not shown:
        words = Text("No read came near this clone.", "没有与该克隆相近的读段。")
        return sheet.paragraph(MARGIN, y + 12, sheet.say(words), WIDTH - 2 * MARGIN) - 4
    for number, sighting in enumerate(shown, start=1):
        y += 15
        sheet.write(_LEFT - 5, y, str(number), size=SMALL, anchor="end", colour=GREY)
        reads = sheet.say(Text(f"{sighting.reads:,} reads", f"{sighting.reads:,}条"))
        sheet.write(_LEFT + 78, y, reads, size=SMALL, anchor="end", colour=INK)
        sheet.write(_LEFT + 88, y, sheet.say(why(sighting, tolerance)), size=SMALL)
    return y + 4
