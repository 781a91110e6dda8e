"""Events as JSON text and back: the words the ledger keeps.

Days are written YYYY-MM-DD, instants in UTC with microseconds, decimals as text, so that nothing is rounded.
Nothing is converted in reading: "false" and null are no answers where true or false is asked.
"""

import json
import typing
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import cattrs
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from remission.conduct.events import Event, TrialEvent
from remission.errors import InputRefused, InvariantBroken
from remission.mrd.result import Method
from remission.terms.exactly import exactly, number
from remission.terms.ids import SampleId

KINDS: dict[str, type[Event] | type[TrialEvent]] = {
    kind.__name__: kind for kind in (*typing.get_args(Event), *typing.get_args(TrialEvent))
}


_UNREADABLE = (
    KeyError, ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, BaseValidationError,
    ForbiddenExtraKeysError,
)  # fmt: skip


def to_text(event: Event | TrialEvent) -> str:
    """The JSON text of an event, fields in the order of the class."""
    return json.dumps(
        _CONVERTER.unstructure(event), ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def from_text(kind: str, text: str, *, where: str) -> Event | TrialEvent:
    """The event of class name `kind` written as `text`.

    Raises
    ------
    InvariantBroken
        If the text is not an event of that kind as this version knows it; `where` is named.
    """
    try:
        return _CONVERTER.structure(json.loads(text), KINDS[kind])
    except (*_UNREADABLE, InputRefused) as error:
        raise InvariantBroken(
            f"{kind} cannot be read: {_shown(error)}",
            where=where,
            do="use the version of Remission that wrote it; `trial verify` tells if it was altered",
        ) from error


def _shown(error: BaseException) -> str:
    inner = getattr(error, "exceptions", (error,))[0]
    return _shown(inner) if inner is not error else str(error)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _read_decimal(value: Any, _: object) -> Decimal:
    number = Decimal(value) if isinstance(value, str) else None
    if number is None or not number.is_finite():
        raise ValueError(f"{value!r} is not a decimal number written as text")
    return number


def _read_instant(value: Any, _: object) -> datetime:
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return instant


def _method(value: Any, _: object) -> Method:
    """Flow or NGS and no other word: without a hook of its own any text would do, as it is a text too."""
    return Method(value)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_unstructure_hook(datetime, _instant)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_unstructure_hook(Decimal, str)
    converter.register_structure_hook(datetime, _read_instant)
    converter.register_structure_hook(date, lambda value, _: date.fromisoformat(value))
    converter.register_structure_hook(Decimal, _read_decimal)
    converter.register_structure_hook(SampleId, lambda value, _: SampleId(value))
    converter.register_structure_hook(int | float, number)
    converter.register_structure_hook(float, lambda value, _: float(number(value, _)))
    for kind in (str, bool, int):
        converter.register_structure_hook(kind, exactly(kind))
    converter.register_structure_hook(Method, _method)
    return converter


_CONVERTER = _converter()
