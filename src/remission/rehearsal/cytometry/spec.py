"""What a simulated marrow is asked to be."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.rehearsal.cytometry.levels import MARKERS

SIMULATED = "SIMULATED"
TOP = 262144.0
"""Top of every range but time's."""


class Marrow(StrEnum):
    """What the child's own cells are like."""

    NORMAL = "normal"
    REGENERATING = "regenerating"
    """Weeks after chemotherapy: many hematogones, the early ones above all."""
    BLINATUMOMAB = "blinatumomab"
    """After it: no cell with CD19 is left, and normal precursors that do not have it yet are many."""
    APLASTIC = "aplastic"
    DIAGNOSIS = "diagnosis"
    """What leukaemia leaves of the normal marrow."""


class Look(StrEnum):
    """How far a leukaemia is from its normal counterpart."""

    TYPICAL = "typical"
    HEMATOGONE_LIKE = "hematogone-like"


class Cd19(StrEnum):
    """What became of CD19 on the blasts."""

    KEPT = "kept"
    DIM = "dim"
    LOST = "lost"


@dataclass(frozen=True, slots=True, eq=False)
class Clone:
    """A leukaemia: `levels` and `spreads` (log10) by `levels.COLUMNS`; levels of FSC and SSC in thousands."""

    name: str
    look: Look
    cd19: Cd19
    levels: NDArray[np.float64]
    spreads: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """What is particular to a child: `levels` added (kinds, columns), `shares` multiplied (kinds)."""

    levels: NDArray[np.float64]
    shares: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """An instrument on one day: `gains` of columns, true `spill` (markers x markers), and as `stated`."""

    gains: NDArray[np.float64]
    spill: NDArray[np.float64]
    stated: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Variation:
    """How much people and days differ: 1 as usual, 0 not at all; another instrument: day 3 or more.

    `compensation`: relative error of the matrix that the file states.
    """

    person: float = 1.0
    day: float = 1.0
    compensation: float = 0.02


USUAL = Variation()


@dataclass(frozen=True, slots=True)
class Troubles:
    """What goes wrong. Shares are of all events; `drift` is the change of light from first to last event.

    `clogs`: stretches with few events and falling light. `late_laser`: events before the laser of PE and
    PE-Cy7 is at work. `margin`: events pinned to the top of FSC-A or a dye. `wobble`: relative spread of the
    rate from second to second. `rate`: events in a second.
    """

    debris: float = 0.06
    fragments: float = 0.015
    red_cells: float = 0.08
    doublets: float = 0.03
    drift: float = 0.02
    clogs: int = 0
    late_laser: float = 0.0
    margin: float = 0.0
    wobble: float = 0.08
    rate: float = 4000.0


DYES = (
    ("SYTO", "SYTO41", "Pacific Blue-A"),
    ("CD45", "CD45", "Krome Orange-A"),
    ("CD19", "CD19 PE-Cy7", "PE-Cy7-A"),
    ("CD22", "CD22", "BV605-A"),
    ("CD24", "CD24", "BV650-A"),
    ("CD66b", "CD66b", "FITC-A"),
    ("CD10", "CD10", "APC-A"),
    ("CD20", "CD20", "BV786-A"),
    ("CD34", "CD34", "PerCP-Cy5.5-A"),
    ("CD38", "CD38", "APC-R700-A"),
    ("CD3", "CD3", "APC-H7-A"),
    ("CD33", "CD33", "PE-A"),
)
"""Marker, `$PnS`, `$PnN`."""

FULL = MARKERS
SMALL = tuple(marker for marker in MARKERS if marker not in ("CD22", "CD24", "CD66b"))
"""Panels by their markers; the small one cannot see a B cell without CD19."""


@dataclass(frozen=True, slots=True)
class MarrowSpec:
    """One file: `events` of all sorts, `fraction` of its single nucleated cells are blasts of `clone`.

    `blasts`: exactly so many single blasts, instead of a draw. `person`, `day`: drawn where None.
    """

    marrow: Marrow = Marrow.NORMAL
    events: int = 300_000
    clone: Clone | None = None
    fraction: float = 0.0
    blasts: int | None = None
    markers: tuple[str, ...] = FULL
    person: Person | None = None
    day: Day | None = None
    variation: Variation = Variation()
    troubles: Troubles = Troubles()
    name: str = "S1"

    def __post_init__(self) -> None:
        where = f"simulated marrow {self.name}"
        if not 0 <= self.fraction < 1 or (self.blasts or 0) < 0 or self.events < 1:
            raise InputRefused(
                f"{self.events} events, fraction {self.fraction:g}, blasts {self.blasts}",
                where=where,
                do="ask for events, and a fraction from 0 to below 1",
            )
        if (self.fraction or self.blasts) and self.clone is None:
            raise InputRefused("blasts are asked for, but no clone", where=where, do="give the clone")
        unknown = sorted(set(self.markers) - set(MARKERS))
        if unknown or len(set(self.markers)) != len(self.markers):
            raise InputRefused(
                f"markers {', '.join(self.markers)}", where=where, do="use once each: " + ", ".join(MARKERS)
            )
