"""Reading a trial: verified, analysed, and each number walked back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from remission.conduct import events as ev
from remission.results.analysis import Results, analyse
from remission.terms.evidence import FileRef
from remission.trial.trial import Trial, now


@dataclass(frozen=True, slots=True)
class TrialVerified:
    """What a whole check has seen: entries of the ledger, kept files, the hash of the last entry."""

    entries: int
    files: int
    head: str


def verify(trial: Trial) -> TrialVerified:
    """Check every ledger entry, and every kept file against its sha256.

    Raises
    ------
    Altered, Missing, Reordered, Cut
        Naming the first entry or file that is not as it was written.
    """
    checked = trial.ledger.verify()
    return TrialVerified(checked.entries, trial.files.verify(_files(trial)), checked.head)


def _files(trial: Trial) -> Iterator[FileRef]:
    """Every raw file that was received, or that a result, corrected or not, ever named."""
    for subject in trial.participants():
        for item in trial.raw(subject):
            if isinstance(item.event, ev.MrdReported):
                yield from item.event.result.evidence.files
            elif isinstance(item.event, ev.FilesReceived):
                yield from item.event.files


def clock(trial: Trial) -> datetime:
    """The server's clock; in a rehearsal, whose days are made up, the time of its last entry."""
    if not trial.simulated:
        return now()
    *_, last = trial.ledger.entries(after=trial.head() - 1)
    return datetime.fromisoformat(last.recorded_at)


def results(trial: Trial, *, as_of: datetime | None = None) -> Results:
    """The analysis of what is known now, or was known at `as_of`, after checking the ledger it rests on.

    Raises
    ------
    Altered, Missing, Reordered, Cut
        No number is given from a ledger that is not as it was written.
    """
    trial.ledger.verify()
    participants = list(trial.participants(as_of=as_of).values())
    head = trial.end(as_of=as_of)
    return analyse(trial.study, participants, as_of or clock(trial), simulated=trial.simulated, head=head)
