import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InvariantBroken, Malformed, Refusal
from remission.mrd.ngs.bases import UNKNOWN, encode, reverse_complement
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.pairs import AGREED, BEST_QUALITY, DISPUTED, LEAST_BITS, merged
from remission.mrd.ngs.source import Preparation, batches

LETTERS = "ACGTN"


@dataclass(frozen=True)
class Mate:
    codes: list[int]
    quality: list[int]


def block(mates: Sequence[Mate]) -> Block:
    lengths = np.array([len(mate.codes) for mate in mates], dtype=np.int32)
    data = np.array([value for mate in mates for value in (*mate.codes, *mate.quality)], dtype=np.uint8)
    at = np.zeros(len(mates), dtype=np.int64)
    np.cumsum(2 * lengths[:-1], out=at[1:])
    return Block(1, data, at, at + lengths, lengths)


def wrong(quality: int) -> float:
    return min(10 ** (-quality / 10), 0.75)


def by_bayes(one: int, one_quality: int, two: int, two_quality: int) -> tuple[int, float]:
    """The likeliest base (the better read one on a tie) and the chance that it is not the true one."""
    chances = [
        (1 - wrong(one_quality) if base == one else wrong(one_quality) / 3)
        * (1 - wrong(two_quality) if base == two else wrong(two_quality) / 3)
        for base in range(4)
    ]
    chosen = one if one_quality >= two_quality else two
    return chosen, 1 - chances[chosen] / sum(chances)


def bits(one: Mate, turned: Mate, insert: int) -> tuple[int, int]:
    """Bases both have read, and hundredths of a bit for this insert over chance."""
    overlap, score = 0, 0
    for i in range(insert):
        j = i - (insert - len(turned.codes))
        if i < len(one.codes) and j >= 0:
            overlap += 1
            a, b = one.codes[i], turned.codes[j]
            if UNKNOWN not in (a, b):
                p, q = wrong(one.quality[i]), wrong(turned.quality[j])
                different = p + q - 4 * p * q / 3
                score += round(100 * math.log2(4 * (1 - different) if a == b else 4 * different / 3))
    return overlap, score


def slow_merge(one: Mate, two: Mate, least_overlap: int) -> Mate | None:
    """Every insert length tried, base by base."""
    turned = Mate([3 - c if c < 4 else c for c in reversed(two.codes)], list(reversed(two.quality)))
    scores: list[tuple[int, int]] = []
    for insert in range(1, len(one.codes) + len(two.codes)):
        overlap, score = bits(one, turned, insert)
        if overlap >= least_overlap and score >= 100 * LEAST_BITS:
            scores.append((score, insert))
    scores.sort(reverse=True)
    if not scores or (len(scores) > 1 and 2 * scores[1][0] > scores[0][0]):
        return None
    insert = scores[0][1]
    codes: list[int] = []
    quality: list[int] = []
    for i in range(insert):
        j = i - (insert - len(turned.codes))
        seen = [(one.codes[i], one.quality[i])] if i < len(one.codes) else []
        seen += [(turned.codes[j], turned.quality[j])] if j >= 0 else []
        known = [(base, phred) for base, phred in seen if base != UNKNOWN]
        if len(known) == 2:
            (a, p), (b, q) = known
            base, chance = by_bayes(a, p, b, q)
            codes.append(base)
            quality.append(min(BEST_QUALITY, round(-10 * math.log10(chance))) if chance else BEST_QUALITY)
        else:
            base, phred = (known or seen)[0]
            codes.append(base)
            quality.append(phred)
    return Mate(codes, quality)


def sequenced(rng: np.random.Generator, molecule: np.ndarray, bases: int, worst: float) -> Mate:
    """A read of a molecule and what follows it, its quality falling to `worst`, wrong as often as it says."""
    what = np.concatenate((molecule, rng.integers(0, 4, bases)))[:bases].astype(np.uint8)
    fall = (38 - worst) * np.linspace(0, 1, bases) ** 2
    quality = np.clip(38 - fall + rng.normal(0, 3, bases), 2, 41).astype(int)
    is_wrong = rng.random(bases) < 10 ** (-quality / 10)
    what[is_wrong] = (what[is_wrong] + rng.integers(1, 4, is_wrong.sum())) % 4
    what[quality <= 2] = UNKNOWN
    return Mate(what.tolist(), quality.tolist())


def pair_of(rng: np.random.Generator, insert: int, bases: tuple[int, int], worst: float) -> tuple[Mate, Mate]:
    molecule = rng.integers(0, 4, insert).astype(np.uint8)
    one = sequenced(rng, molecule, bases[0], worst)
    return one, sequenced(rng, reverse_complement(molecule), bases[1], worst)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 150),
    st.tuples(st.integers(0, 90), st.integers(0, 90)),
    st.sampled_from([5.0, 15.0, 30.0]),
    st.sampled_from([8, 16, 30]),
)
def test_merged_as_the_slow_way(
    seed: int, insert: int, bases: tuple[int, int], worst: float, least_overlap: int
) -> None:
    rng = np.random.default_rng(seed)
    pairs = [pair_of(rng, insert, bases, worst) for _ in range(3)]
    expected = [slow_merge(one, two, least_overlap) for one, two in pairs]
    found, lost = merged(block([one for one, _ in pairs]), block([two for _, two in pairs]), least_overlap)
    kept = [mate for mate in expected if mate]
    assert lost == len(pairs) - len(kept)
    for i, mate in enumerate(kept):
        assert found.codes(i).tolist() == mate.codes
        assert found.quality(i).tolist() == mate.quality


def test_posterior_quality_is_bayes() -> None:
    for p in range(2, 60):
        for q in range(2, 60):
            for table, two in ((AGREED, 0), (DISPUTED, 1)):
                expected = -10 * math.log10(by_bayes(0, p, two, q)[1])
                assert abs(min(expected, BEST_QUALITY) - table[94 * p + q]) < 0.5 + 1e-4, (p, q)


@pytest.mark.parametrize(
    ("one", "two", "agreed", "disputed"),
    [(20, 20, 45, 3), (40, 2, 42, 39), (40, 20, 60, 20), (0, 0, 1, 1), (0, 30, 30, 30), (93, 93, 60, 3)],
)
def test_qualities_of_a_base_read_twice(one: int, two: int, agreed: int, disputed: int) -> None:
    assert (AGREED[94 * one + two], DISPUTED[94 * one + two]) == (agreed, disputed)


@pytest.mark.parametrize(
    ("insert", "worst"),
    [(60, 8.0), (149, 8.0), (150, 8.0), (151, 8.0), (200, 8.0), (60, 25.0), (240, 25.0), (262, 25.0)],
)
def test_inserts_of_every_length_come_back(insert: int, worst: float) -> None:
    rng = np.random.default_rng(insert)
    pairs = [pair_of(rng, insert, (150, 150), worst) for _ in range(200)]
    found, lost = merged(block([one for one, _ in pairs]), block([two for _, two in pairs]))
    assert lost == 0
    assert set(found.length.tolist()) == {insert}


def test_errors_of_merged_reads_are_those_their_qualities_promise() -> None:
    rng = np.random.default_rng(11)
    molecules = [rng.integers(0, 4, 200).astype(np.uint8) for _ in range(1500)]
    one = [sequenced(rng, molecule, 150, 12.0) for molecule in molecules]
    two = [sequenced(rng, reverse_complement(molecule), 150, 12.0) for molecule in molecules]
    found, lost = merged(block(one), block(two))
    assert lost == 0
    errors = sum(int((found.codes(i) != molecule).sum()) for i, molecule in enumerate(molecules))
    # a base nobody knows is wrong, whatever its quality says
    expected = sum(
        float(np.where(found.codes(i) == UNKNOWN, 1, 10.0 ** (-found.quality(i).astype(float) / 10)).sum())
        for i in range(len(found))
    )
    assert abs(errors - expected) < 4 * math.sqrt(expected)


def test_mates_that_do_not_meet_are_lost_and_counted() -> None:
    rng = np.random.default_rng(5)
    pairs = [pair_of(rng, 400, (150, 150), 25.0) for _ in range(500)]
    found, lost = merged(block([one for one, _ in pairs]), block([two for _, two in pairs]))
    assert (len(found), lost) == (0, 500)


def test_a_repeat_that_fits_in_two_ways_is_not_guessed() -> None:
    rng = np.random.default_rng(6)
    left, right = rng.integers(0, 4, 60).tolist(), rng.integers(0, 4, 60).tolist()
    molecule = np.array([*left, *[0, 1, 2, 3, 3] * 8, *right], dtype=np.uint8)
    good = [38] * 95
    one = Mate(molecule[:95].tolist(), good)
    two = Mate(reverse_complement(molecule)[:95].tolist(), good)
    found, lost = merged(block([one]), block([two]))
    assert (len(found), lost) == (0, 1)


def fastq(reads: Sequence[tuple[str, str]]) -> io.BytesIO:
    return io.BytesIO("".join(f"@{name}\n{b}\n+\n{'I' * len(b)}\n" for name, b in reads).encode())


MOLECULE = "ACGTTGCAAGCTTACGGATCCATTGACCGTAAGCTAGGCTTAACCGATATCGGCATGCAA"
BACK = "".join(LETTERS[c] for c in reverse_complement(encode(MOLECULE)))


def through_the_door(one: io.BytesIO, two: io.BytesIO, **settings: int) -> tuple[list[int], dict[Fate, int]]:
    lengths: list[int] = []
    lost: dict[Fate, int] = {}
    for batch in batches([("R1", one), ("R2", two)], Preparation(**settings)):
        lengths += batch.block.length.tolist()
        for fate, count in batch.lost.items():
            lost[fate] = lost.get(fate, 0) + count
    return lengths, lost


@pytest.mark.parametrize(
    ("name", "mate"),
    [("a 1:N:0", "a 2:N:0"), ("a/1", "a/2"), ("a.1", "a.2"), ("a_1 x", "a_2 y"), ("a", "a"), ("a\t1", "a")],
)
def test_names_of_mates(name: str, mate: str) -> None:
    lengths, lost = through_the_door(fastq([(name, MOLECULE[:45])]), fastq([(mate, BACK[:45])]))
    assert (lengths, lost) == ([60], {})


@pytest.mark.parametrize(
    ("name", "mate"), [("a", "b"), ("a/1", "a/3"), ("a1", "a2"), ("a/1", "b/2"), ("a", "aa")]
)
def test_names_that_are_no_mates(name: str, mate: str) -> None:
    good = ("x", MOLECULE)
    with pytest.raises(InvariantBroken, match="no mates") as caught:
        through_the_door(fastq([good, (name, MOLECULE)]), fastq([good, (mate, BACK)]))
    assert caught.value.where == "R1 and R2, record 2"


@pytest.mark.parametrize("short", [0, 1])
def test_unequal_numbers_of_mates(short: int) -> None:
    reads = [[(str(i), MOLECULE) for i in range(50)], [(str(i), BACK) for i in range(50)]]
    del reads[short][30:]
    with pytest.raises(InvariantBroken, match="ended after 30 reads") as caught:
        through_the_door(fastq(reads[0]), fastq(reads[1]))
    assert caught.value.where == f"R{2 - short}, record 31"


def test_mates_in_blocks_of_different_size_stay_in_step() -> None:
    many = 30_000
    one = fastq([(f"read{i} and a long tail of a name", MOLECULE[:45]) for i in range(many)])
    lengths, lost = through_the_door(one, fastq([(f"read{i}", BACK[:45]) for i in range(many)]))
    assert (len(lengths), set(lengths), lost) == (many, {60}, {})


def test_every_pair_has_one_fate() -> None:
    pairs = [("a", MOLECULE, BACK), ("b", MOLECULE[:20], BACK[:20]), ("c", MOLECULE[:30], BACK[30:])]
    one, two = fastq([(n, a) for n, a, _ in pairs]), fastq([(n, b) for n, _, b in pairs])
    lengths, lost = through_the_door(one, two, least_length=50)
    assert (lengths, lost) == ([60], {Fate.NOT_MERGED: 1, Fate.TOO_SHORT: 1})


def test_a_bad_second_file_raises() -> None:
    with pytest.raises(Malformed, match="R2, record 1"):
        through_the_door(fastq([("a", MOLECULE)]), fastq([("a", "ACX")]))


@pytest.mark.parametrize("count", [0, 3])
def test_neither_one_file_nor_two(count: int) -> None:
    with pytest.raises(Refusal, match=f"{count} files of reads"):
        batches([("R", fastq([("a", MOLECULE)]))] * count)


def test_qualities_lose_reads_by_their_expected_errors() -> None:
    content = (
        b"@a\n" + b"A" * 50 + b"\n+\n" + b"5" * 50 + b"\n@b\n" + b"A" * 50 + b"\n+\n" + b"+" * 50 + b"\n"
    )
    (batch,) = batches([("R", io.BytesIO(content))], Preparation(most_expected_errors=1.0))
    assert (len(batch.block), batch.lost) == (1, {Fate.LOW_QUALITY: 1})  # 50 at Q20 is 0.5, at Q10 it is 5


@pytest.mark.parametrize(
    "wrong_value",
    [
        {"least_length": 0},
        {"assumed_quality": 94},
        {"assumed_quality": -1},
        {"least_overlap": 7},
        {"most_expected_errors": math.nan},
    ],
)
def test_a_preparation_out_of_range_is_refused(wrong_value: dict[str, int]) -> None:
    with pytest.raises(Refusal, match=next(iter(wrong_value))):
        Preparation(**wrong_value)
