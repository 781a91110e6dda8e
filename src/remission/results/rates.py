"""The endpoints in numbers: rates by set and risk group, the test against the control, the joint decision.

Indeterminate answers (missing, or not evaluable) are counted as the study file chose; for sets that keep
them, the other ways of counting stand beside it. Pending answers are in no denominator, and withhold the
decision. Only the claim is decided, in the primary set; where there is a plan it decides (`verdicts`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from remission.protocol.study import Endpoint, Indeterminate, Joint, RiskGroup, SetRule, Study
from remission.results.control import against_control, caveats
from remission.results.dossier import Dossier
from remission.results.endpoints import CountedAs, Response
from remission.results.numbers import (
    BLANK,
    FRACTION,
    NOT_EVALUABLE,
    Basis,
    Book,
    Cell,
    Number,
    Row,
    Table,
    merged,
    p_text,
    percent_of,
    plain,
)
from remission.results.populations import Population
from remission.results.verdicts import (
    NOMINAL,
    NOMINAL_NOTE,
    TOGETHER,
    alpha_of,
    as_claimed,
    claim_id,
    decision,
    interval_notes,
    looks_notes,
    primary_of,
    size_notes,
    undecided,
)
from remission.stats.pairs.joint import both_required, holm
from remission.stats.rates.proportions import clopper_pearson
from remission.terms.ids import SubjectId
from remission.terms.words import Text

Answers = Mapping[SubjectId, Mapping[str, Response]]

AS_NON_RESPONDER, AS_EXCLUDED, AS_RESPONDER = "as_non_responder", "as_excluded", "as_responder"
"""How indeterminate answers are counted; the last is the best case, shown as a bound only."""

HANDLING_WORDS: dict[str, Text] = {
    AS_NON_RESPONDER: Text("Indeterminate counted as no response", "不确定结果计为未缓解"),
    AS_EXCLUDED: Text("Indeterminate left out", "剔除不确定结果"),
    AS_RESPONDER: Text("Indeterminate counted as response (best case)", "不确定结果计为缓解（最佳情形）"),
}
_COLUMNS = (
    Text("Decision", "判定"),
    Text("Counted", "计入例数"),
    Text("Responders", "缓解例数"),
    Text("Rate [exact 95 % interval]", "缓解率[精确95%区间]"),
    Text("One-sided p", "单侧p值"),
    Text("Responders needed", "所需缓解例数"),
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a set with the answer to one endpoint and what both rest on."""

    dossier: Dossier
    response: Response
    basis: Basis


def handling_of(endpoint: Endpoint) -> str:
    """How the study file counts indeterminate answers to an endpoint."""
    return AS_EXCLUDED if endpoint.indeterminate is Indeterminate.EXCLUDED else AS_NON_RESPONDER


def handlings(endpoint: Endpoint) -> tuple[str, ...]:
    """All ways of counting indeterminate answers, the study file's choice first."""
    chosen = handling_of(endpoint)
    return (chosen, *(other for other in HANDLING_WORDS if other != chosen))


def groups_of(study: Study, enrolled: Sequence[Dossier]) -> list[RiskGroup]:
    """The risk groups that may enter, and any other in which somebody is enrolled."""
    entered = {dossier.group for dossier in enrolled}
    return [group for group in study.risk_groups if group.may_enter or group.id in entered]


def members(population: Population, enrolled: Sequence[Dossier], answers: Answers) -> list[Member]:
    """The members of a set, each with the answer."""
    found: list[Member] = []
    for dossier in enrolled:
        if dossier.subject in population.members:
            response = answers[dossier.subject][population.endpoint]
            basis = merged([population.members[dossier.subject], dossier.basis(*response.refs)])
            found.append(Member(dossier, response, basis))
    return found


def endpoint_tables(
    book: Book, study: Study, populations: Sequence[Population], enrolled: Sequence[Dossier], answers: Answers
) -> list[Table]:
    """One table for each endpoint, then the joint decision."""
    groups = groups_of(study, enrolled)
    tables: list[Table] = []
    for endpoint in study.endpoints:
        rows: list[Row] = []
        for population in populations:
            if population.endpoint == endpoint.id:
                rows += _set_rows(
                    book, study, endpoint, population, groups, members(population, enrolled, answers)
                )
        notes = (
            endpoint.note,
            *caveats(study, endpoint.id),
            HANDLING_WORDS[handling_of(endpoint)],
            *size_notes(book),
            *interval_notes(book, alpha_of(study, endpoint.id)),
            *looks_notes(study, [endpoint.id]),
            *_adjusted_note(study),
            NOMINAL_NOTE,
        )
        tables.append(Table(f"endpoint.{endpoint.id}", endpoint.name, _COLUMNS, tuple(rows), notes))
    return [*tables, _joint_table(book, study)]


def _adjusted_note(study: Study) -> tuple[Text, ...]:
    """Where one endpoint is enough its own p-value, and the count needed, are not what decides."""
    if study.design.joint is Joint.ALL or len(study.endpoints) < 2:
        return ()
    return (
        Text(
            "The decision rests on the p-value adjusted for all endpoints; the p-value and the responders "
            "needed here are of this endpoint alone.",
            "判定以针对全部终点校正的p值为准；此处p值与所需缓解例数仅就本终点而言。",
        ),
    )


def _set_rows(
    book: Book,
    study: Study,
    endpoint: Endpoint,
    population: Population,
    groups: list[RiskGroup],
    inside: list[Member],
) -> list[Row]:
    chosen, stem = population.set, f"endpoint.{endpoint.id}.{population.set.id}"
    _whole_numbers(book, stem, chosen.name, inside)
    handling = handling_of(endpoint)
    rows = [_tested(book, study, endpoint, stem, chosen.name, inside, handling, claim=chosen.primary)]
    for group in groups:
        here = [member for member in inside if member.dossier.group == group.id]
        words = Text(f"{chosen.name.en}, {group.name.en}", f"{chosen.name.zh}，{group.name.zh}")
        cells = _estimated(book, f"{stem}.{group.id}", words, here, handling)
        rows.append(Row(group.name, (BLANK, *cells), 1))
    if SetRule.EVALUABLE not in chosen.rules:
        for other in handlings(endpoint):
            words = HANDLING_WORDS[other]
            row = _tested(book, study, endpoint, f"{stem}.{other}", words, inside, other, claim=False)
            rows.append(replace(row, indent=1))
    for part, words in _PARTS.items():
        rows.append(Row(words, (BLANK, Cell((f"{stem}.{part}",))), 1))
    return rows


_PARTS: dict[str, Text] = {
    "negative": Text("of these: negative", "其中：阴性"),
    "non_responders": Text("of these: known non-responders", "其中：明确未缓解"),
    "indeterminate": Text("of these: indeterminate", "其中：不确定"),
    "pending": Text("of these: pending (not counted)", "其中：待定（未计入）"),
}


def _whole_numbers(book: Book, stem: str, name: Text, inside: list[Member]) -> None:
    """Enter who answered how, each member once."""
    parts: dict[str, list[Basis]] = {part: [] for part in _PARTS}
    for member in inside:
        parts[_part(member.response)].append(member.basis)
    for part, words in _PARTS.items():
        label = Text(f"{name.en}, {words.en}", f"{name.zh}，{words.zh}")
        book.count(f"{stem}.{part}", label, parts[part])


def _part(response: Response) -> str:
    if response.pending:
        return "pending"
    if response.indeterminate:
        return "indeterminate"
    return "negative" if response.counted_as is CountedAs.RESPONDER else "non_responders"


def counted(response: Response, handling: str) -> CountedAs:
    """What an answer counts as when indeterminate answers are counted by `handling`."""
    if not response.indeterminate:
        return response.counted_as
    return {
        AS_NON_RESPONDER: CountedAs.NON_RESPONDER,
        AS_EXCLUDED: CountedAs.EXCLUDED,
        AS_RESPONDER: CountedAs.RESPONDER,
    }[handling]


def _estimated(book: Book, stem: str, name: Text, inside: list[Member], handling: str) -> tuple[Cell, ...]:
    """Enter n, responders, rate and exact interval under `stem`."""
    known = [(member, counted(member.response, handling)) for member in inside]
    whole = [member.basis for member, how in known if how in (CountedAs.RESPONDER, CountedAs.NON_RESPONDER)]
    part = [member.basis for member, how in known if how is CountedAs.RESPONDER]
    return estimated(book, stem, name, whole, part)


def estimated(
    book: Book, stem: str, name: Text, whole: Sequence[Basis], part: Sequence[Basis]
) -> tuple[Cell, Cell, Cell]:
    """Enter n, responders, rate and exact interval under `stem`, from who is counted and who responded."""
    n = book.count(f"{stem}.n", _of(name, "counted", "计入例数"), whole)
    x = book.count(f"{stem}.responders", _of(name, "responders", "缓解例数"), part)
    rate = book.rate(f"{stem}.rate", _of(name, "rate", "缓解率"), x, n)
    interval = clopper_pearson(len(part), len(whole)) if whole else None
    limits: list[str] = []
    for end, en, zh in (("lower", "lower limit", "下限"), ("upper", "upper limit", "上限")):
        value = None if interval is None else float(getattr(interval, end))
        text = NOT_EVALUABLE if value is None else plain(percent_of(value))
        words = Text("Clopper and Pearson 1934, two-sided 95 %", "Clopper-Pearson 1934，双侧95%")
        label = _of(name, f"exact 95 % interval, {en}", f"精确95%区间{zh}")
        limits.append(book.enter(Number(f"{stem}.ci_{end}", value, text, FRACTION, label, words, (x, n))))
    return Cell((n,)), Cell((x,)), Cell((rate, *limits), "{} [{}, {}]")


def _of(name: Text, en: str, zh: str) -> Text:
    return Text(f"{name.en}: {en}", f"{name.zh}：{zh}")


def _tested(
    book: Book, study: Study, endpoint: Endpoint, stem: str, name: Text, inside: list[Member],
    handling: str, *, claim: bool,
) -> Row:  # fmt: skip
    """A tested row; `claim`: it is the one that a decision on the endpoint would rest on."""
    cells = _estimated(book, stem, name, inside, handling)
    alpha = alpha_of(study, endpoint.id)
    p_id, critical = against_control(book, study, endpoint.id, stem, alpha)
    id, planned = f"{stem}.decision", primary_of(study, endpoint.id)
    if not claim:
        decided = undecided(book, id, NOMINAL, (p_id,))
    elif planned is not None:
        decided = as_claimed(book, id, [f"plan.{planned.id}.{endpoint.id}.decision"])
    elif len(study.endpoints) > 1:
        decided = undecided(book, id, TOGETHER, (p_id,))
    else:
        pending = (f"{stem}.pending",)
        decided = decision(book, study, id, p_id, [endpoint.id], pending=pending, alpha=alpha)
    return Row(name, (Cell((decided,)), *cells, Cell((p_id,)), Cell((critical,))))


def _joint_table(book: Book, study: Study) -> Table:
    """All endpoints required, and any one enough (Holm), in the primary set; the study's reading first."""
    primary = next(chosen for chosen in study.sets if chosen.primary)
    stems = [f"endpoint.{endpoint.id}.{primary.id}" for endpoint in study.endpoints]
    pending = tuple(f"{stem}.pending" for stem in stems)
    p_ids = tuple(f"{stem}.p" for stem in stems)
    rows = {
        Joint.ALL: _all_required(book, study, p_ids, pending),
        Joint.ANY: _any_enough(book, study, p_ids, pending),
    }
    other = Joint.ANY if study.design.joint is Joint.ALL else Joint.ALL
    ordered = (*rows[study.design.joint], *rows[other])
    endpoints = [endpoint.id for endpoint in study.endpoints]
    notes = (
        *size_notes(book),
        *(caveat for endpoint in endpoints for caveat in caveats(study, endpoint)),
        *looks_notes(study, endpoints),
        NOMINAL_NOTE,
    )
    title = Text(f"Decision ({primary.name.en})", f"判定（{primary.name.zh}）")
    return Table("joint", title, (Text("Value", "数值"),), ordered, notes)


def _claimed(book: Book, study: Study, reading: Joint, p_id: str, pending: tuple[str, ...]) -> str:
    """The decision on all endpoints together: only for the reading that the study file takes."""
    id, endpoints = f"joint.{reading}.decision", [endpoint.id for endpoint in study.endpoints]
    if reading is not study.design.joint:
        return undecided(book, id, NOMINAL, (p_id,))
    primary = {one.id: one for endpoint in endpoints if (one := primary_of(study, endpoint)) is not None}
    if primary:
        return as_claimed(book, id, [claim_id(one) for one in primary.values()])
    return decision(
        book, study, id, p_id, endpoints,
        pending=pending, alpha="design.alpha", every=reading is Joint.ALL,
    )  # fmt: skip


def _known(book: Book, p_ids: tuple[str, ...]) -> list[float] | None:
    """The p-values, or None unless every endpoint has one."""
    known = [value for id in p_ids if (value := book.numbers[id].value) is not None]
    return known if len(known) == len(p_ids) else None


def _all_required(book: Book, study: Study, p_ids: tuple[str, ...], pending: tuple[str, ...]) -> list[Row]:
    p_values = _known(book, p_ids)
    label, words = Text("Largest p", "最大p值"), Text("largest p (Berger 1982)", "最大p值（Berger 1982）")
    largest = None if p_values is None else both_required(p_values)
    id = _entered_p(book, "joint.all.p", largest, label, words, p_ids)
    decided = _claimed(book, study, Joint.ALL, id, pending)
    return [Row(Text("All endpoints required", "须全部终点达到")), *_lines(book, [id, decided])]


def _any_enough(book: Book, study: Study, p_ids: tuple[str, ...], pending: tuple[str, ...]) -> list[Row]:
    p_values = _known(book, p_ids)
    adjusted = [None] * len(p_ids) if p_values is None else holm(p_values)
    words = Text("adjusted by Holm 1979 for all endpoints", "按Holm 1979校正")
    each: list[str] = []
    for endpoint, p in zip(study.endpoints, adjusted, strict=True):
        label = _of(endpoint.name, "adjusted p", "校正p值")
        each.append(_entered_p(book, f"joint.any.{endpoint.id}.p", p, label, words, p_ids))
    label = Text("Smallest adjusted p", "最小校正p值")
    smallest = min((p for p in adjusted if p is not None), default=None)
    id = _entered_p(book, "joint.any.p", smallest, label, label, tuple(each))
    decided = _claimed(book, study, Joint.ANY, id, pending)
    return [Row(Text("Any endpoint suffices", "任一终点达到即可")), *_lines(book, [*each, id, decided])]


def _lines(book: Book, ids: Sequence[str]) -> list[Row]:
    return [Row(book.numbers[id].label, (Cell((id,)),), 1) for id in ids]


def _entered_p(
    book: Book, id: str, p: float | None, label: Text, words: Text, inputs: tuple[str, ...]
) -> str:
    text = NOT_EVALUABLE if p is None else plain(p_text(p))
    return book.enter(Number(id, p, text, FRACTION, label, words, inputs))
