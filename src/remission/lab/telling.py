"""An index and a sequenced sample as tables for people."""

from collections.abc import Iterator

from remission.lab.tables import CALLS, DETECTED, Cell, Table, evidence, rounded
from remission.mrd.calls import detection
from remission.mrd.ngs.clonotype import Index, IndexClone, Repertoire
from remission.mrd.ngs.fates import FATE_NAMES, Fates
from remission.mrd.ngs.index import shares
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.rearrangement import Rearrangement
from remission.mrd.words import percent
from remission.terms.words import Text

_GERMLINE = Text("germline", "胚系序列")
_YES, _NO, _UNKNOWN = Text("yes", "是"), Text("no", "否"), Text("-", "-")


def of_measured(measured: Measured) -> Iterator[Table]:
    """The tables of a measured sample, the answer first."""
    yield _answer(measured)
    yield _clones(measured)
    if measured.foreign:
        yield _foreign(measured)
    yield _spikes(measured)
    yield fates(measured.fates)
    yield evidence(measured.result.evidence, (_GERMLINE, measured.germline), but="germline")


def of_index(index: Index) -> Iterator[Table]:
    """The tables of an index, its clones first."""
    yield _index(index)
    yield fates(index.fates)
    yield evidence(index.evidence, (_GERMLINE, index.germline), but="germline")


def largest(repertoire: Repertoire, most: int = 10) -> Table:
    """The clonotypes with the largest shares of their kind, followed or not."""
    rows = [
        (
            _kind(clone.rearrangement),
            " ".join(clone.rearrangement.genes),
            f"{clone.reads:,}",
            percent(rounded(share)),
            _junction(clone.sequence, clone.rearrangement),
        )
        for clone, share in shares(repertoire)[:most]
    ]
    return Table(
        Text("Largest clonotypes", "最大克隆型"),
        (
            Text("kind", "类型"),
            Text("genes", "基因"),
            Text("reads", "读段"),
            Text("of its kind", "占同类"),
            Text("junction", "连接区"),
        ),
        tuple(rows),
        frozenset({2, 3}),
    )


def _answer(measured: Measured) -> Table:
    result, limits = measured.result, measured.result
    rows: list[tuple[Cell, ...]] = [
        (Text("answer", "判定"), CALLS[measured.answer.call]),
        (Text("why", "依据"), measured.answer.reason),
        (Text("level", "水平"), percent(rounded(result.level))),
        (
            Text("95 % interval", "95%区间"),
            f"{percent(rounded(result.lower))} - {percent(rounded(result.upper))}",
        ),
        (Text("found", "检出"), DETECTED[detection(result)]),
        (Text("threshold", "阈值"), percent(measured.threshold)),
        (Text("LOD (95 %)", "检出限（95%）"), percent(rounded(limits.lod))),
        (Text("LOQ", "定量限"), percent(rounded(limits.loq))),
        (Text("limit of blank", "空白限"), percent(rounded(measured.lob))),
        (
            Text("cells in the tube", "管内细胞"),
            Text(
                f"{measured.cells:,}; seen {measured.cells_seen:,}",
                f"{measured.cells:,}；可见{measured.cells_seen:,}",
            ),
        ),
        (Text("reads", "读段"), f"{measured.reads_total:,}"),
    ]
    if result.flags:
        rows.append((Text("flags", "标记"), ", ".join(result.flags)))
    title = Text(
        f"Sample {measured.sample}, clones of {measured.index_sample}",
        f"样本{measured.sample}，追踪{measured.index_sample}的克隆",
    )
    return Table(title, (Text("", ""), Text("", "")), tuple(rows), notes=measured.notes)


def _clones(measured: Measured) -> Table:
    rows = [
        (
            clone.name,
            " ".join(gene for gene in (clone.v, clone.d, clone.j) if gene),
            f"{clone.reads:,}",
            f"{clone.exact_reads:,}",
            f"{clone.lob_reads:,}",
            f"{clone.templates:,.4g}",
            percent(rounded(clone.level)),
            f"{percent(rounded(clone.lower))} - {percent(rounded(clone.upper))}",
            f"{clone.stem_reads:,}",
            f"{clone.neighbour_reads:,}",
            f"{clone.tolerance.substitutions} + {clone.tolerance.indels}",
            f"{clone.by_chance:.2g}",
            percent(rounded(clone.lod)) + ("" if clone.vouches else " *"),
        )
        for clone in measured.clones
    ]
    return Table(
        Text("Index clones", "指标克隆"),
        (
            Text("clone", "克隆"),
            Text("genes", "基因"),
            Text("reads", "读段"),
            Text("unchanged", "完全一致"),
            Text("blank", "空白限"),
            Text("templates", "模板"),
            Text("level", "水平"),
            Text("95 % interval", "95%区间"),
            Text("stem only", "仅主干"),
            Text("near, not counted", "相近未计"),
            Text("tolerated", "容许"),
            Text("by chance", "偶合"),
            Text("sees", "可见"),
        ),
        tuple(rows),
        frozenset(range(2, 13)),
        (
            Text(
                "Blank: reads that a sample without the clone may show. Tolerated: substitutions + indels. "
                "By chance: reads of a million healthy ones of its kind that would match. Sees: the lowest "
                "level this clone would show; * the answer does not rest on it.",
                "空白限：无该克隆的样本可能出现的读段数。容许：替换 + 插入缺失。"
                "偶合：每百万条健康同类读段中会匹配者。可见：仅凭该克隆可见的最低水平；*结论不依据该克隆。",
            ),
            *(
                Text(f"{c.name}: {c.tolerance.why.en}", f"{c.name}：{c.tolerance.why.zh}")
                for c in measured.clones
            ),
        ),
    )


def _foreign(measured: Measured) -> Table:
    rows = [
        (
            one.owner,
            one.name,
            f"{one.reads:,}",
            f"{one.expected:,.3g}",
            Text("contamination", "污染")
            if one.contaminates
            else Text("the patient's own as well", "患者自身亦有")
            if one.shared
            else Text("hopping explains it", "标签跳跃可解释"),
        )
        for one in measured.foreign
    ]
    return Table(
        Text("Clones of others in this sample", "本样本中他人的克隆"),
        (
            Text("index of", "来源"),
            Text("clone", "克隆"),
            Text("reads", "读段"),
            Text("expected", "预期"),
            Text("", ""),
        ),
        tuple(rows),
        frozenset({2, 3}),
    )


def _spikes(measured: Measured) -> Table:
    rows = [
        (
            one.locus,
            f"{one.copies:,g}",
            f"{one.reads:,}",
            f"{one.reads_per_template:,.3g}",
            f"{one.variation:.2f}",
        )
        for one in measured.spikes
    ]
    return Table(
        Text("Spike-ins", "内参"),
        (
            Text("locus", "位点"),
            Text("copies", "拷贝"),
            Text("reads", "读段"),
            Text("reads per template", "每模板读段"),
            Text("its CV", "变异系数"),
        ),
        tuple(rows),
        frozenset({1, 2, 3, 4}),
    )


def _index(index: Index) -> Table:
    notes = [Text(f"Rule: {index.rule}", f"规则：{index.rule}")]
    if not index.clones:
        notes.append(
            Text("No clone meets the rule: nothing can be followed.", "没有克隆符合规则：无可追踪。")
        )
    return Table(
        Text(
            f"Index clones of {index.sample}, {index.reads_total:,} reads",
            f"{index.sample}的指标克隆，{index.reads_total:,}条读段",
        ),
        (
            Text("clone", "克隆"),
            Text("kind", "类型"),
            Text("genes", "基因"),
            Text("N", "N"),
            Text("reads", "读段"),
            Text("of its kind", "占同类"),
            Text("productive", "可读框"),
            Text("family", "家族"),
            Text("nearest", "最近"),
            Text("by chance", "偶合"),
            Text("junction", "连接区"),
        ),
        tuple(_index_row(clone) for clone in index.clones),
        frozenset({4, 5, 8, 9}),
        tuple(notes),
    )


def _index_row(clone: IndexClone) -> tuple[Cell, ...]:
    made, near = clone.clonotype.rearrangement, clone.uniqueness.nearest
    return (
        clone.name,
        _kind(made),
        " ".join(made.genes),
        "+".join(str(end - start) for start, end in made.n_regions),
        f"{clone.clonotype.reads:,}",
        percent(rounded(clone.share)),
        _UNKNOWN if made.productive is None else _YES if made.productive else _NO,
        clone.family,
        "-" if near is None else str(near),
        f"{clone.uniqueness.by_chance:.2g}",
        _junction(clone.clonotype.sequence, made),
    )


def fates(of: Fates) -> Table:
    """What became of every read."""
    total = sum(of.values())
    rows = [
        (FATE_NAMES[fate], f"{reads:,}", f"{100 * reads / total:.3g} %")
        for fate, reads in of.items()
        if reads
    ]
    return Table(
        Text("What became of the reads", "读段去向"),
        (Text("fate", "去向"), Text("reads", "读段"), Text("share", "占比")),
        (*rows, (Text("all", "合计"), f"{total:,}", "")),
        frozenset({1, 2}),
    )


def _kind(made: Rearrangement) -> str:
    return f"{made.locus} {made.kind}"


def _junction(sequence: str, made: Rearrangement) -> str:
    return "-" if made.junction is None else sequence[slice(*made.junction)]
