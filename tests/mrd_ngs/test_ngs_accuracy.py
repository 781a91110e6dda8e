"""Accuracy end to end on SIMULATED runs, from files to the answer: what the benches measure, but less of it.

Bounds are binomial: a promise that holds is missed here less than once in a thousand seeds; seeds are fixed.
"""

import io
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from remission.mrd.ngs.bases import decode
from remission.mrd.ngs.deciding import _Candidate, _tolerance
from remission.mrd.ngs.source import batches
from remission.mrd.ngs.tally import Target, Tier
from remission.mrd.ngs.tracking import track
from remission.rehearsal.sequencing.repertoire import clone_of, spikes_of
from remission.rehearsal.sequencing.spec import Run, Sample

# The benches make and measure the runs; tests and benches must not differ in how.
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
import ngs_accuracy
import ngs_decoys
import ngs_diagnosis

RARE = 1e-3
UNIQUE_KINDS = ngs_accuracy.KINDS[:1]
LEVELS = (1e-4, 1e-5, 1e-6, 1e-6, 1e-6)


@pytest.fixture(scope="module")
def series():
    """20 samples with V-D-J clones at 1e-4, 1e-5 and three at 1e-6 of 3M cells, two negative controls."""
    rng = np.random.default_rng(20261122)
    run, patients = ngs_accuracy.diluted(rng, LEVELS, 5, samples=20, kinds=UNIQUE_KINDS)
    return ngs_accuracy.run_through(replace(run, clonotypes=2_000), patients, rng)


def of(series, level):
    return [one for one in series if one.fraction == level]


def test_index_reads_are_counted_and_nothing_else(series):
    for level in sorted(set(LEVELS)):
        counted = sum(one.level.reads for one in of(series, level))
        there = sum(one.reads + one.hopped for one in of(series, level))
        assert counted >= binom.ppf(RARE, there, 0.99)
        assert counted <= there + binom.ppf(1 - RARE, there, 0.001)


def test_intervals_hold_the_truth_and_levels_are_unbiased(series):
    for level in sorted(set(LEVELS)):
        its = of(series, level)
        held = sum(one.level.lower <= level <= one.level.upper for one in its)
        assert held >= binom.ppf(RARE, len(its), 0.95)
        ratio = np.array([one.raw / level for one in its])
        assert abs(ratio.mean() - 1) < 3.3 * ratio.std() / np.sqrt(len(ratio))


def test_a_clone_in_a_million_cells_is_found_as_often_as_a_template_allows(series):
    its = [one for one in of(series, 1e-6) if one.unique]
    assert len(its) >= 50
    assert sum(one.level.templates > 0 for one in its) >= binom.ppf(RARE, len(its), 0.93)
    assert not any(one.level.templates > 0 for one in its if one.templates == 0)


def test_without_disease_nothing_is_found_beside_the_diagnosis():
    rng = np.random.default_rng(20261123)
    patients: dict[str, ngs_accuracy.Patient] = {}
    samples: list[Sample] = []
    for place in range(3):
        name = f"P{place}"
        clones = tuple(
            clone_of(ngs_accuracy.GERMLINE, *kind, f"{name}-{at}", rng)
            for at, kind in enumerate(ngs_accuracy.KINDS)
        )
        patients[name] = ngs_accuracy.Patient(name, clones, None, {})
        shares = {clone.name: 0.15 for clone in clones}
        diagnosis = ngs_accuracy.Role.DIAGNOSIS
        samples.append(Sample(f"D{place}", name, clones, 100_000, shares, 0.2, 20_000, diagnosis))
        samples.append(Sample(f"S{place}", name, clones, 3_000_000, {}, 0.01, 40_000))
    everything = (*samples, *ngs_accuracy.controls_of(2, 40_000))
    spikes = spikes_of(ngs_accuracy.GERMLINE, 3, 100, rng)
    run = Run(everything, ngs_accuracy.GERMLINE, spikes, hopping=1e-3, clonotypes=5_000)
    seen = ngs_accuracy.run_through(run, patients, rng, diagnoses=True)
    assert len(seen) >= 16 and sum(one.hopped for one in seen) > 0
    assert [one for one in seen if one.level.templates > 0] == []


def test_decoys_are_not_counted_and_the_tolerance_says_why():
    for one in ngs_decoys.one_run(0, 20261124, apart=(2, 3, 4), per_template=3):
        assert one.excess <= one.seen.level.lob_reads
        assert one.excess <= 2
        assert one.named > 0
        if one.scene[0] == 0:
            assert one.seen.level.templates == 0


@pytest.mark.parametrize("apart", [0, 1, 2, 3])
def test_healthy_cells_that_look_like_an_absent_clone_count_in_full_only_if_they_show_its_window(apart):
    """What `index.MOST_BY_CHANCE` rests on: of a cell one substitution away at most two reads count."""
    numbers = np.random.default_rng(20261126 + apart)
    for reads in (1, 2, 3, 5, 10):
        window, flanks = numbers.integers(0, 4, 60), numbers.integers(0, 4, (2, 50))
        cell = window.copy()
        places = numbers.choice(60, apart, replace=False)
        cell[places] = (cell[places] + numbers.integers(1, 4, apart)) % 4
        bases = decode(np.concatenate([flanks[0], cell, flanks[1]]).astype(np.uint8))
        quality = numbers.integers(20, 41, (reads, len(bases))) + 33
        text = "".join(f"@r\n{bases}\n+\n{bytes(own.tolist()).decode()}\n" for own in quality)
        target = Target("P", "IGH-1", Tier.EXACT, "IGH", decode(window.astype(np.uint8)))
        tally = track((target,), batches([("SIMULATED", io.BytesIO(text.encode()))]), "S", "P")
        most = {0: reads, 1: 2, 2: 1, 3: 1}[apart]
        assert tally.counts[0].reads <= most
        if apart == 0:
            assert tally.counts[0].reads == reads


def test_the_neighbour_with_most_reads_is_named_of_those_that_forbid_as_much():
    own = np.zeros(60, dtype=np.uint8)
    three, four = own.copy(), own.copy()
    three[:3], four[10:14] = 1, 1
    others = [_Candidate(three, 0, 2.0), _Candidate(four, 0, 29_843.0)]
    tolerance = _tolerance(_Candidate(own, 0, 228.0), others, 0.002)
    assert tolerance.substitutions == 1
    assert tolerance.why.en.startswith("a neighbour at 4 substitutions with 29,843 reads")


def test_diagnosis_samples_give_the_clones_that_were_in_them(capsys):
    samples = [ngs_diagnosis.diagnosed(number, 20261125, reads=15_000) for number in range(4)]
    missed = ngs_diagnosis.report(samples)
    assert missed == 0, capsys.readouterr().out
    assert sum(len(one.found.index.clones) for one in samples) >= 10
