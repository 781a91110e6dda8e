"""The parts of the simulated sequencing against what was asked of them, at fixed seeds."""

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from remission.errors import InputRefused
from remission.mrd.ngs.bases import decode, encode
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.rehearsal.sequencing.chance import mixed, template_keys, weight, weights_of
from remission.rehearsal.sequencing.kernels_sequencing import mix
from remission.rehearsal.sequencing.pcr import amplify
from remission.rehearsal.sequencing.repertoire import (
    MIX,
    SPIKE_BASES,
    background_of,
    clone_of,
    decoys_of,
    family_of,
    spikes_of,
)
from remission.rehearsal.sequencing.sequencer import PROFILES, profiles_of
from remission.rehearsal.sequencing.spec import NORMAL, Clone, Pcr, Reading, Relation, Run, Sample
from remission.rehearsal.sequencing.tube import fill, picked, shared_out, stock_of

GERMLINE = shipped()


def numbers(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def run_of(*clones: Clone, cells: int = 1_000_000, **fractions: float) -> Run:
    sample = Sample(
        "S1", "P1", clones, cells, {k.replace("_", "-"): v for k, v in fractions.items()}, 0.0, 1000
    )
    return Run((sample,), GERMLINE, clonotypes=100)


@pytest.mark.parametrize(("kind", "locus"), list(MIX))
def test_a_clone_has_its_window_round_the_joint(kind: Kind, locus: Locus) -> None:
    clone = clone_of(GERMLINE, kind, locus, "C", numbers())
    start, end = clone.window
    assert 0 <= start < end <= len(clone.bases) <= 420
    assert end - start >= 30 + 6
    five = next(a.bases for a in GERMLINE.alleles if a.name == clone.five)
    three = next(a.bases for a in GERMLINE.alleles if a.name == clone.three)
    assert clone.bases[start : start + 15] in (clone.bases[:100] + five)
    assert clone.bases[end - 15 : end] in three
    assert (clone.d != "") == (kind is Kind.V_D_J)


def test_a_d_j_clone_begins_with_an_invented_signal() -> None:
    clones = [clone_of(GERMLINE, Kind.D_J, Locus.IGH, "C", numbers(seed)) for seed in range(40)]
    for clone in clones:
        d = next(a.bases for a in GERMLINE.alleles if a.name == clone.five)
        assert clone.bases[103:110] == "CACTGTG" and clone.bases[82:91] == "GGTTTTTGT"
        assert clone.bases[110 : clone.window[0] + 15] == d[: clone.window[0] - 95]
    of_gene = {clone.five.split("*")[0]: clone.bases[:110] for clone in clones}
    assert all(clone.bases[:110] == of_gene[clone.five.split("*")[0]] for clone in clones)


def test_frames_are_as_they_come() -> None:
    lengths = background_of(GERMLINE, NORMAL, 30_000, numbers())[2]
    counts = np.bincount(lengths % 3, minlength=3)
    assert (counts > 9000).all()


def test_sisters_and_v_replaced_keep_the_stem() -> None:
    clone, one, two, replaced = family_of(GERMLINE, "IGH-1", 2, 1, numbers(4))
    assert [c.relation for c in (clone, one, two, replaced)] == [
        Relation.CLONE,
        Relation.SISTER,
        Relation.SISTER,
        Relation.REPLACED,
    ]
    stems = {c.bases[-60:] for c in (clone, one, two, replaced)}
    assert len(stems) == 1 and len({c.bases for c in (clone, one, two, replaced)}) == 4
    assert {c.d for c in (one, two, replaced)} == {clone.d}
    assert {c.of for c in (one, two, replaced)} == {"IGH-1"}


def test_decoys_are_two_to_four_substitutions_away() -> None:
    clone = clone_of(GERMLINE, Kind.V_J, Locus.IGK, "IGK-1", numbers(2))
    decoys = decoys_of(clone, 30, numbers(3))
    away = [np.flatnonzero(encode(clone.bases) != encode(decoy.bases)) for decoy in decoys]
    assert [len(places) for places in away] == [2, 3, 4] * 10
    start, end = clone.window
    assert all(start + 13 <= places.min() and places.max() < end - 13 for places in away)


def test_spikes_are_like_nothing_else() -> None:
    spikes = spikes_of(GERMLINE, 3, 100, numbers())
    assert [s.clone.name for s in spikes][:4] == ["SPIKE-IGH-1", "SPIKE-IGH-2", "SPIKE-IGH-3", "SPIKE-IGK-1"]
    middles = [s.clone.bases[s.clone.window[0] + 15 : s.clone.window[1] - 15] for s in spikes]
    assert {len(middle) for middle in middles} == {SPIKE_BASES}
    for i, one in enumerate(middles):
        for other in middles[:i]:
            assert (encode(one) != encode(other)).sum() > 20


def test_a_fraction_of_no_clone_is_refused() -> None:
    with pytest.raises(InputRefused, match="IGH-9"):
        run_of(IGH_9=0.1)


def test_cells_bear_a_clone_by_chance() -> None:
    """Templates over 600 tubes: mean and variance of a Poisson count of 4."""
    clone = clone_of(GERMLINE, Kind.V_J, Locus.IGK, "A-1", numbers())
    run = run_of(clone, A_1=4e-6)
    source = numbers(5)
    counts = np.array([fill(run, 0, source).rows[0].templates for _ in range(600)])
    assert abs(counts.mean() - 4) < 4 * sqrt(4 / 600)
    assert abs(counts.var() - 4) < 4 * sqrt((4 + 2 * 16) / 600)


def test_weights_are_those_of_a_branching_process() -> None:
    """Variance (1 - e) / (1 + e) in the long run (any textbook on Galton-Watson processes)."""
    for efficiency in (0.6, 0.9):
        table = weights_of(Pcr(efficiency=efficiency))
        assert table.mean() == pytest.approx(1)
        assert table.var() == pytest.approx((1 - efficiency) / (1 + efficiency), rel=0.02)
    assert weights_of(Pcr(efficiency=1.0)).tolist() == [1.0] * 4096


def test_reads_fall_on_templates_by_weight() -> None:
    table, reads, templates = weights_of(Pcr(efficiency=0.5)), 60_000, 40
    keys = np.full(reads, 123456789, dtype=np.uint64)
    chosen, own = picked(table, keys, np.full(reads, templates), numbers(6))
    each = template_keys(keys[:templates], np.arange(templates))
    expected = weight(table, each)
    expected *= reads / expected.sum()
    counts = np.bincount(chosen, minlength=templates)
    assert ((counts - expected) ** 2 / expected).sum() < 73  # chi-square 0.999 at 39 degrees
    assert (own == each[chosen]).all()


def test_the_two_mixers_are_one() -> None:
    keys = np.array([0, 1, 2**63, 2**64 - 1], dtype=np.uint64)
    assert [int(mix(key)) for key in keys] == mixed(keys).tolist()
    assert mixed(np.array([0], dtype=np.uint64))[0] == 0xE220A8397B1DCDAF  # splitmix64, seed 0, first number


def test_no_reads_where_nothing_weighs() -> None:
    assert shared_out(100, [0.0, 0.0], numbers()).tolist() == [0, 0]


QUIET = Pcr(errors=0, indels=0, chimeras=0)


def test_without_errors_a_fragment_is_its_template_on_either_strand() -> None:
    clone = clone_of(GERMLINE, Kind.V_D_J, Locus.IGH, "A-1", numbers())
    stock = stock_of(run_of(clone), numbers())
    made = amplify(QUIET, stock, np.zeros(400, np.int64), np.arange(400, dtype=np.uint64), numbers(2))
    texts = [decode(bases[:size]) for bases, size in zip(made.bases, made.sizes, strict=True)]
    turned = clone.bases[::-1].translate(str.maketrans("ACGT", "TGCA"))
    assert set(texts) == {clone.bases, turned}
    assert abs(texts.count(clone.bases) - 200) < 40
    for text, (start, end) in zip(texts, made.windows, strict=True):
        window = text[start:end]
        if text == turned:
            window = window[::-1].translate(str.maketrans("ACGT", "TGCA"))
        assert window == clone.bases[slice(*clone.window)]
    assert not made.changed.any() and not made.chimera.any()


def differences(keys: np.ndarray, pcr: Pcr, seed: int) -> tuple[np.ndarray, int]:
    """Where each fragment differs from its template, shape (reads, bases), turned back."""
    clone = clone_of(GERMLINE, Kind.V_D_J, Locus.IGH, "A-1", numbers())
    stock = stock_of(run_of(clone), numbers())
    made = amplify(pcr, stock, np.zeros(len(keys), np.int64), keys, numbers(seed))
    whole = len(clone.bases)
    forward, template = made.bases[:, :whole], encode(clone.bases)
    backward = 3 - forward[:, ::-1]
    first, second = forward != template, backward != template
    return np.where((first.sum(axis=1) <= second.sum(axis=1))[:, None], first, second), whole


def test_errors_of_copying_are_as_many_as_asked() -> None:
    pcr = replace(QUIET, errors=5e-6)
    reads = 40_000
    wrong, whole = differences(np.arange(reads, dtype=np.uint64), pcr, 2)
    expected = reads * 30 * (0.9 / 1.9) * 5e-6 * whole
    assert abs(wrong.sum() - expected) < 4 * sqrt(expected)


def test_reads_of_one_template_share_the_errors_of_early_copies() -> None:
    """Two reads stay on one molecule with 1 - c/2 a cycle and are on its copy together with c/4."""
    pcr = replace(QUIET, errors=5e-6)
    pairs = 40_000
    wrong, whole = differences(np.repeat(np.arange(pairs, dtype=np.uint64), 2), pcr, 3)
    shared = (wrong[0::2] & wrong[1::2]).sum()
    copied = 2 * 0.9 / 1.9
    expected = pairs * 5e-6 * whole * sum((1 - copied / 2) ** k * copied / 4 for k in range(30))
    assert expected > 20
    assert abs(shared - expected) < 4 * sqrt(expected)


def test_indels_and_chimeras_are_as_many_as_asked() -> None:
    clones = [clone_of(GERMLINE, Kind.V_D_J, Locus.IGH, f"A-{i}", numbers(i)) for i in range(2)]
    stock = stock_of(run_of(*clones), numbers())
    pcr = replace(QUIET, indels=1e-4, chimeras=0.1)
    reads = 20_000
    source = numbers(5).integers(0, 2, reads)
    made = amplify(pcr, stock, source, np.arange(reads, dtype=np.uint64), numbers(6))
    plain = ~made.chimera
    indels = (made.sizes != stock.length[source])[plain].sum()
    expected = 1e-4 * stock.length[source][plain].sum()
    assert abs(indels - expected) < 4 * sqrt(expected)
    assert abs(made.chimera.sum() - reads * 0.05) < 4 * sqrt(reads * 0.05)  # half meet their own kind
    assert (made.windows[plain, 0] >= 0).all()
    kept = made.chimera & (made.windows[:, 0] >= 0)
    assert 0 < kept.sum() < made.chimera.sum()
    assert not (kept & made.partner_whole).any()


def test_error_rises_along_the_read_as_asked() -> None:
    reading = Reading()
    profiles = profiles_of(reading, numbers())
    line = np.linspace(0.0005, 0.005, 250)
    mean = profiles.error.mean(axis=0)
    assert mean.mean() == pytest.approx(line.mean(), rel=0.01)
    assert np.abs(mean / line - 1).max() < 0.06
    assert profiles.error.shape == (PROFILES, 250)
    assert (profiles.letters == np.round(-10 * np.log10(profiles.error)) + 33).all()


def test_optimism_is_written_only() -> None:
    honest, vain = profiles_of(Reading(), numbers()), profiles_of(Reading(optimism=5), numbers())
    assert (honest.error == vain.error).all()
    assert (vain.letters == np.minimum(honest.letters + 5, 41 + 33)).all()
