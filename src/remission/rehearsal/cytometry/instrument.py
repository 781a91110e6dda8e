"""What an instrument makes of light: spillover, autofluorescence, photons, electronics, time."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.rehearsal.cytometry.cells import Light
from remission.rehearsal.cytometry.levels import MARKERS
from remission.rehearsal.cytometry.spec import TOP, Day, Troubles

Numbers = NDArray[np.float32]

_OWN_LIGHT = np.array([110, 130, 25, 70, 50, 90, 30, 45, 45, 40, 50, 70], np.float32)
"""A lymphocyte's autofluorescence in each detector."""
_PER_PHOTON = np.array([4, 6, 9, 9, 8, 4, 6, 16, 12, 10, 18, 3], np.float32)
"""Light that stands for one photoelectron: the higher, the wider dim cells spread."""
_ELECTRONICS = 28.0
_HEIGHT, _HEIGHT_SPREAD, _LONGER = 0.84, 0.02, 0.30
"""FSC-H of a single cell as a share of FSC-A, its spread, and by how much two cells' peaks may overlap."""
_SCATTER_NOISE = 600.0
_THRESHOLD = 5000.0
"""What FSC-A must reach to be an event."""
TICK = 0.01
"""Seconds in a step of Time."""
_YELLOW = (MARKERS.index("CD19"), MARKERS.index("CD33"))
"""Detectors of the laser that may be late."""
_CLOG_EVENTS, _CLOG_RATE, _CLOG_LIGHT = (0.015, 0.04), 0.12, 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """How a run went: `seconds` of each event, what `light` (and the `late` laser's) is multiplied with.

    `troubled`: events of a clog, or from before the late laser was at work.
    """

    seconds: NDArray[np.float64]
    light: Numbers
    late: Numbers
    troubled: NDArray[np.bool_]


def course_of(events: int, troubles: Troubles, numbers: Generator) -> Course:
    """Time, drift and clogs of a run."""
    light = 1.0 + troubles.drift * np.linspace(-0.5, 0.5, events, dtype=np.float32)
    blocks = events // max(1, int(troubles.rate)) + 1
    wobble = np.exp(numbers.normal(0.0, troubles.wobble, blocks))
    pace = np.repeat(wobble, -(-events // blocks))[:events] * troubles.rate
    troubled = np.zeros(events, np.bool_)
    for _ in range(troubles.clogs):
        length = max(1, int(events * numbers.uniform(*_CLOG_EVENTS)))
        start = int(numbers.integers(0, max(1, events - length)))
        fall = np.linspace(0.0, np.pi, length)
        light[start : start + length] *= (1 - (1 - _CLOG_LIGHT) * np.sin(fall)).astype(np.float32)
        pace[start : start + length] *= _CLOG_RATE
        troubled[start : start + length] = True
    late = np.ones(events, np.float32)
    before = int(events * troubles.late_laser)
    late[:before] = np.linspace(0.0, 1.0, before, dtype=np.float32) ** 4
    troubled[:before] = True
    return Course(np.cumsum(numbers.standard_exponential(events) / pace), light, late, troubled)


def detected(light: Light, day: Day, course: Course, at: slice, numbers: Generator) -> Numbers:
    """Dyes as detectors see them, shape (markers, events); `at`: when in the course."""
    dyes = len(MARKERS)
    emitted = light[:, :dyes] * day.gains[:dyes].astype(np.float32)
    seen = emitted @ day.spill.astype(np.float32)
    seen += light[:, -1:] * _OWN_LIGHT
    seen *= course.light[at, np.newaxis]
    for place in _YELLOW:
        seen[:, place] *= course.late[at]
    noise = numbers.standard_normal(seen.shape, np.float32)
    noise *= np.sqrt(seen * _PER_PHOTON + np.float32(_ELECTRONICS**2))
    seen += noise
    return np.ascontiguousarray(seen.T, np.float32)


def scattered(
    light: Light, other: Light, doublets: NDArray[np.int64], day: Day, numbers: Generator
) -> Numbers:
    """FSC-A, FSC-H and SSC-A, shape (3, events); `other`: the second cells of `doublets`."""
    size, grain = (light[:, len(MARKERS) + place].copy() for place in (0, 1))
    height = size * np.float32(_HEIGHT)
    second = other[:, len(MARKERS)]
    higher = np.maximum(height[doublets], second * np.float32(_HEIGHT))
    height[doublets] = higher * (1 + numbers.random(len(doublets), np.float32) * np.float32(_LONGER))
    size[doublets] += second
    grain[doublets] += other[:, len(MARKERS) + 1]
    height *= 1 + numbers.standard_normal(len(height), np.float32) * np.float32(_HEIGHT_SPREAD)
    found = np.stack([size, height, grain])
    found *= day.gains[[len(MARKERS), len(MARKERS), len(MARKERS) + 1], np.newaxis].astype(np.float32)
    found += numbers.standard_normal(found.shape, np.float32) * np.float32(_SCATTER_NOISE)
    return np.maximum(found, np.float32(_THRESHOLD * 0.5), out=found)


def pinned(values: Numbers, share: float, numbers: Generator) -> None:
    """Cut values at the top of the range; `share` of the events are driven there, in FSC-A or a dye."""
    margin = numbers.random(values.shape[1]) < share
    rows = numbers.choice([0, *range(3, values.shape[0])], int(margin.sum()))
    values[rows, np.flatnonzero(margin)] = TOP
    np.minimum(values, np.float32(TOP - 1), out=values)
