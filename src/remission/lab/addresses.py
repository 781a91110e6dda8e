"""Addresses: opened, measured and written through fsspec, so that a file and a bucket are one to the rest."""

import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from remission.errors import InputRefused


def file_name(address: str) -> str:
    """The last part of an address: what a result calls the file."""
    return PurePosixPath(address.replace(os.sep, "/")).name or address


def beside(address: str, other: str) -> str:
    """An address as written in the file at `other`: relative ones begin in its folder."""
    if "://" in address or os.path.isabs(address):
        return address
    folder = other.rsplit("/", 1)[0] if "/" in other else ""
    return f"{folder}/{address}" if folder else address


def within(folder: str, *parts: str) -> str:
    """An address inside a folder."""
    return "/".join((folder.rstrip("/") or "/", *parts))


@contextmanager
def opened(address: str) -> Generator[BinaryIO, None, None]:
    """The file at an address, to be read as bytes from its beginning.

    Raises
    ------
    InputRefused
        If there is no such file, or nothing here can reach it.
    """
    system, path = _system(address)
    with _typed(address), system.open(path, "rb") as file:
        yield cast(BinaryIO, file)


def stamp(address: str) -> str:
    """What a file looks like from outside: changes when it is written again. `Raises` as in `opened`."""
    system, path = _system(address)
    with _typed(address):
        about = dict(system.info(path))
        told = about.get("ETag") or about.get("etag") or about.get("mtime") or about.get("LastModified")
        return f"{about.get('size')} {told or system.ukey(path)}"


def size_of(address: str) -> int | None:
    """Bytes of a file, or None where its place does not say. `Raises` as in `opened`."""
    system, path = _system(address)
    with _typed(address):
        size = system.info(path).get("size")
        return None if size is None else int(size)


def exists(address: str) -> bool:
    """Whether something is at the address. `Raises` as in `opened`, but for nothing being there."""
    system, path = _system(address)
    with _typed(address):
        return bool(system.exists(path))


def content(address: str) -> bytes:
    """All bytes of a small file. `Raises` as in `opened`."""
    with opened(address) as file:
        return file.read()


def names_in(folder: str) -> tuple[str, ...]:
    """The names of the files of a folder, in order. `Raises` as in `opened`."""
    system, path = _system(folder)
    with _typed(folder):
        found = system.ls(path, detail=True)
    return tuple(sorted(file_name(one["name"]) for one in found if one["type"] == "file"))


def put(address: str, written: bytes) -> None:
    """Write a file: its name appears when all of it is there.

    Raises
    ------
    InputRefused
        If it cannot be written.
    """
    system, path = _system(address)
    folder, _, name = path.rpartition("/")
    incoming = f"{folder}/.{name}.{secrets.token_hex(4)}" if folder else f".{name}.{secrets.token_hex(4)}"
    with _typed(address):
        if folder:
            system.makedirs(folder, exist_ok=True)
        try:
            with system.open(incoming, "wb") as file:
                file.write(written)
                file.flush()
                if _on_this_machine(system):
                    os.fsync(file.fileno())
            if _on_this_machine(system):
                os.replace(incoming, path)
            else:
                system.mv(incoming, path)
        except BaseException:
            with suppress(OSError):
                system.rm_file(incoming)
            raise


def remove(address: str) -> None:
    """Take a file away, if it is there. `Raises` as in `put`."""
    system, path = _system(address)
    with _typed(address), suppress(FileNotFoundError):
        system.rm_file(path)


def refuse_existing(address: str) -> None:
    """See that nothing is at the address where an answer will be written.

    Raises
    ------
    InputRefused
        If something is: results are not written over.
    """
    if exists(address):
        raise InputRefused(
            f"{file_name(address)} is there already",
            where=address,
            do="choose another name, or move it away; results are not written over",
        )


def _system(address: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(address)
    except (ImportError, ValueError) as error:
        raise InputRefused(
            f"no way to reach {address!r}: {error}",
            where=address,
            do="check its beginning, or install that part",
        ) from None
    return system, str(path)


def _on_this_machine(system: Any) -> bool:
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(system, LocalFileSystem)


@contextmanager
def _typed(address: str) -> Generator[None, None, None]:
    name = file_name(address)
    try:
        yield
    except FileNotFoundError:
        raise InputRefused(f"there is no {name}", where=address, do="correct the address") from None
    except IsADirectoryError:
        raise InputRefused(f"{name} is a folder", where=address, do="give a file") from None
    except OSError as error:
        raise InputRefused(
            f"{name} cannot be read or written ({error.strerror or error})",
            where=address,
            do="check the disk or network, and who may read and write there",
        ) from error
