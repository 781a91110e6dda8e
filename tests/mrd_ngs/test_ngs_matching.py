"""Finding windows in reads, against a slow twin that looks at every place of every read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.mrd.ngs.assigning import _letters
from remission.mrd.ngs.bases import decode, encode, reverse_complement
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.kernels_matching import (
    EDGE,
    INDEL,
    INDEL_RANK,
    INDEL_REACH,
    PATTERN_BITS,
    REACH,
    START_BITS,
)
from remission.mrd.ngs.matching import SEEDS, matcher
from remission.mrd.ngs.sightings import Sightings
from remission.mrd.ngs.tally import Target, Tier

SURE = SEEDS - 1


def block_of(reads: list[str], quality: int = 35) -> Block:
    lengths = np.array([len(read) for read in reads], dtype=np.int32)
    codes = encode("".join(reads))
    at = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    data = np.concatenate([codes, np.full(len(codes), quality, dtype=np.uint8)])
    return Block(1, data, at, at + len(codes), lengths)


def slow_rank(stretch: str, window: str) -> int | None:
    """Rank of a stretch of a read against a window, every way to put one indel tried."""
    if len(stretch) == len(window):
        count = sum(a != b for a, b in zip(stretch, window, strict=True))
        return count if count <= min(REACH, len(window) // 12 + 1) else None
    best = None
    for column in range(EDGE, len(window) - EDGE):
        if len(stretch) > len(window):
            shown, meant = stretch[:column] + stretch[column + 1 :], window
        else:
            shown, meant = stretch, window[:column] + window[column + 1 :]
        count = sum(a != b for a, b in zip(shown, meant, strict=True))
        if count <= INDEL_REACH and (best is None or count + INDEL_RANK < best):
            best = count + INDEL_RANK
    return best


def slow_hits(read: str, targets: list[Target]) -> list[tuple[int, int, int, int, int]]:
    """All hits: rank, pattern, whether an indel, start, shift."""
    hits = []
    for number, target in enumerate(targets):
        width = len(target.window)
        for shift in (-1, 0, 1):
            for start in range(len(read) - width - shift + 1):
                stretch = read[start : start + width + shift]
                for strand in (0, 1):
                    shown = decode(reverse_complement(encode(stretch))) if strand else stretch
                    rank = slow_rank(shown, target.window)
                    if rank is not None:
                        hits.append((rank, 2 * number + strand, int(shift != 0), start, shift))
    return sorted(hits)


def read_key(key: int) -> tuple[int, int, int, int, int]:
    low = key & ((1 << START_BITS) - 1)
    pattern = key >> START_BITS & ((1 << PATTERN_BITS) - 1)
    rank = key >> (START_BITS + PATTERN_BITS + 2)
    return rank, pattern, int(low & INDEL > 0), (low & (INDEL - 1)) >> 2, (low & 3) - 1


def bases(rng: np.random.Generator, number: int) -> str:
    return decode(rng.integers(0, 4, number).astype(np.uint8))


def damaged(rng: np.random.Generator, window: str) -> str:
    letters = list(window)
    for _ in range(rng.integers(0, 5)):
        letters[rng.integers(len(letters))] = "ACGTN"[rng.integers(5)]
    turn = rng.integers(4)
    if turn == 0:
        del letters[rng.integers(len(letters))]
    elif turn == 1:
        letters.insert(int(rng.integers(len(letters))), "ACGT"[rng.integers(4)])
    return "".join(letters)


def some_reads(rng: np.random.Generator, targets: list[Target], number: int) -> list[str]:
    reads = []
    for _ in range(number):
        middle = damaged(rng, targets[rng.integers(len(targets))].window)
        read = bases(rng, int(rng.integers(0, 20))) + middle + bases(rng, int(rng.integers(0, 20)))
        reads.append(decode(reverse_complement(encode(read))) if rng.random() < 0.5 else read)
    return reads


def some_targets(rng: np.random.Generator) -> list[Target]:
    first = bases(rng, int(rng.integers(SEEDS * 12, 75)))
    sister = list(first)
    for place in rng.integers(0, len(first), 2):
        sister[place] = "ACGT"[rng.integers(4)]
    windows = [first, "".join(sister), bases(rng, 40)]
    windows = list(dict.fromkeys(windows))
    return [Target("P", f"IGH-{n}", Tier.EXACT, "IGH", window) for n, window in enumerate(windows, start=1)]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_the_best_hit_is_that_of_the_slow_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = some_targets(rng)
    reads = some_reads(rng, targets, 6)
    hits = matcher(targets, "P").find(block_of(reads))
    found = {int(read): read_key(int(key)) for read, key in zip(hits.read, hits.key, strict=True)}
    for number, read in enumerate(reads):
        slow = slow_hits(read, targets)
        sure = [hit for hit in slow if hit[0] <= SURE]
        if sure:
            assert found[number] == slow[0]
        elif number in found:
            assert found[number] in slow


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_windows_are_gathered_as_the_reads_show_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = some_targets(rng)
    reads = some_reads(rng, targets, 12)
    laid_out = matcher(targets, "P")
    sightings = Sightings(laid_out)
    expected: dict[tuple[int, str], int] = {}
    for _ in range(2):
        block = block_of(reads)
        hits = laid_out.find(block)
        sightings.add(block, hits)
        for read, key in zip(hits.read.tolist(), hits.key.tolist(), strict=True):
            _, pattern, _, start, shift = read_key(key)
            target = pattern >> 1
            stretch = reads[read][start : start + len(targets[target].window) + shift]
            shown = decode(reverse_complement(encode(stretch))) if pattern & 1 else stretch
            expected[target, shown] = expected.get((target, shown), 0) + 1
    gathered = {
        (target, _letters(seen, n)): int(seen.reads[n])
        for target, seen in enumerate(sightings.by_target())
        for n in range(len(seen.reads))
        if seen.reads[n]
    }
    assert gathered == expected


def test_a_window_cut_off_by_the_end_of_the_read_is_told_apart() -> None:
    rng = np.random.default_rng(5)
    window = bases(rng, 60)
    laid_out = matcher([Target("P", "IGH-1", Tier.EXACT, "IGH", window)], "P")
    cut = [bases(rng, 50) + window[:45], window[15:] + bases(rng, 50)]
    turned = [decode(reverse_complement(encode(read))) for read in cut]
    whole = [bases(rng, 10) + window, bases(rng, 100)]
    hits = laid_out.find(block_of([*cut, *turned, *whole]))
    assert hits.too_short == 4
    assert hits.read.tolist() == [4]


@pytest.mark.parametrize(("distance", "least"), [(0, 1.0), (1, 1.0), (2, 1.0), (3, 0.95)])
def test_few_windows_escape_their_seeds(distance: int, least: float) -> None:
    rng = np.random.default_rng(distance)
    window = bases(rng, 80)
    reads = []
    for _ in range(1000):
        letters = list(window)
        for place in rng.choice(80, distance, replace=False):
            letters[place] = "ACGT"["ACGT".index(letters[place]) - int(rng.integers(1, 4))]
        reads.append(bases(rng, 30) + "".join(letters) + bases(rng, 30))
    hits = matcher([Target("P", "IGH-1", Tier.EXACT, "IGH", window)], "P").find(block_of(reads))
    assert len(hits.read) >= least * len(reads)


def test_no_targets_find_nothing() -> None:
    hits = matcher([], "P").find(block_of(["ACGT" * 20]))
    assert (len(hits.read), hits.too_short) == (0, 0)


@pytest.mark.parametrize("window", ["ACGTACGTACGT", "ACGT" * 10 + "N"])
def test_windows_that_cannot_be_followed_are_refused(window: str) -> None:
    with pytest.raises(InputRefused, match="window"):
        matcher([Target("P", "IGH-1", Tier.EXACT, "IGH", window)], "P")
