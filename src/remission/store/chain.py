"""The hash of an entry, and of the beginning: pure, and written out in docs/rooms/store.md."""

from datetime import UTC, datetime
from hashlib import sha256

from remission.errors import InputRefused

ENTRY_FORMAT = "remission-entry-1"
GENESIS_FORMAT = "remission-genesis-1"


def framed(text: str | None) -> bytes:
    """A field in the hashed bytes: its length in bytes, a colon, its UTF-8; a lone `-` for None."""
    if text is None:
        return b"-"
    raw = text.encode()
    return b"%d:%b" % (len(raw), raw)


_TAG = framed(ENTRY_FORMAT)


def text_hash(text: str) -> str:
    """The sha256 of a text's UTF-8."""
    return sha256(text.encode()).hexdigest()


def genesis_hash(trial: str, created_at: str) -> str:
    """The `previous` of the first entry: from the trial's name and the ledger's time of creation."""
    return sha256(framed(GENESIS_FORMAT) + framed(trial) + framed(created_at)).hexdigest()


def entry_hash(
    seq: int,
    recorded_at: str,
    kind: str,
    payload_sha256: str,
    subject: str | None,
    site: str | None,
    actor: str,
    role: str,
    reason: str | None,
    corrects: int | None,
    act: str | None,
    previous: str,
    site_previous: str,
) -> str:
    """The hash of an entry: sha256 of `ENTRY_FORMAT` and all fields in this order, each `framed`."""
    return sha256(
        b"".join(
            (
                _TAG,
                framed(str(seq)),
                framed(recorded_at),
                framed(kind),
                framed(payload_sha256),
                framed(subject),
                framed(site),
                framed(actor),
                framed(role),
                framed(reason),
                framed(None if corrects is None else str(corrects)),
                framed(act),
                framed(previous),
                framed(site_previous),
            )
        )
    ).hexdigest()


def utc_text(at: datetime) -> str:
    """A time as the ledger writes it: UTC, ISO 8601, microseconds, `Z`; such texts sort as times do.

    Raises
    ------
    InputRefused
        For a time without a zone.
    """
    if at.tzinfo is None:
        raise InputRefused(f"{at.isoformat()} has no time zone", where="time of entry", do="give UTC")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
