"""Clonotypes of simulated samples against the simulator's truth."""

import io

import numpy as np
import pytest

from remission.mrd.ngs.clonotypes import counted, listed, repertoire
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import Background, IndexRule, choose
from remission.mrd.ngs.index_json import read_index, write_index
from remission.mrd.ngs.rearrangement import Kind, Locus, NoCall, Part, Rearrangement, Reason
from remission.mrd.ngs.search import searcher
from remission.mrd.ngs.source import batches
from remission.mrd.ngs.uniqueness import by_chance
from remission.rehearsal.sequencing.repertoire import clone_of, decoys_of, family_of
from remission.rehearsal.sequencing.simulate import simulate_sample
from remission.rehearsal.sequencing.spec import Relation, Run, Sample
from remission.terms.evidence import Evidence

SHARES = (0.3, 0.05, 0.02, 0.2, 0.1, 0.1, 0.1, 0.1, 0.02)


@pytest.fixture(scope="module")
def made():
    """A SIMULATED diagnosis: clones of every kind, a sister, a V-replaced relative, a near decoy."""
    germline, numbers = shipped(), np.random.default_rng(20261122)
    clones = list(family_of(germline, "first", 1, 1, numbers))
    clones += [
        clone_of(germline, kind, locus, f"{locus} {kind}", numbers)
        for locus, kind in (
            (Locus.IGH, Kind.D_J),
            (Locus.IGK, Kind.V_J),
            (Locus.IGK, Kind.V_KDE),
            (Locus.IGK, Kind.INTRON_KDE),
            (Locus.IGL, Kind.V_J),
        )
    ]
    clones += decoys_of(clones[0], 1, numbers)
    fractions = {clone.name: share for clone, share in zip(clones, SHARES, strict=True)}
    sample = Sample("D", "P", tuple(clones), 50_000, fractions, 0.3, 8_000)
    files, truth = simulate_sample(Run((sample,), germline, hopping=0.0, clonotypes=2_000), sample, numbers)
    name = next(name for name in files if "fastq" in name)
    return clones, files[name], {row.name: row.reads for row in truth}


@pytest.fixture(scope="module")
def search():
    return searcher(shipped())


def called(codes):
    """A call that knows nothing but that there is one."""
    part = Part(("IGHV1-2*02",), 0, 1, 0, 1, 0, 0, 0)
    return Rearrangement(Locus.IGH, Kind.V_D_J, part, (), part, None, None, False)


def test_every_clone_is_found_with_its_reads_and_the_decoy_stays_apart(made, search):
    clones, reads, truth = made
    counter, fates = counted(search, batches([("D.fastq.gz", io.BytesIO(reads))]))
    found = listed(counter, fates, called)
    assert sum(fates.values()) == found.reads_total == 8_000
    for clone in clones:
        mine = [one for one in found.clonotypes if one.key in clone.bases]
        assert sum(one.reads for one in mine) == pytest.approx(truth[clone.name], rel=0.02, abs=2)
        assert mine[0].exact < mine[0].reads and mine[0].sequence in clone.bases
    decoy = next(clone for clone in clones if clone.relation is Relation.DECOY)
    assert sum(one.key in decoy.bases for one in found.clonotypes) == 1


@pytest.mark.parametrize(("five_cut", "three_cut"), [(0, 0), (3, 22), (40, 0), (40, 22)])
def test_the_window_holds_what_is_the_clones_own_however_deep_the_cuts(search, five_cut, three_cut):
    alleles = {one.name: one.bases for one in shipped().alleles}
    v, j, added = alleles["IGHV3-23*01"], alleles["IGHJ4*02"], "ACGTTGCAGGTCCATTCAGG"
    read = v[180 : len(v) - five_cut] + added + j[three_cut:]
    text = f"@made\n{read}\n+\n{'I' * len(read)}\n" * 30
    found = repertoire(search, batches([("made.fastq", io.BytesIO(text.encode()))]))
    (clone,) = found.clonotypes
    assert clone.reads == 30 and clone.sequence in read
    assert v[: len(v) - five_cut][-5:] + added + j[three_cut:][:5] in clone.key


def test_cores_do_not_change_the_answer(made, search):
    _, reads, _ = made
    one, three = (
        repertoire(search, batches([("D.fastq.gz", io.BytesIO(reads))]), most=20, cores=cores)
        for cores in (1, 3)
    )
    assert one == three


def test_reads_beyond_the_list_count_all_the_same(made, search):
    _, reads, _ = made
    counter, fates = counted(search, batches([("D.fastq.gz", io.BytesIO(reads))]))
    found = listed(counter, fates, called, most=3)
    assert len(found.clonotypes) == 3 and found.at_most_missed == 0
    assert found.reads_rearranged == sum(found.kinds.values()) == int(counter.reads.sum())
    assert found.reads_rearranged > sum(one.reads for one in found.clonotypes)


def test_a_clonotype_without_a_call_is_none(made, search):
    _, reads, _ = made
    counter, fates = counted(search, batches([("D.fastq.gz", io.BytesIO(reads))]))
    first = int(counter.reads.max())
    whole = listed(counter, fates, called, most=1)
    none = listed(counter, fates, lambda codes: NoCall(Reason.NO_V), most=1)
    assert none.clonotypes == ()
    assert whole.reads_rearranged - none.reads_rearranged == first
    assert none.fates[Fate.NO_REARRANGEMENT] == fates[Fate.NO_REARRANGEMENT] + first
    assert sum(none.kinds.values()) == none.reads_rearranged


def test_little_room_gives_the_same_clones(made, search):
    clones, reads, _ = made
    fates = []
    for room in (2_000_000, 700):
        counter, lost = counted(search, batches([("D.fastq.gz", io.BytesIO(reads))]), room)
        found = listed(counter, lost, called, most=200)
        fates.append(found)
    whole, tiny = fates
    assert whole.at_most_missed == 0 and tiny.at_most_missed > 0
    assert tiny.fates == whole.fates
    for clone in clones:
        mine = [sum(one.reads for one in run.clonotypes if one.key in clone.bases) for run in fates]
        assert mine[0] - mine[1] <= tiny.at_most_missed


def test_from_reads_to_an_index_of_every_clone(made, search):
    clones, reads, _ = made
    found = repertoire(search, batches([("D.fastq.gz", io.BytesIO(reads))]), 60)
    index = choose(
        found,
        IndexRule(share=0.01),
        Background("model", lambda clone, far: by_chance(clone, far, shipped())),
        sample="D",
        germline=shipped(),
        evidence=Evidence("simulated", "1", simulated=True),
    )
    assert read_index(io.BytesIO(write_index(index).encode())) == index
    of = {one.name: next(c for c in clones if one.window in c.bases) for one in index.clones}
    assert {clone.name for clone in of.values()} == {clone.name for clone in clones}
    for one in index.clones:
        clone, made_of = of[one.name], one.clonotype.rearrangement
        assert (made_of.locus, made_of.kind) == (clone.locus, clone.kind)
        assert clone.three in made_of.three.alleles and one.clonotype.sequence in clone.bases
        assert one.uniqueness.by_chance > 0.0
    family = {one.family for one in index.clones if of[one.name].of == "first"}
    assert len(family) == 1
