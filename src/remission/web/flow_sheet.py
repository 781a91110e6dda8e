"""Everything on a flow page: the answer, the counts, the plots with their gates, the suggestion, quality."""

import json
import math
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.template.loader import render_to_string
from django.utils.translation import get_language

from remission.lab.flow_bench import Bench
from remission.lab.flow_moves import numbers_of
from remission.lab.flow_plots import BINS, Axis, Plot
from remission.lab.flow_telling import CATEGORIES, SENSITIVITIES
from remission.lab.flow_work import Draft, Work
from remission.mrd.flow.gates.gated import Population
from remission.mrd.flow.gates.gates import Boolean, Ellipsoid, Gate, Polygon, Quadrants, Rectangle
from remission.mrd.flow.gates.parts import ids_of
from remission.mrd.flow.measured import FlowMeasured
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.terms.words import Text
from remission.web.flow_place import Place

LEFT, TOP = 46, 10
"""Where a picture begins in its drawing; `static/flow.js` knows the same numbers."""

_KINDS: Mapping[type[Gate], str] = {
    Rectangle: "rectangle", Polygon: "polygon", Ellipsoid: "ellipse", Quadrants: "quadrants",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Branch:
    """A population in the tree: `share` of its parent, `kept` without the events that quality flagged."""

    id: str
    name: Text
    depth: int
    count: int
    share: float | None
    kept: int | None
    moved: bool
    plot: str
    is_mrd: bool
    denominator: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A word along an axis, with its place in the drawing."""

    at: float
    word: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot in the page. `about`: what the script needs to know of it, as JSON."""

    plot: Plot
    number: int
    name: Text
    parent: Text
    x_marks: tuple[Mark, ...]
    y_marks: tuple[Mark, ...]
    picture: str
    dots: str
    about: str


@dataclass(frozen=True, slots=True)
class FlowSheet:
    """An open bench as its page shows it."""

    place: Place
    work: Work
    measured: FlowMeasured
    branches: tuple[Branch, ...]
    drawn: tuple[Drawn, ...]

    @property
    def bench(self) -> Bench:
        """The bench."""
        return self.work.bench

    @property
    def looked_in(self) -> tuple[Drawn, ...]:
        """The plots of the gates that lead to disease."""
        return tuple(one for one in self.drawn if self._leads(one))

    @property
    def controls(self) -> tuple[Drawn, ...]:
        """The plots of the other gates: whether the stains worked."""
        return tuple(one for one in self.drawn if not self._leads(one))

    def _leads(self, one: Drawn) -> bool:
        return not self.bench.on_the_way.isdisjoint(ids_of(self.bench.gates[one.plot.gate]))

    @property
    def category(self) -> Text:
        """The call of a flow report."""
        return CATEGORIES[self.measured.category]

    @property
    def sensitivity(self) -> Text:
        """Whether the test could see as low as it was asked to."""
        return SENSITIVITIES[self.measured.sensitivity]

    @property
    def waiting(self) -> tuple[Text, ...]:
        """The names of moved gates that nobody stands for yet."""
        return tuple(self.work.name_of(id) for id in self.bench.waiting)

    @property
    def adjusted(self) -> tuple[tuple[str, Text, Adjustment], ...]:
        """Gates that were moved: id, name, and who moved them why."""
        return tuple((id, self.work.name_of(id), one) for id, one in self.bench.moves.items())


def flow_sheet(place: Place, work: Work) -> FlowSheet:
    """Gather a page; the bench stands still meanwhile."""
    with work.bench.alone:
        measured = work.measured()
        return FlowSheet(place, work, measured, tuple(_branches(work, measured)), tuple(_drawn(place, work)))


def state(sheet: FlowSheet) -> dict[str, Any]:
    """What the script shows after a change: fragments of the page, gates, addresses of pictures."""
    bench = sheet.bench
    return {
        "state": "open",
        "step": bench.step,
        "undo": bench.can_undo,
        "redo": bench.can_redo,
        "fragments": {
            f"flow-{part}": render_to_string(f"flow_{part}.html", {"sheet": sheet})
            for part in ("answer", "more", "tree", "moves")
        },
        "gates": {id: numbers_of(gate) for id, gate in bench.gates.items()},
        "plots": {one.plot.id: {"density": one.picture, "dots": one.dots} for one in sheet.drawn},
    }


def accepted(place: Place, draft: Draft) -> str:
    """What a person reads after accepting: the draft, its sha256, the command that enters it."""
    command = place.command
    for name, value in (("draft", draft.path), ("on", f"{place.at():%Y-%m-%d}"), ("name", draft.by)):
        command = command.replace(f"{{{name}}}", shlex.quote(str(value)))
    return render_to_string("flow_accepted.html", {"draft": draft, "command": command})


def _branches(work: Work, measured: FlowMeasured) -> Iterator[Branch]:
    bench = work.bench
    plots = {plot.gate: plot.id for plot in reversed(bench.plots.values())}
    owners = {part: gate for gate in bench.gates.values() for part in work.ids_of(gate)}
    denominators = {path: name for name, path in bench.strategy.denominators.items()}
    for one in _in_order(bench.populations):
        above = bench.populations[one.parent].count if one.parent else bench.sample.events.count
        owner = owners[one.id]
        yield Branch(
            one.id, work.name_of(one.id), one.path.count("/"), one.count,
            one.count / above if above else None, measured.kept_populations.get(one.path),
            owner.id in bench.moves, "" if isinstance(owner, Boolean) else plots.get(owner.id, ""),
            one.path == bench.strategy.mrd, denominators.get(one.path, ""),
        )  # fmt: skip


def _in_order(populations: Mapping[str, Population], parent: str | None = None) -> Iterator[Population]:
    """Each population before those inside it."""
    for one in populations.values():
        if one.parent == parent:
            yield one
            yield from _in_order(populations, one.id)


def _drawn(place: Place, work: Work) -> Iterator[Drawn]:
    bench = work.bench
    for number, plot in enumerate(bench.plots.values(), start=1):
        gate = bench.gates[plot.gate]
        name = work.name_of(plot.gate)
        yield Drawn(
            plot, number, name, work.name_of(plot.parent) if plot.parent else Text("all events", "全部事件"),
            tuple(Mark(_x(plot.x, tick.place), tick.words) for tick in plot.x.ticks),
            tuple(Mark(_y(plot.y, tick.place), tick.words) for tick in plot.y.ticks),
            place.to("/density", plot=plot.id, v=f"{work.token}-{bench.version(plot.id)}"),
            place.to("/dots", plot=plot.id, v=f"{work.token}-{bench.dots_version(plot.id)}"),
            json.dumps(_about(number, plot, gate, name)),
        )  # fmt: skip


def _about(number: int, plot: Plot, gate: Gate, name: Text) -> dict[str, Any]:
    def axis(one: Axis, place: int | None) -> dict[str, Any]:
        return {"low": one.low, "high": one.high, "place": place}

    return {
        "id": plot.id,
        "number": number,
        "gate": plot.gate,
        "kind": _KINDS.get(type(gate), ""),
        "name": name.in_(get_language() or "en"),
        "x": axis(plot.x, plot.x_place),
        "y": axis(plot.y, plot.y_place),
        "numbers": numbers_of(gate),
        "outline": _outline(gate, plot) if isinstance(gate, Ellipsoid) else [],
    }


def _outline(gate: Ellipsoid, plot: Plot) -> list[list[float]]:
    """The edge of an ellipse around its mean, as it lies on the two axes of a plot."""
    places = [plot.x_place, plot.x_place if plot.y_place is None else plot.y_place]
    covariance = np.array(gate.covariance)[np.ix_(places, places)] * gate.distance_square
    values, vectors = np.linalg.eigh(covariance)
    turns = np.linspace(0.0, 2 * math.pi, 49)[:-1]
    edge = vectors @ (np.sqrt(np.maximum(values, 0.0))[:, None] * np.array([np.cos(turns), np.sin(turns)]))
    return [[float(x), float(y)] for x, y in edge.T]


def _x(axis: Axis, place: float) -> float:
    return round(LEFT + (place - axis.low) / (axis.high - axis.low) * BINS, 1)


def _y(axis: Axis, place: float) -> float:
    return round(TOP + BINS - (place - axis.low) / (axis.high - axis.low) * BINS, 1)
