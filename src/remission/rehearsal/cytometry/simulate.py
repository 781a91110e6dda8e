"""SIMULATED marrow: the front door."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.mrd.flow.events import CHUNK, Held
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.strategy import Panel
from remission.rehearsal.cytometry.cells import Codes, Stock, cells, stock_of
from remission.rehearsal.cytometry.differences import day_of, person_of
from remission.rehearsal.cytometry.instrument import TICK, Course, course_of, detected, pinned, scattered
from remission.rehearsal.cytometry.levels import KINDS, MARKERS
from remission.rehearsal.cytometry.spec import DYES, SIMULATED, TOP, Day, MarrowSpec, Person

_NAMES = tuple(kind.name for kind in KINDS)
CODES = (*_NAMES, "blast", "doublet", "doublet with a blast")
"""What an event is, by its code: a kind, or one of the last three."""
BLAST, DOUBLET, BLAST_DOUBLET = (CODES.index(name) for name in ("blast", "doublet", "doublet with a blast"))
_RED, _DEBRIS, _FRAGMENT = (CODES.index(name) for name in ("red cell", "debris", "fragment"))
LIGHT_ROWS = ("Time", "FSC-A", "FSC-H", "SSC-A")


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A file's events, as an instrument would store them (time in seconds), and what each is.

    `truth`: places in `codes`. `troubled`: events that came while the flow was clogged. `labels` (`$PnS`) and
    `ranges` (`$PnR`) by channel. `blasts`: single blasts; `nucleated`: single nucleated cells, blasts among
    them.
    """

    name: str
    events: Held
    labels: Mapping[str, str]
    ranges: Mapping[str, float]
    keywords: Mapping[str, str]
    truth: Codes
    codes: tuple[str, ...]
    panel: Panel
    troubled: NDArray[np.bool_]
    blasts: int
    nucleated: int


def simulate(spec: MarrowSpec, numbers: Generator) -> Simulated:
    """Simulate one marrow in a flow cytometer; equal seeds give equal events."""
    who, when, what, where, seen = numbers.spawn(5)
    person = spec.person or person_of(who, spec.variation)
    day = spec.day or day_of(when, spec.variation)
    truth, blasts, nucleated = _truth(spec, person, what)
    course = course_of(spec.events, spec.troubles, where)
    columns = [MARKERS.index(marker) for marker in spec.markers]
    values = np.empty((len(LIGHT_ROWS) + len(columns), spec.events))
    ticks = np.floor(course.seconds / TICK)
    values[0] = ticks * TICK
    stock, normal = stock_of(person, spec.clone), _shares(spec, person)
    for start in range(0, spec.events, CHUNK):
        part = slice(start, min(start + CHUNK, spec.events))
        values[1:, part] = _chunk(spec, stock, normal, truth[part], day, course, part, columns, seen)
    channels, labels = _named(spec.markers)
    steps = max(TOP, float(2 ** np.ceil(np.log2(ticks[-1] + 1))))
    ranges = dict.fromkeys(channels, TOP) | {"Time": steps * TICK}
    return Simulated(
        spec.name,
        Held(channels, values, _spectrum(day, spec.markers)),
        labels,
        ranges,
        _keywords(spec, course),
        truth,
        CODES,
        _panel(spec.markers),
        course.troubled,
        blasts,
        nucleated,
    )


def _truth(spec: MarrowSpec, person: Person, numbers: Generator) -> tuple[Codes, int, int]:
    """The code of each event in random order, single blasts, single nucleated cells."""
    asked = spec.troubles
    shares = [asked.red_cells, asked.debris, asked.fragments, asked.doublets]
    red, debris, fragments, doublets, single = numbers.multinomial(spec.events, [*shares, 1 - sum(shares)])
    fraction = spec.fraction
    if spec.blasts is None:
        blasts = int(numbers.binomial(single, fraction))
    else:
        blasts, fraction = min(spec.blasts, int(single)), spec.blasts / max(1, int(single))
    kinds = numbers.multinomial(single - blasts, _shares(spec, person))
    touched = int(numbers.binomial(doublets, 1 - (1 - fraction) ** 2))
    counts = np.append(kinds, (blasts, doublets - touched, touched))
    counts[[_RED, _DEBRIS, _FRAGMENT]] = red, debris, fragments
    codes = np.repeat(np.arange(len(counts), dtype=np.int8), counts)
    return numbers.permutation(codes), blasts, int(single)


def _shares(spec: MarrowSpec, person: Person) -> NDArray[np.float64]:
    """The share of each kind among a person's own nucleated cells."""
    shares = np.array([kind.shares[spec.marrow] for kind in KINDS]) * person.shares
    return shares / shares.sum()


def _chunk(
    spec: MarrowSpec,
    stock: Stock,
    normal: NDArray[np.float64],
    truth: Codes,
    day: Day,
    course: Course,
    at: slice,
    columns: list[int],
    numbers: Generator,
) -> NDArray[np.float32]:
    """Scatter and dyes of a run of events."""
    doublets = np.flatnonzero(truth >= DOUBLET)
    with_blast = truth[doublets] == BLAST_DOUBLET
    first = truth.copy()
    first[doublets] = numbers.choice(len(normal), len(doublets), p=normal)
    second = numbers.choice(len(normal), len(doublets), p=normal).astype(np.int8)
    second[with_blast] = BLAST
    light, other = cells(stock, first, numbers), cells(stock, second, numbers)
    scatter = scattered(light, other, doublets, day, numbers)
    light[doublets, : len(MARKERS)] += other[:, : len(MARKERS)]
    light[doublets, -1] += other[:, -1]
    values = np.concatenate([scatter, detected(light, day, course, at, numbers)[columns]])
    pinned(values, spec.troubles.margin, numbers)
    return values


def _named(markers: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Channels in the file's order, and what each is labelled."""
    dyes = {marker: (label, channel) for marker, label, channel in DYES}
    labels = {dyes[marker][1]: dyes[marker][0] for marker in markers}
    return (*LIGHT_ROWS, *labels), dict.fromkeys(LIGHT_ROWS, "") | labels


def _spectrum(day: Day, markers: tuple[str, ...]) -> Spectrum:
    places = [MARKERS.index(marker) for marker in markers]
    channels = _named(markers)[0][len(LIGHT_ROWS) :]
    stated = np.round(day.stated[np.ix_(places, places)], 6)
    rows = tuple(tuple(float(value) for value in row) for row in stated)
    return Spectrum("FCS", channels, channels, rows, "$SPILLOVER")


def _panel(markers: tuple[str, ...]) -> Panel:
    dyes = {marker: channel for marker, _, channel in DYES}
    named = {"nucleic dye" if marker == "SYTO" else marker: dyes[marker] for marker in markers}
    return Panel(f"{SIMULATED}-{len(markers)}", {name: name for name in LIGHT_ROWS} | named, "FCS")


def _keywords(spec: MarrowSpec, course: Course) -> dict[str, str]:
    return {
        "$CYT": f"{SIMULATED} cytometer",
        "$COM": f"{SIMULATED} events, no patient's",
        "$FIL": f"{SIMULATED}-{spec.name}.fcs",
        "$SMNO": f"{SIMULATED}-{spec.name}",
        "$TIMESTEP": f"{TICK:g}",
        "$BTIM": "00:00:00",
        "$ETIM": _clock(float(course.seconds[-1])),
        SIMULATED: f"{spec.marrow} marrow by remission",
    }


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
