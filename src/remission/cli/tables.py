"""Tables of the results as lines of text."""

from collections.abc import Iterator
from unicodedata import east_asian_width

from remission.results.analysis import SIMULATED, Results
from remission.results.numbers import Table


def table_lines(found: Results, language: str) -> Iterator[str]:
    """Every table, one after the other; each says when it is simulated."""
    for table in found.tables:
        mark = f"[{SIMULATED.in_(language)}] " if found.simulated else ""
        yield mark + table.title.in_(language)
        yield from _grid(_cells(found, table, language))
        yield from (f"  {note.in_(language)}" for note in table.notes)
        yield ""


def _cells(found: Results, table: Table, language: str) -> list[list[str]]:
    rows = [["", *(column.in_(language) for column in table.columns)]]
    for row in table.rows:
        label = "  " * row.indent + row.label.in_(language)
        rows.append([label, *(found.shown(cell, language) for cell in row.cells)])
    return rows


def _grid(rows: list[list[str]]) -> Iterator[str]:
    columns = max(len(row) for row in rows)
    filled = [row + [""] * (columns - len(row)) for row in rows]
    widths = [max(_width(row[place]) for row in filled) for place in range(columns)]
    for row in filled:
        cells = (text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()


def _width(text: str) -> int:
    """Columns a terminal gives to a text: Chinese characters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
