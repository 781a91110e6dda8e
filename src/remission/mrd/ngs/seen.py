"""One clone as a sample shows it, and which clones answer for the sample where nothing is found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from remission.mrd.ngs.blank import Blank
from remission.mrd.ngs.clonotype import IndexClone
from remission.mrd.ngs.index import group_of
from remission.mrd.ngs.measured import CloneLevel
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, TargetCount, Tier

ASSUMED_MOST_OF_KIND = 0.5
"""Share of the reads of its kind at diagnosis that the clones of a locus must hold to answer for the sample.
ASSUMED, by us."""

ASSUMED_OF_THE_LARGEST = 0.1
"""Reads at diagnosis of the clones of such a locus, over those of the locus with most. ASSUMED, by us."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One clone with its limit of blank, and which part of the diagnosis it was.

    `background`: reads expected without the clone, neighbours' errors included. `from_neighbours`, `least`:
    as in `TargetCount`.
    """

    index: IndexClone
    clone: CloneLevel
    blank: Blank
    background: float
    from_neighbours: float
    least: int

    @property
    def found(self) -> bool:
        """Whether its reads pass the limit of blank."""
        return self.clone.templates > 0

    @property
    def lod(self) -> float:
        """The lowest level this clone lets the test see."""
        return self.clone.lod


def locus_of(clone: IndexClone) -> str:
    """The locus whose spikes count it."""
    return str(clone.clonotype.rearrangement.locus)


def length_needed(clone: IndexClone) -> int:
    """Bases a read must have, at least, to hold the window: from whichever end of the amplicon is nearer."""
    start, end = clone.clonotype.window
    return min(end, len(clone.clonotype.sequence) - start)


def long_enough(needed: int, tally: Tally, spikes: Sequence[Spike]) -> float | None:
    """The share of a sample's reads of at least so many bases; None where nobody counted them.

    Reads of spikes that are shorter themselves are left out: their ends are not the reads' fault.
    """
    short = {spike.name for spike in spikes if len(spike.sequence) < needed}
    apart = sum(count.reads for count in tally.counts if _of_spike(count) and count.target.name in short)
    able = sum(reads for length, reads in tally.lengths.items() if length >= needed)
    rest = sum(tally.lengths.values()) - apart
    return min(able / rest, 1.0) if tally.lengths and rest > 0 else None


def _of_spike(count: TargetCount) -> bool:
    return count.target.tier == Tier.SPIKE


def vouched(seen: list[Seen]) -> list[Seen]:
    """The clones, with those marked that answer for the sample where nothing reaches the threshold.

    Markers of different loci share the leukaemic cells; those of one locus may each be a part of them. So
    one locus is enough, if every one of its index clones can be seen: the one that sees lowest. It must be
    the leukaemia's: its clones held at least half of the reads of their kind at diagnosis, and a tenth of
    the index reads of the locus with most. Where none is, every clone must be seen.
    """
    groups: dict[str, list[Seen]] = {}
    for one in seen:
        made = one.index.clonotype.rearrangement
        groups.setdefault(group_of(made.locus, made.kind), []).append(one)
    reads = {name: sum(one.index.clonotype.reads for one in group) for name, group in groups.items()}
    most = max(reads.values(), default=0)
    able = [
        group
        for name, group in groups.items()
        if math.fsum(one.index.share for one in group) >= ASSUMED_MOST_OF_KIND
        and reads[name] >= ASSUMED_OF_THE_LARGEST * most
    ]
    sees = [max(one.lod for one in group) for group in able]
    lowest = [one for group, lod in zip(able, sees, strict=True) if lod == min(sees) for one in group]
    names = {one.clone.name for one in lowest or seen}
    return [replace(one, clone=replace(one.clone, vouches=one.clone.name in names)) for one in seen]
