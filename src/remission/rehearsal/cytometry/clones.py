"""Leukaemias: their looks, drawn once and kept in every sample of a child."""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.rehearsal.cytometry.levels import ABSENT, COLUMNS, along
from remission.rehearsal.cytometry.spec import Cd19, Clone, Look

_AT = {name: place for place, name in enumerate(COLUMNS)}
_LIGHT = len(COLUMNS) - 3
_SPREADS, _SYTO_SPREAD, _SCATTER_SPREADS = (0.20, 0.34), 0.05, (0.07, 0.13, 0.05)
"""Spreads inside a leukaemia (log10): of markers, of the dye of nuclei, of FSC, SSC and own light."""
_CD19_DIM, _CD19_LOST = -1.0, ABSENT

_TYPICAL = {
    "CD45": (2.60, 0.22),
    "CD19": (3.80, 0.20),
    "CD22": (3.35, 0.20),
    "CD24": (4.10, 0.40),
    "CD10": (4.85, 0.15),
    "CD34": (4.35, 0.20),
    "CD38": (3.35, 0.25),
    "FSC": (108.0, 8.0),
    "SSC": (21.0, 1.5),
}
"""Level of a typical B-ALL and its spread from child to child; other markers are as on a hematogone I."""
_WITHOUT_CD34, _WITH_CD20, _WITH_CD33 = 0.25, 0.25, 0.15
"""Share of typical leukaemias without CD34, with some CD20, with some CD33."""
_LIKE_AT, _LIKE_SHIFT = (0.11, 0.2), 0.10
"""Where on the path of B cells a hematogone-like leukaemia stands, and how far from it each marker is."""


def clone_of(look: Look, cd19: Cd19, numbers: Generator, name: str = "clone") -> Clone:
    """A leukaemia of a look, particular to a child.

    The same `numbers` give the same leukaemia but for its CD19.
    """
    at = float(numbers.uniform(*_LIKE_AT))
    levels = along("b", at, at)[0].copy()
    spreads = np.append(numbers.uniform(*_SPREADS, _LIGHT), _SCATTER_SPREADS)
    spreads[_AT["SYTO"]] = _SYTO_SPREAD
    if look is Look.TYPICAL:
        _typical(levels, spreads, numbers)
    else:
        levels[:_LIGHT] += numbers.normal(0.0, _LIKE_SHIFT, _LIGHT) * (levels[:_LIGHT] > ABSENT)
    return with_cd19(Clone(name, look, Cd19.KEPT, levels, spreads), cd19)


def with_cd19(clone: Clone, cd19: Cd19) -> Clone:
    """The same leukaemia, its CD19 kept as it is, dim or lost."""
    levels = clone.levels.copy()
    if cd19 is Cd19.DIM:
        levels[_AT["CD19"]] += _CD19_DIM
    if cd19 is Cd19.LOST:
        levels[_AT["CD19"]] = _CD19_LOST
    return replace(clone, cd19=cd19, levels=levels)


def shifted(clone: Clone, numbers: Generator, by: float = 0.15) -> Clone:
    """The same leukaemia later: each marker it has moved by a normal draw of `by` (log10)."""
    levels = clone.levels.copy()
    move = numbers.normal(0.0, by, _LIGHT) * (levels[:_LIGHT] > ABSENT)
    move[_AT["SYTO"]] = 0.0
    levels[:_LIGHT] += move
    return replace(clone, levels=levels)


def _typical(levels: NDArray[np.float64], spreads: NDArray[np.float64], numbers: Generator) -> None:
    for name, (level, spread) in _TYPICAL.items():
        levels[_AT[name]] = numbers.normal(level, spread)
    for name, share, level, wide in (
        ("CD34", _WITHOUT_CD34, ABSENT, 0.2),
        ("CD20", _WITH_CD20, 3.2, 0.4),
        ("CD33", _WITH_CD33, 3.0, 0.3),
    ):
        if numbers.random() < share:
            levels[_AT[name]], spreads[_AT[name]] = level, wide
