"""Anchors of made-up reads, and each loop against a slow version that tries everything."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from remission.mrd.ngs.anchoring import KINDS, REASONS, Anchored, anchored
from remission.mrd.ngs.bases import Codes, decode, encode, reverse_complement
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.germline import Segment, shipped
from remission.mrd.ngs.kernels_anchoring import differing, find_three, heptamer, pack, reach, turn
from remission.mrd.ngs.rearrangement import Kind, Locus, Reason
from remission.mrd.ngs.search import Searcher, searcher

HEPTAMER = "CACTGTG"


@dataclass(frozen=True)
class Made:
    """A read put together from known parts (invented), and where its parts lie."""

    codes: Codes
    kind: Kind
    five: int
    three: int
    five_at: int
    three_at: int
    turned: bool


@pytest.fixture(scope="module")
def search() -> Searcher:
    return searcher(shipped())


def block_of(reads: Sequence[Codes]) -> Block:
    length = np.array([len(read) for read in reads], dtype=np.int32)
    at = (np.cumsum(length) - length).astype(np.int64)
    return Block(1, np.concatenate(reads).astype(np.uint8), at, at, length)


def numbers(search: Searcher, segment: Segment, locus: Locus) -> list[int]:
    alleles = search.germline.alleles
    return [i for i, a in enumerate(alleles) if a.segment is segment and a.locus is locus]


def letters(rng: np.random.Generator, count: int) -> str:
    return decode(rng.integers(0, 4, count).astype(np.uint8))


def parts(search: Searcher, kind: Kind, rng: np.random.Generator) -> tuple[int, int, str]:
    """Numbers of the two alleles, and what is put between them."""
    locus = Locus.IGH if kind in (Kind.V_D_J, Kind.D_J) else Locus.IGK
    five = {Kind.D_J: Segment.D, Kind.INTRON_KDE: Segment.INTRON}.get(kind, Segment.V)
    three = Segment.KDE if kind in (Kind.V_KDE, Kind.INTRON_KDE) else Segment.J
    between = letters(rng, int(rng.integers(0, 12)))
    if kind is Kind.V_D_J:
        d = search.germline.alleles[int(rng.choice(numbers(search, Segment.D, locus)))].bases
        between += d[int(rng.integers(0, 4)) :] + letters(rng, int(rng.integers(0, 8)))
    return (
        int(rng.choice(numbers(search, five, locus))),
        int(rng.choice(numbers(search, three, locus))),
        between,
    )


def made(
    search: Searcher, kind: Kind, rng: np.random.Generator, error: float = 0.002, five_part: int = 250
) -> Made:
    """A read of at most 250 bases that shows `five_part` bases of the segment on the 5' side."""
    five, three, between = parts(search, kind, rng)
    left, right = (search.germline.alleles[number].bases for number in (five, three))
    cut_5, cut_3 = int(rng.integers(0, 12)), int(rng.integers(0, 8))
    if kind is Kind.D_J:
        cut_3 = min(cut_3, max(0, len(left) - 14))
        before = letters(rng, 90) + "GGTTTTTGT" + letters(rng, 12) + HEPTAMER
    else:
        before = ""
    end_of_five = len(before) + len(left) - cut_3
    whole = before + left[: len(left) - cut_3] + between + right[cut_5:] + letters(rng, 120)
    seen_of_three = int(rng.integers(25, 70))
    end = min(len(whole) - 120 + 30, end_of_five + len(between) + seen_of_three)
    start = max(0, end - 250, end_of_five - five_part)
    codes = encode(whole[start:end]).copy()
    wrong = rng.random(len(codes)) < error
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, int(wrong.sum()))) % 4
    turned = bool(rng.random() < 0.5)
    return Made(
        codes=reverse_complement(codes) if turned else codes,
        kind=kind,
        five=five,
        three=three,
        five_at=len(before) + len(left) - start,
        three_at=end_of_five + len(between) - cut_5 - start,
        turned=turned,
    )


def agree(search: Searcher, reads: list[Made], found: Anchored) -> NDArray[np.bool_]:
    genes = search.tables.gene
    rows = [
        found.reason[i] == 0
        and KINDS[found.kind[i]] is read.kind
        and bool(found.turned[i]) is read.turned
        and found.five_gene[i] == genes[read.five]
        and found.three_gene[i] == genes[read.three]
        and found.five_at[i] == read.five_at
        and found.three_at[i] == read.three_at
        for i, read in enumerate(reads)
    ]
    return np.array(rows)


@pytest.mark.parametrize(
    ("kind", "error", "five_part", "least"),
    [
        (Kind.V_D_J, 0.0005, 250, 0.95),
        (Kind.V_D_J, 0.005, 250, 0.94),
        (Kind.V_J, 0.005, 250, 0.95),
        (Kind.V_KDE, 0.005, 250, 0.97),
        (Kind.INTRON_KDE, 0.005, 60, 0.97),
        (Kind.D_J, 0.005, 250, 0.93),
    ],
)
def test_anchors_of_reads_whose_parts_are_known(
    search: Searcher, kind: Kind, error: float, five_part: int, least: float
) -> None:
    """What is missing to 100 % are genes that share the bases seen, as the next test shows."""
    rng = np.random.default_rng(7)
    reads = [made(search, kind, rng, error, five_part) for _ in range(400)]
    found = anchored(search, block_of([read.codes for read in reads]))
    assert agree(search, reads, found).mean() >= least
    assert (found.reason == 0).mean() >= 0.985


def test_short_v_parts_are_placed_where_they_lie(search: Searcher) -> None:
    """Forty bases of V often fit several genes; where they end does not depend on which is named."""
    rng = np.random.default_rng(8)
    reads = [made(search, Kind.V_D_J, rng, 0.002, 40) for _ in range(400)]
    found = anchored(search, block_of([read.codes for read in reads]))
    at = np.array([read.five_at for read in reads])
    close = np.abs(found.five_at - at) <= 2
    assert (found.reason == 0).mean() >= 0.98
    assert close.mean() >= 0.97


def test_an_indel_in_v_leaves_the_junction_where_it_is(search: Searcher) -> None:
    rng = np.random.default_rng(9)
    reads = [made(search, Kind.V_J, rng, 0.0, 200) for _ in range(200)]
    kept: list[Made] = []
    for read in reads:
        codes = reverse_complement(read.codes) if read.turned else read.codes
        kept.append(
            Made(
                np.delete(codes, 60), read.kind, read.five, read.three,
                read.five_at - 1, read.three_at - 1, False,
            )
        )  # fmt: skip
    found = anchored(search, block_of([read.codes for read in kept]))
    right = [found.five_at[i] == read.five_at and found.three_at[i] == read.three_at
             for i, read in enumerate(kept)]  # fmt: skip
    assert (found.reason == 0).all()
    assert np.mean(right) >= 0.95


def test_reasons(search: Searcher) -> None:
    rng = np.random.default_rng(10)
    alleles = {allele.name: allele.bases for allele in search.germline.alleles}
    j, kappa_v = alleles["IGHJ4*02"], alleles["IGKV1-39*01"]
    d = alleles["IGHD3-22*01"]
    reads = [
        letters(rng, 30),
        letters(rng, 250),
        letters(rng, 12) + j,
        letters(rng, 150) + j,
        kappa_v[-150:] + letters(rng, 9) + j,
        "AT" + d + letters(rng, 5) + j,
        letters(rng, 60) + HEPTAMER + d + letters(rng, 5) + j,
    ]
    found = anchored(search, block_of([encode(read) for read in reads]))
    assert [REASONS[number] for number in found.reason] == [
        Reason.TOO_SHORT,
        Reason.NO_J,
        Reason.NO_V,
        Reason.NO_V,
        Reason.TWO_LOCI,
        Reason.NO_DH_FLANK,
        None,
    ]
    assert KINDS[found.kind[6]] is Kind.D_J


def test_nothing_is_anchored_in_random_bases(search: Searcher) -> None:
    rng = np.random.default_rng(11)
    reads = [rng.integers(0, 5, 250).astype(np.uint8) for _ in range(3000)]
    assert (anchored(search, block_of(reads)).reason != 0).all()


def slow_three(search: Searcher, codes: Codes) -> int:
    """The best ungapped score of any J or Kde on either strand, everything tried."""
    best = 0
    for strand in (codes, reverse_complement(codes)):
        for allele in search.germline.alleles:
            if allele.segment not in (Segment.J, Segment.KDE):
                continue
            bases = encode(allele.bases)
            for diagonal in range(1 - len(bases), len(strand)):
                begin, end = max(0, diagonal), min(len(strand), diagonal + len(bases))
                same = strand[begin:end] == bases[begin - diagonal : end - diagonal]
                running = np.concatenate(([0], np.cumsum(np.where(same, 1, -3))))
                best = max(best, int(np.max(running - np.minimum.accumulate(running))))
    return best


def test_the_best_j_is_the_one_that_trying_everything_finds(search: Searcher) -> None:
    rng = np.random.default_rng(12)
    tables = search.tables
    three = int(np.isin(tables.segment, [2, 3]).sum())
    same = 0
    for kind in (Kind.V_D_J, Kind.V_J, Kind.V_KDE, Kind.D_J) * 3:
        codes = np.ascontiguousarray(made(search, kind, rng, 0.005).codes)
        turned, words = np.empty_like(codes), np.empty(len(codes), dtype=np.uint64)
        found, last = np.zeros(6, dtype=np.int32), np.empty(2 * three, dtype=np.int32)
        pack(codes, len(codes), words)
        find_three(codes, turned, words, len(codes), tables, last, found)
        best = slow_three(search, codes)
        assert found[0] <= best
        same += found[0] == best
    assert same == 12


strands = st.lists(st.integers(0, 4), min_size=1, max_size=90).map(lambda row: np.array(row, dtype=np.uint8))


@settings(deadline=None)
@given(strands)
def test_the_other_strand(codes: Codes) -> None:
    turned = np.empty_like(codes)
    turn(codes, len(codes), turned)
    assert np.array_equal(turned, reverse_complement(codes))


@settings(deadline=None)
@given(strands, strands, st.integers(1, 32))
def test_packed_words_differ_where_bases_differ(one: Codes, other: Codes, bases: int) -> None:
    one, other = one & 3, other & 3
    bases = min(bases, len(one), len(other))
    words = np.empty((2, 90), dtype=np.uint64)
    pack(one, len(one), words[0])
    pack(other, len(other), words[1])
    slow = int(np.count_nonzero(one[-bases:] != other[-bases:]))
    assert differing(words[0, len(one) - 1], words[1, len(other) - 1], bases) == slow


@settings(deadline=None)
@given(strands, strands, st.integers(0, 89), st.integers(0, 89), st.sampled_from([1, -1]))
def test_reach_takes_the_best_stretch(one: Codes, other: Codes, place: int, on: int, step: int) -> None:
    one, other = one % 2, other % 2
    best = taken = score = 0
    place, on = place % len(one), on % len(other)
    i, j, done = place, on, 0
    while 0 <= i < len(one) and 0 <= j < len(other) and score >= best - 10:
        done += 1
        score += 1 if one[i] == other[j] else -3
        if score > best:
            best, taken = score, done
        i, j = i + step, j + step
    assert reach(one, len(one), other, 0, len(other), place, on, step) == (best, taken)


@pytest.mark.parametrize(
    ("before", "seen"),
    [("CACTGTG", 7), ("TACTGTG", 6), ("AAAAGTG", 4), ("CACTGTC", -1), ("ACTGTG", -1)],
)
def test_heptamer(before: str, seen: int) -> None:
    assert heptamer(encode(before + "GGTATAAC"), len(before)) == seen


def test_a_read_gets_the_same_alone_and_among_its_twins(search: Searcher) -> None:
    rng = np.random.default_rng(41)
    reads = [made(search, Kind.V_D_J, rng).codes for _ in range(12)]
    for read in reads[:12]:
        for place in (0, 31, 32, len(read) // 2, len(read) - 1):  # one base changed, unknown, or cut off
            other = read.copy()
            other[place] = (other[place] + 1) % 4
            unknown = read.copy()
            unknown[place] = 4 if read[place] == 0 else 0
            reads += [other, unknown]
        reads += [read[1:], read[:-1], read.copy(), reverse_complement(read)]
    reads = [reads[i] for i in rng.permutation(np.tile(np.arange(len(reads)), 2))]
    together = anchored(search, block_of(reads))
    names = ("kind", "locus", "turned", "five", "three", "five_at", "three_at", "five_end", "three_start")
    for i, read in enumerate(reads):
        alone = anchored(search, block_of([read]))
        assert alone.reason[0] == together.reason[i]
        if alone.reason[0] == 0:
            assert [getattr(alone, name)[0] for name in names] == [
                getattr(together, name)[i] for name in names
            ]
