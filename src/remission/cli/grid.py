"""Rows of cells as lines whose columns line up, in a terminal of either script."""

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width


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
