"""Single-stain controls made into a spectrum matrix, with a report of how good each control was.

Of each control the bright events are taken; what a detector shows of the dye is the slope of its light over
that of the dye's own detector, from the middle of the unstained events: the sum of the one over the sum of
the other (noise grows with light, so that bright events count as they should), again and again without the
events that lie more than three robust deviations off.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken
from remission.mrd.flow.events import Events, Values
from remission.mrd.flow.light.compensation import checked
from remission.mrd.flow.spectrum import Spectrum
from remission.terms.words import Text

Numbers = NDArray[np.float64]

LEAST_EVENTS = 50
"""Fewer bright, or fewer dim, events make no control."""
LEAST_SEPARATION = 3.0
GOOD_SEPARATION = 10.0
GOOD_EVENTS = 500
_DIM_PART = 0.995
_DIM_SPREADS = 8.0
_FULL = 0.99
_TRIM = 3.0
_ROUNDS = 30
_ROBUST = 1.4826


@dataclass(frozen=True, slots=True, eq=False)
class SingleStain:
    """One dye's events; `own`: its detector, or None for the one it lights most."""

    fluorochrome: str
    events: Events
    own: str | None = None


@dataclass(frozen=True, slots=True)
class Stained:
    """How good a control was.

    `separation`: from the middle of the dim to that of the bright events in the own detector, in twice the
    robust standard deviation of the dim ones (the stain index). `slopes`: light in each detector over that
    in the own one; `errors`: their standard errors. `full`: events left out because a detector was at its
    top. `dim_are_unstained`: the dim events are those of an unstained file, not of the control itself.
    """

    fluorochrome: str
    own: str
    bright: int
    dim: int
    full: int
    dim_are_unstained: bool
    separation: float
    slopes: Mapping[str, float]
    errors: Mapping[str, float]
    notes: tuple[Text, ...]


def from_controls(
    controls: Sequence[SingleStain],
    detectors: Sequence[str],
    *,
    unstained: Events | None = None,
    tops: Mapping[str, float] | None = None,
    name: str = "single stains",
) -> tuple[Spectrum, tuple[Stained, ...]]:
    """The spectrum that single-stain controls show.

    Parameters
    ----------
    controls : sequence of SingleStain
        One for each fluorochrome.
    detectors : sequence of str
        Channels of the matrix: as many as fluorochromes (spillover), or more (spectral).
    unstained : Events, optional
        The same cells or beads without dye; else the dim events of each control stand for them.
    tops : mapping of str to float, optional
        Tops of the detectors' ranges: events within 1 % of one are left out.

    Returns
    -------
    (Spectrum, tuple of Stained)
        The matrix (own detector 1 in each row; rows in the order of detectors if square), and a report for
        each control. A control whose own detector is not named as its fluorochrome keeps its own name if
        there are more detectors than fluorochromes.

    Raises
    ------
    InvariantBroken
        For controls with too few bright or dim events or too little separation, for two with the same own
        detector, or what `compensation.checked` refuses.
    """
    dark = None if unstained is None else unstained.read(detectors, 0, unstained.count)
    reports = tuple(_measured(one, tuple(detectors), dark, tops or {}) for one in controls)
    owners: dict[str, str] = {}
    for one in reports:
        if one.own in owners:
            raise InvariantBroken(
                f"{owners[one.own]!r} and {one.fluorochrome!r} are both brightest in {one.own!r}",
                where=f"single-stain control {one.fluorochrome!r}",
                do="name each dye's own detector, or leave out the wrong control",
            )
        owners[one.own] = one.fluorochrome
    if len(reports) == len(detectors):
        reports = tuple(sorted(reports, key=lambda one: list(detectors).index(one.own)))
        names = tuple(detectors)
    else:
        names = tuple(one.fluorochrome for one in reports)
    values = tuple(tuple(one.slopes[channel] for channel in detectors) for one in reports)
    return checked(Spectrum(name, names, tuple(detectors), values, "single-stain controls")), reports


def _measured(
    control: SingleStain, detectors: tuple[str, ...], dark: Values | None, tops: Mapping[str, float]
) -> Stained:
    values = control.events.read(detectors, 0, control.events.count)
    at_top = np.array([tops.get(one, math.inf) * _FULL for one in detectors])[:, None]
    usable = (values < at_top).all(axis=0)
    full = int(values.shape[1] - np.count_nonzero(usable))
    values = values[:, usable]
    _enough(control, values.shape[1], "usable")
    own = _own(control, detectors, values, dark)
    edge = _edge(values[own], None if dark is None else dark[own])
    dim = values[:, values[own] <= edge] if dark is None else dark
    bright = values[:, values[own] > edge]
    _enough(control, bright.shape[1], "bright")
    _enough(control, dim.shape[1], "dim")
    middle, spread = np.median(dim, axis=1), _deviation(dim)
    separation = float((np.median(bright[own]) - middle[own]) / (2.0 * max(spread[own], 1e-300)))
    if separation < LEAST_SEPARATION:
        raise InvariantBroken(
            f"bright and dim events of {detectors[own]!r} lie only {separation:.2f} apart "
            f"(stain index; at least {LEAST_SEPARATION:g})",
            where=f"single-stain control {control.fluorochrome!r}",
            do="give a brighter control, or the unstained file"
            if dark is None
            else "give a brighter control",
        )
    light = bright - middle[:, None]
    found = [_slope(light[own], light[d]) for d in range(len(detectors))]
    dark_error = 1.2533 * spread / math.sqrt(dim.shape[1]) / light[own].mean()
    slopes = {one: 1.0 if d == own else found[d][0] for d, one in enumerate(detectors)}
    errors = {
        one: 0.0 if d == own else math.hypot(found[d][1], float(dark_error[d]))
        for d, one in enumerate(detectors)
    }
    notes = _notes(bright.shape[1], full, control.events.count, separation, slopes)
    return Stained(
        control.fluorochrome,
        detectors[own],
        bright.shape[1],
        dim.shape[1],
        full,
        dark is not None,
        separation,
        slopes,
        errors,
        notes,
    )


def _own(control: SingleStain, detectors: tuple[str, ...], values: Values, dark: Values | None) -> int:
    if control.own is not None:
        if control.own not in detectors:
            raise InvariantBroken(
                f"{control.own!r} is none of the detectors",
                where=f"single-stain control {control.fluorochrome!r}",
                do="use one of: " + ", ".join(detectors),
            )
        return detectors.index(control.own)
    low = np.percentile(values, 5, axis=1) if dark is None else np.median(dark, axis=1)
    return int(np.argmax(np.percentile(values, 95, axis=1) - low))


def _edge(light: Numbers, dark: Numbers | None) -> float:
    """Above it events are bright: the dark ones' upper end, or where two groups part best (Otsu 1979)."""
    if dark is not None:
        middle = float(np.median(dark))
        spread = _ROBUST * float(np.median(np.abs(dark - middle)))
        return min(float(np.quantile(dark, _DIM_PART)), middle + _DIM_SPREADS * spread)
    low, high = np.quantile(light, (0.05, 0.25))
    unit = max(float(high - low), 1e-9 * max(float(np.abs(light).max()), 1.0))
    bent = np.sort(np.arcsinh((light - low) / unit))
    n = np.arange(1, bent.size)
    below = np.cumsum(bent)[:-1]
    apart = (below / n - (bent.sum() - below) / (bent.size - n)) ** 2 * n * (bent.size - n)
    at = int(apart.argmax())
    return float(low + unit * np.sinh((bent[at] + bent[at + 1]) / 2.0))


def _deviation(values: Values) -> Numbers:
    middle = np.median(values, axis=1, keepdims=True)
    return np.asarray(_ROBUST * np.median(np.abs(values - middle), axis=1))


def _slope(own: Numbers, other: Numbers) -> tuple[float, float]:
    """The slope through the origin and its standard error, trimmed."""
    slope = float(np.median(other) / np.median(own))
    root = np.sqrt(np.maximum(own, np.median(own) * 1e-3))
    kept = np.ones(own.size, dtype=np.bool_)
    for _ in range(_ROUNDS):
        off = (other - slope * own) / root
        middle = np.median(off)
        spread = _ROBUST * float(np.median(np.abs(off - middle)))
        kept = np.abs(off - middle) <= _TRIM * spread
        before, slope = slope, float(other[kept].sum() / own[kept].sum())
        if abs(slope - before) <= 1e-12 * max(1.0, abs(slope)):
            break
    left = other[kept] - slope * own[kept]
    return slope, float(np.sqrt((left**2).sum()) / own[kept].sum())


def _enough(control: SingleStain, count: int, what: str) -> None:
    if count < LEAST_EVENTS:
        raise InvariantBroken(
            f"{count} {what} events; at least {LEAST_EVENTS} are needed",
            where=f"single-stain control {control.fluorochrome!r}",
            do="acquire more events, or give the unstained file",
        )


def _notes(
    bright: int, full: int, count: int, separation: float, slopes: Mapping[str, float]
) -> tuple[Text, ...]:
    notes: list[Text] = []
    if bright < GOOD_EVENTS:
        notes.append(Text(f"only {bright} bright events", f"亮事件仅 {bright} 个"))
    if separation < GOOD_SEPARATION:
        notes.append(Text(f"dim: stain index {separation:.1f}", f"染色偏暗：染色指数 {separation:.1f}"))
    if full:
        notes.append(
            Text(
                f"{full} of {count} events at the top of a detector",
                f"{count} 个事件中 {full} 个达到量程上限",
            )
        )
    for channel, slope in slopes.items():
        if slope > 1.0:
            notes.append(
                Text(
                    f"brighter in {channel} ({slope:.3f}) than in its own detector",
                    f"在 {channel} 中比自身通道更亮（{slope:.3f}）",
                )
            )
    return tuple(notes)
