"""The typed record and API v2 JSON are one shape: decoders and encoders made from the field types, once.

A field `last_update_submit_date` is the key `lastUpdateSubmitDate`; a trailing underscore is dropped.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from typing import Any, cast, get_args, get_origin, get_type_hints

from remission.errors import InputRefused
from remission.registry.codes import Code
from remission.registry.json_door import Json, pointer
from remission.registry.words import ABSENT, Absent, Markup, NctId, PartialDate


class WrongValue(Exception):
    """A value that does not fit its field; `path` is filled on the way out."""

    def __init__(self, what: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.path = path


@dataclass(slots=True)
class Findings:
    """What a decoder met beside the fields: unknown keys (path, value) and codes outside their lists."""

    path: list[str] = field(default_factory=list[str])
    unknown: list[tuple[tuple[str, ...], Json]] = field(default_factory=list[tuple[tuple[str, ...], Json]])
    notes: list[str] = field(default_factory=list[str])


Decoder = Callable[[Json, Findings], object]


def key_of(name: str) -> str:
    """The JSON key of a field name."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def decoder(kind: Any) -> Decoder:
    """A function from a JSON value to `kind`; it raises WrongValue."""
    if get_origin(kind) is tuple:
        return _list_decoder(decoder(get_args(kind)[0]))
    if is_dataclass(kind) and kind not in (Markup, PartialDate):
        return _object_decoder(cast(type[Any], kind))
    if issubclass(kind, Code):
        return _code_decoder(kind)
    return _SCALARS[kind]


def _text(value: Json, findings: Findings) -> str:
    if type(value) is not str:
        raise WrongValue(f"{_shown(value)} is not a text")
    return value


def _markup(value: Json, findings: Findings) -> Markup:
    return Markup(_text(value, findings))


def _flag(value: Json, findings: Findings) -> bool:
    if type(value) is not bool:
        raise WrongValue(f"{_shown(value)} is neither true nor false")
    return value


def _count(value: Json, findings: Findings) -> int:
    if type(value) is not int or value < 0:
        raise WrongValue(f"{_shown(value)} is not a count")
    return value


def _number(value: Json, findings: Findings) -> float:
    if type(value) not in (int, float) or not math.isfinite(cast(float, value)):
        raise WrongValue(f"{_shown(value)} is not a number")
    return cast(float, value)


def _date(value: Json, findings: Findings) -> PartialDate:
    try:
        return PartialDate.parse(_text(value, findings))
    except InputRefused as refusal:
        raise WrongValue(refusal.what) from None


def _nct(value: Json, findings: Findings) -> NctId:
    try:
        return NctId(_text(value, findings))
    except InputRefused as refusal:
        raise WrongValue(refusal.what) from None


_SCALARS: dict[type, Decoder] = {
    str: _text,
    Markup: _markup,
    bool: _flag,
    int: _count,
    float: _number,
    PartialDate: _date,
    NctId: _nct,
}


def _shown(value: Json) -> str:
    return "null" if value is None else repr(value)[:60]


def _code_decoder(kind: type[Code]) -> Decoder:
    known = {code: kind(code) for code in kind.known}

    def decode(value: Json, findings: Findings) -> Code:
        if type(value) is str and value in known:
            return known[value]
        findings.notes.append(
            f"{pointer(tuple(findings.path))}: {_shown(value)} is not in the registry's list"
        )
        return kind(_text(value, findings))

    return decode


def _list_decoder(item: Decoder) -> Decoder:
    def decode(value: Json, findings: Findings) -> tuple[object, ...]:
        if type(value) is not list:
            raise WrongValue(f"{_shown(value)} is not a list")
        made: list[object] = []
        path = findings.path
        path.append("")
        try:
            for number, one in enumerate(value):
                path[-1] = str(number)
                made.append(item(one, findings))
        except WrongValue as wrong:
            raise WrongValue(wrong.what, (str(len(made)), *wrong.path)) from None
        path.pop()
        return tuple(made)

    return decode


def _object_decoder(kind: type[Any]) -> Decoder:
    hints = get_type_hints(kind)
    kinds = {one.name: present(hints[one.name]) for one in fields(kind)}
    as_is = (str, bool)  # nothing to check but the type; most values of a record are such
    known = {key_of(name): (name, one if one in as_is else None, decoder(one)) for name, one in kinds.items()}
    required = {key_of(one.name) for one in fields(kind) if Absent not in get_args(hints[one.name])}

    def decode(value: Json, findings: Findings) -> object:
        if type(value) is not dict:
            raise WrongValue(f"{_shown(value)} is not an object")
        given: dict[str, object] = {}
        path = findings.path
        path.append("")
        for key, one in value.items():
            name, plain, decode_field = known.get(key, _UNKNOWN)
            if type(one) is plain:
                given[name] = one
                continue
            path[-1] = key
            if decode_field is None:
                findings.unknown.append((tuple(path), one))
                continue
            try:
                given[name] = decode_field(one, findings)
            except WrongValue as wrong:
                raise WrongValue(wrong.what, (key, *wrong.path)) from None
        path.pop()
        for key in required:
            if key not in value:
                raise WrongValue(f"{key} is missing")
        return kind(**given)

    return decode


_UNKNOWN = ("", None, None)


def present(hint: Any) -> Any:
    """`T` of `T | Absent`."""
    present = [one for one in get_args(hint) if one is not Absent]
    return present[0] if Absent in get_args(hint) else hint


def encode(value: object) -> Json:
    """The JSON value of a typed value; absent fields are left out."""
    if isinstance(value, Markup):
        return value.source
    if isinstance(value, (NctId, PartialDate, Code)):
        return str(value)
    if isinstance(value, tuple):
        return [encode(one) for one in cast(tuple[object, ...], value)]
    if is_dataclass(value):
        given = ((key_of(one.name), getattr(value, one.name)) for one in fields(value))
        return {key: encode(one) for key, one in given if one is not ABSENT}
    return cast(Json, value)


def absent_places(value: object, path: tuple[str, ...] = ()) -> list[str]:
    """JSON pointers of every field of `value` that is absent, in field order."""
    if value is ABSENT:
        return [pointer(path)]
    found: list[str] = []
    if isinstance(value, tuple):
        for number, one in enumerate(cast(tuple[object, ...], value)):
            found += absent_places(one, (*path, str(number)))
    elif is_dataclass(value) and not isinstance(value, (Markup, PartialDate)):
        for one in fields(value):
            found += absent_places(getattr(value, one.name), (*path, key_of(one.name)))
    return found
