"""Criteria, doses and rules in words, in English or Chinese."""

from decimal import Decimal

from remission.mrd.words import percent
from remission.protocol.criteria import (
    AgeMonths,
    All,
    Answer,
    Any,
    Compare,
    DaysOf,
    Expression,
    Happened,
    Level,
    Not,
    Span,
)
from remission.protocol.model_participant import DAY_ONE
from remission.protocol.study import DoseRule, FactKind, Study, ToxicityRule
from remission.terms.words import Text

_SIGNS = {"==": "=", "!=": "≠", "<": "<", "<=": "≤", ">": ">", ">=": "≥"}
_ACTIONS = {
    "continue": Text("go on", "继续"),
    "hold": Text("hold", "暂停"),
    "stop": Text("stop for good", "永久停药"),
    "consider_stopping": Text("consider stopping for good", "考虑永久停药"),
}


def criterion_said(expression: Expression, study: Study) -> Text:
    """An expression in words."""
    match expression:
        case All(parts=parts):
            said = [_part(part, study) for part in parts]
            return Text(" and ".join(one.en for one in said), "且".join(one.zh for one in said))
        case Any(parts=parts):
            said = [_part(part, study) for part in parts]
            return Text(" or ".join(one.en for one in said), "或".join(one.zh for one in said))
        case Not(part=part):
            said = _part(part, study)
            return Text(f"not ({said.en})", f"非（{said.zh}）")
        case Happened(what=what, span=span, except_for=except_for):
            back, but = _span(span), _except(except_for)
            return Text(f"any {plain(what)}{back.en}{but.en}", f"{back.zh}有{plain(what)}{but.zh}")
        case Compare():
            return _comparison(expression, study)


def _part(part: Expression, study: Study) -> Text:
    said = criterion_said(part, study)
    return Text(f"({said.en})", f"（{said.zh}）") if isinstance(part, All | Any) else said


def _comparison(leaf: Compare, study: Study) -> Text:
    sign, value = _SIGNS[leaf.sign], leaf.value
    match leaf.term:
        case Answer(fact=fact):
            return _answer(fact, sign, value, study)
        case AgeMonths():
            age = _age(Decimal(value))
            return Text(f"age {sign} {age.en}", f"年龄{sign}{age.zh}")
        case Level(method=method, point=point):
            name, level = study.point(point).name, percent(float(value))
            return Text(f"{method} MRD, {name.en} {sign} {level}", f"{name.zh}{method} MRD{sign}{level}")
        case DaysOf(therapy=therapy, span=span, except_for=except_for):
            back, but, what = _span(span), _except(except_for), plain(therapy)
            return Text(
                f"{what} on {sign} {value} days{back.en}{but.en}", f"{back.zh}{what}{sign}{value}天{but.zh}"
            )


def _answer(fact: str, sign: str, value: Decimal | str | bool, study: Study) -> Text:
    spec = study.fact(fact)
    if spec.kind is FactKind.YES_NO:
        yes = (value is True) == (sign == "=")
        return spec.label if yes else Text(f"not {spec.label.en}", f"非{spec.label.zh}")
    unit = f" {spec.unit}" if spec.unit else ""
    return Text(f"{spec.label.en} {sign} {value}{unit}", f"{spec.label.zh}{sign}{value}{unit}")


def _age(months: Decimal) -> Text:
    years = months / 12
    if months and years == int(years):
        return Text(f"{int(years)} years", f"{int(years)}岁")
    return Text(f"{months} month{'s' * (months != 1)}", f"{months}个月")


def _span(span: Span) -> Text:
    if span.months:
        return Text(f" within {span.months} month{'s' * (span.months > 1)}", f"{span.months}个月内")
    if span.days:
        return Text(f" within {span.days} day{'s' * (span.days > 1)}", f"{span.days}天内")
    return Text(" ever", "既往")


def _except(names: tuple[str, ...]) -> Text:
    if not names:
        return Text("", "")
    listed = ", ".join(plain(name) for name in names)
    return Text(f" (except for {listed})", f"（{listed}除外）")


def plain(name: str) -> str:
    """A name of the study file as words: `abl_inhibitor` is `abl inhibitor`."""
    return name.replace("_", " ")


def anchor_said(anchor: str, study: Study) -> Text:
    """The day a criterion counts from: day 1 by its question, or a point of the timeline."""
    return study.fact(study.day_one).label if anchor == DAY_ONE else study.point(anchor).name


def band_said(rule: DoseRule) -> str:
    """The weights a dose rule is for."""
    if rule.weight_below is None:
        return f"≥ {rule.weight_from} kg"
    return (
        f"< {rule.weight_below} kg" if not rule.weight_from else f"{rule.weight_from}-{rule.weight_below} kg"
    )


def dose_said(rule: DoseRule, unit: str) -> Text:
    """The amount a dose rule gives."""
    most = rule.at_most
    if rule.fixed is not None:
        return Text(f"{rule.fixed} {unit}", f"{rule.fixed} {unit}")
    amount = f"{rule.per_m2} {unit} per m²"
    if most is None:
        return Text(amount, amount)
    return Text(f"{amount}, at most {most} {unit}", f"{amount}，最多{most} {unit}")


def toxicity_said(rule: ToxicityRule) -> Text:
    """What a grade of a toxicity does, in one sentence."""
    action, until = _ACTIONS[rule.action], _until(rule)
    en = [f"{plain(rule.term)}, grade {rule.grade}: {action.en}{until.en}"]
    zh = [f"{plain(rule.term)} {rule.grade}级：{action.zh}{until.zh}"]
    if rule.restart == "low":
        en.append("restart at the low dose")
        zh.append("以低剂量重新开始")
    if rule.escalate_after_days is not None:
        en.append(f"full dose after {rule.escalate_after_days} days")
        zh.append(f"{rule.escalate_after_days}天后恢复全量")
    if rule.stop_if_longer_than_days is not None:
        en.append(f"stop if it lasts more than {rule.stop_if_longer_than_days} days")
        zh.append(f"持续超过{rule.stop_if_longer_than_days}天则停药")
    if rule.stop_if_at_low_dose:
        en.append("stop if it came at the low dose")
        zh.append("低剂量时发生则停药")
    if rule.treat_with is not None:
        en.append(rule.treat_with.en)
        zh.append(rule.treat_with.zh)
    return Text("; ".join(en), "；".join(zh))


def _until(rule: ToxicityRule) -> Text:
    if rule.until_grade is None:
        return Text("", "")
    lasting = Text(f" for {rule.for_days} days", f"持续{rule.for_days}天") if rule.for_days else Text("", "")
    return Text(
        f" until grade {rule.until_grade} or less{lasting.en}", f"至≤{rule.until_grade}级{lasting.zh}"
    )
