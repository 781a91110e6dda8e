"""Where events lie for suggestion: markers compensated and scaled, one row per event."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.mrd.flow.events import CHUNK, Events, Mask
from remission.mrd.flow.gates.axes import axes_of
from remission.mrd.flow.gates.gates import Dimension, Gating
from remission.mrd.flow.light.scales import Linear, Logicle, Scale
from remission.mrd.flow.spectrum import ALREADY, UNCOMPENSATED, Spectrum
from remission.mrd.flow.strategies.markers import Kind, kind_of
from remission.mrd.flow.strategies.strategy import Panel

_WIDTH, _DECADES = 1.0, 4.5
"""More linear around zero than the scale people gate on: the noise that compensation leaves would otherwise
look like a population of its own."""
_LEAST, _MOST = -0.25, 1.25
"""Places beyond the scale's ends are set to these: a pinned or absurd value is one place, not many."""


def places_of(
    events: Events,
    panel: Panel,
    ranges: Mapping[str, float],
    markers: Sequence[str],
    within: Mask | None = None,
    spectra: Mapping[str, Spectrum] = MappingProxyType({}),
    cores: int = 1,
) -> NDArray[np.float32]:
    """Scaled places of events: scatter linear, everything else logicle, 1 at the top of the range.

    Parameters
    ----------
    events, panel
        The file's events, and which channel carries which marker.
    ranges : mapping of str to float
        The top (`$PnR`) of each channel.
    markers : sequence of str
        Columns of the result; the panel must carry them.
    within : Mask, optional
        Events looked at; all by default.

    Returns
    -------
    array of float32, shape (events within, markers)

    Raises
    ------
    InputRefused
        For a marker that the panel does not carry, a range that is missing, or a mask of another length.
    """
    if within is not None and within.shape != (events.count,):
        raise InputRefused(
            f"a mask of {within.shape} for {events.count} events",
            where="suggestion",
            do="give one truth per event",
        )
    gating, dimensions = _axes(panel, ranges, markers, spectra)
    plan = axes_of(gating, events, dimensions)
    starts = range(0, events.count, CHUNK)
    rows = [plan.row(one) for one in dimensions]

    def work(start: int) -> NDArray[np.float32]:
        stop = min(start + CHUNK, events.count)
        kept = slice(None) if within is None else within[start:stop]
        values = plan.values(events, start, stop)[rows][:, kept]
        values = np.nan_to_num(values, nan=_LEAST, posinf=_MOST, neginf=_LEAST)
        return np.clip(values.T, _LEAST, _MOST).astype(np.float32)

    if not starts:
        return np.empty((0, len(markers)), dtype=np.float32)
    with ThreadPoolExecutor(cores) as threads:
        return np.ascontiguousarray(np.concatenate(list(threads.map(work, starts))))


def tops_of(panel: Panel, ranges: Mapping[str, float], markers: Sequence[str]) -> dict[str, float]:
    """The top of the range of each marker that the panel carries."""
    return {marker: _top(panel, ranges, marker) for marker in markers if marker in panel.channels}


def _axes(
    panel: Panel, ranges: Mapping[str, float], markers: Sequence[str], spectra: Mapping[str, Spectrum]
) -> tuple[Gating, list[Dimension]]:
    scales: dict[str, Scale] = {}
    dimensions: list[Dimension] = []
    for marker in markers:
        if marker not in panel.channels:
            raise InputRefused(
                f"the panel carries no {marker}",
                where=f"panel {panel.name}",
                do="take a reference whose markers it carries",
            )
        top = _top(panel, ranges, marker)
        scatter = kind_of(marker) is Kind.SCATTER
        curve = Linear(top, 0.0) if scatter else Logicle(top, _WIDTH, _DECADES, 0.0)
        scales[marker] = Scale(marker, curve)
        matrix = UNCOMPENSATED if scatter or panel.compensation == ALREADY else panel.compensation
        dimensions.append(Dimension(panel.channels[marker], matrix, marker))
    return Gating((), scales, {}, spectra), dimensions


def _top(panel: Panel, ranges: Mapping[str, float], marker: str) -> float:
    channel = panel.channels[marker]
    top = ranges.get(channel, 0.0)
    if not (np.isfinite(top) and top > 0):
        raise InputRefused(
            f"range {ranges.get(channel)!r} of {channel}", where=f"panel {panel.name}", do="give its $PnR"
        )
    return float(top)
