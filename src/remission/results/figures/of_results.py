"""A figure of the results on its sheet: study, date and the simulation mark come from them."""

from collections.abc import Callable

from remission.paper.canvas import Format, Language, Picture, Sheet, draw_sheet
from remission.results.analysis import Results
from remission.terms.words import Text


def draw_picture(
    picture: Picture,
    results: Results,
    paint: Callable[[Sheet, float], float],
    *,
    language: Language,
    format: Format,
) -> bytes:
    """The bytes of a figure of the results; study, date and the simulation mark come from them.

    Otherwise as `draw_sheet`.
    """
    as_of = results.as_of.date().isoformat()
    study = results.study.id.upper()
    about = Text(f"{study} · data as of {as_of}", f"{study} · 数据截至 {as_of}")
    return draw_sheet(picture, about, paint, simulated=results.simulated, language=language, format=format)
