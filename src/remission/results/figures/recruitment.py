"""Recruitment over time: everybody enrolled so far, against the number planned."""

from datetime import date, timedelta

from remission.conduct import events as ev
from remission.paper.canvas import (
    BLUE,
    MARGIN,
    VERMILION,
    WIDTH,
    Fill,
    Format,
    Language,
    Mark,
    Picture,
    Sheet,
    Stroke,
)
from remission.paper.panel import Key, Panel, Tick, across_axis, draw_key, round_step, upward_axis
from remission.results.analysis import Results
from remission.results.dossier import opened
from remission.results.figures.of_results import draw_picture
from remission.terms.days import after_months
from remission.terms.words import Text

TITLE = Text("Recruitment", "招募进度")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
_NOTES = (
    Text(
        "From the first consent to the day of the data. The study file states how many, not by when.",
        "自首例知情同意至数据日期。研究文件规定例数，未规定时间。",
    ),
)
_LEFT, _HEIGHT = 42.0, 190.0
_ENROLLED, _PLANNED = Stroke(BLUE, 2.2), Stroke(VERMILION, 1.4, (6.0, 3.0))
_AREA = Fill("#dcebf5")


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """Cumulative enrolment as SVG or PNG bytes."""
    enrolled, planned = results.numbers["flow.enrolled"].text, results.study.design.participants
    description = Text(
        f"{enrolled.en} of {planned} planned participants enrolled by {results.as_of.date().isoformat()}.",
        f"截至{results.as_of.date().isoformat()}，计划{planned}例，已入组{enrolled.zh}例。",
    )
    picture = Picture("recruitment", TITLE, description, None if results.responses else NOBODY, _NOTES)
    return draw_picture(
        picture, results, lambda sheet, y: _paint(sheet, results, y), language=language, format=format
    )


def enrolment_days(results: Results) -> list[date]:
    """The days of enrolment in order, one for each enrolled."""
    dossiers = [opened(results.study, results.participants[id], results.as_of) for id in results.responses]
    return sorted(dossier.enrolment.event.on for dossier in dossiers)


def _first_consent(results: Results) -> date:
    consents = [
        recorded.event.on
        for participant in results.participants.values()
        for recorded in participant.all(ev.Consented)
        if isinstance(recorded.event, ev.Consented)
    ]
    return min(consents)


def _paint(sheet: Sheet, results: Results, y: float) -> float:
    days, planned = enrolment_days(results), results.study.design.participants
    first, last = _first_consent(results), max(results.as_of.date(), days[-1])
    keys: list[Key] = [
        (_ENROLLED, Text("enrolled", "已入组")),
        (_PLANNED, Text(f"planned: {planned}", f"计划：{planned}")),
    ]
    top = draw_key(sheet, y, keys) + 14
    step = round_step(max(planned, len(days)), 6, (1, 2, 5, 10, 20, 50, 100, 200, 500))
    highest = step * (max(planned, len(days)) // step + 1)
    span = max((last - first).days, 1)
    panel = Panel(_LEFT, top, WIDTH - MARGIN - 24 - _LEFT, _HEIGHT, 0, span, 0, highest)
    upward_axis(sheet, panel, [(step * n, f"{step * n:g}") for n in range(int(highest / step) + 1)], "")
    corners = [(panel.x(0), panel.y(0))]
    for count, on in enumerate(days, start=1):
        x = panel.x((on - first).days)
        corners += [(x, corners[-1][1]), (x, panel.y(count))]
    corners.append((panel.x((last - first).days), corners[-1][1]))
    sheet.area([*corners, (corners[-1][0], panel.bottom)], _AREA)
    sheet.line(corners, _ENROLLED)
    sheet.line([(panel.left, panel.y(planned)), (panel.right, panel.y(planned))], _PLANNED)
    sheet.marks([corners[-1]], Mark("o", BLUE, size=6))
    # Below the curve where there is room, else above it.
    shift = 36 if len(days) > highest / 4 else -10
    id = "flow.enrolled"
    words = results.numbers[id].text.in_(sheet.language)
    sheet.write(corners[-1][0] - 4, corners[-1][1] + shift, words, anchor="end", bold=True, number=id)
    return across_axis(sheet, panel, _dates(first, last, panel.x_to))


def _dates(first: date, last: date, span: float) -> list[Tick]:
    """The first days of months, as many as the axis can carry."""
    months = round_step(span / 30.4, 5, (1, 2, 3, 6, 12))
    if span < 45:
        return [(float(day), (first + timedelta(days=day)).isoformat()) for day in (0, int(span))]
    start = after_months(date(first.year, first.month, 1), 1)
    ticks: list[Tick] = []
    on = start
    while on <= last:
        if (on.year * 12 + on.month - 1) % months == 0:
            ticks.append((float((on - first).days), f"{on.year}-{on.month:02d}"))
        on = after_months(on, 1)
    return ticks
