import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from remission.errors import InputRefused
from remission.mrd.flow.gates.histogram import density, shares

VALUES = st.floats(width=32, allow_nan=True, allow_infinity=True) | st.floats(-0.2, 1.2)


def place(value: float, low: float, high: float, bins: int) -> int:
    """The bin, said slowly."""
    if np.isnan(value) or value < low:
        return 0
    for number in range(bins):
        if (value - low) * (bins / (high - low)) < number + 1:
            return number
    return bins - 1


@settings(deadline=None)  # the first call compiles
@given(st.integers(0, 40).flatmap(lambda n: st.tuples(*[arrays(np.float64, n, elements=VALUES)] * 2)),
       st.integers(1, 9), st.data())  # fmt: skip
def test_every_event_is_counted_where_the_slow_version_counts_it(
    xy: tuple[np.ndarray, np.ndarray], bins: int, data: st.DataObject
) -> None:
    x, y = xy
    mask = data.draw(arrays(np.bool_, len(x)))
    low, high = (-0.1, 0.0), (1.1, 0.9)
    expected = np.zeros((bins, bins), np.int64)
    for a, b, wanted in zip(x, y, mask, strict=True):
        if wanted:
            expected[place(b, low[1], high[1], bins), place(a, low[0], high[0], bins)] += 1
    found = density(x, y, mask, bins, low=low, high=high)
    assert np.array_equal(found, expected) and found.sum() == mask.sum()
    one = shares(x, mask, bins, low=low[0], high=high[0])
    assert np.array_equal(one, found.sum(axis=0) if low[0] == -0.1 else one) and one.sum() == mask.sum()


def test_the_lowest_y_is_the_first_row_and_what_lies_beyond_is_at_the_edge() -> None:
    x = np.array([0.5, -7.0, np.inf, np.nan])
    y = np.array([0.1, 0.1, 0.9, -np.inf])
    found = density(x, y, np.ones(4, bool), 4)
    assert found[0, 2] == 1 and found[0, 0] == 2 and found[3, 3] == 1


@pytest.mark.parametrize("events", [0, 1, 10])
def test_few_events(events: int) -> None:
    x = np.linspace(0, 1, events)
    assert density(x, x, np.ones(events, bool)).sum() == events


@pytest.mark.parametrize(
    ("low", "high", "bins"), [((0, 0), (0, 1), 4), ((0, 0), (1, np.nan), 4), ((0, 0), (1, 1), 0)]
)
def test_an_axis_without_extent_is_refused(
    low: tuple[float, float], high: tuple[float, float], bins: int
) -> None:
    with pytest.raises(InputRefused):
        density(np.zeros(3), np.zeros(3), np.ones(3, bool), bins, low=low, high=high)


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(InputRefused, match="3, 4 and 3 events"):
        density(np.zeros(3), np.zeros(4), np.ones(3, bool))


def test_arrays_that_are_not_contiguous_are_counted_all_the_same() -> None:
    values = np.random.default_rng(1).random((50, 4))
    mask = np.ones(100, bool)[::2]
    assert np.array_equal(
        density(values[:, 1], values[:, 3], mask),
        density(values[:, 1].copy(), values[:, 3].copy(), mask.copy()),
    )
