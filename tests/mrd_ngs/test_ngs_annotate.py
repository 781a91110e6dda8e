"""Single sequences put together from known parts, and the loops against slow versions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.mrd.ngs.annotate import annotate
from remission.mrd.ngs.bases import Codes, decode, encode, reverse_complement
from remission.mrd.ngs.d_segments import chance
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.kernels_annotate import align_band, best_ungapped
from remission.mrd.ngs.rearrangement import Kind, Locus, NoCall, Rearrangement, Reason, junction_of
from remission.mrd.ngs.search import Searcher, searcher

HEPTAMER = "CACTGTG"


@pytest.fixture(scope="module")
def search() -> Searcher:
    return searcher(shipped())


@pytest.fixture(scope="module")
def bases(search: Searcher) -> dict[str, str]:
    return {allele.name: allele.bases for allele in search.germline.alleles}


def called(search: Searcher, letters: str) -> Rearrangement:
    answer = annotate(search, encode(letters))
    assert isinstance(answer, Rearrangement), answer
    return answer


def random_letters(seed: int, count: int) -> str:
    return decode(np.random.default_rng(seed).integers(0, 4, count).astype(np.uint8))


def test_a_complete_rearrangement(search: Searcher, bases: dict[str, str]) -> None:
    v, d, j = bases["IGHV3-23*01"], bases["IGHD3-10*01"], bases["IGHJ4*02"]
    letters = v[100:-3] + "CCGTC" + d[4:-6] + "GGCGG" + j[5:]
    answer = called(search, letters)
    assert (answer.locus, answer.kind, answer.turned) == (Locus.IGH, Kind.V_D_J, False)
    assert answer.genes == ("IGHV3-23", "IGHD3-10", "IGHJ4")
    assert (answer.five.cut_5, answer.five.cut_3, answer.five.start) == (0, 3, 0)
    assert (answer.d[0].cut_5, answer.d[0].cut_3) == (4, 6)
    assert (answer.three.cut_5, answer.three.cut_3) == (5, 0)
    assert [end - start for start, end in answer.n_regions] == [5, 5]
    assert answer.five.germline_start == 100
    assert answer.five.mismatches == answer.three.mismatches == 0
    assert answer.five.alleles == ("IGHV3-23*01", "IGHV3-23*04")


def test_the_other_strand_is_turned(search: Searcher, bases: dict[str, str]) -> None:
    letters = bases["IGKV1-39*01"][120:-4] + "CC" + bases["IGKJ1*01"][2:]
    one = called(search, letters)
    other = annotate(search, reverse_complement(encode(letters)))
    assert isinstance(other, Rearrangement)
    assert other.turned and not one.turned
    assert (one.five, one.three, one.junction) == (other.five, other.three, other.junction)


@pytest.mark.parametrize(
    ("middle", "productive", "length"),
    [("GGAACT", True, 36), ("GGAACTA", False, 37), ("TAGACT", False, 36), ("GGANCT", None, 36)],
)
def test_junction_and_frame(
    search: Searcher, bases: dict[str, str], middle: str, productive: bool | None, length: int
) -> None:
    v, j = bases["IGKV1-39*01"], bases["IGKJ1*01"]
    letters = v[:-5] + middle + j[1:]
    answer = called(search, letters)
    junction = junction_of(encode(letters), answer)
    assert junction is not None
    shown = decode(junction)
    assert shown.startswith("TGT") and shown.endswith("TTC")
    assert answer.productive is productive
    assert len(shown) == length


def test_an_anchor_off_the_sequence_leaves_no_junction(search: Searcher, bases: dict[str, str]) -> None:
    letters = bases["IGHV3-23*01"][60:-25] + "GGCC" + bases["IGHJ6*02"]
    answer = called(search, letters)
    assert answer.junction is None
    assert answer.productive is None
    assert answer.five.cut_3 == 25


@pytest.mark.parametrize("place", [-20, -60, -150])
@pytest.mark.parametrize("change", ["missing", "doubled"])
def test_an_indel_in_v_leaves_cuts_and_junction_right(
    search: Searcher, bases: dict[str, str], place: int, change: str
) -> None:
    v, j = bases["IGHV4-59*01"], bases["IGHJ5*02"]
    changed = v[:place] + v[place + 1 :] if change == "missing" else v[:place] + "A" + v[place:]
    answer = called(search, changed[40:-2] + "CCTACCCG" + j[3:])
    assert answer.five.gene == "IGHV4-59"
    assert (answer.five.cut_3, answer.three.cut_5) == (2, 3)
    assert answer.five.mismatches == 1
    assert answer.junction is not None
    start = len(changed) - 40 - (len(v) - v.rindex("TGTGCG"))
    assert answer.junction[0] == start
    assert not answer.productive


def test_bases_that_v_and_j_share_go_to_v(search: Searcher, bases: dict[str, str]) -> None:
    """IGKV1-39*01 ends in ...CCTCC; IGKJ4*01 begins with GCTCACT. Joined at CTC, both explain CTC."""
    v, j = bases["IGKV1-39*01"], bases["IGKJ4*01"]
    shared = "CTC"
    letters = v[100 : v.rindex(shared) + 3] + j[j.index(shared) + 3 :]
    answer = called(search, letters)
    assert answer.five.end == answer.three.start
    assert answer.five.end == v.rindex(shared) + 3 - 100
    assert answer.three.cut_5 == j.index(shared) + 3


def test_incomplete_d_j(search: Searcher, bases: dict[str, str]) -> None:
    d, j = bases["IGHD2-2*01"], bases["IGHJ6*02"]
    letters = random_letters(1, 60) + HEPTAMER + d[:-4] + "GGCCC" + j[9:]
    answer = called(search, letters)
    assert (answer.kind, answer.genes) == (Kind.D_J, ("IGHD2-2", "IGHJ6"))
    assert (answer.five.cut_5, answer.five.cut_3, answer.three.cut_5) == (0, 4, 9)
    assert answer.five.start == 67
    assert answer.junction is None


@pytest.mark.parametrize(("five", "kind"), [("IGKV3-20*01", Kind.V_KDE), ("IGK-INTRON", Kind.INTRON_KDE)])
def test_deleting_element(search: Searcher, bases: dict[str, str], five: str, kind: Kind) -> None:
    answer = called(search, bases[five][-90:-5] + "AGGGT" + bases["IGK-KDE"][7:])
    assert (answer.kind, answer.five.alleles[0], answer.five.cut_3) == (kind, five, 5)
    assert (answer.three.gene, answer.three.cut_5) == ("IGK-KDE", 7)
    assert answer.junction is None and answer.productive is None


def test_two_d_segments(search: Searcher, bases: dict[str, str]) -> None:
    v, j = bases["IGHV1-69*01"], bases["IGHJ4*02"]
    letters = v[80:] + "GGC" + bases["IGHD2-2*01"][2:-3] + "CCG" + bases["IGHD6-13*01"][1:-2] + "GC" + j
    answer = called(search, letters)
    assert answer.genes == ("IGHV1-69", "IGHD2-2", "IGHD6-13", "IGHJ4")


def test_no_d_is_called_where_chance_explains_it(search: Searcher, bases: dict[str, str]) -> None:
    """In 300 random N regions of 20 bases, the rule lets through about one in twenty, not one in two."""
    rng = np.random.default_rng(3)
    v, j = bases["IGHV3-23*01"][150:], bases["IGHJ4*02"]
    found = 0
    for _ in range(300):
        middle = decode(rng.integers(0, 4, 20).astype(np.uint8))
        found += len(called(search, v + middle + j).d) > 0
    assert 1 <= found <= 30


def test_chance_grows_with_room_and_falls_with_score() -> None:
    lengths = (31, 20, 17)
    assert chance(8, 40, lengths) > chance(8, 20, lengths) > chance(9, 20, lengths)
    expected = 1 - math.exp(-0.711 * (13 * (24 + 13 + 10)) * math.exp(-1.374 * 8))
    assert chance(8, 20, lengths) == pytest.approx(expected, rel=1e-12)


def test_no_call_with_its_reason(search: Searcher, bases: dict[str, str]) -> None:
    j = bases["IGHJ4*02"]
    for letters, reason in [
        ("ACGT" * 10, Reason.TOO_SHORT),
        (random_letters(4, 200), Reason.NO_J),
        (random_letters(5, 150) + j, Reason.NO_V),
        (bases["IGLV2-14*01"][100:] + "CC" + j, Reason.TWO_LOCI),
        (bases["IGHD3-22*01"] + "CC" + j, Reason.NO_DH_FLANK),
    ]:
        assert annotate(search, encode(letters)) == NoCall(reason)


short = st.lists(st.integers(0, 3), min_size=1, max_size=24).map(lambda row: np.array(row, dtype=np.uint8))


@settings(deadline=None)
@given(short, short)
def test_best_ungapped_tries_everything(codes: Codes, allele: Codes) -> None:
    found = np.zeros(4, dtype=np.int32)
    best_ungapped(codes, allele, 0, len(allele), 2, found)
    slow = 0
    for i in range(len(codes)):
        for j in range(len(allele)):
            score = 0
            for k in range(min(len(codes) - i, len(allele) - j)):
                score += 1 if codes[i + k] == allele[j + k] else -2
                slow = max(slow, score)
    assert found[0] == slow
    if slow:
        score, diagonal, start, end = found.tolist()
        same = codes[start:end] == allele[start - diagonal : end - diagonal]
        assert np.where(same, 1, -2).sum() == score


def slow_local(codes: Codes, allele: Codes, mismatch: int, gap: int) -> int:
    """Smith and Waterman with a linear gap, the whole table."""
    table = np.zeros((len(codes) + 1, len(allele) + 1), dtype=int)
    for i in range(1, len(codes) + 1):
        for j in range(1, len(allele) + 1):
            pair = 1 if codes[i - 1] == allele[j - 1] else -mismatch
            table[i, j] = max(0, table[i - 1, j - 1] + pair, table[i - 1, j] - gap, table[i, j - 1] - gap)
    return int(table.max())


@settings(deadline=None)
@given(short, short, st.integers(1, 4))
def test_the_band_that_holds_everything_is_smith_waterman(codes: Codes, allele: Codes, gap: int) -> None:
    pairs = np.empty((len(codes) + len(allele), 2), dtype=np.int32)
    found = np.zeros(2, dtype=np.int32)
    align_band(codes, allele, 0, len(allele), 0, 30, 2, gap, pairs, found)
    columns = pairs[: found[1]]
    both = (columns >= 0).all(axis=1)
    same = codes[columns[both, 0]] == allele[columns[both, 1]]
    assert found[0] == slow_local(codes, allele, 2, gap)
    assert found[0] == same.sum() - 2 * (~same).sum() - gap * (~both).sum()
