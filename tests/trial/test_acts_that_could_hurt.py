"""Acts that could hurt a child, or take a child out of the trial's counts, are refused or ask for more."""

import pytest

from remission.conduct import events as ev
from remission.conduct.due import due
from remission.conduct.state import Stage
from remission.errors import ActRefused, DoseHeld, InputRefused
from remission.mrd.result import Denominator
from remission.safety.holding import What
from remission.terms.actors import Role
from remission.terms.ids import SampleId, SubjectId
from remission.trial import closing, laboratory, treatment, vigilance

KID = SubjectId("01-001")


def _first_due(trial, day: int) -> str:
    return due(trial.trial.study, trial.kid(), today=trial.day(day))[0].what.en


# ------------------------------------------------------------ toxicities


@pytest.mark.parametrize("term", ["seizure", "Seizure ", "generalised_convulsion", "惊厥发作"])
def test_a_seizure_in_free_text_restarts_at_the_low_dose_or_not_at_all(ward, term: str) -> None:
    trial = ward("running")
    said = trial.toxicity("T1", term, 3, 31)
    assert (said.action, said.restart, said.for_days) == (What.HOLD, "low", 3)
    trial.pause(31, 6)
    trial.regrade("T1", 0, 32)
    trial.premedicate(36, 5, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(36, 6), "restart at the low dose")
    assert trial.toxicity("T2", term, 1, 36).action is What.STOP  # the second one


@pytest.mark.parametrize(
    "term", ["cytokine release syndrome", "Cytokine-Release Syndrome (CRS)", "CRS gr. 4"]
)
def test_crs_in_free_text_stops_at_grade_4(ward, term: str) -> None:
    trial = ward("running")
    assert trial.toxicity("T1", term, 4, 31).action is What.STOP
    trial.pause(31, 6)
    trial.regrade("T1", 0, 33)
    trial.refuses(DoseHeld, lambda: trial.restart(33, 6, "low"), "stop for good")


def test_the_organ_system_decides_where_the_words_do_not(ward) -> None:
    trial = ward("running")
    by, told = trial.by(31, hour=23), {"grade": 4, "began": trial.day(31), "serious": True, "related": "yes"}
    _, said = vigilance.report_toxicity(
        trial.trial, by, KID, id="T1", term="blackout", system="Nervous system disorders", **told
    )
    assert said.action is What.STOP


def test_a_worse_grade_answers_what_to_do_now(ward) -> None:
    trial = ward("running")

    def regraded(grade: int, day: int) -> tuple:
        by = trial.by(day, hour=23)
        return vigilance.regrade(trial.trial, by, KID, id="T1", grade=grade, on=trial.day(day))

    assert trial.toxicity("T1", "cytokine release syndrome", 1, 31).action is What.CONTINUE
    participant, said = regraded(3, 32)
    assert participant.stage is Stage.ON_TREATMENT
    assert (said.action, said.restart) == (What.HOLD, "low")
    assert regraded(4, 33)[1].action is What.STOP
    assert regraded(0, 34)[1].action is What.CONTINUE
    assert _first_due(trial, 34) != "Stop: cytokine release syndrome grade 4"
    regraded(4, 35)
    assert _first_due(trial, 35) == "Stop: cytokine release syndrome grade 4"


def test_a_grade_that_asks_to_consider_stopping_holds_meanwhile(ward) -> None:
    """Grade 3 holds until grade 1; grade 4 must not be the way around it."""
    trial = ward("running")
    assert trial.toxicity("T1", "pancreatitis", 4, 31).action is What.CONSIDER_STOPPING
    trial.pause(31, 6)
    trial.premedicate(33, 5, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(33, 6), "grade 4, above 1")
    trial.regrade("T1", 1, 33)
    assert trial.restart(33, 6).stage is Stage.ON_TREATMENT


# ------------------------------------------------------------ admission


def _found_cns3(trial, day: int = 27) -> None:
    seq = trial.seq(ev.FactRecorded, fact="cns_status")
    right = ev.FactRecorded("cns_status", "CNS3", trial.day(17))
    trial.trial.correct(trial.by(day), KID, seq, right, reason="read again")


def test_no_first_dose_for_a_child_whom_a_criterion_now_shuts_out(ward) -> None:
    trial = ward("enrolled")
    trial.order(day=27)
    trial.premedicate(29, 1, "first_dose")
    _found_cns3(trial)
    shown = _first_due(trial, 28)
    assert "no longer admits" in shown and "CNS3" in shown
    refusal = trial.refuses(DoseHeld, trial.order, "no longer admitted by X")
    assert "CNS3" in refusal.what and "found ineligible" in refusal.do
    trial.refuses(DoseHeld, trial.start, "no longer admitted by X")


def test_once_it_is_corrected_the_dose_goes_on(ward) -> None:
    trial = ward("enrolled")
    _found_cns3(trial)
    last = [item.ref.seq for item in trial.trial.raw(KID)][-1]
    right = ev.FactRecorded("cns_status", "CNS1", trial.day(17))
    trial.trial.correct(trial.by(28), KID, last, right, reason="the slide was another child's")
    trial.order()
    trial.premedicate(29, 1, "first_dose")
    assert trial.start().stage is Stage.ON_TREATMENT


def test_once_it_is_reported_the_doctor_decides(ward) -> None:
    trial = ward("enrolled")
    _found_cns3(trial)
    trial.refuses(DoseHeld, trial.order, "no longer admitted")
    closing.found_ineligible(
        trial.trial, trial.by(28), KID, on=trial.day(28), criterion="X4", why="CNS3 found"
    )
    trial.order()
    trial.premedicate(29, 1, "first_dose")
    assert trial.start().stage is Stage.ON_TREATMENT


def test_a_later_answer_does_not_take_back_the_admission(ward) -> None:
    """A convulsion after enrolment is a toxicity, not an entry criterion."""
    trial = ward("enrolled")
    trial.answer("cns_status", "CNS3", on=28)
    assert trial.order().step == "course"


@pytest.mark.parametrize("criterion", ["X11"])
def test_what_is_known_only_after_treatment_finds_nobody_ineligible(ward, criterion: str) -> None:
    trial = ward("running")

    def found(id: str) -> object:
        return closing.found_ineligible(
            trial.trial, trial.by(35), KID, on=trial.day(35), criterion=id, why="D46 MRD 3 %"
        )

    trial.refuses(InputRefused, lambda: found(criterion), f"{criterion} is known only after treatment")
    found("X4")
    seq = trial.seq(ev.FoundIneligibleLate)
    other = ev.FoundIneligibleLate(trial.day(35), criterion, "D46 MRD 3 %")
    trial.refuses(
        InputRefused,
        lambda: trial.trial.correct(trial.by(36), KID, seq, other, reason="wrong one"),
        "known only after treatment",
    )


# ------------------------------------------------------------ premedication


@pytest.mark.parametrize(("hours", "enough"), [(0, True), (12, True), (12.01, False), (30, False)])
def test_premedication_holds_for_twelve_hours(ward, hours: float, enough: bool) -> None:
    trial = ward("enrolled")
    trial.order(day=27)
    trial.premedicate(29, 1, "first_dose")
    day, hour = 29 + int((1 + hours) // 24), (1 + hours) % 24
    if enough:
        assert trial.start(day, hour).stage is Stage.ON_TREATMENT
        return
    trial.refuses(DoseHeld, lambda: trial.start(day, hour), "more than 12 h earlier")
    trial.premedicate(day, hour, "first_dose")
    assert trial.start(day, hour).stage is Stage.ON_TREATMENT


def test_premedication_before_a_restart_holds_for_twelve_hours_too(ward) -> None:
    trial = ward("running")
    trial.pause(31, 2)
    trial.premedicate(31, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(32, 6), "more than 12 h earlier")


# ------------------------------------------------------------ marrow


def _take(trial, point: str, day: int, *, why: str | None = None, label: str = "tube") -> object:
    return laboratory.take_marrow(
        trial.trial, trial.by(day), KID, sample=SampleId(label), point=point, on=trial.day(day), deviation=why
    )


@pytest.mark.parametrize(("day", "inside"), [(43, False), (44, True), (50, True), (51, False)])
def test_an_endpoint_marrow_outside_its_window_asks_why(ward, day: int, inside: bool) -> None:
    trial = ward("running")
    trial.complete(43, 2)
    if inside:
        _take(trial, "d46", day)
        assert trial.events(ev.DeviationReported) == []
        return
    said = f"day {day} is outside the window of d46, days 44 to 50"
    trial.refuses(ActRefused, lambda: _take(trial, "d46", day), said)
    trial.refuses(ActRefused, lambda: _take(trial, "d46", day, why="  "), said)
    _take(trial, "d46", day, why="theatre closed")
    (deviation,) = trial.events(ev.DeviationReported)
    assert deviation.major and deviation.rule == "window of d46" and deviation.what.endswith("theatre closed")


def test_an_entry_marrow_outside_its_window_is_a_minor_deviation(ward) -> None:
    trial = ward("screening")
    trial.refuses(ActRefused, lambda: _take(trial, "d19", 23), "day 23 is outside the window of d19")
    _take(trial, "d19", 23, why="clotted at first")
    (deviation,) = trial.events(ev.DeviationReported)
    assert not deviation.major


def test_an_entry_marrow_may_come_before_the_first_day_is_known(ward) -> None:
    trial = ward("open")
    trial.consent()
    _take(trial, "d19", 19)
    assert len(trial.events(ev.MarrowTaken)) == 1


@pytest.mark.parametrize("point", ["screening", "eligible", "enrolled"])
def test_no_endpoint_marrow_before_the_first_dose_whatever_the_reason(ward, point: str) -> None:
    trial = ward(point)
    trial.refuses(ActRefused, lambda: _take(trial, "d46", 46, why="early"), "before any dose")


def test_an_endpoint_marrow_dated_before_the_first_dose_is_refused(ward) -> None:
    trial = ward("running")

    def take() -> object:
        return laboratory.take_marrow(
            trial.trial, trial.by(46), KID, sample=SampleId("tube"), point="d46", on=trial.day(28),
            deviation="wrong date",
        )  # fmt: skip

    trial.refuses(ActRefused, take, "before the first dose on 2026-03-29")


def test_a_child_never_treated_still_gives_its_endpoint_marrow(ward) -> None:
    trial = ward("enrolled")
    treatment.not_given(trial.trial, trial.by(30), KID, on=trial.day(30), why="infection")
    _take(trial, "d46", 46)
    assert len(trial.events(ev.MarrowTaken)) == 2


def test_a_second_result_of_a_tube_corrects_the_first(ward) -> None:
    trial = ward("screening")
    trial.flow()
    refusal = trial.refuses(
        InputRefused, lambda: trial.flow(found=3), "flow of this sample is reported already"
    )
    assert "correct that entry" in refusal.do
    _take(trial, "d19", 20, label="second")
    laboratory.report_flow(
        trial.trial, trial.by(22, Role.LABORATORY, site=None), KID, sample=SampleId("second"), found=3,
        examined=[Denominator("nucleated cells", 500_000)], primary="nucleated cells", files=[],
        on=trial.day(22), method_version="1",
    )  # fmt: skip
    assert len(trial.events(ev.MrdReported)) == 2


# ------------------------------------------------------------ after treatment


def _seen(trial, day: int, in_remission: bool | None) -> object:
    return closing.follow_up(trial.trial, trial.by(day), KID, on=trial.day(day), in_remission=in_remission)


def test_no_remission_without_a_relapse_on_record(ward) -> None:
    trial = ward("follow_up")
    refusal = trial.refuses(ActRefused, lambda: _seen(trial, 120, False), "no relapse is on record")
    assert "relapse or progression" in refusal.do
    assert _seen(trial, 120, None)
    closing.relapse(trial.trial, trial.by(130), KID, on=trial.day(130), place="marrow")
    trial.refuses(
        ActRefused,
        lambda: closing.follow_up(trial.trial, trial.by(131), KID, on=trial.day(129), in_remission=False),
        "no relapse is on record by then",
    )
    assert _seen(trial, 131, False)
    seq = trial.seq(ev.Relapsed)
    trial.refuses(
        ActRefused,
        lambda: closing.void(trial.trial, trial.by(132), KID, seq, reason="mistaken"),
        "no relapse is on record by then",
    )


def _lost(trial, day: int = 200):
    return closing.lost(trial.trial, trial.by(day), KID, on=trial.day(day), last_seen=trial.day(100))


def test_a_child_who_was_lost_can_be_found(ward) -> None:
    trial = ward("follow_up")
    assert _lost(trial).stage is Stage.LOST
    assert due(trial.trial.study, trial.kid(), today=trial.day(400)) == ()
    assert _seen(trial, 400, True).stage is Stage.FOLLOW_UP
    asked = [item.what.en for item in due(trial.trial.study, trial.kid(), today=trial.day(401))]
    assert asked == ["Follow-up contact"]


def test_news_of_a_lost_child_are_taken(ward) -> None:
    trial = ward("follow_up")
    _lost(trial)
    assert (
        closing.relapse(trial.trial, trial.by(300), KID, on=trial.day(250), place="marrow").stage
        is Stage.LOST
    )
    died = closing.died(trial.trial, trial.by(300), KID, on=trial.day(280), cause="leukaemia")
    assert died.stage is Stage.OFF


def test_a_lost_child_can_withdraw_and_is_off(ward) -> None:
    trial = ward("follow_up")
    _lost(trial)
    gone = closing.withdraw(
        trial.trial, trial.by(300), KID, on=trial.day(300), scope="study", why="by letter", who="guardian"
    )
    assert gone.stage is Stage.OFF
