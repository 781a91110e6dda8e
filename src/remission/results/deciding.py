"""Which sample answers an endpoint.

Among the samples of the point taken within its window and on a day after the first dose, the first,
by day taken, whose result by the endpoint's method is evaluable decides. The others are listed and change
nothing: a failure is not tested away, and disease before the treatment is no answer to it. A child never
treated has no first dose to come after. Samples outside the window decide only where the study file counts
them, and after those within it.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from remission.mrd.calls import Answer, Call
from remission.protocol.answering import answered
from remission.protocol.study import Endpoint, OutsideWindow
from remission.results.dossier import Dossier, Tested
from remission.terms.evidence import EntryRef
from remission.terms.words import Text


class Place(StrEnum):
    """Where a sample stands towards its point's window and the first dose."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNUSABLE = "unusable"  # of no recorded day, or not taken after the first dose


@dataclass(frozen=True, slots=True)
class Read:
    """A result held against the endpoint; `why_not` says what keeps its sample from deciding, if it does."""

    tested: Tested
    place: Place
    why_not: Text
    answer: Answer


@dataclass(frozen=True, slots=True)
class Reading:
    """All samples and results of an endpoint's point.

    `deciding`: the result that answers, or None. `able`: there is a result that could have, but was not
    evaluable. `shown`: what stands for an undecided answer, an able result first. `awaited`: a sample that
    could decide has no result yet. `refs`: every sample and result considered.
    """

    deciding: Read | None
    able: bool
    shown: Read | None
    awaited: bool
    refs: tuple[EntryRef, ...]


_ALLOWED: dict[OutsideWindow, tuple[Place, ...]] = {
    OutsideWindow.INDETERMINATE: (Place.INSIDE,),
    OutsideWindow.COUNTS: (Place.INSIDE, Place.OUTSIDE),
}


def reading(dossier: Dossier, endpoint: Endpoint) -> Reading:
    """Read every result of an endpoint, and say which one decides."""
    results = dossier.tested(endpoint.method, endpoint.point)
    read = [_read(dossier, endpoint, tested) for tested in results]
    allowed = _ALLOWED[endpoint.outside_window]
    able = [one for place in allowed for one in read if one.place is place]
    deciding = next((one for one in able if one.answer.call is not Call.NOT_EVALUABLE), None)
    samples = dossier.samples(endpoint.point)
    tested = {one.reported.event.sample for one in results}
    awaited = any(
        entry.event.sample not in tested and place_of(dossier, endpoint.point, entry.event.on)[0] in allowed
        for entry in samples
    )
    refs = tuple(entry.ref for entry in (*(one.reported for one in results), *samples))
    return Reading(deciding, bool(able), next(iter((*able, *read)), None), awaited, refs)


def _read(dossier: Dossier, endpoint: Endpoint, tested: Tested) -> Read:
    place, why_not = place_of(dossier, endpoint.point, tested.on)
    result = tested.reported.event.result
    answer = answered(dossier.study, endpoint.point, result, endpoint.threshold, endpoint.required_lod)
    return Read(tested, place, why_not, answer)


def place_of(dossier: Dossier, point: str, on: date | None) -> tuple[Place, Text]:
    """Where a sample of a point, taken on a day, stands, and in words what keeps it from deciding."""
    day = None if on is None else dossier.protocol_day(on)
    if on is None or day is None:
        return Place.UNUSABLE, _NO_DAY
    dose = dossier.first_dose
    if dose is not None and on <= dossier.local_day(dose.event.at):
        return Place.UNUSABLE, Text(
            f"sample on day {day}, not after the first dose", f"样本采于第{day}天，不在首剂之后"
        )
    window = dossier.study.point(point).window
    if day in window:
        return Place.INSIDE, Text("", "")
    return Place.OUTSIDE, Text(
        f"sample on day {day}, outside days {window.first} to {window.last}",
        f"样本采于第{day}天，超出第{window.first}至{window.last}天窗口",
    )


_NO_DAY = Text("no day of the sample recorded", "无样本采集日期记录")
