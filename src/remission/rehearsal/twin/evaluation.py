"""The whole evaluation of a design: its tables in both languages, and its figure."""

from dataclasses import dataclass

from remission.paper.charts import Chart, Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.rehearsal.twin.drawn import ASSUMED, drawn
from remission.rehearsal.twin.evaluate import Effect, Effects, Played, Point, Together
from remission.rehearsal.twin.settings import Settings
from remission.rehearsal.twin.sweep import Axis
from remission.stats.pairs.cells import HANDLING_WORDS
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
            at_p1, at_p0 = (_retitled(one.printed(), self._name, p) for one, p in self._trials())
            found += [at_p1, at_p0, self._weighted(self.played)]
            found += [self._handled(self.played)] if self.played.handled else []
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

    def _trials(self) -> tuple[tuple[Printable, str], ...]:
        assert self.played is not None
        return (self.played.at_p1, "p1"), (self.played.at_p0, "p0")

    def _assumed(self) -> PrintedTable:
        rows = tuple((line.what, line.value, line.mark.value, line.cite) for line in self.settings.assumed)
        heads = (
            Text("setting", "设定"),
            Text("value", "数值"),
            Text("mark", "标记"),
            Text("rests on", "依据"),
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
                endpoint.mark.value,
                str(point.n),
                _critical(point),
                _chance(point.size),
                _chance(point.power),
                f"{point.expected_p0:.1f}",
                _chance(point.seen_size),
                _chance(point.seen_power),
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
        )
        joint = Text(
            "both endpoints" if self.settings.joint == "all" else "either endpoint",
            "两终点均须" if self.settings.joint == "all" else "任一终点",
        )
        return PrintedTable(
            Text("Both endpoints together", "两个终点合并"),
            heads,
            rows,
            (_EXACT, Text(f"The study file reads: {joint.en}.", f"研究文件解读为：{joint.zh}。")),
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
                str(point.n),
                _critical(point),
                _chance(point.size),
                _chance(point.power),
                f"{point.expected_p0:.1f}",
                *((("–" if point.joint is None else _chance(point.joint)),) if joint else ()),
                _chance(point.seen_size),
                _chance(point.seen_power),
            )
            for point in self.points
        )
        return PrintedTable(
            Text(f"Sweep: {self._name.en}", f"扫描：{self._name.zh}"), heads, rows, (_EXACT, ASSUMED)
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
            (_THROUGH,),
        )

    def _missing(self) -> PrintedTable:
        rows = tuple(
            (_RULE_NAMES[row.name], f"{100 * row.value:.1f} %", *_found(row)) for row in self.effects.missing
        )
        return PrintedTable(
            Text(f"Tests that fail: {self._name.en}", f"检测失败：{self._name.zh}"),
            (Text("unknown results", "未知结果"), Text("tests without a result", "无结果的检测"), *_FOUND),
            rows,
            (_THROUGH, Text("Lost samples come on top.", "另加样本丢失。")),
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
            (_THROUGH,),
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
            ),
        )

    def _histories(self) -> PrintedTable:
        p0 = self.settings.endpoint(self.endpoint).p0
        rows = tuple((str(of), _chance(size), _chance(power)) for of, size, power in self.effects.histories)
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
            ),
        )

    def _handled(self, played: Played) -> PrintedTable:
        rows = tuple(
            (
                HANDLING_WORDS[row.handling],
                _chance(row.success),
                "–" if row.draws is None else f"{row.error(row.success):.4f}",
                _chance(row.first),
                _chance(row.second),
            )
            for row in played.handled
        )
        draws, seed = played.handled[-1].draws, played.at_p1.seed
        return PrintedTable(
            Text("Unknown results of two endpoints, at true rates p1", "两终点未知结果的处理（真实率p1）"),
            (
                Text("unknown results", "未知结果"),
                Text("power together", "合并把握度"),
                Text("standard error", "标准误"),
                Text("first endpoint", "第一终点"),
                Text("second endpoint", "第二终点"),
            ),
            rows,
            (
                Text(
                    f"Exact but for imputation: {draws} data sets, seed {seed}.",
                    f"除填补外均为精确计算：{draws}组数据，种子{seed}。",
                ),
            ),
            simulated=True,
        )

    def _weighted(self, played: Played) -> PrintedTable:
        rows = tuple(
            (name, truth, f"{rate:.4f}", f"{found.value:.4f}", f"{found.error:.4f}")
            for truth, one in (("p1", played.weighted_p1), ("p0", played.weighted_p0))
            for name, rate, found in (
                (Text("weighted by stratum", "按分层加权"), one.true_rate, one.weighted),
                (Text("unweighted", "不加权"), one.counted_rate, one.unweighted),
            )
        )
        trials, seed = played.weighted_p1.trials, played.weighted_p1.seed
        return PrintedTable(
            Text(
                f"Unknown results left out, and weighted for: {self._name.en}",
                f"剔除未知结果并加权：{self._name.zh}",
            ),
            (
                Text("test", "检验"),
                Text("true rate", "真实率"),
                Text("rate it estimates", "所估计的率"),
                Text("rejects", "拒绝概率"),
                Text("standard error", "标准误"),
            ),
            rows,
            (
                Text(
                    f"Score test. Monte Carlo: {trials} trials, seed {seed}.",
                    f"记分检验。蒙特卡罗模拟：{trials}次试验，种子{seed}。",
                ),
            ),
            simulated=True,
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
        _chance(row.size),
        f"{row.found_p1:.3f}",
        _chance(row.power),
    )


def _together_row(row: Together) -> tuple[Text | str, ...]:
    chances = (row.nested, row.independent, row.as_seen, row.at_p0)
    return (RULE_WORDS[row.rule], *(_chance(chance) for chance in chances))


def _critical(point: Point) -> str:
    return "–" if point.critical is None else f"{point.critical}/{point.n}"


def _chance(chance: float) -> str:
    return f"{chance:.4f}" if chance >= 0.00005 or chance == 0 else "<0.0001"


def _retitled(table: PrintedTable, name: Text, rate: str) -> PrintedTable:
    title = Text(f"{table.title.en} at {rate}: {name.en}", f"{table.title.zh}（{rate}）：{name.zh}")
    return PrintedTable(title, table.columns, table.rows, table.notes, table.simulated)
