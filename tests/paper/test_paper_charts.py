"""Charts drawn from data: what is in them, and that each kind reads without colour."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.paper.charts import Axis, Chart, Curves, Forest, Interval, Line, Pairs, Rule, Scale, Shades
from remission.paper.draw_charts import draw_chart
from remission.paper.drawable import Drawable
from remission.paper.scales import settled
from remission.terms.words import Text

RATE = Axis(Text("rate", "率"), Scale.PERCENT)
TITLE, SAID = Text("Title", "标题"), Text("What it shows.", "所示内容。")
BAND = ((0.0, 0.0, 0.2), (0.5, 0.3, 0.6))
LINES = tuple(
    Line(Text(f"line {n}", f"线{n}"), ((0.0, 0.1), (0.5, 0.4 + n / 20)), band=BAND) for n in range(6)
)
NOBODY = Interval(Text("nobody", "无"), None, None, None, "not evaluable")
CHARTS: tuple[Chart, ...] = (
    Curves(
        "c", TITLE, SAID, RATE, RATE,
        LINES,
        (Rule(Text("limit", "界"), 0.025), Rule(Text("p0", "p0"), 0.3, upright=True)),
    ),
    Forest("f", TITLE, SAID, RATE, (Interval(Text("low", "低"), 0.5, 0.3, 0.7, "50 %"), NOBODY), 0.4),
    Pairs("p", TITLE, SAID, Axis(Text("d", "d")), Text("before", "前"), Text("after", "后"),
          ((Text("age", "年龄"), 0.3, 0.0), (Text("sex", "性别"), None, 0.1)), (-0.1, 0.1)),
    Shades("s", TITLE, SAID, RATE, RATE, (0.1, 0.2), (0.5, 0.6), ((0.25, None), (0.75, 1.0))),
)  # fmt: skip


def svg(chart: Chart, **more: object) -> str:
    return draw_chart(
        chart, Text("design A", "设计A"), simulated=bool(more), language="en", format="svg"
    ).decode()


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: type(chart).__name__)
def test_every_chart_has_title_description_and_about_and_is_the_same_again(chart: Chart) -> None:
    once = svg(chart)
    assert "<title" in once
    assert "What it shows." in once
    assert ">design A<" in once
    assert once == svg(chart)
    assert "SIMULATED DATA" in svg(chart, simulated=True)
    assert "SIMULATED" not in once
    assert draw_chart(chart, SAID, simulated=False, language="zh", format="png")[:4] == b"\x89PNG"


def test_lines_differ_by_dashes_and_marks_not_only_by_colour() -> None:
    drawn = svg(CHARTS[0])
    assert len(set(re.findall(r'stroke-dasharray="([^"]*)"', drawn))) >= 6


def test_what_is_not_evaluable_is_said_and_not_drawn() -> None:
    drawn = svg(CHARTS[1])
    assert ">not evaluable<" in drawn
    assert drawn.count("40 %") >= 1


def test_shades_print_their_values() -> None:
    drawn = svg(CHARTS[3])
    for words in (">25<", ">75<", ">100<", ">–<"):
        assert words in drawn


def test_a_threshold_is_a_line_between_the_values_on_either_side_of_it() -> None:
    """Cells .01 .03 / .025 - / .2 .5 with a line at .025: one edge right of .01, one below .025."""
    rows = ((0.01, 0.03), (0.025, None), (0.2, 0.5))
    chart = Shades("s", TITLE, SAID, RATE, RATE, (0.1, 0.2), (0.4, 0.5, 0.6), rows)
    plain, lined = svg(chart), svg(replace(chart, threshold=0.025))
    colour = "#d55e00"
    assert plain.lower().count(colour) == 0
    assert lined.lower().count(colour) == 2
    assert svg(replace(chart, threshold=1.0)) == plain


def test_nothing_to_draw_is_said() -> None:
    assert "There is nothing to draw." in svg(Forest("e", TITLE, SAID, RATE, ()))


def test_a_result_plots_itself() -> None:
    class Own(Drawable):
        def chart(self) -> Chart:
            return CHARTS[1]

    assert Own().plot(about=Text("design A", "设计A")).decode() == svg(CHARTS[1])


def test_a_log_axis_refuses_what_it_cannot_show() -> None:
    with pytest.raises(InputRefused, match=r"0\.0 to 2\.0"):
        settled(Axis(Text("hazard ratio", "风险比"), Scale.LOG), [0.0, 2.0])


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9))
def test_every_value_lies_between_the_ends_and_ticks_are_few_and_in_order(values: list[float]) -> None:
    axis = settled(RATE, values)
    slack = 1e-8 * (axis.high - axis.low)  # a step is not added for what no eye can see
    assert axis.low <= min(values) + slack
    assert axis.high >= max(values) - slack
    places = [value for value, _ in axis.ticks]
    assert places == sorted(places)
    assert 2 <= len(places) <= 9
