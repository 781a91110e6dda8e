"""A participant's MRD results: a table, and a small plot with a logarithmic scale."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from remission.conduct import events as ev
from remission.conduct.state import Participant, Recorded
from remission.mrd.calls import Detection, detection
from remission.mrd.result import MrdResult
from remission.mrd.words import percent
from remission.protocol.study import Study
from remission.results.endpoints import Response
from remission.terms.days import study_day
from remission.terms.evidence import EntryRef
from remission.terms.words import Text

LEFT, TOP, HEIGHT, STEP = 74.0, 14.0, 196.0, 96.0
_LOWEST, _HIGHEST = -7, 0
"""The axis in powers of ten: from 1e-7 (0.00001 %) to all cells."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A result with its sample's day, and the endpoint's answer where it is one's."""

    point: Text
    sample: str
    day: int | None
    on: date
    result: MrdResult
    detection: Detection
    response: Response | None
    ref: EntryRef


@dataclass(frozen=True, slots=True)
class Plotted:
    """A measurement on the plot. `seen`: quantified or detected, else drawn open at its LOD."""

    x: float
    y: float
    lower: float
    upper: float
    lod: float
    loq: float
    seen: bool
    method: str
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """The drawing: results, the days under them, the scale, and the endpoints' thresholds."""

    width: float
    height: float
    results: tuple[Plotted, ...]
    days: tuple[tuple[float, str], ...]
    scale: tuple[tuple[float, str], ...]
    thresholds: tuple[tuple[float, str], ...]


def samples_of(participant: Participant) -> tuple[tuple[Recorded, ev.MarrowTaken], ...]:
    """A participant's samples with their entries, in the order in which they were taken."""
    taken = [(item, item.event) for item in participant.history if isinstance(item.event, ev.MarrowTaken)]
    return tuple(sorted(taken, key=lambda pair: (pair[1].on, pair[0].ref.seq)))


def measurements(
    study: Study, participant: Participant, day_one: date | None, responses: Mapping[str, Response]
) -> tuple[Measurement, ...]:
    """Every effective result in the order of its sample."""
    taken = {
        item.event.sample: item.event.on
        for item in participant.history
        if isinstance(item.event, ev.MarrowTaken)
    }
    answered = {(end.method, end.point): responses[end.id] for end in study.endpoints if end.id in responses}
    made: list[Measurement] = []
    for item in participant.history:
        if isinstance(item.event, ev.MrdReported):
            event = item.event
            on = taken.get(event.sample, event.on)
            day = None if day_one is None else study_day(on, day_one)
            response = answered.get((str(event.result.method), event.point))
            if response is not None and item.ref not in response.refs:
                response = None
            name = study.point(event.point).name
            found = detection(event.result)
            made.append(Measurement(name, event.sample, day, on, event.result, found, response, item.ref))
    return tuple(sorted(made, key=lambda one: (one.on, one.result.method)))


def _y(level: float) -> float:
    power = math.log10(level) if level > 0 else _LOWEST
    share = (min(max(power, _LOWEST), _HIGHEST) - _LOWEST) / (_HIGHEST - _LOWEST)
    return round(TOP + HEIGHT * (1 - share), 1)


def plotted(study: Study, found: tuple[Measurement, ...]) -> Plot:
    """Draw measurements side by side, one column each."""
    results = tuple(_plotted(one, LEFT + STEP * (number + 0.5)) for number, one in enumerate(found))
    return Plot(
        LEFT + STEP * max(len(found), 1),
        TOP + HEIGHT + 44,
        results,
        tuple((drawn.x, str(one.day or one.on)) for drawn, one in zip(results, found, strict=True)),
        tuple((_y(10.0**power), percent(float(f"1e{power}"))) for power in range(_LOWEST, _HIGHEST + 1)),
        tuple(
            (_y(float(end.threshold)), end.method) for end in study.endpoints
        ),
    )  # fmt: skip


def _plotted(one: Measurement, x: float) -> Plotted:
    result, seen = one.result, one.detection is not Detection.NOT_DETECTED
    label = f"{result.method}: {percent(result.level)} [{percent(result.lower)}, {percent(result.upper)}]"
    return Plotted(
        x, _y(result.level if seen else result.lod), _y(result.lower), _y(result.upper), _y(result.lod),
        _y(result.loq), seen, str(result.method), label,
    )  # fmt: skip
