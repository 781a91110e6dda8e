"""The settings of a trial on disk: `trial.toml`, which says where its ledger is."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any, cast

from remission.errors import Malformed, Missing

SETTINGS = "trial.toml"
_SCHEMA_VERSION = 1


def default_address(folder: Path) -> str:
    """The ledger beside the settings."""
    return f"sqlite:///{(folder / 'ledger.sqlite3').absolute()}"


def read_address(folder: Path) -> str:
    """The address of the ledger of the trial in `folder`.

    Raises
    ------
    Missing
        If there is no trial.
    Malformed
        If the settings cannot be read, or were written by a later version.
    """
    path = folder / SETTINGS
    if not path.exists():
        raise Missing(
            "there is no trial here", where=str(folder), do="create one: remission trial create, or rehearse"
        )
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
        address = cast("dict[str, Any]", settings["store"])["address"]
        version = settings["schema_version"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError, KeyError, TypeError) as error:
        raise _malformed(path, f"settings cannot be read: {error}") from None
    if version != _SCHEMA_VERSION:
        raise _malformed(path, f"schema_version is {version!r}; this program knows {_SCHEMA_VERSION}")
    if not isinstance(address, str):
        raise _malformed(path, f"store.address {address!r} is not text")
    return default_address(folder) if address == "sqlite" else address


def write_settings(folder: Path, study: str, address: str) -> None:
    """Write the settings, whole or not at all; the ledger in the same folder moves with it."""
    kept = "sqlite" if address == default_address(folder) else address
    text = (
        f"# A trial of Remission.\nschema_version = {_SCHEMA_VERSION}\nstudy = {json.dumps(study)}\n\n"
        f"[store]\naddress = {json.dumps(kept)}\n"
    )
    temporary = folder / f".{SETTINGS}.{os.getpid()}"
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(folder / SETTINGS)


def _malformed(path: Path, what: str) -> Malformed:
    return Malformed(what, where=str(path), do="restore trial.toml")
