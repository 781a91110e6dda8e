"""Tables for people, for the terminal and for a page alike, and the words they share."""

from dataclasses import dataclass

from remission.mrd.calls import Call, Detection
from remission.terms.evidence import Evidence
from remission.terms.words import Text

Cell = Text | str


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people. `numbers`: columns (from 0) that stand right."""

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[int] = frozenset()
    notes: tuple[Text, ...] = ()


CALLS = {
    Call.NEGATIVE: Text("negative", "阴性"),
    Call.POSITIVE: Text("positive", "阳性"),
    Call.NOT_EVALUABLE: Text("not evaluable", "不可评估"),
}
DETECTED = {
    Detection.NOT_DETECTED: Text("not detected", "未检出"),
    Detection.BELOW_LOQ: Text("detected, below the limit of quantification", "检出，低于定量限"),
    Detection.QUANTIFIED: Text("detected and quantified", "检出并定量"),
}
SIMULATED = Text("SIMULATED: no patient, no finding", "模拟数据：非真实患者，非研究结果")


def evidence(of: Evidence, *more: tuple[Cell, ...], but: str = "") -> Table:
    """What a result rests on: method, `more` rows, files, settings (`but` the one named)."""
    rows: list[tuple[Cell, ...]] = [(Text("method", "方法"), f"{of.method} {of.version}"), *more]
    rows += [(Text("file", "文件"), f"{one.name}, sha256 {one.sha256}, {one.size:,} B") for one in of.files]
    rows += [(one.name, one.value) for one in of.settings if one.name != but]
    return Table(Text("What this rests on", "依据"), (Text("", ""), Text("", "")), tuple(rows))


def rounded(level: float) -> float:
    """Three digits: what a reader can use; the file has them all."""
    return float(f"{level:.3g}")
