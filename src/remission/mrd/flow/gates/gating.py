"""Gates applied to events: one mask per population, a run of events at a time.

A population is a gate and all its parents; what another gate refers to is the population, so an operand
brings its own parents along, and its complement is every other event of the file. A value that is not a
number (nothing divided by nothing, the logarithm of a negative) is inside no gate, and so in a complement.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from remission.errors import InvariantBroken
from remission.mrd.flow.events import CHUNK, Events, Mask, Values
from remission.mrd.flow.gates.axes import Axes, axes_of
from remission.mrd.flow.gates.gated import Gated, Population
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Ellipsoid,
    Gating,
    Operand,
    Operation,
    Polygon,
    Side,
)
from remission.mrd.flow.gates.kernels_gates import keep_between, keep_in_ellipsoid, keep_in_polygon
from remission.mrd.flow.gates.tree import Rule, rules_of, sorted_rules

Masks = Mapping[str, Mask]
Narrow = Callable[[Values, Mask, Masks], None]
"""Takes the events of a run that are outside a gate from a mask; other populations' masks are at hand."""


def apply(gating: Gating, events: Events, *, wanted: Collection[str] | None = None, cores: int = 1) -> Gated:
    """Apply gates to events.

    Parameters
    ----------
    gating : Gating
        Gates in any order.
    events : Events
        Read in runs of `events.CHUNK`, only the channels that gates need.
    wanted : collection of str, optional
        Populations (gates and quadrants by id); they and those they stand on are yielded. All by default.
    cores : int
        Runs that are worked on at once, each in a thread.

    Returns
    -------
    Gated
        Populations, parents first.

    Raises
    ------
    InputRefused
        For a gate, channel, matrix, ratio or scale that is named but not there.
    InvariantBroken
        For gates that contradict themselves: an id twice, a circle, an ellipsoid without an inverse.
    """
    rules = rules_of(gating)
    order = sorted_rules(rules, rules if wanted is None else wanted)
    plan = _plan(gating, events, [rules[one] for one in order])
    masks = {one: np.empty(events.count, dtype=np.bool_) for one in order}
    starts = range(0, events.count, CHUNK)
    work = partial(_run, plan, events, masks)
    if cores > 1 and len(starts) > 1:
        with ThreadPoolExecutor(cores) as pool:
            list(pool.map(work, starts))
    else:
        for start in starts:
            work(start)
    return Gated(events.count, _populations(rules, order, masks))


def axes(
    gating: Gating, events: Events, dimensions: Sequence[Dimension], start: int = 0, stop: int | None = None
) -> Values:
    """Values that gates see: compensated, divided and scaled.

    Returns
    -------
    Values
        Shape (dimensions, events), in the order asked for.

    Raises
    ------
    InputRefused, InvariantBroken
        As `apply`.
    """
    end = events.count if stop is None else stop
    plan = axes_of(gating, events, dimensions)
    rows = [plan.row(one) for one in dimensions]
    out = np.empty((len(rows), max(end - start, 0)))
    for first in range(start, end, CHUNK):
        last = min(first + CHUNK, end)
        out[:, first - start : last - start] = plan.values(events, first, last)[rows]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    axes: Axes
    steps: tuple[tuple[Rule, Narrow], ...]


def _run(plan: _Plan, events: Events, masks: Mapping[str, Mask], start: int) -> None:
    """Gate the events of one run, into their places in the masks."""
    stop = min(start + CHUNK, events.count)
    values = plan.axes.values(events, start, stop)
    here = {one: mask[start:stop] for one, mask in masks.items()}
    for rule, narrow in plan.steps:
        mask = here[rule.id]
        mask[:] = True if rule.parent is None else here[rule.parent]
        narrow(values, mask, here)


def _plan(gating: Gating, events: Events, rules: Sequence[Rule]) -> _Plan:
    plan = axes_of(gating, events, [one for rule in rules for one in _dimensions(rule)])
    return _Plan(plan, tuple((rule, _narrowing(rule, plan)) for rule in rules))


def _dimensions(rule: Rule) -> tuple[Dimension, ...]:
    match rule.shape:
        case Polygon(x=x, y=y):
            return (x, y)
        case Ellipsoid(dimensions=dimensions):
            return dimensions
        case Boolean():
            return ()
        case sides:
            return tuple(one.dimension for one in sides)


def _narrowing(rule: Rule, axes: Axes) -> Narrow:
    match rule.shape:
        case Polygon() as gate:
            return _polygon(gate, axes)
        case Ellipsoid() as gate:
            return _ellipsoid(gate, axes)
        case Boolean() as gate:
            return _boolean(gate)
        case sides:
            return _between(sides, axes)


def _between(sides: tuple[Side, ...], axes: Axes) -> Narrow:
    bounds = [
        (
            axes.row(side.dimension),
            -np.inf if side.low is None else float(side.low),
            np.inf if side.high is None else float(side.high),
            side.high is None,
        )
        for side in sides
    ]

    def narrow(values: Values, mask: Mask, _: Masks) -> None:
        for row, low, high, topless in bounds:
            keep_between(values[row], low, high, topless, mask)

    return narrow


def _polygon(gate: Polygon, axes: Axes) -> Narrow:
    x, y = axes.row(gate.x), axes.row(gate.y)
    xs = np.array([one[0] for one in gate.vertices], dtype=np.float64)
    ys = np.array([one[1] for one in gate.vertices], dtype=np.float64)
    return lambda values, mask, _: keep_in_polygon(values[x], values[y], xs, ys, mask)


def _ellipsoid(gate: Ellipsoid, axes: Axes) -> Narrow:
    rows = np.array([axes.row(one) for one in gate.dimensions], dtype=np.int64)
    mean = np.array(gate.mean, dtype=np.float64)
    inverse = _inverse(gate)
    limit = float(gate.distance_square)
    return lambda values, mask, _: keep_in_ellipsoid(values, rows, mean, inverse, limit, mask)


def _inverse(gate: Ellipsoid) -> Values:
    """Of the covariance as it is written: files in use have some that are not symmetric."""
    try:
        inverse = np.linalg.inv(np.array(gate.covariance, dtype=np.float64)).astype(np.float64)
    except np.linalg.LinAlgError:
        raise InvariantBroken(
            f"the covariance {gate.covariance} has no inverse",
            where=f"the gate {gate.id!r}",
            do="give rows that do not follow from each other",
        ) from None
    return np.ascontiguousarray(inverse)


def _boolean(gate: Boolean) -> Narrow:
    operands = gate.operands

    def narrow(_: Values, mask: Mask, masks: Masks) -> None:
        joined = _operand(masks, operands[0])
        for one in operands[1:]:
            other = _operand(masks, one)
            joined = joined & other if gate.operation is Operation.AND else joined | other
        mask &= ~joined if gate.operation is Operation.NOT else joined

    return narrow


def _operand(masks: Masks, operand: Operand) -> Mask:
    mask = masks[operand.gate]
    return ~mask if operand.complement else mask


def _populations(
    rules: Mapping[str, Rule], order: Sequence[str], masks: Mapping[str, Mask]
) -> dict[str, Population]:
    populations: dict[str, Population] = {}
    for name in order:
        parent, mask = rules[name].parent, masks[name]
        path = name if parent is None else f"{populations[parent].path}/{name}"
        populations[name] = Population(name, path, parent, int(np.count_nonzero(mask)), mask)
    return populations
