"""What each event gives of light and scatter, before any instrument sees it."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.rehearsal.cytometry.differences import levels_of
from remission.rehearsal.cytometry.levels import ABSENT, GRID, KINDS, MARKERS
from remission.rehearsal.cytometry.spec import Clone, Person

Light = NDArray[np.float32]
"""Shape (events, columns of levels.COLUMNS): light, scatter, autofluorescence."""
Codes = NDArray[np.int8]

_SPREAD, _SYTO_SPREAD, _ABSENT_SPREAD = 0.18, 0.05, 0.28
_FSC_SPREAD, _SSC_SPREAD, _AF_SPREAD = 0.05, 0.10, 0.12
_WIDE = {"debris": (0.55, 0.22), "fragment": (0.4, 0.15), "plasma cell": (0.28, 0.06)}
"""Spreads (log10) inside a kind: of a marker it has, of the dye of nuclei, of one it has not; of scatter; and
of kinds that are wider in light and in scatter."""
_TOGETHER = 0.35
"""Correlation of a cell's markers with each other and with its size."""
_SEEN_MATURE = {"T cell": (0.30, "CD38"), "granulocyte": (0.25, "CD10")}
"""Markers that differ more within a kind."""


@dataclass(frozen=True, slots=True, eq=False)
class Stock:
    """Levels and spreads to draw from, the clone last: (kinds + 1, GRID, columns)."""

    levels: Light
    spreads: Light


def stock_of(person: Person, clone: Clone | None) -> Stock:
    """What a person's cells, and a clone's, look like."""
    levels = levels_of(person)
    spreads = np.empty_like(levels)
    spreads[:, :, : len(MARKERS)] = np.where(
        levels[:, :, : len(MARKERS)] > ABSENT + 0.3, _SPREAD, _ABSENT_SPREAD
    )
    spreads[:, :, 0] = _SYTO_SPREAD
    spreads[:, :, len(MARKERS) :] = (_FSC_SPREAD, _SSC_SPREAD, _AF_SPREAD)
    for place, kind in enumerate(KINDS):
        if kind.name in _WIDE:
            light, scatter = _WIDE[kind.name]
            spreads[place, :, : len(MARKERS)] = light
            spreads[place, :, len(MARKERS) : -1] = scatter
        if kind.name in _SEEN_MATURE:
            wide, marker = _SEEN_MATURE[kind.name]
            spreads[place, :, MARKERS.index(marker)] = wide
    if clone is None:
        return Stock(levels.astype(np.float32), spreads.astype(np.float32))
    return Stock(
        np.concatenate([levels, _laid_down(clone, person)]).astype(np.float32),
        np.concatenate([spreads, np.broadcast_to(clone.spreads, (1, *levels.shape[1:]))]).astype(np.float32),
    )


def _laid_down(clone: Clone, person: Person) -> NDArray[np.float64]:
    """A clone's levels as a kind's; it is the person's own, so only what all cells share is added."""
    levels = clone.levels.copy()
    levels[len(MARKERS) :] = np.log10(levels[len(MARKERS) :])
    levels[len(MARKERS) : -1] += 3.0
    levels += person.levels.mean(axis=0)
    return np.broadcast_to(levels, (1, GRID, len(levels)))


def cells(stock: Stock, codes: Codes, numbers: Generator) -> Light:
    """One cell for each code."""
    along = numbers.random(len(codes), np.float32) * np.float32(GRID - 1)
    first = along.astype(np.int32)
    part = (along - first.astype(np.float32))[:, np.newaxis]
    flat = codes.astype(np.int32) * GRID + first
    columns = stock.levels.shape[2]
    levels, spreads = stock.levels.reshape(-1, columns), stock.spreads.reshape(-1, columns)
    low = levels[flat]
    found = low + (levels[flat + 1] - low) * part
    own = numbers.standard_normal((len(codes), columns), np.float32)
    own *= np.float32(np.sqrt(1 - _TOGETHER))
    own += numbers.standard_normal((len(codes), 1), np.float32) * np.float32(np.sqrt(_TOGETHER))
    found += own * spreads[flat]
    found *= np.float32(np.log(10.0))
    return np.exp(found, out=found)
