"""What comes before all else: a toxicity against the drug, and a child whom a criterion now shuts out."""

from collections.abc import Callable
from datetime import date, datetime

import pytest

from remission.conduct import events as ev
from remission.conduct.admitted import no_longer_admits
from remission.conduct.due import Due, Urgency, due
from remission.conduct.known import facts_of
from remission.conduct.state import Participant
from remission.mrd.result import COUNTS_ONLY, Denominator, from_flow_counts
from remission.protocol.study import Study
from remission.terms.evidence import Evidence
from remission.terms.ids import SampleId
from remission.terms.words import Text

Live = Callable[..., Participant]
Day = Callable[[int], date]
At = Callable[..., datetime]


def toxicity(day: date, term: str, grade: int, id: str = "T1", system: str = "x") -> ev.Event:
    return ev.ToxicityReported(id, term, system, grade, day, True, "yes")


@pytest.fixture
def running(day: Day, at: At) -> list[ev.Event]:
    return [
        ev.Consented(day(16), "guardian", "1"),
        ev.FactRecorded("induction_start", "2026-03-01", day(16)),
        ev.FoundEligible(day(26), ()),
        ev.Enrolled(day(26), 1, "low"),
        ev.InfusionStarted(at(29), "course"),
    ]


def first(study: Study, participant: Participant, today: date) -> Due:
    return due(study, participant, today=today)[0]


@pytest.mark.parametrize(
    ("term", "system", "grade", "asked"),
    [
        ("crs", "x", 3, "Hold: crs grade 3"),
        ("crs", "x", 4, "Stop: crs grade 4"),
        ("Febrile convulsion", "x", 3, "Hold: Febrile convulsion grade 3"),
        ("headache", "Nervous system disorders", 4, "Stop: headache grade 4"),
        ("rash", "x", 3, "Hold: rash grade 3"),
        ("rash", "x", 4, "Hold, consider stopping: rash grade 4"),
        ("rash", "x", 2, None),
        ("crs", "x", 2, None),
    ],
)
def test_a_grade_that_asks_for_it_comes_first(
    study: Study, live: Live, day: Day, running: list[ev.Event],
    term: str, system: str, grade: int, asked: str | None,
) -> None:  # fmt: skip
    participant = live(*running, toxicity(day(31), term, grade, system=system))
    item = first(study, participant, day(31))
    if asked is None:
        assert not item.what.en.startswith(("Hold", "Stop"))
        return
    assert (item.what.en, item.who) == (asked, "doctor")
    assert [item.urgency(day(number)) for number in (31, 32)] == [Urgency.NOW, Urgency.LATE]


def test_the_present_grade_decides_whether_it_rose_or_fell(
    study: Study, live: Live, day: Day, running: list[ev.Event]
) -> None:
    mild = toxicity(day(31), "crs", 1)
    rose = live(*running, mild, ev.ToxicityRegraded("T1", 4, day(32)))
    assert first(study, rose, day(33)).what.en == "Stop: crs grade 4"
    fell = live(*running, toxicity(day(31), "crs", 3), ev.ToxicityRegraded("T1", 1, day(32)))
    assert not first(study, fell, day(33)).what.en.startswith(("Hold", "Stop"))


def test_a_stop_stands_before_a_hold_and_both_before_what_is_late(
    study: Study, live: Live, day: Day, running: list[ev.Event]
) -> None:
    two = (toxicity(day(31), "liver", 3), toxicity(day(32), "crs", 4, "T2"))
    items = [item.what.en for item in due(study, live(*running, *two), today=day(60))]
    assert items[:2] == ["Stop: crs grade 4", "Hold: liver grade 3"]
    assert "Day-46 marrow" in items  # late since day 50


def test_held_is_done_in_a_pause_and_stopping_is_not(
    study: Study, live: Live, day: Day, at: At, running: list[ev.Event]
) -> None:
    two = (toxicity(day(31), "liver", 3), toxicity(day(31), "crs", 4, "T2"))
    paused = live(*running, *two, ev.InfusionPaused(at(31, 9), "x"))
    items = [item.what.en for item in due(study, paused, today=day(31))]
    assert items[0] == "Stop: crs grade 4" and "Hold: liver grade 3" not in items
    over = live(*running, *two, ev.TreatmentStopped(at(31, 9), "x", True))
    assert not any(item.what.en.startswith(("Hold", "Stop")) for item in due(study, over, today=day(31)))


def test_two_seizures_ask_to_stop(study: Study, live: Live, day: Day, running: list[ev.Event]) -> None:
    two = (toxicity(day(31), "seizure", 1), toxicity(day(32), "convulsion", 1, "T2"))
    assert first(study, live(*running, *two), day(32)).what.en.startswith("Stop: ")


# ------------------------------------------------------------ admission


ANSWERS = {
    "induction_start": "2026-03-01", "birth_date": "2019-05-02", "morphology_all": "yes",
    "immunophenotype": "B-ALL", "sigm_positive": "no", "risk": "intermediate", "consent_understood": "yes",
    "from_cml": "no", "down_syndrome": "no", "congenital_disease": "no", "secondary_leukaemia": "no",
    "cns_status": "CNS1", "epilepsy": "no", "immunodeficiency": "no", "metabolic_disease": "no",
    "heart_insufficiency": "no",
}  # fmt: skip


@pytest.fixture
def admitted(day: Day) -> list[ev.Event]:
    counted = (Denominator("nucleated cells", 500_000),)
    result = from_flow_counts(2400, counted, "nucleated cells", Evidence("flow", "1"), flags=(COUNTS_ONLY,))
    yes = tuple(
        ev.Judgement(f"{kind}{number}", "yes", Text("x", "x"))
        for kind, last in (("I", 5), ("X", 10))
        for number in range(1, last + 1)
    )
    return [
        ev.Consented(day(16), "guardian", "1"),
        *(ev.FactRecorded(fact, value, day(17)) for fact, value in ANSWERS.items()),
        ev.MarrowTaken(SampleId("a"), "d19", day(19)),
        ev.MrdReported(SampleId("a"), "d19", result, day(21)),
        ev.ListClosed("prior_therapy", day(26)),
        ev.ListClosed("seizures", day(26)),
        ev.FoundEligible(day(26), yes),
        ev.Enrolled(day(26), 1, "intermediate"),
    ]


def _place(events: list[ev.Event], fact: str) -> int:
    return 1 + next(place for place, event in enumerate(events) if getattr(event, "fact", None) == fact)


def test_an_enrolled_child_is_still_admitted(
    study: Study, live: Live, day: Day, admitted: list[ev.Event]
) -> None:
    participant = live(*admitted)
    assert no_longer_admits(study, participant) == ()
    assert not any("no longer admits" in item.what.en for item in due(study, participant, today=day(28)))


def test_a_corrected_answer_that_shuts_the_child_out_is_shown(
    study: Study, live: Live, day: Day, admitted: list[ev.Event]
) -> None:
    wrong = (ev.FactRecorded("cns_status", "CNS3", day(17)), _place(admitted, "cns_status"))
    participant = live(*admitted, wrong)
    (shut,) = no_longer_admits(study, participant)
    item = first(study, participant, day(28))
    assert item.what.en.startswith(f"{shut.criterion} no longer admits (")
    assert item.what.en.endswith("correct the entry, or record found ineligible")
    assert "CNS3" in item.what.zh and item.urgency(day(28)) is Urgency.NOW
    told = live(*admitted, wrong, ev.FoundIneligibleLate(day(28), shut.criterion, "CNS3"))
    assert no_longer_admits(study, told) == ()


def test_an_answer_taken_back_is_not_a_yes(study: Study, live: Live, admitted: list[ev.Event]) -> None:
    taken_back = (ev.Voided("another child's"), _place(admitted, "cns_status"))
    assert len(no_longer_admits(study, live(*admitted, taken_back))) == 1


def test_therapy_learned_of_later_shuts_out_and_what_came_after_enrolment_does_not(
    study: Study, live: Live, day: Day, admitted: list[ev.Event]
) -> None:
    before = ev.ThingHappened("prior_therapy", "chemotherapy", day(-20), day(-19), "")
    after = ev.ThingHappened("prior_therapy", "chemotherapy", day(30), None, "")
    assert len(no_longer_admits(study, live(*admitted, before))) == 1
    assert no_longer_admits(study, live(*admitted, after)) == ()
    grown = ev.FactRecorded("cns_status", "CNS3", day(28))  # true only of a day after enrolment
    assert no_longer_admits(study, live(*admitted, grown)) == ()


def test_nobody_is_judged_again_before_enrolment(study: Study, live: Live, admitted: list[ev.Event]) -> None:
    assert no_longer_admits(study, live(*admitted[:1])) == ()


# ------------------------------------------------------------ lists that span


@pytest.mark.parametrize(
    ("entered", "last"),
    [
        (("prior_therapy", "glucocorticoid"), date.max),  # still going on
        (("seizures", "convulsion"), date(2026, 2, 1)),  # one day
    ],
)
def test_what_has_no_last_day(
    study: Study, live: Live, day: Day, entered: tuple[str, str], last: date
) -> None:
    name, kind = entered
    happened = ev.ThingHappened(name, kind, date(2026, 2, 1), None, "")
    facts = facts_of(study, live(ev.Consented(day(16), "guardian", "1"), happened))
    assert [item.last for item in facts.happenings[name]] == [last]


def test_open_ended_therapy_is_counted_up_to_the_anchor(
    study: Study, live: Live, day: Day, admitted: list[ev.Event]
) -> None:
    """Glucocorticoids from 1 February, 28 days before induction and no end: not one day of them."""
    going_on = ev.ThingHappened("prior_therapy", "glucocorticoid", date(2026, 2, 1), None, "")
    one_day = ev.ThingHappened("prior_therapy", "glucocorticoid", date(2026, 2, 1), date(2026, 2, 1), "")
    (shut,) = no_longer_admits(study, live(*admitted, going_on))
    assert "glucocorticoid: 28 days" in shut.reason.en
    assert no_longer_admits(study, live(*admitted, one_day)) == ()
