"""Counting and clustering against slow, obvious twins on random data."""

import math
from collections import Counter as Tally

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

from remission.mrd.ngs.block import Block
from remission.mrd.ngs.clustering import LEVEL, error_rates, parents_of, shifted
from remission.mrd.ngs.counting import Anchors, Counter, error_table
from remission.mrd.ngs.kernels_clustering import log_neighbours, log_tail

RULE = (30, 15, 45, 10)


def block_of(reads, qualities, turned=None):
    """A block of sequences (codes), each with its qualities; those turned are stored on the other strand."""
    turned = [False] * len(reads) if turned is None else turned
    stored = [
        (np.where(r < 4, 3 - r, r)[::-1], q[::-1]) if t else (r, q)
        for r, q, t in zip(reads, qualities, turned, strict=True)
    ]
    lengths = np.array([len(r) for r in reads], dtype=np.int32)
    at = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
    data = np.concatenate([r for r, _ in stored] + [q for _, q in stored]).astype(np.uint8)
    return Block(1, data, at, at + int(lengths.sum()), lengths)


def anchors_of(count, five_at=60, three_at=90, kind=0, turned=None):
    return Anchors(
        np.full(count, kind, dtype=np.int16),
        np.zeros(count, dtype=bool) if turned is None else np.array(turned, dtype=bool),
        np.full(count, five_at, dtype=np.int32),
        np.full(count, three_at, dtype=np.int32),
    )


def noisy(rng, clones, which, rate):
    reads = clones[which].copy()
    wrong = rng.random(reads.shape) < rate
    reads[wrong] = (reads[wrong] + rng.integers(1, 4, wrong.sum())) % 4
    return reads


def slow_parents(counter):
    """All pairs, one at a time, with scipy's Poisson."""
    rate, burst = error_rates(counter.table)
    windows = [counter.window(i) for i in range(counter.entries)]
    exact, kinds = counter.exact, counter.kinds
    parent = [-1] * len(windows)
    for i in np.argsort(-exact, kind="stable"):
        best = 0.0
        for j in np.argsort(-exact, kind="stable"):
            if j == i or parent[j] >= 0 or exact[j] <= exact[i]:
                continue
            if kinds[i] != kinds[j] or len(windows[i]) != len(windows[j]):
                continue
            places = np.flatnonzero(windows[i] != windows[j])
            if not 1 <= len(places) <= 3:
                continue
            expected = exact[j] * burst[kinds[i], len(places)] * math.prod(rate[kinds[i], places])
            ways = math.comb(len(windows[i]), len(places)) * 3 ** len(places)
            if poisson.sf(exact[i] - 1, expected) * ways >= LEVEL and expected > best:
                parent[i], best = int(j), expected
    return parent


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_clusters_are_those_of_all_pairs(seed):
    rng = np.random.default_rng(seed)
    clones = rng.integers(0, 4, (12, 130)).astype(np.uint8)
    clones[6:9] = clones[:3]
    clones[6, 70], clones[7, [65, 80]], clones[8, [62, 72, 88]] = 1, 2, 3
    reads = noisy(rng, clones, rng.choice(12, 3000, p=np.arange(12, 0, -1) / 78), 0.004)
    qualities = rng.choice([20, 30, 38], reads.shape).astype(np.uint8)
    three_at = rng.choice([90, 91], len(reads), p=[0.9, 0.1]).astype(np.int32)
    anchors = anchors_of(len(reads))
    anchors = Anchors(anchors.kind, anchors.turned, anchors.five_at, three_at)
    counter = Counter(RULE, 2)
    counter.add(block_of(list(reads), list(qualities)), anchors)
    assert parents_of(counter.table, 10**9).tolist() == slow_parents(counter)


def test_counts_are_those_of_a_dictionary_on_both_strands():
    rng = np.random.default_rng(4)
    clones = rng.integers(0, 4, (30, 120)).astype(np.uint8)
    reads = list(noisy(rng, clones, rng.integers(0, 30, 2000), 0.002))
    qualities = list(rng.integers(10, 40, (2000, 120)).astype(np.uint8))
    turned = list(rng.random(2000) < 0.5)
    five_at = rng.integers(40, 60, 2000).astype(np.int32)
    counter = Counter(RULE, 1)
    anchors = anchors_of(2000, turned=turned)
    anchors = Anchors(anchors.kind, anchors.turned, five_at, anchors.three_at)
    fates = counter.add(block_of(reads, qualities, turned), anchors)
    wrong = error_table()
    slow = Tally()
    for read, quality, start in zip(reads, qualities, five_at - 30, strict=True):
        if wrong[quality[start:105]].sum() <= 3.0:
            slow[read[start:105].tobytes()] += 1
    found = {counter.window(i).tobytes(): int(counter.exact[i]) for i in range(counter.entries)}
    assert found == dict(slow)
    assert int((fates == 0).sum()) == sum(slow.values())


def test_a_read_that_does_not_reach_or_is_unsure_names_no_clonotype():
    rng = np.random.default_rng(5)
    good = rng.integers(0, 4, 120).astype(np.uint8)
    unknown = good.copy()
    unknown[70] = 4
    reads = [good, good[:100], good, unknown, good, good]
    qualities = [np.full(len(r), 30, dtype=np.uint8) for r in reads]
    qualities[4] = np.full(120, 5, dtype=np.uint8)
    anchors = anchors_of(6)
    anchors.five_at[2] = 29
    anchors.kind[5] = -1
    fates = Counter(RULE, 1).add(block_of(reads, qualities), anchors)
    assert fates.tolist() == [0, 2, 2, 3, 3, 1]


def test_a_window_cut_deep_steps_out_on_the_five_side():
    rng = np.random.default_rng(6)
    read = rng.integers(0, 4, 200).astype(np.uint8)
    counter = Counter(RULE, 1)
    counter.add(block_of([read], [np.full(200, 30, dtype=np.uint8)]), anchors_of(1, five_at=120, three_at=99))
    assert counter.window(0).tolist() == read[120 - 30 - 30 : 99 + 15].tolist()


def test_mean_errors_are_those_of_the_reads_that_reach_the_position():
    rng = np.random.default_rng(12)
    reads = rng.integers(0, 4, (200, 140)).astype(np.uint8)
    qualities = rng.integers(15, 40, reads.shape).astype(np.uint8)
    three_at = rng.integers(85, 95, 200).astype(np.int32)
    counter, anchors = Counter(RULE, 2), anchors_of(200, kind=1)
    anchors = Anchors(anchors.kind, anchors.turned, anchors.five_at, three_at)
    counter.add(block_of(list(reads), list(qualities)), anchors)
    wrong = error_table()[qualities[:, 30:]]
    there = np.arange(110) < (three_at + 15 - 30)[:, None]
    rate, burst = error_rates(counter.table)
    longest = int(three_at.max()) - 15
    mean = (wrong * there).sum(axis=0)[:longest] / there.sum(axis=0)[:longest]
    assert rate[1, :longest] == pytest.approx(mean) and not rate[1, longest:].any() and not rate[0].any()
    m = (wrong * there).sum(axis=1) / there.sum(axis=1)
    assert burst[1] == pytest.approx([1, 1, (m**2).mean() / m.mean() ** 2, (m**3).mean() / m.mean() ** 3])


@given(st.integers(1, 400), st.floats(1e-6, 600))
@settings(max_examples=200)
def test_the_tail_is_scipys(reads, expected):
    ours, theirs = log_tail(reads, expected), poisson.logsf(reads - 1, expected)
    if expected >= reads:
        assert ours == 0.0
    elif theirs > -600:
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-6)
    else:
        assert ours < -600


def test_neighbours_are_counted():
    assert math.exp(log_neighbours(80, 2)) == pytest.approx(math.comb(80, 2) * 9)


def test_a_sister_that_errors_cannot_explain_stays_apart_and_another_length_always():
    rng = np.random.default_rng(7)
    clone = rng.integers(0, 4, 130).astype(np.uint8)
    sister = clone.copy()
    sister[75] = (sister[75] + 1) % 4
    longer = np.insert(clone, 75, clone[75])[:130]
    reads = [clone] * 2000 + [sister] * 40 + [longer] * 1
    reads = list(noisy(rng, np.array(reads), np.arange(2041), 0.001))
    anchors = anchors_of(2041)
    anchors.three_at[-1] += 1
    counter = Counter(RULE, 1)
    counter.add(block_of(reads, [np.full(130, 30, dtype=np.uint8)] * 2041), anchors)
    counter.fold()
    assert counter.entries == 3
    assert sorted(counter.reads.tolist()) == [1, pytest.approx(40, abs=5), pytest.approx(2000, abs=5)]


def test_a_small_table_loses_no_big_clone_and_says_what_it_may_have_missed():
    rng = np.random.default_rng(8)
    big = rng.integers(0, 4, (5, 130)).astype(np.uint8)
    rare = rng.integers(0, 4, (3000, 130)).astype(np.uint8)
    reads = np.concatenate([noisy(rng, big, rng.integers(0, 5, 20_000), 0.002), rare])
    rng.shuffle(reads)
    whole, tiny = Counter(RULE, 1), Counter(RULE, 1, room=1000)
    for counter in (whole, tiny):
        for part in np.array_split(reads, 10):
            counter.add(
                block_of(list(part), [np.full(130, 27, dtype=np.uint8)] * len(part)), anchors_of(len(part))
            )
        counter.fold()
    assert whole.at_most_missed == 0 and tiny.at_most_missed > 0
    true = {whole.window(i).tobytes(): int(n) for i, n in enumerate(whole.reads)}
    seen = {tiny.window(i).tobytes(): int(n) for i, n in enumerate(tiny.reads)}
    for clone in big:
        key = clone[30:105].tobytes()
        assert true[key] - seen[key] <= tiny.at_most_missed
    for key, reads_of in true.items():
        if key not in {clone[30:105].tobytes() for clone in big}:
            assert reads_of - seen.get(key, 0) <= tiny.at_most_missed


def test_consensus_is_the_clone_on_either_strand_and_needs_votes():
    rng = np.random.default_rng(9)
    clones = rng.integers(0, 4, (3, 140)).astype(np.uint8)
    which = np.repeat([0, 1, 2], [60, 30, 1])
    reads = list(noisy(rng, clones, which, 0.01))
    turned = list(rng.random(91) < 0.5)
    counter = Counter(RULE, 1)
    counter.add(
        block_of(reads, [np.full(140, 25, dtype=np.uint8)] * 91, turned), anchors_of(91, turned=turned)
    )
    counter.fold()
    for entry in np.argsort(-counter.reads)[:2]:
        bases, start = counter.consensus(int(entry))
        clone = 0 if counter.reads[entry] > 45 else 1
        assert start == 30 and bases.tolist() == clones[clone].tolist()


def test_votes_go_to_those_with_most_reads():
    rng = np.random.default_rng(10)
    clones = rng.integers(0, 4, (6000, 110)).astype(np.uint8)
    which = np.concatenate([np.arange(6000), np.repeat(np.arange(50), 20)])
    counter = Counter(RULE, 1)
    counter.add(
        block_of(list(clones[which]), [np.full(110, 35, dtype=np.uint8)] * len(which)),
        anchors_of(len(which)),
    )
    common = np.flatnonzero(counter.exact == 21)
    assert len(common) == 50
    assert all(counter.consensus(int(entry)) is not None for entry in common)
    assert counter.consensus(int(np.flatnonzero(counter.exact == 1)[0])) is None


def test_windows_off_by_a_few_bases_are_one_and_another_n_length_is_not():
    rng = np.random.default_rng(11)
    read = rng.integers(0, 4, 120).astype(np.uint8)
    longer = np.insert(read, 60, (read[60] + 1) % 4)
    windows = [read[20:95], read[22:95], read[20:93], longer[20:96], rng.integers(0, 4, 75).astype(np.uint8)]
    assert shifted(windows) == [0, 0, 0, 3, 4]
