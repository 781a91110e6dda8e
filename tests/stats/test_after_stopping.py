"""Inference after stopping: against clinfun, and its promises by enumeration of every outcome."""

import json
import math
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.after import (
    after,
    at_least_as_extreme,
    at_most_as_extreme,
    bias_of_plain,
    stopping_points,
    umvue,
)
from remission.stats.designs.simon import simon
from remission.stats.designs.staged import Look, Staged
from remission.stats.rates.proportions import clopper_pearson

REFERENCE = Path(__file__).parents[2].parent / "shared" / "reference" / "statistics.json"
SIMON = Staged((Look(19, 6, None), Look(39, 16, 17)))
FUTILE = Staged((Look(15, 5, None), Look(46, 18, 19)))
BOTH = Staged((Look(8, 1, 7), Look(16, 5, 11), Look(24, 10, 11)))

# clinfun 1.1.5 twostage.inference(x, r1, n1, n, pu, alpha = .05): UMVUE, p, 5 % and 95 % limits
CLINFUN = [
    ("twostage_inference_x17_r16_n119_n39_pu0.3_a0.05", SIMON, 2, 17,
     0.45558996926, 0.045498996161, 0.3033, 0.5666),
    ("twostage_inference_x4_r15_n115_n46_pu0.3_a0.05", FUTILE, 1, 4,
     0.26666666667, 0.70313207211, 0.0967, 0.4397),
]  # fmt: skip


@pytest.mark.parametrize(("row", "design", "look", "x", "unbiased", "p", "lower", "upper"), CLINFUN)
def test_as_clinfun_prints_it(
    row: str, design: Staged, look: int, x: int, unbiased: float, p: float, lower: float, upper: float
) -> None:
    found = after(design, look=look, responders=x, p0=0.3, level=0.9)
    assert found.unbiased == pytest.approx(unbiased, abs=5.001e-12)
    assert found.p == pytest.approx(p, abs=5.001e-12)
    # clinfun searches a grid of 0.0001 and prints its innermost points: the limits rounded inwards
    assert math.ceil(found.koyama_chen.lower * 1e4) / 1e4 == lower
    assert found.koyama_chen.upper is not None
    assert math.floor(found.koyama_chen.upper * 1e4) / 1e4 == upper
    if REFERENCE.exists():
        value = next(entry["value"] for entry in json.loads(REFERENCE.read_text()) if entry["id"] == row)
        assert (value["pumvue"], value["p.value"]) == (unbiased, p)
        assert (value["5% LCL"], value["95% UCL"]) == (lower, upper)


def slowly(design: Staged) -> dict[tuple[int, int], tuple[int, int]]:
    """For each stopping point: the paths that lead there, and those of them that begin with a response."""
    alive: dict[tuple[int, int], int] = {(0, 0): 1}  # responders, first answer
    out: dict[tuple[int, int], list[int]] = {}
    n = 0
    for place, look in enumerate(design.looks, start=1):
        while n < look.n:
            moved: dict[tuple[int, int], int] = {}
            for (count, first), paths in alive.items():
                for answer in (0, 1):
                    key = (count + answer, answer if n == 0 else first)
                    moved[key] = moved.get(key, 0) + paths
            alive, n = moved, n + 1
        low = -1 if look.futility is None else look.futility
        high = look.n + 1 if look.efficacy is None else look.efficacy
        for (count, first), paths in list(alive.items()):
            if count <= low or count >= high:
                whole = out.setdefault((place, count), [0, 0])
                whole[0] += paths
                whole[1] += paths * first
                del alive[(count, first)]
    return {point: (whole, yes) for point, (whole, yes) in out.items()}


@pytest.mark.parametrize("design", [SIMON, FUTILE, BOTH, Staged((Look(12, 4, 5),))])
def test_the_unbiased_estimate_is_unbiased_exactly(design: Staged) -> None:
    paths = slowly(design)
    assert set(stopping_points(design)) == set(paths)
    for (look, count), (whole, yes) in paths.items():
        assert umvue(design, look=look, responders=count) == pytest.approx(yes / whole, rel=1e-11, abs=1e-15)
    for p in (Fraction(1, 10), Fraction(2, 5), Fraction(9, 10)):
        mean = Fraction(0)
        for (look, count), (_, yes) in paths.items():
            n = design.looks[look - 1].n
            mean += yes * p**count * (1 - p) ** (n - count)  # UMVUE x P = (yes / whole) x whole x ...
        assert mean == p


@pytest.mark.parametrize("design", [SIMON, BOTH])
def test_the_bias_of_the_plain_rate_as_enumerated(design: Staged) -> None:
    for rate in (0.1, 0.35, 0.8):
        mean = math.fsum(
            whole
            * rate**count
            * (1 - rate) ** (design.looks[look - 1].n - count)
            * count
            / design.looks[look - 1].n
            for (look, count), (whole, _) in slowly(design).items()
        )
        assert bias_of_plain(design, rate) == pytest.approx(mean - rate, abs=1e-13)
    assert bias_of_plain(SIMON, 0.35) < -0.01  # a stop for futility pulls the plain rate down


@pytest.mark.parametrize("design", [FUTILE, BOTH])
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_exact_intervals_cover_at_every_rate(design: Staged, level: float) -> None:
    paths = slowly(design)
    found = {
        (look, count): after(design, look=look, responders=count, p0=0.5, level=level)
        for look, count in paths
    }
    chen_least = 1.0
    for step in range(1, 100):
        rate = step / 100
        chance = {
            (look, count): whole * rate**count * (1 - rate) ** (design.looks[look - 1].n - count)
            for (look, count), (whole, _) in paths.items()
        }
        for side in ("two", "lower", "upper"):
            covered = math.fsum(
                chance[point]
                for point, one in found.items()
                if (side == "upper" or one.interval.lower <= rate)
                and (side == "lower" or rate <= one.interval.upper)
            )
            assert covered >= (level if side == "two" else (1 + level) / 2) - 1e-12, (rate, side)
        chen_least = min(
            chen_least,
            math.fsum(
                chance[point]
                for point, one in found.items()
                if one.koyama_chen.upper is not None
                and one.koyama_chen.lower <= rate <= one.koyama_chen.upper
            ),
        )
    assert chen_least < level  # as the page says: Koyama and Chen's upper limit is too low to hold it


def test_p_below_alpha_exactly_where_the_design_rejects() -> None:
    design = simon(0.3, 0.5, 0.05, 0.2).optimal
    for look, count in stopping_points(design.staged):
        p = at_least_as_extreme(design.staged, 0.3, look=look, responders=count)
        assert (p <= design.size * (1 + 1e-12)) == (count > design.r)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(stopping_points(BOTH)), st.floats(0.01, 0.98))
def test_tails_move_with_the_rate(point: tuple[int, int], rate: float) -> None:
    look, count = point
    for tail, sign in ((at_least_as_extreme, 1), (at_most_as_extreme, -1)):
        change = tail(BOTH, rate + 0.01, look=look, responders=count) - tail(
            BOTH, rate, look=look, responders=count
        )
        assert sign * change >= -1e-12


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(stopping_points(BOTH)))
def test_counting_failures_mirrors_everything(point: tuple[int, int]) -> None:
    look, count = point
    mirrored = Staged(tuple(Look(one.n, one.n - one.efficacy, one.n - one.futility) for one in BOTH.looks))  # type: ignore[operator]
    here = after(BOTH, look=look, responders=count, p0=0.5)
    there = after(mirrored, look=look, responders=BOTH.looks[look - 1].n - count, p0=0.5)
    assert there.unbiased is not None
    assert here.unbiased == pytest.approx(1 - there.unbiased, abs=1e-12)
    assert here.median == pytest.approx(1 - there.median, abs=1e-12)
    assert here.interval.lower == pytest.approx(1 - there.interval.upper, abs=1e-12)


def test_one_look_is_clopper_and_pearson() -> None:
    one = Staged((Look(20, 9, 10),))
    for x in (0, 7, 20):
        found = after(one, look=1, responders=x, p0=0.5)
        exact = clopper_pearson(x, 20)
        assert found.interval.lower == pytest.approx(exact.lower, abs=1e-12)
        assert found.interval.upper == pytest.approx(exact.upper, abs=1e-12)
        assert found.unbiased == pytest.approx(x / 20, abs=1e-13)
        assert found.bias_of_plain == pytest.approx(0, abs=1e-12)
    assert after(one, look=1, responders=0, p0=0.5).interval.lower == 0
    assert after(one, look=1, responders=20, p0=0.5).interval.upper == 1


def test_it_prints_and_draws() -> None:
    found = after(SIMON, look=2, responders=17, p0=0.3)
    assert "0.4556" in found.text() and "UMVUE" in found.html() and "停止" in found.text("zh")
    assert found.chart().reference == 0.3 and len(found.chart().rows) == 4


@pytest.mark.parametrize(("look", "x"), [(1, 7), (2, 5), (3, 17), (0, 1), (1, -1)])
def test_an_outcome_that_does_not_stop_is_refused(look: int, x: int) -> None:
    with pytest.raises(InputRefused, match="do not stop"):
        after(SIMON, look=look, responders=x, p0=0.3)
