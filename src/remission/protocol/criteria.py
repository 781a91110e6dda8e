"""Criteria as expressions: a small language, parsed into a tree of frozen values.

The language is a corner of Python's expression syntax, read with `ast` and never executed::

    age_months >= 1 and age_months < 216
    risk == 'low' and mrd('flow', 'd19') >= 0.001
    days_of('glucocorticoid', months=1) >= 14 or exposed('chemotherapy', months=3)
    happened('convulsion', months=1)

Answers are three-valued (Kleene): unknown is neither true nor false. `months`/`days` look back from the
criterion's anchor date. Levels are fractions of cells.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum

from remission.errors import StudyRefused


class Truth(Enum):
    """True, false, or not known."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    @staticmethod
    def of(value: bool) -> "Truth":
        """The truth of a known answer."""
        return Truth.TRUE if value else Truth.FALSE

    def negated(self) -> "Truth":
        """Kleene's *not*: unknown stays unknown."""
        return _NEGATED[self]


_NEGATED = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Answer:
    """The recorded answer to the question `fact`."""

    fact: str


@dataclass(frozen=True, slots=True)
class AgeMonths:
    """Completed calendar months of life on the anchor date."""


@dataclass(frozen=True, slots=True)
class Level:
    """The level of disease by `method` in the sample of time point `point`."""

    method: str
    point: str


@dataclass(frozen=True, slots=True)
class Span:
    """How far to look back from the anchor: calendar months, or days; 0 and 0: without limit."""

    months: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class DaysOf:
    """The number of days with `therapy` before the anchor, within `span`."""

    therapy: str
    span: Span
    except_for: tuple[str, ...]


Term = Answer | AgeMonths | Level | DaysOf
Value = Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Compare:
    """`term` `sign` `value`, with sign one of ==, !=, <, <=, >, >=."""

    term: Term
    sign: str
    value: Value


@dataclass(frozen=True, slots=True)
class Happened:
    """At least one day of `what` (a therapy or an event) before the anchor, within `span`."""

    what: str
    span: Span
    except_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of `part`."""

    part: "Expression"


@dataclass(frozen=True, slots=True)
class All:
    """True when every part is; false when one is false."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Any:
    """True when one part is; false when every part is false."""

    parts: tuple["Expression", ...]


Expression = Compare | Happened | Not | All | Any

_SIGNS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_LONGEST = 2000
_FARTHEST = 40_000  # days in a long life
_MIRROR = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def parse(text: str, *, where: str) -> Expression:
    """Read an expression of the language above.

    Parameters
    ----------
    text : str
        The expression.
    where : str
        Named in the refusal, e.g. ``"study.toml, criterion I1"``.

    Raises
    ------
    StudyRefused
        With the column, for anything that is not of the language.
    """
    if len(text) > _LONGEST:
        raise _refused(f"an expression of {len(text)} characters is longer than {_LONGEST}", where, None)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        return _Parser(text, where).expression(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _refused(f"{text!r} is not an expression", where, getattr(error, "offset", None)) from None


def _refused(what: str, where: str, column: int | None) -> StudyRefused:
    place = where if column is None else f"{where}, column {column}"
    return StudyRefused(
        what,
        where=place,
        rule="expression",
        do="use and, or, not, comparisons, facts, age_months, mrd(), days_of(), exposed(), happened()",
    )


class _Parser:
    """Turns Python's tree into ours, refusing every node that is not in the language."""

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where

    def _no(self, node: ast.AST, what: str) -> StudyRefused:
        return _refused(what, self._where, getattr(node, "col_offset", 0) + 1)

    def expression(self, node: ast.expr) -> Expression:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                return All(tuple(self.expression(value) for value in values))
            case ast.BoolOp(values=values):
                return Any(tuple(self.expression(value) for value in values))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Not(self.expression(operand))
            case ast.Compare():
                return self._comparison(node)
            case ast.Name(id=fact):
                return Compare(Answer(fact), "==", True)
            case ast.Call(func=ast.Name(id="exposed" | "happened")):
                what, span, except_for = self._look_back(node)
                return Happened(what, span, except_for)
            case _:
                raise self._no(node, f"{ast.unparse(node)!r} is not true or false")

    def _comparison(self, node: ast.Compare) -> Expression:
        if len(node.ops) == 1 and isinstance(node.ops[0], ast.In):
            values = self._words(node.comparators[0])
            term = self._term(node.left)
            return Any(tuple(Compare(term, "==", value) for value in values))
        operands = [node.left, *node.comparators]
        parts = [
            self._compare(left, sign, right)
            for left, sign, right in zip(operands, node.ops, operands[1:], strict=False)
        ]
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _compare(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Expression:
        if type(sign) not in _SIGNS:
            raise self._no(left, f"{ast.unparse(left)!r} is compared with a sign that is not in the language")
        written = _SIGNS[type(sign)]
        if isinstance(left, ast.Constant):
            return Compare(self._term(right), _MIRROR[written], self._value(left))
        return Compare(self._term(left), written, self._value(right))

    def _term(self, node: ast.expr) -> Term:
        match node:
            case ast.Name(id="age_months"):
                return AgeMonths()
            case ast.Name(id=fact):
                return Answer(fact)
            case ast.Call(
                func=ast.Name(id="mrd"),
                args=[ast.Constant(value=str(method)), ast.Constant(value=str(point))],
                keywords=[],
            ):
                return Level(method, point)
            case ast.Call(func=ast.Name(id="days_of")):
                return DaysOf(*self._look_back(node))
            case _:
                raise self._no(node, f"{ast.unparse(node)!r} is not something that can be asked")

    def _look_back(self, node: ast.Call) -> tuple[str, Span, tuple[str, ...]]:
        match node.args:
            case [ast.Constant(value=str(what))]:
                pass
            case _:
                raise self._no(node, f"{ast.unparse(node)!r} names no therapy or event")
        words = {word.arg: word.value for word in node.keywords}
        if len(words) < len(node.keywords) or not words.keys() <= {"months", "days", "except_for"}:
            raise self._no(node, f"{ast.unparse(node)!r} has a word twice, or a word of its own")
        if {"months", "days"} <= words.keys():
            raise self._no(node, f"{ast.unparse(node)!r} looks back both months and days")
        months, days = (self._count(words[unit]) if unit in words else 0 for unit in ("months", "days"))
        except_for = self._words(words["except_for"]) if "except_for" in words else ()
        return what, Span(months, days), except_for

    def _count(self, node: ast.expr) -> int:
        if isinstance(node, ast.Constant) and type(node.value) is int and 0 < node.value <= _FARTHEST:
            return node.value
        raise self._no(node, f"{ast.unparse(node)!r} is not a whole number from 1 to {_FARTHEST}")

    def _words(self, node: ast.expr) -> tuple[str, ...]:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return (node.value,)
        if isinstance(node, ast.Tuple | ast.List) and node.elts:
            return tuple(word for part in node.elts for word in self._words(part))
        raise self._no(node, f"{ast.unparse(node)!r} is not a list of words")

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=bool(value)):
                return value
            case ast.Constant(value=int() | float()):
                return self._number(node)
            case ast.Constant(value=str(value)):
                return value
            case _:
                raise self._no(node, f"{ast.unparse(node)!r} is not a number or a word")

    def _number(self, node: ast.Constant) -> Decimal:
        written = ast.get_source_segment(self._text.strip(), node) or str(node.value)
        try:
            return Decimal(written)
        except InvalidOperation:
            raise self._no(node, f"{written!r} is not a decimal number") from None


def truth(expression: Expression, ask: Callable[[Compare | Happened], Truth]) -> Truth:
    """The three-valued truth of an expression, its comparisons and look-backs answered by `ask`."""
    match expression:
        case All(parts=parts) | Any(parts=parts):
            answers = {truth(part, ask) for part in parts}
            decisive = Truth.of(isinstance(expression, Any))
            if decisive in answers:
                return decisive
            return Truth.UNKNOWN if Truth.UNKNOWN in answers else decisive.negated()
        case Not(part=part):
            return truth(part, ask).negated()
        case leaf:
            return ask(leaf)


def leaves(expression: Expression) -> Iterator[Compare | Happened]:
    """The comparisons and look-backs of an expression, left to right."""
    match expression:
        case All(parts=parts) | Any(parts=parts):
            for part in parts:
                yield from leaves(part)
        case Not(part=part):
            yield from leaves(part)
        case leaf:
            yield leaf
