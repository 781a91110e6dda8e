"""Dose orders, premedication, infusion: each act checked against the study's rules before it is written."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from remission.conduct import events as ev
from remission.conduct.course import Course, course_of
from remission.conduct.known import day_one_of, facts_of
from remission.conduct.state import Participant, Stage
from remission.errors import ActRefused, DoseHeld, InputRefused
from remission.pharmacology.bags import BagHung, bag_plan
from remission.pharmacology.body_size import body_surface
from remission.pharmacology.dose_rules import order
from remission.pharmacology.infusion import AfterPause, what_pause_means
from remission.pharmacology.premedication import premedication
from remission.terms.days import study_day
from remission.terms.ids import SubjectId
from remission.trial.calendar import instant, not_future
from remission.trial.trial import By, Trial
from remission.trial.vigilance import check_restart

FIRST_DOSE, STEP_UP, RESTART = "first_dose", "step_up", "restart"
FULL, LOW = "full", "low"


def order_dose(
    trial: Trial, by: By, subject: SubjectId, *, on: date, step: str, level: str = "full"
) -> ev.DoseOrdered:
    """Order a dose step by the rule in force, with the weight and height on record on that day.

    Raises
    ------
    DoseHeld
        Without a weight (or a height, where the rule needs one), or where no rule fits.
    """
    not_future(trial, by, subject.site, on)
    weight, height = _size(trial, subject, on)
    made = order(trial.study.treatment, on=on, step=step, level=level, weight_kg=weight, height_cm=height)
    event = ev.DoseOrdered(
        on,
        step,
        made.drug,
        made.amount,
        made.unit,
        level,
        weight,
        height,
        made.body_surface_m2,
        made.rule.source.cite,
    )
    trial.write(by, subject, event)
    return event


def premedicate(trial: Trial, by: By, subject: SubjectId, *, at: datetime, before: str) -> Participant:
    """Record the premedication that the study asks for before `before`, in its amount.

    Raises
    ------
    InputRefused
        If the study asks for none there.
    DoseHeld
        Without weight and height.
    """
    instant(by, at, subject)
    weight, height = _size(trial, subject, trial.today(subject.site, at))
    surface = None if height is None else body_surface(trial.study.treatment.body_surface, weight, height)
    lasting = course(trial, subject, at=at).pause
    hours = None if lasting is None else lasting.hours
    due = premedication(trial.study.treatment, before=before, pause_hours=hours, body_surface=surface)
    if not due:
        raise InputRefused(
            f"the study asks for no premedication before {before!r} here",
            where=f"participant {subject}",
            do=f"use one of {FIRST_DOSE}, {STEP_UP}, {RESTART}, when it is due",
        )
    given = [ev.PremedicationGiven(item.drug, item.amount, item.unit, at, before) for item in due]
    return trial.write(by, subject, *given)


def start(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, step: str, deviation: str | None = None
) -> Participant:
    """Record that the infusion began.

    Raises
    ------
    DoseHeld
        Without an order for the step, or without the premedication.
    ActRefused
        Outside the start window, unless `deviation` says why: then both are recorded.
    """
    instant(by, at, subject)
    participant = trial.participant(subject)
    _check_order(participant, step, "full")
    _check_premedication(trial, participant, FIRST_DOSE, at)
    outside = tuple(_outside_window(trial, participant, at, deviation))
    return trial.write(by, subject, *outside, ev.InfusionStarted(at, step))


def give_dose(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, step: str, deviation: str | None = None
) -> Participant:
    """Record a single dose of a step. Raises as `start`; a step is given once."""
    instant(by, at, subject)
    participant = trial.participant(subject)
    _check_order(participant, step, "full")
    given = {
        item.event.step for item in participant.all(ev.DoseGiven) if isinstance(item.event, ev.DoseGiven)
    }
    if step in given:
        raise ActRefused(
            f"step {step!r} was given already", where=f"participant {subject}", do="check the step"
        )
    if not given:
        _check_premedication(trial, participant, FIRST_DOSE, at)
    outside = () if given else tuple(_outside_window(trial, participant, at, deviation))
    return trial.write(by, subject, *outside, ev.DoseGiven(at, step))


def pause(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, why: str, toxicity: str = ""
) -> Participant:
    """Record that the infusion was interrupted. `toxicity`: id of the report that made it so."""
    instant(by, at, subject)
    _in_order(trial, subject, at)
    return trial.write(by, subject, ev.InfusionPaused(at, why, toxicity))


def restart(trial: Trial, by: By, subject: SubjectId, *, at: datetime, level: str = "full") -> Participant:
    """Record that the infusion went on.

    Raises
    ------
    DoseHeld
        While a toxicity rule holds it, after too long a pause, without an order at that level, or without the
        premedication that the pause asks for.
    """
    instant(by, at, subject)
    participant = trial.participant(subject)
    course_now = course_of(trial.study, participant, at=at)
    if course_now.pause is not None:
        _in_order(trial, subject, at)
        _check_pause(trial, course_now, subject)
        check_restart(
            trial.study, participant, course_now, level=level, at=at, today=trial.today(subject.site, at)
        )
        _check_order(participant, course_now.step, level)
        if _what_it_means(trial, course_now) is AfterPause.RESTART_WITH_PREMEDICATION:
            _check_premedication(trial, participant, RESTART, at, since=course_now.pause.start)
    return trial.write(by, subject, ev.InfusionRestarted(at, level))


def escalate(trial: Trial, by: By, subject: SubjectId, *, at: datetime) -> Participant:
    """Record the step from the low level back to the full one, without a pause between.

    Raises
    ------
    DoseHeld
        If it does not run at the low level, a rule asks for more days at it, or there is no order at the full
        level or no premedication before the step up.
    """
    instant(by, at, subject)
    _in_order(trial, subject, at)
    participant = trial.participant(subject)
    standing = course_of(trial.study, participant, at=at)
    where = f"participant {subject}"
    if not standing.running or standing.level != LOW:
        raise DoseHeld("the infusion does not run at the low level", where=where, do="check the participant")
    since = standing.pauses[-1].end if standing.pauses else None
    after = max((rule.escalate_after_days or 0 for rule in trial.study.treatment.toxicity), default=0)
    if since is not None and at - since < timedelta(days=after):
        low_for = f"{(at - since) / timedelta(days=1):.1f} days"
        raise DoseHeld(
            f"it has run at the low level for {low_for} of {after} days",
            where=where,
            do=f"wait until {after} days",
        )
    _check_order(participant, standing.step, FULL)
    _check_premedication(trial, participant, STEP_UP, at, since=since)
    return trial.write(by, subject, ev.InfusionPaused(at, "step up"), ev.InfusionRestarted(at, FULL))


def complete(trial: Trial, by: By, subject: SubjectId, *, at: datetime) -> Participant:
    """Record that the course was completed.

    Raises
    ------
    ActRefused
        If less than the study's share of the planned hours has run, or a planned dose is missing.
    """
    instant(by, at, subject)
    _in_order(trial, subject, at)
    standing = course_of(trial.study, trial.participant(subject), at=at)
    treatment = trial.study.treatment
    if (
        treatment.mode == "continuous"
        and standing.infused_hours < standing.planned_hours * treatment.full_course_from
    ):
        raise ActRefused(
            f"{standing.infused_hours:.1f} of {standing.planned_hours} h were infused",
            where=f"participant {subject}",
            do="wait for the end of the course, or record that treatment was stopped",
        )
    planned = {step.id for table in treatment.tables for step in table.steps}
    if treatment.mode != "continuous" and not planned <= set(standing.doses):
        missing = ", ".join(sorted(planned - set(standing.doses)))
        raise ActRefused(
            f"not given: {missing}", where=f"participant {subject}", do="give them, or record a stop"
        )
    return trial.write(by, subject, ev.TreatmentCompleted(at))


def stop(
    trial: Trial, by: By, subject: SubjectId, *, at: datetime, why: str, as_protocol: bool
) -> Participant:
    """Record that the course was ended early; `as_protocol`: because a rule of the protocol said so."""
    instant(by, at, subject)
    _in_order(trial, subject, at)
    return trial.write(by, subject, ev.TreatmentStopped(at, why, as_protocol))


def not_given(trial: Trial, by: By, subject: SubjectId, *, on: date, why: str) -> Participant:
    """Record that an enrolled child never received the drug."""
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.TreatmentNotGiven(on, why))


def course(trial: Trial, subject: SubjectId, *, at: datetime) -> Course:
    """How the course stands at an instant."""
    return course_of(trial.study, trial.participant(subject), at=at)


def bags(trial: Trial, subject: SubjectId, *, at: datetime, prepared: Collection[int]) -> tuple[BagHung, ...]:
    """The infusion bags for what is left of the course, of the lengths (hours) that the pharmacy prepares.

    Raises
    ------
    DoseHeld
        Without a weight on record.
    """
    weight, _ = _size(trial, subject, trial.today(subject.site, at))
    standing = course(trial, subject, at=at)
    left = max(standing.planned_hours - standing.infused_hours, Decimal(0))
    return bag_plan(left, weight_kg=weight, prepared=prepared)


def _size(trial: Trial, subject: SubjectId, on: date) -> tuple[Decimal, Decimal | None]:
    answers = facts_of(trial.study, trial.participant(subject)).answers
    weight = answers.get(trial.study.weight_fact)
    height = answers.get(trial.study.height_fact)
    if weight is None or weight.on > on:
        raise _held(trial, subject, trial.study.weight_fact)
    assert isinstance(weight.value, Decimal)
    if height is None or height.on > on:
        return weight.value, None
    assert isinstance(height.value, Decimal)
    return weight.value, height.value


def _held(trial: Trial, subject: SubjectId, fact: str) -> DoseHeld:
    label = trial.study.fact(fact).label.en
    return DoseHeld(
        f"{label} is not known",
        where=f"participant {subject}",
        do=f"record it: remission participant answer {subject} {fact} ...",
    )


def _check_order(participant: Participant, step: str, level: str) -> None:
    for item in participant.all(ev.DoseOrdered):
        if isinstance(item.event, ev.DoseOrdered) and (item.event.step, item.event.level) == (step, level):
            return
    raise DoseHeld(
        f"there is no order for step {step!r} at the {level} level",
        where=f"participant {participant.id}",
        do="order the dose first: remission treatment order",
    )


def _check_premedication(
    trial: Trial, participant: Participant, before: str, at: datetime, since: datetime | None = None
) -> None:
    if not any(before in rule.before for rule in trial.study.treatment.premedication):
        return
    for item in participant.all(ev.PremedicationGiven):
        given = item.event
        if (
            isinstance(given, ev.PremedicationGiven)
            and given.before == before
            and given.at <= at
            and (since is None or given.at >= since)
        ):
            return
    raise DoseHeld(
        f"no premedication was given before {before.replace('_', ' ')}",
        where=f"participant {participant.id}",
        do="give and record it first: remission treatment premedicate",
    )


def _outside_window(
    trial: Trial, participant: Participant, at: datetime, deviation: str | None
) -> Iterator[ev.DeviationReported]:
    day_one = day_one_of(trial.study, participant)
    if day_one is None or participant.stage is not Stage.ENROLLED:
        return
    on = trial.today(participant.site, at)
    window, day = trial.study.treatment.start_window, study_day(on, day_one)
    if day in window:
        return
    if not deviation:
        raise ActRefused(
            f"day {day} is outside the start window, days {window.first} to {window.last}",
            where=f"participant {participant.id}",
            do="say why with a deviation, which is recorded too",
        )
    yield ev.DeviationReported(on, "start window", True, f"day {day}: {deviation}")


def _what_it_means(trial: Trial, standing: Course) -> AfterPause:
    assert standing.pause is not None
    return what_pause_means(trial.study.treatment, standing.pause.hours)


def _check_pause(trial: Trial, standing: Course, subject: SubjectId) -> None:
    if standing.pause is not None and _what_it_means(trial, standing) is AfterPause.COURSE_ENDS:
        rule, days = trial.study.treatment.pause, f"{standing.pause.hours / 24:.1f} days"
        raise DoseHeld(
            f"the pause has lasted {days}, more than {rule.continue_within_days}",
            where=f"participant {subject}",
            do=f"record that treatment was stopped. {rule.longer.en}",
        )


def _in_order(trial: Trial, subject: SubjectId, at: datetime) -> None:
    """Refuse an instant before the latest one of the course."""
    latest = course(trial, subject, at=at).latest
    if latest is not None and at < latest:
        raise InputRefused(
            f"{at.isoformat()} is before {latest.isoformat()}, the last thing recorded of the infusion",
            where=f"participant {subject}",
            do="check the time, or correct the earlier entry",
        )
