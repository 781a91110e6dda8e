"""Toxicities and deviations: report them, and learn what the study's rules say to do."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal

from remission.conduct import events as ev
from remission.conduct.course import Course
from remission.conduct.state import Participant
from remission.conduct.toxicities import Toxicity, toxicities
from remission.errors import DoseHeld, InputRefused
from remission.protocol.study import Study, ToxicityRule
from remission.safety.crs import Crs, crs_grade
from remission.safety.graded import Graded
from remission.safety.holding import Action, Answer, What, action, may_restart
from remission.safety.icans import Icans, Seizure, icans_grade
from remission.terms.evidence import Setting
from remission.terms.ids import SubjectId
from remission.trial.calendar import not_future
from remission.trial.trial import By, Trial

SEIZURE = "seizure"


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
    return participant, action(
        trial.study.treatment,
        term=term,
        grade=grade,
        at_low_dose=_at_low_dose(participant),
        seizures=_seizures(participant),
        held_days=None,
    )


def report_crs(
    trial: Trial, by: By, subject: SubjectId, *, id: str, seen: Crs, began: date, serious: bool, related: str
) -> tuple[Participant, Action]:
    """Report cytokine release syndrome by what was seen; the ASTCT grade follows from it.

    Raises
    ------
    InputRefused
        If the grade is not known from what was seen (naming what is missing), or there is no CRS.
    """
    grade = _known_grade(crs_grade(seen), f"participant {subject}, toxicity {id}")
    return report_toxicity(
        trial,
        by,
        subject,
        id=id,
        term="crs",
        system="Immune system disorders",
        grade=grade,
        began=began,
        serious=serious,
        related=related,
        components=_settings(seen),
    )


def report_icans(
    trial: Trial,
    by: By,
    subject: SubjectId,
    *,
    id: str,
    seen: Icans,
    began: date,
    serious: bool,
    related: str,
) -> tuple[Participant, Action]:
    """Report neurologic toxicity by what was seen; its grade follows. Raises as `report_crs`."""
    grade = _known_grade(icans_grade(seen), f"participant {subject}, toxicity {id}")
    return report_toxicity(
        trial,
        by,
        subject,
        id=id,
        term="neurologic",
        system="Nervous system disorders",
        grade=grade,
        began=began,
        serious=serious,
        related=related,
        components=_settings(seen),
    )


def _known_grade(graded: Graded, where: str) -> int:
    if graded.grade is None:
        raise InputRefused(
            f"the grade lies between {graded.lowest} and {graded.highest}",
            where=where,
            do=f"say what was seen of: {', '.join(graded.missing)}",
        )
    if graded.grade == 0:
        raise InputRefused(
            "what was seen makes grade 0: there is nothing to report", where=where, do="check what was seen"
        )
    return graded.grade


def _settings(seen: Crs | Icans) -> tuple[Setting, ...]:
    given = ((field.name, getattr(seen, field.name)) for field in fields(seen))
    return tuple(Setting(name, "unknown" if value is None else str(value).lower()) for name, value in given)


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


def check_restart(
    study: Study, participant: Participant, course: Course, *, level: str, at: datetime, today: date
) -> None:
    """Refuse a restart that a rule does not allow yet, or no more.

    The report that the pause names is held against its own rule with its worst grade; every other toxicity
    against what its present grade asks for.

    Raises
    ------
    DoseHeld
        Naming the toxicity and the rule's words.
    """
    lasting = course.pause
    if lasting is None:
        return
    for toxicity in toxicities(participant):
        behind = toxicity.id == lasting.toxicity
        said = action(
            study.treatment,
            term=toxicity.term,
            grade=toxicity.worst if behind else toxicity.grade,
            at_low_dose=course.level == "low",
            seizures=_seizures(participant),
            held_days=lasting.hours / 24 if behind else None,
        )
        where = f"participant {participant.id}, toxicity {toxicity.id} ({toxicity.term})"
        if said.action is What.STOP:
            raise DoseHeld(said.text.en, where=where, do="record that treatment was stopped")
        if said.action is What.HOLD and said.rule is not None:
            _check_hold(
                said.rule, toxicity, level, lasting.hours / 24 if behind else Decimal(0), today, where
            )


def _check_hold(
    rule: ToxicityRule, toxicity: Toxicity, level: str, held_days: Decimal, today: date, where: str
) -> None:
    since = None if rule.until_grade is None else toxicity.at_or_below_since(rule.until_grade)
    said = may_restart(
        rule,
        grade_now=toxicity.grade,
        days_at_or_below=0 if since is None else (today - since).days,
        held_days=held_days,
    )
    if said.answer is Answer.NEVER:
        raise DoseHeld(said.text.en, where=where, do="record that treatment was stopped")
    if said.answer is Answer.NOT_YET:
        raise DoseHeld(said.text.en, where=where, do="wait, and record the grade when it has changed")
    if said.level == "low" and level != "low":
        raise DoseHeld(said.text.en, where=where, do="order and restart at the low level")


def _seizures(participant: Participant) -> int:
    """Seizures reported, by their own term or as a component of a neurologic report."""
    reports = (item.event for item in participant.all(ev.ToxicityReported))
    return sum(isinstance(said, ev.ToxicityReported) and _is_seizure(said) for said in reports)


def _is_seizure(said: ev.ToxicityReported) -> bool:
    seen = {setting.name: setting.value for setting in said.components}.get(SEIZURE)
    return said.term == SEIZURE or seen in (Seizure.BRIEF, Seizure.PROLONGED)


def _at_low_dose(participant: Participant) -> bool:
    last = participant.last(ev.InfusionRestarted)
    return last is not None and isinstance(last.event, ev.InfusionRestarted) and last.event.level == "low"
