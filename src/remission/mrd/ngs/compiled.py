"""Loops compiled once and kept: arrays in, arrays out, no Python object inside."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_Loop = TypeVar("_Loop", bound=Callable[..., Any])


def compiled(loop: _Loop) -> _Loop:
    """Compile `loop` on first use and keep the machine code beside its module; it frees other threads."""
    return cast(_Loop, numba.njit(cache=True, nogil=True)(loop))
