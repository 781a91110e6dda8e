"""From consent to enrolment by acts on a real ledger."""

from datetime import UTC, date, datetime, timedelta

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.errors import InputRefused, LedgerMoved, NotAllowed, NotEligible, NotFound, WrongStage
from remission.protocol.criteria import Truth
from remission.terms.actors import Actor, Role
from remission.terms.ids import SampleId, SiteId, SubjectId
from remission.trial import admission, laboratory
from remission.trial.trial import By

KID, SITE = SubjectId("01-001"), SiteId("01")


def test_numbers_run_by_site(ward) -> None:
    trial = ward("open")
    assert [trial.consent(), trial.consent(), trial.consent(SiteId("02"))] == ["01-001", "01-002", "02-001"]


@pytest.mark.parametrize("site", ["03", "99"])
def test_a_site_that_is_not_active_registers_nobody(ward, site: str) -> None:
    trial = ward("open")
    trial.refuses(NotEligible, lambda: trial.consent(SiteId(site)), f"site {site} may not enrol")


def test_consent_before_the_site_was_active_is_refused(ward) -> None:
    trial = ward("open")  # active since 6 January
    for on, allowed in ((date(2026, 1, 5), False), (date(2026, 1, 6), True)):

        def act(on: date = on) -> object:
            return admission.consent(trial.trial, trial.by(16), SITE, on=on, signed_by="guardian", form="1")

        assert act() == KID if allowed else trial.refuses(NotEligible, act)


def test_today_is_the_site_s_today(ward) -> None:
    """At 17:00 UTC on 16 March it is 17 March in Shanghai; at 15:59 it is still the 16th."""
    trial = ward("open")

    def consent(hour: float) -> object:
        by = trial.by(16, hour=hour)
        return admission.consent(trial.trial, by, SITE, on=trial.day(17), signed_by="guardian", form="1")

    refusal = trial.refuses(InputRefused, lambda: consent(15.99), "2026-03-17 is in the future")
    assert "today is 2026-03-16" in refusal.where
    assert consent(16) == KID


def test_who_cannot_sign(ward) -> None:
    trial = ward("open")
    trial.refuses(
        InputRefused,
        lambda: admission.consent(
            trial.trial, trial.by(16), SITE, on=trial.day(16), signed_by="aunt", form="1"
        ),
        "'aunt' cannot sign",
    )


@pytest.mark.parametrize(
    ("fact", "value", "said"),
    [
        ("shoe_size", "31", "asks no question 'shoe_size'"),
        ("weight", "heavy", "'heavy' is no answer"),
        ("weight", "215", "'215' is no answer"),
        ("weight", "NaN", "'NaN' is no answer"),
        ("epilepsy", "unknown", "'unknown' is no answer"),
        ("risk", "Low", "'Low' is no answer"),
        ("birth_date", "2026-04-01", "2026-04-01 is in the future"),
        ("birth_date", "1.4.2019", "'1.4.2019' is no answer"),
    ],
)
def test_answers_that_are_none_are_refused(ward, fact: str, value: str, said: str) -> None:
    trial = ward("screening")
    trial.refuses(InputRefused, lambda: trial.answer(fact, value, on=20), said)


def test_an_answer_of_tomorrow_is_refused(ward) -> None:
    trial = ward("screening")
    trial.refuses(
        InputRefused,
        lambda: admission.answer(trial.trial, trial.by(20), KID, "weight", "22", on=trial.day(21)),
        "in the future",
    )


def test_lists_know_their_kinds_and_their_days(ward) -> None:
    trial = ward("screening")

    def happened(kind: str, first: int, last: int | None = None) -> object:
        ends = None if last is None else trial.day(last)
        return admission.happened(trial.trial, trial.by(20), KID, kind, first=trial.day(first), last=ends)

    trial.refuses(
        InputRefused, lambda: happened("acupuncture", 1), "no list of the study holds 'acupuncture'"
    )
    trial.refuses(InputRefused, lambda: happened("chemotherapy", 5, 4), "is before")
    trial.refuses(InputRefused, lambda: happened("chemotherapy", 5, 21), "in the future")
    trial.refuses(InputRefused, lambda: _close(trial, "diary"), "there is no list 'diary'")
    happened("convulsion", -3)
    (event,) = trial.events(ev.ThingHappened)
    assert (event.list, event.kind, event.last) == ("seizures", "convulsion", None)


def _close(trial, name: str) -> object:
    return admission.close_list(trial.trial, trial.by(20), KID, name, as_of=trial.day(20))


def test_unknown_decides_nothing_and_says_what_is_missing(ward) -> None:
    trial = ward("screening")
    refusal = trial.refuses(
        NotEligible,
        lambda: admission.decide(trial.trial, trial.by(26), KID, on=trial.day(26)),
        "eligibility is not known yet",
    )
    assert "Convulsions (site, by 2026-03-28)" in refusal.do
    assert "flow MRD, Day-19 marrow (laboratory, by 2026-03-22)" in refusal.do
    assert trial.kid().stage is Stage.SCREENING


def test_nobody_is_enrolled_before_the_decision(ward) -> None:
    trial = ward("screening")
    trial.flow()
    trial.close_lists()
    assert admission.judge(trial.trial, KID, on=trial.day(26)).admits is Truth.TRUE
    trial.refuses(WrongStage, trial.enrol, "Enrolled cannot happen while SCREENING")


def test_a_child_whom_a_criterion_shuts_out_fails_screening(ward) -> None:
    trial = ward("open")
    kid = trial.admit(cns_status="CNS3")
    trial.decide(kid)
    assert trial.kid(kid).stage is Stage.SCREEN_FAILED
    (event,) = trial.events(ev.FoundIneligible, kid)
    assert {said.criterion: said.admits for said in event.judgements}["X5"] == "no"
    assert len(event.judgements) == 15
    trial.refuses(WrongStage, lambda: trial.enrol(kid))


def test_the_decision_keeps_every_reason(ward) -> None:
    trial = ward("eligible")
    (event,) = trial.events(ev.FoundEligible)
    assert [said.admits for said in event.judgements] == ["yes"] * 15
    assert all(said.reason.en and said.reason.zh for said in event.judgements)


def test_what_is_new_takes_the_child_back_to_screening(ward) -> None:
    trial = ward("eligible")
    trial.answer("epilepsy", "yes", on=26)
    assert trial.kid().stage is Stage.SCREENING
    trial.refuses(WrongStage, trial.enrol)


def test_a_corrected_answer_is_judged_again_on_the_day_of_enrolment(ward) -> None:
    """A correction leaves the stage as it was: only the second judgement catches it."""
    trial = ward("eligible")
    seq = trial.seq(ev.FactRecorded, fact="risk")
    right = ev.FactRecorded("risk", "high", trial.day(17))
    trial.trial.correct(trial.by(26), KID, seq, right, reason="fusion found")
    assert trial.kid().stage is Stage.ELIGIBLE
    refusal = trial.refuses(NotEligible, trial.enrol, "not admitted by")
    assert "X10" in refusal.what and "I4" in refusal.what


def test_the_child_is_judged_as_of_the_day_of_enrolment(made) -> None:
    """Found eligible the day before the 18th birthday; on the birthday itself nobody is enrolled."""
    trial = made()
    kid = trial.admit(birth_date="2008-03-27")
    trial.decide(kid)
    assert trial.kid(kid).stage is Stage.ELIGIBLE
    admission.close_list(trial.trial, trial.by(27), kid, "seizures", as_of=trial.day(27))
    verdict = admission.judge(trial.trial, kid, on=trial.day(27))
    assert [judged.criterion for judged in verdict.judged if judged.admits is Truth.FALSE] == ["I1"]
    admission.decide(trial.trial, trial.by(27), kid, on=trial.day(26))
    trial.refuses(NotEligible, lambda: trial.enrol(kid, 27), "I1: age 18 y 0 m on 2026-03-27")


@pytest.mark.parametrize(("day", "allowed"), [(28, True), (29, True), (30, False), (31, False)])
def test_enrolment_has_its_window(ward, day: int, allowed: bool) -> None:
    trial = ward("eligible")
    trial.close_lists(day=day)
    admission.decide(trial.trial, trial.by(day), KID, on=trial.day(day))
    if allowed:
        assert trial.enrol(day=day).stage is Stage.ENROLLED
    else:
        trial.refuses(NotEligible, lambda: trial.enrol(day=day), f"day {day} is outside the enrolment window")


def test_a_day_before_the_decision_or_before_consent_is_refused(ward) -> None:
    trial = ward("eligible")
    trial.refuses(InputRefused, lambda: _enrol_on(trial, 25), "before 2026-03-26, the day of FoundEligible")
    trial.refuses(
        InputRefused,
        lambda: admission.decide(trial.trial, trial.by(26), KID, on=trial.day(15)),
        "before 2026-03-16, the day of Consented",
    )
    trial.refuses(InputRefused, lambda: _enrol_on(trial, 27), "in the future")


def _enrol_on(trial, day: int) -> object:
    return admission.enrol(trial.trial, trial.by(26), KID, on=trial.day(day))


def test_a_result_reported_later_does_not_admit_earlier(ward) -> None:
    trial = ward("screening")
    trial.flow(day=24)
    trial.close_lists(day=24)
    assert admission.judge(trial.trial, KID, on=trial.day(23)).admits is Truth.UNKNOWN
    assert admission.judge(trial.trial, KID, on=trial.day(24)).admits is Truth.TRUE


def test_the_risk_group_is_that_of_the_day_of_enrolment(ward) -> None:
    trial = ward("enrolled")
    (event,) = trial.events(ev.Enrolled)
    assert (event.number, event.risk_group, event.on) == (1, "intermediate", trial.day(26))


def test_a_decision_on_what_somebody_just_changed_is_taken_again(
    ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the judgement and the writing a colleague corrects an answer in another process."""
    trial = ward("eligible")
    other = trial.again()
    judge = trial.trial.judge
    verdict_of = judge.judge

    class Slow:
        def judge(self, *args: object, **words: object) -> object:
            verdict = verdict_of(*args, **words)
            right = ev.FactRecorded("risk", "high", trial.day(17))
            seq = other.seq(ev.FactRecorded, fact="risk")
            other.trial.correct(other.by(26), KID, seq, right, reason="fusion found")
            return verdict

    monkeypatch.setitem(trial.trial.__dict__, "judge", Slow())
    with pytest.raises(LedgerMoved, match="in the same moment"):
        trial.enrol()
    assert trial.kid().stage is Stage.ELIGIBLE


def test_a_late_start_of_the_same_consent_takes_the_next_number(
    ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A colleague in another process registers a child after our number was chosen."""
    trial = ward("open")
    other = trial.again()
    write, waiting = trial.trial.write, [True]

    def slow(*args: object, **words: object) -> object:
        if waiting and waiting.pop():
            other.consent()
        return write(*args, **words)

    monkeypatch.setattr(trial.trial, "write", slow)
    assert trial.consent() == "01-002"
    assert sorted(trial.trial.participants()) == ["01-001", "01-002"]


def test_nobody_unknown_can_be_spoken_of(ward) -> None:
    trial = ward("screening")
    nobody = SubjectId("01-009")
    trial.refuses(WrongStage, lambda: trial.answer("weight", "20", on=20, subject=nobody), "while UNKNOWN")
    trial.refuses(NotFound, lambda: trial.trial.participant(nobody), "there is no participant 01-009")
    trial.refuses(NotFound, lambda: admission.decide(trial.trial, trial.by(26), nobody, on=trial.day(26)))


def test_samples_have_labels_and_points(ward) -> None:
    trial = ward("screening")

    def take(label: str, point: str, day: int = 20) -> object:
        sample, on = SampleId(label), trial.day(day)
        return laboratory.take_marrow(trial.trial, trial.by(20), KID, sample=sample, point=point, on=on)

    trial.refuses(InputRefused, lambda: take("x", "d33"), "no sample is planned at 'd33'")
    trial.refuses(InputRefused, lambda: take("01-001-d19", "d19"), "recorded already")
    trial.refuses(InputRefused, lambda: take("x", "d19", 21), "in the future")


def test_site_activation_is_for_sponsor_and_monitor_once(ward) -> None:
    trial = ward("open")

    def activate(role: Role, site: str) -> object:
        return trial.trial.activate_site(
            By(Actor("x", role), datetime(2026, 2, 1, 17, tzinfo=UTC)), SiteId(site)
        )

    for role in (Role.DOCTOR, Role.COORDINATOR, Role.LABORATORY, Role.STATISTICIAN):
        trial.refuses(NotAllowed, lambda role=role: activate(role, "03"), "may not write SiteActivated")
    trial.refuses(
        NotAllowed, lambda: activate(Role.REHEARSAL, "03"), "rehearsal may not write in a real trial"
    )
    trial.refuses(NotFound, lambda: activate(Role.SPONSOR, "77"), "no site 77")
    trial.refuses(NotAllowed, lambda: activate(Role.SPONSOR, "02"), "active already")
    activate(Role.MONITOR, "03")
    assert trial.trial.sites_active()[SiteId("03")].on == date(2026, 2, 1) + timedelta(days=1)  # in Hefei
