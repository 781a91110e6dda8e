"""A reference of normal marrows: what suggestion compares a file with.

Made of marrows without disease, resting, regenerating and after blinatumomab, each as cells of one panel on
one instrument (`build_reference`). It holds a mixture of all of them, and of every marrow the cells that lie
where few cells of the *others* lie: what a normal file shows that nobody knows. The limit of blank comes from
there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.suggestion.clusters import Normal
from remission.mrd.flow.suggestion.mixture import Floats, Mixture, Places

ENOUGH_NORMALS = 59
"""Normals of which the highest is a 95 % limit with 95 % confidence: 0.95 ** 59 < 0.05. DERIVED."""

MARGIN = 1.25
"""How far beyond the odds of every false cluster a cluster must lie. ASSUMED, by us."""

LEAST_ODDS = 8.0
"""Odds (natural logarithm) that a cluster must have whatever the marrows show: few marrows show few false
clusters. Chosen on SIMULATED marrows (false ones: up to 7; typical leukaemias: 17 to 60); ASSUMED, by us."""


@dataclass(frozen=True, slots=True)
class FalseCluster:
    """What a marrow without disease shows to the others: events, and the odds of the one in the middle."""

    events: int
    odds: float


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What a marrow shows to a reference without it.

    `kind`: in the laboratory's words (`normal`, `regenerating`, `after blinatumomab`). `cells` in all; of
    these, `places` are kept, each standing for `stands_for` cells, with log densities `scores` (views,
    events). `clusters`: false clusters, per view. `shift`: how far its populations lie from the
    others', per marker. `far`: share of cells below the threshold, per view.
    """

    name: str
    kind: str
    cells: int
    places: Places
    stands_for: NDArray[np.float32]
    scores: Floats
    clusters: tuple[tuple[FalseCluster, ...], ...]
    shift: Floats
    far: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The reference as seen without some markers, and the density below which cells are looked at."""

    ignored: tuple[str, ...]
    threshold: float


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Normal marrows under a name and version.

    `markers` and the `tops` of their ranges; `population`: which events of a file are compared (`nucleated
    singlets`), in the laboratory's words. `marrows` in the order given. `sha256` of the content.
    """

    name: str
    version: str
    population: str
    markers: tuple[str, ...]
    tops: Mapping[str, float]
    mixture: Mixture
    views: tuple[View, ...]
    marrows: tuple[HeldOut, ...]
    sha256: str

    def view(self, ignored: frozenset[str]) -> int | None:
        """Which view leaves out just these markers (of those the reference has)."""
        wanted = tuple(sorted(ignored & set(self.markers)))
        for place, view in enumerate(self.views):
            if view.ignored == wanted:
                return place
        return None

    def least_odds(self, view: int, but: int | None = None) -> float:
        """The odds (natural logarithm) that a cluster must have: beyond those of all false ones.

        `but`: a marrow left out, by its place.
        """
        seen = [
            one.odds
            for place, marrow in enumerate(self.marrows)
            if place != but
            for one in marrow.clusters[view]
        ]
        return max(LEAST_ODDS, MARGIN * max(seen, default=0.0))

    def blank(self, view: int) -> float:
        """The highest share of cells suggested in a marrow without disease, judged by the other marrows."""
        return max(
            sum(one.events for one in marrow.clusters[view] if one.odds > self.least_odds(view, place))
            / marrow.cells
            for place, marrow in enumerate(self.marrows)
        )

    def columns(self, view: int) -> list[int]:
        """Columns of `markers` that a view leaves out."""
        return [self.markers.index(marker) for marker in self.views[view].ignored]

    def normals(self, view: int) -> tuple[Normal, ...]:
        """The held-out marrows as a view sees them."""
        gone = self.columns(view)
        kept = [place for place in range(len(self.markers)) if place not in gone]
        return tuple(
            Normal(one.cells, np.ascontiguousarray(one.places[:, kept]), one.stands_for, one.scores[view])
            for one in self.marrows
        )
