"""The bytes of a file, uncompressed: gzip of one or many members, or plain, told by content, not by name."""

from gzip import BadGzipFile
from typing import BinaryIO, cast

from isal.igzip import IGzipFile
from isal.isal_zlib import error as deflate_error

from remission.errors import Malformed, Truncated

_DAMAGE = (BadGzipFile, cast(type[Exception], deflate_error))
_GZIP = b"\x1f\x8b"
_AGAIN = "copy the file again from the sequencer and compare its checksum; no read of it was counted"


class _FromTheStart:
    """A file whose first bytes were read already, and are given once more."""

    def __init__(self, file: BinaryIO, first: bytes) -> None:
        self._file = file
        self._first = first

    def read(self, most: int = -1) -> bytes:
        if not self._first:
            return self._file.read(most)
        given = self._first if most < 0 else self._first[:most]
        self._first = self._first[len(given) :]
        return given

    def readinto(self, room: memoryview) -> int:
        given = self.read(len(room))
        room[: len(given)] = given
        return len(given)


class Inflated:
    """The content of an open binary file, uncompressed as it is asked for.

    BGZF is gzip of many members. Its closing empty block is not demanded: some sequencers' own software
    leaves it out, and a file cut between two blocks ends inside a record, which the reader of records tells.

    Parameters
    ----------
    file : binary file, open for reading
    name : str
        What messages call the file.

    Raises
    ------
    Truncated
        The compressed data end too early.
    Malformed
        The compressed data are damaged (checksum, length, bits), or something else follows them.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        first = b""
        while len(first) < len(_GZIP) and (more := file.read(len(_GZIP) - len(first))):
            first += more
        self._name = name
        source = _FromTheStart(file, first)
        self._source = IGzipFile(fileobj=source, mode="rb") if first == _GZIP else source

    def read(self, most: int) -> bytes:
        """At most `most` bytes, at least one unless the content has ended."""
        try:
            return self._source.read(most)
        except EOFError:
            what = "the compressed data stop in the middle"
            raise Truncated(what, where=self._name, do=_AGAIN) from None
        except _DAMAGE as error:
            what = f"the compressed data are damaged: {error}"
            raise Malformed(what, where=self._name, do=_AGAIN) from None
