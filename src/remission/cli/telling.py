"""An entry in one line: what was recorded, in plain words, with times by the hospital's clock."""

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from zoneinfo import ZoneInfo

from remission.conduct.events import EndpointCall, Event, Judgement
from remission.conduct.state import Recorded
from remission.mrd.result import MrdResult
from remission.mrd.words import percent
from remission.terms.evidence import Setting


def told(event: Event, zone: ZoneInfo) -> str:
    """What an event says: `infusion paused: at 2026-07-26 11:00, why CRS 3, toxicity tox-1`."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", type(event).__name__).lower()
    return f"{kind}: {', '.join(_said(event, zone))}"


def entry_line(item: Recorded, zone: ZoneInfo) -> str:
    """An entry: its number, when it was written, what it says, who wrote it, and what it corrects."""
    written = local(datetime.fromisoformat(item.recorded_at), zone)
    corrects = f"; corrects entry {item.replaces[0]}: {item.reason}" if item.replaces else ""
    return f"{item.ref.seq:>7}  {written}  {told(item.event, zone)}  ({item.actor}, {item.role}{corrects})"


def local(moment: datetime, zone: ZoneInfo) -> str:
    """An instant by the clock of a hospital, to the minute."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _said(event: Event, zone: ZoneInfo) -> Iterator[str]:
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(value, datetime):
            yield f"{field.name} {local(value, zone)}"
        elif isinstance(value, bool):
            yield f"{field.name.replace('_', ' ')} {'yes' if value else 'no'}"
        elif isinstance(value, MrdResult):
            yield _measured(value)
        elif isinstance(value, tuple):
            yield from _listed(value)
        elif value is not None and value != "":
            yield f"{field.name.replace('_', ' ')} {value}"


def _listed(parts: tuple[object, ...]) -> Iterator[str]:
    """The parts of a list: what was seen, what each endpoint says; of judgements, those that shut out."""
    for part in parts:
        match part:
            case Setting(name=seen, value=value) if value != "unknown":
                yield f"{seen.replace('_', ' ')} {value}"
            case EndpointCall(endpoint=endpoint, call=call):
                yield f"{endpoint.replace('_', ' ')} {call}"
            case Judgement(criterion=criterion, admits="no", reason=reason):
                yield f"{criterion} {reason.en}"
            case _:
                pass


def _measured(result: MrdResult) -> str:
    flags = f", flags {', '.join(result.flags)}" if result.flags else ""
    return (
        f"{result.method} {result.found:g} of {result.cells:,} {result.primary}: {percent(result.level)}"
        f" (LOD {percent(result.lod)}{flags})"
    )
