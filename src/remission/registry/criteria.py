"""Eligibility text -> inclusion and exclusion items, in order, sub-items apart under their parent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from remission.registry.outline import Item, dedented, outline_lines
from remission.registry.words import Markup

_HEADER = re.compile(
    r"[-*•#\s]*(?P<before>(?:[\w/,&-]+\s+){0,4}?)"
    r"(?P<kind>inclusion|exclusion)(?P<criteria>\s+criteri(?:a|on|um))?"
    r"(?P<after>\s*\([^)]*\)|\s+(?:for|-|–)[^:.]{1,80}|(?-i:\s+[A-Z0-9][A-Z0-9 ,/-]*))?\s*"
    r"(?P<colon>[:：]?)\s*(?P<rest>.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Items by group; `other` stands before any header (or there is no header)."""

    inclusion: tuple[Item, ...] = ()
    exclusion: tuple[Item, ...] = ()
    other: tuple[Item, ...] = ()
    headers: tuple[str, ...] = ()


def split(text: Markup) -> Criteria:
    """The items of an eligibility text.

    Headers such as `Inclusion Criteria:` choose the group; a later header of the same kind continues its
    group. Joined again, headers and items hold every word of the text.
    """
    groups: dict[str, list[Item]] = {"inclusion": [], "exclusion": [], "other": []}
    headers: list[str] = []
    for kind, header, lines in _segments(dedented(text.source)):
        if header:
            headers.append(header)
        groups[kind].extend(outline_lines(lines))
    return Criteria(
        tuple(groups["inclusion"]), tuple(groups["exclusion"]), tuple(groups["other"]), tuple(headers)
    )


def numbered(items: tuple[Item, ...], prefix: str = "") -> Iterator[tuple[str, Item]]:
    """Every item with its number: 1, 2, 4, then 4.A or 4.1 for what stands under the fourth."""
    for position, item in enumerate(items, 1):
        bare = item.marker.strip("().") if prefix else ""
        number = f"{prefix}{bare if bare.isalnum() else position}"
        yield number, item
        yield from numbered(item.children, number + ".")


def _segments(lines: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    kind, header, body = "other", "", list[str]()
    for line in lines:
        match = _header(line)
        if match is None:
            body.append(line)
            continue
        if header or any(one.strip() for one in body):
            yield kind, header, body
        rest = match["rest"]
        kind, header = match["kind"].lower(), Markup(line.strip()[: match.start("rest")].strip()).plain
        body = [rest] if rest else []
    yield kind, header, body


def _header(line: str) -> re.Match[str] | None:
    """The line as a header: short, one kind named, closed by a colon or by the end of the line."""
    match = _HEADER.fullmatch(line.strip()) if "clusion" in line.lower() else None
    if match is None or "clusion" in match["before"].lower():
        return None
    if match["colon"]:
        return match if match["criteria"] or not match["before"] else None
    return match if match["criteria"] and not match["rest"] else None
