"""A whole run told: each sample with its answer or why it has none, and what the run says of itself."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from remission import __version__
from remission.lab import run_notes
from remission.lab.asked import Asked
from remission.lab.report import Language, page
from remission.lab.sheet import Role, Row
from remission.lab.tables import CALLS, Cell, Table
from remission.lab.work import Failed
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.crosscheck import CrossCheck, Hopping
from remission.mrd.ngs.measured import Foreign, Measured
from remission.mrd.ngs.tally import Tally
from remission.mrd.words import percent
from remission.terms.words import Text

SCHEMA_VERSION = 1

_ROLES = {
    Role.DIAGNOSIS: Text("diagnosis", "初诊"),
    Role.FOLLOW_UP: Text("follow-up", "随访"),
    Role.NEGATIVE: Text("negative", "阴性对照"),
    Role.NO_TEMPLATE: Text("no-template", "无模板对照"),
}


@dataclass(frozen=True, slots=True)
class SampleRan:
    """One sample of the sheet, and how far it came."""

    row: Row
    index: Index | None
    tally: Tally | None
    measured: Measured | None
    failed: Failed | None


@dataclass(frozen=True, slots=True)
class Ran:
    """A whole run. `check` is None where no sample could be searched; `incomplete`: what it did not see."""

    sheet: str
    germline: str
    rule: str
    asked: Asked
    samples: tuple[SampleRan, ...]
    check: CrossCheck | None
    incomplete: tuple[Text, ...] = ()

    @property
    def failed(self) -> tuple[SampleRan, ...]:
        """The samples that gave no answer for a reason of their own."""
        return tuple(one for one in self.samples if one.failed is not None)

    @property
    def simulated(self) -> bool:
        """Whether anything in it is simulated."""
        indexes = (one.index.evidence.simulated for one in self.samples if one.index)
        return any(indexes) or any(
            one.measured.result.evidence.simulated for one in self.samples if one.measured
        )


def as_plain(ran: Ran) -> dict[str, object]:
    """A run as plain values."""
    return {
        "method_version": __version__,
        "simulated": ran.simulated,
        "sheet": ran.sheet,
        "germline": ran.germline,
        "rule": ran.rule,
        "threshold": float(ran.asked.threshold),
        "required_lod": float(ran.asked.required_lod),
        "failed": len(ran.failed),
        "incomplete": [note.en for note in ran.incomplete],
        "samples": [_sample(one, ran.check) for one in ran.samples],
        "hopping": None
        if ran.check is None
        else {"by_reads": _hopping(ran.check.by_reads), "by_sample": _hopping(ran.check.by_sample)},
    }


def run_json(ran: Ran) -> bytes:
    """The JSON text of a run, UTF-8; equal runs give equal bytes."""
    body = {"schema_version": SCHEMA_VERSION, **as_plain(ran)}
    return (json.dumps(body, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def run_page(ran: Ran, language: Language) -> bytes:
    """The run as one page. UTF-8."""
    title = Text(f"Run {ran.sheet}", f"测序批次{ran.sheet}")
    return page(title, tables(ran), (), language, simulated=ran.simulated)


def tables(ran: Ran) -> Iterator[Table]:
    """The run as tables: what failed, samples, clones of others."""
    if ran.failed:
        yield _failed(ran)
    yield Table(
        Text("Samples", "样本"),
        (
            Text("sample", "样本"),
            Text("answer", "判定"),
            Text("level", "水平"),
            Text("LOD", "检出限"),
            Text("patient", "患者"),
            Text("role", "角色"),
            Text("reads", "读段"),
            Text("clones", "克隆"),
        ),
        tuple(_row(one) for one in ran.samples),
        frozenset({2, 3, 6, 7}),
    )
    if ran.check is not None:
        yield _others(ran, ran.check)


def _failed(ran: Ran) -> Table:
    return Table(
        Text("Failed", "失败"),
        (Text("sample", "样本"), Text("what", "原因"), Text("where", "位置"), Text("do", "处理")),
        tuple(
            (one.row.sample, one.failed.what, one.failed.where, one.failed.do)
            for one in ran.samples
            if one.failed
        ),
        notes=ran.incomplete,
    )


def _row(one: SampleRan) -> tuple[Cell, ...]:
    own = one.index if one.row.role in (Role.DIAGNOSIS, Role.FOLLOW_UP) else None
    answer: Cell = ""
    if one.failed:
        answer = Text("failed", "失败")
    elif one.measured:
        answer = CALLS[one.measured.answer.call]
    result = one.measured.result if one.measured else None
    return (
        one.row.sample,
        answer,
        percent(float(f"{result.level:.3g}")) if result else "",
        percent(float(f"{result.lod:.3g}")) if result else "",
        one.row.patient,
        _ROLES[one.row.role],
        f"{one.tally.reads_total:,}" if one.tally else "",
        str(len(own.clones)) if own else "",
    )


def _others(ran: Ran, check: CrossCheck) -> Table:
    rows = [
        (sample, one.owner, one.name, f"{one.reads:,}", f"{one.expected:,.3g}", _said(one))
        for sample, foreign in check.foreign.items()
        for one in foreign
    ]
    return Table(
        Text("Clones of others", "他人的克隆"),
        (
            Text("in sample", "样本"),
            Text("index of", "来源"),
            Text("clone", "克隆"),
            Text("reads", "读段"),
            Text("expected", "预期"),
            Text("", ""),
        ),
        tuple(rows),
        frozenset({3, 4}),
        (
            *(run_notes.swapped(*pair) for pair in check.swapped.items() if pair[0] < pair[1][-1]),
            *(
                _hops(how, of)
                for how, of in (
                    (Text("by reads", "按读段"), check.by_reads),
                    (Text("by samples", "按样本"), check.by_sample),
                )
                if of is not None
            ),
        ),
    )


def _hops(how: Text, of: Hopping) -> Text:
    assumed = Text(", assumed", "，为假设值") if of.assumed else Text("", "")
    return Text(
        f"Index hopping, {how.en}: {of.rate:.2g} (at most {of.upper:.2g}){assumed.en}.",
        f"标签跳跃，{how.zh}：{of.rate:.2g}（上限{of.upper:.2g}）{assumed.zh}。",
    )


def _said(one: Foreign) -> Cell:
    if one.contaminates:
        return Text("contamination", "污染")
    return Text("the patient's own as well", "患者自身亦有") if one.shared else ""


def _sample(one: SampleRan, check: CrossCheck | None) -> dict[str, object]:
    own = one.index if one.row.role in (Role.DIAGNOSIS, Role.FOLLOW_UP) else None
    measured = one.measured
    foreign = check.foreign.get(one.row.sample, ()) if check else ()
    return {
        "sample": one.row.sample,
        "patient": one.row.patient,
        "role": str(one.row.role),
        "reads_total": one.tally.reads_total if one.tally else None,
        "index_sample": own.sample if own else None,
        "index_clones": len(own.clones) if own else None,
        "call": str(measured.answer.call) if measured else None,
        "level": measured.result.level if measured else None,
        "lower": measured.result.lower if measured else None,
        "upper": measured.result.upper if measured else None,
        "lod": measured.result.lod if measured else None,
        "swapped": list(check.swapped.get(one.row.sample, ())) if check else [],
        "flags": list(measured.result.flags) if measured else [],
        "foreign": [
            {
                "owner": f.owner,
                "name": f.name,
                "reads": f.reads,
                "expected": f.expected,
                "contaminates": f.contaminates,
            }
            for f in foreign
        ],
        "failed": {"what": one.failed.what, "where": one.failed.where, "do": one.failed.do}
        if one.failed
        else None,
    }


def _hopping(of: Hopping | None) -> dict[str, object] | None:
    return of and {
        "rate": of.rate, "upper": of.upper, "uneven": of.uneven, "reads": of.reads, "pairs": of.pairs,
        "assumed": of.assumed,
    }  # fmt: skip
