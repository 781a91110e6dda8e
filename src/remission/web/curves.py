"""Survival and incidence curves as paths of an SVG, with their intervals and the numbers at risk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from remission.results.time_to_event import Curves
from remission.stats.competing import CumulativeIncidence
from remission.stats.competing import Step as IncidenceStep
from remission.stats.survival import KaplanMeier
from remission.stats.survival import Step as SurvivalStep

LEFT, TOP, WIDTH, HEIGHT = 46, 12, 400, 200
"""The plotting area in SVG units; the whole drawing is a little larger."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and what it says."""

    at: float
    text: str
    at_risk: str = ""


@dataclass(frozen=True, slots=True)
class DrawnCurve:
    """One figure: the curve, its band, censoring marks, ticks, and where the table has its numbers."""

    id: str
    title: str
    line: str
    band: str
    censored: tuple[tuple[float, float], ...]
    across: tuple[Tick, ...]
    upward: tuple[Tick, ...]


_Point = tuple[float, float, float, float, int]
"""Time, estimate, lower, upper, censored."""


def drawn_curves(curves: Curves) -> tuple[DrawnCurve, ...]:
    """The figures of the curves there are; none while nobody is enrolled."""
    made: list[DrawnCurve] = []
    for id, title, curve in (
        ("efs", gettext_lazy("Event-free survival"), curves.efs),
        ("os", gettext_lazy("Overall survival"), curves.os),
        ("relapse", gettext_lazy("Cumulative incidence of relapse"), curves.relapse),
    ):
        if curve is not None:
            made.append(_drawn(id, str(title), curve))
    return tuple(made)


def _drawn(id: str, title: str, curve: KaplanMeier | CumulativeIncidence) -> DrawnCurve:
    rising = isinstance(curve, CumulativeIncidence)
    start = 0.0 if rising else 1.0
    points: list[_Point] = [(0.0, start, start, start, 0), *(_point(step) for step in curve.steps)]
    years = max(1, -(-points[-1][0] // 1))
    to_x = _scale(0, years, LEFT, LEFT + WIDTH)
    to_y = _scale(0, 1, TOP + HEIGHT, TOP)
    upper = _steps([(to_x(t), to_y(high)) for t, _, _, high, _ in points])
    lower = _steps([(to_x(t), to_y(low)) for t, _, low, _, _ in points])
    return DrawnCurve(
        id,
        title,
        _path(_steps([(to_x(t), to_y(value)) for t, value, *_ in points])),
        _path([*upper, *reversed(lower)]) + "Z",
        tuple((round(to_x(t), 1), round(to_y(value), 1)) for t, value, _, _, censored in points if censored),
        tuple(Tick(round(to_x(year), 1), str(year), _at_risk(curve, year)) for year in range(int(years) + 1)),
        tuple(Tick(round(to_y(share / 4), 1), f"{25 * share} %") for share in range(5)),
    )


def _point(step: SurvivalStep | IncidenceStep) -> _Point:
    value = step.survival if isinstance(step, SurvivalStep) else step.incidence
    if step.interval is None:
        return step.time, value, value, value, step.censored
    return step.time, value, step.interval.lower, step.interval.upper, step.censored


def _at_risk(curve: KaplanMeier | CumulativeIncidence, year: int) -> str:
    step = curve.at(float(year))
    return "" if step is None else str(step.at_risk)


def _scale(low: float, high: float, first: float, last: float) -> Callable[[float], float]:
    return lambda value: first + (value - low) / (high - low) * (last - first)


def _steps(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Right-continuous steps: across at the old height, then to the new one."""
    made = [points[0]]
    for x, y in points[1:]:
        made += [(x, made[-1][1]), (x, y)]
    return made


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
