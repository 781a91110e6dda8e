"""Grades by day, and what is known on a day."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.conduct import events as ev
from remission.conduct.known import day_one_of, facts_of, latest_answers
from remission.conduct.state import Participant
from remission.conduct.toxicities import Toxicity, seizures, toxicities
from remission.errors import InputRefused
from remission.mrd.result import COUNTS_ONLY, Denominator, MrdResult, from_flow_counts
from remission.protocol.study import Study
from remission.terms.evidence import Evidence, Setting
from remission.terms.ids import SampleId

ON = date(2026, 3, 26)
CONSENT = ev.Consented(ON, "guardian", "1")
BEFORE = (CONSENT, ev.FoundEligible(ON, ()), ev.Enrolled(ON, 1, "low"))
Live = Callable[..., Participant]


def on(day: int) -> date:
    return date(2026, 3, 1) + timedelta(days=day - 1)


def report(id: str, grade: int, day: int, term: str = "crs", *components: Setting) -> ev.ToxicityReported:
    return ev.ToxicityReported(id, term, "x", grade, on(day), False, "yes", components)


def test_grades_stand_in_the_order_of_their_days(live: Live) -> None:
    participant = live(
        *BEFORE, report("T1", 2, 30), report("T2", 1, 31), ev.ToxicityRegraded("T1", 0, on(35)),
        ev.ToxicityRegraded("T1", 3, on(32)), ev.ToxicityRegraded("T1", 1, on(32)),
    )  # fmt: skip
    first, second = toxicities(participant)
    assert first.grades == ((on(30), 2), (on(32), 3), (on(32), 1), (on(35), 0))
    assert (first.began, first.worst, first.grade, first.ended) == (on(30), 3, 0, on(35))
    assert (second.grade, second.ended) == (1, None)


@pytest.mark.parametrize(
    ("grades", "limit", "since"),
    [
        ([(30, 3)], 1, None),
        ([(30, 3), (32, 1)], 1, 32),
        ([(30, 3), (32, 1), (34, 0)], 1, 32),
        ([(30, 3), (32, 1), (34, 2)], 1, None),
        ([(30, 3), (32, 1), (33, 2), (34, 1)], 1, 34),
        ([(30, 1)], 1, 30),
        ([(30, 3), (30, 1)], 1, 30),
    ],
)
def test_since_when_a_grade_is_low_without_a_break(
    grades: list[tuple[int, int]], limit: int, since: int | None
) -> None:
    toxicity = Toxicity("T", "crs", "x", False, "yes", tuple((on(day), grade) for day, grade in grades))
    assert toxicity.at_or_below_since(limit) == (None if since is None else on(since))


@given(
    st.lists(st.tuples(st.integers(30, 40), st.integers(0, 4)), min_size=1, max_size=6), st.integers(28, 42)
)
def test_grades_from_a_day_agree_with_asking_each_evening(grades: list[tuple[int, int]], day: int) -> None:
    grades = sorted(grades, key=lambda graded: graded[0])
    toxicity = Toxicity("T", "crs", "x", False, "yes", tuple((on(when), grade) for when, grade in grades))
    evening = [
        next((grade for when, grade in reversed(grades) if when <= now), None) for now in range(day, 45)
    ]
    worst = max((grade for grade in evening if grade is not None), default=None)
    # Grades that came and went within one later day are worse than any evening shows.
    within = max((grade for when, grade in grades if when > day), default=None)
    expected = max((grade for grade in (worst, within) if grade is not None), default=None)
    assert max((grade for _, grade in toxicity.from_day(on(day))), default=None) == expected


def test_a_voided_report_is_gone_with_its_grades(live: Live) -> None:
    participant = live(
        *BEFORE, report("T1", 2, 30), ev.ToxicityRegraded("T1", 0, on(32)), (ev.Voided("not hers"), 4)
    )
    assert toxicities(participant) == ()


def test_seizures_are_counted_by_term_and_by_component(study: Study, live: Live) -> None:
    participant = live(
        *BEFORE, report("T1", 3, 30, "seizure"),
        report("T2", 3, 31, "neurologic", Setting("seizure", "brief")),
        report("T3", 1, 32, "neurologic", Setting("seizure", "unknown")), report("T4", 1, 33, "headache"),
    )  # fmt: skip
    assert seizures(study.treatment, participant) == 2


# ------------------------------------------------------------ what is known


def flow(found: int) -> MrdResult:
    counted = (Denominator("all", 1_000_000),)
    return from_flow_counts(found, counted, "all", Evidence("flow", "1"), flags=(COUNTS_ONLY,))


def test_the_latest_answer_by_the_day_of_which_it_is_true(study: Study, live: Live) -> None:
    participant = live(
        CONSENT, ev.FactRecorded("risk", "low", on(19)), ev.FactRecorded("risk", "high", on(10)),
        ev.FactRecorded("cns_status", "CNS1", on(19)), ev.FactRecorded("cns_status", "CNS3", on(19)),
    )  # fmt: skip
    known = facts_of(study, participant).answers
    assert (known["risk"].value, known["cns_status"].value) == ("low", "CNS3")
    assert latest_answers(participant)["risk"].value == "low"
    assert facts_of(study, participant, on=on(18)).answers["risk"].value == "high"
    assert "risk" not in facts_of(study, participant, on=on(9)).answers


def test_day_one_follows_the_same_rule(study: Study, live: Live) -> None:
    participant = live(
        CONSENT, ev.FactRecorded("induction_start", "2026-03-01", on(19)),
        ev.FactRecorded("induction_start", "2026-02-20", on(10)),
    )  # fmt: skip
    assert day_one_of(study, participant) == date(2026, 3, 1)
    assert facts_of(study, participant).day("induction_start", ON) == date(2026, 3, 1)
    assert day_one_of(study, live(CONSENT)) is None


def test_results_missed_samples_and_lists(study: Study, live: Live) -> None:
    taken = ev.MarrowTaken(SampleId("a"), "d19", on(19))
    participant = live(
        CONSENT, taken, ev.SampleMissed("d19", on(19), "clotted"),
        ev.MrdReported(SampleId("a"), "d19", flow(5), on(21)),
        ev.MrdReported(SampleId("a"), "d19", flow(9), on(22)),
        ev.ThingHappened("seizures", "convulsion", on(3)), ev.ListClosed("seizures", on(26)),
        ev.ListClosed("seizures", on(24)),
    )  # fmt: skip
    facts = facts_of(study, participant)
    assert facts.results["flow", "d19"].result.found == 9 and facts.missed == frozenset()
    assert facts_of(study, participant, on=on(21)).results["flow", "d19"].result.found == 5
    assert facts_of(study, participant, on=on(20)).missed == {"d19"}
    (seizure,) = facts.happenings["seizures"]
    assert (seizure.first, seizure.last) == (on(3), on(3))
    assert facts.closed == {"seizures": on(26)}


def test_an_answer_that_does_not_fit_the_question_names_the_entry(study: Study, live: Live) -> None:
    with pytest.raises(InputRefused) as refused:
        facts_of(study, live(CONSENT, ev.FactRecorded("weight", "heavy", ON)))
    assert refused.value.where == "participant 01-001, entry 2"
