"""What is known about one child on one day, read from what was entered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from remission.errors import InputRefused
from remission.mrd.result import MrdResult
from remission.protocol.study import FactKind, FactSpec
from remission.terms.evidence import EntryRef

Value = Decimal | str | bool | date


@dataclass(frozen=True, slots=True)
class Known:
    """An answer: its value, the day of which it is true, and its place in the ledger."""

    value: Value
    on: date
    ref: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of a dated list, from `first` to `last` inclusive; `date.max`: it still goes on."""

    kind: str
    first: date
    last: date
    purpose: str = ""
    ref: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """A laboratory result, the day on which it was reported, and its place in the ledger."""

    result: MrdResult
    on: date
    ref: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Answers by question, dated lists, lists declared complete, results, missed samples."""

    answers: Mapping[str, Known] = field(default_factory=dict[str, Known])
    happenings: Mapping[str, tuple[Happening, ...]] = field(default_factory=dict[str, tuple[Happening, ...]])
    closed: Mapping[str, date] = field(default_factory=dict[str, date])
    results: Mapping[tuple[str, str], Measured] = field(default_factory=dict[tuple[str, str], Measured])
    missed: frozenset[str] = frozenset()

    def answer(self, fact: str, on: date) -> Known | None:
        """The answer to a question, or None when it is not known, or true only of a day after `on`."""
        known = self.answers.get(fact)
        return None if known is None or known.on > on else known

    def day(self, fact: str, on: date) -> date | None:
        """A date answer, or None when it is not known on day `on`."""
        known = self.answer(fact, on)
        return known.value if known is not None and isinstance(known.value, date) else None


_YES_NO = {"yes": True, "no": False}


def read_value(spec: FactSpec, text: str, *, where: str) -> Value:
    """Read an answer as the study's question demands.

    Raises
    ------
    InputRefused
        For text that is no answer to the question: wrong kind, unknown code, outside the plausible range.
    """
    match spec.kind:
        case FactKind.YES_NO if text in _YES_NO:
            return _YES_NO[text]
        case FactKind.CODE if text in spec.codes:
            return text
        case FactKind.DATE:
            return _day(spec, text, where)
        case FactKind.NUMBER:
            return _number(spec, text, where)
        case _:
            choices = spec.codes or tuple(_YES_NO)
            raise _no_answer(spec, text, where, f"answer one of: {', '.join(choices)}")


def _day(spec: FactSpec, text: str, where: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # other ISO forms (2015-W09-1) are slips here
        raise _no_answer(spec, text, where, "write the date as YYYY-MM-DD")
    return day


def _number(spec: FactSpec, text: str, where: str) -> Decimal:
    try:
        number = Decimal(text if text.isascii() else "")
    except InvalidOperation:
        raise _no_answer(spec, text, where, f"write a number in {spec.unit or 'plain digits'}") from None
    finite = number.is_finite()  # asked first: NaN cannot be compared
    too_low = finite and spec.lowest is not None and number < spec.lowest
    too_high = finite and spec.highest is not None and number > spec.highest
    if not finite or too_low or too_high:
        raise _no_answer(
            spec,
            text,
            where,
            f"check number and unit: {spec.lowest} to {spec.highest} {spec.unit} is plausible",
        )
    return number


def _no_answer(spec: FactSpec, text: str, where: str, do: str) -> InputRefused:
    return InputRefused(f"{text!r} is no answer to {spec.label.en!r} ({spec.id})", where=where, do=do)
