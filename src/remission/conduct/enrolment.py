"""The rules of enrolling: its window of days, and the running number."""

from collections.abc import Iterable

from remission.conduct.events import Enrolled
from remission.conduct.state import Participant
from remission.errors import NotEligible
from remission.protocol.study import Study
from remission.terms.days import Window

ENROLMENT = "enrolment"


def enrolment_window(study: Study) -> Window | None:
    """The protocol days on which a child may be enrolled: the study's point `enrolment`, if any."""
    return next((point.window for point in study.points if point.id == ENROLMENT), None)


def is_enrolled(participant: Participant) -> bool:
    """Whether the participant was ever enrolled; nothing that happens later undoes it."""
    return participant.last(Enrolled) is not None


def next_number(study: Study, participants: Iterable[Participant]) -> int:
    """The number of the next child to be enrolled, counted from 1 over the whole trial.

    Raises
    ------
    NotEligible
        If the trial has all the participants it planned.
    """
    number = 1 + sum(is_enrolled(participant) for participant in participants)
    if number > study.design.participants:
        raise NotEligible(
            f"all {study.design.participants} participants are enrolled",
            where=f"study {study.id}",
            do="enrolment is closed; a larger trial needs an amended study file",
        )
    return number
