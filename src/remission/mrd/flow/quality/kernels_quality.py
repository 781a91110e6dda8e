"""Loops over all events behind quality control."""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled

Numbers = NDArray[np.float64]
Truths = NDArray[np.bool_]
Places = NDArray[np.int32]
Counts = NDArray[np.int64]

CELLS = 64
"""Parts that a channel's values are cut into: by its quantiles, so that each holds about equally many."""


@compiled
def count_cells(values: Numbers, edges: Numbers, counts: Counts) -> None:
    """Add events to the cells of their channels.

    `values`: shape (channels, events). `edges`: shape (channels, CELLS - 1), ascending; a value on an edge is
    above it. `counts`: shape (channels, CELLS). What is no number is in the lowest cell.
    """
    for channel in range(values.shape[0]):
        for event in range(values.shape[1]):
            value = values[channel, event]
            cell, step = 0, CELLS >> 1
            while step > 0:
                cell += step * (value >= edges[channel, cell + step - 1])
                step >>= 1
            counts[channel, cell] += 1


@compiled
def keep_order(time: Numbers, ends: Places, before: Places, kept: Truths) -> None:
    """Set `kept` for the most events whose times never run backwards: a longest non-decreasing subsequence.

    `ends` and `before` are room to work in, shape (events,). What is no number is never kept.
    """
    length = 0
    for event in range(len(time)):
        now = time[event]
        if not np.isfinite(now):
            continue
        at = length
        if length > 0 and now < time[ends[length - 1]]:
            low, at = 0, length - 1
            while low < at:
                middle = (low + at) >> 1
                if time[ends[middle]] > now:
                    at = middle
                else:
                    low = middle + 1
        before[event] = ends[at - 1] if at > 0 else -1
        ends[at] = event
        if at == length:
            length += 1
    event = ends[length - 1] if length > 0 else -1
    while event >= 0:
        kept[event] = True
        event = before[event]
