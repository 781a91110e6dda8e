"""Error spending on the exact binomial, against a slow version that keeps every count in a dictionary."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.exact_spending import exact_spending, spending_design
from remission.stats.designs.spending import HwangShihDeCani, ObrienFleming, Pocock, Spending
from remission.stats.designs.staged import Look, operating
from remission.stats.rates.proportions import critical_value

spendings = st.sampled_from([ObrienFleming(), Pocock(), HwangShihDeCani(-4), HwangShihDeCani(1)])
sizes_of = st.sets(st.integers(1, 40), min_size=1, max_size=5).map(sorted)


def moved(alive: dict[int, float], people: int, p: float) -> dict[int, float]:
    for _ in range(people):
        later: dict[int, float] = {}
        for count, chance in alive.items():
            later[count] = later.get(count, 0.0) + chance * (1 - p)
            later[count + 1] = later.get(count + 1, 0.0) + chance * p
        alive = later
    return alive


def slowly(
    sizes: list[int], p0: float, alpha: float, spending: Spending, p1: float, beta: float, binding: bool
) -> list[Look]:
    null, truth, used, missed, before = {0: 1.0}, {0: 1.0}, 0.0, 0.0, 0
    looks: list[Look] = []
    floor = 0
    for n in sizes:
        null, truth = moved(null, n - before, p0), moved(truth, n - before, p1)
        may, lose = spending.spent(alpha, n / sizes[-1]) - used, spending.spent(beta, n / sizes[-1]) - missed
        high = next(r for r in range(n + 2) if sum(c for x, c in null.items() if x >= r) <= may * (1 + 1e-12))
        high = max(high, floor)
        low = max(
            r for r in range(-1, n + 1) if sum(c for x, c in truth.items() if x <= r) <= lose * (1 + 1e-12)
        )
        low = min(low, high - 1)
        if n == sizes[-1] or low == high - 1:
            return [*looks, Look(n, high - 1, high)]
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
        used += sum(c for x, c in null.items() if x >= high)
        missed += sum(c for x, c in truth.items() if x <= low)
        truth = {x: c for x, c in truth.items() if low < x < high}
        null = {x: c for x, c in null.items() if x < high and (x > low or not binding)}
        before, floor = n, low + 1
    raise AssertionError("the last look returns")


@settings(max_examples=60, deadline=None)
@given(sizes_of, spendings, st.floats(0.1, 0.7), st.floats(0.01, 0.2), st.booleans())
def test_as_the_slow_version(
    sizes: list[int], spending: Spending, p0: float, alpha: float, binding: bool
) -> None:
    p1 = p0 + 0.2
    ours = exact_spending(sizes, p0, alpha, spending, p1=p1, beta=0.2, futility=spending, binding=binding)
    assert list(ours.looks) == slowly(sizes, p0, alpha, spending, p1, 0.2, binding)


@settings(max_examples=60, deadline=None)
@given(sizes_of, spendings, st.floats(0.05, 0.8), st.floats(0.01, 0.2))
def test_never_more_than_may_be_spent_at_any_look(
    sizes: list[int], spending: Spending, p0: float, alpha: float
) -> None:
    ours = exact_spending(sizes, p0, alpha, spending)
    spent = 0.0
    for look, chance in zip(ours.looks, operating(ours, p0).efficacy, strict=True):
        spent += chance
        assert spent <= spending.spent(alpha, look.n / sizes[-1]) + 1e-12
    for rate in (p0 / 2, p0 * 0.9):  # the rate at the edge is the worst of the null hypothesis
        assert operating(ours, rate).rejects <= spent + 1e-12


def test_one_look_is_the_exact_test() -> None:
    for p0, alpha in ((0.7, 0.025), (0.3, 0.05), (0.05, 0.1)):
        ours = exact_spending([90], p0, alpha, Pocock())
        assert ours.looks[0].efficacy == critical_value(90, p0, alpha)


def test_a_futility_look_permits_a_smaller_final_count() -> None:
    """The final count of the trial of one look is no floor: fixing it first would lose designs."""
    alone = exact_spending([40], 0.2, 0.1, HwangShihDeCani(-40))
    looked = exact_spending(
        [23, 40], 0.2, 0.1, HwangShihDeCani(-40), p1=0.4, beta=0.2, futility=HwangShihDeCani(1), binding=True
    )
    assert alone.looks[-1].efficacy == 12 and looked.looks[-1] == Look(40, 10, 11)
    assert operating(looked, 0.2).rejects <= 0.1 < operating(looked, 0.2, binding=False).rejects
    assert operating(exact_spending([40], 0.2, 0.17, Pocock()), 0.2).rejects > 0.1  # 11 without the look


def test_the_final_count_can_still_be_missed() -> None:
    """Where all that is left could be spent, a trial that went on must still pass what it passed before."""
    design = exact_spending(
        [18, 22], 0.1, 0.1, HwangShihDeCani(-40), p1=0.3, beta=0.2, futility=HwangShihDeCani(1), binding=True
    )
    assert design.looks == (Look(18, 3, 9), Look(22, 3, 4))


def test_looks_at_unplanned_numbers() -> None:
    """Earlier boundaries stay when a later look moves; a late end spends all, and so does an early one."""
    spending = ObrienFleming()
    planned = exact_spending([30, 60, 90], 0.7, 0.025, spending)
    moved_look = exact_spending([30, 66, 90], 0.7, 0.025, spending, planned=90)
    late = exact_spending([30, 60, 97], 0.7, 0.025, spending, planned=90)
    early = exact_spending([30, 60, 81], 0.7, 0.025, spending, planned=90)
    assert planned.looks[0] == moved_look.looks[0] == late.looks[0] == early.looks[0]
    assert planned.looks[1] == late.looks[1] == early.looks[1] != moved_look.looks[1]
    for design in (planned, moved_look, late, early):
        assert 0.015 < operating(design, 0.7).rejects <= 0.025
    assert early.looks[-1].n == 81 and late.looks[-1].n == 97
    # Past the planned size at an interim look everything is spent, and no more than everything.
    past = exact_spending([60, 92, 97], 0.7, 0.025, spending, planned=90)
    assert operating(past, 0.7).rejects <= 0.025


def test_not_binding_holds_when_nobody_stops() -> None:
    design = exact_spending(
        [30, 60, 90], 0.7, 0.025, ObrienFleming(), p1=0.85, beta=0.1, futility=ObrienFleming()
    )
    assert operating(design, 0.7, binding=False).rejects == pytest.approx(0.024263943861501835, rel=1e-12)
    assert [(one.futility, one.efficacy) for one in design.looks] == [(19, 30), (45, 51), (71, 72)]


def test_the_smallest_trial() -> None:
    design = spending_design(
        (1 / 3, 2 / 3, 1), 0.7, 0.85, 0.025, 0.1, HwangShihDeCani(-4), futility=HwangShihDeCani(-2)
    )
    assert design.n == 86
    assert operating(design, 0.85).rejects >= 0.9 and operating(design, 0.7, binding=False).rejects <= 0.025
    with pytest.raises(InputRefused):
        spending_design((0.5, 1), 0.7, 0.85, 0.025, 0.1, Pocock(), n_max=40)


def test_refusals() -> None:
    with pytest.raises(InputRefused):
        exact_spending([30, 30], 0.7, 0.025, Pocock())
    with pytest.raises(InputRefused):
        exact_spending([30, 60], 0.7, 0.025, Pocock(), p1=0.6, beta=0.1, futility=Pocock())
    with pytest.raises(InputRefused):
        exact_spending([30, 60], 0.7, 0.025, Pocock(), p1=0.8)
    with pytest.raises(InputRefused):
        exact_spending([30, 60], 0.7, 1.5, Pocock())
