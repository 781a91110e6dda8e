"""Where normal cells lie: a mixture of normal distributions over scaled markers.

A mixture is smooth where cells are few, says what a panel without one of its markers would see (a marginal),
and gives up one of the marrows it was made from without being made anew: `Sums` of each marrow are kept apart
and taken away.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import chi2

from remission.mrd.flow.suggestion.kernels_suggest import densities

Places = NDArray[np.float32]
"""Scaled markers of events: shape (events, markers), C-contiguous."""
Floats = NDArray[np.float64]

LEAST_SPREAD = 0.015
"""Of a part, along any marker (scaled units): no narrower than an instrument measures. ASSUMED, by us."""

PLAIN = 0.99
"""Share of a population's events that count as plainly its own."""
RELUCTANCE = 20.0
"""Events that the reference is worth when a part is moved to where a marrow shows it."""
KEPT = 0.1
"""Share of the reference's weights that stays, so that no part is lost where a marrow lacks it."""
ADAPTATIONS = 3
_PLENTIFUL = 0.003
"""Share of cells above which a part says where a marrow's populations lie."""

_ROUNDS = 12
_STEPS = 6
_CHUNK = 1 << 15


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Parts: `weights` (parts,) sum to 1, `means` (parts, markers), `covariances`, one matrix a part."""

    weights: Floats
    means: Floats
    covariances: Floats

    def without(self, columns: list[int]) -> "Mixture":
        """The same as seen without some markers."""
        kept = [column for column in range(self.means.shape[1]) if column not in columns]
        covariances = self.covariances[:, kept, :][:, :, kept]
        return Mixture(self.weights, self.means[:, kept], covariances)


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Of events shared out among parts: `cells` (parts,), `first` (parts, markers), `second` moments."""

    cells: Floats
    first: Floats
    second: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A mixture as the compiled loops read it: parts with the highest peak first."""

    peaks: Floats
    means: Floats
    whiteners: Floats


def prepared(mixture: Mixture) -> Prepared:
    """Peaks and whitening matrices (lower triangles whose product with a difference has unit spread)."""
    markers = mixture.means.shape[1]
    lower = np.linalg.cholesky(mixture.covariances)
    whiteners = np.linalg.inv(lower)
    diagonals = np.diagonal(lower, axis1=1, axis2=2)
    heights = -np.log(diagonals).sum(axis=1) - 0.5 * markers * np.log(2 * np.pi)
    with np.errstate(divide="ignore"):
        peaks = np.log(mixture.weights) + heights
    order = np.argsort(-peaks, kind="stable")
    order = order[np.isfinite(peaks[order])]
    whiteners = np.ascontiguousarray(np.tril(whiteners[order]), dtype=np.float64)
    return Prepared(np.ascontiguousarray(peaks[order]), np.ascontiguousarray(mixture.means[order]), whiteners)


def density(known: Prepared, places: Places, enough: float = np.inf, cores: int = 1) -> Floats:
    """Natural logarithm of the density at each place, in full where it is below `enough`.

    Returns
    -------
    array, shape (events,)
    """
    out = np.empty(len(places))

    def work(start: int) -> None:
        run = slice(start, start + _CHUNK)
        densities(places[run], known.peaks, known.means, known.whiteners, enough, out[run])

    starts = range(0, len(places), _CHUNK)
    if cores == 1:
        for start in starts:
            work(start)
    else:
        with ThreadPoolExecutor(cores) as threads:
            list(threads.map(work, starts))
    return out


def fitted(places: Places, parts: int, numbers: Generator) -> Mixture:
    """A mixture of at most so many parts: seeds far from each other, then expectation-maximisation.

    Every part is drawn towards the spread that parts have on average, the more the fewer events it holds, so
    that a part of few events is no needle.
    """
    points = places.astype(np.float64)
    means = _moved(points, _seeds(points, min(parts, len(points)), numbers))
    nearest = _nearest(points, means)
    shares = np.zeros((len(points), len(means)))
    shares[np.arange(len(points)), nearest] = 1.0
    mixture = from_sums(_sums(points, shares))
    for _ in range(_ROUNDS):
        mixture = from_sums(sums_of(mixture, places))
    return mixture


def from_sums(sums: Sums) -> Mixture:
    """The mixture that sums describe; parts with less than one event are left out of it (weight 0)."""
    markers = sums.first.shape[1]
    held = np.maximum(sums.cells, 1e-9)[:, None]
    means = sums.first / held
    scatter = sums.second - held[:, :, None] * means[:, :, None] * means[:, None, :]
    typical = scatter.sum(axis=0) / max(float(sums.cells.sum()), 1.0) + LEAST_SPREAD**2 * np.eye(markers)
    drawn = markers + 2.0
    covariances = (scatter + drawn * typical) / (held[:, :, None] + drawn)
    covariances += LEAST_SPREAD**2 * np.eye(markers)
    weights = np.where(sums.cells >= 1, sums.cells, 0.0)
    return Mixture(weights / weights.sum(), means, covariances)


def adapted(mixture: Mixture, places: Places) -> Mixture:
    """The mixture as one marrow shows it: parts moved and weighted by the events that plainly are theirs.

    Persons, stainings and days differ a little; a tail of a population that lies a little aside would look
    like cells of its own. Events far from every part say nothing here, and no part moves by more than the
    usual spread along a marker: what lies further is not the same population.
    """
    markers = mixture.means.shape[1]
    bound = usual_spread(mixture)
    far = float(chi2.ppf(PLAIN, markers))
    now = mixture
    for _ in range(ADAPTATIONS):
        sums = sums_of(now, places, far)
        held = sums.cells[:, None]
        moved = (sums.first - held * mixture.means) / (held + RELUCTANCE)
        weights = sums.cells / max(float(sums.cells.sum()), 1.0)
        now = Mixture(
            (1 - KEPT) * weights + KEPT * mixture.weights,
            mixture.means + np.clip(moved, -bound, bound),
            mixture.covariances,
        )
    return now


def sums_of(mixture: Mixture, places: Places, far: float = np.inf) -> Sums:
    """Events shared out among parts by their likelihood; those `far` (squared) from every part are not."""
    parts, markers = mixture.means.shape
    cells, first = np.zeros(parts), np.zeros((parts, markers))
    second = np.zeros((parts, markers, markers))
    for start in range(0, len(places), _CHUNK):
        points = places[start : start + _CHUNK].astype(np.float64)
        one = _sums(points, shares_of(mixture, points, far))
        cells += one.cells
        first += one.first
        second += one.second
    return Sums(cells, first, second)


def shares_of(mixture: Mixture, points: Floats, far: float = np.inf) -> Floats:
    """How much of each event belongs to each part: shape (events, parts).

    Rows sum to 1, and to 0 for events whose squared distance to every part is above `far`.
    """
    lower = np.linalg.cholesky(mixture.covariances)
    whiteners = np.linalg.inv(lower)
    with np.errstate(divide="ignore"):
        peaks = np.log(mixture.weights) - np.log(np.diagonal(lower, axis1=1, axis2=2)).sum(axis=1)
    logs = np.empty((len(points), len(peaks)))
    least = np.full(len(points), np.inf)
    for part, (whitener, mean) in enumerate(zip(whiteners, mixture.means, strict=True)):
        along = (points - mean) @ whitener.T
        square = np.einsum("ij,ij->i", along, along)
        np.minimum(least, square, out=least)
        logs[:, part] = peaks[part] - 0.5 * square
    logs -= logs.max(axis=1, keepdims=True)
    np.exp(logs, out=logs)
    logs /= logs.sum(axis=1, keepdims=True)
    logs[least > far] = 0.0
    return logs


def _sums(points: Floats, shares: Floats) -> Sums:
    markers = points.shape[1]
    second = np.empty((shares.shape[1], markers, markers))
    for part in range(shares.shape[1]):
        held = np.flatnonzero(shares[:, part] > 1e-6)
        second[part] = (points[held] * shares[held, part][:, None]).T @ points[held]
    return Sums(shares.sum(axis=0), shares.T @ points, second)


def _seeds(points: Floats, parts: int, numbers: Generator) -> Floats:
    """Events far from each other, drawn by the square of their distance to those drawn before."""
    chosen = [int(numbers.integers(len(points)))]
    apart = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < parts and apart.sum() > 0:
        chosen.append(int(numbers.choice(len(points), p=apart / apart.sum())))
        np.minimum(apart, ((points - points[chosen[-1]]) ** 2).sum(axis=1), out=apart)
    return points[chosen]


def _moved(points: Floats, means: Floats) -> Floats:
    """Means moved to the middle of the events nearest to them, a few times."""
    for _ in range(_STEPS):
        nearest = _nearest(points, means)
        held = np.bincount(nearest, minlength=len(means))
        sums = np.stack([np.bincount(nearest, row, len(means)) for row in points.T], axis=1)
        means = np.where(held[:, None] > 0, sums / np.maximum(held, 1)[:, None], means)
    return means


def _nearest(points: Floats, means: Floats) -> NDArray[np.int64]:
    half = 0.5 * (means**2).sum(axis=1)
    return np.argmax(points @ means.T - half, axis=1)


def usual_spread(mixture: Mixture) -> Floats:
    """Spread of cells of one kind along each marker, on average."""
    return np.sqrt(np.einsum("k,kii->i", mixture.weights, mixture.covariances))


def shift_of(mixture: Mixture, moved: Mixture) -> Floats:
    """How far a marrow's populations lie from the mixture's, per marker: the parts' median, in spreads."""
    parts = np.flatnonzero(moved.weights > _PLENTIFUL)
    if not len(parts):
        return np.full(mixture.means.shape[1], np.inf)
    apart = moved.means[parts] - mixture.means[parts]
    return np.median(apart, axis=0) / usual_spread(mixture)
