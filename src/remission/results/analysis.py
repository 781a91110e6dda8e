"""The analysis: a study and its participants in, `Results` out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remission.conduct import events as ev
from remission.conduct.state import Participant
from remission.protocol.study import Study
from remission.results.baseline import baseline_table
from remission.results.control import constants
from remission.results.dossier import Dossier, opened
from remission.results.endpoints import Response, responses
from remission.results.flow import flow_table
from remission.results.numbers import Book, Cell, Number, Table
from remission.results.planned.carrying_out import Planned, carry_out
from remission.results.populations import Population, population, sets_table
from remission.results.rates import endpoint_tables
from remission.results.time_to_event import Curves, time_to_event
from remission.results.toxicity import Report, toxicity_table
from remission.results.uncertain_control import uncertain_control_table
from remission.screening.judge import Judge
from remission.terms.evidence import EntryRef
from remission.terms.ids import SubjectId
from remission.terms.words import Text

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Results:
    """Everything published about a trial as it was known at `as_of`.

    `numbers` holds every number shown, by id; `tables` name them. `simulated`: at least something in it
    comes from a simulation, and every page, table and export must say so. The rest is what figures are
    drawn from: `participants` by pseudonym, `responses` of the enrolled by participant and endpoint,
    `populations`, `curves`, toxicity `reports`, and the `planned` parts. `head`: the last entry of the ledger
    that was read, None where the participants came from no ledger.
    """

    study: Study
    as_of: datetime
    simulated: bool
    numbers: Mapping[str, Number]
    tables: tuple[Table, ...]
    participants: Mapping[SubjectId, Participant]
    responses: Mapping[SubjectId, Mapping[str, Response]]
    populations: tuple[Population, ...]
    curves: Curves
    reports: tuple[Report, ...]
    planned: Planned
    head: EntryRef | None = None

    def table(self, id: str) -> Table:
        """The table named `id`."""
        return next(table for table in self.tables if table.id == id)

    @property
    def cut(self) -> Text:
        """Which data, in words: the instant, the study file, and the last entry of the ledger read."""
        digest, at = self.study.digest[:12] or "-", self.as_of.isoformat(timespec="minutes")
        head = Text("from no ledger", "非源自账本")
        if self.head is not None:
            head = Text(
                f"ledger up to entry {self.head.seq}, hash {self.head.hash}",
                f"账本截至第{self.head.seq}条，哈希{self.head.hash}",
            )
        version = self.study.version
        return Text(
            f"Data as known at {at}; {head.en}; study file version {version}, sha256 {digest}...",
            f"数据截至{at}；{head.zh}；研究文件版本{version}，sha256 {digest}...",
        )

    def shown(self, cell: Cell, language: str) -> str:
        """A cell as printed."""
        return cell.text(self.numbers, language)

    def as_json(self) -> dict[str, object]:
        """All numbers and tables as JSON values, equal for equal input."""
        return {
            "schema_version": SCHEMA_VERSION,
            "study": str(self.study.id),
            "study_version": self.study.version,
            "study_sha256": self.study.digest,
            "as_of": self.as_of.isoformat(),
            "ledger_head": None if self.head is None else {"seq": self.head.seq, "hash": self.head.hash},
            "simulated": self.simulated,
            "numbers": {id: _number_json(number) for id, number in self.numbers.items()},
            "tables": [_table_json(table) for table in self.tables],
        }


def analyse(
    study: Study,
    participants: Sequence[Participant],
    as_of: datetime,
    *,
    simulated: bool = False,
    head: EntryRef | None = None,
) -> Results:
    """Analyse a trial.

    Parameters
    ----------
    study : Study
        The study file it runs on.
    participants : sequence of Participant
        Everybody who ever consented, as replayed from what was known at `as_of`.
    as_of : datetime
        The instant of the analysis, with a time zone.
    simulated : bool
        The trial was opened as a simulation; evidence marked simulated says so too.
    head : EntryRef, optional
        The last ledger entry that the participants were replayed from.

    Raises
    ------
    InvariantBroken
        For participants whose dates contradict each other.
    """
    ordered = sorted(participants, key=lambda participant: participant.id)
    dossiers = [opened(study, participant, as_of) for participant in ordered]
    enrolled = [dossier for dossier in dossiers if dossier.enrolled is not None]
    judge = Judge(study)
    answers = {dossier.subject: responses(dossier, judge) for dossier in enrolled}
    populations = tuple(
        population(chosen, endpoint.id, enrolled, answers)
        for endpoint in study.endpoints
        for chosen in study.sets
    )
    book = Book()
    constants(book, study)
    flow = flow_table(book, study, dossiers)
    baseline = baseline_table(book, study, enrolled)
    sets = sets_table(book, study, populations)
    uncertain = uncertain_control_table(book, study)
    planned = carry_out(book, study, enrolled, populations, answers, judge)
    endpoints = endpoint_tables(book, study, populations, enrolled, answers)
    times, curves = time_to_event(book, enrolled)
    toxicity, reports = toxicity_table(book, study, enrolled)
    return Results(
        study=study,
        as_of=as_of,
        simulated=simulated or any(_simulated(dossier) for dossier in dossiers),
        numbers=book.numbers,
        tables=(
            flow,
            baseline,
            sets,
            *endpoints,
            uncertain,
            *planned.tables,
            times,
            *planned.after,
            toxicity,
        ),
        participants={participant.id: participant for participant in ordered},
        responses=answers,
        populations=populations,
        curves=curves,
        reports=tuple(reports),
        planned=planned,
        head=head,
    )


def _simulated(dossier: Dossier) -> bool:
    return any(entry.event.result.evidence.simulated for entry in dossier.all(ev.MrdReported))


def _text_json(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _number_json(number: Number) -> dict[str, object]:
    return {
        "value": number.value,
        "text": _text_json(number.text),
        "unit": number.unit,
        "label": _text_json(number.label),
        "formula": _text_json(number.formula),
        "inputs": list(number.inputs),
        "rests_on": [
            {
                "participant": str(basis.subject),
                "entries": [ref.seq for ref in basis.refs],
                "files": [file.sha256 for file in basis.files],
            }
            for basis in number.rests_on
        ],
    }


def _table_json(table: Table) -> dict[str, object]:
    return {
        "id": table.id,
        "title": _text_json(table.title),
        "columns": [_text_json(column) for column in table.columns],
        "rows": [
            {
                "label": _text_json(row.label),
                "indent": row.indent,
                "cells": [{"numbers": list(cell.numbers), "pattern": cell.pattern} for cell in row.cells],
            }
            for row in table.rows
        ],
        "notes": [_text_json(note) for note in table.notes],
    }
