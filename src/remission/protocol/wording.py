"""Words of a protocol that decide about a participant only once somebody says how much, or which."""

import re
from dataclasses import dataclass

from remission.protocol.finding import Subject, Trap
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class OpenWord:
    """Words that need a definition (`finds`), unless the same sentence gives one (`unless`)."""

    finds: re.Pattern[str]
    unless: re.Pattern[str]
    needs: Text


def _word(finds: str, unless: str, en: str, zh: str) -> OpenWord:
    return OpenWord(re.compile(finds, re.IGNORECASE), re.compile(unless, re.IGNORECASE), Text(en, zh))


_ORGAN = r"(?:organ|cardiac|heart|renal|kidney|hepatic|liver|pulmonary|lung)"
_AMOUNT = r"grade\s*[1-5]|NYHA|CTCAE|Child-Pugh|ULN|ml/min|%|[<>≤≥]"

OPEN_WORDS = (
    _word(
        r"\b(?:CNS|central nervous system)\s+(?:involvement|disease|leuka?emia)",
        r"CNS[ -]?[123]|blasts?|cells?\s*/",
        "a CNS level (CNS1, CNS2, CNS3)",
        "中枢神经系统分级（CNS1-3）",
    ),
    _word(
        r"\bhigh[ -]risk\b",
        r"defined|according to|criteria of|i\.e\.|[<>≤≥]",
        "the criteria of the risk group",
        "危险度标准",
    ),
    _word(
        rf"\b{_ORGAN}\s+(?:dysfunction|insufficiency|impairment|failure)",
        _AMOUNT,
        "a grade or a limit",
        "分级或界值",
    ),
    _word(rf"\b(?:adequate|sufficient|acceptable|normal)\s+{_ORGAN}\s+function", _AMOUNT, "a limit", "界值"),
    _word(
        r"\b(?:severe|serious|significant|uncontrolled)\s+[a-z]+",
        _AMOUNT,
        "a grade or a definition",
        "分级或定义",
    ),
)
"""What the rule looks for; printed in the documentation."""


def wording_without_level(subject: Subject) -> Trap | None:
    """Words without the level that would make them a rule, and an *and* that may mean *or*."""
    en, zh, sentences, places = list[str](), list[str](), list[str](), list[str]()
    for sentence in subject.sentences:
        if sentence.group not in ("inclusion", "exclusion"):
            continue
        for word in OPEN_WORDS:
            found = word.finds.search(sentence.text)
            if found is None or word.unless.search(sentence.text):
                continue
            en.append(f"'{found[0]}' needs {word.needs.en}")
            zh.append(f"“{found[0]}”缺少{word.needs.zh}")
            sentences.append(sentence.text)
            places.append(f"{sentence.place}: {found[0]}")
    for text, names in _joined_endpoints(subject).items():
        alpha = subject.study.design.alpha
        en.append(
            f"'and' between {' and '.join(names)} may mean both or either (if either, {alpha} is to be split)"
        )
        zh.append(f"{'与'.join(names)}之间的“and”可指两者均须或任一（若任一则须分配α={alpha}）")
        sentences.append(text)
        places.append(f"endpoints {', '.join(names)}: and")
    if not sentences:
        return None
    why = Text(
        f"Two people can read it differently and both be right: {'; '.join(en)}.",
        f"不同的人可作不同理解：{'；'.join(zh)}。",
    )
    return Trap(tuple(dict.fromkeys(sentences)), why, tuple(places))


def _joined_endpoints(subject: Subject) -> dict[str, list[str]]:
    """Sentences that promise several endpoints with *and* between them, as far as one reading was chosen."""
    promised: dict[str, list[str]] = {}
    for endpoint in subject.study.endpoints:
        promised.setdefault(subject.sentence(endpoint.record_text), []).append(endpoint.id)
    return {
        text: names
        for text, names in promised.items()
        if len(names) > 1 and re.search(r"\band\b", text, re.IGNORECASE)
    }
