"""The whole evaluation of a design: its tables in both languages, and its figure."""

from dataclasses import dataclass

from remission.paper.charts import Chart
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.protocol.plan_said import MARKS
from remission.rehearsal.twin.drawn import ASSUMED, drawn
from remission.rehearsal.twin.evaluate import Effect, Effects, Played, Point, Together
from remission.rehearsal.twin.played_tables import chance, played_tables
from remission.rehearsal.twin.seen import WIDEST
from remission.rehearsal.twin.settings import JOINT_WORDS, Settings
from remission.rehearsal.twin.sweep import Axis
from remission.stats.pairs.rules import RULE_WORDS
from remission.terms.words import Text

_EXACT = Text("Exact, by enumeration.", "精确枚举。")
_THROUGH = Text(
    "Exact sums over levels, depths and participants. p0 and p1 are taken as rates truly below the "
    "threshold; the rate found is what assay, lost samples and rule leave of them. Levels are log-normal "
    "through the rates, shifted by stratum.",
    "对水平、检测深度与受试者精确求和。此处 p0、p1 为真实低于阈值的率；所见率为经检测、样本丢失与规则后"
    "剩余的率。水平为对数正态，经两率确定，按分层偏移。",
)
_UNHELD = Text(
    f"* No log-normal true levels of a spread to {WIDEST:g} powers of ten have the rates of all endpoints: "
    "as seen by this endpoint's rate and the spread of the settings.",
    f"* 无离散度不超过{WIDEST:g}个10的幂次的对数正态水平可同时满足各终点之率："
    "所见值按本终点之率与设定离散度计算。",
)
_NO_LOOKS = Text(
    "The study has looks before the end: what is here is of the final test alone, without them.",
    "研究设有期中分析：此处仅为最终检验，不含期中分析。",
)
_RULE_NAMES = {
    "non_responder": Text("counted as no response", "计为未缓解"),
    "excluded": Text("left out", "剔除"),
}


@dataclass(frozen=True, slots=True)
class Evaluation(Printable, Drawable):
    """A design evaluated for one endpoint: at its settings, over a sweep (`axes`, `points`), by effects.

    `base`: each endpoint at the settings, in their order. `played`: None where no trials were asked for.
    """

    settings: Settings
    endpoint: str
    base: tuple[Point, ...]
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    effects: Effects
    played: Played | None

    def printed(self) -> PrintedTable:
        """The sweep, or the design where nothing is swept."""
        return self._sweep() if self.axes else self._design()

    def tables(self) -> tuple[PrintedTable, ...]:
        """Everything, in the order in which it is read."""
        found = [self._assumed(), self._design()]
        if self.effects.together:
            found.append(self._together())
        if self.axes:
            found.append(self._sweep())
        found += [self._depth(), self._missing(), self._rules(), self._dropped(), self._histories()]
        if self.played:
            found += played_tables(self.settings, self.endpoint, self.played, self._looks(every=True))
        return tuple(found)

    def chart(self) -> Chart:
        """Power and type I error over one setting, or shades of power over two; else over the true rate.

        Raises
        ------
        InputRefused
            For more than two settings.
        """
        return drawn(self.settings, self.endpoint, self.axes, self.points)

    @property
    def _name(self) -> Text:
        return self.settings.endpoint(self.endpoint).name

    def _looks(self, *, every: bool = False) -> tuple[Text, ...]:
        """What to say under a table of the final test where there are looks before it."""
        asked = self.settings.endpoints if every else (self.settings.endpoint(self.endpoint),)
        return (_NO_LOOKS,) if any(one.looks for one in asked) else ()

    def _through(self) -> tuple[Text, ...]:
        held = next(
            point.held
            for one, point in zip(self.settings.endpoints, self.base, strict=True)
            if one.id == self.endpoint
        )
        return (_THROUGH, *(() if held else (_UNHELD,)), *self._looks())

    def _assumed(self) -> PrintedTable:
        rows = tuple((line.what, line.value, MARKS[line.mark], line.cite) for line in self.settings.assumed)
        heads = (
            Text("setting", "设定"),
            Text("value", "数值"),
            Text("mark", "标记"),
            Text("rests on", "依据（文件原文）"),
        )
        return PrintedTable(
            Text(f"What is assumed: {self.settings.study}", f"假设：{self.settings.study}"),
            heads,
            rows,
            (ASSUMED,),
        )

    def _design(self) -> PrintedTable:
        rows = tuple(
            (
                endpoint.name,
                f"{endpoint.p0:g}",
                f"{endpoint.p1:g}",
                MARKS[endpoint.mark],
                *_numbers(point),
                *_as_seen(point),
            )
            for endpoint, point in zip(self.settings.endpoints, self.base, strict=True)
        )
        heads = (
            Text("endpoint", "终点"),
            Text("p0", "p0"),
            Text("p1", "p1"),
            Text("mark", "标记"),
            Text("n", "例数"),
            Text("rejects from", "拒绝界值"),
            *_SIZE_POWER,
            Text("expected n at p0", "p0时期望例数"),
            Text("size as seen", "所见水准"),
            Text("power as seen", "所见把握度"),
        )
        notes = (
            _EXACT,
            Text(
                f"One-sided alpha {self.settings.alpha:g}. As seen: p0 and p1 are then true rates, and "
                "assay, lost samples and the study's rule for unknown results come between (see below).",
                f"单侧α {self.settings.alpha:g}。“所见”：p0、p1为真实率，"
                "再经检测、样本丢失及未知结果规则（见下）。",
            ),
            *(_UNHELD for _ in self.base[:1] if not all(point.held for point in self.base)),
            *(_seen_alone() for _ in self._looks(every=True)),
        )
        return PrintedTable(Text("The design", "设计"), heads, rows, notes)

    def _together(self) -> PrintedTable:
        rows = tuple(_together_row(row) for row in self.effects.together)
        heads = (
            Text("rule", "规则"),
            Text("power, nested", "把握度（嵌套）"),
            Text("power, independent", "把握度（独立）"),
            Text("power as seen", "所见把握度"),
            Text("both at p0", "两者均为p0"),
            Text("largest type I error", "最大I类错误"),
        )
        joint = JOINT_WORDS[self.settings.joint]
        notes = [
            _EXACT,
            Text(f"The study file reads: {joint.en}.", f"研究文件解读为：{joint.zh}。"),
            Text(
                "Largest type I error: over the truths with an endpoint at its p0, the other from 0 to 1, "
                "nested or not; both required: a success; either: success of an endpoint that is at p0.",
                "最大I类错误：至少一终点为其p0，另一终点由0至1，嵌套与否皆计；"
                "均须时为成功，任一时为真实率等于p0的终点成功。",
            ),
        ]
        if any(row.as_seen is None for row in self.effects.together):
            notes.append(
                Text(
                    "As seen: none, no true levels hold the rates of both endpoints.",
                    "所见：无，无真实水平可同时满足两终点之率。",
                )
            )
        return PrintedTable(
            Text("Both endpoints together", "两个终点合并"), heads, rows, (*notes, *self._looks(every=True))
        )

    def _sweep(self) -> PrintedTable:
        joint = any(point.joint is not None for point in self.points)
        heads = (
            *(Text(axis.words, axis.words) for axis in self.axes),
            Text("n", "例数"),
            Text("rejects from", "拒绝界值"),
            *_SIZE_POWER,
            Text("expected n at p0", "p0时期望例数"),
            *((Text("power, endpoints together", "合并把握度"),) if joint else ()),
            Text("size as seen", "所见水准"),
            Text("power as seen", "所见把握度"),
        )
        rows = tuple(
            (
                *(f"{value:g}" for value in point.values),
                *_numbers(point),
                *((chance(point.joint),) if joint else ()),
                *_as_seen(point),
            )
            for point in self.points
        )
        notes = [_EXACT, ASSUMED]
        if any(point.power is None for point in self.points):
            notes.append(
                Text("–: no power, p1 is not above p0.", "–：p1不高于p0，无把握度可言。"),
            )
        if not all(point.held for point in self.points):
            notes.append(_UNHELD)
        if self._looks():
            notes.append(_seen_alone())
        return PrintedTable(
            Text(f"Sweep: {self._name.en}", f"扫描：{self._name.zh}"), heads, rows, tuple(notes)
        )

    def _depth(self) -> PrintedTable:
        assay = self.settings.endpoint(self.endpoint).tested
        rows = tuple(
            (f"x {row.value:g}", f"{assay.cells * row.value:,.0f}", *_found(row))
            for row in self.effects.depth
        )
        return PrintedTable(
            Text(f"Depth of the test: {self._name.en}", f"检测深度：{self._name.zh}"),
            (Text("depth", "深度"), Text("median cells", "细胞数中位数"), *_FOUND),
            rows,
            self._through(),
        )

    def _missing(self) -> PrintedTable:
        rows = tuple(
            (_RULE_NAMES[row.name], f"{100 * row.value:.1f} %", *_found(row)) for row in self.effects.missing
        )
        return PrintedTable(
            Text(f"Tests that fail: {self._name.en}", f"检测失败：{self._name.zh}"),
            (Text("unknown results", "未知结果"), Text("tests without a result", "无结果的检测"), *_FOUND),
            rows,
            (*self._through(), Text("Lost samples come on top.", "另加样本丢失。")),
        )

    def _rules(self) -> PrintedTable:
        kept = (Text("kept", "保留"), Text("dropped", "剔除"))
        rows = tuple(
            (_RULE_NAMES[row.name], kept[int(row.value)], *_found(row)) for row in self.effects.rules
        )
        heads = (
            Text("unknown results", "未知结果"),
            Text("disease of 1 % or more", "MRD≥1%者"),
            *_FOUND_LEFT_OUT,
        )
        return PrintedTable(
            Text(f"Rules for who is counted: {self._name.en}", f"计入规则：{self._name.zh}"),
            heads,
            rows,
            (
                *self._through(),
                Text(
                    f"1 % or more: by the test of {self.settings.endpoints[0].name.en}, the first endpoint.",
                    f"MRD≥1%：按第一终点（{self.settings.endpoints[0].name.zh}）的检测。",
                ),
            ),
        )

    def _dropped(self) -> PrintedTable:
        kept = {"kept": Text("kept, as no response", "保留，计为未缓解"), "dropped": Text("dropped", "剔除")}
        rows = tuple(
            (kept[row.name], f"{100 * row.value:.1f} %", *_found(row)[1:]) for row in self.effects.dropped
        )
        return PrintedTable(
            Text(f"Dropping those who failed, alone: {self._name.en}", f"仅剔除失败者：{self._name.zh}"),
            (Text("disease of 1 % or more", "MRD≥1%者"), Text("of them at p0", "p0时占比"), *_FOUND[1:]),
            rows,
            (
                _EXACT,
                Text(
                    "Tests that see every level, nobody lost: what the exclusion alone does to type I error.",
                    "检测可见一切水平，无人丢失：仅剔除本身对I类错误的影响。",
                ),
                *self._looks(),
            ),
        )

    def _histories(self) -> PrintedTable:
        p0 = self.settings.endpoint(self.endpoint).p0
        rows = tuple((str(of), chance(size), chance(power)) for of, size, power in self.effects.histories)
        return PrintedTable(
            Text(f"An uncertain p0: {self._name.en}", f"p0的不确定性：{self._name.zh}"),
            (Text("historical participants", "历史对照例数"), *_SIZE_POWER),
            rows,
            (
                _EXACT,
                Text(
                    f"p0 is the rate found in so many historical participants whose true rate is {p0:g}.",
                    f"p0取自真实率为{p0:g}的历史对照的所见率。",
                ),
                *self._looks(),
            ),
        )


_SIZE_POWER = (Text("type I error", "I类错误"), Text("power", "把握度"))
_FOUND_ = (
    Text("rate found at p0", "p0时所见率"),
    Text("type I error", "I类错误"),
    Text("rate found at p1", "p1时所见率"),
    Text("power", "把握度"),
)
_FOUND = (Text("unknown", "未知"), *_FOUND_)
_FOUND_LEFT_OUT = (Text("left out", "剔除比例"), *_FOUND_)


def _found(row: Effect) -> tuple[str, ...]:
    return (
        f"{100 * row.unknown:.1f} %",
        f"{row.found_p0:.3f}",
        chance(row.size),
        f"{row.found_p1:.3f}",
        chance(row.power),
    )


def _together_row(row: Together) -> tuple[Text | str, ...]:
    chances = (row.nested, row.independent, row.as_seen, row.at_p0, row.largest)
    return (RULE_WORDS[row.rule], *(chance(one) for one in chances))


def _numbers(point: Point) -> tuple[str, ...]:
    return (
        str(point.n),
        "–" if point.critical is None else f"{point.critical}/{point.n}",
        chance(point.size),
        chance(point.power),
        f"{point.expected_p0:.1f}",
    )


def _as_seen(point: Point) -> tuple[str, ...]:
    star = "" if point.held else " *"
    return (chance(point.seen_size) + star, chance(point.seen_power) + star)


def _seen_alone() -> Text:
    return Text(f"As seen: {_NO_LOOKS.en}", f"所见：{_NO_LOOKS.zh}")
