"""Events that are not one whole cell on scale: at the end of a range, doublets, debris."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from remission.mrd.flow.events import CHUNK, Events, Mask

ASSUMED_DOUBLET = 6.0
"""Spreads above the ridge of single cells at which an event is a doublet. ASSUMED, by us."""

ASSUMED_DEBRIS = (0.06, 0.35)
"""Where the end of debris is looked for, as shares of the forward scatter of cells. ASSUMED, by us."""

ASSUMED_SMALL = 0.05
"""With a nuclear dye: debris is dark and smaller than all but this share of cells. ASSUMED, by us."""

ASSUMED_DARK = 0.25
"""Dark events have less than this share of the nuclear dye of cells. ASSUMED, by us."""

_AT_TOP, _NEAR_TOP, _PILE = 0.9999, 0.99, 10
_GROUPS, _LEAST_IN_GROUP, _SAMPLE = 24, 50, 200_000
_BINS, _OCTAVES = 128, 8.0
_LINEAR = 150.0  # about where a dye's noise ends and its logarithm begins


def at_margin(
    events: Events, channels: Sequence[str], floored: Sequence[str], ranges: Mapping[str, float]
) -> tuple[Mask, NDArray[np.int64]]:
    """Events at or beyond the end of a channel's range, and how many there are in each channel.

    The end is the top of `ranges`, or just below it a value that several events share. Channels of
    `floored` (scatter) also end at 0; of dyes, compensated or not, values below 0 are right.
    """
    found = np.zeros(events.count, np.bool_)
    many = np.zeros(len(channels), np.int64)
    tops = _tops(events, channels, ranges)
    floors = np.array([0.0 if name in floored else -np.inf for name in channels])
    for start in range(0, events.count, CHUNK):
        stop = min(start + CHUNK, events.count)
        values = events.read(channels, start, stop)
        outside = (values >= tops[:, None]) | (values <= floors[:, None]) | np.isnan(values)
        many += np.count_nonzero(outside, axis=1)
        found[start:stop] = outside.any(axis=0)
    return found, many


def _tops(events: Events, channels: Sequence[str], ranges: Mapping[str, float]) -> NDArray[np.float64]:
    tops = np.array([ranges.get(name, np.inf) for name in channels])
    highest, ties = np.full(len(channels), -np.inf), np.zeros(len(channels), np.int64)
    for start in range(0, events.count, CHUNK):
        values = events.read(channels, start, min(start + CHUNK, events.count))
        most = values.max(axis=1)
        at_most = np.count_nonzero(values == np.maximum(most, highest)[:, None], axis=1)
        ties = np.where(most > highest, at_most, ties + at_most)
        highest = np.fmax(highest, most)
    piled = (highest >= _NEAR_TOP * tops) & (ties >= _PILE)
    return np.where(piled, np.minimum(highest, _AT_TOP * tops), _AT_TOP * tops)


def doublets(area: NDArray[np.float64], height: NDArray[np.float64], usable: Mask) -> Mask:
    """Events whose area is too large for their height: two cells that passed the laser one after the other.

    At each height the ridge of single cells is the median of area / height and its spread the distance down
    to the 16th percentile, which doublets, all above, do not widen.
    """
    usable = usable & (height > 0) & (area > 0)
    sample = np.flatnonzero(usable)
    sample = sample[:: max(1, len(sample) // _SAMPLE)]
    groups = min(_GROUPS, len(sample) // _LEAST_IN_GROUP)
    if groups < 1:
        return np.zeros(len(area), np.bool_)
    by_height = sample[np.argsort(height[sample], kind="stable")]
    parts = np.array_split(by_height, groups)
    at = np.array([np.median(height[part]) for part in parts])
    low, middle = np.array([np.quantile(area[part] / height[part], (0.16, 0.5)) for part in parts]).T
    limit = middle + ASSUMED_DOUBLET * np.maximum(middle - low, 0.01 * middle)
    return usable & (area > np.interp(height, at, limit) * height)


def debris(forward: NDArray[np.float64], nuclear: NDArray[np.float64] | None, usable: Mask) -> Mask:
    """Events far smaller than cells, where they stand apart from them by forward scatter.

    With a nuclear dye they stand apart by that: they are dark, and smaller than nearly all cells with a
    nucleus. Without a gap between the two kinds nothing is called debris.
    """
    usable = usable & (forward > 0)
    if nuclear is not None:
        limit = _nuclear_limit(nuclear[usable])
        return usable & False if limit is None else _dark(forward, nuclear, usable, limit)
    if np.count_nonzero(usable) < _LEAST_IN_GROUP:
        return usable & False
    typical = float(np.quantile(forward[usable], 0.75))
    counts, edges = np.histogram(np.log2(forward[usable] / typical), _BINS, (-_OCTAVES + 2, 2.0))
    at = _valley(counts, edges, np.log2(ASSUMED_DEBRIS[0]), np.log2(ASSUMED_DEBRIS[1]))
    return usable & False if at is None else usable & (forward < typical * 2.0**at)


def _dark(forward: NDArray[np.float64], nuclear: NDArray[np.float64], usable: Mask, limit: float) -> Mask:
    dark = nuclear < limit
    cells = usable & ~dark
    if np.median(nuclear[usable & dark]) > ASSUMED_DARK * np.median(nuclear[cells]):
        return usable & False  # two kinds of cells, one with more of the dye
    return usable & dark & (forward < np.quantile(forward[cells], ASSUMED_SMALL))


def _nuclear_limit(values: NDArray[np.float64]) -> float | None:
    """Between the events with a nucleus and those without, where there are both."""
    drawn = np.arcsinh(values[np.isfinite(values)] / _LINEAR)
    if len(drawn) < _LEAST_IN_GROUP:
        return None
    counts, edges = np.histogram(drawn, _BINS)
    at = _valley(counts, edges, edges[0], edges[-1])
    return None if at is None else float(np.sinh(at) * _LINEAR)


def _valley(counts: NDArray[np.int64], edges: NDArray[np.float64], low: float, high: float) -> float | None:
    """The deepest gap of a histogram from `low` to `high`; None if none is half as deep as its sides.

    The lower side must also stand out from the gap by more than five standard deviations of chance.
    """
    smooth = gaussian_filter1d(counts.astype(np.float64), 2.0, mode="constant")
    left, right = np.maximum.accumulate(smooth), np.maximum.accumulate(smooth[::-1])[::-1]
    side = np.minimum(left, right)
    middles = (edges[:-1] + edges[1:]) / 2
    depth = np.where((middles >= low) & (middles <= high), side - smooth, -1.0)
    at = int(np.argmax(depth))
    deep = smooth[at] < side[at] / 2 and depth[at] > 5 * np.sqrt(side[at])
    return float(middles[at]) if deep else None
