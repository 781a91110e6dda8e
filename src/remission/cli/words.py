"""The words that many commands share: which trial, who acts, when, and how the answer is printed."""

import getpass
import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from remission.conduct.state import Participant
from remission.errors import CommandRefused
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId
from remission.trial.trial import SETTINGS, By, Trial, now

SCHEMA_VERSION = 1

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Language = Annotated[str, typer.Option("--language", envvar="REMISSION_LANGUAGE", help="en or zh.")]
Folder = Annotated[
    Path | None,
    typer.Option("--trial", "-t", envvar="REMISSION_TRIAL", help="The trial's folder (here, or my-trial)."),
]
Name = Annotated[str, typer.Option("--by", envvar="REMISSION_BY", help="Who acts (your login name).")]
RoleWord = Annotated[Role, typer.Option("--role", envvar="REMISSION_ROLE", help="The role you act in.")]
Subject = Annotated[str, typer.Argument(help="The participant, such as 03-007.")]
On = Annotated[str, typer.Option("--on", help="The day, YYYY-MM-DD, at the site.")]
At = Annotated[str, typer.Option("--at", help="The time, such as 2024-06-18T09:30+08:00.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="As known at this time (ISO 8601; a date means its end, UTC).")
]


def opened(folder: Path | None) -> Trial:
    """The trial named, or the one here, or `my-trial`."""
    if folder is None:
        folder = Path() if Path(SETTINGS).exists() else Path("my-trial")
    return Trial.open(folder)


def by(name: str, role: Role, site: str | None = None) -> By:
    """Who acts now; without a name, the login name."""
    login = name or _login()
    return By(Actor(login, role, SiteId(site) if site else None), now())


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return os.environ.get("USER", "unknown")


def day(text: str) -> date:
    """A calendar day.

    Raises
    ------
    CommandRefused
        For anything that is not YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandRefused(f"{text!r} is not a day", where="command line", do="write YYYY-MM-DD") from None


def instant(text: str) -> datetime:
    """An instant with its time zone.

    Raises
    ------
    CommandRefused
        Without a time zone, or for anything that is not ISO 8601.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise CommandRefused(
            f"{text!r} is not a time with its zone",
            where="command line",
            do="write it like 2024-06-18T09:30+08:00",
        )
    return read


def as_of(text: str | None) -> datetime | None:
    """An instant to read the ledger at; a bare date means its last moment, UTC."""
    if text is None:
        return None
    return instant(f"{text}T23:59:59.999999+00:00" if len(text) == 10 else text)


def language(word: str) -> Literal["en", "zh"]:
    """`en` or `zh`.

    Raises
    ------
    CommandRefused
        For another language.
    """
    if word == "en" or word == "zh":
        return word
    raise CommandRefused(f"{word!r} is not a language we write", where="command line", do="use en or zh")


def say(answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print the answer: JSON with `schema_version` first, or text."""
    if as_json:
        print(
            json.dumps(
                {"schema_version": SCHEMA_VERSION, **answer}, ensure_ascii=False, indent=2, allow_nan=False
            )
        )
    else:
        print(text)


def say_participant(participant: Participant, *, as_json: bool) -> None:
    """Print where a participant stands after an act."""
    last = participant.history[-1]
    answer = {
        "participant": participant.id,
        "site": participant.site,
        "stage": participant.stage,
        "event": type(last.event).__name__,
        "entry": last.ref.seq,
        "hash": last.ref.hash,
    }
    say(
        answer,
        f"{participant.id}: {participant.stage.replace('_', ' ')} (ledger entry {last.ref.seq})",
        as_json=as_json,
    )
