"""Whether the signals of a run stay where they are: each stretch of events against the run as a whole.

Medians by stretch are what people look at. They are a poor judge: where a channel has two populations of
like size its median jumps by chance alone. So a stretch is judged by the mean rank of its events among all
events of the run, whose chance is the same for every distribution (Wilcoxon 1945), and by the share of its
events in the run's upper tenth, where the bright cells are that a weaker laser would dim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.events import Events
from remission.mrd.flow.quality.kernels_quality import CELLS, count_cells
from remission.mrd.flow.quality.time import LEAST, spread_of_neighbours

FEWEST, MOST, LEAST_IN_ONE = 4, 400, 1_000
"""Stretches of a run, and events of one unless that makes too few of them."""

ASSUMED_SHIFT = 0.08
"""Least shift of the mean rank that counts: about 0.3 standard deviations of a normal signal. ASSUMED."""

ASSUMED_UPPER = 0.04
"""Least shift of the share in the upper tenth that counts. ASSUMED, by us."""

_SIGMAS = 6.0  # a run has thousands of stretches times channels
_UPPER = 0.9
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """Quartiles of each channel in stretches of equally many events, in the order of the file.

    `starts`: event each stretch begins at, and the count at the end, shape (stretches + 1,). `quartiles`:
    scale values, shape (3, channels, stretches). `drifted`: shape (channels, stretches).
    """

    channels: tuple[str, ...]
    starts: NDArray[np.int64]
    quartiles: NDArray[np.float64]
    drifted: NDArray[np.bool_]


def signal(events: Events, channels: Sequence[str]) -> Signal | None:
    """How signals stay over the run; None for too few events or no channel."""
    if events.count < LEAST or not channels:
        return None
    stretches = min(max(events.count // LEAST_IN_ONE, FEWEST), MOST)
    starts = np.linspace(0, events.count, stretches + 1).astype(np.int64)
    edges = _quantile_edges(events, channels)
    quartiles = np.empty((3, len(channels), stretches))
    cells = np.zeros((stretches, len(channels), CELLS), np.int64)
    for number, (start, stop) in enumerate(pairwise(starts)):
        values = np.ascontiguousarray(events.read(channels, int(start), int(stop)))
        count_cells(values, edges, cells[number])
        quartiles[:, :, number] = _quartiles(values)
    return Signal(tuple(channels), starts, quartiles, drifted(cells))


def drifted(cells: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which stretches have left the run, shape (channels, stretches).

    Parameters
    ----------
    cells : int64 array, shape (stretches, channels, CELLS)
        Events of each stretch by the quantiles of the run.
    """
    of_run = cells.sum(axis=0) / cells.sum(axis=(0, 2))[:, None]
    below = np.cumsum(of_run, axis=1) - of_run
    rank = below + of_run / 2
    upper = (below >= _UPPER - 0.5 / CELLS).astype(np.float64)
    found = _left(cells, of_run, rank, ASSUMED_SHIFT) | _left(cells, of_run, upper, ASSUMED_UPPER)
    return np.ascontiguousarray(found.T)


def _left(
    cells: NDArray[np.int64], of_run: NDArray[np.float64], score: NDArray[np.float64], least: float
) -> NDArray[np.bool_]:
    """Where the mean score of a stretch is off the run's middle by more than chance and than `least`."""
    events = cells.sum(axis=2)
    means = np.einsum("sck,ck->sc", cells, score) / events
    middle = np.sum(of_run * score, axis=1)
    variance = np.sum(of_run * (score - middle[:, None]) ** 2, axis=1)
    noise = np.sqrt(variance / events)
    for channel in range(cells.shape[1]):
        between = spread_of_neighbours(means[:, channel])
        noise[:, channel] = np.maximum(noise[:, channel], between)
    away = np.abs(means - np.median(means, axis=0))
    return away > np.maximum(least, _SIGMAS * noise)


def _quantile_edges(events: Events, channels: Sequence[str]) -> NDArray[np.float64]:
    """Values that cut each channel into equally many events, by a sample spread over the run."""
    runs, size = 100, min(_SAMPLE // 100, events.count // 100)
    starts = np.linspace(0, events.count - size, runs).astype(np.int64)
    sample = np.concatenate([events.read(channels, int(at), int(at) + size) for at in starts], axis=1)
    cuts = np.arange(1, CELLS) / CELLS
    return np.ascontiguousarray(np.quantile(np.nan_to_num(sample), cuts, axis=1, method="lower").T)


def _quartiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    places = [int(share * (values.shape[1] - 1)) for share in (0.25, 0.5, 0.75)]
    return np.partition(values, places, axis=1)[:, places].T
