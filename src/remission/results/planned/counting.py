"""What each participant counts as under an estimand: its intercurrent events, in the plan's order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from remission.conduct import events as ev
from remission.mrd.calls import Call
from remission.protocol.plan import Estimand, Intercurrent, Strategy
from remission.protocol.study import OutsideWindow
from remission.results.deciding import Place, place_of
from remission.results.dossier import Dossier
from remission.results.endpoints import FAILURES, CountedAs, Response, responses
from remission.results.numbers import Basis
from remission.results.rates import Member
from remission.screening.judge import Judge
from remission.terms.evidence import EntryRef


class As(StrEnum):
    """What a participant counts as."""

    RESPONDER = "responder"
    NON_RESPONDER = "non_responder"
    UNKNOWN = "unknown"  # the answer is imputed, or tried both ways
    LEFT_OUT = "left_out"
    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Placed:
    """A member of an estimand's population: what it counts as, the event that decided, and the entries."""

    dossier: Dossier
    counts: As
    event: Intercurrent | None
    basis: Basis


_AS: dict[CountedAs, As] = {
    CountedAs.RESPONDER: As.RESPONDER,
    CountedAs.NON_RESPONDER: As.NON_RESPONDER,
    CountedAs.EXCLUDED: As.LEFT_OUT,
    CountedAs.PENDING: As.PENDING,
}
_THEN: dict[Strategy, As] = {
    Strategy.COMPOSITE: As.NON_RESPONDER,
    Strategy.HYPOTHETICAL: As.LEFT_OUT,
    Strategy.MULTIPLE_IMPUTATION: As.UNKNOWN,
    Strategy.TIPPING_POINT: As.UNKNOWN,
}


Happened = Mapping[Intercurrent, Basis]
"""The events of one participant towards one endpoint, each with what an answer counted by it rests on."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A member of an analysis set, its answer to an endpoint, and what happened; whatever the estimand."""

    dossier: Dossier
    response: Response
    basis: Basis
    happened: Happened


def seen(inside: Sequence[Member]) -> list[Seen]:
    """What happened to each member of an analysis set, for the endpoint they were gathered for."""
    return [
        Seen(one.dossier, one.response, one.basis, _all_happened(one.dossier, one.response, one.basis))
        for one in inside
    ]


def _all_happened(dossier: Dossier, response: Response, basis: Basis) -> Happened:
    if response.pending:
        return {}
    return {
        event: with_refs(basis, dossier, refs)
        for event in Intercurrent
        if (refs := happened(event, dossier, response))
    }


def placed(estimand: Estimand, inside: Sequence[Seen], judge: Judge) -> list[Placed]:
    """What every member of the estimand's population counts as."""
    return [_placed(estimand, one, judge) for one in inside]


def _placed(estimand: Estimand, one: Seen, judge: Judge) -> Placed:
    if one.response.pending:
        return Placed(one.dossier, As.PENDING, None, one.basis)
    opened = estimand.strategy(Intercurrent.LATE_SAMPLE) is Strategy.TREATMENT_POLICY
    if opened and one.response.indeterminate and Intercurrent.LATE_SAMPLE in one.happened:
        response = _window_open(one.dossier, one.response.endpoint, judge)
        basis = with_refs(one.basis, one.dossier, response.refs)
        one = Seen(one.dossier, response, basis, _all_happened(one.dossier, response, basis))
    if one.happened:
        for counted in estimand.intercurrent:
            basis = one.happened.get(counted.event)
            if basis is not None and counted.strategy in _THEN:
                return Placed(one.dossier, _THEN[counted.strategy], counted.event, basis)
    return Placed(one.dossier, _AS[one.response.counted_as], None, one.basis)


def with_refs(basis: Basis, dossier: Dossier, refs: Sequence[EntryRef]) -> Basis:
    """A basis that names these entries too."""
    more = tuple(ref for ref in refs if ref not in basis.refs)
    if not more:
        return basis
    files = [file for ref in more for file in dossier.files.get(ref, ()) if file not in basis.files]
    return Basis(basis.subject, (*basis.refs, *more), (*basis.files, *files))


def _window_open(dossier: Dossier, endpoint: str, judge: Judge) -> Response:
    """The answer as it would be if samples outside the window counted."""
    study = dossier.study
    counting = tuple(replace(one, outside_window=OutsideWindow.COUNTS) for one in study.endpoints)
    return responses(replace(dossier, study=replace(study, endpoints=counting)), judge)[endpoint]


def happened(event: Intercurrent, dossier: Dossier, response: Response) -> tuple[EntryRef, ...]:
    """The entries that show an event in a participant whose answer is not pending; none where it did not."""
    refs = response.refs
    match event:
        case Intercurrent.DEATH:
            return refs if response.failed and response.reason == FAILURES[ev.Died] else ()
        case Intercurrent.RELAPSE:
            return refs if response.failed and response.reason != FAILURES[ev.Died] else ()
        case Intercurrent.NEVER_TREATED:
            return () if dossier.first_dose is not None else (dossier.enrolment.ref,)
        case Intercurrent.STOPPED_EARLY:
            return _stopped(dossier, response)
        case Intercurrent.LATE_SAMPLE:
            return refs if _late(dossier, response) else ()
        case Intercurrent.MISSING:
            return refs if response.indeterminate and response.call is None else ()
        case Intercurrent.NOT_EVALUABLE:
            unclear = response.indeterminate and response.call is Call.NOT_EVALUABLE
            return refs if unclear and not _late(dossier, response) else ()


def _stopped(dossier: Dossier, response: Response) -> tuple[EntryRef, ...]:
    """A course begun and not completed; one that a relapse or death cut short is that event, not this."""
    dose = dossier.first_dose
    if dose is None or response.failed or dossier.last(ev.TreatmentCompleted) is not None:
        return ()
    stopped = dossier.last(ev.TreatmentStopped)
    return (dose.ref,) if stopped is None else (stopped.ref,)


def _late(dossier: Dossier, response: Response) -> bool:
    if response.taken_on is None or response.call is None:
        return False
    endpoint = dossier.study.endpoint(response.endpoint)
    if not response.indeterminate and endpoint.outside_window is OutsideWindow.INDETERMINATE:
        return False
    return place_of(dossier, endpoint.point, response.taken_on)[0] is Place.OUTSIDE
