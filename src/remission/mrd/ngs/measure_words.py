"""What is said beside a measured level, in English and Chinese."""

import math
from collections.abc import Sequence

from remission.mrd.words import percent
from remission.terms.words import Text


def primers() -> Text:
    """What the interval does not hold."""
    return Text(
        "The interval holds the chance of sampling, PCR and reading and the errors of spikes and DNA mass; "
        "what primers prefer in one sequence over another is not in it.",
        "区间包含取样、PCR、测序的随机误差以及内参和DNA质量的误差；不包含引物对不同序列的偏好。",
    )


def no_control(clones: Sequence[str]) -> Text:
    """No negative control."""
    named = ", ".join(clones)
    return Text(
        f"{named}: no negative control was given; the background is assumed, not measured.",
        f"{named}：未提供阴性对照；背景为假定值，并非实测。",
    )


def hopped(clone: str, reads: float) -> Text:
    """Reads that come in from other samples of the run."""
    most = math.ceil(reads)
    return Text(
        f"{clone}: up to {most:,} reads are expected from other samples of this run by index hopping; "
        "sequenced apart from the diagnosis, the test sees lower.",
        f"{clone}：因标签跳跃，预计最多{most:,}条读段来自同批其他样本；与初诊样本分批测序可看得更低。",
    )


def by_chance(clone: str, reads: float) -> Text:
    """A clone that healthy cells may have too."""
    return Text(
        f"{clone}: {reads:.2g} reads are expected from healthy cells that rearranged alike by chance.",
        f"{clone}：预计有{reads:.2g}条读段来自偶然重排相同的健康细胞。",
    )


def does_not_vouch(clone: str, lod: float) -> Text:
    """A clone that the answer does not rest on, unless it is found."""
    return Text(
        f"{clone} alone would see {percent(lod)}; the answer rests on the clones of another locus. Found, it "
        "counts all the same.",
        f"仅凭{clone}可看到{percent(lod)}；结论依据另一位点的克隆。若检出，仍计为阳性依据。",
    )


def stem_only(clone: str, reads: int, level: float) -> Text:
    """The stem without the clone."""
    return Text(
        f"{clone} is not found, but {reads:,} reads (a level of {percent(level)}) carry its D-J stem without "
        "this V, or with the V cut off: the clone may have evolved, reads may be too short, or healthy cells "
        "joined alike. Index the sample anew.",
        f"未见{clone}，但有{reads:,}条读段（水平{percent(level)}）带有其D-J主干而无此V，或V被截断："
        "克隆可能已演变，读段可能过短，或为健康细胞的相同连接。请对该样本重新建立索引。",
    )


def below_blank(clone: str, reads: int, limit: int) -> Text:
    """Reads were seen, and do not count."""
    return Text(
        f"{clone}: {reads:,} reads seen, not above the {limit:,} that a sample without the clone may show.",
        f"{clone}：见到{reads:,}条读段，未超过不含该克隆的样本可能出现的{limit:,}条。",
    )


def scattered() -> Text:
    """The spikes disagree."""
    return Text(
        "The spikes of a locus disagree by more than chance; the interval is widened by their spread. Check "
        "the copies stated and the pipetting.",
        "同一位点的内参之间差异超出随机；区间已按其离散程度放宽。请核对所填拷贝数与加样。",
    )


def reads_too_short(clone: str, needed: int, median: int, share: float) -> Text:
    """The window cannot be looked for."""
    held = f"{100 * share:.3g} %"
    return Text(
        f"{clone}: its window needs reads of at least {needed} bases; half of the reads here have {median} "
        f"or fewer, and {held} are long enough. What they do not show is not absent: sequence longer reads.",
        f"{clone}：其窗口至少需要{needed}个碱基的读段；本样本半数读段不超过{median}个碱基，仅{held}足够长。"
        "未见不等于没有：请用更长读段测序。",
    )


def cut_off(clone: str, reads: int, limit: int) -> Text:
    """Part of the clone is seen, and the rest is not."""
    return Text(
        f"{clone} is not found, but {reads:,} reads show part of its window and end before the rest, more "
        f"than the {limit:,} that a sample without it may show: sequence longer reads, or trim less.",
        f"未见{clone}，但有{reads:,}条读段显示其窗口的一部分便中断，"
        f"超过不含该克隆的样本可能出现的{limit:,}条：请用更长读段测序，或减少修剪。",
    )


def partly_cut_off(clone: str, reads: int, share: float) -> Text:
    """A level that is too low."""
    lost = f"{100 * share:.2g} %"
    return Text(
        f"{clone}: {reads:,} more reads show part of its window and end before the rest; its level is too "
        f"low by up to {lost} of the truth, unless the spikes' reads are cut off as often.",
        f"{clone}：另有{reads:,}条读段显示其窗口的一部分便中断；其水平最多偏低真值的{lost}，除非内参读段同样中断。",
    )


def neighbour_errors(clone: str, reads: float, least: int) -> Text:
    """Errors of a neighbour among the reads."""
    return Text(
        f"{clone}: {reads:.3g} of the reads counted are expected to be errors of a neighbouring clonotype; "
        f"fewer than {least:,} reads do not count.",
        f"{clone}：计入的读段中预计有{reads:.3g}条是相邻克隆型的错误；少于{least:,}条不计。",
    )


def weak_spikes(locus: str, reads: int, copies: float) -> Text:
    """The spikes gave hardly a read."""
    each = f"{reads / copies:.2g}"
    return Text(
        f"The spikes of {locus} gave {reads:,} reads for {copies:g} copies put in, {each} a copy: levels "
        "counted by them are not to be trusted. Check that the spikes went into this tube and that their "
        "file is the right one; prepare the sample again or sequence it deeper.",
        f"{locus}内参加入{copies:g}拷贝仅得{reads:,}条读段（每拷贝{each}条）：据此计算的水平不可信。"
        "请核对该管是否加入内参、内参文件是否正确；请重新建库或加深测序。",
    )


def deep_spikes(locus: str, per_template: float) -> Text:
    """More reads of a copy than anybody sequences."""
    return Text(
        f"The spikes of {locus} gave {per_template:,.0f} reads for each copy stated: check the copies of the "
        "spikes. If more went in than stated, every level is too low by as much.",
        f"{locus}内参每个所填拷贝得到{per_template:,.0f}条读段：请核对内参拷贝数。若实际加入多于所填，各水平均按同倍数偏低。",
    )


def contaminated(owner: str, name: str, reads: int, expected: float, level: float | None) -> Text:
    """Another patient's clone."""
    en, zh = ("", "") if level is None else (f", a level of {percent(level)}", f"，水平{percent(level)}")
    return Text(
        f"Contaminated: {reads:,} reads of {name} of {owner}{en}; index hopping and chance explain "
        f"{expected:.2g}.",
        f"污染：{owner}的{name}有{reads:,}条读段{zh}；标签跳跃和偶然可解释{expected:.2g}条。",
    )


def shared(owner: str, name: str, reads: int) -> Text:
    """A sequence two patients have."""
    return Text(
        f"{reads:,} reads of {name} of {owner}: this patient's own diagnosis holds the same sequence.",
        f"{owner}的{name}有{reads:,}条读段：本患者初诊样本含有相同序列。",
    )


def more_reads(reads: int, times: float) -> Text:
    """More DNA alone is not enough."""
    needed = math.ceil(reads * times)
    return Text(
        f"More DNA needs more reads with it: about {needed:,} in all, for as many reads per template as now.",
        f"增加DNA须同时增加读段：总数约{needed:,}条，才能保持目前每个模板的读段数。",
    )


def deeper(clone: str, per_template: float, limit: int, *, enough: bool) -> Text:
    """What the reads of cells must pass is the limit of blank; `enough`: the cells are there."""
    en, zh = (
        ("With the DNA that was in the tube", "不增加DNA") if enough else ("With more DNA", "增加DNA的同时")
    )
    return Text(
        f"{en}: sequence deeper, or lower the background. {clone} has {per_template:.3g} reads per template, "
        f"and a sample without it may show {limit:,} reads.",
        f"{zh}：加深测序或降低背景。{clone}每个模板{per_template:.3g}条读段，"
        f"而不含该克隆的样本可能出现{limit:,}条。",
    )
