"""Which figures stand with which table of results, and their drawing in the page's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from remission.paper.canvas import Language
from remission.results.analysis import Results
from remission.results.figures.gallery import FIGURES, Figure
from remission.results.numbers import Table
from remission.web.desk import Desk

BESIDE: Mapping[str, tuple[str, ...]] = {
    "joint": ("waterfall", "before-after"),
    "time_to_event": ("survival", "incidence"),
    "toxicity": ("swimmer",),
    "subgroups": ("subgroups",),
    "landmarks": ("landmarks",),
}
"""Figures before a table, by the table's id."""


@dataclass(frozen=True, slots=True)
class Illustrated:
    """A table and the figures before it, by name."""

    table: Table
    figures: tuple[tuple[str, Figure], ...]


def illustrated(results: Results) -> tuple[Illustrated, ...]:
    """Every table but the flow, which is a chart of its own; figures once somebody is enrolled."""
    return tuple(
        Illustrated(
            table,
            tuple((name, FIGURES[name]) for name in BESIDE.get(table.id, ()) if results.responses),
        )
        for table in results.tables
        if table.id != "flow"
    )


def drawn(desk: Desk, name: str, language: Language) -> bytes:
    """A figure of the results as SVG."""
    return FIGURES[name].draw(desk.results(), language=language, format="svg")
