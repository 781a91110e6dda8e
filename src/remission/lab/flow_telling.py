"""A measured flow sample, a strategy and a file as tables for people."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from remission.lab.flow_sources import LABELS
from remission.lab.tables import CALLS, DETECTED, Cell, Table, evidence
from remission.mrd.calls import detection
from remission.mrd.flow.measured import EVENTS, Category, FlowMeasured, Sensitivity
from remission.mrd.flow.spectrum import FILE, UNCOMPENSATED
from remission.mrd.flow.strategies.reading import shipped_strategies, shipped_strategy
from remission.mrd.flow.suggestion.suggested import Suggestion
from remission.mrd.words import cells_name, percent
from remission.terms.words import Text

CATEGORIES = {
    Category.QUANTIFIED: Text("positive, quantifiable", "阳性，可定量"),
    Category.BELOW_LOQ: Text("positive, not quantifiable", "阳性，不可定量"),
    Category.NEGATIVE: Text("negative", "阴性"),
    Category.INSUFFICIENT: Text("negative with insufficient sensitivity", "阴性，灵敏度不足"),
    Category.NOT_EVALUABLE: Text("not evaluable", "不可评估"),
}
SENSITIVITIES = {
    Sensitivity.SUFFICIENT: Text("sufficient", "足够"),
    Sensitivity.INSUFFICIENT: Text("insufficient", "不足"),
    Sensitivity.NONE: Text("nothing was measured", "未测量"),
}
_PLAIN = (Text("", ""), Text("", ""))
Names = Mapping[str, Text]
_NO_NAMES: Names = MappingProxyType({})


def of_flow(measured: FlowMeasured, names: Names = _NO_NAMES) -> Iterator[Table]:
    """The tables of a measured sample, the answer first.

    `names`: what people call a gate, by its id; those of a shipped strategy are known.
    """
    names = names or names_of(measured)
    yield _answer(measured)
    if measured.populations:
        yield _populations(measured, names)
    yield _quality(measured)
    if measured.suggestion is not None:
        yield _suggestion(measured.suggestion)
    if measured.adjustments:
        yield _adjustments(measured, names)
    others = tuple(one for one in measured.evidence.settings if one.name not in (*_SETTINGS, EVENTS))
    yield evidence(replace(measured.evidence, settings=others), *_strategy(measured, names))


def names_of(measured: FlowMeasured) -> Names:
    """What people call the gates of a sample, where a shipped strategy measured it; else nothing."""
    shipped = (shipped_strategy(id) for id in shipped_strategies())
    return next((one.names for one in shipped if one.sha256 == measured.strategy_sha256), _NO_NAMES)


def worded(setting: str, value: str) -> Text:
    """The value of a setting; where it is a word of ours and no name, as people say it."""
    return _WORDS.get((setting, value), Text(value, value))


def _answer(measured: FlowMeasured) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (Text("answer", "判定"), CALLS[measured.answer.call]),
        (Text("why", "依据"), measured.answer.reason),
        (Text("category", "类别"), CATEGORIES[measured.category]),
        *_levels(measured),
        (Text("threshold", "阈值"), percent(measured.threshold)),
        (Text("sensitivity", "灵敏度"), SENSITIVITIES[measured.sensitivity]),
    ]
    if measured.lacking:
        rows += [
            (Text("markers missing", "缺少标志"), either(measured.lacking)),
            (Text("panel", "抗体组合"), worded("panel", measured.panel)),
            (Text("markers recognised", "已识别标志"), _channels(measured) or Text("none", "无")),
        ]
    rows.append((Text("stands for it", "责任人"), _standing(measured)))
    title = Text(f"Sample {measured.sample}", f"样本{measured.sample}")
    notes = (
        *((_REFERRED,) if measured.result is not None else ()),
        *measured.notes,
        *((_NAME_THEM,) if measured.lacking else ()),
    )
    return Table(title, _PLAIN, tuple(rows), notes=notes)


_REFERRED = Text("* the cells that the level refers to", "* 水平以此细胞数为分母")
_NAME_THEM = Text(
    "A marker that is there under a label nobody knows is named in a panel file (--panel).",
    "标志若已在文件中而标签未被识别，请在抗体组合文件（--panel）中写明。",
)


def either(groups: Iterable[str]) -> Text:
    """Markers of which a panel needs one of each group: `CD3 or CD7`."""
    named = list(groups)
    return Text("; ".join(named), "；".join(one.replace(" or ", "或") for one in named))


def called(ids: Iterable[str], names: Names) -> Text:
    """Gates by what people call them."""
    each = [names.get(id, Text(id, id)) for id in ids]
    return Text(", ".join(one.en for one in each), "、".join(one.zh for one in each))


def _channels(measured: FlowMeasured) -> str:
    """Markers, with their channels where these are called otherwise."""
    named = measured.markers.items()
    return ", ".join(marker if marker == channel else f"{marker} ({channel})" for marker, channel in named)


def _levels(measured: FlowMeasured) -> Iterator[tuple[Cell, ...]]:
    result = measured.result
    if result is None:
        return
    yield (Text("level", "水平"), percent(result.level))
    yield (
        Text("95 % interval", "95%区间"),
        f"{percent(result.lower)} - {percent(result.upper)}",
    )
    yield (Text("MRD events", "MRD事件"), f"{result.found:,}")
    yield (Text("found", "检出"), DETECTED[detection(result)])
    yield (Text("LOD", "检出限"), percent(result.lod))
    yield (Text("LOQ", "定量限"), percent(result.loq))
    for one in result.examined:
        mark = " *" if one.name == result.primary else ""
        yield (cells_name(one.name), f"{one.count:,}{mark}")
    if result.flags:
        yield (Text("flags", "标记"), ", ".join(result.flags))


def _standing(measured: FlowMeasured) -> Cell:
    accepted = measured.acceptance
    if accepted is None:
        return Text("nobody yet: not a result of record", "尚无：非正式结果")
    return Text(f"{accepted.by}: {accepted.why}", f"{accepted.by}：{accepted.why}")


def _populations(measured: FlowMeasured, names: Names) -> Table:
    counts, kept = measured.populations, measured.kept_populations
    primary = measured.result.cells if measured.result is not None else 0
    rows: list[tuple[Cell, ...]] = []
    for path, count in counts.items():
        parent, _, own = path.rpartition("/")
        name, indent = names.get(own, Text(own, own)), "  " * path.count("/")
        above = counts.get(parent)
        rows.append(
            (
                Text(indent + name.en, indent + name.zh) if path != measured.mrd else _marked(indent, name),
                f"{count:,}",
                f"{kept.get(path, 0):,}",
                "" if not above else percent(count / above),
                "" if not primary or count > primary else percent(count / primary),
            )
        )
    return Table(
        Text("Populations", "细胞群"),
        (
            Text("gate", "门"),
            Text("events", "事件"),
            Text("without flagged", "除去标记者"),
            Text("of its parent", "占上级"),
            Text("of the denominator", "占分母"),
        ),
        tuple(rows),
        frozenset({1, 2, 3, 4}),
        (Text("* the population that stands for disease", "* 代表疾病的细胞群"),),
    )


def _marked(indent: str, name: Text) -> Text:
    return Text(f"{indent}{name.en} *", f"{indent}{name.zh} *")


def _quality(measured: FlowMeasured) -> Table:
    rows = tuple((one.said, f"{one.events:,}", one.flag) for one in measured.quality)
    nothing = (Text("Nothing was flagged.", "无异常。"),) if not rows else ()
    return Table(
        Text("Quality", "质量"),
        (Text("what", "问题"), Text("events", "事件"), Text("flag", "标记")),
        rows,
        frozenset({1}),
        (
            *nothing,
            *((_COUNTED,) if rows and measured.populations else ()),
        ),
    )


_COUNTED = Text(
    "Flagged events are counted; the tree shows the counts without them beside.",
    "被标记的事件仍计入；细胞群表并列除去后的计数。",
)


def _suggestion(one: Suggestion) -> Table:
    rows = tuple(
        (f"{place}", f"{cluster.events:,}", f"{cluster.score:.3g}", _where(cluster.center))
        for place, cluster in enumerate(one.clusters, 1)
    )
    said = Text(
        f"{one.events:,} of {one.cells:,} {one.denominator}; {one.normals} reference marrows show up to "
        f"{one.lob_events:g} events. A suggestion, no result.",
        f"{one.cells:,}个{cells_name(one.denominator).zh}中{one.events:,}个；{one.normals}份参考骨髓至多"
        f"{one.lob_events:g}个。仅为提示，非结果。",
    )
    return Table(
        Text("Different from normal", "异于正常"),
        (Text("cluster", "簇"), Text("events", "事件"), Text("score", "分值"), Text("where", "位置")),
        rows,
        frozenset({0, 1, 2}),
        (said, *one.unfit, *one.notes),
    )


def _where(center: Mapping[str, float]) -> str:
    return ", ".join(f"{marker} {value:.2f}" for marker, value in center.items())


def _adjustments(measured: FlowMeasured, names: Names) -> Table:
    rows = tuple(
        (names.get(one.gate.id, Text(one.gate.id, one.gate.id)), one.by, one.why, one.at)
        for one in measured.adjustments
    )
    return Table(
        Text("Gates moved for this sample", "本样本调整的门"),
        (Text("gate", "门"), Text("by", "调整者"), Text("why", "理由"), Text("at (UTC)", "时间（UTC）")),
        rows,
    )


def _strategy(measured: FlowMeasured, names: Names) -> Iterator[tuple[Cell, ...]]:
    """The settings of the measurement, and the markers and gates they led to."""
    files = {one.sha256: one.name for one in measured.evidence.files}
    own = [files.get(one.value, one.value) for one in measured.evidence.settings if one.name == EVENTS]
    if own:
        yield Text(EVENTS, "样本事件"), ", ".join(own)
    for one in measured.evidence.settings:
        if one.name in _SETTINGS:
            yield _SETTINGS[one.name], worded(one.name, one.value)
    if not measured.lacking:
        yield Text("markers", "标志"), _channels(measured)
    if measured.left_out:
        yield Text("gates left out", "省略的门"), called(measured.left_out, names)


_SETTINGS = {
    "strategy": Text("strategy", "策略"),
    "panel": Text("panel", "抗体组合"),
    "compensation": Text("compensation", "补偿"),
    "found": Text("found", "检出依据"),
    "limits": Text("limits", "检测限"),
}
_WORDS = {
    ("panel", LABELS): Text("the file's own labels", "文件自带标签"),
    ("compensation", FILE): Text("the file's own matrix, if it has one", "文件自带矩阵（如有）"),
    ("compensation", UNCOMPENSATED): Text("none", "无"),
    ("found", "events of the gates"): Text("events of the gates", "各门所得事件"),
}
"""Values of settings that are words of ours, not names."""
