"""More or fewer than planned: conditional error kept, type I error by enumeration."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.changed import changed_at_the_end, changed_looks
from remission.stats.designs.staged import Look, Staged, operating

SIMON = Staged((Look(15, 5, None), Look(46, 18, 19)))
BOTH = Staged((Look(20, 6, 14), Look(40, 16, 24), Look(60, 30, 31)))


def at_least(x: int, n: int, p: float) -> float:
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(max(x, 0), n + 1))


def test_as_planned_is_the_plan() -> None:
    found = changed_at_the_end(SIMON, 46, p0=0.3, p1=0.5)
    assert {one.critical for one in found.counts if one.before <= 15} == {19}
    assert found.size == pytest.approx(operating(SIMON, 0.3).rejects, rel=1e-12)
    assert found.power == pytest.approx(operating(SIMON, 0.5).rejects, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(19, 80), st.sampled_from([0.2, 0.3, 0.4]))
def test_conditional_and_whole_type_one_error_are_kept(n: int, p0: float) -> None:
    found = changed_at_the_end(SIMON, n, p0=p0, p1=0.5)
    whole = 0.0
    for one in found.counts:
        assert one.planned_error == pytest.approx(at_least(19 - one.before, 31, p0), rel=1e-11)
        assert one.error <= one.planned_error * (1 + 1e-11)
        if one.critical is not None:
            assert one.error == pytest.approx(at_least(one.critical - one.before, n - 15, p0), rel=1e-11)
            if one.critical > one.before:
                assert at_least(one.critical - 1 - one.before, n - 15, p0) > one.planned_error
        stage_one = math.comb(15, one.before) * p0**one.before * (1 - p0) ** (15 - one.before)
        whole += stage_one * one.error
    assert found.size == pytest.approx(whole, rel=1e-10)
    assert found.size <= found.planned_size * (1 + 1e-11)


def test_even_if_n_is_chosen_by_the_interim_result_type_one_error_holds() -> None:
    # the worst choice: for each interim count the n whose conditional error is largest
    errors: dict[int, float] = {}
    for n in range(20, 90):
        for one in changed_at_the_end(SIMON, n, p0=0.3, p1=0.5).counts:
            errors[one.before] = max(errors.get(one.before, 0.0), one.error)
    whole = sum(math.comb(15, x) * 0.3**x * 0.7 ** (15 - x) * error for x, error in errors.items())
    assert whole <= operating(SIMON, 0.3).rejects + 1e-12
    # while the planned count, at an n so chosen, would not hold it
    kept = sum(
        math.comb(15, x)
        * 0.3**x
        * 0.7 ** (15 - x)
        * max(at_least(19 - x, n - 15, 0.3) for n in range(20, 90))
        for x in range(6, 16)
    )
    assert kept > 0.2


def test_three_looks_with_efficacy() -> None:
    for n in (50, 60, 75):
        found = changed_at_the_end(BOTH, n, p0=0.4, p1=0.6)
        assert found.size <= found.planned_size * (1 + 1e-12)
        assert [one.before for one in found.counts] == list(range(17, 24))
        assert found.critical(20) == next(one.critical for one in found.counts if one.before == 20)
    with pytest.raises(InputRefused, match="had stopped"):
        found.critical(24)


def test_one_stage_keeps_its_size() -> None:
    one = Staged((Look(90, 71, 72),))
    found = changed_at_the_end(one, 84, p0=0.7, p1=0.85)
    critical = found.critical(0)
    assert critical is not None
    assert found.size == pytest.approx(at_least(critical, 84, 0.7), rel=1e-11)
    assert found.size <= at_least(72, 90, 0.7) < at_least(critical - 1, 84, 0.7)


def test_looks_at_other_numbers_hold_alpha_and_spend_no_more() -> None:
    for sizes in ((13, 46), (15, 46), (17, 44), (19, 50)):
        found = changed_looks(SIMON, sizes, p0=0.3, p1=0.5, alpha=0.05)
        assert tuple(look.n for look in found.attained.looks) == sizes
        assert found.now[0].rejects <= 0.05
        assert found.now[1].futility[0] <= found.before[1].futility[0] * (1 + 1e-12)
        low = found.attained.looks[0].futility
        more = Staged((Look(sizes[0], (low or -1) + 1, None), found.attained.looks[1]))
        assert low is None or operating(more, 0.5).futility[0] > found.before[1].futility[0]
        last = found.attained.looks[1].efficacy
        assert last is not None
        less = Staged((found.attained.looks[0], Look(sizes[1], last - 2, last - 1)))
        assert operating(less, 0.3).rejects > 0.05
    assert changed_looks(SIMON, (15, 46), p0=0.3, p1=0.5, alpha=0.05).attained == SIMON


def test_looks_with_efficacy_at_other_numbers() -> None:
    alpha = operating(BOTH, 0.4).rejects
    assert changed_looks(BOTH, (20, 40, 60), p0=0.4, p1=0.6, alpha=alpha).attained == BOTH
    found = changed_looks(BOTH, (23, 38, 63), p0=0.4, p1=0.6, alpha=alpha)
    assert found.now[0].rejects <= alpha * (1 + 1e-12)
    assert "23" in found.text() and "实际" in found.text("zh")


SAFE = Staged((Look(20, 10, None), Look(40, 20, None), Look(60, 36, 37)))


def test_a_plan_safe_without_its_stops_stays_safe() -> None:
    # sizes of the plan at .5: .0410 with the stops, .0462 without; the smallest count that holds .05 with the
    # stops kept has .0464, and .0544 without
    assert operating(SAFE, 0.5, binding=False).rejects == pytest.approx(0.04623, abs=5e-6)
    kept = changed_looks(SAFE, (20, 40, 66), p0=0.5, p1=0.7, alpha=0.05)
    assert not kept.binding and not kept.rests_on_stops and kept.attained.looks[-1].efficacy == 41
    assert kept.now[0].rejects <= kept.not_binding <= 0.05
    assert "WARNING" not in kept.text()
    rests = changed_looks(SAFE, (20, 40, 66), p0=0.5, p1=0.7, alpha=0.05, binding=True)
    assert rests.attained.looks[-1].efficacy == 40
    assert rests.now[0].rejects == pytest.approx(0.04644, abs=5e-6)
    assert rests.not_binding == pytest.approx(0.05443, abs=5e-6) and rests.rests_on_stops
    assert "WARNING" in rests.text() and "0.05443" in rests.text() and "警告" in rests.html("zh")


@settings(max_examples=25, deadline=None)
@given(st.integers(14, 30), st.integers(35, 55), st.integers(56, 75), st.sampled_from([True, False]))
def test_the_size_that_was_asked_for_is_held_and_no_smaller_count_does(
    first: int, second: int, last: int, binding: bool
) -> None:
    found = changed_looks(SAFE, (first, second, last), p0=0.5, p1=0.7, alpha=0.05, binding=binding)
    assert operating(found.attained, 0.5, binding=binding).rejects <= 0.05
    count = found.attained.looks[-1].efficacy or 0
    less = Staged((*found.attained.looks[:-1], Look(last, count - 2, count - 1)))
    assert operating(less, 0.5, binding=binding).rejects > 0.05


def test_a_plan_that_rests_on_its_stops_says_so() -> None:
    found = changed_looks(SIMON, (15, 46), p0=0.3, p1=0.5, alpha=0.05)
    assert found.binding and found.rests_on_stops and "WARNING" in found.text()
    held = changed_looks(SIMON, (15, 46), p0=0.3, p1=0.5, alpha=0.05, binding=False)
    assert held.not_binding <= 0.05 and held.attained.looks[-1].efficacy == 20


def test_it_prints() -> None:
    found = changed_at_the_end(SIMON, 43, p0=0.3, p1=0.5)
    assert "n = 43, 46 planned" in found.text() and "条件错误率" in found.html("zh")


def test_what_cannot_hold_is_refused() -> None:
    with pytest.raises(InputRefused, match="last interim look"):
        changed_at_the_end(SIMON, 15, p0=0.3, p1=0.5)
    with pytest.raises(InputRefused, match="may reject"):
        changed_at_the_end(Staged((Look(30, 20, 21),)), 3, p0=0.3, p1=0.5)
    for sizes in ((15,), (46, 15), (15, 15)):
        with pytest.raises(InputRefused, match="looks"):
            changed_looks(SIMON, sizes, p0=0.3, p1=0.5, alpha=0.05)
    with pytest.raises(InputRefused, match="holds alpha"):
        changed_looks(Staged((Look(30, 20, 21),)), (2,), p0=0.3, p1=0.5, alpha=0.05)
