"""Kaplan-Meier curves of event-free and overall survival, with 95 % bands and the numbers at risk."""

from remission.paper.canvas import BLUE, VERMILION, Format, Language, Picture, Sheet
from remission.results.analysis import Results
from remission.results.figures.curve_panel import Curve, CurvePoint, describe, draw_curves, last_year
from remission.results.figures.of_results import draw_picture
from remission.stats.times.survival import KaplanMeier
from remission.terms.words import Text

TITLE = Text("Event-free and overall survival", "无事件生存与总生存")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
_EFS, _OS = Text("Event-free survival", "无事件生存"), Text("Overall survival", "总生存")


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """Both survival curves, one above the other, as SVG or PNG bytes."""
    efs, os = results.curves.efs, results.curves.os
    description = describe(results, (("efs", _EFS), ("os", _OS)))
    picture = Picture("survival", TITLE, description, NOBODY if efs is None else None)

    def paint(sheet: Sheet, y: float) -> float:
        if efs is None or os is None:
            return y
        years = max(last_year(curve.steps) for curve in (efs, os))
        for curve in (curve_of(_EFS, efs, BLUE), curve_of(_OS, os, VERMILION)):
            y = draw_curves(sheet, y, (curve,), years) + 14
        return y - 14

    return draw_picture(picture, results, paint, language=language, format=format)


def curve_of(name: Text, curve: KaplanMeier, colour: str, dashes: tuple[float, ...] = ()) -> Curve:
    """A Kaplan-Meier curve as it is drawn."""
    points = [
        CurvePoint(
            step.time,
            step.survival,
            None if step.interval is None else (step.interval.lower, step.interval.upper),
            step.censored,
        )
        for step in curve.steps
    ]

    def at_risk(year: float) -> int | None:
        step = curve.at(year)
        return None if step is None else step.at_risk

    return Curve(name, 1.0, tuple(points), colour, dashes, at_risk)
