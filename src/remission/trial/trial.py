"""A trial on disk: its study, its ledger, its files, and the participants as the ledger says.

::

    my-trial/  trial.toml        study, store address, language
               ledger.sqlite3    events (or PostgreSQL by its address in trial.toml)
               ledger.heads      witnessed ends of the ledger
               files/ab/...      raw files, the study file and the record, under their sha256

Longer than 400 lines: what is read, written and kept for a sitting share one memory of the ledger.
"""

import hashlib
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from io import BytesIO
from pathlib import Path
from sys import intern
from zoneinfo import ZoneInfo

from remission.conduct.events import Event, SiteActivated, TrialEvent, TrialOpened
from remission.conduct.state import Participant, Recorded, Stage, after, replay
from remission.conduct.writing import from_text, to_text
from remission.errors import (
    Altered,
    InputRefused,
    InvariantBroken,
    LedgerMoved,
    Missing,
    NotAllowed,
    NotFound,
    StoreRefused,
)
from remission.protocol.check import check as check_study
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.registry.read import read_record
from remission.registry.record import RegistryRecord
from remission.screening.judge import Judge
from remission.store.chain import utc_text
from remission.store.files import Files
from remission.store.ledger import Draft, Entry, Ledger
from remission.terms.actors import Actor
from remission.terms.evidence import EntryRef
from remission.terms.ids import SiteId, SubjectId
from remission.trial import rights
from remission.trial.correction import check_sense, check_words
from remission.trial.settings import SETTINGS, default_address, read_address, write_settings
from remission.trial.sitting import Sitting

_HEADS = "ledger.heads"


@dataclass(frozen=True, slots=True)
class By:
    """Who acts, and the server's clock (UTC). `act`: a key that makes a repeated request write once."""

    actor: Actor
    at: datetime
    act: str | None = None


class Trial:
    """An opened trial. `create` it once, then `open` it."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self.folder = folder
        self.ledger = ledger
        self.files = Files(folder / "files")
        self._recorded: dict[str, list[Recorded]] = {}
        self._participants: dict[SubjectId, Participant] = {}
        self._trial_events: list[TrialEvent] = []
        self._seen = 0
        self._end: EntryRef | None = None
        self._sitting: Sitting | None = None

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        study: bytes,
        record: bytes,
        by: By,
        simulated: bool = False,
        address: str | None = None,
    ) -> "Trial":
        """Create a trial from the bytes of a study file and of its registry record.

        Raises
        ------
        StudyRefused
            If the study cannot be carried out: the first refusal of `protocol check`.
        StoreRefused
            If the folder already holds a trial.
        """
        read = read_study(BytesIO(study), name="study file")
        refusals = check_study(read, read_record(BytesIO(record), "record").record).refusals
        if refusals:
            raise refusals[0]
        rights.check_trial(by.actor, TrialOpened, simulated=simulated)
        if (folder / SETTINGS).exists():
            raise StoreRefused(
                "there is a trial here already", where=str(folder), do="open it, or choose another folder"
            )
        folder.mkdir(parents=True, exist_ok=True)
        address = address or default_address(folder)
        named = f"{read.id} (simulated)" if simulated else str(read.id)  # each site's copy says so too
        trial = cls(folder, Ledger.create(address, named, folder / _HEADS, at=by.at))
        opened = TrialOpened(
            read.id,
            read.version,
            trial.files.keep(BytesIO(study), "study.toml").sha256,
            trial.files.keep(BytesIO(record), read.record).sha256,
            simulated,
        )
        trial._append_trial(by, opened)
        write_settings(folder, read.id, address)
        return trial

    @classmethod
    def open(cls, folder: Path) -> "Trial":
        """Open the trial in `folder`.

        Raises
        ------
        Missing
            If there is none.
        Malformed
            If its settings cannot be read.
        """
        return cls(folder, Ledger.open(read_address(folder), folder / _HEADS))

    # ------------------------------------------------------------ what was promised

    @cached_property
    def opened(self) -> TrialOpened:
        """The first entry: the study this trial runs on."""
        self._refresh()
        first = next((event for event in self._trial_events if isinstance(event, TrialOpened)), None)
        if first is None:
            raise Missing(
                "the trial was never opened", where=str(self.folder), do="create it again in a new folder"
            )
        return first

    @cached_property
    def study(self) -> Study:
        """The study file as kept when the trial was opened."""
        return read_study(self._kept(self.opened.study_sha256, "study.toml"), name="study.toml")

    @cached_property
    def record(self) -> RegistryRecord:
        """The registry record as kept when the trial was opened."""
        name = self.study.record
        return read_record(self._kept(self.opened.record_sha256, name), name).record

    def _kept(self, sha256: str, name: str) -> BytesIO:
        """A file on which the whole trial rests, read once and found to be what it was (else `Altered`)."""
        with self.files.open(sha256) as stream:
            raw = stream.read()
        if hashlib.sha256(raw).hexdigest() != sha256:
            raise Altered(
                f"{name} is not the file with which the trial was opened",
                where=f"{self.folder / 'files'}, {sha256}",
                do="restore it from a copy; find out who can write to the folder",
            )
        return BytesIO(raw)

    @cached_property
    def judge(self) -> Judge:
        """The study's criteria, ready to be put to a child."""
        return Judge(self.study)

    @property
    def simulated(self) -> bool:
        """Whether everything in this trial is made up by a rehearsal."""
        return self.opened.simulated

    # ------------------------------------------------------------ what the ledger says

    def participants(self, *, as_of: datetime | None = None) -> Mapping[SubjectId, Participant]:
        """Every participant, by id; `as_of`: as known at that instant (by time of recording)."""
        if as_of is not None:
            recorded: dict[str, list[Recorded]] = {}
            for entry in self.ledger.entries(until=as_of):
                if entry.subject is not None:
                    recorded.setdefault(entry.subject, []).append(_recorded(entry))
            return {SubjectId(id): replay(SubjectId(id), items) for id, items in sorted(recorded.items())}
        self._refresh()
        return dict(sorted(self._participants.items()))

    def participant(self, id: SubjectId, *, as_of: datetime | None = None) -> Participant:
        """One participant.

        Raises
        ------
        NotFound
            If there is none of that id (at that instant).
        """
        if as_of is None:
            self._refresh()
            known = self._participants.get(id)
        else:
            items = [_recorded(entry) for entry in self.ledger.entries(subject=id, until=as_of)]
            known = replay(id, items) if items else None
        if known is None:
            raise NotFound(
                f"there is no participant {id}",
                where=f"trial {self.study.id}",
                do="check the number: remission participant list",
            )
        return known

    def raw(self, id: SubjectId) -> tuple[Recorded, ...]:
        """Everything ever recorded of a participant, also what was corrected or voided."""
        self._refresh()
        return tuple(self._recorded.get(id, ()))

    def sites_active(self) -> dict[SiteId, SiteActivated]:
        """The sites that may enrol."""
        self._refresh()
        return {SiteId(event.site): event for event in self._trial_events if isinstance(event, SiteActivated)}

    def head(self) -> int:
        """The number of the last entry read."""
        self._refresh()
        return self._seen

    def end(self, *, as_of: datetime | None = None) -> EntryRef | None:
        """Number and hash of the last entry that was read (by `participants`, say), if any.

        `as_of`: of the last recorded by that instant.
        """
        if as_of is None:
            return self._end
        last: EntryRef | None = None
        for entry in self.ledger.entries(until=as_of):
            last = EntryRef(entry.seq, entry.hash)
        return last

    def _refresh(self) -> None:
        if self._sitting is not None:  # one process writes, and nothing of it is in the ledger yet
            return
        seen, end, trial_events = self._seen, self._end, list[TrialEvent]()
        read: dict[str, list[Recorded]] = {}
        for entry in self.ledger.entries(after=seen):
            seen, end = entry.seq, EntryRef(entry.seq, entry.hash)
            if entry.subject is None:
                trial_events.append(_trial_event(entry))
            else:
                read.setdefault(entry.subject, []).append(_recorded(entry))
        changed = {
            SubjectId(id): replay(SubjectId(id), [*self._recorded.get(id, ()), *items])
            for id, items in read.items()
        }
        # Kept only when all of it could be read: an entry that cannot is met again, never passed over.
        for id, items in read.items():
            self._recorded.setdefault(id, []).extend(items)
        self._participants.update(changed)
        self._trial_events += trial_events
        self._seen, self._end = seen, end

    # ------------------------------------------------------------ writing

    def write(
        self, by: By, subject: SubjectId, *events: Event, decided_on: Participant | None = None
    ) -> Participant:
        """Write events about a participant, all or none, if stage and rights permit.

        `decided_on`: the participant, as read, on which the decision to write rests.

        Raises
        ------
        WrongStage, NotAllowed
            Nothing is written.
        LedgerMoved
            Somebody else wrote about this participant since it was read; decide again.
        """
        self._refresh()
        known = self._participants.get(subject)
        if decided_on is not None and known is not decided_on:
            raise LedgerMoved(
                "somebody else wrote about this participant in the same moment",
                where=f"participant {subject}",
                do="look at the participant again, and decide again",
            )
        stage = known.stage if known else Stage.UNKNOWN
        for event in events:
            rights.check(by.actor, type(event), subject.site, simulated=self.simulated)
            stage = after(stage, event, where=f"participant {subject}")
        self._append(by, subject, events)
        return self.participant(subject)

    def correct(self, by: By, subject: SubjectId, seq: int, event: Event, *, reason: str) -> Participant:
        """Put `event` in the place of ledger entry `seq`; the old one stays readable.

        Raises
        ------
        NotFound
            If that entry is not one of the participant's.
        InputRefused
            Without a reason, or for words that the act itself would have refused (see `correction`).
        WrongStage
            If what follows would not have been permitted.
        """
        if not reason.strip():
            raise InputRefused(
                "a correction needs a reason", where=f"entry {seq}", do="say why it is changed"
            )
        self._refresh()
        items = self._recorded.get(subject, [])
        old = next((item for item in items if item.ref.seq == seq), None)
        if old is None:
            raise NotFound(
                f"entry {seq} is not about participant {subject}",
                where=f"participant {subject}",
                do="look the number up on the participant's page",
            )
        check_words(self.study, old, event, today=self.today(subject.site, by.at), now=by.at)
        rights.check(by.actor, type(event), subject.site, simulated=self.simulated)
        rights.check(by.actor, type(old.event), subject.site, simulated=self.simulated)
        changed = Recorded(
            event, EntryRef(self._seen + 1, ""), "", by.actor.name, by.actor.role, (seq,), reason
        )
        check_sense(self.study, replay(subject, [*items, changed]), now=by.at)
        self._append(by, subject, (event,), reason=reason, corrects=seq)
        return self.participant(subject)

    def _append(
        self,
        by: By,
        subject: SubjectId,
        events: Iterable[Event],
        *,
        reason: str | None = None,
        corrects: int | None = None,
    ) -> None:
        drafts = [
            Draft(
                kind=type(event).__name__,
                payload=to_text(event),
                subject=subject,
                site=subject.site,
                actor=by.actor.name,
                role=by.actor.role,
                reason=reason,
                corrects=corrects,
                act=f"{by.act}/{position}" if by.act else None,
            )
            for position, event in enumerate(events)
        ]
        if self._sitting is not None:
            self._keep(self._sitting, by, subject, drafts, events)
            return
        items = self._recorded.get(subject, [])
        self.ledger.append(drafts, at=by.at, expecting=items[-1].ref.seq if items else 0)

    @contextmanager
    def sitting(self, at: datetime) -> Generator[None, None, None]:
        """Acts of the block, all at the instant `at`, are written together at its end, or none of them.

        For a rehearsal, in which one process plays what many people enter on one day.

        Raises
        ------
        NotAllowed
            In a real trial, where each act is on the disk before it is acknowledged.
        LedgerMoved
            If another process wrote meanwhile.
        """
        if not self.simulated:
            raise NotAllowed(
                "acts of a real trial are written one by one",
                where=f"trial {self.study.id}",
                do="write each",
            )
        self._refresh()
        sitting = self._sitting = Sitting(at, self._seen)
        try:
            yield
        finally:  # what was kept in memory is read again from the ledger, or was never written
            self._sitting, self._seen = None, sitting.after
            for subject, (length, participant) in sitting.before.items():
                del self._recorded[subject][length:]
                self._participants.pop(subject)
                if participant is not None:
                    self._participants[subject] = participant
        if sitting.drafts:
            written = self.ledger.append(sitting.drafts, at=at)
            if written[0].seq != sitting.after + 1:
                raise LedgerMoved(
                    "another process wrote in this rehearsal",
                    where=f"ledger entry {sitting.after + 1}",
                    do="rehearse again, alone",
                )

    def _keep(
        self, sitting: Sitting, by: By, subject: SubjectId, drafts: list[Draft], events: Iterable[Event]
    ) -> None:
        if by.at != sitting.at:
            raise InvariantBroken(
                f"an act at {by.at} in a sitting at {sitting.at}",
                where=f"participant {subject}",
                do="end the sitting",
            )
        items = self._recorded.setdefault(subject, [])
        sitting.before.setdefault(subject, (len(items), self._participants.get(subject)))
        sitting.drafts += drafts
        for draft, event in zip(drafts, events, strict=True):
            self._seen += 1
            ref, replaces = EntryRef(self._seen, ""), () if draft.corrects is None else (draft.corrects,)
            stamp = utc_text(by.at)
            item = Recorded(event, ref, stamp, draft.actor, draft.role, replaces, draft.reason)
            items.append(item)
            known = self._participants.get(subject)
            if replaces or known is None:
                self._participants[subject] = replay(subject, items)
            else:
                stage = after(known.stage, event, where=f"participant {subject}")
                history = (*known.history, item)
                self._participants[subject] = Participant(subject, known.site, stage, history)

    def _append_trial(self, by: By, event: TrialEvent) -> None:
        draft = Draft(
            kind=type(event).__name__,
            payload=to_text(event),
            subject=None,
            site=event.site if isinstance(event, SiteActivated) else None,
            actor=by.actor.name,
            role=by.actor.role,
        )
        self.ledger.append([draft], at=by.at)

    def activate_site(self, by: By, site: SiteId, *, on: date | None = None) -> None:
        """Open a hospital of the study for enrolment, from today in its own calendar or from an earlier day.

        Raises
        ------
        NotFound
            If the study has no such site.
        NotAllowed
            If it is active already, or for a role without the right.
        InputRefused
            For a day in the future.
        """
        rights.check_trial(by.actor, SiteActivated, simulated=self.simulated)
        if site not in {known.id for known in self.study.sites}:
            raise NotFound(
                f"the study has no site {site}", where=f"study {self.study.id}", do="add it to the study file"
            )
        if site in self.sites_active():
            raise NotAllowed(f"site {site} is active already", where=f"site {site}", do="nothing more to do")
        today = self.today(site, by.at)
        if on is not None and on > today:
            raise InputRefused(
                f"{on} is in the future", where=f"site {site}, where today is {today}", do="check the date"
            )
        self._append_trial(by, SiteActivated(site, on or today))

    def today(self, site: SiteId, at: datetime) -> date:
        """The calendar date at a site at an instant."""
        return at.astimezone(ZoneInfo(self.study.site(site).time_zone)).date()


def _trial_event(entry: Entry) -> TrialEvent:
    event = from_text(entry.kind, entry.payload, where=f"ledger entry {entry.seq}")
    if not isinstance(event, TrialEvent):
        raise InvariantBroken(
            f"{entry.kind} is about a participant, yet names none",
            where=f"ledger entry {entry.seq}",
            do="run remission trial verify",
        )
    return event


def _recorded(entry: Entry) -> Recorded:
    event = from_text(entry.kind, entry.payload, where=f"ledger entry {entry.seq}")
    if isinstance(event, TrialEvent):
        raise InvariantBroken(
            f"{entry.kind} is about the whole trial, yet names participant {entry.subject}",
            where=f"ledger entry {entry.seq}",
            do="run remission trial verify",
        )
    replaces = () if entry.corrects is None else (entry.corrects,)
    ref = EntryRef(entry.seq, entry.hash)
    actor, role = intern(entry.actor), intern(entry.role)  # a few people wrote half a million entries
    return Recorded(event, ref, entry.recorded_at, actor, role, replaces, entry.reason)


def now() -> datetime:
    """The server's clock, UTC."""
    return datetime.now(UTC)
