"""The kinds of events of a child's marrow: how bright each marker is, along each path of maturation.

Numbers are log10 of light (`-`: no antigen); FSC and SSC are thousands of the linear scale, AF is
autofluorescence against a lymphocyte's. Where they are from is told on the page of this room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

MARKERS = ("SYTO", "CD45", "CD19", "CD22", "CD24", "CD66b", "CD10", "CD20", "CD34", "CD38", "CD3", "CD33")
COLUMNS = (*MARKERS, "FSC", "SSC", "AF")
"""Columns of a table of levels."""
ABSENT = 1.7
"""Level of a marker that a cell does not have: what sticks to it all the same."""

_PATHS = """
path        at   SYTO CD45 CD19 CD22 CD24 CD66b CD10 CD20 CD34 CD38 CD3  CD33  FSC  SSC  AF
b           0.00 4.25 3.05 -    3.00 2.30 -     2.50 -    4.30 4.05 -    2.0   104  21   1.1
b           0.06 4.25 3.05 2.3  3.05 3.00 -     3.70 -    4.30 4.30 -    2.0   104  21   1.1
b           0.13 4.25 3.10 3.45 3.15 4.25 -     4.50 -    4.15 4.45 -    -     102  20   1.0
b           0.25 4.25 3.20 3.65 3.20 4.40 -     4.45 -    3.60 4.45 -    -     99   20   1.0
b           0.32 4.25 3.35 3.75 3.25 4.45 -     4.15 1.8  2.00 4.45 -    -     95   20   1.0
b           0.50 4.25 3.55 3.80 3.30 4.45 -     4.00 2.7  -    4.40 -    -     92   20   1.0
b           0.68 4.25 3.70 3.85 3.60 4.40 -     3.90 3.9  -    4.35 -    -     92   20   1.0
b           0.80 4.25 3.90 3.95 3.95 4.30 -     3.30 4.5  -    4.15 -    -     92   20   1.0
b           0.90 4.25 4.05 4.00 4.05 4.15 -     2.10 4.6  -    3.60 -    -     93   20   1.0
b           1.00 4.25 4.12 4.00 4.05 3.50 -     -    4.55 -    2.80 -    -     96   21   1.0
plasma      0.00 4.25 2.90 3.40 2.0  2.2  -     -    -    -    4.95 -    -     135  35   1.8
t           0.00 4.25 4.18 -    -    -    -     -    -    -    3.10 4.30 -     100  22   1.0
nk          0.00 4.25 4.12 -    -    -    -     -    -    -    3.60 -    -     102  24   1.0
myeloid     0.00 4.28 3.05 -    -    -    -     -    -    4.25 4.00 -    3.4   140  38   1.5
myeloid     0.50 4.28 3.10 -    -    2.2  2.5   -    -    3.20 4.00 -    3.9   160  55   2.2
myeloid     1.00 4.28 3.15 -    -    2.5  3.5   -    -    -    3.80 -    4.2   185  95   3.0
stem        0.00 4.25 3.05 -    -    -    -     -    -    4.45 2.60 -    2.9   110  26   1.2
granulocyte 0.00 4.28 3.15 -    -    2.5  3.5   -    -    -    3.80 -    4.2   185  110  3.0
granulocyte 0.35 4.27 3.20 -    -    3.7  4.4   -    -    -    3.30 -    3.7   178  108  3.0
granulocyte 0.70 4.25 3.35 -    -    4.3  4.3   2.2  -    -    2.80 -    3.4   165  100  2.6
granulocyte 1.00 4.24 3.55 -    -    4.6  4.1   3.6  -    -    2.40 -    3.2   155  95   2.4
eosinophil  0.00 4.25 4.00 -    -    4.2  3.5   -    -    -    2.60 -    3.2   145  150  9.0
monocyte    0.00 4.27 3.55 -    -    -    -     -    -    -    3.90 -    4.2   160  58   2.4
monocyte    1.00 4.26 4.00 -    2.0  -    -     -    -    -    3.60 -    4.4   150  52   2.2
erythroid   0.00 4.40 2.60 -    -    -    -     -    -    2.5  3.50 -    -     150  45   1.8
erythroid   0.40 4.32 2.00 -    -    -    -     -    -    -    2.60 -    -     100  30   1.3
erythroid   1.00 4.20 -    -    -    -    -     -    -    -    -    -    -     68   26   1.0
basophil    0.00 4.25 3.65 -    3.20 -    -     -    -    -    3.90 -    3.8   104  27   1.3
pdc         0.00 4.25 3.70 -    3.10 -    -     -    -    -    4.00 -    2.3   118  28   1.3
mdc         0.00 4.26 3.95 -    -    -    -     -    -    -    3.60 -    4.4   140  40   1.9
red         0.00 1.9  -    -    -    -    -     -    -    -    -    -    -     42   9    0.5
debris      0.00 2.3  2.0  -    -    2.0  2.0   -    -    -    2.0  -    2.0   24   8    0.6
fragment    0.00 3.7  2.3  -    -    2.2  2.2   -    -    -    2.3  -    2.0   34   14   0.8
"""

_KINDS = """
kind            path        from to    normal regenerating blinatumomab aplastic diagnosis
CD19- precursor b           0.00 0.045 0.02   0.15         0.45         0.005    0.004
hematogone I    b           0.045 0.28 0.7    4.0          0.002        0.02     0.05
hematogone II   b           0.28 0.72  4.0    13.0         0.002        0.05     0.15
hematogone III  b           0.72 0.94  1.3    3.0          0.002        0.05     0.10
mature B        b           0.94 1.00  3.0    0.8          0.005        1.0      1.0
plasma cell     plasma      0    0     0.5    0.6          0.4          3.0      0.2
T cell          t           0    0     11     14           24           55       14
NK cell         nk          0    0     1.5    2.0          3.0          7.0      1.2
stem cell       stem        0    0     0.04   0.06         0.05         0.02     0.02
myeloid CD34+   myeloid     0.00 0.5   0.7    1.3          0.9          0.1      0.1
promyelocyte    myeloid     0.5  1.0   4.0    5.0          4.0          0.5      0.6
granulocyte     granulocyte 0    1     48     34           42           12       8.0
eosinophil      eosinophil  0    0     2.5    1.5          2.5          1.0      0.4
monocyte        monocyte    0    1     4.0    6.0          6.0          5.0      1.0
erythroid       erythroid   0    1     18     16           17           12       4.0
basophil        basophil    0    0     0.4    0.4          0.5          0.2      0.05
plasmacytoid DC pdc         0    0     0.35   0.4          0.45         0.1      0.05
myeloid DC      mdc         0    0     0.25   0.3          0.3          0.1      0.03
red cell        red         0    0     0      0            0            0        0
debris          debris      0    0     0      0            0            0        0
fragment        fragment    0    0     0      0            0            0        0
"""

GRID = 33
"""Points at which a kind's levels are laid down, evenly from the start of its stretch to the end."""

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """A stretch of a path with a name; `shares`: percent of nucleated cells by marrow."""

    name: str
    path: str
    start: float
    end: float
    shares: Mapping[str, float]


def _rows(text: str) -> list[dict[str, str]]:
    """Rows of a table whose first column may hold spaces."""
    head, *lines = text.strip().splitlines()
    names = head.split()
    found: list[dict[str, str]] = []
    for line in lines:
        cells = line.rsplit(None, len(names) - 1)
        found.append(dict(zip(names, [cell.strip() for cell in cells], strict=True)))
    return found


def _kinds() -> tuple[Kind, ...]:
    fixed = ("kind", "path", "from", "to")
    return tuple(
        Kind(
            row["kind"],
            row["path"],
            float(row["from"]),
            float(row["to"]),
            MappingProxyType({name: float(share) for name, share in row.items() if name not in fixed}),
        )
        for row in _rows(_KINDS)
    )


def _paths() -> dict[str, tuple[Table, Table]]:
    """Each path: where its points lie, and their columns."""
    found: dict[str, list[list[float]]] = {}
    for row in _rows(_PATHS):
        point = [ABSENT if row[name] == "-" else float(row[name]) for name in ("at", *COLUMNS)]
        found.setdefault(row["path"], []).append(point)
    return {
        name: (np.array([point[0] for point in points]), np.array([point[1:] for point in points]))
        for name, points in found.items()
    }


KINDS = _kinds()
PATHS = _paths()


def along(path: str, start: float, end: float) -> Table:
    """Columns at GRID points of a stretch of a path, shape (GRID, columns)."""
    at, columns = PATHS[path]
    places = np.linspace(start, end, GRID)
    return np.stack([np.interp(places, at, column) for column in columns.T], axis=1)


def all_levels() -> Table:
    """Columns of every kind, shape (kinds, GRID, columns)."""
    return np.stack([along(kind.path, kind.start, kind.end) for kind in KINDS])
