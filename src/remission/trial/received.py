"""The raw files of a sample that are kept: received, or named by its result."""

from collections.abc import Iterator

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.mrd.flow.measured import EVENTS
from remission.mrd.result import Method, MrdResult
from remission.terms.evidence import FileRef
from remission.terms.ids import SampleId, SubjectId
from remission.trial.trial import Trial

FCS = (".fcs", ".lmd")
"""How the names of flow cytometers' files end, in small letters."""


def flow_files(trial: Trial, subject: SubjectId, sample: SampleId) -> tuple[FileRef, ...]:
    """The flow files of a sample: those its result was made from, else all received for it, each once.

    Raises
    ------
    NotFound
        If there is no such participant.
    """
    received: dict[str, FileRef] = {}
    reported: dict[str, FileRef] = {}
    for item in trial.participant(subject).history:
        match item.event:
            case ev.FilesReceived(sample=label, method=Method.FLOW, files=files) if label == sample:
                received |= {ref.sha256: ref for ref in files}
            case ev.MrdReported(sample=label, result=result) if label == sample:
                if result.method == Method.FLOW:
                    reported |= {ref.sha256: ref for ref in _own(result)}
            case _:
                pass
    return tuple((reported or received).values())


def events_of(participant: Participant) -> Iterator[tuple[SampleId, FileRef]]:
    """Every FCS file received for a sample of a participant, or named by its flow result."""
    for item in participant.history:
        match item.event:
            case ev.FilesReceived(sample=label, method=Method.FLOW, files=files):
                yield from ((label, ref) for ref in files)
            case ev.MrdReported(sample=label, result=result) if result.method == Method.FLOW:
                yield from ((label, ref) for ref in _raw(result))
            case _:
                pass


def _own(result: MrdResult) -> list[FileRef]:
    """The files of a flow result that hold its own events: as it says, or else by their names."""
    files = _raw(result)
    return files if _events(result) else [ref for ref in files if ref.name.lower().endswith(FCS)]


def _raw(result: MrdResult) -> list[FileRef]:
    """The files of a flow result that hold its own events, or may."""
    own = _events(result)
    return [ref for ref in result.evidence.files if not own or ref.sha256 in own]


def _events(result: MrdResult) -> set[str]:
    return {one.value for one in result.evidence.settings if one.name == EVENTS}
