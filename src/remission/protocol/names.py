"""Refusals of names: everything a study file names exists, once, and is asked in a way it can answer."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

from remission.mrd.result import Method
from remission.protocol.criteria import (
    AgeMonths,
    Answer,
    Compare,
    DaysOf,
    Happened,
    Level,
    Term,
    Value,
    leaves,
)
from remission.protocol.finding import Refusals, Subject
from remission.protocol.model_participant import DAY_ONE, ENROLMENT
from remission.protocol.study import FactKind, FactSpec, Study

BODY_SURFACES = ("mosteller", "haycock")
METHODS = tuple(method.value for method in Method)
ACTIONS = ("continue", "hold", "stop", "consider_stopping")
ASKED_OF = ("site", "laboratory")
OTHER = "other"


def duplicate_id(subject: Subject) -> Refusals:
    """A name used twice where it must be the only one."""
    study = subject.study
    rules = (decision.rule for decision in study.decisions)
    named: dict[str, Iterable[str]] = {
        "points": (point.id for point in study.points),
        "risk_groups": (group.id for group in study.risk_groups),
        "facts": (fact.id for fact in study.facts),
        "lists": (spec.id for spec in study.lists),
        "lists.kinds": (kind for spec in study.lists for kind in spec.kinds),
        "criteria": (criterion.id for criterion in study.criteria),
        "endpoints": (endpoint.id for endpoint in study.endpoints),
        "control.rates": (rate.endpoint for rate in study.control.rates),
        "assays": (assay.method for assay in study.assays),
        "samples": (sample.point for sample in study.samples),
        "sets": (one.id for one in study.sets),
        "sites": (site.id for site in study.sites),
        "treatment.terms": (term.id for term in study.treatment.terms),
        "treatment.bags, hours": (str(bag.hours) for bag in study.treatment.bags),
        "assumptions": (assumption.id for assumption in study.assumptions),
        "decisions": rules,
    }
    if study.plan is not None:
        plan = study.plan
        named["plan.estimands"] = (one.id for one in plan.estimands)
        named["plan.subgroups"] = (one.id for one in plan.subgroups)
        named["plan.monitoring"] = (one.id for one in plan.monitoring)
        named["plan.landmarks"] = (one.id for one in plan.landmarks)
    for place, ids in named.items():
        for id, count in Counter(ids).items():
            if count > 1:
                yield subject.refuse(
                    "duplicate-id", f"{id!r} stands {count} times", place, "give each its own name"
                )


def unknown_name(subject: Subject) -> Refusals:
    """A question, point, endpoint, group or site word that nothing in the file defines."""
    study = subject.study
    facts = {fact.id for fact in study.facts}
    points = {point.id for point in study.points}
    endpoints = {endpoint.id for endpoint in study.endpoints}
    named: list[tuple[str, str, Iterable[str], set[str]]] = [
        ("day_one", "question", [study.day_one], facts),
        ("earliest_birth_fact", "question", [study.earliest_birth_fact], facts),
        ("risk_fact", "question", [study.risk_fact], facts),
        ("weight_fact", "question", [study.weight_fact], facts),
        ("height_fact", "question", [study.height_fact], facts),
        ("points", "point", [ENROLMENT], points),
        ("criteria, anchor", "point", (one.anchor for one in study.criteria), points | {DAY_ONE}),
        ("samples", "point", (sample.point for sample in study.samples), points),
        ("endpoints", "point", (endpoint.point for endpoint in study.endpoints), points),
        ("control", "point", [study.control.point], points),
        ("control.rates", "endpoint", (rate.endpoint for rate in study.control.rates), endpoints),
        (
            "treatment.toxicity",
            "row of treatment.terms",
            _ruled(study),
            {t.id for t in study.treatment.terms},
        ),
        ("risk_groups", "code of the risk question", (g.id for g in study.risk_groups), _codes(study)),
    ]
    for place, kind, names, known in named:
        for name in dict.fromkeys(names):
            if name not in known:
                yield subject.refuse(
                    "unknown-fact",
                    f"there is no {kind} {name!r}",
                    place,
                    f"define it, or name one of: {', '.join(sorted(known))}",
                )


def unknown_fact(subject: Subject) -> Refusals:
    """An expression that asks for a question, list entry, method or point that does not exist."""
    study = subject.study
    facts = {fact.id for fact in study.facts}
    kinds = {kind for spec in study.lists for kind in spec.kinds}
    points = {point.id for point in study.points}
    for criterion, expression in subject.rules:
        place = f"criterion {criterion.id}"
        for leaf in leaves(expression):
            for kind, name, known in _asked(leaf, facts, kinds, points):
                if name not in known:
                    yield subject.refuse(
                        "unknown-fact",
                        f"it asks for the {kind} {name!r}, which does not exist",
                        place,
                        f"define it, or ask for one of: {', '.join(sorted(known))}",
                    )


def _asked(
    leaf: Compare | Happened, facts: set[str], kinds: set[str], points: set[str]
) -> Iterator[tuple[str, str, set[str]]]:
    match leaf:
        case Happened(what=kind) | Compare(term=DaysOf(therapy=kind)):
            yield "list entry", kind, kinds
        case Compare(term=Answer(fact=fact)):
            yield "question", fact, facts
        case Compare(term=Level(method=method, point=point)):
            yield "method", method, set(METHODS)
            yield "point", point, points
        case _:
            pass


def wrong_kind(subject: Subject) -> Refusals:
    """A question that the study itself rests on, of another kind than it must be."""
    study = subject.study
    facts = {fact.id: fact for fact in study.facts}
    for place, fact, kind in (
        ("day_one", study.day_one, FactKind.DATE),
        ("earliest_birth_fact", study.earliest_birth_fact, FactKind.DATE),
        ("risk_fact", study.risk_fact, FactKind.CODE),
        ("weight_fact", study.weight_fact, FactKind.NUMBER),
        ("height_fact", study.height_fact, FactKind.NUMBER),
    ):
        if fact in facts and facts[fact].kind is not kind:
            what = f"the question {fact!r} is answered by {facts[fact].kind.name}, not {kind.name}"
            yield subject.refuse("wrong-kind", what, place, "name the right question, or correct its kind")


def wrong_comparison(subject: Subject) -> Refusals:
    """A comparison that the answer cannot take: a code that is none, a yes compared with a number."""
    study = subject.study
    facts = {fact.id: fact for fact in study.facts}
    for criterion, expression in subject.rules:
        for leaf in leaves(expression):
            if isinstance(leaf, Compare) and not _comparable(leaf.term, leaf.sign, leaf.value, facts):
                yield subject.refuse(
                    "wrong-comparison",
                    f"{leaf.sign} {leaf.value!s} cannot be asked of {leaf.term}",
                    f"criterion {criterion.id}",
                    "compare numbers with numbers, codes (== or !=) with one of the question's codes, "
                    "levels (>= or <) with a fraction of cells",
                )


def _comparable(term: Term, sign: str, value: Value, facts: dict[str, FactSpec]) -> bool:
    match term:
        case Answer(fact=fact):
            return fact not in facts or _answerable(facts[fact], sign, value)
        case AgeMonths() | DaysOf():
            return isinstance(value, Decimal)
        case Level():
            return isinstance(value, Decimal) and 0 < value <= 1 and sign in (">=", "<")


def _answerable(spec: FactSpec, sign: str, value: Value) -> bool:
    match spec.kind:
        case FactKind.CODE:
            return value in spec.codes and sign in ("==", "!=")
        case FactKind.YES_NO:
            return isinstance(value, bool) and sign in ("==", "!=")
        case FactKind.NUMBER:
            return isinstance(value, Decimal)
        case FactKind.DATE:
            return False


def unknown_word(subject: Subject) -> Refusals:
    """A word outside the few that have a meaning at its place."""
    study = subject.study
    treatment = study.treatment
    moments = (moment for drug in treatment.premedication for moment in drug.before)
    said: list[tuple[str, Iterable[str], tuple[str, ...]]] = [
        ("criteria, kind", (one.kind for one in study.criteria), ("inclusion", "exclusion")),
        ("criteria, answered_by", (one.answered_by for one in study.criteria), ASKED_OF),
        ("facts, asked_of", (fact.asked_of for fact in study.facts), ASKED_OF),
        ("lists, asked_of", (spec.asked_of for spec in study.lists), ASKED_OF),
        ("treatment, mode", [treatment.mode], ("continuous", "single")),
        ("treatment, body_surface", [treatment.body_surface], BODY_SURFACES),
        ("treatment.premedication, before", moments, ("first_dose", "step_up", "restart")),
        ("treatment.toxicity, action", (rule.action for rule in treatment.toxicity), ACTIONS),
        ("treatment.toxicity, restart", (rule.restart for rule in treatment.toxicity), ("same", "low")),
        ("samples, purpose", (sample.purpose for sample in study.samples), ("trigger", "endpoint")),
        ("samples, methods", (m for sample in study.samples for m in sample.methods), METHODS),
        ("assays, method", (assay.method for assay in study.assays), METHODS),
        ("endpoints, method", (endpoint.method for endpoint in study.endpoints), METHODS),
        ("control, measured_by", study.control.measured_by, METHODS),
    ]
    for place, words, allowed in said:
        for word in dict.fromkeys(words):
            if word not in allowed:
                yield subject.refuse(
                    "unknown-word",
                    f"{word!r} has no meaning here",
                    place,
                    f"write one of: {', '.join(allowed)}",
                )


def time_zone_unknown(subject: Subject) -> Refusals:
    """A site whose calendar cannot be known."""
    for site in subject.study.sites:
        try:
            ZoneInfo(site.time_zone)
        except (KeyError, ValueError, OSError):
            yield subject.refuse(
                "time-zone-unknown",
                f"{site.time_zone!r} is not a time zone",
                f"site {site.id}",
                "write an IANA name, such as Asia/Shanghai",
            )


def _ruled(study: Study) -> Iterator[str]:
    """The terms of the toxicity rules that need words; `other` is whatever no words name."""
    return (rule.term for rule in study.treatment.toxicity if rule.term != OTHER)


def _codes(study: Study) -> set[str]:
    return {code for fact in study.facts if fact.id == study.risk_fact for code in fact.codes}
