"""Two-stage designs against clinfun and PhIIdesign, and against a search of everything in exact fractions."""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest

from remission.errors import InputRefused
from remission.stats.designs.simon import Simon, simon, two_stage
from remission.stats.designs.staged import operating
from remission.stats.rates.proportions import critical_value

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"


def reference() -> list[dict]:
    if not REFERENCE.exists():
        pytest.skip("the shared reference values are not beside this checkout")
    return json.loads(REFERENCE.read_text())


# clinfun 1.1.5 ph2simon: (p0, p1, alpha, beta), minimax and optimal as r1, n1, r, n, EN(p0), PET(p0)
PRINTED = [
    ((0.05, 0.2, 0.05, 0.2), (0, 13, 3, 27, 19.813211, 0.513342), (0, 10, 3, 29, 17.623998, 0.598737)),
    ((0.5, 0.65, 0.05, 0.2), (39, 66, 40, 68, 66.108857, 0.945572), (15, 28, 48, 83, 43.718675, 0.714206)),
    ((0.7, 0.85, 0.05, 0.1), (33, 44, 53, 68, 48.524406, 0.811483), (18, 25, 61, 79, 43.395365, 0.659345)),
    ((0.3, 0.45, 0.05, 0.1), (27, 77, 33, 88, 78.512239, 0.862524), (13, 40, 40, 110, 60.772565, 0.703249)),
]


@pytest.mark.parametrize(("asked", "minimax", "optimal"), PRINTED)
def test_designs_as_clinfun_prints_them(asked: tuple, minimax: tuple, optimal: tuple) -> None:
    found = simon(*asked, n_max=130)
    for design, row in ((found.minimax, minimax), (found.optimal, optimal)):
        assert (design.r1, design.n1, design.r, design.n) == row[:4]
        assert (round(design.expected_n, 6), round(design.stops, 6)) == row[4:]


def test_every_reference_row() -> None:
    seen = 0
    for row in reference():
        if not row["id"].startswith("simon_a"):
            continue
        a, b, p0, p1 = _asked(row["id"])
        found = simon(p0, p1, a, b, n_max=130)
        for name, design in (("minimax", found.minimax), ("optimal", found.optimal)):
            want = row["value"][name]
            assert (design.r1, design.n1, design.r, design.n) == tuple(
                want[key] for key in ("r1", "n1", "r", "n")
            )
            assert design.expected_n == pytest.approx(want["EN(p0)"], abs=5.001e-7)
            assert design.stops == pytest.approx(want["PET(p0)"], abs=5.001e-7)
        seen += 1
    assert seen == 24


def _asked(identity: str) -> tuple[float, float, float, float]:
    _, alpha, beta, p0, p1 = identity.split("_")
    return float(alpha[1:]), float(beta[1:]), float(p0[2:]), float(p1[2:])


def test_with_a_tolerance_of_half_a_percent_as_phiidesign() -> None:
    # simon2stage(p0=.1, pa=.3, alpha=.05, beta=.2, eps=.005): both error rates may pass their limit by eps
    found = simon(0.1, 0.3, 0.055, 0.205, n_max=50)
    rows = [(d.n, d.r1, d.n1, d.r) for d in found.designs]
    assert rows == [(21, 1, 14, 4), (22, 2, 15, 4), (25, 1, 14, 5), (26, 1, 12, 5), (27, 1, 11, 5),
                    (28, 1, 11, 5), (29, 1, 10, 5)]  # fmt: skip
    assert [design.size for design in found.designs[:2]] == pytest.approx(
        [0.0511412111636123, 0.0543042568921355]
    )
    assert [one.design.n for one in found.admissible] == [21, 22, 29]  # PhIIdesign marks 22 as admissible
    want = next(row["value"] for row in reference() if row["id"] == "simon_eps005_.1_.3")
    assert [design.expected_n for design in found.designs] == pytest.approx(want["EN0"], abs=1e-12)
    assert [design.n for design in found.designs] == want["N"]


def slowly(p0: Fraction, p1: Fraction, alpha: Fraction, beta: Fraction, n_max: int) -> dict[int, Fraction]:
    """The least expected size at p0 for each n: every r1, n1, r and n tried, in exact fractions."""

    def mass(n: int, p: Fraction) -> list[Fraction]:
        return [math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]

    best: dict[int, Fraction] = {}
    masses = {p: [mass(n, p) for n in range(n_max + 1)] for p in (p0, p1)}

    def rejects(p: Fraction, r1: int, n1: int, r: int, n: int) -> Fraction:
        first, second = masses[p][n1], masses[p][n - n1]
        return sum(
            (first[x] * sum(second[max(0, r + 1 - x) :], Fraction(0)) for x in range(r1 + 1, n1 + 1)),
            Fraction(0),
        )

    for n in range(2, n_max + 1):
        for n1 in range(1, n):
            for r1 in range(n1):
                expected = n1 + sum(masses[p0][n1][r1 + 1 :], Fraction(0)) * (n - n1)
                if n in best and expected >= best[n]:
                    continue
                if any(
                    rejects(p0, r1, n1, r, n) <= alpha and rejects(p1, r1, n1, r, n) >= 1 - beta
                    for r in range(r1 + 1, n)
                ):
                    best[n] = expected
    return best


@pytest.mark.parametrize(
    ("p0", "p1", "alpha", "beta"),
    [("1/10", "1/2", "1/20", "1/5"), ("3/10", "7/10", "1/10", "1/5"), ("1/2", "17/20", "1/10", "1/10"),
     ("2/5", "4/5", "1/20", "1/10"), ("1/5", "3/5", "1/40", "1/4")],
)  # fmt: skip
def test_as_a_search_of_everything(p0: str, p1: str, alpha: str, beta: str) -> None:
    asked = tuple(Fraction(word) for word in (p0, p1, alpha, beta))
    slow = slowly(*asked, n_max=16)
    found = simon(*(float(value) for value in asked), n_max=16)
    last = min(slow, key=lambda n: (slow[n], n))
    assert [design.n for design in found.designs] == [n for n in sorted(slow) if n <= last]
    for design in found.designs:
        assert design.expected_n == pytest.approx(float(slow[design.n]), rel=1e-13)


def test_a_stop_permits_a_smaller_r_than_one_stage() -> None:
    # The minimax design of .5/.65 rejects with 41 of 68; the one-stage test of 68 needs 42.
    design = simon(0.5, 0.65, 0.05, 0.2).minimax
    assert (design.r, design.n) == (40, 68)
    assert critical_value(68, 0.5, 0.05) == 42
    assert design.size <= 0.05 < design.size_not_binding
    # A search that starts at the one-stage critical value misses it: with r = 41 no stop leaves the power.
    assert operating(two_stage(39, 66, 41, 68, 0.5, 0.65).staged, 0.65).rejects < 0.8
    assert _with_the_one_stage_value(0.5, 0.65, 0.05, 0.2, 68) is None


def _with_the_one_stage_value(p0: float, p1: float, alpha: float, beta: float, n: int) -> tuple | None:
    critical = critical_value(n, p0, alpha)
    for n1 in range(1, n):
        for r1 in range(n1):
            design = two_stage(r1, n1, critical - 1, n, p0, p1) if critical and critical > r1 + 1 else None
            if design and design.power < 1 - beta:
                break
            if design and design.size <= alpha:
                return (r1, n1)
    return None


def test_admissible_designs_are_the_best_at_their_weights() -> None:
    found = simon(0.1, 0.3, 0.05, 0.1)
    for one in found.admissible:
        middle = (one.lower + one.upper) / 2
        cost = [middle * design.n + (1 - middle) * design.expected_n for design in found.designs]
        assert min(cost) == pytest.approx(middle * one.design.n + (1 - middle) * one.design.expected_n)
    weights = [weight for one in found.admissible for weight in (one.upper, one.lower)]
    assert weights == sorted(weights, reverse=True) and (weights[0], weights[-1]) == (1.0, 0.0)


def test_it_prints_and_draws() -> None:
    found: Simon = simon(0.3, 0.5, 0.05, 0.2)
    assert "≤ 5/15" in found.text() and "&gt; 18/46" in found.html() and "极小极大" in found.text("zh")
    assert found.chart().lines[1].points[0] == (found.minimax.n, found.minimax.expected_n)


@pytest.mark.parametrize("n_max", [1, 501, 10])
def test_no_design_within_n_max_is_refused(n_max: int) -> None:
    with pytest.raises(InputRefused):
        simon(0.3, 0.5, 0.05, 0.2, n_max=n_max)
