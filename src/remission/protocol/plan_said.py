"""The analysis plan in words: each estimand, subgroup, look and landmark in a sentence or two."""

from itertools import groupby

from remission.mrd.words import method_name, percent
from remission.protocol.plan import (
    Curve,
    Estimand,
    Intercurrent,
    Joined,
    Landmark,
    Method,
    Monitoring,
    Of,
    Purpose,
    Role,
    Spending,
    Strategy,
    Subgroup,
    Summary,
)
from remission.protocol.study import Joint, Study
from remission.terms.words import Mark, Text

MARKS: dict[Mark, Text] = {
    Mark.RECORD: Text("record", "登记记录"),
    Mark.VERIFIED: Text("verified", "已核实"),
    Mark.DERIVED: Text("derived", "推算"),
    Mark.ASSUMED: Text("assumed", "假设"),
    Mark.UNVERIFIED: Text("unverified", "未核实"),
}
ROLES: dict[Role, Text] = {
    Role.PRIMARY: Text("Primary", "主要"),
    Role.SUPPLEMENTARY: Text("Supplementary", "补充"),
    Role.SENSITIVITY: Text("Sensitivity", "敏感性"),
    Role.EXPLORATORY: Text("Exploratory", "探索性"),
}
EVENTS: dict[Intercurrent, Text] = {
    Intercurrent.MISSING: Text("no result", "无结果"),
    Intercurrent.NOT_EVALUABLE: Text("result not evaluable", "结果不可评估"),
    Intercurrent.LATE_SAMPLE: Text("sample outside its window", "样本超出窗口"),
    Intercurrent.NEVER_TREATED: Text("never treated", "未接受治疗"),
    Intercurrent.STOPPED_EARLY: Text("treatment stopped early", "治疗提前终止"),
    Intercurrent.RELAPSE: Text("relapse or second cancer before the endpoint", "终点前复发或第二肿瘤"),
    Intercurrent.DEATH: Text("death before the endpoint", "终点前死亡"),
}
STRATEGY_NAMES: dict[Strategy, Text] = {
    Strategy.TREATMENT_POLICY: Text("treatment policy", "疗法策略"),
    Strategy.COMPOSITE: Text("composite", "复合变量策略"),
    Strategy.HYPOTHETICAL: Text("hypothetical", "假想策略"),
    Strategy.MULTIPLE_IMPUTATION: Text("multiple imputation", "多重填补"),
    Strategy.TIPPING_POINT: Text("tipping point", "临界点分析"),
}
"""ICH E9(R1)'s names of its strategies, and of the two ways to try an unknown answer."""
STRATEGIES: dict[Strategy, Text] = {
    Strategy.TREATMENT_POLICY: Text("the answer counts as it is", "按实际结果计入"),
    Strategy.COMPOSITE: Text("no response", "计为未缓解"),
    Strategy.HYPOTHETICAL: Text("left out, as if like those known", "剔除（视同结果已知者）"),
    Strategy.MULTIPLE_IMPUTATION: Text("imputed from those known", "由已知者多重填补"),
    Strategy.TIPPING_POINT: Text("every split into response and no response tried", "逐一假设缓解例数"),
}
METHODS: dict[Method, Text] = {
    Method.EXACT_BINOMIAL: Text(
        "Clopper-Pearson interval, exact one-sided binomial test", "Clopper-Pearson区间，精确单侧二项检验"
    ),
    Method.RUBIN: Text(
        "multiple imputation, Rubin's rules at infinitely many imputations (computed, not drawn); in a "
        "stratum where nobody is known, from the other strata",
        "多重填补，Rubin法则（无限次填补的极限值，非抽样）；某层无已知结果时由其他层填补",
    ),
    Method.TIPPING_POINT: Text(
        "tipping point: the exact binomial test for each number of responders among the unknown",
        "临界点分析：对未知者中每一可能缓解例数作精确二项检验",
    ),
    Method.NEWCOMBE: Text(
        "difference to the control's counts, Newcombe's score interval, Boschloo's exact test",
        "与对照计数之差，Newcombe计分区间，Boschloo精确检验",
    ),
    Method.STRATIFIED: Text(
        "rate of each stratum, mean weighted by the strata's sizes; interval from Wilson's of each stratum, "
        "conditional on this mix of strata",
        "各层率，按层例数加权平均；区间由各层Wilson区间合成，以本研究的分层构成为条件",
    ),
}
SUMMARIES: dict[Summary, Text] = {
    Summary.RATE: Text("the rate", "率"),
    Summary.RISK_DIFFERENCE: Text("the difference to the control's rate", "与对照率之差"),
    Summary.STRATIFIED_RATE: Text("the rate by stratum and over all", "分层及合并的率"),
}
PURPOSES: dict[Purpose, Text] = {
    Purpose.FUTILITY: Text("futility", "无效"),
    Purpose.EFFICACY: Text("efficacy", "有效"),
    Purpose.TOXICITY: Text("toxicity", "毒性"),
}
SPENDING: dict[Spending, Text] = {
    Spending.OBRIEN_FLEMING: Text("O'Brien-Fleming type spending", "O'Brien-Fleming型α消耗"),
    Spending.POCOCK: Text("Pocock type spending", "Pocock型α消耗"),
}
CURVES: dict[Curve, Text] = {
    Curve.EVENT_FREE: Text("event-free survival", "无事件生存"),
    Curve.ALIVE: Text("overall survival", "总生存"),
}


def estimand_title(estimand: Estimand) -> Text:
    """Role and name."""
    role = ROLES[estimand.role]
    return Text(f"{role.en}: {estimand.name.en}", f"{role.zh}：{estimand.name.zh}")


def estimand_said(estimand: Estimand, study: Study) -> Text:
    """The five attributes of an estimand and its method; the treatment is the study's."""
    who = next(chosen.name for chosen in study.sets if chosen.id == estimand.population)
    what, then = variable_said(estimand, study), strategies_said(estimand)
    method, summary, alpha = METHODS[estimand.method], summary_said(estimand, study), f"{estimand.alpha:f}"
    drug, mark = study.treatment.name, MARKS[estimand.mark]
    strata = [study.plan.subgroup(id).name for id in estimand.strata] if study.plan is not None else []
    by = Text(
        f", by {' and '.join(one.en for one in strata)}" if strata else "",
        f"，按{'、'.join(one.zh for one in strata)}分层" if strata else "",
    )
    return Text(
        f"{estimand_title(estimand).en}. Population: {who.en}. Treatment: {drug.en}. Variable: {what.en}. "
        f"Intercurrent events: {then.en}. Summary: {summary.en}{by.en}. "
        f"Method: {method.en}; one-sided alpha {alpha}. [{mark.en}]",
        f"{estimand_title(estimand).zh}。人群：{who.zh}。治疗：{drug.zh}。变量：{what.zh}。"
        f"伴发事件：{then.zh}。汇总指标：{summary.zh}{by.zh}。"
        f"方法：{method.zh}；单侧α={alpha}。[{mark.zh}]",
    )


def summary_said(estimand: Estimand, study: Study) -> Text:
    """What is estimated, and what it is held against: the control's rate, or one that was assumed."""
    summary = SUMMARIES[estimand.summary]
    if estimand.summary is not Summary.RATE:
        return summary
    if all(study.rate(id).counted for id in estimand.variable):
        return Text(f"{summary.en}, against the control's rate", f"{summary.zh}，与对照率比较")
    return Text(f"{summary.en}, against the assumed rate", f"{summary.zh}，与假设率比较")


def variable_said(estimand: Estimand, study: Study) -> Text:
    """The endpoints of an estimand, and how they are joined."""
    names = [study.endpoint(id).name for id in estimand.variable]
    if len(names) == 1:
        return names[0]
    joined = {
        Joined.BOTH: (Text("all of", "须全部达到"), " and ", "、"),
        Joined.EITHER: (Text("any of", "达到任一"), " or ", "或"),
    }[estimand.joined]
    lead, en, zh = joined
    return Text(f"{lead.en} {en.join(n.en for n in names)}", f"{lead.zh}：{zh.join(n.zh for n in names)}")


def strategies_said(estimand: Estimand) -> Text:
    """Each strategy with the events it is for, in the order of the study file; unchanged answers last."""
    kept = [one for one in estimand.intercurrent if one.strategy is Strategy.TREATMENT_POLICY]
    ordered = [one for one in estimand.intercurrent if one not in kept] + kept
    by = [
        (strategy, [EVENTS[one.event] for one in events])
        for strategy, events in groupby(ordered, lambda one: one.strategy)
    ]
    return Text(
        "; ".join(
            f"{', '.join(event.en for event in events)}: {STRATEGIES[strategy].en} "
            f"({STRATEGY_NAMES[strategy].en})"
            for strategy, events in by
        ),
        "；".join(
            f"{'、'.join(event.zh for event in events)}：{STRATEGIES[strategy].zh}"
            f"（{STRATEGY_NAMES[strategy].zh}）"
            for strategy, events in by
        ),
    )


def plain(word: str) -> str:
    """A word of the plan as people write it."""
    return word.replace("_", " ")


def subgroup_said(subgroup: Subgroup, study: Study) -> Text:
    """What makes the groups of a subgroup."""
    cuts = ", ".join(
        percent(float(cut)) if subgroup.of is Of.LEVEL else f"{cut.normalize():f}" for cut in subgroup.cuts
    )
    match subgroup.of:
        case Of.RISK_GROUP:
            made = Text("risk group at enrolment", "入组时危险度")
        case Of.SITE:
            made = Text("hospital", "医院")
        case Of.AGE:
            made = Text(f"completed months at enrolment, cut at {cuts}", f"入组时满月龄，分界{cuts}")
        case Of.LEVEL:
            method, point = method_name(subgroup.method), study.point(subgroup.point).name
            made = Text(
                f"level by {method.en}, {point.en}, cut at {cuts}",
                f"{point.zh}{method.zh}水平，分界{cuts}",
            )
        case Of.FACT:
            label = study.fact(subgroup.fact).label
            at = Text(f", cut at {cuts}" if cuts else "", f"，分界{cuts}" if cuts else "")
            made = Text(f"{label.en}{at.en}", f"{label.zh}{at.zh}")
    mark = MARKS[subgroup.mark]
    return Text(
        f"Subgroup {subgroup.name.en}: {made.en} [{mark.en}]",
        f"亚组{subgroup.name.zh}：{made.zh} [{mark.zh}]",
    )


def monitoring_said(monitoring: Monitoring, study: Study) -> Text:
    """When the data are looked at, and what stops the trial."""
    why = PURPOSES[monitoring.purpose]
    watched = watched_said(monitoring, study)
    looks = ", ".join(str(n) for n in monitoring.at)
    sign = "≤" if monitoring.purpose is Purpose.FUTILITY else "≥"
    if monitoring.spending is None:
        counts = ", ".join(f"{sign} {count}" for count in monitoring.stop)
        stop = Text(f"stop at {counts}", f"停止界值{counts}")
    else:
        rule, spend = SPENDING[monitoring.spending], f"{monitoring.spend:f}"
        stop = Text(f"{rule.en} of one-sided {spend}", f"{rule.zh}，单侧{spend}")
    held = Text("binding", "有约束力") if monitoring.binding else Text("not binding", "无约束力")
    together, mark = _together(monitoring, study), MARKS[monitoring.mark]
    return Text(
        f"{monitoring.name.en}: looks for {why.en} at {watched.en} in the first {looks}; {stop.en}; "
        f"{held.en}{together.en} [{mark.en}]",
        f"{monitoring.name.zh}：前{looks}例时查看{watched.zh}（{why.zh}）；{stop.zh}；"
        f"{held.zh}{together.zh} [{mark.zh}]",
    )


def _together(monitoring: Monitoring, study: Study) -> Text:
    """That one endpoint's look makes no claim where the design requires all of them."""
    claim = study.design.joint is Joint.ALL and len(study.endpoints) > 1
    if monitoring.purpose is not Purpose.EFFICACY or not claim:
        return Text("", "")
    return Text(
        "; efficacy is claimed only where every endpoint says so at the same look",
        "；仅当各终点在同一次查看均达界值时方可宣称有效",
    )


def watched_said(monitoring: Monitoring, study: Study) -> Text:
    """What a look counts."""
    if monitoring.purpose is not Purpose.TOXICITY:
        return study.endpoint(monitoring.watched).name
    terms = {term.id: term.name for term in study.treatment.terms}
    name = terms.get(monitoring.watched, Text(plain(monitoring.watched), plain(monitoring.watched)))
    grade, days = monitoring.grade, monitoring.window_days
    within = (
        Text("", "")
        if days is None
        else Text(f" up to {days} days after the course", f"（至疗程结束后{days}天）")
    )
    return Text(f"{name.en} of grade {grade} or worse{within.en}", f"{name.zh}≥{grade}级{within.zh}")


def landmark_said(landmark: Landmark, study: Study) -> Text:
    """From which day, to what, and by which answer."""
    curve, by, mark = CURVES[landmark.curve], study.endpoint(landmark.by).name, MARKS[landmark.mark]
    return Text(
        f"Landmark {landmark.name.en}: {curve.en} from protocol day {landmark.day}, by {by.en}, among those "
        f"free of the event and under observation then; log-rank test [{mark.en}]",
        f"界标{landmark.name.zh}：自第{landmark.day}天起的{curve.zh}，按“{by.zh}”分组，"
        f"限于届时未发生事件且仍在随访者；log-rank检验 [{mark.zh}]",
    )


def plan_said(study: Study) -> tuple[Text, ...]:
    """The whole plan, one paragraph for each part; empty where the study file states none."""
    plan = study.plan
    if plan is None:
        return ()
    looks = [monitoring_said(one, study) for one in plan.monitoring]
    return (
        *(estimand_said(one, study) for one in plan.estimands),
        *(subgroup_said(one, study) for one in plan.subgroups),
        *(looks or [NO_LOOK]),
        *(landmark_said(one, study) for one in plan.landmarks),
    )


NO_LOOK = Text("No look at the endpoints before the end is planned.", "不设期中分析。")
