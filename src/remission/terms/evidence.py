"""What a number rests on: files by their sha256, the method and its version, the settings."""

import re
from dataclasses import dataclass

from remission.errors import InputRefused

_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FileRef:
    """A file as it was read: its name, size in bytes and sha256 (64 hexadecimal digits)."""

    name: str
    sha256: str
    size: int

    def __post_init__(self) -> None:
        if not _SHA256.fullmatch(self.sha256):
            raise InputRefused(
                f"{self.sha256!r} is not a sha256", where=f"file {self.name}", do="give 64 hexadecimal digits"
            )


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a method, as text."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files, method, version and settings behind a value; `simulated` marks rehearsal data."""

    method: str
    version: str
    files: tuple[FileRef, ...] = ()
    settings: tuple[Setting, ...] = ()
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class EntryRef:
    """Where a fact stands in the ledger: sequence number (from 1) and the entry's hash."""

    seq: int
    hash: str
