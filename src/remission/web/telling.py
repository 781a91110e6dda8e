"""An event told in one line, in the page's language; its own free text stays as it was written."""

from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.translation import get_language, gettext, ngettext

from remission.conduct import events as ev
from remission.mrd.result import MrdResult
from remission.mrd.words import cells_name, percent
from remission.protocol.study import Study
from remission.terms.words import Text
from remission.web.words import FIELDS, KINDS, word

_DAYS = ("on", "at", "first", "began", "as_of")
_UNSAID: dict[type[ev.Event], tuple[str, ...]] = {
    ev.FactRecorded: ("fact", "evidence"),
    ev.ThingHappened: ("list",),
    ev.ListClosed: ("list",),
}


def day_of(event: ev.Event, zone: ZoneInfo) -> date | None:
    """The calendar day at the site on which an event happened; None for what has none of its own."""
    for name in _DAYS:
        value = getattr(event, name, None)
        if isinstance(value, datetime):
            return value.astimezone(zone).date()
        if isinstance(value, date):
            return value
    return None


def named(event: ev.Event, study: Study) -> str:
    """What happened, in a few words."""
    match event:
        case ev.FactRecorded(fact=fact):
            return _said(study.fact(fact).label)
        case ev.ThingHappened(list=name) | ev.ListClosed(list=name):
            return f"{KINDS[type(event).__name__]}: {_said(_list_name(study, name))}"
        case ev.MarrowTaken(point=point) | ev.SampleMissed(point=point):
            return f"{KINDS[type(event).__name__]}: {_said(study.point(point).name)}"
        case ev.MrdReported(point=point, result=result):
            return f"{KINDS['MrdReported']} ({word(result.method)}): {_said(study.point(point).name)}"
        case ev.ToxicityReported(term=term, grade=grade):
            return gettext("%(toxicity)s, grade %(grade)s") % {"toxicity": term, "grade": grade}
        case _:
            return str(KINDS[type(event).__name__])


def details(event: ev.Event, study: Study, zone: ZoneInfo) -> str:
    """The rest of an event's words: labelled values, in the order of its fields."""
    match event:
        case ev.FactRecorded(fact=fact, value=value):
            return f"{word(value)} {study.fact(fact).unit}".strip()
        case ev.MrdReported(result=result):
            return measured(result)
        case ev.FoundEligible(judgements=judgements) | ev.FoundIneligible(judgements=judgements):
            shut = [judged for judged in judgements if judged.admits == "no"]
            said = [f"{judged.criterion}: {_said(judged.reason)}" for judged in shut]
            count = len(judgements)
            whole = ngettext("%(count)s criterion judged", "%(count)s criteria judged", count) % {
                "count": count
            }
            return "; ".join([*said, whole])
        case ev.DoseOrdered():
            return f"{event.amount} {event.unit}, {word(event.level)} ({event.rule})"
        case ev.ResponseAssessed(calls=calls):
            return "; ".join(
                f"{_said(study.endpoint(call.endpoint).name)}: {word(call.call)}" for call in calls
            )
        case _:
            return _labelled(event, zone)


def measured(result: MrdResult) -> str:
    """A result in one line: found, examined, level, LOD."""
    return gettext("%(found)s of %(cells)s %(kind)s: %(level)s (LOD %(lod)s)") % {
        "found": f"{result.found:,}" if isinstance(result.found, int) else f"{result.found:.3g}",
        "cells": f"{result.cells:,}",
        "kind": cells_name(result.primary).in_(get_language() or "en"),
        "level": percent(result.level),
        "lod": percent(result.lod),
    }


def _labelled(event: ev.Event, zone: ZoneInfo) -> str:
    unsaid = (*_UNSAID.get(type(event), ()), *_DAYS[:1])
    parts = [
        f"{FIELDS[field.name]}: {_value(getattr(event, field.name), zone)}"
        for field in fields(event)
        if field.name not in unsaid and getattr(event, field.name) not in (None, "", ())
    ]
    return "; ".join(parts)


def _value(value: object, zone: ZoneInfo) -> str:
    match value:
        case bool():
            return word("yes" if value else "no")
        case datetime():
            return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        case date() | int() | Decimal():
            return str(value)
        case tuple():
            return ", ".join(f"{part.name} {getattr(part, 'value', '')}".strip() for part in value)
        case _:
            return word(value)


def _list_name(study: Study, name: str) -> Text:
    return next(spec.name for spec in study.lists if spec.id == name)


def _said(text: Text) -> str:
    return text.in_(get_language() or "en")
