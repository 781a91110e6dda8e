"""Toxicity boundaries against the package stoppingrule and a slow version."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.stats.designs.predictive import Prior
from remission.stats.designs.toxicity import (
    ToxicityBoundary,
    bayesian_toxicity,
    calibrated_toxicity,
    pocock_toxicity,
    toxicity_operating,
)
from remission.terms.words import Text

EVERY = range(1, 31)


def slowly(sizes: tuple[int, ...], counts: tuple[int | None, ...], rate: float) -> tuple[float, float, float]:
    """Stops, mean participants and mean toxicities, one participant after the other."""
    alive, stops, people, events, before = {0: 1.0}, 0.0, 0.0, 0.0, 0
    for n, count in zip(sizes, counts, strict=True):
        for _ in range(n - before):
            later: dict[int, float] = {}
            for x, chance in alive.items():
                later[x] = later.get(x, 0.0) + chance * (1 - rate)
                later[x + 1] = later.get(x + 1, 0.0) + chance * rate
            alive = later
        before = n
        for x in [x for x in alive if count is not None and x >= count]:
            chance = alive.pop(x)
            stops, people, events = stops + chance, people + n * chance, events + x * chance
    people += before * sum(alive.values())
    return stops, people, events + sum(x * chance for x, chance in alive.items())


def test_the_printed_rule_of_stoppingrule() -> None:
    """README of stoppingrule: calc.rule.bin(ns=1:30, p0=0.20, alpha=0.10, type="BB", param=c(0.6, 2.4)).

    It finds the cut-off 0.9630823; the chances are of OC.rule.bin(rule, ps=seq(0.2, 0.4, 0.05)).
    """
    rule = calibrated_toxicity(EVERY, 0.2, 0.1, prior=Prior(0.6, 2.4))
    table = [2, 3, 3, 3, 4, 4, 5, 5, 5, 5, 6, 6, 6, 7, 7, 7, 7, 8, 8, 8, 9, 9, 9, 9, 10, 10, 10, 10, 11, 11]
    possible = [count if count <= n else None for n, count in zip(EVERY, table, strict=True)]
    assert list(rule.counts) == possible
    # The package halves towards the edge, 4 of 7, and ends near it; we name the middle of the same counts.
    assert Prior(0.6, 2.4).exceeds(0.2, 7)[4] == pytest.approx(0.9630823, abs=1e-6)
    assert 0.9630823 < rule.pointwise < 0.9632
    printed = (
        (0.20, 0.09957367, 5.651197), (0.25, 0.23832301, 6.536293), (0.30, 0.43615256, 6.926712),
        (0.35, 0.64555222, 6.819377), (0.40, 0.81491087, 6.355803),
    )  # fmt: skip
    rows = toxicity_operating(rule, [rate for rate, _, _ in printed]).rows
    for row, (_, stops, events) in zip(rows, printed, strict=True):
        assert row.stops == pytest.approx(stops, abs=6e-9)
        assert row.expected_toxicities == pytest.approx(events, abs=6e-7)


@settings(max_examples=40, deadline=None)
@given(
    st.sets(st.integers(1, 25), min_size=1, max_size=12).map(sorted),
    st.floats(0.05, 0.6), st.floats(0.02, 0.3), st.floats(0, 1),
)  # fmt: skip
def test_pocock_is_the_largest_level_and_its_chances_are_right(
    sizes: list[int], limit: float, allowed: float, rate: float
) -> None:
    """The slow version tries every level that a binomial tail takes."""
    from scipy import stats

    ours = pocock_toxicity(sizes, limit, allowed)
    row = toxicity_operating(ours, (rate,)).rows[0]
    slow = slowly(ours.sizes, ours.counts, rate)
    assert (row.stops, row.expected_n, row.expected_toxicities) == pytest.approx(slow, abs=1e-10)
    best = tuple[int | None, ...](None for _ in sizes)
    tails = {n: [float(stats.binom.sf(x - 1, n, limit)) for x in range(n + 1)] for n in sizes}
    for level in sorted({tail for row in tails.values() for tail in row[1:]}):
        at = level * (1 + 1e-12)
        counts = tuple(next((x for x in range(1, n + 1) if tails[n][x] <= at), None) for n in sizes)
        if slowly(ours.sizes, counts, limit)[0] > allowed:
            break
        best = counts
    assert ours.counts == best


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 0.6), st.floats(0.5, 0.99), st.floats(0.2, 3), st.floats(0.2, 3))
def test_boundaries_grow_by_at_most_one(limit: float, cut_off: float, a: float, b: float) -> None:
    for rule in (
        bayesian_toxicity(EVERY, limit, cut_off, prior=Prior(a, b)),
        pocock_toxicity(EVERY, limit, 0.1),
    ):
        counts = [n + 1 if c is None else c for n, c in zip(rule.sizes, rule.counts, strict=True)]
        assert all(0 <= later - count <= 1 for count, later in pairwise(counts))


def test_looks_left_out_stop_no_more_often() -> None:
    rule = pocock_toxicity(EVERY, 0.2, 0.05)
    full, gaps = (
        toxicity_operating(rule, (0.1, 0.2, 0.4), skipped=out).rows for out in ((), (3, 4, 5, 11, 12, 20))
    )
    assert all(b.stops <= a.stops and b.expected_n >= a.expected_n for a, b in zip(full, gaps, strict=True))
    assert full[1].stops == pytest.approx(0.0495, abs=5e-5) and full[1].stops <= 0.05


def test_stricter_is_earlier() -> None:
    loose, strict = pocock_toxicity(EVERY, 0.2, 0.1), pocock_toxicity(EVERY, 0.2, 0.02)
    assert all(a is None or b is None or a <= b for a, b in zip(loose.counts, strict.counts, strict=True))


def test_prints_stop_if_at_least_so_many_of_so_many() -> None:
    rule = pocock_toxicity(EVERY, 0.2, 0.05)
    lines = [line.split() for line in rule.text().splitlines()]
    assert ["≥", "4", "4–6"] in lines and ["≥", "12", "29–30"] in lines
    assert rule.stops(4, 5) and not rule.stops(3, 5) and not rule.stops(2, 2)
    assert "毒性" in rule.text("zh") and rule.chart().lines[0].points[0] == (3, 3)
    assert "expected toxicities" in toxicity_operating(rule, (0.2,)).text()
    cohorts = bayesian_toxicity((5, 10, 20), 0.2, 0.9)
    assert [row[1] for row in cohorts.printed().rows] == ["5", "10", "20"]


def test_refusals() -> None:
    with pytest.raises(InputRefused):
        pocock_toxicity((), 0.2, 0.05)
    with pytest.raises(InputRefused):
        pocock_toxicity(EVERY, 1.2, 0.05)
    rule = pocock_toxicity(EVERY, 0.2, 0.05)
    with pytest.raises(InputRefused):
        rule.stops(1, 31)
    with pytest.raises(InputRefused):
        toxicity_operating(rule, (0.2,), skipped=(30,))
    with pytest.raises(InputRefused):
        toxicity_operating(rule, (1.2,))
    with pytest.raises(InputRefused):
        ToxicityBoundary(0.2, (3,), (4,), 0.1, Text("", ""))
