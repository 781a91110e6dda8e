"""A likelihood that grows without end is refused however rare the covariate, and no other one is."""

import numpy as np
import pytest

from remission.errors import InputRefused
from remission.stats.times.cox import cox


@pytest.mark.parametrize("carriers", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("n", [50, 100, 200, 400, 700, 850, 1000])
def test_carriers_without_an_event_are_named_with_and_without_another_covariate(
    n: int, carriers: int
) -> None:
    random = np.random.default_rng([n, carriers])
    for repeat in range(5):
        times, seen, rare = random.exponential(1, n), random.random(n) < 0.3, np.zeros(n)
        rare[:carriers], seen[:carriers] = 1, False
        times[0] = times.max() if repeat < 2 else np.quantile(times, 0.8)
        covariates = {"rare": rare.tolist()}
        if repeat % 2:
            covariates["z"] = random.normal(size=n).tolist()
        with pytest.raises(InputRefused, match="grows without end in 'rare'") as refused:
            cox(times.tolist(), seen.tolist(), covariates)
        assert "firth=True" in refused.value.do


def test_so_are_carriers_who_all_have_it_first_a_gap_and_a_sum() -> None:
    random = np.random.default_rng(8)
    n = 300
    times, seen = np.arange(1.0, n + 1), np.ones(n, dtype=bool)
    first = (times <= 2).astype(float)
    with pytest.raises(InputRefused, match="without end in 'first'"):
        cox(times.tolist(), seen.tolist(), {"first": first.tolist(), "z": random.normal(size=n).tolist()})
    ahead = np.where(times <= 3, 4 - times, 0.0) + 0.2 * (times == 3)
    with pytest.raises(InputRefused, match="without end in 'ahead'"):
        cox(times.tolist(), seen.tolist(), {"ahead": ahead.tolist()})
    with pytest.raises(InputRefused, match="beyond what numbers hold"):
        cox(times.tolist(), seen.tolist(), {"order": (-times).tolist()})
    noise = random.normal(size=n)
    with pytest.raises(InputRefused, match="without end in 'a', 'b'"):
        cox(times.tolist(), seen.tolist(), {"a": noise.tolist(), "b": (first - noise).tolist()})


def test_firth_gives_a_finite_estimate_for_one_carrier_in_two_hundred() -> None:
    random = np.random.default_rng(2)
    times, seen = random.exponential(1, 200), random.random(200) < 0.3
    times[0], seen[0] = times.max() + 1, False
    (rare,) = cox(times.tolist(), seen.tolist(), {"rare": [1.0] + [0.0] * 199}, firth=True).effects
    assert -5 < rare.coefficient < 0 and rare.interval is not None and rare.interval.upper > 1


def test_strong_true_effects_are_never_refused() -> None:
    random = np.random.default_rng(2)
    for _ in range(300):
        x = random.normal(size=80)
        times = random.exponential(1, 80) * np.exp(-3 * x)
        (effect,) = cox(times.tolist(), [True] * 80, {"x": x.tolist()}).effects
        assert 1.5 < effect.coefficient < 6


def test_one_person_out_of_order_makes_the_estimate_finite() -> None:
    n = 2000
    times = np.arange(1.0, n + 1)
    times[999] = 1001.5
    (effect,) = cox(times.tolist(), (times < 1500).tolist(), {"x": [1.0] * 1000 + [0.0] * 1000}).effects
    assert 5 < effect.coefficient < 12 and effect.standard_error < 2


@pytest.mark.parametrize("big", [1e2, 1e4, 1e6, 1e8])
def test_a_value_far_out_is_no_runaway(big: float) -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=200)
    times, far = random.exponential(1, 200) * np.exp(-x), np.zeros(200)
    far[3] = big
    found = cox(times.tolist(), [True] * 200, {"x": x.tolist(), "far": far.tolist()})
    unit = cox(times.tolist(), [True] * 200, {"x": x.tolist(), "far": (far / big).tolist()})
    assert found.effects[0].coefficient == pytest.approx(unit.effects[0].coefficient, rel=1e-7)
    assert found.effects[1].coefficient * big == pytest.approx(unit.effects[1].coefficient, rel=1e-7)
    cox(times.tolist(), [True] * 200, {"x": np.where(far > 0, far, x).tolist()})


def test_a_first_event_so_far_out_that_no_number_holds_its_hazard_is_said() -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=200)
    times = random.exponential(1, 200) * np.exp(-x)
    first = int(times.argmin())
    x[first] = 1e6
    with pytest.raises(InputRefused, match="beyond what numbers hold"):
        cox(times.tolist(), [True] * 200, {"x": x.tolist()})
