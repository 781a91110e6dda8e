"""Traps in who may enter: general rules over the study tree and the record's sentences."""

import re

from remission.mrd.words import percent
from remission.protocol.criteria import Answer, Compare, Expression, Level, leaves
from remission.protocol.finding import Subject, Trap
from remission.protocol.model_participant import (
    ENROLMENT,
    Covered,
    anchor_day,
    anchor_of_sentence,
    covered_by_expression,
    covered_by_words,
    shut_out,
)
from remission.protocol.study import Criterion, Endpoint, RiskGroup, Study
from remission.terms.words import Text

_DAY = re.compile(r"\bD(?:ay)?[ -]?(?P<day>[0-9]{1,3})(?![0-9])", re.IGNORECASE)


def lookback_covers_own_therapy(subject: Subject) -> Trap | None:
    """A look-back, counted as the sentence says, that holds the therapy the study presupposes."""
    study = subject.study
    hit: dict[str, list[Covered]] = {}
    for criterion, expression in subject.at_enrolment:
        covered = _covered(criterion, expression, study)
        if covered:
            hit[criterion.record_text] = covered
    if not hit:
        return None
    day = anchor_day(ENROLMENT, study)
    parts = [one for covered in hit.values() for one in covered]
    had = ", ".join(f"{one.days} d {one.therapy.replace('_', ' ')}" for one in parts)
    return Trap(
        tuple(subject.sentence(text) for text in hit),
        Text(
            f"Counted back from enrolment (day {day}), as the sentence says or leaves open, the window holds "
            f"therapy that the study itself presupposes ({had}): every participant would be shut out.",
            f"若按原文（或未注明）自入组（第{day}天）向前计算，时间窗内包含本研究本身预设的治疗（{had}）："
            "所有受试者都会被排除。",
        ),
        tuple(f"{one.therapy.replace('_', ' ')}: {one.window}" for one in parts),
    )


def _covered(criterion: Criterion, expression: Expression, study: Study) -> list[Covered]:
    anchor = anchor_of_sentence(criterion.record_text)
    found: list[Covered] = []
    if shut_out(criterion, expression, study, anchor):
        found = covered_by_expression(expression, study, anchor)
    named = {one.therapy for one in found}
    by_words = covered_by_words(criterion.record_text, study, anchor)
    return found + [one for one in by_words if one.therapy not in named]


def exclusion_known_after_treatment(subject: Subject) -> Trap | None:
    """A criterion of eligibility that rests on something known only after treatment has begun."""
    hit = [
        (criterion, expression)
        for criterion, expression in subject.rules
        if known_late(criterion, expression, subject.study)
    ]
    if not hit:
        return None
    study, start = subject.study, subject.study.treatment.first_day
    en = [
        f"It rests on what is known only after treatment begins (day {start}): nobody can be kept out by it "
        "at enrolment, and whoever is removed later leaves a comparison already begun."
    ]
    zh = [
        f"该标准依赖治疗开始（第{start}天）之后才知道的事实：入组时无法据此排除，事后剔除则破坏已开始的比较。"
    ]
    for endpoint in _own_measurement(hit, study):
        limit = percent(float(endpoint.threshold))
        en.append(
            f"It is the measurement of the endpoint {endpoint.id} itself (negative below {limit}): "
            "it would remove failures only."
        )
        zh.append(f"而且它就是终点{endpoint.id}本身的测量（低于{limit}为阴性）：只会剔除失败者。")
    return Trap(
        tuple(subject.sentence(criterion.record_text) for criterion, _ in hit),
        Text(" ".join(en), "".join(zh)),
        tuple(f"criterion {criterion.id}" for criterion, _ in hit),
    )


def known_late(criterion: Criterion, expression: Expression, study: Study) -> bool:
    """Whether a criterion asks, or its sentence names, something of a day after treatment begins."""
    start = study.treatment.first_day
    days = [int(match["day"]) for match in _DAY.finditer(criterion.record_text)]
    for leaf in leaves(expression):
        match leaf:
            case Compare(term=Level(point=point)):
                days.append(study.point(point).window.target)
            case Compare(term=Answer(fact=fact)):
                days.append(study.fact(fact).due_day)
            case _:
                pass
    return max(days, default=start) > start


def _own_measurement(rules: list[tuple[Criterion, Expression]], study: Study) -> list[Endpoint]:
    asked = {
        (leaf.term.method, leaf.term.point)
        for _, expression in rules
        for leaf in leaves(expression)
        if isinstance(leaf, Compare) and isinstance(leaf.term, Level)
    }
    return [endpoint for endpoint in study.endpoints if (endpoint.method, endpoint.point) in asked]


def trigger_differs_by_group(subject: Subject) -> Trap | None:
    """Groups that enter at different levels of disease, or do not enter."""
    groups = subject.study.risk_groups
    levels = {group.trigger for group in groups if group.may_enter}
    out = [group for group in groups if not group.may_enter]
    if len(levels) < 2 and not out:
        return None
    en = "; ".join(_entry(group, "en") for group in groups)
    zh = "；".join(_entry(group, "zh") for group in groups)
    return Trap(
        tuple(subject.sentence(group.record_text) for group in groups),
        Text(
            f"The level of disease that admits a participant depends on the group: {en}. Without a known "
            "group nobody can be judged, and the groups enter in different shares, so that a rate over all "
            "of them is a mixture.",
            f"入组所需的残留病水平取决于分组：{zh}。分组未知则无法判定；各组入组比例不同，总体率为混合值。",
        ),
        tuple(f"group {group.id}" for group in groups),
    )


def _entry(group: RiskGroup, language: str) -> str:
    name = group.name.in_(language)
    if not group.may_enter:
        return f"{name}不入组" if language == "zh" else f"{name} not at all"
    if group.trigger is None:
        return f"{name}不限" if language == "zh" else f"{name} at any level"
    level = percent(float(group.trigger))
    return f"{name}≥{level}" if language == "zh" else f"{name} from {level}"


def outside_label(subject: Subject) -> Trap | None:
    """Entry below the level, or in another phase of disease, than the drug is licensed for."""
    study = subject.study
    label = study.label
    below = [
        group
        for group in study.risk_groups
        if group.may_enter and (group.trigger is None or group.trigger < label.lowest_level)
    ]
    phase = label.remission_required and not study.remission_at_entry
    if not below and not phase:
        return None
    lowest = percent(float(label.lowest_level))
    en = [f"{label.drug} is licensed for: {label.indication.en}."]
    zh = [f"{label.drug}的适应症：{label.indication.zh}。"]
    if below:
        en.append(f"Entry is allowed below {lowest}: {'; '.join(_entry(group, 'en') for group in below)}.")
        zh.append(f"本研究允许低于{lowest}入组：{'；'.join(_entry(group, 'zh') for group in below)}。")
    if phase:
        day = study.treatment.first_day
        en.append(
            f"The label asks for remission; here treatment begins on day {day} without it being required."
        )
        zh.append(f"说明书要求缓解；本研究第{day}天开始治疗，不要求已缓解。")
    texts = [*(group.record_text for group in below), study.treatment.record_text]
    return Trap(
        tuple(subject.sentence(text) for text in texts),
        Text(" ".join(en), "".join(zh)),
        (*(f"group {group.id}" for group in below), *(("phase of disease",) if phase else ())),
    )
