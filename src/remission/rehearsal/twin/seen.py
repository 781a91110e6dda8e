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
from remission.stats.pairs.cells import Cells, Handling, Row

Numbers = NDArray[np.float64]
_PLACES = (NEGATIVE, (1, FAR), NOT_EVALUABLE)
WIDEST = 4.0
"""Powers of ten among children, at most: levels wider than that hold two rates and are no disease."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One endpoint as it will be seen: shares of all participants.

    `far`: 1 % or more by the test of the study's first endpoint, whatever this endpoint's test says.
    `negative_left`, `far_or_unknown`: negative where those are left out; those or not known by this test.
    """

    negative: float
    unknown: float
    far: float
    negative_left: float
    far_or_unknown: float


@dataclass(frozen=True, slots=True)
class Assumption:
    """The true levels behind two rates, or behind one and a spread; `both`: which it was."""

    levels: Levels
    both: bool


def levels_of(settings: Settings, endpoint: str, rates: dict[str, float]) -> Assumption:
    """Levels with the true rates given, by endpoint; from two thresholds where the rates allow it.

    Where they do not (the harder endpoint has nearly the rate of the other, or a higher one; there is one
    threshold only, or more than two), from the rate of `endpoint` and the spread of the settings.
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
            found = levels_through(strata, asked[1], asked[0])
            if found.spread <= WIDEST:
                return Assumption(found, both=True)
    return Assumption(levels_through_one(strata, wanted, spread), both=False)


def rates_of(settings: Settings, *, at_p1: bool) -> dict[str, float]:
    """The design rates, p1 or p0, by endpoint."""
    return {one.id: one.p1 if at_p1 else one.p0 for one in settings.endpoints}


def holds_both(settings: Settings) -> bool:
    """Whether levels were found with the rates of all endpoints, at p0 and at p1; so with one endpoint."""
    if len(settings.endpoints) == 1:
        return True
    first = settings.endpoints[0].id
    return all(levels_of(settings, first, rates_of(settings, at_p1=at_p1)).both for at_p1 in (False, True))


def tables(settings: Settings, endpoint: str, levels: Levels) -> tuple[tuple[float, Numbers], ...]:
    """For each stratum its share, and the chances of each pair of calls: first endpoint, endpoint asked.

    For the first endpoint itself both calls are the same.
    """
    first, asked = settings.endpoints[0], settings.endpoint(endpoint)
    return tuple(
        (
            stratum.share,
            _pair_of_calls(
                Levels(levels.mean + stratum.shift, levels.spread, levels.none),
                first,
                asked,
                settings.missing,
            ),
        )
        for stratum in settings.strata
    )


def _pair_of_calls(
    levels: Levels, first: EndpointSettings, asked: EndpointSettings, missing: float
) -> Numbers:
    if first.id != asked.id:
        return calls_of_both(levels, curve(first.tested), curve(asked.tested), missing)
    calls = curve(first.tested).calls(levels) * (1.0 - missing)
    calls[NOT_EVALUABLE] += missing
    return np.diag(calls)


def seen(settings: Settings, endpoint: str, levels: Levels) -> Seen:
    """What is seen of one endpoint over all strata."""
    return _seen(_whole(settings, endpoint, levels))


def _whole(settings: Settings, endpoint: str, levels: Levels) -> Numbers:
    return np.sum([share * table for share, table in tables(settings, endpoint, levels)], axis=0)


def groups(settings: Settings, endpoint: EndpointSettings, levels: Levels) -> tuple[Group, ...]:
    """The strata as a trial of one endpoint meets them: chances to respond and not to be counted."""
    excluded = endpoint.unknown is Indeterminate.EXCLUDED
    found: list[Group] = []
    calls = tables(settings, endpoint.id, levels)
    for stratum, (share, table) in zip(settings.strata, calls, strict=True):
        one = _seen(table)
        found.append(Group(stratum.name, share, one.negative, one.unknown if excluded else 0.0))
    return tuple(found)


def cells(settings: Settings, levels: Levels, rates: dict[str, float]) -> Cells:
    """The nine cells of two endpoints as they will be seen.

    The true rates beside them are moved to where `Cells` allows: a level just above the threshold may be seen
    below it, which that type does not know. Power does not read them.

    Raises
    ------
    InputRefused
        Where the study has not two endpoints.
    """
    if len(settings.endpoints) != 2:
        raise InputRefused(
            f"{len(settings.endpoints)} endpoints",
            where="joint table",
            do="ask for two endpoints; more are not told together",
        )
    ids = (settings.endpoints[0].id, settings.endpoints[1].id)
    table = _whole(settings, ids[1], levels)
    grid = [[float(np.sum(table[np.ix_(_at(i), _at(j))])) for j in range(3)] for i in range(3)]
    whole = sum(map(sum, grid))
    rows = [(a / whole, b / whole, c / whole) for a, b, c in grid]
    return _allowed((rows[0], rows[1], rows[2]), (rates[ids[0]], rates[ids[1]]))


def handled(settings: Settings, as_seen: Cells) -> tuple[Cells, Handling]:
    """The cells with each endpoint's own rule for unknown results, and how power takes the gaps left.

    Where one endpoint counts them as no response and the other leaves them out, those of the first are made
    positive, and only the others are gaps.
    """
    out = [one.unknown is Indeterminate.EXCLUDED for one in settings.endpoints]
    if not any(out):
        return as_seen, Handling.FAILURE
    grid = [list(row) for row in as_seen.probabilities]
    if not out[0]:
        grid[1] = [kept + lost for kept, lost in zip(grid[1], grid[2], strict=True)]
        grid[2] = [0.0, 0.0, 0.0]
    if not out[1]:
        grid = [[one, two + lost, 0.0] for one, two, lost in grid]
    rows = [(row[0], row[1], row[2]) for row in grid]
    return _allowed((rows[0], rows[1], rows[2]), as_seen.truth), Handling.EXCLUDED


def _allowed(rows: tuple[Row, Row, Row], rates: tuple[float, float]) -> Cells:
    bounds = [(sum(rows[0]), sum(rows[2])), (sum(row[0] for row in rows), sum(row[2] for row in rows))]
    truth = [min(max(rate, low), low + lost) for rate, (low, lost) in zip(rates, bounds, strict=True)]
    return Cells(rows, (truth[0], truth[1]))


def _at(place: int) -> list[int]:
    here = _PLACES[place]
    return list(here) if isinstance(here, tuple) else [here]


def _seen(table: Numbers) -> Seen:
    near = table[[NEGATIVE, 1, NOT_EVALUABLE]].sum(axis=0)  # without those at 1 % or more
    far = float(table[FAR].sum())
    margin = table.sum(axis=0)
    return Seen(
        float(margin[NEGATIVE]),
        float(margin[NOT_EVALUABLE]),
        far,
        float(near[NEGATIVE]),
        far + float(near[NOT_EVALUABLE]),
    )
