"""What ends, and what follows: response, follow-up, relapse, death, withdrawal, corrections."""

from datetime import date
from typing import cast

from remission.conduct import events as ev
from remission.conduct.course import course_of
from remission.conduct.enrolment import is_enrolled
from remission.conduct.known import day_one_of
from remission.conduct.state import Participant, Recorded
from remission.conduct.writing import from_text
from remission.errors import ActRefused, InputRefused, InvariantBroken, NotFound
from remission.results.endpoints import respond
from remission.terms.days import date_of
from remission.terms.ids import SubjectId
from remission.trial.calendar import not_before, not_future
from remission.trial.correction import check_criterion, check_relapsed
from remission.trial.trial import By, Trial


def assess_response(trial: Trial, by: By, subject: SubjectId, *, on: date) -> Participant:
    """Answer every endpoint from the results now known; follow-up begins.

    A later result does not change this entry: assess again, and both stay readable.

    Raises
    ------
    ActRefused
        While the window of a sample is open that has neither come nor been recorded as missed.
    """
    not_future(trial, by, subject.site, on)
    participant = trial.participant(subject)
    _check_enrolled(participant)
    responses = respond(trial.study, participant, by.at)
    still_due = [endpoint for endpoint, response in responses.items() if response.pending]
    for endpoint in still_due:
        _check_still_due(trial, participant, endpoint, on)
    calls = tuple(
        ev.EndpointCall(endpoint, str(response.call or ("failed" if response.failed else "missing")))
        for endpoint, response in responses.items()
    )
    return trial.write(by, subject, ev.ResponseAssessed(on, calls), decided_on=participant)


def follow_up(
    trial: Trial, by: By, subject: SubjectId, *, on: date, in_remission: bool | None
) -> Participant:
    """Record a follow-up contact: alive on that day.

    Raises
    ------
    ActRefused
        If the child is not in remission and no relapse is on record by that day.
    """
    if in_remission is False:
        check_relapsed(trial.participant(subject), on)
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
    _not_before_infusion(trial, by, subject, on)
    return _write(trial, by, subject, ev.Died(on, cause), on)


def lost(trial: Trial, by: By, subject: SubjectId, *, on: date, last_seen: date) -> Participant:
    """Record that there is no contact any more; `last_seen` is not after `on`, nor before the child came."""
    if last_seen > on:
        raise InputRefused(
            f"last seen on {last_seen}, lost on {on}",
            where=f"participant {subject}",
            do="check the two dates",
        )
    participant = trial.participant(subject)
    not_before(participant, ev.Enrolled if is_enrolled(participant) else ev.Consented, last_seen)
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
        If the study has no such criterion, or it is known only after treatment.
    ActRefused
        For a child who was never enrolled.
    """
    _check_enrolled(trial.participant(subject))
    check_criterion(trial.study, criterion, where=f"participant {subject}")
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
    """Put the right words in the place of an entry; the wrong ones stay readable in the ledger.

    Raises
    ------
    InputRefused, WrongStage, NotFound, NotAllowed
        As `Trial.correct`.
    Missing, Altered
        If a file that the new words name is not in the trial's files as it was.
    """
    named = event.result.evidence.files if isinstance(event, ev.MrdReported) else ()
    for ref in event.files if isinstance(event, ev.FilesReceived) else named:
        trial.files.check(ref)
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
    participant = trial.participant(subject)
    not_before(participant, ev.Enrolled if is_enrolled(participant) else ev.Consented, on)
    return trial.write(by, subject, event)


def _check_enrolled(participant: Participant) -> None:
    if not is_enrolled(participant):
        raise ActRefused(
            "the child was never enrolled", where=f"participant {participant.id}", do="check the number"
        )


def _check_still_due(trial: Trial, participant: Participant, endpoint: str, on: date) -> None:
    point = trial.study.point(trial.study.endpoint(endpoint).point)
    day_one = day_one_of(trial.study, participant)
    last = None if day_one is None else date_of(point.window.last, day_one)
    if last is None or on <= last:
        raise ActRefused(
            f"{endpoint}: the sample or its result may still come, until {last or 'a day not known'}",
            where=f"participant {participant.id}",
            do="wait for it, or record that the sample was missed",
        )


def _not_before_infusion(trial: Trial, by: By, subject: SubjectId, on: date) -> None:
    latest = course_of(trial.study, trial.participant(subject), at=by.at).latest
    if latest is not None and on < trial.today(subject.site, latest):
        raise InputRefused(
            f"{on} is before {latest.isoformat()}, the last thing recorded of the infusion",
            where=f"participant {subject}",
            do="check the date, or correct the earlier entry",
        )


def _one_of(word: str, allowed: tuple[str, ...], what: str, subject: SubjectId) -> None:
    if word not in allowed:
        raise InputRefused(
            f"{word!r} is no {what}",
            where=f"participant {subject}",
            do=f"answer one of: {', '.join(allowed)}",
        )
