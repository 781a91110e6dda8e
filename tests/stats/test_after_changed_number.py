"""After stopping at another number than planned: one answer with the changed final count, and exact."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.after import AfterStopping, after
from remission.stats.designs.changed import changed_at_the_end
from remission.stats.designs.conditional_error import ConditionalOrder
from remission.stats.designs.reached import counts_reached
from remission.stats.designs.staged import Look, Staged, operating

SIMON = Staged((Look(15, 5, None), Look(46, 18, 19)))
MINIMAX = Staged((Look(19, 6, None), Look(39, 16, 17)))
BOTH = Staged((Look(20, 6, 14), Look(40, 16, 24), Look(60, 30, 31)))
LOW = Staged((Look(12, 1, None), Look(20, 5, 6)))  # the interim look may reach the last count alone
ONE = Staged((Look(30, 12, 13),))
HARD = Staged((Look(10, 1, None), Look(20, 14, 15)))  # some that go on cannot reach the last count


def at_least(x: int, n: int, p: float) -> float:
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(max(x, 0), n + 1))


def mass(x: int, n: int, p: float) -> float:
    return math.comb(n, x) * p**x * (1 - p) ** (n - x) if 0 <= x <= n else 0.0


def slowly(plan: Staged, before: int, x2: int, m2: int, p: float) -> float:
    """pval.st2 of Koyama and Chen's own R code for two-stage plans, with pi* by halving."""
    (n1, r1), (n, r) = ((look.n, look.futility or 0) for look in plan.looks)
    reached = at_least(x2, m2, p)
    low, high = 0.0, 1.0
    for _ in range(80):
        pi = (low + high) / 2
        low, high = (pi, high) if at_least(r + 1 - before, n - n1, pi) < reached else (low, pi)
    return math.fsum(mass(x, n1, p) * at_least(r + 1 - x, n - n1, high) for x in range(r1 + 1, n1 + 1))


@cache
def found(plan: Staged, before: int, x2: int, m2: int, p0: float, level: float = 0.9) -> AfterStopping:
    n = m2 + (plan.looks[-2].n if len(plan.looks) > 1 else 0)
    last = len(plan.looks)
    return after(plan, look=last, responders=before + x2, n=n, before=before, p0=p0, level=level)


# the audit's numbers: n, interim count, responders at the end, p by Koyama and Chen's pval.st2
@pytest.mark.parametrize(
    ("n", "before", "responders", "p", "claims"),
    [
        (43, 8, 18, 0.0509103780, False), (43, 8, 19, 0.0281597241, True),
        (49, 6, 20, 0.0510729590, False), (49, 6, 21, 0.0306138340, True),
        (40, 8, 17, 0.0519896587, False), (40, 8, 18, 0.0278439009, True),
    ],
)  # fmt: skip
def test_the_p_of_koyama_and_chen(n: int, before: int, responders: int, p: float, claims: bool) -> None:
    one = found(SIMON, before, responders - before, n - 15, 0.3)
    assert one.p == pytest.approx(p, abs=5e-11)
    assert one.p == pytest.approx(slowly(SIMON, before, responders - before, n - 15, 0.3), rel=1e-10)
    assert one.claims is claims and (one.interval.lower > 0.3) is claims
    assert one.n == n and one.plain == responders / n
    assert one.unbiased is None and one.bias_of_plain is None


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([SIMON, MINIMAX, BOTH, LOW, ONE, HARD]),
    st.sampled_from([0.1, 0.3, 0.4, 0.55]),
    st.integers(1, 50),
    st.data(),
)
def test_it_claims_exactly_where_the_changed_final_count_does(
    plan: Staged, p0: float, more: int, data: st.DataObject
) -> None:
    seen = plan.looks[-2].n if len(plan.looks) > 1 else 0
    try:
        ended = changed_at_the_end(plan, seen + more, p0=p0, p1=0.7)
    except InputRefused:
        return
    one = data.draw(st.sampled_from(ended.counts))
    x2 = data.draw(st.integers(0, more))
    # the level at which the lower limit speaks of the plan's own size
    size = operating(plan, p0).rejects
    if size < 1e-6:  # halving finds a limit to 1e-16 and no further
        return
    here = found(plan, one.before, x2, more, p0, 1 - 2 * size if size < 0.5 else 0.5)
    claims = one.critical is not None and one.before + x2 >= one.critical
    assert here.claims is claims
    assert (here.p <= size * (1 + 1e-9)) is claims
    if size < 0.5:
        assert (here.interval.lower >= p0 - 1e-9) is claims
    assert here.size == size and here.changed is not None and here.changed.critical == one.critical


@pytest.mark.parametrize(("plan", "p0"), [(SIMON, 0.3), (LOW, 0.3), (HARD, 0.6)])
def test_no_choice_of_n_by_the_interim_result_spends_more(plan: Staged, p0: float) -> None:
    (n1, r1), marks = (plan.looks[0].n, plan.looks[0].futility or 0), [0.005, 0.01, 0.05, 0.1, 0.3, 0.6, 0.9]
    marks.append(operating(plan, p0).rejects)
    spent = dict.fromkeys(marks, 0.0)
    for before in range(r1 + 1, n1 + 1):
        worst = dict.fromkeys(marks, 0.0)
        for more in (1, 2, 3, 5, 8, 13, 20, 31, 33, 50):
            ps = [ConditionalOrder(plan, before, x2, more).at_least(p0) for x2 in range(more + 1)]
            for mark in marks:
                chance = math.fsum(mass(x2, more, p0) for x2, p in enumerate(ps) if p <= mark)
                worst[mark] = max(worst[mark], chance)
        for mark in marks:
            spent[mark] += mass(before, n1, p0) * worst[mark]
    assert all(total <= mark * (1 + 1e-9) for mark, total in spent.items())
    assert spent[marks[-1]] > 0.5 * marks[-1]


def test_the_stage_wise_p_would_spend_more() -> None:
    # the audit: 'p <= .05' by stage, with n chosen by the interim result, has a type I error above .05
    worst = 0.0
    for before in range(6, 16):
        best = 0.0
        for n in range(17, 90):
            for total in range(before, n - 15 + before + 1):
                if by_stage(n, total) <= 0.05:
                    best = max(best, at_least(total - before, n - 15, 0.3))
                    break
        worst += mass(before, 15, 0.3) * best
    assert worst == pytest.approx(0.0665, abs=5e-5)


@cache
def by_stage(n: int, total: int) -> float:
    return math.fsum(mass(x, 15, 0.3) * at_least(total - x, n - 15, 0.3) for x in range(6, 16))


@pytest.mark.parametrize("plan", [LOW, HARD])
@pytest.mark.parametrize("later", [range(3, 16), range(14, 1, -1), (2, 7, 12) * 5])
def test_intervals_cover_at_every_rate_however_n_was_chosen(plan: Staged, later: Sequence[int]) -> None:
    (first, last), level = plan.looks, 0.9
    low = first.futility or 0
    stopped = [after(plan, look=1, responders=x, p0=0.5, level=level) for x in range(low + 1)]
    for step in range(2, 100, 3):
        rate = step / 100
        missed = [0.0, 0.0]
        for x, one in enumerate(stopped):
            for side, out in enumerate((one.interval.lower > rate, one.interval.upper < rate)):
                missed[side] += out * mass(x, first.n, rate)
        for before in range(low + 1, first.n + 1):
            more = later[before]
            for x2 in range(more + 1):
                one = found(plan, before, x2, more, 0.5, level)
                chance = mass(before, first.n, rate) * mass(x2, more, rate)
                for side, out in enumerate((one.interval.lower > rate, one.interval.upper < rate)):
                    missed[side] += out * chance
        assert max(missed) <= (1 - level) / 2 + 1e-12, rate
    assert last.n == 20


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([SIMON, BOTH, LOW, ONE, HARD]), st.integers(1, 40), st.data())
def test_more_responders_say_more(plan: Staged, more: int, data: st.DataObject) -> None:
    before = data.draw(st.sampled_from(changed_at_the_end(plan, plan.n, p0=0.3, p1=0.7).counts)).before
    x2 = data.draw(st.integers(0, more - 1))
    less, most = (found(plan, before, x, more, 0.3) for x in (x2, x2 + 1))
    assert most.p <= less.p * (1 + 1e-12)
    assert most.interval.lower >= less.interval.lower - 1e-12
    assert most.interval.upper >= less.interval.upper - 1e-12
    assert less.interval.lower - 1e-9 <= less.median <= less.interval.upper + 1e-9


def test_as_many_as_planned_at_the_boundary_is_the_plan() -> None:
    for before in range(6, 16):
        one = found(SIMON, before, 19 - before, 31, 0.3)
        assert one.p == pytest.approx(operating(SIMON, 0.3).rejects, rel=1e-11)


def test_one_look_with_another_number_is_the_exact_test() -> None:
    assert found(ONE, 0, 11, 25, 0.3).p == pytest.approx(at_least(11, 25, 0.3), rel=1e-11)


def test_it_says_what_was_needed_and_when_it_is_valid() -> None:
    one = found(SIMON, 8, 10, 28, 0.3)
    assert "43 need ≥ 19" in one.text() and "Not claimed" in one.text() and "chosen" in one.text()
    assert "条件错误率" in one.html("zh")
    assert [row.label.en for row in one.chart().rows] == [
        "plain, looks ignored",
        "median-unbiased",
        "Koyama-Chen",
    ]
    late = after(Staged((Look(15, 5, None), Look(43, 18, 19))), look=2, responders=18, p0=0.3)
    assert "did not depend on the answers" in late.text() and not late.claims and late.p > late.size


@pytest.mark.parametrize(
    "change",
    [
        {"before": None},
        {"n": None},
        {"look": 1},
        {"n": 15},
        {"before": 5},
        {"responders": 7},
        {"responders": 37},
    ],
)
def test_what_cannot_have_been_is_refused(change: dict[str, Any]) -> None:
    asked: dict[str, Any] = {"look": 2, "responders": 18, "n": 43, "before": 8, "p0": 0.3}
    with pytest.raises(InputRefused):
        after(SIMON, **asked | change)


def test_koyama_and_chen_without_an_upper_limit_print_a_dash_and_are_not_drawn() -> None:
    one = after(MINIMAX, look=1, responders=0, p0=0.3)
    assert (one.koyama_chen.estimate, one.koyama_chen.lower, one.koyama_chen.upper) == (None, 0.0, None)
    assert "0.0000 to 0.0000" not in one.text()
    assert [row.label.en for row in one.chart().rows][-1] == "median-unbiased"
    assert "below 95 %" in one.text() and "exact" in one.text()


def test_reached_is_counted_not_weighed() -> None:
    # 0.5 to the power of 1200 is 0 in doubles
    one = after(Staged((Look(1200, 600, 601),)), look=1, responders=0, p0=0.3)
    assert one.interval.upper == pytest.approx(1 - 0.025 ** (1 / 1200), rel=1e-9)
    odd = Staged((Look(600, 590, None), Look(1200, 700, 701)))
    assert after(odd, look=2, responders=591, p0=0.3).unbiased == 591 / 600
    ended = changed_at_the_end(Staged((Look(1100, 5, None), Look(1200, 700, 701))), 1200, p0=0.5, p1=0.6)
    assert [ended.counts[0].before, ended.counts[-1].before] == [6, 1100]
    assert counts_reached(Staged((Look(5, 4, None), Look(9, 8, 9)))) == (range(6), range(5, 10))
    assert counts_reached(Staged((Look(5, 2, 3), Look(9, 5, 6)))) == (range(6), range(0))
