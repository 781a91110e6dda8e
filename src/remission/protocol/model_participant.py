"""The model participant: one who has had exactly the therapy that the study itself presupposes.

The participant's day 1 is the date of the study file, so that months are calendar months.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from remission.protocol.criteria import Compare, DaysOf, Expression, Happened, Span, Truth, leaves, truth
from remission.protocol.possible import holds
from remission.protocol.study import Criterion, Study
from remission.terms.days import after_months, date_of

DAY_ONE = "day_one"
ENROLMENT = "enrolment"

_EARLIER = re.compile(
    r"\b(?:before|prior to)\s+(?:the\s+)?(?:(?:start|starting|beginning|initiation)\s+(?:of\s+)?)?(?:the\s+)?"
    r"(?:induction|diagnosis|(?:initial|protocol|study)\s+(?:therapy|treatment)|first\s+dose|day\s+1\b)",
    re.IGNORECASE,
)
_WINDOW = re.compile(
    r"\b(?:within|in|during)\s+(?:the\s+)?(?:last\s+|past\s+|previous\s+)?"
    r"(?P<count>[0-9]{1,3}|a|one|two|three|four|six|twelve)\s+(?P<unit>day|week|month|year)s?\b",
    re.IGNORECASE,
)
_COUNTS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "twelve": 12}


@dataclass(frozen=True, slots=True)
class Covered:
    """A look-back that holds own therapy: what and how long, and the days of it inside the window."""

    therapy: str
    window: str
    days: int


def anchor_of_sentence(text: str) -> str:
    """The anchor that a sentence of the record names: the start of treatment, or else enrolment."""
    return DAY_ONE if _EARLIER.search(text) else ENROLMENT


def shut_out(criterion: Criterion, expression: Expression, study: Study, anchor: str) -> bool:
    """Whether the criterion, counted from `anchor`, shuts out the model participant whatever else is true."""

    def ask(leaf: Compare | Happened) -> Truth:
        return _answer(leaf, study, anchor)

    sentence = truth(expression, ask)
    return sentence is (Truth.TRUE if criterion.kind == "exclusion" else Truth.FALSE)


def covered_by_expression(expression: Expression, study: Study, anchor: str) -> list[Covered]:
    """The look-backs of an expression that are true of the model participant."""
    found: list[Covered] = []
    for leaf in leaves(expression):
        if _answer(leaf, study, anchor) is not Truth.TRUE:
            continue
        match leaf:
            case Happened(what=therapy, span=span):
                found.append(Covered(therapy, f"any {_in_words(span)}", _days(therapy, span, study, anchor)))
            case Compare(term=DaysOf(therapy=therapy, span=span), sign=sign, value=value):
                window = f"{sign} {value} days {_in_words(span)}"
                found.append(Covered(therapy, window, _days(therapy, span, study, anchor)))
            case _:
                pass
    return found


def covered_by_words(text: str, study: Study, anchor: str) -> list[Covered]:
    """The look-backs that a sentence names in words and that hold therapy of the model participant."""
    found: list[Covered] = []
    for therapy in dict.fromkeys(given.therapy for given in study.background):
        named = re.search(rf"\b{re.escape(therapy.replace('_', ' '))}", text, re.IGNORECASE)
        window = _WINDOW.search(text, named.end()) if named else None
        if window is None:
            continue
        span = _span(window["count"], window["unit"])
        days = _days(therapy, span, study, anchor)
        if days:
            found.append(Covered(therapy, f"any {_in_words(span)}", days))
    return found


def anchor_day(anchor: str, study: Study) -> int:
    """The protocol day an anchor falls on for the model participant."""
    return 1 if anchor == DAY_ONE else study.point(anchor).window.target


def _answer(leaf: Compare | Happened, study: Study, anchor: str) -> Truth:
    own = {given.therapy for given in study.background}
    match leaf:
        case Happened(what=therapy, span=span) if therapy in own:
            return Truth.of(_days(therapy, span, study, anchor) > 0)
        case Compare(term=DaysOf(therapy=therapy, span=span), sign=sign, value=Decimal() as value) if (
            therapy in own
        ):
            return Truth.of(holds(sign, Decimal(_days(therapy, span, study, anchor)), value))
        case _:
            return Truth.UNKNOWN


def _days(therapy: str, span: Span, study: Study, anchor: str) -> int:
    """Days of own therapy in the window; an anchoring day counts only if it is that of enrolment."""
    day_one = study.dated
    on = date_of(anchor_day(anchor, study), day_one)
    end = on if anchor == ENROLMENT else on - timedelta(days=1)
    days: set[date] = set()
    for given in study.background:
        if given.therapy == therapy:
            first, last = date_of(given.first_day, day_one), min(date_of(given.last_day, day_one), end)
            days.update(first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(_within(day, span, on) for day in days)


def _within(day: date, span: Span, on: date) -> bool:
    if span.months:
        return on <= after_months(day, span.months)
    return not span.days or (on - day).days <= span.days


def _span(count: str, unit: str) -> Span:
    number = _COUNTS.get(count.lower()) or int(count)
    match unit.lower():
        case "day":
            return Span(days=number)
        case "week":
            return Span(days=7 * number)
        case "month":
            return Span(months=number)
        case _:
            return Span(months=12 * number)


def _in_words(span: Span) -> str:
    if span.months:
        return f"within {span.months} month{'s' * (span.months > 1)}"
    return f"within {span.days} day{'s' * (span.days > 1)}" if span.days else "ever"
