"""Events that lie together where no normal marrow has as many: from candidates to clusters.

A candidate is an event where few normal cells lie. Tails of normal populations are candidates too, but they
point in every direction; cells of one clone lie together. A candidate is a core where more of the file's
candidates lie near it than any held-out normal marrow shows at the same place. Cores joined by short steps
are a seed; the seed's shape is then fitted against the normal density, which also takes in cells of the clone
that alone would look normal and gives back normal cells that lie nearer to normal. Last, the shape is asked
of every normal marrow: a cluster that any of them shows, by its share, is dropped.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.suggestion.kernels_suggest import linked, neighbours
from remission.mrd.flow.suggestion.mixture import (
    Floats,
    Mixture,
    Places,
    Prepared,
    density,
    fitted,
    prepared,
)

Indices = NDArray[np.int64]

NEAR = 4
"""Other candidates that a core has near it, at least."""
EXCESS = 3.0
"""How many times more than any normal marrow: normal marrows differ among themselves. ASSUMED, by us."""
PLENTY = 10.0
"""How many times as many normal cells as in the reference may lie at any one place. ASSUMED, by us."""
STEP = 1.15
"""Radius of `near`, as a share of the typical distance of two cells of one kind."""
MOST_COMPARED = 20_000
"""Candidates compared with each other; of more, a fixed sample is."""
MOST_SEEDS = 24
_ROUNDS = 6
_LEAST_ODDS = 5.0
_DRAWN = 8_000


@dataclass(frozen=True, slots=True, eq=False)
class Normal:
    """A held-out normal marrow: `cells` in all, kept events with how many each stands for, and densities.

    `scores`: natural logarithm of the density, by a reference without this marrow: shape (events,).
    """

    cells: int
    places: Places
    stands_for: NDArray[np.float32]
    scores: Floats


@dataclass(frozen=True, slots=True, eq=False)
class File:
    """A file looked at: its events, their normal densities (exact below `threshold`), and what is normal."""

    places: Places
    scores: Floats
    threshold: float
    known: Prepared
    spread: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A cluster: its events (rows of the file's places), its shape, and the share of cells it is.

    `odds`: natural logarithm of the odds, against normal cells, of the event in its middle.
    """

    events: Indices
    shape: Prepared
    share: float
    odds: float


def clusters_in(
    file: File, normals: Sequence[Normal], least: int, cores: int = 1, compared: int = MOST_COMPARED
) -> tuple[Found, ...]:
    """Clusters of at least so many events, largest first; none overlaps another."""
    found: list[Found] = []
    taken = np.zeros(len(file.places), dtype=np.bool_)
    for seed in seeds_in(file, normals, compared):
        if taken[seed].mean() > 0.5:
            continue
        one = grown(file, seed, cores)
        events = one.events[~taken[one.events]]
        if len(events) >= least and exceeds(one, len(events), len(file.places), normals):
            found.append(replace(one, events=events))
            taken[events] = True
    return tuple(sorted(found, key=lambda one: -len(one.events)))


def seeds_in(file: File, normals: Sequence[Normal], compared: int) -> list[Indices]:
    """Groups of cores, largest first, of at most so many candidates compared."""
    candidates = np.flatnonzero(file.scores < file.threshold)
    part = 1.0
    if len(candidates) > compared:
        part = compared / len(candidates)
        candidates = candidates[np.linspace(0, len(candidates) - 1, compared).astype(np.int64)]
    whitened = file.places[candidates] / file.spread.astype(np.float32)
    order = np.argsort(whitened[:, 0], kind="stable")
    candidates, whitened = candidates[order], np.ascontiguousarray(whitened[order])
    radius = STEP * float(np.sqrt(2 * whitened.shape[1]))
    own = np.zeros((len(whitened), 1), dtype=np.int64)
    neighbours(whitened, whitened, np.zeros(len(whitened), dtype=np.int64), radius, own)
    near = own[:, 0] - 1
    dense = np.flatnonzero(near >= NEAR)
    usual = _usual(whitened[dense], file, normals, radius) * len(file.places) * part
    cores = dense[near[dense] >= NEAR + EXCESS * usual]
    places = np.ascontiguousarray(whitened[cores])
    roots = np.empty(len(places), dtype=np.int64)
    linked(places, radius, roots)
    _, first, sizes = np.unique(roots, return_index=True, return_counts=True)
    ranks = np.argsort(-sizes, kind="stable")[:MOST_SEEDS]
    return [np.sort(candidates[cores[roots == roots[first[rank]]]]) for rank in ranks]


def _usual(places: Places, file: File, normals: Sequence[Normal], radius: float) -> Floats:
    """The most candidates near each place in any normal marrow, as a share of its cells."""
    kept = [np.flatnonzero(one.scores < file.threshold) for one in normals]
    if not normals or not len(places):
        return np.zeros(len(places))
    others = np.concatenate([one.places[rows] for one, rows in zip(normals, kept, strict=True)])
    others = others / file.spread.astype(np.float32)
    groups = np.repeat(np.arange(len(normals)), [len(rows) for rows in kept])
    order = np.argsort(others[:, 0], kind="stable")
    near = np.zeros((len(places), len(normals)), dtype=np.int64)
    neighbours(places, np.ascontiguousarray(others[order]), groups[order], radius, near)
    return (near / np.array([one.cells for one in normals])).max(axis=1)


def grown(file: File, seed: Indices, cores: int = 1) -> Found:
    """The shape that a seed is the visible part of, and the events that are likelier of it than normal."""
    share, shape = len(seed) / len(file.places), _shape(file, file.places[seed], np.ones(len(seed)))
    scores = file.scores.copy()
    for _ in range(_ROUNDS):
        near, odds = _odds(file, scores, shape, share, cores)
        belongs = 1.0 / (1.0 + np.exp(-np.clip(odds, -50.0, 50.0)))
        total = float(belongs.sum())
        if total < 2:
            break
        share = total / len(file.places)
        shape = _shape(file, file.places[near], belongs)
    near, odds = _odds(file, scores, shape, share, cores)
    return _of_odds(near, odds, shape, share)


def followed(file: File, shape: Prepared, cores: int = 1) -> Found:
    """The events that are likelier of a known shape (from diagnosis) than normal, and its share."""
    share, scores = 1e-3, file.scores.copy()
    near, odds = _odds(file, scores, shape, share, cores)
    for _ in range(_ROUNDS):
        share = max(float((1.0 / (1.0 + np.exp(-np.clip(odds, -50.0, 50.0)))).sum()), 0.1) / len(file.places)
        near, odds = _odds(file, scores, shape, share, cores)
    return _of_odds(near, odds, shape, share)


def _of_odds(near: Indices, odds: Floats, shape: Prepared, share: float) -> Found:
    """Events likelier than not."""
    belongs = odds > 0
    middle = float(np.median(odds[belongs])) if belongs.any() else 0.0
    return Found(near[belongs], shape, share, middle)


def exceeds(found: Found, events: int, cells: int, normals: Sequence[Normal]) -> bool:
    """Whether a file of `cells` shows more of a cluster than any normal marrow, by its share of cells."""
    usual = max((blank_of(found, one) / one.cells for one in normals), default=0.0)
    return events >= EXCESS * usual * cells


def blank_of(found: Found, normal: Normal) -> float:
    """Events of a normal marrow that would be taken for the cluster's."""
    odds = np.log(found.share / PLENTY) + density(found.shape, normal.places) - normal.scores
    return float(normal.stands_for[odds > 0].sum())


def shape_of(file: File, events: Indices, numbers: np.random.Generator) -> Prepared:
    """A mixture fitted to the events of a cluster at diagnosis, where there are many."""
    places = file.places[events]
    if len(places) > _DRAWN:
        places = places[np.linspace(0, len(places) - 1, _DRAWN).astype(np.int64)]
    return prepared(fitted(places, max(1, min(4, len(places) // 1000)), numbers))


def _odds(file: File, scores: Floats, shape: Prepared, share: float, cores: int) -> tuple[Indices, Floats]:
    """Events that may belong to a shape, and the logarithm of the odds that they do.

    `scores` above the threshold are lower bounds; those asked for are made exact, and kept.
    """
    own = np.log(share / PLENTY) + density(shape, file.places, cores=cores)
    near = np.flatnonzero(own > scores - _LEAST_ODDS)
    rough = near[scores[near] >= file.threshold]
    scores[rough] = density(file.known, file.places[rough], cores=cores)
    near = near[own[near] > scores[near] - _LEAST_ODDS]
    return near, own[near] - scores[near]


def _shape(file: File, places: Places, belongs: Floats) -> Prepared:
    """One normal distribution, drawn towards the usual spread the more the fewer events it holds."""
    markers = places.shape[1]
    total = float(belongs.sum())
    mean = belongs @ places / total
    apart = places - mean
    drawn = 2.0 * markers
    usual = np.diag(file.spread**2)
    covariance = ((apart * belongs[:, None]).T @ apart + drawn * usual) / (total + drawn)
    return prepared(Mixture(np.ones(1), mean[None, :], covariance[None, :, :]))
