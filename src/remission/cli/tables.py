"""Tables of the results as lines of text."""

from collections.abc import Iterator

from remission.cli.grid import grid
from remission.results.analysis import Results
from remission.results.numbers import Table
from remission.terms.words import SIMULATED


def table_lines(found: Results, language: str) -> Iterator[str]:
    """Every table, one after the other; each says when it is simulated."""
    yield found.cut.in_(language)
    yield ""
    for table in found.tables:
        mark = f"[{SIMULATED.in_(language)}] " if found.simulated else ""
        yield mark + table.title.in_(language)
        yield from grid(_cells(found, table, language))
        yield from (f"  {note.in_(language)}" for note in table.notes)
        yield ""


def _cells(found: Results, table: Table, language: str) -> list[list[str]]:
    rows = [["", *(column.in_(language) for column in table.columns)]]
    for row in table.rows:
        label = "  " * row.indent + row.label.in_(language)
        rows.append([label, *(found.shown(cell, language) for cell in row.cells)])
    return rows
