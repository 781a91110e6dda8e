"""The rate of each endpoint in every subgroup of the plan, beside that of all and the rate compared with."""

from remission.paper.canvas import MARGIN, WIDTH, Format, Language, Picture, Sheet
from remission.paper.charts import Axis, Forest, Interval, Scale
from remission.paper.draw_charts import draw_forest
from remission.protocol.plan import Role
from remission.protocol.study import Endpoint
from remission.results.analysis import Results
from remission.results.control import above_what
from remission.results.figures.of_results import draw_picture
from remission.terms.words import Text

TITLE = Text("Response by subgroup", "各亚组缓解率")
NOBODY = Text("No participant has been enrolled yet.", "尚无受试者入组。")
NO_PLAN = Text(
    "The study file plans no subgroup. Nobody has been grouped.", "研究文件未计划亚组；尚无受试者分组。"
)
_ALL = Text("All", "全部")


def draw(results: Results, *, language: Language, format: Format) -> bytes:
    """A forest for each endpoint, one below the other, as SVG or PNG bytes."""
    parts = [forest_of(results, endpoint) for endpoint in results.study.endpoints]
    empty = NOBODY if not results.responses else None if results.planned.groups else NO_PLAN
    en = "; ".join(f"{part.title.en}: {part.rows[0].words} in all" for part in parts if part.rows)
    zh = "；".join(f"{part.title.zh}：全部{part.rows[0].words}" for part in parts if part.rows)
    groups = sum(len(one.groups) for one in results.planned.groups)
    description = Text(
        f"Exact 95 % intervals of the response rate in {groups} subgroups. {en}.",
        f"{groups}个亚组缓解率的精确95%区间。{zh}。",
    )
    picture = Picture("subgroups", TITLE, description, empty, _notes(results))

    def paint(sheet: Sheet, y: float) -> float:
        for part in parts:
            y = sheet.paragraph(MARGIN, y + 14, sheet.say(part.title), WIDTH - 2 * MARGIN, bold=True) - 8
            y = draw_forest(sheet, y, part) + 10
        return y

    return draw_picture(picture, results, paint, language=language, format=format)


def forest_of(results: Results, endpoint: Endpoint) -> Forest:
    """The rows of one endpoint: all, then each subgroup under its name."""
    rows = (
        [_row(results, _ALL, _stem_of_all(results, endpoint), strong=True)] if results.planned.groups else []
    )
    for one in results.planned.groups:
        rows.append(Interval(one.subgroup.name, None, None, None))
        for group in one.groups:
            name = Text(f"· {group.name.en}", f"· {group.name.zh}")
            rows.append(_row(results, name, f"subgroup.{one.subgroup.id}.{group.id}.{endpoint.id}"))
    p0 = results.study.rate(endpoint.id).bar
    axis = Axis(Text("response rate", "缓解率"), Scale.PERCENT, 0.0, 1.0)
    return Forest(f"subgroups-{endpoint.id}", endpoint.name, endpoint.name, axis, tuple(rows), p0)


def _stem_of_all(results: Results, endpoint: Endpoint) -> str:
    """The numbers of the primary estimand."""
    plan = results.study.plan
    primary = next(
        one.id
        for one in (plan.estimands if plan else ())
        if one.role is Role.PRIMARY and endpoint.id in one.variable
    )
    return f"plan.{primary}.{endpoint.id}"


def _row(results: Results, name: Text, stem: str, *, strong: bool = False) -> Interval:
    numbers = results.numbers
    rate, lower, upper = (numbers[f"{stem}.{end}"].value for end in ("rate", "ci_lower", "ci_upper"))
    words = f"{numbers[f'{stem}.responders'].text.en}/{numbers[f'{stem}.n'].text.en}"
    return Interval(name, rate, lower, upper, words, strong)


def _notes(results: Results) -> tuple[Text, ...]:
    what = [above_what(results.study, [endpoint.id]) for endpoint in results.study.endpoints]
    lines = dict.fromkeys(what)
    en, zh = " / ".join(one.en for one in lines), " / ".join(one.zh for one in lines)
    return (
        Text(
            f"Diamond: all, counted as in the primary estimand. Broken line: {en}. Groups describe; "
            "nothing is decided on them.",
            f"菱形：全部，按主要估计目标计数。虚线：{zh}。亚组仅供描述，不据以判定。",
        ),
    )
