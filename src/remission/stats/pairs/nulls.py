"""The truths at the edge of the null, over which type I error is the largest."""

from collections.abc import Iterator

from remission.stats.pairs.cells import Cells, furthest, independent
from remission.stats.pairs.cells import nested as nested_truth

_STEPS = 8  # of the other rate from its lowest to its highest value


def nulls(p0: tuple[float, float], *, nested: bool) -> Iterator[Cells]:
    """Truths with at least one endpoint at its p0; the other over a grid from its lowest to its highest rate.

    Not nested, each with the endpoints most excluding each other, most going together, and independent.
    """
    first, second = p0
    tops = (first if nested else 1.0, 1.0)
    bottoms = (0.0, second if nested else 0.0)
    rates = [(first, rate) for rate in (*_grid(bottoms[0], tops[0]), second)]
    rates += [(rate, second) for rate in _grid(bottoms[1], tops[1])]
    for one, two in rates:
        if nested:
            if two <= one:
                yield nested_truth(one, two)
        else:
            yield from furthest(one, two)
            yield independent(one, two)


def _grid(low: float, high: float) -> list[float]:
    return [low + (high - low) * step / _STEPS for step in range(_STEPS)] + [high]
