"""The toxicities of a participant: each report with its course of grades."""

from dataclasses import dataclass, replace
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.protocol.study import Treatment
from remission.safety.holding import is_seizure
from remission.safety.icans import Seizure

SEIZURE = "seizure"  # the component of a graded neurologic report


@dataclass(frozen=True, slots=True)
class Toxicity:
    """A reported toxicity and its grades by day, the first on the day it began; grade 0: it has ended."""

    id: str
    term: str
    system: str
    serious: bool
    related: str
    grades: tuple[tuple[date, int], ...]

    @property
    def began(self) -> date:
        """Its first day."""
        return self.grades[0][0]

    @property
    def worst(self) -> int:
        """Its highest grade."""
        return max(grade for _, grade in self.grades)

    @property
    def grade(self) -> int:
        """Its latest grade."""
        return self.grades[-1][1]

    @property
    def ended(self) -> date | None:
        """The day on which it had ended, or None while it lasts."""
        day, grade = self.grades[-1]
        return day if grade == 0 else None

    def from_day(self, day: date) -> tuple[tuple[date, int], ...]:
        """Its grades from a day on: the one in force at the end of that day, then the later ones."""
        before = [graded for graded in self.grades if graded[0] <= day]
        in_force = ((day, before[-1][1]),) if before else ()
        return (*in_force, *(graded for graded in self.grades if graded[0] > day))

    def at_or_below_since(self, limit: int) -> date | None:
        """Since when its grade has been at most `limit` without a break; None while it is above."""
        since: date | None = None
        for day, grade in self.grades:
            since = None if grade > limit else since or day
        return since


def toxicities(participant: Participant) -> tuple[Toxicity, ...]:
    """Every toxicity, in the order of report; grades in the order of their days."""
    known: dict[str, Toxicity] = {}
    for item in participant.history:
        match item.event:
            case ev.ToxicityReported(id=id) as said:
                grades = ((said.began, said.grade),)
                known[id] = Toxicity(id, said.term, said.system, said.serious, said.related, grades)
            case ev.ToxicityRegraded(id=id, grade=grade, on=on) if id in known:
                old = known[id]
                grades = tuple(sorted((*old.grades, (on, grade)), key=lambda graded: graded[0]))
                known[id] = replace(old, grades=grades)
            case _:
                pass
    return tuple(known.values())


def seizures(treatment: Treatment, participant: Participant) -> int:
    """Seizures reported, by a word that the study has for one or as a component of a neurologic report."""
    reports = (item.event for item in participant.all(ev.ToxicityReported))
    return sum(isinstance(said, ev.ToxicityReported) and _is_one(treatment, said) for said in reports)


def _is_one(treatment: Treatment, said: ev.ToxicityReported) -> bool:
    seen = {setting.name: setting.value for setting in said.components}.get(SEIZURE)
    return is_seizure(treatment, said.term) or seen in (Seizure.BRIEF, Seizure.PROLONGED)
