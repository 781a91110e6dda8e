"""Whether anybody at all can satisfy a set of criteria.

A search over the few values at which an answer changes: the codes of a question, yes and no, and for each
number the values just below, at and just above every number it is compared with. Answers not yet chosen
are unknown; a branch ends as soon as a criterion is decided the wrong way.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from remission.protocol.criteria import (
    AgeMonths,
    Answer,
    Compare,
    DaysOf,
    Expression,
    Happened,
    Level,
    Term,
    Truth,
    Value,
    leaves,
    truth,
)
from remission.protocol.study import FactKind, Study

Question = Term | Happened
Rule = tuple[Expression, Truth]
"""An expression, and the truth it must have."""

_SIGNS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def possible(rules: Iterable[Rule], study: Study, fixed: Mapping[Question, Value]) -> bool:
    """Whether some answers, those of `fixed` among them, give every expression its wanted truth.

    Answers are chosen independently of one another; what only a calendar could forbid counts as possible.
    """
    return all(_search(group, study, dict(fixed)) for group in _groups(list(rules), fixed))


def question(leaf: Compare | Happened) -> Question:
    """What a comparison or look-back asks."""
    return leaf if isinstance(leaf, Happened) else leaf.term


def holds(sign: str, left: Value, right: Value) -> bool:
    """The comparison of two numbers, or of two words."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return _SIGNS[sign](left, right)
    return (left == right) == (sign == "==")


def _questions(rules: Iterable[Rule], fixed: Mapping[Question, Value]) -> list[Question]:
    asked = (question(leaf) for expression, _ in rules for leaf in leaves(expression))
    return [one for one in dict.fromkeys(asked) if one not in fixed]


def _groups(rules: list[Rule], fixed: Mapping[Question, Value]) -> Iterator[list[Rule]]:
    """The rules in groups that share no open question, so that each can be searched alone."""
    while rules:
        group, asked = [rules.pop(0)], set[Question]()
        while True:
            asked.update(_questions(group, fixed))
            joining = [rule for rule in rules if not asked.isdisjoint(_questions([rule], fixed))]
            if not joining:
                break
            group += joining
            rules = [rule for rule in rules if rule not in joining]
        yield group


def _search(rules: list[Rule], study: Study, chosen: dict[Question, Value]) -> bool:
    def ask(leaf: Compare | Happened) -> Truth:
        value = chosen.get(question(leaf))
        if value is None:
            return Truth.UNKNOWN
        return Truth.of(value is True if isinstance(leaf, Happened) else holds(leaf.sign, value, leaf.value))

    answers = [(truth(expression, ask), wanted) for expression, wanted in rules]
    if any(answer is wanted.negated() for answer, wanted in answers):
        return False
    still = [rule for rule, (answer, _) in zip(rules, answers, strict=True) if answer is Truth.UNKNOWN]
    open_questions = _questions(still, chosen)
    if not open_questions:
        return True
    first = open_questions[0]
    return any(_search(still, study, {**chosen, first: value}) for value in _values(first, rules, study))


def _values(asked: Question, rules: list[Rule], study: Study) -> list[Value]:
    """The answers that can make a difference."""
    compared = {
        leaf.value
        for expression, _ in rules
        for leaf in leaves(expression)
        if isinstance(leaf, Compare) and leaf.term == asked
    }
    numbers = sorted(value for value in compared if isinstance(value, Decimal))
    match asked:
        case Happened():
            return [False, True]
        case AgeMonths():
            return _around(numbers, Decimal(1), Decimal(0), None)
        case DaysOf(span=span):
            longest = Decimal(span.days or span.months * 31) if span.days or span.months else None
            return _around(numbers, Decimal(1), Decimal(0), longest)
        case Level():
            return _around(numbers, _gap(numbers), Decimal(0), Decimal(1))
        case Answer(fact=fact):
            spec = study.fact(fact)
            if spec.kind is FactKind.CODE:
                return list(spec.codes)
            if spec.kind is FactKind.YES_NO:
                return [False, True]
            return _around(numbers, _gap(numbers), spec.lowest, spec.highest)


def _gap(numbers: list[Decimal]) -> Decimal:
    """A step smaller than the distance between any two of the numbers, and than each of them."""
    steps = [after - before for before, after in pairwise(numbers)]
    return min((abs(step) for step in (*steps, *numbers) if step), default=Decimal(1)) / 1000


def _around(
    numbers: list[Decimal], step: Decimal, lowest: Decimal | None, highest: Decimal | None
) -> list[Value]:
    near = {number + offset for number in numbers for offset in (-step, Decimal(0), step)}
    return [
        number
        for number in sorted(near)
        if (lowest is None or number >= lowest) and (highest is None or number <= highest)
    ]
