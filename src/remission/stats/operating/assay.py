"""What a test of limited depth makes of a child's true level: negative, positive, or not evaluable.

A test looks at N cells and finds a Poisson number of them; N differs from child to child. It is negative
below the threshold only where N could have shown the level asked for. All of it by quadrature, no dice.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.tails import gamma_quantile, poisson_reaches

Numbers = NDArray[np.float64]

NEGATIVE, POSITIVE, FAR, NOT_EVALUABLE = 0, 1, 2, 3
"""Rows of a table of calls; FAR: positive, and at or above the level told apart (1 % at day 46)."""

_LOWEST, _PANELS, _POINTS = -12.0, 96, 8  # decades from 1e-12 to 1, in panels of an eighth of a decade
_NARROWEST = 0.1
_TAIL = 6.0  # standard deviations of depth that count
_MOST_PIECES = 48


@dataclass(frozen=True, slots=True)
class Levels:
    """True levels: a share `none` has no cell at all; the others are log-normal, in powers of ten.

    Raises
    ------
    InputRefused
        For a spread under 0.1, which the nodes would miss, or a share outside 0..1.
    """

    mean: float
    spread: float
    none: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and self.spread >= _NARROWEST and 0 <= self.none <= 1):
            raise InputRefused(
                f"mean {self.mean!r}, spread {self.spread!r}, none {self.none!r}",
                where="true levels",
                do=f"give a finite mean, a spread of {_NARROWEST} or more and a share from 0 to 1",
            )


@dataclass(frozen=True, slots=True)
class Assay:
    """A test: when it is negative and positive, and how many cells it looks at.

    Negative: found / N below `threshold`, and `events_for_lod` / N at most `required_lod`. Positive:
    found / N at or above `threshold`, with at least `events_for_lod` found (or, where `by_interval`, with the
    lower exact 95 % limit at or above the threshold). Otherwise not evaluable, as a share `unusable` is
    whatever was found; a share `blind` is never negative. N is log-normal about `cells` (median) with spread
    `cells_log_spread` (natural log). `background`: the level found where there is none. `far`: the level from
    which a positive is told apart.

    Raises
    ------
    InputRefused
        For levels or cells not above 0, or shares outside 0..1.
    """

    threshold: float
    required_lod: float
    events_for_lod: float
    cells: float
    cells_log_spread: float = 0.0
    background: float = 0.0
    unusable: float = 0.0
    blind: float = 0.0
    by_interval: bool = False
    far: float = 0.01

    def __post_init__(self) -> None:
        above = (self.threshold, self.required_lod, self.events_for_lod, self.cells, self.far)
        if not (
            all(math.isfinite(one) and one > 0 for one in above)
            and 0 <= self.cells_log_spread <= 5
            and 0 <= self.background < 1
            and 0 <= self.unusable <= 1
            and 0 <= self.blind <= 1
        ):
            raise InputRefused(
                f"{self} is no test",
                where="assay",
                do="give levels and cells above 0, a spread from 0 to 5, background and share from 0 to 1",
            )


@dataclass(frozen=True, slots=True)
class Curve:
    """Chances of NEGATIVE, POSITIVE and FAR at the nodes of the level, and (last) where there is none.

    Shape (3, nodes + 1).
    """

    chances: Numbers

    def calls(self, levels: Levels) -> Numbers:
        """Chances of the four calls for a child of these levels. Shape (4,)."""
        found = self.chances @ _weights(levels)
        return np.append(found, max(0.0, 1.0 - float(found.sum())))


def calls_of_both(levels: Levels, first: Curve, second: Curve, missing: float = 0.0) -> Numbers:
    """Chances of each pair of calls by two tests of the same child, independent but for its level.

    Parameters
    ----------
    levels : Levels
    first, second : Curve
    missing : float
        Share of children without a sample: by either test not evaluable.

    Returns
    -------
    float64, (4, 4)
        Rows: calls of the first test, columns: of the second, in the order of the constants.
    """
    weights = _weights(levels)
    full = [np.vstack([curve.chances, 1.0 - curve.chances.sum(axis=0)]) for curve in (first, second)]
    table = (full[0] * weights) @ full[1].T * (1.0 - missing)
    table[NOT_EVALUABLE, NOT_EVALUABLE] += missing
    return np.maximum(table, 0.0)


@lru_cache(maxsize=64)
def curve(assay: Assay) -> Curve:
    """What a test says at each true level."""
    levels = np.append(10 ** _nodes()[0], 0.0)
    seen = np.minimum(1.0, levels + assay.background)
    cells, weights = _depths(assay)
    means = seen[:, None] * cells
    reached = _first_reaching(assay.threshold, cells)
    enough = np.maximum(reached, np.minimum(math.ceil(assay.events_for_lod), _sure_from(assay, cells)))
    deep = assay.events_for_lod <= assay.required_lod * cells * (1 + 1e-12)
    below = (1.0 - poisson_reaches(np.broadcast_to(reached, means.shape), means)) * (
        deep * (1.0 - assay.blind)
    )
    above = poisson_reaches(np.broadcast_to(enough, means.shape), means)
    far_from = np.maximum(enough, _first_reaching(assay.far, cells))
    far = poisson_reaches(np.broadcast_to(far_from, means.shape), means)
    usable = 1.0 - assay.unusable
    return Curve(np.vstack([below @ weights, (above - far) @ weights, far @ weights]) * usable)


def _first_reaching(level: float, cells: Numbers) -> Numbers:
    """The smallest count of N cells that is at or above a level; 20 of 200,000 is 0.0001, not below it."""
    return np.maximum(1.0, np.ceil(np.round(level * cells, 9)))


def _sure_from(assay: Assay, cells: Numbers) -> Numbers:
    """The smallest count whose lower exact limit is at or above the threshold (infinite: not asked)."""
    sure = np.full(len(cells), np.inf)
    if assay.by_interval:
        for count in range(math.ceil(assay.events_for_lod) - 1, 0, -1):
            sure[gamma_quantile(0.025, count) >= assay.threshold * cells] = count
    return sure


def _depths(assay: Assay) -> tuple[Numbers, Numbers]:
    """Numbers of cells with their weights: Gauss-Legendre between the numbers at which a rule changes."""
    if assay.cells_log_spread == 0:
        return np.array([assay.cells]), np.ones(1)
    limit = assay.events_for_lod / assay.required_lod
    lowest, highest = (assay.cells * math.exp(side * _TAIL * assay.cells_log_spread) for side in (-1, 1))
    first, last = math.ceil(lowest * assay.threshold), math.floor(highest * assay.threshold)
    steps = (
        [count / assay.threshold for count in range(max(first, 1), last + 1)]
        if last - first < _MOST_PIECES
        else []
    )
    changes = [math.log(at / assay.cells) / assay.cells_log_spread for at in (limit, *steps)]
    even = np.linspace(-_TAIL, _TAIL, 13 if steps else _MOST_PIECES + 1)
    edges = np.unique(np.append(even, [at for at in changes if -_TAIL < at < _TAIL]))
    nodes, weights = _legendre(edges, 6)
    density = np.exp(-0.5 * nodes**2) / math.sqrt(2 * math.pi) * weights
    return assay.cells * np.exp(assay.cells_log_spread * nodes), density / density.sum()


def _legendre(edges: Numbers, points: int) -> tuple[Numbers, Numbers]:
    at, weight = np.polynomial.legendre.leggauss(points)
    half, middle = np.diff(edges) / 2, (edges[1:] + edges[:-1]) / 2
    return (middle[:, None] + half[:, None] * at).ravel(), (half[:, None] * weight).ravel()


@lru_cache(maxsize=1)
def _nodes() -> tuple[Numbers, Numbers]:
    return _legendre(np.linspace(_LOWEST, 0.0, _PANELS + 1), _POINTS)


def _weights(levels: Levels) -> Numbers:
    """The share of children at each node, and (last) with no cell; what lies above 1 counts as 1."""
    nodes, weights = _nodes()
    share = np.exp(-0.5 * ((nodes - levels.mean) / levels.spread) ** 2) * weights
    share /= levels.spread * math.sqrt(2 * math.pi)
    low = 0.5 * math.erfc((levels.mean - _LOWEST) / levels.spread / math.sqrt(2))
    high = 0.5 * math.erfc(-levels.mean / levels.spread / math.sqrt(2))
    share[-1] += high
    missed = 1.0 - low - float(share.sum())  # what quadrature leaves, some 1e-9 for the narrowest spreads
    some = np.append(share, low + missed)
    some *= 1.0 - levels.none
    some[-1] += levels.none
    return some
