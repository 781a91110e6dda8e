"""Landmark analyses: time from a fixed protocol day on, by an answer that was known by then.

Those with the event, or last seen, on or before the landmark's day are left out, and so are those whose
answer is unknown, or from a sample taken after that day: otherwise a group would be made by what came later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from remission.errors import InputRefused
from remission.protocol.plan import Curve, Landmark, Plan
from remission.protocol.plan_said import landmark_said
from remission.protocol.study import Study
from remission.results.dossier import Dossier
from remission.results.endpoints import FAILURES, CountedAs, Response
from remission.results.numbers import (
    FRACTION,
    NOT_EVALUABLE,
    NOT_REACHED,
    Basis,
    Book,
    Cell,
    Number,
    Row,
    Table,
    p_text,
    percent_of,
    plain,
)
from remission.results.planned.counting import with_refs
from remission.results.rates import Answers
from remission.results.time_to_event import CENSORED, YEARS, Observed, alive, event_free, years
from remission.stats.times.logrank import log_rank
from remission.stats.times.survival import KaplanMeier, kaplan_meier
from remission.terms.days import date_of
from remission.terms.words import Text

RESPONDERS, OTHERS = "responders", "non_responders"
GROUPS: dict[str, Text] = {RESPONDERS: Text("response", "缓解"), OTHERS: Text("no response", "未缓解")}
_LEFT_OUT: dict[str, Text] = {
    "before": Text("left out: event, or last seen, by then", "剔除：届时已发生事件或末次随访"),
    "unknown": Text("left out: answer unknown by then", "剔除：届时结果未知"),
}


@dataclass(frozen=True, slots=True)
class Landmarked:
    """A landmark carried out: the curve of each group from the landmark on, None where nobody is in it."""

    landmark: Landmark
    curves: dict[str, KaplanMeier | None]


def landmark_table(
    book: Book, study: Study, plan: Plan, enrolled: Sequence[Dossier], answers: Answers
) -> tuple[Table, tuple[Landmarked, ...]]:
    """Every landmark's groups; numbers are ``landmark.<landmark>.<group>.n``, ``events``, ``at.2y``."""
    rows: list[Row] = []
    done: list[Landmarked] = []
    times = {
        curve: [_TIMES[curve](dossier) for dossier in enrolled]
        for curve in {one.curve for one in plan.landmarks}
    }
    for one in plan.landmarks:
        rows.append(Row(one.name))
        groups: dict[str, list[Observed]] = {group: [] for group in (*GROUPS, *_LEFT_OUT)}
        for dossier, whole in zip(enrolled, times[one.curve], strict=True):
            group, observed = _placed(one, dossier, whole, answers[dossier.subject][one.by])
            groups[group].append(observed)
        curves = {group: _curve(groups[group]) for group in GROUPS}
        for group, words in GROUPS.items():
            rows.append(_group_row(book, one, group, words, groups[group], curves[group]))
        rows.append(_test_row(book, one, groups))
        for group, words in _LEFT_OUT.items():
            label = Text(f"{one.name.en}: {words.en}", f"{one.name.zh}：{words.zh}")
            count = book.count(f"landmark.{one.id}.{group}", label, [o.basis for o in groups[group]])
            rows.append(Row(words, (Cell((count,)),), 1))
        done.append(Landmarked(one, curves))
    columns = (
        Text("Events / participants", "事件数/例数"),
        *(Text(f"at {years(year).en} [95 % interval]", f"{years(year).zh}[95%区间]") for year in YEARS),
    )
    notes = tuple(landmark_said(one, study) for one in plan.landmarks)
    title = Text("From the landmark on, by response", "界标后按缓解分组")
    return Table("landmarks", title, columns, tuple(rows), notes), tuple(done)


_TIMES: dict[Curve, Callable[[Dossier], Observed]] = {Curve.EVENT_FREE: event_free, Curve.ALIVE: alive}


def _placed(one: Landmark, dossier: Dossier, whole: Observed, response: Response) -> tuple[str, Observed]:
    """The group, and the time in years from the landmark on."""
    basis = with_refs(whole.basis, dossier, response.refs)
    day_one = dossier.day_one
    if response.indeterminate or response.pending or day_one is None:
        return "unknown", Observed(whole.years, whole.cause, basis)
    landmark = date_of(one.day, day_one)
    if _known_on(dossier, response, landmark) > landmark:
        return "unknown", Observed(whole.years, whole.cause, basis)
    since = (landmark - dossier.enrolment.event.on).days / 365.25
    left = Observed(whole.years - since, whole.cause, basis)
    if left.years <= 0:
        return "before", left
    return (RESPONDERS if response.counted_as is CountedAs.RESPONDER else OTHERS), left


def _known_on(dossier: Dossier, response: Response, landmark: date) -> date:
    """The day of the deciding sample, or of the failure that came first."""
    if response.failed:
        days = [entry.event.on for kind in FAILURES for entry in dossier.all(kind)]
        return min(days, default=landmark)
    return response.taken_on or landmark


def _curve(inside: Sequence[Observed]) -> KaplanMeier | None:
    if not inside:
        return None
    return kaplan_meier([o.years for o in inside], [o.cause != CENSORED for o in inside])


def _test_row(book: Book, one: Landmark, groups: dict[str, list[Observed]]) -> Row:
    """The log-rank test between the groups; not evaluable with nobody in one of them, or without an event."""
    inside = [(group, o) for group in GROUPS for o in groups[group]]
    p: float | None = None
    if all(groups[group] for group in GROUPS) and any(o.cause != CENSORED for _, o in inside):
        try:
            p = log_rank(
                [o.years for _, o in inside], [o.cause != CENSORED for _, o in inside], [g for g, _ in inside]
            ).p
        except InputRefused:  # no event while both groups were at risk
            p = None
    label = Text(f"{one.name.en}: two-sided log-rank p", f"{one.name.zh}：双侧log-rank p值")
    words = Text("log-rank test of the two groups from the landmark on", "界标后两组log-rank检验")
    text = NOT_EVALUABLE if p is None else plain(p_text(p))
    inputs = tuple(f"landmark.{one.id}.{group}.{what}" for group in GROUPS for what in ("n", "events"))
    id = book.enter(Number(f"landmark.{one.id}.p", p, text, FRACTION, label, words, inputs))
    return Row(Text("log-rank p (two-sided)", "log-rank p值（双侧）"), (Cell((id,)),), 1)


def _group_row(
    book: Book, one: Landmark, group: str, words: Text, inside: Sequence[Observed], curve: KaplanMeier | None
) -> Row:
    stem = f"landmark.{one.id}.{group}"
    name = Text(f"{one.name.en}, {words.en}", f"{one.name.zh}，{words.zh}")
    label = Text(f"{name.en}: participants", f"{name.zh}：例数")
    n = book.count(f"{stem}.n", label, [o.basis for o in inside])
    label = Text(f"{name.en}: events", f"{name.zh}：事件数")
    events = book.count(f"{stem}.events", label, [o.basis for o in inside if o.cause != CENSORED])
    bases = tuple(o.basis for o in inside)
    at = [_at(book, f"{stem}.at.{year}y", name, year, curve, bases) for year in YEARS]
    return Row(words, (Cell((events, n), "{} / {}"), *at), 1)


def _at(
    book: Book, stem: str, name: Text, year: int, curve: KaplanMeier | None, bases: tuple[Basis, ...]
) -> Cell:
    step = None if curve is None else curve.at(year)
    limits = None if step is None else step.interval
    when = Text(f"{name.en}, at {years(year).en}", f"{name.zh}，{years(year).zh}")
    method = Text(
        "Kaplan-Meier from the landmark on, log-log interval", "自界标起的Kaplan-Meier估计，log-log区间"
    )
    ids: list[str] = []
    for end, value, en, zh in (
        ("", None if step is None else step.survival, "", ""),
        (".lower", limits and limits.lower, ": lower limit", "：下限"),
        (".upper", limits and limits.upper, ": upper limit", "：上限"),
    ):
        otherwise = NOT_EVALUABLE if end or curve is None else NOT_REACHED
        text = otherwise if value is None else plain(percent_of(value))
        label = Text(f"{when.en}{en}", f"{when.zh}{zh}")
        ids.append(book.enter(Number(f"{stem}{end}", value, text, FRACTION, label, method, (), bases)))
    return Cell(tuple(ids), "{} [{}, {}]") if limits is not None else Cell((ids[0],))
