"""Subgroups of the plan: who is in which group, and the rates of each endpoint in each group.

A subgroup describes; nothing is decided on it. One whose group cannot be told stands under *not known*.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import pairwise

from remission.mrd.words import percent
from remission.protocol.plan import Of, Plan, Role, Subgroup
from remission.protocol.study import FactKind, FactSpec, Study
from remission.results.dossier import Dossier
from remission.results.numbers import Basis, Book, Cell, Row, Table, plain
from remission.results.planned.counting import As, Placed, with_refs
from remission.results.rates import estimated
from remission.terms.days import age_in_months
from remission.terms.evidence import EntryRef
from remission.terms.ids import SubjectId
from remission.terms.words import Text

UNKNOWN = "unknown"
_UNKNOWN_WORDS = Text("not known", "未知")
_YES_NO = (("yes", Text("yes", "是")), ("no", Text("no", "否")))


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a subgroup."""

    id: str
    name: Text


@dataclass(frozen=True, slots=True)
class Grouped:
    """A subgroup made: its groups in order (hospitals without participants are left out), and who is where.

    `refs`: what a participant's group rests on.
    """

    subgroup: Subgroup
    groups: tuple[Group, ...]
    of: Mapping[SubjectId, str]
    refs: Mapping[SubjectId, tuple[EntryRef, ...]]


_Found = tuple[str, tuple[EntryRef, ...]]


def grouped(study: Study, subgroup: Subgroup, enrolled: Sequence[Dossier]) -> Grouped:
    """Put every enrolled participant into a group of `subgroup`."""
    groups, place = _MAKERS[subgroup.of](study, subgroup)
    found = {dossier.subject: place(dossier) for dossier in enrolled}
    of = {subject: group for subject, (group, _) in found.items()}
    here = set(of.values())
    names = [one for one in groups if subgroup.of is not Of.SITE or one.id in here]
    named = {one.id for one in names}
    others = [one for one in groups if one.id in here - named]
    unknown = [Group(UNKNOWN, _UNKNOWN_WORDS)] if UNKNOWN in here else []
    refs = {subject: refs for subject, (_, refs) in found.items()}
    return Grouped(subgroup, (*names, *others, *unknown), of, refs)


def possible(study: Study, subgroup: Subgroup) -> list[Group]:
    """Every group of `subgroup`, whether or not anybody is in it."""
    return _MAKERS[subgroup.of](study, subgroup)[0]


_Place = Callable[[Dossier], _Found]
_Made = tuple[list[Group], _Place]


def _by_risk(study: Study, subgroup: Subgroup) -> _Made:
    groups = [Group(one.id, one.name) for one in study.risk_groups if one.may_enter]
    known = {one.id for one in groups}

    def place(dossier: Dossier) -> _Found:
        return (dossier.group if dossier.group in known else UNKNOWN), (dossier.enrolment.ref,)

    return groups, place


def _by_site(study: Study, subgroup: Subgroup) -> _Made:
    groups = [Group(str(site.id), site.name) for site in study.sites]
    return groups, lambda dossier: (str(dossier.participant.site), (dossier.enrolment.ref,))


def _by_age(study: Study, subgroup: Subgroup) -> _Made:
    def place(dossier: Dossier) -> _Found:
        birth, enrolment = dossier.answer(study.earliest_birth_fact), dossier.enrolment
        if birth is None or not isinstance(birth.value, date):
            return UNKNOWN, (enrolment.ref,)
        months = Decimal(age_in_months(birth.value, enrolment.event.on))
        return _band(subgroup, months), (birth.ref, enrolment.ref)

    return _bands(subgroup, _age_words), place


def _by_level(study: Study, subgroup: Subgroup) -> _Made:
    def place(dossier: Dossier) -> _Found:
        reported = dossier.reported(subgroup.method, subgroup.point)
        if reported is None:
            return UNKNOWN, (dossier.enrolment.ref,)
        return _band(subgroup, Decimal(str(reported.event.result.level))), (reported.ref,)

    return _bands(subgroup, lambda cut: plain(percent(float(cut)))), place


def _by_fact(study: Study, subgroup: Subgroup) -> _Made:
    spec = study.fact(subgroup.fact)
    if spec.kind is FactKind.NUMBER:
        unit = f" {spec.unit}".rstrip()
        groups = _bands(subgroup, lambda cut: plain(f"{cut.normalize():f}{unit}"))
    elif spec.kind is FactKind.YES_NO:
        groups = [Group(id, words) for id, words in _YES_NO]
    else:
        groups = [Group(_code_id(code), _code_words(spec, code)) for code in spec.codes]
    return groups, partial(_answer, subgroup, spec)


def _answer(subgroup: Subgroup, spec: FactSpec, dossier: Dossier) -> _Found:
    """The answer true at the first dose; without a dose the latest."""
    dose = dossier.first_dose
    answered = dossier.answer(spec.id, None if dose is None else dossier.local_day(dose.event.at))
    if answered is None:
        return UNKNOWN, (dossier.enrolment.ref,)
    match answered.value:
        case bool() as yes:
            group = "yes" if yes else "no"
        case Decimal() as amount:
            group = _band(subgroup, amount)
        case code:
            group = _code_id(str(code))
    return group, (answered.ref,)


_CODES = {"female": Text("female", "女"), "male": Text("male", "男")}


def _code_id(code: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in code)


def _code_words(spec: FactSpec, code: str) -> Text:
    return spec.said(code) if spec.code_names else _CODES.get(code, spec.said(code))


def _band(subgroup: Subgroup, value: Decimal) -> str:
    return f"band{sum(value >= cut for cut in subgroup.cuts)}"


def _bands(subgroup: Subgroup, words: Callable[[Decimal], Text]) -> list[Group]:
    """Bands between the cuts; a cut is in the band above it."""
    said = [words(cut) for cut in subgroup.cuts]
    names = [Text(f"below {said[0].en}", f"<{said[0].zh}")]
    for low, high in pairwise(said):
        names.append(Text(f"{low.en} to below {high.en}", f"{low.zh}至<{high.zh}"))
    names.append(Text(f"{said[-1].en} or more", f"≥{said[-1].zh}"))
    return [Group(f"band{place}", name) for place, name in enumerate(names)]


def _age_words(cut: Decimal) -> Text:
    years, months = divmod(int(cut), 12)
    if months:
        return Text(f"{int(cut)} months", f"{int(cut)}月")
    return Text(f"{years} {'year' if years == 1 else 'years'}", f"{years}岁")


_MAKERS: dict[Of, Callable[[Study, Subgroup], _Made]] = {
    Of.RISK_GROUP: _by_risk,
    Of.SITE: _by_site,
    Of.AGE: _by_age,
    Of.LEVEL: _by_level,
    Of.FACT: _by_fact,
}


def subgroup_table(
    book: Book, study: Study, plan: Plan, made: Sequence[Grouped], primary: Mapping[str, Sequence[Placed]]
) -> Table:
    """Rates of every endpoint in every group, counted as in the primary estimand.

    Numbers are ``subgroup.<subgroup>.<group>.<endpoint>.`` and ``n``, ``responders``, ``rate``, ``ci_lower``,
    ``ci_upper``.
    """
    rows: list[Row] = []
    for one in made:
        rows.append(Row(one.subgroup.name))
        inside = {endpoint: _by_group(one, members) for endpoint, members in primary.items()}
        for group in one.groups:
            cells = [
                cell
                for endpoint in study.endpoints
                for cell in _cells(
                    book,
                    one,
                    group,
                    endpoint.id,
                    endpoint.name,
                    inside.get(endpoint.id, {}).get(group.id, []),
                )
            ]
            rows.append(Row(group.name, tuple(cells), 1))
    columns = [
        column
        for endpoint in study.endpoints
        for column in (
            Text(f"{endpoint.name.en}: responders", f"{endpoint.name.zh}：缓解例数"),
            Text("Rate [exact 95 % interval]", "缓解率[精确95%区间]"),
        )
    ]
    who = next((one.name for one in plan.estimands if one.role is Role.PRIMARY), _UNKNOWN_WORDS)
    notes = (
        Text(
            f"Counted as in the primary estimand ({who.en}). Intervals are not adjusted for their number; "
            "groups describe, nothing is decided on them.",
            f"按主要估计目标（{who.zh}）计数。区间未作多重性校正；亚组仅供描述，不据以判定。",
        ),
    )
    return Table("subgroups", Text("Subgroups", "亚组"), tuple(columns), tuple(rows), notes)


def _by_group(one: Grouped, members: Sequence[Placed]) -> dict[str, list[tuple[As, Basis]]]:
    found: dict[str, list[tuple[As, Basis]]] = {}
    for placed in members:
        subject = placed.dossier.subject
        basis = with_refs(placed.basis, placed.dossier, one.refs[subject])
        found.setdefault(one.of[subject], []).append((placed.counts, basis))
    return found


def _cells(
    book: Book, one: Grouped, group: Group, endpoint: str, name: Text, inside: Sequence[tuple[As, Basis]]
) -> tuple[Cell, Cell]:
    stem = f"subgroup.{one.subgroup.id}.{group.id}.{endpoint}"
    words = Text(
        f"{one.subgroup.name.en} {group.name.en}, {name.en}",
        f"{one.subgroup.name.zh}{group.name.zh}，{name.zh}",
    )
    whole = [basis for counts, basis in inside if counts in (As.RESPONDER, As.NON_RESPONDER)]
    part = [basis for counts, basis in inside if counts is As.RESPONDER]
    n, x, rate = estimated(book, stem, words, whole, part)
    return Cell((*x.numbers, *n.numbers), "{} / {}"), rate
