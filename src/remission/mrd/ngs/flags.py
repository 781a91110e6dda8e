"""The flags of a result: what spoils it, what blinds it, and when each is raised."""

from collections.abc import Sequence

from remission.mrd.ngs.measured import CloneLevel, Foreign, SpikeLevel

NO_INDEX_CLONE = "no-index-clone"
CONTAMINATED = "contaminated"
WEAK_SPIKES = "weak-spikes"
SCATTERED_SPIKES = "scattered-spikes"
STEM_ONLY = "stem-only"
READS_TOO_SHORT = "reads-too-short"
"""Flags of a result: no clone to follow; another patient's clone in the sample; spikes of a followed locus
that gave hardly a read; spikes that disagree; a clone not found whose D-J stem is there; reads
that cannot hold, or do not hold, the window of a clone."""

DISQUALIFYING = frozenset({NO_INDEX_CLONE, CONTAMINATED, WEAK_SPIKES})
"""Flags under which a result says nothing, unless the study names others."""

BLINDING = frozenset({STEM_ONLY, READS_TOO_SHORT})
"""Flags under which a result can be positive, never negative, unless the study names others."""

ASSUMED_WEAK = 0.5
"""Reads per template below which a locus is not counted by its spikes. ASSUMED, by us."""

ASSUMED_HELD = 0.5
"""Share of a sample's reads that must be long enough to hold a clone's window. ASSUMED, by us."""


def flags_of(
    clones: Sequence[CloneLevel],
    spikes: Sequence[SpikeLevel],
    foreign: Sequence[Foreign],
    threshold: float,
    *,
    scattered: bool,
) -> tuple[str, ...]:
    """The flags that these numbers raise; `threshold` as a fraction of cells."""
    followed = {clone.locus for clone in clones}
    said = (
        (NO_INDEX_CLONE, not clones),
        (CONTAMINATED, any(one.contaminates for one in foreign)),
        (WEAK_SPIKES, any(is_weak(spike) for spike in spikes if spike.locus in followed)),
        (STEM_ONLY, any(has_stem(clone) and clone.stem_level >= threshold for clone in clones)),
        (READS_TOO_SHORT, any(is_too_short(clone) for clone in clones)),
        (SCATTERED_SPIKES, scattered),
    )
    return tuple(flag for flag, holds in said if holds)


def is_weak(spike: SpikeLevel) -> bool:
    """Whether the spikes gave fewer than one read for two copies put in."""
    return spike.reads_per_template < ASSUMED_WEAK


def has_stem(clone: CloneLevel) -> bool:
    """Whether the stem shows more reads than blank explains while the clone itself is not found."""
    return not clone.templates and clone.stem_reads > clone.lob_reads


def is_held(clone: CloneLevel) -> bool:
    """Whether half of the sample's reads can hold the window."""
    return clone.long_enough is None or clone.long_enough >= ASSUMED_HELD


def is_cut_off(clone: CloneLevel) -> bool:
    """Whether more reads than blank explains show a part of the clone, which itself is not found."""
    return not clone.templates and clone.cut_off_reads > clone.lob_reads


def is_too_short(clone: CloneLevel) -> bool:
    """Whether reads are too short for the answer: of a clone that it rests on, or that shows in part."""
    return is_cut_off(clone) or (clone.vouches and not is_held(clone))
