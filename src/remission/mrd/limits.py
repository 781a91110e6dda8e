"""What a number of cells, or an amount of DNA, can show."""

import math

from remission.errors import InputRefused
from remission.stats.tails import poisson_at_least

EXPECTED_FOR_95 = -math.log(0.05)
"""2.996: the expected number of target cells at which at least one is present in 95 % of samples."""

PG_PER_GENOME = 6.5
"""Picograms of DNA in a diploid human cell, so 154 cells per ng."""

MOST_DNA_NG = 100_000.0
"""Nanograms of DNA that a laboratory can put into one test, at most: 100 µg, of 15 million cells. ASSUMED, by
us: more is a slip of the unit."""


def limit_at(events: float, cells: int) -> float:
    """The level at which `events` of `cells` lie: LOD = 20/N and LOQ = 50/N by the usual rule of flow.

    Raises
    ------
    InputRefused
        For events or cells not above 0.
    """
    _check_positive(events, "events")
    _check_positive(cells, "cells")
    return events / cells


def detection_limit(cells: int) -> float:
    """The level at which at least one target cell is among `cells` in 95 % of samples: 2.996/N."""
    return limit_at(EXPECTED_FOR_95, cells)


def cells_for(level: float) -> int:
    """The cells needed to have at least one target cell in 95 % of samples at `level`: 2.996/level.

    Raises
    ------
    InputRefused
        For a level not above 0.
    """
    return cells_for_limit(EXPECTED_FOR_95, level)


def cells_for_limit(events: float, level: float) -> int:
    """The smallest number of cells of which `events` are no more than `level`.

    Raises
    ------
    InputRefused
        For events or a level not above 0.
    """
    _check_positive(events, "events")
    _check_positive(level, "level")
    # Rounded first: 20 / 0.0001 is 200000, and no rounding error may add a cell to it.
    return math.ceil(round(events / level, 6))


def cells_in(dna_ng: float) -> int:
    """Whole cells whose DNA weighs `dna_ng` nanograms.

    Raises
    ------
    InputRefused
        For an amount not above 0.
    """
    _check_positive(dna_ng, "ng of DNA")
    return math.floor(round(dna_ng * 1000 / PG_PER_GENOME, 6))


def dna_for(cells: int) -> float:
    """Nanograms of DNA in `cells` diploid cells.

    Raises
    ------
    InputRefused
        For cells not above 0.
    """
    _check_positive(cells, "cells")
    return cells * PG_PER_GENOME / 1000


def chance_in_tube(level: float, cells: int, at_least: int = 1) -> float:
    """Probability that at least `at_least` target cells at true `level` are among `cells` (Poisson).

    Raises
    ------
    InputRefused
        For a level or cells not above 0.
    """
    _check_positive(level, "level")
    _check_positive(cells, "cells")
    return poisson_at_least(at_least, level * cells)


def _check_positive(value: float, what: str) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputRefused(f"{value!r} {what}", where="limits of a test", do="give a finite number above 0")
