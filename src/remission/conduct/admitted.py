"""Whether an enrolled child would still be enrolled by what is on record now."""

from remission.conduct import events as ev
from remission.conduct.known import facts_of
from remission.conduct.state import Participant
from remission.protocol.criteria import Truth
from remission.protocol.study import Study
from remission.screening.judge import Judge, Judged


def no_longer_admits(study: Study, participant: Participant) -> tuple[Judged, ...]:
    """The criteria of enrolment that shut an enrolled child out, judged as on the day of enrolment.

    Also those that admitted the child when it was found eligible and cannot be answered any more. Empty
    before enrolment, and once it is recorded that the child was found ineligible.
    """
    enrolled = participant.last(ev.Enrolled)
    if enrolled is None or participant.last(ev.FoundIneligibleLate) is not None:
        return ()
    assert isinstance(enrolled.event, ev.Enrolled)
    on = enrolled.event.on
    verdict = Judge(study).judge(facts_of(study, participant, on=on), on=on)
    admitted = _admitted(participant)
    return tuple(
        judged
        for judged in verdict.judged
        if judged.admits is Truth.FALSE or (judged.admits is Truth.UNKNOWN and judged.criterion in admitted)
    )


def _admitted(participant: Participant) -> set[str]:
    found = participant.last(ev.FoundEligible)
    if found is None:
        return set()
    assert isinstance(found.event, ev.FoundEligible)
    return {said.criterion for said in found.event.judgements if said.admits == "yes"}
