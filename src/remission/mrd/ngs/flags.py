"""The flags of a result: what spoils it, what blinds it, and when each is raised."""

from collections.abc import Sequence

from remission.mrd.ngs.measured import CloneLevel, Foreign, SpikeLevel

NO_INDEX_CLONE = "no-index-clone"
CONTAMINATED = "contaminated"
WEAK_SPIKES = "weak-spikes"
SCATTERED_SPIKES = "scattered-spikes"
STEM_ONLY = "stem-only"
"""Flags of a result: no clone to follow; another patient's clone in the sample; spikes of a followed locus
that gave hardly a read; spikes that disagree; a clone not found whose D-J stem is there."""

DISQUALIFYING = frozenset({NO_INDEX_CLONE, CONTAMINATED, WEAK_SPIKES})
"""Flags under which a result says nothing, unless the study names others."""

BLINDING = frozenset({STEM_ONLY})
"""Flags under which a result can be positive, never negative, unless the study names others."""

ASSUMED_WEAK = 0.5
"""Reads per template below which a locus is not counted by its spikes. ASSUMED, by us."""


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
        (SCATTERED_SPIKES, scattered),
    )
    return tuple(flag for flag, holds in said if holds)


def is_weak(spike: SpikeLevel) -> bool:
    """Whether the spikes gave fewer than one read for two copies put in."""
    return spike.reads_per_template < ASSUMED_WEAK


def has_stem(clone: CloneLevel) -> bool:
    """Whether the stem shows more reads than blank explains while the clone itself is not found."""
    return not clone.templates and clone.stem_reads > clone.lob_reads
