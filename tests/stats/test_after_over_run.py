"""Answers after the trial stopped: exact by enumeration of every outcome, and what deletion really spends."""

import math
from collections.abc import Callable
from functools import cache

import pytest

from remission.errors import InputRefused
from remission.stats.designs.over_run import OverRun, over_run
from remission.stats.designs.staged import Look, Staged, operating

SIMON = Staged((Look(15, 5, None), Look(46, 18, 19)))
THREE = Staged((Look(6, 1, 5), Look(11, 3, 7), Look(16, 8, 9)))
TWO = Staged((Look(8, 2, None), Look(14, 6, 7)))

Late = Callable[[int, bool], int]  # answers after a stop at the look (from 1), for efficacy or not
LATE: dict[str, Late] = {
    "always 4": lambda look, good: 4,
    "more when good": lambda look, good: 7 if good else 2,
    "fewer the later": lambda look, good: 9 - 4 * look,
}
ALWAYS: dict[int, Late] = {3: lambda look, good: 3, 5: lambda look, good: 5}


def mass(x: int, n: int, p: float) -> float:
    return math.comb(n, x) * p**x * (1 - p) ** (n - x)


def ends(design: Staged, rate: float) -> dict[tuple[int, int], float]:
    """The chance of each (look, responders) at which the trial stops, participant by participant."""
    alive, n, out = {0: 1.0}, 0, dict[tuple[int, int], float]()
    for place, look in enumerate(design.looks, start=1):
        for _ in range(look.n - n):
            moved: dict[int, float] = {}
            for count, chance in alive.items():
                moved[count] = moved.get(count, 0.0) + chance * (1 - rate)
                moved[count + 1] = moved.get(count + 1, 0.0) + chance * rate
            alive = moved
        n = look.n
        low = -1 if look.futility is None else look.futility
        high = look.n + 1 if look.efficacy is None else look.efficacy
        out |= {(place, count): chance for count, chance in alive.items() if not low < count < high}
        alive = {count: chance for count, chance in alive.items() if low < count < high}
    return out


@cache
def outcomes(
    design: Staged, late: Late, p0: float, level: float = 0.9
) -> dict[tuple[int, int, int], OverRun]:
    """What is said of every stop before the end, by look, responders there and later ones."""
    found: dict[tuple[int, int, int], OverRun] = {}
    for place, count in ends(design, 0.5):
        if place < len(design.looks):
            of = late(place, count >= (design.looks[place - 1].efficacy or math.inf))
            for more in range(of + 1):
                found[place, count, more] = over_run(
                    design, look=place, responders=count, later=more, of=of, p0=p0, level=level
                )
    return found


@pytest.mark.parametrize("design", [TWO, THREE])
@pytest.mark.parametrize("late", LATE)
def test_with_all_answers_type_one_error_and_coverage_hold_exactly(design: Staged, late: str) -> None:
    p0, level = 0.4, 0.9
    found, size = outcomes(design, LATE[late], p0), operating(design, p0).rejects
    for one in found.values():
        assert (one.whole.p <= size * (1 + 1e-12)) is one.decided.claims
    at_null = ends(design, p0)
    ps = {key: at_null[key[:2]] * mass(key[2], one.of, p0) for key, one in found.items()}
    for mark in sorted({one.whole.p for one in found.values()}):
        spent = math.fsum(chance for key, chance in ps.items() if found[key].whole.p <= mark * (1 + 1e-12))
        assert spent <= mark * (1 + 1e-11)
    for step in range(4, 100, 6):
        rate, missed = step / 100, [0.0, 0.0]
        stops = ends(design, rate)
        for key, one in found.items():
            chance = stops[key[:2]] * mass(key[2], one.of, rate)
            missed[0] += chance * (one.whole.interval.lower > rate)
            missed[1] += chance * (one.whole.interval.upper < rate)
        assert max(missed) <= (1 - level) / 2 + 1e-12


@pytest.mark.parametrize("late", LATE)
def test_the_tails_are_those_of_the_ordered_outcomes(late: str) -> None:
    # stage-wise: earlier efficacy, then this look's by the count of all answers, ..., earlier futility
    found, p0 = outcomes(THREE, LATE[late], 0.4), 0.4
    chances = ends(THREE, p0)

    def place(look: int, count: int, more: int) -> tuple[int, int]:
        return (
            (100 - look, count + more)
            if count >= (THREE.looks[look - 1].efficacy or 99)
            else (look, count + more)
        )

    for key, one in found.items():
        here = place(*key)
        beyond = math.fsum(
            chances[other[:2]] * mass(other[2], each.of, p0)
            for other, each in found.items()
            if place(*other) >= here
        )
        last = math.fsum(chance for (look, _), chance in chances.items() if look == 3)
        expected = beyond + (0.0 if here[0] > 50 else last)
        assert one.whole.p == pytest.approx(expected, rel=1e-11)


def test_the_unbiased_estimate_is_unbiased() -> None:
    from remission.stats.designs.after import umvue

    for late in LATE.values():
        found = outcomes(THREE, late, 0.4)
        for rate in (0.15, 0.5, 0.8):
            stops = ends(THREE, rate)
            mean = math.fsum(
                stops[key[:2]] * mass(key[2], one.of, rate) * one.unbiased for key, one in found.items()
            )
            mean += math.fsum(
                chance * umvue(THREE, look=3, responders=count)
                for (look, count), chance in stops.items()
                if look == 3
            )
            assert mean == pytest.approx(rate, abs=1e-13)


@pytest.mark.parametrize(("design", "of", "p0"), [(TWO, 5, 0.4), (THREE, 3, 0.4), (THREE, 5, 0.3)])
def test_what_deletion_spends_as_enumerated(design: Staged, of: int, p0: float) -> None:
    found, chances = outcomes(design, ALWAYS[of], p0), ends(design, p0)
    last = design.looks[-1].efficacy or 0
    spent = math.fsum(
        chance for (look, x), chance in chances.items() if look == len(design.looks) and x >= last
    )
    spent += math.fsum(
        chances[key[:2]] * mass(key[2], of, p0) for key, one in found.items() if one.deletion_claims
    )
    for one in found.values():
        assert one.deletion_size == pytest.approx(spent, rel=1e-11)


def test_deletion_is_the_look_replaced() -> None:
    one = over_run(THREE, look=2, responders=7, later=1, of=4, p0=0.4)
    replaced = Staged((Look(6, 1, 5), Look(15, 7, 8)))
    assert one.deletion.p == pytest.approx(operating(replaced, 0.4).rejects, rel=1e-12)


def test_deletion_may_spend_more_than_alpha() -> None:
    # Simon's optimal plan for .3 against .5 at alpha .05: ten answers after the stop, and a rule that claims
    # by deletion has .0524; by stage-wise ordering the plan's .0499 stays
    one = over_run(SIMON, look=1, responders=5, later=10, of=10, p0=0.3)
    assert one.deletion_size == pytest.approx(0.05242, abs=5e-6)
    assert one.decided.size == pytest.approx(0.04987, abs=5e-6)
    assert one.deletion_claims and not one.decided.claims and one.whole.p > one.decided.size
    assert "DISAGREES" in one.text() and "That stands" in one.text() and "不一致" in one.html("zh")


def test_a_stop_for_efficacy_stands_whatever_came_later() -> None:
    found = [over_run(THREE, look=1, responders=5, later=later, of=6, p0=0.4) for later in range(7)]
    for one in found:
        assert one.decided.claims and one.whole.p <= one.decided.p * (1 + 1e-12)
    assert found[-1].plain == 11 / 12 and found[-1].plain_interval.upper < 1


@pytest.mark.parametrize(
    ("look", "responders", "later", "of"),
    [(3, 9, 1, 2), (1, 3, 1, 2), (1, 5, 3, 2), (1, 5, 0, 0), (1, 5, -1, 2)],
)
def test_what_cannot_have_been_is_refused(look: int, responders: int, later: int, of: int) -> None:
    with pytest.raises(InputRefused):
        over_run(THREE, look=look, responders=responders, later=later, of=of, p0=0.4)
