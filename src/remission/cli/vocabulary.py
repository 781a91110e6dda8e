"""The words of a study that a site types: questions and their answers, lists, samples, doses, toxicities."""

from collections.abc import Iterator
from typing import Any

from remission.mrd.result import Method
from remission.protocol.criteria import DaysOf, Happened, leaves
from remission.protocol.finding import parsed
from remission.protocol.page import Page
from remission.protocol.possible import question
from remission.protocol.study import FactKind, FactSpec, Phase, Study
from remission.terms.words import Text


def page(study: Study, language: str) -> str:
    """The words as tables, each under the command that takes them."""
    written = Page(language)
    word, what, day = Text("Word", "代码"), Text("What", "含义"), Text("By day", "截止日")
    written.heading(Text("remission participant answer: questions", "remission participant answer：问题"))
    written.table(
        (word, Text("Answer", "答案"), day, Text("Asked of", "回答方"), what),
        [(fact.id, _answer(fact), str(fact.due_day), fact.asked_of, fact.label) for fact in study.facts],
    )
    written.heading(
        Text(
            "remission participant happened, close-list: lists",
            "remission participant happened、close-list：清单",
        )
    )
    written.table(
        (Text("List", "清单"), Text("What happened", "事项"), day, what),
        [(one.id, ", ".join(one.kinds), str(one.due_day), one.name) for one in study.lists],
    )
    written.heading(Text("remission sample: marrow", "remission sample：骨髓样本"))
    written.table(
        (Text("Point", "时间点"), Text("Results", "结果"), Text("Days", "天"), what),
        [(one.point, ", ".join(one.methods), _days(study, one.point), one.name) for one in study.samples],
    )
    written.heading(Text("Words of options", "选项用词"))
    written.table(
        (Text("Option", "选项"), Text("Words", "代码")),
        [(option, ", ".join(words)) for option, words in _of_options(study) if words],
    )
    return written.text().rstrip()


def as_json(study: Study) -> dict[str, Any]:
    """The same as JSON values."""
    return {
        "study": study.id,
        "questions": [
            {
                "fact": fact.id,
                "kind": fact.kind,
                "answers": list(_codes(fact)),
                "unit": fact.unit,
                "lowest": None if fact.lowest is None else str(fact.lowest),
                "highest": None if fact.highest is None else str(fact.highest),
                "due_day": fact.due_day,
                "asked_of": fact.asked_of,
                "label": fact.label.en,
                "label_zh": fact.label.zh,
            }
            for fact in study.facts
        ],
        "lists": [
            {"list": one.id, "kinds": list(one.kinds), "name": one.name.en, "name_zh": one.name.zh}
            for one in study.lists
        ],
        "samples": [{"point": one.point, "methods": list(one.methods)} for one in study.samples],
        "options": {option: list(words) for option, words in _of_options(study)},
    }


def _codes(fact: FactSpec) -> tuple[str, ...]:
    return ("yes", "no") if fact.kind is FactKind.YES_NO else fact.codes


def _answer(fact: FactSpec) -> Text | str:
    if fact.kind is FactKind.DATE:
        return "YYYY-MM-DD"
    if fact.kind is FactKind.NUMBER:
        return f"{fact.lowest or 0} .. {'' if fact.highest is None else fact.highest} {fact.unit}".strip()
    return ", ".join(_codes(fact))


def _days(study: Study, point: str) -> str:
    window = study.point(point).window
    return f"{window.first} .. {window.last}"


def _of_options(study: Study) -> Iterator[tuple[str, tuple[str, ...]]]:
    """An option of a command, and the study's words for it."""
    yield "participant consent --site", tuple(site.id for site in study.sites)
    yield "participant happened --purpose", tuple(dict.fromkeys(_purposes(study)))
    for assay in study.assays:
        yield (
            f"sample {assay.method} --flag",
            (
                *assay.disqualifying_flags,
                *assay.blinding_flags,
                *assay.blinding_after_treatment,
            ),
        )
        yield f"sample {assay.method} --flag, asked for after treatment", assay.needed_after_treatment
        if assay.method == Method.FLOW:
            yield "sample flow --examined, the first", (f"{assay.denominator}=COUNT",)
    steps = (step.id for table in study.treatment.tables for step in table.steps)
    yield "treatment order --step", tuple(dict.fromkeys(steps))
    yield "toxicity report --term", tuple(dict.fromkeys(rule.term for rule in study.treatment.toxicity))
    yield (
        "participant ineligible --criterion",
        tuple(one.id for one in study.criteria if one.phase is Phase.ENROLMENT),
    )


def _purposes(study: Study) -> Iterator[str]:
    """What a therapy may have been given for, so that a criterion leaves it out."""
    for criterion in study.criteria:
        for leaf in leaves(parsed(study, criterion)):
            asked = question(leaf)
            if isinstance(asked, Happened | DaysOf):
                yield from asked.except_for
