"""A place in the page's lines that moves on, and refuses by file and line."""

from dataclasses import dataclass
from typing import NoReturn

from remission.errors import Malformed, Truncated
from remission.registry.page_lines import from_line
from remission.registry.page_words import RESULTS, SECTIONS
from remission.registry.words import Absent


@dataclass(slots=True)
class Lines:
    """Lines of the page; `first` is the number of the line before them."""

    name: str
    lines: list[str]
    first: int
    ends_file: bool
    at: int = 0

    def more(self) -> bool:
        """Whether anything but blank lines is left."""
        return any(self.lines[self.at :])

    def look(self, ahead: int = 0) -> str:
        """The line `ahead` of the place, "" past the end."""
        return self.lines[self.at + ahead] if self.at + ahead < len(self.lines) else ""

    def take(self, what: str) -> str:
        """The next line, which has a blank line after it."""
        if self.at >= len(self.lines):
            self.refuse(f"{what} is missing")
        line = self.lines[self.at]
        self.at += 1
        if self.look():
            self.refuse(f"{self.look()[:60]!r} stands where a blank line must follow {what}")
        self.at += 1
        return line

    def value(self, what: str) -> str | Absent:
        """A value on a line of its own."""
        if self.look() == "":
            self.refuse(f"{what} is missing")
        return from_line(self.take(what))

    def marked(self, label: str) -> str | Absent:
        """What follows `label` on its line."""
        if not self.look().startswith(label + " "):
            self.refuse(f"{self.look()[:60]!r} stands where {label!r} is expected")
        return from_line(self.take(label)[len(label) + 1 :])

    def until(self, label: str) -> list[str]:
        """The lines before the next line that begins with `label`."""
        for end in range(self.at, len(self.lines)):
            if self.lines[end].startswith(label + " "):
                taken, self.at = self.lines[self.at : end], end
                return taken
        self.at = len(self.lines)
        self.refuse(f"{label!r} is missing")

    def refuse(self, what: str) -> NoReturn:
        """Truncated if the fault is in the file's last line or in a heading cut there, else Malformed."""
        at = min(self.at, len(self.lines) - 1)
        where = f"{self.name}, line {self.first + at + 1}"
        rest = "\n".join(self.lines[at:]).strip()
        cut = "\n" not in rest or any(
            f"{one.heading}\n\n{one.sentence or RESULTS[False][0]}".startswith(rest) for one in SECTIONS
        )
        if self.ends_file and cut:
            raise Truncated(f"the page ends early: {what}", where=where, do="fetch the page again")
        raise Malformed(what, where=where, do="correct the page, or fetch it again")

    def refuse_above(self, what: str) -> NoReturn:
        """`refuse` the line just taken."""
        self.at -= 2
        self.refuse(what)
