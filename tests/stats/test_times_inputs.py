"""What is not an outcome, or not a cause, is refused by every function that takes one, naming the person."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from remission.errors import InputRefused
from remission.stats.times.competing import cumulative_incidence
from remission.stats.times.cox import cox
from remission.stats.times.gray import gray_test
from remission.stats.times.historical import exponential
from remission.stats.times.landmark import landmark
from remission.stats.times.logrank import log_rank
from remission.stats.times.one_sample import one_sample_log_rank
from remission.stats.times.rmst import restricted_mean
from remission.stats.times.survival import kaplan_meier, product_limit

TIMES, GROUPS = [1.0, 2.0, 3.0, 4.0], list("abab")
OF_OUTCOMES: list[Callable[[Any], object]] = [
    lambda seen: kaplan_meier(TIMES, seen),
    lambda seen: product_limit(TIMES, seen),
    lambda seen: log_rank(TIMES, seen, GROUPS),
    lambda seen: restricted_mean(TIMES, seen, 3.0),
    lambda seen: one_sample_log_rank(TIMES, seen, exponential(rate=0.1)),
    lambda seen: landmark(TIMES, seen, GROUPS, [0.0] * 4, 0.5),
    lambda seen: cox(TIMES, seen, {"x": [1.0, 0.0, 0.5, 2.0]}),
]
OF_CAUSES: list[Callable[[Any], object]] = [
    lambda causes: cumulative_incidence(TIMES, causes, 1),
    lambda causes: gray_test(TIMES, causes, GROUPS, 1),
]


@pytest.mark.parametrize("act", OF_OUTCOMES)
@pytest.mark.parametrize("wrong", [None, float("nan"), "no", "", 2, -1, 0.5, [True]])
def test_what_does_not_say_if_the_event_was_observed(act: Callable[[Any], object], wrong: object) -> None:
    with pytest.raises(InputRefused) as refused:
        act([True, False, wrong, True])
    assert refused.value.where == "person 3" and repr(wrong) in refused.value.what


@pytest.mark.parametrize("act", OF_OUTCOMES)
def test_truths_and_0_and_1_are_the_same_in_whatever_they_come(act: Callable[[Any], object]) -> None:
    plain = act([True, False, True, True])
    ways: list[Sequence[object] | np.ndarray] = [
        [1, 0, 1, 1],
        [1.0, False, 1, True],
        np.array([1, 0, 1, 1]),
        np.array([True, False, True, True], dtype=object),
        [np.bool_(True), np.bool_(False), np.int64(1), np.float64(1)],
    ]
    for seen in ways:
        assert repr(act(seen)) == repr(plain)


@pytest.mark.parametrize("act", OF_CAUSES)
@pytest.mark.parametrize("wrong", [None, float("nan"), float("inf"), "1", 1.7, -1, 2.0**40])
def test_what_is_not_a_cause(act: Callable[[Any], object], wrong: object) -> None:
    with pytest.raises(InputRefused, match="is not a cause") as refused:
        act([1, wrong, 2, 0])
    assert refused.value.where == "person 2" and repr(wrong) in refused.value.what


@pytest.mark.parametrize("cause", [0, -1, 1.5, float("nan")])
def test_the_cause_asked_for(cause: Any) -> None:
    for act in (
        lambda: cumulative_incidence(TIMES, [1, 0, 2, 1], cause),
        lambda: gray_test(TIMES, [1, 0, 2, 1], GROUPS, cause),
    ):
        with pytest.raises(InputRefused, match="is asked for"):
            act()


def test_causes_of_any_whole_kind() -> None:
    plain = cumulative_incidence(TIMES, [1, 0, 2, 1], 1)
    assert cumulative_incidence(TIMES, [1.0, 0, 2, np.int64(1)], 1) == plain  # type: ignore[list-item]
    assert cumulative_incidence(TIMES, np.array([1, 0, 2, 1], dtype=object), 1) == plain  # type: ignore[arg-type]
