"""The language of criteria: what it reads, what it refuses, and its three-valued answers."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from remission.errors import StudyRefused
from remission.protocol.criteria import (
    AgeMonths,
    All,
    Answer,
    Any,
    Compare,
    DaysOf,
    Expression,
    Happened,
    Level,
    Not,
    Span,
    Truth,
    leaves,
    parse,
    truth,
)

D = Decimal


def read(text: str) -> Expression:
    return parse(text, where="study.toml, criterion X")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Compare(Answer("a"), "==", True)),
        ("not a", Not(Compare(Answer("a"), "==", True))),
        ("a == False", Compare(Answer("a"), "==", False)),
        ("wbc > 50", Compare(Answer("wbc"), ">", D(50))),
        ("50 < wbc", Compare(Answer("wbc"), ">", D(50))),
        ("age_months >= 1.50", Compare(AgeMonths(), ">=", D("1.50"))),
        ("1 <= age_months < 216", All((Compare(AgeMonths(), ">=", D(1)), Compare(AgeMonths(), "<", D(216))))),
        ("g == 'x'", Compare(Answer("g"), "==", "x")),
        ("g in ('x', 'y')", Any((Compare(Answer("g"), "==", "x"), Compare(Answer("g"), "==", "y")))),
        ("mrd('flow', 'p') >= 1e-4", Compare(Level("flow", "p"), ">=", D("1e-4"))),
        ("happened('fit')", Happened("fit", Span(), ())),
        ("exposed('drug', days=14)", Happened("drug", Span(days=14), ())),
        ("exposed('drug', months=3, except_for='x')", Happened("drug", Span(months=3), ("x",))),
        ("days_of('drug', months=1) >= 14", Compare(DaysOf("drug", Span(months=1), ()), ">=", D(14))),
        ("a or b and c", Any((read("a"), All((read("b"), read("c")))))),
    ],
)
def test_it_reads(text: str, expected: Expression) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "1",
        "'a'",
        "a = b",
        "a; b",
        "a.b",
        "a[0]",
        "f(a)",
        "lambda: a",
        "a if b else c",
        "__import__('os')",
        "a == b",
        "1 < 2",
        "a is True",
        "a not in ('x',)",
        "g in ()",
        "g in (1, 2)",
        "a > -1",
        "wbc > 0x10",
        "wbc > 1e999999999999999999999999",
        "wbc > 1j",
        "wbc > " + "9" * 5000,
        "mrd('flow')",
        "mrd('flow', 'p', deep=True) >= 0.1",
        "mrd('flow', 'p')",
        "days_of('drug')",
        "exposed(drug)",
        "exposed('drug', 'x')",
        "exposed('drug', months=0)",
        "exposed('drug', months=True)",
        "exposed('drug', months=1.5)",
        "exposed('drug', months=99999)",
        "exposed('drug', months=1, months=3)",
        "exposed('drug', months=1, days=3)",
        "exposed('drug', weeks=1)",
        "exposed('drug', **x)",
        "exposed('drug', except_for=())",
        "not " * 600 + "a",
        "not " * 10_000 + "a",
        "(" * 300 + "a" + ")" * 300,
        "a\0b",
    ],
)
def test_it_refuses_with_a_place_and_a_remedy(text: str) -> None:
    with pytest.raises(StudyRefused) as refused:
        read(text)
    assert refused.value.rule == "expression"
    assert refused.value.where.startswith("study.toml, criterion X")
    assert refused.value.do


def test_a_refusal_names_the_column() -> None:
    with pytest.raises(StudyRefused, match="column 7"):
        read("a and f(b)")


_WORDS = st.sampled_from(
    [
        "a", "wbc", "age_months", "mrd('flow','p')", "days_of('x', months=1)", "exposed('x')", "and", "or",
        "not", "**",
        "(", ")", "<", ">=", "==", "in", "is", "1", "0.001", "1e400", "0b1", "'x'", ",", "[", "]", "lambda",
        ":", "months=", "True", "None", "\n", "\\", "#", "f''", ":=", "...", "1_0", "yield",
    ]
)  # fmt: skip


@given(st.text(max_size=60) | st.lists(_WORDS, max_size=14).map(" ".join))
@example("a\\")
@example("\ud800")
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    try:
        expression = read(text)
    except StudyRefused:
        return
    assert list(leaves(expression))


T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
A, B = read("a"), read("b")


def answered(expression: Expression, a: Truth, b: Truth) -> Truth:
    return truth(expression, lambda leaf: a if leaf == A else b)


# Kleene, J. Symb. Logic 1938;3:150-155.
@pytest.mark.parametrize(
    ("a", "b", "both", "either"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (F, F, F, F),
        (T, U, U, T),
        (F, U, F, U),
        (U, U, U, U),
    ],
)
def test_and_or_are_kleene_s(a: Truth, b: Truth, both: Truth, either: Truth) -> None:
    for left, right in ((a, b), (b, a)):
        assert answered(All((A, B)), left, right) is both
        assert answered(Any((A, B)), left, right) is either


def test_not_leaves_unknown_unknown() -> None:
    assert [answered(Not(A), one, U) for one in (T, F, U)] == [F, T, U]


def test_knowing_more_never_turns_an_answer_over() -> None:
    expression = read("a and not b or not a and b")
    for a, b in itertools.product((T, F, U), repeat=2):
        before = answered(expression, a, b)
        for x, y in itertools.product((T, F), repeat=2):
            if before is not U and a in (U, x) and b in (U, y):
                assert answered(expression, x, y) is before
