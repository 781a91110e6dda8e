"""The figure of an evaluation: power over one setting, over two, or over the true rate."""

from collections.abc import Sequence

from remission.errors import InputRefused
from remission.paper.charts import Axis as Across
from remission.paper.charts import Chart, Curves, Line, Rule, Scale, Shades
from remission.rehearsal.twin.evaluate import Point
from remission.rehearsal.twin.settings import JOINT_WORDS, Settings
from remission.rehearsal.twin.sweep import Axis
from remission.stats.designs.staged import operating_many
from remission.terms.words import Text

ASSUMED = Text(
    "These are assumptions of the study file and its population file, not findings.",
    "以上为研究文件及其人群文件的假设，并非研究结果。",
)
_ALONE = Text(
    "As seen, in part: by this endpoint's rate alone; no true levels hold all rates (see the table).",
    "所见值部分仅按本终点之率：无真实水平可同时满足各率（见表）。",
)
_PROBABILITY = Across(Text("probability", "概率"), Scale.PERCENT, low=0, high=1)


def drawn(settings: Settings, endpoint: str, axes: Sequence[Axis], points: Sequence[Point]) -> Chart:
    """Power and type I error over one setting, or shades of power over two; else over the true rate.

    Raises
    ------
    InputRefused
        For more than two settings with more than one value.
    """
    wide = check_drawable(axes)
    if len(wide) == 2:
        return _shades(settings, endpoint, axes, wide, points)
    if wide:
        return _curves(settings, endpoint, wide[0], axes.index(wide[0]), points)
    return _over_rates(settings, endpoint)


def check_drawable(axes: Sequence[Axis]) -> list[Axis]:
    """The settings with more than one value, at most two. `Raises` as `drawn`."""
    wide = [axis for axis in axes if len(axis.values) > 1]
    if len(wide) > 2:
        raise InputRefused(
            f"a figure of {len(wide)} settings",
            where="figure of a sweep",
            do="sweep one or two, or leave the figure out",
        )
    return wide


def _curves(settings: Settings, endpoint: str, axis: Axis, at: int, points: Sequence[Point]) -> Curves:
    def line(name: Text, values: Sequence[float | None]) -> Line:
        pairs = zip(points, values, strict=True)
        return Line(name, tuple((p.values[at], v) for p, v in pairs if v is not None), marked=True)

    lines = [
        line(Text("power", "把握度"), [p.power for p in points]),
        line(Text("type I error", "I类错误"), [p.size for p in points]),
        line(Text("power as seen", "所见把握度"), [p.seen_power for p in points]),
    ]
    if any(point.joint is not None for point in points):
        joint = JOINT_WORDS[settings.joint]
        both = Text(f"power, {joint.en}", f"把握度，{joint.zh}")
        lines.append(line(both, [p.joint for p in points]))
    return Curves(
        "design-sweep",
        *_titles(settings, endpoint, axis.words),
        Across(Text(axis.words, axis.words)),
        _PROBABILITY,
        tuple(lines),
        (Rule(Text("alpha", "α"), settings.alpha),),
        (ASSUMED, *(_ALONE for _ in points[:1] if not all(point.held for point in points))),
    )


def _shades(
    settings: Settings, endpoint: str, axes: Sequence[Axis], wide: Sequence[Axis], points: Sequence[Point]
) -> Shades:
    across, up = wide
    at = [axes.index(one) for one in wide]
    found = {tuple(point.values[place] for place in at): point.power for point in points}
    upward = sorted(up.values, reverse=True)  # the first row is drawn on top
    return Shades(
        "design-sweep",
        *_titles(settings, endpoint, f"{across.words}, {up.words}"),
        Across(Text(across.words, across.words)),
        Across(Text(up.words, up.words)),
        across.values,
        tuple(upward),
        tuple(tuple(found.get((x, y)) for x in across.values) for y in upward),
        notes=(
            Text("Power.", "把握度。"),
            *(Text("–: p1 is not above p0.", "–：p1不高于p0。") for _ in range(None in found.values())),
            ASSUMED,
        ),
    )


def _over_rates(settings: Settings, endpoint: str) -> Curves:
    design, one = settings.staged(endpoint), settings.endpoint(endpoint)
    rates = [place / 100 for place in range(101)]
    line = tuple((o.rate, o.rejects) for o in operating_many(design, rates)) if design else ()
    return Curves(
        "design-power",
        *_titles(settings, endpoint, "p"),
        Across(Text("true rate", "真实率"), Scale.PERCENT, low=0, high=1),
        _PROBABILITY,
        (Line(Text("ends in favour", "结论为有效"), line),),
        (
            Rule(Text("alpha", "α"), settings.alpha),
            Rule(Text("p0", "p0"), one.p0, upright=True),
            Rule(Text("p1", "p1"), one.p1, upright=True),
        ),
        (ASSUMED,),
    )


def _titles(settings: Settings, endpoint: str, over: str) -> tuple[Text, Text]:
    name, n = settings.endpoint(endpoint).name, settings.participants
    title = name.en.replace("< ", "<").replace(" %", "%")  # a line does not break inside "<0.01%"
    whose = Text("", "") if "n" in over.split(", ") else Text(f" of {n} participants", f"{n}例的")
    return (
        Text(f"Operating characteristics: {title}", f"运行特征：{name.zh}"),
        Text(f"Power{whose.en} over {over}; exact.", f"{whose.zh}把握度，随{over}变化；精确计算。"),
    )
