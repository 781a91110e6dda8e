"""What the tests make of true rates: who is called negative, who cannot be called, who has 1 % or more."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.protocol.study import Indeterminate
from remission.rehearsal.twin.settings import EndpointSettings, Settings
from remission.stats.operating.assay import FAR, NEGATIVE, NOT_EVALUABLE, Levels, calls_of_both, curve
from remission.stats.operating.levels import Below, Stratum, levels_through, levels_through_one
from remission.stats.operating.participants import Group
from remission.stats.pairs.cells import Cells

Numbers = NDArray[np.float64]
_PLACES = (NEGATIVE, (1, FAR), NOT_EVALUABLE)


@dataclass(frozen=True, slots=True)
class Seen:
    """One endpoint as it will be seen: shares of all participants. `far`: 1 % or more by the first test."""

    negative: float
    unknown: float
    far: float


@dataclass(frozen=True, slots=True)
class Assumption:
    """The true levels behind two rates, or behind one and a spread; `both`: which it was."""

    levels: Levels
    both: bool


def levels_of(settings: Settings, endpoint: str, rates: dict[str, float]) -> Assumption:
    """Levels with the true rates given, by endpoint; from two thresholds where the rates allow it.

    Where they do not (the harder endpoint has the higher rate, or there is one threshold only), from the
    rate of `endpoint` and the spread of the settings.
    """
    one = settings.endpoint(endpoint)
    asked = tuple(
        sorted((Below(each.assay.threshold, rates[each.id]) for each in settings.endpoints), key=_level)
    )
    return _levels(settings.strata, asked, Below(one.assay.threshold, rates[endpoint]), settings.spread)


def _level(below: Below) -> float:
    return below.level


@lru_cache(maxsize=4096)
def _levels(
    strata: tuple[Stratum, ...], asked: tuple[Below, ...], wanted: Below, spread: float
) -> Assumption:
    if len(asked) == 2 and asked[0].level < asked[1].level:
        with suppress(InputRefused):
            return Assumption(levels_through(strata, asked[1], asked[0]), both=True)
    return Assumption(levels_through_one(strata, wanted, spread), both=False)


def rates_of(settings: Settings, *, at_p1: bool) -> dict[str, float]:
    """The design rates, p1 or p0, by endpoint."""
    return {one.id: one.p1 if at_p1 else one.p0 for one in settings.endpoints}


def tables(settings: Settings, levels: Levels) -> tuple[tuple[float, Numbers], ...]:
    """For each stratum its share, and the chances of each pair of calls: first endpoint, last endpoint."""
    first, last = (curve(one.tested) for one in (settings.endpoints[0], settings.endpoints[-1]))
    return tuple(
        (
            stratum.share,
            calls_of_both(
                Levels(levels.mean + stratum.shift, levels.spread, levels.none), first, last, settings.missing
            ),
        )
        for stratum in settings.strata
    )


def seen(settings: Settings, endpoint: str, levels: Levels) -> Seen:
    """What is seen of one endpoint over all strata."""
    return _seen(settings, endpoint, sum(share * table for share, table in tables(settings, levels)))  # type: ignore[arg-type]


def groups(settings: Settings, endpoint: EndpointSettings, levels: Levels) -> tuple[Group, ...]:
    """The strata as a trial of one endpoint meets them: chances to respond and not to be counted."""
    excluded = endpoint.unknown is Indeterminate.EXCLUDED
    found: list[Group] = []
    for stratum, (share, table) in zip(settings.strata, tables(settings, levels), strict=True):
        one = _seen(settings, endpoint.id, table)
        found.append(Group(stratum.name, share, one.negative, one.unknown if excluded else 0.0))
    return tuple(found)


def cells(settings: Settings, levels: Levels, rates: dict[str, float]) -> Cells:
    """The nine cells of two endpoints as they will be seen.

    The true rates beside them are moved to where `Cells` allows: a level just above the threshold may be seen
    below it, which that type does not know. Power does not read them.
    """
    table = sum(share * one for share, one in tables(settings, levels))
    grid = [[float(np.sum(np.asarray(table)[np.ix_(_at(i), _at(j))])) for j in range(3)] for i in range(3)]
    whole = sum(map(sum, grid))
    rows = [(a / whole, b / whole, c / whole) for a, b, c in grid]
    first, last = settings.endpoints[0].id, settings.endpoints[-1].id
    bounds = [(sum(rows[0]), sum(rows[2])), (sum(row[0] for row in rows), sum(row[2] for row in rows))]
    truth = [
        min(max(rates[id], low), low + lost) for id, (low, lost) in zip((first, last), bounds, strict=True)
    ]
    return Cells((rows[0], rows[1], rows[2]), (truth[0], truth[1]))


def _at(place: int) -> list[int]:
    here = _PLACES[place]
    return list(here) if isinstance(here, tuple) else [here]


def _seen(settings: Settings, endpoint: str, table: Numbers) -> Seen:
    margin = table.sum(axis=1) if endpoint == settings.endpoints[0].id else table.sum(axis=0)
    return Seen(float(margin[NEGATIVE]), float(margin[NOT_EVALUABLE]), float(table.sum(axis=1)[FAR]))
