"""A flow result that was entered with its measurement, as the page of its sample shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from remission.lab.flow_telling import CATEGORIES, SENSITIVITIES, worded
from remission.mrd.calls import Answer
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.gates.parts import ids_of
from remission.mrd.flow.measure import category_of, sensitivity_of
from remission.mrd.flow.measure_checks import answer_to
from remission.mrd.flow.measured import FlowMeasured
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.mrd.flow.suggestion.suggested import SUGGESTION
from remission.mrd.result import MrdResult
from remission.paper.canvas import Language
from remission.results.figures import flow_tree
from remission.terms.words import Text
from remission.trial.gated_behind import GatedBehind
from remission.web.flow_sheet import Branch

GATES = "gates"
TITLE = flow_tree.TITLE


@dataclass(frozen=True, slots=True)
class FlowResult:
    """A measurement, and what its result is called with the flags and limits that it was entered with."""

    behind: GatedBehind
    category: Text
    sensitivity: Text
    branches: tuple[Branch, ...]
    adjusted: tuple[tuple[Text, Adjustment], ...]

    @property
    def measured(self) -> FlowMeasured:
        """What `flow measure` or the page wrote."""
        return self.behind.measured

    @property
    def panel(self) -> Text:
        """The panel's name."""
        return worded("panel", self.measured.panel)

    @property
    def compensation(self) -> Text:
        """What the events were compensated by."""
        return worded("compensation", self.measured.compensation)

    @property
    def of_suggestion(self) -> bool:
        """Whether the person stands for the suggestion beside the gates."""
        accepted = self.measured.acceptance
        return accepted is not None and accepted.what == SUGGESTION


def flow_result(
    behind: GatedBehind, result: MrdResult, answer: Answer | None, required_lod: Fraction | None
) -> FlowResult:
    """Gather what stands behind a result.

    Parameters
    ----------
    result : MrdResult
        As it was entered.
    answer, required_lod : optional
        The study's, where an endpoint asks; else it is called by what was asked when it was measured.
    """
    measured = behind.measured
    asked = FlowAsked(
        Fraction(str(measured.threshold)),
        required_lod or Fraction(str(measured.required_lod)),
        disqualifying_flags=frozenset(measured.disqualifying_flags),
        blinding_flags=frozenset(measured.blinding_flags),
        needed_flags=frozenset(measured.needed_flags),
    )
    enough = sensitivity_of(result, float(asked.required_lod))
    category = category_of(result, answer or answer_to(result, asked), enough, asked.disqualifying_flags)
    moved = tuple((_name(behind, one.gate.id), one) for one in measured.adjustments)
    return FlowResult(
        behind, CATEGORIES[category], SENSITIVITIES[enough], tuple(_branches(behind, result)), moved
    )


def draw_tree(
    behind: GatedBehind, result: MrdResult, *, about: Text, simulated: bool, language: Language
) -> bytes:
    """The gate tree of a result as SVG."""
    measured = behind.measured
    return flow_tree.draw(
        measured.populations,
        None,
        names=behind.strategy.names if behind.strategy else {},
        mrd=measured.mrd,
        denominator=(result.primary, _denominator(measured, result)),
        kept=(None, measured.kept_populations),
        about=about, simulated=simulated, language=language, format="svg",
    )  # fmt: skip


def _branches(behind: GatedBehind, result: MrdResult) -> Iterator[Branch]:
    measured, denominator = behind.measured, _denominator(behind.measured, result)
    moved = {id for one in measured.adjustments for id in (one.gate.id, *ids_of(one.gate))}
    names = behind.strategy.names if behind.strategy else {}
    for row in flow_tree.rows_of(measured.populations, 0, names, measured.kept_populations):
        id = row.path.rpartition("/")[2]
        yield Branch(
            id, row.name, row.depth - 1, row.events,
            row.events / row.parent_events if row.parent_events else None, row.kept,
            id in moved, "", row.path == measured.mrd, result.primary if row.path == denominator else "",
        )  # fmt: skip


def _denominator(measured: FlowMeasured, result: MrdResult) -> str:
    """The path of the cells that the level refers to: the disease lies within them."""
    parts = measured.mrd.split("/")
    above = ("/".join(parts[:depth]) for depth in range(len(parts), 0, -1))
    return next((path for path in above if measured.populations.get(path) == result.cells), "")


def _name(behind: GatedBehind, id: str) -> Text:
    return behind.strategy.names.get(id, Text(id, id)) if behind.strategy else Text(id, id)
