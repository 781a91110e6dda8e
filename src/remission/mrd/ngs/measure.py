"""The follow-up sample, from counted reads to the answer: the laboratory's procedure on one screen."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import against
from remission.mrd.limits import EXPECTED_FOR_95, MOST_DNA_NG, cells_in, limit_at
from remission.mrd.ngs.blank import Background, Blank, clone_counts, examined, limit_of_blank
from remission.mrd.ngs.clonotype import Index, IndexClone
from remission.mrd.ngs.flags import BLINDING, DISQUALIFYING, flags_of
from remission.mrd.ngs.measure_notes import notes_of
from remission.mrd.ngs.measured import CloneLevel, Foreign, Measured, SpikeLevel
from remission.mrd.ngs.seen import Seen, locus_of, vouched
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, TargetCount, Tier
from remission.mrd.ngs.templates import LocusYield, yields
from remission.mrd.result import CELL_EQUIVALENTS, Denominator, Method, MrdResult
from remission.stats.compound import compound_interval, compound_upper, events_needed, mean_at
from remission.terms.evidence import Evidence, Setting

ASSUMED_MASS_CV = 0.05
"""Error of copies per cell, as a coefficient of variation: of the DNA's mass and of the spikes' stock
together. ASSUMED, by us: give your own."""

_SEES_NOTHING = 1.0
_NO_BACKGROUND = Background()


def measure(
    index: Index,
    tally: Tally,
    spikes: Sequence[Spike],
    dna_ng: float,
    *,
    threshold: Fraction,
    required_lod: Fraction,
    backgrounds: Mapping[str, Background],
    foreign: tuple[Foreign, ...] = (),
    loq_templates: float = 10.0,
    mass_cv: float = ASSUMED_MASS_CV,
    disqualifying_flags: AbstractSet[str] = DISQUALIFYING,
    blinding_flags: AbstractSet[str] = BLINDING,
    evidence: Evidence,
) -> Measured:
    """The level of each index clone in a sample, and the answer for the sample.

    Parameters
    ----------
    index, tally : Index, Tally
        What is followed, and what tracking counted in the sample; targets belong to `index.sample`.
    spikes : sequence of Spike
        Put into the tube, with their copies.
    dna_ng : float
        DNA in the tube, ng.
    threshold, required_lod : Fraction
        As in `calls.against`: fractions of cells.
    backgrounds : mapping
        By name of the clone, from `blank.from_controls` or `crosscheck.cross_check`; a clone without one gets
        an assumed background, and a note that says so.
    foreign : tuple of Foreign
        From `crosscheck.cross_check`.
    loq_templates : float
        Templates at which a number is put on the level: the study's choice, at least 2.996.
    mass_cv : float
        Coefficient of variation of copies per cell.
    disqualifying_flags, blinding_flags : set of str
        As in `calls.against`.

    Raises
    ------
    InputRefused
        No spike, or no spike read, of a locus that is followed; or numbers that cannot be.
    InvariantBroken
        If a clone or spike was not looked for, or a clone's window is a spike's.
    """
    cells = cells_in(dna_ng)
    _check(index, spikes, cells, dna_ng, loq_templates, mass_cv)
    loci = yields(spikes, tally, sorted({locus_of(clone) for clone in index.clones}))
    seen = vouched([_clone(clone, tally, index, loci, cells, backgrounds, mass_cv) for clone in index.clones])
    clones = tuple(one.clone for one in seen)
    spiked = tuple(
        SpikeLevel(locus, own.copies, own.reads, own.burst.mean, own.variation) for locus, own in loci.items()
    )
    scattered = any(locus.scattered for locus in loci.values())
    flags = flags_of(clones, spiked, foreign, float(threshold), scattered=scattered)
    result = _result(
        seen, cells, threshold, loq_templates, flags, _said(evidence, loci, loq_templates, mass_cv)
    )
    answer = against(result, threshold, required_lod, disqualifying_flags, blinding_flags)
    return Measured(
        sample=tally.sample,
        index_sample=index.sample,
        result=result,
        answer=answer,
        threshold=float(threshold),
        required_lod=float(required_lod),
        cells=cells,
        cells_seen=cells_seen(result.lod, cells) if seen else 0,
        lob=max(
            (one.clone.lob_reads / loci[one.clone.locus].burst.mean / cells for one in seen), default=0.0
        ),
        clones=clones,
        spikes=spiked,
        foreign=foreign,
        fates=MappingProxyType(dict(tally.fates)),
        germline=index.germline,
        notes=notes_of(seen, loci, spiked, tally, foreign, required_lod, result, answer),
        disqualifying_flags=tuple(sorted(disqualifying_flags)),
        blinding_flags=tuple(sorted(blinding_flags)),
    )


def highest_hidden(clones: Sequence[CloneLevel]) -> float:
    """The upper limit of a sample in which no clone was found: of the clones that vouch for it."""
    return max((clone.upper for clone in clones if clone.vouches), default=1.0)


def cells_seen(lod: float, cells: int) -> int:
    """Cells that a test seeing every one of them would need for the same LOD."""
    return min(math.floor(round(EXPECTED_FOR_95 / lod, 6)), cells)


def _check(
    index: Index, spikes: Sequence[Spike], cells: int, dna_ng: float, loq_templates: float, mass_cv: float
) -> None:
    where = f"index {index.sample}"
    if not (math.isfinite(loq_templates) and loq_templates >= EXPECTED_FOR_95):
        raise InputRefused(
            f"LOQ of {loq_templates!r} templates",
            where=where,
            do="give at least 3: no LOQ lies below the LOD",
        )
    if not 0 <= mass_cv < 1:
        raise InputRefused(
            f"error of copies per cell {mass_cv!r}", where=where, do="give a fraction, such as 0.05"
        )
    if cells < EXPECTED_FOR_95:
        raise InputRefused(f"DNA of {cells} cells", where=where, do="give the DNA in the tube, in ng")
    if dna_ng > MOST_DNA_NG:
        raise InputRefused(
            f"{dna_ng:,.10g} ng of DNA in one tube",
            where=where,
            do="check the unit: ng are asked, and a tube holds no more than 100 µg (100,000 ng)",
        )
    names = [clone.name for clone in index.clones]
    if len(set(names)) != len(names):
        raise InvariantBroken(f"clones {', '.join(names)}", where=where, do="name each clone once")
    for clone in index.clones:
        for spike in spikes:
            if spike.window in clone.clonotype.sequence or clone.window in spike.sequence:
                raise InvariantBroken(
                    f"{clone.name} is the spike {spike.name}",
                    where=where,
                    do="index the diagnosis anew and name its spikes there: they are then left out",
                )


def _clone(
    clone: IndexClone,
    tally: Tally,
    index: Index,
    loci: Mapping[str, LocusYield],
    cells: int,
    backgrounds: Mapping[str, Background],
    mass_cv: float,
) -> Seen:
    """Reads against the limit of blank, then templates, level and limits of one clone."""
    count = clone_counts(tally, index.sample).get(clone.name)
    if count is None or count.target.window != clone.window:
        raise InvariantBroken(
            f"{clone.name} of {index.sample} was not looked for",
            where=f"sample {tally.sample}",
            do="track the sample with this index",
        )
    locus = loci[locus_of(clone)]
    background = backgrounds.get(clone.name, _NO_BACKGROUND)
    blank = limit_of_blank(background, examined(tally), clone.uniqueness.by_chance, locus.burst)
    lod = mean_at(events_needed(blank.reads + 1, locus.burst), 0.95) / cells
    stem = clone_counts(tally, index.sample, Tier.STEM).get(clone.name)
    level = _level(clone, count, stem.reads if stem else 0, locus, blank, cells, mass_cv)
    return Seen(clone, replace(level, lod=max(lod, level.lod)), blank)


def _level(
    clone: IndexClone,
    count: TargetCount,
    stem_reads: int,
    locus: LocusYield,
    blank: Blank,
    cells: int,
    mass_cv: float,
) -> CloneLevel:
    found = count.reads > blank.reads
    templates = locus.templates(count.reads) if found else 0.0
    background = blank.controls + blank.hopped + blank.chance
    interval = (
        compound_interval(count.reads, locus.burst, mass_cv, background=background)
        if found
        else compound_upper(count.reads, locus.burst, mass_cv)
    )
    made = clone.clonotype.rearrangement
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
        stem_reads=stem_reads,
        neighbour_reads=count.neighbours,
        lob_reads=blank.reads,
        templates=templates,
        level=templates / cells,
        lower=min(interval.lower, templates) / cells,
        upper=max(interval.upper, templates) / cells,
        tolerance=count.tolerance,
        by_chance=clone.uniqueness.by_chance,
        sightings=count.sightings,
        lod=limit_at(EXPECTED_FOR_95, cells),
        vouches=True,
        stem_level=locus.templates(stem_reads) / cells,
    )


def _result(
    seen: list[Seen],
    cells: int,
    threshold: Fraction,
    loq_templates: float,
    flags: tuple[str, ...],
    evidence: Evidence,
) -> MrdResult:
    """The highest single clone above its blank; with none, nothing, up to what the clones may hide.

    A level below the threshold must have been looked for with every clone that vouches for the sample; one
    that is not below it needs only the clone that showed it, whichever that is.
    """
    deciding = max((one for one in seen if one.found), key=lambda one: one.clone.level, default=None)
    lod = max((one.lod for one in seen if one.clone.vouches), default=_SEES_NOTHING)
    if deciding and Fraction(deciding.clone.templates) / cells >= threshold:
        lod = deciding.lod
    return MrdResult(
        method=Method.NGS,
        found=deciding.clone.templates if deciding else 0,
        examined=(Denominator(CELL_EQUIVALENTS, cells),),
        primary=CELL_EQUIVALENTS,
        level=deciding.clone.level if deciding else 0.0,
        lower=deciding.clone.lower if deciding else 0.0,
        upper=deciding.clone.upper if deciding else highest_hidden(tuple(one.clone for one in seen)),
        lod=lod,
        loq=max(lod, lod * loq_templates / EXPECTED_FOR_95) if seen else _SEES_NOTHING,
        flags=flags,
        evidence=evidence,
    )


def _said(evidence: Evidence, loci: Mapping[str, LocusYield], loq: float, mass_cv: float) -> Evidence:
    """The evidence with the settings that the numbers rest on."""
    dispersion = max((locus.burst.dispersion for locus in loci.values()), default=0.0)
    settings = (
        Setting("interval", "compound Poisson: templates, reads per template, spikes, copies per cell; 95 %"),
        Setting("limits", f"LOD at 95 % detection above the limit of blank; LOQ {loq:g} templates"),
        Setting("copies per cell CV", f"{mass_cv:g}" + (" (assumed)" if mass_cv == ASSUMED_MASS_CV else "")),
        Setting("dispersion of reads per template", f"{dispersion:.3g}"),
    )
    return replace(evidence, settings=(*evidence.settings, *settings))
