"""Another drug, other days, single doses: the same acts, the study NCT03441061."""

from datetime import UTC, date, datetime, timedelta

import pytest

from remission.conduct import events as ev
from remission.conduct.due import due
from remission.conduct.state import Stage
from remission.errors import ActRefused, DoseHeld, InputRefused, NotEligible
from remission.mrd.result import Denominator
from remission.safety.holding import What
from remission.terms.actors import Actor, Role
from remission.terms.ids import SampleId, SiteId, SubjectId
from remission.trial import admission, closing, laboratory, treatment, vigilance
from remission.trial.trial import By

KID, SITE, DAY_ONE = SubjectId("01-001"), SiteId("01"), date(2026, 3, 10)
ANSWERS = {
    "birth_date": "1980-05-02", "sex": "male", "first_dose_date": "2026-03-10", "weight": "80",
    "height": "180", "b_all": "yes", "remission": "CR1", "consent_signed": "yes", "sos_history": "no",
    "pregnant_or_nursing": "no",
}  # fmt: skip


def on(day: int) -> date:
    return DAY_ONE + timedelta(days=day - 1 if day > 0 else day)


def at(day: int, hour: float = 18) -> datetime:
    """18:00 UTC is noon in Chicago."""
    return datetime.combine(on(day), datetime.min.time(), UTC) + timedelta(hours=hour)


def by(day: int, role: Role = Role.DOCTOR) -> By:
    return By(Actor("Ray", role, SITE), at(day, 20))


@pytest.fixture
def second(made):
    """A trial on the second study with one person found eligible on day -5."""
    ward = made(study="nct03441061")
    trial = ward.trial
    admission.consent(trial, by(-10), SITE, on=on(-10), signed_by="participant", form="1")
    for fact, value in ANSWERS.items():
        admission.answer(trial, by(-9), KID, fact, value, on=on(-9))
    sample = SampleId("01-001-s")
    laboratory.take_marrow(trial, by(-8), KID, sample=sample, point="screening", on=on(-8))
    laboratory.report_flow(
        trial, by(-7, Role.LABORATORY), KID, sample=sample, found=400, primary="nucleated cells",
        examined=[Denominator("nucleated cells", 400_000)], files=[], on=on(-7), method_version="1",
    )  # fmt: skip
    admission.close_list(trial, by(-5), KID, "earlier_antibodies", as_of=on(-5))
    admission.decide(trial, by(-5), KID, on=on(-5))
    return ward


def steps(ward) -> list:
    (table,) = ward.trial.study.treatment.tables
    return sorted(table.steps, key=lambda step: step.day)


def give(ward, step, day: int | None = None) -> object:
    when = day or step.day
    treatment.order_dose(ward.trial, by(when), KID, on=on(when), step=step.id)
    return treatment.give_dose(ward.trial, by(when), KID, at=at(when), step=step.id)


def test_a_life_with_single_doses(second) -> None:
    """The first dose may be planned for a day that has not come, and enrolment come before it."""
    assert admission.enrol(second.trial, by(-5), KID, on=on(-5)).stage is Stage.ENROLLED
    for step in steps(second):
        assert give(second, step).stage is Stage.ON_TREATMENT
    doses = [event.amount for event in second.events(ev.DoseOrdered)]
    assert [float(doses[0]), float(doses[1])] == pytest.approx([0.6 * 2.0, 0.3 * 2.0])  # 2.00 m2 by Mosteller
    assert treatment.complete(second.trial, by(148), KID, at=at(148, 19)).stage is Stage.TREATMENT_ENDED
    laboratory.miss_sample(second.trial, by(149), KID, point="after_cycle_2", on=on(57), why="refused")
    closing.assess_response(second.trial, by(149), KID, on=on(149))
    assert second.kid().stage is Stage.FOLLOW_UP
    closing.died(second.trial, by(400), KID, on=on(400), cause="other")


def test_enrolment_has_its_own_window(second) -> None:
    admission.close_list(second.trial, by(1), KID, "earlier_antibodies", as_of=on(1))
    admission.decide(second.trial, by(1), KID, on=on(1))
    second.refuses(NotEligible, lambda: admission.enrol(second.trial, by(1), KID, on=on(1)), "days -14 to -1")


def test_doses_are_ordered_given_once_and_on_their_day(second) -> None:
    trial = second.trial
    admission.enrol(trial, by(-5), KID, on=on(-5))
    first, other = steps(second)[:2]

    def dose(step: str, day: int, **words: str) -> object:
        return treatment.give_dose(trial, by(day), KID, at=at(day), step=step, **words)

    second.refuses(DoseHeld, lambda: dose(first.id, 1), "there is no order for step 'c1d1'")
    treatment.order_dose(trial, by(-1), KID, on=on(-1), step=first.id)
    second.refuses(ActRefused, lambda: dose(first.id, 2), "day 2 is outside the start window, days 1 to 1")
    dose(first.id, 1)
    second.refuses(ActRefused, lambda: dose(first.id, 2), "step 'c1d1' was given already")
    treatment.order_dose(trial, by(1), KID, on=on(1), step=other.id)
    second.refuses(
        InputRefused,
        lambda: treatment.give_dose(trial, by(8), KID, at=at(1, 17), step=other.id),
        "the last thing recorded of the treatment",
    )
    assert [item.what.en for item in due(trial.study, second.kid(), today=on(8)) if item.day == 8] == [
        "Inotuzumab ozogamicin: dose c1d8"
    ]
    second.refuses(
        ActRefused, lambda: treatment.complete(trial, by(8), KID, at=at(8)), "not given: c1d8, c2d1"
    )


def test_there_is_no_pump(second) -> None:
    trial = second.trial
    admission.enrol(trial, by(-5), KID, on=on(-5))
    treatment.order_dose(trial, by(1), KID, on=on(1), step="c1d1")
    acts = [
        lambda: treatment.start(trial, by(1), KID, at=at(1), step="c1d1"),
        lambda: treatment.pause(trial, by(1), KID, at=at(1), why="x"),
        lambda: treatment.restart(trial, by(1), KID, at=at(1)),
        lambda: treatment.escalate(trial, by(1), KID, at=at(1)),
    ]
    for act in acts:
        second.refuses(ActRefused, act, "as single treatment, not continuous")
    second.refuses(
        InputRefused, lambda: treatment.premedicate(trial, by(1), KID, at=at(1), before="first_dose")
    )


def report(ward, term: str, grade: int, day: int) -> What:
    return vigilance.report_toxicity(
        ward.trial, by(day), KID, id=f"T{day}", term=term, system="x", grade=grade, began=on(day),
        serious=True, related="yes",
    )[1].action  # fmt: skip


def test_a_toxicity_holds_the_next_dose_and_another_ends_them(second) -> None:
    trial = second.trial
    admission.enrol(trial, by(-5), KID, on=on(-5))
    first, other, third = steps(second)[:3]
    give(second, first)
    assert report(second, "infection", 3, 5) is What.HOLD
    treatment.order_dose(trial, by(8), KID, on=on(8), step=other.id)

    def dose(step: str, day: int) -> object:
        return treatment.give_dose(trial, by(day), KID, at=at(day), step=step)

    second.refuses(DoseHeld, lambda: dose(other.id, 8), "grade 3, above 1")
    vigilance.regrade(trial, by(9), KID, id="T5", grade=1, on=on(9))
    dose(other.id, 9)
    assert report(second, "SOS", 2, 12) is What.STOP
    vigilance.regrade(trial, by(20), KID, id="T12", grade=0, on=on(20))
    treatment.order_dose(trial, by(29), KID, on=on(29), step=third.id)
    second.refuses(DoseHeld, lambda: dose(third.id, 29), "stop for good")
