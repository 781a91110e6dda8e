"""Analysis sets: who is in each, and for those left out which rule of the study file did it.

A set may ask for an evaluable result, so a set's members differ from endpoint to endpoint. A relapse, second
cancer or death before the endpoint is an answer, not a departure from the protocol: such a child is
evaluable, needs no sample in the window and no full course, and stays as a failure. A child whose answer is
pending is a member as long as no rule is broken for good: pending is not missing, and withholds the decision.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from remission.conduct import events as ev
from remission.protocol.study import AnalysisSet, SetRule, Study
from remission.results.dossier import Dossier
from remission.results.endpoints import Response
from remission.results.numbers import Basis, Book, Cell, Row, Table, merged, plain
from remission.terms.evidence import EntryRef
from remission.terms.ids import SubjectId
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An enrolled participant who is not in a set: the first of its rules that does not hold, and why."""

    basis: Basis
    rule: SetRule
    reason: Text


@dataclass(frozen=True, slots=True)
class Population:
    """The members of `set` for `endpoint`, each with what the membership rests on, and the others."""

    set: AnalysisSet
    endpoint: str
    members: Mapping[SubjectId, Basis]
    left_out: tuple[LeftOut, ...]


def population(
    chosen: AnalysisSet,
    endpoint: str,
    enrolled: Sequence[Dossier],
    answers: Mapping[SubjectId, Mapping[str, Response]],
) -> Population:
    """Who of the enrolled is in a set, for one endpoint.

    Parameters
    ----------
    chosen : AnalysisSet
        The set; all its rules must hold.
    endpoint : str
        The endpoint that *evaluable* and *in window* refer to.
    enrolled : sequence of Dossier
        Every enrolled participant.
    answers : mapping
        Their responses, by participant and endpoint.
    """
    members: dict[SubjectId, Basis] = {}
    left_out: list[LeftOut] = []
    for dossier in enrolled:
        held = [dossier.basis(dossier.enrolment.ref)]
        for rule in chosen.rules:
            response = answers[dossier.subject][endpoint]
            holds, reason, refs = _RULES[rule](dossier, response)
            held.append(dossier.basis(*refs))
            if not holds and not (response.pending and _open(rule, dossier)):
                left_out.append(LeftOut(merged([held[0], held[-1]]), rule, reason))
                break
        else:
            members[dossier.subject] = merged(held)
    return Population(chosen, endpoint, members, tuple(left_out))


Held = tuple[bool, Text, tuple[EntryRef, ...]]
_NO_REASON = plain("")


def _enrolled(dossier: Dossier, response: Response) -> Held:
    return True, _NO_REASON, (dossier.enrolment.ref,)


def _treated(dossier: Dossier, response: Response) -> Held:
    dose = dossier.first_dose
    if dose is not None:
        return True, _NO_REASON, (dose.ref,)
    not_given = dossier.last(ev.TreatmentNotGiven)
    if not_given is None:
        return False, Text("no dose recorded", "无给药记录"), ()
    why = not_given.event.why
    return False, Text(f"never treated: {why}", f"未接受治疗：{why}"), (not_given.ref,)


def _evaluable(dossier: Dossier, response: Response) -> Held:
    known = not response.indeterminate and not response.pending
    return known, response.reason, response.refs


def _eligible(dossier: Dossier, response: Response) -> Held:
    late = dossier.last(ev.FoundIneligibleLate)
    if late is None:
        return True, _NO_REASON, ()
    name = late.event.criterion
    return False, Text(f"found ineligible later ({name})", f"入组后发现不合格（{name}）"), (late.ref,)


def _no_major_deviation(dossier: Dossier, response: Response) -> Held:
    major = [entry for entry in dossier.all(ev.DeviationReported) if entry.event.major]
    if not major:
        return True, _NO_REASON, ()
    what = "; ".join(entry.event.what for entry in major)
    return (
        False,
        Text(f"major deviation: {what}", f"重大方案偏离：{what}"),
        tuple(entry.ref for entry in major),
    )


def _full_course(dossier: Dossier, response: Response) -> Held:
    if response.failed:
        return True, _NO_REASON, response.refs
    completed = dossier.last(ev.TreatmentCompleted)
    if completed is not None:
        return True, _NO_REASON, (completed.ref,)
    stopped = dossier.last(ev.TreatmentStopped)
    if stopped is None:
        return False, Text("course not completed", "疗程未完成"), ()
    why = stopped.event.why
    reason = Text(f"stopped, not by a rule of the protocol: {why}", f"非方案规定的停药：{why}")
    return stopped.event.as_protocol, reason, (stopped.ref,)


def _in_window(dossier: Dossier, response: Response) -> Held:
    if response.failed:
        return True, _NO_REASON, response.refs
    if response.taken_on is None:
        return False, Text("no day of the endpoint sample recorded", "无终点样本日期记录"), response.refs
    day = dossier.protocol_day(response.taken_on)
    window = dossier.study.point(dossier.study.endpoint(response.endpoint).point).window
    if day is None:
        return False, Text("day 1 is not known", "第1天未知"), response.refs
    reason = Text(
        f"sample on day {day}, outside days {window.first} to {window.last}",
        f"样本采于第{day}天，超出第{window.first}至{window.last}天窗口",
    )
    return day in window, reason, response.refs


def _open(rule: SetRule, dossier: Dossier) -> bool:
    """Whether a rule that does not hold yet may still come to hold, for one whose answer is pending."""
    match rule:
        case SetRule.EVALUABLE | SetRule.IN_WINDOW:
            return True
        case SetRule.TREATED:
            return not dossier.all(ev.TreatmentNotGiven)
        case SetRule.FULL_COURSE:
            return not (dossier.all(ev.TreatmentStopped) or dossier.all(ev.TreatmentNotGiven))
        case SetRule.ENROLLED | SetRule.ELIGIBLE | SetRule.NO_MAJOR_DEVIATION:
            return False


_RULES: dict[SetRule, Callable[[Dossier, Response], Held]] = {
    SetRule.ENROLLED: _enrolled,
    SetRule.TREATED: _treated,
    SetRule.EVALUABLE: _evaluable,
    SetRule.ELIGIBLE: _eligible,
    SetRule.NO_MAJOR_DEVIATION: _no_major_deviation,
    SetRule.FULL_COURSE: _full_course,
    SetRule.IN_WINDOW: _in_window,
}

RULE_WORDS: dict[SetRule, Text] = {
    SetRule.ENROLLED: Text("not enrolled", "未入组"),
    SetRule.TREATED: Text("not treated", "未接受治疗"),
    SetRule.EVALUABLE: Text("no evaluable result", "无可评估结果"),
    SetRule.ELIGIBLE: Text("found ineligible later", "入组后发现不合格"),
    SetRule.NO_MAJOR_DEVIATION: Text("major deviation", "重大方案偏离"),
    SetRule.FULL_COURSE: Text("course ended early, not by a rule", "疗程提前结束（非方案规定）"),
    SetRule.IN_WINDOW: Text("sample outside its window", "样本超出窗口"),
}


def sets_table(book: Book, study: Study, populations: Sequence[Population]) -> Table:
    """Members of each set by endpoint, and those left out by the first rule that did not hold.

    Members whose answer is pending are counted with the endpoint, as ``endpoint.<endpoint>.<set>.pending``.
    """
    rows: list[Row] = []
    for chosen in study.sets:
        of_set = {entry.endpoint: entry for entry in populations if entry.set.id == chosen.id}
        rows.append(Row(chosen.name, tuple(_members(book, of_set[e.id]) for e in study.endpoints)))
        for rule in chosen.rules:
            if rule is not SetRule.ENROLLED:
                cells = tuple(_left_out(book, of_set[e.id], rule) for e in study.endpoints)
                rows.append(Row(RULE_WORDS[rule], cells, indent=1))
    title = Text("Analysis sets", "分析集")
    note = Text(
        "Those left out are counted under the first rule, in the study file's order, that does not hold.",
        "未纳入者按研究文件顺序计入首个不满足的规则。",
    )
    wait = Text(
        "Those whose answer is still due are members until a rule is broken for good.",
        "结果未到期者在确定不满足某规则之前仍计为成员。",
    )
    return Table(
        "sets", title, tuple(endpoint.name for endpoint in study.endpoints), tuple(rows), (note, wait)
    )


def _members(book: Book, entry: Population) -> Cell:
    label = Text(f"{entry.set.name.en}: members", f"{entry.set.name.zh}：人数")
    return Cell((book.count(f"set.{entry.set.id}.{entry.endpoint}.n", label, entry.members.values()),))


def _left_out(book: Book, entry: Population, rule: SetRule) -> Cell:
    words = RULE_WORDS[rule]
    label = Text(f"{entry.set.name.en}: left out, {words.en}", f"{entry.set.name.zh}：未纳入，{words.zh}")
    bases = [out.basis for out in entry.left_out if out.rule is rule]
    return Cell((book.count(f"set.{entry.set.id}.{entry.endpoint}.left_out.{rule}", label, bases),))
