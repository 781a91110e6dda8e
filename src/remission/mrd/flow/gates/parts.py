"""What every kind of gate has: ids, dimensions."""

from collections.abc import Callable
from dataclasses import replace

from remission.mrd.flow.gates.gates import Boolean, Dimension, Ellipsoid, Gate, Polygon, Quadrants, Rectangle


def ids_of(gate: Gate) -> tuple[str, ...]:
    """The ids of the populations that a gate makes: one each for quadrants, which have none together."""
    return tuple(part.id for part in gate.quadrants) if isinstance(gate, Quadrants) else (gate.id,)


def dimensions_of(gate: Gate) -> tuple[Dimension, ...]:
    """The axes a gate is drawn on, in its order; a Boolean gate has none."""
    match gate:
        case Rectangle():
            return tuple(side.dimension for side in gate.sides)
        case Polygon():
            return (gate.x, gate.y)
        case Ellipsoid():
            return gate.dimensions
        case Quadrants():
            return tuple(divider.dimension for divider in gate.dividers)
        case Boolean():
            return ()


def on_dimensions(gate: Gate, changed: Callable[[Dimension], Dimension]) -> Gate:
    """The same gate with each of its axes changed."""
    match gate:
        case Rectangle():
            return replace(
                gate, sides=tuple(replace(side, dimension=changed(side.dimension)) for side in gate.sides)
            )
        case Polygon():
            return replace(gate, x=changed(gate.x), y=changed(gate.y))
        case Ellipsoid():
            return replace(gate, dimensions=tuple(changed(one) for one in gate.dimensions))
        case Quadrants():
            return replace(
                gate, dividers=tuple(replace(one, dimension=changed(one.dimension)) for one in gate.dividers)
            )
        case Boolean():
            return gate
