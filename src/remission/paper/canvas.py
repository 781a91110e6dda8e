"""A sheet to draw on: strokes, fills, marks and words in points, and the bytes they become.

matplotlib draws the shapes on a `Figure` of its own for each sheet, without pyplot. Words are laid by
this module: as text elements in SVG, so that they can be selected and take the reader's fonts, and by
matplotlib in PNG.
"""

import io
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.transforms import Affine2D
from PIL import Image

from remission.paper.svg import Pixels, Written, as_svg
from remission.paper.words import CJK, SMALL, TEXT, TITLE, Format, Language, width_of, wrapped
from remission.terms.words import SIMULATED, Text

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

WIDTH, MARGIN = 400.0, 12.0
INK, GREY, RULE, PALE, PAPER = "#1a1a1a", "#5a5a5a", "#b8b8b8", "#ececec", "#ffffff"
# Okabe and Ito 2008 (jfly.uni-koeln.de/color), told apart by the common kinds of colour blindness.
BLUE, VERMILION, SKY, ORANGE, PURPLE = "#0072b2", "#d55e00", "#56b4e9", "#e69f00", "#a6508a"
ALARM = "#a32100"

_PNG_DPI = 200
_DOTS = 60  # matplotlib simplifies away dots from a shape of 128 corners
_CJK_FONTS = ("Noto Sans CJK SC", "Source Han Sans SC", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei")
_OWN_SETTINGS = ("svg.", "savefig.", "figure.", "hatch.", "path.", "lines.", "patch.", "text.", "font.")
# matplotlib reads its settings while it writes; they belong to the process, so one sheet at a time.
_SETTINGS = threading.Lock()


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line: colour, width in points, and dashes (on, off, ...) in points; solid without."""

    colour: str = INK
    width: float = 1.0
    dashes: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Fill:
    """An area: its colour, the colour of its edge and of its hatch, and a hatch that works without colour."""

    face: str
    edge: str = "none"
    hatch: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of matplotlib's shapes; open: only the outline."""

    shape: str
    colour: str
    open: bool = False
    size: float = 5.0


class Sheet:
    """One figure in the making; `height` is settled when everything is on it."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self.height = 0.0
        self.pixels: list[Pixels] = []
        self.artists: list[Artist] = []
        self.written: list[Written] = []

    def say(self, text: Text) -> str:
        """Words in the language of the sheet."""
        return text.in_(self.language)

    def line(self, points: Sequence[Point], stroke: Stroke) -> None:
        """A line through points."""
        xs, ys = zip(*points, strict=True)
        style = (0, stroke.dashes) if stroke.dashes else "-"
        line = Line2D(xs, ys, color=stroke.colour, linewidth=stroke.width, linestyle=style, marker="none")
        line.set_dash_capstyle("butt")
        self.artists.append(line)

    def lines(self, pairs: Sequence[tuple[Point, Point]], stroke: Stroke) -> None:
        """Many separate lines of one kind."""
        style = (0, stroke.dashes) if stroke.dashes else "-"
        if pairs:
            self.artists.append(
                LineCollection(pairs, colors=stroke.colour, linewidths=stroke.width, linestyles=[style])
            )

    def area(self, points: Sequence[Point], fill: Fill) -> None:
        """A closed area."""
        edge = fill.edge if fill.edge != "none" or not fill.hatch else fill.face
        self.artists.append(
            Polygon(
                points, closed=True, facecolor=fill.face, edgecolor=edge, hatch=fill.hatch or None, lw=0.8
            )
        )

    def box(self, left: float, top: float, width: float, height: float, fill: Fill) -> None:
        """A rectangle."""
        right, bottom = left + width, top + height
        self.area([(left, top), (right, top), (right, bottom), (left, bottom)], fill)

    def picture(self, left: float, top: float, width: float, height: float, png: bytes) -> None:
        """A picture of opaque pixels, under all lines, areas and marks."""
        self.pixels.append(Pixels(left, top, width, height, png))

    def marks(self, points: Sequence[Point], mark: Mark) -> None:
        """Marks of one kind."""
        if not points:
            return
        xs, ys = zip(*points, strict=True)
        self.artists.append(
            Line2D(
                xs, ys, linestyle="none", marker=mark.shape, markersize=mark.size, markeredgewidth=1.1,
                markeredgecolor=mark.colour, markerfacecolor=PAPER if mark.open else mark.colour,
            )
        )  # fmt: skip

    def dots(self, points: Sequence[Point], colour: str, size: float) -> None:
        """Round dots, many to a shape; `size` is their width in points."""
        for start in range(0, len(points), _DOTS):
            part = points[start : start + _DOTS]
            ends = [(x + long, y) for x, y in part for long in (0.0, 0.02)]
            path = Path(ends, [Path.MOVETO, Path.LINETO] * len(part))
            dots = PathPatch(path, fill=False, edgecolor=colour, linewidth=size, capstyle="round")
            dots.set_snap(False)  # or both ends of a dot fall on one pixel and it is gone
            self.artists.append(dots)

    def write(
        self, x: float, y: float, words: str, *, size: float = TEXT, anchor: Anchor = "start",
        bold: bool = False, colour: str = INK, turned: bool = False, number: str = "",
    ) -> None:  # fmt: skip
        """Words with their baseline at `y`; `number` is the id of the number they print, if they do."""
        self.written.append(Written(x, y, words, size, anchor, bold, colour, turned, number))

    def paragraph(
        self, x: float, y: float, words: str, width: float, *, size: float = TEXT, bold: bool = False,
        colour: str = INK,
    ) -> float:  # fmt: skip
        """Words broken into lines of at most `width`, the first baseline at `y`; the baseline after them."""
        for line in wrapped(words, width, size):
            self.write(x, y, line, size=size, bold=bold, colour=colour)
            y += 1.3 * size
        return y


@dataclass(frozen=True, slots=True)
class Picture:
    """What a figure says besides its drawing: the name in ids, the title, the description, if empty why."""

    name: str
    title: Text
    description: Text
    empty: Text | None = None
    notes: tuple[Text, ...] = field(default=())


def draw_sheet(
    picture: Picture,
    about: Text,
    paint: Callable[[Sheet, float], float],
    *,
    simulated: bool,
    language: Language,
    format: Format,
) -> bytes:
    """The bytes of a figure.

    Parameters
    ----------
    picture : Picture
        Its words. With `empty`, that sentence stands in the place of the drawing.
    about : Text
        The line under the title: whose data these are.
    paint : callable
        Draws on the sheet from a height downwards and returns the height it reached.
    simulated : bool
        Whether the figure carries the simulation mark.
    language : "en" or "zh"
        Of all words. A PNG is English where no Chinese font is installed.
    format : "svg" or "png"
        SVG: one element without prolog, ready to stand in a page; PNG: 200 dpi.
    """
    font = _chinese_font() if format == "png" else None
    sheet = Sheet("en" if format == "png" and font is None else language)
    y = _heading(sheet, picture, about, simulated)
    if picture.empty is not None:
        y = sheet.paragraph(MARGIN, y + 24, sheet.say(picture.empty), WIDTH - 2 * MARGIN) + 12
    else:
        y = paint(sheet, y)
    for note in picture.notes if picture.empty is None else ():
        y = sheet.paragraph(MARGIN, y + 12, sheet.say(note), WIDTH - 2 * MARGIN, size=SMALL, colour=GREY) - 10
    sheet.height = y + MARGIN
    with _SETTINGS, mpl.rc_context(_settings(picture.name)):
        if format == "png":
            return _png(sheet, font)
        title, description = sheet.say(picture.title), sheet.say(picture.description)
        if simulated:
            title = f"{title} ({sheet.say(SIMULATED)})"
        shapes = _saved(_figure(sheet), "svg")
        size = (WIDTH, sheet.height)
        return as_svg(
            shapes, sheet.pixels, sheet.written, size, picture.name, title, description, sheet.language
        )


def _heading(sheet: Sheet, picture: Picture, about: Text, simulated: bool) -> float:
    y = MARGIN + TITLE
    for line in wrapped(sheet.say(picture.title), WIDTH - 2 * MARGIN, TITLE):
        sheet.write(MARGIN, y, line, size=TITLE, bold=True)
        y += 1.3 * TITLE
    words, width = sheet.say(SIMULATED), 0.0
    if simulated:
        width = width_of(words, TEXT) * 1.1 + 12
        sheet.box(WIDTH - MARGIN - width, y - 12, width, 17, Fill(PAPER, ALARM))
        sheet.write(WIDTH - MARGIN - width / 2, y + 0.5, words, anchor="middle", bold=True, colour=ALARM)
    room = WIDTH - 2 * MARGIN - width
    return sheet.paragraph(MARGIN, y, sheet.say(about), room, size=SMALL, colour=GREY) - 1.3 * SMALL + 8


def _chinese_font() -> str | None:
    installed = {font.name for font in fontManager.ttflist}
    return next((name for name in _CJK_FONTS if name in installed), None)


def _settings(name: str) -> dict[Any, Any]:
    """The defaults that matplotlib ships, and ids that depend on the drawing only."""
    own = {key: value for key, value in mpl.rcParamsDefault.items() if key.startswith(_OWN_SETTINGS)}
    return {**own, "svg.hashsalt": name, "svg.fonttype": "none", "hatch.linewidth": 1.0}


def _figure(sheet: Sheet) -> Figure:
    # In SVG the pixels lie under matplotlib's shapes, so its paper must let them through.
    figure = Figure(
        figsize=(WIDTH / 72, sheet.height / 72), dpi=72, facecolor="none" if sheet.pixels else PAPER
    )
    page = Affine2D().scale(1 / 72, -1 / 72).translate(0, sheet.height / 72) + figure.dpi_scale_trans
    for order, artist in enumerate(sheet.artists):
        artist.set_transform(page)
        artist.set_zorder(order)
        figure.add_artist(artist)
    return figure


def _saved(figure: Figure, format: Format) -> bytes:
    stream = io.BytesIO()
    if format == "svg":
        figure.savefig(stream, format="svg", metadata={"Date": None})
    else:
        figure.savefig(stream, format="png", dpi=_PNG_DPI, facecolor=PAPER, metadata={"Software": None})
    return stream.getvalue()


def _png(sheet: Sheet, font: str | None) -> bytes:
    figure = _figure(sheet)
    scale = _PNG_DPI / 72
    for under in sheet.pixels:
        width, height = round(under.width * scale), round(under.height * scale)
        image = (
            Image.open(io.BytesIO(under.png)).convert("RGB").resize((width, height), Image.Resampling.NEAREST)
        )
        bottom = (sheet.height - under.top) * scale - height
        figure.figimage(np.asarray(image), round(under.left * scale), round(bottom), zorder=-1)
    family = ["DejaVu Sans"] if font is None else [font, "DejaVu Sans"]
    for item in sheet.written:
        words = item.words if font is not None else re.sub(CJK, "?", item.words)
        figure.text(
            item.x / WIDTH, 1 - item.y / sheet.height, words, fontsize=item.size, color=item.colour,
            ha={"start": "left", "middle": "center", "end": "right"}[item.anchor], va="baseline",
            fontweight="bold" if item.bold else "normal", rotation=90 if item.turned else 0,
            rotation_mode="anchor", family=family, parse_math=False, zorder=len(sheet.artists),
        )  # fmt: skip
    return _saved(figure, "png")
