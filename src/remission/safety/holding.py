"""What a toxicity does to the treatment: the study's rules, read the way the ward reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from remission.errors import InputRefused, StudyRefused
from remission.protocol.study import ToxicityRule, Treatment
from remission.terms.words import Mark, Text

OTHER = "other"
REPEATED_SEIZURE = "repeated_seizure"


class What(StrEnum):
    """What is to be done, from the mildest on."""

    CONTINUE = "continue"
    HOLD = "hold"
    CONSIDER_STOPPING = "consider_stopping"
    STOP = "stop"


_SEVERITY: Mapping[What, int] = MappingProxyType({what: number for number, what in enumerate(What)})


@dataclass(frozen=True, slots=True)
class Action:
    """What is to be done, by which rule (None: no rule of the study applies), and in words.

    `restart`, `until_grade`, `for_days` and `escalate_after_days` say how a held treatment goes on; they are
    empty where nothing is held. `stop_after_days`: held longer than that, it stops.
    """

    action: What
    rule: ToxicityRule | None
    text: Text
    restart: str | None = None
    until_grade: int | None = None
    for_days: int = 0
    escalate_after_days: int | None = None
    stop_after_days: int | None = None


class Answer(StrEnum):
    """Whether a held treatment may begin again."""

    YES = "yes"
    NOT_YET = "not_yet"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Restart:
    """Whether a held treatment may begin again, at which level ("same" or "low"), and in words."""

    answer: Answer
    text: Text
    level: str | None = None
    escalate_after_days: int | None = None


def rule_terms(treatment: Treatment, term: str, system: str) -> tuple[str, ...]:
    """The terms of the study's rules that a report falls under; "other" only where nothing matches.

    A term of the rules by its own word decides alone; else every one of which a name stands in the report;
    else every one whose organ systems hold the report's. Letter case, spacing, hyphens and underscores make
    no difference.
    """
    said, place = _plain(term), _plain(system)
    ruled = {_plain(rule.term): rule.term for rule in treatment.toxicity if rule.term != OTHER}
    if said in ruled:
        return (ruled[said],)
    rows = [row for row in treatment.terms if row.id != REPEATED_SEIZURE]
    named = tuple(row.id for row in rows if _names_one(said, (row.id, *row.names)))
    within = tuple(row.id for row in rows if place in map(_plain, row.systems))
    return named or within or (OTHER,)


def is_seizure(treatment: Treatment, term: str) -> bool:
    """Whether a report is one of a seizure, by the study's words for it."""
    rows = (row for row in treatment.terms if row.id == REPEATED_SEIZURE)
    return any(_names_one(_plain(term), row.names) for row in rows)


def action(
    treatment: Treatment,
    *,
    term: str,
    system: str,
    grade: int,
    at_low_dose: bool,
    seizures: int,
    held_days: int | Decimal | None,
) -> Action:
    """What the study's rules say to do about a toxicity.

    The rule with the highest grade not above `grade` decides among those of the term that the report falls
    under (`rule_terms`); of several such terms, the severest. More than one seizure brings in the rule of
    "repeated_seizure", and the severer of the two holds. Grade 5 is death.

    Parameters
    ----------
    treatment : Treatment
        With the study's table of toxicity rules.
    term, system : str
        The report's words for it, and its organ system.
    grade : int
        0 to 5.
    at_low_dose : bool
        Whether it came while the drug ran at the low level.
    seizures : int
        Seizures since treatment began.
    held_days : int or Decimal
        Days the treatment has been held for it, not rounded down (7.5 is more than 7); None if not held.

    Raises
    ------
    InputRefused
        For a grade that does not exist, or a negative number.
    """
    _check(term, grade, seizures, held_days)
    rules = [_reached(treatment, ruled, grade) for ruled in rule_terms(treatment, term, system)]
    if grade == 5:
        dead = Text("grade 5 is death: treatment has ended", "5级即死亡：治疗终止")
        return Action(What.STOP, rules[0], dead)
    if seizures > 1:
        again = [rule for rule in treatment.toxicity if rule.term == REPEATED_SEIZURE]
        rules.append(min(again, key=lambda rule: rule.grade, default=None))
    said = [_by_rule(rule, at_low_dose, held_days) for rule in rules]
    return max(said, key=lambda one: _SEVERITY[one.action])


def may_restart(
    rule: ToxicityRule, *, grade_now: int | None, days_at_or_below: int, held_days: int | Decimal
) -> Restart:
    """Whether a treatment held by `rule` may begin again.

    Parameters
    ----------
    rule : ToxicityRule
        The rule that held it.
    grade_now : int
        The toxicity's present grade; None, not known, is not yet.
    days_at_or_below : int
        Whole days it has been at or below the rule's grade without a break.
    held_days : int or Decimal
        Days the treatment has been held, not rounded down.

    Raises
    ------
    InputRefused
        If the rule neither holds nor stops: whether to go on is then the doctor's decision.
    StudyRefused
        If the rule holds without saying until which grade.
    """
    if rule.action == What.STOP:
        return Restart(
            Answer.NEVER, Text(f"{rule.term} {rule.grade}: stop", f"{rule.term} {rule.grade}级：停药")
        )
    where = f"toxicity rule, {rule.term} grade {rule.grade}"
    if rule.action != What.HOLD:
        raise InputRefused(
            f"the rule says {rule.action!r}, it holds nothing", where=where, do="record the doctor's decision"
        )
    if rule.until_grade is None:
        raise StudyRefused(
            "the rule holds without an end", where=where, do="give until_grade in the study file"
        )
    if _held_too_long(rule, held_days):
        return Restart(Answer.NEVER, _too_long(rule, held_days))
    if grade_now is None:
        return Restart(Answer.NOT_YET, Text("the present grade is not known", "当前分级未知"))
    if grade_now > rule.until_grade:
        return Restart(
            Answer.NOT_YET,
            Text(
                f"grade {grade_now}, above {rule.until_grade}", f"当前{grade_now}级，高于{rule.until_grade}级"
            ),
        )
    if days_at_or_below < rule.for_days:
        return Restart(
            Answer.NOT_YET,
            Text(
                f"grade {rule.until_grade} or below for {days_at_or_below} of {rule.for_days} days",
                f"≤{rule.until_grade}级已{days_at_or_below}天，须满{rule.for_days}天",
            ),
        )
    return Restart(Answer.YES, _RESTARTS[rule.restart], rule.restart, rule.escalate_after_days)


_RESTARTS: Mapping[str, Text] = MappingProxyType(
    {
        "same": Text("restart at the same dose", "按原剂量重新开始"),
        "low": Text("restart at the low dose", "按低剂量重新开始"),
    }
)
_WORDS: Mapping[What, Text] = MappingProxyType(
    {
        What.CONTINUE: Text("continue", "继续"),
        What.CONSIDER_STOPPING: Text("consider stopping for good", "考虑永久停药"),
        What.STOP: Text("stop for good", "永久停药"),
    }
)
_MARKS: Mapping[Mark, Text] = MappingProxyType(
    {
        Mark.ASSUMED: Text(" (the rule is assumed)", "（该规则为假设）"),
        Mark.UNVERIFIED: Text(" (the rule is unverified)", "（该规则未核实）"),
    }
)


def _check(term: str, grade: int, seizures: int, held_days: int | Decimal | None) -> None:
    where = f"toxicity {term}"
    if not 0 <= grade <= 5:
        raise InputRefused(f"grade {grade} does not exist", where=where, do="give a grade from 0 to 5")
    for name, number in (("seizures", seizures), ("days held", held_days or 0)):
        if Decimal(number).is_nan() or number < 0:
            raise InputRefused(f"{name}: {number}", where=where, do="give a number of 0 or more")


def _plain(words: str) -> str:
    """Words in lower case, one space between them, nothing but letters and digits."""
    return " ".join("".join(sign if sign.isalnum() else " " for sign in words.casefold()).split())


def _names_one(said: str, names: Iterable[str]) -> bool:
    """Whether a name stands in what is said: as whole words; where words have no spaces, anywhere."""
    plain = (_plain(name) for name in names)
    return any(f" {name} " in f" {said} " if name.isascii() else name in said for name in plain)


def _reached(treatment: Treatment, term: str, grade: int) -> ToxicityRule | None:
    reached = (rule for rule in treatment.toxicity if rule.term == term and rule.grade <= grade)
    return max(reached, key=lambda rule: rule.grade, default=None)


def _by_rule(rule: ToxicityRule | None, at_low_dose: bool, held_days: int | Decimal | None) -> Action:
    if rule is None:
        return Action(What.CONTINUE, None, Text("continue: no rule applies", "继续：无适用规则"))
    what = What(rule.action)
    if what is not What.HOLD:
        return Action(what, rule, _marked(rule, _WORDS[what]))
    if at_low_dose and rule.stop_if_at_low_dose:
        low = Text("stop for good: it came at the low dose", "永久停药：发生于低剂量期间")
        return Action(What.STOP, rule, _marked(rule, low))
    if held_days is not None and _held_too_long(rule, held_days):
        return Action(What.STOP, rule, _marked(rule, _too_long(rule, held_days)))
    return Action(
        What.HOLD,
        rule,
        _marked(rule, _hold(rule)),
        restart=rule.restart,
        until_grade=rule.until_grade,
        for_days=rule.for_days,
        escalate_after_days=rule.escalate_after_days,
        stop_after_days=rule.stop_if_longer_than_days,
    )


def _held_too_long(rule: ToxicityRule, held_days: int | Decimal) -> bool:
    return rule.stop_if_longer_than_days is not None and held_days > rule.stop_if_longer_than_days


def _too_long(rule: ToxicityRule, held_days: int | Decimal) -> Text:
    limit, days = rule.stop_if_longer_than_days, f"{Decimal(held_days):.3f}".rstrip("0").rstrip(".")
    return Text(
        f"stop for good: held for {days} days, more than {limit}", f"永久停药：已暂停{days}天，超过{limit}天"
    )


def _hold(rule: ToxicityRule) -> Text:
    restart = _RESTARTS[rule.restart]
    en, zh = "hold", "暂停"
    if rule.until_grade is not None:
        en, zh = f"{en} until grade {rule.until_grade} or below", f"{zh}至≤{rule.until_grade}级"
    if rule.for_days:
        en, zh = f"{en} for {rule.for_days} days", f"{zh}满{rule.for_days}天"
    en, zh = f"{en}, then {restart.en}", f"{zh}，然后{restart.zh}"
    if rule.treat_with is not None:
        en, zh = f"{en}; {rule.treat_with.en}", f"{zh}；{rule.treat_with.zh}"
    return Text(en, zh)


def _marked(rule: ToxicityRule, text: Text) -> Text:
    mark = _MARKS.get(rule.source.mark, Text("", ""))
    return Text(text.en + mark.en, text.zh + mark.zh)
