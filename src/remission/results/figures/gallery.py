"""All figures by name, in the order in which a report shows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from remission.paper.canvas import Format, Language
from remission.results.analysis import Results
from remission.results.figures import (
    before_after,
    consort,
    incidence,
    landmark_curves,
    recruitment,
    subgroup_forest,
    survival_curves,
    swimmer,
    waterfall,
)
from remission.terms.words import Text


class Draw(Protocol):
    """Draws a figure of the results in a language, as SVG or PNG bytes."""

    def __call__(self, results: Results, *, language: Language, format: Format) -> bytes:
        """The bytes of the figure."""
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure's title and how it is drawn."""

    title: Text
    draw: Draw


FIGURES: Mapping[str, Figure] = {
    "recruitment": Figure(recruitment.TITLE, recruitment.draw),
    "consort": Figure(consort.TITLE, consort.draw),
    "waterfall": Figure(waterfall.TITLE, waterfall.draw),
    "before-after": Figure(before_after.TITLE, before_after.draw),
    "swimmer": Figure(swimmer.TITLE, swimmer.draw),
    "survival": Figure(survival_curves.TITLE, survival_curves.draw),
    "incidence": Figure(incidence.TITLE, incidence.draw),
    "subgroups": Figure(subgroup_forest.TITLE, subgroup_forest.draw),
    "landmarks": Figure(landmark_curves.TITLE, landmark_curves.draw),
}
