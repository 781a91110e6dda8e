"""Readers that take a value from a file as it is, or not at all: "5" is no number, 1 is not true."""

from collections.abc import Callable
from typing import Any


def exactly(kind: type[Any]) -> Callable[[Any, object], Any]:
    """A reader that takes a value of this kind as it is, and raises ValueError for any other."""

    def read(value: Any, _: object) -> Any:
        if type(value) is not kind:
            raise ValueError(f"{value!r} is not of type {kind.__name__}")
        return value

    return read


def number(value: Any, _: object) -> int | float:
    """A whole or decimal number as it is; ValueError for anything else, true and false among it."""
    if type(value) not in (int, float):
        raise ValueError(f"{value!r} is not a number")
    return value
