"""The raw files of a sample that are kept: received, or named by its result."""

from remission.conduct import events as ev
from remission.mrd.result import Method
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
                    reported |= {ref.sha256: ref for ref in result.evidence.files if _is_fcs(ref)}
            case _:
                pass
    return tuple((reported or received).values())


def _is_fcs(ref: FileRef) -> bool:
    return ref.name.lower().endswith(FCS)
