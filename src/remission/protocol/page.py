"""A page of plain text that reads well in a terminal: headings, lists and tables, in one language."""

from collections.abc import Iterable
from unicodedata import east_asian_width

from remission.terms.words import Text


class Page:
    """Lines of Markdown in one language, written from top to bottom."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._lines: list[str] = []

    def says(self, text: Text | str) -> str:
        """The words in the page's language."""
        return text if isinstance(text, str) else text.in_(self._language)

    def heading(self, text: Text | str, level: int = 2) -> None:
        """A heading; level 1 is the page's own."""
        self._block(f"{'#' * level} {self.says(text)}")

    def paragraph(self, text: Text | str) -> None:
        """A paragraph; nothing for empty words."""
        if self.says(text):
            self._block(self.says(text))

    def quotation(self, text: str) -> None:
        """Words of the record."""
        self._block(f"> {text}")

    def items(self, texts: Iterable[Text | str]) -> None:
        """A list."""
        listed = [f"- {self.says(text)}" for text in texts]
        if listed:
            self._block("\n".join(listed))

    def table(self, header: tuple[Text | str, ...], rows: Iterable[tuple[Text | str, ...]]) -> None:
        """A table whose columns line up; nothing where there are no rows."""
        cells = [
            [self.says(cell).replace("|", "/").replace("\n", " ") for cell in row] for row in (header, *rows)
        ]
        if len(cells) == 1:
            return
        widths = [max(_width(row[column]) for row in cells) for column in range(len(header))]
        lines = [
            "| "
            + " | ".join(cell + " " * (wide - _width(cell)) for cell, wide in zip(row, widths, strict=True))
            + " |"
            for row in cells
        ]
        lines.insert(1, "|" + "|".join("-" * (wide + 2) for wide in widths) + "|")
        self._block("\n".join(lines))

    def text(self) -> str:
        """The whole page, ending with one newline."""
        return "\n\n".join(self._lines) + "\n"

    def _block(self, block: str) -> None:
        self._lines.append(block)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
