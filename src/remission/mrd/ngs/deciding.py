"""Which of the windows seen near a target are the clone, read with errors, and which are something else.

A window is weighed by how many reads each candidate has and how likely its own qualities make the errors that
lead from the candidate to it. Candidates: the target, other targets near it, and the neighbours: clonotypes
found among the sightings themselves, because errors of the candidates known so far cannot explain their reads
(most reads first, as in directional clustering: Smith 2017, doi:10.1101/gr.209601.116). A window that nothing
explains better than a random rearrangement would is not counted. Nor is anything counted where all that
would be counted is no more than errors of the neighbours explain: the target passes the same test as they do.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.kernels_matching import DELETED
from remission.mrd.ngs.sightings import Seen, substitutions
from remission.mrd.ngs.tally import Tolerance
from remission.stats.tails import poisson_at_least
from remission.terms.words import Text

# Assumed by us; a laboratory that has measured its own would change them here.
LEAST_ERROR = 1e-4
"""Chance of a wrong base however good its quality: what the polymerase adds."""
MOST_ERROR = 0.75
INDEL_ERROR = 1e-5
"""Chance that one base is lacking or too many at a given place."""
LINEAGE = 0.01
"""An early error of the polymerase: up to this share of the reads may show one same substitution."""
BY_CHANCE = 1e-12
"""Share of all reads that are some other rearrangement with exactly a given window."""
UNEXPLAINED = 1e-6
"""A window is a clonotype of its own where errors give its reads, or more, with less than this chance."""
MOST_FURTHER = 3.0
"""Errors a window, beyond which reads with further ones are not reckoned with: they differ too much."""
UNSEEN = 0.5
"""Reads a target without an unchanged read is weighed with."""
MOST_NEIGHBOURS = 64
MOST_SUBSTITUTIONS = 3
"""Substitutions tolerated, in windows of 60 bases and more (one for each 20 bases in shorter ones); windows
that differ more are gathered to know the neighbours."""

_ERROR_OF = np.clip(10.0 ** (-np.arange(256) / 10), LEAST_ERROR, MOST_ERROR).astype(np.float32)

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
UNKNOWN = 4
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Related:
    """Another target of equal length near this one: its window as codes, and its unchanged reads."""

    bases: NDArray[np.uint8]
    reads: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Whose each window is, shape (windows,): 0 the target, 1 + i related target i, -1 something else.

    `from_neighbours`: of the reads given to the target, those expected to be errors of a neighbour. `least`:
    the fewest reads that its errors do not explain; of fewer, none is given to the target.
    """

    whose: NDArray[np.int64]
    tolerance: Tolerance
    from_neighbours: float = 0.0
    least: int = 1


@dataclass(frozen=True, slots=True)
class _Candidate:
    bases: NDArray[np.uint8]
    indel: int
    reads: float


def decide(seen: Seen, related: Sequence[Related], also: int, reads_total: int) -> Decision:
    """Say whose each window near a target is.

    Parameters
    ----------
    seen : Seen
        The target's own window first.
    related : sequence of Related
    also : int
        Reads of the same clone counted elsewhere (a stem: those its exact window took).
    reads_total : int
        All reads of the sample.
    """
    error = _ERROR_OF[seen.quality]
    usual = error.mean(axis=0) if len(error) else np.full(seen.bases.shape[1], 1e-3, dtype=np.float32)
    own = _Candidate(seen.bases[0], 0, float(seen.reads[0] + also))
    known = [_Candidate(other.bases, 0, float(other.reads)) for other in related]
    if not seen.reads.any():
        return Decision(np.zeros(len(seen.reads), dtype=np.int64), _tolerance(own, known, 1e-3))
    neighbours = _neighbours(seen, [own, *known], usual, error)
    founders = [_Candidate(seen.bases[n], int(seen.indel[n]), float(seen.reads[n])) for n in neighbours]
    others = [*known, *founders]
    by_chance = BY_CHANCE * reads_total
    whose = _posterior(seen, error, usual, [own, *others], by_chance)
    if whose[0] != 0:  # even the unchanged window is better explained by another: the clone was not seen
        own = _Candidate(own.bases, 0, float(also))
        whose = _posterior(seen, error, usual, [own, *others], by_chance)
    tolerance = _tolerance(own, others, float(usual.mean()))
    whose[whose > len(known)] = NOBODY
    whose[neighbours] = NOBODY
    whose[(whose == 0) & (substitutions(seen) > tolerable(seen.bases.shape[1]))] = NOBODY
    expected, least = _explained(seen, error, usual, others, neighbours)
    counted = int(seen.reads[whose == 0].sum())
    if counted + also < least:
        whose[whose == 0] = NOBODY
        counted = 0
    return Decision(whose, _from(tolerance, least), min(expected, float(counted)), least)


def _from(tolerance: Tolerance, least: int) -> Tolerance:
    """The same, saying from how many reads on any are counted."""
    if least == 1:
        return tolerance
    why = Text(
        f"{tolerance.why.en}; below {least:,} reads all may be errors of neighbours, and none is counted",
        f"{tolerance.why.zh}；少于{least:,}条读段时可能均为相邻克隆型的错误，不予计数",
    )
    return replace(tolerance, why=why)


def _explained(
    seen: Seen, error: Floats, usual: Floats, others: list[_Candidate], neighbours: NDArray[np.int64]
) -> tuple[float, int]:
    """Reads expected of the target that are errors of others, and the fewest that errors do not explain.

    The first takes the qualities as they are; the second what each clonotype of its own must exceed, and that
    an early error may have brought reads of a neighbour half way. Both count reads with further errors, too.
    """
    if not others:
        return 0.0, 1
    bases, indel = seen.bases[:1], seen.indel[:1]
    mean = _mean_error(seen, error, usual)
    expected = sum(float(_by_error(bases, indel, np.log(mean / 3), other)[0]) for other in others)
    log = np.log(np.maximum(usual, _means(seen, error, np.zeros(1, dtype=np.int64), usual)) / 3)
    explained = sum(float(_expected(bases, indel, log, other)[0]) for other in others)
    explained += _half_way(seen, log[0], others, neighbours)
    return expected * _further(mean), _fewest(explained * _further(usual))


def _mean_error(seen: Seen, error: Floats, usual: Floats) -> Floats:
    """The mean error of all reads, each window's kept qualities standing for all of its reads."""
    if not len(error):
        return usual
    kept = np.bincount(seen.row_of, minlength=len(seen.reads))[seen.row_of]
    return np.average(error, axis=0, weights=seen.reads[seen.row_of] / kept)


def _further(error: Floats) -> float:
    """Reads with further errors, and without, for one without."""
    return math.exp(min(float(error.sum()), MOST_FURTHER))


def _half_way(seen: Seen, log: Floats, others: list[_Candidate], neighbours: NDArray[np.int64]) -> float:
    """Reads expected of the target by a second error in what lies between it and a neighbour two away."""
    differs = _differs(seen.bases, _Candidate(seen.bases[0], 0, 0.0))
    between = (differs.sum(axis=1) == 1) & (seen.indel == 0) & ~(seen.bases == UNKNOWN).any(axis=1)
    between[neighbours] = False
    numbers = np.flatnonzero(between)
    column = differs[numbers].argmax(axis=1)
    base = seen.bases[numbers, column]
    on_the_way = np.zeros(len(numbers), dtype=np.bool_)
    for other in others:
        apart = int(_differs(other.bases[None], _Candidate(seen.bases[0], 0, 0.0)).sum())
        on_the_way |= (other.bases[column] == base) & (apart + (other.indel != 0) == 2)
    return float((seen.reads[numbers] * np.exp(log[column]))[on_the_way].sum())


def _fewest(mean: float) -> int:
    """The fewest reads that a Poisson mean gives, or more, with less than the chance `UNEXPLAINED`."""
    low, high = 0, 1
    while poisson_at_least(high, mean) >= UNEXPLAINED:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if poisson_at_least(middle, mean) < UNEXPLAINED:
            high = middle
        else:
            low = middle
    return high


def _differs(bases: NDArray[np.uint8], candidate: _Candidate) -> Mask:
    """Where windows show another base than a candidate; lacking and unknown bases say nothing."""
    known = (bases != DELETED) & (bases != UNKNOWN) & (candidate.bases != DELETED)
    return known & (bases != candidate.bases)


def _by_error(bases: NDArray[np.uint8], indel: NDArray[np.int32], log: Floats, by: _Candidate) -> Floats:
    """Reads of a candidate expected to show each window by errors of the sequencer, shape (windows,)."""
    chance = np.exp((_differs(bases, by) * log).sum(axis=1)) * np.where(indel != by.indel, INDEL_ERROR, 1.0)
    return max(by.reads, UNSEEN) * chance


def _expected(bases: NDArray[np.uint8], indel: NDArray[np.int32], log: Floats, by: _Candidate) -> Floats:
    """The same, and by an early error of the polymerase beside."""
    early = (_differs(bases, by).sum(axis=1) == 1) & (indel == by.indel)
    return _by_error(bases, indel, log, by) + early * LINEAGE * max(by.reads, UNSEEN)


def _neighbours(seen: Seen, known: list[_Candidate], usual: Floats, error: Floats) -> NDArray[np.int64]:
    """The windows that are clonotypes of their own, most reads first."""
    often = (seen.reads >= 2) & ~(seen.bases == UNKNOWN).any(axis=1)
    often[0] = False
    for candidate in known[1:]:
        often &= _differs(seen.bases, candidate).any(axis=1) | (seen.indel != 0)
    chosen = np.flatnonzero(often)
    chosen = chosen[np.argsort(-seen.reads[chosen], kind="stable")]
    bases, indel, reads = seen.bases[chosen], seen.indel[chosen], seen.reads[chosen]
    # The qualities at hand decide where they are worse than usual: bad reads err together.
    log = np.log(np.maximum(usual, _means(seen, error, chosen, usual)) / 3)
    expected = np.zeros(len(chosen))
    for candidate in known:
        expected += _expected(bases, indel, log, candidate)
    found: list[int] = []
    for place, number in enumerate(chosen.tolist()):
        if len(found) == MOST_NEIGHBOURS:
            break
        if poisson_at_least(int(reads[place]), float(expected[place])) < UNEXPLAINED:
            found.append(number)
            founder = _Candidate(bases[place], int(indel[place]), float(reads[place]))
            expected += _expected(bases, indel, log, founder)
    return np.array(found, dtype=np.int64)


def _means(seen: Seen, error: Floats, chosen: NDArray[np.int64], usual: Floats) -> Floats:
    """The mean error of the reads of the chosen windows, shape (chosen, columns)."""
    place = np.full(len(seen.reads), -1)
    place[chosen] = np.arange(len(chosen))
    rows = place[seen.row_of] >= 0
    sums = np.zeros((len(chosen), seen.bases.shape[1]))
    np.add.at(sums, place[seen.row_of[rows]], error[rows])
    count = np.bincount(place[seen.row_of[rows]], minlength=len(chosen))[:, None]
    return np.where(count > 0, sums / np.maximum(count, 1), usual)


def _posterior(
    seen: Seen, error: Floats, usual: Floats, candidates: list[_Candidate], by_chance: float
) -> NDArray[np.int64]:
    """The candidate that most likely gave each window, averaged over its reads; -1: none of them."""
    without = np.setdiff1d(np.arange(len(seen.reads)), seen.row_of)
    row_of = np.concatenate([seen.row_of, without])
    log = np.log(np.concatenate([error, np.broadcast_to(usual, (len(without), len(usual)))]) / 3)
    weight = np.full((len(row_of), len(candidates) + 1), by_chance)
    for number, candidate in enumerate(candidates):
        differs = _differs(seen.bases, candidate)[row_of]
        chance = (differs * log).sum(axis=1)
        chance += np.where(seen.indel != candidate.indel, np.log(INDEL_ERROR), 0.0)[row_of]
        weight[:, number] = max(candidate.reads, UNSEEN) * np.exp(chance)
    weight /= weight.sum(axis=1, keepdims=True)
    total = np.zeros((len(seen.reads), weight.shape[1]))
    np.add.at(total, row_of, weight)
    best = np.argmax(total, axis=1)
    return np.where(best == len(candidates), NOBODY, best)


def tolerable(width: int) -> int:
    """Substitutions tolerated in a window of `width` bases where no neighbour forbids it."""
    return min(MOST_SUBSTITUTIONS, width // 20)


def _tolerance(own: _Candidate, others: list[_Candidate], error: float) -> Tolerance:
    """What is counted in every direction, and the neighbour that forbids more."""
    indels = int(all(other.indel == 0 or other.reads <= own.reads for other in others))
    limit = tolerable(len(own.bases))
    nearest = (limit, 0.0, 0)  # of neighbours that forbid as much, the one with most reads is named
    for other in others:
        distance = int(_differs(other.bases[None], own).sum())
        if other.indel == 0 and distance > 0:
            nearest = min(nearest, (_towards(own, other, distance, error), -other.reads, distance))
    most, minus, distance = nearest
    if most == limit:
        why = Text(
            f"no neighbour forbids {most} substitutions; what differs more is not looked for",
            f"没有相邻克隆型妨碍容许 {most} 个替换；差异更大者不予查找",
        )
        return Tolerance(most, indels, why)
    plural = "" if distance == 1 else "s"
    why = Text(
        f"a neighbour at {distance} substitution{plural} with {int(-minus):,} reads; away from it,"
        f" {limit} are counted",
        f"距离 {distance} 个替换处有一个相邻克隆型，读段数 {int(-minus):,}；偏离其方向仍容许 {limit} 个替换",
    )
    return Tolerance(most, indels, why)


def _towards(own: _Candidate, other: _Candidate, distance: int, error: float) -> int:
    """Substitutions on the way to a neighbour at which a window is still rather the target, read in error."""
    ratio = np.log(max(other.reads, UNSEEN) / max(own.reads, UNSEEN)) / -np.log(error / 3)
    return min(max(int(np.ceil((distance - ratio) / 2)) - 1, 0), tolerable(len(own.bases)))
