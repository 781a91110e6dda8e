"""What the spikes say of the reads a template gives. Invented counts."""

import math

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.ngs.rearrangement import Locus
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, Target, TargetCount, Tier, Tolerance
from remission.mrd.ngs.templates import ASSUMED_DISPERSION, ASSUMED_WEIGHT, LocusYield, yields
from remission.terms.words import Text

NONE = Tolerance(0, 0, Text("", ""))


def counted(reads: dict[Locus, list[int]], copies: float = 100) -> dict[str, LocusYield]:
    put_in = [
        Spike(f"{locus}-{i}", locus, copies, "", "") for locus in reads for i in range(len(reads[locus]))
    ]
    flat = [n for own in reads.values() for n in own]
    counts = tuple(
        TargetCount(Target("", spike.name, Tier.SPIKE, spike.locus, ""), n // 2, n - n // 2, 3, NONE, ())
        for spike, n in zip(put_in, flat, strict=True)
    )
    return dict(yields(put_in, Tally("S", counts, {}), []))


def test_reads_per_template_by_locus() -> None:
    found = counted({Locus.IGH: [900, 1100], Locus.IGK: [3000, 3000]})
    assert found["IGH"].burst.mean == 10.0
    assert found["IGK"].burst.mean == 30.0
    assert found["IGH"].templates(55) == 55 * 200 / 2000
    assert found["IGH"].reads == 2000
    assert found["IGH"].copies == 200.0


def test_one_spike_leaves_the_dispersion_as_assumed() -> None:
    alone = counted({Locus.IGH: [1000]})["IGH"]
    assert alone.burst.dispersion == ASSUMED_DISPERSION
    assert alone.burst.mean_cv == pytest.approx(math.sqrt((1 + ASSUMED_DISPERSION + 1 / 10) / 100))
    assert alone.variation == pytest.approx(math.sqrt(ASSUMED_DISPERSION + 1 / 10))


def test_spikes_that_agree_lower_it_and_spikes_that_differ_raise_it() -> None:
    even = counted({Locus.IGH: [1000] * 6})["IGH"]
    # 5 free distances of 0 copies, against 1 + 1/10 expected without dispersion
    assert even.burst.dispersion == max((ASSUMED_WEIGHT * ASSUMED_DISPERSION - 5 * 1.1) / 25, 0)
    spread = counted({Locus.IGH: [850, 1150, 850, 1150, 850, 1150]})["IGH"]
    expected = (ASSUMED_WEIGHT * ASSUMED_DISPERSION + 6 * 15**2 / 100 - 5 * 1.1) / 25
    assert spread.burst.dispersion == pytest.approx(expected)
    assert not spread.scattered


def test_spikes_far_apart_overrule_the_assumption_and_say_so() -> None:
    found = counted({Locus.IGH: [300, 1700, 300, 1700]})["IGH"]
    assert found.scattered
    assert found.burst.dispersion == pytest.approx((4 * 70**2 / 100 - 3 * 1.1) / 3)
    assert found.burst.mean_cv > 0.3


def test_drawn_spikes_are_seldom_called_scattered() -> None:
    """PCR of 0.7 a cycle, 5 spikes of 100 copies: 1 in 1,000 at most, and the dispersion about right."""
    rng, scattered, dispersions = np.random.default_rng(2), 0, []
    for _ in range(400):
        reads = []
        for _ in range(5):
            copies = np.ones(rng.poisson(100), dtype=np.int64)
            for _ in range(20):
                copies += rng.binomial(copies, 0.7)
            reads.append(int(rng.poisson(10 * copies.sum() / 1.7**20)))
        found = counted({Locus.IGH: reads})["IGH"]
        scattered += found.scattered
        dispersions.append(found.burst.dispersion)
    assert scattered <= 2
    assert np.mean(dispersions) == pytest.approx(0.3 / 1.7, abs=0.1)


def test_loci_that_are_needed_must_have_been_seen() -> None:
    spike = Spike("A", Locus.IGH, 100, "", "")
    silent = Tally("S", (TargetCount(Target("", "A", Tier.SPIKE, "IGH", ""), 0, 0, 9, NONE, ()),), {})
    with pytest.raises(InputRefused, match="the spikes of IGH gave no read"):
        yields([spike], silent, ["IGH"])
    with pytest.raises(InputRefused, match="no spike of IGK"):
        yields([spike], silent, ["IGK"])
    assert yields([spike], silent, []) == {}
    with pytest.raises(InvariantBroken, match="spikes B were not looked for"):
        yields([Spike("B", Locus.IGH, 100, "", "")], silent, ["IGH"])
