"""The report of a rehearsal in words, from its JSON values; the first line says that it is simulated."""

from collections.abc import Mapping, Sequence
from typing import Any

from remission.terms.words import Text

SIMULATED = Text(
    "SIMULATED: a rehearsal. No child described here exists, and no number here is a finding.",
    "模拟数据（SIMULATED）：演练。文中患儿均不存在，任何数字都不是研究结果。",
)
_COUNTS: Mapping[str, Text] = {
    "screened": Text("screened", "筛选"),
    "found_ineligible": Text("found ineligible", "判定不合格"),
    "left_before_enrolment": Text("left before enrolment", "入组前退出"),
    "enrolled": Text("enrolled", "入组"),
    "treated": Text("treated", "接受治疗"),
    "never_treated": Text("never treated", "未接受治疗"),
    "completed_treatment": Text("completed treatment", "完成治疗"),
    "stopped_early": Text("stopped early", "提前停药"),
    "response_assessed": Text("response assessed", "已评估疗效"),
    "found_ineligible_late": Text("found ineligible after enrolment", "入组后发现不合格"),
    "relapsed": Text("relapsed", "复发"),
    "died": Text("died", "死亡"),
    "withdrew": Text("withdrew", "撤回同意"),
    "lost": Text("lost to follow-up", "失访"),
    "followed_to_the_end": Text("followed to the end", "随访至终点"),
    "with_correction": Text("with a corrected entry", "有更正记录"),
}
_WRONG: Mapping[str, Text] = {
    "enrolled_though_ineligible": Text("enrolled though truly ineligible", "真实不合格却入组"),
    "excluded_though_eligible": Text("shut out though truly eligible", "真实合格却被排除"),
    "left_unsettled_though_eligible": Text("not settled though truly eligible", "真实合格但未能判定"),
}
_WHY: Mapping[str, Text] = {
    "hidden_answer": Text("the hospital did not know", "医院当时不知"),
    "measurement": Text("the test found a level on the other side", "检测值落在阈值另一侧"),
    "no_evaluable_test": Text("no evaluable test", "无可评估的检测"),
    "other": Text("NO REASON: a fault of Remission", "无理由：软件缺陷"),
}
_REFUSED_ZH: Mapping[str, str] = {
    "a value beyond what is plausible": "超出合理范围的数值",
    "correction without a reason": "无理由的更正",
    "decision while a criterion is unknown": "标准未知时的判定",
    "enrolment before the decision": "判定前入组",
    "enrolment of a child found ineligible": "已判不合格者入组",
    "enrolment outside its window": "入组窗口外入组",
    "enrolment when every place is taken": "名额已满时入组",
    "marrow outside its window without a reason": "窗口外无理由采集骨髓",
    "restart after a long pause without premedication": "长时间中断后未给预处理即重启",
    "restart while a toxicity holds it": "毒性未恢复时重启",
    "result for a sample never taken": "未采集样本的结果",
    "start outside its window without a reason": "窗口外无理由开始",
    "start without premedication": "未给预处理即开始",
}


def summary(report: Mapping[str, Any], language: str) -> str:
    """The summary of `Report.as_json()` in English or, for a language that begins with `zh`, Chinese."""
    lines = [
        SIMULATED.in_(language),
        "",
        *_head(report, language),
        "",
        *_eligibility(report["eligibility"], language),
        "",
        *_endpoints(report["endpoints"], language),
        "",
        *_coverage(report["endpoints"]["coverage"], language),
        "",
        *_refused(report["refused_as_it_should_be"], language),
    ]
    return "\n".join(lines)


def _head(report: Mapping[str, Any], language: str) -> list[str]:
    title = Text("study {}, seed {}, as of {}", "研究 {}，种子 {}，截至 {}").in_(language)
    ledger = Text("ledger: {:,} entries, head {}", "账本：{:,} 条记录，末端 {}").in_(language)
    counts = report["counts"]
    return [
        title.format(report["study"], report["seed"], report["as_of"][:10]),
        *(f"  {counts[name]:>6,}  {words.in_(language)}" for name, words in _COUNTS.items()),
        ledger.format(report["ledger"]["entries"], report["ledger"]["head"][:16]),
    ]


def _eligibility(said: Mapping[str, Any], language: str) -> list[str]:
    title = Text("Entry: truth beside finding", "入组判定：真实情况与判定结果").in_(language)
    heading = Text("truly / found to shut out", "真实排除/判定排除").in_(language)
    criteria = ", ".join(f"{one['criterion']} {one['truly']}/{one['found']}" for one in said["criteria"])
    lines = [title, f"  {heading}: {criteria}"]
    for error in said["errors"]:
        wrong, why = _WRONG[error["wrong"]].in_(language), _WHY[error["why"]].in_(language)
        lines.append(f"  {error['subject']}  {wrong}, {error['criterion']}: {why} ({error['said']})")
    if not said["errors"]:
        lines.append(Text("  no error of entry", "  无入组判定错误").in_(language))
    return lines


def _endpoints(said: Mapping[str, Any], language: str) -> list[str]:
    lines = [Text("Endpoints: truth beside finding", "终点：真实情况与结果").in_(language)]
    truly, holds = Text("truly", "真实").in_(language), Text("interval holds the truth", "区间包含真值")
    misses = Text("INTERVAL MISSES THE TRUTH", "区间未包含真值")
    for rate in said["rates"]:
        verdict = "" if rate["covers"] is None else (holds if rate["covers"] else misses).in_(language)
        found = f"{rate['found']}/{rate['n']} = {_percent(rate['found_rate'])}"
        interval = f"[{_percent(rate['lower'])}, {_percent(rate['upper'])}]"
        true = f"{truly} {_percent(rate['true_rate'])}"
        lines.append(f"  {rate['endpoint']}, {rate['set']}: {found} {interval}; {true}; {verdict}")
    for called in said["calls"]:
        below = Text("truly below the threshold", "真实低于阈值").in_(language)
        above = Text("truly not below", "真实不低于阈值").in_(language)
        lines.append(
            f"  {called['endpoint']}: {below}: {_calls(called['truly_below'])}; "
            f"{above}: {_calls(called['truly_not_below'])}"
        )
    return lines


def _coverage(said: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    title = Text(
        "Coverage of the 95 % interval in {} simulated trials (endpoint stage only)",
        "95%区间在{}次模拟试验中的覆盖率（仅终点阶段）",
    ).in_(language)
    truth = Text("of the truth", "覆盖真值").in_(language)
    itself = Text("of what is expected to be found", "覆盖期望结果").in_(language)
    truly, found = Text("truly", "真实").in_(language), Text("expected", "期望").in_(language)
    lines = [title.format(said[0]["trials"])] if said else []
    for one in said:
        lines.append(
            f"  {one['endpoint']}, {one['set']}: {truth} {_percent(one['covers_truth'])} "
            f"± {_percent(one['covers_truth_error'])}, {itself} {_percent(one['covers_expected'])} "
            f"({truly} {_percent(one['true_rate'])}, {found} {_percent(one['expected_found'])})"
        )
    return lines


def _refused(said: Mapping[str, int], language: str) -> list[str]:
    lines = [Text("Refused as it should be", "按规定被拒绝的操作").in_(language)]
    for what, times in said.items():
        lines.append(f"  {times:>6,}  {Text(what, _REFUSED_ZH.get(what, what)).in_(language)}")
    return lines


def _calls(counts: Mapping[str, int]) -> str:
    shown: Sequence[str] = [f"{call} {number}" for call, number in counts.items()]
    return ", ".join(shown) or "0"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"
