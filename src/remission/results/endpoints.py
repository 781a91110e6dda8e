"""The response of one participant to each endpoint, with the entries it rests on.

In this order: the latest effective result by the endpoint's method at its point answers. Without one, a
relapse or death up to the end of the point's window is a failure; a sample that may still come is
pending; otherwise the answer is indeterminate, and counted as the study file says. A criterion that is
known only after treatment and applies makes a non-responder of any answer, and never removes anyone.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from remission.conduct import events as ev
from remission.conduct.known import facts_of
from remission.conduct.state import Participant, Stage
from remission.mrd.calls import Call
from remission.mrd.result import MrdResult
from remission.protocol.answering import answered
from remission.protocol.criteria import Truth
from remission.protocol.study import Consequence, Endpoint, Indeterminate, Phase, Study
from remission.results.dossier import Dossier, opened
from remission.screening.judge import Judge
from remission.terms.days import date_of
from remission.terms.evidence import EntryRef
from remission.terms.words import Text


class CountedAs(StrEnum):
    """What an answer counts as in the analysis that the study file chose."""

    RESPONDER = "responder"
    NON_RESPONDER = "non_responder"
    EXCLUDED = "excluded"
    PENDING = "pending"  # the sample or its result may still come


@dataclass(frozen=True, slots=True)
class Response:
    """One participant's answer to one endpoint.

    `call` is None where there is no result. `indeterminate`: missing or not evaluable, so that
    `counted_as` is the study file's choice and not a finding. `taken_on`: day of the sample, if recorded.
    """

    endpoint: str
    call: Call | None
    counted_as: CountedAs
    indeterminate: bool
    reason: Text
    refs: tuple[EntryRef, ...]
    result: MrdResult | None = None
    taken_on: date | None = None

    @property
    def pending(self) -> bool:
        """Whether the answer may still come."""
        return self.counted_as is CountedAs.PENDING


def respond(study: Study, participant: Participant, as_of: datetime) -> dict[str, Response]:
    """The response of an enrolled participant to every endpoint of the study, by endpoint id.

    Parameters
    ----------
    study : Study
        The study.
    participant : Participant
        One who was enrolled.
    as_of : datetime
        The instant of the analysis, with a time zone: a window still open then leaves the answer pending.

    Raises
    ------
    InvariantBroken
        For a participant who is not enrolled.
    """
    return responses(opened(study, participant, as_of), Judge(study))


def responses(dossier: Dossier, judge: Judge) -> dict[str, Response]:
    """As `respond`, for a participant already opened and criteria already read."""
    study = dossier.study
    forced = _forced(dossier, judge)
    answered: dict[str, Response] = {}
    for endpoint in study.endpoints:
        response = _found(dossier, endpoint)
        if forced is not None and not response.pending:
            response = _made_non_responder(response, *forced)
        answered[endpoint.id] = response
    return answered


def _found(dossier: Dossier, endpoint: Endpoint) -> Response:
    reported = dossier.reported(endpoint.method, endpoint.point)
    if reported is None:
        return _without_result(dossier, endpoint)
    taken = _taken(dossier, endpoint.point, reported.event.sample)
    refs = (dossier.enrolment.ref, reported.ref, *(() if taken is None else (taken[1],)))
    answer = answered(
        dossier.study, endpoint.point, reported.event.result, endpoint.threshold, endpoint.required_lod
    )
    counted = {
        Call.NEGATIVE: CountedAs.RESPONDER,
        Call.POSITIVE: CountedAs.NON_RESPONDER,
        Call.NOT_EVALUABLE: _indeterminate(endpoint),
    }[answer.call]
    return Response(
        endpoint.id, answer.call, counted, answer.call is Call.NOT_EVALUABLE, answer.reason, refs,
        reported.event.result, None if taken is None else taken[0],
    )  # fmt: skip


def _indeterminate(endpoint: Endpoint) -> CountedAs:
    if endpoint.indeterminate is Indeterminate.EXCLUDED:
        return CountedAs.EXCLUDED
    return CountedAs.NON_RESPONDER


def _taken(dossier: Dossier, point: str, sample: str | None = None) -> tuple[date, EntryRef] | None:
    taken = [
        (entry.event.on, entry.ref)
        for entry in dossier.all(ev.MarrowTaken)
        if entry.event.point == point and sample in (None, entry.event.sample)
    ]
    return taken[-1] if taken else None


def _without_result(dossier: Dossier, endpoint: Endpoint) -> Response:
    enrolment = dossier.enrolment.ref
    last_day = window_end(dossier, endpoint.point)
    for kind, words in _FAILURES.items():
        for failed in dossier.all(kind):
            if last_day is not None and failed.event.on <= last_day:
                refs = (enrolment, failed.ref)
                return Response(endpoint.id, None, CountedAs.NON_RESPONDER, False, words, refs)
    taken = _taken(dossier, endpoint.point)
    missed = [entry for entry in dossier.all(ev.SampleMissed) if entry.event.point == endpoint.point]
    assessed = dossier.last(ev.ResponseAssessed)
    refs = tuple(
        ref
        for ref in (enrolment, taken and taken[1], missed and missed[-1].ref, assessed and assessed.ref)
        if isinstance(ref, EntryRef)
    )
    closed = bool(missed) or assessed is not None or dossier.participant.stage is Stage.OFF
    if not closed and (taken is not None or last_day is None or dossier.today <= last_day):
        return Response(endpoint.id, None, CountedAs.PENDING, False, _PENDING, refs)
    if missed:
        why = missed[-1].event.why
        reason = Text(f"sample missed: {why}", f"样本缺失：{why}")
    else:
        reason = _NO_SAMPLE if taken is None else _NO_RESULT
    taken_on = None if taken is None else taken[0]
    return Response(endpoint.id, None, _indeterminate(endpoint), True, reason, refs, None, taken_on)


_FAILURES: dict[type[ev.Relapsed] | type[ev.Died], Text] = {
    ev.Relapsed: Text("relapsed before the endpoint", "终点评估前复发"),
    ev.Died: Text("died before the endpoint", "终点评估前死亡"),
}
_PENDING = Text("the sample or its result is still due", "样本或结果尚未到期")
_NO_SAMPLE = Text("no sample", "无样本")
_NO_RESULT = Text("sample taken, no result", "已采样，无结果")


def window_end(dossier: Dossier, point: str) -> date | None:
    """The last calendar day of a time point's window, if day 1 is known."""
    if dossier.day_one is None:
        return None
    return date_of(dossier.study.point(point).window.last, dossier.day_one)


def _forced(dossier: Dossier, judge: Judge) -> tuple[Text, tuple[EntryRef, ...]] | None:
    """The first criterion that keeps this participant as a non-responder, with its entries; or None."""
    verdict = judge.judge(
        facts_of(dossier.study, dossier.participant), on=dossier.today, phase=Phase.AFTER_TREATMENT
    )
    for judged in verdict.judged:
        criterion = dossier.study.criterion(judged.criterion)
        if criterion.consequence is Consequence.KEEP_AS_NON_RESPONDER and judged.admits is Truth.FALSE:
            name = criterion.name
            reason = Text(
                f"kept as non-responder: {name.en} ({judged.reason.en})",
                f"保留并计为未缓解：{name.zh}（{judged.reason.zh}）",
            )
            return reason, judged.refs
    return None


def _made_non_responder(response: Response, reason: Text, refs: tuple[EntryRef, ...]) -> Response:
    if response.counted_as is CountedAs.NON_RESPONDER and not response.indeterminate:
        return response
    rests_on = tuple(dict.fromkeys((*response.refs, *refs)))
    return replace(
        response, counted_as=CountedAs.NON_RESPONDER, indeterminate=False, reason=reason, refs=rests_on
    )
