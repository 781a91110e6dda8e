"""The follow-up sample, from counted reads to the answer: the laboratory's procedure on one screen."""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import against
from remission.mrd.limits import EXPECTED_FOR_95, MOST_DNA_NG, cells_in
from remission.mrd.ngs.blank import CERTAINTY, Background, unseen_carry_over
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.flags import BLINDING, DISQUALIFYING, flags_of
from remission.mrd.ngs.levels import SEES_NOTHING, level_of, lower_of_many
from remission.mrd.ngs.measure_notes import notes_of
from remission.mrd.ngs.measured import CloneLevel, Foreign, Measured, SpikeLevel
from remission.mrd.ngs.seen import Seen, locus_of, vouched
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally
from remission.mrd.ngs.templates import LocusYield, yields
from remission.mrd.result import CELL_EQUIVALENTS, Denominator, Method, MrdResult
from remission.terms.evidence import Evidence, Setting

ASSUMED_MASS_CV = 0.05
"""Error of copies per cell, as a coefficient of variation: of the DNA's mass and of the spikes' stock
together. ASSUMED, by us: give your own."""


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
    seen = vouched(
        [
            level_of(
                clone,
                index.sample,
                tally,
                spikes,
                loci[locus_of(clone)],
                cells,
                backgrounds.get(clone.name, Background()),
                mass_cv,
            )
            for clone in index.clones
        ]
    )
    clones = tuple(one.clone for one in seen)
    spiked = tuple(
        SpikeLevel(locus, own.copies, own.reads, own.burst.mean, own.variation) for locus, own in loci.items()
    )
    scattered = any(locus.scattered for locus in loci.values())
    flags = flags_of(clones, spiked, foreign, float(threshold), scattered=scattered)
    result = _result(
        seen,
        loci,
        cells,
        threshold,
        mass_cv,
        loq_templates,
        flags,
        _said(evidence, seen, loci, loq_templates, mass_cv),
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
        notes=notes_of(
            seen,
            loci,
            spiked,
            tally,
            foreign,
            required_lod,
            result,
            answer,
            disqualifying_flags | blinding_flags,
        ),
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


def _result(
    seen: list[Seen],
    loci: Mapping[str, LocusYield],
    cells: int,
    threshold: Fraction,
    mass_cv: float,
    loq_templates: float,
    flags: tuple[str, ...],
    evidence: Evidence,
) -> MrdResult:
    """The highest single clone above its blank; with none, nothing, up to what the clones may hide.

    A level below the threshold must have been looked for with every clone that vouches for the sample; one
    that is not below it needs only the clone that showed it, whichever that is.
    """
    found = [one for one in seen if one.found]
    deciding = max(found, key=lambda one: one.clone.level, default=None)
    lower = (
        lower_of_many(deciding, len(found), loci[deciding.clone.locus], mass_cv) / cells if deciding else 0.0
    )
    lod = max((one.lod for one in seen if one.clone.vouches), default=SEES_NOTHING)
    if deciding and Fraction(deciding.clone.templates) / cells >= threshold:
        lod = deciding.lod
    return MrdResult(
        method=Method.NGS,
        found=deciding.clone.templates if deciding else 0,
        examined=(Denominator(CELL_EQUIVALENTS, cells),),
        primary=CELL_EQUIVALENTS,
        level=deciding.clone.level if deciding else 0.0,
        lower=lower,
        upper=deciding.clone.upper if deciding else highest_hidden(tuple(one.clone for one in seen)),
        lod=lod,
        loq=min(max(lod, lod * loq_templates / EXPECTED_FOR_95), SEES_NOTHING),
        flags=flags,
        evidence=evidence,
    )


def _said(
    evidence: Evidence, seen: list[Seen], loci: Mapping[str, LocusYield], loq: float, mass_cv: float
) -> Evidence:
    """The evidence with the settings that the numbers rest on."""
    dispersion = max((locus.burst.dispersion for locus in loci.values()), default=0.0)
    settings = (
        Setting("interval", "compound Poisson: templates, reads per template, spikes, copies per cell; 95 %"),
        Setting("limits", f"LOD at 95 % detection above the limit of blank; LOQ {loq:g} templates"),
        Setting("limit of blank", _blank_said(seen)),
        Setting("copies per cell CV", f"{mass_cv:g}" + (" (assumed)" if mass_cv == ASSUMED_MASS_CV else "")),
        Setting("dispersion of reads per template", f"{dispersion:.3g}"),
    )
    return replace(evidence, settings=(*evidence.settings, *settings))


def _blank_said(seen: list[Seen]) -> str:
    """What the limit of blank promises, and what its controls cannot show."""
    promised = (
        f"{100 * CERTAINTY:g} % of samples without a clone show no more, if background comes read by read"
    )
    if all(one.blank.assumed for one in seen):
        return f"{promised}; no control: templates carried over are not in it"
    fewest = min(one.blank.samples for one in seen if not one.blank.assumed)
    unseen = f"{100 * unseen_carry_over(fewest):.2g} %"
    return (
        f"{promised}, or as the templates that controls show; controls worth {fewest:.3g} samples: templates "
        f"that they do not show can call up to {unseen} of samples"
    )
