"""Who was enrolled: age, coded and measured answers, body surface, disease at the trigger, by risk group.

Baseline is the latest answer true on or before the day of the first dose (without a dose: the latest
answer). What is missing is counted apart and in no quantile.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from remission.conduct import events as ev
from remission.mrd.words import percent
from remission.protocol.study import FactKind, FactSpec, RiskGroup, Study
from remission.results.dossier import Dossier
from remission.results.numbers import (
    FRACTION,
    NOT_EVALUABLE,
    Basis,
    Book,
    Cell,
    Number,
    Row,
    Table,
    decimals,
    plain,
)
from remission.results.rates import groups_of
from remission.stats.describe import describe
from remission.terms.days import age_in_months
from remission.terms.evidence import EntryRef
from remission.terms.words import Text

TOTAL = "total"

Found = tuple[float | str | None, tuple[EntryRef, ...]]
"""A participant's value (None: missing) and the entries it rests on."""

_BANDS: tuple[tuple[str, int, int, Text], ...] = (
    ("under_1y", 0, 12, Text("younger than 1 year", "<1岁")),
    ("1_to_9y", 12, 120, Text("1 to 9 years", "1-9岁")),
    ("10_to_17y", 120, 216, Text("10 to 17 years", "10-17岁")),
    ("18_to_64y", 216, 780, Text("18 to 64 years", "18-64岁")),
    ("65y_up", 780, 2400, Text("65 years and older", "≥65岁")),
)
_STATISTICS: tuple[tuple[str, str, str], ...] = (
    ("median", "median", "中位数"),
    ("lower_quartile", "lower quartile", "下四分位数"),
    ("upper_quartile", "upper quartile", "上四分位数"),
    ("minimum", "smallest", "最小值"),
    ("maximum", "largest", "最大值"),
)
_AGE = Text("Age at enrolment, years", "入组年龄（岁）")
_MISSING = Text("missing", "缺失")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: a risk group, or the total."""

    id: str
    name: Text
    dossiers: tuple[Dossier, ...]


def baseline_table(book: Book, study: Study, enrolled: Sequence[Dossier]) -> Table:
    """The baseline table, by risk group and in total."""
    columns = _columns(groups_of(study, enrolled), enrolled)
    label = Text("Enrolled", "入组")
    cells = tuple(
        Cell(
            (book.count(f"baseline.n.{c.id}", _in(label, c), [d.basis(d.enrolment.ref) for d in c.dossiers]),)
        )
        for c in columns
    )
    rows = [Row(label, cells)]
    rows += _measured(book, "age", _AGE, "a", columns, _age_years, decimals)
    bands = [(id, words) for id, _, _, words in _BANDS]
    rows += _coded(book, "age_band", Text("Age group", "年龄组"), columns, _age_band, bands, only_found=True)
    for spec in study.facts:
        if spec.kind is FactKind.CODE and spec.id != study.risk_fact:
            codes = [(code, _CODE_WORDS.get(code, plain(code))) for code in spec.codes]
            rows += _coded(book, spec.id, spec.label, columns, partial(_answer, spec), codes)
        if spec.kind is FactKind.NUMBER:
            label = Text(f"{spec.label.en}, {spec.unit}", f"{spec.label.zh}（{spec.unit}）")
            rows += _measured(book, spec.id, label, spec.unit, columns, partial(_answer, spec), decimals)
    surface = Text("Body surface, m²", "体表面积（m²）")
    rows += _measured(book, "body_surface", surface, "m2", columns, _body_surface, decimals)
    for sample in study.samples:
        if sample.purpose == "trigger":
            for method in sample.methods:
                label = Text(f"{sample.name.en}, {method} MRD", f"{sample.name.zh}，{method} MRD")
                value = partial(_level, method, sample.point)
                rows += _measured(
                    book, f"mrd_{method}_{sample.point}", label, FRACTION, columns, value, percent
                )
    title = Text("Baseline characteristics", "基线特征")
    note = Text(
        "Median (quartiles) [range]; quartiles of type 7.", "中位数（四分位数）[范围]；四分位数为第7型。"
    )
    return Table("baseline", title, tuple(column.name for column in columns), tuple(rows), (note,))


_CODE_WORDS = {"female": Text("female", "女"), "male": Text("male", "男")}


def _columns(groups: Sequence[RiskGroup], enrolled: Sequence[Dossier]) -> list[Column]:
    by_group = [
        Column(group.id, group.name, tuple(d for d in enrolled if d.group == group.id)) for group in groups
    ]
    return [*by_group, Column(TOTAL, Text("Total", "合计"), tuple(enrolled))]


def _in(label: Text, column: Column) -> Text:
    return Text(f"{label.en}, {column.name.en}", f"{label.zh}，{column.name.zh}")


def baseline_until(dossier: Dossier) -> date | None:
    """The last day whose answers are baseline: that of the first dose, or None without one."""
    dose = dossier.first_dose
    return None if dose is None else dossier.local_day(dose.event.at)


def _answer(spec: FactSpec, dossier: Dossier) -> Found:
    answered = dossier.answer(spec.id, baseline_until(dossier))
    if answered is None:
        return None, (dossier.enrolment.ref,)
    value = float(answered.value) if isinstance(answered.value, Decimal) else str(answered.value)
    return value, (dossier.enrolment.ref, answered.ref)


def _age_months(dossier: Dossier) -> tuple[int | None, tuple[EntryRef, ...]]:
    birth, enrolment = dossier.answer(dossier.study.earliest_birth_fact), dossier.enrolment
    if birth is None or not isinstance(birth.value, date):
        return None, (enrolment.ref,)
    return age_in_months(birth.value, enrolment.event.on), (birth.ref, enrolment.ref)


def _age_years(dossier: Dossier) -> Found:
    months, refs = _age_months(dossier)
    return None if months is None else months / 12, refs


def _age_band(dossier: Dossier) -> Found:
    months, refs = _age_months(dossier)
    return next(
        (id for id, low, high, _ in _BANDS if months is not None and low <= months < high), None
    ), refs


def _body_surface(dossier: Dossier) -> Found:
    """As calculated for the first dose order; a fixed dose may have needed none."""
    orders = dossier.all(ev.DoseOrdered)
    if not orders or orders[0].event.body_surface_m2 is None:
        return None, (dossier.enrolment.ref,)
    return float(orders[0].event.body_surface_m2), (dossier.enrolment.ref, orders[0].ref)


def _level(method: str, point: str, dossier: Dossier) -> Found:
    reported = dossier.reported(method, point)
    if reported is None:
        return None, (dossier.enrolment.ref,)
    return reported.event.result.level, (dossier.enrolment.ref, reported.ref)


def _values(column: Column, value: Callable[[Dossier], Found]) -> list[tuple[float | str | None, Basis]]:
    found: list[tuple[float | str | None, Basis]] = []
    for dossier in column.dossiers:
        known, refs = value(dossier)
        found.append((known, dossier.basis(*refs)))
    return found


def _coded(
    book: Book, stem: str, label: Text, columns: Sequence[Column], value: Callable[[Dossier], Found],
    codes: Sequence[tuple[str, Text]], *, only_found: bool = False,
) -> list[Row]:  # fmt: skip
    values = [_values(column, value) for column in columns]
    seen = Counter(known for column in values for known, _ in column)
    rows = [Row(label)]
    for code, words in (*codes, (None, _MISSING)):
        if code is None or seen[code] or not only_found:
            name = Text(f"{label.en}: {words.en}", f"{label.zh}：{words.zh}")
            cells = [
                _counted(book, f"baseline.{stem}.{code or 'missing'}", name, column, of_column, code)
                for column, of_column in zip(columns, values, strict=True)
            ]
            rows.append(Row(words, tuple(cells), 1))
    return rows


def _counted(
    book: Book,
    stem: str,
    name: Text,
    column: Column,
    values: Sequence[tuple[float | str | None, Basis]],
    code: str | None,
) -> Cell:
    bases = [basis for known, basis in values if known == code]
    return Cell((book.count(f"{stem}.{column.id}", _in(name, column), bases),))


def _measured(
    book: Book, stem: str, label: Text, unit: str, columns: Sequence[Column],
    value: Callable[[Dossier], Found], shown: Callable[[float], str],
) -> list[Row]:  # fmt: skip
    cells: list[Cell] = []
    missing: list[Cell] = []
    for column in columns:
        values = _values(column, value)
        known = [(number, basis) for number, basis in values if isinstance(number, float)]
        ids = _described(book, f"baseline.{stem}", label, unit, column, known, shown)
        cells.append(Cell(tuple(ids), "{} ({}–{}) [{}–{}]"))
        words = Text(f"{label.en}: {_MISSING.en}", f"{label.zh}：{_MISSING.zh}")
        missing.append(_counted(book, f"baseline.{stem}.missing", words, column, values, None))
    return [Row(label, tuple(cells)), Row(_MISSING, tuple(missing), 1)]


def _described(
    book: Book, stem: str, label: Text, unit: str, column: Column,
    known: Sequence[tuple[float, Basis]], shown: Callable[[float], str],
) -> list[str]:  # fmt: skip
    description = describe([number for number, _ in known])
    bases = tuple(basis for _, basis in known)
    ids: list[str] = []
    for statistic, en, zh in _STATISTICS:
        value: float | None = getattr(description, statistic)
        name = _in(Text(f"{label.en}: {en}", f"{label.zh}：{zh}"), column)
        words = Text(f"{en} of the values known", f"已知数值的{zh}")
        text = NOT_EVALUABLE if value is None else plain(shown(value))
        ids.append(
            book.enter(Number(f"{stem}.{statistic}.{column.id}", value, text, unit, name, words, (), bases))
        )
    return ids
