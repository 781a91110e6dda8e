"""A trial against controls known person by person: every method side by side, with balance and bias."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Chart, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.adjusting.balance import Balance, balance
from remission.stats.adjusting.doubly_robust import doubly_robust
from remission.stats.adjusting.effects import Effect, Estimate
from remission.stats.adjusting.evalue import EValue, e_value
from remission.stats.adjusting.people import People, model_matrix
from remission.stats.adjusting.standardised import STANDARDISED, crude, standard_weights, standardised
from remission.stats.adjusting.weights import (
    TARGET_WORDS,
    Propensity,
    Target,
    propensity,
    weighted,
    weights,
)
from remission.terms.words import Text

_PER_COLUMN = 10
_NOT = Text("not evaluable", "不可评估")
_COLUMNS = (
    Text("method", "方法"),
    Text("trial", "试验"),
    Text("control", "对照"),
    Text("difference", "率差"),
    Text("ratio", "率比"),
    Text("controls' weight", "对照有效例数"),
)


@dataclass(frozen=True, slots=True)
class NotEvaluable:
    """A method that these data cannot carry, and why."""

    method: Text
    why: str


@dataclass(frozen=True, slots=True)
class Adjusted(Printable, Drawable):
    """The effects by each method, the primary one first after the crude.

    `balance`: by the weights of the primary method, None where it is not evaluable; `balance_weighted`: where
    standardisation is primary, by the propensity weights of `target`.
    `e_value` belongs to the first adjusted effect; None where its ratio is undefined. `negative_control`: the
    effects on an outcome that treatment cannot change, by the same methods; a difference there is bias.
    `fragile`: what is said where the models have too few people for their columns.
    """

    effects: tuple[Effect | NotEvaluable, ...]
    target: Target
    balance: Balance | None
    balance_weighted: Balance | None
    e_value: EValue | None
    negative_control: tuple[Effect | NotEvaluable, ...]
    level: float
    fragile: Text | None

    @property
    def primary(self) -> Effect | NotEvaluable:
        """The first adjusted effect."""
        return self.effects[1]

    def printed(self) -> PrintedTable:
        """Rates, difference and ratio by each method."""
        rows = [_row(one) for one in self.effects]
        for one in self.negative_control:
            label, *cells = _row(one)
            name = label if isinstance(label, Text) else Text(label, label)
            rows.append((Text(f"negative control: {name.en}", f"阴性对照结局：{name.zh}"), *cells))
        title = Text("Against controls, person by person", "与个体水平对照比较")
        return PrintedTable(title, _COLUMNS, tuple(rows), tuple(self._notes()))

    def _notes(self) -> list[Text]:
        level = f"{100 * self.level:g} %"
        notes = [
            Text(
                f"In brackets: {level} intervals; [–] where a rate of 0 or 100 % leaves none.",
                f"方括号内为{level}区间；因率为0或100%而无区间时记[–]。",
            )
        ]
        said: dict[tuple[str, str], list[Text]] = {}
        for one in self.effects:
            words = one.settings if isinstance(one, Effect) else _why_not(one)
            said.setdefault((words.en, words.zh), []).append(one.method)
        for (en, zh), methods in said.items():
            names = "; ".join(m.en for m in methods), "；".join(m.zh for m in methods)
            notes.append(Text(f"{names[0]}: {en}.", f"{names[1]}：{zh}。"))
        if self.e_value is not None:
            values = f"{self.e_value.estimate:.2f}", f"{self.e_value.limit:.2f}"
            notes.append(
                Text(
                    f"E-value of the first adjusted effect: {values[0]}, of its limit {values[1]} "
                    "(VanderWeele and Ding 2017).",
                    f"首个调整效应的E值：{values[0]}，其界限的E值：{values[1]}（VanderWeele和Ding 2017）。",
                )
            )
        if self.fragile is not None:
            notes.append(self.fragile)
        if self.negative_control:
            notes.append(
                Text(
                    "Negative control: an outcome treatment cannot change; a difference there is bias.",
                    "阴性对照结局：治疗不可能改变的结局；若有差异即为偏倚。",
                )
            )
        return notes

    def chart(self) -> Chart:
        """The difference by each method."""
        rows = tuple(_forest_row(one) for one in self.effects)
        known = [one for one in self.effects if isinstance(one, Effect)]
        said = "; ".join(f"{one.method.en} {_percent(one.difference.value)}" for one in known)
        zh = "；".join(f"{one.method.zh} {_percent(one.difference.value)}" for one in known)
        return Forest(
            name="adjusted",
            title=Text("Trial - control, by method", "试验−对照（按方法）"),
            description=Text(f"Differences: {said}.", f"率差：{zh}。"),
            x=Axis(Text("difference of rates", "率差"), Scale.PERCENT),
            rows=rows,
            reference=0.0,
        )


def compare_people(
    people: People,
    *,
    standardised_by: Sequence[str] = (),
    target: Target = Target.TREATED,
    negative_control: People | None = None,
    level: float = 0.95,
) -> Adjusted:
    """Compare by every method these data can carry.

    Parameters
    ----------
    people : People
    standardised_by : sequence of str
        Factors to standardise by (day-19 band, risk group); then this is the primary method.
    target : Target
        The population the weighted effects are about, besides overlap.
    negative_control : People, optional
        The same people with an outcome that treatment cannot change, as `responded`.
    level : float

    Raises
    ------
    InputRefused
        For a level that is none, factors to standardise by that do not exist, or a negative control in other
        people. What the data cannot carry (a stratum without controls, groups told apart by a covariate) is
        a row that says why, not an error.
    """
    if negative_control is not None and (negative_control.treated, negative_control.covariates) != (
        people.treated,
        people.covariates,
    ):
        raise InputRefused(
            "other people or covariates",
            where="negative control",
            do="give the same people in the same order, with another outcome",
        )
    effects = _all_methods(people, standardised_by, target, level)
    balances = _balances(people, standardised_by, target)
    tested = (
        () if negative_control is None else _all_methods(negative_control, standardised_by, target, level)
    )
    return Adjusted(effects, target, *balances, _strength(effects[1]), tested, level, _fragile(people))


def _all_methods(
    people: People, by: Sequence[str], target: Target, level: float
) -> tuple[Effect | NotEvaluable, ...]:
    found: list[Effect | NotEvaluable] = [crude(people, level)]
    if by:
        try:
            found.append(standardised(people, by, level))
        except InputRefused as refused:
            if refused.where == "strata":
                raise
            found.append(NotEvaluable(STANDARDISED, str(refused.what)))
    targets = list(dict.fromkeys((target, Target.OVERLAP)))
    try:
        fitted = propensity(people)
    except InputRefused as refused:
        return (*found, *(NotEvaluable(TARGET_WORDS[one], refused.what) for one in targets))
    found += [weighted(people, fitted, one, level) for one in targets]
    try:
        found.append(doubly_robust(people, fitted, target, level))
    except InputRefused as refused:
        found.append(NotEvaluable(Text("doubly robust", "双重稳健"), refused.what))
    return tuple(found)


def _balances(people: People, by: Sequence[str], target: Target) -> tuple[Balance | None, Balance | None]:
    """Of the primary method, and beside standardisation of the propensity weights."""
    fitted, weighing, standard = _fit(people), None, None
    if fitted is not None:
        weighing = balance(people, weights(people, fitted, target), TARGET_WORDS[target])
    if not by:
        return weighing, None
    with suppress(InputRefused):  # a stratum without controls; the row of the method says so
        standard = balance(people, standard_weights(people, by), STANDARDISED)
    return standard, weighing


def _why_not(one: NotEvaluable) -> Text:
    return Text(f"not evaluable: {one.why}", f"不可评估：{one.why}")


def _fragile(people: People) -> Text | None:
    """A warning where a model has fewer than ten of its rarer outcome for each column.

    A rule of thumb: Peduzzi et al. 1996, Journal of Clinical Epidemiology 49:1373-1379.
    """
    columns = model_matrix(people)[0][1:]
    arm, outcome = people.arm() == 1, people.outcome()
    groups = (people.arm(), outcome[arm], outcome[~arm])
    fewest = min(int(min(group.sum(), group.size - group.sum())) for group in groups)
    if not columns or fewest >= _PER_COLUMN * len(columns):
        return None
    return Text(
        f"The models have {len(columns)} columns and as few as {fewest} people with the rarer outcome: below "
        f"{_PER_COLUMN} for each column weights and doubly robust effects are fragile (Peduzzi 1996).",
        f"模型含{len(columns)}列，较少结局仅{fewest}例：每列不足{_PER_COLUMN}例时，"
        "加权及双重稳健估计不稳定（Peduzzi 1996）。",
    )


def _fit(people: People) -> Propensity | None:
    try:
        return propensity(people)
    except InputRefused:
        return None


def _strength(one: Effect | NotEvaluable) -> EValue | None:
    if isinstance(one, NotEvaluable) or one.ratio.value is None or one.ratio.interval is None:
        return None
    return e_value(one.ratio.value, one.ratio.interval)


def _row(one: Effect | NotEvaluable) -> tuple[Text | str, ...]:
    if isinstance(one, NotEvaluable):
        return (one.method, *(_NOT for _ in _COLUMNS[1:]))
    difference, ratio = _shown(one.difference, percent=True), _shown(one.ratio, percent=False)
    rates = (f"{100 * rate:.1f} %" for rate in (one.treated, one.control))
    return (one.method, *rates, difference, ratio, f"{one.control_weight:.1f}")


def _shown(one: Estimate, *, percent: bool) -> Text | str:
    if one.value is None:
        return _NOT
    if one.interval is None:
        return f"{100 * one.value:+.1f} % [–]" if percent else f"{one.value:.2f} [–]"
    if percent:
        low, high = 100 * one.interval.lower, 100 * one.interval.upper
        return f"{100 * one.value:+.1f} % [{low:+.1f}, {high:+.1f}]"
    return f"{one.value:.2f} [{one.interval.lower:.2f}, {one.interval.upper:.2f}]"


def _forest_row(one: Effect | NotEvaluable) -> Row:
    if isinstance(one, NotEvaluable):
        return Row(one.method, None, None, None, "–")
    if one.difference.interval is None:
        return Row(one.method, one.difference.value, None, None, str(_shown(one.difference, percent=True)))
    limits, words = one.difference.interval, _shown(one.difference, percent=True)
    return Row(one.method, one.difference.value, limits.lower, limits.upper, str(words))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f} %"
