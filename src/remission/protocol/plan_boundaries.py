"""The counts at which a look says stop: those of the study file, or those its spending function leaves."""

import math

from remission.protocol.plan import Monitoring, Spending
from remission.protocol.study import Study
from remission.stats.designs.spending import ObrienFleming, Pocock

_SPENDING = {Spending.OBRIEN_FLEMING: ObrienFleming(), Spending.POCOCK: Pocock()}


def boundaries(monitoring: Monitoring, study: Study) -> tuple[int | None, ...]:
    """One count for each look; None where the error left is too small for any count to stop.

    With a spending function: at each look the smallest count of responders with which the exact chance to
    have stopped by then, at the control's rate, is at most what may be spent by that share of the
    participants (Lan and DeMets 1983, doi:10.1093/biomet/70.3.659; on exact binomial chances).
    """
    if monitoring.spending is None or monitoring.spend is None:
        return monitoring.stop
    spent_by, error = _SPENDING[monitoring.spending], float(monitoring.spend)
    p0 = float(study.rate(monitoring.watched).p0)
    found: list[int | None] = []
    alive, before, spent = [1.0], 0, 0.0
    for n in monitoring.at:
        alive = _moved(alive, n - before, p0)
        left = spent_by.spent(error, n / study.design.participants) - spent
        count, tail = n + 1, 0.0
        while count > 0 and tail + _at(alive, count - 1) <= left:
            count -= 1
            tail += _at(alive, count)
        found.append(count if count <= n else None)
        alive, before, spent = alive[:count], n, spent + tail
    return tuple(found)


def _at(chances: list[float], count: int) -> float:
    return chances[count] if count < len(chances) else 0.0


def _moved(alive: list[float], more: int, rate: float) -> list[float]:
    """The chance of each count of responders after `more` participants."""
    moved = [0.0] * (len(alive) + more)
    for found in range(more + 1):
        chance = math.comb(more, found) * rate**found * (1 - rate) ** (more - found)
        for count, held in enumerate(alive):
            moved[count + found] += held * chance
    return moved
