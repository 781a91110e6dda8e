"""Toxicities and deviations: report them, and learn what the study's rules say to do."""

from collections.abc import Sequence
from datetime import date, datetime

from remission.conduct import events as ev
from remission.conduct.course import Course
from remission.conduct.state import Participant
from remission.conduct.toxicities import Toxicity, toxicities
from remission.errors import DoseHeld, InputRefused
from remission.protocol.study import Study, ToxicityRule
from remission.safety.holding import Action, action
from remission.terms.evidence import Setting
from remission.terms.ids import SubjectId
from remission.trial.calendar import not_future
from remission.trial.trial import By, Trial


def report_toxicity(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    id: str,
    term: str,
    system: str,
    grade: int,
    began: date,
    serious: bool,
    related: str,
    components: Sequence[Setting] = (),
) -> tuple[Participant, Action]:
    """Report a toxicity; answers what the study's rules make of it.

    Raises
    ------
    InputRefused
        For a grade outside 1 to 5, an id used before, or an unknown relation.
    """
    where = f"participant {subject}, toxicity {id}"
    if not 1 <= grade <= 5:
        raise InputRefused(f"grade {grade} does not exist", where=where, do="give a grade from 1 to 5")
    if related not in ("yes", "no", "unknown"):
        raise InputRefused(f"{related!r} is no relation", where=where, do="answer yes, no or unknown")
    before = trial.participant(subject)
    if any(known.id == id for known in toxicities(before)):
        raise InputRefused(
            f"{id!r} is reported already", where=where, do="regrade it, or give the new one its own id"
        )
    not_future(trial, by, subject.site, began)
    event = ev.ToxicityReported(id, term, system, grade, began, serious, related, tuple(components))
    participant = trial.write(by, subject, event)
    seizures = sum(known.term == "seizure" for known in toxicities(participant))
    low = _at_low_dose(participant)
    return participant, action(
        trial.study.treatment, term=term, grade=grade, at_low_dose=low, seizures=seizures, held_days=None
    )


def regrade(trial: Trial, by: By, subject: SubjectId, *, id: str, grade: int, on: date) -> Participant:
    """Record the grade of a reported toxicity on a later day; 0: it has ended.

    Raises
    ------
    InputRefused
        For an unknown id, a grade outside 0 to 5, or a day before it began.
    """
    where = f"participant {subject}, toxicity {id}"
    known = next((item for item in toxicities(trial.participant(subject)) if item.id == id), None)
    if known is None:
        raise InputRefused("there is no such report", where=where, do="report it first")
    if not 0 <= grade <= 5 or on < known.began:
        raise InputRefused(
            f"grade {grade} on {on} cannot be (it began {known.began})", where=where, do="check grade and day"
        )
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.ToxicityRegraded(id, grade, on))


def deviate(
    trial: Trial, by: By, subject: SubjectId, *, on: date, rule: str, major: bool, what: str
) -> Participant:
    """Record that something was done otherwise than the protocol says."""
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.DeviationReported(on, rule, major, what))


def may_restart(
    study: Study, participant: Participant, course: Course, *, level: str, at: datetime, today: date
) -> None:
    """Refuse a restart that a rule does not allow yet, or no more.

    Raises
    ------
    DoseHeld
        Naming the rule: still above its grade, not long enough at or below it, held too long, or to be
        restarted at the low dose.
    """
    lasting = course.pause
    if lasting is None or not lasting.toxicity:
        return
    toxicity = next((item for item in toxicities(participant) if item.id == lasting.toxicity), None)
    if toxicity is None:
        return
    said = action(
        study.treatment,
        term=toxicity.term,
        grade=toxicity.worst,
        at_low_dose=course.level == "low",
        seizures=0,
        held_days=(at - lasting.start).days,
    )
    where = f"participant {participant.id}, toxicity {toxicity.id}"
    if said.action == "stop":
        raise DoseHeld(said.text.en, where=where, do="record that treatment was stopped")
    rule = said.rule
    if rule is not None and said.action == "hold":
        _check_rule(rule, toxicity, level, today, where)


def _check_rule(rule: ToxicityRule, toxicity: Toxicity, level: str, today: date, where: str) -> None:
    if rule.until_grade is not None and toxicity.grade > rule.until_grade:
        raise DoseHeld(
            f"{toxicity.term} is grade {toxicity.grade}, above {rule.until_grade}",
            where=where,
            do="wait, and record the grade when it has fallen",
        )
    since = None if rule.until_grade is None else toxicity.at_or_below_since(rule.until_grade)
    if since is not None and (today - since).days < rule.for_days:
        lasted = f"{(today - since).days} days of {rule.for_days}"
        raise DoseHeld(
            f"{toxicity.term} has been at grade {rule.until_grade} or below for {lasted}",
            where=where,
            do="wait until it has lasted long enough",
        )
    if rule.restart == "low" and level != "low":
        raise DoseHeld(
            f"after {toxicity.term} grade {toxicity.worst} the restart is at the low dose",
            where=where,
            do="order and restart at the low level",
        )


def _at_low_dose(participant: Participant) -> bool:
    last = participant.last(ev.InfusionRestarted)
    return last is not None and isinstance(last.event, ev.InfusionRestarted) and last.event.level == "low"
