"""Files by their sha256, computed while they are read, or before; whether their reads are simulated."""

import io
import re
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, cast

from remission.errors import InputRefused
from remission.lab.addresses import file_name, opened, stamp
from remission.terms.evidence import FileRef

SIMULATED = "SIMULATED"
"""How the name of every simulated file, and of every read in it, begins."""

_CHUNK = 1 << 20
_HEAD = 1 << 16
_FIRST_NAME = re.compile(rb"(?:[#;][^\n]*\n|\s)*[@>]SIMULATED")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file that was read to its end: `stamp` is how it looked from outside then (size, time, tag).

    `simulated`: the name of its first read says so, whatever the file is called.
    """

    ref: FileRef
    stamp: str
    simulated: bool = False


class Reading(io.RawIOBase):
    """A file under a running sha256."""

    def __init__(self, file: BinaryIO, address: str) -> None:
        super().__init__()
        self._file = file
        self._address = address
        self._digest = sha256()
        self._size = 0
        self._head = b""
        self._stamp = stamp(address)

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer with what comes next."""
        view = memoryview(buffer).cast("B")
        chunk = self._file.read(len(view))
        view[: len(chunk)] = chunk
        self._digest.update(chunk)
        self._head += chunk[: max(_HEAD - self._size, 0)]
        self._size += len(chunk)
        return len(chunk)

    def seen(self) -> Seen:
        """The file as it was, read on to its end.

        Raises
        ------
        InputRefused
            If it was written while it was read.
        """
        while self.read(_CHUNK):
            pass
        name = file_name(self._address)
        if stamp(self._address) != self._stamp:
            raise InputRefused(
                f"{name} was changed while it was read",
                where=self._address,
                do="wait until it is all there, then begin again",
            )
        ref = FileRef(name, self._digest.hexdigest(), self._size)
        return Seen(ref, self._stamp, _says_simulated(self._head))


@contextmanager
def reading(address: str) -> Generator[tuple[BinaryIO, Reading], None, None]:
    """A file to be read, and its sha256 when it has been. `Raises` as in `opened`."""
    with opened(address) as file:
        raw = Reading(file, address)
        yield cast(BinaryIO, io.BufferedReader(raw, _CHUNK)), raw


def hashed(address: str) -> Seen:
    """A file's name, size and sha256. `Raises` as in `opened`."""
    with reading(address) as (_, raw):
        return raw.seen()


def ref_of(raw: bytes, address: str) -> FileRef:
    """The name, size and sha256 of a file whose bytes are all here."""
    return FileRef(file_name(address), sha256(raw).hexdigest(), len(raw))


def _says_simulated(head: bytes) -> bool:
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(31).decompress(head, _HEAD)
        except zlib.error:  # whoever reads the file says so
            return False
    return _FIRST_NAME.match(head) is not None


def unchanged(address: str, before: Seen) -> bool:
    """Whether a file is what it was: it looks the same from outside, or its bytes are the same."""
    return stamp(address) == before.stamp or hashed(address).ref.sha256 == before.ref.sha256
