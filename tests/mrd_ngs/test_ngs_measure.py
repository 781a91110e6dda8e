"""A follow-up sample measured: levels, limits, answers. All reads are invented."""

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.calls import Call
from remission.mrd.ngs.blank import Background, examined, from_controls, limit_of_blank
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Uniqueness
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.measure import measure
from remission.mrd.ngs.measured import Foreign, Measured
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.spikes import Spike
from remission.mrd.ngs.tally import Tally, Target, TargetCount, Tier, Tolerance
from remission.mrd.ngs.templates import yields
from remission.stats.compound import compound_interval
from remission.terms.evidence import Evidence, FileRef
from remission.terms.words import Text

EVIDENCE = Evidence("tracked", "test", (FileRef("SIMULATED.fastq.gz", "ab" * 32, 1_000_000),), simulated=True)
TOLERANCE = Tolerance(2, 1, Text("no neighbour", "无近邻"))
SIX = Fraction("0.000001")
FOUR = Fraction("0.0001")
MANY_CONTROLS = Background(control_reads=0, control_examined=2_000_000_000)


def part(name: str, start: int, end: int) -> Part:
    return Part((f"{name}*01",), start, end, 0, end - start, 0, 0, 0)


def clone(name: str, locus: Locus, window: str, by_chance: float = 0.0) -> IndexClone:
    d = (part("IGHD3-10", 35, 45),) if locus == Locus.IGH else ()
    made = Rearrangement(
        locus,
        Kind.V_D_J if d else Kind.V_J,
        part(f"{locus}V1-2", 0, 30),
        d,
        part(f"{locus}J4", 50, 60),
        (27, 54),
        None,
        False,
    )
    clonotype = Clonotype(window, made, (0, len(window)), 40_000, 39_000)
    return IndexClone(name, clonotype, 0.8, name, None, Uniqueness(None, 0, by_chance, "invented"))


IGH = clone("IGH-1", Locus.IGH, "ACGTTGCA" * 8)
IGK = clone("IGK-1", Locus.IGK, "TTGACCAG" * 8)


def index(*clones: IndexClone) -> Index:
    fates = {Fate.CLONOTYPE: 100_000}
    return Index("P1-diagnosis", clones, 100_000, fates, "5 %", "a germline", EVIDENCE)


def spikes(*loci: Locus, copies: float = 100, each: int = 5) -> tuple[Spike, ...]:
    letters = "ACGT"
    return tuple(
        Spike(
            f"SP-{locus}-{i}",
            locus,
            copies,
            "",
            "".join(letters[n] for n in np.random.default_rng(i).integers(0, 4, 50)) + str(locus),
        )
        for locus in loci
        for i in range(each)
    )


def tally(
    of: Index,
    reads: Mapping[str, int],
    put_in: tuple[Spike, ...],
    spike_reads: int = 1000,
    total: int = 30_000_000,
) -> Tally:
    """A follow-up sample in which each spike gave `spike_reads` reads."""
    counts = [
        TargetCount(
            Target(of.sample, one.name, Tier.EXACT, one.clonotype.rearrangement.locus, one.window),
            reads[one.name],
            0,
            0,
            TOLERANCE,
            (),
        )
        for one in of.clones
    ]
    counts += [
        TargetCount(
            Target("", spike.name, Tier.SPIKE, spike.locus, spike.window), spike_reads, 0, 0, TOLERANCE, ()
        )
        for spike in put_in
    ]
    used = {Fate.INDEX: sum(reads.values()), Fate.SPIKE: spike_reads * len(put_in)}
    return Tally("P1-day-33", tuple(counts), {**used, Fate.OTHER: total - sum(used.values())})


def measured(
    reads: Mapping[str, int],
    *clones: IndexClone,
    dna_ng: float = 20_000,
    spike_reads: int = 1000,
    background: Background = MANY_CONTROLS,
    foreign: tuple[Foreign, ...] = (),
    threshold: Fraction = SIX,
) -> Measured:
    followed = index(*clones)
    put_in = spikes(*sorted({one.clonotype.rearrangement.locus for one in clones}))
    return measure(
        followed,
        tally(followed, reads, put_in, spike_reads),
        put_in,
        dna_ng,
        threshold=threshold,
        required_lod=threshold,
        backgrounds={one.name: background for one in clones},
        foreign=foreign,
        evidence=EVIDENCE,
    )


def test_templates_are_reads_by_spikes() -> None:
    one = measured({"IGH-1": 3_000}, IGH)
    (level,) = one.clones
    assert one.cells == 3_076_923
    assert level.templates == 300.0
    assert level.level == 300.0 / 3_076_923 == one.result.level
    assert one.result.found == 300.0
    assert (level.v, level.d, level.j) == ("IGHV1-2", "IGHD3-10", "IGHJ4")
    assert level.junction == IGH.clonotype.sequence[27:54]
    assert one.answer.call == Call.POSITIVE
    locus = yields(spikes(Locus.IGH), tally(index(IGH), {"IGH-1": 0}, spikes(Locus.IGH)), ["IGH"])["IGH"]
    interval = compound_interval(3_000, locus.burst, 0.05)
    assert level.lower == pytest.approx(interval.lower / one.cells, rel=1e-12)
    assert level.upper == pytest.approx(interval.upper / one.cells, rel=1e-12)


def test_nothing_found_in_enough_cells_is_negative() -> None:
    one = measured({"IGH-1": 0}, IGH)
    assert one.answer.call == Call.NEGATIVE
    assert one.result.found == 0
    assert one.result.lower == 0.0
    # 2.996 expected templates; a little more for those too poor in reads and for the error of the mass
    assert one.result.upper == pytest.approx(2.996 / one.cells, rel=0.02)
    assert one.result.upper > 2.9957 / one.cells
    assert 2.9957 / one.cells <= one.result.lod <= 1e-6
    assert one.cells_seen <= one.cells


@pytest.mark.parametrize(
    ("dna_ng", "lod"), [(650, 3.0e-5), (2_000, 9.7e-6)]
)  # DOMAIN: 650 ng -> 3.0e-5; 2 µg -> 9.7e-6
def test_published_limits(dna_ng: float, lod: float) -> None:
    one = measured({"IGH-1": 0}, IGH, dna_ng=dna_ng, spike_reads=10_000)
    assert one.result.lod == pytest.approx(lod, abs=lod * 0.017)
    assert one.answer.call == Call.NOT_EVALUABLE


def test_three_million_cells_see_one_in_a_million() -> None:
    one = measured({"IGH-1": 0}, IGH, dna_ng=19_500, spike_reads=100_000)
    assert one.cells == 3_000_000
    assert one.result.lod == pytest.approx(2.9957 / 3e6, rel=1e-3)
    assert one.answer.call == Call.NEGATIVE


def test_too_few_cells_says_how_much_dna_would_do() -> None:
    few = measured({"IGH-1": 0}, IGH, dna_ng=650)
    assert few.answer.call == Call.NOT_EVALUABLE
    assert few.answer.more_cells is not None
    enough = few.cells + few.answer.more_cells
    assert any("More DNA needs more reads" in note.en for note in few.notes)
    again = measured({"IGH-1": 0}, IGH, dna_ng=math.ceil(enough * 6.5) / 1000)
    assert again.answer.call == Call.NEGATIVE
    short = measured({"IGH-1": 0}, IGH, dna_ng=(enough - 10) * 6.5 / 1000)
    assert short.answer.call == Call.NOT_EVALUABLE


def test_a_shallow_sample_is_told_to_go_deeper() -> None:
    shallow = measured({"IGH-1": 0}, IGH, spike_reads=60)
    assert shallow.answer.call == Call.NOT_EVALUABLE
    assert any("sequence deeper" in note.en for note in shallow.notes)
    assert shallow.cells_seen < 0.5 * shallow.cells


@pytest.mark.parametrize(("dna_ng", "said"), [(20_000, "With the DNA that was"), (20, "With more DNA")])
def test_where_no_dna_would_do_none_is_asked_for(dna_ng: float, said: str) -> None:
    """The audit read "2,721,338 ng of DNA" and "LOD 481 %"."""
    loud = Background(control_reads=40_000, control_examined=300_000_000)
    one = measured({"IGH-1": 0}, IGH, dna_ng=dna_ng, background=loud)
    assert (one.answer.call, one.answer.more_cells) == (Call.NOT_EVALUABLE, None)
    assert "more DNA alone will not do (100,000 ng at most)" in one.answer.reason.en
    assert "100,000 ng" in one.answer.reason.zh
    assert any(note.en.startswith(f"{said}") and "sequence deeper" in note.en for note in one.notes)


def test_no_limit_is_above_every_cell() -> None:
    one = measured({"IGH-1": 0}, IGH, dna_ng=0.1, spike_reads=60)
    assert one.cells == 15
    assert one.result.lod <= one.result.loq <= 1.0 and one.result.upper <= 1.0
    assert one.clones[0].lod <= 1.0


def test_reads_within_the_blank_are_not_found_but_widen_the_upper_limit() -> None:
    noisy = Background(control_reads=20, control_examined=300_000_000)
    clean = measured({"IGH-1": 0}, IGH, background=noisy)
    limit = clean.clones[0].lob_reads
    at_limit = measured({"IGH-1": limit}, IGH, background=noisy)
    above = measured({"IGH-1": limit + 1}, IGH, background=noisy)
    assert at_limit.result.found == 0
    assert at_limit.result.upper > clean.result.upper
    assert any(f"{limit} reads seen" in note.en for note in at_limit.notes)
    assert above.result.found == pytest.approx((limit + 1) / 10)
    assert clean.lob == pytest.approx(limit / 10 / clean.cells)


@pytest.mark.parametrize("seen", [0, 1, 3, 8, 20])
@pytest.mark.parametrize("control_reads", [0, 5, 60])
@pytest.mark.parametrize("dna_ng", [20_000, 40_000, 90_000])
def test_a_negative_with_reads_below_the_blank_could_not_hide_the_threshold(
    seen: int, control_reads: int, dna_ng: float
) -> None:
    """The LOD holds the limit of blank, so that what is negative is below the threshold in any case."""
    background = Background(control_reads, 300_000_000)
    one = measured({"IGH-1": seen}, IGH, dna_ng=dna_ng, background=background)
    if one.result.found == 0 and one.answer.call == Call.NEGATIVE:
        assert one.result.upper <= 1e-6 * 1.01  # 1 %: the error of the DNA's mass, which no LOD counts
    elif one.result.found == 0:
        assert one.result.lod > 1e-6


def test_markers_are_not_added_and_the_highest_speaks() -> None:
    both = measured({"IGH-1": 200, "IGK-1": 3_000}, IGH, IGK)
    alone = measured({"IGK-1": 3_000}, IGK)
    assert both.result.found == 300.0
    assert both.result.upper == pytest.approx(alone.result.upper, rel=0.01)


PUBLIC = clone("IGK-1", Locus.IGK, IGK.window, by_chance=2.0)


def held(one: IndexClone, share: float, reads: int) -> IndexClone:
    return replace(one, share=share, clonotype=replace(one.clonotype, reads=reads))


def test_one_locus_whose_every_clone_is_seen_answers_for_the_sample() -> None:
    """A marker that healthy cells share does not spoil an answer that another locus can give."""
    both = measured({"IGH-1": 0, "IGK-1": 30}, IGH, PUBLIC)
    alone = measured({"IGH-1": 0}, IGH)
    assert both.answer.call == alone.answer.call == Call.NEGATIVE
    assert both.result.lod == both.clones[0].lod and both.result.upper == both.clones[0].upper
    assert both.result.upper < both.clones[1].upper
    assert [one.vouches for one in both.clones] == [True, False]
    assert both.clones[1].lob_reads > 60 and both.clones[1].lod > 1e-6
    assert any("IGK-1 alone would see" in note.en for note in both.notes)
    assert measured({"IGK-1": 30}, PUBLIC).answer.call == Call.NOT_EVALUABLE
    found = measured({"IGH-1": 0, "IGK-1": 3_000}, IGH, PUBLIC)
    assert found.answer.call == Call.POSITIVE  # what does not vouch still convicts


def test_clones_of_one_locus_may_be_different_cells_so_each_must_be_seen() -> None:
    sister = clone("IGH-2", Locus.IGH, IGK.window, by_chance=2.0)
    two = measured({"IGH-1": 0, "IGH-2": 30}, held(IGH, 0.6, 40_000), held(sister, 0.3, 20_000))
    assert two.answer.call == Call.NOT_EVALUABLE
    assert [one.vouches for one in two.clones] == [True, True]
    assert two.result.lod == two.clones[1].lod


@pytest.mark.parametrize(
    ("share", "reads"),
    [(0.4, 40_000), (0.9, 3_000)],
    ids=["not most of its kind", "hardly any reads: it may be a healthy clone"],
)
def test_a_locus_that_may_not_be_the_leukaemia_does_not_vouch(share: float, reads: int) -> None:
    weak = held(IGH, share, reads)
    assert measured({"IGH-1": 0}, weak).answer.call == Call.NEGATIVE  # alone, all of it is seen
    both = measured({"IGH-1": 0, "IGK-1": 0}, weak, PUBLIC)
    assert both.answer.call == Call.NOT_EVALUABLE
    assert both.clones[1].vouches


def with_stem(stem_reads: int, reads: int = 0) -> Measured:
    followed, put_in = index(IGH), spikes(Locus.IGH)
    plain = tally(followed, {"IGH-1": reads}, put_in)
    target = Target(followed.sample, "IGH-1", Tier.STEM, "IGH", "A" * 30)
    stem = TargetCount(target, stem_reads, 0, 0, TOLERANCE, ())
    return measure(
        followed, replace(plain, counts=(*plain.counts, stem)), put_in, 20_000, threshold=FOUR,
        required_lod=FOUR, backgrounds={"IGH-1": MANY_CONTROLS}, evidence=EVIDENCE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stem_reads", "reads", "flags", "call", "noted"),
    [
        (4_000, 0, ("stem-only",), Call.NOT_EVALUABLE, True),  # 400 templates: 1.3e-4
        (50, 0, (), Call.NEGATIVE, True),  # below the threshold, as any clone would be
        (1, 0, (), Call.NEGATIVE, False),  # within the blank
        (4_000, 30, (), Call.NEGATIVE, False),  # the clone is there, and its level counts
        (4_000, 9_000, (), Call.POSITIVE, False),
    ],
)
def test_a_stem_at_the_threshold_without_its_clone_is_never_negative(
    stem_reads: int, reads: int, flags: tuple[str, ...], call: Call, noted: bool
) -> None:
    one = with_stem(stem_reads, reads)
    assert (one.result.flags, one.answer.call) == (flags, call)
    assert one.clones[0].stem_reads == stem_reads
    assert one.clones[0].stem_level == stem_reads / 10 / one.cells
    assert any("may have evolved" in note.en for note in one.notes) == noted


def of_lengths(lengths: Mapping[int, int], reads: int = 0, cut_off: int = 0, *clones: IndexClone) -> Measured:
    """A sample whose reads have these lengths; IGH-1's window is 64 bases from the start of the amplicon."""
    clones = clones or (IGH,)
    followed, put_in = index(*clones), spikes(*sorted({one.clonotype.rearrangement.locus for one in clones}))
    seen = tally(followed, {one.name: reads if one.name == "IGH-1" else 0 for one in clones}, put_in)
    first = replace(seen.counts[0], cut_off=cut_off)
    return measure(
        followed, replace(seen, counts=(first, *seen.counts[1:]), lengths=lengths), put_in, 20_000,
        threshold=FOUR, required_lod=FOUR, backgrounds={one.name: MANY_CONTROLS for one in clones},
        evidence=EVIDENCE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("lengths", "reads", "cut_off", "flags", "call"),
    [
        ({}, 0, 0, (), Call.NEGATIVE),  # nobody counted
        ({150: 9_000_000, 60: 1_000_000}, 0, 0, (), Call.NEGATIVE),
        ({63: 20_000_000, 64: 5_000_000}, 0, 0, ("reads-too-short",), Call.NOT_EVALUABLE),
        ({63: 20_000_000, 64: 5_000_000}, 30, 0, ("reads-too-short",), Call.NOT_EVALUABLE),
        ({63: 20_000_000, 64: 5_000_000}, 90_000, 0, ("reads-too-short",), Call.POSITIVE),
        ({150: 9_000_000}, 0, 40, ("reads-too-short",), Call.NOT_EVALUABLE),
        ({150: 9_000_000}, 0, 1, (), Call.NEGATIVE),
        ({150: 9_000_000}, 300, 300, (), Call.NEGATIVE),
    ],
)
def test_a_window_that_reads_cannot_hold_is_never_negative(
    lengths: Mapping[int, int], reads: int, cut_off: int, flags: tuple[str, ...], call: Call
) -> None:
    one = of_lengths(lengths, reads, cut_off)
    assert (one.result.flags, one.answer.call) == (flags, call)
    assert one.clones[0].read_length == 64
    said = " ".join(note.en for note in one.notes)
    assert ("needs reads of at least 64 bases; half of the reads here have 63" in said) == (63 in lengths)
    assert ("end before the rest, more than" in said) == (cut_off == 40)
    assert ("its level is too low by up to 50 %" in said) == (cut_off == 300)
    if 63 in lengths and not reads:
        assert one.result.lod == one.result.upper == 1.0  # such a sample hides anything


def test_another_locus_answers_for_one_whose_window_reads_cannot_hold() -> None:
    nearer = replace(IGK, clonotype=replace(IGK.clonotype, window=(0, 40)))
    both = of_lengths({50: 25_000_000}, 0, 0, IGH, nearer)
    assert [one.vouches for one in both.clones] == [False, True]
    assert both.result.flags == () and both.answer.call == Call.NEGATIVE
    assert any("IGH-1: its window needs" in note.en for note in both.notes)
    cut = of_lengths({50: 25_000_000}, 0, 40, IGH, nearer)  # the clone shows in part
    assert cut.answer.call == Call.NOT_EVALUABLE


def test_errors_of_a_neighbour_raise_the_limit_of_blank_and_the_lod() -> None:
    followed, put_in = index(IGH), spikes(Locus.IGH)
    plain = tally(followed, {"IGH-1": 20}, put_in)

    def near(least: int) -> Measured:
        first = replace(plain.counts[0], from_neighbours=12.0, least=least)
        return measure(
            followed, replace(plain, counts=(first, *plain.counts[1:])), put_in, 20_000, threshold=FOUR,
            required_lod=FOUR, backgrounds={"IGH-1": MANY_CONTROLS}, evidence=EVIDENCE,
        )  # fmt: skip

    one, alone = near(25), measured({"IGH-1": 20}, IGH, threshold=FOUR)
    assert (one.clones[0].lob_reads, one.result.found) == (24, 0)
    assert one.result.lod > 1.5 * alone.result.lod
    assert any("12 of the reads counted are expected to be errors" in note.en for note in one.notes)
    assert near(15).result.found == 2.0
    assert near(15).result.lower < alone.result.lower
    # Where nothing is counted beside a neighbour, up to least - 1 reads may be the clone's.
    hidden = replace(plain.counts[0], exact=0, tolerated=0, least=25)
    none = measure(
        followed, replace(plain, counts=(hidden, *plain.counts[1:])), put_in, 20_000, threshold=FOUR,
        required_lod=FOUR, backgrounds={"IGH-1": MANY_CONTROLS}, evidence=EVIDENCE,
    )  # fmt: skip
    assert none.result.upper == pytest.approx(measured({"IGH-1": 24}, IGH).result.upper, rel=0.2)
    assert none.result.upper > 2 * measured({"IGH-1": 0}, IGH).result.upper


def test_the_highest_of_several_clones_has_a_lower_limit_for_having_been_picked() -> None:
    two = measured({"IGH-1": 280, "IGK-1": 300}, IGH, IGK)
    one = measured({"IGH-1": 0, "IGK-1": 300}, IGH, IGK)
    assert two.clones[1].lower == one.clones[1].lower == one.result.lower
    assert 0.85 * one.result.lower < two.result.lower < one.result.lower
    assert two.result.upper == one.result.upper


def test_spikes_that_gave_hardly_a_read_count_nothing() -> None:
    """The audit's tube: 9 reads of 400 copies made 0.0108 % into 14.6 %."""
    weak = measured({"IGH-1": 500, "IGK-1": 500}, IGH, IGK, spike_reads=49)
    assert weak.result.flags == ("weak-spikes",)
    assert weak.answer.call == Call.NOT_EVALUABLE
    (note,) = [note.en for note in weak.notes if "spikes of IGH gave" in note.en]
    assert "245 reads for 500 copies put in, 0.49 a copy" in note
    assert measured({"IGH-1": 500}, IGH, spike_reads=50).result.flags == ()


def test_more_reads_a_template_than_anybody_sequences_are_doubted() -> None:
    doubted = measured({"IGH-1": 0}, IGH, spike_reads=100_000)
    assert doubted.result.flags == ()
    assert any("check the copies of the spikes" in note.en for note in doubted.notes)
    assert not any("check the copies" in note.en for note in measured({"IGH-1": 0}, IGH).notes)


def test_dna_in_another_unit_is_refused() -> None:
    with pytest.raises(InputRefused, match="20,020,000 ng of DNA") as refused:
        measured({"IGH-1": 0}, IGH, dna_ng=20_020_000)
    assert "check the unit" in str(refused.value)
    assert measured({"IGH-1": 0}, IGH, dna_ng=100_000).cells == 15_384_615


def test_no_clone_to_follow_says_nothing() -> None:
    none = measured({})
    assert none.result.flags == ("no-index-clone",)
    assert none.answer.call == Call.NOT_EVALUABLE
    assert none.cells_seen == 0
    assert none.result.lod == 1.0


def test_contamination_is_named_and_spoils_the_answer() -> None:
    foreign = (
        Foreign("P2-diagnosis", "IGH-1", 5_000, 2.0, True),
        Foreign("P3", "IGK-2", 9, 8.0, False, True),
    )
    one = measured({"IGH-1": 0}, IGH, foreign=foreign)
    assert one.result.flags == ("contaminated",)
    assert one.answer.call == Call.NOT_EVALUABLE
    assert any("IGH-1 of P2-diagnosis" in note.en for note in one.notes)
    assert any("own diagnosis holds" in note.en for note in one.notes)


def test_without_controls_the_background_is_marked_as_assumed() -> None:
    followed, put_in = index(IGH), spikes(Locus.IGH)
    one = measure(
        followed, tally(followed, {"IGH-1": 0}, put_in), put_in, 20_000,
        threshold=FOUR, required_lod=FOUR, backgrounds={}, evidence=EVIDENCE,
    )  # fmt: skip
    assert one.clones[0].lob_reads > 3
    assert any("no negative control" in note.en for note in one.notes)
    assert not any("no negative control" in note.en for note in measured({"IGH-1": 0}, IGH).notes)


def test_backgrounds_from_negative_controls() -> None:
    followed, put_in = index(IGH, IGK), spikes(Locus.IGH)
    others = [
        replace(tally(followed, {"IGH-1": seen, "IGK-1": 0}, put_in), sample=f"N{seen}") for seen in (0, 2, 5)
    ]
    water = replace(tally(followed, {"IGH-1": 1, "IGK-1": 0}, put_in, total=9_000), sample="water")
    made = from_controls(followed, others, [water])
    assert made["IGH-1"].control_reads == 8
    assert made["IGK-1"].control_reads == 0
    assert made["IGH-1"].control_examined == 3 * (30_000_000 - 5 * 1000)
    assert made["IGH-1"].empty_tubes == 1
    with pytest.raises(InvariantBroken, match="IGK-1 of P1-diagnosis was not looked for"):
        from_controls(followed, [tally(index(IGH), {"IGH-1": 0}, put_in)])


def test_no_spike_no_result() -> None:
    with pytest.raises(InputRefused, match="the spikes of IGH gave no read"):
        measured({"IGH-1": 500}, IGH, spike_reads=0)
    followed = index(IGH, IGK)
    put_in = spikes(Locus.IGH)
    seen = tally(followed, {"IGH-1": 5, "IGK-1": 5}, put_in)
    with pytest.raises(InputRefused, match="no spike of IGK"):
        measure(
            followed, seen, put_in, 20_000,
            threshold=SIX, required_lod=SIX, backgrounds={}, evidence=EVIDENCE,
        )  # fmt: skip


def test_what_was_not_looked_for_is_refused() -> None:
    followed, put_in = index(IGH), spikes(Locus.IGH)
    seen = tally(followed, {"IGH-1": 5}, put_in)
    without_clone = replace(seen, counts=seen.counts[1:])
    without_spike = replace(seen, counts=seen.counts[:-1])
    for cut, said in ((without_clone, "IGH-1"), (without_spike, "spikes SP-IGH-4")):
        with pytest.raises(InvariantBroken, match=f"{said}.*not looked for"):
            measure(
                followed, cut, put_in, 20_000,
                threshold=SIX, required_lod=SIX, backgrounds={}, evidence=EVIDENCE,
            )  # fmt: skip


@pytest.mark.parametrize("numbers", [{"loq_templates": 2.0}, {"mass_cv": -0.1}, {"mass_cv": math.nan}])
def test_impossible_settings_are_refused(numbers: dict[str, float]) -> None:
    followed, put_in = index(IGH), spikes(Locus.IGH)
    with pytest.raises(InputRefused):
        measure(
            followed, tally(followed, {"IGH-1": 5}, put_in), put_in, 20_000,
            threshold=SIX, required_lod=SIX, backgrounds={}, evidence=EVIDENCE, **numbers,
        )  # fmt: skip


def grown(molecules: int, rng: np.random.Generator) -> float:
    """Copies after 22 cycles of PCR, each molecule copied with a chance of 0.8, over what is expected."""
    copies = np.ones(molecules, dtype=np.int64)
    for _ in range(22):
        copies += rng.binomial(copies, 0.8)
    return float(copies.sum() / 1.8**22)


@pytest.mark.parametrize(
    ("level", "least", "most"), [(1e-4, 0.925, 0.975), (1e-5, 0.925, 0.98), (1e-6, 0.94, 1)]
)
def test_the_interval_holds_the_truth_as_often_as_it_says(level: float, least: float, most: float) -> None:
    """Simulated tubes: DNA mass, templates, spike copies, branching PCR, reads. 300 samples a level."""
    rng, cells, samples = np.random.default_rng(7), 3_000_000, 300
    put_in, followed = spikes(Locus.IGH), index(IGH)
    held, levels = 0, []
    for _ in range(samples):
        molecules = rng.poisson(level * cells * rng.gamma(400, 1 / 400))
        seen = tally(followed, {"IGH-1": int(rng.poisson(10 * grown(molecules, rng)))}, put_in)
        drawn = [seen.counts[0]] + [
            replace(count, exact=int(rng.poisson(10 * grown(rng.poisson(100), rng))))
            for count in seen.counts[1:]
        ]
        locus = yields(put_in, replace(seen, counts=tuple(drawn)), ["IGH"])["IGH"]
        interval = compound_interval(drawn[0].reads, locus.burst, 0.05)
        held += interval.lower <= level * cells <= interval.upper
        levels.append(locus.templates(drawn[0].reads) / cells)
    assert least <= held / samples <= most
    assert np.mean(levels) == pytest.approx(level, abs=3 * np.std(levels) / math.sqrt(samples))


def test_two_hundred_negative_samples_show_nothing() -> None:
    """Background reads at the rate that the controls have: none of 200 x 3 clones is called."""
    rng, followed, put_in = np.random.default_rng(5), index(IGH), spikes(Locus.IGH)
    rate, depth, called = 2e-8, 30_000_000, 0
    for _ in range(600):
        background = Background(int(rng.poisson(rate * 10 * depth)), 10 * depth)
        seen = tally(followed, {"IGH-1": int(rng.poisson(rate * depth))}, put_in)
        burst = yields(put_in, seen, ["IGH"])["IGH"].burst
        called += seen.counts[0].reads > limit_of_blank(background, examined(seen), 0.0, burst).reads
    assert called == 0
