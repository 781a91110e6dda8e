"""The answers to the single questions that expressions are made of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from remission.mrd.calls import Call
from remission.mrd.words import method_name, percent
from remission.protocol.answering import answered
from remission.protocol.criteria import (
    AgeMonths,
    Answer,
    Compare,
    DaysOf,
    Happened,
    Level,
    Span,
    Truth,
    Value,
)
from remission.protocol.study import FactSpec, ListSpec, Study
from remission.screening.facts import Facts, Happening
from remission.terms.days import after_months, age_in_months, date_of
from remission.terms.evidence import EntryRef
from remission.terms.words import Text

ENROLMENT = "enrolment"
DAY_ONE = "day_one"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question is put: study, facts, day, and the criterion's anchor and world."""

    study: Study
    facts: Facts
    on: date
    anchor: str
    closed_world: bool

    @property
    def day_one(self) -> date | None:
        """The first day of induction, if known."""
        return self.facts.day(self.study.day_one, self.on)

    @property
    def anchor_date(self) -> date | None:
        """The date that the criterion counts from, if known."""
        if self.anchor == ENROLMENT:
            return self.on
        if self.anchor == DAY_ONE or self.day_one is None:
            return self.day_one
        return date_of(self.study.point(self.anchor).window.target, self.day_one)

    def by(self, day: int) -> date | None:
        """The calendar date of a protocol day, if day 1 is known."""
        return None if self.day_one is None else date_of(day, self.day_one)


@dataclass(frozen=True, slots=True)
class Leaf:
    """An answered question: its truth, what is said of it, what is missing, and the entries it rests on."""

    truth: Truth
    said: Text
    refs: tuple[EntryRef, ...] = ()
    missing: Text | None = None
    asked_of: str = ""
    by: date | None = None


def answer(leaf: Compare | Happened, place: Place) -> Leaf:
    """Answer one comparison or look-back."""
    if isinstance(leaf, Happened):
        return _happened(leaf, place)
    match leaf.term:
        case Answer(fact=fact):
            return _recorded(leaf, fact, place)
        case AgeMonths():
            return _age(leaf, place)
        case Level() as level:
            return _level(leaf, level, place)
        case DaysOf() as days:
            return _days_of(leaf, days, place)


_COMPARE: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _holds(sign: str, left: object, right: Value) -> bool:
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _COMPARE[sign](left, right)
    return (left == right) == (sign == "==")


def _unknown(what: Text, asked_of: str, by: date | None, why: Text | None = None) -> Leaf:
    reason = why or Text("not recorded", "未记录")
    return Leaf(
        Truth.UNKNOWN, Text(f"{what.en}: {reason.en}", f"{what.zh}：{reason.zh}"), (), what, asked_of, by
    )


def _recorded(leaf: Compare, fact: str, place: Place) -> Leaf:
    spec = place.study.fact(fact)
    known = place.facts.answer(fact, place.on)
    if known is None:
        return _unknown(spec.label, spec.asked_of, place.by(spec.due_day))
    shown = _shown(spec, known.value)
    said = Text(f"{spec.label.en}: {shown.en}", f"{spec.label.zh}：{shown.zh}")
    return Leaf(Truth.of(_holds(leaf.sign, known.value, leaf.value)), said, _refs(known.ref))


def _shown(spec: FactSpec, value: object) -> Text:
    if isinstance(value, bool):
        return Text("yes", "是") if value else Text("no", "否")
    if isinstance(value, str):
        return spec.said(value)
    plain = f"{value} {spec.unit}".strip()
    return Text(plain, plain)


def _age(leaf: Compare, place: Place) -> Leaf:
    spec = place.study.fact(place.study.earliest_birth_fact)
    known = place.facts.answer(spec.id, place.on)
    birth, on = place.facts.day(spec.id, place.on), place.anchor_date
    if known is None or birth is None:
        return _unknown(spec.label, spec.asked_of, place.by(spec.due_day))
    if on is None:
        day_one = place.study.fact(place.study.day_one)
        return _unknown(day_one.label, day_one.asked_of, None)
    if on < birth:
        return _unknown(spec.label, spec.asked_of, None, Text(f"{birth} is after {on}", f"{birth}晚于{on}"))
    months = age_in_months(birth, on)
    years, rest = divmod(months, 12)
    said = Text(f"age {years} y {rest} m on {on}", f"{on}时{years}岁{rest}个月")
    return Leaf(Truth.of(_holds(leaf.sign, Decimal(months), leaf.value)), said, _refs(known.ref))


def _level(leaf: Compare, level: Level, place: Place) -> Leaf:
    point = place.study.point(level.point)
    method = method_name(level.method)
    what = Text(f"{method.en} MRD, {point.name.en}", f"{method.zh} MRD，{point.name.zh}")
    measured = place.facts.results.get((level.method, level.point))
    if measured is None or measured.on > place.on:
        why = Text("sample missed", "样本缺失") if level.point in place.facts.missed else None
        return _unknown(what, "laboratory", place.by(point.window.last), why)
    limit = Decimal(str(leaf.value))
    found = answered(place.study, level.point, measured.result, limit, limit)
    if found.call is Call.NOT_EVALUABLE:
        unknown = _unknown(what, "laboratory", place.by(point.window.last), found.reason)
        return Leaf(
            unknown.truth, unknown.said, _refs(measured.ref), unknown.missing, unknown.asked_of, unknown.by
        )
    reaches = found.call is Call.POSITIVE
    shown, bound = percent(measured.result.level), percent(float(limit))
    sign = "≥" if reaches else "<"
    said = Text(f"{what.en} {shown} {sign} {bound}", f"{what.zh} {shown} {sign} {bound}")
    return Leaf(Truth.of(reaches == (leaf.sign == ">=")), said, _refs(measured.ref))


def _happened(leaf: Happened, place: Place) -> Leaf:
    return _look_back(
        leaf.what, leaf.span, leaf.except_for, place, lambda days, sure: _at_least(days, 1, sure)
    )


def _days_of(leaf: Compare, days: DaysOf, place: Place) -> Leaf:
    assert isinstance(leaf.value, Decimal)
    limit = leaf.value

    def decide(count: int, sure: bool) -> Truth:
        if sure:
            return Truth.of(_COMPARE[leaf.sign](Decimal(count), limit))
        # Days not yet entered can only add: what is reached stays reached.
        reached = _COMPARE[">=" if leaf.sign in (">=", "<") else ">"](Decimal(count), limit)
        if leaf.sign in ("==", "!=") or not reached:
            return Truth.UNKNOWN
        return Truth.of(leaf.sign in (">=", ">"))

    return _look_back(days.therapy, days.span, days.except_for, place, decide)


def _at_least(days: int, least: int, sure: bool) -> Truth:
    return Truth.TRUE if days >= least else Truth.FALSE if sure else Truth.UNKNOWN


def _look_back(
    kind: str, span: Span, except_for: tuple[str, ...], place: Place, decide: Callable[[int, bool], Truth]
) -> Leaf:
    spec = _list_of(place.study, kind)
    anchor = place.anchor_date
    if anchor is None:
        day_one = place.study.fact(place.study.day_one)
        return _unknown(day_one.label, day_one.asked_of, None)
    # Up to and including the day of judgement, but before the first day of a therapy that anchors.
    end = place.on if place.anchor == ENROLMENT else min(anchor - timedelta(days=1), place.on)
    counted = [
        item
        for item in place.facts.happenings.get(spec.id, ())
        if item.kind == kind and (not item.purpose or item.purpose not in except_for)
    ]
    count = len(_days_within(counted, span, anchor, end))
    closed = place.facts.closed.get(spec.id)
    sure = place.closed_world and closed is not None and closed >= end
    truth = decide(count, sure)
    name = spec.said(kind)
    if truth is Truth.UNKNOWN:
        why = Text(f"list not declared complete up to {end}", f"清单尚未声明完整至{end}")
        return _unknown(spec.name, spec.asked_of, place.by(spec.due_day), why)
    said = Text(
        f"{name.en}: {count} {'day' if count == 1 else 'days'} {_span_en(span)}before {anchor}",
        f"{name.zh}：{anchor}前{_span_zh(span)}{count}天",
    )
    return Leaf(truth, said, tuple(item.ref for item in counted if item.ref is not None))


def _days_within(items: list[Happening], span: Span, anchor: date, end: date) -> set[date]:
    days: set[date] = set()
    for item in items:
        day = item.first
        while day <= min(item.last, end):
            if _within(day, span, anchor):
                days.add(day)
            day += timedelta(days=1)
    return days


def _within(day: date, span: Span, anchor: date) -> bool:
    """Whether no more than the span has passed from `day` to the anchor (exactly the span counts)."""
    if span.months:
        return anchor <= after_months(day, span.months)
    return not span.days or (anchor - day).days <= span.days


def _list_of(study: Study, kind: str) -> ListSpec:
    return next(spec for spec in study.lists if kind in spec.kinds)


def _span_en(span: Span) -> str:
    if span.months:
        return f"within {span.months} month{'s' * (span.months > 1)} "
    return f"within {span.days} days " if span.days else ""


def _span_zh(span: Span) -> str:
    return f"{span.months}个月内" if span.months else f"{span.days}天内" if span.days else ""


def _refs(ref: EntryRef | None) -> tuple[EntryRef, ...]:
    return () if ref is None else (ref,)
