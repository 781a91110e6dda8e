"""Events that two files share: exported twice, they would be counted twice."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.events import CHUNK, Events

ASSUMED_SAME = 0.1
"""Share of a file's events that may be in another of the same sample by chance. ASSUMED, by us."""

_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio
_HALF = np.uint64(32)
_LOOKED = 10_000


def prints_of(events: Events, channels: Sequence[str]) -> NDArray[np.uint64]:
    """A number for each event, equal where the values of `channels` are, shape (events,).

    Values are compared as floats of 32 bits: an export in another type or byte order changes nothing.
    """
    prints = np.zeros(events.count, np.uint64)
    for start in range(0, events.count, CHUNK):
        stop = min(start + CHUNK, events.count)
        with np.errstate(over="ignore", invalid="ignore"):
            values = events.read(channels, start, stop).astype(np.float32) + np.float32(0.0)
        here = prints[start:stop]
        for line in values.view(np.uint32):
            here ^= line
            here *= _ODD
            here ^= here >> _HALF
    return prints


def share_known(prints: NDArray[np.uint64], known: NDArray[np.uint64]) -> float:
    """The share of different events, as many as are looked at, that are among the known ones too."""
    looked = np.unique(prints[:: max(1, len(prints) // _LOOKED)])
    if not len(looked) or not len(known):
        return 0.0
    at = np.minimum(np.searchsorted(looked, known), len(looked) - 1)
    found = np.zeros(len(looked), np.bool_)
    found[at[looked[at] == known]] = True
    return float(found.mean())
