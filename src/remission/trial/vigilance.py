"""Toxicities and deviations: report them, and learn what the study's rules say to do."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.conduct.toxicities import seizures, toxicities
from remission.errors import InputRefused
from remission.protocol.study import Study
from remission.safety.crs import Crs, crs_grade
from remission.safety.graded import Graded
from remission.safety.holding import REPEATED_SEIZURE, Action, action
from remission.safety.icans import Icans, icans_grade
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

    A term that the rules name is written as they write it, however it was entered.

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
    term = _as_in_rules(trial.study, term)
    event = ev.ToxicityReported(id, term, system, grade, began, serious, related, tuple(components))
    participant = trial.write(by, subject, event)
    return participant, _asked(trial, participant, term, system, grade)


def _asked(trial: Trial, participant: Participant, term: str, system: str, grade: int) -> Action:
    """What the rules make of a grade now."""
    treatment = trial.study.treatment
    return action(
        treatment,
        term=term,
        system=system,
        grade=grade,
        at_low_dose=_at_low_dose(participant),
        seizures=seizures(treatment, participant),
        held_days=None,
    )


def _as_in_rules(study: Study, term: str) -> str:
    """The term as the toxicity rules spell it: " CRS" must not fall among the others for its letters."""
    spelled = {rule.term.casefold(): rule.term for rule in study.treatment.toxicity}
    spelled.pop(REPEATED_SEIZURE, None)
    return spelled.get(term.strip().casefold(), term.strip())


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


def regrade(
    trial: Trial, by: By, subject: SubjectId, *, id: str, grade: int, on: date
) -> tuple[Participant, Action]:
    """Record the grade of a toxicity on a later day, 0: it has ended; answers what the rules make of it.

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
    participant = trial.write(by, subject, ev.ToxicityRegraded(id, grade, on))
    return participant, _asked(trial, participant, known.term, known.system, grade)


def deviate(
    trial: Trial, by: By, subject: SubjectId, *, on: date, rule: str, major: bool, what: str
) -> Participant:
    """Record that something was done otherwise than the protocol says."""
    not_future(trial, by, subject.site, on)
    return trial.write(by, subject, ev.DeviationReported(on, rule, major, what))


def _at_low_dose(participant: Participant) -> bool:
    last = participant.last(ev.InfusionRestarted)
    return last is not None and isinstance(last.event, ev.InfusionRestarted) and last.event.level == "low"
