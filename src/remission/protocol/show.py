"""A study as a page, for the doctor or for the lawyer."""

from typing import Literal

from remission.protocol.check import check
from remission.protocol.show_doctor import for_doctor
from remission.protocol.show_lawyer import for_lawyer
from remission.protocol.study import Study
from remission.registry.record import RegistryRecord


def show(
    study: Study, record: RegistryRecord, *, for_: Literal["doctor", "lawyer"], language: Literal["en", "zh"]
) -> str:
    """A study in Markdown that also reads well as plain text.

    Parameters
    ----------
    study, record : Study, RegistryRecord
        The study and the record it was made from; the check is run on them.
    for_ : str
        "doctor": who may enter, what when, which dose. "lawyer": every sentence, assumption and source.
    language : str
        "en" or "zh".

    Raises
    ------
    StudyRefused
        Where names or numbers of the study file make no sense, the first of the check's refusals.
    """
    checked = check(study, record)
    if checked.unreadable:
        raise checked.refusals[0]
    return for_doctor(checked, language) if for_ == "doctor" else for_lawyer(checked, record, language)
