"""Orders, premedication, start, pauses, toxicities and the end; what is against a rule is refused."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.errors import ActRefused, DoseHeld, InputRefused, WrongStage
from remission.safety.crs import Crs, Oxygen
from remission.safety.holding import What
from remission.safety.icans import Awakening, Icans, Oedema, Score, Seizure
from remission.terms.ids import SubjectId
from remission.trial import treatment, vigilance

KID = SubjectId("01-001")

# ------------------------------------------------------------ orders


@pytest.mark.parametrize(
    ("weight", "height", "amount"),
    [
        ("44.9", "150", "20.5182"),  # 15 x sqrt(44.9 x 150 / 3600) by hand: 15 x 1.367784
        ("45", "150", "28"),
        ("44.99", "214", "24.53"),  # 15 x 1.63535
        ("3.2", "50", "3.16"),  # an infant: 15 x 0.210819
    ],
)
def test_the_dose_follows_weight_and_height(ward, weight: str, height: str, amount: str) -> None:
    trial = ward("enrolled")
    trial.answer("weight", weight, on=28)
    trial.answer("height", height, on=28)
    ordered = trial.order()
    exact = float(amount)
    assert abs(float(ordered.amount) - exact) <= 0.06  # amounts are written to the pump's tenth
    assert (ordered.weight_kg, ordered.height_cm) == (Decimal(weight), Decimal(height))
    assert (ordered.unit, ordered.level, "label" in ordered.rule) == ("ug/d", "full", True)


def test_no_dose_without_a_weight_or_a_height_where_the_rule_needs_one(made) -> None:
    trial = made()
    trial.admit(weight=None, height=None)
    trial.decide()
    trial.enrol()
    trial.refuses(DoseHeld, trial.order, "Body weight is not known on 2026-03-28")
    trial.answer("weight", "21.5", on=28)
    trial.refuses(DoseHeld, trial.order, "height is not known")
    trial.answer("weight", "45", on=28)
    assert trial.order().amount == 28  # a fixed dose needs no height


def test_a_weight_of_tomorrow_makes_no_order_of_today(ward) -> None:
    trial = ward("enrolled")
    trial.answer("weight", "22.5", on=29)
    by = trial.by(29)
    made = treatment.order_dose(trial.trial, by, KID, on=trial.day(28), step="course")
    assert made.weight_kg == Decimal("21.5")
    assert treatment.order_dose(trial.trial, by, KID, on=trial.day(29), step="course").weight_kg == Decimal(
        "22.5"
    )


@pytest.mark.parametrize(
    ("day", "step", "level", "kind"),
    [
        (28, "cycle", "full", DoseHeld),
        (28, "course", "half", InputRefused),
        (25, "course", "full", InputRefused),  # before enrolment
    ],
)
def test_orders_that_cannot_be(ward, day: int, step: str, level: str, kind: type) -> None:
    trial = ward("enrolled")
    trial.refuses(
        kind,
        lambda: treatment.order_dose(
            trial.trial, trial.by(28), KID, on=trial.day(day), step=step, level=level
        ),
    )


def test_nobody_is_treated_who_is_not_enrolled(ward) -> None:
    trial = ward("eligible")
    trial.refuses(WrongStage, trial.order, "DoseOrdered cannot happen while ELIGIBLE")
    trial.refuses(WrongStage, lambda: trial.premedicate(29, 1, "first_dose"))


# ------------------------------------------------------------ the start


def test_no_start_without_order_and_premedication(ward) -> None:
    trial = ward("enrolled")
    trial.refuses(DoseHeld, trial.start, "there is no order for step 'course' at the full level")
    trial.order()
    trial.refuses(DoseHeld, trial.start, "no premedication was given before first dose")
    trial.premedicate(29, 2.5, "first_dose")
    trial.refuses(DoseHeld, trial.start, "no premedication")  # it was given half an hour after this start
    assert trial.start(hour=2.5).stage is Stage.ON_TREATMENT
    (given,) = trial.events(ev.PremedicationGiven)
    assert (given.drug, given.unit, given.before) == ("dexamethasone", "mg", "first_dose")
    assert abs(given.amount - Decimal("4.18")) <= Decimal("0.05")  # 5 mg/m2 x 0.8359 m2


def test_an_order_of_tomorrow_starts_nothing_today(ward) -> None:
    trial = ward("enrolled")
    trial.order(day=30)
    trial.premedicate(29, 1, "first_dose")
    trial.refuses(
        DoseHeld, lambda: _start_at(trial, 29), "no order for step 'course' at the full level on 2026-03-29"
    )
    trial.premedicate(30, 1, "first_dose")
    assert _start_at(trial, 30).stage is Stage.ON_TREATMENT


def _start_at(trial, day: int):
    return treatment.start(trial.trial, trial.by(30, hour=23), KID, at=trial.at(day, 2), step="course")


def test_an_order_on_a_weight_that_was_corrected_is_held(ward) -> None:
    """21.5 kg was another child's weight: the pump must not start at that dose."""
    trial = ward("enrolled")
    trial.order()
    trial.premedicate(29, 1, "first_dose")
    seq = trial.seq(ev.FactRecorded, fact="weight")
    right = ev.FactRecorded("weight", "12.5", trial.day(17))
    trial.trial.correct(trial.by(29, hour=1.5), KID, seq, right, reason="another child's weight")
    trial.refuses(DoseHeld, trial.start, "were ordered for 21.5 kg")
    trial.order(day=29)
    assert trial.start().stage is Stage.ON_TREATMENT


def test_a_later_weight_does_not_undo_an_order(ward) -> None:
    trial = ward("enrolled")
    trial.order()
    trial.answer("weight", "21.9", on=29)
    trial.premedicate(29, 1, "first_dose")
    assert trial.start().stage is Stage.ON_TREATMENT


@pytest.mark.parametrize(
    ("day", "hour", "inside"), [(28, 15, False), (28, 16, True), (31, 15, True), (31, 16, False)]
)
def test_the_start_window_is_counted_at_the_site(ward, day: int, hour: float, inside: bool) -> None:
    """16:00 UTC is midnight in Shanghai: days 29 to 31 there."""
    trial = ward("enrolled")
    trial.order(day=28)
    trial.premedicate(day, 14, "first_dose")
    if inside:
        assert trial.start(day, hour).stage is Stage.ON_TREATMENT
        assert trial.events(ev.DeviationReported) == []
        return
    trial.refuses(ActRefused, lambda: trial.start(day, hour), "outside the start window, days 29 to 31")
    trial.refuses(ActRefused, lambda: trial.start(day, hour, deviation="  "), "outside the start window")
    trial.start(day, hour, deviation="fever")
    (deviation,) = trial.events(ev.DeviationReported)
    assert deviation.major and deviation.what.endswith("fever") and deviation.rule == "start window"


def test_times_have_a_zone_have_passed_and_follow_enrolment(ward) -> None:
    trial = ward("enrolled")
    trial.order()

    def premedicate(at: datetime) -> object:
        return treatment.premedicate(trial.trial, trial.by(29), KID, at=at, before="first_dose")

    trial.refuses(InputRefused, lambda: premedicate(trial.at(29, 1).replace(tzinfo=None)), "has no time zone")
    trial.refuses(InputRefused, lambda: premedicate(trial.at(29, 13)), "is in the future")
    trial.refuses(InputRefused, lambda: premedicate(trial.at(25, 1)), "the day of Enrolled")


def test_single_doses_and_infusions_are_not_mixed(ward) -> None:
    trial = ward("enrolled")
    trial.order()
    trial.premedicate(29, 1, "first_dose")
    trial.refuses(
        ActRefused,
        lambda: treatment.give_dose(trial.trial, trial.by(29), KID, at=trial.at(29, 2), step="course"),
        "as continuous treatment, not single",
    )


def test_a_toxicity_before_the_first_dose_holds_it_while_it_lasts(ward) -> None:
    trial = ward("enrolled")
    trial.order()
    trial.toxicity("T1", "liver", 3, 28)
    trial.premedicate(29, 1, "first_dose")
    trial.refuses(DoseHeld, trial.start, "grade 3, above 1")
    trial.regrade("T1", 1, 29)
    trial.premedicate(29, 22, "first_dose")
    assert trial.start(hour=23).stage is Stage.ON_TREATMENT


# ------------------------------------------------------------ pauses


@pytest.mark.parametrize(("hours", "premedication"), [(3.99, False), (4, True), (24 * 7, True)])
def test_a_pause_of_four_hours_asks_for_premedication(ward, hours: float, premedication: bool) -> None:
    trial = ward("running")
    trial.pause(31, 2)
    day, hour = 31 + int((2 + hours) // 24), (2 + hours) % 24
    if premedication:
        trial.refuses(DoseHeld, lambda: trial.restart(day, hour), "no premedication was given before restart")
        trial.premedicate(day, hour, "restart")
    assert trial.restart(day, hour).stage is Stage.ON_TREATMENT


def test_premedication_may_be_given_before_the_fourth_hour_of_a_longer_pause(ward) -> None:
    trial = ward("running")
    trial.pause(31, 2)
    trial.premedicate(31, 5.5, "restart")
    assert trial.restart(31, 6.2).stage is Stage.ON_TREATMENT


def test_premedication_of_an_earlier_pause_does_not_count(ward) -> None:
    trial = ward("running")
    trial.pause(31, 2)
    trial.premedicate(31, 6, "restart")
    trial.restart(31, 6)
    trial.pause(32, 2)
    trial.refuses(DoseHeld, lambda: trial.restart(32, 6), "no premedication was given before restart")


def test_a_pause_of_more_than_seven_days_ends_the_course(ward) -> None:
    trial = ward("running")
    trial.pause(31, 2)
    trial.premedicate(38, 2, "restart")
    refusal = trial.refuses(DoseHeld, lambda: trial.restart(38, 2.01), "more than 7")
    assert "treatment ends and the day-46 marrow stays due" in refusal.do
    by = trial.by(38, hour=23)
    stopped = treatment.stop(trial.trial, by, KID, at=trial.at(38, 3), why="pause", as_protocol=True)
    assert stopped.stage is Stage.TREATMENT_ENDED


def test_turns_of_the_pump_come_in_order(ward) -> None:
    trial = ward("running")
    trial.refuses(InputRefused, lambda: trial.pause(29, 1), "is before")
    trial.refuses(
        WrongStage, lambda: trial.restart(30, 1), "InfusionRestarted cannot happen while ON_TREATMENT"
    )
    trial.pause(31, 2)
    trial.refuses(WrongStage, lambda: trial.pause(31, 3), "InfusionPaused cannot happen while PAUSED")
    trial.refuses(InputRefused, lambda: trial.restart(31, 1), "is before")
    trial.refuses(ActRefused, lambda: trial.complete(45, 2), "48.0 of 336 h were infused")
    trial.refuses(InputRefused, lambda: trial.premedicate(32, 1, "lunch"), "'lunch'")


def test_premedication_before_a_restart_needs_a_pause(ward) -> None:
    trial = ward("running")
    trial.refuses(
        InputRefused, lambda: trial.premedicate(30, 1, "restart"), "the length of the pause is not known"
    )


def test_a_pause_names_a_report_that_exists(ward) -> None:
    trial = ward("running")
    trial.refuses(InputRefused, lambda: trial.pause(31, 2, toxicity="T7"), "there is no toxicity report 'T7'")


# ------------------------------------------------------------ toxicities


@pytest.mark.parametrize("named", [True, False])
def test_crs_3_holds_until_grade_1_and_restarts_low_then_steps_up(ward, named: bool) -> None:
    """Whether the pause names the report or not."""
    trial = ward("running")
    said = trial.toxicity("T1", "crs", 3, 31)
    assert (said.action, said.restart, said.escalate_after_days) == (What.HOLD, "low", 7)
    trial.pause(31, 6, toxicity="T1" if named else "")
    trial.premedicate(32, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(32, 6), "grade 3, above 1")
    trial.regrade("T1", 2, 32)
    trial.refuses(DoseHeld, lambda: trial.restart(32, 6), "grade 2, above 1")
    trial.regrade("T1", 1, 33)
    trial.refuses(DoseHeld, lambda: trial.restart(33, 6), "restart at the low dose")
    trial.refuses(
        DoseHeld, lambda: trial.restart(33, 6, "low"), "there is no order for step 'course' at the low level"
    )
    trial.order(day=33, level="low")
    trial.premedicate(33, 5, "restart")
    trial.restart(33, 6, "low")
    trial.refuses(DoseHeld, lambda: trial.escalate(39, 6), "at the low level for 6 of 7 days")
    trial.refuses(DoseHeld, lambda: trial.escalate(40, 6), "no premedication was given before step up")
    trial.premedicate(40, 5, "step_up")
    assert trial.escalate(40, 6).stage is Stage.ON_TREATMENT
    standing = treatment.course(trial.trial, KID, at=trial.at(41, 6))
    assert (standing.level, standing.running) == ("full", True)
    trial.refuses(DoseHeld, lambda: trial.escalate(41, 6), "does not run at the low level")


def test_low_dose_is_five_per_square_metre(ward) -> None:
    trial = ward("running")
    assert abs(trial.order(day=29, level="low").amount - Decimal("4.18")) <= Decimal("0.05")
    trial.answer("weight", "45", on=29)
    assert trial.order(day=29, level="low").amount == 9


def _to_low(trial, day: int = 31) -> None:
    """CRS of grade 3 on a day, over two days later, and the pump at the low dose."""
    trial.toxicity("T1", "crs", 3, day)
    trial.pause(day, 6, toxicity="T1")
    trial.regrade("T1", 0, day + 2)
    trial.order(day=day + 2, level="low")
    trial.premedicate(day + 2, 5, "restart")
    trial.restart(day + 2, 6, "low")


def test_a_short_pause_at_the_low_dose_is_no_way_up(ward) -> None:
    trial = ward("running")
    _to_low(trial)  # low from day 33 on
    trial.pause(35, 2)
    trial.refuses(DoseHeld, lambda: trial.restart(35, 4), "at the low level for 2 of 7 days")
    trial.restart(35, 4, "low")
    trial.pause(40, 7)
    trial.refuses(DoseHeld, lambda: trial.restart(40, 8), "no premedication was given before step up")
    trial.premedicate(40, 7.5, "step_up")
    trial.restart(40, 8)
    assert treatment.course(trial.trial, KID, at=trial.at(40, 9)).level == "full"


def test_what_is_over_does_not_hold_a_later_pause(ward) -> None:
    trial = ward("running")
    _to_low(trial)
    trial.premedicate(40, 5, "step_up")
    trial.escalate(40, 6)
    trial.pause(41, 2)
    assert trial.restart(41, 4).stage is Stage.ON_TREATMENT


@pytest.mark.parametrize(("term", "grade"), [("crs", 4), ("neurologic", 4), ("CRS", 4), (" Neurologic ", 4)])
@pytest.mark.parametrize("named", [True, False])
def test_what_stops_for_good_never_restarts(ward, term: str, grade: int, named: bool) -> None:
    trial = ward("running")
    assert trial.toxicity("T1", term, grade, 31).action is What.STOP
    trial.pause(31, 6, toxicity="T1" if named else "")
    trial.regrade("T1", 0, 34)
    trial.premedicate(34, 6, "restart")
    trial.order(day=34, level="low")
    for level in ("full", "low"):
        trial.refuses(DoseHeld, lambda level=level: trial.restart(34, 7, level), "stop for good")


def test_neurologic_3_waits_three_days_at_grade_1(ward) -> None:
    trial = ward("running")
    trial.toxicity("T1", "neurologic", 3, 31)
    trial.pause(31, 6, toxicity="T1")
    trial.regrade("T1", 1, 32)
    trial.order(day=34, level="low")
    trial.premedicate(34, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(34, 6, "low"), "for 2 of 3 days")
    trial.premedicate(35, 6, "restart")
    assert trial.restart(35, 6, "low").stage is Stage.ON_TREATMENT


def test_a_grade_that_rises_again_begins_the_wait_anew(ward) -> None:
    trial = ward("running")
    trial.toxicity("T1", "neurologic", 3, 31)
    trial.pause(31, 6, toxicity="T1")
    trial.regrade("T1", 1, 32)
    trial.regrade("T1", 2, 33)
    trial.regrade("T1", 1, 34)
    trial.order(day=35, level="low")
    trial.premedicate(35, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(35, 6, "low"), "for 1 of 3 days")


def test_neurologic_3_at_the_low_dose_stops_for_good(ward) -> None:
    trial = ward("running")
    _to_low(trial)
    assert trial.toxicity("T2", "neurologic", 3, 35).action is What.STOP
    trial.pause(35, 7, toxicity="T2")
    trial.regrade("T2", 0, 36)
    trial.premedicate(39, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(39, 6, "low"), "it came at the low dose")


def test_a_second_toxicity_holds_although_the_pause_names_the_first(ward) -> None:
    trial = ward("running")
    trial.toxicity("T1", "crs", 3, 31)
    trial.pause(31, 6, toxicity="T1")
    trial.regrade("T1", 0, 32)
    trial.toxicity("T2", "liver", 3, 32)
    trial.order(day=33, level="low")
    trial.premedicate(33, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(33, 6, "low"), "grade 3, above 1")


def test_more_than_one_seizure_stops_for_good(ward) -> None:
    trial = ward("running")
    assert trial.toxicity("T1", "Seizure", 2, 31).action is What.CONTINUE
    assert trial.toxicity("T2", "seizure", 1, 32).action is What.STOP
    trial.pause(32, 6)
    trial.premedicate(33, 6, "restart")
    trial.refuses(DoseHeld, lambda: trial.restart(33, 6), "stop for good")


def test_crs_is_graded_by_what_was_seen(ward) -> None:
    trial = ward("running")
    told = {"began": trial.day(31), "serious": True, "related": "yes"}

    def report(id: str, **seen: object) -> object:
        whole = {
            "fever": True, "hypotension": True, "vasopressors": 1, "vasopressin": False,
            "oxygen": Oxygen.NONE, "oxygen_flow": None,
            "fever_treated": False, "attributable": True, **seen,
        }  # fmt: skip
        return vigilance.report_crs(trial.trial, trial.by(31), KID, id=id, seen=Crs(**whole), **told)

    refusal = trial.refuses(
        InputRefused, lambda: report("C1", vasopressors=None), "the grade lies between 2 and 4"
    )
    assert "vasopressors" in refusal.do
    nothing = {"fever": False, "hypotension": False, "vasopressors": 0}
    trial.refuses(InputRefused, lambda: report("C1", **nothing), "grade 0: there is nothing to report")
    _, said = report("C1")
    (event,) = trial.events(ev.ToxicityReported)
    assert (event.term, event.grade, said.action) == ("crs", 3, What.HOLD)
    seen = {setting.name: setting.value for setting in event.components}
    assert (seen["vasopressors"], seen["fever"], seen["oxygen_flow"], seen["oxygen"]) == (
        "1",
        "true",
        "unknown",
        "none",
    )


def test_icans_is_graded_by_what_was_seen_and_its_seizures_are_counted(ward) -> None:
    trial = ward("running")
    told = {"began": trial.day(31), "serious": True, "related": "yes"}

    def report(id: str, **seen: object) -> object:
        whole = {
            "score": Score.CAPD, "points": 5, "awakening": Awakening.SPONTANEOUSLY, "seizure": Seizure.NONE,
            "weakness": False, "oedema": Oedema.NONE, "attributable": True, **seen,
        }  # fmt: skip
        return vigilance.report_icans(trial.trial, trial.by(31), KID, id=id, seen=Icans(**whole), **told)

    trial.refuses(InputRefused, lambda: report("N1", weakness=None), "the grade lies between 1 and 4")
    assert report("N1")[1].action is What.CONTINUE
    assert report("N2", seizure=Seizure.BRIEF)[1].action is What.HOLD
    assert report("N3", seizure=Seizure.BRIEF)[1].action is What.STOP  # the second seizure
    assert [event.term for event in trial.events(ev.ToxicityReported)] == ["neurologic"] * 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"grade": 0}, "grade 0 does not exist"),
        ({"grade": 6}, "grade 6 does not exist"),
        ({"related": "maybe"}, "'maybe' is no relation"),
        ({"id": "T1"}, "'T1' is reported already"),
        ({"began": 35}, "in the future"),
    ],
)
def test_reports_that_cannot_be(ward, words: dict, said: str) -> None:
    trial = ward("running")
    trial.toxicity("T1", "crs", 1, 30)
    told = {
        "id": "T2", "term": "crs", "system": "x", "grade": 1, "began": trial.day(30), "serious": False,
        "related": "yes", **words,
    }  # fmt: skip
    if "began" in words:
        told["began"] = trial.day(words["began"])
    trial.refuses(
        InputRefused, lambda: vigilance.report_toxicity(trial.trial, trial.by(31), KID, **told), said
    )


def test_grades_of_other_days_and_other_reports(ward) -> None:
    trial = ward("running")
    trial.toxicity("T1", "crs", 1, 31)
    trial.refuses(InputRefused, lambda: trial.regrade("T9", 0, 32), "there is no such report")
    trial.refuses(InputRefused, lambda: trial.regrade("T1", 0, 30), "it began 2026-03-31")
    trial.refuses(InputRefused, lambda: trial.regrade("T1", 6, 32), "grade 6")


# ------------------------------------------------------------ the end


@pytest.mark.parametrize(("hours", "full"), [(319.1, False), (319.2, True), (336, True)])
def test_a_course_is_complete_from_95_percent_of_its_hours(ward, hours: float, full: bool) -> None:
    trial = ward("running")  # started on day 29 at 02:00 UTC
    at = trial.at(29, 2) + timedelta(hours=hours)

    def complete() -> object:
        return treatment.complete(trial.trial, trial.by(60), KID, at=at)

    if full:
        assert complete().stage is Stage.TREATMENT_ENDED
    else:
        trial.refuses(ActRefused, complete, "319.1 of 336 h were infused")


def test_hours_of_a_pause_do_not_complete_the_course(ward) -> None:
    trial = ward("running")
    trial.pause(31, 2)
    trial.premedicate(33, 2, "restart")
    trial.restart(33, 2)
    trial.refuses(ActRefused, lambda: trial.complete(43, 2), "288.0 of 336 h")
    assert trial.complete(45, 2).stage is Stage.TREATMENT_ENDED


def test_a_drug_never_given(ward) -> None:
    trial = ward("enrolled")

    def never(day: int) -> object:
        return treatment.not_given(trial.trial, trial.by(30), KID, on=trial.day(day), why="infection")

    trial.refuses(InputRefused, lambda: never(25), "the day of Enrolled")
    trial.refuses(InputRefused, lambda: never(31), "in the future")
    assert never(30).stage is Stage.TREATMENT_ENDED
