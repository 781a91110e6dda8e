"""Cumulative incidence of relapse with its 95 % band, beside the events that compete with it."""

from remission.paper.canvas import GREY, VERMILION, Format, Language, Picture, Sheet
from remission.results.analysis import Results
from remission.results.figures.curve_panel import Curve, CurvePoint, describe, draw_curves, last_year
from remission.results.figures.of_results import draw_picture
from remission.stats.times.competing import CumulativeIncidence
from remission.terms.words import Text

TITLE = Text("Cumulative incidence of relapse", "累积复发率")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
_RELAPSE = Text("Relapse", "复发")
_COMPETING = Text("Second cancer or death before relapse", "复发前第二肿瘤或死亡")


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """The incidence of relapse and of its competing events, as SVG or PNG bytes."""
    relapse = results.curves.relapse
    description = describe(results, (("relapse", TITLE),))
    picture = Picture("incidence", TITLE, description, NOBODY if relapse is None else None)

    def paint(sheet: Sheet, y: float) -> float:
        if relapse is None:
            return y
        return draw_curves(sheet, y, curves_of(relapse), last_year(relapse.steps))

    return draw_picture(picture, results, paint, language=language, format=format)


def curves_of(relapse: CumulativeIncidence) -> tuple[Curve, Curve]:
    """Relapse, and what competes with it: all that is neither relapse nor event-free."""

    def at_risk(year: float) -> int | None:
        step = relapse.at(year)
        return None if step is None else step.at_risk

    found = [
        CurvePoint(
            step.time,
            step.incidence,
            None if step.interval is None else (step.interval.lower, step.interval.upper),
            step.censored,
        )
        for step in relapse.steps
    ]
    # Rounding may leave a hair below 0.
    other = [
        CurvePoint(step.time, max(0.0, 1 - step.event_free - step.incidence), None, 0)
        for step in relapse.steps
    ]
    return (
        Curve(_RELAPSE, 0.0, tuple(found), VERMILION, (), at_risk),
        Curve(_COMPETING, 0.0, tuple(other), GREY, (4.0, 2.5), None),
    )
