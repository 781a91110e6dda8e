"""Loops compiled once and kept: arrays in, arrays out, no Python object inside."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def compiled(loop: _Loop) -> _Loop:
    """Compile `loop` on first use and keep the machine code beside its module; it frees other threads."""
    return cast(_Loop, numba.njit(cache=True, nogil=True)(loop))


def inner(loop: _Loop) -> _Loop:
    """The same for a loop that only compiled loops call: without a door for Python it compiles faster."""
    compiler = cast(Any, numba.njit)  # its types do not know the last option
    return cast(_Loop, compiler(cache=True, nogil=True, no_cpython_wrapper=True)(loop))
