from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused, StudyRefused
from remission.protocol.study import ToxicityRule, Treatment
from remission.safety.holding import Answer, What, action, may_restart


def rule_of(treatment: Treatment, term: str, grade: int) -> ToxicityRule:
    return next(rule for rule in treatment.toxicity if (rule.term, rule.grade) == (term, grade))


# term, grade, at the low dose, seizures, days held -> what, by which rule
@pytest.mark.parametrize(
    ("term", "grade", "low", "seizures", "held", "what", "by"),
    [
        ("crs", 1, False, 0, None, "continue", None),
        ("crs", 2, False, 0, None, "continue", None),
        ("crs", 3, False, 0, None, "hold", ("crs", 3)),
        ("crs", 3, True, 0, 30, "hold", ("crs", 3)),
        ("crs", 4, False, 0, None, "stop", ("crs", 4)),
        ("crs", 5, False, 0, None, "stop", ("crs", 4)),
        ("neurologic", 0, False, 0, None, "continue", None),
        ("neurologic", 1, False, 0, None, "continue", ("neurologic", 1)),
        ("neurologic", 2, False, 1, None, "continue", ("neurologic", 1)),
        ("neurologic", 2, False, 2, None, "stop", ("repeated_seizure", 1)),
        ("neurologic", 3, False, 0, None, "hold", ("neurologic", 3)),
        ("neurologic", 3, False, 1, None, "hold", ("neurologic", 3)),
        ("neurologic", 3, False, 2, None, "stop", ("repeated_seizure", 1)),
        ("neurologic", 3, True, 0, None, "stop", ("neurologic", 3)),
        ("neurologic", 3, False, 0, 7, "hold", ("neurologic", 3)),
        ("neurologic", 3, False, 0, Decimal("7.01"), "stop", ("neurologic", 3)),
        ("neurologic", 3, False, 0, 8, "stop", ("neurologic", 3)),
        ("neurologic", 4, False, 0, None, "stop", ("neurologic", 4)),
        ("repeated_seizure", 1, False, 0, None, "stop", ("repeated_seizure", 1)),
        ("liver", 2, False, 0, None, "continue", None),
        ("liver", 3, False, 0, None, "hold", ("liver", 3)),
        ("liver", 3, False, 0, 14, "hold", ("liver", 3)),
        ("liver", 3, False, 0, 15, "stop", ("liver", 3)),
        ("other", 2, False, 0, None, "continue", None),
        ("other", 3, True, 0, None, "hold", ("other", 3)),
        ("other", 3, False, 0, 14, "hold", ("other", 3)),
        ("other", 3, False, 0, 15, "stop", ("other", 3)),
        ("other", 4, False, 0, None, "consider_stopping", ("other", 4)),
        ("other", 5, False, 0, None, "stop", ("other", 4)),
        ("pancreatitis", 2, False, 0, None, "continue", None),
        ("pancreatitis", 3, False, 0, None, "hold", ("other", 3)),
        ("pancreatitis", 4, False, 0, None, "consider_stopping", ("other", 4)),
        ("pancreatitis", 4, False, 2, None, "stop", ("repeated_seizure", 1)),
    ],
)
def test_what_to_do(
    treatment: Treatment,
    term: str,
    grade: int,
    low: bool,
    seizures: int,
    held: int | Decimal | None,
    what: str,
    by: tuple[str, int] | None,
) -> None:
    found = action(
        treatment, term=term, system="", grade=grade, at_low_dose=low, seizures=seizures, held_days=held
    )
    assert found.action == what
    assert (None if found.rule is None else (found.rule.term, found.rule.grade)) == by
    assert found.text.en
    assert found.text.zh


def test_every_row_of_the_study_s_table_is_reached(treatment: Treatment) -> None:
    for rule in treatment.toxicity:
        found = action(
            treatment,
            term=rule.term,
            system="",
            grade=rule.grade,
            at_low_dose=False,
            seizures=0,
            held_days=None,
        )
        assert (found.action, found.rule) == (rule.action, rule)


def slow(treatment: Treatment, term: str, grade: int, low: bool, seizures: int, held: int | None) -> str:
    """One question after the other, the study's table read from the top."""
    if grade == 5:
        return "stop"
    if seizures >= 2 and any(rule.term == "repeated_seizure" for rule in treatment.toxicity):
        return "stop"
    name = term if term in {rule.term for rule in treatment.toxicity} else "other"
    said = "continue"
    for step in range(grade + 1):
        for rule in treatment.toxicity:
            if rule.term == name and rule.grade == step:
                said = rule.action
                if said == "hold" and low and rule.stop_if_at_low_dose:
                    said = "stop"
                limit = rule.stop_if_longer_than_days
                if said == "hold" and held is not None and limit is not None and held >= limit + 1:
                    said = "stop"
    return said


@settings(deadline=None)
@given(
    st.sampled_from(["crs", "neurologic", "repeated_seizure", "liver", "other", "rash"]),
    st.integers(0, 5),
    st.booleans(),
    st.integers(0, 3),
    st.none() | st.integers(0, 20),
)
def test_as_the_slow_version(
    treatment: Treatment, term: str, grade: int, low: bool, seizures: int, held: int | None
) -> None:
    found = action(
        treatment, term=term, system="", grade=grade, at_low_dose=low, seizures=seizures, held_days=held
    )
    assert found.action == slow(treatment, term, grade, low, seizures, held)


def test_a_hold_says_how_it_goes_on(treatment: Treatment) -> None:
    found = action(
        treatment, term="neurologic", system="", grade=3, at_low_dose=False, seizures=0, held_days=None
    )
    assert (found.restart, found.until_grade, found.for_days) == ("low", 1, 3)
    assert (found.escalate_after_days, found.stop_after_days) == (7, 7)
    held = "hold until grade 1 or below for 3 days, then restart at the low dose (the rule is assumed)"
    assert found.text.en == held
    assert found.text.zh == "暂停至≤1级满3天，然后按低剂量重新开始（该规则为假设）"
    crs = action(treatment, term="crs", system="", grade=3, at_low_dose=False, seizures=0, held_days=None)
    assert "Dexamethasone 5 mg/m² (max 8 mg)" in crs.text.en


def test_the_mark_of_a_doubtful_rule_is_shown(treatment: Treatment) -> None:
    found = action(
        treatment, term="neurologic", system="", grade=1, at_low_dose=False, seizures=0, held_days=None
    )
    assert found.text.en == "continue (the rule is unverified)"
    assert found.text.zh == "继续（该规则未核实）"


def test_a_rule_that_stops_says_nothing_of_a_restart(treatment: Treatment) -> None:
    found = action(
        treatment, term="neurologic", system="", grade=3, at_low_dose=True, seizures=0, held_days=None
    )
    assert found.action is What.STOP
    assert (found.restart, found.until_grade, found.for_days, found.escalate_after_days) == (
        None,
        None,
        0,
        None,
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"grade": 6}, "grade 6 does not exist"),
        ({"grade": -1}, "grade -1 does not exist"),
        ({"seizures": -1}, "seizures: -1"),
        ({"held_days": -2}, "days held: -2"),
        ({"held_days": Decimal("NaN")}, "days held: NaN"),
    ],
)
def test_what_is_refused(treatment: Treatment, change: dict[str, int | Decimal], what: str) -> None:
    given_: dict[str, int | Decimal | None] = {"grade": 3, "seizures": 0, "held_days": None, **change}
    with pytest.raises(InputRefused, match=what):
        action(treatment, term="crs", system="", at_low_dose=False, **given_)  # type: ignore[arg-type]


# neurologic grade 3: until grade 1 for 3 days, low, escalate after 7; stop beyond 7 days of holding
@pytest.mark.parametrize(
    ("grade_now", "below", "held", "answer"),
    [
        (3, 0, 1, Answer.NOT_YET),
        (2, 0, 5, Answer.NOT_YET),
        (1, 2, 5, Answer.NOT_YET),
        (1, 3, 5, Answer.YES),
        (0, 3, 7, Answer.YES),
        (0, 7, Decimal("7.5"), Answer.NEVER),
        (None, 3, 5, Answer.NOT_YET),
        (None, 3, 8, Answer.NEVER),
    ],
)
def test_when_a_held_infusion_may_begin_again(
    treatment: Treatment, grade_now: int | None, below: int, held: int | Decimal, answer: Answer
) -> None:
    rule = rule_of(treatment, "neurologic", 3)
    found = may_restart(rule, grade_now=grade_now, days_at_or_below=below, held_days=held)
    assert found.answer is answer
    assert (found.level, found.escalate_after_days) == (("low", 7) if answer is Answer.YES else (None, None))


def test_other_toxicity_restarts_at_the_same_dose_within_14_days(treatment: Treatment) -> None:
    rule = rule_of(treatment, "other", 3)
    found = may_restart(rule, grade_now=1, days_at_or_below=0, held_days=14)
    assert (found.answer, found.level, found.escalate_after_days) == (Answer.YES, "same", None)
    late = may_restart(rule, grade_now=1, days_at_or_below=0, held_days=15)
    assert (late.answer, late.text.en) == (Answer.NEVER, "stop for good: held for 15 days, more than 14")


def test_rules_that_do_not_hold(treatment: Treatment) -> None:
    stopped = may_restart(rule_of(treatment, "crs", 4), grade_now=0, days_at_or_below=9, held_days=1)
    assert stopped.answer is Answer.NEVER
    with pytest.raises(InputRefused, match="'consider_stopping', it holds nothing"):
        may_restart(rule_of(treatment, "other", 4), grade_now=0, days_at_or_below=9, held_days=1)
    endless = replace(rule_of(treatment, "other", 3), until_grade=None)
    with pytest.raises(StudyRefused, match="holds without an end"):
        may_restart(endless, grade_now=0, days_at_or_below=9, held_days=1)
