"""The gate tree with its counts: events, percent of the parent, percent of the denominator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remission.mrd.words import cells_name, percent
from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    PALE,
    RULE,
    VERMILION,
    WIDTH,
    Fill,
    Format,
    Language,
    Mark,
    Picture,
    Sheet,
    Stroke,
    draw_sheet,
)
from remission.paper.words import SMALL, wrapped
from remission.results.figures.flow_views import ALL
from remission.terms.words import Text

TITLE = Text("Gate tree", "设门树")
NOTHING = Text("No population was counted.", "没有计数的细胞群。")
_STEP, _LINE = 5.5, 13.0
_WIDTHS = {"events": 56.0, "unflagged": 57.0, "parent": 62.0, "cells": 74.0}

_HEADS = {
    "events": Text("events", "事件数"),
    "unflagged": Text("unflagged", "未标记"),
    "parent": Text("of parent", "占父群"),
    "cells": Text("of cells", "占分母"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One population: how deep it lies, its events, its parent's, and (if known) those quality kept."""

    path: str
    name: Text
    depth: int
    events: int
    parent_events: int
    kept: int | None


def rows_of(
    counts: Mapping[str, int], total: int, names: Mapping[str, Text], kept: Mapping[str, int] | None = None
) -> list[Row]:
    """The tree from events by path, children under their parents in the order given.

    A gate is named by the last part of its path; a parent that was not counted gives its place to its own.
    """
    children: dict[str, list[str]] = {}
    for path in counts:
        above = path
        while above:
            above = above.rpartition("/")[0]
            if above in counts:
                break
        children.setdefault(above, []).append(path)
    rows: list[Row] = []

    def add(path: str, depth: int, parent_events: int) -> None:
        gate = path.rpartition("/")[2]
        name = names.get(gate, Text(gate, gate))
        without = None if kept is None else kept.get(path)
        rows.append(Row(path, name, depth, counts[path], parent_events, without))
        for child in children.get(path, []):
            add(child, depth + 1, counts[path])

    for path in children.get("", []):
        add(path, 1, total)
    return rows


def draw(
    counts: Mapping[str, int],
    total: int | None,
    *,
    names: Mapping[str, Text],
    mrd: str,
    denominator: tuple[str, str],
    kept: tuple[int | None, Mapping[str, int]] | None = None,
    about: Text,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The tree as SVG or PNG bytes.

    Parameters
    ----------
    counts : mapping
        Events by path (`nucleated/singlets/B`).
    total : int or None
        All events of the file; None where they are not known: then the tree begins at its first gates.
    names : mapping
        What people call each gate, by its id.
    mrd : str
        The path of the population that stands for disease; it is marked.
    denominator : (name, path)
        What the last column is a percent of.
    kept : (total, counts by path), optional
        The same without the events that quality flagged.
    """
    rows = rows_of(counts, total or 0, names, kept[1] if kept else None)
    root = [] if total is None else [Row("", ALL, 0, total, total, kept[0] if kept else None)]
    base = counts.get(denominator[1], 0)
    picture = Picture(
        "flow-tree",
        TITLE,
        _described(rows, denominator, base),
        None if rows else NOTHING,
        _notes(denominator),
    )
    return draw_sheet(
        picture,
        about,
        lambda sheet, y: _paint(sheet, [*root, *rows], mrd, denominator[1], base, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def _notes(denominator: tuple[str, str]) -> tuple[Text, ...]:
    cells = cells_name(denominator[0])
    return (
        Text(
            f"Percent of {cells.en}: only of populations within them. The bar is the percent of the parent.",
            f"占{cells.zh}的百分比仅适用于其下的细胞群。横条为占父群的百分比。",
        ),
    )


def _described(rows: Sequence[Row], denominator: tuple[str, str], base: int) -> Text:
    cells = cells_name(denominator[0])
    said = [(row.name, f"{row.events:,}", _share(row.events, row.parent_events)) for row in rows]
    return Text(
        f"{base:,} {cells.en}. "
        + "; ".join(f"{name.en} {n}" + (f", {p} of its parent" if p else "") for name, n, p in said)
        + ".",
        f"{cells.zh}{base:,}个。"
        + "；".join(f"{name.zh}{n}个" + (f"，占父群{p}" if p else "") for name, n, p in said)
        + "。",
    )


def _paint(sheet: Sheet, rows: Sequence[Row], mrd: str, denominator: str, base: int, y: float) -> float:
    shown = [name for name in _HEADS if name != "unflagged" or any(row.kept is not None for row in rows)]
    rights = {
        name: WIDTH - MARGIN - sum(_WIDTHS[later] for later in shown[at + 1 :])
        for at, name in enumerate(shown)
    }
    y += 14
    for name, right in rights.items():
        sheet.write(right, y, sheet.say(_HEADS[name]), size=SMALL, anchor="end", colour=GREY)
    y += 5
    room = WIDTH - 2 * MARGIN - sum(_WIDTHS[name] for name in shown)
    trunk: dict[int, float] = {}
    for row in rows:
        sheet.line([(MARGIN, y), (WIDTH - MARGIN, y)], Stroke(PALE, 0.8))
        top, left = y, MARGIN + row.depth * _STEP
        if row.depth:
            _branch(sheet, left, top, trunk.get(row.depth - 1, top))
        is_mrd = row.path == mrd and bool(row.path)
        inside = row.path == denominator or row.path.startswith(denominator + "/")
        y = _name(sheet, row, left, top, room, mrd=is_mrd, bold=is_mrd or row.path == denominator)
        trunk[row.depth] = y + 2
        cells = {
            "events": f"{row.events:,}",
            "unflagged": "–" if row.kept is None else f"{row.kept:,}",
            "parent": (_share(row.events, row.parent_events) or "–") if row.depth else "",
            "cells": (_share(row.events, base) if inside else "") or "–",
        }
        for name, right in rights.items():
            words, colour = cells[name], GREY if cells[name] == "–" else INK
            sheet.write(right, top + _LINE, words, size=SMALL, anchor="end", bold=is_mrd, colour=colour)
        if row.depth and row.parent_events:
            _bar(sheet, rights["parent"], top + _LINE + 2.5, row.events / row.parent_events)
        y += 6
    sheet.line([(MARGIN, y), (WIDTH - MARGIN, y)], Stroke(RULE, 0.8))
    return y + 2


def _name(sheet: Sheet, row: Row, left: float, top: float, room: float, *, mrd: bool, bold: bool) -> float:
    """The population's name in as many lines as it needs, and the mark of disease; its last baseline."""
    if mrd:
        sheet.marks([(left + 3, top + 9.5)], Mark("D", VERMILION, size=4.5))
    at, y = left + (10 if mrd else 1), top
    for line in wrapped(sheet.say(row.name), room - (at - MARGIN), SMALL * (1.05 if bold else 1)):
        y += _LINE
        sheet.write(at, y, line, size=SMALL, bold=bold)
    return y


def _branch(sheet: Sheet, left: float, top: float, from_height: float) -> None:
    """The line from the parent's name down and across to this one's."""
    trunk = left - _STEP + 3
    sheet.line([(trunk, from_height), (trunk, top + 9.5), (left - 1, top + 9.5)], Stroke(RULE, 0.9))


def _bar(sheet: Sheet, right: float, y: float, share: float) -> None:
    width = _WIDTHS["parent"] - 9
    sheet.box(right - width, y, width, 2.2, Fill(PALE))
    if share > 0:
        sheet.box(right - width, y, max(width * min(share, 1.0), 0.6), 2.2, Fill(INK))


def _share(events: int, of: int) -> str:
    return percent(events / of) if of else ""
