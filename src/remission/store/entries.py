"""What is to be written, and what was written."""

import json
from dataclasses import dataclass, fields
from typing import Any

from remission.errors import InvariantBroken, Malformed
from remission.store.chain import entry_hash, text_hash


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be written.

    Parameters
    ----------
    kind : str
        Class name of the event, such as `Consented`.
    payload : str
        JSON text of the event; stored and hashed as given.
    subject, site : str or None
        Participant and hospital; None for what concerns the whole trial.
    actor, role : str
        Who writes, and as what.
    reason : str, optional
        Reason for the change; needed with `corrects`.
    corrects : int, optional
        Number of the entry, of the same subject, that this one replaces or voids.
    act : str, optional
        The caller's key for this act; the same key with the same content writes nothing new.

    Raises
    ------
    Malformed
        If the payload is no JSON, or a text holds what a database cannot keep.
    InvariantBroken
        If a name is empty, or a correction has no reason.
    """

    kind: str
    payload: str
    subject: str | None
    site: str | None
    actor: str
    role: str
    reason: str | None = None
    corrects: int | None = None
    act: str | None = None

    def __post_init__(self) -> None:
        place = f"{self.kind or 'nameless'} event of {self.subject or 'the trial'}"
        for name in ("kind", "payload", "subject", "site", "actor", "role", "reason", "act"):
            text: str | None = getattr(self, name)
            if text is not None and not text.strip():
                raise InvariantBroken(
                    f"{name} is empty", where=place, do=f"give {name}, or None where allowed"
                )
            if text is not None and not _storable(text):
                raise Malformed(
                    f"{name} {text!r} holds a NUL or half a character",
                    where=place,
                    do="remove it from the text",
                )
        if self.corrects is not None and self.reason is None:
            raise InvariantBroken(
                "a correction has no reason", where=place, do="say why the entry is corrected"
            )
        try:
            json.loads(self.payload)
        except ValueError as error:
            raise Malformed(f"the payload is no JSON ({error})", where=place, do="give JSON text") from error


@dataclass(frozen=True, slots=True)
class Entry:
    """What was written: a draft's fields, its place and time, and the hashes that link it.

    `previous` is the hash of the entry before it, `site_previous` that of the entry before it of the same
    site (of those without a site, if it has none), so that a site's copy can be verified alone.
    """

    kind: str
    payload: str
    subject: str | None
    site: str | None
    actor: str
    role: str
    reason: str | None
    corrects: int | None
    act: str | None
    seq: int
    recorded_at: str
    previous: str
    hash: str
    site_previous: str


_CONTENT = tuple(field.name for field in fields(Draft))
_ENTRY = tuple(field.name for field in fields(Entry))


def linked(draft: Draft, seq: int, at: str, previous: str, site_previous: str) -> Entry:
    """The entry a draft becomes at its place; ids and roles become the plain text that databases know."""
    hashed: dict[str, Any] = {
        "kind": str(draft.kind),
        "subject": _plain(draft.subject),
        "site": _plain(draft.site),
        "actor": str(draft.actor),
        "role": str(draft.role),
        "reason": _plain(draft.reason),
        "corrects": draft.corrects,
        "act": _plain(draft.act),
        "seq": seq,
        "recorded_at": at,
        "previous": previous,
        "site_previous": site_previous,
    }
    own = entry_hash(**hashed, payload_sha256=text_hash(draft.payload))
    return Entry(**hashed, payload=str(draft.payload), hash=own)


def stored(one: Entry) -> dict[str, Any]:
    """An entry as the table takes it."""
    return {**{name: getattr(one, name) for name in _ENTRY}, "payload_sha256": text_hash(one.payload)}


def content(one: Draft | Entry) -> list[Any]:
    """The fields that make two acts the same act."""
    return [getattr(one, name) for name in _CONTENT]


def _plain(text: str | None) -> str | None:
    return None if text is None else str(text)


def _storable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
