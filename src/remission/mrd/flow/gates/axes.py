"""From channels to the axes that gates are drawn on: read, unmixed, divided, scaled; a run at a time.

A dimension's values are made once, however many gates use them. Compensation comes before a ratio, and the
scale comes last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.events import Events, Values
from remission.mrd.flow.gates.gates import Dimension, Gating
from remission.mrd.flow.gates.kernels_gates import mix
from remission.mrd.flow.light.compensation import unmixing
from remission.mrd.flow.light.scales import Ratio
from remission.mrd.flow.light.scaling import in_place
from remission.mrd.flow.spectrum import FILE, UNCOMPENSATED, Spectrum

Numbers = NDArray[np.float64]
Line = Numbers
Fill = Callable[[Values, Line], None]
"""Fills one line of values from the channels read."""


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """How to make the values of `dimensions` from the `channels` of events; see `axes_of`."""

    dimensions: tuple[Dimension, ...]
    channels: tuple[str, ...]
    fills: tuple[tuple[Fill, ...], ...]

    def row(self, dimension: Dimension) -> int:
        """Where the dimension stands in `values`."""
        return self.dimensions.index(dimension)

    def values(self, events: Events, start: int, stop: int) -> Values:
        """Values of events `start` to `stop`: shape (dimensions, events)."""
        read = events.read(self.channels, start, stop)
        out = np.empty((len(self.dimensions), stop - start))
        for line, steps in zip(out, self.fills, strict=True):
            for step in steps:
                step(read, line)
        return out


def axes_of(gating: Gating, events: Events, dimensions: Sequence[Dimension]) -> Axes:
    """Plan the values of dimensions, each once.

    Raises
    ------
    InputRefused
        If a dimension names a channel, matrix, ratio or scale that is not there.
    InvariantBroken
        If a dimension names a detector of a matrix as though it were a fluorochrome.
    """
    maker = _Maker(gating, events, [], {})
    unique = tuple(dict.fromkeys(dimensions))
    fills = tuple(maker.steps(one) for one in unique)
    return Axes(unique, tuple(maker.channels), fills)


@dataclass(frozen=True, slots=True, eq=False)
class _Maker:
    gating: Gating
    events: Events
    channels: list[str]
    """Channels to be read, grown while dimensions are planned."""
    spectra: dict[str, tuple[Spectrum | None, Numbers]]
    """Each compensation that was asked for, with what undoes it."""

    def steps(self, dimension: Dimension) -> tuple[Fill, ...]:
        fills = [self._ratio(dimension) if dimension.is_ratio else self._light(dimension.channel, dimension)]
        if dimension.scale is not None:
            fills.append(self._scale(dimension.scale))
        return tuple(fills)

    def _scale(self, name: str) -> Fill:
        if name not in self.gating.scales:
            raise _unknown("scale", name, self.gating.scales)
        apply = in_place(self.gating.scales[name])
        return lambda _, line: apply(line)

    def _ratio(self, dimension: Dimension) -> Fill:
        if dimension.channel not in self.gating.ratios:
            raise _unknown("ratio", dimension.channel, self.gating.ratios)
        ratio = self.gating.ratios[dimension.channel]
        x, y = self._light(ratio.x, dimension), self._light(ratio.y, dimension)

        def fill(read: Values, line: Line) -> None:
            below = np.empty_like(line)
            x(read, line)
            y(read, below)
            line -= ratio.B
            line *= ratio.A
            below -= ratio.C
            with np.errstate(divide="ignore", invalid="ignore"):
                line /= below
            _bounded(line, ratio)

        return fill

    def _light(self, name: str, dimension: Dimension) -> Fill:
        """A channel as it is, or a fluorochrome unmixed."""
        spectrum, undoing = self._spectrum(dimension.compensation)
        if spectrum is None or name not in spectrum.fluorochromes:
            if spectrum is not None and dimension.compensation != FILE and name in spectrum.detectors:
                raise InvariantBroken(
                    f"{name!r} is a detector of the matrix {spectrum.name!r}, not one of its fluorochromes",
                    where=f"the dimension {name!r}",
                    do="name one of: " + ", ".join(spectrum.fluorochromes),
                )
            place = self._read(name)

            def copy(read: Values, line: Line) -> None:
                line[:] = read[place]

            return copy
        return self._unmixed(spectrum, undoing, name)

    def _unmixed(self, spectrum: Spectrum, undoing: Numbers, name: str) -> Fill:
        rows = np.array([self._read(detector) for detector in spectrum.detectors], dtype=np.int64)
        weights = undoing[spectrum.fluorochromes.index(name)]

        def fill(read: Values, line: Line) -> None:
            mix(read, rows, weights, line)

        return fill

    def _spectrum(self, name: str) -> tuple[Spectrum | None, Numbers]:
        if name not in self.spectra:
            found = self._found(name)
            self.spectra[name] = (found, np.empty((0, 0)) if found is None else unmixing(found))
        return self.spectra[name]

    def _found(self, name: str) -> Spectrum | None:
        if name == UNCOMPENSATED:
            return None
        if name == FILE:
            return self.events.spill
        if name not in self.gating.spectra:
            raise _unknown("matrix", name, (UNCOMPENSATED, FILE, *self.gating.spectra))
        return self.gating.spectra[name]

    def _read(self, name: str) -> int:
        if name not in self.events.channels:
            raise _unknown("channel", name, self.events.channels)
        if name not in self.channels:
            self.channels.append(name)
        return self.channels.index(name)


def _bounded(line: Line, ratio: Ratio) -> None:
    if ratio.bound_min is not None:
        np.maximum(line, ratio.bound_min, out=line)
    if ratio.bound_max is not None:
        np.minimum(line, ratio.bound_max, out=line)


def _unknown(what: str, name: str, known: Sequence[str] | object) -> InputRefused:
    names = ", ".join(str(one) for one in known) if isinstance(known, (tuple, list, dict)) else ""
    return InputRefused(
        f"there is no {what} {name!r}",
        where="a dimension of a gate",
        do=f"use one of: {names}" if names else f"give the {what} with the gates",
    )
