"""Rearrangements of SIMULATED patients: clones, what resembles them, spikes, and the background.

Amplicons begin `FIVE_BASES` before the germline end of the 5' segment and end `THREE_BASES` after the
germline start of the 3' segment. The stretch before a D is not in the germline set: it is
invented, a recombination signal (consensus nonamer, 12 bases, heptamer CACTGTG) after bases drawn once per
D gene.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from zlib import crc32

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from remission.mrd.ngs.bases import Codes, decode, encode
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.normal import NORMAL, Drawn, Model, Places, draw, joined
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.rehearsal.sequencing.spec import Clone, Relation, SpikeIn

FIVE_BASES = 160
THREE_BASES = 80
ROUND = 15
MIX: Mapping[tuple[Kind, Locus], float] = MappingProxyType(
    {
        (Kind.V_D_J, Locus.IGH): 0.40,
        (Kind.D_J, Locus.IGH): 0.12,
        (Kind.V_J, Locus.IGK): 0.22,
        (Kind.V_KDE, Locus.IGK): 0.09,
        (Kind.INTRON_KDE, Locus.IGK): 0.05,
        (Kind.V_J, Locus.IGL): 0.12,
    }
)
"""Shares of the background (assumed)."""
SPIKE_BASES = 44
_FLANK = 110
_SIGNAL = "GGTTTTTGT", "CACTGTG"


@dataclass(frozen=True, slots=True)
class Amplicons:
    """Amplicons of one kind: six pieces of a pool each (flank, 5' segment, N, D, N, 3' segment).

    `at` and `length` have shape (amplicons, 6).
    """

    drawn: Drawn
    pool: Codes
    at: Places
    length: Places

    def joined(self) -> tuple[Codes, Places, Places]:
        """All bases, then where each amplicon starts and how long it is."""
        return joined(self.pool, self.at, self.length)

    def windows(self) -> Places:
        """Start and end of the window of each, shape (amplicons, 2)."""
        five, three = self.length[:, :2].sum(axis=1), self.length[:, :5].sum(axis=1)
        whole = self.length.sum(axis=1)
        return np.column_stack([np.maximum(five - ROUND, 0), np.minimum(three + ROUND, whole)])

    def clone(self, row: int, name: str, relation: Relation, of: str) -> Clone:
        """One of them, with its names."""
        data, _, _ = joined(self.pool, self.at[row : row + 1], self.length[row : row + 1])
        drawn, start_end = self.drawn, self.windows()[row]
        d = drawn.segments.d
        return Clone(
            name=name,
            relation=relation,
            of=of,
            kind=drawn.kind,
            locus=drawn.locus,
            five=drawn.segments.five.alleles[drawn.five[row]].name,
            d="" if d is None else d.alleles[drawn.d[row]].name,
            three=drawn.segments.three.alleles[drawn.three[row]].name,
            bases=decode(data),
            window=(int(start_end[0]), int(start_end[1])),
        )


def amplicons_of(drawn: Drawn) -> Amplicons:
    """What the primers leave of rearrangements."""
    fives, threes = drawn.segments.five.alleles, drawn.segments.three.alleles
    flanks = [_flank(allele.gene) if drawn.kind is Kind.D_J else "" for allele in fives]
    flank = np.array([len(one) for one in flanks], dtype=np.int64)
    before = np.array([max(len(allele.bases) - FIVE_BASES, 0) for allele in fives])[drawn.five]
    after = np.array([max(len(allele.bases) - THREE_BASES, 0) for allele in threes])[drawn.three]
    at = np.column_stack([(len(drawn.pool) + np.cumsum(flank) - flank)[drawn.five], drawn.at])
    length = np.column_stack([flank[drawn.five], drawn.length])
    at[:, 1] += before
    length[:, 1] -= before
    length[:, 5] -= after
    return Amplicons(drawn, np.concatenate([drawn.pool, encode("".join(flanks))]), at, length)


def _flank(gene: str) -> str:
    """The invented stretch before a D gene: the same for the same gene."""
    bases = Generator(PCG64(SeedSequence(crc32(gene.encode())))).integers(0, 4, _FLANK, dtype=np.uint8)
    nonamer, heptamer = _SIGNAL
    return decode(bases[: _FLANK - 28]) + nonamer + decode(bases[-12:]) + heptamer


def clone_of(
    germline: Germline, kind: Kind, locus: Locus, name: str, numbers: Generator, model: Model = NORMAL
) -> Clone:
    """One rearrangement, in any frame, to be a patient's clone; its N stretches hold at least 6 bases."""
    while True:
        amplicons = amplicons_of(draw(model, germline, kind, locus, 1, numbers))
        if amplicons.length[0, [2, 4]].sum() >= 6 and (kind is not Kind.V_D_J or amplicons.length[0, 3] >= 6):
            return amplicons.clone(0, name, Relation.CLONE, name)


def family_of(
    germline: Germline, name: str, sisters: int, replaced: int, numbers: Generator, model: Model = NORMAL
) -> tuple[Clone, ...]:
    """A V-D-J clone, its sisters and V-replaced relatives: all keep its D, second N and J.

    A sister has another V and another first N, joined to the same D-J; a relative also keeps the last up to 5
    bases of the first N, the footprint of the V that was replaced.
    """
    while True:
        drawn = draw(model, germline, Kind.V_D_J, Locus.IGH, 1 + sisters + replaced, numbers)
        if drawn.length[0, 2] >= 8 and drawn.length[0, [1, 3]].sum() >= 6:
            break
    for column in (2, 3, 4):
        drawn.at[1:, column], drawn.length[1:, column] = drawn.at[0, column], drawn.length[0, column]
    drawn.d[1:], drawn.three[1:] = drawn.d[0], drawn.three[0]
    footprint = min(5, int(drawn.length[0, 1]))
    amplicons = amplicons_of(drawn)
    clones = [amplicons.clone(0, name, Relation.CLONE, name)]
    clones += [
        amplicons.clone(1 + i, f"{name}-sister-{i + 1}", Relation.SISTER, name) for i in range(sisters)
    ]
    start = int(amplicons.length[0, :3].sum())
    kept = clones[0].bases[start - footprint : start]
    for i in range(replaced):
        bare = amplicons.clone(1 + sisters + i, f"{name}-v-replaced-{i + 1}", Relation.REPLACED, name)
        place = int(amplicons.length[1 + sisters + i, :3].sum())
        clones.append(_with(bare, bare.bases[:place] + kept + bare.bases[place:], len(kept)))
    return tuple(clones)


def decoys_of(clone: Clone, number: int, numbers: Generator) -> tuple[Clone, ...]:
    """Near neighbours: same segments, same N lengths, 2 to 4 substitutions between the joints."""
    start, end = clone.window
    decoys: list[Clone] = []
    for place in range(number):
        codes = encode(clone.bases).copy()
        at = numbers.choice(np.arange(start + ROUND - 2, end - ROUND + 2), 2 + place % 3, replace=False)
        codes[at] = (codes[at] + numbers.integers(1, 4, len(at))) % 4
        decoys.append(
            replace(
                clone, name=f"{clone.name}-decoy-{place + 1}", relation=Relation.DECOY, bases=decode(codes)
            )
        )
    return tuple(decoys)


def spikes_of(germline: Germline, each: int, copies: float, numbers: Generator) -> tuple[SpikeIn, ...]:
    """Synthetic rearrangements of IGH, IGK and IGL with 44 drawn bases between the segments."""
    spikes: list[SpikeIn] = []
    for locus in Locus:
        drawn = draw(NORMAL, germline, Kind.V_D_J if locus is Locus.IGH else Kind.V_J, locus, each, numbers)
        drawn.length[:, 1:4] = 0
        amplicons = amplicons_of(drawn)
        for row in range(each):
            bare = amplicons.clone(row, f"SPIKE-{locus}-{row + 1}", Relation.SPIKE, "")
            place = int(amplicons.length[row, :2].sum())
            drawn_bases = decode(numbers.integers(0, 4, SPIKE_BASES, dtype=np.uint8))
            whole = bare.bases[:place] + drawn_bases + bare.bases[place:]
            spikes.append(SpikeIn(replace(_with(bare, whole, SPIKE_BASES), d=""), copies))
    return tuple(spikes)


def _with(clone: Clone, bases: str, more: int) -> Clone:
    """The clone with `more` bases put in before the end of its window."""
    return replace(clone, bases=bases, window=(clone.window[0], clone.window[1] + more))


def background_of(
    germline: Germline, model: Model, number: int, numbers: Generator
) -> tuple[Codes, Places, Places, Places]:
    """Rearrangements of a healthy repertoire, kinds in the shares of `MIX`, in random order.

    All bases, then where each starts, how long it is, and its window, shape (number, 2).
    """
    kinds = [pair for pair in MIX if any(a.locus is pair[1] for a in germline.alleles)]
    shares = np.array([MIX[pair] for pair in kinds])
    counts = numbers.multinomial(number, shares / shares.sum())
    parts = [
        amplicons_of(draw(model, germline, kind, locus, int(count), numbers))
        for (kind, locus), count in zip(kinds, counts, strict=True)
    ]
    laid = [part.joined() for part in parts]
    before = np.cumsum([0, *(len(data) for data, _, _ in laid)])
    order = numbers.permutation(number)
    at = np.concatenate([starts + before[i] for i, (_, starts, _) in enumerate(laid)])[order]
    length = np.concatenate([lengths for _, _, lengths in laid])[order]
    windows = np.concatenate([part.windows() for part in parts])[order]
    return np.concatenate([data for data, _, _ in laid]), at, length, windows
