"""The study that a laboratory command names."""

from io import BytesIO
from typing import TYPE_CHECKING

from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.protocol.study import Study


def study_named(name: str | None, **without: object) -> "Study | None":
    """The study named; what it says is not said a second time."""
    if name is None:
        return None
    given = [word for word, value in without.items() if value is not None]
    if given:
        raise CommandRefused(
            f"--{given[0].replace('_', '-')} beside --study",
            where="command line",
            do="leave one out: the study says it",
        )
    from remission.protocol.read_study import read_study
    from remission.trial.studies import study_files

    return read_study(BytesIO(study_files(name).study), name=name)
