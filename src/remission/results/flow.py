"""Participant flow: every participant is in exactly one place of each branch, so branches always sum."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.protocol.study import Study
from remission.results.dossier import Dossier
from remission.results.numbers import Basis, Book, Cell, Row, Table, slug
from remission.terms.words import Text

Place = tuple[str, Text]
"""A place in the flow: the end of its number's id, and its words."""

_SCREENING: Place = ("screening", Text("Still in screening", "筛选中"))
_ENROLLED: Place = ("enrolled", Text("Enrolled", "入组"))
_SCREEN_FAILED: Place = ("screen_failed", Text("Not eligible", "不合格"))
_COMPLETED: Place = ("completed", Text("Completed the course", "完成疗程"))
_ON_TREATMENT: Place = ("on_treatment", Text("Still on treatment", "治疗中"))
_AWAITING: Place = ("awaiting_treatment", Text("Treatment still to come", "待治疗"))

WITHDREW: Place = ("withdrew", Text("Consent withdrawn", "撤回同意"))
DIED: Place = ("died", Text("Died", "死亡"))
LOST: Place = ("lost", Text("Lost to follow-up", "失访"))
BY_RULE: Place = ("by_rule", Text("Stopped by a rule of the protocol", "按方案规定停药"))
OTHERWISE: Place = ("otherwise", Text("Stopped for another reason", "因其他原因停药"))
NOT_GIVEN: Place = ("not_given", Text("Treatment not given", "未给药"))
RELAPSED: Place = ("relapsed", Text("Relapsed", "复发"))
SECOND_CANCER: Place = ("second_cancer", Text("Second cancer", "第二肿瘤"))
ENDED: Place = ("follow_up_ended", Text("Follow-up completed", "完成随访"))

_ENDS: dict[type, Place] = {
    ev.TreatmentCompleted: _COMPLETED,
    ev.TreatmentNotGiven: NOT_GIVEN,
    ev.Withdrew: WITHDREW,
    ev.Died: DIED,
    ev.LostToFollowUp: LOST,
    ev.Relapsed: RELAPSED,
    ev.SecondCancer: SECOND_CANCER,
    ev.FollowUpEnded: ENDED,
}
REASONS = (BY_RULE, OTHERWISE, NOT_GIVEN, WITHDREW, RELAPSED, SECOND_CANCER, DIED, LOST)
_LEFT = (WITHDREW, DIED, LOST)


def screening_place(dossier: Dossier) -> tuple[Place, Basis]:
    """Where a participant who consented stands before or at enrolment."""
    consent = dossier.all(ev.Consented)[0].ref
    if dossier.enrolled is not None:
        return _ENROLLED, dossier.basis(consent, dossier.enrolled.ref)
    failed = dossier.last(ev.FoundIneligible)
    if dossier.participant.stage is Stage.SCREEN_FAILED and failed is not None:
        return _SCREEN_FAILED, dossier.basis(consent, failed.ref)
    return _left(dossier, dossier.basis(consent), otherwise=_SCREENING)


def _left(dossier: Dossier, basis: Basis, otherwise: Place) -> tuple[Place, Basis]:
    """How a participant who is off or lost left, or the place they are in otherwise."""
    if dossier.participant.stage not in (Stage.OFF, Stage.LOST):
        return otherwise, basis
    for recorded in reversed(dossier.participant.history):
        place = _ENDS.get(type(recorded.event))
        if place in (*_LEFT, ENDED):
            return place, dossier.basis(*basis.refs, recorded.ref)
    return otherwise, basis


def course_place(dossier: Dossier) -> tuple[bool, Place, str, Basis]:
    """Whether an enrolled participant was treated, how the course ended, why in words, and the entries."""
    dose = dossier.first_dose
    refs = [dossier.enrolment.ref] if dose is None else [dossier.enrolment.ref, dose.ref]
    for recorded in dossier.participant.history:
        event = recorded.event
        if isinstance(event, ev.TreatmentStopped):
            place = BY_RULE if event.as_protocol else OTHERWISE
        else:
            place = _ENDS.get(type(event))
        if place is not None:
            why = event.why if isinstance(event, ev.TreatmentStopped | ev.TreatmentNotGiven) else ""
            return dose is not None, place, why, dossier.basis(*refs, recorded.ref)
    return dose is not None, _AWAITING if dose is None else _ON_TREATMENT, "", dossier.basis(*refs)


def flow_table(book: Book, study: Study, dossiers: Sequence[Dossier]) -> Table:
    """The participant flow from consent to the last contact."""
    consented = [dossier for dossier in dossiers if dossier.all(ev.Consented)]
    enrolled = [dossier for dossier in consented if dossier.enrolled is not None]
    rows = [
        *_screened(book, study, consented),
        *_course(book, enrolled),
        *(row for point in _endpoint_points(study) for row in _samples(book, study, point, enrolled)),
        *_follow_up(book, enrolled),
    ]
    notes = (Text("One participant may fail several criteria.", "一名受试者可不符合多项标准。"),)
    return Table(
        "flow", Text("Participant flow", "受试者流程"), (Text("Participants", "人数"),), tuple(rows), notes
    )


def _line(book: Book, id: str, label: Text, bases: Iterable[Basis], indent: int = 0) -> Row:
    return Row(label, (Cell((book.count(id, label, bases),)),), indent)


def _branch(
    book: Book, stem: str, places: Iterable[tuple[Place, Basis]], known: Sequence[Place], indent: int = 1
) -> list[Row]:
    """One row for each known place, in that order."""
    found: dict[str, list[Basis]] = defaultdict(list)
    for place, basis in places:
        found[place[0]].append(basis)
    return [_line(book, f"{stem}.{end}", words, found[end], indent) for end, words in known]


def _screened(book: Book, study: Study, consented: Sequence[Dossier]) -> list[Row]:
    placed = [screening_place(dossier) for dossier in consented]
    label = Text("Consented and screened", "签署同意并筛选")
    rows = [_line(book, "flow.consented", label, (d.basis(d.all(ev.Consented)[0].ref) for d in consented))]
    eligible = [(d, found) for d in consented if (found := d.last(ev.FoundEligible))]
    words = Text("Found eligible", "判定合格")
    rows += _branch(book, "flow", placed, [_SCREENING, _SCREEN_FAILED])
    rows += _failed_criteria(book, study, consented)
    rows += _branch(book, "flow.before_enrolment", placed, _LEFT)
    rows.append(_line(book, "flow.found_eligible", words, (d.basis(found.ref) for d, found in eligible)))
    above = Text("of these not enrolled (counted above)", "其中未入组（已计入上文）")
    without = (d.basis(found.ref) for d, found in eligible if d.enrolled is None)
    rows.append(_line(book, "flow.found_eligible.not_enrolled", above, without, 1))
    rows += _branch(book, "flow", placed, [_ENROLLED], indent=0)
    return rows


def _failed_criteria(book: Book, study: Study, consented: Sequence[Dossier]) -> list[Row]:
    failed: dict[str, list[Basis]] = defaultdict(list)
    for dossier in consented:
        found = dossier.last(ev.FoundIneligible)
        if found is not None and screening_place(dossier)[0] == _SCREEN_FAILED:
            for judgement in found.event.judgements:
                if judgement.admits == "no":
                    failed[judgement.criterion].append(dossier.basis(found.ref))
    return [
        _line(book, f"flow.screen_failed.by.{criterion.id}", criterion.name, failed[criterion.id], indent=2)
        for criterion in study.criteria
        if criterion.id in failed
    ]


def _course(book: Book, enrolled: Sequence[Dossier]) -> list[Row]:
    placed = [course_place(dossier) for dossier in enrolled]
    not_treated = [(place, why, basis) for treated, place, why, basis in placed if not treated]
    treated = [(place, why, basis) for treated, place, why, basis in placed if treated]
    never = Text("Not treated", "未治疗")
    received = Text("Treated (at least one dose)", "已治疗（至少一剂）")
    stopped = Text("Course not completed", "疗程未完成")
    rows = [_line(book, "flow.not_treated", never, (b for p, _, b in not_treated if p != _AWAITING), 1)]
    rows += _reasons(book, "flow.not_treated", not_treated)
    rows += _branch(book, "flow", [(p, b) for p, _, b in not_treated], [_AWAITING])
    rows.append(_line(book, "flow.treated", received, (basis for _, _, basis in treated)))
    rows += _branch(book, "flow", [(p, b) for p, _, b in treated], [_COMPLETED, _ON_TREATMENT])
    ended = [(p, w, b) for p, w, b in treated if p not in (_COMPLETED, _ON_TREATMENT)]
    rows.append(_line(book, "flow.stopped", stopped, (basis for _, _, basis in ended), 1))
    return rows + _reasons(book, "flow.stopped", ended)


def _reasons(book: Book, stem: str, ended: Sequence[tuple[Place, str, Basis]]) -> list[Row]:
    """The reasons that occur, and under each the words in which it was recorded."""
    rows: list[Row] = []
    for end, words in REASONS:
        here = [(why, basis) for place, why, basis in ended if place[0] == end]
        if not here:
            continue
        rows.append(_line(book, f"{stem}.{end}", words, (basis for _, basis in here), 2))
        said: dict[str, list[tuple[str, Basis]]] = defaultdict(list)
        for why, basis in here:
            if why:
                said[slug(why)].append((why, basis))
        for id, group in sorted(said.items()):
            label = Text(group[0][0], group[0][0])
            rows.append(_line(book, f"{stem}.{end}.{id}", label, (basis for _, basis in group), 3))
    return rows


def _endpoint_points(study: Study) -> list[str]:
    return list(dict.fromkeys(endpoint.point for endpoint in study.endpoints))


_IN: Place = ("in_window", Text("Taken within its window", "窗口内采样"))
_OUTSIDE: Place = ("outside_window", Text("Taken outside its window", "窗口外采样"))
_MISSED: Place = ("missed", Text("Missed", "缺失"))
_NOT_TAKEN: Place = ("not_taken", Text("Not taken", "未采样"))
_DUE: Place = ("still_due", Text("Still due", "尚未到期"))


def _sample_place(dossier: Dossier, point: str) -> tuple[Place, Basis]:
    enrolment, window = dossier.enrolment.ref, dossier.study.point(point).window
    taken = dossier.samples(point)
    if taken:
        days = [(dossier.protocol_day(entry.event.on), entry.ref) for entry in taken]
        inside = [ref for day, ref in days if day is not None and day in window]
        refs = inside or [ref for _, ref in days]
        return _IN if inside else _OUTSIDE, dossier.basis(enrolment, *refs)
    missed = [entry for entry in dossier.all(ev.SampleMissed) if entry.event.point == point]
    if missed:
        return _MISSED, dossier.basis(enrolment, missed[-1].ref)
    today = dossier.protocol_day(dossier.today)
    over = dossier.participant.stage in (Stage.OFF, Stage.LOST) or (today is not None and today > window.last)
    return _NOT_TAKEN if over else _DUE, dossier.basis(enrolment)


def _samples(book: Book, study: Study, point: str, enrolled: Sequence[Dossier]) -> list[Row]:
    placed = [_sample_place(dossier, point) for dossier in enrolled]
    known = [_IN, _OUTSIDE, _MISSED, _NOT_TAKEN, _DUE]
    return [Row(study.point(point).name), *_branch(book, f"flow.sample.{point}", placed, known)]


def _follow_up(book: Book, enrolled: Sequence[Dossier]) -> list[Row]:
    under_way: Place = ("in_follow_up", Text("Still in the trial", "仍在研究中"))
    placed = [_left(d, d.basis(d.enrolment.ref), otherwise=under_way) for d in enrolled]
    rows = _branch(book, "flow", placed, [under_way])
    label = Text("Left the trial", "退出研究")
    off = [(place, basis) for place, basis in placed if place != under_way]
    rows.append(_line(book, "flow.off", label, (basis for _, basis in off), 1))
    rows += _branch(book, "flow.off", off, [ENDED, *_LEFT], indent=2)
    return [Row(Text("Follow-up", "随访")), *rows]


def not_completed(numbers: Mapping[str, object]) -> list[str]:
    """The ids of the counts that, with `flow.completed`, make up `flow.enrolled`."""
    ends = [end for end, _ in REASONS]
    reasons = [f"flow.{stem}.{end}" for stem in ("not_treated", "stopped") for end in ends]
    return [id for id in (*reasons, "flow.on_treatment", "flow.awaiting_treatment") if id in numbers]
