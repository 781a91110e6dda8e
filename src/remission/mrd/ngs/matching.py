"""Where the targets are in the reads of a block: seeds first, then every difference counted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.mrd.ngs.bases import encode, reverse_complement
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.kernels_matching import MIX, PATTERN_BITS, SEED, scan
from remission.mrd.ngs.tally import Target, Tier
from remission.mrd.ngs.targets import check_target

SEEDS = 3
"""Seeds of a window, apart from each other: up to two substitutions leave one untouched for certain, three
destroy all of them in 3 % of windows. More seeds would lie in the germline, in every third read."""

MOST_TARGETS = 1 << (PATTERN_BITS - 1)

Codes = NDArray[np.uint8]
Int64s = NDArray[np.int64]
Int32s = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Hits:
    """The best hits of the reads of one block.

    `key`: see `kernels_matching`. A read has at most one hit among exact windows and spikes and one, behind
    it, among stems. `too_short`: reads without a hit, on which a window is cut off. `cut_off`: by target (0
    for stems), reads without a hit among exact windows that show a seed of it, agree, and then end.
    """

    read: Int32s
    key: Int64s
    too_short: int
    cut_off: Int64s


@dataclass(frozen=True, slots=True)
class Matcher:
    """Targets, laid out for the compiled loop; made once for a sample and shared by all threads.

    Attributes
    ----------
    targets : tuple of Target
        In the order that numbers them.
    windows : uint8 array, shape (targets, longest)
        Base codes; `widths` of them count.
    filter_bits : uint8 array
        One bit for each value of a mixed seed: the first look, small enough for the nearest cache.
    keys, first : seeds by slot, and where the patterns of a slot begin
    seed_pattern, seed_offset : int64 arrays
        Pattern of a seed, and its place in the pattern.
    packed : int64 array, shape (patterns, words)
    precedence : int64 array, shape (targets,)
        Of equally good hits: own 0, spike 1, of another owner 2.
    owner : int64 array, shape (targets,)
        Equal numbers, equal owners.
    """

    targets: tuple[Target, ...]
    windows: Codes
    widths: Int64s
    filter_bits: Codes
    filter_shift: int
    keys: Int64s
    first: Int64s
    seed_pattern: Int64s
    seed_offset: Int64s
    packed: Int64s
    precedence: Int64s
    stem: Codes
    owner: Int64s

    def find(self, block: Block) -> Hits:
        """The best hits of each read of a block."""
        read = np.empty(2 * len(block), dtype=np.int32)
        key = np.empty(2 * len(block), dtype=np.int64)
        cut_off = np.zeros(len(self.windows), dtype=np.int64)
        hits, too_short = scan(
            block.data, block.codes_at, block.length, self.filter_bits, self.filter_shift, self.keys,
            self.first, self.seed_pattern, self.seed_offset, self.packed, self.windows, self.widths,
            self.precedence, self.stem, self.owner, read, key, cut_off,
        )  # fmt: skip
        return Hits(read[:hits].copy(), key[:hits].copy(), too_short, cut_off)


def matcher(targets: Sequence[Target], owner: str) -> Matcher:
    """Lay out targets for the sample of `owner`.

    Raises
    ------
    InputRefused
        A window that cannot be followed, or more than 524,288 targets.
    """
    if len(targets) > MOST_TARGETS:
        raise InputRefused(
            f"{len(targets)} windows at once",
            where="the targets",
            do=f"follow at most {MOST_TARGETS} in one run",
        )
    for target in targets:
        check_target(target)
    widths = np.array([len(target.window) for target in targets], dtype=np.int64)
    longest = int(widths.max(initial=SEED))
    windows = np.zeros((len(targets), longest), dtype=np.uint8)
    patterns = np.zeros((2 * len(windows), longest), dtype=np.uint8)
    for number, target in enumerate(targets):
        codes = encode(target.window)
        windows[number, : len(codes)] = codes
        patterns[2 * number, : len(codes)] = codes
        patterns[2 * number + 1, : len(codes)] = reverse_complement(codes)
    owners = {name: number for number, name in enumerate(sorted({target.owner for target in targets}))}
    seeds, pattern, offset = _seeds(patterns, np.repeat(widths, 2))
    filter_bits, filter_shift = _filter(seeds)
    keys, first, order = _slots(seeds)
    return Matcher(
        tuple(targets), windows, widths, filter_bits, filter_shift, keys, first,
        pattern[order], offset[order],
        _packed(patterns, np.repeat(widths, 2)),
        np.array([_precedence(target, owner) for target in targets], dtype=np.int64),
        np.array([target.tier is Tier.STEM for target in targets], dtype=np.uint8),
        np.array([owners[target.owner] for target in targets], dtype=np.int64),
    )  # fmt: skip


def _precedence(target: Target, owner: str) -> int:
    if target.tier is Tier.SPIKE:
        return 1
    return 0 if target.owner == owner else 2


def _packed(patterns: Codes, widths: Int64s) -> Int64s:
    """Every pattern in words of 32 bases, the last base of each word lowest."""
    packed = np.zeros((len(patterns), (patterns.shape[1] + 31) // 32), dtype=np.uint64)
    for column in range(patterns.shape[1]):
        inside = column < widths
        word = packed[inside, column // 32]
        packed[inside, column // 32] = (word << np.uint64(2)) | patterns[inside, column]
    return packed.astype(np.int64)


def _words(patterns: Codes) -> Int64s:
    """The seed that starts at each column of each pattern."""
    columns = patterns.shape[1] - SEED + 1
    seeds = np.zeros((len(patterns), columns), dtype=np.int64)
    for place in range(SEED):
        seeds = (seeds << 2) | patterns[:, place : place + columns]
    return seeds


def _seeds(patterns: Codes, widths: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """The seeds of each pattern, apart from each other.

    Of all such choices the one whose seeds are shared with the fewest patterns: stretches that many clones
    have in common are in the germline and in every third read. Between equals, the middle: there lie the
    bases that nobody encoded.
    """
    words = _words(patterns)
    columns = words.shape[1]
    inside = np.arange(columns) <= (widths - SEED)[:, None]
    values, index, count = np.unique(words[inside], return_inverse=True, return_counts=True)
    del values
    cost = np.full(words.shape, np.inf)
    cost[inside] = count[index]
    middle = (widths - SEED)[:, None] / 2
    cost += 0.01 * np.abs(np.arange(columns) - middle) / np.maximum(middle, 1.0)
    rows = np.arange(len(patterns))
    number = np.minimum(SEEDS, widths // SEED)
    tables: list[NDArray[np.float64]] = []
    least = np.zeros((len(patterns), columns + SEED))  # least[:, i]: seeds end before column i
    for _ in range(SEEDS):
        ending = cost + least[:, :columns]
        tables.append(ending)
        least = np.full((len(patterns), columns + SEED), np.inf)
        least[:, SEED:] = np.minimum.accumulate(ending, axis=1)
    chosen: list[tuple[Int64s, Int64s, Int64s]] = []
    before = np.full(len(patterns), columns)
    for step in range(SEEDS - 1, -1, -1):
        has = rows[number > step]
        left = np.where(np.arange(columns) < before[has, None], tables[step][has], np.inf)
        at = np.argmin(left, axis=1)
        chosen.append((words[has, at], has, at))
        before[has] = at - SEED + 1
    seeds, pattern, offset = (np.concatenate(part) for part in zip(*chosen, strict=True))
    return seeds, pattern, offset


def _filter(seeds: Int64s) -> tuple[Codes, int]:
    """A table of bits with some 500 places a seed, between 4 KiB and 512 KiB."""
    bits = min(max(15, int(len(seeds) * 500).bit_length()), 22)
    shift = 32 - bits
    table = np.zeros((1 << bits) // 8, dtype=np.uint8)
    place = (seeds * MIX & 0xFFFFFFFF) >> shift
    np.bitwise_or.at(table, place >> 3, (1 << (place & 7)).astype(np.uint8))
    return table, shift


def _slots(seeds: Int64s) -> tuple[Int64s, Int64s, Int64s]:
    """Seeds by slot (open addressing), where the patterns of each slot begin, and the order of patterns."""
    values = np.unique(seeds)
    keys = np.full(1 << (2 * len(values) + 1).bit_length(), -1, dtype=np.int64)
    slot_of: dict[int, int] = {}
    for value in values.tolist():
        slot = (value * MIX >> 4) & (len(keys) - 1)
        while keys[slot] >= 0:
            slot = (slot + 1) & (len(keys) - 1)
        keys[slot] = value
        slot_of[value] = slot
    slots = np.array([slot_of[seed] for seed in seeds.tolist()], dtype=np.int64)
    first = np.searchsorted(np.sort(slots), np.arange(len(keys) + 1))
    return keys, first, np.argsort(slots, kind="stable")
