"""Time from enrolment to relapse, second cancer or death: survival, and incidence of relapse.

Assumptions, since no record states them: time starts on the day of enrolment, among all enrolled; an
event is the first of relapse, second cancer and death of any cause; a residual-disease answer is not an
event. Those without one are censored on the last day known free of it: a contact at which remission was
not confirmed counts for being alive only. One seen not in remission without a relapse on record is an open
question: counted, and named under the table. A year is 365.25 days.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from remission.conduct import events as ev
from remission.errors import InvariantBroken
from remission.results.dossier import Dossier
from remission.results.numbers import (
    FRACTION,
    NOT_EVALUABLE,
    NOT_REACHED,
    PARTICIPANTS,
    Basis,
    Book,
    Cell,
    Number,
    Row,
    Table,
    decimals,
    percent_of,
    plain,
)
from remission.stats.interval import Interval
from remission.stats.times.competing import CumulativeIncidence, cumulative_incidence
from remission.stats.times.survival import KaplanMeier, kaplan_meier
from remission.terms.evidence import EntryRef
from remission.terms.words import Text

YEARS = (1, 2, 3, 5)
UNSETTLED = "efs.not_in_remission"
CENSORED, RELAPSE, OTHER_EVENT = 0, 1, 2
_YEAR = "a"


@dataclass(frozen=True, slots=True)
class Observed:
    """One participant's time in years to an event, or to censoring (`cause` 0), with its entries."""

    years: float
    cause: int
    basis: Basis


@dataclass(frozen=True, slots=True)
class Curves:
    """The curves behind the table, for figures; None when nobody is enrolled."""

    efs: KaplanMeier | None
    os: KaplanMeier | None
    relapse: CumulativeIncidence | None


_Dated = tuple[date, EntryRef]


def _dated(dossier: Dossier, kinds: Sequence[type]) -> Iterator[_Dated]:
    for kind in kinds:
        for entry in dossier.all(kind):
            yield entry.event.on, entry.ref


def _contacts(dossier: Dossier, remission_confirmed: bool) -> Iterator[_Dated]:
    """Days on which the participant was seen alive (and, if asked for, in remission)."""
    yield from _dated(dossier, (ev.Enrolled, ev.MarrowTaken))
    for kind in (
        ev.InfusionStarted,
        ev.InfusionPaused,
        ev.InfusionRestarted,
        ev.DoseGiven,
        ev.TreatmentCompleted,
    ):
        for entry in dossier.all(kind):
            yield dossier.local_day(entry.event.at), entry.ref
    for entry in dossier.all(ev.FollowedUp):
        if entry.event.in_remission or not remission_confirmed:
            yield entry.event.on, entry.ref
    if not remission_confirmed:
        yield from _dated(dossier, (ev.Relapsed, ev.SecondCancer, ev.Withdrew))
        for entry in dossier.all(ev.LostToFollowUp):
            yield entry.event.last_seen, entry.ref


def event_free(dossier: Dossier) -> Observed:
    """Time to the first of relapse (cause 1), second cancer and death (cause 2), or to censoring."""
    events = [(on, ref, RELAPSE) for on, ref in _dated(dossier, (ev.Relapsed,))]
    events += [(on, ref, OTHER_EVENT) for on, ref in _dated(dossier, (ev.SecondCancer, ev.Died))]
    return _observed(dossier, events, _contacts(dossier, remission_confirmed=True))


def alive(dossier: Dossier) -> Observed:
    """Time to death of any cause (cause 1), or to censoring."""
    events = [(on, ref, RELAPSE) for on, ref in _dated(dossier, (ev.Died,))]
    return _observed(dossier, events, _contacts(dossier, remission_confirmed=False))


def _unsettled(dossier: Dossier) -> Basis | None:
    """The contacts at which one without a relapse on record was not in remission, or None."""
    seen = [entry.ref for entry in dossier.all(ev.FollowedUp) if entry.event.in_remission is False]
    if not seen or dossier.all(ev.Relapsed):
        return None
    return dossier.basis(dossier.enrolment.ref, *seen)


def unsettled_note(count: int) -> Text:
    """What stands under the table, and beside the published estimates, when there are such participants."""
    return Text(
        f"Open question: {count} seen not in remission without a relapse on record; such a contact is "
        "neither an event nor a time free of one.",
        f"待核实：{count}例随访时未处于缓解而无复发记录；该次随访既不计为事件，也不计入无事件时间。",
    )


def _unsettled_notes(book: Book, enrolled: Sequence[Dossier]) -> tuple[Text, ...]:
    bases = [basis for dossier in enrolled if (basis := _unsettled(dossier)) is not None]
    label = Text("Not in remission, no relapse on record", "未处于缓解，无复发记录")
    book.count(UNSETTLED, label, bases)
    return (unsettled_note(len(bases)),) if bases else ()


def _observed(
    dossier: Dossier, events: list[tuple[date, EntryRef, int]], contacts: Iterator[_Dated]
) -> Observed:
    start = dossier.enrolment
    if events:
        # On one day relapse comes before what it may have caused.
        on, ref, cause = min(events, key=lambda event: (event[0], event[2]))
    else:
        (on, ref), cause = max(contacts, key=lambda contact: contact[0]), CENSORED
    if on < start.event.on:
        raise InvariantBroken(
            f"an event on {on}, before enrolment on {start.event.on}",
            where=f"participant {dossier.subject}, ledger entry {ref.seq}",
            do="correct the date of the event or of the enrolment",
        )
    return Observed((on - start.event.on).days / 365.25, cause, dossier.basis(start.ref, ref))


def time_to_event(book: Book, enrolled: Sequence[Dossier]) -> tuple[Table, Curves]:
    """The table of all three, and their curves."""
    first, deaths = [event_free(d) for d in enrolled], [alive(d) for d in enrolled]
    efs = os = relapse = None
    if enrolled:
        efs = kaplan_meier([o.years for o in first], [o.cause != CENSORED for o in first])
        os = kaplan_meier([o.years for o in deaths], [o.cause != CENSORED for o in deaths])
        relapse = cumulative_incidence([o.years for o in first], [o.cause for o in first], RELAPSE)
    curves = Curves(efs, os, relapse)
    rows = [
        *_curve_rows(
            book, "efs", _EFS, first, lambda year: _survival(efs, year), lambda o: o.cause != CENSORED
        ),
        *_median_rows(book, "efs", _EFS, efs),
        *_curve_rows(
            book, "os", _OS, deaths, lambda year: _survival(os, year), lambda o: o.cause != CENSORED
        ),
        *_median_rows(book, "os", _OS, os),
        *_curve_rows(
            book,
            "relapse",
            _RELAPSE,
            first,
            lambda year: _incidence(relapse, year),
            lambda o: o.cause == RELAPSE,
        ),
        _competing_row(book, first),
    ]
    columns = (
        Text("Estimate [95 % interval]", "估计值[95%区间]"),
        Text("At risk", "风险人数"),
    )
    notes = (*_NOTES, *_unsettled_notes(book, enrolled))
    return Table("time_to_event", Text("Time to event", "时间-事件分析"), columns, tuple(rows), notes), curves


_EFS = Text("Event-free survival", "无事件生存")
_OS = Text("Overall survival", "总生存")
_RELAPSE = Text("Cumulative incidence of relapse", "累积复发率")
_NOTES = (
    Text(
        "From the day of enrolment, all enrolled. Events: relapse, second cancer, death of any cause "
        "(assumed; the record defines none). Censored at the last contact known free of the event.",
        "自入组日起，全部入组者。事件：复发、第二肿瘤、任何原因死亡（假设；登记记录未定义）。"
        "无事件者于末次确认无事件之日删失。",
    ),
    Text(
        "Kaplan-Meier and Aalen-Johansen estimates, log-log intervals.",
        "Kaplan-Meier与Aalen-Johansen估计，log-log区间。",
    ),
)

_Estimate = tuple[float, Interval | None, int]


def _survival(curve: KaplanMeier | None, year: float) -> _Estimate | None:
    step = None if curve is None else curve.at(year)
    return None if step is None else (step.survival, step.interval, step.at_risk)


def _incidence(curve: CumulativeIncidence | None, year: float) -> _Estimate | None:
    step = None if curve is None else curve.at(year)
    return None if step is None else (step.incidence, step.interval, step.at_risk)


def _curve_rows(
    book: Book, stem: str, name: Text, observed: Sequence[Observed],
    at: Callable[[float], _Estimate | None], happened: Callable[[Observed], bool],
) -> list[Row]:  # fmt: skip
    bases = tuple(o.basis for o in observed)
    n = book.count(f"{stem}.n", Text(f"{name.en}: participants", f"{name.zh}：人数"), bases)
    label = Text(f"{name.en}: events", f"{name.zh}：事件数")
    events = book.count(f"{stem}.events", label, [o.basis for o in observed if happened(o)])
    rows = [Row(name, (Cell((events, n), "{} / {}"),))]
    for year in YEARS:
        rows.append(_at_year(book, f"{stem}.at.{year}y", name, year, bases, at(year)))
    return rows


def years(count: int) -> Text:
    """A number of years in words."""
    return Text(f"{count} {'year' if count == 1 else 'years'}", f"{count}年")


def _at_year(
    book: Book, stem: str, name: Text, year: int, bases: tuple[Basis, ...], found: _Estimate | None
) -> Row:
    year_words = Text(f"at {years(year).en}", years(year).zh)
    when = Text(f"{name.en} {year_words.en}", f"{year_words.zh}{name.zh}")
    words = Text("estimate from the times of all enrolled", "由全部入组者的时间估计")
    nothing = NOT_REACHED if bases else NOT_EVALUABLE
    value, interval, at_risk = found or (None, None, None)
    values = (("", value, nothing), ("lower", interval and interval.lower, NOT_EVALUABLE),
              ("upper", interval and interval.upper, NOT_EVALUABLE))  # fmt: skip
    ids: list[str] = []
    for end, estimate, otherwise in values:
        text = otherwise if estimate is None else plain(percent_of(estimate))
        id, label = (stem, when) if not end else (f"{stem}.{end}", _limit(when, end))
        ids.append(book.enter(Number(id, estimate, text, FRACTION, label, words, (), bases)))
    label = Text(f"{when.en}: at risk", f"{when.zh}：风险人数")
    counted = Text("counted with a time of at least so many years", "计数：时间不短于该年数者")
    text = nothing if at_risk is None else plain(str(at_risk))
    risk = book.enter(Number(f"{stem}.at_risk", at_risk, text, PARTICIPANTS, label, counted, (), bases))
    return Row(year_words, (_estimate_cell(book, ids), Cell((risk,))), 1)


def _estimate_cell(book: Book, ids: list[str]) -> Cell:
    """The estimate with its interval, or alone where the interval is undefined (at 0 and at 1)."""
    return Cell(tuple(ids), "{} [{}, {}]") if book.numbers[ids[1]].value is not None else Cell((ids[0],))


def _limit(when: Text, end: str) -> Text:
    zh = {"lower": "下限", "upper": "上限"}[end]
    return Text(f"{when.en}: 95 % interval, {end} limit", f"{when.zh}：95%区间{zh}")


def _median_rows(book: Book, stem: str, name: Text, curve: KaplanMeier | None) -> list[Row]:
    bases = book.numbers[f"{stem}.n"].rests_on
    label = Text(f"{name.en}: median, years", f"{name.zh}：中位数（年）")
    words = Text("first time at which at most one half are left", "首次降至一半或以下的时间")
    value = None if curve is None else curve.median
    nothing = NOT_EVALUABLE if curve is None else NOT_REACHED
    text = nothing if value is None else plain(decimals(value))
    id = book.enter(Number(f"{stem}.median", value, text, _YEAR, label, words, (), bases))
    return [Row(Text("median, years", "中位数（年）"), (Cell((id,)),), 1)]


def _competing_row(book: Book, first: Sequence[Observed]) -> Row:
    label = Text("Second cancer or death before relapse", "复发前第二肿瘤或死亡")
    bases = [o.basis for o in first if o.cause == OTHER_EVENT]
    return Row(label, (Cell((book.count("relapse.competing", label, bases),)),), 1)
