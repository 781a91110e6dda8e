"""The level of one index clone: reads against the limit of blank, then templates, level and limits."""

from collections.abc import Sequence
from dataclasses import replace

from remission.errors import InvariantBroken
from remission.mrd.limits import EXPECTED_FOR_95, limit_at
from remission.mrd.ngs.blank import Background, Blank, clone_counts, examined, limit_of_blank
from remission.mrd.ngs.clonotype import IndexClone
from remission.mrd.ngs.flags import is_held
from remission.mrd.ngs.measured import CloneLevel
from remission.mrd.ngs.seen import Seen, length_needed, long_enough
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, TargetCount, Tier
from remission.mrd.ngs.templates import LocusYield
from remission.stats.compound import compound_interval, compound_upper, events_needed, mean_at

SEES_NOTHING = 1.0
"""The LOD of a test that can show nothing: no level of cells is higher."""


def level_of(
    clone: IndexClone,
    owner: str,
    tally: Tally,
    spikes: Sequence[Spike],
    locus: LocusYield,
    cells: int,
    background: Background,
    mass_cv: float,
) -> Seen:
    """One clone of `owner` in a sample.

    Raises
    ------
    InvariantBroken
        If the clone was not looked for.
    """
    count = clone_counts(tally, owner).get(clone.name)
    if count is None or count.target.window != clone.window:
        raise InvariantBroken(
            f"{clone.name} of {owner} was not looked for",
            where=f"sample {tally.sample}",
            do="track the sample with this index",
        )
    blank = limit_of_blank(background, examined(tally), clone.uniqueness.by_chance, locus.burst)
    blank = replace(blank, reads=max(blank.reads, count.least - 1))
    expected = blank.controls + blank.hopped + blank.chance + count.from_neighbours
    stem = clone_counts(tally, owner, Tier.STEM).get(clone.name)
    needed = length_needed(clone)
    level = replace(
        _level(clone, count, locus, blank, expected, cells, mass_cv),
        stem_reads=stem.reads if stem else 0,
        stem_level=locus.templates(stem.reads) / cells if stem else 0.0,
        cut_off_reads=count.cut_off,
        read_length=needed,
        long_enough=long_enough(needed, tally, spikes),
    )
    if not is_held(level) and not level.templates:
        level = replace(level, lod=SEES_NOTHING, upper=SEES_NOTHING)
    return Seen(clone, level, blank, expected, count.from_neighbours, count.least)


def lower_of_many(one: Seen, found: int, locus: LocusYield, mass_cv: float) -> float:
    """Templates, at least, of the highest of so many clones found: the tail of 2.5 % divided by their number.

    Whichever clone comes out highest, its own limit would be too high more often than it says. Bonferroni.
    """
    level = 1 - 0.05 / found
    lower = compound_interval(one.clone.reads, locus.burst, mass_cv, level, one.background).lower
    return min(lower, one.clone.templates)


def _level(
    clone: IndexClone,
    count: TargetCount,
    locus: LocusYield,
    blank: Blank,
    expected: float,
    cells: int,
    mass_cv: float,
) -> CloneLevel:
    found = count.reads > blank.reads
    templates = locus.templates(count.reads) if found else 0.0
    interval = (
        compound_interval(count.reads, locus.burst, mass_cv, background=expected)
        if found
        # Below what a neighbour's errors explain no read is counted, and all of them may be the clone's.
        else compound_upper(max(count.reads, count.least - 1), locus.burst, mass_cv)
    )
    made = clone.clonotype.rearrangement
    least_lod = limit_at(EXPECTED_FOR_95, cells)
    lod = mean_at(events_needed(blank.reads + 1, locus.burst), 0.95) / cells
    return CloneLevel(
        name=clone.name,
        locus=locus.locus,
        v=made.five.gene,
        d=",".join(part.gene for part in made.d),
        j=made.three.gene,
        junction="" if made.junction is None else clone.clonotype.sequence[slice(*made.junction)],
        family=clone.family,
        reads=count.reads,
        exact_reads=count.exact,
        stem_reads=0,
        neighbour_reads=count.neighbours,
        lob_reads=blank.reads,
        templates=templates,
        level=templates / cells,
        lower=min(interval.lower, templates) / cells,
        upper=max(min(interval.upper / cells, SEES_NOTHING), templates / cells),
        tolerance=count.tolerance,
        by_chance=clone.uniqueness.by_chance,
        sightings=count.sightings,
        lod=min(max(lod, least_lod), SEES_NOTHING),
        vouches=True,
    )
