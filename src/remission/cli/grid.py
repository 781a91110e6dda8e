"""Rows of cells as lines whose columns line up, in a terminal of either script."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from remission.cli.words import Spoken

if TYPE_CHECKING:
    from remission.lab.tables import Table


def grid(rows: Sequence[Sequence[str]], numbers: frozenset[int] = frozenset()) -> Iterator[str]:
    """The lines of a table; columns of `numbers` (from 0) stand right."""
    columns = max((len(row) for row in rows), default=0)
    filled = [[*row, *[""] * (columns - len(row))] for row in rows]
    widths = [max(width(row[place]) for row in filled) for place in range(columns)]
    for row in filled:
        cells = (_padded(cell, widths[place], place in numbers) for place, cell in enumerate(row))
        yield ("  " + "  ".join(cells)).rstrip()


def width(text: str) -> int:
    """Columns a terminal gives to a text: Chinese characters take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(cell: str, wide: int, right: bool) -> str:
    room = " " * (wide - width(cell))
    return room + cell if right else cell + room


def tables_as_text(tables: Iterable["Table"], words: Spoken, simulated: bool) -> str:
    """Tables as lines for the terminal; simulated ones say so first."""
    from remission.lab.tables import SIMULATED

    lines = [SIMULATED.in_(words), ""] if simulated else []
    for table in tables:
        lines += [table.title.in_(words), *grid(_cells(table, words), table.numbers)]
        lines += [f"  {note.in_(words)}" for note in table.notes]
        lines.append("")
    return "\n".join(lines[:-1])


def _cells(table: "Table", words: Spoken) -> Sequence[Sequence[str]]:
    head = [[column.in_(words) for column in table.columns]] if any(c.en for c in table.columns) else []
    return [*head, *([c if isinstance(c, str) else c.in_(words) for c in row] for row in table.rows)]
