"""Refusals of the analysis plan: what it names must exist, and it must not contradict itself or the design.

`CARRIES` is the table of methods: the summary each estimates, and the strategies it can carry.
"""

import re
from collections.abc import Iterable

from remission.errors import StudyRefused
from remission.mrd.result import Method as AssayMethod
from remission.protocol.finding import Refusals, Subject
from remission.protocol.plan import (
    Counted,
    Estimand,
    Intercurrent,
    Joined,
    Method,
    Of,
    Plan,
    Purpose,
    Role,
    Strategy,
    Subgroup,
    Summary,
)
from remission.protocol.study import Endpoint, FactKind, Indeterminate, Joint, OutsideWindow, Study

_KNOWN = frozenset({Strategy.TREATMENT_POLICY, Strategy.COMPOSITE, Strategy.HYPOTHETICAL})
CARRIES: dict[Method, tuple[Summary, frozenset[Strategy]]] = {
    Method.EXACT_BINOMIAL: (Summary.RATE, _KNOWN),
    Method.RUBIN: (Summary.RATE, _KNOWN | {Strategy.MULTIPLE_IMPUTATION}),
    Method.TIPPING_POINT: (Summary.RATE, _KNOWN | {Strategy.TIPPING_POINT}),
    Method.NEWCOMBE: (Summary.RISK_DIFFERENCE, _KNOWN),
    Method.STRATIFIED: (Summary.STRATIFIED_RATE, _KNOWN),
}
"""What a method estimates, and the strategies it can carry."""

UNKNOWN_ANSWERS = (Intercurrent.MISSING, Intercurrent.NOT_EVALUABLE, Intercurrent.LATE_SAMPLE)
"""Events that leave the answer unknown."""

OF_TREATMENT = (Intercurrent.NEVER_TREATED, Intercurrent.STOPPED_EARLY)
"""Events of the treatment: there may be an answer all the same."""

_GUESSES = {Strategy.MULTIPLE_IMPUTATION, Strategy.TIPPING_POINT}
_DECIDING = _GUESSES | {Strategy.COMPOSITE}
_ID = re.compile(r"[a-z0-9_]+")


def plan_refused(subject: Subject) -> Refusals:
    """Everything wrong with the plan; once a name is unknown, nothing else is asked."""
    plan = subject.study.plan
    if plan is None:
        yield subject.refuse(
            "plan-missing", "there is no analysis plan", "plan", "say in [plan] what is estimated, and how"
        )
        return
    unknown = list(_unknown_names(subject, plan))
    yield from unknown
    if unknown:
        return
    yield from _primary(subject, plan)
    for estimand in plan.estimands:
        yield from _strategies(subject, estimand)
        yield from _method(subject, estimand)
    for subgroup in plan.subgroups:
        yield from _subgroup(subject, subgroup)
    yield from _landmarks(subject, plan)


def _unknown_names(subject: Subject, plan: Plan) -> Refusals:
    study = subject.study
    endpoints, subgroups = {e.id for e in study.endpoints}, {one.id for one in plan.subgroups}
    terms = {rule.term for rule in study.treatment.toxicity} | {term.id for term in study.treatment.terms}
    named: list[tuple[str, str, Iterable[str], set[str]]] = []
    for one in plan.estimands:
        place = f"plan, estimand {one.id}"
        named.append((place, "analysis set", [one.population], {chosen.id for chosen in study.sets}))
        named.append((place, "endpoint", one.variable, endpoints))
        named.append((place, "subgroup", one.strata, subgroups))
    for group in plan.subgroups:
        place = f"plan, subgroup {group.id}"
        named.append((place, "question", _given(group.fact), {fact.id for fact in study.facts}))
        named.append((place, "method", _given(group.method), {method.value for method in AssayMethod}))
        named.append((place, "point", _given(group.point), {point.id for point in study.points}))
    for looked in plan.monitoring:
        known = terms if looked.purpose is Purpose.TOXICITY else endpoints
        named.append((f"plan, monitoring {looked.id}", "endpoint or toxicity", [looked.watched], known))
    for mark in plan.landmarks:
        named.append((f"plan, landmark {mark.id}", "endpoint", [mark.by], endpoints))
    for place, kind, names, known in named:
        for name in dict.fromkeys(names):
            if name not in known:
                yield subject.refuse(
                    "plan-unknown-name",
                    f"there is no {kind} {name!r}",
                    place,
                    f"define it, or name one of: {', '.join(sorted(known)) or '(none defined)'}",
                )
    for id in _ids(plan):
        if not _ID.fullmatch(id):
            yield subject.refuse(
                "plan-unknown-name", f"{id!r} is not an id", "plan", "use small letters, digits and _"
            )


def _given(name: str) -> list[str]:
    return [name] if name else []


def _ids(plan: Plan) -> list[str]:
    parts = (plan.estimands, plan.subgroups, plan.monitoring, plan.landmarks)
    return [one.id for part in parts for one in part]


def _primary(subject: Subject, plan: Plan) -> Refusals:
    """The primary estimands must make the claim of the design, at its alpha, in the primary set."""
    study = subject.study
    primary = [one for one in plan.estimands if one.role is Role.PRIMARY]
    every = {endpoint.id for endpoint in study.endpoints}
    claimed = [id for one in primary for id in one.variable]
    if not primary or set(claimed) != every or len(claimed) != len(every):
        yield _refuse_primary(
            subject,
            f"the primary estimands claim {', '.join(claimed) or 'nothing'}; the design has the endpoints "
            f"{', '.join(sorted(every))}",
            "let the primary estimands claim each endpoint once",
        )
    if study.design.joint is Joint.ALL and (len(primary) > 1 or any(_either(one) for one in primary)):
        what = f"{len(primary)} primary estimands" if len(primary) > 1 else "a primary estimand of either"
        yield _refuse_primary(
            subject,
            f"{what}, where the design requires all endpoints together (joint = 'all')",
            "make one primary estimand of all endpoints, joined = 'both'",
        )
    if study.design.joint is Joint.ANY and any(
        len(one.variable) > 1 and one.joined is Joined.BOTH for one in primary
    ):
        yield _refuse_primary(
            subject, "a primary estimand requires both, the design either", "write joined = 'either'"
        )
    yield from _alpha(subject, plan, primary)
    meant = [chosen.id for chosen in study.sets if chosen.primary]
    for one in primary:
        if len(meant) == 1 and one.population != meant[0]:
            yield _refuse_primary(
                subject, f"its population {one.population!r} is not the primary set", "name the primary set"
            )
        if one.method is not Method.EXACT_BINOMIAL:
            yield _refuse_primary(
                subject, f"{one.method} cannot decide a primary claim", "use exact_binomial"
            )


def _either(estimand: Estimand) -> bool:
    return len(estimand.variable) > 1 and estimand.joined is Joined.EITHER


def _alpha(subject: Subject, plan: Plan, primary: list[Estimand]) -> Refusals:
    """One claim spends alpha once; several claims, of which any is enough, share it."""
    alpha, joint = subject.study.design.alpha, subject.study.design.joint
    each = [one.alpha for one in primary]
    total = sum(each, start=0 * alpha) if joint is Joint.ANY else max(each, default=alpha)
    if total > alpha:
        yield subject.refuse(
            "plan-alpha",
            f"the primary estimands spend {' + '.join(str(one.alpha) for one in primary)} = {total}, "
            f"the design has {alpha}",
            "plan",
            "split alpha between them, or join them in one estimand with joined = 'either'",
        )
    looked = any(one.purpose is Purpose.EFFICACY for one in plan.monitoring)
    if joint is Joint.ALL and total < alpha and not looked:
        yield subject.refuse(
            "plan-alpha",
            f"the primary estimand is tested at {total}, the design at {alpha}",
            "plan",
            "give both the same alpha",
        )


def _refuse_primary(subject: Subject, what: str, do: str) -> StudyRefused:
    return subject.refuse("plan-primary", what, "plan, primary estimand", do)


def _strategies(subject: Subject, estimand: Estimand) -> Refusals:
    place, said = f"plan, estimand {estimand.id}", [one.event for one in estimand.intercurrent]
    for event in Intercurrent:
        if event not in said:
            yield subject.refuse(
                "plan-strategy",
                f"it does not say what happens to a participant with {event.replace('_', ' ')}",
                place,
                f"add {{ event = '{event}', strategy = '...' }} to its intercurrent events",
            )
    for event in dict.fromkeys(said):
        if said.count(event) > 1:
            yield subject.refuse(
                "plan-strategy", f"{event} has {said.count(event)} strategies", place, "keep one"
            )
    for one in estimand.intercurrent:
        if not _possible(one.event, one.strategy):
            yield subject.refuse(
                "plan-strategy",
                f"{one.strategy} cannot be the strategy for {one.event}",
                place,
                "where there is no answer it cannot count as it is; where there is one, nothing is imputed",
            )
    yield from _left_out_too_late(subject, estimand)
    yield from _as_the_endpoint(subject, estimand)


def _left_out_too_late(subject: Subject, estimand: Estimand) -> Refusals:
    """Whoever lacks treatment often lacks an answer too: to leave them out, treatment must be asked first."""
    decided: Counted | None = None
    for one in estimand.intercurrent:
        if one.event in UNKNOWN_ANSWERS and one.strategy in _DECIDING:
            decided = decided or one
        if one.event in OF_TREATMENT and one.strategy is Strategy.HYPOTHETICAL and decided is not None:
            yield subject.refuse(
                "plan-strategy",
                f"{one.event} leaves a participant out, and {decided.event} before it decides otherwise "
                f"({decided.strategy}): whoever had both is not left out",
                f"plan, estimand {estimand.id}",
                f"put {one.event} before {decided.event}",
            )


def _possible(event: Intercurrent, strategy: Strategy) -> bool:
    if strategy is Strategy.TREATMENT_POLICY:
        return event in (Intercurrent.LATE_SAMPLE, *OF_TREATMENT)
    return strategy not in _GUESSES or event in UNKNOWN_ANSWERS


def _as_the_endpoint(subject: Subject, estimand: Estimand) -> Refusals:
    """The primary estimand drops nobody silently, and counts unknown answers as the endpoint does."""
    if estimand.role is not Role.PRIMARY:
        return
    for id in estimand.variable:
        endpoint = subject.study.endpoint(id)
        for one in estimand.intercurrent:
            meant, why = _of_primary(one.event, endpoint)
            if one.strategy not in meant:
                yield subject.refuse(
                    "plan-strategy",
                    f"{one.event}: {one.strategy} in a primary estimand, but {why}",
                    f"plan, estimand {estimand.id}",
                    f"write {' or '.join(meant)}",
                )


def _of_primary(event: Intercurrent, endpoint: Endpoint) -> tuple[tuple[Strategy, ...], str]:
    """The strategies that an event may have in a primary estimand, and why no other."""
    if event in (Intercurrent.RELAPSE, Intercurrent.DEATH):
        return (Strategy.COMPOSITE,), "who relapsed or died has not responded"
    if event in OF_TREATMENT:
        return (Strategy.TREATMENT_POLICY, Strategy.COMPOSITE), "everybody enrolled is counted"
    if event is Intercurrent.LATE_SAMPLE and endpoint.outside_window is OutsideWindow.COUNTS:
        return (
            Strategy.TREATMENT_POLICY,
        ), f"the endpoint {endpoint.id} counts samples from outside the window"
    if endpoint.indeterminate is Indeterminate.NON_RESPONDER:
        return (Strategy.COMPOSITE,), f"the endpoint {endpoint.id} says {endpoint.indeterminate}"
    return (Strategy.HYPOTHETICAL,), f"the endpoint {endpoint.id} says {endpoint.indeterminate}"


def _method(subject: Subject, estimand: Estimand) -> Refusals:
    place, method = f"plan, estimand {estimand.id}", estimand.method
    summary, carried = CARRIES[method]
    if estimand.summary is not summary:
        yield subject.refuse(
            "plan-method",
            f"{method} does not estimate {estimand.summary}",
            place,
            f"use one of: {', '.join(one for one, (what, _) in CARRIES.items() if what is estimand.summary)}",
        )
    strategies = {one.strategy for one in estimand.intercurrent}
    for strategy in sorted(strategies - carried):
        able = ", ".join(one for one, (_, can) in CARRIES.items() if strategy in can)
        yield subject.refuse(
            "plan-method", f"{method} cannot carry the strategy {strategy}", place, f"use one of: {able}"
        )
    if method in (Method.RUBIN, Method.TIPPING_POINT) and not strategies & _GUESSES:
        yield subject.refuse(
            "plan-method", f"{method} has nothing to do: no event has its strategy", place, "name the events"
        )
    if method is Method.STRATIFIED and not estimand.strata:
        yield subject.refuse("plan-method", "a stratified rate without strata", place, "name subgroups")
    if method is Method.NEWCOMBE:
        yield from _counts_needed(subject, estimand)
    if not 0 < estimand.alpha < 1 or not estimand.variable:
        yield subject.refuse(
            "plan-alpha", f"alpha = {estimand.alpha} for {len(estimand.variable)} endpoints", place,
            "give a one-sided alpha between 0 and 1, and at least one endpoint",
        )  # fmt: skip
    elif estimand.role is not Role.PRIMARY and estimand.alpha > subject.study.design.alpha:
        yield subject.refuse(
            "plan-alpha", f"alpha = {estimand.alpha}, the design has {subject.study.design.alpha}", place,
            "decide nothing at a larger alpha than the design's",
        )  # fmt: skip


def _counts_needed(subject: Subject, estimand: Estimand) -> Refusals:
    counted = {rate.endpoint for rate in subject.study.control.rates if rate.counted}
    for id in estimand.variable:
        if id not in counted:
            yield subject.refuse(
                "plan-method",
                f"{estimand.method} compares counts, and the control of {id} has none",
                f"plan, estimand {estimand.id}",
                "give responders, of and source in [[control.rates]], or compare with the rate",
            )


def _subgroup(subject: Subject, subgroup: Subgroup) -> Refusals:
    place = f"plan, subgroup {subgroup.id}"
    wrong = _wrong_subgroup(subgroup, subject.study)
    if wrong:
        yield subject.refuse("plan-subgroup", wrong, place, "see the table of subgroups in the documentation")
    if any(low >= high for low, high in zip(subgroup.cuts, subgroup.cuts[1:], strict=False)):
        cuts = ", ".join(str(cut) for cut in subgroup.cuts)
        yield subject.refuse("plan-subgroup", f"the cuts {cuts} do not rise", place, "order them")


def _wrong_subgroup(subgroup: Subgroup, study: Study) -> str:
    given = {
        "fact": bool(subgroup.fact), "method": bool(subgroup.method), "point": bool(subgroup.point),
        "cuts": bool(subgroup.cuts),
    }  # fmt: skip
    needed = {
        Of.RISK_GROUP: set[str](),
        Of.SITE: set[str](),
        Of.AGE: {"cuts"},
        Of.LEVEL: {"method", "point", "cuts"},
        Of.FACT: {"fact"},
    }[subgroup.of]
    if subgroup.of is Of.FACT and subgroup.fact:
        kind = study.fact(subgroup.fact).kind
        if kind is FactKind.DATE:
            return f"{subgroup.fact} is a date"
        needed = needed | ({"cuts"} if kind is FactKind.NUMBER else set())
    stated = {name for name, there in given.items() if there}
    if stated != needed:
        takes, has = (", ".join(sorted(names)) or "nothing" for names in (needed, stated))
        return f"of = '{subgroup.of}' takes {takes}; it has {has}"
    return ""


def _landmarks(subject: Subject, plan: Plan) -> Refusals:
    """A landmark must not come before the answer that makes its groups can be known."""
    for mark in plan.landmarks:
        endpoint = subject.study.endpoint(mark.by)
        last = subject.study.point(endpoint.point).window.last
        if mark.day < last:
            yield subject.refuse(
                "plan-landmark",
                f"day {mark.day} comes before day {last}, the last of the window for {mark.by}",
                f"plan, landmark {mark.id}",
                "groups made by what is known only later favour those who live to know it; take the last day",
            )
