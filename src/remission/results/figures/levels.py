"""Levels of disease on a log axis: where a result is drawn, the lines it is compared with, the ticks."""

import math
from collections.abc import Iterable

from remission.mrd.calls import Detection, detection
from remission.mrd.result import MrdResult
from remission.mrd.words import percent
from remission.paper.panel import Tick, decades
from remission.protocol.criteria import Compare, Level, leaves, parse
from remission.protocol.study import Endpoint, Phase, Study


def drawn_at(result: MrdResult) -> tuple[float, bool]:
    """The level a result is drawn at, and whether disease was detected; undetected: at its LOD."""
    if detection(result) is Detection.NOT_DETECTED:
        return result.lod, False
    return result.level, True


def thresholds(study: Study, endpoint: Endpoint) -> list[float]:
    """The endpoint's threshold, then the levels that criteria known after treatment compare with."""
    found = [float(endpoint.threshold)]
    for criterion in study.criteria:
        if criterion.phase is Phase.AFTER_TREATMENT:
            for leaf in leaves(parse(criterion.expression, where=f"criterion {criterion.id}")):
                if isinstance(leaf, Compare) and leaf.term == Level(endpoint.method, endpoint.point):
                    found.append(float(str(leaf.value)))
    return list(dict.fromkeys(found))


def decades_around(levels: Iterable[float]) -> tuple[float, float]:
    """The powers of ten that enclose the levels, with a little room but none above 100 %."""
    known = list(levels)
    low, highest = math.floor(math.log10(min(known) / 1.3)), math.log10(max(known))
    high = max(math.ceil(highest), min(math.ceil(highest + 0.11), 0))
    return 10.0**low, 10.0**high


def percent_ticks(low: float, high: float) -> list[Tick]:
    """Decades as percent, at most seven of them."""
    powers = decades(low, high)
    every = 1 if len(powers) <= 7 else 2
    return [(level, percent(level)) for level in powers[::-every]]
