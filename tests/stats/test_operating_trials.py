"""Virtual trials against enumeration, against a slow twin, and against themselves on other cores."""

import math
import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.staged import Look, Staged, operating
from remission.stats.operating import kernels_trials as kernels
from remission.stats.operating.participants import (
    Accrual,
    Calendar,
    Delay,
    Group,
    Trial,
    blocks_of,
    key_of,
    play,
    simulate,
    summed_up,
)
from remission.stats.operating.weighting import simulate_weighted
from remission.stats.rates.proportions import power

SIMON = Staged((Look(15, 5, None), Look(46, 18, 19)))
THREE = Staged((Look(20, 8, 18), Look(40, 20, 32), Look(60, 36, 37)))
MIXED = (Group("low", 0.6, 0.45, 0.1), Group("intermediate", 0.4, 0.3, 0.2))
CALENDAR = Calendar(Accrual((0.0, 100.0, 250.0), (0.1, 0.05, 0.05)), Delay(14.0, 28.0, 0.1, 21.0))
LOW32 = 0xFFFFFFFF
GOLD = [13736, 497, 930609, 47820797, 790698, 34406864, 0, 372653, 4142, 4142, 1625, 0, 13736]


def philox(words: Sequence[int], key: Sequence[int]) -> tuple[int, ...]:
    """Philox 4x32-10 with whole Python numbers."""
    a, b, c, d = words
    key_a, key_b = key
    for _ in range(10):
        left, right = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (right >> 32) ^ b ^ key_a, right & LOW32, (left >> 32) ^ d ^ key_b, left & LOW32
        key_a, key_b = (key_a + 0x9E3779B9) & LOW32, (key_b + 0xBB67AE85) & LOW32
    return a, b, c, d


@pytest.mark.parametrize(
    ("words", "key", "known"),  # kat_vectors of Random123 1.09, philox4x32 10
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((LOW32,) * 4, (LOW32,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_the_slow_generator_gives_the_published_words(
    words: tuple[int, ...], key: tuple[int, ...], known: str
) -> None:
    assert " ".join(f"{word:08x}" for word in philox(words, key)) == known


@given(st.integers(0, 10**6), st.integers(0, 2**40), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_the_fast_generator_is_the_slow_one(child: int, trial: int, a: int, b: int) -> None:
    fast = kernels.words_of(child, trial, np.array([a, b], dtype=np.uint64))
    assert tuple(int(word) for word in fast) == philox((child, trial & LOW32, trial >> 32, 0), (a, b))


def twin(trial: Trial, seed: int, number: int) -> tuple[bool, bool, int, int, int, float, float]:
    """One trial as one would tell it: in favour, decided, enrolled, counted, responders, two days."""
    key = tuple(int(word) for word in key_of(seed))
    whole = math.fsum(group.share for group in trial.groups)
    response = math.fsum(group.share * group.response for group in trial.groups) / whole
    lost = math.fsum(group.share * group.not_counted for group in trial.groups) / whole
    calendar, most = trial.calendar, trial.most or trial.design.n

    def child(place: int) -> tuple[float, str, float]:
        gap, _, outcome, delay = (
            word / 2**32 for word in philox((place, number & LOW32, number >> 32, 0), key)
        )
        said = "response" if outcome < response else "not counted" if outcome < response + lost else "none"
        days = 0.0
        if calendar:
            d = calendar.delay
            share = delay / d.late if delay < d.late else (delay - d.late) / (1 - d.late)
            days = d.earliest + (d.latest - d.earliest) * share + (d.by if delay < d.late else 0)
        return -math.log(gap + 0.5 / 2**32), said, days

    def day_of(expected: float) -> float:
        """Walk from opening to opening until as many are expected."""
        assert calendar
        events = sorted(zip(calendar.accrual.opens, calendar.accrual.a_day, strict=True))
        now, rate, done = events[0][0], 0.0, 0.0
        for place, (opens, a_day) in enumerate(events):
            if rate and done + (opens - now) * rate > expected:
                break
            done, now, rate = done + (opens - now) * rate, opens, rate + a_day
            del place
        return now + (expected - done) / rate

    enrolled, counted, responders, expected, last, latest = 0, 0, 0, 0.0, 0.0, 0.0
    decided = favour = False
    for look in trial.design.looks:
        while counted < look.n and enrolled < most:
            gap, said, delay = child(enrolled)
            enrolled += 1
            if calendar:
                expected += gap
                last = day_of(expected)
                latest = max(latest, last + delay)
            counted += said != "not counted"
            responders += said == "response"
        if counted < look.n:
            break
        favour = look.efficacy is not None and responders >= look.efficacy
        decided = favour or (look.futility is not None and responders <= look.futility)
        if decided:
            break
    while calendar and enrolled < min(most, trial.design.n):
        expected += child(enrolled)[0]
        if day_of(expected) > latest:
            break
        last = day_of(expected)
        enrolled += 1
    return favour, decided, enrolled, counted, responders, last, latest


@pytest.mark.parametrize(
    "trial",
    [
        Trial(SIMON, (Group("all", 1, 0.4),)),
        Trial(SIMON, MIXED, most=60),
        Trial(THREE, MIXED, CALENDAR, most=75),
        Trial(THREE, (Group("all", 1, 0.7),), CALENDAR),
    ],
)
def test_the_loop_is_its_slow_twin(trial: Trial) -> None:
    for number in [*range(60), 2**32 + 5, 2**33 + 6]:
        favour, decided, enrolled, counted, responders, last, latest = twin(trial, 11, number)
        sums = play(trial, 11, number, number + 1)
        assert list(sums.whole[[0, 1, 2, 4, 7]]) == [favour, not decided, enrolled, counted, responders]
        assert sums.days[[0, 2]] == pytest.approx([last, latest], rel=1e-12)


@pytest.mark.parametrize("design", [SIMON, THREE])
@pytest.mark.parametrize("rate", [0.3, 0.5, 0.7])
def test_trials_without_a_calendar_agree_with_enumeration(design: Staged, rate: float) -> None:
    exact = operating(design, rate)
    found = simulate(Trial(design, (Group("all", 1, rate),)), 200_000, 3)
    assert found.rejects.value == pytest.approx(exact.rejects, abs=4 * found.rejects.error + 2e-5)
    assert found.enrolled.value == pytest.approx(exact.expected_n, abs=4 * found.enrolled.error)
    assert found.early.value == pytest.approx(exact.early, abs=4 * found.early.error + 1e-9)
    for estimate, chance in zip(
        (*found.futility, *found.efficacy), (*exact.futility, *exact.efficacy), strict=True
    ):
        assert estimate.value == pytest.approx(chance, abs=4 * estimate.error + 2e-5)


def test_drawing_a_childs_group_first_has_the_law_of_the_mean_chance() -> None:
    """Responders and counted of 12 children: summed over how many are in each group, and at once."""
    n, (a, b) = 12, MIXED
    mean = [a.share * getattr(a, key) + b.share * getattr(b, key) for key in ("response", "not_counted")]

    def at_once(of: int, response: float, lost: float) -> np.ndarray:
        chances = np.zeros((n + 1, n + 1))
        for x in range(of + 1):
            for y in range(of - x + 1):
                ways = math.comb(of, x) * math.comb(of - x, y)
                chances[x, y] = ways * response**x * lost**y * (1 - response - lost) ** (of - x - y)
        return chances

    by_group = np.zeros((n + 1, n + 1))
    for of in range(n + 1):
        share = math.comb(n, of) * a.share**of * b.share ** (n - of)
        ones, others = at_once(of, a.response, a.not_counted), at_once(n - of, b.response, b.not_counted)
        for x in range(n + 1):
            for y in range(n + 1 - x):
                by_group[x:, y:] += share * ones[x, y] * others[: n + 1 - x, : n + 1 - y]
    assert by_group == pytest.approx(at_once(n, *mean), abs=1e-14)
    exact = operating(SIMON, mean[0] / (1 - mean[1]))
    found = simulate(Trial(SIMON, MIXED, most=400), 200_000, 8)
    assert found.rejects.value == pytest.approx(exact.rejects, abs=4 * found.rejects.error)


def test_equal_seeds_give_the_sums_they_always_gave() -> None:
    """Written down before children were drawn in runs and without branches."""
    trial = Trial(SIMON, (Group("all", 1, 0.4, 0.15),), most=60)
    assert play(trial, 5, 0, 20_000).whole.tolist() == GOLD
    apart = play(trial, 5, 0, 8_000).whole + play(trial, 5, 8_000, 20_000).whole
    assert apart.tolist() == GOLD


@pytest.mark.parametrize("calendar", [None, CALENDAR])
def test_chances_of_0_and_1_are_certain(calendar: Calendar | None) -> None:
    for response, lost, responders in ((1.0, 0.0, 46), (0.0, 0.0, 0)):
        sums = play(Trial(SIMON, (Group("all", 1, response, lost),), calendar), 1, 0, 500)
        assert sums.whole[0] == (500 if responders else 0)
        assert sums.whole[7] == 500 * responders
    lost = simulate(Trial(SIMON, (Group("all", 1, 0.0, 1.0),), calendar), 500, 1)
    assert (lost.undecided.value, lost.counted.value, lost.enrolled.value) == (1, 0, 46)


def test_a_calendar_changes_who_is_enrolled_but_not_what_is_decided() -> None:
    plain = simulate(Trial(THREE, MIXED, most=90), 20_000, 5)
    timed = simulate(Trial(THREE, MIXED, CALENDAR, most=90), 20_000, 5)
    waits = Calendar(CALENDAR.accrual, CALENDAR.delay, pauses=True)
    waiting = simulate(Trial(THREE, MIXED, waits, most=90), 20_000, 5)
    assert plain.rejects == timed.rejects == waiting.rejects
    assert timed.enrolled.value > plain.enrolled.value == waiting.enrolled.value
    assert timed.beyond == pytest.approx(timed.enrolled.value - plain.enrolled.value)
    assert timed.decided_by_day and waiting.decided_by_day and plain.decided_by_day is None
    assert timed.decided_by_day.value < waiting.decided_by_day.value


def test_one_site_enrols_as_its_poisson_process_says() -> None:
    """The n-th child of a process of rate r comes after n / r days on average, with variance n / r^2."""
    one = Staged((Look(40, 0, 1),))
    found = simulate(
        Trial(one, (Group("all", 1, 0.5),), Calendar(Accrual((10.0,), (0.2,)))), 50_000, 9
    ).enrolled_by_day
    assert found is not None
    assert found.value == pytest.approx(10 + 40 / 0.2, abs=4 * found.error)
    assert found.error * math.sqrt(50_000) == pytest.approx(math.sqrt(40) / 0.2, rel=0.02)


def test_children_not_counted_are_replaced() -> None:
    """Of those counted 0.5 respond: the design meets that rate, and enrols 1 / 0.8 as many."""
    found = simulate(Trial(SIMON, (Group("all", 1, 0.4, 0.2),), most=400), 100_000, 4)
    exact = operating(SIMON, 0.5)
    assert found.rejects.value == pytest.approx(exact.rejects, abs=4 * found.rejects.error)
    assert found.enrolled.value == pytest.approx(exact.expected_n / 0.8, abs=4 * found.enrolled.error)
    assert found.undecided.value == 0 and found.undecided.upper > 0


def test_equal_seeds_give_equal_bits_on_any_number_of_cores_and_in_any_blocks() -> None:
    trial = Trial(THREE, MIXED, CALENDAR, most=80)
    told: list[int] = []
    alone = simulate(trial, 30_000, 21, told=told.append)
    assert alone == simulate(trial, 30_000, 21, cores=2) == simulate(trial, 30_000, 21, cores=5)
    apart = [play(pickle.loads(pickle.dumps(trial)), 21, *block) for block in blocks_of(30_000, 21)]
    assert summed_up(trial, 21, apart) == alone and sum(told) == 30_000
    assert alone != simulate(trial, 30_000, 22)


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_a_higher_rate_never_loses_a_trial_that_a_lower_one_won(one: float, other: float, seed: int) -> None:
    """Every child keeps its random numbers: more responders child by child."""
    low, high = sorted((one, other))
    single = Staged((Look(30, 14, 15),))
    worse = simulate(Trial(single, (Group("all", 1, low),)), 500, seed)
    better = simulate(Trial(single, (Group("all", 1, high),)), 500, seed)
    assert better.rejects.value >= worse.rejects.value


def test_weights_repair_the_rate_that_missing_children_bend() -> None:
    groups = (Group("a", 0.6, 0.8 * 0.95, 0.05), Group("b", 0.4, 0.5 * 0.7, 0.3))
    found = simulate_weighted(groups, 90, 0.5, 0.025, 40_000, 2, cores=2)
    assert found.true_rate == pytest.approx(0.6 * 0.8 + 0.4 * 0.5)
    assert found.counted_rate == pytest.approx((0.6 * 0.76 + 0.4 * 0.35) / (0.6 * 0.95 + 0.4 * 0.7))
    assert found.counted == pytest.approx(90 * (0.6 * 0.95 + 0.4 * 0.7), rel=0.001)
    assert found == simulate_weighted(groups, 90, 0.5, 0.025, 40_000, 2)
    assert "Monte Carlo: 40000 trials, seed 2" in found.text() and "加权" in found.text("zh")


def test_without_missing_children_the_weighted_test_is_the_score_test() -> None:
    """0.7 against 0.85 in 90: the score test rejects from 72 responders on, as the exact test does."""
    found = simulate_weighted((Group("all", 1, 0.85),), 90, 0.7, 0.025, 40_000, 6)
    assert found.weighted == found.unweighted
    assert found.weighted.value == pytest.approx(power(90, 0.7, 0.85, 0.025), abs=4 * found.weighted.error)


def test_what_is_printed_says_error_trials_seed_and_that_it_is_simulated() -> None:
    found = simulate(Trial(SIMON, MIXED, CALENDAR, most=60), 500, 1)
    assert "500 trials, seed 1" in found.text() and "[SIMULATED DATA]" in found.text()
    assert "day of the decision" in found.text() and "标准误" in found.html("zh")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Trial(SIMON, ()),
        lambda: Trial(SIMON, (Group("all", 0, 0.5),)),
        lambda: Trial(SIMON, (Group("all", 1, 0.8, 0.3),)),
        lambda: Trial(SIMON, MIXED, most=45),
        lambda: Trial(SIMON, MIXED, Calendar(Accrual((), ()))),
        lambda: Trial(SIMON, MIXED, Calendar(Accrual((0.0,), (0.0,)))),
        lambda: Trial(SIMON, MIXED, Calendar(Accrual((0.0, 1.0), (1.0,)))),
        lambda: Trial(SIMON, MIXED, Calendar(Accrual((0.0,), (1.0,)), Delay(5, 3))),
        lambda: simulate(Trial(SIMON, MIXED), 0, 1),
        lambda: simulate(Trial(SIMON, MIXED), 10, -1),
        lambda: simulate(Trial(SIMON, MIXED), 10, 1, cores=0),
        lambda: simulate_weighted(MIXED, 0, 0.5, 0.025, 10, 1),
        lambda: simulate_weighted(MIXED, 9, 0.0, 0.025, 10, 1),
        lambda: simulate_weighted((), 9, 0.5, 0.025, 10, 1),
        lambda: simulate_weighted((Group("a", 1, 0.8, 0.7),), 9, 0.5, 0.025, 10, 1),
        lambda: simulate_weighted((Group("a", -1, 0.8), *MIXED), 9, 0.5, 0.025, 10, 1),
        lambda: simulate_weighted((Group("a", 1, 0.0, 1.0), *MIXED), 9, 0.5, 0.025, 10, 1),
        lambda: Trial(SIMON, (Group("all", math.inf, 0.5),)),
        lambda: Trial(SIMON, (Group("all", 1, math.nan),)),
    ],
)
def test_what_cannot_be_played_is_refused(wrong: object) -> None:
    assert callable(wrong)
    with pytest.raises(InputRefused):
        wrong()
