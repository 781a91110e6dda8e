"""Error spending on the exact binomial, against a slow version that keeps every count in a dictionary."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.exact_spending import exact_spending, spending_design
from remission.stats.designs.spending import HwangShihDeCani, ObrienFleming, Pocock, Spending
from remission.stats.designs.staged import Look, Staged, operating
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
    sizes: list[int],
    p0: float,
    alpha: float,
    spending: Spending,
    p1: float,
    beta: float,
    binding: bool,
    planned: int,
) -> list[Look]:
    null, truth, used, missed, before = {0: 1.0}, {0: 1.0}, 0.0, 0.0, 0
    looks: list[Look] = []
    floor = 0
    for n in sizes:
        null, truth = moved(null, n - before, p0), moved(truth, n - before, p1)
        last = n == sizes[-1]
        may = (alpha if last else spending.spent(alpha, n / planned)) - used
        lose = spending.spent(beta, n / planned) - missed
        high = n + 1  # nothing is left
        if may > 1e-12 * alpha:
            above = [sum(c for x, c in null.items() if x >= r) for r in range(n + 2)]
            high = max(floor, next(r for r, tail in enumerate(above) if tail <= may * (1 + 1e-12)))
        low = max(
            r for r in range(-1, n + 1) if sum(c for x, c in truth.items() if x <= r) <= lose * (1 + 1e-12)
        )
        low = min(low, high - 1)
        if last or low == high - 1:
            return [*looks, Look(n, high - 1, high)]
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
        used += sum(c for x, c in null.items() if x >= high)
        missed += sum(c for x, c in truth.items() if x <= low)
        truth = {x: c for x, c in truth.items() if low < x < high}
        null = {x: c for x, c in null.items() if x < high and (x > low or not binding)}
        before, floor = n, low + 1
    raise AssertionError("the last look returns")


@settings(max_examples=60, deadline=None)
@given(
    sizes_of,
    spendings,
    st.floats(0.1, 0.7),
    st.floats(0.01, 0.2),
    st.booleans(),
    st.none() | st.integers(1, 50),
)
def test_as_the_slow_version(
    sizes: list[int], spending: Spending, p0: float, alpha: float, binding: bool, planned: int | None
) -> None:
    p1, whole = p0 + 0.2, sizes[-1] if planned is None else planned
    ours = exact_spending(
        sizes, p0, alpha, spending, p1=p1, beta=0.2, futility=spending, binding=binding, planned=planned
    )
    assert list(ours.looks) == slowly(sizes, p0, alpha, spending, p1, 0.2, binding, whole)


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


def test_nothing_left_is_no_boundary() -> None:
    """After an over-run past a look that spent all, -1e-17 of alpha was left and every count rejected."""
    spending = ObrienFleming()
    attained = operating(exact_spending([20, 40], 0.7, 0.025, spending), 0.7).rejects
    design = exact_spending([20, 40, 45], 0.7, attained, spending, planned=40)
    assert [(look.futility, look.efficacy) for look in design.looks] == [(None, 20), (None, 34), (45, 46)]
    between = exact_spending([20, 40, 45, 50], 0.7, attained, spending, planned=40)
    assert between.looks[2:] == (Look(45, None, None), Look(50, 50, 51))
    for one in (design, between):
        assert operating(one, 0.7).rejects == pytest.approx(attained, rel=1e-12)
        assert operating(one, 1.0).rejects == 1.0  # the earlier boundaries stand


@pytest.mark.parametrize("binding", [False, True])
@pytest.mark.parametrize(
    "spending", [ObrienFleming(), Pocock(), HwangShihDeCani(-4), HwangShihDeCani(2)], ids=lambda s: s.name
)
def test_alpha_holds_over_a_sweep(spending: Spending, binding: bool) -> None:
    """Trials as planned, short of it and past it; alpha free, or just what an earlier trial attained."""
    draw = random.Random(5)
    attained = 0
    for _ in range(150):
        sizes = sorted(draw.sample(range(2, 80), draw.randint(1, 5)))
        p0, alpha = draw.uniform(0.05, 0.9), draw.uniform(0.005, 0.2)
        p1, beta, futility = draw.choice([(None, None, None), (min(0.99, p0 + 0.2), 0.2, spending)])
        planned = draw.choice([None, sizes[-1] + 7, sizes[-1], sizes[len(sizes) // 2], max(1, sizes[0] - 3)])
        trials = [(sizes, alpha, planned)]
        known = operating(exact_spending(sizes, p0, alpha, spending), p0).rejects
        if known > 0:
            attained += 1
            trials += [(sizes, known, planned), ([*sizes, sizes[-1] + 5], known, sizes[-1])]
            trials += [([*sizes, sizes[-1] + 1, sizes[-1] + 9], known, sizes[-1])]
        for looks, allowed, whole in trials:
            design = exact_spending(
                looks,
                p0,
                allowed,
                spending,
                p1=p1,
                beta=beta,
                futility=futility,
                binding=binding,
                planned=whole,
            )
            size = operating(design, p0, binding=binding).rejects
            assert size <= allowed * (1 + 1e-11), (looks, p0, allowed, whole)
    assert attained > 100


def test_an_end_moved_because_of_the_results_spends_more() -> None:
    """60 planned as a look asks for 51; as the end it asks for 50. Who ends there because of 50 errs."""
    spending = ObrienFleming()
    planned = exact_spending([60, 90], 0.7, 0.025, spending)
    ended = exact_spending([60], 0.7, 0.025, spending, planned=90)
    assert planned.looks[0] == Look(60, None, 51) and ended.looks == (Look(60, 49, 50),)
    seen_first = Staged((Look(60, None, 50), planned.looks[1]))
    assert operating(seen_first, 0.7).rejects == pytest.approx(0.0288, abs=5e-5)
    assert operating(ended, 0.7).rejects <= 0.025 and operating(planned, 0.7).rejects <= 0.025


def test_what_a_moved_end_rests_on_is_printed() -> None:
    spending = ObrienFleming()
    for sizes in ([30, 60], [30, 60, 97]):
        moved_end = exact_spending(sizes, 0.7, 0.025, spending, planned=90)
        assert f"Ends at {sizes[-1]}, planned 90" in moved_end.text()
        assert "nothing to do with the results" in moved_end.text() and "与结果无关" in moved_end.text("zh")
    for as_planned in (
        exact_spending([30, 66, 90], 0.7, 0.025, spending, planned=90),
        exact_spending([30, 60, 90], 0.7, 0.025, spending),
    ):
        assert "planned" not in as_planned.text() and "0.0250" not in as_planned.text()


def test_what_binding_rests_on_is_printed() -> None:
    for binding, sizes in ((True, (0.0954, 0.1608)), (False, (0.0621, 0.0875))):
        design = exact_spending(
            [23, 40], 0.2, 0.1, HwangShihDeCani(-40), p1=0.4, beta=0.2, futility=HwangShihDeCani(1),
            binding=binding,
        )  # fmt: skip
        found = tuple(operating(design, 0.2, binding=kept).rejects for kept in (True, False))
        assert found == pytest.approx(sizes, abs=5e-5)
        words = f"{sizes[0]:.4f} with futility stops kept, {sizes[1]:.4f} if not kept"
        assert words in design.text()
        assert ("stops binding" in design.text()) == binding
        assert ("有约束力" in design.text("zh")) == binding


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


def test_a_fraction_of_a_trial_is_not_rounded_up_by_a_hair() -> None:
    """0.56 x 50 is 28.000000000000004 to a computer."""
    design = spending_design((0.56, 1), 0.2, 0.4, 0.05, 0.1, Pocock())
    assert [look.n for look in design.looks] == [28, 50]


def test_refusals() -> None:
    with pytest.raises(InputRefused):
        exact_spending([30, 30], 0.7, 0.025, Pocock())
    with pytest.raises(InputRefused):
        exact_spending([30, 60], 0.7, 0.025, Pocock(), p1=0.6, beta=0.1, futility=Pocock())
    with pytest.raises(InputRefused):
        exact_spending([30, 60], 0.7, 0.025, Pocock(), p1=0.8)
    with pytest.raises(InputRefused):
        exact_spending([30, 60], 0.7, 1.5, Pocock())
    for planned in (0, -5):
        with pytest.raises(InputRefused, match="planned"):
            exact_spending([30, 60], 0.7, 0.025, Pocock(), planned=planned)
    for fractions in ((), (0.5,), (0.5, 2), (-1, 1), (0, 1), (0.5, 0.5, 1), (0.7, 0.5, 1), (math.nan, 1)):
        with pytest.raises(InputRefused, match="of the trial"):
            spending_design(fractions, 0.7, 0.85, 0.025, 0.1, Pocock())
