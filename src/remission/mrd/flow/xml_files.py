"""XML read without trust: no document type, no entity, nothing from elsewhere; elements know their line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from remission.errors import Hostile, Malformed, TooLarge, WrongEncoding

MOST_BYTES = 256_000_000
MOST_ELEMENTS = 4_000_000
DEEPEST = 200
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Element:
    """Namespace and name, attributes as `{namespace}name` or `name`, the text of its own, line from 1."""

    space: str
    name: str
    attributes: Mapping[str, str]
    children: tuple["Element", ...]
    text: str
    line: int

    def attribute(self, space: str, name: str) -> str | None:
        """An attribute with its namespace, or without any; None if it is not there."""
        return self.attributes.get(f"{{{space}}}{name}", self.attributes.get(name))

    def every(self, space: str, name: str) -> Iterator["Element"]:
        """Children of this name, in order."""
        return (one for one in self.children if one.name == name and one.space == space)


def read_xml(file: BinaryIO, name: str) -> Element:
    """The root of an XML file.

    Raises
    ------
    Hostile
        For a document type, an entity, or a reference to another file.
    Malformed, WrongEncoding, TooLarge
        For what is no XML, or too much of it; the line is named.
    """
    build = _Builder(name)
    parser: Any = DefusedXMLParser(target=build, forbid_dtd=True)
    build.parser = parser.parser
    try:
        _feed(parser, file, name)
        return parser.close()
    except DefusedXmlException as error:
        raise Hostile(
            f"the file asks for {type(error).__name__.removesuffix('Forbidden')}, which no record needs",
            where=f"{name}, line {build.line}",
            do="export it again without a document type and entities",
        ) from error
    except (LookupError, ValueError) as error:
        raise WrongEncoding(
            f"its encoding cannot be read ({error})",
            where=f"{name}, line {build.line}",
            do="save it as UTF-8",
        ) from error
    except ParseError as error:
        raise Malformed(
            f"it is no well-formed XML: {error}", where=f"{name}, line {build.line}", do="export it again"
        ) from error


def _feed(parser: Any, file: BinaryIO, name: str) -> None:
    size = 0
    while piece := file.read(_PIECE):
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLarge(
                f"it is larger than {MOST_BYTES} bytes",
                where=name,
                do="export fewer samples or gates at once",
            )
        parser.feed(piece)


@dataclass(slots=True, eq=False)
class _Open:
    tag: str
    attributes: Mapping[str, str]
    line: int
    children: list[Element]
    text: list[str]


class _Builder:
    """What the parser tells of starts, text and ends, made into elements."""

    def __init__(self, name: str) -> None:
        self.parser: Any = None
        self._name = name
        self._open: list[_Open] = []
        self._root: Element | None = None
        self._count = 0

    @property
    def line(self) -> int:
        return int(self.parser.CurrentLineNumber)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise TooLarge(
                f"it nests deeper than {DEEPEST} or has more than {MOST_ELEMENTS} elements",
                where=f"{self._name}, line {self.line}",
                do="export fewer samples or gates at once",
            )
        self._open.append(_Open(tag, attributes, self.line, [], []))

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].text.append(text)

    def end(self, tag: str) -> None:
        last = self._open.pop()
        space, _, name = last.tag.removeprefix("{").rpartition("}")
        element = Element(
            space, name, last.attributes, tuple(last.children), "".join(last.text).strip(), last.line
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._root = element

    def close(self) -> Element | None:
        return self._root
