"""What a measurement refuses, and what it looks at before its numbers are believed."""

from collections.abc import Iterator, Sequence

import numpy as np

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import Answer, Call, Detection, against, detection
from remission.mrd.flow.asked import FlowAsked
from remission.mrd.flow.events import Events, Mask
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.gates import Boolean, Dimension, Gate, Polygon, Rectangle
from remission.mrd.flow.gates.gating import axes
from remission.mrd.flow.gates.parts import dimensions_of, ids_of
from remission.mrd.flow.measure_flags import ASSUMED_FEW, FEW_CELLS, NO_NUCLEAR_DYE, NO_SINGLET_GATE, OWN
from remission.mrd.flow.quality.examining import Quality
from remission.mrd.flow.quality.findings import Concern
from remission.mrd.flow.strategies.applying import denominator_gates
from remission.mrd.flow.strategies.markers import NUCLEIC
from remission.mrd.flow.strategies.strategy import Adjustment, Applied, Strategy
from remission.mrd.flow.suggestion.suggested import GATES, SUGGESTION, Acceptance, Suggestion
from remission.mrd.result import Denominator, MrdResult, from_flow_counts

_SINGLETS = ({"FSC-A", "FSC-H"}, {"FSC-A", "FSC-W"})
_UNSTEADY = (Concern.DRIFT, Concern.CLOG, Concern.RATE, Concern.TIME)


def check_acceptance(acceptance: Acceptance | None, suggested: tuple[Suggestion, Mask] | None) -> None:
    """See that a named person stands for something that is there.

    Raises
    ------
    InvariantBroken
        If nobody is named, no reason is given, or the suggestion is none, does not fit or is empty.
    """
    if acceptance is None:
        return
    if not acceptance.by.strip() or not acceptance.why.strip() or acceptance.what not in (GATES, SUGGESTION):
        raise InvariantBroken(
            f"{acceptance.what!r} accepted by {acceptance.by!r}, because {acceptance.why!r}",
            where="acceptance",
            do=f"give a name, a reason, and what is accepted: {GATES} or {SUGGESTION}",
        )
    if acceptance.what != SUGGESTION:
        return
    wrong = "is not there" if suggested is None else "does not fit" if suggested[0].unfit else ""
    if not wrong and suggested is not None and not (suggested[0].events and suggested[1].any()):
        wrong = "holds no event"
    if wrong:
        raise InvariantBroken(
            f"{acceptance.by} accepts a suggestion that {wrong}",
            where="acceptance",
            do="accept the gates, or measure with a reference that fits this file",
        )


def check_flags(flags: Sequence[str], asked: FlowAsked, strategy: Strategy) -> None:
    """See that every flag given by hand means something, and claims nothing for the strategy.

    Raises
    ------
    InputRefused
        For a flag that neither what is asked nor a measurement knows: it would be written and change nothing.
    InvariantBroken
        For one that a negative needs and the strategy does not state.
    """
    known = OWN | asked.disqualifying_flags | asked.blinding_flags | asked.needed_flags
    if unknown := [flag for flag in flags if flag not in known]:
        raise InputRefused(
            f"there is no flag {unknown[0]!r} here",
            where="flags",
            do="use one of: " + ", ".join(sorted(known)),
        )
    if claimed := sorted(frozenset(flags) & asked.needed_flags - frozenset(strategy.states)):
        raise InvariantBroken(
            f"strategy {strategy.id} does not state {', '.join(claimed)}",
            where="flags",
            do="measure by a strategy that states it: it cannot be added by hand",
        )


def examined_of(
    on_channels: Applied, gated: Gated, asked: FlowAsked
) -> tuple[tuple[Denominator, ...], Denominator]:
    """Every denominator with its count, and the one that the level refers to.

    Raises
    ------
    InputRefused
        For a denominator that this strategy and panel do not count.
    """
    gates = denominator_gates(on_channels)
    strategy = on_channels.strategy
    primary = asked.denominator or next(iter(strategy.denominators))
    if primary not in gates or not strategy.mrd.startswith(strategy.denominators[primary] + "/"):
        raise InputRefused(
            f"{primary!r} cannot be the denominator",
            where=f"strategy {strategy.id}, panel {on_channels.panel.name or 'of the file'}",
            do=f"ask for one of: {', '.join(gates)}",
        )
    examined = {name: Denominator(name, gated.populations[id].count) for name, id in gates.items()}
    return tuple(examined.values()), examined[primary]


def answer_to(result: MrdResult, asked: FlowAsked) -> Answer:
    """What a result answers to what was asked."""
    return against(
        result,
        asked.threshold,
        asked.required_lod,
        asked.disqualifying_flags,
        asked.blinding_flags,
        asked.needed_flags,
    )


def steady(quality: Quality) -> Mask:
    """Events that came while the run was steady; a doublet or an event off scale is one of them."""
    kept = np.ones(quality.count, np.bool_)
    for concern in _UNSTEADY:
        if concern in quality.masks:
            kept &= ~quality.masks[concern]
    return kept


def rests_on_flagged(result: MrdResult, found: int, cells: int, asked: FlowAsked) -> bool:
    """Whether an unsteady run decides: without it another call, or less than half of a finding.

    `found` of `cells`: while the run was steady.
    """
    if cells == result.cells:
        return False
    if not cells or (2 * found < result.found and detection(result) is not Detection.NOT_DETECTED):
        return True
    return answer_to(_again(result, found, cells, asked), asked).call is not answer_to(result, asked).call


def rests_on_moved(result: MrdResult, found: int, cells: int, asked: FlowAsked) -> bool:
    """Whether moved gates take a positive away. `found` of `cells`: by the gates as the strategy has them."""
    if not cells or answer_to(result, asked).call is Call.POSITIVE:
        return False
    return answer_to(_again(result, found, cells, asked), asked).call is Call.POSITIVE


def _again(result: MrdResult, found: int, cells: int, asked: FlowAsked) -> MrdResult:
    counted = (Denominator(result.primary, cells),)
    return from_flow_counts(
        found, counted, result.primary, result.evidence, asked.events_for_lod, asked.events_for_loq,
        result.flags,
    )  # fmt: skip


def denominator_moved(strategy: Strategy, primary: str, adjustments: Sequence[Adjustment]) -> bool:
    """Whether a gate was moved that the primary denominator is, or stands on."""
    gates = {id: gate for gate in strategy.gates for id in ids_of(gate)}
    moved = {id for one in adjustments for id in ids_of(one.gate)}
    waiting, known = [strategy.denominators[primary].rsplit("/", 1)[-1]], set[str]()
    while waiting:
        id = waiting.pop()
        if id in known:
            continue
        known.add(id)
        gate = gates[id]
        waiting += [gate.parent] if gate.parent is not None else []
        waiting += [one.gate for one in gate.operands] if isinstance(gate, Boolean) else []
    return bool(known & moved)


def flags_of_gates(strategy: Strategy, left_out: Sequence[str]) -> Iterator[str]:
    """What is raised for gates that the panel could not carry."""
    gates = [gate for gate in strategy.gates if gate.id not in left_out]
    markers = {dimension.channel for gate in gates for dimension in dimensions_of(gate)}
    if not any(pair <= markers for pair in _SINGLETS):
        yield NO_SINGLET_GATE
    if NUCLEIC not in markers:
        yield NO_NUCLEAR_DYE


def flags_of_counts(cells: int) -> Iterator[str]:
    """What is raised for how many cells there are."""
    if cells < ASSUMED_FEW:
        yield FEW_CELLS


def above_singlets(on_channels: Applied, gated: Gated, events: Events) -> float:
    """Share of events above the top of the singlet gate, of those that came to it; 0 without such a gate."""
    marker_of = {gate.id: {one.channel for one in dimensions_of(gate)} for gate in on_channels.strategy.gates}
    for gate in on_channels.gating.gates:
        if marker_of[gate.id] not in _SINGLETS:
            continue
        here = np.ones(gated.count, np.bool_) if gate.parent is None else gated.populations[gate.parent].mask
        tops = dict(_tops(gate))
        values = axes(on_channels.gating, events, tuple(tops))
        above = np.zeros(gated.count, np.bool_)
        for line, top in zip(values, tops.values(), strict=True):
            above |= line > top
        count = int(np.count_nonzero(here))
        return int(np.count_nonzero(above & here)) / count if count else 0.0
    return 0.0


def _tops(gate: Gate) -> Iterator[tuple[Dimension, float]]:
    """Where a gate ends upwards, for each of its axes that it ends on."""
    match gate:
        case Rectangle():
            for side in gate.sides:
                if side.high is not None:
                    yield side.dimension, side.high
        case Polygon():
            yield gate.x, max(x for x, _ in gate.vertices)
            yield gate.y, max(y for _, y in gate.vertices)
        case _:
            return
