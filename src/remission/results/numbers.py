"""Published numbers that carry their proof, the tables that show them, and the book they are entered in."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from remission.errors import InvariantBroken
from remission.terms.evidence import EntryRef, FileRef
from remission.terms.ids import SubjectId
from remission.terms.words import Text

NOT_EVALUABLE = Text("not evaluable", "不可评估")
NOT_REACHED = Text("not reached", "未达到")
PARTICIPANTS = "participants"
FRACTION = "fraction"

_ID = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")


@dataclass(frozen=True, slots=True)
class Basis:
    """What a number rests on in one participant: entries of the ledger, and files behind their results."""

    subject: SubjectId
    refs: tuple[EntryRef, ...]
    files: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A published number.

    `value` is unrounded, in `unit` (None: not evaluable); `text` is how it is printed. `formula` says
    how it came from `inputs` (ids of other numbers) and from the participants it `rests_on`.
    """

    id: str
    value: int | float | None
    text: Text
    unit: str
    label: Text
    formula: Text
    inputs: tuple[str, ...] = ()
    rests_on: tuple[Basis, ...] = ()

    def __post_init__(self) -> None:
        if not _ID.fullmatch(self.id):
            raise InvariantBroken(
                f"{self.id!r} is not a number id", where="results", do="use words joined by points"
            )
        if self.value is not None and not math.isfinite(self.value):
            raise InvariantBroken(
                f"{self.value!r} is not a number", where=f"number {self.id}", do="leave it out: not evaluable"
            )


@dataclass(frozen=True, slots=True)
class Cell:
    """Numbers and how they are printed together: `pattern` has one ``{}`` for each; none: left blank."""

    numbers: tuple[str, ...]
    pattern: str = "{}"

    def text(self, numbers: Mapping[str, Number], language: str) -> str:
        """The cell as printed; what is not evaluable as a whole is said once."""
        shown = [numbers[id] for id in self.numbers]
        if not shown:
            return ""
        if all(number.value is None for number in shown):
            return shown[0].text.in_(language)
        return self.pattern.format(*(number.text.in_(language) for number in shown))


BLANK = Cell((), "")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: words, indent, and cells from the first column on; a heading has none."""

    label: Text
    cells: tuple[Cell, ...] = ()
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the results; `notes` stand under it."""

    id: str
    title: Text
    columns: tuple[Text, ...]
    rows: tuple[Row, ...]
    notes: tuple[Text, ...] = ()


class Book:
    """The numbers of one analysis, each entered once."""

    def __init__(self) -> None:
        self.numbers: dict[str, Number] = {}

    def enter(self, number: Number) -> str:
        """Enter a number; its id.

        Raises
        ------
        InvariantBroken
            When the id is taken, or an input has not been entered before.
        """
        absent = [id for id in number.inputs if id not in self.numbers]
        if number.id in self.numbers or absent:
            raise InvariantBroken(
                f"number {number.id!r} is entered twice, or its inputs {absent} are not entered",
                where="results",
                do="give every number its own id, inputs first",
            )
        self.numbers[number.id] = number
        return number.id

    def count(
        self,
        id: str,
        label: Text,
        rests_on: Iterable[Basis],
        *,
        unit: str = PARTICIPANTS,
        times: int | None = None,
    ) -> str:
        """Enter a count: of the participants it rests on, or `times` things found in them."""
        bases = tuple(rests_on)
        value = len(bases) if times is None else times
        return self.enter(Number(id, value, plain(str(value)), unit, label, _COUNTED, (), bases))

    def rate(self, id: str, label: Text, part: str, whole: str) -> str:
        """Enter `part` / `whole`, both entered before; not evaluable when the whole is 0."""
        x, n = self.numbers[part].value, self.numbers[whole].value
        value = x / n if x is not None and n else None
        text = NOT_EVALUABLE if value is None else plain(percent_of(value))
        return self.enter(
            Number(
                id,
                value,
                text,
                FRACTION,
                label,
                Text(f"{part} / {whole}", f"{part} / {whole}"),
                (part, whole),
            )
        )


_COUNTED = Text("counted, one by one, in the participants named", "在所列受试者中逐一计数")


def plain(text: str) -> Text:
    """The same words in both languages: digits, mostly."""
    return Text(text, text)


def percent_of(fraction: float) -> str:
    """A proportion as printed: one decimal of a percent."""
    return f"{100 * fraction:.1f} %"


def p_text(p: float) -> str:
    """A p-value as printed: four decimals."""
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def decimals(value: float) -> str:
    """A measurement as printed: one decimal from 10 up, two below."""
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def slug(words: str) -> str:
    """Readable id of free text: letters and digits of any script become words, others become ``_``."""
    ascii_words = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    return ascii_words or "u" + "_".join(f"{ord(letter):x}" for letter in words[:12])


def merged(bases: Sequence[Basis]) -> Basis:
    """Several bases in the same participant as one."""
    refs = tuple(dict.fromkeys(ref for basis in bases for ref in basis.refs))
    files = tuple(dict.fromkeys(file for basis in bases for file in basis.files))
    return Basis(bases[0].subject, refs, files)
