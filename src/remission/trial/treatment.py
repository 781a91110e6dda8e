"""Dose orders, premedication, infusion: each act checked against the study's rules before it is written."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from remission.conduct import events as ev
from remission.conduct.course import Course, course_of
from remission.conduct.state import Participant
from remission.conduct.toxicities import toxicities
from remission.errors import ActRefused, DoseHeld, InputRefused
from remission.pharmacology.bags import BagHung, bag_plan
from remission.pharmacology.body_size import body_surface
from remission.pharmacology.dose_rules import FULL, LOW
from remission.pharmacology.infusion import AfterPause
from remission.pharmacology.premedication import RESTART, premedication
from remission.terms.ids import SubjectId
from remission.trial.before_dose import (
    STEP_UP,
    after_pause,
    check_admitted,
    check_held,
    check_order,
    check_premedication,
    check_step_up,
    order_on,
    outside_window,
    size_on,
)
from remission.trial.calendar import instant, not_before, not_future
from remission.trial.trial import By, Trial

FIRST_DOSE = "first_dose"
CONTINUOUS, SINGLE = "continuous", "single"


def order_dose(
    trial: Trial, by: By, subject: SubjectId, *, on: date, step: str, level: str = "full"
) -> ev.DoseOrdered:
    """Order a dose step by the rule in force, with the weight and height on record for that day.

    Raises
    ------
    DoseHeld
        Without a weight (or a height, where the rule needs one), where no rule fits, or before the first dose
        of a child whom a criterion shuts out by what is on record now.
    InputRefused
        For a day before enrolment or in the future.
    """
    not_future(trial, by, subject.site, on)
    participant = trial.participant(subject)
    not_before(participant, ev.Enrolled, on)
    check_admitted(trial, participant)
    made = order_on(trial, participant, on, step=step, level=level)
    event = ev.DoseOrdered(
        on,
        step,
        made.drug,
        made.amount,
        made.unit,
        level,
        made.weight_kg,
        made.height_cm,
        made.body_surface_m2,
        made.rule.source.cite,
    )
    trial.write(by, subject, event, decided_on=participant)
    return event


def premedicate(trial: Trial, by: By, subject: SubjectId, *, at: datetime, before: str) -> Participant:
    """Record the premedication that the study asks for before `before`, in its amount.

    Before a restart it may be given while the pause is still shorter than the rule's hours: what counts is
    how long it will have been.

    Raises
    ------
    InputRefused
        If the study asks for none there, or nothing is paused that could restart.
    DoseHeld
        Without weight and height.
    """
    _on_the_spot(trial, by, subject, at)
    participant, rules = trial.participant(subject), trial.study.treatment.premedication
    weight, height = size_on(trial, participant, trial.today(subject.site, at))
    surface = None if height is None else body_surface(trial.study.treatment.body_surface, weight, height)
    lasting = course_of(trial.study, participant, at=at).pause
    asked = [Decimal(rule.after_pause_hours) for rule in rules if RESTART in rule.before]
    hours = None if lasting is None else max([lasting.hours, *asked])
    due = premedication(trial.study.treatment, before=before, pause_hours=hours, body_surface=surface)
    if not due:
        raise InputRefused(
            f"the study asks for no premedication before {before!r} here",
            where=f"participant {subject}",
            do=f"use one of {FIRST_DOSE}, {STEP_UP}, {RESTART}, when it is due",
        )
    given = [ev.PremedicationGiven(item.drug, item.amount, item.unit, at, before) for item in due]
    return trial.write(by, subject, *given, decided_on=participant)


def start(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, step: str, deviation: str | None = None
) -> Participant:
    """Record that the infusion began.

    Raises
    ------
    DoseHeld
        Without an order for the step, without the premedication in its hours before, while a toxicity holds
        it, or while a criterion shuts the child out by what is on record now.
    ActRefused
        In a study of single doses; outside the start window, unless `deviation` says why: then both are
        recorded.
    """
    _check_mode(trial, CONTINUOUS)
    _on_the_spot(trial, by, subject, at)
    participant = trial.participant(subject)
    check_admitted(trial, participant)
    _check_toxicities(trial, participant, FULL, at)
    check_order(trial, participant, step, FULL, at)
    check_premedication(trial, participant, FIRST_DOSE, at)
    outside = tuple(outside_window(trial, participant, at, deviation))
    return trial.write(by, subject, *outside, ev.InfusionStarted(at, step), decided_on=participant)


def give_dose(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, step: str, deviation: str | None = None
) -> Participant:
    """Record a single dose of a step. Raises as `start`; a step is given once."""
    _check_mode(trial, SINGLE)
    _on_the_spot(trial, by, subject, at)
    participant = trial.participant(subject)
    check_admitted(trial, participant)
    _check_toxicities(trial, participant, FULL, at)
    check_order(trial, participant, step, FULL, at)
    given = {
        item.event.step for item in participant.all(ev.DoseGiven) if isinstance(item.event, ev.DoseGiven)
    }
    if step in given:
        raise ActRefused(
            f"step {step!r} was given already", where=f"participant {subject}", do="check the step"
        )
    if not given:
        check_premedication(trial, participant, FIRST_DOSE, at)
    outside = () if given else tuple(outside_window(trial, participant, at, deviation))
    return trial.write(by, subject, *outside, ev.DoseGiven(at, step), decided_on=participant)


def pause(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, why: str, toxicity: str = ""
) -> Participant:
    """Record that the infusion was interrupted. `toxicity`: id of the report that made it so.

    Raises
    ------
    InputRefused
        For a report that was never made.
    """
    _check_mode(trial, CONTINUOUS)
    _on_the_spot(trial, by, subject, at)
    participant = trial.participant(subject)
    if toxicity and toxicity not in {known.id for known in toxicities(participant)}:
        raise InputRefused(
            f"there is no toxicity report {toxicity!r}",
            where=f"participant {subject}",
            do="report the toxicity first, or check its id",
        )
    return trial.write(by, subject, ev.InfusionPaused(at, why, toxicity), decided_on=participant)


def restart(trial: Trial, by: By, subject: SubjectId, *, at: datetime, level: str = "full") -> Participant:
    """Record that the infusion went on.

    Raises
    ------
    DoseHeld
        While a toxicity rule holds it, after too long a pause, without an order at that level, without the
        premedication that the pause asks for, or at the full level sooner than a step up is allowed.
    """
    _check_mode(trial, CONTINUOUS)
    _on_the_spot(trial, by, subject, at)
    participant = trial.participant(subject)
    standing = course_of(trial.study, participant, at=at)
    if standing.pause is not None:
        means = after_pause(trial, participant, standing.pause)
        check_held(trial, participant, standing, level=level, at=at)
        if standing.level == LOW and level == FULL:
            check_step_up(trial, participant, at)
        check_order(trial, participant, standing.step, level, at)
        if means is AfterPause.RESTART_WITH_PREMEDICATION:
            check_premedication(trial, participant, RESTART, at, since=standing.pause.start)
    return trial.write(by, subject, ev.InfusionRestarted(at, level), decided_on=participant)


def escalate(trial: Trial, by: By, subject: SubjectId, *, at: datetime) -> Participant:
    """Record the step from the low level back to the full one, without a pause between.

    Raises
    ------
    DoseHeld
        If it does not run at the low level, a rule asks for more days at it, a toxicity holds it, or there is
        no order at the full level or no premedication before the step up.
    """
    _check_mode(trial, CONTINUOUS)
    _on_the_spot(trial, by, subject, at)
    participant = trial.participant(subject)
    standing = course_of(trial.study, participant, at=at)
    if not standing.running or standing.level != LOW:
        raise DoseHeld(
            "the infusion does not run at the low level",
            where=f"participant {subject}",
            do="check the participant",
        )
    check_held(trial, participant, standing, level=FULL, at=at)
    check_step_up(trial, participant, at)
    check_order(trial, participant, standing.step, FULL, at)
    up = (ev.InfusionPaused(at, "step up"), ev.InfusionRestarted(at, FULL))
    return trial.write(by, subject, *up, decided_on=participant)


def complete(trial: Trial, by: By, subject: SubjectId, *, at: datetime) -> Participant:
    """Record that the course was completed.

    Raises
    ------
    ActRefused
        If less than the study's share of the planned hours has run, or a planned dose is missing.
    """
    _on_the_spot(trial, by, subject, at)
    participant = trial.participant(subject)
    standing = course_of(trial.study, participant, at=at)
    treatment = trial.study.treatment
    if (
        treatment.mode == CONTINUOUS
        and standing.infused_hours < standing.planned_hours * treatment.full_course_from
    ):
        raise ActRefused(
            f"{standing.infused_hours:.1f} of {standing.planned_hours} h were infused",
            where=f"participant {subject}",
            do="wait for the end of the course, or record that treatment was stopped",
        )
    planned = {step.id for table in treatment.tables for step in table.steps}
    if treatment.mode == SINGLE and not planned <= set(standing.doses):
        missing = ", ".join(sorted(planned - set(standing.doses)))
        raise ActRefused(
            f"not given: {missing}", where=f"participant {subject}", do="give them, or record a stop"
        )
    return trial.write(by, subject, ev.TreatmentCompleted(at), decided_on=participant)


def stop(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, why: str, as_protocol: bool
) -> Participant:
    """Record that the course was ended early; `as_protocol`: because a rule of the protocol said so."""
    _on_the_spot(trial, by, subject, at)
    return trial.write(by, subject, ev.TreatmentStopped(at, why, as_protocol))


def not_given(trial: Trial, by: By, subject: SubjectId, *, on: date, why: str) -> Participant:
    """Record that an enrolled child never received the drug."""
    not_future(trial, by, subject.site, on)
    not_before(trial.participant(subject), ev.Enrolled, on)
    return trial.write(by, subject, ev.TreatmentNotGiven(on, why))


def course(trial: Trial, subject: SubjectId, *, at: datetime) -> Course:
    """How the course stands at an instant."""
    return course_of(trial.study, trial.participant(subject), at=at)


def bags(trial: Trial, subject: SubjectId, *, at: datetime, prepared: Collection[int]) -> tuple[BagHung, ...]:
    """The infusion bags for what is left of the course, of the lengths (hours) that the pharmacy prepares.

    Raises
    ------
    DoseHeld
        Without a weight on record, or where the study file has no bags.
    """
    weight, _ = size_on(trial, trial.participant(subject), trial.today(subject.site, at))
    standing = course(trial, subject, at=at)
    left = max(standing.planned_hours - standing.infused_hours, Decimal(0))
    return bag_plan(trial.study.treatment, left, weight_kg=weight, prepared=prepared)


def _check_mode(trial: Trial, mode: str) -> None:
    study = trial.study
    if study.treatment.mode != mode:
        raise ActRefused(
            f"the study gives {study.treatment.drug} as {study.treatment.mode} treatment, not {mode}",
            where=f"study {study.id}",
            do="record doses given, one by one"
            if mode == CONTINUOUS
            else "record start and end of the infusion",
        )


def _check_toxicities(trial: Trial, participant: Participant, level: str, at: datetime) -> None:
    check_held(trial, participant, course_of(trial.study, participant, at=at), level=level, at=at)


def _on_the_spot(trial: Trial, by: By, subject: SubjectId, at: datetime) -> None:
    """Refuse an instant in the future, before enrolment, or before the last thing recorded of the drug."""
    instant(by, at, subject)
    participant = trial.participant(subject)
    not_before(participant, ev.Enrolled, trial.today(subject.site, at))
    latest = course_of(trial.study, participant, at=at).latest
    known = [] if latest is None else [latest]
    known += [item.event.at for item in participant.all(ev.DoseGiven) if isinstance(item.event, ev.DoseGiven)]
    last = max(known, default=at)
    if at < last:
        raise InputRefused(
            f"{at.isoformat()} is before {last.isoformat()}, the last thing recorded of the treatment",
            where=f"participant {subject}",
            do="check the time, or correct the earlier entry",
        )
