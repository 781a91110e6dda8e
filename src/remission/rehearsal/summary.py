"""A rehearsal's report in words, from its JSON values, for a person at a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from remission.terms.words import Text

_SIMULATED = Text(
    "SIMULATED: every child, sample and event here is made up.", "模拟数据：所有患儿、样本和事件均为虚构。"
)
_COUNTS: Mapping[str, Text] = {
    "screened": Text("screened", "筛选"),
    "found_ineligible": Text("found ineligible", "不符合条件"),
    "left_before_enrolment": Text("left before enrolment", "入组前退出"),
    "enrolled": Text("enrolled", "入组"),
    "treated": Text("treated", "接受治疗"),
    "completed_treatment": Text("completed treatment", "完成治疗"),
    "stopped_early": Text("stopped early", "提前停药"),
    "response_assessed": Text("response assessed", "已评估疗效"),
    "relapsed": Text("relapsed", "复发"),
    "died": Text("died", "死亡"),
    "withdrew": Text("withdrew", "撤回同意"),
    "lost": Text("lost to follow-up", "失访"),
    "with_correction": Text("with a corrected entry", "有更正记录"),
}
_WRONG: Mapping[str, Text] = {
    "enrolled_though_ineligible": Text("enrolled though truly ineligible", "实际不合格但入组"),
    "excluded_though_eligible": Text("excluded though truly eligible", "实际合格但排除"),
}
_TRUTH = Text("truth beside finding", "真值与所得")
_HEAD = (
    Text("endpoint", "终点"),
    Text("set", "分析集"),
    Text("found", "所得"),
    Text("95 % interval", "95%区间"),
    Text("true", "真值"),
)
_COVERS = {True: Text("covered", "覆盖"), False: Text("NOT covered", "未覆盖"), None: Text("-", "-")}
_ERRORS = Text("wrong entries", "入组判定错误")
_NONE = Text("none", "无")
_REFUSED = Text("refused as it should be", "应当拒绝且已拒绝")
_LEDGER = Text("ledger", "账本")
_ENTRIES = Text("entries, head", "条，末条哈希")


def summary(report: Mapping[str, Any], language: str) -> str:
    """The report as lines of text.

    Parameters
    ----------
    report : mapping
        `Report.as_json()`, or the same read back from the rehearsal's folder.
    language : str
        "en" or "zh".
    """
    return "\n".join(_lines(report, language))


def _lines(report: Mapping[str, Any], language: str) -> Iterator[str]:
    yield _SIMULATED.in_(language)
    yield ""
    counts = report["counts"]
    yield from (
        f"{counts[name]:>6}  {words.in_(language)}" for name, words in _COUNTS.items() if name in counts
    )
    yield ""
    yield _TRUTH.in_(language)
    yield from _rates(report["endpoints"]["rates"], language)
    yield ""
    yield f"{_ERRORS.in_(language)}:"
    yield from _errors(report["eligibility"]["errors"], language)
    yield ""
    yield f"{_REFUSED.in_(language)}: {sum(report['refused_as_it_should_be'].values())}"
    ledger = report["ledger"]
    yield f"{_LEDGER.in_(language)}: {ledger['entries']} {_ENTRIES.in_(language)} {ledger['head']}"


def _rates(rates: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    yield _row(*(words.in_(language) for words in _HEAD), "")
    for rate in rates:
        yield _row(
            rate["endpoint"],
            rate["set"],
            f"{rate['found']}/{rate['n']} {_percent(rate['found_rate'])}",
            f"{_percent(rate['lower'])} - {_percent(rate['upper'])}",
            _percent(rate["enrolled_rate"]),
            _COVERS[rate["covers_enrolled"]].in_(language),
        )


def _row(endpoint: str, chosen: str, found: str, interval: str, true: str, covers: str) -> str:
    return f"  {endpoint:<15} {chosen:<13} {found:<15} {interval:<17} {true:<8} {covers}".rstrip()


def _errors(errors: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    if not errors:
        yield f"  {_NONE.in_(language)}"
    for error in errors:
        wrong = _WRONG[error["wrong"]].in_(language)
        yield f"  {error['subject']}  {wrong}  {error['criterion']}: {error['said']}"


def _percent(fraction: float | None) -> str:
    return "-" if fraction is None else f"{100 * fraction:.1f} %"
