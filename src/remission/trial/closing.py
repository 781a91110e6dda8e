"""What ends, and what follows: response, follow-up, relapse, death, withdrawal, corrections."""

from datetime import date
from typing import cast

from remission.conduct import events as ev
from remission.conduct.enrolment import is_enrolled
from remission.conduct.state import Participant, Recorded
from remission.conduct.writing import from_text
from remission.errors import InputRefused, InvariantBroken, NotFound
from remission.results.endpoints import respond
from remission.terms.ids import SubjectId
from remission.trial.calendar import not_future
from remission.trial.trial import By, Trial


def assess_response(trial: Trial, by: By, subject: SubjectId, *, on: date) -> Participant:
    """Answer every endpoint from the results now known; follow-up begins.

    A later result does not change this entry: assess again, and both stay readable.
    """
    not_future(trial, by, subject.site, on)
    responses = respond(trial.study, trial.participant(subject), by.at)
    calls = tuple(
        ev.EndpointCall(endpoint, str(response.call or "missing")) for endpoint, response in responses.items()
    )
    return trial.write(by, subject, ev.ResponseAssessed(on, calls))


def follow_up(
    trial: Trial, by: By, subject: SubjectId, *, on: date, in_remission: bool | None
) -> Participant:
    """Record a follow-up contact: alive on that day."""
    return _write(trial, by, subject, ev.FollowedUp(on, in_remission), on)


def relapse(trial: Trial, by: By, subject: SubjectId, *, on: date, place: str) -> Participant:
    """Record a relapse."""
    return _write(trial, by, subject, ev.Relapsed(on, place), on)


def second_cancer(trial: Trial, by: By, subject: SubjectId, *, on: date, what: str) -> Participant:
    """Record a second malignancy."""
    return _write(trial, by, subject, ev.SecondCancer(on, what), on)


def died(trial: Trial, by: By, subject: SubjectId, *, on: date, cause: str) -> Participant:
    """Record a death; `cause` is leukaemia, treatment, other or unknown."""
    _one_of(cause, ("leukaemia", "treatment", "other", "unknown"), "cause of death", subject)
    return _write(trial, by, subject, ev.Died(on, cause), on)


def lost(trial: Trial, by: By, subject: SubjectId, *, on: date, last_seen: date) -> Participant:
    """Record that there is no contact any more."""
    not_future(trial, by, subject.site, last_seen)
    return _write(trial, by, subject, ev.LostToFollowUp(on, last_seen), on)


def withdraw(
    trial: Trial, by: By, subject: SubjectId, *, on: date, scope: str, why: str, who: str
) -> Participant:
    """Record that consent was withdrawn, from the treatment or from the whole study."""
    _one_of(scope, ("treatment", "study"), "scope", subject)
    _one_of(who, ("guardian", "participant", "doctor"), "who withdrew", subject)
    return _write(trial, by, subject, ev.Withdrew(on, scope, why, who), on)


def found_ineligible(
    trial: Trial, by: By, subject: SubjectId, *, on: date, criterion: str, why: str
) -> Participant:
    """Record that an enrolled child should not have been enrolled; the child stays in the trial's counts.

    Raises
    ------
    InputRefused
        If the study has no such criterion.
    """
    _one_of(criterion, tuple(known.id for known in trial.study.criteria), "criterion", subject)
    return _write(trial, by, subject, ev.FoundIneligibleLate(on, criterion, why), on)


def end_follow_up(trial: Trial, by: By, subject: SubjectId, *, on: date) -> Participant:
    """Record that follow-up reached its planned end.

    Raises
    ------
    InputRefused
        Before that day.
    """
    if on < trial.study.follow_up.until:
        raise InputRefused(
            f"follow-up goes on until {trial.study.follow_up.until}",
            where=f"participant {subject}",
            do="record why contact ended: lost, or withdrawn",
        )
    return _write(trial, by, subject, ev.FollowUpEnded(on), on)


def correct(
    trial: Trial, by: By, subject: SubjectId, seq: int, event: ev.Event, *, reason: str
) -> Participant:
    """Put the right words in the place of an entry; the wrong ones stay readable in the ledger."""
    return trial.correct(by, subject, seq, event, reason=reason)


def rewritten(trial: Trial, subject: SubjectId, seq: int, text: str) -> ev.Event:
    """The event that JSON `text` says, of the same kind as entry `seq`.

    Raises
    ------
    InputRefused
        If the text is not such an event.
    """
    kind = type(_entry(trial, subject, seq).event).__name__
    try:
        event = from_text(kind, text, where=f"correction of entry {seq}")
    except InvariantBroken as error:
        raise InputRefused(
            error.what, where=error.where, do=f"give every field of {kind}, as `participant show` prints it"
        ) from None
    return cast("ev.Event", event)


def void(trial: Trial, by: By, subject: SubjectId, seq: int, *, reason: str) -> Participant:
    """Take an entry out of account that should never have been made.

    Raises
    ------
    InputRefused
        For an enrolment: a child once enrolled stays in the trial's counts.
    """
    if isinstance(_entry(trial, subject, seq).event, ev.Enrolled):
        raise InputRefused(
            "an enrolment cannot be voided",
            where=f"participant {subject}, entry {seq}",
            do="record that the child was found ineligible, or withdrew",
        )
    return trial.correct(by, subject, seq, ev.Voided(reason), reason=reason)


def _entry(trial: Trial, subject: SubjectId, seq: int) -> Recorded:
    for item in trial.raw(subject):
        if item.ref.seq == seq:
            return item
    raise NotFound(
        f"entry {seq} is not about participant {subject}",
        where=f"participant {subject}",
        do="check the number",
    )


def _write(trial: Trial, by: By, subject: SubjectId, event: ev.Event, on: date) -> Participant:
    not_future(trial, by, subject.site, on)
    first = trial.participant(subject).last(
        ev.Enrolled if is_enrolled(trial.participant(subject)) else ev.Consented
    )
    begun = cast("ev.Enrolled | ev.Consented", first.event).on if first else on
    if on < begun:
        raise InputRefused(f"{on} is before {begun}", where=f"participant {subject}", do="check the date")
    return trial.write(by, subject, event)


def _one_of(word: str, allowed: tuple[str, ...], what: str, subject: SubjectId) -> None:
    if word not in allowed:
        raise InputRefused(
            f"{word!r} is no {what}",
            where=f"participant {subject}",
            do=f"answer one of: {', '.join(allowed)}",
        )
