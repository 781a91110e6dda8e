"""From consent to enrolment: register, answer, judge, decide, enrol."""

from datetime import date

from remission.conduct import events as ev
from remission.conduct.enrolment import enrolment_window, next_number
from remission.conduct.known import day_one_of, facts_of
from remission.conduct.state import Participant, Stage
from remission.errors import Immutable, InputRefused, LedgerMoved, NotEligible, WrongStage
from remission.protocol.criteria import Truth
from remission.protocol.study import FactSpec, ListSpec
from remission.screening.facts import read_value
from remission.screening.judge import Judged, Verdict
from remission.terms.days import study_day
from remission.terms.ids import SiteId, SubjectId
from remission.trial.calendar import not_before, not_future
from remission.trial.trial import By, Trial

_TRIES = 20


def consent(trial: Trial, by: By, site: SiteId, *, on: date, signed_by: str, form: str) -> SubjectId:
    """Register a child whose consent was signed; answers the new participant's pseudonym.

    Raises
    ------
    NotEligible
        If the site is not active, or was not on that day.
    InputRefused
        For a day in the future or an unknown signatory.
    """
    active = trial.sites_active().get(site)
    if active is None or on < active.on:
        raise NotEligible(
            f"site {site} may not enrol on {on}",
            where=f"site {site}",
            do="activate the site first: remission site activate"
            if active is None
            else f"the site is active since {active.on}",
        )
    if signed_by not in ("guardian", "participant", "both"):
        raise InputRefused(
            f"{signed_by!r} cannot sign", where="consent", do="answer guardian, participant or both"
        )
    not_future(trial, by, site, on)
    for _ in range(_TRIES):
        number = 1 + sum(known.site == site for known in trial.participants())
        subject = SubjectId.numbered(site, number)
        try:
            trial.write(by, subject, ev.Consented(on, signed_by, form))
            return subject
        except (LedgerMoved, WrongStage):  # a colleague took this number in the same second
            continue
    raise LedgerMoved("too many people register at once", where=f"site {site}", do="try again in a minute")


def answer(trial: Trial, by: By, subject: SubjectId, fact: str, value: str, *, on: date) -> Participant:
    """Record the answer to a question of the study, true of the child on day `on`.

    Raises
    ------
    InputRefused
        For an unknown question, or text that is no answer to it.
    """
    where = f"participant {subject}"
    spec = _question(trial, fact, where)
    read = read_value(spec, value, where=where)
    # A date that may change is a plan, such as that of the first dose, and may lie ahead.
    lived = [read] if isinstance(read, date) and not spec.may_change else []
    not_future(trial, by, subject.site, on, *lived)
    return trial.write(by, subject, ev.FactRecorded(fact, value, on))


def happened(
    trial: Trial,
    by: By,
    subject: SubjectId,
    kind: str,
    *,
    first: date,
    last: date | None = None,
    purpose: str = "",
) -> Participant:
    """Add to a dated list: a therapy given, or something that happened, from `first` to `last`.

    Raises
    ------
    InputRefused
        For an unknown kind, or days out of order or in the future.
    """
    spec = _list_with(trial, kind, f"participant {subject}")
    if last is not None and last < first:
        raise InputRefused(
            f"{last} is before {first}", where=f"participant {subject}", do="check the two dates"
        )
    not_future(trial, by, subject.site, first, *([last] if last else []))
    return trial.write(by, subject, ev.ThingHappened(spec.id, kind, first, last, purpose))


def close_list(trial: Trial, by: By, subject: SubjectId, name: str, *, as_of: date) -> Participant:
    """Declare a dated list complete up to and including a day.

    Raises
    ------
    InputRefused
        For an unknown list or a day in the future.
    """
    if name not in {spec.id for spec in trial.study.lists}:
        known = ", ".join(spec.id for spec in trial.study.lists)
        raise InputRefused(
            f"there is no list {name!r}", where=f"study {trial.study.id}", do=f"use one of: {known}"
        )
    not_future(trial, by, subject.site, as_of)
    return trial.write(by, subject, ev.ListClosed(name, as_of))


def judge(trial: Trial, subject: SubjectId, *, on: date) -> Verdict:
    """What the criteria say of the child on a day; writes nothing."""
    return _judge(trial, trial.participant(subject), on)


def decide(trial: Trial, by: By, subject: SubjectId, *, on: date) -> Verdict:
    """Record the verdict: eligible or not. Unknown decides nothing and is refused with what is missing.

    Raises
    ------
    NotEligible
        While a criterion is unknown and none shuts the child out.
    InputRefused
        For a day before consent or in the future.
    LedgerMoved
        If somebody else wrote about the child in the same moment.
    """
    not_future(trial, by, subject.site, on)
    participant = trial.participant(subject)
    not_before(participant, ev.Consented, on)
    verdict = _judge(trial, participant, on)
    if verdict.admits is Truth.UNKNOWN:
        raise _held(subject, verdict)
    judgements = tuple(_judgement(judged) for judged in verdict.judged)
    found = ev.FoundEligible if verdict.admits is Truth.TRUE else ev.FoundIneligible
    trial.write(by, subject, found(on, judgements), decided_on=participant)
    return verdict


def enrol(trial: Trial, by: By, subject: SubjectId, *, on: date) -> Participant:
    """Enrol an eligible child; judged once more on the day of enrolment.

    Raises
    ------
    NotEligible
        If a criterion does not admit the child on that day, the day is outside the enrolment window, or the
        trial is full.
    WrongStage
        If the child has not been found eligible.
    InputRefused
        For a day before the decision or in the future.
    LedgerMoved
        If somebody else wrote about the child in the same moment.
    """
    not_future(trial, by, subject.site, on)
    participant = trial.participant(subject)
    if participant.stage is Stage.ELIGIBLE:
        not_before(participant, ev.FoundEligible, on)
        verdict = _judge(trial, participant, on)
        if verdict.admits is not Truth.TRUE:
            raise _held(subject, verdict)
        _check_window(trial, participant, on)
    group = facts_of(trial.study, participant, on=on).answers.get(trial.study.risk_fact)
    for _ in range(_TRIES):
        number = next_number(trial.study, trial.participants().values())
        event = ev.Enrolled(on, number, str(group.value) if group else "")
        try:  # the key makes the number unique even when two hospitals enrol in the same second
            numbered = By(by.actor, by.at, f"enrolment-number-{number}")
            return trial.write(numbered, subject, event, decided_on=participant)
        except Immutable:
            continue
    raise LedgerMoved(
        "too many people enrol at once", where=f"participant {subject}", do="try again in a minute"
    )


def _check_window(trial: Trial, participant: Participant, on: date) -> None:
    window, day_one = enrolment_window(trial.study), day_one_of(trial.study, participant)
    if window is None:
        return
    if day_one is None:
        raise NotEligible(
            f"whether {on} is inside the enrolment window is not known",
            where=f"participant {participant.id}",
            do=f"record: {trial.study.fact(trial.study.day_one).label.en}",
        )
    day = study_day(on, day_one)
    if day not in window:
        raise NotEligible(
            f"day {day} is outside the enrolment window, days {window.first} to {window.last}",
            where=f"participant {participant.id}",
            do="the child cannot be enrolled on this day",
        )


def _judge(trial: Trial, participant: Participant, on: date) -> Verdict:
    return trial.judge.judge(facts_of(trial.study, participant, on=on), on=on)


def _held(subject: SubjectId, verdict: Verdict) -> NotEligible:
    shut = [judged for judged in verdict.judged if judged.admits is Truth.FALSE]
    if shut:
        reasons = "; ".join(f"{judged.criterion}: {judged.reason.en}" for judged in shut)
        return NotEligible(
            f"not admitted by {reasons}", where=f"participant {subject}", do="the child cannot be enrolled"
        )
    wanted = "; ".join(
        f"{missing.what.en} ({missing.asked_of}{f', by {missing.by}' if missing.by else ''})"
        for missing in verdict.missing
    )
    return NotEligible("eligibility is not known yet", where=f"participant {subject}", do=f"record: {wanted}")


def _judgement(judged: Judged) -> ev.Judgement:
    admits = {Truth.TRUE: "yes", Truth.FALSE: "no", Truth.UNKNOWN: "unknown"}[judged.admits]
    return ev.Judgement(judged.criterion, admits, judged.reason)


def _question(trial: Trial, fact: str, where: str) -> FactSpec:
    for spec in trial.study.facts:
        if spec.id == fact:
            return spec
    known = ", ".join(spec.id for spec in trial.study.facts)
    raise InputRefused(f"the study asks no question {fact!r}", where=where, do=f"use one of: {known}")


def _list_with(trial: Trial, kind: str, where: str) -> ListSpec:
    for spec in trial.study.lists:
        if kind in spec.kinds:
            return spec
    known = ", ".join(kind for spec in trial.study.lists for kind in spec.kinds)
    raise InputRefused(f"no list of the study holds {kind!r}", where=where, do=f"use one of: {known}")
