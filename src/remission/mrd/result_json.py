"""What every JSON file of a result shares: strict text, strict values, nothing converted."""

import json
import math
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, BinaryIO, NoReturn, TypeVar, cast

import cattrs
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, Truncated, WrongEncoding
from remission.terms.exactly import exactly, number

MOST_BYTES = 50_000_000

_Measured = TypeVar("_Measured")

UNREADABLE = (
    KeyError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, BaseValidationError,
    ForbiddenExtraKeysError,
)  # fmt: skip
"""What structuring raises for a value that is not what it must be."""


def document_of(
    file: BinaryIO, name: str, keys: tuple[str, ...], schema_version: int, what: str, do: str
) -> dict[str, Any]:
    """The JSON object of a file, with exactly these keys and this `schema_version`.

    `what` the file holds (`a result`), and what to `do` where it is broken, are said in refusals.

    Raises
    ------
    WrongEncoding, Malformed, Truncated, TooLarge
        For text that is no such JSON.
    InputRefused
        For another schema version.
    InvariantBroken
        For keys that are missing or unknown.
    """
    document = _object_of(file, name, do)
    version = document.get("schema_version")
    if version != schema_version or type(version) is not int:
        raise InputRefused(f"schema_version {version!r}", where=name, do=f"give version {schema_version}")
    missing, unknown = set(keys) - document.keys(), document.keys() - set(keys)
    if missing or unknown:
        said = [f"without {key!r}" for key in sorted(missing)] + [f"with {key!r}" for key in sorted(unknown)]
        raise InvariantBroken(f"{what} {', '.join(said[:5])}", where=name, do=do)
    return document


def checked_of(
    document: dict[str, Any],
    structured: Callable[[dict[str, Any]], _Measured],
    contradictions: Callable[[_Measured, dict[str, Any]], Iterator[str]],
    name: str,
    do: str,
) -> _Measured:
    """What a document holds, if it can be read and does not contradict itself.

    Raises
    ------
    InvariantBroken
        For a value that is missing or of the wrong kind, or numbers that contradict one another.
    """
    try:
        measured = structured(document)
        contradiction = next(contradictions(measured, document), None)
    except InputRefused as error:
        raise InvariantBroken(error.what, where=f"{name}, {error.where}", do=error.do) from error
    except UNREADABLE as error:
        raise InvariantBroken(f"it cannot be read: {error}", where=name, do=do) from error
    if contradiction:
        raise InvariantBroken(contradiction, where=name, do=do)
    return measured


def json_text(document: dict[str, Any]) -> str:
    """The document as text, ending in a newline; equal documents give equal bytes."""
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def converter_of(*words: type[StrEnum]) -> cattrs.Converter:
    """A converter that takes each value as it is, or not at all; `words`: the lists of words it may meet."""
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_structure_hook(int | float, number)
    converter.register_structure_hook(float, lambda value, _: float(number(value, _)))
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, exactly(kind))
    for kind in words:  # otherwise they would be read as any text, being str
        converter.register_structure_hook(kind, _one_of(kind))
    return converter


def _object_of(file: BinaryIO, name: str, do: str) -> dict[str, Any]:
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"more than {MOST_BYTES:,} bytes", where=name, do="give the result of one sample")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrongEncoding("not UTF-8", where=f"{name}, byte {error.start + 1}", do=do) from None
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        kind = Truncated if error.pos >= len(text.rstrip()) or "Unterminated" in error.msg else Malformed
        raise kind(error.msg, where=f"{name}, line {error.lineno}, column {error.colno}", do=do) from None
    except (RecursionError, ValueError) as error:
        raise Malformed(f"broken JSON: {error}", where=name, do=do) from None
    if not isinstance(document, dict):
        raise Malformed("no JSON object", where=name, do=do)
    return cast(dict[str, Any], document)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is out of range")
    return number


def _one_of(kind: type[StrEnum]) -> Callable[[Any, object], StrEnum]:
    return lambda value, _: kind(value)
