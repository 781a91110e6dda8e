"""The run over time: events per second, every channel's median and quartiles; what is flagged is shaded."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from remission.mrd.flow.quality.examining import Quality
from remission.mrd.flow.quality.signal import Signal
from remission.mrd.flow.quality.time import Pace
from remission.paper.canvas import (
    ALARM,
    BLUE,
    GREY,
    INK,
    MARGIN,
    ORANGE,
    RULE,
    SKY,
    VERMILION,
    WIDTH,
    Fill,
    Format,
    Language,
    Picture,
    Point,
    Sheet,
    Stroke,
    draw_sheet,
)
from remission.paper.panel import AXIS, Key, Panel, draw_key, round_step
from remission.paper.words import SMALL, wrapped
from remission.terms.words import Text

TITLE = Text("The acquisition over time", "采集过程")
NOTHING = Text("Too few events to draw the run.", "事件过少，无法绘制采集过程。")
_LEFT, _RATE, _STRIP, _GAP = 84.0, 78.0, 26.0, 7.0
_LINEAR = 150.0  # dyes are drawn as asinh(value / 150): linear about 0, a logarithm further out
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
          500_000, 1_000_000, 2_000_000, 5_000_000)  # fmt: skip
_SLOW, _FAST = Fill("#f6d9a8", ORANGE, "////"), Fill("#f4cbbd", ALARM, "\\\\\\\\")
_DRIFT = Fill("#f9ddd3", VERMILION, "////")
_BAND, _MEDIAN, _QUARTILE = Fill("#cfe6f5"), Stroke(BLUE, 1.2), Stroke(SKY, 0.6)
_DRAWN = 130


def draw(
    quality: Quality,
    *,
    labels: Mapping[str, str],
    about: Text,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The run of one file as SVG or PNG bytes; `labels`: what people call each channel."""
    nothing = quality.pace is None and quality.signal is None
    said = [finding.said for finding in quality.findings]
    description = Text(
        " ".join(["Rate of events and medians of all channels over the run.", *(one.en for one in said)]),
        "".join(["事件速率及各参数中位数随采集过程的变化。", *(one.zh for one in said)]),
    )
    return draw_sheet(
        Picture("flow-time", TITLE, description, NOTHING if nothing else None, _notes(quality)),
        about,
        lambda sheet, y: _paint(sheet, quality, labels, y),
        simulated=simulated,
        language=language,
        format=format,
    )


def _notes(quality: Quality) -> tuple[Text, ...]:
    if quality.signal is None:
        return ()
    return (
        Text(
            "Lines: medians; bands: lower to upper quartile. Each strip is as high as these reach, on "
            "an asinh scale.",
            "线：中位数；色带：上下四分位数之间。每条高度为其取值范围（asinh刻度）。",
        ),
    )


def _paint(sheet: Sheet, quality: Quality, labels: Mapping[str, str], y: float) -> float:
    y = draw_key(sheet, y, _keys(quality))
    if quality.pace is not None:
        y = _paint_pace(sheet, quality.pace, quality.time_step, y + 18)
    if quality.signal is not None:
        y = _paint_signal(sheet, quality.signal, labels, y + 18)
    return y


def _keys(quality: Quality) -> list[Key]:
    keys: list[Key] = []
    if quality.pace is not None and quality.pace.slow.any():
        keys.append((_SLOW, Text("clog or pause", "堵塞或停顿")))
    if quality.pace is not None and quality.pace.fast.any():
        keys.append((_FAST, Text("burst", "流速突增")))
    if quality.signal is not None and quality.signal.drifted.any():
        keys.append((_DRIFT, Text("drifts", "漂移")))
    return keys or [(_MEDIAN, Text("nothing flagged here", "未见异常"))]


def _paint_pace(sheet: Sheet, pace: Pace, time_step: float | None, y: float) -> float:
    """Events per second (or per interval, where the clock's unit is unknown)."""
    length = float(pace.edges[1] - pace.edges[0]) * (time_step or 1.0)
    per = pace.events / length if time_step else pace.events.astype(np.float64)
    most = max(float(per.max()) * 1.1, 1.0)
    start = float(pace.edges[0]) * (time_step or 1.0)
    end = float(pace.edges[-1]) * (time_step or 1.0)
    panel = Panel(_LEFT, y, WIDTH - MARGIN - _LEFT, _RATE, start, end, 0.0, most)
    for which, fill in ((pace.slow, _SLOW), (pace.fast, _FAST)):
        for first, last in runs(which):
            left, right = (
                panel.left + panel.width * first / len(per),
                panel.left + panel.width * last / len(per),
            )
            sheet.box(left, panel.top, max(right - left, 1.2), panel.height, fill)
    step = panel.width / len(per)
    path: list[Point] = [
        (panel.left + (place + 0.5) * step, panel.y(float(one))) for place, one in enumerate(per)
    ]
    sheet.line(path, Stroke(INK, 0.9))
    _rate_axis(sheet, panel, Text("events/s", "事件/秒") if time_step else Text("events", "事件数"))
    name = Text("time, s", "时间（秒）") if time_step else Text("time, units of the file", "时间（文件单位）")
    return _lower(sheet, panel, start, end, name)


def _rate_axis(sheet: Sheet, panel: Panel, name: Text) -> None:
    sheet.line([(panel.left, panel.top), (panel.left, panel.bottom)], AXIS)
    step = round_step(panel.y_to, 3, _STEPS)
    for value in range(0, int(panel.y_to) + 1, int(step)):
        at = panel.y(value)
        sheet.line([(panel.left - 3, at), (panel.left, at)], AXIS)
        sheet.write(panel.left - 5, at + 3.5, f"{value:,}", size=SMALL, anchor="end")
    sheet.write(MARGIN, panel.top - 6, sheet.say(name), size=SMALL, colour=GREY)


def _paint_signal(sheet: Sheet, signal: Signal, labels: Mapping[str, str], y: float) -> float:
    places = _thinned((signal.starts[:-1] + signal.starts[1:]) / 2)
    count = float(signal.starts[-1])
    sheet.write(
        MARGIN, y - 4, sheet.say(Text("median of each channel", "各参数中位数")), size=SMALL, colour=GREY
    )
    panel = Panel(_LEFT, y, WIDTH - MARGIN - _LEFT, _STRIP, 0.0, count)
    for channel, name in enumerate(signal.channels):
        drifted = signal.drifted[channel]
        drawn = _thinned(np.arcsinh(np.nan_to_num(signal.quartiles[:, channel]) / _LINEAR))
        panel = _strip(sheet, y, count, drawn, drifted, signal.starts, places)
        words = wrapped(labels.get(name) or name, _LEFT - MARGIN - 6, SMALL)[:2]
        top = y + _STRIP / 2 + (3.5 if len(words) == 1 else -2)
        for number, line in enumerate(words):
            colour, bold = (ALARM, True) if drifted.any() else (INK, False)
            sheet.write(MARGIN, top + 12 * number, line, size=SMALL, bold=bold, colour=colour)
        y += _STRIP + _GAP
    name = Text("events, in the order of acquisition", "事件（按采集顺序）")
    return _lower(sheet, panel, 0.0, count, name)


def _strip(
    sheet: Sheet, top: float, count: float, drawn: NDArray[np.float64], drifted: NDArray[np.bool_],
    starts: NDArray[np.int64], places: NDArray[np.float64],
) -> Panel:  # fmt: skip
    """One channel: where it drifted, its quartiles as a band, its median as a line."""
    low, high = float(np.quantile(drawn[0], 0.02)), float(np.quantile(drawn[2], 0.98))
    low, high = min(low, float(drawn[1].min())), max(high, float(drawn[1].max()))
    if not low < high:
        low, high = low - 1, high + 1
    panel = Panel(_LEFT, top, WIDTH - MARGIN - _LEFT, _STRIP, 0.0, count, low, high)
    lines = [
        [
            (panel.x(float(x)), panel.y(min(max(float(v), low), high)))
            for x, v in zip(places, row, strict=True)
        ]
        for row in drawn
    ]
    sheet.area([*lines[0], *lines[2][::-1]], _BAND)
    for first, last in runs(drifted):
        left, right = panel.x(float(starts[first])), panel.x(float(starts[last]))
        sheet.box(left, top, max(right - left, 1.2), _STRIP, _DRIFT)
    for line, stroke in zip(lines, (_QUARTILE, _MEDIAN, _QUARTILE), strict=True):
        sheet.line(line, stroke)
    sheet.line([(panel.left, panel.bottom), (panel.right, panel.bottom)], Stroke(RULE, 0.8))
    return panel


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of neighbours along the last axis, so few that the strip can show them all."""
    size = values.shape[-1]
    starts = np.arange(0, size, max(1, -(-size // _DRAWN)))
    return np.add.reduceat(values, starts, axis=-1) / np.diff(starts, append=size)


def runs(flagged: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where runs of true begin and end (half open)."""
    edges = np.flatnonzero(np.diff(flagged.astype(np.int8), prepend=0, append=0))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _lower(sheet: Sheet, panel: Panel, start: float, end: float, name: Text) -> float:
    sheet.line([(panel.left, panel.bottom), (panel.right, panel.bottom)], AXIS)
    step = round_step(end - start, 5, _STEPS)
    value = float(np.ceil(start / step) * step)
    while value <= end:
        x = panel.left + panel.width * (value - start) / (end - start)
        sheet.line([(x, panel.bottom), (x, panel.bottom + 3)], AXIS)
        anchor = "end" if x > panel.right - 14 else "middle"
        sheet.write(x, panel.bottom + 14, f"{value:,.10g}", size=SMALL, anchor=anchor)
        value += step
    middle = (panel.left + panel.right) / 2
    sheet.write(middle, panel.bottom + 26, sheet.say(name), size=SMALL, anchor="middle", colour=GREY)
    return panel.bottom + 30
