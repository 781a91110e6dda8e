"""The folder of a rehearsal: what it holds, whether it may be taken again, and how it is emptied."""

import json
import os
import shutil
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from remission.errors import StoreRefused
from remission.terms.ids import StudyId
from remission.trial.trial import SETTINGS

MARKER = "rehearsal.json"
TRUTH = "truth.json"
REPORT = "report.json"
SCHEMA_VERSION = 1
_OURS = (
    SETTINGS,
    "ledger.sqlite3",
    "ledger.sqlite3-wal",
    "ledger.sqlite3-shm",
    "ledger.heads",
    TRUTH,
    REPORT,
)


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two rehearsals the same."""

    study: StudyId
    study_sha256: str
    population_sha256: str
    seed: int
    participants: int
    until: str
    version: str
    reads: bool = False


def key_of(
    study: StudyId,
    study_file: bytes,
    population_file: bytes,
    seed: int,
    participants: int,
    until: str,
    version: str,
    reads: bool = False,
) -> Key:
    """The key of a rehearsal of these files."""
    study_sha256, population_sha256 = sha256(study_file).hexdigest(), sha256(population_file).hexdigest()
    return Key(study, study_sha256, population_sha256, seed, participants, until, version, reads)


def holds(folder: Path, key: Key) -> bool:
    """Whether the folder holds this rehearsal, finished."""
    marker = _marker(folder)
    return marker is not None and marker.get("finished") is True and marker.get("key") == _plain(key)


def begin(folder: Path, key: Key) -> None:
    """Empty the folder of an earlier rehearsal, and mark it as holding one that is not finished.

    Raises
    ------
    StoreRefused
        If the folder holds anything that no rehearsal put there, such as a real trial.
    """
    if folder.exists() and any(folder.iterdir()) and _marker(folder) is None:
        raise StoreRefused(
            "the folder holds something that is not a rehearsal", where=str(folder),
            do="choose an empty folder; a rehearsal replaces only rehearsals",
        )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, {"finished": False, "key": _plain(key)})
    for name in _OURS:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "files", ignore_errors=True)


def finish(folder: Path, key: Key, *, head: str, entries: int) -> None:
    """Mark the rehearsal as finished; written last."""
    _write(folder, {"finished": True, "key": _plain(key), "ledger_head": head, "ledger_entries": entries})


def _plain(key: Key) -> dict[str, object]:
    return {
        name: str(value) if isinstance(value := getattr(key, name), str) else value for name in Key.__slots__
    }


def _marker(folder: Path) -> dict[str, object] | None:
    try:
        read = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return read if isinstance(read, dict) and read.get("simulated") is True else None


def _write(folder: Path, said: dict[str, object]) -> None:
    text = json.dumps({"schema_version": SCHEMA_VERSION, "simulated": True, **said}, indent=2) + "\n"
    temporary = folder / f".{MARKER}.{os.getpid()}"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / MARKER)
