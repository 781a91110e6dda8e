"""From the bytes of a study file to a `Study`; whatever does not fit is refused with its path."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, get_origin

import cattrs
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import ForbiddenExtraKeysError

from remission.errors import Refusal, StudyRefused
from remission.protocol.study import Study

SCHEMA_VERSION = 1
_LARGEST = 4_000_000


def read_study(stream: BinaryIO, *, name: str) -> Study:
    """Read a study file (TOML, UTF-8).

    Parameters
    ----------
    stream : BinaryIO
        The open file.
    name : str
        Named in refusals.

    Raises
    ------
    StudyRefused
        With the path of the first thing that does not fit, or the line of broken TOML.
    """
    raw = stream.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise _refused(f"the study file is larger than {_LARGEST} bytes", name, "keep one study per file")
    try:
        tree = tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
    except UnicodeDecodeError as error:
        raise _refused(
            "the study file is not UTF-8", f"{name}, byte {error.start + 1}", "save as UTF-8"
        ) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        # tomllib lets through what int() and Decimal() say of absurd numbers, and Python of absurd nesting.
        raise _refused(f"broken TOML: {str(error)[:200]}", name, "correct the line") from None
    if tree.get("schema_version") != SCHEMA_VERSION:
        found = tree.get("schema_version")
        raise _refused(
            f"schema_version {found!r} is not {SCHEMA_VERSION}", name, "use this version's study file"
        )
    return replace(_structured(tree, name), digest=hashlib.sha256(raw).hexdigest())


def _structured(tree: Mapping[str, object], name: str) -> Study:
    try:
        return _CONVERTER.structure(tree, Study)
    except (cattrs.BaseValidationError, ForbiddenExtraKeysError) as error:
        path, what = _first(error)
        where = f"{name}, {path or 'top level'}"
        raise _refused(what, where, "compare with the study file of a shipped study") from None


def _refused(what: str, where: str, do: str) -> StudyRefused:
    return StudyRefused(what, where=where, do=do)


def _first(error: BaseException) -> tuple[str, str]:
    """The path and text of the first leaf of a structuring error."""
    path = ""
    while isinstance(error, cattrs.BaseValidationError):
        inner = error.exceptions[0]
        for note in getattr(inner, "__notes__", ()):
            path += _step(note)
        error = inner
    if isinstance(error, KeyError):
        return path, f"{error.args[0]!r} is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return path, f"unknown word {', '.join(sorted(error.extra_fields))!r}"
    return path, error.what if isinstance(error, Refusal) else str(error)


def _step(note: object) -> str:
    step = getattr(note, "name", getattr(note, "index", None))
    return f"[{step + 1}]" if isinstance(step, int) else f".{step}"


def _decimal(value: Any, _: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"{value!r} is not a number")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def _exact(kind: type) -> Any:
    def check(value: Any, _: object) -> Any:
        if type(value) is not kind:
            raise ValueError(f"{value!r} is not {_SPOKEN[kind]}")
        return value

    return check


_SPOKEN = {str: "text", int: "a whole number", bool: "true or false", date: "a date"}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook(Decimal, _decimal)
    for kind in (int, bool, date):
        converter.register_structure_hook(kind, _exact(kind))
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook_factory(_is_list, _list_hook)
    return converter


def _text(value: Any, kind: Any) -> Any:
    """Text, or one of the kinds of text: an identifier or a word of a list."""
    text = _exact(str)(value, kind)
    return text if kind is str else kind(text)


def _is_list(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _list_hook(kind: Any, converter: cattrs.BaseConverter) -> Any:
    """Lists, and only lists: a text is not a list of its letters, a table not one of its keys."""
    structure = homogenous_tuple_structure_factory(kind, converter)

    def hook(value: Any, expected: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"{str(value)[:60]!r} is not a list")
        return structure(value, expected)

    return hook


_CONVERTER = _converter()
