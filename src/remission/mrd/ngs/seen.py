"""One clone as a sample shows it, and which clones answer for the sample where nothing is found."""

import math
from dataclasses import dataclass, replace

from remission.mrd.ngs.blank import Blank
from remission.mrd.ngs.clonotype import IndexClone
from remission.mrd.ngs.index import group_of
from remission.mrd.ngs.measured import CloneLevel

ASSUMED_MOST_OF_KIND = 0.5
"""Share of the reads of its kind at diagnosis that the clones of a locus must hold to answer for the sample.
ASSUMED, by us."""

ASSUMED_OF_THE_LARGEST = 0.1
"""Reads at diagnosis of the clones of such a locus, over those of the locus with most. ASSUMED, by us."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One clone with its limit of blank, and which part of the diagnosis it was."""

    index: IndexClone
    clone: CloneLevel
    blank: Blank

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
    chosen = min(able, key=lambda group: max(one.lod for one in group), default=seen)
    names = {one.clone.name for one in chosen}
    return [replace(one, clone=replace(one.clone, vouches=one.clone.name in names)) for one in seen]
