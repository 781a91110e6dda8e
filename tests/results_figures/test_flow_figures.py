"""Pictures of flow cytometry, drawn from made-up events."""

import io
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from matplotlib.image import imread
from PIL import Image
from scipy.ndimage import label

from remission.mrd.flow.events import Held
from remission.mrd.flow.gates.gates import (
    Boolean,
    Dimension,
    Divider,
    Ellipsoid,
    Gating,
    Operand,
    Operation,
    Polygon,
    Quadrant,
    Quadrants,
    Rectangle,
    Side,
)
from remission.mrd.flow.gates.gating import apply
from remission.mrd.flow.light.scales import Asinh, Biexponential, Hyperlog, Linear, Log, Logicle, Scale
from remission.mrd.flow.light.scaling import unscaled
from remission.mrd.flow.quality.examining import AREA, HEIGHT, Quality, examine
from remission.mrd.flow.quality.findings import Concern, Finding
from remission.paper.canvas import Format, Language, Picture, Sheet, draw_sheet
from remission.paper.words import width_of
from remission.results.figures import flow_gates, flow_plot, flow_quality, flow_time, flow_tree
from remission.results.figures.flow_axes import PlotAxis, axis_of, spaced, ticks
from remission.results.figures.flow_density import levels
from remission.results.figures.flow_panel import Frame, clipped, halved
from remission.results.figures.flow_views import MOST_MARKED, View, views
from remission.terms.words import Text

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"
ABOUT = Text("01-001 · sample 01-001-d46", "01-001 · 样本01-001-d46")
COUNT = 30_000
L, LINEAR = Scale("L", Logicle(262144.0, 0.5, 4.5, 0.0)), Scale("linear", Linear(262144.0, 0.0))
FORWARD, HIGH, SIDE = (Dimension(name, scale="linear") for name in ("FSC-A", "FSC-H", "SSC-A"))
CD45, CD19, CD10, CD20 = (Dimension(name, scale="L") for name in ("V450-A", "PE-Cy7-A", "APC-A", "FITC-A"))
LABELS = {"V450-A": "CD45", "PE-Cy7-A": "CD19", "APC-A": "CD10", "FITC-A": "CD20"}


def made() -> Held:
    """Granulocytes, T, B and a few blasts; all numbers invented."""
    chance = np.random.default_rng(7)
    kind = chance.choice(4, COUNT, p=[0.6, 0.25, 0.145, 0.005])

    def of(*middles: float, spread: float = 0.4) -> np.ndarray:
        bright = np.array(middles)[kind] * chance.lognormal(0, spread, COUNT)
        return bright + chance.normal(0, 120, COUNT)

    height = of(90e3, 55e3, 55e3, 60e3, spread=0.12)
    columns = {
        "Time": np.sort(chance.random(COUNT)) * 30_000,
        "FSC-A": height * chance.normal(1.05, 0.03, COUNT),
        "FSC-H": height,
        "SSC-A": of(90e3, 12e3, 12e3, 13e3),
        "V450-A": of(4_000, 30_000, 20_000, 1_500),
        "PE-Cy7-A": of(0, 0, 9_000, 9_000),
        "APC-A": of(300, 0, 800, 40_000),
        "FITC-A": of(0, 0, 3_000, 100),
    }
    return Held(tuple(columns), np.ascontiguousarray(np.vstack(list(columns.values()))))


EVENTS = made()
PARTS = (("10+20-", 0.9, 0.1), ("10+20+", 0.9, 0.9), ("10-20+", 0.1, 0.9), ("10-20-", 0.1, 0.1))
GATES = Gating(
    (
        Rectangle("time", None, (Side(Dimension("Time"), 500.0, 29_500.0),)),
        Polygon("singlets", "time", FORWARD, HIGH, ((0.05, 0.02), (1.1, 0.9), (1.1, 1.15), (0.05, 0.08))),
        Rectangle("B", "singlets", (Side(CD19, 0.6, None), Side(SIDE, None, 0.2))),
        Quadrants(
            "four", "B", (Divider("x", CD10, (0.6,)), Divider("y", CD20, (0.45,))),
            tuple(Quadrant(name, (("x", x), ("y", y))) for name, x, y in PARTS),
        ),
        Ellipsoid(
            "blasts", "10+20-", (CD10, CD45, CD20), (0.82, 0.55, 0.2),
            ((0.004, 0.001, 0.0), (0.001, 0.003, 0.0), (0.0, 0.0, 0.02)), 9.0,
        ),
        Boolean("rest", "singlets", Operation.NOT, (Operand("B"),)),
    ),
    {"L": L, "linear": LINEAR}, {}, {},
)  # fmt: skip
GATED = apply(GATES, EVENTS)
NAMES = {
    "time": Text("steady time", "稳定时段"), "singlets": Text("singlets", "单个细胞"),
    "B": Text("CD19+ B lineage, low side scatter", "CD19+ B系、低侧向散射"),
    "blasts": Text("leukaemic blasts", "白血病原始细胞"), "rest": Text("not B", "非B"),
}  # fmt: skip
BLASTS = GATED.populations["blasts"].mask
VIEWS = views(
    GATES, EVENTS, GATED, names=NAMES, labels=LABELS, marked=(Text("MRD events", "MRD事件"), BLASTS)
)


def spoilt() -> Quality:
    values = EVENTS.values.copy()
    values[5, 3_000:6_000] += 4_000
    values[0, 15_000:] += 2_000
    values[0, 20_000:26_000] = np.linspace(values[0, 20_000], values[0, 20_000] + 300, 6_000)
    values[0, 26_000:] += values[0, 25_999] - values[0, 26_000]
    values[6, ::97] = 262_143
    return examine(
        Held(EVENTS.channels, values), time="Time", scatter={AREA: "FSC-A", HEIGHT: "FSC-H"},
        channels=EVENTS.channels[1:], ranges=dict.fromkeys(EVENTS.channels, 262144.0), time_step=0.01,
        labels=LABELS,
    )  # fmt: skip


QUALITY = spoilt()
KEPT = {path: count * 9 // 10 for path, count in GATED.counts.items()}


def tree(**how: Any) -> bytes:
    return flow_tree.draw(
        GATED.counts, COUNT, names=NAMES, mrd=GATED.populations["blasts"].path,
        denominator=("nucleated cells", "time/singlets"), kept=(27_000, KEPT), **how,
    )  # fmt: skip


Draw = Callable[..., bytes]
DRAWN: dict[str, Draw] = {
    **{f"{view.gate}-{view.number}": partial(flow_plot.draw, view) for view in VIEWS},
    "gates": partial(flow_gates.draw, VIEWS),
    "tree": tree,
    "time": partial(flow_time.draw, QUALITY, labels=LABELS),
    "quality": partial(flow_quality.draw, QUALITY.findings, int(QUALITY.kept.sum()), QUALITY.count),
}
each = pytest.mark.parametrize("name", DRAWN)
both = pytest.mark.parametrize("language", ["en", "zh"])


def drawn(name: str, language: Language = "en", format: Format = "svg", simulated: bool = True) -> bytes:
    return DRAWN[name](about=ABOUT, simulated=simulated, language=language, format=format)


def texts(svg: bytes) -> list[ET.Element]:
    return list(ET.fromstring(svg).iter(f"{SVG}text"))


def words_of(svg: bytes) -> list[str]:
    return [el.text or "" for el in texts(svg)]


# ---------------------------------------------------------------- all of them


@each
@both
def test_it_has_a_title_a_description_and_no_inline_style(name: str, language: Language) -> None:
    svg = drawn(name, language)
    root = ET.fromstring(svg)
    title, said = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and title.text and said is not None and said.text
    assert b"style=" not in svg and b"NaN" not in svg and b"nan" not in svg
    assert bool(re.search("[\u4e00-\u9fff]", title.text)) is (language == "zh")


@each
@both
def test_simulated_data_say_so_and_real_data_do_not(name: str, language: Language) -> None:
    mark = {"en": "SIMULATED DATA", "zh": "模拟数据"}[language]
    assert mark in words_of(drawn(name, language))
    assert mark not in drawn(name, language, simulated=False).decode()


@each
@both
def test_words_stay_on_the_sheet_and_off_each_other(name: str, language: Language) -> None:
    svg = drawn(name, language)
    _, _, width, height = (float(number) for number in ET.fromstring(svg).attrib["viewBox"].split())
    boxes: list[tuple[float, float, float, float, str]] = []
    for el in texts(svg):
        size, words = float(el.attrib["font-size"]), el.text or ""
        x, y = float(el.attrib["x"]), float(el.attrib["y"])
        long = 0.88 * width_of(words, size)
        shift = {"start": 0.0, "middle": 0.5, "end": 1.0}[el.attrib.get("text-anchor", "start")]
        left, top = x - shift * long, y - 0.7 * size
        box = (left, top, left + long, y, words)
        if "transform" in el.attrib:
            box = (x - 0.7 * size, y - long / 2, x, y + long / 2, words)
        assert box[0] >= -1 and box[2] <= width + 1 and box[1] >= 0 and box[3] <= height, words
        boxes.append(box)
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


@each
def test_equal_values_give_equal_bytes_from_any_thread(name: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(drawn, [name] * 3))) == 1


@each
def test_nothing_of_a_png_is_cut_off(name: str) -> None:
    pixels = imread(io.BytesIO(drawn(name, "zh", "png")))
    edges = (pixels[:, :8], pixels[:, -8:], pixels[:8], pixels[-8:])
    assert all(np.all(edge == 1.0) for edge in edges)


# ---------------------------------------------------------------- density


def test_no_event_is_white_one_is_the_darkest_and_the_fullest_is_the_brightest() -> None:
    counts = np.zeros((8, 8), np.int64)
    counts[0, 0], counts[7, 7], counts[3, 3] = 1, 100_000, 100
    image = Image.open(io.BytesIO(flow_plot.png(counts)))
    assert image.size == (8, 8)
    pixels = np.asarray(image.convert("RGB")).astype(int)
    light = pixels @ (0.2126, 0.7152, 0.0722)
    assert tuple(pixels[0, 0]) == (255, 255, 255), "the highest y is the top row"
    assert light[7, 0] < light[4, 3] < light[0, 7] < light[0, 0]


def test_few_events_are_drawn_wider_and_none_is_lost() -> None:
    few = np.zeros((9, 9), np.int64)
    few[4, 4] = 1
    assert np.count_nonzero(levels(few)) == 9
    few[4, 4] = 5_000
    assert np.count_nonzero(levels(few)) == 1


def test_one_number_makes_pictures_comparable() -> None:
    one = np.full((4, 4), 1_000, np.int64)
    assert levels(one).max() == 255 and levels(one, full=1e6).max() < 160


def test_a_few_events_in_a_square_are_no_crowd() -> None:
    assert levels(np.full((100, 100), 1, np.int64)).max() == 1


@pytest.mark.parametrize("shape", [(7,), (8,), (7, 9), (8, 8)])
def test_halved_squares_hold_the_same_events(shape: tuple[int, ...]) -> None:
    counts = np.arange(math.prod(shape), dtype=np.int64).reshape(shape)
    whole = counts[tuple(slice(size // 2 * 2) for size in shape)]
    assert halved(counts).sum() == whole.sum() and halved(counts).shape == tuple(n // 2 for n in shape)


# ---------------------------------------------------------------- axes

CURVES = [
    Logicle(262144.0, 0.5, 4.5, 0.0), Hyperlog(262144.0, 0.5, 4.5, 0.0), Asinh(262144.0, 4.0, 1.0),
    Biexponential(256, 262144.0, 4.418, 0.0, -100.0), Log(262144.0, 4.5),
]  # fmt: skip


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: type(curve).__name__)
def test_ticks_stand_at_the_places_of_their_raw_values(curve: Any) -> None:
    axis = axis_of(Text("x", "x"), curve, np.array([0.1, 0.5, 0.9]))
    found = [tick for tick in ticks(axis) if tick.words]
    assert {"10³", "10⁴", "10⁵"} <= {tick.words for tick in found}
    for tick in found:
        digits = tick.words.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹−", "0123456789-"))
        value = 0.0 if digits == "0" else math.copysign(10.0 ** int(digits[-1]), float(digits[:-1]))
        raw = float(unscaled(curve, np.array([tick.place]))[0])
        assert raw == pytest.approx(value, rel=0.02, abs=2)


def test_negative_decades_have_their_sign() -> None:
    axis = axis_of(Text("x", "x"), CURVES[0], np.full(100, -0.1))
    assert "−10²" in {tick.words for tick in ticks(axis)}


def test_linear_axes_have_round_raw_values() -> None:
    axis = PlotAxis(Text("x", "x"), Linear(262144.0, 0.0), -0.02, 1.03)
    assert [tick.words for tick in ticks(axis)] == ["0", "100K", "200K"]
    raw = PlotAxis(Text("x", "x"), None, 0.0, 1_234.0)
    assert [(tick.place, tick.words) for tick in ticks(raw)][:3] == [(0, "0"), (500, "500"), (1_000, "1K")]


@settings(deadline=None)
@given(st.floats(20, 400), st.floats(5, 60))
def test_words_along_an_axis_keep_their_distance(length: float, room: float) -> None:
    axis = PlotAxis(Text("x", "x"), CURVES[0], -0.1, 1.03)
    marks = spaced(ticks(axis), axis, length, room)
    said = sorted(tick.place * length / 1.13 for tick in marks if tick.words)
    assert len(marks) == len(ticks(axis)) and "0" in {tick.words for tick in marks}
    assert all(b - a >= room - 1e-9 for a, b in pairwise(said))


def test_a_linear_axis_hardly_filled_ends_where_its_events_do() -> None:
    assert axis_of(Text("t", "t"), Linear(2_621.0, 0.0), np.linspace(0, 0.04, 99)).high < 0.05
    assert axis_of(Text("f", "f"), Linear(2_621.0, 0.0), np.linspace(0, 0.6, 99)).high > 1


@pytest.mark.parametrize("values", [np.array([]), np.array([np.nan, np.inf]), np.array([3.0]), np.zeros(9)])
@pytest.mark.parametrize("curve", [None, *CURVES[:1]])
def test_an_axis_has_extent_whatever_the_values(values: np.ndarray, curve: Any) -> None:
    axis = axis_of(Text("x", "x"), curve, values)
    assert math.isfinite(axis.low) and math.isfinite(axis.high) and axis.low < axis.high
    assert ticks(axis)


# ---------------------------------------------------------------- views


def test_every_gate_is_seen_in_order_and_counts_are_those_of_the_gating() -> None:
    assert [(view.gate, view.number, view.of) for view in VIEWS] == [
        ("time", 1, 1), ("singlets", 1, 1), ("B", 1, 1), ("four", 1, 1), ("blasts", 1, 2), ("blasts", 2, 2),
    ]  # fmt: skip
    for view in VIEWS:
        assert view.counts.sum() == view.parent_events
    found = [[area.events for area in view.areas] for view in VIEWS[:4]]
    ids = [["time"], ["singlets"], ["B"], [name for name, _, _ in PARTS]]
    assert found == [[GATED.populations[name].count for name in row] for row in ids]
    assert VIEWS[0].y is None and VIEWS[0].counts.ndim == 1
    assert VIEWS[2].x.name.en == "CD19" and VIEWS[2].parent == NAMES["singlets"]


def test_an_ellipse_is_the_shadow_of_its_ellipsoid() -> None:
    gate = GATES.gates[4]
    assert isinstance(gate, Ellipsoid)
    for view, at in zip(VIEWS[4:], ([0, 1], [0, 2]), strict=True):
        inverse = np.linalg.inv(np.array(gate.covariance)[np.ix_(at, at)])
        for corner in view.areas[0].outline:
            away = np.array(corner) - np.array(gate.mean)[at]
            assert away @ inverse @ away == pytest.approx(gate.distance_square)


def test_the_parts_between_dividers_meet_at_them() -> None:
    outlines = {area.name.en: area.outline for area in VIEWS[3].areas}
    assert outlines["10+20-"][0][0] == 0.6 and outlines["10+20-"][2][1] == 0.45
    assert outlines["10-20+"][2][0] == 0.6 and outlines["10-20+"][0][1] == 0.45


def test_marked_events_are_those_in_the_parent_and_the_cap_is_said() -> None:
    assert VIEWS[3].marked is not None and VIEWS[3].marked.events == BLASTS.sum() < MOST_MARKED
    everything = np.ones(COUNT, np.bool_)
    many = views(GATES, EVENTS, GATED, names=NAMES, labels={}, marked=(Text("all", "全"), everything))[
        1
    ].marked
    assert many is not None and many.places.shape[1] <= MOST_MARKED
    assert many.events == GATED.populations["time"].count
    assert f"{many.places.shape[1]:,} of them drawn" in flow_plot.marked_words(many).en


def box_clip(path: list[tuple[float, float]], frame: Frame) -> float:
    """The area of a convex path within a frame, by counting a fine lattice."""
    n = 200
    xs = frame.left + (np.arange(n) + 0.5) * frame.width / n
    ys = frame.top + (np.arange(n) + 0.5) * frame.height / n
    x, y = np.meshgrid(xs, ys)
    signs = [
        (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
        for a, b in zip(path, path[1:] + path[:1], strict=True)
    ]
    inside = np.all([one >= 0 for one in signs], axis=0) | np.all([one <= 0 for one in signs], axis=0)
    return float(inside.mean() * frame.width * frame.height)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(-30, 40), st.floats(-30, 40)), min_size=3, max_size=3))
def test_a_path_is_cut_at_the_frame(path: list[tuple[float, float]]) -> None:
    assume(box_clip(path, Frame(-30.0, -30.0, 70.0, 70.0)) > 5 and len(set(path)) == 3)
    frame = Frame(0.0, 0.0, 10.0, 10.0)
    cut = clipped(path, frame)
    assert all(-1e-6 <= x <= 10 + 1e-6 and -1e-6 <= y <= 10 + 1e-6 for x, y in cut)
    twice = sum(a[0] * b[1] - a[1] * b[0] for a, b in zip(cut, cut[1:] + cut[:1], strict=True))
    assert abs(twice) / 2 == pytest.approx(box_clip(path, frame), abs=2.5)


# ---------------------------------------------------------------- plots


def test_a_plot_says_the_gate_its_count_and_share_and_holds_the_density() -> None:
    view = VIEWS[2]
    svg = drawn("B-1")
    words = " ".join(words_of(svg))
    assert f"{view.areas[0].events:,} events" in words and f"of {view.parent_events:,} events" in words
    assert "CD19" in words and "SSC-A" in words and "10⁴" in words and "MRD events" in words
    image = next(ET.fromstring(svg).iter(f"{SVG}image")).attrib[LINK]
    assert image.startswith("data:image/png;base64,")
    assert svg.index(b"<image") < svg.index(b"<path"), "lines and dots lie above the picture"


def test_the_parts_between_dividers_have_letters() -> None:
    words = words_of(drawn("four-1"))
    assert [words.count(letter) for letter in "ABCD"] == [2, 2, 2, 2], "on the plot and in the list"


def test_a_range_is_a_histogram_without_pixels() -> None:
    assert b"<image" not in drawn("time-1") and "1,000" not in words_of(drawn("blasts-1"))


def test_a_parent_without_events_is_said_and_drawn_in_the_grid() -> None:
    empty = apply(GATES, Held(EVENTS.channels, np.zeros((len(EVENTS.channels), 0))))
    nothing = Held(EVENTS.channels, np.zeros((len(EVENTS.channels), 0)))
    found = views(GATES, nothing, empty, names=NAMES, labels=LABELS)
    how: dict[str, Any] = {"about": ABOUT, "simulated": False, "language": "en", "format": "svg"}
    assert "There is no event to draw." in words_of(flow_plot.draw(found[1], **how))
    assert "1. steady time" in words_of(flow_gates.draw(found, **how))
    assert "The strategy has no gate that can be drawn." in words_of(flow_gates.draw([], **how))


def test_values_beyond_the_axes_are_drawn_at_their_edge() -> None:
    view = VIEWS[2]
    assert view.marked is not None
    wild = replace(view.marked, places=np.array([[9.0, -9.0, np.nan], [np.inf, 0.1, -np.inf]]), events=3)
    strange: View = replace(view, marked=wild)
    svg = flow_plot.draw(strange, about=ABOUT, simulated=False, language="en", format="svg").decode()
    dots = [
        path for path in ET.fromstring(svg).iter(f"{SVG}path") if path.attrib.get("stroke-linecap") == "round"
    ]
    assert len(dots) == 2, "the halo, and the dots"
    for path in dots:
        places = re.findall(r"M ([\d.]+) ([\d.]+)", path.attrib["d"])
        assert len(places) == 3
        assert all(64 <= float(x) <= 364 and 75 <= float(y) <= 376 for x, y in places)


# ---------------------------------------------------------------- tree


def test_the_tree_keeps_parents_above_children_and_skips_what_was_not_counted() -> None:
    rows = flow_tree.rows_of({"a": 90, "a/b": 40, "a/b/c/d": 10, "e": 5}, 100, {"d": Text("D", "丁")})
    assert [(row.path, row.depth, row.events, row.parent_events) for row in rows] == [
        ("a", 1, 90, 100), ("a/b", 2, 40, 90), ("a/b/c/d", 3, 10, 40), ("e", 1, 5, 100),
    ]  # fmt: skip
    assert rows[2].name.en == "D" and rows[0].name.en == "a"


def test_the_tree_prints_every_count_with_and_without_what_was_flagged() -> None:
    words = words_of(drawn("tree"))
    for path, count in GATED.counts.items():
        assert f"{count:,}" in words and f"{KEPT[path]:,}" in words
    assert "100 %" in words, "the denominator of itself"


def test_without_quality_the_tree_has_no_second_count() -> None:
    svg = flow_tree.draw(
        GATED.counts, COUNT, names={}, mrd="", denominator=("nucleated cells", "nowhere"),
        about=ABOUT, simulated=False, language="en", format="svg",
    )  # fmt: skip
    words = words_of(svg)
    assert "unflagged" not in words and "–" in words, (
        "a share of a denominator that was not counted is not made up"
    )


# ---------------------------------------------------------------- time and quality


def test_the_run_shades_what_was_flagged_and_the_key_says_so() -> None:
    words = words_of(drawn("time"))
    assert {"clog or pause", "burst", "drifts", "CD19", "time, s", "events/s"} <= set(words)
    alarmed = [el.text for el in texts(drawn("time")) if el.attrib.get("font-weight") == "bold"]
    assert "CD19" in alarmed and "CD10" not in alarmed


def test_a_run_that_cannot_be_judged_says_so() -> None:
    none = replace(QUALITY, pace=None, signal=None)
    how: dict[str, Any] = {
        "labels": {},
        "about": ABOUT,
        "simulated": False,
        "language": "en",
        "format": "svg",
    }
    assert "Too few events to draw the run." in words_of(flow_time.draw(none, **how))
    assert "time, s" not in words_of(flow_time.draw(replace(QUALITY, pace=None), **how))
    unknown = words_of(flow_time.draw(replace(QUALITY, time_step=None), **how))
    assert "time, units of the file" in unknown and "events/s" not in unknown


@pytest.mark.parametrize(
    ("flags", "found"),
    [([], []), ([1, 1], [(0, 2)]), ([0, 1, 0, 1], [(1, 2), (3, 4)]), ([1, 0, 0], [(0, 1)])],
)
def test_runs_of_flagged_stretches(flags: list[int], found: list[tuple[int, int]]) -> None:
    assert flow_time.runs(np.array(flags, np.bool_)) == found


def test_every_concern_has_a_line_and_every_finding_stands_with_its_flag() -> None:
    lines = flow_quality.lines_of(QUALITY.findings)
    assert len({line.concern.en for line in lines}) == len(Concern)
    assert [line.finding for line in lines if line.finding] == sorted(
        QUALITY.findings, key=lambda one: [line.finding for line in lines].index(one)
    )
    two = [Finding(Concern.TIME, 0, "", Text("a", "甲")), Finding(Concern.TIME, 3, "x", Text("b", "乙"))]
    words = words_of(flow_quality.draw(two, 7, 10, about=ABOUT, simulated=False, language="en", format="svg"))
    assert {"a", "b", "flag: x"} <= set(words) and words.count("nothing found") == len(Concern) - 1
    assert "7 of 10 events are flagged by nothing (70 %)." in words


def test_no_event_at_all_is_no_share() -> None:
    assert flow_quality.kept_words(0, 0).en == "0 of 0 events are flagged by nothing (–)."


def test_every_dot_is_drawn_however_many() -> None:
    def paint(sheet: Sheet, y: float) -> float:
        points = [(20 + 12.0 * (at % 30), y + 20 + 12.0 * (at // 30)) for at in range(300)]
        sheet.dots(points, "#d55e00", 3.6)
        return y + 160

    picture = Picture("dots", Text("t", "t"), Text("d", "d"))
    how: dict[str, Any] = {"simulated": False, "language": "en"}
    pixels = imread(io.BytesIO(draw_sheet(picture, ABOUT, paint, format="png", **how)))
    coloured: Any = label((pixels[..., 0] > 0.6) & (pixels[..., 2] < 0.4))
    assert coloured[1] == 300
    assert draw_sheet(picture, ABOUT, paint, format="svg", **how).count(b"M ") >= 300
