"""The response of one participant to each endpoint, with the entries it rests on.

In this order: a relapse, second cancer or death on or before the day of the deciding sample (`deciding`), or
without one up to the end of the point's window, is a failure; the deciding result answers; a sample that may
still come is pending; otherwise the answer is indeterminate, and counted as the study file says. A criterion
that is known only after treatment, and that any result shows to apply, makes a non-responder of any answer,
and never removes anyone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from itertools import product

from remission.conduct import events as ev
from remission.conduct.known import facts_of
from remission.conduct.state import Participant, Stage
from remission.mrd.calls import Call
from remission.mrd.result import MrdResult
from remission.protocol.criteria import Truth
from remission.protocol.study import Consequence, Endpoint, Indeterminate, Phase, Study
from remission.results.deciding import Place, Read, Reading, place_of, reading
from remission.results.dossier import Dossier, opened
from remission.screening.facts import Measured
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

    `call` is None where there is no result. `indeterminate`: missing, not evaluable or taken outside the
    window, so that `counted_as` is the study file's choice and not a finding. `refs` name every sample and
    result considered. `result` and `taken_on`: the deciding result and the day of its sample; where none
    decides, those that `reason` speaks of. `failed`: relapse, second cancer or death came first.
    """

    endpoint: str
    call: Call | None
    counted_as: CountedAs
    indeterminate: bool
    reason: Text
    refs: tuple[EntryRef, ...]
    result: MrdResult | None = None
    taken_on: date | None = None
    failed: bool = False

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
    """What samples and events say, before any criterion known only after treatment."""
    read = reading(dossier, endpoint)
    last_day = window_end(dossier, endpoint.point)
    failure = _failure(dossier, last_day if read.deciding is None else read.deciding.tested.on)
    if failure is not None:
        refs = _refs(dossier, failure[1], *read.refs)
        return Response(endpoint.id, None, CountedAs.NON_RESPONDER, False, failure[0], refs, failed=True)
    if read.deciding is not None:
        return _decided(dossier, endpoint, read.deciding, read.refs)
    return _undecided(dossier, endpoint, read, last_day)


def _refs(dossier: Dossier, *refs: EntryRef) -> tuple[EntryRef, ...]:
    return tuple(dict.fromkeys((dossier.enrolment.ref, *refs)))


def _failure(dossier: Dossier, until: date | None) -> tuple[Text, EntryRef] | None:
    """The first relapse, second cancer or death on or before a day."""
    found = [
        (entry.event.on, words, entry.ref)
        for kind, words in FAILURES.items()
        for entry in dossier.all(kind)
        if until is not None and entry.event.on <= until
    ]
    return min(found, key=lambda failure: failure[0])[1:] if found else None


FAILURES: dict[type[ev.Relapsed] | type[ev.SecondCancer] | type[ev.Died], Text] = {
    ev.Relapsed: Text("relapsed before the endpoint", "终点评估前复发"),
    ev.SecondCancer: Text("second cancer before the endpoint", "终点评估前发生第二肿瘤"),
    ev.Died: Text("died before the endpoint", "终点评估前死亡"),
}


def _decided(dossier: Dossier, endpoint: Endpoint, read: Read, considered: tuple[EntryRef, ...]) -> Response:
    negative = read.answer.call is Call.NEGATIVE
    return Response(
        endpoint.id,
        read.answer.call,
        CountedAs.RESPONDER if negative else CountedAs.NON_RESPONDER,
        False,
        read.answer.reason,
        _refs(dossier, read.tested.reported.ref, *considered),
        read.tested.reported.event.result,
        read.tested.on,
    )


def _undecided(dossier: Dossier, endpoint: Endpoint, read: Reading, last_day: date | None) -> Response:
    """Pending while a result that would decide may still come; else indeterminate, with the reason."""
    samples = dossier.samples(endpoint.point)
    missed = [entry for entry in dossier.all(ev.SampleMissed) if entry.event.point == endpoint.point]
    assessed = dossier.last(ev.ResponseAssessed)
    said = [*missed[-1:], *([] if assessed is None else [assessed])]
    refs = _refs(dossier, *read.refs, *(entry.ref for entry in said))
    closed = bool(said) or dossier.participant.stage in (Stage.OFF, Stage.LOST)
    open_window = last_day is None or dossier.today <= last_day
    if not closed and (read.awaited or (open_window and not read.able)):
        return Response(endpoint.id, None, CountedAs.PENDING, False, _PENDING, refs)
    counted = _indeterminate(endpoint)
    if read.shown is not None:
        one = read.shown
        reason = one.answer.reason if read.able else one.why_not
        return Response(
            endpoint.id, Call.NOT_EVALUABLE, counted, True, reason, refs,
            one.tested.reported.event.result, one.tested.on,
        )  # fmt: skip
    if missed:
        why = missed[-1].event.why
        reason = Text(f"sample missed: {why}", f"样本缺失：{why}")
    else:
        reason = _NO_RESULT if samples else _NO_SAMPLE
    days = [entry.event.on for entry in samples]
    inside = [on for on in days if place_of(dossier, endpoint.point, on)[0] is Place.INSIDE]
    taken_on = min(inside or days, default=None)
    return Response(endpoint.id, None, counted, True, reason, refs, None, taken_on)


def _indeterminate(endpoint: Endpoint) -> CountedAs:
    if endpoint.indeterminate is Indeterminate.EXCLUDED:
        return CountedAs.EXCLUDED
    return CountedAs.NON_RESPONDER


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
    facts = facts_of(dossier.study, dossier.participant)
    for results in _every_reading(dossier):
        verdict = judge.judge(replace(facts, results=results), on=dossier.today, phase=Phase.AFTER_TREATMENT)
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


def _every_reading(dossier: Dossier) -> Iterator[dict[tuple[str, str], Measured]]:
    """Every way of taking one result for each method and point: none hides another."""
    known: dict[tuple[str, str], list[Measured]] = {}
    for entry in dossier.all(ev.MrdReported):
        said = entry.event
        measured = Measured(said.result, said.on, entry.ref)
        known.setdefault((said.result.method, said.point), []).append(measured)
    for taken in product(*known.values()):
        yield dict(zip(known, taken, strict=True))


def _made_non_responder(response: Response, reason: Text, refs: tuple[EntryRef, ...]) -> Response:
    if response.counted_as is CountedAs.NON_RESPONDER and not response.indeterminate:
        return response
    rests_on = tuple(dict.fromkeys((*response.refs, *refs)))
    return replace(
        response, counted_as=CountedAs.NON_RESPONDER, indeterminate=False, reason=reason, refs=rests_on
    )
