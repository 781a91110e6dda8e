"""Bytes to text, within bounds: size, encoding, forbidden bytes, line length; places counted from 1."""

import re
from typing import BinaryIO

from remission.errors import Malformed, TooLarge, Truncated, WrongEncoding

LIMIT = 32 * 1024 * 1024
"""Bytes that a reader accepts; more than the largest record of the registry."""

_CHUNK = 1 << 20
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SIXTEEN_BIT = (b"\xff\xfe", b"\xfe\xff")


def place(name: str, text: str, offset: int) -> str:
    """`name, line L, column C` of a character offset."""
    line = text.count("\n", 0, offset) + 1
    return f"{name}, line {line}, column {offset - text.rfind(chr(10), 0, offset)}"


def read_text(stream: BinaryIO, name: str, limit: int = LIMIT) -> str:
    """All of `stream` as UTF-8 text, at most `limit` bytes; a byte-order mark is dropped.

    Raises
    ------
    TooLarge, Truncated, WrongEncoding
        More than `limit` bytes; nothing at all; not UTF-8, or holds NUL bytes.
    """
    data = _bounded(stream, name, limit)
    if not data.strip():
        raise Truncated("the file holds nothing", where=f"{name}, byte 1", do="fetch the record again")
    if data[:2] in _SIXTEEN_BIT:
        raise WrongEncoding("the file is UTF-16", where=f"{name}, byte 1", do="save the record as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        raise WrongEncoding(
            "a NUL byte stands in the text",
            where=f"{name}, byte {nul + 1}",
            do="save the record as UTF-8, or fetch it again",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _undecodable(data, name, error) from None


def _undecodable(data: bytes, name: str, error: UnicodeDecodeError) -> Truncated | WrongEncoding:
    start = error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)
    before = data[:start]
    where = f"{name}, byte {start + 1} (line {before.count(10) + 1})"
    if error.end >= len(error.object) and error.reason == "unexpected end of data":
        return Truncated("the file ends inside a character", where=where, do="fetch the record again")
    return WrongEncoding(f"byte 0x{data[start]:02x} is not UTF-8", where=where, do="save the record as UTF-8")


def _bounded(stream: BinaryIO, name: str, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := stream.read(min(_CHUNK, limit + 1 - size)):
        chunks.append(chunk)
        size += len(chunk)
        if size > limit:
            raise TooLarge(
                f"the file has more than {limit} bytes",
                where=f"{name}, byte {limit + 1}",
                do="give one record; a record is far smaller",
            )
    return b"".join(chunks)


def check_lines(text: str, name: str, limit: int) -> None:
    """TooLarge if a line of `text` has more than `limit` characters."""
    start = 0
    number = 1
    while len(text) - start > limit:
        end = text.find("\n", start, start + limit + 1)
        if end < 0:
            raise TooLarge(
                f"the line has more than {limit} characters",
                where=f"{name}, line {number}",
                do="give a registry record; its lines are far shorter",
            )
        start = end + 1
        number += 1


def check_characters(text: str, name: str) -> None:
    """Malformed if `text` holds a control character other than tab and line ends."""
    if match := _CONTROL.search(text):
        raise Malformed(
            f"control character {ord(match.group()):#04x}",
            where=place(name, text, match.start()),
            do="remove it, or fetch the record again",
        )
