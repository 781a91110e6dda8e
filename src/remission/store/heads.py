"""The witness beside the ledger: a line for each head, so that a cut or rewritten end is seen.

A chain shows what was changed inside it, never that its last links are gone. After each commit the new
head is appended here and forced to the disk. Lines are `<seq> <hash>`, seq ever rising; the first is
`0 <genesis>`. A last line without its line feed is one that a crash cut short; it counts as not written.
"""

import fcntl
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from remission.errors import Altered, Missing, StoreRefused

_LINE = re.compile(rb"([0-9]{1,18}) ([0-9a-f]{64})\n")
_LONGEST = 18 + 1 + 64 + 1

Head = tuple[int, str]


class Heads:
    """The file of witnessed heads of one ledger."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, genesis: str) -> None:
        """Write the file of a new ledger; a file that has witnessed entries already is left alone.

        Raises
        ------
        StoreRefused
            If the file belongs to a ledger with entries, or cannot be written.
        """
        if self.path.exists() and self.last()[0] > 0:
            raise StoreRefused(
                f"{self.path.name} witnesses another ledger's entries",
                where=str(self.path),
                do="choose another place for the new ledger",
            )
        with self._typed("begun"):
            with open(self.path, "wb") as file:
                file.write(b"0 %b\n" % genesis.encode())
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self.path.parent)

    def last(self) -> Head:
        """The last head witnessed: number and hash.

        Raises
        ------
        Missing
            If the file is gone.
        Altered
            If its last line is not one that was written.
        """
        with self._read() as file:
            return self._last(file)[0]

    def witness(self, seq: int, head: str) -> None:
        """Note a head after its commit; one that another writer has passed already needs no line.

        Raises
        ------
        StoreRefused
            If the line cannot be written; the entries themselves are recorded.
        """
        with (
            self._typed(f"written for entry {seq}, which itself is recorded"),
            open(self.path, "r+b") as file,
        ):
            fcntl.flock(file, fcntl.LOCK_EX)
            (witnessed, _), end = self._last(file)
            if witnessed >= seq:
                return
            file.truncate(end)
            file.seek(end)
            file.write(b"%d %b\n" % (seq, head.encode()))
            file.flush()
            os.fsync(file.fileno())

    def all(self) -> Generator[Head, None, None]:
        """Every head witnessed up to this call, in order; the first is (0, genesis).

        Raises
        ------
        Missing
            If the file is gone.
        Altered
            If a line is broken or the numbers do not rise.
        """
        with self._read() as file:
            _, end = self._last(file)
        return self._until(end)

    def _until(self, end: int) -> Generator[Head, None, None]:
        with self._read() as file:
            before, number = -1, 0
            while file.tell() < end:
                number += 1
                head = self._parsed(file.readline(), f"line {number}")
                if head[0] <= before:
                    raise self._broken(f"line {number}")
                before = head[0]
                yield head

    def _last(self, file: BinaryIO) -> tuple[Head, int]:
        """The last whole line's head, and the offset at which it ends."""
        size = file.seek(0, os.SEEK_END)
        start = max(0, size - 2 * _LONGEST)
        file.seek(start)
        tail = file.read(size - start)
        end = tail.rfind(b"\n") + 1
        line = tail[tail.rfind(b"\n", 0, max(end - 1, 0)) + 1 : end]
        return self._parsed(line, "last line"), start + end

    def _parsed(self, line: bytes, where: str) -> Head:
        match = _LINE.fullmatch(line)
        if match is None:
            raise self._broken(where)
        return int(match[1]), match[2].decode()

    def _broken(self, where: str) -> Altered:
        return Altered(
            "the witness of the ledger's heads is not what was written",
            where=f"{where} of {self.path}",
            do="restore the file from a copy; find out who can write it",
        )

    @contextmanager
    def _read(self) -> Generator[BinaryIO, None, None]:
        with self._typed("read"), open(self.path, "rb") as file:
            yield file

    @contextmanager
    def _typed(self, done: str) -> Generator[None, None, None]:
        try:
            yield
        except FileNotFoundError as error:
            raise Missing(
                "the witness of the ledger's heads is gone",
                where=str(self.path),
                do="restore the file from a copy; without it a cut end of the ledger cannot be seen",
            ) from error
        except OSError as error:
            raise StoreRefused(
                f"the witness of the ledger's heads cannot be {done} ({error.strerror})",
                where=str(self.path),
                do="free space or give the right to write, then do it again: nothing is written twice",
            ) from error


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to the disk, so that a new name in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
