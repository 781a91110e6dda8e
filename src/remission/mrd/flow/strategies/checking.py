"""What makes a strategy one: names that are there, paths that lead somewhere, bounds the right way up."""

from collections.abc import Iterator

from remission.mrd.flow.gates.gates import Gate, Gating, Quadrants, Rectangle
from remission.mrd.flow.gates.parts import dimensions_of, ids_of
from remission.mrd.flow.gates.tree import rules_of, sorted_rules
from remission.mrd.flow.strategies.strategy import Strategy


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
