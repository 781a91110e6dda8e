"""An FCS file, a strategy and a table of populations as tables for people."""

from collections.abc import Iterator, Sequence

from remission.lab.flow_files import OpenedSample
from remission.lab.flow_telling import called, either
from remission.lab.tables import Cell, Table
from remission.mrd.flow.gates.gated import Gated
from remission.mrd.flow.gates.parts import dimensions_of
from remission.mrd.flow.spectrum import Spectrum
from remission.mrd.flow.strategies.applying import lacking, left_out
from remission.mrd.flow.strategies.strategy import Panel, Strategy
from remission.mrd.words import cells_name, percent
from remission.terms.words import Text

_PLAIN = (Text("", ""), Text("", ""))


def of_file(sample: OpenedSample, panel: Panel | None) -> Iterator[Table]:
    """What an FCS file holds: its events, its parameters and their markers, its faults."""
    name = ", ".join(one.name for one in sample.files)
    spill = sample.events.spill
    rows: list[tuple[Cell, ...]] = [
        (Text("events", "事件"), f"{sample.events.count:,}"),
        (Text("parameters", "参数"), f"{len(sample.parameters)}"),
        (Text("spillover", "溢漏矩阵"), _origin(spill) if spill else "-"),
    ]
    for keyword in ("$CYT", "$DATE", "$BTIM", "$ETIM", "$SMNO", "$SRC", "$COM"):
        if sample.keywords.get(keyword, "").strip():
            rows.append((keyword, sample.keywords[keyword].strip()))
    rows += [(Text("file", "文件"), f"{one.name}, sha256 {one.sha256}") for one in sample.files]
    mended = [
        Text(f"{file}: {repair.said.en}", f"{file}：{repair.said.zh}") for file, repair in sample.repairs
    ]
    yield Table(Text(name, name), _PLAIN, tuple(rows), notes=(*mended, *sample.notes))
    yield _parameters(sample, panel)


def _origin(spill: Spectrum) -> Text:
    said = f"{len(spill.detectors)}, {spill.origin}"
    return Text(said, said.replace(", keyword ", "，关键字"))


def _parameters(sample: OpenedSample, panel: Panel | None) -> Table:
    markers = {} if panel is None else {channel: marker for marker, channel in panel.channels.items()}
    rows = tuple(
        (
            f"{one.number}",
            one.name,
            one.label,
            markers.get(one.name, ""),
            f"{one.bits} {one.datatype}",
            f"{one.range:g}",
            f"{one.decades:g}" if one.decades else "",
            f"{one.gain:g}" if one.gain != 1 else "",
        )
        for one in sample.parameters
    )
    return Table(
        Text("Parameters", "参数"),
        (
            Text("", ""),
            Text("channel", "通道"),
            Text("label", "标签"),
            Text("marker", "标志"),
            Text("bits", "位"),
            Text("range", "量程"),
            Text("decades", "十倍程"),
            Text("gain", "增益"),
        ),
        rows,
        frozenset({0, 5, 6, 7}),
    )


def of_gated(gated: Gated) -> Table:
    """Populations with their counts."""
    counts = gated.counts
    rows = tuple(
        (
            path,
            f"{count:,}",
            percent(count / above) if (above := _above(path, counts, gated.count)) else "-",
            percent(count / gated.count) if gated.count else "-",
        )
        for path, count in counts.items()
    )
    return Table(
        Text(f"Populations of {gated.count:,} events", f"{gated.count:,}个事件中的细胞群"),
        (
            Text("population", "细胞群"),
            Text("events", "事件"),
            Text("of its parent", "占上级"),
            Text("of all", "占全部"),
        ),
        rows,
        frozenset({1, 2, 3}),
    )


def _above(path: str, counts: dict[str, int], events: int) -> int:
    parent = path.rpartition("/")[0]
    return counts.get(parent, events) if parent else events


def of_strategies(known: Sequence[Strategy], panel: Panel | None = None) -> Table:
    """The shipped strategies, one a line; and whether a panel carries them."""
    rows = tuple(
        (
            one.id,
            one.version,
            one.title,
            ", ".join(one.states) or "-",
            _needs(one),
            *(() if panel is None else (_carried(one, panel),)),
        )
        for one in known
    )
    return Table(
        Text("Gating strategies", "设门策略"),
        (
            Text("strategy", "策略"),
            Text("version", "版本"),
            Text("for", "用于"),
            Text("states", "声明"),
            Text("needs", "需要"),
            *(() if panel is None else (Text("this panel", "本组合"),)),
        ),
        rows,
    )


def of_strategy(strategy: Strategy, panel: Panel | None = None) -> Iterator[Table]:
    """A strategy: what it needs, its gates, what a level may refer to; and how a panel carries it."""
    out = () if panel is None else left_out(strategy, panel)
    rows: list[tuple[Cell, ...]] = [
        (Text("strategy", "策略"), f"{strategy.id} {strategy.version}, sha256 {strategy.sha256}"),
        (Text("needs", "需要"), _needs(strategy)),
        (Text("disease", "疾病"), strategy.mrd),
        (Text("states", "声明"), ", ".join(strategy.states) or "-"),
    ]
    rows += [(cells_name(name), path) for name, path in strategy.denominators.items()]
    if panel is not None:
        rows.append((Text("this panel", "本组合"), _carried(strategy, panel)))
        if out:
            rows.append((Text("left out", "省略"), called(out, strategy.names)))
    yield Table(strategy.title, _PLAIN, tuple(rows), notes=strategy.notes)
    yield Table(
        Text("Gates", "门"),
        (Text("gate", "门"), Text("parent", "上级"), Text("on", "标志"), Text("", "")),
        tuple(_gate_rows(strategy)),
    )


def _needs(strategy: Strategy) -> Text:
    groups = [" or ".join(group) for group in strategy.needs]
    return Text(", ".join(groups), "、".join(one.replace(" or ", "或") for one in groups))


def _carried(strategy: Strategy, panel: Panel) -> Text:
    missing = lacking(strategy, panel)
    said = either(missing)
    return Text(f"lacks {said.en}", f"缺少{said.zh}") if missing else Text("carries it", "可执行")


def _gate_rows(strategy: Strategy) -> Iterator[tuple[Cell, ...]]:
    for gate in strategy.gates:
        axes = ", ".join(dict.fromkeys(one.channel for one in dimensions_of(gate)))
        name = strategy.names.get(gate.id, Text(gate.id, gate.id))
        optional = Text("optional", "可省略") if gate.id in strategy.optional else ""
        above = Text("-", "-") if gate.parent is None else called([gate.parent], strategy.names)
        yield (name, above, axes or Text("of other gates", "由其他门组合"), optional)
