"""Operating characteristics of staged designs against a slow version, and their invariances."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.staged import Look, Operating, Staged, operating, operating_many, operating_table


def slowly(design: Staged, rate: float, *, binding: bool = True) -> Operating:
    """The same, as a dictionary of the counts still alive after each participant."""
    alive: dict[int, float] = {0: 1.0}
    before, futility, efficacy, expected = 0, list[float](), list[float](), 0.0
    for place, look in enumerate(design.looks, start=1):
        for _ in range(look.n - before):
            moved: dict[int, float] = {}
            for count, chance in alive.items():
                moved[count] = moved.get(count, 0.0) + chance * (1 - rate)
                moved[count + 1] = moved.get(count + 1, 0.0) + chance * rate
            alive = moved
        before = look.n
        keeps = binding or place == len(design.looks)
        low = look.futility if keeps and look.futility is not None else -1
        high = look.n + 1 if look.efficacy is None else look.efficacy
        futility.append(sum(chance for count, chance in alive.items() if count <= low))
        efficacy.append(sum(chance for count, chance in alive.items() if count >= high))
        alive = {count: chance for count, chance in alive.items() if low < count < high}
        expected += look.n * (futility[-1] + efficacy[-1])
    early = sum(futility[:-1]) + sum(efficacy[:-1])
    return Operating(rate, sum(efficacy), tuple(futility), tuple(efficacy), expected, early)


@st.composite
def staged(draw: st.DrawFn) -> Staged:
    """Any design of one to five looks, at most 40 participants."""
    sizes = sorted(draw(st.sets(st.integers(1, 40), min_size=1, max_size=5)))
    looks: list[Look] = []
    for n in sizes[:-1]:
        low = draw(st.integers(-1, n))
        high = draw(st.integers(low + 1, n + 1))
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
    final = draw(st.integers(0, sizes[-1] - 1))
    return Staged((*looks, Look(sizes[-1], final, final + 1)))


@settings(max_examples=150, deadline=None)
@given(staged(), st.floats(0, 1), st.booleans())
def test_as_the_slow_version(design: Staged, rate: float, binding: bool) -> None:
    quick, slow = operating(design, rate, binding=binding), slowly(design, rate, binding=binding)
    for name in ("rejects", "futility", "efficacy", "expected_n", "early"):
        assert getattr(quick, name) == pytest.approx(getattr(slow, name), rel=1e-12, abs=1e-14), name


@settings(max_examples=60, deadline=None)
@given(staged())
def test_every_trial_ends_once_and_favour_grows_with_the_rate(design: Staged) -> None:
    rows = operating_many(design, [rate / 20 for rate in range(21)])
    for row in rows:
        assert sum(row.futility) + sum(row.efficacy) == pytest.approx(1, abs=1e-12)
        assert design.looks[0].n - 1e-9 <= row.expected_n <= design.n + 1e-9
    favour = [row.rejects for row in rows]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(favour))


@settings(max_examples=60, deadline=None)
@given(staged(), st.floats(0.01, 0.99))
def test_counting_failures_instead_mirrors_the_design(design: Staged, rate: float) -> None:
    mirrored = Staged(
        tuple(
            Look(
                look.n,
                None if look.efficacy is None else look.n - look.efficacy,
                None if look.futility is None else look.n - look.futility,
            )
            for look in design.looks
        )
    )
    here, there = operating(design, rate), operating(mirrored, 1 - rate)
    assert here.futility == pytest.approx(there.efficacy, rel=1e-9, abs=1e-13)
    assert here.expected_n == pytest.approx(there.expected_n, rel=1e-12)


def test_without_futility_more_trials_end_in_favour() -> None:
    design = Staged((Look(19, 6, None), Look(39, 16, 17)))
    table = operating_table(design, (0.3, 0.5))
    # clinfun ph2simon(.3, .5, .05, .2) optimal 5/15 18/46 aside: any two-stage design loses by stopping
    assert table.not_binding[0] > table.rows[0].rejects
    assert table.not_binding[1] > table.rows[1].rejects
    assert "0.5" in table.text() and "<caption>" in table.html() and "toprule" in table.latex()
    assert [line.points[0][0] for line in table.chart().lines] == [0.3] * 3


def test_boundaries_print_and_draw() -> None:
    design = Staged((Look(10, 1, None), Look(29, 5, 6)))
    assert "≤ 1 (10.0 %)" in design.text() and "≥ 6 (20.7 %)" in design.text("zh")
    chart = design.chart()
    assert chart.lines[0].points == ((29, 6),) and chart.lines[1].points == ((10, 1), (29, 5))


def test_large_designs_lose_no_chance() -> None:
    design = Staged((Look(1000, 300, 700), Look(2000, 999, 1000)))
    row = operating(design, 0.5)
    assert sum(row.futility) + sum(row.efficacy) == pytest.approx(1, abs=1e-11)
    assert np.isfinite(row.expected_n)


@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(InputRefused, match="not a rate"):
        operating(Staged((Look(10, 4, 5),)), rate)


@pytest.mark.parametrize(
    "looks",
    [(), (Look(10, 4, 6),), (Look(10, 2, None), Look(10, 4, 5)), (Look(10, 6, 5), Look(20, 9, 10))],
)
def test_an_impossible_design_is_refused(looks: tuple[Look, ...]) -> None:
    with pytest.raises(InputRefused):
        Staged(looks)
