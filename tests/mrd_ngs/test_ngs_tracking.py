"""Tracking on reads whose truth is known: recall, decoys, fates, threads."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from remission.errors import Truncated
from remission.mrd.ngs import sightings
from remission.mrd.ngs.bases import decode
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.source import Batch
from remission.mrd.ngs.tally import Tally, Target, TargetCount, Tier
from remission.mrd.ngs.tracking import track

READ = 250
WINDOW = slice(120, 200)
STEM = slice(150, 190)

Codes = NDArray[np.uint8]


def template(seed: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 4, READ).astype(np.uint8)


def substituted(sequence: Codes, *places: int) -> Codes:
    other = sequence.copy()
    other[list(places)] = (other[list(places)] + 1) % 4
    return other


def target(
    sequence: Codes, owner: str = "P", name: str = "IGH-1", tier: Tier = Tier.EXACT, where: slice = WINDOW
) -> Target:
    return Target(owner, name, tier, "IGH", decode(sequence[where]))


def sequenced(
    rng: np.random.Generator, sequences: list[tuple[Codes, int]], worst: float = 0.005
) -> tuple[Codes, Codes]:
    """Bases and true qualities, shape (reads, 250): errors of 0.05 % at first, rising to `worst`."""
    codes = np.concatenate([np.repeat(sequence[None], reads, axis=0) for sequence, reads in sequences])
    chance = np.linspace(0.0005, worst, READ) * np.exp(rng.normal(0, 0.8, codes.shape) - 0.32)
    wrong = rng.random(codes.shape) < chance
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, wrong.sum())) % 4
    quality = np.clip(np.rint(-10 * np.log10(chance)), 2, 41).astype(np.uint8)
    other = rng.random(len(codes)) < 0.5
    codes[other] = 3 - codes[other, ::-1]
    quality[other] = quality[other, ::-1]
    mixed = rng.permutation(len(codes))
    return codes[mixed], quality[mixed]


def batches(reads: tuple[Codes, Codes], each: int = 4096) -> Iterator[Batch]:
    for first in range(0, len(reads[0]), each):
        codes, quality = (part[first : first + each] for part in reads)
        at = np.arange(len(codes), dtype=np.int64) * codes.shape[1]
        data = np.concatenate([codes.ravel(), quality.ravel()])
        length = np.full(len(codes), codes.shape[1], dtype=np.int32)
        yield Batch(Block(first + 1, data, at, at + codes.size, length), {Fate.LOW_QUALITY: 1})


def followed(
    targets: list[Target], sequences: list[tuple[Codes, int]], seed: int = 1, worst: float = 0.005
) -> Tally:
    return track(targets, batches(sequenced(np.random.default_rng(seed), sequences, worst)), "day 29", "P")


def only(tally: Tally) -> TargetCount:
    (count,) = tally.counts
    return count


def test_at_least_99_percent_of_the_reads_of_a_clone_are_counted() -> None:
    clone = template(1)
    background = [(template(seed), 20) for seed in range(100, 200)]
    tally = followed([target(clone)], [(clone, 20_000), *background])
    count = only(tally)
    assert 0.99 * 20_000 <= count.reads <= 20_000
    assert count.exact < 0.9 * 20_000  # what an exact search would have found
    assert tally.fates[Fate.OTHER] == 2000
    assert tally.reads_total == 22_000 + tally.fates[Fate.LOW_QUALITY]
    assert count.tolerance.substitutions == 3


@pytest.mark.parametrize("reads", [1, 2, 5, 30])
def test_a_handful_of_reads_is_counted_too(reads: int) -> None:
    clone = template(2)
    rounds = 200 // reads
    counted = sum(
        only(followed([target(clone)], [(clone, reads), (template(3), 20)], seed)).reads
        for seed in range(rounds)
    )
    assert counted >= 0.98 * reads * rounds


@pytest.mark.parametrize("distance", [2, 3, 4])
def test_a_decoy_is_not_counted_where_the_clone_is_absent(distance: int) -> None:
    clone = template(4)
    decoy = substituted(clone, *range(150, 150 + 3 * distance, 3))
    tally = followed([target(clone)], [(decoy, 100_000)])
    assert only(tally).reads <= 1
    assert tally.fates[Fate.NEIGHBOUR] >= 0.93 * 100_000  # the others differ too much to be near


@pytest.mark.parametrize("distance", [2, 3, 4])
def test_a_decoy_of_a_hundred_times_the_clone_adds_next_to_nothing(distance: int) -> None:
    clone = template(5)
    decoy = substituted(clone, *range(150, 150 + 3 * distance, 3))
    count = only(followed([target(clone)], [(clone, 1000), (decoy, 100_000)]))
    assert 990 <= count.reads <= 1002
    assert count.neighbours >= 0.93 * 100_000
    assert count.tolerance.substitutions == {2: 0, 3: 1, 4: 1}[distance]
    assert f"a neighbour at {distance} substitutions with" in count.tolerance.why.en


AROUND = slice(110, 210)


def near_a_neighbour(seed: int, distance: int, neighbour: int, own: int, flat: bool) -> TargetCount:
    """A clone beside a neighbour, reads of 100 bases: true qualities that vary by read, or Q30 throughout."""
    rng = np.random.default_rng([seed, distance, neighbour, own])
    clone = rng.integers(0, 4, READ).astype(np.uint8)
    decoy = substituted(clone, *[150, 151][:distance])
    codes = np.repeat(np.stack([decoy, clone])[:, AROUND], [neighbour, own], axis=0)
    chance = np.full(codes.shape, 1e-3)
    if not flat:
        chance[:] = np.linspace(0.0005, 0.005, READ)[AROUND]
        chance *= np.exp(rng.normal(-0.125, 0.5, (len(codes), 1)) + rng.normal(-0.08, 0.4, codes.shape))
    quality = np.clip(np.rint(-10 * np.log10(chance)), 2, 41)
    wrong = rng.random(codes.shape) < 10 ** (-quality / 10)
    codes[wrong] = (codes[wrong] + rng.integers(1, 4, wrong.sum())) % 4
    mixed = rng.permutation(len(codes))
    return only(
        track([target(clone)], batches((codes[mixed], quality[mixed].astype(np.uint8))), "day 29", "P")
    )


SAMPLES = {10_000: 24, 30_000: 4, 100_000: 2}
LEAST = {
    (1, True): {10_000: (150, 165), 30_000: (390, 410), 100_000: (1170, 1210)},
    (1, False): {10_000: (170, 195), 30_000: (440, 500), 100_000: (1350, 1450)},
    (2, True): {10_000: (3, 3), 30_000: (3, 3), 100_000: (4, 4)},
    (2, False): {10_000: (4, 6), 30_000: (4, 7), 100_000: (6, 9)},
}


@pytest.mark.parametrize("reads", [10_000, 30_000, 100_000])
@pytest.mark.parametrize("flat", [True, False])
@pytest.mark.parametrize("distance", [1, 2])
def test_errors_of_a_neighbour_are_never_found_as_the_clone_and_the_clone_is(
    distance: int, flat: bool, reads: int
) -> None:
    """Also measured with 24 samples each: see the page of tracking."""
    low, high = LEAST[distance, flat][reads]
    absent = [near_a_neighbour(seed, distance, reads, 0, flat) for seed in range(SAMPLES[reads])]
    assert all(low <= count.least <= high for count in absent)
    assert [count.reads for count in absent if count.reads >= count.least] == []
    present = near_a_neighbour(1, distance, reads, 3 * high, flat)
    assert present.reads >= present.least
    assert present.reads == pytest.approx(3 * high, rel=0.03, abs=1)
    assert 0 < present.from_neighbours < 0.1 * present.least


def test_fewer_reads_than_the_errors_of_a_neighbour_explain_are_the_neighbours() -> None:
    few = near_a_neighbour(1, 1, 10_000, 60, flat=True)
    assert (few.reads, few.from_neighbours) == (0, 0.0)
    assert few.least > 60 and few.neighbours >= 10_000
    assert f"below {few.least} reads all may be errors of neighbours" in few.tolerance.why.en
    assert next(seen for seen in few.sightings if seen.substitutions == 0).belongs is False


def test_what_is_expected_of_a_neighbour_is_told_and_not_taken_away() -> None:
    count = near_a_neighbour(2, 1, 100_000, 5000, flat=True)
    assert count.from_neighbours == pytest.approx(100_000 * 1e-3 / 3, rel=0.03)
    assert count.reads == pytest.approx(5000 + count.from_neighbours, abs=20)


def test_without_a_neighbour_one_read_is_enough() -> None:
    clone = template(30)
    count = only(followed([target(clone)], [(clone, 1), (template(31), 1000)], worst=0.0005))
    assert (count.reads, count.least, count.from_neighbours) == (1, 1, 0.0)


def test_two_index_clones_one_substitution_apart_are_told_apart_by_their_reads() -> None:
    clone = template(32)
    sister = substituted(clone, 160)
    targets = [target(clone), target(sister, name="IGH-2")]
    both = followed(targets, [(clone, 5000), (sister, 500)])
    assert [count.reads for count in both.counts] == pytest.approx([5000, 500], rel=0.02)
    one = followed(targets, [(clone, 5000)])
    assert one.counts[0].reads == pytest.approx(5000, rel=0.01)
    assert one.counts[1].reads == 0
    assert 80 < one.counts[1].least < 120


def test_reads_are_counted_by_their_length_and_those_cut_off_by_target() -> None:
    clone, other = template(33), template(34)
    targets = [target(clone), target(other, name="IGH-2"), target(clone, tier=Tier.STEM, where=STEM)]
    rng = np.random.default_rng(1)
    whole = sequenced(rng, [(clone, 30), (other, 20)], worst=0.0005)
    cut = np.repeat(clone[None, :195], 40, axis=0)
    reads = [*batches(whole), *batches((cut, np.full_like(cut, 37)))]
    tally = track(targets, iter(reads), "s", "P")
    assert tally.lengths == {195: 40, 250: 50}
    assert [count.cut_off for count in tally.counts] == [40, 0, 0]
    assert [count.reads for count in tally.counts] == [30, 20, 40]
    assert tally.fates[Fate.STEM] == 40


def test_two_index_clones_near_each_other_each_get_their_reads() -> None:
    clone = template(6)
    sister = substituted(clone, 160, 165)
    targets = [target(clone), target(sister, name="IGH-2")]
    tally = followed(targets, [(clone, 5000), (sister, 500)])
    assert [count.reads for count in tally.counts] == pytest.approx([5000, 500], rel=0.01)
    assert tally.fates[Fate.INDEX] >= 0.99 * 5500


def test_every_kind_of_fate() -> None:
    clone, stranger, spike = template(7), template(8), template(9)
    replaced = template(10)
    replaced[STEM] = clone[STEM]
    targets = [
        target(clone),
        target(clone, tier=Tier.STEM, where=STEM),
        target(stranger, owner="Q"),
        target(spike, owner="", name="spike 1", tier=Tier.SPIKE),
    ]
    short = np.concatenate([template(11)[:190], clone[120:180]])
    near = substituted(clone, 155, 160, 165, 170)
    sequences = [(clone, 100), (replaced, 70), (stranger, 50), (spike, 40), (short, 30), (near, 20)]
    sequences.append((template(12), 10))
    tally = followed(targets, sequences, worst=0.0005)
    assert {fate: tally.fates[fate] for fate in tally.fates} == {
        Fate.INDEX: 100,
        Fate.STEM: 70,
        Fate.FOREIGN: 50,
        Fate.SPIKE: 40,
        Fate.NEIGHBOUR: 20,
        Fate.TOO_SHORT: 30,
        Fate.OTHER: 10,
        Fate.LOW_QUALITY: 1,
    }
    assert [count.reads for count in tally.counts] == [100, 70, 50, 40]


def test_a_neighbour_of_the_exact_window_may_carry_the_stem() -> None:
    clone = template(13)
    evolved = substituted(clone, 125, 130, 140)
    targets = [target(clone), target(clone, tier=Tier.STEM, where=STEM)]
    tally = followed(targets, [(clone, 100), (evolved, 1000)], worst=0.0005)
    exact, stem = tally.counts
    assert exact.reads == pytest.approx(100, abs=1)
    assert exact.neighbours == pytest.approx(1000, abs=1)
    assert stem.reads == pytest.approx(1000, abs=2)
    assert tally.fates[Fate.STEM] == stem.reads


def test_one_window_of_two_owners_belongs_to_the_owner_of_the_sample() -> None:
    clone = template(14)
    targets = [target(clone, owner="Q"), target(clone)]
    tally = followed(targets, [(clone, 100)], worst=0.0005)
    assert [count.reads for count in tally.counts] == [0, 100]
    assert tally.fates[Fate.INDEX] == 100


def test_one_inserted_base_is_tolerated_when_rare_and_another_clonotype_when_not() -> None:
    clone = template(15)
    longer = np.insert(clone, 160, (clone[160] + 1) % 4)[:READ]
    rare = only(followed([target(clone)], [(clone, 5000), (longer, 1)], worst=0.0005))
    assert rare.reads == 5001
    often = only(followed([target(clone)], [(clone, 5000), (longer, 300)], worst=0.0005))
    assert often.reads == pytest.approx(5000, abs=2)
    assert often.neighbours == pytest.approx(300, rel=0.03)
    more = only(followed([target(clone)], [(clone, 50), (longer, 3000)], worst=0.0005))
    assert more.tolerance.indels == 0


def test_sightings_show_the_windows_with_most_reads() -> None:
    clone = template(16)
    decoy = substituted(clone, 150, 160)
    count = only(followed([target(clone)], [(clone, 300), (decoy, 3000)], worst=0.0005))
    first, second = count.sightings[:2]
    assert (first.window, first.substitutions, first.belongs) == (decode(decoy[WINDOW]), 2, False)
    assert (second.window, second.substitutions, second.belongs) == (decode(clone[WINDOW]), 0, True)
    assert len(count.sightings) <= 20


def test_the_answer_does_not_depend_on_the_number_of_cores() -> None:
    clone = template(17)
    decoy = substituted(clone, 150, 160)
    reads = sequenced(np.random.default_rng(3), [(clone, 500), (decoy, 5000), (template(18), 5000)])
    targets = [target(clone), target(clone, tier=Tier.STEM, where=STEM)]
    tallies = [track(targets, batches(reads, 500), "s", "P", cores) for cores in (1, 2, 4)]
    assert tallies[0] == tallies[1] == tallies[2]


@pytest.mark.parametrize("cores", [1, 3])
def test_what_goes_wrong_while_reading_is_raised(cores: int) -> None:
    clone = template(19)

    def broken() -> Iterator[Batch]:
        yield from batches(sequenced(np.random.default_rng(3), [(clone, 5000)]), 500)
        raise Truncated("the file ends", where="R1, record 5001", do="copy it again")

    with pytest.raises(Truncated):
        track([target(clone)], broken(), "s", "P", cores)


def test_windows_beyond_the_room_are_shared_out_as_the_others_went(monkeypatch: pytest.MonkeyPatch) -> None:
    clone = template(20)
    reads = sequenced(np.random.default_rng(3), [(clone, 20_000)])
    whole = track([target(clone)], batches(reads), "s", "P")
    monkeypatch.setattr(sightings, "ROOM", 256)
    tight = track([target(clone)], batches(reads), "s", "P")
    assert tight.reads_total == whole.reads_total
    assert only(tight).reads == pytest.approx(only(whole).reads, rel=0.005)


def test_no_reads_give_an_empty_tally() -> None:
    tally = track([target(template(21))], iter([]), "s", "P")
    assert (only(tally).reads, tally.reads_total) == (0, 0)
