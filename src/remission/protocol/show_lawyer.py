"""A study for the lawyer: every sentence of the record beside what the study file made of it."""

from collections.abc import Iterator

from remission.protocol.check import Checked
from remission.protocol.finding import parsed
from remission.protocol.numbers import dose_rules
from remission.protocol.page import Page
from remission.protocol.plan_said import plan_said
from remission.protocol.sentences import Sentence, one_space, sentences
from remission.protocol.spoken import anchor_said, criterion_said, plain
from remission.protocol.study import Consequence, Criterion, Study
from remission.registry.record import RegistryRecord
from remission.registry.words import Absent
from remission.terms.words import Mark, Text

_PHASES = {
    "enrolment": Text("asked at enrolment", "入组时适用"),
    "after_treatment": Text("known only after treatment", "仅治疗后可知"),
}
_WORLDS = {
    "open": Text("silence means nothing", "未提及不代表否"),
    "closed": Text("silence means no, once the list is declared complete", "清单声明完整后，未提及即为否"),
}


def for_lawyer(checked: Checked, record: RegistryRecord, language: str) -> str:
    """The record sentence by sentence, the assumptions, the decisions, the findings, the sources.

    Parameters
    ----------
    checked : Checked
        A study that was checked against `record`.
    record : RegistryRecord
        The record it was made from.
    language : str
        "en" or "zh".
    """
    study, page = checked.study, Page(language)
    page.heading(study.title, 1)
    page.paragraph(
        Text(
            f"Study file {study.id}, version {study.version}, dated {study.dated}, sha256 {study.digest}; "
            f"record {record.identification.nct_id}.",
            f"研究文件{study.id}，版本{study.version}，日期{study.dated}，sha256 {study.digest}；"
            f"登记记录{record.identification.nct_id}。",
        )
    )
    _sentences(study, record, page)
    _fields(study, record, page)
    _findings(checked, page)
    _plan(study, page)
    _assumptions(study, page)
    page.heading(Text("Everything else this file states, with its source", "本文件其他内容及来源"))
    page.table((Text("What", "内容"), Text("Mark", "标记"), Text("Source", "来源")), _sources(study))
    return page.text()


def _sentences(study: Study, record: RegistryRecord, page: Page) -> None:
    page.heading(Text("The record, sentence by sentence", "登记记录逐句对照"))
    for sentence in sentences(record):
        page.heading(sentence.place, 3)
        page.quotation(sentence.text)
        made = list(_made_of(sentence, study))
        page.items(
            made or [Text("Nothing in the study file rests on this sentence.", "研究文件未引用此句。")]
        )


def _made_of(sentence: Sentence, study: Study) -> Iterator[Text]:
    """What the study file quotes from a sentence, and what it decided there."""

    def quotes(words: str) -> bool:
        return bool(words.strip()) and one_space(words).rstrip(";. ") in sentence.text

    for criterion in study.criteria:
        if criterion.kind == sentence.group and quotes(criterion.record_text):
            yield _criterion(criterion, study)
    for group in study.risk_groups:
        if quotes(group.record_text):
            enters = Text("may enter", "可入组") if group.may_enter else Text("may not enter", "不可入组")
            level = "" if group.trigger is None else f" ({group.trigger})"
            yield Text(f"Group {group.id}: {enters.en}{level}", f"分组{group.id}：{enters.zh}{level}")
    for endpoint in study.endpoints:
        if quotes(endpoint.record_text):
            limit = f"{endpoint.threshold:f} [{endpoint.mark}]"
            yield Text(
                f"Endpoint {endpoint.id}: below {limit} {endpoint.note.en}".strip(),
                f"终点{endpoint.id}：低于{limit} {endpoint.note.zh}".strip(),
            )
    if quotes(study.control.record_text):
        yield Text(f"Control: {study.control.name.en}", f"对照：{study.control.name.zh}")
    if quotes(study.treatment.record_text):
        yield Text(f"Treatment: {study.treatment.name.en}", f"治疗：{study.treatment.name.zh}")


def _criterion(criterion: Criterion, study: Study) -> Text:
    said = criterion_said(parsed(study, criterion), study)
    phase, world = _PHASES[criterion.phase], _WORLDS[criterion.world]
    anchor, then = anchor_said(criterion.anchor, study), plain(criterion.consequence)
    then = "" if criterion.consequence is Consequence.NONE else f" ({then})"
    return Text(
        f"{criterion.id} [{criterion.mark}]: {said.en}; counted from: {anchor.en}; {phase.en}{then}; "
        f"{world.en}; answered by {criterion.answered_by}, settled by day {criterion.settled_day}."
        f" {criterion.note.en}".rstrip(),
        f"{criterion.id} [{criterion.mark}]：{said.zh}；自{anchor.zh}起算；{phase.zh}{then}；{world.zh}；"
        f"由{criterion.answered_by}回答，第{criterion.settled_day}天前确定。{criterion.note.zh}",
    )


def _fields(study: Study, record: RegistryRecord, page: Page) -> None:
    """The record's fields that the check compares, beside the study's own."""
    rows: list[tuple[Text | str, ...]] = []
    if not isinstance(record.eligibility, Absent):
        eligibility = record.eligibility
        ages = f"{_shown(eligibility.minimum_age)} .. {_shown(eligibility.maximum_age)}"
        rows.append((Text("Ages", "年龄"), ages, Text("see the criteria", "见标准")))
        rows.append((Text("Sex", "性别"), _shown(eligibility.sex), Text("see the criteria", "见标准")))
    if not isinstance(record.design, Absent) and not isinstance(record.design.enrollment_info, Absent):
        count = _shown(record.design.enrollment_info.count)
        rows.append((Text("Participants", "例数"), count, str(study.design.participants)))
    if not isinstance(record.status, Absent) and not isinstance(record.status.completion_date_struct, Absent):
        ends = _shown(record.status.completion_date_struct.date)
        rows.append((Text("Study completion", "研究结束"), ends, str(study.follow_up.until)))
    page.heading(Text("Fields of the record", "登记记录字段"))
    page.table((Text("Field", "字段"), Text("Record", "记录"), Text("Study file", "研究文件")), rows)


def _shown(value: object) -> str:
    return "-" if isinstance(value, Absent) else str(value)


def _findings(checked: Checked, page: Page) -> None:
    page.heading(Text("What the check found, and what was decided", "检查发现与决定"))
    for finding in checked.findings:
        page.heading(finding.rule, 3)
        page.quotation(finding.sentence)
        page.paragraph(finding.why)
        decision = finding.decision or Text("(none)", "（无）")
        page.paragraph(Text(f"Decided: {decision.en}", f"决定：{decision.zh}"))
    if checked.refusals:
        page.heading(Text("Why this study is refused", "拒绝原因"))
        page.items(f"{refused.rule}: {refused.what} ({refused.where})" for refused in checked.refusals)


def _plan(study: Study, page: Page) -> None:
    plan = study.plan
    page.heading(Text("Analysis plan", "分析计划"))
    if plan is None:
        page.paragraph(Text("This file states none.", "本文件未说明。"))
        return
    page.paragraph(f"[{plan.mark}] {plan.cite}")
    page.items(plan_said(study))


def _assumptions(study: Study, page: Page) -> None:
    page.heading(Text("Assumptions; the sponsor must confirm them", "假设（须申办方确认）"))
    page.table(
        ("", Text("Assumption", "假设"), Text("Mark", "标记"), Text("Why", "原因")),
        [(one.id, one.text, one.mark, one.cite) for one in study.assumptions],
    )


def _sources(study: Study) -> Iterator[tuple[Text | str, ...]]:
    rows: list[tuple[str, Mark, str]] = [("design", study.design.mark, study.design.cite)]
    rows += [(f"background {plain(given.therapy)}", given.mark, given.cite) for given in study.background]
    rows += [(f"point {point.id}", point.mark, point.cite) for point in study.points]
    rows += [
        (f"{place}, {rule.weight_from} kg", rule.source.mark, rule.source.cite)
        for place, rule in dose_rules(study)
    ]
    treatment = study.treatment
    rows += [
        (f"premedication {drug.drug}", drug.source.mark, drug.source.cite) for drug in treatment.premedication
    ]
    rows.append(("pause", treatment.pause.source.mark, treatment.pause.source.cite))
    rows += [
        (f"{plain(rule.term)}, grade {rule.grade}", rule.source.mark, rule.source.cite)
        for rule in treatment.toxicity
    ]
    rows += [(f"words of {plain(term.id)}", term.source.mark, term.source.cite) for term in treatment.terms]
    rows += [(f"bag of {bag.hours} h", bag.source.mark, bag.source.cite) for bag in treatment.bags]
    rows += [(f"assay {assay.method}", assay.mark, assay.cite) for assay in study.assays]
    rows += [("follow-up", study.follow_up.mark, study.follow_up.cite)]
    rows += [("label", study.label.source.mark, study.label.source.cite)]
    yield from rows
    for rate in study.control.rates:
        yield f"control rate of {rate.endpoint}: p0 {rate.p0}, p1 {rate.p1}", rate.mark, rate.note
        if rate.source is not None:
            counts = f"control of {rate.endpoint}: {rate.responders} of {rate.of}"
            yield counts, rate.source.mark, rate.source.cite
    for part in () if study.plan is None else (study.plan.estimands, study.plan.subgroups):
        yield from ((f"plan, {one.id}", one.mark, one.cite) for one in part)
    for part in () if study.plan is None else (study.plan.monitoring, study.plan.landmarks):
        yield from ((f"plan, {one.id}", one.mark, one.cite) for one in part)
    for one in study.sets:
        yield f"analysis set {one.id}", one.mark, one.name
