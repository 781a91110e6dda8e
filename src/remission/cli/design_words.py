"""The words of `remission design`: tables in the form asked for, and a design found in sentences."""

from typing import TYPE_CHECKING

from remission.cli.words import Spoken
from remission.errors import CommandRefused

if TYPE_CHECKING:
    from remission.paper.tables import PrintedTable
    from remission.stats.operating.paragraphs import Paragraphs


def tables_as(tables: "tuple[PrintedTable, ...]", written: str, words: Spoken) -> str:
    """Tables for a file, `written` html or tex."""
    from remission.paper.tables import as_html, as_latex

    return "\n".join((as_html if written == "html" else as_latex)(one, words.value) for one in tables)


def in_text(table: "PrintedTable", words: Spoken) -> str:
    """A table as plain text."""
    from remission.paper.tables import as_text

    return as_text(table, words.value)


def kind(table: str | None) -> str:
    """How a table's file is written, by its ending; html where there is none. Refuses other endings."""
    ending = "html" if table is None else table.rpartition(".")[2].lower()
    if ending not in ("html", "tex"):
        raise CommandRefused(f"{table!r} is no table", where="--table", do="name a file .html or .tex")
    return ending


def as_doubt(sizes: tuple[tuple[int, float], ...], known: float) -> dict[str, object]:
    """Type I error with p0 known, and over histories, as plain values."""
    return {"type_1_error_known": known, "of_histories": [{"of": of, "type_1_error": p} for of, p in sizes]}


def as_said(said: "Paragraphs") -> dict[str, object]:
    """The paragraphs as plain values."""
    from dataclasses import asdict

    return {
        "protocol": asdict(said.protocol),
        "analysis_plan": asdict(said.analysis_plan),
        "references": list(said.references),
    }


def with_paragraphs(tables: "tuple[PrintedTable, ...]", said: "Paragraphs", words: Spoken) -> str:
    """Tables, then the paragraphs with their references."""
    from remission.terms.words import Text

    heads = (
        Text("For the protocol", "用于方案"),
        Text("For the statistical analysis plan", "用于统计分析计划"),
    )
    return "\n\n".join(
        [
            *(in_text(one, words) for one in tables),
            f"{heads[0].in_(words)}\n{said.protocol.in_(words)}",
            f"{heads[1].in_(words)}\n{said.analysis_plan.in_(words)}",
            "\n".join([Text("References", "参考文献").in_(words), *said.references]),
        ]
    )
