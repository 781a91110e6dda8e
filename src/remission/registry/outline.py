"""Free text -> paragraphs and list items, nested as written. No word is lost."""

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from remission.registry.words import Markup

_ITEM = re.compile(
    r"(?P<mark>[-*+•·●○◦▪■–—]|\(?(?:[0-9]{1,2}(?:\.[0-9]{1,2})*|[A-Za-z]|[ivxIVX]{1,5})(?:\\?[.)])+)(?:\s+(?P<rest>.*))?"
)
_LETTERED = re.compile(r"(?<=[;.,])\s+(?=\(?[B-Zb-z][.)]\s)")


@dataclass(frozen=True, slots=True)
class Item:
    """One paragraph (marker "") or list item: its marker as written, its words, the items under it."""

    marker: str
    text: str
    children: tuple["Item", ...] = ()

    def words(self) -> str:
        """Marker, text and children, joined by spaces."""
        return " ".join(
            part for part in (self.marker, self.text, *(one.words() for one in self.children)) if part
        )


@dataclass(slots=True)
class _Open:
    indent: int
    kind: str
    marker: str
    lines: list[str]
    children: list["_Open"]

    def closed(self) -> Item:
        return Item(self.marker, Markup(" ".join(self.lines)).plain, _closed(self.children))

    @property
    def announces(self) -> bool:
        """Whether it ends with a colon, so that what follows belongs to it."""
        return bool(self.lines) and self.lines[-1].rstrip().endswith((":", "："))


def outline(markup: Markup) -> tuple[Item, ...]:
    """The paragraphs and items of a text, nested by indentation, list marker and closing colon."""
    return outline_lines(dedented(markup.source))


def dedented(source: str) -> list[str]:
    """The lines without their common indentation; tabs are eight columns."""
    return textwrap.dedent(source.replace("\r\n", "\n").expandtabs()).split("\n")


def outline_lines(lines: Iterable[str]) -> tuple[Item, ...]:
    """`outline` of dedented lines."""
    root = _Open(-1, "root", "", [], [])
    stack = [root]
    above = ""
    width = 0
    for line in lines:
        body = line.strip()
        if not body:
            above = ""
            continue
        width = max(width, len(line))
        match = _ITEM.fullmatch(body)
        if match is None and len(stack) > 1 and _continues(above, body):
            stack[-1].lines.append(body)
        else:
            for new in _items(len(line) - len(line.lstrip()), body, match):
                _attach(stack, new)
        above = line
    return _closed(root.children)


def _closed(items: list[_Open]) -> tuple[Item, ...]:
    """Bullets with nothing after them are dropped; a number alone is kept, it is a word."""
    made = (one.closed() for one in items)
    return tuple(one for one in made if re.search(r"\w", one.words()))


def _continues(above: str, body: str) -> bool:
    """Whether a line is the wrapped rest of the line above: its first word had no room there."""
    return bool(above) and 60 <= len(above) <= 100 and len(above) + 1 + len(body.split(maxsplit=1)[0]) > 84


def _items(indent: int, body: str, match: re.Match[str] | None) -> Iterator[_Open]:
    if match is None:
        yield _Open(indent, "", "", [body], [])
        return
    kind = _kind(match["mark"])
    pieces = _LETTERED.split(body) if kind.endswith("letter") else [body]
    for piece in pieces:
        part = _ITEM.fullmatch(piece)
        marker, rest = (part["mark"], part["rest"] or "") if part else ("", piece)
        yield _Open(indent, kind, marker.replace("\\", ""), [rest] if rest else [], [])


def _kind(mark: str) -> str:
    bare = mark.strip("().\\")
    frame = mark.replace(bare, "") if bare else mark
    if bare[:1].isdigit():
        return frame + "number"
    return frame + "letter" if bare.isalpha() else mark


def _attach(stack: list[_Open], new: _Open) -> None:
    """Put `new` under the open item it belongs to, closing those it ends."""
    while len(stack) > 1 and stack[-1].indent > new.indent:
        stack.pop()
    while len(stack) > 1 and not _holds(stack, new):
        stack.pop()
    stack[-1].children.append(new)
    stack.append(new)


def _holds(stack: list[_Open], new: _Open) -> bool:
    top = stack[-1]
    if any(one.indent == new.indent and one.kind == new.kind for one in stack):
        return False
    if top.announces:
        return True
    return top.kind != "" and new.indent > top.indent
