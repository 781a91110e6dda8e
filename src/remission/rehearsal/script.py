"""What a rehearsal reads: the bytes of a study file, of its record, and of its population file."""

from dataclasses import dataclass
from pathlib import Path

from remission import studies
from remission.errors import StudyRefused
from remission.rehearsal.population import FILE
from remission.trial.studies import study_files


@dataclass(frozen=True, slots=True)
class Script:
    """The bytes of a study file, of its record and of its population file: all that a rehearsal reads."""

    study: bytes
    record: bytes
    population: bytes


def script(name: str) -> Script:
    """The script of a shipped study, or of the study file at a path (record and population beside it).

    Raises
    ------
    InputRefused
        If there is no such study, or its record is not beside it.
    StudyRefused
        If there is no population file beside it.
    """
    found = study_files(name)
    beside = studies.files(name) if name in studies.STUDIES else Path(name).parent
    population = beside.joinpath(FILE)
    if not population.is_file():
        raise StudyRefused(
            f"the study has no {FILE}", where=f"study {name}", rule="population",
            do="write one: without assumptions about children, nobody can be made up",
        )  # fmt: skip
    return Script(found.study, found.record, population.read_bytes())
