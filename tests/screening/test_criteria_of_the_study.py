"""Every criterion of NCT06607419: met, not met and unknown, to the day and to the cell."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from remission.mrd.result import MrdResult
from remission.protocol.criteria import Truth
from remission.protocol.study import Phase, Study
from remission.screening.facts import Facts
from remission.screening.judge import Judge, Judged

ON, DAY_ONE = date(2026, 3, 26), date(2026, 3, 1)  # day 26, day 1
BEFORE = DAY_ONE - timedelta(days=1)
YES, NO, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
UNLISTED = {"prior_therapy": BEFORE - timedelta(days=1), "seizures": ON - timedelta(days=1)}


def days(kind: str, count: int, last: date = BEFORE, *purpose: str) -> tuple[Any, ...]:
    """`count` days of something, the last one given."""
    return (kind, last - timedelta(days=count - 1), last, *purpose)


# What is changed in a child that every criterion admits; whether the criterion then admits it.
CASES: dict[str, list[tuple[dict[str, Any], Truth]]] = {
    "I1": [
        ({"birth_date": date(2026, 2, 26)}, YES),  # 1 month is complete on the day itself
        ({"birth_date": date(2026, 2, 27)}, NO),
        ({"birth_date": date(2008, 3, 27)}, YES),  # the 18th birthday is tomorrow
        ({"birth_date": date(2008, 3, 26)}, NO),  # it is today
        ({"birth_date": date(2008, 3, 25)}, NO),
        ({"birth_date": None}, OPEN),
        ({"birth_date": date(2026, 3, 27)}, OPEN),  # born tomorrow: a slip of the pen
    ],
    "I2": [
        ({"morphology_all": True}, YES),
        ({"morphology_all": False}, NO),
        ({"morphology_all": None}, OPEN),
    ],
    "I3": [
        ({}, YES),
        *(({"immunophenotype": other}, NO) for other in ("T-ALL", "MPAL", "other")),
        ({"immunophenotype": None}, OPEN),
    ],
    "I4": [
        ({"risk": "low", "d19": (1000, 1_000_000)}, YES),  # exactly 0.1 %
        ({"risk": "low", "d19": (999, 1_000_000)}, NO),
        ({"risk": "low", "d19": (1000, 1_000_001)}, NO),
        ({"risk": "intermediate", "d19": (100, 1_000_000)}, YES),  # exactly 0.01 %
        ({"risk": "intermediate", "d19": (99, 1_000_000)}, NO),
        ({"risk": "intermediate", "d19": (0, 200_000)}, NO),  # LOD 20/200,000 = 0.01 %: just deep enough
        ({"risk": "intermediate", "d19": (0, 199_999)}, OPEN),  # too shallow to show it
        ({"risk": "low", "d19": (0, 20_000)}, NO),
        ({"risk": "low", "d19": (0, 19_999)}, OPEN),
        ({"risk": "intermediate", "d19": (19, 100_000)}, OPEN),  # 0.019 %, fewer events than the LOD's 20
        ({"risk": "intermediate", "no_result": True}, OPEN),
        ({"risk": "intermediate", "no_result": True, "missed": frozenset({"d19"})}, OPEN),
        ({"risk": None, "d19": (5000, 1_000_000)}, OPEN),  # the level of which group?
        ({"risk": None, "d19": (0, 1_000_000)}, NO),  # below both
        ({"risk": None, "d19": (500, 1_000_000)}, OPEN),
        ({"risk": "high", "no_result": True}, NO),
        ({"reported": ON}, YES),
        ({"reported": ON + timedelta(days=1)}, OPEN),  # reported tomorrow
    ],
    "I5": [({}, YES), ({"consent_understood": False}, NO), ({"consent_understood": None}, OPEN)],
    "X1": [({}, YES), ({"sigm_positive": True}, NO), ({"sigm_positive": None}, OPEN)],
    "X2": [({}, YES), ({"from_cml": True}, NO), ({"from_cml": None}, OPEN)],
    "X3": [
        ({}, YES),
        ({"down_syndrome": True}, NO),
        ({"congenital_disease": True}, NO),
        ({"down_syndrome": True, "congenital_disease": None}, NO),
        ({"down_syndrome": None}, OPEN),
        ({"congenital_disease": None}, OPEN),
    ],
    "X4": [({}, YES), ({"secondary_leukaemia": True}, NO), ({"secondary_leukaemia": None}, OPEN)],
    "X5": [
        ({"cns_status": "CNS1"}, YES),
        ({"cns_status": "CNS2"}, YES),
        ({"cns_status": "CNS3"}, NO),
        ({"cns_status": None}, OPEN),
    ],
    "X6": [
        ({}, YES),
        ({"epilepsy": True}, NO),
        ({"epilepsy": True, "closed": {}}, NO),
        ({"epilepsy": None}, OPEN),
        ({"closed": {}}, OPEN),
        ({"closed": UNLISTED}, OPEN),  # complete up to yesterday only
        ({"had": (days("convulsion", 1, date(2026, 2, 26)),)}, NO),  # exactly one month ago
        ({"had": (days("convulsion", 1, date(2026, 2, 25)),)}, YES),
        ({"had": (days("convulsion", 1, ON),)}, NO),
        ({"had": (days("convulsion", 1, ON),), "closed": {}}, NO),  # what happened is known
        ({"had": (days("convulsion", 1, ON + timedelta(days=1)),)}, YES),  # entered for tomorrow: not yet
    ],
    "X7": [
        ({}, YES),
        ({"immunodeficiency": True}, NO),
        ({"metabolic_disease": True}, NO),
        ({"immunodeficiency": None}, OPEN),
        ({"immunodeficiency": None, "metabolic_disease": True}, NO),
    ],
    "X8": [({}, YES), ({"heart_insufficiency": True}, NO), ({"heart_insufficiency": None}, OPEN)],
    "X9": [
        ({}, YES),
        ({"had": (days("glucocorticoid", 13),)}, YES),
        ({"had": (days("glucocorticoid", 14),)}, NO),
        ({"had": (days("glucocorticoid", 20, DAY_ONE + timedelta(days=19)),)}, YES),  # induction's own
        ({"had": (days("glucocorticoid", 7), days("glucocorticoid", 10, BEFORE - timedelta(days=4)))}, NO),
        ({"had": (days("glucocorticoid", 7), days("glucocorticoid", 7))}, YES),  # the same days twice
        (
            {"had": (("glucocorticoid", date(2026, 1, 20), date(2026, 2, 10)),)},
            YES,
        ),  # 13 from 29 January on
        ({"had": (("glucocorticoid", date(2026, 1, 20), date(2026, 2, 11)),)}, NO),
        ({"had": (days("abl_inhibitor", 7),)}, YES),
        ({"had": (days("abl_inhibitor", 8),)}, NO),
        ({"had": (days("chemotherapy", 1, date(2025, 12, 1)),)}, NO),  # exactly 3 months before day 1
        ({"had": (days("chemotherapy", 1, date(2025, 11, 30)),)}, NO),  # 30 February: lived on 1 March
        ({"had": (days("chemotherapy", 1, date(2025, 11, 29)),)}, NO),
        ({"had": (days("chemotherapy", 1, date(2025, 11, 28)),)}, YES),
        ({"had": (days("chemotherapy", 1, DAY_ONE),)}, YES),
        ({"had": (days("radiotherapy", 1),)}, NO),
        ({"had": (days("radiotherapy", 1, BEFORE, "airway_emergency"),)}, YES),
        ({"had": (days("radiotherapy", 1, BEFORE, "other"),)}, NO),
        ({"had": (days("radiotherapy", 1, BEFORE, "airway_emergency"), days("radiotherapy", 1))}, NO),
        ({"closed": {}}, OPEN),
        ({"closed": UNLISTED}, OPEN),
        ({"closed": {"prior_therapy": BEFORE, "seizures": ON}}, YES),
        ({"closed": {}, "had": (days("glucocorticoid", 13),)}, OPEN),
        ({"closed": {}, "had": (days("glucocorticoid", 14),)}, NO),
        ({"closed": {}, "had": (days("radiotherapy", 1, BEFORE, "airway_emergency"),)}, OPEN),
        ({"induction_start": None}, OPEN),
    ],
    "X10": [({"risk": "low"}, YES), ({"risk": "high"}, NO), ({"risk": None}, OPEN)],
}
ROWS = [(id, changed, admits) for id, rows in CASES.items() for changed, admits in rows]


def one(
    judge: Judge,
    make_child: Callable[..., Facts],
    counted: Callable[..., MrdResult],
    id: str,
    changed: dict[str, Any],
) -> Judged:
    told = {key: counted(*value) if key in ("d19", "d46") else value for key, value in changed.items()}
    verdict = judge.judge(make_child(**told), on=ON)
    return next(judged for judged in verdict.judged if judged.criterion == id)


@pytest.mark.parametrize(("id", "changed", "admits"), ROWS)
def test_one_criterion(
    judge: Judge,
    make_child: Callable[..., Facts],
    counted: Callable[..., MrdResult],
    id: str,
    changed: dict[str, Any],
    admits: Truth,
) -> None:
    judged = one(judge, make_child, counted, id, changed)
    assert judged.admits is admits, judged.reason.en
    assert judged.reason.en and judged.reason.zh
    assert bool(judged.missing) is (admits is OPEN)


def test_the_table_has_met_not_met_and_unknown_of_every_criterion_of_enrolment(study: Study) -> None:
    asked = {criterion.id for criterion in study.criteria if criterion.phase is Phase.ENROLMENT}
    assert set(CASES) == asked and len(study.criteria) == 16
    for id, rows in CASES.items():
        assert {admits for _, admits in rows} == {YES, NO, OPEN}, id


X11 = [((10_000, 1_000_000), NO), ((9_999, 1_000_000), YES), ((0, 1_000), OPEN), (None, OPEN)]


@pytest.mark.parametrize(("d46", "admits"), X11)
def test_what_is_known_only_after_treatment_is_never_asked_at_enrolment(
    judge: Judge,
    make_child: Callable[..., Facts],
    counted: Callable[..., MrdResult],
    d46: tuple[int, int] | None,
    admits: Truth,
) -> None:
    facts = make_child(d46=None if d46 is None else counted(*d46))
    enrolment = judge.judge(facts, on=ON)
    assert "X11" not in {judged.criterion for judged in enrolment.judged}
    assert enrolment.admits is YES
    after = judge.judge(facts, on=date(2026, 4, 20), phase=Phase.AFTER_TREATMENT)
    assert [(judged.criterion, judged.admits) for judged in after.judged] == [("X11", admits)]


def test_a_blinded_test_does_not_show_that_disease_is_gone(
    judge: Judge, make_child: Callable[..., Facts], counted: Callable[..., MrdResult]
) -> None:
    facts = make_child(d46=counted(0, 1_000_000, ("cd19-only-gate",)))
    assert judge.judge(facts, on=date(2026, 4, 20), phase=Phase.AFTER_TREATMENT).admits is OPEN
