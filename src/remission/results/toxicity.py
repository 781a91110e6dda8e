"""Toxicity among the treated: affected, at risk and events by term; the terms the protocol acts on first.

A participant counts once per term, at the worst grade; a report counts once as an event, at its own worst
grade. A report that began before the day of the first dose counts only if it was graded worse from that day
on than last before it, at its worst grade since; the others are counted apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from remission.conduct import events as ev
from remission.protocol.study import Study
from remission.results.dossier import Dossier
from remission.results.numbers import Basis, Book, Cell, Row, Table, merged, plain, slug
from remission.terms.ids import SubjectId
from remission.terms.words import Text

GRADES = (1, 2, 3, 4, 5)
OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Report:
    """One reported toxicity of a treated participant at its worst grade; `term` is the slug of its words."""

    subject: SubjectId
    term: str
    words: str
    system: str
    grade: int
    serious: bool
    related: str
    basis: Basis


_WORDS: dict[str, Text] = {
    "crs": Text("Cytokine release syndrome", "细胞因子释放综合征"),
    "neurologic": Text("Neurologic toxicity", "神经毒性"),
    "repeated_seizure": Text("Repeated seizure", "反复惊厥"),
    "liver": Text("Liver toxicity", "肝毒性"),
}
_FIRST = ("crs", "neurologic")

_KINDS: dict[str, tuple[Text, Callable[[Report], bool]]] = {
    "any": (Text("Any grade", "任何级别"), lambda report: True),
    "grade3plus": (Text("Grade 3 or more", "≥3级"), lambda report: report.grade >= 3),
    "serious": (Text("Serious", "严重"), lambda report: report.serious),
    "not_serious": (Text("Not serious", "非严重"), lambda report: not report.serious),
    "related": (Text("Related", "相关"), lambda report: report.related == "yes"),
}


def treated_of(enrolled: Sequence[Dossier]) -> list[Dossier]:
    """Those who received at least one dose: the participants at risk."""
    return [dossier for dossier in enrolled if dossier.first_dose is not None]


def reports_of(dossier: Dossier, until: date = date.max) -> tuple[list[Report], list[Report]]:
    """A treated participant's reports: begun or worsened from the day of the first dose on; the others.

    What began, or was graded again, after the day `until` is left out.
    """
    dose = dossier.first_dose
    first_day = None if dose is None else dossier.local_day(dose.event.at)
    regraded = [again for again in dossier.all(ev.ToxicityRegraded) if again.event.on <= until]
    since: list[Report] = []
    before: list[Report] = []
    for entry in dossier.all(ev.ToxicityReported):
        said = entry.event
        if said.began > until:
            continue
        later = [again for again in regraded if again.event.id == said.id]
        regrades = [(again.event.on, again.event.grade) for again in later]
        grade, emergent = _emergent(said, regrades, first_day)
        refs = (entry.ref, *(again.ref for again in later))
        report = Report(
            dossier.subject, slug(said.term), said.term, said.system, grade, said.serious, said.related,
            dossier.basis(*refs),
        )  # fmt: skip
        (since if emergent else before).append(report)
    return since, before


def _emergent(
    said: ev.ToxicityReported, regrades: Sequence[tuple[date, int]], first_day: date | None
) -> tuple[int, bool]:
    """The grade at which a report counts, and whether it began or worsened from a day on."""
    worst = max([said.grade, *(grade for _, grade in regrades)])
    if first_day is None or said.began >= first_day:
        return worst, first_day is not None
    in_order = sorted(regrades, key=lambda graded: graded[0])
    last_before = [said.grade, *(grade for on, grade in in_order if on < first_day)][-1]
    since = max((grade for on, grade in in_order if on >= first_day), default=0)
    return (since, True) if since > last_before else (worst, False)


def terms_in_order(study: Study, reports: Sequence[Report]) -> list[str]:
    """The terms of the protocol's toxicity rules, reported or not, then the others by name."""
    ruled = dict.fromkeys(slug(rule.term) for rule in study.treatment.toxicity if rule.term != "other")
    first = [*(term for term in _FIRST if term in ruled), *(term for term in ruled if term not in _FIRST)]
    return [*first, *sorted({report.term for report in reports} - set(first))]


def toxicity_table(book: Book, study: Study, enrolled: Sequence[Dossier]) -> tuple[Table, list[Report]]:
    """The toxicity table, and the reports it counts."""
    treated = treated_of(enrolled)
    both = [reports_of(dossier) for dossier in treated]
    reports = [report for since, _ in both for report in since]
    early = [report for _, before in both for report in before]
    at_risk = Text("At risk: treated", "风险人数：已治疗")
    bases = [d.basis(d.enrolment.ref, d.first_dose.ref) for d in treated if d.first_dose is not None]
    risk = book.count("toxicity.at_risk", at_risk, bases)
    died = Text("Died, of any cause", "死亡（任何原因）")
    deaths = [d.basis(death.ref) for d in treated if (death := d.last(ev.Died))]
    rows = [Row(at_risk, (Cell((risk,)),)), Row(died, (Cell((book.count("toxicity.died", died, deaths),)),))]
    rows.append(_term_row(book, OVERALL, Text("Any toxicity", "任何毒性"), reports))
    for term in terms_in_order(study, reports):
        here = [report for report in reports if report.term == term]
        rows.append(_term_row(book, term, words_of(term, here), here))
    grades = tuple(Text(f"worst grade {grade}", f"最高{grade}级") for grade in GRADES)
    notes = (_early_note(book, early), _COUNTED)
    title = Text("Toxicity", "毒性")
    columns = (*(words for words, _ in _KINDS.values()), *grades)
    return Table("toxicity", title, columns, tuple(rows), notes), reports


_COUNTED = Text(
    "Participants affected (events). A participant counts once per term, at the worst grade.",
    "受累人数（事件数）。每名受试者每项计一次，取最高级别。",
)


def words_of(term: str, reports: Sequence[Report]) -> Text:
    """A term in words: the protocol's, or those of its reports."""
    return _WORDS.get(term, plain(reports[0].words if reports else term.replace("_", " ")))


def _early_note(book: Book, early: Sequence[Report]) -> Text:
    label = Text("Reports before the first dose", "首剂前的报告")
    book.count("toxicity.before_first_dose", label, affected(early), unit="events", times=len(early))
    return Text(
        f"{len(early)} reports began before the first dose, did not worsen after it, and are not counted.",
        f"{len(early)}项报告始于首剂之前且其后未加重，未计入。",
    )


def affected(reports: Sequence[Report]) -> list[Basis]:
    """One basis for each participant among the reports."""
    by_subject: dict[SubjectId, list[Basis]] = {}
    for report in reports:
        by_subject.setdefault(report.subject, []).append(report.basis)
    return [merged(bases) for bases in by_subject.values()]


def _term_row(book: Book, term: str, words: Text, reports: Sequence[Report]) -> Row:
    cells: list[Cell] = []
    for kind, (kind_words, belongs) in _KINDS.items():
        here = [report for report in reports if belongs(report)]
        label = Text(f"{words.en}, {kind_words.en}", f"{words.zh}，{kind_words.zh}")
        stem = f"toxicity.{term}.{kind}"
        people = Text(f"{label.en}: affected", f"{label.zh}：受累人数")
        events = Text(f"{label.en}: events", f"{label.zh}：事件数")
        a = book.count(f"{stem}.affected", people, affected(here))
        e = book.count(f"{stem}.events", events, affected(here), unit="events", times=len(here))
        cells.append(Cell((a, e), "{} ({})"))
    worst: dict[SubjectId, int] = {}
    for report in reports:
        worst[report.subject] = max(report.grade, worst.get(report.subject, 0))
    for grade in GRADES:
        bases = affected([report for report in reports if worst[report.subject] == grade])
        label = Text(f"{words.en}, worst grade {grade}", f"{words.zh}，最高{grade}级")
        cells.append(Cell((book.count(f"toxicity.{term}.worst{grade}", label, bases),)))
    return Row(words, tuple(cells))
