"""A study for the doctor: who may enter, what when, which dose, when not, what counts as response."""

from collections.abc import Iterator

from remission.mrd.words import method_name, percent
from remission.protocol.check import Checked
from remission.protocol.criteria import DaysOf, Happened, leaves
from remission.protocol.finding import parsed
from remission.protocol.page import Page
from remission.protocol.plan import Role
from remission.protocol.plan_said import NO_LOOK, estimand_said, monitoring_said
from remission.protocol.possible import question
from remission.protocol.spoken import anchor_said, band_said, criterion_said, dose_said, plain, toxicity_said
from remission.protocol.study import (
    Consequence,
    Criterion,
    Indeterminate,
    OutsideWindow,
    Phase,
    SampleSpec,
    Study,
    ToxicityTerm,
)
from remission.terms.words import Text

_CONSEQUENCES = {
    Consequence.NONE: Text("no consequence", "无后果"),
    Consequence.KEEP_AS_NON_RESPONDER: Text(
        "stays in the analysis, as a non-responder", "保留在分析中，计为未缓解"
    ),
    Consequence.LEAVE_TREATMENT: Text("leaves treatment", "停止治疗"),
}
_MOMENTS = {
    "first_dose": Text("the first dose", "首次给药"),
    "step_up": Text("a step up", "增加剂量"),
    "restart": Text("a restart", "重新开始"),
}
_INDETERMINATE = {
    Indeterminate.NON_RESPONDER: Text("no response", "未缓解"),
    Indeterminate.EXCLUDED: Text("left out", "不计入"),
}
_OUTSIDE = {
    OutsideWindow.INDETERMINATE: Text("not evaluable", "不可评估"),
    OutsideWindow.COUNTS: Text("counts", "计入"),
}


def for_doctor(checked: Checked, language: str) -> str:
    """The study on one or two screens.

    Parameters
    ----------
    checked : Checked
        A study that was checked; one with refusals is shown with them on top.
    language : str
        "en" or "zh".
    """
    study, page = checked.study, Page(language)
    page.heading(study.title, 1)
    page.paragraph(f"{study.id}, {study.version} ({study.dated})")
    page.items(f"!! {refused.rule}: {refused.what}" for refused in checked.refusals)
    _who(study, page)
    _when(study, page)
    _dose(study, page)
    _not(study, page)
    _samples(study, page)
    _response(study, page)
    _plan(study, page)
    outside = next((one for one in checked.findings if one.rule == "outside-label"), None)
    if outside is not None:
        page.heading(Text("Outside the label", "超说明书使用"))
        page.paragraph(outside.why)
    return page.text()


def _who(study: Study, page: Page) -> None:
    page.heading(Text("Who may enter", "入组标准"))
    page.paragraph(
        Text(
            "All of the first list, none of the second. What is not known holds enrolment.",
            "须符合第一项下全部条件，且无第二项下任何一条。未知则暂缓入组。",
        )
    )
    for kind, title in (
        ("inclusion", Text("Must be:", "须有：")),
        ("exclusion", Text("Must not be:", "须无：")),
    ):
        page.paragraph(title)
        page.items(
            _asked(one, study) for one in study.criteria if one.kind == kind and one.phase is Phase.ENROLMENT
        )
    late = [one for one in study.criteria if one.phase is Phase.AFTER_TREATMENT]
    if late:
        page.paragraph(Text("Known only after treatment:", "仅治疗后可知："))
        page.items(_late(one, study) for one in late)


def _asked(criterion: Criterion, study: Study) -> Text:
    expression = parsed(study, criterion)
    said, back = criterion_said(expression, study), Text("", "")
    if any(isinstance(question(leaf), Happened | DaysOf) for leaf in leaves(expression)):
        anchor = anchor_said(criterion.anchor, study)
        back = Text(f" (counted back from: {anchor.en})", f"（自{anchor.zh}向前计算）")
    return Text(
        f"{criterion.id} {criterion.name.en}: {said.en}{back.en}",
        f"{criterion.id} {criterion.name.zh}：{said.zh}{back.zh}",
    )


def _late(criterion: Criterion, study: Study) -> Text:
    asked, then = _asked(criterion, study), _CONSEQUENCES[criterion.consequence]
    return Text(f"{asked.en}: {then.en}", f"{asked.zh}：{then.zh}")


def _when(study: Study, page: Page) -> None:
    treatment = study.treatment
    rows: list[tuple[int, str, Text]] = [
        (point.window.target, f"{point.window.first} .. {point.window.last}", point.name)
        for point in study.points
    ]
    for given in study.background:
        rows.append(
            (given.first_day, f"{given.first_day} .. {given.last_day}", Text(*[plain(given.therapy)] * 2))
        )
    last = treatment.last_day
    rows.append((treatment.first_day, f"{treatment.first_day} .. {last}", treatment.name))
    page.heading(Text("What when", "时间安排"))
    page.table(
        (Text("Day", "天"), Text("From .. to", "窗口"), Text("What", "内容")),
        [(str(day), window, what) for day, window, what in sorted(rows, key=lambda row: row[0])],
    )
    follow = study.follow_up
    page.paragraph(
        Text(
            f"Then every {follow.every_months} months until {follow.until}.",
            f"此后每{follow.every_months}个月随访，至{follow.until}。",
        )
    )


def _dose(study: Study, page: Page) -> None:
    treatment = study.treatment
    infusion = treatment.mode == "continuous"
    for table in treatment.tables:
        page.heading(
            Text(
                f"{treatment.name.en}: doses in force from {table.in_force_from}",
                f"{treatment.name.zh}：{table.in_force_from}起的剂量",
            )
        )
        rows: list[tuple[Text | str, ...]] = []
        for step in table.steps:
            days = f"{step.day} .. {step.day + step.days}" if infusion else str(step.day)
            rows += [(step.id, days, band_said(rule), dose_said(rule, treatment.unit)) for rule in step.rules]
        low = Text("low, after a hold", "暂停后低剂量")
        rows += [(low, "", band_said(rule), dose_said(rule, treatment.unit)) for rule in table.restart_low]
        page.table(
            (Text("Step", "步骤"), Text("Days", "天"), Text("Weight", "体重"), Text("Dose", "剂量")), rows
        )
    formula = treatment.body_surface.title()
    page.paragraph(
        Text(
            f"Body surface: {formula}. {'Continuous infusion.' if infusion else 'Single doses.'}",
            f"体表面积：{formula}。{'持续输注。' if infusion else '单次给药。'}",
        )
    )
    for drug in treatment.premedication:
        amount = f"{drug.drug} {drug.per_m2} {drug.unit}/m²"
        en = ", ".join(_MOMENTS[moment].en for moment in drug.before)
        zh = "、".join(_MOMENTS[moment].zh for moment in drug.before)
        page.paragraph(
            Text(
                f"At most {drug.within_hours} h before {en} (after a pause of {drug.after_pause_hours} h or "
                f"more): {amount}, at most {drug.at_most} {drug.unit}.",
                f"{zh}前{drug.within_hours}小时内（中断≥{drug.after_pause_hours}小时）：{amount}，"
                f"最多{drug.at_most} {drug.unit}。",
            )
        )


def _not(study: Study, page: Page) -> None:
    treatment = study.treatment
    page.heading(Text("When to hold, when to stop", "暂停与停药"))
    page.items(toxicity_said(rule) for rule in treatment.toxicity)
    page.items(_covered(term) for term in treatment.terms)
    days = treatment.pause.continue_within_days
    page.paragraph(
        Text(
            f"A pause of up to {days} days: the course goes on. {treatment.pause.longer.en}",
            f"中断不超过{days}天：疗程继续。{treatment.pause.longer.zh}",
        )
    )


def _covered(term: ToxicityTerm) -> Text:
    """What a term of the rules covers, with its mark."""
    names, systems = ", ".join(term.names), "; ".join(term.systems)
    whole_en, whole_zh = (f"; all of: {systems}", f"；以及系统：{systems}") if systems else ("", "")
    return Text(
        f"{plain(term.id)} covers: {names}{whole_en} ({term.source.mark})",
        f"{term.name.zh}包括：{names}{whole_zh}（{term.source.mark}）",
    )


def _samples(study: Study, page: Page) -> None:
    page.heading(Text("Marrow", "骨髓样本"))
    rows = [
        (sample.name, method, *_depth(sample, method, study))
        for sample in study.samples
        for method in sample.methods
    ]
    page.table(
        (
            Text("Sample", "样本"),
            Text("Method", "方法"),
            Text("Must see", "须达到"),
            Text("Asked for", "要求"),
        ),
        rows,
    )
    page.items(_index_rules(study))


def _index_rules(study: Study) -> Iterator[Text]:
    """Which clones of the diagnosis are followed, where the study says so."""
    for assay in study.assays:
        if assay.index_share is not None:
            share = percent(float(assay.index_share))
            name = method_name(assay.method)
            yield Text(
                f"Index clones ({name.en}): clonotypes with more than {share} of the reads of their kind "
                f"at diagnosis ({assay.mark}).",
                f"指标克隆（{name.zh}）：诊断时占同类重排读段{share}以上的克隆型（{assay.mark}）。",
            )


def _depth(sample: SampleSpec, method: str, study: Study) -> tuple[str, Text]:
    limits = [e.required_lod for e in study.endpoints if (e.point, e.method) == (sample.point, method)]
    triggers = [group.trigger for group in study.risk_groups if group.trigger is not None]
    seen = min(limits or (triggers if sample.purpose == "trigger" else []), default=None)
    assay = next((one for one in study.assays if one.method == method), None)
    if assay is None:
        asked = Text("not stated", "未说明")
    else:
        dna = "" if assay.dna_ng is None else f" ({assay.dna_ng} ng DNA)"
        asked = Text(f"{assay.cells:,} cells{dna}", f"{assay.cells:,}个细胞{dna}")
    return "" if seen is None else percent(float(seen)), asked


def _response(study: Study, page: Page) -> None:
    page.heading(Text("What counts as response", "疗效判定"))
    said: list[Text] = []
    for endpoint in study.endpoints:
        limit, lod = percent(float(endpoint.threshold)), percent(float(endpoint.required_lod))
        other, outside = _INDETERMINATE[endpoint.indeterminate], _OUTSIDE[endpoint.outside_window]
        flags = _flags(study, endpoint.method)
        said.append(
            Text(
                f"{endpoint.name.en}: below {limit}, by a test that can see {lod}; no negative with a flag "
                f"({flags}). Missing or not evaluable: {other.en}. Sample outside the window: {outside.en}.",
                f"{endpoint.name.zh}：低于{limit}，且检测下限≤{lod}；有标记（{flags}）则不得判为阴性。"
                f"缺失或不可评估：{other.zh}。窗口外样本：{outside.zh}。",
            )
        )
    page.items(said)


def _plan(study: Study, page: Page) -> None:
    """What decides, and when the data are looked at before the end."""
    if study.plan is None:
        return
    page.heading(Text("What decides", "判定依据"))
    page.items(estimand_said(one, study) for one in study.plan.estimands if one.role is Role.PRIMARY)
    page.items(monitoring_said(one, study) for one in study.plan.monitoring)
    if not study.plan.monitoring:
        page.paragraph(NO_LOOK)


def _flags(study: Study, method: str) -> str:
    assay = study.assay(method)
    return (
        ", ".join((*assay.disqualifying_flags, *assay.blinding_flags, *assay.blinding_after_treatment))
        if assay
        else "-"
    )
