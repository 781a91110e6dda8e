"""What a flow measurement says beside its numbers, in English and Chinese."""

from collections.abc import Iterator, Sequence

from remission.mrd.calls import Detection, detection
from remission.mrd.flow.measure_flags import FEW_CELLS, NO_NUCLEAR_DYE, NO_SINGLET_GATE, RESTS_ON_FLAGGED
from remission.mrd.flow.strategies.strategy import Applied
from remission.mrd.flow.suggestion.suggested import Acceptance
from remission.mrd.result import MrdResult
from remission.mrd.words import cells_name, percent
from remission.terms.words import Text


def lacks(missing: Sequence[str], strategy: Text) -> Text:
    """The panel cannot carry the strategy."""
    named = "; ".join(missing)
    return Text(
        f"The panel lacks {named}: it cannot carry the strategy “{strategy.en}”, and nothing was measured.",
        f"抗体组合缺少{named.replace(' or ', '或')}：不能执行策略“{strategy.zh}”，未测量。",
    )


def no_cells(primary: str) -> Text:
    """Nothing to refer a level to."""
    return Text(f"There are no {primary} in this file.", f"此文件中没有{cells_name(primary).zh}。")


def notes_of(
    result: MrdResult,
    kept: tuple[int, int],
    on_channels: Applied,
    uncompensated: Sequence[str],
    acceptance: Acceptance | None,
) -> Iterator[Text]:
    """What somebody who reads the result should know; `kept`: found and cells without flagged events."""
    if acceptance is None:
        yield Text(
            "No named person stands for these gates yet: this is not a result of record.",
            "尚无具名人员对这些门负责：此非正式结果。",
        )
    found, cells = kept
    if cells != result.cells:
        level = percent(found / cells) if cells else "-"
        yield Text(
            f"Without the events that quality flagged: {found:,} of {cells:,} {result.primary}, {level}.",
            f"除去质控标记的事件：{cells:,}个{cells_name(result.primary).zh}中{found:,}个，{level}。",
        )
    if RESTS_ON_FLAGGED in result.flags:
        yield Text(
            "The answer rests on unsteady stretches of the run: it cannot be negative; look at the run.",
            "结论依赖采集不稳定的时段：不能判为阴性；请查看采集过程。",
        )
    if result.found and detection(result) is Detection.NOT_DETECTED:
        yield Text(
            f"{result.found:,} events are fewer than the limit of detection asks for: no population.",
            f"{result.found:,}个事件少于检出限所需：不构成细胞群。",
        )
    if FEW_CELLS in result.flags:
        yield Text(
            f"{result.cells:,} {result.primary} are few: look at every gate.",
            f"{cells_name(result.primary).zh}仅{result.cells:,}个：请逐一核对各门。",
        )
    if NO_SINGLET_GATE in result.flags:
        yield Text(
            "Doublets were not taken out: the panel has no height of forward scatter.",
            "未排除双联体：组合无前向散射高度。",
        )
    if NO_NUCLEAR_DYE in result.flags:
        yield Text(
            "Nucleated cells were told from debris by scatter alone: the panel has no dye of nuclei.",
            "仅以散射区分有核细胞与碎片：组合无核酸染料。",
        )
    if uncompensated:
        named = ", ".join(uncompensated)
        yield Text(
            f"Gated without compensation, for no matrix covers them: {named}.",
            f"无补偿矩阵覆盖，未经补偿即设门：{named}。",
        )
    if on_channels.left_out:
        names = [on_channels.strategy.names[id] for id in on_channels.left_out]
        yield Text(
            f"Left out for lack of a marker: {', '.join(name.en for name in names)}.",
            f"因缺少标志而省略：{'、'.join(name.zh for name in names)}。",
        )
