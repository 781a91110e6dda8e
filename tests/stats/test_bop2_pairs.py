"""BOP2 for two endpoints: slow versions, the printed examples of BOP2FE, dualities, one endpoint."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.bop2 import CutOffs, EfficacyForm, ObrienFlemingForm, PowerForm, bop2, find_bop2
from remission.stats.designs.predictive import Prior
from remission.stats.designs.staged import operating
from remission.stats.pairs.bop2_pairs import (
    PairDesign,
    PairLook,
    PairOperating,
    PairRates,
    Wanted,
    bop2_pair,
    find_bop2_pair,
    pair_operating,
)

SEVEN = (10, 15, 20, 25, 30, 35, 40)
OF = ObrienFlemingForm()


def slowly(design: PairDesign, truth: PairRates, binding: bool) -> PairOperating:
    """A dictionary of the pairs of counts still alive, one participant after the other."""
    alive, before, futility, efficacy = {(0, 0): 1.0}, 0, list[float](), list[float]()
    steps = (1, 1), (1, 0), (0, 1), (0, 0)
    for look in design.looks:
        for _ in range(look.n - before):
            later: dict[tuple[int, int], float] = {}
            for (x, y), chance in alive.items():
                for (dx, dy), cell in zip(steps, truth.cells, strict=True):
                    later[x + dx, y + dy] = later.get((x + dx, y + dy), 0.0) + chance * cell
            alive = later
        before, below, above = look.n, 0.0, 0.0
        for counts in list(alive):
            fails = [count <= low for count, low in zip(counts, look.low, strict=True)]
            succeeds = [count >= high for count, high in zip(counts, look.high, strict=True)]
            stop = any(fails) if design.wanted is Wanted.BOTH else all(fails)
            go = all(succeeds) if design.wanted is Wanted.BOTH else any(succeeds)
            assert not (stop and go)
            if stop and (binding or look.n == design.n):
                below += alive.pop(counts)
            elif go:
                above += alive.pop(counts)
        futility.append(below)
        efficacy.append(above)
    assert not alive
    stops = zip(design.looks, futility, efficacy, strict=True)
    expected = sum(look.n * (a + b) for look, a, b in stops)
    early = sum(futility[:-1]) + sum(efficacy[:-1])
    return PairOperating(truth, sum(efficacy), tuple(futility), tuple(efficacy), expected, early)


@st.composite
def truths(draw: st.DrawFn) -> PairRates:
    parts = draw(st.lists(st.floats(0, 1), min_size=4, max_size=4).filter(lambda p: sum(p) > 0.01))
    whole = sum(parts)
    return PairRates(*(part / whole for part in parts))


@st.composite
def designs(draw: st.DrawFn) -> PairDesign:
    looks: list[PairLook] = []
    sizes = sorted(draw(st.sets(st.integers(1, 14), min_size=1, max_size=4)))
    for n in sizes:
        low = draw(st.integers(-1, n)), draw(st.integers(-1, n))
        high = tuple(draw(st.integers(one + 1, n + 1)) for one in low)
        if n == sizes[-1]:
            high = low[0] + 1, low[1] + 1
        looks.append(PairLook(n, low, (high[0], high[1])))
    return PairDesign(tuple(looks), draw(st.sampled_from(Wanted)))


@settings(max_examples=80, deadline=None)
@given(designs(), truths(), st.booleans())
def test_as_the_slow_version(design: PairDesign, truth: PairRates, binding: bool) -> None:
    quick, slow = pair_operating(design, truth, binding=binding), slowly(design, truth, binding)
    for name in ("rejects", "futility", "efficacy", "expected_n", "early"):
        assert getattr(quick, name) == pytest.approx(getattr(slow, name), rel=1e-11, abs=1e-13), name
    assert sum(quick.futility) + sum(quick.efficacy) == pytest.approx(1, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(designs(), truths())
def test_swapped_endpoints_and_swapped_words(design: PairDesign, truth: PairRates) -> None:
    """Naming the endpoints the other way changes nothing; counting failures turns both into either."""
    known = pair_operating(design, truth)
    swapped = PairDesign(
        tuple(PairLook(k.n, (k.low[1], k.low[0]), (k.high[1], k.high[0])) for k in design.looks),
        design.wanted,
    )
    again = pair_operating(swapped, PairRates(truth.both, truth.second, truth.first, truth.neither))
    assert again.efficacy == pytest.approx(known.efficacy, abs=1e-13)
    other = Wanted.EITHER if design.wanted is Wanted.BOTH else Wanted.BOTH
    failures = PairDesign(
        tuple(
            PairLook(k.n, (k.n - k.high[0], k.n - k.high[1]), (k.n - k.low[0], k.n - k.low[1]))
            for k in design.looks
        ),
        other,
    )
    mirror = pair_operating(failures, PairRates(truth.neither, truth.second, truth.first, truth.both))
    assert mirror.futility == pytest.approx(known.efficacy, abs=1e-13)
    assert mirror.efficacy == pytest.approx(known.futility, abs=1e-13)


# README of BOP2FE (commit 09bd8e3), O'Brien-Fleming form, gamma 1, 10,000 trials each: the numbers in
# rows are P(stops early for futility), P(stops early for efficacy), P(rejects), mean size.
PRINTED = (
    (
        "nested: complete, and complete or partial remission", (0.15, 0.30), 0.95, Wanted.EITHER,
        ([0, 1, 3, 4, 5, 7, 10], [2, 3, 6, 8, 10, 13, 17]),
        ([8, 8, 8, 9, 10, 10, 11], [9, 11, 12, 13, 15, 16, 18]),
        ((PairRates(0.15, 0, 0.15, 0.70), 0.818, 0.0606, 0.0715, 24.3),
         (PairRates(0.25, 0, 0.25, 0.50), 0.0995, 0.780, 0.822, 26.9)),
    ),
    (
        "co-primary: response, and progression-free at 6 months", (0.10, 0.20), 0.95, Wanted.EITHER,
        ([0, 1, 2, 3, 4, 5, 7], [1, 2, 4, 5, 7, 9, 12]),
        ([7, 7, 7, 7, 7, 8, 8], [8, 9, 10, 11, 11, 12, 13]),
        # Its row under H1 (.15, .15, .20, .50), 0.885, cannot be of this truth; see the test below.
        ((PairRates(0.05, 0.05, 0.15, 0.75), 0.808, 0.0623, 0.0839, 24.1),),
    ),
    (
        "response, and freedom from toxicity", (0.45, 0.70), 0.70, Wanted.BOTH,
        ([3, 5, 8, 10, 13, 16, 19], [5, 9, 13, 17, 21, 25, 29]),
        ([8, 10, 12, 14, 16, 18, 20], [10, 13, 16, 20, 23, 27, 30]),
        ((PairRates(0.30, 0.15, 0.40, 0.15), 0.902, 0.0744, 0.0828, 17.9),
         (PairRates(0.42, 0.18, 0.38, 0.02), 0.300, 0.658, 0.688, 22.9)),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("p0", "lam", "wanted", "low", "high", "rows"),
    [case[1:] for case in PRINTED],
    ids=[c[0] for c in PRINTED],
)
def test_the_printed_examples(
    p0: tuple[float, float],
    lam: float,
    wanted: Wanted,
    low: tuple[list[int], list[int]],
    high: tuple[list[int], list[int]],
    rows: tuple[tuple[PairRates, float, float, float, float], ...],
) -> None:
    """Boundaries exactly, chances within three standard errors of 10,000 trials.

    The package prints toxicity as "stop at >= 5 of 10, go at <= 0": free of it at most 5, at least 10.
    """
    design = bop2_pair(SEVEN, p0, CutOffs(lam, 1, OF), wanted)
    assert tuple([look.low[k] for look in design.looks] for k in (0, 1)) == low
    assert tuple([look.high[k] for look in design.looks] for k in (0, 1)) == high
    for truth, futile, good, rejects, size in rows:
        one = pair_operating(design, truth)
        found = sum(one.futility[:-1]), sum(one.efficacy[:-1]), one.rejects
        for chance, simulated in zip(found, (futile, good, rejects), strict=True):
            assert abs(chance - simulated) < 3 * math.sqrt(chance * (1 - chance) / 10_000)
        assert abs(one.expected_n - size) < 0.05 + 3 * 12 / 100


def test_a_printed_power_that_is_not_of_its_truth() -> None:
    """BOP2FE prints 0.885 (mean size 25.9) for co-primary rates 0.30 and 0.35; it is 0.9652.

    Response alone, without any look, has P(X >= 8 of 40 | 0.30) = 0.9447, and looks can lose only trials with
    few responses: the printed row must belong to another truth.
    """
    design = bop2_pair(SEVEN, (0.10, 0.20), CutOffs(0.95, 1, OF), Wanted.EITHER)
    truth = PairRates(0.15, 0.15, 0.20, 0.50)
    exact = pair_operating(design, truth).rejects
    assert exact == pytest.approx(0.9652, abs=5e-5)
    simulated, error = by_simulation(design, truth, 20_000, seed=5)
    assert abs(exact - simulated) < 4 * error


def by_simulation(design: PairDesign, truth: PairRates, trials: int, seed: int) -> tuple[float, float]:
    """The chance to reject with its standard error, from whole trials."""
    random = np.random.default_rng(seed)
    cells = random.choice(4, size=(trials, design.n), p=truth.cells)
    counts = np.cumsum(cells <= 1, axis=1), np.cumsum((cells == 0) | (cells == 2), axis=1)
    going, won = np.ones(trials, bool), np.zeros(trials, bool)
    for look in design.looks:
        fails = [count[:, look.n - 1] <= low for count, low in zip(counts, look.low, strict=True)]
        goes = [count[:, look.n - 1] >= high for count, high in zip(counts, look.high, strict=True)]
        both = design.wanted is Wanted.BOTH
        won |= going & (goes[0] & goes[1] if both else goes[0] | goes[1])
        going &= ~(won | (fails[0] | fails[1] if both else fails[0] & fails[1]))
    share = float(won.mean())
    return share, math.sqrt(share * (1 - share) / trials)


@pytest.mark.parametrize("wanted", list(Wanted))
@pytest.mark.parametrize("form", [None, PowerForm(1.5), OF])
def test_simulated_trials_agree(wanted: Wanted, form: EfficacyForm | None) -> None:
    design = bop2_pair((20, 40, 60), (0.5, 0.3), CutOffs(0.9, 0.7, form), wanted)
    for seed, truth in enumerate((PairRates.nested(0.5, 0.3), PairRates.independent(0.65, 0.45))):
        share, error = by_simulation(design, truth, 20_000, seed)
        assert abs(pair_operating(design, truth).rejects - share) < 4 * error


@pytest.mark.parametrize("form", [None, PowerForm(2.1)])
def test_a_certain_second_endpoint_leaves_the_first(form: EfficacyForm | None) -> None:
    """Where the second always succeeds and asks little, "both" is the design of one endpoint."""
    cut = CutOffs(0.9, 1, form)
    pair = bop2_pair(SEVEN, (0.2, 0.01), cut, Wanted.BOTH)
    alone = bop2(SEVEN, 0.2, cut)
    for rate in (0.2, 0.4):
        one, other = pair_operating(pair, PairRates(rate, 0, 1 - rate, 0)), operating(alone, rate)
        assert one.rejects == pytest.approx(other.rejects, rel=1e-12)
        assert one.efficacy == pytest.approx(other.efficacy, rel=1e-12)
        assert one.expected_n == pytest.approx(other.expected_n, rel=1e-12)


def test_the_search_with_a_certain_second_endpoint_is_that_of_one() -> None:
    pair = find_bop2_pair(
        SEVEN, (0.2, 0.01), (PairRates(0.2, 0, 0.8, 0),), PairRates(0.4, 0, 0.6, 0), 0.1, Wanted.BOTH
    )
    alone = find_bop2(SEVEN, 0.2, 0.4, 0.1)
    assert pair.alternative.rejects == pytest.approx(alone.alternative.rejects, rel=1e-12)
    assert pair.nulls[0].rejects == pytest.approx(alone.null.rejects, rel=1e-12)


@pytest.mark.parametrize("binding", [True, False])
@pytest.mark.parametrize("wanted", list(Wanted))
@pytest.mark.parametrize("efficacies", [(None,), (PowerForm(1), PowerForm(3)), (OF,)])
def test_the_search_is_the_full_grid(
    wanted: Wanted, efficacies: tuple[EfficacyForm | None, ...], binding: bool
) -> None:
    """The slow version tries every point of the grid under every null."""
    sizes, lambdas, gammas = (8, 14, 20), [k / 50 for k in range(50)], [0, 0.5, 1]
    nulls = PairRates.independent(0.3, 0.5), PairRates.independent(0.3, 0.8)
    truth = PairRates.independent(0.6, 0.8)
    if wanted is Wanted.EITHER:
        nulls = nulls[:1]
    ours = find_bop2_pair(
        sizes, (0.3, 0.5), nulls, truth, 0.1, wanted, efficacies=efficacies, lambdas=lambdas, gammas=gammas,
        binding=binding,
    )  # fmt: skip
    best = 0.0
    for efficacy, gamma, lam in product(efficacies, gammas, lambdas):
        design = bop2_pair(sizes, (0.3, 0.5), CutOffs(lam, gamma, efficacy), wanted)
        if all(pair_operating(design, null, binding=binding).rejects <= 0.1 for null in nulls):
            best = max(best, pair_operating(design, truth).rejects)
    assert ours.alternative.rejects == best
    assert all(null.rejects <= 0.1 for null in ours.nulls)
    assert binding or all(loose <= 0.1 for loose in ours.not_binding)


def test_chances_with_and_without_the_stops() -> None:
    """Tuned with binding stops the nulls hold 0.05 only if they are kept; both numbers are printed."""
    nulls = PairRates.nested(0.7, 0.4), PairRates.nested(0.85, 0.4), PairRates.nested(0.7, 0.6)
    truth, sizes = PairRates.nested(0.85, 0.6), (20, 30, 40, 50, 60)
    found = find_bop2_pair(sizes, (0.7, 0.4), nulls, truth, 0.1, Wanted.BOTH)
    for one, loose in zip(found.nulls, found.not_binding, strict=True):
        assert loose == pair_operating(found.design, one.truth, binding=False).rejects >= one.rejects
        assert f"{one.rejects:.4f} ({loose:.4f} if futility stops are not kept)" in found.text()
        assert f"{one.rejects:.4f}（不执行无效停止时 {loose:.4f}）" in found.text("zh")
    assert max(one.rejects for one in found.nulls) <= 0.1 < max(found.not_binding)
    free = find_bop2_pair(sizes, (0.7, 0.4), nulls, truth, 0.1, Wanted.BOTH, binding=False)
    assert max(free.not_binding) <= 0.1 and free.alternative.rejects < found.alternative.rejects


def test_both_good_is_not_the_only_null() -> None:
    """Tuned to "neither endpoint is good" alone, the design errs far more often when one of them is."""
    null, half, truth = (PairRates.nested(a, b) for a, b in ((0.7, 0.4), (0.85, 0.4), (0.85, 0.6)))
    sizes = (30, 50, 70, 90)
    loose = find_bop2_pair(sizes, (0.7, 0.4), (null,), truth, 0.05, Wanted.BOTH)
    assert loose.nulls[0].rejects <= 0.05 < 0.1 < pair_operating(loose.design, half).rejects
    strict = find_bop2_pair(
        sizes, (0.7, 0.4), (null, half, PairRates.nested(0.7, 0.6)), truth, 0.05, Wanted.BOTH
    )
    assert max(one.rejects for one in strict.nulls) <= 0.05
    assert strict.alternative.rejects == pytest.approx(0.9373, abs=5e-5)


forms: st.SearchStrategy[EfficacyForm | None] = st.one_of(
    st.none(), st.just(OF), st.floats(0, 4).map(PowerForm)
)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.floats(0, 0.98), st.floats(0, 0.1), st.floats(0, 1.5),
    forms, st.sampled_from(Wanted), truths(), st.booleans(),
)  # fmt: skip
def test_counts_and_rejection_follow_lambda(
    first: float, second: float, lam: float, step: float, gamma: float, form: EfficacyForm | None,
    wanted: Wanted, truth: PairRates, binding: bool,
) -> None:  # fmt: skip
    """What halving rests on: a larger lambda lowers no count of either endpoint, nor raises a rejection."""
    one, other = (
        bop2_pair((6, 12, 20), (first, second), CutOffs(value, gamma, form), wanted)
        for value in (lam, min(1.0, lam + step))
    )
    for a, b in zip(one.looks, other.looks, strict=True):
        for endpoint in (0, 1):
            assert a.low[endpoint] <= b.low[endpoint] and a.high[endpoint] <= b.high[endpoint]
    before, after = (pair_operating(design, truth, binding=binding).rejects for design in (one, other))
    assert before >= after - 1e-14


def test_truths() -> None:
    assert PairRates.nested(0.8, 0.6).cells == pytest.approx((0.6, 0.2, 0, 0.2))
    assert PairRates.independent(0.5, 0.4).rates == pytest.approx((0.5, 0.4))
    nan, inf = math.nan, math.inf
    for wrong in (
        (0.5, 0.5, 0.5, -0.5), (0.2, 0.2, 0.2, 0.2), (0.5, nan, 0.2, 0.3), (nan,) * 4, (inf, 0, 0, -inf),
    ):  # fmt: skip
        with pytest.raises(InputRefused):
            PairRates(*wrong)
    with pytest.raises(InputRefused):
        PairRates.nested(0.4, 0.6)
    with pytest.raises(InputRefused):
        PairRates.independent(math.nan, 0.6)


def test_prints_and_refuses() -> None:
    found = find_bop2_pair(
        (10, 20), (0.2, 0.6), (PairRates.independent(0.2, 0.6),), PairRates.independent(0.5, 0.8), 0.1,
        Wanted.BOTH, priors=(Prior(1, 1), Prior(1, 1)),
    )  # fmt: skip
    assert "either fails" in found.text() and "两个终点" in found.text("zh") and "0.2, 0.6" in found.text()
    with pytest.raises(InputRefused):
        bop2_pair((10, 20), (0.0, 0.6), CutOffs(0.9, 1), Wanted.BOTH)
    with pytest.raises(InputRefused):
        bop2_pair((20, 10), (0.2, 0.6), CutOffs(0.9, 1), Wanted.BOTH)
    for sizes in ((), (20, 10), (10, 10), (0, 10)):
        with pytest.raises(InputRefused, match="as looks"):
            find_bop2_pair(
                sizes,
                (0.2, 0.6),
                (PairRates.independent(0.2, 0.6),),
                PairRates.independent(0.5, 0.8),
                0.1,
                Wanted.BOTH,
            )
    with pytest.raises(InputRefused):
        find_bop2_pair((10,), (0.2, 0.6), (), PairRates.independent(0.5, 0.8), 0.1, Wanted.BOTH)
    with pytest.raises(InputRefused):
        PairDesign((PairLook(10, (3, 3), (4, 6)),), Wanted.BOTH)
