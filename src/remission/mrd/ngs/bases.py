"""Bases as codes: A 0, C 1, G 2, T 3, unknown 4."""

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
"""Base codes, shape (bases,)."""

UNKNOWN = 4
NOT_A_BASE = 255

_LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)


def _table() -> Codes:
    table = np.full(256, NOT_A_BASE, dtype=np.uint8)
    for letters, code in (
        (b"Aa", 0),
        (b"Cc", 1),
        (b"Gg", 2),
        (b"TtUu", 3),
        (b"NnRrYySsWwKkMmBbDdHhVv", UNKNOWN),
    ):
        table[np.frombuffer(letters, dtype=np.uint8)] = code
    table.flags.writeable = False
    return table


CODE_OF = _table()
"""The code of every byte, shape (256,): letters of either case, IUPAC ambiguity as unknown, else 255."""


def encode(letters: str | bytes) -> Codes:
    """The codes of a sequence; a byte that is no base is 255 (readers refuse it, naming its place)."""
    raw = letters.encode("ascii", errors="replace") if isinstance(letters, str) else letters
    return CODE_OF[np.frombuffer(raw, dtype=np.uint8)]


def decode(codes: Codes) -> str:
    """The letters of a sequence, in capitals; unknown bases are N."""
    return _LETTERS[np.minimum(codes, UNKNOWN)].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """The other strand, read in its own direction."""
    turned = codes[::-1]
    return np.where(turned < UNKNOWN, 3 - turned, turned).astype(np.uint8)
