"""The search for somebody who can be admitted, against trying everything."""

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.protocol.criteria import All, Answer, Any, Compare, Expression, Not, Truth, parse, truth
from remission.protocol.possible import possible, question
from remission.protocol.study import Study

FACTS = ("down_syndrome", "epilepsy", "from_cml", "sigm_positive")


@pytest.fixture(scope="module")
def study() -> Study:
    import io

    from remission.protocol.read_study import read_study
    from remission.studies import files

    return read_study(io.BytesIO(files("nct06607419").joinpath("study.toml").read_bytes()), name="study.toml")


leaf = st.sampled_from([Compare(Answer(fact), "==", value) for fact in FACTS for value in (True, False)])
expressions: st.SearchStrategy[Expression] = st.recursive(
    leaf,
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: Any(tuple(parts)))
    ),
    max_leaves=8,
)


@given(st.lists(st.tuples(expressions, st.sampled_from([Truth.TRUE, Truth.FALSE])), min_size=1, max_size=4))
@settings(max_examples=200)
def test_it_finds_what_trying_everything_finds(study: Study, rules: list[tuple[Expression, Truth]]) -> None:
    def fits(answers: dict[str, bool]) -> bool:
        def ask(leaf: Compare) -> Truth:
            return Truth.of(answers[leaf.term.fact] == leaf.value)

        return all(truth(expression, ask) is wanted for expression, wanted in rules)

    everything = (
        dict(zip(FACTS, values, strict=True)) for values in itertools.product((True, False), repeat=4)
    )
    assert possible(rules, study, {}) is any(fits(answers) for answers in everything)


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("wbc > 50 and wbc < 51", True),
        ("wbc > 50 and wbc < 50", False),
        ("wbc >= 50 and wbc <= 50", True),
        ("wbc < 0", False),
        ("wbc > 1500", False),
        ("wbc >= 1500", True),
        ("age_months > 3 and age_months < 4", False),
        ("age_months < 0", False),
        ("mrd('flow', 'd19') >= 0.001 and mrd('flow', 'd19') < 0.0010001", True),
        ("mrd('flow', 'd19') >= 0.001 and mrd('flow', 'd19') < 0.001", False),
        ("days_of('chemotherapy', days=10) > 10", False),
        ("days_of('chemotherapy', days=10) >= 10", True),
        ("days_of('chemotherapy') > 1000", True),
        ("risk == 'low' and risk == 'high'", False),
        ("risk != 'low' and risk != 'high'", True),
        ("epilepsy and not epilepsy", False),
        ("happened('convulsion') and not happened('convulsion')", False),
    ],
)
def test_numbers_are_tried_on_both_sides(study: Study, text: str, can: bool) -> None:
    assert possible([(parse(text, where="x"), Truth.TRUE)], study, {}) is can


def test_fixed_answers_hold(study: Study) -> None:
    rule = parse("risk == 'low' or epilepsy", where="x")
    assert possible([(rule, Truth.FALSE)], study, {Answer("risk"): "high"})
    assert not possible([(rule, Truth.FALSE)], study, {Answer("risk"): "low"})
    assert possible([(rule, Truth.TRUE)], study, {Answer("risk"): "high"})


def test_many_independent_questions_are_quick_even_when_one_is_impossible(study: Study) -> None:
    yes_no = [fact.id for fact in study.facts if fact.kind == "yes_no"]
    rules = [(parse(f"{fact} or not {fact}", where="x"), Truth.TRUE) for fact in yes_no]
    rules.append((parse("wbc < 0", where="x"), Truth.TRUE))
    assert not possible(rules, study, {})


def test_a_question_is_what_is_asked() -> None:
    assert question(Compare(Answer("a"), "==", Decimal(1))) == Answer("a")
