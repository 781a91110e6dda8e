"""What makes a strategy one: names that are there, paths that lead somewhere, bounds the right way up."""

from collections.abc import Iterator

from remission.mrd.flow.gates.gates import Boolean, Gate, Gating, Operand, Operation, Quadrants, Rectangle
from remission.mrd.flow.gates.parts import dimensions_of, ids_of
from remission.mrd.flow.gates.tree import rules_of, sorted_rules
from remission.mrd.flow.strategies.markers import Kind, kind_of, markers_in
from remission.mrd.flow.strategies.strategy import Control, Strategy

INDEPENDENT = "-independent-gate"
"""How a statement ends that disease is found whatever the marker before it: `cd19-independent-gate`."""


def problems(strategy: Strategy) -> Iterator[tuple[str, str]]:
    """Each thing that contradicts the rest of a strategy: its place, and what is wrong.

    Raises
    ------
    InputRefused, InvariantBroken
        For gates that cannot be applied: a name that is not there, an id twice, a circle.
    """
    rules = rules_of(Gating(strategy.gates, strategy.scales, strategy.ratios, {}))
    sorted_rules(rules, rules)
    for key in ("id", "version"):
        if not getattr(strategy, key):
            yield key, "it is empty"
    for gate in strategy.gates:
        for what in _of_gate(gate, strategy):
            yield f"gates, {gate.id}", what
    yield from _paths(strategy, set(rules))
    for number, control in enumerate(strategy.controls):
        if not control.id or control.id in [earlier.id for earlier in strategy.controls[:number]]:
            yield f"controls[{number + 1}].id", f"{control.id!r} is empty, or stands twice"
        for what in _of_control(control, set(rules)):
            yield f"controls, {control.id}", what
    for state in strategy.states:
        if state.endswith(INDEPENDENT):
            yield from (("states", what) for what in _independence(state, strategy))


def needed_markers(strategy: Strategy, id: str, complement: bool = False) -> frozenset[str]:
    """The markers without which a population cannot be told: of its axes, its parents, what it is made of.

    One way of several (an OR) needs what each of its ways needs that no panel leaves out; a complement is
    taken to need all of what it is the complement of.
    """
    gate = next(one for one in strategy.gates if id in ids_of(one))
    needed = _axes(gate, strategy)
    if gate.parent is not None:
        needed |= needed_markers(strategy, gate.parent, complement)
    if isinstance(gate, Boolean):
        needed |= _of_operands(strategy, gate, complement)
    return needed


def _of_operands(strategy: Strategy, gate: Boolean, complement: bool) -> frozenset[str]:
    complement |= gate.operation is Operation.NOT

    def of(operand: Operand) -> frozenset[str]:
        return needed_markers(strategy, operand.gate, complement or operand.complement)

    always = [of(one) for one in gate.operands if one.gate not in strategy.optional]
    if gate.operation is Operation.OR and not complement and always:
        return frozenset.intersection(*always)
    return frozenset[str]().union(*(of(one) for one in gate.operands))


def _axes(gate: Gate, strategy: Strategy) -> frozenset[str]:
    markers: set[str] = set()
    for dimension in dimensions_of(gate):
        ratio = strategy.ratios[dimension.channel] if dimension.is_ratio else None
        markers |= {dimension.channel} if ratio is None else {ratio.x, ratio.y}
    return frozenset(markers)


def _independence(state: str, strategy: Strategy) -> Iterator[str]:
    """A statement is held against the gates: the way to disease needs the marker nowhere."""
    named = state.removesuffix(INDEPENDENT)
    found = markers_in(named)
    if len(found) != 1 or kind_of(found[0]) is not Kind.ANTIGEN:
        yield f"{state!r}: {named!r} is no marker"
        return
    id = strategy.mrd.rsplit("/", 1)[-1]
    if found[0] in needed_markers(strategy, id):
        yield f"{state!r} is not so: {id!r} cannot be told without {found[0]}"


def _of_control(control: Control, ids: set[str]) -> Iterator[str]:
    if control.gate not in ids:
        yield f"{control.gate!r} names no gate"
    if (control.least_events, control.least_share, control.most_share) == (None, None, None):
        yield "it has no limit: give least_events, least_share or most_share"
    if control.least_events is not None and control.least_events < 1:
        yield f"least_events {control.least_events} is not above 0"
    for key in ("least_share", "most_share"):
        share = getattr(control, key)
        if share is not None and not 0 < share < 1:
            yield f"{key} {share} is not between 0 and 1"
    if not (control.least_share or 0.0) < (control.most_share or 1.0):
        yield f"least_share {control.least_share} is not below most_share {control.most_share}"


def path_of(strategy: Strategy, id: str) -> str:
    """The path of a population from the root."""
    parents = {own: gate.parent for gate in strategy.gates for own in ids_of(gate)}
    path = [id]
    while (parent := parents[path[-1]]) is not None:
        path.append(parent)
    return "/".join(reversed(path))


def _of_gate(gate: Gate, strategy: Strategy) -> Iterator[str]:
    if any(not id or "/" in id for id in ids_of(gate)):
        yield "an id is empty, or holds a slash"
    for dimension in dimensions_of(gate):
        if dimension.scale is not None and dimension.scale not in strategy.scales:
            yield f"scale {dimension.scale!r} is not described"
        if dimension.is_ratio and dimension.channel not in strategy.ratios:
            yield f"ratio {dimension.channel!r} is not described"
    for side in gate.sides if isinstance(gate, Rectangle) else ():
        if side.low is not None and side.high is not None and not side.low < side.high:
            yield f"{side.dimension.channel}: low {side.low} is not below high {side.high}"
    if isinstance(gate, Quadrants) and gate.id in strategy.optional:
        yield "quadrants cannot be optional: nothing could take the place of the parts"


def _paths(strategy: Strategy, ids: set[str]) -> Iterator[tuple[str, str]]:
    primary = next(iter(strategy.denominators), None)
    if primary is None:
        yield "denominators", "there is none"
    for place, path in (("mrd", strategy.mrd), *strategy.denominators.items()):
        id = path.rsplit("/", 1)[-1]
        if id not in ids:
            yield place, f"{path!r} names no gate"
        elif path != path_of(strategy, id):
            yield place, f"{path!r} is not the way to {id!r}: that is {path_of(strategy, id)!r}"
        elif id in strategy.optional and place in ("mrd", primary):
            yield place, f"{id!r} is optional: what is always counted cannot be"
