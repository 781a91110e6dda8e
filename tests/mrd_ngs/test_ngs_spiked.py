"""Spikes are rearrangements too: they never stand among the clonotypes."""

import numpy as np
import pytest

from remission.mrd.ngs.annotate import annotate
from remission.mrd.ngs.bases import decode, encode
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.rearrangement import NoCall
from remission.mrd.ngs.search import Searcher, searcher
from remission.mrd.ngs.spiked import MOST_WRONG, shows, without_spikes
from remission.mrd.ngs.spikes import Spike


@pytest.fixture(scope="module")
def search() -> Searcher:
    return searcher(shipped())


def clone(search: Searcher, between: str, reads: int) -> Clonotype:
    """V, bases of its own, J."""
    bases = {allele.name: allele.bases for allele in search.germline.alleles}
    sequence = bases["IGHV3-23*01"][-120:] + between + bases["IGHJ4*02"]
    made = annotate(search, encode(sequence))
    assert not isinstance(made, NoCall)
    return Clonotype(sequence, made, (90, 120 + len(between) + 15), reads, reads)


def drawn(seed: int, bases: int = 44) -> str:
    return decode(np.random.default_rng(seed).integers(0, 4, bases, dtype=np.uint8))


def test_a_clonotype_that_shows_a_spike_is_none(search: Searcher) -> None:
    one, other = clone(search, drawn(1), 100), clone(search, drawn(2), 300)
    kind = (one.rearrangement.locus, one.rearrangement.kind)
    fates = {Fate.CLONOTYPE: 1000, Fate.NO_REARRANGEMENT: 5}
    spike = Spike("S", one.rearrangement.locus, 100.0, other.sequence, drawn(2))
    left = without_spikes(Repertoire((other, one), fates, 0, {kind: 1000}), [spike])
    assert left.clonotypes == (one,)
    assert left.fates == {Fate.SPIKE: 300, Fate.CLONOTYPE: 700, Fate.NO_REARRANGEMENT: 5}
    assert left.kinds == {kind: 700}
    assert left.reads_total == 1005


def test_without_a_spike_nothing_changes(search: Searcher) -> None:
    one = clone(search, drawn(1), 100)
    kind = (one.rearrangement.locus, one.rearrangement.kind)
    before = Repertoire((one,), {Fate.CLONOTYPE: 100}, 0, {kind: 100})
    assert without_spikes(before, []) == before
    far = Spike("S", one.rearrangement.locus, 1.0, "", drawn(9, 120))
    assert without_spikes(before, [far]) == before


@pytest.mark.parametrize("wrong", range(MOST_WRONG + 3))
def test_a_few_substitutions_are_allowed(wrong: int, search: Searcher) -> None:
    own = clone(search, drawn(3), 10)
    codes = encode(drawn(3)).copy()
    codes[5 : 5 + wrong] = (codes[5 : 5 + wrong] + 1) % 4
    assert shows(own, Spike("S", own.rearrangement.locus, 1.0, "", decode(codes))) == (wrong <= MOST_WRONG)


def test_a_window_longer_than_the_sequence_is_not_shown(search: Searcher) -> None:
    own = clone(search, drawn(3), 10)
    assert not shows(own, Spike("S", own.rearrangement.locus, 1.0, "", own.sequence + "A"))
