"""Designs of several stages: Fleming's printed example, and searches of everything."""

import itertools
import math

import pytest

from remission.errors import InputRefused
from remission.stats.designs.k_stage import fleming, k_stage, three_stage
from remission.stats.designs.simon import simon
from remission.stats.designs.staged import Look, Staged, operating_many


def test_flemings_two_stages_of_25() -> None:
    # Fleming 1982, Biometrics 38:143-151: p0 = .2, pA = .4, 15 and 25: accept at 3 and 8, reject at 7 and 9
    found = fleming((15, 25), 0.2, 0.4, 0.05)
    assert found.design.looks == (Look(15, 3, 7), Look(25, 8, 9))
    assert (
        0.05 < found.null.rejects < 0.0506
    )  # near alpha, not held: the counts come from a normal approximation


def test_fleming_in_one_stage_is_the_normal_test() -> None:
    found = fleming((50,), 0.3, 0.5, 0.05)
    assert found.design.looks[0].efficacy == math.floor(15 + 1.6448536 * math.sqrt(10.5) + 0.5) + 1


def everything(
    sizes: tuple[int, ...], p0: float, p1: float, alpha: float, beta: float, weight: float, efficacy: bool
):
    """The least expected size over every boundary, by enumeration of all designs."""
    best = math.inf
    choices = [
        [(low, high) for low in range(-1, n) for high in (range(low + 2, n + 2) if efficacy else [n + 1])]
        for n in sizes[:-1]
    ]
    for chosen in itertools.product(*choices):
        looks = tuple(
            Look(n, None if low < 0 else low, None if high > n else high)
            for n, (low, high) in zip(sizes, chosen, strict=False)
        )
        for last in range(sizes[-1]):
            null, truth = operating_many(Staged((*looks, Look(sizes[-1], last, last + 1))), (p0, p1))
            if null.rejects <= alpha and 1 - truth.rejects <= beta:
                best = min(best, (1 - weight) * null.expected_n + weight * truth.expected_n)
    return best


@pytest.mark.parametrize(
    ("sizes", "efficacy", "weight"),
    [
        ((5, 12), False, 0.0),
        ((4, 8, 13), False, 0.0),
        ((6, 13), True, 0.5),
        ((3, 6, 13), True, 0.5),
        ((13,), True, 0.3),
    ],
)
def test_the_best_boundaries_as_a_search_of_everything(
    sizes: tuple[int, ...], efficacy: bool, weight: float
) -> None:
    asked = (0.2, 0.6, 0.08, 0.15)
    found = k_stage(sizes, *asked, efficacy=efficacy, weight=weight)
    cost = (1 - weight) * found.null.expected_n + weight * found.truth.expected_n
    assert cost == pytest.approx(everything(sizes, *asked, weight, efficacy), rel=1e-12)
    assert found.null.rejects <= 0.08 and found.truth.rejects >= 0.85


def test_two_looks_as_simons() -> None:
    optimal = simon(0.3, 0.5, 0.05, 0.2).optimal
    found = k_stage((optimal.n1, optimal.n), 0.3, 0.5, 0.05, 0.2, efficacy=False)
    assert found.design == optimal.staged
    assert found.not_binding == pytest.approx(optimal.size_not_binding, rel=1e-12)


def test_efficacy_stops_save_participants_at_p1() -> None:
    asked = ((20, 40, 60), 0.3, 0.5, 0.05, 0.1)
    with_stops = k_stage(*asked, efficacy=True, weight=0.5)
    without = k_stage(*asked, efficacy=False, weight=0.5)
    assert with_stops.truth.expected_n < without.truth.expected_n
    assert all(a.futility < b.futility for a, b in itertools.pairwise(with_stops.design.looks))


def test_three_stages_as_a_search_of_everything() -> None:
    p0, p1, alpha, beta, n_max = 0.1, 0.5, 0.1, 0.2, 9
    best = math.inf
    for n1, n2, n3 in itertools.combinations(range(1, n_max + 1), 3):
        for r1 in range(n1):
            for r2 in range(r1 + 1, n2):
                for r3 in range(r2 + 1, n3):
                    design = Staged((Look(n1, r1, None), Look(n2, r2, None), Look(n3, r3, r3 + 1)))
                    null, truth = operating_many(design, (p0, p1))
                    if null.rejects <= alpha and 1 - truth.rejects <= beta:
                        best = min(best, null.expected_n)
    found = three_stage(p0, p1, alpha, beta, n_max)
    assert found.null.expected_n == pytest.approx(best, rel=1e-12)


@pytest.mark.parametrize("asked", [(0.05, 0.25, 0.1, 0.1), (0.3, 0.5, 0.05, 0.2)])
def test_a_third_stage_never_costs(asked: tuple[float, float, float, float]) -> None:
    found = three_stage(*asked, n_max=60)
    assert found.null.expected_n < simon(*asked).optimal.expected_n
    assert found.null.rejects <= asked[2] and 1 - found.truth.rejects <= asked[3]


def test_it_prints_and_draws() -> None:
    found = fleming((15, 25), 0.2, 0.4, 0.05)
    assert "≥ 7" in found.text() and "因无效停止" in found.html("zh")
    assert found.chart().lines[1].points == ((15, 3), (25, 8))


def test_impossible_questions_are_refused() -> None:
    for sizes in ((), (20, 10), (0, 5), tuple(range(1, 7))):
        with pytest.raises(InputRefused):
            k_stage(sizes, 0.3, 0.5, 0.05, 0.2, efficacy=False)
    with pytest.raises(InputRefused, match="weight"):
        k_stage((20, 40), 0.3, 0.5, 0.05, 0.2, efficacy=True, weight=2)
    with pytest.raises(InputRefused, match="no boundaries"):
        k_stage((5, 10), 0.3, 0.5, 0.05, 0.2, efficacy=True)
    with pytest.raises(InputRefused, match="three-stage"):
        three_stage(0.3, 0.5, 0.05, 0.2, n_max=10)
    with pytest.raises(InputRefused, match="n_max"):
        three_stage(0.3, 0.5, 0.05, 0.2, n_max=500)
