"""The verdict as a whole: reasons, what is missing and by when, and what a later day may not lend."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest

from remission.errors import InputRefused
from remission.protocol.criteria import Truth
from remission.protocol.study import FactKind, FactSpec, Phase, Study
from remission.screening.facts import Facts, Known, read_value
from remission.screening.judge import Judge, Verdict
from remission.terms.evidence import EntryRef
from remission.terms.words import Text

ON, DAY_ONE = date(2026, 3, 26), date(2026, 3, 1)


def test_every_criterion_of_the_phase_has_one_answer_and_one_reason(
    judge: Judge, study: Study, make_child: Callable[..., Facts]
) -> None:
    verdict = judge.judge(make_child(), on=ON)
    asked = [criterion.id for criterion in study.criteria if criterion.phase is Phase.ENROLMENT]
    assert [judged.criterion for judged in verdict.judged] == asked
    assert verdict.admits is Truth.TRUE and verdict.missing == ()


def test_nothing_known_admits_nobody_and_says_all_that_is_missing(judge: Judge, study: Study) -> None:
    verdict = judge.judge(Facts(), on=ON)
    assert verdict.admits is Truth.UNKNOWN
    assert all(judged.admits is Truth.UNKNOWN for judged in verdict.judged)
    asked = {missing.what.en for missing in verdict.missing}
    assert {
        "Date of birth",
        "First day of induction (day 1)",
        "CNS status",
        "flow MRD, Day-19 marrow",
    } <= asked
    assert all(missing.by is None for missing in verdict.missing)  # day 1 is not known


def test_what_is_missing_has_a_day_once_day_one_is_known(
    judge: Judge, make_child: Callable[..., Facts]
) -> None:
    facts = make_child(cns_status=None, risk=None, no_result=True, closed={"prior_therapy": ON})
    missing = judge.judge(facts, on=ON).missing
    assert [(item.what.en, item.asked_of, item.by) for item in missing] == [
        ("Provisional risk group (CCCG-ALL-2020)", "site", date(2026, 3, 19)),
        ("flow MRD, Day-19 marrow", "laboratory", date(2026, 3, 22)),
        ("CNS status", "site", date(2026, 3, 28)),
        ("Convulsions", "site", date(2026, 3, 28)),
    ]
    assert all(item.what.zh != item.what.en for item in missing)


def test_reasons_name_the_answer_in_both_languages(judge: Judge, make_child: Callable[..., Facts]) -> None:
    verdict = judge.judge(make_child(cns_status="CNS3", missed=frozenset({"d19"}), no_result=True), on=ON)
    said = {judged.criterion: judged.reason for judged in verdict.judged}
    assert said["X5"] == Text("CNS status: CNS3", "中枢神经系统状态：CNS3")
    assert said["I1"] == Text("age 6 y 10 m on 2026-03-26", "2026-03-26时6岁10个月")
    assert "sample missed" in said["I4"].en and "样本缺失" in said["I4"].zh
    assert verdict.admits is Truth.FALSE  # one that shuts out outweighs one that is unknown


@pytest.mark.parametrize("fact", ["birth_date", "induction_start", "risk", "epilepsy", "cns_status"])
def test_an_answer_true_only_of_a_later_day_is_not_used(
    judge: Judge, make_child: Callable[..., Facts], fact: str
) -> None:
    facts = make_child(closed={"prior_therapy": ON, "seizures": ON + timedelta(days=1)})
    later = dict(facts.answers)
    later[fact] = Known(later[fact].value, ON + timedelta(days=1))
    changed = Facts(later, facts.happenings, facts.closed, facts.results)
    assert judge.judge(changed, on=ON).admits is Truth.UNKNOWN
    assert judge.judge(changed, on=ON + timedelta(days=1)).admits is Truth.TRUE


def test_a_judgement_names_the_entries_it_rests_on(judge: Judge, make_child: Callable[..., Facts]) -> None:
    facts, ref = make_child(), EntryRef(7, "ab")
    known = {**facts.answers, "cns_status": Known("CNS1", ON, ref)}
    verdict = judge.judge(Facts(known, facts.happenings, facts.closed, facts.results), on=ON)
    assert {judged.criterion: judged.refs for judged in verdict.judged}["X5"] == (ref,)


def test_an_empty_verdict_of_a_phase_without_criteria_holds_nobody() -> None:
    assert Verdict(ON, Phase.AFTER_TREATMENT, ()).admits is Truth.TRUE


def test_before_a_planned_first_dose_the_list_is_complete_when_it_is_complete_to_today(second: Study) -> None:
    """The look-back ends on the day of judgement where the anchor still lies ahead."""
    planned, today = date(2026, 3, 10), date(2026, 3, 5)
    known = {"first_dose_date": Known(planned, today)}
    judge = Judge(second)

    def answer(closed: date) -> Truth:
        verdict = judge.judge(Facts(known, closed={"earlier_antibodies": closed}), on=today)
        return next(judged.admits for judged in verdict.judged if judged.criterion == "X2")

    assert answer(today) is Truth.TRUE
    assert answer(today - timedelta(days=1)) is Truth.UNKNOWN


def spec(kind: FactKind, **other: object) -> FactSpec:
    return FactSpec("q", kind, Text("Q", "问"), "site", 1, **other)  # type: ignore[arg-type]


YES_NO, DAY = spec(FactKind.YES_NO), spec(FactKind.DATE)
CODE = spec(FactKind.CODE, codes=("a", "b"))
NUMBER = spec(FactKind.NUMBER, unit="kg", lowest=Decimal("1.5"), highest=Decimal(150))


@pytest.mark.parametrize(
    ("question", "text", "value"),
    [
        (YES_NO, "yes", True),
        (YES_NO, "no", False),
        (CODE, "a", "a"),
        (DAY, "2024-02-29", date(2024, 2, 29)),
        (NUMBER, "1.5", Decimal("1.5")),
        (NUMBER, "150", Decimal(150)),
        (NUMBER, "44.95", Decimal("44.95")),
    ],
)
def test_answers_are_read_as_the_question_asks(question: FactSpec, text: str, value: object) -> None:
    assert read_value(question, text, where="here") == value


@pytest.mark.parametrize(
    ("question", "text"),
    [
        *((YES_NO, text) for text in ("", "Yes", "true", "1", "unknown", "y")),
        *((CODE, text) for text in ("", "c", "A", "a ")),
        *(
            (DAY, text)
            for text in ("", "2026-02-29", "20260301", "2026-W09-1", "1.3.2026", "2026-03-01T00:00")
        ),
        *(
            (NUMBER, text)
            for text in ("", "1.49", "150.01", "NaN", "sNaN", "Infinity", "-Infinity", "12,5", "12 kg")
        ),
    ],
)
def test_what_is_no_answer_is_refused_and_quoted(question: FactSpec, text: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_value(question, text, where="participant 03-007")
    assert repr(text) in refused.value.what and refused.value.where == "participant 03-007"
