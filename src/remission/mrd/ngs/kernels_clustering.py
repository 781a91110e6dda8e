"""Which windows are errors of which: the compiled loop behind `clustering`.

Windows come with most reads first. A window looks among the roots found so far for those of its kind and
length at most three substitutions away. Candidates share one of four parts, each made of every fourth base:
three substitutions leave at least one part untouched, and every part crosses the whole junction, so that
clones of the same V and J do not crowd one bucket.
"""

import math

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner
from remission.mrd.ngs.kernels_counting import Table

REACH = 3
PARTS = REACH + 1


@compiled
def log_tail(reads: int, expected: float) -> float:
    """Natural logarithm of the chance of `reads` or more where a Poisson count has mean `expected`."""
    if expected >= reads:
        return 0.0
    if expected <= 0.0:
        return -math.inf
    total, term, number = 1.0, 1.0, reads
    while term > 1e-9:
        number += 1
        term *= expected / number
        total += term
    return -expected + reads * math.log(expected) - math.lgamma(reads + 1.0) + math.log(total)


@compiled
def log_neighbours(bases: int, substitutions: int) -> float:
    """Natural logarithm of how many windows lie so many substitutions away."""
    ways = 1.0
    for number in range(substitutions):
        ways = ways * 3.0 * (bases - number) / (number + 1)
    return math.log(ways)


@inner
def differing(pool: NDArray[np.uint64], one: int, other: int, many: int, places: NDArray[np.int64]) -> int:
    """Substitutions between two windows and where (the first three); 4 stands for more."""
    found = 0
    for number in range(many):
        bits = pool[one + number] ^ pool[other + number]
        bits = (bits | (bits >> np.uint64(1))) & np.uint64(0x5555555555555555)
        shifted = 0
        while bits:
            if found == REACH:
                return REACH + 1
            while bits & np.uint64(0xFF) == 0:
                bits >>= np.uint64(8)
                shifted += 4
            while bits & np.uint64(1) == 0:
                bits >>= np.uint64(2)
                shifted += 1
            places[found] = number * 32 + shifted
            found += 1
            bits ^= np.uint64(1)
    return found


@inner
def bucket_of(table: Table, entry: int, part: int, mask: np.uint64) -> np.uint64:
    """The bucket of one part of a window."""
    value = np.uint64(table.bases[entry]) * np.uint64(0x9E3779B97F4A7C15)
    value += np.uint64(table.kind[entry]) * np.uint64(4) + np.uint64(part)
    shown = np.uint64(0x0303030303030303) << np.uint64(2 * part)
    at = table.word_at[entry]
    for number in range((table.bases[entry] + 31) // 32):
        value = (value ^ (table.pool[at + number] & shown)) * np.uint64(0xBF58476D1CE4E5B9)
        value ^= value >> np.uint64(31)
    return np.uint64((value ^ (value >> np.uint64(23))) & mask)


@compiled
def parents(
    order: NDArray[np.int32],
    rate: NDArray[np.float64],
    burst: NDArray[np.float64],
    log_level: float,
    most: int,
    heads: NDArray[np.int32],
    links: NDArray[np.int32],
    table: Table,
    parent: NDArray[np.int32],
) -> None:
    """Write the root that explains each window, or -1 where it stands for itself.

    Parameters
    ----------
    order : int32 array
        Windows, most reads first.
    rate, burst : float64 arrays, shape (kinds, positions), (kinds, 4)
        Mean error probability by position; by how much errors come together in one read (second index:
        substitutions).
    log_level : float
        Natural logarithm of the level of the test.
    most : int
        Windows with more reads than this stand for themselves unasked.
    heads, links : int32 arrays
        Work space: `heads` all -1, a power of two long; `links` four per window of two reads or more.
    """
    places = np.empty(REACH, dtype=np.int64)
    mask = np.uint64(len(heads) - 1)
    for rank in range(len(order)):
        entry = order[rank]
        reads, bases, kind = int(table.exact[entry]), int(table.bases[entry]), int(table.kind[entry])
        at = int(table.word_at[entry])
        many = (bases + 31) // 32
        root, best = -1, 0.0
        for part in range(PARTS if reads <= most else 0):
            link = heads[bucket_of(table, entry, part, mask)]
            while link >= 0:
                other = order[link // PARTS]
                link = links[link]
                if table.bases[other] != bases or table.kind[other] != kind or table.exact[other] <= reads:
                    continue
                far = differing(table.pool, at, int(table.word_at[other]), many, places)
                if far == 0 or far > REACH:
                    continue
                expected = table.exact[other] * burst[kind, far]
                for number in range(far):
                    expected *= rate[kind, places[number]]
                if expected <= best:
                    continue
                if log_tail(reads, expected) + log_neighbours(bases, far) >= log_level:
                    root, best = other, expected
        parent[entry] = root
        if root < 0 and reads > 1:
            for part in range(PARTS):
                bucket = bucket_of(table, entry, part, mask)
                links[rank * PARTS + part] = heads[bucket]
                heads[bucket] = rank * PARTS + part
