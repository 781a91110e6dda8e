"""Which notes stand beside a measured sample."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction

from remission.mrd.calls import Answer, Call
from remission.mrd.limits import EXPECTED_FOR_95
from remission.mrd.ngs import measure_words as words
from remission.mrd.ngs.flags import has_stem, is_cut_off, is_held, is_weak
from remission.mrd.ngs.measured import Foreign, SpikeLevel
from remission.mrd.ngs.seen import Seen
from remission.mrd.ngs.tally import Tally
from remission.mrd.ngs.templates import LocusYield
from remission.mrd.result import MrdResult
from remission.terms.words import Text

ASSUMED_DEEP = 300.0
"""Reads per template above which the copies of the spikes are doubted. ASSUMED, by us."""

ASSUMED_TOLD = 0.1
"""Share of a clone's reads that are cut off, from which on a note says so. ASSUMED, by us."""


def notes_of(
    seen: Sequence[Seen],
    loci: Mapping[str, LocusYield],
    spikes: Sequence[SpikeLevel],
    tally: Tally,
    foreign: Sequence[Foreign],
    required_lod: Fraction,
    result: MrdResult,
    answer: Answer,
    stopping: AbstractSet[str],
) -> tuple[Text, ...]:
    """What a reader must know beside the numbers; under a `stopping` flag, nothing about depth."""
    return (
        words.primers(),
        *_of_background(seen),
        *_of_clones(seen),
        *_of_lengths(seen, tally),
        *_of_spikes(seen, loci, spikes),
        *_of_others(foreign, loci, tally, result.cells),
        *(() if stopping & set(result.flags) else _of_depth(seen, loci, tally, required_lod, result, answer)),
    )


def _of_background(seen: Sequence[Seen]) -> Iterator[Text]:
    assumed = [one.clone.name for one in seen if one.blank.assumed]
    if assumed:
        yield words.no_control(assumed)
    for one in seen:
        if one.blank.hopped >= 1:
            yield words.hopped(one.clone.name, one.blank.hopped)
    for one in seen:
        if one.blank.chance >= 0.01:
            yield words.by_chance(one.clone.name, one.blank.chance)
    for one in seen:
        if one.from_neighbours >= 1:
            yield words.neighbour_errors(one.clone.name, one.from_neighbours, one.least)


def _of_clones(seen: Sequence[Seen]) -> Iterator[Text]:
    for one in seen:
        if not one.clone.vouches:
            yield words.does_not_vouch(one.clone.name, one.lod)
    for one in seen:
        if has_stem(one.clone):
            yield words.stem_only(one.clone.name, one.clone.stem_reads, one.clone.stem_level)
    for one in seen:
        if 0 < one.clone.reads <= one.clone.lob_reads:
            yield words.below_blank(one.clone.name, one.clone.reads, one.clone.lob_reads)


def _of_lengths(seen: Sequence[Seen], tally: Tally) -> Iterator[Text]:
    for one in (one.clone for one in seen):
        if one.long_enough is not None and not is_held(one):
            yield words.reads_too_short(one.name, one.read_length, _median(tally.lengths), one.long_enough)
        if is_cut_off(one):
            yield words.cut_off(one.name, one.cut_off_reads, one.lob_reads)
        elif one.templates and one.cut_off_reads >= ASSUMED_TOLD * (one.reads + one.cut_off_reads):
            share = one.cut_off_reads / (one.reads + one.cut_off_reads)
            yield words.partly_cut_off(one.name, one.cut_off_reads, share)


def _median(lengths: Mapping[int, int]) -> int:
    """The length that half of the reads do not pass."""
    half, so_far = sum(lengths.values()) / 2, 0
    for length in sorted(lengths):
        so_far += lengths[length]
        if so_far >= half:
            return length
    return 0


def _of_spikes(
    seen: Sequence[Seen], loci: Mapping[str, LocusYield], spikes: Sequence[SpikeLevel]
) -> Iterator[Text]:
    followed = {one.clone.locus for one in seen}
    for spike in spikes:
        if spike.locus in followed and is_weak(spike):
            yield words.weak_spikes(spike.locus, spike.reads, spike.copies)
        if spike.reads_per_template > ASSUMED_DEEP:
            yield words.deep_spikes(spike.locus, spike.reads_per_template)
    if any(locus.scattered for locus in loci.values()):
        yield words.scattered()


def _of_others(
    foreign: Sequence[Foreign], loci: Mapping[str, LocusYield], tally: Tally, cells: int
) -> Iterator[Text]:
    locus_of = {(count.target.owner, count.target.name): count.target.locus for count in tally.counts}
    for one in foreign:
        locus = loci.get(locus_of.get((one.owner, one.name), ""))
        level = locus.templates(one.reads) / cells if locus else None
        if one.contaminates:
            yield words.contaminated(one.owner, one.name, one.reads, one.expected, level)
        elif one.shared:
            yield words.shared(one.owner, one.name, one.reads)


def _of_depth(
    seen: Sequence[Seen],
    loci: Mapping[str, LocusYield],
    tally: Tally,
    required_lod: Fraction,
    result: MrdResult,
    answer: Answer,
) -> Iterator[Text]:
    if not seen or answer.call is not Call.NOT_EVALUABLE:
        return
    hardest = max((one for one in seen if one.clone.vouches), key=lambda one: one.lod)
    enough = result.cells >= EXPECTED_FOR_95 / float(required_lod)
    if answer.more_cells is None or enough:
        per_template = loci[hardest.clone.locus].burst.mean
        yield words.deeper(hardest.clone.name, per_template, hardest.clone.lob_reads, enough=enough)
    else:
        yield words.more_reads(tally.reads_total, (result.cells + answer.more_cells) / result.cells)
