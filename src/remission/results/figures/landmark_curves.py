"""Curves from each landmark of the plan on, by the answer that was known by then."""

from remission.paper.canvas import BLUE, MARGIN, VERMILION, WIDTH, Format, Language, Picture, Sheet
from remission.protocol.plan_said import CURVES
from remission.results.analysis import Results
from remission.results.figures.curve_panel import Curve, draw_curves, last_year
from remission.results.figures.of_results import draw_picture
from remission.results.figures.survival_curves import curve_of
from remission.results.planned.landmarks import GROUPS, OTHERS, RESPONDERS, Landmarked
from remission.terms.words import Text

TITLE = Text("From the landmark on, by response", "界标后按缓解分组")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
_NOBODY_LEFT = Text(
    "No participant has been followed beyond the landmark with a known answer.",
    "尚无受试者在界标后随访且结果已知。",
)
_LOOKS = {RESPONDERS: (BLUE, ()), OTHERS: (VERMILION, (5.0, 3.0))}


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """A panel for each landmark as SVG or PNG bytes."""
    drawn = [one for one in results.planned.landmarks if any(one.curves.values())]
    empty = None if drawn else NOBODY if not results.responses else _NOBODY_LEFT
    said = [_described(results, one) for one in drawn]
    description = Text(
        f"Survival from the landmark on, by response. {' '.join(one.en for one in said)}",
        f"界标后生存，按缓解分组。{''.join(one.zh for one in said)}",
    )
    picture = Picture("landmarks", TITLE, description, empty)

    def paint(sheet: Sheet, y: float) -> float:
        for one in drawn:
            curve = CURVES[one.landmark.curve]
            name = Text(f"{curve.en}, by {one.landmark.name.en}", f"{curve.zh}，按{one.landmark.name.zh}")
            y = sheet.paragraph(MARGIN, y + 14, sheet.say(name), WIDTH - 2 * MARGIN, bold=True) - 6
            curves = _curves(one)
            years = max(last_year(found.steps) for found in one.curves.values() if found is not None)
            since = Text(
                f"years since protocol day {one.landmark.day}", f"自方案第{one.landmark.day}天起的年数"
            )
            y = draw_curves(sheet, y, curves, years, since) + 10
        return y

    return draw_picture(picture, results, paint, language=language, format=format)


def _curves(one: Landmarked) -> list[Curve]:
    return [
        curve_of(words, found, *_LOOKS[group])
        for group, words in GROUPS.items()
        if (found := one.curves[group]) is not None
    ]


def _described(results: Results, one: Landmarked) -> Text:
    en: list[str] = []
    zh: list[str] = []
    for group, words in GROUPS.items():
        stem = f"landmark.{one.landmark.id}.{group}"
        n, events = results.numbers[f"{stem}.n"].text, results.numbers[f"{stem}.events"].text
        en.append(f"{words.en} {n.en} participants, {events.en} with the event")
        zh.append(f"{words.zh}{n.zh}例，{events.zh}例发生事件")
    name = one.landmark.name
    return Text(f"{name.en}: {'; '.join(en)}.", f"{name.zh}：{'；'.join(zh)}。")
