"""What a flow measurement says beside its numbers, in English and Chinese."""

from collections.abc import Iterator, Sequence

from remission.mrd.calls import Answer, Call, Detection, detection
from remission.mrd.flow.gates.gates import Boolean
from remission.mrd.flow.measure_flags import (
    ASSUMED_MOST_ABOVE,
    DENOMINATOR_MOVED,
    FEW_CELLS,
    NO_NUCLEAR_DYE,
    NO_SINGLET_GATE,
    RESTS_ON_FLAGGED,
    RESTS_ON_MOVED,
)
from remission.mrd.flow.strategies.strategy import Applied
from remission.mrd.flow.suggestion.suggested import SUGGESTION, Acceptance
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


def empty(name: Text) -> Text:
    """A population on the way to disease that holds nothing."""
    return Text(
        f"No event in “{name.en}”, which disease is looked for in: a stain failed, or a gate does not fit.",
        f"“{name.zh}”中无事件，而白血病细胞须在其中寻找：染色失败，或门不适用。",
    )


def notes_of_answer(
    result: MrdResult,
    answer: Answer,
    acceptance: Acceptance | None,
    gates: int,
    unmoved: tuple[int, int] | None,
) -> Iterator[Text]:
    """What belongs beside the call; `gates`: events of the gates; `unmoved`: found, and cells, unmoved."""
    cells = cells_name(result.primary)
    if answer.call is Call.NEGATIVE and detection(result) is not Detection.NOT_DETECTED:
        yield Text(
            f"Disease was detected, below the threshold: {result.found:,} of {result.cells:,} {cells.en}, "
            f"{percent(result.level)}.",
            f"检出白血病细胞，但低于阈值：{result.cells:,}个{cells.zh}中{result.found:,}个，{percent(result.level)}。",
        )
    if acceptance is not None and acceptance.what == SUGGESTION:
        yield Text(
            f"Accepted suggestion: {acceptance.events:,} events; the gates: {gates:,}; in both: "
            f"{acceptance.shared:,}. The result counts those of either: {result.found:,}.",
            f"采纳的提示：{acceptance.events:,}个事件；门：{gates:,}个；两者共有：{acceptance.shared:,}个。"
            f"结果计入两者之并集：{result.found:,}个。",
        )
    if unmoved is not None:
        level = percent(unmoved[0] / unmoved[1]) if unmoved[1] else "-"
        yield Text(
            f"Unmoved gates: {unmoved[0]:,} of {unmoved[1]:,} {cells.en}, {level}.",
            f"未移动的门：{unmoved[1]:,}个{cells.zh}中{unmoved[0]:,}个，{level}。",
        )
    if RESTS_ON_MOVED in result.flags:
        yield Text(
            "By the unmoved gates the answer is positive: it cannot be negative by moved ones.",
            "按未移动的门结论为阳性：不能因移动门而判为阴性。",
        )
    if DENOMINATOR_MOVED in result.flags:
        yield Text(
            f"A gate was moved that {cells.en} stand on: level and limits rest on where it is now.",
            f"{cells.zh}所依据的门已被移动：水平与检测限取决于其现位置。",
        )


def notes_of(
    result: MrdResult,
    kept: tuple[int, int],
    on_channels: Applied,
    uncompensated: Sequence[str],
    above: float,
    acceptance: Acceptance | None,
) -> Iterator[Text]:
    """What somebody who reads the result should know.

    `kept`: found and cells without flagged events; `above`: the share of events above the singlet gate.
    """
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
    if above > ASSUMED_MOST_ABOVE:
        yield Text(
            f"{percent(above)} of the events lie above the top of the singlet gate and are not counted: "
            "look at the gain of forward scatter.",
            f"{percent(above)}的事件高于单个细胞门的上缘，未被计入：请核对前向散射增益。",
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
    names = [
        on_channels.strategy.names[id] for id in on_channels.left_out if id not in _controls(on_channels)
    ]
    if names:
        yield Text(
            f"Left out for lack of a marker: {', '.join(name.en for name in names)}.",
            f"因缺少标志而省略：{'、'.join(name.zh for name in names)}。",
        )


def _controls(on_channels: Applied) -> frozenset[str]:
    """Gates that are there for a control only."""
    strategy = on_channels.strategy
    joined = {one.gate for gate in strategy.gates if isinstance(gate, Boolean) for one in gate.operands}
    return frozenset(one.gate for one in strategy.controls) - joined
