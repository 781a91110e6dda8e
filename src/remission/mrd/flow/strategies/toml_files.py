"""Panel and strategy files: TOML read strictly, with the place of what does not fit."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from typing import Any, BinaryIO, TypeVar, get_origin

import cattrs
from cattrs.cols import homogenous_tuple_structure_factory
from cattrs.errors import ForbiddenExtraKeysError

from remission.errors import InputRefused, Malformed, TooLarge, WrongEncoding
from remission.terms.exactly import exactly, number

MOST_BYTES = 4_000_000
_Kind = TypeVar("_Kind")


def read_toml(file: BinaryIO, name: str, schema_version: int) -> tuple[dict[str, Any], str]:
    """The tables of a TOML file without its `schema_version`, and the sha256 of its bytes.

    Raises
    ------
    WrongEncoding, Malformed, TooLarge
        For text that is no TOML; the line is named.
    InputRefused
        For another schema version.
    """
    raw = file.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise TooLarge(f"more than {MOST_BYTES:,} bytes", where=name, do="give one panel or strategy")
    try:
        tree = tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            "not UTF-8", where=f"{name}, byte {error.start + 1}", do="save as UTF-8"
        ) from None
    except (ValueError, ArithmeticError, RecursionError) as error:
        # tomllib lets through what int() says of absurd numbers, and Python of absurd nesting.
        line = re.search(r"line \d+", str(error))
        where = f"{name}, {line[0]}" if line else name
        raise Malformed(f"broken TOML: {str(error)[:200]}", where=where, do="correct the line") from None
    version = tree.pop("schema_version", None)
    if type(version) is not int or version != schema_version:
        raise InputRefused(
            f"schema_version {version!r} is not {schema_version}",
            where=f"{name}, schema_version",
            do=f"write schema_version = {schema_version}, in the shape of a shipped strategy",
        )
    return tree, hashlib.sha256(raw).hexdigest()


def structured(tree: Mapping[str, object], kind: type[_Kind], name: str) -> _Kind:
    """The tree as a value of `kind`; nothing is converted.

    Raises
    ------
    InputRefused
        With the key of the first thing that does not fit.
    """
    try:
        return _CONVERTER.structure(tree, kind)
    except (cattrs.BaseValidationError, ForbiddenExtraKeysError) as error:
        path, what = _first(error)
        raise InputRefused(
            what, where=f"{name}, {path.removeprefix('.') or 'top level'}", do="correct the key"
        ) from None


def _first(error: BaseException) -> tuple[str, str]:
    """The path and text of the first leaf of a structuring error."""
    path = ""
    while isinstance(error, cattrs.BaseValidationError):
        inner = error.exceptions[0]
        for note in getattr(inner, "__notes__", ()):
            step = getattr(note, "name", getattr(note, "index", None))
            path += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
        error = inner
    if isinstance(error, KeyError):
        return path, f"{error.args[0]!r} is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return path, f"unknown key {', '.join(sorted(error.extra_fields))!r}"
    return path, str(error)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, exactly(kind))
    converter.register_structure_hook(float, lambda value, _: float(number(value, _)))
    converter.register_structure_hook_factory(lambda kind: get_origin(kind) is tuple, _list_hook)
    return converter


def _list_hook(kind: Any, converter: cattrs.BaseConverter) -> Any:
    """Lists, and only lists: a text is not a list of its letters, a table not one of its keys."""
    structure = homogenous_tuple_structure_factory(kind, converter)

    def hook(value: Any, expected: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"{str(value)[:60]!r} is not a list")
        return structure(value, expected)

    return hook


_CONVERTER = _converter()
