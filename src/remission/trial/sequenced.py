"""What stands behind a sequencing result that was reported with its measurement, read from the kept files."""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.measured import Measured
from remission.mrd.result import MrdResult
from remission.terms.evidence import FileRef
from remission.trial.laboratory import MEASURED
from remission.trial.trial import Trial


@dataclass(frozen=True, slots=True)
class Sequenced:
    """The measurement behind a result, and the index it was held against, if that was handed over too."""

    measured: Measured
    index: Index | None


def sequenced(trial: Trial, result: MrdResult) -> Sequenced | None:
    """The measurement behind a result; None for a result entered as counts.

    Raises
    ------
    Missing, Altered
        If the kept file is gone or not what it was.
    """
    from remission.mrd.ngs.measured_json import read_measured

    kept = {setting.value for setting in result.evidence.settings if setting.name == MEASURED}
    file = next((ref for ref in result.evidence.files if ref.sha256 in kept), None)
    if file is None:
        return None
    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        measured = read_measured(stream)
    others = (ref for ref in result.evidence.files if ref.sha256 not in kept and ref.name.endswith(".json"))
    indexes = (_index(trial, ref) for ref in others)
    return Sequenced(measured, next((index for index in indexes if index is not None), None))


def _index(trial: Trial, file: FileRef) -> Index | None:
    """The index clones in a kept file; None if it is some other file."""
    from remission.mrd.ngs.index_json import read_index

    trial.files.check(file)
    with trial.files.open(file.sha256) as stream:
        try:
            return read_index(stream)
        except InputRefused:
            return None
