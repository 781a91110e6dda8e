"""Step curves with bands, censoring marks, and the numbers at risk below the axis; times are years."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from remission.paper.canvas import (
    GREY,
    INK,
    MARGIN,
    WIDTH,
    Fill,
    Mark,
    Point,
    Sheet,
    Stroke,
)
from remission.paper.panel import Key, Panel, Tick, across_axis, draw_key, round_step, upward_axis
from remission.results.analysis import Results
from remission.stats.times import competing, survival
from remission.terms.words import Text

_LEFT, _HEIGHT = 72.0, 150.0
_BAND = {"#0072b2": "#cfe4f2", "#d55e00": "#f7dcc8"}


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The curve from `years` on: its value, its limits where they are defined, and how many left then."""

    years: float
    value: float
    limits: tuple[float, float] | None
    censored: int


@dataclass(frozen=True, slots=True)
class Curve:
    """A step curve from `start` at time 0; `at_risk` gives the number at risk at a time, if it is shown."""

    name: Text
    start: float
    points: tuple[CurvePoint, ...]
    colour: str
    dashes: tuple[float, ...]
    at_risk: Callable[[float], int | None] | None


def last_year(steps: Sequence[survival.Step] | Sequence[competing.Step]) -> float:
    """The last time of a curve, years."""
    return steps[-1].time


def describe(results: Results, stems: Sequence[tuple[str, Text]]) -> Text:
    """The estimates of the time-to-event table in one sentence each, for screen readers."""
    en: list[str] = []
    zh: list[str] = []
    for stem, name in stems:
        numbers = results.numbers
        head = (numbers[f"{stem}.n"].text, numbers[f"{stem}.events"].text)
        en.append(f"{name.en}: {head[0].en} participants, {head[1].en} with the event")
        zh.append(f"{name.zh}：{head[0].zh}例，{head[1].zh}例发生事件")
        for id, number in numbers.items():
            if id.startswith(f"{stem}.at.") and id.count(".") == 2 and number.value is not None:
                en.append(f"{number.label.en} {number.text.en}")
                zh.append(f"{number.label.zh} {number.text.zh}")
    return Text("; ".join(en) + ".", "；".join(zh) + "。")


SINCE_ENROLMENT = Text("years since enrolment", "入组后年数")


def draw_curves(
    sheet: Sheet, y: float, curves: Sequence[Curve], years: float, since: Text = SINCE_ENROLMENT
) -> float:
    """The curves in one panel; the height below their numbers at risk."""
    keys: list[Key] = [(Stroke(curve.colour, 2.0, curve.dashes), curve.name) for curve in curves]
    band = next((_BAND[curve.colour] for curve in curves if any(p.limits for p in curve.points)), None)
    if band is not None:
        keys.append((Fill(band), Text("95 % interval", "95%区间")))
    if any(point.censored for curve in curves for point in curve.points):
        keys.append(((Mark("|", INK, size=6),), Text("censored", "删失")))
    top = draw_key(sheet, y, keys) + 12
    step = round_step(max(years, 0.25), 6, (0.25, 0.5, 1, 2, 5))
    span = step * max(1, math.ceil(years / step))
    panel = Panel(_LEFT, top, WIDTH - MARGIN - 8 - _LEFT, _HEIGHT, 0, span)
    upward_axis(sheet, panel, [(share / 4, f"{25 * share} %") for share in range(5)], "")
    for curve in curves:
        _draw_band(sheet, panel, curve)
    for curve in curves:
        _draw_line(sheet, panel, curve)
    ticks = [(step * n, f"{step * n:g}") for n in range(round(span / step) + 1)]
    bottom = across_axis(sheet, panel, ticks, sheet.say(since))
    return _risk_rows(sheet, panel, curves, ticks, bottom)


def _draw_band(sheet: Sheet, panel: Panel, curve: Curve) -> None:
    """The interval, from where it is defined on."""
    known = [point for point in curve.points if point.limits is not None]
    if not known:
        return
    end = panel.x(curve.points[-1].years)
    lower = _stairs([(panel.x(p.years), panel.y(p.limits[0])) for p in known if p.limits], end)
    upper = _stairs([(panel.x(p.years), panel.y(p.limits[1])) for p in known if p.limits], end)
    sheet.area([*upper, *reversed(lower)], Fill(_BAND[curve.colour]))


def _draw_line(sheet: Sheet, panel: Panel, curve: Curve) -> None:
    corners = [(panel.x(0), panel.y(curve.start))]
    corners += [(panel.x(point.years), panel.y(point.value)) for point in curve.points]
    sheet.line(_stairs(corners, corners[-1][0]), Stroke(curve.colour, 2.0, curve.dashes))
    left = [(panel.x(p.years), panel.y(p.value)) for p in curve.points if p.censored]
    sheet.marks(left, Mark("|", INK, size=6))


def _stairs(corners: Sequence[Point], end: float) -> list[Point]:
    """Right-continuous steps through the corners, on to `end`."""
    path = [corners[0]]
    for x, y in corners[1:]:
        path += [(x, path[-1][1]), (x, y)]
    return [*path, (end, path[-1][1])]


def _risk_rows(sheet: Sheet, panel: Panel, curves: Sequence[Curve], ticks: Sequence[Tick], y: float) -> float:
    counted = [curve for curve in curves if curve.at_risk is not None]
    at_risk = Text("at risk", "风险人数")
    if len(counted) > 1:
        sheet.write(MARGIN, y + 14, sheet.say(at_risk), colour=GREY)
        y += 16
    for curve in counted:
        if curve.at_risk is None:
            continue
        words = at_risk if len(counted) == 1 else curve.name
        sheet.write(MARGIN, y + 14, sheet.say(words), colour=GREY)
        for value, _ in ticks:
            number = curve.at_risk(value)
            sheet.write(panel.x(value), y + 14, "–" if number is None else str(number), anchor="middle")
        y += 16
    return y + 4
