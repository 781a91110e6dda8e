"""Who was enrolled: age, coded and measured answers, body surface, disease at the trigger, by risk group.

Baseline is the latest answer true on or before the day of the first dose (without a dose: the latest
answer). What is missing is counted apart and in no quantile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from remission.conduct import events as ev
from remission.mrd.words import method_name, percent
from remission.protocol.criteria import AgeMonths, Compare, Truth, leaves, parse
from remission.protocol.possible import possible
from remission.protocol.study import FactKind, FactSpec, Phase, Study
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
_AGE_BAND = "age_band"
_AGE = Text("Age at enrolment", "入组年龄")
_UNITS_ZH = {"years": "岁", "m2": "m²", "10*9/L": "10⁹/L"}
_MISSING = Text("missing", "缺失")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: a risk group, or the total."""

    id: str
    name: Text
    dossiers: tuple[Dossier, ...]


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A row or block of the table: `value` read in each participant; with `codes` counted, else measured.

    Its numbers are ``baseline.<stem>.<statistic or code>.<column>``.
    """

    stem: str
    label: Text
    unit: str
    value: Callable[[Dossier], Found]
    codes: tuple[tuple[str, Text], ...] = ()
    shown: Callable[[float], str] = decimals


def characteristics(study: Study) -> list[Characteristic]:
    """What is described: age, every coded or measured question, body surface, disease at the trigger."""
    bands = tuple((id, words) for id, _, _, words in _BANDS)
    found = [
        Characteristic("age", _AGE, "years", _age_years),
        Characteristic(_AGE_BAND, Text("Age group", "年龄组"), "", _age_band, bands),
    ]
    for spec in study.facts:
        value = partial(_answer, spec)
        if spec.kind is FactKind.CODE and spec.id != study.risk_fact:
            codes = tuple((code, _CODE_WORDS.get(code, plain(code))) for code in spec.codes)
            found.append(Characteristic(spec.id, spec.label, "", value, codes))
        if spec.kind is FactKind.NUMBER:
            found.append(Characteristic(spec.id, spec.label, spec.unit, value))
    found.append(Characteristic("body_surface", Text("Body surface", "体表面积"), "m2", _body_surface))
    for sample in study.samples:
        if sample.purpose == "trigger":
            for method in sample.methods:
                said = method_name(method)
                label = Text(f"{sample.name.en}, {said.en} MRD", f"{sample.name.zh}，{said.zh} MRD")
                stem, value = f"mrd_{method}_{sample.point}", partial(_level, method, sample.point)
                found.append(Characteristic(stem, label, FRACTION, value, shown=percent))
    return found


def baseline_table(book: Book, study: Study, enrolled: Sequence[Dossier]) -> Table:
    """The baseline table, by risk group and in total."""
    columns = columns_of(study, enrolled)
    label = Text("Enrolled", "入组")
    cells = tuple(
        Cell(
            (book.count(f"baseline.n.{c.id}", _in(label, c), [d.basis(d.enrolment.ref) for d in c.dossiers]),)
        )
        for c in columns
    )
    rows = [Row(label, cells)]
    hidden = _bands_outside(study)
    for asked in characteristics(study):
        rows += _coded(book, asked, columns, hidden) if asked.codes else _measured(book, asked, columns)
    title = Text("Baseline characteristics", "基线特征")
    note = Text(
        "Median (quartiles) [range]; quartiles of type 7.", "中位数（四分位数）[范围]；四分位数为第7型。"
    )
    return Table("baseline", title, tuple(column.name for column in columns), tuple(rows), (note,))


_CODE_WORDS = {"female": Text("female", "女"), "male": Text("male", "男")}


def columns_of(study: Study, enrolled: Sequence[Dossier]) -> list[Column]:
    """One column for each risk group, then the total."""
    by_group = [
        Column(group.id, group.name, tuple(d for d in enrolled if d.group == group.id))
        for group in groups_of(study, enrolled)
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


_Values = Sequence[tuple[float | str | None, Basis]]


def _values(column: Column, value: Callable[[Dossier], Found]) -> _Values:
    found = [(dossier, *value(dossier)) for dossier in column.dossiers]
    return [(known, dossier.basis(*refs)) for dossier, known, refs in found]


def _bands_outside(study: Study) -> frozenset[str]:
    """The age bands in which the study's criteria admit nobody."""
    rules = [
        (expression, Truth.of(criterion.kind == "inclusion"))
        for criterion in study.criteria
        if criterion.phase is Phase.ENROLMENT
        for expression in [parse(criterion.expression, where=f"criterion {criterion.id}")]
        if any(isinstance(leaf, Compare) and isinstance(leaf.term, AgeMonths) for leaf in leaves(expression))
    ]
    limits = [
        int(leaf.value) + beside
        for expression, _ in rules
        for leaf in leaves(expression)
        if isinstance(leaf, Compare) and isinstance(leaf.term, AgeMonths) and isinstance(leaf.value, Decimal)
        for beside in (-1, 0, 1)
    ]

    def admitted(low: int, high: int) -> bool:
        months = [low, high - 1, *(month for month in limits if low <= month < high)]
        return any(possible(rules, study, {AgeMonths(): Decimal(month)}) for month in months)

    return frozenset(id for id, low, high, _ in _BANDS if not admitted(low, high))


def _coded(book: Book, asked: Characteristic, columns: Sequence[Column], hidden: frozenset[str]) -> list[Row]:
    """A row for each code; an age band that admits nobody and holds nobody is entered but not shown."""
    values = [_values(column, asked.value) for column in columns]
    rows = [Row(asked.label)]
    for code, words in (*asked.codes, (None, _MISSING)):
        name = Text(f"{asked.label.en}: {words.en}", f"{asked.label.zh}：{words.zh}")
        cells = [
            _counted(book, f"baseline.{asked.stem}.{code or 'missing'}", name, column, of_column, code)
            for column, of_column in zip(columns, values, strict=True)
        ]
        empty = all(known != code for of_column in values for known, _ in of_column)
        if not (asked.stem == _AGE_BAND and code in hidden and empty):
            rows.append(Row(words, tuple(cells), 1))
    return rows


def _counted(book: Book, stem: str, name: Text, column: Column, values: _Values, code: str | None) -> Cell:
    bases = [basis for known, basis in values if known == code]
    return Cell((book.count(f"{stem}.{column.id}", _in(name, column), bases),))


def _measured(book: Book, asked: Characteristic, columns: Sequence[Column]) -> list[Row]:
    cells: list[Cell] = []
    missing: list[Cell] = []
    for column in columns:
        values = _values(column, asked.value)
        cells.append(Cell(tuple(_described(book, asked, column, values)), "{} ({}–{}) [{}–{}]"))
        words = Text(f"{asked.label.en}: {_MISSING.en}", f"{asked.label.zh}：{_MISSING.zh}")
        missing.append(_counted(book, f"baseline.{asked.stem}.missing", words, column, values, None))
    label = asked.label
    if asked.unit != FRACTION:
        zh = _UNITS_ZH.get(asked.unit, asked.unit)
        label = Text(f"{asked.label.en} ({asked.unit})", f"{asked.label.zh}（{zh}）")
    return [Row(label, tuple(cells)), Row(_MISSING, tuple(missing), 1)]


def _described(book: Book, asked: Characteristic, column: Column, values: _Values) -> list[str]:
    known = [(number, basis) for number, basis in values if isinstance(number, float)]
    description = describe([number for number, _ in known])
    bases = tuple(basis for _, basis in known)
    ids: list[str] = []
    for statistic, en, zh in _STATISTICS:
        value: float | None = getattr(description, statistic)
        label = _in(Text(f"{asked.label.en}: {en}", f"{asked.label.zh}：{zh}"), column)
        words = Text(f"{en} of the values known", f"已知数值的{zh}")
        text = NOT_EVALUABLE if value is None else plain(asked.shown(value))
        id = f"baseline.{asked.stem}.{statistic}.{column.id}"
        ids.append(book.enter(Number(id, value, text, asked.unit, label, words, (), bases)))
    return ids
