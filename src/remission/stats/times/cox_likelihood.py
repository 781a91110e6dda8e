"""The partial likelihood of Cox, its slope and its curvature, with ties by Efron or Breslow.

Every event time of every stratum has one place in one order; a person is at risk at a run of places. So sums
over risk sets are cumulative sums, and sums over a person's times are differences of cumulative sums.

At a time with d events the likelihood has d terms. Term k (0 .. d - 1) has the risk set's sum as its
denominator, less k / d of the sum of those who have the event (Efron) or nothing (Breslow).
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

_LEAST = 1e-280  # a risk set's sum, beside the largest risk of all: below it, its inverse overflows


class Ties(StrEnum):
    """How events at one time share their risk set."""

    EFRON = "efron"
    BRESLOW = "breslow"


@dataclass(frozen=True, slots=True)
class RiskSets:
    """n people, T places (event times within strata, in order), and E terms (events).

    `x` (n, p): covariates, centred. `first`, `last` (n,): the run of places at which a person is at risk,
    empty if first > last. `dead`, `place_of_dead` (E,): who has the event, and at which place. `term_place`,
    `share` (E,): of each term its place and k / d. `bounds`: each stratum's places, from and before. `late`:
    someone enters late. `times`, `strata`, `deaths` (T,): each place's time, stratum and events.
    """

    x: Numbers
    first: Counts
    last: Counts
    dead: Counts
    place_of_dead: Counts
    term_place: Counts
    share: Numbers
    bounds: tuple[tuple[int, int], ...]
    late: bool
    times: Numbers
    strata: Counts
    deaths: Counts

    def at_risk(self, values: Numbers) -> Numbers:
        """Sums over those at risk at each place: (n, m) to (T, m)."""
        inside = self.first <= self.last
        sums = self._backward(self._by_place(self.last[inside], values[inside]))
        if self.late:
            before = inside & (self.first > self._start_of(self.last))
            sums -= self._backward(self._by_place(self.first[before] - 1, values[before]))
        return sums

    def over_time(self, values: Numbers) -> Numbers:
        """Sums over the places at which each person is at risk: (T, m) to (n, m)."""
        total = np.concatenate((np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)))
        none = self.first > self.last
        sums = total[np.where(none, 0, self.last + 1)] - total[np.where(none, 0, self.first)]
        return sums

    def of_dead(self, values: Numbers) -> Numbers:
        """Sums over those with the event at each place: (n, m) to (T, m)."""
        return self._by_place(self.place_of_dead, values[self.dead])

    def by_place(self, values: Numbers) -> Numbers:
        """Sums of terms at each place: (E, m) to (T, m)."""
        return self._by_place(self.term_place, values)

    def _by_place(self, places: Counts, values: Numbers) -> Numbers:
        size = len(self.times)
        sums = np.empty((size, values.shape[1]))
        for column in range(values.shape[1]):
            sums[:, column] = np.bincount(places, weights=values[:, column], minlength=size)
        return sums

    def _backward(self, values: Numbers) -> Numbers:
        sums = np.empty_like(values)
        for begin, end in self.bounds:
            sums[begin:end] = np.cumsum(values[begin:end][::-1], axis=0)[::-1]
        return sums

    def _start_of(self, places: Counts) -> Counts:
        starts = np.zeros(len(self.times), dtype=np.int64)
        for begin, end in self.bounds:
            starts[begin:end] = begin
        return starts[np.maximum(places, 0)]


def risk_sets(
    x: Numbers, start: Numbers, stop: Numbers, observed: NDArray[np.bool_], strata: Counts, ties: Ties
) -> RiskSets:
    """Put people and events in order: at risk at t means start < t <= stop.

    Parameters
    ----------
    x : array, shape (n, p)
    start, stop : array, shape (n,)
        `start` is -inf for those under observation from their origin.
    observed : array of bool, shape (n,)
    strata : array of int, shape (n,)
    ties : Ties
    """
    n = len(stop)
    first, last = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    times: list[Numbers] = []
    layers: list[Counts] = []
    bounds: list[tuple[int, int]] = []
    size = 0
    for layer in np.unique(strata):
        inside = np.flatnonzero(strata == layer)
        own = np.unique(stop[inside][observed[inside]])
        if len(own) == 0:
            continue
        first[inside] = size + np.searchsorted(own, start[inside], side="right")
        last[inside] = size + np.searchsorted(own, stop[inside], side="right") - 1
        bounds.append((size, size + len(own)))
        size += len(own)
        times.append(own)
        layers.append(np.full(len(own), layer, dtype=np.int64))
    dead = np.flatnonzero(observed)
    place_of_dead = last[dead]
    deaths = np.bincount(place_of_dead, minlength=size)
    term_place = np.repeat(np.arange(size), deaths)
    rank = np.arange(len(term_place)) - np.repeat(np.cumsum(deaths) - deaths, deaths)
    share = rank / deaths[term_place] if ties is Ties.EFRON else np.zeros(len(term_place))
    return RiskSets(
        x, first, last, dead, place_of_dead, term_place, share, tuple(bounds),
        bool(np.any(np.isfinite(start))), np.concatenate(times), np.concatenate(layers), deaths,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """Each term at given coefficients: `risk` (n,) is exp(x b), `below` (E,) denominators, `means` (E, p)."""

    log_likelihood: float
    risk: Numbers
    below: Numbers
    means: Numbers


def terms(sets: RiskSets, beta: Numbers) -> Terms:
    """The log partial likelihood at `beta`, with what its derivatives need."""
    eta = sets.x @ beta
    top = float(eta.max())  # taken out, so that no exponential overflows
    risk = np.exp(eta - top)
    weighted = np.column_stack((risk, risk[:, None] * sets.x))
    sums = sets.at_risk(weighted)[sets.term_place]
    sums = sums - sets.share[:, None] * sets.of_dead(weighted)[sets.term_place]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float((eta[sets.dead] - top).sum() - np.log(sums[:, 0]).sum())
        means = sums[:, 1:] / sums[:, :1]
    counted = np.isfinite(value) and float(sums[:, 0].min()) > _LEAST
    return Terms(value if counted else -np.inf, risk, sums[:, 0], means)


def score(sets: RiskSets, at: Terms) -> Numbers:
    """The slope of the log likelihood, shape (p,)."""
    return sets.x[sets.dead].sum(axis=0) - at.means.sum(axis=0)


def information(sets: RiskSets, at: Terms, weight: Numbers | None = None) -> Numbers:
    """Minus the curvature, shape (p, p); `weight` (E,) multiplies each term."""
    heavy = np.ones(len(at.below)) if weight is None else weight
    person = _spent(sets, at, (heavy / at.below)[:, None])[:, 0] * at.risk
    return (sets.x.T * person) @ sets.x - (at.means.T * heavy) @ at.means


def spent(sets: RiskSets, at: Terms) -> Numbers:
    """Each person's cumulative baseline hazard while at risk, shape (n,), in the units of `risk`."""
    return _spent(sets, at, (1 / at.below)[:, None])[:, 0]


def score_residuals(sets: RiskSets, at: Terms) -> Numbers:
    """Each person's share of the score, shape (n, p); they sum to it."""
    hazard = spent(sets, at)
    drawn = _spent(sets, at, at.means / at.below[:, None])
    residuals = -at.risk[:, None] * (sets.x * hazard[:, None] - drawn)
    averages = sets.by_place(at.means) / sets.deaths[:, None]
    residuals[sets.dead] += sets.x[sets.dead] - averages[sets.place_of_dead]
    return residuals


def penalty_slope(sets: RiskSets, at: Terms, covariance: Numbers) -> Numbers:
    """The slope of half the log determinant of the information, shape (p,): Firth's correction.

    Half the trace of covariance x d information / d b; a term's information is the covariance of x over its
    risk set, so its derivative is the third central moment.
    """
    lean = np.einsum("ij,jk,ik->i", sets.x, covariance, sets.x)
    weighted = (at.risk * lean)[:, None]
    sums = sets.at_risk(weighted)[sets.term_place]
    sums = sums - sets.share[:, None] * sets.of_dead(weighted)[sets.term_place]
    mean_lean = sums[:, 0] / at.below
    hazard = spent(sets, at)
    first = sets.x.T @ (at.risk * lean * hazard) - at.means.T @ mean_lean
    toward = at.means @ covariance
    drawn = _spent(sets, at, toward / at.below[:, None])
    along = at.risk * np.einsum("ij,ij->i", sets.x, drawn)
    length = np.einsum("ij,ij->i", toward, at.means)
    second = sets.x.T @ along - at.means.T @ length
    return 0.5 * (first - 2 * second)


def _spent(sets: RiskSets, at: Terms, values: Numbers) -> Numbers:
    """Sums over the terms of each person's times at risk, less the share of the terms of her own event."""
    sums = sets.over_time(sets.by_place(values))
    own = sets.by_place(values * sets.share[:, None])
    sums[sets.dead] -= own[sets.place_of_dead]
    return sums
