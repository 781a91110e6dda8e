"""How content is kept apart from fixed words: a backslash in front; `-` for what an entry lacks."""

import re

from remission.errors import InputRefused
from remission.registry.page_words import BASIC, DESIGN, ELIGIBILITY, SECTIONS
from remission.registry.words import ABSENT, Absent

NONE = "-"
_WORDS = {section.heading for section in SECTIONS} | BASIC.keys() | DESIGN.keys() | ELIGIBILITY.keys()
_MARKS = re.compile(
    r"(?:Group Type|Intervention Type|Sponsor Role|Responsibility Role|Site Status|Reference Type) "
    r"|(?:Role|PMID|Identifier Type|Identifier Source|NCT ID|Last Updated): "
)


def _fixed(line: str) -> bool:
    bare = line.lstrip("\\")
    return bare in _WORDS or _MARKS.match(bare) is not None


def guarded(text: str) -> list[str]:
    """The lines of a text, none of which can be taken for fixed words."""
    return ["\\" + line if _fixed(line) else line for line in text.split("\n")]


def unguarded(lines: list[str]) -> str:
    """The text whose `guarded` lines are given."""
    return "\n".join(line[1:] if line[:1] == "\\" and _fixed(line) else line for line in lines)


def one_line(value: str | Absent) -> str:
    """A value that stands on one line; InputRefused if it has a line break."""
    if value is ABSENT:
        return NONE
    if "\n" in value:
        raise InputRefused(
            f"{value[:60]!r} has a line break", where="a one-line field of the page", do="join its lines"
        )
    return "\\" + value if _single(value) else value


def from_line(line: str) -> str | Absent:
    """The value that `one_line` wrote."""
    if line == NONE:
        return ABSENT
    return line[1:] if line[:1] == "\\" and _single(line) else line


def _single(line: str) -> bool:
    return line.lstrip("\\") in ("", NONE) or _fixed(line)


def place_line(city: str | Absent, state: str | Absent, country: str | Absent) -> str:
    """`City, State, Country`; without a state `City, Country`; otherwise what lacks is `-`."""
    if state is ABSENT and city is not ABSENT and country is not ABSENT:
        return f"{_part(city)}, {_part(country)}"
    return ", ".join((_part(city), _part(state), _part(country)))


def from_place_line(line: str) -> tuple[str | Absent, str | Absent, str | Absent] | None:
    """City, state, country of a `place_line`; None if the line is not one."""
    parts = [""]
    for piece in re.findall(r"\\.|, |[^\\]|\\$", line):
        if piece == ", ":
            parts.append("")
        else:
            parts[-1] += piece
    values = [ABSENT if part == NONE else re.sub(r"\\(.)", r"\1", part) for part in parts]
    if len(values) == 2:
        return values[0], ABSENT, values[1]
    return (values[0], values[1], values[2]) if len(values) == 3 else None


def _part(value: str | Absent) -> str:
    if value is ABSENT:
        return NONE
    one_line(value)
    return "\\" + NONE if value == NONE else re.sub(r"([\\,])", r"\\\1", value)
