"""XML text -> a small tree with places, by expat; document types, and so entities, are refused."""

from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from remission.errors import Hostile, InputRefused, Malformed, TooLarge, Truncated, WrongEncoding

DEPTH = 64
ELEMENTS = 1_000_000
_AGAIN = "fetch the record again"
_CUT = frozenset(
    {
        expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
        expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
    }
)


@dataclass(slots=True)
class Node:
    """An element: its parts are texts and elements in order; `where` is file, line and column."""

    tag: str
    attributes: dict[str, str]
    where: str
    parts: list["str | Node"] = field(default_factory=list["str | Node"])

    @property
    def children(self) -> list["Node"]:
        """The elements directly inside."""
        return [part for part in self.parts if isinstance(part, Node)]

    @property
    def text(self) -> str:
        """The text directly inside, outer space stripped."""
        return "".join(part for part in self.parts if isinstance(part, str)).strip()

    def written(self) -> str:
        """The element as XML."""
        inner = "".join(escape(part) if isinstance(part, str) else part.written() for part in self.parts)
        given = "".join(f" {key}={quoteattr(value)}" for key, value in self.attributes.items())
        return f"<{self.tag}{given}>{inner}</{self.tag}>" if inner else f"<{self.tag}{given}/>"


def tree(text: str, name: str) -> Node:
    """The root element.

    Raises
    ------
    Hostile, TooLarge, Truncated, Malformed, WrongEncoding
        A document type declaration; too many or too deep elements; an early end; broken syntax; a declared
        encoding that is not UTF-8. Each names file, line and column.
    """
    builder = _Builder(name)
    try:
        builder.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        where = f"{name}, line {error.lineno}, column {error.offset + 1}"
        what = expat.ErrorString(error.code)
        if error.code in _CUT:
            raise Truncated(f"the XML ends early ({what})", where=where, do=_AGAIN) from None
        raise Malformed(f"broken XML: {what}", where=where, do=_AGAIN) from None
    return builder.root


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.root = Node("", {}, name)
        self.open: list[Node] = []
        self.count = 0
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype
        self.parser.XmlDeclHandler = self.declared

    def place(self) -> str:
        return (
            f"{self.name}, line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber + 1}"
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > ELEMENTS or len(self.open) >= DEPTH:
            raise self.too_large()
        node = Node(tag, attributes, self.place())
        if self.open:
            self.open[-1].parts.append(node)
        else:
            self.root = node
        self.open.append(node)

    def too_large(self) -> InputRefused:
        if len(self.open) >= DEPTH:
            return Hostile(
                f"more than {DEPTH} levels of elements",
                where=self.place(),
                do="give a registry record; it has far fewer levels",
            )
        return TooLarge(f"more than {ELEMENTS} elements", where=self.place(), do="give one record")

    def end(self, tag: str) -> None:
        self.open.pop()

    def characters(self, text: str) -> None:
        self.open[-1].parts.append(text)

    def doctype(self, *declared: object) -> None:
        raise Hostile(
            "a document type declaration (it can hide entities and outside files)",
            where=self.place(),
            do="remove it; registry records have none",
        )

    def declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii"):
            raise WrongEncoding(
                f"the file says its encoding is {encoding!r}",
                where=self.place(),
                do="save the record as UTF-8",
            )
