"""A table of words as plain text, HTML and LaTeX, and what a result prints of itself."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import east_asian_width

from remission.errors import InvariantBroken
from remission.terms.words import SIMULATED, Text

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{",
    "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "≤": r"$\le$", "≥": r"$\ge$", "−": r"$-$", "×": r"$\times$", "±": r"$\pm$",
}  # fmt: skip
_NUMBER = re.compile(r"[<>≤≥]?\s*[-−+]?\d")


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """Words in rows and columns, the first cell of a row being its label; `notes` stand under it.

    Raises
    ------
    InvariantBroken
        For a row that has not one cell for each column.
    """

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Text | str, ...], ...]
    notes: tuple[Text, ...] = ()
    simulated: bool = False

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise InvariantBroken(
                    f"{len(row)} cells in a table of {len(self.columns)} columns",
                    where=f"table {self.title.en!r}, row {number}",
                    do="give one cell for each column",
                )


class Printable(ABC):
    """A result that prints itself: it says its table once, and has it as text, HTML and LaTeX."""

    __slots__ = ()

    @abstractmethod
    def printed(self) -> PrintedTable:
        """What it prints."""

    def text(self, language: str = "en") -> str:
        """As lines of plain text."""
        return as_text(self.printed(), language)

    def html(self, language: str = "en") -> str:
        """As an HTML table with caption."""
        return as_html(self.printed(), language)

    def latex(self, language: str = "en") -> str:
        """As a LaTeX `table` (needs booktabs; Chinese needs ctex)."""
        return as_latex(self.printed(), language)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return self.html()


def as_text(table: PrintedTable, language: str = "en") -> str:
    """Aligned columns: labels to the left, numbers to the right; Chinese letters count as two."""
    grid = [[text.in_(language) for text in table.columns], *_words(table, language)]
    widths = [max(_width(row[column]) for row in grid) for column in range(len(table.columns))]
    right = [_are_numbers([row[column] for row in grid[1:]]) for column in range(len(widths))]
    lines = [_title(table, language)]
    for place, row in enumerate(grid):
        cells = [
            _padded(cell, width, right=at_right)
            for cell, width, at_right in zip(row, widths, right, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
        if place == 0:
            lines.append("  ".join("-" * width for width in widths))
    return "\n".join([*lines, *(note.in_(language) for note in table.notes)])


def as_html(table: PrintedTable, language: str = "en") -> str:
    """A `<table>` with caption, header cells and notes in its foot; every word escaped."""
    tag = "zh-Hans" if language.lower().startswith("zh") else "en"
    head = "".join(f'<th scope="col">{escape(text.in_(language))}</th>' for text in table.columns)
    body = "".join(_html_row(row) for row in _words(table, language))
    notes = "".join(
        f'<tr><td colspan="{len(table.columns)}">{escape(note.in_(language))}</td></tr>'
        for note in table.notes
    )
    foot = f"<tfoot>{notes}</tfoot>\n" if notes else ""
    return (
        f'<table lang="{tag}">\n<caption>{escape(_title(table, language))}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n{foot}</table>\n"
    )


def as_latex(table: PrintedTable, language: str = "en") -> str:
    """A `table` environment with booktabs rules; every word escaped."""
    rows = _words(table, language)
    columns = len(table.columns)
    right = [_are_numbers([row[column] for row in rows]) for column in range(columns)]
    layout = "".join("r" if at_right else "l" for at_right in right)
    head = " & ".join(_latex(text.in_(language)) for text in table.columns)
    body = "".join(" & ".join(_latex(cell) for cell in row) + " \\\\\n" for row in rows)
    notes = "".join(_latex_note(note.in_(language), columns) for note in table.notes)
    return (
        f"\\begin{{table}}\n\\caption{{{_latex(_title(table, language))}}}\n\\begin{{tabular}}{{{layout}}}\n"
        f"\\toprule\n{head} \\\\\n\\midrule\n{body}\\bottomrule\n{notes}\\end{{tabular}}\n\\end{{table}}\n"
    )


def _html_row(row: Sequence[str]) -> str:
    label, *cells = (escape(cell) for cell in row)
    return f'<tr><th scope="row">{label}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>\n'


def _latex_note(note: str, columns: int) -> str:
    cell = f"{{p{{0.95\\linewidth}}}}{{\\footnotesize {_latex(note)}}}"
    return f"\\multicolumn{{{columns}}}{cell} \\\\\n"


def _words(table: PrintedTable, language: str) -> list[list[str]]:
    return [[cell.in_(language) if isinstance(cell, Text) else cell for cell in row] for row in table.rows]


def _title(table: PrintedTable, language: str) -> str:
    title = table.title.in_(language)
    return f"{title} [{SIMULATED.in_(language)}]" if table.simulated else title


def _are_numbers(cells: Sequence[str]) -> bool:
    known = [cell for cell in cells if cell not in ("", "-", "–")]
    return bool(known) and all(_NUMBER.match(cell) for cell in known)


def _width(words: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def _padded(words: str, width: int, *, right: bool) -> str:
    space = " " * (width - _width(words))
    return space + words if right else words + space


def _latex(words: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in words)
