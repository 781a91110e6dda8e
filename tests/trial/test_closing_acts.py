"""Response, follow-up, the ends, corrections and voids by acts."""

from datetime import UTC, date, datetime

import pytest

from remission.conduct import events as ev
from remission.conduct.course import course_of
from remission.conduct.state import Stage
from remission.conduct.writing import to_text
from remission.errors import ActRefused, InputRefused, InvariantBroken, NotAllowed, NotFound, WrongStage
from remission.terms.actors import Actor, Role
from remission.terms.ids import SampleId, SubjectId
from remission.trial import admission, closing, laboratory, treatment
from remission.trial.trial import By

KID = SubjectId("01-001")


def later(year: int) -> By:
    return By(Actor("Li", Role.DOCTOR), datetime(year, 7, 1, tzinfo=UTC))


# ------------------------------------------------------------ the whole life


def test_a_life_from_consent_to_the_end_of_follow_up(ward) -> None:
    trial = ward("follow_up")
    (said,) = trial.events(ev.ResponseAssessed)
    assert {call.endpoint: call.call for call in said.calls} == {
        "flow_negative": "negative",
        "ngs_negative": "not-evaluable",  # one million cells cannot show a level below 1e-6
    }
    trial.refuses(
        InputRefused,
        lambda: closing.end_follow_up(trial.trial, later(2029), KID, on=date(2029, 6, 1)),
        "follow-up goes on until 2030-05-31",
    )
    seen = closing.follow_up(trial.trial, later(2029), KID, on=date(2029, 6, 1), in_remission=None)
    assert seen.stage is Stage.FOLLOW_UP
    assert closing.end_follow_up(trial.trial, later(2030), KID, on=date(2030, 5, 31)).stage is Stage.OFF
    stages = [type(item.event).__name__ for item in trial.kid().history]
    assert stages[0] == "Consented" and stages[-1] == "FollowUpEnded"
    assert trial.trial.ledger.verify().entries == trial.trial.head()
    assert trial.again().kid() == trial.kid()


def test_the_response_waits_while_a_sample_may_still_come(ward) -> None:
    trial = ward("running")
    by = trial.by(31, hour=23)
    treatment.stop(trial.trial, by, KID, at=trial.at(31, 6), why="wish", as_protocol=False)

    def assess(day: int) -> object:
        return closing.assess_response(trial.trial, trial.by(day), KID, on=trial.day(day))

    refusal = trial.refuses(ActRefused, lambda: assess(46), "may still come, until 2026-04-19")
    assert "missed" in refusal.do
    trial.refuses(ActRefused, lambda: assess(50))
    assert assess(51).stage is Stage.FOLLOW_UP
    assert {call.call for call in trial.events(ev.ResponseAssessed)[0].calls} == {"missing"}


def test_a_relapse_before_the_marrow_is_assessed_as_failed_not_as_missing(ward) -> None:
    trial = ward("running")
    treatment.stop(trial.trial, trial.by(31), KID, at=trial.at(31, 6), why="relapse", as_protocol=False)
    closing.relapse(trial.trial, trial.by(40), KID, on=trial.day(40), place="marrow")
    laboratory.miss_sample(trial.trial, trial.by(46), KID, point="d46", on=trial.day(46), why="relapsed")
    closing.assess_response(trial.trial, trial.by(46), KID, on=trial.day(46))
    assert {call.call for call in trial.events(ev.ResponseAssessed)[0].calls} == {"failed"}


def test_a_missed_sample_lets_the_response_be_assessed(ward) -> None:
    trial = ward("running")
    treatment.stop(trial.trial, trial.by(31), KID, at=trial.at(31, 6), why="wish", as_protocol=False)
    laboratory.miss_sample(trial.trial, trial.by(46), KID, point="d46", on=trial.day(46), why="declined")
    closing.assess_response(trial.trial, trial.by(46), KID, on=trial.day(46))
    assert trial.kid().stage is Stage.FOLLOW_UP


def test_a_later_result_is_assessed_again_and_both_stay(ward) -> None:
    trial = ward("follow_up")
    by, again = trial.by(60, Role.LABORATORY, site=None), SampleId("01-001-d46-2")
    laboratory.take_marrow(trial.trial, trial.by(50), KID, sample=again, point="d46", on=trial.day(50))
    laboratory.report_ngs(
        trial.trial, by, KID, sample=again, templates=0, cells=3_080_000, files=[],
        on=trial.day(60), method_version="1.0",
    )  # fmt: skip
    closing.assess_response(trial.trial, trial.by(61), KID, on=trial.day(61))
    calls = [{call.endpoint: call.call for call in said.calls} for said in trial.events(ev.ResponseAssessed)]
    assert [said["ngs_negative"] for said in calls] == ["not-evaluable", "negative"]


# ------------------------------------------------------------ ends


@pytest.mark.parametrize(
    ("point", "scope", "stage"),
    [
        ("screening", "treatment", Stage.OFF),
        ("screening", "study", Stage.OFF),
        ("enrolled", "treatment", Stage.TREATMENT_ENDED),
        ("running", "treatment", Stage.TREATMENT_ENDED),
        ("running", "study", Stage.OFF),
        ("follow_up", "treatment", Stage.FOLLOW_UP),
        ("follow_up", "study", Stage.OFF),
    ],
)
def test_withdrawal_from_treatment_or_study(ward, point: str, scope: str, stage: Stage) -> None:
    trial = ward(point)

    def withdraw(scope: str = scope, who: str = "guardian") -> object:
        by = trial.by(52)
        return closing.withdraw(trial.trial, by, KID, on=trial.day(52), scope=scope, why="moved", who=who)

    trial.refuses(InputRefused, lambda: withdraw(scope="everything"), "'everything' is no scope")
    trial.refuses(InputRefused, lambda: withdraw(who="aunt"), "'aunt' is no who withdrew")
    assert withdraw().stage is stage
    if stage is Stage.OFF:
        trial.refuses(WrongStage, withdraw)


def test_who_withdraws_from_treatment_is_followed_up_and_assessed(ward) -> None:
    trial = ward("running")
    closing.withdraw(
        trial.trial, trial.by(33), KID, on=trial.day(33), scope="treatment", why="x", who="guardian"
    )
    course = course_of(trial.trial.study, trial.kid(), at=trial.at(60))
    assert course.running is False and course.infused_hours == 94  # to the beginning of day 33, UTC
    closing.follow_up(trial.trial, trial.by(40), KID, on=trial.day(40), in_remission=True)
    laboratory.take_marrow(
        trial.trial, trial.by(46), KID, sample=SampleId("01-001-d46"), point="d46", on=trial.day(46)
    )


def test_relapse_second_cancer_and_death(ward) -> None:
    trial = ward("follow_up")
    assert (
        closing.relapse(trial.trial, trial.by(90), KID, on=trial.day(90), place="marrow").stage
        is Stage.FOLLOW_UP
    )
    assert (
        closing.second_cancer(trial.trial, trial.by(91), KID, on=trial.day(91), what="x").stage
        is Stage.FOLLOW_UP
    )

    def died(day: int, cause: str = "leukaemia") -> object:
        return closing.died(trial.trial, trial.by(100), KID, on=trial.day(day), cause=cause)

    trial.refuses(InputRefused, lambda: died(100, "bad luck"), "'bad luck' is no cause of death")
    trial.refuses(InputRefused, lambda: died(101), "in the future")
    trial.refuses(InputRefused, lambda: died(40), "the last thing recorded of the infusion")
    assert died(100).stage is Stage.OFF
    trial.refuses(WrongStage, lambda: died(100))


def test_an_end_before_enrolment_is_refused(ward) -> None:
    trial = ward("follow_up")
    trial.refuses(
        InputRefused,
        lambda: closing.relapse(trial.trial, trial.by(90), KID, on=trial.day(25), place="marrow"),
        "is before 2026-03-26, the day of Enrolled",
    )


def test_a_toxicity_that_becomes_known_after_death_is_not_lost(ward) -> None:
    trial = ward("running")
    closing.died(trial.trial, trial.by(40), KID, on=trial.day(40), cause="treatment")
    trial.toxicity("T1", "neurologic", 5, 39)
    assert [event.grade for event in trial.events(ev.ToxicityReported)] == [5]


@pytest.mark.parametrize(
    ("on", "last_seen", "said"),
    [
        (100, 101, "last seen on 2026-06-09, lost on 2026-06-08"),
        (100, 25, "is before 2026-03-26, the day of Enrolled"),
        (121, 100, "in the future"),
        (100, 100, None),
    ],
)
def test_who_is_lost_was_seen_before(ward, on: int, last_seen: int, said: str | None) -> None:
    trial = ward("follow_up")

    def lost() -> object:
        by = trial.by(120)
        return closing.lost(trial.trial, by, KID, on=trial.day(on), last_seen=trial.day(last_seen))

    if said is None:
        assert lost().last(ev.LostToFollowUp) is not None
    else:
        trial.refuses(InputRefused, lost, said)


def test_a_child_found_ineligible_late_stays_in_the_trial(ward) -> None:
    trial = ward("running")

    def found(criterion: str = "X5", role: Role = Role.DOCTOR) -> object:
        by = trial.by(35, role)
        return closing.found_ineligible(
            trial.trial, by, KID, on=trial.day(35), criterion=criterion, why="CNS3"
        )

    trial.refuses(InputRefused, lambda: found("X77"), "criterion")
    trial.refuses(NotAllowed, lambda: found(role=Role.COORDINATOR))
    assert found().stage is Stage.ON_TREATMENT
    assert found(role=Role.MONITOR).stage is Stage.ON_TREATMENT
    screened = ward("screening")
    screened.refuses(
        ActRefused,
        lambda: closing.found_ineligible(
            screened.trial, screened.by(35), KID, on=screened.day(35), criterion="X5", why="CNS3"
        ),
        "the child was never enrolled",
    )


# ------------------------------------------------------------ corrections


def correct(
    trial, seq: int, event: ev.Event, *, day: int = 52, role: Role = Role.DOCTOR, reason: str = "slip"
):
    return closing.correct(trial.trial, trial.by(day, role), KID, seq, event, reason=reason)


def test_a_correction_keeps_the_old_words_beside_the_new(ward) -> None:
    trial = ward("screening")
    seq = trial.seq(ev.FactRecorded, fact="weight")
    correct(trial, seq, ev.FactRecorded("weight", "22.5", trial.day(17)), reason="scale misread")
    assert [event.value for event in trial.events(ev.FactRecorded) if event.fact == "weight"] == ["22.5"]
    raw = [item for item in trial.trial.raw(KID) if getattr(item.event, "fact", "") == "weight"]
    assert [(item.event.value, item.replaces, item.reason) for item in raw] == [
        ("21.5", (), None),
        ("22.5", (seq,), "scale misread"),
    ]
    correct(trial, raw[1].ref.seq, ev.FactRecorded("weight", "23", trial.day(17)))
    assert [event.value for event in trial.events(ev.FactRecorded) if event.fact == "weight"] == ["23"]
    assert trial.again().kid() == trial.kid()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (ev.FactRecorded("weight", "heavy", date(2026, 3, 17)), "'heavy' is no answer"),
        (ev.FactRecorded("shoe_size", "31", date(2026, 3, 17)), "the study has no question 'shoe_size'"),
        (ev.FactRecorded("weight", "22", date(2026, 4, 22)), "2026-04-22 is in the future"),
        (ev.FactRecorded("birth_date", "2026-04-22", date(2026, 3, 17)), "2026-04-22 is in the future"),
        (ev.ListClosed("seizures", date(2026, 3, 17)), "ListClosed cannot stand for FactRecorded"),
    ],
)
def test_a_correction_says_nothing_that_the_act_would_have_refused(ward, event: ev.Event, said: str) -> None:
    trial = ward("running")
    seq = trial.seq(ev.FactRecorded, fact="weight")
    trial.refuses(InputRefused, lambda: correct(trial, seq, event, day=52), said)


@pytest.mark.parametrize(
    ("kind", "event", "said"),
    [
        (ev.MarrowTaken, ev.MarrowTaken(SampleId("x"), "d33", date(2026, 3, 19)), "no sample at 'd33'"),
        (ev.ListClosed, ev.ListClosed("diary", date(2026, 3, 19)), "no list 'diary'"),
        (ev.Enrolled, ev.Enrolled(date(2026, 3, 26), 2, "low"), "an enrolment keeps its number"),
        (ev.Enrolled, ev.Voided("x"), "an enrolment keeps its number, and cannot be voided"),
        (ev.InfusionStarted, ev.InfusionStarted(datetime(2027, 1, 1, tzinfo=UTC), "course"), "in the future"),
    ],
)
def test_other_corrections_that_cannot_be(ward, kind: type, event: ev.Event, said: str) -> None:
    trial = ward("running")
    trial.refuses(InputRefused, lambda: correct(trial, trial.seq(kind), event), said)


def test_a_corrected_time_keeps_the_order_of_the_pump(ward) -> None:
    """Otherwise every page that shows the course would fail from then on."""
    trial = ward("running")
    trial.pause(31, 2)
    trial.restart(31, 4)
    seq = trial.seq(ev.InfusionPaused)
    trial.refuses(
        InputRefused,
        lambda: correct(trial, seq, ev.InfusionPaused(trial.at(31, 5), "x")),
        "is before",
    )
    correct(trial, seq, ev.InfusionPaused(trial.at(31, 3), "x"))
    assert course_of(trial.trial.study, trial.kid(), at=trial.at(40)).pauses[0].hours == 1


def test_a_correction_after_which_the_rest_was_impossible_is_refused(ward) -> None:
    trial = ward("running")
    seq = trial.seq(ev.FoundEligible)
    refusal = trial.refuses(WrongStage, lambda: correct(trial, seq, ev.Voided("x")), "Enrolled cannot happen")
    assert refusal.where.startswith("participant 01-001, ledger entry")


def test_a_correction_needs_a_reason_an_entry_and_the_right(ward) -> None:
    trial = ward("eligible")
    weight = ev.FactRecorded("weight", "22", trial.day(17))
    seq = trial.seq(ev.FactRecorded, fact="weight")
    trial.refuses(
        InputRefused, lambda: correct(trial, seq, weight, reason="  "), "a correction needs a reason"
    )
    trial.refuses(NotFound, lambda: correct(trial, 1, weight), "entry 1 is not about participant 01-001")
    trial.refuses(NotFound, lambda: correct(trial, 9999, weight))
    trial.refuses(NotAllowed, lambda: correct(trial, seq, weight, role=Role.SPONSOR))
    decision = trial.seq(ev.FoundEligible)
    trial.refuses(NotAllowed, lambda: correct(trial, decision, ev.Voided("x"), role=Role.COORDINATOR))
    other = trial.consent()
    trial.refuses(NotFound, lambda: closing.void(trial.trial, trial.by(27), other, seq, reason="x"))


def test_void_takes_an_entry_out_and_never_an_enrolment(ward) -> None:
    trial = ward("eligible")
    by, seq = trial.by(27), trial.seq(ev.FoundEligible)
    assert closing.void(trial.trial, by, KID, seq, reason="too early").stage is Stage.SCREENING
    admission.decide(trial.trial, trial.by(26), KID, on=trial.day(26))
    trial.enrol()
    number = trial.seq(ev.Enrolled)
    trial.refuses(
        InputRefused, lambda: closing.void(trial.trial, by, KID, number, reason="x"), "cannot be voided"
    )


def test_a_number_whose_consent_was_voided_is_not_given_again(ward) -> None:
    trial = ward("open")
    first = trial.consent()
    closing.void(trial.trial, trial.by(17), first, trial.seq(ev.Consented), reason="registered twice")
    assert trial.consent() == "01-002"


def test_words_of_a_correction_are_read_strictly(ward) -> None:
    trial = ward("running")
    trial.toxicity("T1", "crs", 3, 31)
    seq = trial.seq(ev.ToxicityReported)
    (event,) = trial.events(ev.ToxicityReported)
    text = to_text(event)
    assert closing.rewritten(trial.trial, KID, seq, text) == event
    for wrong in (
        text.replace("false", "null"),
        text.replace("false", '"false"'),
        text.replace("3,", '"3",'),
        "{}",
    ):
        assert wrong != text
        trial.refuses(InputRefused, lambda wrong=wrong: closing.rewritten(trial.trial, KID, seq, wrong))


def test_who_was_never_enrolled_has_no_response(ward) -> None:
    trial = ward("screening")
    trial.refuses(
        (ActRefused, InvariantBroken),
        lambda: closing.assess_response(trial.trial, trial.by(52), KID, on=trial.day(52)),
    )
