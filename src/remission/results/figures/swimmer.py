"""Swimmer plot: a lane for each enrolled participant, the longest follow-up first.

The first weeks, in which treatment and endpoint lie, are stretched; both parts count months since
enrolment (30.4375 days each).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.paper.canvas import (
    BLUE,
    GREY,
    INK,
    MARGIN,
    PAPER,
    PURPLE,
    RULE,
    SKY,
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
from remission.paper.panel import AXIS, Key, Panel, Tick, draw_key, round_step
from remission.paper.words import SMALL
from remission.protocol.study import Study
from remission.results.analysis import Results
from remission.results.dossier import Dossier, opened
from remission.results.figures.calls import MARKS, METHODS, Kind, keys_of, kind_of
from remission.results.figures.of_results import draw_picture
from remission.results.time_to_event import alive
from remission.terms.days import days_between
from remission.terms.words import Text

TITLE = Text("Course of every participant", "每位受试者的病程")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")

_EVENLY = Text("months since enrolment", "入组后月数")
_STRETCHED = Text("months since enrolment (first weeks stretched)", "入组后月数（前几周放大）")

_PITCH, _DAYS_PER_MONTH = 12.0, 30.4375
_LEFT, _COLUMN, _GAP = 56.0, 32.0, 8.0
_STRETCHED_SHARE = 0.45
_LANE, _GIVEN, _PAUSE = Stroke(RULE, 2.0), Fill(SKY, BLUE), Fill(PAPER, BLUE, "//////")
_DOSE, _SAMPLE = Mark("|", BLUE, size=7), Mark("o", INK, size=2.6)
_ONGOING, _LEFT_STUDY = Mark(">", GREY, open=True, size=4.5), Mark("|", INK, size=9)
_Fate = type[ev.Relapsed] | type[ev.SecondCancer] | type[ev.Died]
_EVENTS: dict[_Fate, tuple[Mark, Text]] = {
    ev.Relapsed: (Mark("X", VERMILION, size=6.5), Text("relapse", "复发")),
    ev.SecondCancer: (Mark("D", PURPLE, open=True, size=5), Text("second cancer", "第二肿瘤")),
    ev.Died: (Mark("s", INK, size=5), Text("death", "死亡")),
}


@dataclass(frozen=True, slots=True)
class Lane:
    """One participant; times are months since enrolment."""

    subject: str
    end: float
    ongoing: bool
    given: tuple[tuple[float, float], ...]
    paused: tuple[tuple[float, float], ...]
    doses: tuple[float, ...]
    samples: tuple[float, ...]
    events: tuple[tuple[_Fate, float], ...]
    kinds: tuple[Kind, ...]


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """The swimmer plot of a trial as SVG or PNG bytes."""
    lanes = lanes_of(results)
    enrolled = results.numbers["flow.enrolled"].text
    description = Text(
        f"One lane for each of the {enrolled.en} enrolled, longest follow-up first: treatment, "
        "interruptions, endpoint sample and its calls, relapse, second cancer, death, end of participation.",
        f"{enrolled.zh}名入组者各占一行，随访最长者在前：治疗、中断、终点样本及判定、复发、第二肿瘤、死亡、退出。",
    )
    picture = Picture("swimmer", TITLE, description, None if lanes else NOBODY)
    return draw_picture(
        picture,
        results,
        lambda sheet, y: _paint(sheet, results.study, lanes, y),
        language=language,
        format=format,
    )


def lanes_of(results: Results) -> list[Lane]:
    """The lanes of all enrolled, the longest first."""
    dossiers = [opened(results.study, results.participants[id], results.as_of) for id in results.responses]
    lanes = [_lane(dossier, results) for dossier in dossiers]
    return sorted(lanes, key=lambda lane: (-lane.end, lane.subject))


def _lane(dossier: Dossier, results: Results) -> Lane:
    given, paused = _infusion(dossier)
    answers = results.responses[dossier.subject]
    points = {endpoint.point for endpoint in dossier.study.endpoints}
    taken = [sample.event for sample in dossier.all(ev.MarrowTaken) if sample.event.point in points]
    events = [(kind, _months(dossier, entry.event.on)) for kind in _EVENTS for entry in dossier.all(kind)]
    end = 12 * alive(dossier).years
    return Lane(
        subject=dossier.subject,
        end=max([end, *(last for _, last in (*given, *paused))]),
        ongoing=dossier.participant.stage not in (Stage.OFF, Stage.LOST),
        given=tuple(given),
        paused=tuple(paused),
        doses=tuple(_months(dossier, dose.event.at) for dose in dossier.all(ev.DoseGiven)),
        samples=tuple(_months(dossier, sample.on) for sample in taken),
        events=tuple(events),
        kinds=tuple(kind_of(answers[endpoint.id]) for endpoint in dossier.study.endpoints),
    )


def _months(dossier: Dossier, when: date | datetime) -> float:
    start = datetime.combine(dossier.enrolment.event.on, time(), dossier.zone)
    at = when if isinstance(when, datetime) else datetime.combine(when, time(), dossier.zone)
    return (at - start).total_seconds() / 86400 / _DAYS_PER_MONTH


_Spans = list[tuple[float, float]]


def _infusion(dossier: Dossier) -> tuple[_Spans, _Spans]:
    """Spans in which the infusion ran, and in which it was interrupted; what has not ended lasts to today."""
    spans: tuple[_Spans, _Spans] = ([], [])
    begun, running = None, 0
    for recorded in dossier.participant.history:
        event = recorded.event
        if isinstance(event, ev.InfusionStarted | ev.InfusionPaused | ev.InfusionRestarted):
            at = _months(dossier, event.at)
            if begun is not None:
                spans[running].append((begun, at))
            begun, running = at, int(isinstance(event, ev.InfusionPaused))
        elif begun is not None and isinstance(event, _END_INFUSION):
            ended = event.at if isinstance(event, ev.TreatmentCompleted | ev.TreatmentStopped) else event.on
            spans[running].append((begun, max(begun, _months(dossier, ended))))
            begun = None
    if begun is not None:
        spans[running].append((begun, max(begun, _months(dossier, dossier.today))))
    return spans


_END_INFUSION = (
    ev.TreatmentCompleted, ev.TreatmentStopped, ev.Withdrew, ev.Relapsed, ev.SecondCancer, ev.Died,
    ev.LostToFollowUp,
)  # fmt: skip


def _paint(sheet: Sheet, study: Study, lanes: Sequence[Lane], y: float) -> float:
    top = draw_key(sheet, y, _keys(study, lanes)) + 34
    right = WIDTH - MARGIN - _COLUMN * len(study.endpoints)
    parts = _parts(study, lanes, top, right)
    bottom = top + _PITCH * len(lanes)
    for panel, ticks in parts:
        _months_axis(sheet, panel, ticks)
    words = _STRETCHED if len(parts) > 1 else _EVENLY
    sheet.write(_LEFT, top - 20, sheet.say(words), size=SMALL, colour=GREY)
    for column, endpoint in enumerate(study.endpoints):
        name = METHODS.get(endpoint.method, Text(endpoint.method, endpoint.method))
        x = right + _COLUMN * (column + 0.5)
        sheet.write(x, top - 7, sheet.say(name), size=SMALL, anchor="middle")
    panels = [panel for panel, _ in parts]
    for place, lane in enumerate(lanes):
        _draw_lane(sheet, panels, lane, top + _PITCH * (place + 0.5), right)
    return bottom + 16


def _parts(study: Study, lanes: Sequence[Lane], top: float, right: float) -> list[tuple[Panel, list[Tick]]]:
    """The stretched first weeks and, if anybody was followed beyond them, the time after."""
    first = min(point.window.first for point in study.points)
    last = max(study.point(endpoint.point).window.last for endpoint in study.endpoints)
    early = round(4 * days_between(first, last) / _DAYS_PER_MONTH + 0.5) / 4
    longest = max(max(lane.end, *(at for _, at in lane.events), 0) for lane in lanes)
    height = _PITCH * len(lanes)
    room = right - _LEFT - 8
    step = round_step(early, 3, (0.25, 0.5, 1, 2, 3))
    ticks = [(step * n, f"{step * n:g}") for n in range(int(early / step) + 1)]
    if longest <= early:
        return [(Panel(_LEFT, top, room, height, 0, early), ticks)]
    stretched = Panel(_LEFT, top, room * _STRETCHED_SHARE, height, 0, early)
    step = round_step(longest, 6, (1, 2, 3, 6, 12, 24))
    later = [(step * n, f"{step * n:g}") for n in range(1, int(longest / step) + 1) if step * n > 1.5 * early]
    rest = Panel(stretched.right + _GAP, top, room - stretched.width - _GAP, height, early, longest)
    return [(stretched, ticks), (rest, later)]


def _months_axis(sheet: Sheet, panel: Panel, ticks: Sequence[Tick]) -> None:
    for value, words in ticks:
        x = panel.x(value)
        sheet.line([(x, panel.top - 3), (x, panel.bottom)], Stroke("#dcdcdc", 0.6))
        sheet.write(x, panel.top - 6, words, size=SMALL, anchor="middle")
        sheet.write(x, panel.bottom + 12, words, size=SMALL, anchor="middle")
    for y in (panel.top, panel.bottom):
        sheet.line([(panel.left, y), (panel.right, y)], AXIS)


def _draw_lane(sheet: Sheet, panels: Sequence[Panel], lane: Lane, y: float, right: float) -> None:
    def x(months: float) -> float:
        inside = [panel for panel in panels if months <= panel.x_to] or [panels[-1]]
        return inside[0].x(months)

    sheet.write(_LEFT - 6, y + 3.5, lane.subject, size=SMALL, anchor="end")
    sheet.line([(x(0), y), (x(lane.end), y)], _LANE)
    for spans, fill in ((lane.given, _GIVEN), (lane.paused, _PAUSE)):
        for first, last in spans:
            sheet.box(x(first), y - 3, x(last) - x(first), 6, fill)
    sheet.marks([(x(at), y) for at in lane.doses], _DOSE)
    sheet.marks([(x(at), y) for at in lane.samples], _SAMPLE)
    sheet.marks([(x(lane.end) + (3 if lane.ongoing else 0), y)], _ONGOING if lane.ongoing else _LEFT_STUDY)
    for kind, at in lane.events:
        sheet.marks([(x(at), y)], _EVENTS[kind][0])
    for column, kind in enumerate(lane.kinds):
        sheet.marks([(right + _COLUMN * (column + 0.5), y)], MARKS[kind])


def _keys(study: Study, lanes: Sequence[Lane]) -> list[Key]:
    points = dict.fromkeys(endpoint.point for endpoint in study.endpoints)
    samples = [study.point(point).name for point in points]
    sample = Text(", ".join(name.en for name in samples), "、".join(name.zh for name in samples))
    drawn: list[tuple[bool, Key]] = [
        (any(lane.given for lane in lanes), (_GIVEN, study.treatment.name)),
        (any(lane.doses for lane in lanes), ((_DOSE,), study.treatment.name)),
        (any(lane.paused for lane in lanes), (_PAUSE, Text("interrupted", "中断"))),
        (any(lane.samples for lane in lanes), ((_SAMPLE,), sample)),
    ]
    seen = {kind for lane in lanes for kind, _ in lane.events}
    drawn += [(kind in seen, ((mark,), words)) for kind, (mark, words) in _EVENTS.items()]
    drawn += [
        (not all(lane.ongoing for lane in lanes), ((_LEFT_STUDY,), Text("end of participation", "结束参与"))),
        (any(lane.ongoing for lane in lanes), ((_ONGOING,), Text("still in the trial", "仍在研究中"))),
    ]
    kinds = keys_of(kind for lane in lanes for kind in lane.kinds)
    return [*(key for shown, key in drawn if shown), *kinds]
