"""The judgement against a plain second reading of the criteria, written apart, over dicts and single days.

True, false and unknown are True, False and None. Nothing here comes from the rooms but the study's texts.
"""

import ast
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.mrd.result import MrdResult
from remission.protocol.criteria import Truth
from remission.protocol.study import Phase, Study
from remission.screening.facts import Facts
from remission.screening.judge import Judge

DAY_ONE = date(2026, 3, 1)
Plain = dict[str, Any]


def no(value: bool | None) -> bool | None:
    return None if value is None else not value


def both(values: list[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True


def either(values: list[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def months_after(day: date, months: int) -> date:
    """Month by month and day by day, as on a wall calendar."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    try:
        return date(year, month, day.day)
    except ValueError:
        there = date(year, month, 28)
        while there.month == month:
            there += timedelta(days=1)
        return there


def span_of(call: ast.Call) -> tuple[str, int, int, list[str]]:
    words: Plain = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
    spared = words.get("except_for", ())
    spared = [spared] if isinstance(spared, str) else list(spared)
    return ast.literal_eval(call.args[0]), words.get("months", 0), words.get("days", 0), spared


def had(kid: Plain, rule: Plain, call: ast.Call) -> tuple[int, bool] | None:
    """How many days of it were in the span, and whether more can still be entered; None: from when?"""
    kind, months, days, spared = span_of(call)
    anchor = kid["on"] if rule["anchor"] == "enrolment" else kid["day_one"]
    if anchor is None:
        return None
    last = kid["on"] if rule["anchor"] == "enrolment" else anchor - timedelta(days=1)
    last = min(last, kid["on"])
    seen: list[date] = []
    for what, begins, ends, purpose in kid["had"]:
        day = begins
        while day <= ends:
            inside = (
                anchor <= months_after(day, months) if months else (anchor - day).days <= days or not days
            )
            if what == kind and purpose not in spared and day <= last and inside and day not in seen:
                seen.append(day)
            day += timedelta(days=1)
    whole = kid["closed"].get(kid["list_of"][kind])
    return len(seen), not (rule["closed"] and whole is not None and whole >= last)


def level(kid: Plain, method: str, point: str, limit: float) -> bool | None:
    """Whether the level reaches the limit: shown by at least the LOD's events, or ruled out by depth."""
    counted = kid["mrd"].get((method, point))
    if counted is None:
        return None
    found, cells = counted
    if found * 1.0 / cells >= limit:
        return True if found >= 20 else None
    return False if 20 / cells <= limit else None


def compared(sign: ast.cmpop, left: Any, right: Any) -> bool:
    return {
        ast.Eq: left == right,
        ast.NotEq: left != right,
        **(
            {}
            if isinstance(left, str | bool)
            else {ast.Lt: left < right, ast.LtE: left <= right, ast.Gt: left > right, ast.GtE: left >= right}
        ),
    }[type(sign)]


def age(kid: Plain, rule: Plain) -> int | None:
    on = kid["on"] if rule["anchor"] == "enrolment" else kid["day_one"]
    birth = kid["known"].get("birth_date")
    if on is None or birth is None or on < birth:
        return None
    months = 0
    while months_after(birth, months + 1) <= on:
        months += 1
    return months


def compare(kid: Plain, rule: Plain, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> bool | None:
    if isinstance(left, ast.Constant):
        mirrored = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
        return compare(kid, rule, right, mirrored.get(type(sign), type(sign))(), left)
    limit = ast.literal_eval(right)
    if isinstance(left, ast.Call) and left.func.id == "mrd":
        reaches = level(kid, *(ast.literal_eval(word) for word in left.args), limit)
        return reaches if isinstance(sign, ast.GtE) else no(reaches)
    if isinstance(left, ast.Call):
        counted = had(kid, rule, left)
        if counted is None:
            return None
        count, may_grow = counted
        possible = {compared(sign, count + more, limit) for more in ([0, 1, 500] if may_grow else [0])}
        return possible.pop() if len(possible) == 1 else None
    known = age(kid, rule) if left.id == "age_months" else kid["known"].get(left.id)
    return None if known is None else compared(sign, known, limit)


def holds(kid: Plain, rule: Plain, node: ast.expr) -> bool | None:
    if isinstance(node, ast.BoolOp):
        parts = [holds(kid, rule, part) for part in node.values]
        return both(parts) if isinstance(node.op, ast.And) else either(parts)
    if isinstance(node, ast.UnaryOp):
        return no(holds(kid, rule, node.operand))
    if isinstance(node, ast.Name):
        return kid["known"].get(node.id)
    if isinstance(node, ast.Call):
        counted = had(kid, rule, node)
        return None if counted is None else True if counted[0] else None if counted[1] else False
    assert isinstance(node, ast.Compare)
    if isinstance(node.ops[0], ast.In):
        words = ast.literal_eval(node.comparators[0])
        return either([compare(kid, rule, node.left, ast.Eq(), ast.Constant(word)) for word in words])
    sides = [node.left, *node.comparators]
    return both(
        [compare(kid, rule, a, sign, b) for a, sign, b in zip(sides, node.ops, sides[1:], strict=False)]
    )


def slow_verdict(study: Study, kid: Plain) -> dict[str, bool | None]:
    found: dict[str, bool | None] = {}
    for criterion in study.criteria:
        if criterion.phase == "enrolment":
            rule = {"anchor": criterion.anchor, "closed": criterion.world == "closed"}
            said = holds(kid, rule, ast.parse(criterion.expression, mode="eval").body)
            found[criterion.id] = said if criterion.kind == "inclusion" else no(said)
    return found


YES_NO = st.sampled_from([True, False, False, False, None])
NEAR = st.dates(date(2025, 11, 25), date(2026, 4, 2))
LISTS = {
    "glucocorticoid": "prior_therapy", "abl_inhibitor": "prior_therapy", "chemotherapy": "prior_therapy",
    "radiotherapy": "prior_therapy", "convulsion": "seizures",
}  # fmt: skip
HAPPENED = st.tuples(
    st.sampled_from(sorted(LISTS)),
    NEAR,
    st.integers(0, 20),
    st.sampled_from(["", "airway_emergency", "other"]),
).map(lambda item: (item[0], item[1], item[1] + timedelta(days=item[2]), item[3]))
COUNTS = st.integers(100, 3_000_000).flatmap(
    lambda cells: st.tuples(
        st.one_of(
            st.integers(0, 60),
            st.integers(0, cells // 100),
            st.sampled_from([cells // 1000, cells // 10_000]),
        ),
        st.just(cells),
    )
)


@st.composite
def kids(draw: st.DrawFn) -> Plain:
    birth = st.one_of(
        st.none(),
        st.dates(date(2004, 1, 1), date(2026, 3, 31)),
        st.sampled_from([date(2008, 3, 26), date(2008, 3, 27), date(2026, 2, 26), date(2026, 2, 27)]),
    )
    known: Plain = {
        "birth_date": draw(birth),
        "morphology_all": draw(st.sampled_from([True, True, False, None])),
        "immunophenotype": draw(st.sampled_from(["B-ALL", "B-ALL", "T-ALL", None])),
        "risk": draw(st.sampled_from(["low", "intermediate", "high", None])),
        "consent_understood": draw(st.sampled_from([True, True, False, None])),
        "cns_status": draw(st.sampled_from(["CNS1", "CNS2", "CNS3", None])),
    }
    for fact in (
        "sigm_positive", "from_cml", "down_syndrome", "congenital_disease", "secondary_leukaemia", "epilepsy",
        "immunodeficiency", "metabolic_disease", "heart_insufficiency",
    ):  # fmt: skip
        known[fact] = draw(YES_NO)
    closed = {name: draw(st.one_of(st.none(), NEAR)) for name in ("prior_therapy", "seizures")}
    return {
        "on": draw(st.dates(date(2026, 3, 15), date(2026, 4, 2))),
        "day_one": draw(st.sampled_from([DAY_ONE, DAY_ONE, DAY_ONE, None])),
        "known": known,
        "had": draw(st.lists(HAPPENED, max_size=5)),
        "closed": {name: day for name, day in closed.items() if day is not None},
        "mrd": {("flow", "d19"): counted} if (counted := draw(st.one_of(st.none(), COUNTS))) else {},
        "list_of": LISTS,
    }


@settings(max_examples=400, deadline=None)
@given(kid=kids())
def test_the_judgement_agrees_with_the_slow_twin(
    judge: Judge,
    study: Study,
    make_child: Callable[..., Facts],
    counted: Callable[..., MrdResult],
    kid: Plain,
) -> None:
    counts = kid["mrd"].get(("flow", "d19"))
    facts = make_child(
        had=tuple(kid["had"]), closed=kid["closed"], induction_start=kid["day_one"], told=DAY_ONE,
        reported=DAY_ONE,
        d19=counted(*counts) if counts else None, no_result=counts is None, **kid["known"],
    )  # fmt: skip
    verdict = judge.judge(facts, on=kid["on"])
    words = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}
    found = {judged.criterion: words[judged.admits] for judged in verdict.judged}
    slow = slow_verdict(study, kid)
    assert found == slow
    assert words[verdict.admits] is both(list(slow.values()))
    for judged in verdict.judged:
        assert bool(judged.missing) is (judged.admits is Truth.UNKNOWN)


@settings(max_examples=100, deadline=None)
@given(
    kid=kids(), hidden=st.sampled_from(["birth_date", "risk", "epilepsy", "cns_status", "consent_understood"])
)
def test_hiding_an_answer_never_admits(
    judge: Judge, make_child: Callable[..., Facts], kid: Plain, hidden: str
) -> None:
    """Whoever is not admitted is not admitted because we know less; whoever is, is held."""
    told = make_child(had=tuple(kid["had"]), closed=kid["closed"], told=DAY_ONE, **kid["known"])
    less = make_child(
        had=tuple(kid["had"]), closed=kid["closed"], told=DAY_ONE, **{**kid["known"], hidden: None}
    )
    known, unknown = judge.judge(told, on=kid["on"]), judge.judge(less, on=kid["on"])
    assert unknown.admits is not Truth.TRUE
    if known.admits is Truth.TRUE:
        assert unknown.admits is Truth.UNKNOWN
    for one, other in zip(known.judged, unknown.judged, strict=True):
        assert other.admits in (one.admits, Truth.UNKNOWN)


@pytest.mark.parametrize("phase", list(Phase))
def test_the_twin_reads_only_what_is_asked_at_enrolment(study: Study, phase: Phase) -> None:
    asked = {criterion.id for criterion in study.criteria if criterion.phase is phase}
    kid: Plain = {
        "on": DAY_ONE,
        "day_one": None,
        "known": {},
        "had": [],
        "closed": {},
        "mrd": {},
        "list_of": LISTS,
    }
    assert (set(slow_verdict(study, kid)) == asked) is (phase is Phase.ENROLMENT)
