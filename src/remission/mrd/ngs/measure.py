"""The follow-up sample, from counted reads to the answer: the laboratory's procedure on one screen."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import Answer, against
from remission.mrd.limits import EXPECTED_FOR_95, cells_in, limit_at
from remission.mrd.ngs import measure_words as words
from remission.mrd.ngs.blank import Background, Blank, clone_counts, examined, limit_of_blank
from remission.mrd.ngs.clonotype import Index, IndexClone
from remission.mrd.ngs.index import group_of
from remission.mrd.ngs.measured import CloneLevel, Foreign, Measured, SpikeLevel
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, TargetCount, Tier
from remission.mrd.ngs.templates import LocusYield, yields
from remission.mrd.result import CELL_EQUIVALENTS, Denominator, Method, MrdResult
from remission.stats.compound import compound_interval, compound_upper, events_needed, mean_at
from remission.terms.evidence import Evidence, Setting

ASSUMED_MASS_CV = 0.05
"""Error of copies per cell, as a coefficient of variation: of the DNA's mass and of the spikes' stock
together. ASSUMED, by us: give your own."""

NO_INDEX_CLONE = "no-index-clone"
CONTAMINATED = "contaminated"
SCATTERED_SPIKES = "scattered-spikes"
STEM_ONLY = "stem-only"
"""Flags of a result: no clone to follow; another patient's clone in the sample; spikes that disagree; a
clone not found whose D-J stem is there with another V: it may have evolved."""

DISQUALIFYING = frozenset({NO_INDEX_CLONE, CONTAMINATED})
"""Flags under which a result says nothing, unless the study names others."""

_SEES_NOTHING = 1.0
_MOST_OF_KIND = 0.5
_OF_THE_LARGEST = 0.1
_NO_BACKGROUND = Background()


@dataclass(frozen=True, slots=True)
class _Seen:
    """One clone with its limit of blank, and which part of the diagnosis it was."""

    index: IndexClone
    clone: CloneLevel
    blank: Blank

    @property
    def found(self) -> bool:
        return self.clone.templates > 0

    @property
    def lod(self) -> float:
        return self.clone.lod


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
    blinding_flags: AbstractSet[str] = frozenset(),
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
    _check(index, spikes, cells, loq_templates, mass_cv)
    loci = yields(spikes, tally, sorted({_locus(clone) for clone in index.clones}))
    seen = _vouched(
        [_clone(clone, tally, index, loci, cells, backgrounds, mass_cv) for clone in index.clones]
    )
    flags = _flags(index, foreign, loci, seen)
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
        clones=tuple(one.clone for one in seen),
        spikes=tuple(
            SpikeLevel(locus, own.copies, own.reads, own.burst.mean, own.variation)
            for locus, own in loci.items()
        ),
        foreign=foreign,
        fates=MappingProxyType(dict(tally.fates)),
        germline=index.germline,
        notes=_notes(seen, loci, tally, foreign, cells, required_lod, result, answer),
        disqualifying_flags=tuple(sorted(disqualifying_flags)),
        blinding_flags=tuple(sorted(blinding_flags)),
    )


def highest_hidden(clones: Sequence[CloneLevel]) -> float:
    """The upper limit of a sample in which no clone was found: of the clones that vouch for it."""
    return max((clone.upper for clone in clones if clone.vouches), default=1.0)


def cells_seen(lod: float, cells: int) -> int:
    """Cells that a test seeing every one of them would need for the same LOD."""
    return min(math.floor(round(EXPECTED_FOR_95 / lod, 6)), cells)


def _check(index: Index, spikes: Sequence[Spike], cells: int, loq_templates: float, mass_cv: float) -> None:
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
) -> _Seen:
    """Reads against the limit of blank, then templates, level and limits of one clone."""
    count = clone_counts(tally, index.sample).get(clone.name)
    if count is None or count.target.window != clone.window:
        raise InvariantBroken(
            f"{clone.name} of {index.sample} was not looked for",
            where=f"sample {tally.sample}",
            do="track the sample with this index",
        )
    locus = loci[_locus(clone)]
    background = backgrounds.get(clone.name, _NO_BACKGROUND)
    blank = limit_of_blank(background, examined(tally), clone.uniqueness.by_chance, locus.burst)
    lod = mean_at(events_needed(blank.reads + 1, locus.burst), 0.95) / cells
    stem = clone_counts(tally, index.sample, Tier.STEM).get(clone.name)
    level = _level(clone, count, stem.reads if stem else 0, locus, blank, cells, mass_cv)
    return _Seen(clone, replace(level, lod=max(lod, level.lod)), blank)


def _vouched(seen: list[_Seen]) -> list[_Seen]:
    """The clones, with those marked that answer for the sample where nothing reaches the threshold.

    Markers of different loci share the leukaemic cells; those of one locus may each be a part of them. So
    one locus is enough, if every one of its index clones can be seen: the one that sees lowest. It must be
    the leukaemia's: its clones held at least half of the reads of their kind at diagnosis, and a tenth of
    the index reads of the locus with most. Where none is, every clone must be seen.
    """
    groups: dict[str, list[_Seen]] = {}
    for one in seen:
        made = one.index.clonotype.rearrangement
        groups.setdefault(group_of(made.locus, made.kind), []).append(one)
    reads = {name: sum(one.index.clonotype.reads for one in group) for name, group in groups.items()}
    most = max(reads.values(), default=0)
    able = [
        group
        for name, group in groups.items()
        if math.fsum(one.index.share for one in group) >= _MOST_OF_KIND
        and reads[name] >= _OF_THE_LARGEST * most
    ]
    chosen = min(able, key=lambda group: max(one.lod for one in group), default=seen)
    names = {one.clone.name for one in chosen}
    return [replace(one, clone=replace(one.clone, vouches=one.clone.name in names)) for one in seen]


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
    )


def _result(
    seen: list[_Seen],
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


def _flags(
    index: Index, foreign: tuple[Foreign, ...], loci: Mapping[str, LocusYield], seen: list[_Seen]
) -> tuple[str, ...]:
    said = (
        (STEM_ONLY, any(_stem_only(one) for one in seen)),
        (NO_INDEX_CLONE, not index.clones),
        (CONTAMINATED, any(one.contaminates for one in foreign)),
        (SCATTERED_SPIKES, any(locus.scattered for locus in loci.values())),
    )
    return tuple(flag for flag, holds in said if holds)


def _stem_only(one: _Seen) -> bool:
    """Whether the stem alone shows more reads than blank explains while the clone itself is not found."""
    return not one.found and one.clone.stem_reads > one.clone.lob_reads


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


def _notes(
    seen: list[_Seen],
    loci: Mapping[str, LocusYield],
    tally: Tally,
    foreign: tuple[Foreign, ...],
    cells: int,
    required_lod: Fraction,
    result: MrdResult,
    answer: Answer,
) -> tuple[words.Text, ...]:
    """What a reader must know beside the numbers."""
    notes = [words.primers()]
    assumed = [one.clone.name for one in seen if one.blank.assumed]
    if assumed:
        notes.append(words.no_control(assumed))
    notes += [words.hopped(one.clone.name, one.blank.hopped) for one in seen if one.blank.hopped >= 1]
    notes += [words.by_chance(one.clone.name, one.blank.chance) for one in seen if one.blank.chance >= 0.01]
    notes += [words.does_not_vouch(one.clone.name, one.lod) for one in seen if not one.clone.vouches]
    notes += [words.stem_only(one.clone.name, one.clone.stem_reads) for one in seen if _stem_only(one)]
    below = [one.clone for one in seen if 0 < one.clone.reads <= one.clone.lob_reads]
    notes += [words.below_blank(clone.name, clone.reads, clone.lob_reads) for clone in below]
    if any(locus.scattered for locus in loci.values()):
        notes.append(words.scattered())
    locus_of = {(count.target.owner, count.target.name): count.target.locus for count in tally.counts}
    for one in foreign:
        locus = loci.get(locus_of.get((one.owner, one.name), ""))
        level = locus.templates(one.reads) / cells if locus else None
        if one.contaminates:
            notes.append(words.contaminated(one.owner, one.name, one.reads, one.expected, level))
        elif one.shared:
            notes.append(words.shared(one.owner, one.name, one.reads))
    if seen and answer.more_cells is not None:
        hardest = max((one for one in seen if one.clone.vouches), key=lambda one: one.lod)
        per_template = loci[hardest.clone.locus].burst.mean
        enough = cells >= EXPECTED_FOR_95 / float(required_lod)
        notes.append(
            words.deeper(hardest.clone.name, per_template, hardest.clone.lob_reads)
            if enough
            else words.more_reads(tally.reads_total, (cells + answer.more_cells) / cells)
        )
    return tuple(notes)


def _locus(clone: IndexClone) -> str:
    return str(clone.clonotype.rearrangement.locus)
