"""Designs of three outcomes against PhIIdesign and a search of everything."""

import json
import math
from pathlib import Path

import pytest

from remission.errors import InputRefused
from remission.stats.designs.kernels_two_stage import best_three_outcomes
from remission.stats.designs.three_outcomes import sargent_one_stage, sargent_two_stages

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"
OPEN_END = (0.2, 0.45, 0.1, 0.1, 0.6, 0.6)
SLACK = (0, 0, 1, 1, -1, -1)  # limits may be reached: larger errors, smaller powers by a rounding


def reference(identity: str) -> dict:
    if not REFERENCE.exists():
        pytest.skip("the shared reference values are not beside this checkout")
    return next(row["value"] for row in json.loads(REFERENCE.read_text()) if row["id"] == identity)


def at_least(x: int, n: int, p: float) -> float:
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(max(x, 0), n + 1))


def test_one_stage_as_phiidesign() -> None:
    # sargent1stage(p0 = .5, pa = .65, alpha = .1, beta = .1, eta = .8, pi = .8, eps = .005)
    found = sargent_one_stage(0.5, 0.65, alpha=0.105, beta=0.105, eta=0.795, power=0.795).minimax
    assert (found.n, found.r, found.s) == (57, 32, 34)
    assert found.alpha == pytest.approx(0.0924252412082096, abs=1e-15)
    assert found.beta == pytest.approx(0.104393155688326, abs=1e-15)
    row = reference("sargent1_.5_.65")
    assert (found.eta, found.power) == (
        pytest.approx(row["eta"], abs=1e-14),
        pytest.approx(row["pi"], abs=1e-14),
    )


def test_two_stages_as_phiidesign() -> None:
    # sargent2stage(p0 = .1, pa = .3, alpha = .05, beta = .1, eta = .8, pi = .8, eps = .005, N_min = 15)
    found = sargent_two_stages(0.1, 0.3, alpha=0.055, beta=0.105, eta=0.795, power=0.795, n_max=30)
    assert [(one.r1, one.n1, one.r, one.s, one.n) for one in found.designs] == [
        (1, 14, 3, 5, 21),
        (1, 14, 3, 6, 25),
        (1, 12, 3, 6, 26),
    ]
    row = reference("sargent2_.1_.3")
    assert [one.alpha for one in found.designs] == pytest.approx(row["alpha"], abs=1e-14)
    assert [one.beta for one in found.designs] == pytest.approx(row["beta"], abs=1e-14)
    assert found.optimal.expected_n == pytest.approx(16.773968474954, abs=1e-12)


@pytest.mark.parametrize(
    "asked",
    [
        (0.2, 0.45, 0.1, 0.1, 0.6, 0.6),
        (0.2, 0.6, 0.1, 0.1, 0.7, 0.7),
        (0.1, 0.5, 0.05, 0.1, 0.85, 0.6),
        (0.5, 0.9, 0.1, 0.15, 0.6, 0.8),
    ],
)
def test_two_stages_as_a_search_of_everything(asked: tuple) -> None:
    p0, p1, alpha, beta, eta, power = asked
    best: dict[int, float] = {}

    def rejects(p: float, r1: int, n1: int, n: int, critical: int) -> float:
        return math.fsum(
            math.comb(n1, x) * p**x * (1 - p) ** (n1 - x) * at_least(critical - x, n - n1, p)
            for x in range(r1 + 1, n1 + 1)
        )

    for n in range(3, 15):
        for n1 in range(1, n):
            for r1 in range(n1):
                above = [(rejects(p0, r1, n1, n, c), rejects(p1, r1, n1, n, c)) for c in range(n + 2)]
                works = any(
                    1 - above[r + 1][1] <= beta and 1 - above[r + 1][0] >= eta and s > r1 + 1
                    and above[s][0] <= alpha and above[s][1] >= power
                    for r in range(n - 1) for s in range(r + 2, n + 1)
                )  # fmt: skip
                if works:
                    expected = n1 + at_least(r1 + 1, n1, p0) * (n - n1)
                    best[n] = min(best.get(n, math.inf), expected)
    rows = best_three_outcomes(
        14, *(value * (1 + 1e-12) ** sign for value, sign in zip(asked, SLACK, strict=True))
    )
    assert [n for n in range(15) if rows[n, 0] >= 0] == sorted(best)
    for n, expected in best.items():
        assert rows[n, 4] == pytest.approx(expected, rel=1e-12)
    if asked == OPEN_END:  # stop at 2 of 10, then only p0 can be rejected, with 5 of 13
        assert rows[13, :4].tolist() == [2, 10, 2, 5] and best[13] == pytest.approx(10.96660142, abs=5e-9)
    found = sargent_two_stages(p0, p1, alpha=alpha, beta=beta, eta=eta, power=power, n_max=14)
    last = min(best, key=lambda n: best[n])
    assert [one.n for one in found.designs] == [n for n in sorted(best) if n <= last]
    for one in found.designs:
        assert one.expected_n == pytest.approx(best[one.n], rel=1e-12)
        assert one.alpha <= alpha and one.beta <= beta and one.eta >= eta and one.power >= power


def test_a_design_whose_end_rejects_p0_only_says_so() -> None:
    found = sargent_two_stages(0.05, 0.2, alpha=0.05, beta=0.1, eta=0.5, power=0.5)
    only = found.optimal
    assert (only.r1, only.n1, only.r, only.s, only.n) == (0, 11, 0, 3, 14)
    assert "only the stop rejects p1" in found.text()
    assert only.eta == pytest.approx(0.95**11, rel=1e-12)
    assert only.beta == pytest.approx(0.8**11, rel=1e-12)


def test_it_prints() -> None:
    found = sargent_two_stages(0.1, 0.3, alpha=0.05, beta=0.1, eta=0.8, power=0.8)
    assert "reject p1" in found.text() and "三结局" in found.html("zh")
    assert found.minimax.n <= found.optimal.n


@pytest.mark.parametrize("change", [{"eta": 0.99}, {"power": 0.95}, {"n_max": 2}, {"n_max": 8}])
def test_impossible_questions_are_refused(change: dict) -> None:
    asked = {"alpha": 0.05, "beta": 0.1, "eta": 0.8, "power": 0.8} | change
    for design in (sargent_one_stage, sargent_two_stages):
        with pytest.raises(InputRefused):
            design(0.1, 0.3, **asked)
