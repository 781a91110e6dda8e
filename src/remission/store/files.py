"""Raw files, kept under their sha256 and never changed."""

import fcntl
import os
import re
import secrets
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from remission.errors import Altered, InputRefused, Missing, StoreRefused
from remission.store.heads import sync_folder
from remission.terms.evidence import FileRef

_CHUNK = 1 << 20
_INCOMING = "incoming-"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Files:
    """A folder of kept files: `ab/cd/abcd...` for the file whose sha256 begins so.

    A file gets its name only when all of it is on the disk; what a crash left half written is removed
    the next time the folder is opened.

    Raises
    ------
    StoreRefused
        If the folder cannot be made or read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with self._typed(root):
            root.mkdir(parents=True, exist_ok=True)
            for leftover in root.glob(f"{_INCOMING}*"):
                _remove_if_dead(leftover)

    def keep(self, source: BinaryIO | Path, name: str) -> FileRef:
        """Take a file in; taking it in again changes nothing.

        Parameters
        ----------
        source : binary file or Path
            Read to its end, a chunk at a time.
        name : str
            The name by which people know it.

        Returns
        -------
        FileRef
            Name, sha256 and size in bytes.

        Raises
        ------
        InputRefused
            If `source` cannot be read.
        StoreRefused
            If the file cannot be written; nothing of it is kept then.
        Altered
            If the file was kept before and is not what it was.
        """
        if isinstance(source, Path):
            try:
                with open(source, "rb") as file:
                    return self.keep(file, name)
            except OSError as error:
                raise InputRefused(
                    f"{name} cannot be read ({error.strerror})", where=str(source), do="correct the path"
                ) from error
        with self._typed(self.root), self._incoming() as temporary:
            ref = _copied(source, temporary, name)
            final = self._path(ref.sha256)
            if final.exists():
                self.check(ref)
                return ref
            final.parent.mkdir(parents=True, exist_ok=True)
            os.replace(temporary.name, final)
            for folder in (final.parent, final.parent.parent, self.root):
                sync_folder(folder)
        return ref

    def open(self, sha256: str) -> BinaryIO:
        """The kept file, to be read.

        Raises
        ------
        Missing
            If no such file is kept.
        """
        path = self._path(sha256)
        with self._typed(path):
            return open(path, "rb")

    def check(self, ref: FileRef) -> None:
        """See that a file is there and is what it was.

        Raises
        ------
        Missing, Altered
            Naming the file.
        """
        with self.open(ref.sha256) as file:
            size = os.fstat(file.fileno()).st_size
            if size != ref.size or _hash(file) != ref.sha256:
                raise _altered(ref.name, self._path(ref.sha256))

    def verify(self, refs: Iterable[FileRef] = ()) -> int:
        """Check the files that must be there, then every other one; the number of files kept.

        Raises
        ------
        Missing, Altered
            Naming the first file that is gone or not what it was.
        """
        seen: set[Path] = set()
        for ref in refs:
            self.check(ref)
            seen.add(self._path(ref.sha256))
        for path in self._kept():
            if path not in seen:
                with self._typed(path), open(path, "rb") as file:
                    if _hash(file) != path.name:
                        raise _altered(path.name, path)
                seen.add(path)
        return len(seen)

    def _kept(self) -> Iterator[Path]:
        return (path for path in sorted(self.root.glob("*/*/*")) if path.is_file())

    def _path(self, digest: str) -> Path:
        if not _SHA256.fullmatch(digest):
            raise InputRefused(
                f"{digest!r} is not a sha256", where="kept file", do="give 64 hexadecimal digits"
            )
        return self.root / digest[:2] / digest[2:4] / digest

    @contextmanager
    def _incoming(self) -> Generator[BinaryIO, None, None]:
        """A file under a passing name, locked while its writer lives; gone when the block ends."""
        file = _locked_new(self.root)
        try:
            with file:
                yield file
        finally:
            Path(file.name).unlink(missing_ok=True)

    @contextmanager
    def _typed(self, place: Path) -> Generator[None, None, None]:
        try:
            yield
        except FileNotFoundError as error:
            raise Missing(
                "a kept file is gone", where=str(place), do="restore it from a copy; its name is its sha256"
            ) from error
        except OSError as error:
            raise StoreRefused(
                f"the kept files cannot be written or read ({error.strerror})",
                where=str(place),
                do="free space, or give the program the right to write there, then do it again",
            ) from error


def _copied(source: BinaryIO, target: BinaryIO, name: str) -> FileRef:
    digest, size = sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    target.flush()
    os.fchmod(target.fileno(), 0o444)
    os.fsync(target.fileno())
    return FileRef(name=name, sha256=digest.hexdigest(), size=size)


def _hash(file: BinaryIO) -> str:
    digest = sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _altered(name: str, path: Path) -> Altered:
    return Altered(
        f"kept file {name} is not what it was",
        where=str(path),
        do="restore it from a copy; its name is its sha256",
    )


def _locked_new(root: Path) -> BinaryIO:
    while True:
        file = open(root / f"{_INCOMING}{secrets.token_hex(8)}", "xb")  # noqa: SIM115 (its lock outlives this function)
        fcntl.flock(file, fcntl.LOCK_EX)
        # Another process that opened the folder just now may have taken it for a leftover.
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _remove_if_dead(leftover: Path) -> None:
    """Remove a file under a passing name whose writer is gone: nobody holds its lock."""
    try:
        with open(leftover, "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            leftover.unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):
        return
