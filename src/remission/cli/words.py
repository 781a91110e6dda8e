"""The words that many commands share: language, days and times, and how an answer is printed."""

import json
import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from remission.errors import CommandRefused

SCHEMA_VERSION = 1
_YEARS = range(1900, 2201)


class Spoken(StrEnum):
    """The languages we write."""

    EN = "en"
    ZH = "zh"


class YesNoUnknown(StrEnum):
    """An answer that may be missing."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Language = Annotated[
    Spoken, typer.Option("--language", envvar="REMISSION_LANGUAGE", help="English or Chinese.")
]
On = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="The day, in the hospital's calendar.")]
At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="TIME",
        help="The time by the hospital's clock, such as 2024-06-18T09:30, or with its zone: ...09:30+08:00.",
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", metavar="TIME", help="As known at this time, with its zone; a day means its end, UTC."
    ),
]
Subject = Annotated[str, typer.Argument(metavar="PARTICIPANT", help="The participant, such as 03-007.")]


def day(text: str) -> date:
    """A calendar day.

    Raises
    ------
    CommandRefused
        For anything that is not YYYY-MM-DD, or not of our time.
    """
    try:
        read = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        read = None
    if read is None or read.year not in _YEARS:
        raise CommandRefused(f"{text!r} is not a day", where="command line", do="write YYYY-MM-DD")
    return read


def instant(text: str, zone: ZoneInfo | None = None) -> datetime:
    """An instant with its time zone; without one, by the clock of `zone`.

    Raises
    ------
    CommandRefused
        For anything that is not ISO 8601, or not of our time; without a zone where none is understood, or at
        an hour that the clock of `zone` shows twice or skips.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is not None and read.tzinfo is None and zone is not None and len(text) > len("2024-06-18"):
        read = read.replace(tzinfo=zone)
        if read.utcoffset() != read.replace(fold=1).utcoffset():
            read = None
    if read is None or read.tzinfo is None or read.year not in _YEARS:
        raise CommandRefused(
            f"{text!r} is not a time{'' if zone else ' with its zone'}",
            where="command line",
            do=f"write it like 2024-06-18T09:30{'' if zone else '+08:00'}"
            + (", or with its zone: 2024-06-18T09:30+08:00" if zone else ""),
        )
    return read


def as_of(text: str | None) -> datetime | None:
    """An instant to read the ledger at; a bare day means its last moment, UTC."""
    if text is None:
        return None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return instant(f"{day(text)}T23:59:59.999999+00:00")
    return instant(text)


def say(answer: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print the answer: JSON with `schema_version` first, or text."""
    if as_json:
        answer = {"schema_version": SCHEMA_VERSION, **answer}
        print(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        print(text)
