"""The looks of the plan as of the data cut: which is due, what was counted, and what its boundary says.

A look is at the first so many participants by enrolment number (for toxicity: by the time of the first dose).
It is reached once all of them are enrolled (treated) and none of their answers is pending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remission.protocol.plan import Monitoring, Plan, Purpose
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.plan_said import PURPOSES, monitoring_said, watched_said
from remission.protocol.study import Study
from remission.results.control import YES_NO
from remission.results.dossier import Dossier
from remission.results.numbers import (
    NOT_REACHED,
    PARTICIPANTS,
    Basis,
    Book,
    Cell,
    Number,
    Row,
    Table,
    plain,
    slug,
)
from remission.results.planned.counting import As, Placed
from remission.results.toxicity import reports_of, treated_of
from remission.terms.words import Text

_COLUMNS = (
    Text("Known of those looked at", "已知/应查看例数"),
    Text("Counted", "计数"),
    Text("Boundary", "界值"),
    Text("What it says", "结论"),
)


@dataclass(frozen=True, slots=True)
class _Watched:
    """One in the order of the looks: whether the answer is known, whether it counts, and the entries."""

    known: bool
    counts: bool
    basis: Basis


def looks_table(
    book: Book,
    study: Study,
    plan: Plan,
    enrolled: Sequence[Dossier],
    primary: Mapping[str, Sequence[Placed]],
) -> Table:
    """Every look of every monitoring; numbers are ``look.<monitoring>.<at>.known``, ``count`` and so on."""
    rows: list[Row] = []
    for one in plan.monitoring:
        rows.append(Row(one.name))
        order = (
            _treated(one, enrolled)
            if one.purpose is Purpose.TOXICITY
            else _enrolled(primary.get(one.watched, ()))
        )
        for at, stop in zip(one.at, boundaries(one, study), strict=True):
            rows.append(_look(book, study, one, at, stop, order))
    notes = tuple(monitoring_said(one, study) for one in plan.monitoring)
    title = Text("Looks before the end", "期中查看")
    return Table("looks", title, _COLUMNS, tuple(rows), notes)


def _enrolled(members: Sequence[Placed]) -> list[_Watched]:
    inside = [one for one in members if one.counts is not As.LEFT_OUT]
    ordered = sorted(inside, key=lambda one: one.dossier.enrolment.event.number)
    return [_Watched(one.counts is not As.PENDING, one.counts is As.RESPONDER, one.basis) for one in ordered]


def _treated(one: Monitoring, enrolled: Sequence[Dossier]) -> list[_Watched]:
    """The treated, by first dose; each counts that has had the toxicity at the grade, or worse, so far."""
    dosed = [
        (dose.event.at, dossier, dose.ref) for dossier in treated_of(enrolled) if (dose := dossier.first_dose)
    ]
    found: list[_Watched] = []
    for _, dossier, ref in sorted(dosed, key=lambda dose: (dose[0], dose[1].subject)):
        had = [
            report
            for report in reports_of(dossier)[0]
            if report.term == slug(one.watched) and report.grade >= (one.grade or 1)
        ]
        refs = [ref, *(entry for report in had for entry in report.basis.refs)]
        found.append(_Watched(True, bool(had), dossier.basis(*refs)))
    return found


def _look(
    book: Book, study: Study, one: Monitoring, at: int, stop: int | None, order: Sequence[_Watched]
) -> Row:
    first, stem = order[:at], f"look.{one.id}.{at}"
    name = Text(f"first {at}", f"前{at}例")
    words = Text(f"{one.name.en}, {name.en}", f"{one.name.zh}，{name.zh}")
    known = book.count(
        f"{stem}.known",
        Text(f"{words.en}: known", f"{words.zh}：已知"),
        [who.basis for who in first if who.known],
    )
    watched = watched_said(one, study)
    counted = book.count(
        f"{stem}.count",
        Text(f"{words.en}: {watched.en}", f"{words.zh}：{watched.zh}"),
        [who.basis for who in first if who.counts],
    )
    planned = Text(
        "participants looked at: study file, [[plan.monitoring]]", "查看例数：研究文件，[[plan.monitoring]]"
    )
    size = Text(f"{words.en}: looked at", f"{words.zh}：应查看")
    size_id = book.enter(Number(f"{stem}.at", at, plain(str(at)), PARTICIPANTS, size, planned, (known,)))
    boundary = _boundary(book, study, one, stop, stem, words)
    said = _says(book, one, stem, words, known, counted, boundary, reached=len(first) == at)
    cells = (Cell((known, size_id), "{} / {}"), Cell((counted,)), Cell((boundary,)), Cell((said,)))
    return Row(name, cells, 1)


def _boundary(book: Book, study: Study, one: Monitoring, stop: int | None, stem: str, words: Text) -> str:
    sign = "≤" if one.purpose is Purpose.FUTILITY else "≥"
    text = Text("no count stops", "任何例数均不停止") if stop is None else plain(f"{sign} {stop}")
    source = f"study file {study.id}, version {study.version}, [[plan.monitoring]] {one.id}"
    rule = "" if one.spending is None else f": {one.spending} of {one.spend}, exact binomial at p0"
    label = Text(f"{words.en}: boundary", f"{words.zh}：界值")
    formula = plain(f"{source}{rule}")
    inputs = () if one.purpose is Purpose.TOXICITY else (f"control.{one.watched}.p0",)
    return book.enter(Number(f"{stem}.boundary", stop, text, PARTICIPANTS, label, formula, inputs))


def _says(
    book: Book,
    one: Monitoring,
    stem: str,
    words: Text,
    known: str,
    counted: str,
    boundary: str,
    *,
    reached: bool,
) -> str:
    """1 where it says stop, 0 where it says go on, no value before it is reached."""
    due = reached and book.numbers[known].value == book.numbers[f"{stem}.at"].value
    count, stop = book.numbers[counted].value or 0, book.numbers[boundary].value
    over = stop is not None and (count <= stop if one.purpose is Purpose.FUTILITY else count >= stop)
    why = PURPOSES[one.purpose]
    held = Text("", "") if one.binding else Text(" (not binding)", "（无约束力）")
    if not due:
        value, text = None, Text(f"look {NOT_REACHED.en}", f"{NOT_REACHED.zh}该次查看")
    elif over:
        value, text = 1, Text(f"stop for {why.en}{held.en}", f"因{why.zh}停止{held.zh}")
    else:
        value, text = 0, Text("go on", "继续")
    label = Text(f"{words.en}: what it says", f"{words.zh}：结论")
    formula = Text(
        "the count held against the boundary, once every answer is known", "全部结果已知后，将计数与界值比较"
    )
    return book.enter(Number(f"{stem}.says", value, text, YES_NO, label, formula, (known, counted, boundary)))
