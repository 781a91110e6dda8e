"""A virtual child as it truly is, and whether a criterion's sentence is truly true of it.

The answer to a criterion is worked out here from the truth, by other code than the trial's own judge: a
second, obvious version to hold the finding against.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import cast

from remission.protocol.criteria import (
    AgeMonths,
    Answer,
    Compare,
    DaysOf,
    Expression,
    Happened,
    Level,
    Span,
    Truth,
    Value,
    parse,
    truth,
)  # fmt: skip
from remission.protocol.study import FactKind, Phase, Study
from remission.terms.days import after_months, age_in_months, date_of
from remission.terms.ids import SiteId


@dataclass(frozen=True, slots=True)
class TrueHappening:
    """A dated thing that truly happened, from `first` to `last` inclusive."""

    kind: str
    first: date
    last: date
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Child:
    """A virtual child: the `number`-th to come to `site`, with true answers as text.

    `trigger_level` is the true level of disease at the trigger sample; `other_kill` and `drug_kill` are
    what the other therapy and a whole course of the drug do to it, in powers of ten; `escape` is the part
    of the cells that the drug cannot see. `hidden`: questions whose true answer is not known at screening.
    """

    site: SiteId
    number: int
    day_one: date
    answers: Mapping[str, str]
    hidden: frozenset[str]
    happenings: tuple[TrueHappening, ...]
    trigger_level: float
    other_kill: float
    drug_kill: float
    escape: float

    @property
    def name(self) -> str:
        """Site and order of arrival, the key of the child's own random numbers."""
        return f"{self.site}/{self.number}"

    def level(self, course: float, cure_below: float) -> float:
        """The true level at the endpoint sample after `course` (0 to 1) of the drug."""
        seen = 10 ** (-self.drug_kill * course)
        left = self.trigger_level * 10**-self.other_kill * (self.escape + (1 - self.escape) * seen)
        return left if left >= cure_below else 0.0

    def unseen_part(self, course: float) -> float:
        """The part of the remaining cells that does not carry the drug's target."""
        seen = (1 - self.escape) * 10 ** (-self.drug_kill * course)
        return self.escape / (self.escape + seen) if self.escape + seen > 0 else 0.0


@lru_cache(maxsize=256)
def parsed(expression: str) -> Expression:
    """An expression of the language of the criteria, read once."""
    return parse(expression, where="rehearsal")


def shut_out(study: Study, child: Child, on: date, levels: Mapping[str, float]) -> tuple[str, ...]:
    """The criteria of the enrolment phase that truly shut the child out on a day.

    Parameters
    ----------
    study : Study
        The study.
    child : Child
        The truth.
    on : date
        The day on which the child is, or would be, enrolled.
    levels : mapping
        True level of disease (fraction of cells) at each time point.
    """
    out: list[str] = []
    for criterion in study.criteria:
        if criterion.phase is Phase.ENROLMENT:
            expression = parsed(criterion.expression)
            anchor = _anchor(study, child, criterion.anchor, on)
            said = holds(study, child, expression, anchor, on, levels)
            if said != (criterion.kind == "inclusion"):
                out.append(criterion.id)
    return tuple(out)


def holds(
    study: Study, child: Child, expression: Expression, anchor: date, on: date, levels: Mapping[str, float]
) -> bool:
    """Whether an expression is truly true of a child; truth knows no unknown."""

    def ask(leaf: Compare | Happened) -> Truth:
        if isinstance(leaf, Happened):
            return Truth.of(bool(_days(child, leaf.what, leaf.span, leaf.except_for, anchor, on)))
        match leaf.term:
            case Answer(fact=fact):
                return Truth.of(_compare(_read(study, fact, child.answers[fact]), leaf.sign, leaf.value))
            case AgeMonths():
                birth = date.fromisoformat(child.answers[study.earliest_birth_fact])
                return Truth.of(_compare(Decimal(age_in_months(birth, anchor)), leaf.sign, leaf.value))
            case Level(point=point):
                return Truth.of(_compare(Decimal(levels[point]), leaf.sign, leaf.value))
            case DaysOf(therapy=kind, span=span, except_for=spared):
                days = Decimal(len(_days(child, kind, span, spared, anchor, on)))
                return Truth.of(_compare(days, leaf.sign, leaf.value))

    return truth(expression, ask) is Truth.TRUE


def _anchor(study: Study, child: Child, anchor: str, on: date) -> date:
    if anchor == "enrolment":
        return on
    if anchor == "day_one":
        return child.day_one
    return date_of(study.point(anchor).window.target, child.day_one)


def _read(study: Study, fact: str, text: str) -> Value:
    match study.fact(fact).kind:
        case FactKind.YES_NO:
            return text == "yes"
        case FactKind.NUMBER:
            return Decimal(text)
        case _:
            return text


def _compare(left: Value, sign: str, right: Value) -> bool:
    if sign in ("==", "!="):
        return (left == right) == (sign == "==")
    a, b = cast("Decimal", left), cast("Decimal", right)
    return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign]


def _days(
    child: Child, kind: str, span: Span, spared: tuple[str, ...], anchor: date, on: date
) -> frozenset[date]:
    """The days on which something happened, before the anchor (up to and with the day of enrolment)."""
    last = anchor if anchor == on else anchor - timedelta(days=1)
    days = (
        day
        for item in child.happenings
        if item.kind == kind and item.purpose not in spared
        for day in _each_day(item)
    )
    return frozenset(day for day in days if day <= last and _reaches(day, span, anchor))


def _each_day(item: TrueHappening) -> Iterator[date]:
    return (item.first + timedelta(days=n) for n in range((item.last - item.first).days + 1))


def _reaches(day: date, span: Span, anchor: date) -> bool:
    if span.months:
        return anchor <= after_months(day, span.months)
    return not span.days or (anchor - day).days <= span.days
