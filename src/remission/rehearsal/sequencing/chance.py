"""Numbers that depend on nothing but a key and a place: the copying history of a template is never stored."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from remission.rehearsal.sequencing.spec import Pcr

Keys = NDArray[np.uint64]
WEIGHTS = 4096
_EARLY = 10


def mixed(keys: Keys) -> Keys:
    """One round of the finisher of splitmix64 (Steele 2014, doi:10.1145/2714064.2660195); arrays only."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


@cache
def weights_of(pcr: Pcr) -> NDArray[np.float64]:
    """Copies of a template after PCR, against the mean: 4096 equally likely values, rising.

    A branching process: in each cycle a molecule is copied with the chance `efficiency`. The first ten cycles
    are followed exactly; later ones hardly change the ratio.
    """
    copies = np.array([0.0, 1.0])
    for _ in range(_EARLY):
        twice = np.convolve(copies, copies)
        copies = pcr.efficiency * twice + (1 - pcr.efficiency) * np.pad(copies, (0, len(twice) - len(copies)))
    middles = (np.arange(WEIGHTS) + 0.5) / WEIGHTS
    found = np.searchsorted(np.cumsum(copies), middles * copies.sum())
    weights = found / found.mean()
    weights.flags.writeable = False
    return weights


def weight(table: NDArray[np.float64], keys: Keys) -> NDArray[np.float64]:
    """The weight of each template, from its own key."""
    return table[(mixed(keys) >> np.uint64(52)).astype(np.int64)]


def template_keys(keys: Keys, templates: NDArray[np.int64]) -> Keys:
    """The key of each template, from the key of its row and its number in it."""
    return mixed(keys ^ mixed(templates.astype(np.uint64)))
