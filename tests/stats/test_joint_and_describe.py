"""Combined tests and descriptions, against numpy, printed examples and slow versions."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.describe import Description, describe
from remission.stats.pairs.joint import both_required, holm

p_values = st.lists(st.integers(0, 1000).map(lambda i: i / 1000), min_size=1, max_size=5)


def test_both_required_is_the_larger() -> None:
    assert both_required([0.001, 0.03]) == 0.03


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([0.6, 0.7]) == (1.0, 1.0)


@given(p_values)
def test_holm_equals_closed_testing_with_bonferroni(ps: list[float]) -> None:
    """Adjusted p of one endpoint: the largest Bonferroni p over every set of endpoints that holds it."""
    everything = range(len(ps))
    for index, adjusted in enumerate(holm(ps)):
        sets = [s for size in range(1, len(ps) + 1) for s in combinations(everything, size) if index in s]
        slow = max(min(1.0, len(s) * min(ps[i] for i in s)) for s in sets)
        assert adjusted == pytest.approx(slow, abs=1e-12)


@pytest.mark.parametrize("ps", [[], [0.1, math.nan], [1.5]])
def test_what_is_not_a_p_value_is_refused(ps: list[float]) -> None:
    for method in (both_required, holm):
        with pytest.raises(InputRefused, match="not p-values"):
            method(ps)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30))
def test_describe_equals_numpy_on_the_known_values(values: list[float | None]) -> None:
    known = np.array([v for v in values if v is not None])
    told = describe(values)
    assert (told.n, told.missing) == (known.size, len(values) - known.size)
    if known.size == 0:
        assert told == Description(0, len(values), None, None, None, None, None, None, None)
        return
    quartiles = np.percentile(known, [25, 50, 75])
    assert (told.lower_quartile, told.median, told.upper_quartile) == pytest.approx(
        tuple(quartiles), abs=1e-6
    )
    assert told.mean == pytest.approx(float(known.mean()), abs=1e-6)
    assert (told.minimum, told.maximum) == (known.min(), known.max())
    if known.size == 1:
        assert told.sd is None
    else:
        assert told.sd == pytest.approx(float(known.std(ddof=1)), rel=1e-9, abs=1e-6)


def test_type_7_quartiles() -> None:
    told = describe([1, 2, 3, 4, None])
    assert (told.lower_quartile, told.median, told.upper_quartile) == (1.75, 2.5, 3.25)
    assert told.missing == 1


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_missing_value_must_be_none(value: float) -> None:
    with pytest.raises(InputRefused, match="where: value 2"):
        describe([1.0, value])
