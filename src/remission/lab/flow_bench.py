"""A sample on the bench: gates moved by hand, and what that does to the counts, the level and the pictures.

Every axis is computed once, when the file is opened; a moved gate is counted anew with all that stands on
it, by the same loops and from the same numbers as `flow measure`, so that both say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import RLock
from types import MappingProxyType

import numpy as np

from remission.errors import ActRefused, InputRefused, NotFound
from remission.lab.flow_files import OpenedSample
from remission.lab.flow_moves import renumbered
from remission.lab.flow_plots import BINS, Line, Plot, dots, drawn_dimensions, plots_of
from remission.mrd.flow.events import Held, Mask
from remission.mrd.flow.gates.gated import Gated, Population
from remission.mrd.flow.gates.gates import Dimension, Gate, Gating
from remission.mrd.flow.gates.gating import apply, axes
from remission.mrd.flow.gates.histogram import density
from remission.mrd.flow.gates.parts import ids_of, on_dimensions
from remission.mrd.flow.gates.tree import rules_of
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.applying import applied, mrd_gate
from remission.mrd.flow.strategies.strategy import Adjustment, Applied, Panel, Strategy
from remission.results.figures.flow_density import png

CORES = 2
MRD_COLOUR, SUGGESTED_COLOUR = (208, 28, 36), (245, 130, 0)
"""Events of the population that stands for disease, and suggested ones, over a density."""

_NOBODY = "nobody yet"
_NO_SPECTRA: Mapping[str, Spectrum] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Place:
    """The gates moved so far, by id. An adjustment whose `by` is empty waits for who and why.

    `gesture`: the one movement of a hand that led here, or "".
    """

    moves: Mapping[str, Adjustment]
    gesture: str = ""


class Bench:
    """An opened sample with its gates; safe to use from several threads.

    `step` grows with every change: whoever changes a gate says which step was seen.

    Raises
    ------
    InputRefused
        If the panel lacks markers of the strategy, and as in `applying.applied`.
    """

    def __init__(
        self,
        sample: OpenedSample,
        strategy: Strategy,
        panel: Panel,
        *,
        spectra: Mapping[str, Spectrum] = _NO_SPECTRA,
        suggested: Mask | None = None,
    ) -> None:
        self.sample, self.strategy, self.panel = sample, strategy, panel
        self.suggested = suggested
        self.step = 0
        self.alone = RLock()
        self.spectra = spectra
        self._history = [_Place({})]
        self._at = 0
        self._applied = self._put(())
        dimensions = drawn_dimensions(self._applied.gating)
        values = axes(self._applied.gating, sample.events, dimensions)
        self._rows = {dimension: row for row, dimension in enumerate(dimensions)}
        self._held = Held(tuple(str(row) for row in self._rows.values()), values)
        self._lines: dict[Dimension, Line] = {one: values[row] for one, row in self._rows.items()}
        self._everything = np.ones(sample.events.count, np.bool_)
        self.populations: Mapping[str, Population] = {}
        self._versions: dict[str, int] = {}
        self._pictures: dict[str, tuple[int, bytes]] = {}
        markers = {channel: marker for marker, channel in panel.channels.items()}
        self.plots = {one.id: one for one in plots_of(self._applied.gating, markers, self._lines)}
        self._count(tuple(rules_of(self._applied.gating)))

    # ------------------------------------------------------------ what is there

    @property
    def applied(self) -> Applied:
        """The strategy on the panel, with the gates as they are now; those nobody stands for included."""
        return self._applied

    @property
    def gated(self) -> Gated:
        """The populations as they are now."""
        return Gated(self.sample.events.count, self.populations)

    @property
    def counts(self) -> dict[str, int]:
        """Events by path."""
        return {one.path: one.count for one in self.populations.values()}

    @property
    def gates(self) -> Mapping[str, Gate]:
        """The strategy's gates as they are now, on its markers, by id; those that were left out are not."""
        moves = self._history[self._at].moves
        return {
            gate.id: moves[gate.id].gate if gate.id in moves else gate
            for gate in self.strategy.gates
            if gate.id not in self._applied.left_out
        }

    @property
    def on_the_way(self) -> frozenset[str]:
        """The populations that the one of disease stands on, itself among them; the others are controls."""
        rules, found = rules_of(self._applied.gating), {mrd_gate(self._applied)}
        while more := {below for id in found for below in rules[id].leans_on} - found:
            found |= more
        return frozenset(found)

    @property
    def moves(self) -> Mapping[str, Adjustment]:
        """The gates that are not where the strategy has them, by id."""
        return self._history[self._at].moves

    @property
    def waiting(self) -> tuple[str, ...]:
        """Moved gates for which nobody has said who moved them and why."""
        return tuple(id for id, one in self.moves.items() if not one.by)

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """The moved gates that a named person stands for."""
        return tuple(one for one in self.moves.values() if one.by)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether a change was taken back."""
        return self._at + 1 < len(self._history)

    # ------------------------------------------------------------ what may be done

    def move(self, gate: str, numbers: object, seen: int, gesture: str = "") -> None:
        """Put a gate elsewhere; it waits for who and why.

        Parameters
        ----------
        numbers : list
            As in `flow_moves.numbers_of`.
        gesture : str
            Moves of one gesture, one after another, are taken back together.

        Raises
        ------
        InputRefused
            For numbers that no such gate can have.
        ActRefused
            If somebody else changed a gate after step `seen`.
        NotFound
            For a gate that is not there.
        """
        with self.alone:
            self._check(gate, seen)
            moved = renumbered(self.gates[gate], numbers)
            self._do({**self.moves, gate: Adjustment(moved, "", "")}, gesture)

    def keep(self, by: str, why: str, at: str, seen: int) -> None:
        """Say who moved the gates that wait, and why: from now on they are adjustments.

        Raises
        ------
        InputRefused
            Without a name or a reason.
        ActRefused
            If none waits, or as in `move`.
        """
        with self.alone:
            self.check_step(seen)
            check_named(by, why, f"gates {', '.join(self.waiting)}")
            if not self.waiting:
                raise ActRefused("no moved gate waits for a name", where="flow page", do="move one first")
            said = {
                id: one if one.by else replace(one, by=by.strip(), why=why.strip(), at=at)
                for id, one in self.moves.items()
            }
            self._do(said)

    def reset(self, gate: str, seen: int) -> None:
        """Put a gate back where the strategy has it. `Raises` as in `move`."""
        with self.alone:
            self._check(gate, seen)
            self._do({id: one for id, one in self.moves.items() if id != gate})

    def undo(self, seen: int) -> None:
        """Take back the last change. `Raises` as in `move`, and if there is none."""
        with self.alone:
            self._turn(-1, seen, possible=self.can_undo)

    def redo(self, seen: int) -> None:
        """Do again what was taken back. `Raises` as in `undo`."""
        with self.alone:
            self._turn(1, seen, possible=self.can_redo)

    # ------------------------------------------------------------ pictures

    def version(self, plot: str) -> int:
        """Changes when the picture of the plot does."""
        parent = self.plots[plot].parent
        return self._versions[parent] if parent is not None else 0

    def dots_version(self, plot: str) -> str:
        """Changes when the dots over the plot do."""
        return f"{self.version(plot)}.{self._versions[mrd_gate(self._applied)]}"

    def picture(self, plot: str) -> bytes:
        """The density of the events of a gate's parent, PNG of `BINS` squares a side.

        Raises
        ------
        NotFound
            If there is no such plot.
        """
        with self.alone:
            drawn, mask, version = self._plot(plot), self._parent_mask(plot), self.version(plot)
            known = self._pictures.get(plot)
        if known is not None and known[0] == version:
            return known[1]
        x, y = drawn.x, drawn.y
        counted = density(
            self._lines[x.dimension], self._lines[y.dimension], mask, BINS,
            low=(x.low, y.low), high=(x.high, y.high),
        )  # fmt: skip
        made = png(counted)
        self._pictures[plot] = (version, made)
        return made

    def dots(self, plot: str) -> bytes:
        """Events that stand for disease, and suggested ones, among those of the plot; PNG on nothing."""
        with self.alone:
            drawn, mask = self._plot(plot), self._parent_mask(plot)
            layers = [(self.populations[mrd_gate(self._applied)].mask & mask, MRD_COLOUR)]
        if self.suggested is not None:
            layers.append((self.suggested & mask, SUGGESTED_COLOUR))
        return dots(drawn, self._lines[drawn.x.dimension], self._lines[drawn.y.dimension], layers)

    # ------------------------------------------------------------ inside

    def _plot(self, plot: str) -> Plot:
        if plot not in self.plots:
            raise NotFound(f"there is no plot {plot!r}", where="flow page", do="go to the sample's page")
        return self.plots[plot]

    def _parent_mask(self, plot: str) -> Mask:
        parent = self.plots[plot].parent
        return self._everything if parent is None else self.populations[parent].mask

    def _check(self, gate: str, seen: int) -> None:
        if gate not in self.gates:
            raise NotFound(f"there is no gate {gate!r}", where="flow page", do="move a gate of the strategy")
        self.check_step(seen)

    def check_step(self, seen: int) -> None:
        """See that nobody changed a gate after step `seen`. `Raises` as in `move`."""
        if seen != self.step:
            raise ActRefused(
                "somebody else changed a gate meanwhile",
                where=f"step {self.step}, not {seen}",
                do="look at the gates as they are now, and decide again",
            )

    def _do(self, moves: Mapping[str, Adjustment], gesture: str = "") -> None:
        new = _Place(moves, gesture)
        self._recount(new)
        if not gesture or gesture != self._history[self._at].gesture:
            self._at += 1
        self._history[self._at :] = [new]

    def _turn(self, by: int, seen: int, *, possible: bool) -> None:
        self.check_step(seen)
        if not possible:
            raise ActRefused("there is nothing to take back or do again", where="flow page", do="go on")
        self._recount(self._history[self._at + by])
        self._at += by

    def _recount(self, new: _Place) -> None:
        """Count anew what stands on a gate that changed; if that is refused, nothing has changed."""
        before = {gate.id: gate for gate in self._applied.gating.gates}
        now = self._put(tuple(new.moves.values()))
        changed = {id for gate in now.gating.gates if gate != before[gate.id] for id in ids_of(gate)}
        old, self._applied = self._applied, now
        try:
            self._count(_standing_on(now.gating, changed))
        except BaseException:
            self._applied = old
            raise
        self.step += 1

    def _put(self, moves: tuple[Adjustment, ...]) -> Applied:
        known = tuple(one if one.by else replace(one, by=_NOBODY, why=_NOBODY) for one in moves)
        return applied(self.strategy, self.panel, self.sample.events, self.sample.ranges, known, self.spectra)

    def _count(self, wanted: tuple[str, ...]) -> None:
        if not wanted:
            return
        gating = self._applied.gating
        on_rows = Gating(
            tuple(on_dimensions(gate, lambda one: Dimension(str(self._rows[one]))) for gate in gating.gates),
            {}, {}, {},
        )  # fmt: skip
        found = apply(on_rows, self._held, wanted=wanted, cores=CORES).populations
        new = {id: found[id] for id in found if id in wanted}
        self.populations = MappingProxyType({**self.populations, **new})
        for id in wanted:
            self._versions[id] = self._versions.get(id, 0) + 1


def check_named(by: str, why: str, where: str) -> None:
    """See that somebody stands for it.

    Raises
    ------
    InputRefused
        Without a name or a reason.
    """
    if not by.strip() or not why.strip():
        raise InputRefused("who, and why, are both needed", where=where, do="give a name and a reason")


def _standing_on(gating: Gating, changed: set[str]) -> tuple[str, ...]:
    """The populations that changed, and all that stand on them."""
    rules, found = rules_of(gating), set(changed)
    before = -1
    while before < len(found):
        before = len(found)
        found |= {id for id, rule in rules.items() if found.intersection(rule.leans_on)}
    return tuple(id for id in rules if id in found)
