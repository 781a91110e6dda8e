"""Study files: those shipped with Remission, by name, or any by its path."""

from dataclasses import dataclass
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from remission.errors import InputRefused
from remission.protocol.read_study import read_study

_SHIPPED = files("remission") / "studies"


@dataclass(frozen=True, slots=True)
class StudyFiles:
    """The bytes of a study file and of its registry record, with the record's file name."""

    study: bytes
    record: bytes
    record_name: str


def shipped() -> tuple[str, ...]:
    """The names of the studies shipped with Remission."""
    return tuple(sorted(folder.name for folder in _SHIPPED.iterdir() if (folder / "study.toml").is_file()))


def study_files(study: str) -> StudyFiles:
    """The files of a shipped study, or of the study file at a path (its record beside it).

    Raises
    ------
    InputRefused
        If there is no such study, or its record is not beside it.
    StudyRefused
        If the study file cannot be read.
    """
    if study in shipped():
        place = _SHIPPED / study / "study.toml"
        folder = _SHIPPED / study
    elif Path(study).is_file():
        place, folder = Path(study), Path(study).parent
    else:
        raise InputRefused(
            f"there is no study {study!r}",
            where="studies",
            do=f"use one of: {', '.join(shipped())}; or give the path of a study.toml",
        )
    raw = place.read_bytes()
    record_name = read_study(BytesIO(raw), name=place.name).record
    record = folder / record_name
    if not record.is_file():
        raise InputRefused(
            f"the record {record_name!r} is not beside the study", where=str(folder), do="put it there"
        )
    return StudyFiles(raw, record.read_bytes(), record_name)
