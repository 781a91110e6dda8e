"""Windows that are errors of a window with more reads.

A window joins a root (a window that stands for itself) of its kind and length, one to three substitutions
away and with more reads, if the reads of the root are expected to give so many copies of it by error:
the expected count is the reads of the root times the mean error probability, from the base qualities, at
each differing position, times how much errors come together in one read. It joins where the Poisson chance
of as many reads or more, times the number of windows that lie so far away, is at least `LEVEL`. All errors of
a position are taken to go to one base, because machines prefer some. A window of another length (N length)
never joins; nor does one whose reads the errors cannot explain, such as a sister clone that evolved.
"""

import math

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs import kernels_clustering as kernels
from remission.mrd.ngs.bases import Codes
from remission.mrd.ngs.kernels_counting import ENTRIES, Table

LEVEL = 0.01

_KMER = 32
_SHIFT = 8
_LEAST_SHARED = 40


def error_rates(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean error probability by kind and position, and how much errors come together.

    The second, shape (kinds, 4), is the mean over reads of m^d over the d-th power of the mean of m, where m
    is the mean error probability of a read's window: 1 where all reads are equally good.
    """
    depth = table.lengths[:, ::-1].cumsum(axis=1)[:, -2::-1]
    rate = np.divide(table.errors, depth, out=np.zeros_like(table.errors), where=depth > 0)
    count = np.maximum(table.spread[:, :1], 1.0)
    moments = table.spread / count
    powers = moments[:, 1:2] ** np.arange(4)
    burst = np.divide(moments, powers, out=np.ones_like(moments), where=powers > 0)
    burst[:, :2] = 1.0
    return rate, burst


def parents_of(table: Table, most: int) -> NDArray[np.int32]:
    """The root that explains each window as errors, or -1, shape (windows,).

    Windows with more than `most` reads stand for themselves unasked.
    """
    entries = int(table.state[ENTRIES])
    order = np.argsort(-table.exact[:entries], kind="stable").astype(np.int32)
    rate, burst = error_rates(table)
    parent = np.full(entries, -1, dtype=np.int32)
    roots = int((table.exact[:entries] > 1).sum())
    kernels.parents(
        order,
        rate,
        burst,
        math.log(LEVEL),
        most,
        np.full(1 << (kernels.PARTS * roots).bit_length(), -1, dtype=np.int32),
        np.empty(kernels.PARTS * roots, dtype=np.int32),
        table,
        parent,
    )
    return parent


def shifted(windows: list[Codes]) -> list[int]:
    """For each window, the number of the first one that shows the same bases, shifted; else its own.

    One clone may get two windows where errors made some of its reads look like a neighbouring gene whose end
    lies a few bases off. Such windows agree base by base where they overlap (40 bases or more, up to 8 bases
    shifted), which windows of different N length never do on both sides of the difference.
    """
    first_of: list[int] = []
    seen: dict[bytes, list[tuple[int, int]]] = {}
    for number, window in enumerate(windows):
        centre = (len(window) - _KMER) // 2
        same = number
        for other, at in seen.get(window[centre : centre + _KMER].tobytes(), ()):
            if _agree(window, windows[other], at - centre):
                same = first_of[other]
                break
        first_of.append(same)
        if same == number:
            for at in range(max(0, centre - _SHIFT), min(len(window) - _KMER, centre + _SHIFT) + 1):
                seen.setdefault(window[at : at + _KMER].tobytes(), []).append((number, at))
    return first_of


def _agree(window: Codes, other: Codes, shift: int) -> bool:
    start = max(0, -shift)
    end = min(len(window), len(other) - shift)
    if end - start < _LEAST_SHARED or abs(shift) > _SHIFT or abs(len(other) - shift - len(window)) > _SHIFT:
        return False
    return bool(np.array_equal(window[start:end], other[start + shift : end + shift]))
