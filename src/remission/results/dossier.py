"""One participant opened for analysis: the entries by kind, with the calendar days of the site."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Generic, TypeVar, cast
from zoneinfo import ZoneInfo

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.errors import InvariantBroken
from remission.protocol.study import Study
from remission.results.numbers import Basis
from remission.screening.facts import read_value
from remission.terms.days import study_day
from remission.terms.evidence import EntryRef, FileRef
from remission.terms.ids import SubjectId

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Entry(Generic[E]):
    """An effective event and its place in the ledger."""

    event: E
    ref: EntryRef


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer read as the study's question demands (a Decimal, date, bool or code), and its place."""

    value: object
    ref: EntryRef


@dataclass(frozen=True, slots=True)
class Tested:
    """A result with its sample; `taken` is None where no such sample of the point is recorded."""

    reported: Entry[ev.MrdReported]
    taken: Entry[ev.MarrowTaken] | None

    @property
    def on(self) -> date | None:
        """The day on which the sample was taken, if recorded."""
        return None if self.taken is None else self.taken.event.on


@dataclass(frozen=True, slots=True)
class Dossier:
    """A participant with `today`, the day of the analysis in the site's calendar.

    `answers`: the answers by question, in ledger order. `day_one`: the first protocol day, if known.
    """

    study: Study
    participant: Participant
    zone: ZoneInfo
    today: date
    by_kind: dict[type, tuple[Entry[ev.Event], ...]]
    files: dict[EntryRef, tuple[FileRef, ...]]
    answers: dict[str, list[Entry[ev.FactRecorded]]]
    day_one: date | None = None

    @property
    def subject(self) -> SubjectId:
        """The pseudonym."""
        return self.participant.id

    def all(self, kind: type[E]) -> tuple[Entry[E], ...]:
        """The effective events of one kind, in ledger order."""
        return cast("tuple[Entry[E], ...]", self.by_kind.get(kind, ()))

    def last(self, kind: type[E]) -> Entry[E] | None:
        """The latest effective event of one kind, or None."""
        found = self.all(kind)
        return found[-1] if found else None

    def local_day(self, at: datetime) -> date:
        """The calendar day of an instant at the site."""
        return at.astimezone(self.zone).date()

    def basis(self, *refs: EntryRef) -> Basis:
        """A basis in this participant: the entries, and the files behind the results among them."""
        files = dict.fromkeys(file for ref in refs for file in self.files.get(ref, ()))
        return Basis(self.subject, tuple(dict.fromkeys(refs)), tuple(files))

    @property
    def enrolled(self) -> Entry[ev.Enrolled] | None:
        """The enrolment, or None."""
        return self.last(ev.Enrolled)

    @property
    def enrolment(self) -> Entry[ev.Enrolled]:
        """The enrolment of one who is known to be enrolled."""
        enrolled = self.enrolled
        if enrolled is None:
            raise InvariantBroken(
                "not enrolled", where=f"participant {self.subject}", do="ask the enrolled only"
            )
        return enrolled

    @property
    def group(self) -> str:
        """The risk group given at enrolment."""
        return self.enrolment.event.risk_group

    @property
    def first_dose(self) -> Entry[ev.InfusionStarted] | Entry[ev.DoseGiven] | None:
        """The first dose by its time, or None."""
        doses = [*self.all(ev.InfusionStarted), *self.all(ev.DoseGiven)]
        return min(doses, key=lambda dose: dose.event.at, default=None)

    def answer(self, fact: str, until: date | None = None) -> Answered | None:
        """The latest answer to a question true on or before `until` (None: whenever), or None."""
        answers = [entry for entry in self.answers.get(fact, []) if until is None or entry.event.on <= until]
        if not answers:
            return None
        entry = max(enumerate(answers), key=lambda pair: (pair[1].event.on, pair[0]))[1]
        where = f"participant {self.subject}, ledger entry {entry.ref.seq}"
        return Answered(read_value(self.study.fact(fact), entry.event.value, where=where), entry.ref)

    def protocol_day(self, on: date) -> int | None:
        """The protocol day of a calendar date, if day 1 is known."""
        return None if self.day_one is None else study_day(on, self.day_one)

    def reported(self, method: str, point: str) -> Entry[ev.MrdReported] | None:
        """The latest effective result by a method at a time point, or None."""
        found = [
            entry
            for entry in self.all(ev.MrdReported)
            if entry.event.point == point and entry.event.result.method == method
        ]
        return found[-1] if found else None

    def samples(self, point: str) -> list[Entry[ev.MarrowTaken]]:
        """The marrow samples of a time point, in ledger order."""
        return [entry for entry in self.all(ev.MarrowTaken) if entry.event.point == point]

    def tested(self, method: str, point: str) -> list[Tested]:
        """Every effective result by a method at a time point, by the day of its sample, then as reported."""
        taken = {entry.event.sample: entry for entry in self.samples(point)}
        found = [
            Tested(entry, taken.get(entry.event.sample))
            for entry in self.all(ev.MrdReported)
            if entry.event.point == point and entry.event.result.method == method
        ]
        return sorted(found, key=lambda tested: tested.on or date.max)


def opened(study: Study, participant: Participant, as_of: datetime) -> Dossier:
    """Open a participant for the analysis of what was known at the instant `as_of` (with a time zone)."""
    zone = ZoneInfo(study.site(participant.site).time_zone)
    by_kind: dict[type, list[Entry[ev.Event]]] = {}
    files: dict[EntryRef, tuple[FileRef, ...]] = {}
    answers: dict[str, list[Entry[ev.FactRecorded]]] = {}
    for item in participant.history:
        by_kind.setdefault(type(item.event), []).append(Entry(item.event, item.ref))
        if isinstance(item.event, ev.MrdReported):
            files[item.ref] = item.event.result.evidence.files
        elif isinstance(item.event, ev.FactRecorded):
            answers.setdefault(item.event.fact, []).append(Entry(item.event, item.ref))
            if item.event.evidence is not None:
                files[item.ref] = item.event.evidence.files
    entries = {kind: tuple(found) for kind, found in by_kind.items()}
    dossier = Dossier(study, participant, zone, as_of.astimezone(zone).date(), entries, files, answers)
    first = dossier.answer(study.day_one)
    return (
        dossier
        if first is None or not isinstance(first.value, date)
        else replace(dossier, day_one=first.value)
    )
