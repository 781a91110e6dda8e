"""The looks of the plan as of the data cut: which is due, what was counted, and what its boundary says.

A look is at the first so many participants by enrolment number (for toxicity: by the time of the first dose),
and nobody else takes the place of one whose answer is left out. It is reached once all of them are enrolled
(treated) and none of their answers is pending; for toxicity once each has had it, or the course and the days
in which it counts are over, or as soon as enough had it to stop. Where all endpoints make one claim, efficacy
stops only where every endpoint says so. A stop for futility or toxicity that is not binding decides nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from remission.conduct import events as ev
from remission.protocol.plan import Monitoring, Plan, Purpose
from remission.protocol.plan_boundaries import boundaries
from remission.protocol.plan_said import PURPOSES, monitoring_said, watched_said
from remission.protocol.study import Joint, Study
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
from remission.results.verdicts import YES_NO, Stop
from remission.terms.words import Text

_COLUMNS = (
    Text("What it says", "结论"),
    Text("Known of those looked at", "已知/应查看例数"),
    Text("Counted", "计数"),
    Text("Boundary", "界值"),
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
) -> tuple[Table, Stop | None]:
    """Every look of every monitoring, and the first that stopped the trial, if one did.

    Numbers are ``look.<monitoring>.<at>.known``, ``count`` and so on.
    """
    looks: list[_Look] = []
    for one in plan.monitoring:
        order = _treated(one, enrolled)
        if one.purpose is not Purpose.TOXICITY:
            order = _enrolled(enrolled, primary[one.watched]) if one.watched in primary else []
        for at, stop in zip(one.at, boundaries(one, study), strict=True):
            looks.append(_look(book, study, one, at, stop, order))
    every = _on_every_endpoint(study, looks)
    rows: list[Row] = []
    stops: list[Stop] = []
    for one in plan.monitoring:
        rows.append(Row(one.name))
        for look in (look for look in looks if look.of is one):
            rows.append(look.row(_says(book, look, every)))
            if look.over and (one.binding or one.purpose is Purpose.EFFICACY) and look.stops(every):
                stops.append(Stop(f"{look.stem}.says", look.words, one.purpose, one.watched, look.at))
    stop = min(stops, key=lambda found: found.at, default=None)
    notes = (*(monitoring_said(one, study) for one in plan.monitoring), _DECIDES)
    title = Text("Looks before the end", "期中查看")
    return Table("looks", title, _COLUMNS, tuple(rows), notes), stop


_DECIDES = Text(
    "A stop for efficacy, or a binding one, decides; any other leaves it to people whether to go on, and to "
    "the final test.",
    "因有效停止或有约束力的停止即为判定；其余由人决定是否继续，并以最终检验判定。",
)


def _enrolled(enrolled: Sequence[Dossier], members: Sequence[Placed]) -> list[_Watched]:
    """All enrolled, by number; one who is not counted for the endpoint is known, and no responder."""
    placed = {one.dossier.subject: one for one in members}
    found: list[_Watched] = []
    for dossier in sorted(enrolled, key=lambda one: one.enrolment.event.number):
        one = placed.get(dossier.subject)
        if one is None:
            found.append(_Watched(True, False, dossier.basis(dossier.enrolment.ref)))
        else:
            found.append(_Watched(one.counts is not As.PENDING, one.counts is As.RESPONDER, one.basis))
    return found


def _treated(one: Monitoring, enrolled: Sequence[Dossier]) -> list[_Watched]:
    """The treated, by first dose; each counts that had the toxicity at the grade, or worse, within its days.

    One who had none is known to have had none once the course ended and those days are over.
    """
    dosed = [
        (dose.event.at, dossier, dose.ref) for dossier in treated_of(enrolled) if (dose := dossier.first_dose)
    ]
    found: list[_Watched] = []
    for at, dossier, ref in sorted(dosed, key=lambda dose: (dose[0], dose[1].subject)):
        ended = _course_ended(dossier, dossier.local_day(at))
        last = date.max if ended is None else ended + timedelta(days=one.window_days or 0)
        had = [
            report
            for report in reports_of(dossier, last)[0]
            if report.term == slug(one.watched) and report.grade >= (one.grade or 1)
        ]
        refs = [ref, *(entry for report in had for entry in report.basis.refs)]
        found.append(_Watched(bool(had) or dossier.today > last, bool(had), dossier.basis(*refs)))
    return found


def _course_ended(dossier: Dossier, first: date) -> date | None:
    """The day on which a course begun on `first` was over, whatever ended it; None while it goes on."""
    over = [
        dossier.local_day(entry.event.at)
        for kind in (ev.TreatmentCompleted, ev.TreatmentStopped)
        for entry in dossier.all(kind)
    ]
    for kind in (ev.Withdrew, ev.Relapsed, ev.SecondCancer, ev.Died, ev.LostToFollowUp):
        over += [entry.event.on for entry in dossier.all(kind)]
    return min((day for day in over if day >= first), default=None)


@dataclass(frozen=True, slots=True)
class _Look:
    """One look: its numbers, whether it is due, and whether its count is over the boundary."""

    of: Monitoring
    at: int
    stem: str
    name: Text
    words: Text
    known: str
    size: str
    counted: str
    boundary: str
    due: bool
    over: bool

    def stops(self, every: frozenset[int]) -> bool:
        """Whether being over the boundary stops; for efficacy at all endpoints' looks only."""
        return self.of.purpose is not Purpose.EFFICACY or self.at in every

    def row(self, said: str) -> Row:
        """The line of the table."""
        cells = (Cell((self.known, self.size), "{} / {}"), Cell((self.counted,)), Cell((self.boundary,)))
        return Row(self.name, (Cell((said,)), *cells), 1)


def _on_every_endpoint(study: Study, looks: Sequence[_Look]) -> frozenset[int]:
    """The looks at which efficacy stops: over the boundary for every endpoint that the claim needs."""
    over = {(look.at, look.of.watched) for look in looks if look.over and look.of.purpose is Purpose.EFFICACY}
    needed = [endpoint.id for endpoint in study.endpoints] if study.design.joint is Joint.ALL else []
    return frozenset(at for at, _ in over if all((at, endpoint) in over for endpoint in needed))


def _look(
    book: Book, study: Study, one: Monitoring, at: int, stop: int | None, order: Sequence[_Watched]
) -> _Look:
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
    due = len(first) == at and all(who.known for who in first)
    count = sum(who.counts for who in first)
    ripe = due or one.purpose is Purpose.TOXICITY  # toxicities only add up: what says stop is not waited for
    over = ripe and stop is not None and (count <= stop if one.purpose is Purpose.FUTILITY else count >= stop)
    return _Look(one, at, stem, name, words, known, size_id, counted, boundary, due, over)


def _boundary(book: Book, study: Study, one: Monitoring, stop: int | None, stem: str, words: Text) -> str:
    sign = "≤" if one.purpose is Purpose.FUTILITY else "≥"
    text = Text("no count stops", "任何例数均不停止") if stop is None else plain(f"{sign} {stop}")
    source = f"study file {study.id}, version {study.version}, [[plan.monitoring]] {one.id}"
    rule = "" if one.spending is None else f": {one.spending} of {one.spend}, exact binomial at p0"
    label = Text(f"{words.en}: boundary", f"{words.zh}：界值")
    formula = plain(f"{source}{rule}")
    inputs = () if one.purpose is Purpose.TOXICITY else (f"control.{one.watched}.p0",)
    return book.enter(Number(f"{stem}.boundary", stop, text, PARTICIPANTS, label, formula, inputs))


def _says(book: Book, look: _Look, every: frozenset[int]) -> str:
    """1 where it says stop, 0 where it says go on, no value before it is reached."""
    one, words = look.of, look.words
    why = PURPOSES[one.purpose]
    held = Text("", "") if one.binding else Text(" (not binding)", "（无约束力）")
    if not look.due and not look.over:
        value, text = None, Text(f"look {NOT_REACHED.en}", f"{NOT_REACHED.zh}该次查看")
    elif not look.over:
        value, text = 0, Text("go on", "继续")
    elif look.stops(every):
        value, text = 1, Text(f"stop for {why.en}{held.en}", f"因{why.zh}停止{held.zh}")
    else:
        value = 0
        text = Text(
            "go on: the boundary is reached, but not for every endpoint", "继续：已达界值，但非全部终点"
        )
    label = Text(f"{words.en}: what it says", f"{words.zh}：结论")
    formula = Text(
        "the count held against the boundary, once every answer is known", "全部结果已知后，将计数与界值比较"
    )
    inputs = (look.known, look.counted, look.boundary)
    return book.enter(Number(f"{look.stem}.says", value, text, YES_NO, label, formula, inputs))
