"""How people and instrument days differ."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.rehearsal.cytometry.levels import ABSENT, COLUMNS, KINDS, MARKERS, all_levels
from remission.rehearsal.cytometry.spec import USUAL, Day, Person, Variation

Table = NDArray[np.float64]

_LEVEL, _KIND_LEVEL, _SHARE = 0.04, 0.04, 0.35
"""Spreads from person to person: of a marker on all cells and on one kind (log10), of a kind's share (natural
log)."""
_GAIN, _SCATTER_GAIN, _SPILL = 0.04, 0.012, 0.10
"""Spreads from day to day: of a dye's and of scatter's gain (log10), of each spillover (relative)."""

_SPILLS = """
          SYTO  CD45  CD19  CD22  CD24  CD66b CD10  CD20  CD34  CD38  CD3   CD33
SYTO      1     0.045 0     0.006 0.003 0.004 0     0.002 0     0     0     0
CD45      0.06  1     0     0.09  0.03  0.02  0     0.012 0.005 0.002 0     0.012
CD19      0     0     1     0.002 0.002 0     0.001 0.04  0.012 0.004 0.05  0.015
CD22      0.012 0.03  0.004 1     0.22  0     0.02  0.03  0.015 0.008 0.002 0.06
CD24      0.02  0.01  0.008 0.12  1     0     0.16  0.10  0.03  0.10  0.03  0.006
CD66b     0     0.05  0.001 0.006 0.002 1     0     0     0.008 0     0     0.035
CD10      0     0     0.002 0.004 0.05  0     1     0.01  0.015 0.16  0.06  0
CD20      0.04  0.006 0.05  0.005 0.02  0     0.003 1     0.004 0.03  0.14  0.001
CD34      0     0     0.07  0.003 0.05  0.001 0.02  0.06  1     0.10  0.03  0.002
CD38      0     0     0.012 0     0.012 0     0.015 0.10  0.09  1     0.17  0
CD3       0     0     0.06  0     0.002 0     0.02  0.10  0.005 0.05  1     0
CD33      0     0.008 0.012 0.16  0.06  0.008 0     0.008 0.06  0.006 0.003 1
"""
"""Share of the light of a row's dye that a column's detector sees."""


def _spills() -> Table:
    head, *lines = _SPILLS.strip().splitlines()
    assert tuple(head.split()) == MARKERS
    return np.array([[float(cell) for cell in line.split()[1:]] for line in lines])


def person_of(numbers: Generator, variation: Variation = USUAL) -> Person:
    """A child's own levels and shares of kinds."""
    spread = np.append(np.full(len(MARKERS), _LEVEL), (0.5 * _LEVEL, _LEVEL, 0.0))
    own = np.append(np.full(len(MARKERS), _KIND_LEVEL), (0.4 * _KIND_LEVEL, _KIND_LEVEL, _KIND_LEVEL))
    levels = numbers.normal(0.0, 1.0, len(COLUMNS)) * spread
    levels = levels + numbers.normal(0.0, 1.0, (len(KINDS), len(COLUMNS))) * own
    shares = numbers.normal(0.0, _SHARE, len(KINDS))
    return Person(levels * variation.person, np.exp(shares * variation.person))


def day_of(numbers: Generator, variation: Variation = USUAL) -> Day:
    """An instrument on a day; reagents and their lots are part of it."""
    gains = np.append(np.full(len(MARKERS), _GAIN), (_SCATTER_GAIN, _SCATTER_GAIN, 0.0))
    gains = np.power(10.0, numbers.normal(0.0, 1.0, len(COLUMNS)) * gains * variation.day)
    spill = _spills()
    seen = spill * np.exp(numbers.normal(0.0, _SPILL, spill.shape) * variation.day)
    np.fill_diagonal(seen, 1.0)
    stated = seen * (1.0 + numbers.normal(0.0, 1.0, spill.shape) * variation.compensation)
    np.fill_diagonal(stated, 1.0)
    return Day(gains, seen, stated)


def levels_of(person: Person) -> Table:
    """Columns of every kind in a person, all in log10, shape (kinds, GRID, columns)."""
    levels = all_levels()
    levels[:, :, len(MARKERS) :] = np.log10(levels[:, :, len(MARKERS) :])
    levels[:, :, len(MARKERS) : -1] += 3.0
    there = np.where(levels > ABSENT, 1.0, 0.5)
    there[:, :, -1] = 1.0
    return levels + person.levels[:, np.newaxis, :] * there
