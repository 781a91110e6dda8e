"""How words, numbers and days of the trial are shown in a template."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from html import escape as escaped
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import template
from django.urls import get_script_prefix
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from remission.mrd.result import MrdResult
from remission.mrd.words import cells_name
from remission.mrd.words import percent as percent_words
from remission.protocol.study import ControlRate, Site, Study
from remission.results.numbers import Cell, Number
from remission.terms.words import Text
from remission.web import telling, words

register = template.Library()

_SHORT = 14  # a number in a cell stays on one line; what is longer are words
_BEFORE_BRACKETS = re.compile(r" (?=[\[(])")


def _language() -> str:
    return get_language() or "en"


def _html(pattern: str, *values: object) -> SafeString:
    """`pattern` with the values in it, escaped."""
    return SafeString(format_html(pattern, *values))


@register.filter
def said(text: Text) -> str:
    """Words of the study file or the results in the page's language."""
    return text.in_(_language())


@register.simple_tag
def cell(shown: Cell, numbers: Mapping[str, Number]) -> SafeString:
    """A cell of a results table, each number a link to why it is so; a line may end before a bracket only."""
    found = [numbers[id] for id in shown.numbers]
    if not found:
        return SafeString("")
    if len(found) == 1 and len(found[0].text.in_(_language())) > _SHORT:
        return SafeString(f'<span class="words">{_why(found[0])}</span>')
    if all(number.value is None for number in found):
        return _why(found[0])
    spans = " ".join(
        f'<span class="nowrap">{escaped(part)}</span>' for part in _BEFORE_BRACKETS.split(shown.pattern)
    )
    return SafeString(spans.format(*(_why(number) for number in found)))


def _why(number: Number) -> SafeString:
    # A page has some two thousand of these, and Django's format_html takes most of its time.
    language, prefix = _language(), escaped(get_script_prefix())
    label, text = escaped(number.label.in_(language)), escaped(number.text.in_(language))
    return SafeString(f'<a class="number" href="{prefix}why/{number.id}" title="{label}">{text}</a>')


@register.filter
def percent(level: float | Decimal) -> str:
    """A fraction as percent: never rounded onto or across a threshold."""
    return percent_words(float(level))


@register.filter
def share(of_parent: float) -> str:
    """A share of a population, short: four digits at most."""
    return f"{100 * of_parent:.3g} %" if of_parent < 0.9995 else "100 %" if of_parent == 1 else "99.9 %"


@register.filter
def anchor(name: str) -> str:
    """A name as the id of a part of a page."""
    return "gate-" + re.sub(r"[^A-Za-z0-9_-]", lambda found: f"_{ord(found[0]):x}_", name)


@register.filter
def unlocalized(number: float) -> str:
    """A number for a machine."""
    return f"{number:.3f}"


@register.filter
def cells(denominator: str) -> str:
    """A denominator in the page's language."""
    return cells_name(denominator).in_(get_language() or "en")


@register.filter
def iso(day: date | datetime) -> SafeString:
    """A calendar day, on one line."""
    return _html('<span class="nowrap">{}</span>', day.strftime("%Y-%m-%d"))


@register.filter
def local(instant: datetime, zone: ZoneInfo) -> str:
    """An instant on a site's clock."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


@register.filter
def utc(recorded: str) -> str:
    """The ledger's own time, to the second."""
    return f"{recorded[:19].replace('T', ' ')} UTC"


@register.filter
def hours_to(start: datetime, end: datetime) -> str:
    """The hours between two instants, to a tenth."""
    return f"{(end - start).total_seconds() / 3600:.1f}"


@register.filter
def thousands(count: int) -> str:
    """A whole number with its thousands apart."""
    return f"{count:,}"


@register.filter
def counted(number: float) -> str:
    """A count as it was found: whole with its thousands apart, an estimate to three digits."""
    if float(number).is_integer():
        return f"{int(number):,}"
    return f"{number:,.0f}" if number >= 1000 else f"{number:.3g}"


@register.filter
def word(code: str) -> str:
    """A code of ours (stage, urgency, role, mark, ...) in the page's language."""
    return words.word(code)


@register.filter
def kind(name: str) -> str:
    """An event's class name in words."""
    return str(words.KINDS[name])


@register.filter
def field(name: str) -> str:
    """The name of an event's field in words."""
    return str(words.FIELDS.get(name, name))


@register.filter
def measured(result: MrdResult) -> str:
    """A laboratory result in one line."""
    return telling.measured(result)


@register.filter
def criterion_name(study: Study, id: str) -> str:
    """The name of a criterion."""
    return said(study.criterion(id).name)


@register.filter
def risk_name(study: Study, id: str) -> str:
    """The name of a risk group; the code itself where the study has none of it."""
    return next((said(group.name) for group in study.risk_groups if group.id == id), id)


@register.filter
def site(study: Study, id: str) -> Site:
    """A hospital of the study."""
    return study.site(id)


@register.filter
def control_rate(study: Study, endpoint: str) -> ControlRate:
    """The control's rate for an endpoint."""
    return study.rate(endpoint)


@register.filter
def decision(study: Study, rule: str) -> Text | None:
    """What the study file decided about a trap, if it had to."""
    return next((decided.text for decided in study.decisions if decided.rule == rule), None)


@register.simple_tag
def querystring_of(asked: Mapping[str, str], page: int) -> str:
    """The filter of a list and a page of it, as a query string."""
    return urlencode({**{name: value for name, value in asked.items() if value}, "page": page})


@register.filter
def split_marker(marker: str) -> str:
    """The marker of a list item when it is a letter or number; bullets are drawn by the list itself."""
    return marker if any(sign.isalnum() for sign in marker) else ""
