"""Limit of blank and the cross-check of a run. All counts are invented."""

import itertools
import math

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.ngs.blank import (
    ASSUMED_RATE,
    CERTAINTY,
    Background,
    examined,
    from_controls,
    limit_of_blank,
    most_reads,
    reads_at_least,
    unseen_carry_over,
)
from remission.mrd.ngs.clonotype import Index
from remission.mrd.ngs.crosscheck import (
    ASSUMED_HOPPING,
    MOST_HOPPING,
    CrossCheck,
    SampleKind,
    Sequenced,
    cross_check,
)
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.tally import Tally, Target, TargetCount, Tier, Tolerance
from remission.stats.compound import Burst, compound_upper
from remission.stats.counts import poisson_upper
from remission.terms.evidence import Evidence
from remission.terms.words import Text

NONE = Tolerance(0, 0, Text("", ""))
BURST = Burst(10.0, 0.2)
DEPTH = 10_000_000


def tally(sample: str, reads: dict[tuple[str, str], int], total: int = DEPTH, window: str = "") -> Tally:
    counts = tuple(
        TargetCount(Target(owner, name, Tier.EXACT, "IGH", window or f"{owner}{name}"), n, 0, 0, NONE, ())
        for (owner, name), n in reads.items()
    )
    used = sum(reads.values())
    return Tally(sample, counts, {Fate.INDEX: used, Fate.OTHER: total - used})


def below(reads: int, mean: float) -> float:
    """P(X <= reads), slow."""
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(reads + 1))


def test_examined_are_reads_that_could_have_been_the_clone() -> None:
    fates = {Fate.INDEX: 5, Fate.OTHER: 70, Fate.SPIKE: 11, Fate.TOO_SHORT: 3, Fate.NO_REARRANGEMENT: 9}
    assert examined(Tally("S", (), fates)) == 75


@pytest.mark.parametrize(("seen", "controls"), [(0, 1), (0, 20), (7, 10)])
def test_controls_bound_the_rate_and_the_reads(seen: int, controls: int) -> None:
    background = Background(seen, controls * DEPTH, control_most=min(seen, 1))
    blank = limit_of_blank(background, DEPTH, 0.0, BURST)
    expected = poisson_upper(seen).upper / controls
    assert blank.controls == pytest.approx(expected)
    assert below(blank.reads, expected) >= CERTAINTY
    assert below(blank.reads - 1, expected) < CERTAINTY
    assert not blank.assumed


def test_more_controls_lower_the_limit() -> None:
    limits = [limit_of_blank(Background(0, n * DEPTH), DEPTH, 0.0, BURST).reads for n in (1, 3, 10, 100)]
    assert limits == sorted(limits, reverse=True)
    assert limits[0] > limits[-1] >= 1


@pytest.mark.parametrize("most", [None, 9, 12])
def test_controls_that_show_a_template_are_counted_in_templates(most: int | None) -> None:
    """Twelve reads at once are a carried-over template; one each in twelve controls are not."""
    at_once = limit_of_blank(Background(12, 20 * DEPTH, control_most=most), DEPTH, 0.0, BURST)
    singly = limit_of_blank(Background(12, 20 * DEPTH, control_most=1), DEPTH, 0.0, BURST)
    assert at_once.lumpy and not singly.lumpy
    templates = compound_upper(12, BURST).upper / 20
    assert at_once.controls == pytest.approx(10 * templates)
    assert at_once.reads > 3 * singly.reads
    rng = np.random.default_rng(4)
    drawn = read(rng.poisson(templates, 400_000), rng)
    assert np.mean(drawn > at_once.reads) < 1.5 * (1 - CERTAINTY)


def read(templates: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reads of so many templates: 10 each, dispersion 0.2."""
    return rng.poisson(10 * 0.2 * rng.gamma(np.maximum(templates / 0.2, 1e-12)))


def test_where_one_read_is_a_template_one_read_is_a_lump() -> None:
    few = Background(1, 20 * DEPTH, control_most=1)
    assert limit_of_blank(few, DEPTH, 0.0, Burst(1.5, 0.2)).lumpy
    assert not limit_of_blank(few, DEPTH, 0.0, BURST).lumpy


@pytest.mark.parametrize("rate", [0.05, 0.2])
def test_templates_carried_over_are_called_no_more_often_than_is_claimed(rate: float) -> None:
    """Lumps at 0.05 and 0.2 a sample, 20 controls, 1,500 clean samples each with controls of its own."""
    rng, limits, samples = np.random.default_rng(3), dict[tuple[int, int], int](), 1_500
    shown = called = unseen = 0
    for controls in read(rng.poisson(rate, (samples, 20)), rng):
        key = int(controls.sum()), int(controls.max())
        if key not in limits:
            background = Background(key[0], 20 * DEPTH, control_most=key[1])
            limits[key] = limit_of_blank(background, DEPTH, 0.0, BURST).reads
        hit = int(read(rng.poisson(rate, 1), rng)[0]) > limits[key]
        shown += key[0] > 0
        called += hit and key[0] > 0
        unseen += hit and key[0] == 0
    assert shown > 0.6 * samples
    assert called <= 3  # 1 in 10,000 is claimed; before, 33 and 143 in 2,000
    most = unseen_carry_over(20)
    assert unseen / samples < most + 3 * math.sqrt(most / samples)


def test_what_controls_cannot_show() -> None:
    grid = np.linspace(0, 5, 200_001)
    for controls in (1, 2, 20, 100):
        slow = np.max(np.exp(-controls * grid) * (1 - np.exp(-grid)))
        assert unseen_carry_over(controls) == pytest.approx(slow, rel=1e-6)
    assert unseen_carry_over(20) == pytest.approx(0.0179, abs=5e-5)


def test_a_tube_without_dna_counts_as_one_sample_whatever_its_reads() -> None:
    blank = limit_of_blank(Background(2, 0, empty_tubes=3, control_most=1), DEPTH, 0.0, BURST)
    assert blank.controls == pytest.approx(poisson_upper(2).upper / 3)


def test_no_control_is_said() -> None:
    blank = limit_of_blank(Background(), DEPTH, 0.0, BURST)
    assert blank.assumed
    assert blank.controls == ASSUMED_RATE * DEPTH


def test_chance_matches_come_as_whole_templates() -> None:
    """0.05 reads by chance are one template in 200 samples, not a read in 20."""
    controls = Background(0, 1000 * DEPTH)
    without = limit_of_blank(controls, DEPTH, 0.0, BURST).reads
    with_chance = limit_of_blank(controls, DEPTH, 0.005, BURST)
    assert with_chance.chance == pytest.approx(0.05)
    assert with_chance.reads > without + 15
    rng = np.random.default_rng(4)
    templates = rng.poisson(0.05 / 10, 400_000)
    drawn = rng.poisson(10 * 0.2 * rng.gamma(np.maximum(templates / 0.2, 1e-12)))
    assert np.mean(drawn > with_chance.reads) < 2 * (1 - CERTAINTY)


def test_what_hops_adds_and_uneven_hopping_adds_more() -> None:
    even = limit_of_blank(Background(0, 100 * DEPTH, hopped=50.0), DEPTH, 0.0, BURST)
    uneven = limit_of_blank(Background(0, 100 * DEPTH, hopped=50.0, uneven=0.5), DEPTH, 0.0, BURST)
    assert 50 < even.reads < 90
    assert uneven.reads > 150


def test_hopping_that_explains_the_controls_is_not_counted_twice() -> None:
    blank = limit_of_blank(
        Background(1000, 20 * DEPTH, control_hopped=1000.0, hopped=53.0), DEPTH, 0.0, BURST
    )
    assert blank.controls == pytest.approx((poisson_upper(1000).upper - 1000) / 20)
    assert 53 < blank.reads < 95


@pytest.mark.parametrize(("mean", "uneven"), [(0.001, 0), (0.5, 0), (40, 0), (40, 0.3), (3e5, 0.01)])
def test_most_reads_is_the_quantile(mean: float, uneven: float) -> None:
    most = most_reads(mean, uneven, 0.999)
    assert reads_at_least(most + 1, mean, uneven) <= 0.001
    assert most == 0 or reads_at_least(most, mean, uneven) > 0.001


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(InputRefused):
        limit_of_blank(Background(), DEPTH, math.nan, BURST)


def index() -> Index:
    return Index("A", (), 0, {}, "", "", Evidence("", ""))


def test_controls_must_be_told_apart() -> None:
    one = tally("C", {("A", "1"): 0})
    with pytest.raises(InvariantBroken, match="give each once"):
        _ = from_controls(index(), [one, one])


# --- a run ---

PATIENTS = [f"P{i}" for i in range(10)]


def run_of(
    rate: float, rng: np.random.Generator, depths: dict[str, int] | None = None, uneven: bool = False
) -> list[Sequenced]:
    """Ten patients, a diagnosis and a follow-up each, two clones each; a share of reads hops by `rate`."""
    samples = [(p, kind) for p in PATIENTS for kind in (SampleKind.DIAGNOSIS, SampleKind.FOLLOW_UP)]
    clones = list(itertools.product(PATIENTS, ("IGH-1", "IGK-1")))
    total = sum((depths or {}).get(kind, DEPTH) for _, kind in samples)
    run: list[Sequenced] = []
    for number, (patient, kind) in enumerate(samples):
        depth = (depths or {}).get(kind, DEPTH)
        reads: dict[tuple[str, str], int] = {}
        for owner, name in clones:
            source = 0.4 * (depths or {}).get(SampleKind.DIAGNOSIS, DEPTH)
            own = owner == patient and kind == SampleKind.DIAGNOSIS
            near = abs(PATIENTS.index(owner) - number // 2) in (1, 9)
            weight = (5.0 if near else 0.1) if uneven else 1.0
            hopped = 0 if own else int(rng.poisson(weight * rate * source * depth / total))
            reads[owner, name] = int(source) if own else hopped
        run.append(Sequenced(patient, tally(f"{patient}-{kind}", reads, depth), kind))
    return run


def with_reads(run: list[Sequenced], sample: str, owner: str, name: str, reads: int) -> list[Sequenced]:
    changed = []
    for one in run:
        if one.tally.sample == sample:
            counts = {(c.target.owner, c.target.name): c.reads for c in one.tally.counts}
            counts[owner, name] = reads
            one = Sequenced(one.owner, tally(sample, counts, one.tally.reads_total), one.kind)
        changed.append(one)
    return changed


def contaminations(check: CrossCheck) -> list[tuple[str, str, str]]:
    return [
        (sample, one.owner, one.name)
        for sample, foreign in check.foreign.items()
        for one in foreign
        if one.contaminates
    ]


@pytest.mark.parametrize("rate", [0.0, 1e-6, 1e-4, 1e-2])
def test_hopping_is_measured_and_is_no_contamination(rate: float) -> None:
    check = cross_check(run_of(rate, np.random.default_rng(1)))
    assert contaminations(check) == []
    assert check.by_reads is not None
    assert check.by_reads.rate == pytest.approx(rate, rel=0.15, abs=1e-7)
    assert check.by_reads.rate <= check.by_reads.upper
    assert not check.by_reads.assumed
    assert check.by_reads.uneven == 0.0


@pytest.mark.parametrize("rate", [0.0, 1e-4, 1e-2])
@pytest.mark.parametrize("deep", [DEPTH, 20 * DEPTH])
def test_reads_that_hop_into_the_owners_follow_up_are_within_the_blank(rate: float, deep: int) -> None:
    """Twenty clones in ten follow-ups, ten runs: none is called, whether or not follow-ups are deeper."""
    rng, called, expected = np.random.default_rng(8), 0, []
    for _ in range(10):
        run = run_of(rate, rng, {SampleKind.FOLLOW_UP: deep})
        check = cross_check(run)
        for one in run:
            if one.kind != SampleKind.FOLLOW_UP:
                continue
            for count in one.tally.counts:
                if count.target.owner == one.owner:
                    background = check.backgrounds[one.tally.sample][count.target.name]
                    blank = limit_of_blank(background, examined(one.tally), 0.0, BURST)
                    called += count.reads > blank.reads
                    expected.append(blank.reads / max(count.reads, 10))
    assert called == 0
    assert np.median(expected) < 3  # and the limit is not far above what is really there


def test_a_run_shows_how_samples_share_what_hops() -> None:
    deep = {SampleKind.FOLLOW_UP: 20 * DEPTH}
    by_reads = cross_check(run_of(1e-4, np.random.default_rng(1), deep))
    assert by_reads.by_sample is None
    assert by_reads.by_reads is not None
    same = cross_check(run_of(1e-4, np.random.default_rng(1)))  # all as deep: nobody can say
    assert same.by_reads is not None
    assert same.by_sample is not None


def test_contamination_is_named_and_leaves_the_rate_alone() -> None:
    clean = run_of(1e-4, np.random.default_rng(2))
    check = cross_check(with_reads(clean, "P3-follow-up", "P7", "IGH-1", 60_000))
    assert contaminations(check) == [("P3-follow-up", "P7", "IGH-1")]
    assert check.by_reads is not None
    assert check.by_reads.rate == pytest.approx(1e-4, rel=0.15)
    worst = check.foreign["P3-follow-up"][0]
    assert (worst.owner, worst.reads, worst.shared) == ("P7", 60_000, False)
    assert worst.expected < 100
    # and it does not blind the owner's own follow-up
    assert check.backgrounds["P7-follow-up"]["IGH-1"].control_reads < 1000


def test_two_patients_alone_can_still_be_told_apart() -> None:
    run = [
        Sequenced("A", tally("A-dx", {("A", "1"): 4_000_000, ("B", "1"): 2}), SampleKind.DIAGNOSIS),
        Sequenced("B", tally("B-fu", {("A", "1"): 300_000, ("B", "1"): 0}), SampleKind.FOLLOW_UP),
    ]
    assert contaminations(cross_check(run)) == [("B-fu", "A", "1")]


def two_patients(reads: dict[str, tuple[int, int]], hopped: int = 1) -> list[Sequenced]:
    """Two patients with a diagnosis and two follow-ups each, and a control: reads of A's and of B's clone."""
    all_reads = {"A-dx": (7_000, hopped), "B-dx": (hopped, 7_000), "N": (hopped, hopped)}
    all_reads |= {f"{p}-{f}": (hopped, hopped) for p in "AB" for f in ("F1", "F2")}
    all_reads |= reads
    kinds = {"A-dx": SampleKind.DIAGNOSIS, "B-dx": SampleKind.DIAGNOSIS, "N": SampleKind.CONTROL}
    return [
        Sequenced(
            "" if name == "N" else name[0],
            tally(name, {("A", "1"): of_a, ("B", "1"): of_b}, 60_000),
            kinds.get(name, SampleKind.FOLLOW_UP),
        )
        for name, (of_a, of_b) in all_reads.items()
    ]


@pytest.mark.parametrize("reads", [2_300, 230, 25])
def test_two_tubes_swapped_are_both_named_and_cost_nobody_else_anything(reads: int) -> None:
    check = cross_check(two_patients({"A-F1": (0, reads), "B-F1": (reads, 0), "A-F2": (reads, 0)}))
    assert contaminations(check) == [("A-F1", "B", "1"), ("B-F1", "A", "1")]
    assert check.swapped == {"A-F1": ("B-F1",), "B-F1": ("A-F1",)}
    for fit in (check.by_reads, check.by_sample):
        assert fit is None or fit.upper < 0.002
    for sample, clone in (("A-F2", "A"), ("B-F2", "B")):
        background = check.backgrounds[sample]["1"]
        assert limit_of_blank(background, 60_000, 0.0, BURST).reads < 30, clone


def test_contamination_one_way_is_named_and_asks_whether_tubes_were_swapped() -> None:
    check = cross_check(two_patients({"A-F1": (2_000, 2_000)}))
    assert contaminations(check) == [("A-F1", "B", "1")]
    assert check.swapped == {}, "its own clone is there"
    without = cross_check(two_patients({"A-F1": (0, 2_000), "B-F1": (0, 300)}))
    assert contaminations(without) == [("A-F1", "B", "1")]
    assert without.swapped == {"A-F1": ("B-F2",), "B-F2": ("A-F1",)}, "B-F1 holds its own"


def test_two_patients_with_real_hopping_contaminate_nobody() -> None:
    check = cross_check(two_patients({"A-F1": (200, 19), "B-F2": (25, 150)}, hopped=20))
    assert contaminations(check) == []
    assert check.swapped == {}


def test_more_than_can_hop_is_contamination_all_around() -> None:
    """Three tubes passed round: each pair vouches for the next, and none of it can be hopping."""
    owners = "ABC"
    run = [Sequenced(o, tally(f"{o}-dx", {(p, "1"): 7_000 * (o == p) for p in owners}, 60_000),
                     SampleKind.DIAGNOSIS) for o in owners]  # fmt: skip
    for place, o in enumerate(owners):
        reads = {(p, "1"): 700 * (p == owners[place - 1]) for p in owners}
        run.append(Sequenced(o, tally(f"{o}-fu", reads, 60_000), SampleKind.FOLLOW_UP))
    check = cross_check(run)
    assert len(contaminations(check)) == 3
    assert check.by_reads is not None
    assert check.by_reads.rate <= MOST_HOPPING


def test_uneven_hopping_is_seen_and_is_no_contamination() -> None:
    """Combinatorial indices: most of what hops goes to the neighbours on the plate."""
    check = cross_check(run_of(2e-3, np.random.default_rng(3), uneven=True))
    assert contaminations(check) == []
    assert check.by_reads is not None
    assert check.by_reads.uneven > 0.5


def test_a_sequence_two_patients_have_is_no_contamination() -> None:
    reads = {("A", "1"): 3_000_000, ("B", "1"): 2_500_000, ("C", "1"): 5}
    run = [
        Sequenced(owner, tally(f"{owner}-dx", reads, window="SAME"), SampleKind.DIAGNOSIS) for owner in "AB"
    ]
    run = [
        Sequenced(
            one.owner,
            Tally(
                one.tally.sample,
                tuple(
                    count
                    if count.target.owner != "C"
                    else TargetCount(Target("C", "1", Tier.EXACT, "IGH", "C"), 5, 0, 0, NONE, ())
                    for count in one.tally.counts
                ),
                one.tally.fates,
            ),
            one.kind,
        )
        for one in run
    ]
    check = cross_check(run)
    assert contaminations(check) == []
    assert [one.shared for one in check.foreign["A-dx"] if one.owner == "B"] == [True]


def test_a_sequence_of_the_own_diagnosis_is_shown_as_such_in_the_follow_up() -> None:
    run = run_of(1e-5, np.random.default_rng(6))
    run = with_reads(run, "P3-diagnosis", "P7", "IGK-1", 9_000)
    check = cross_check(with_reads(run, "P3-follow-up", "P7", "IGK-1", 7_000))
    assert contaminations(check) == [("P3-diagnosis", "P7", "IGK-1")]
    shown = next(one for one in check.foreign["P3-follow-up"] if one.owner == "P7" and one.name == "IGK-1")
    assert shown.shared
    assert not shown.contaminates


def test_chance_explains_a_template_of_a_public_clone() -> None:
    run = with_reads(run_of(0.0, np.random.default_rng(6)), "P3-follow-up", "P7", "IGK-1", 40)
    assert contaminations(cross_check(run)) == [("P3-follow-up", "P7", "IGK-1")]
    assert contaminations(cross_check(run, {("P7", "IGK-1"): 0.5})) == []


def test_an_empty_tube_is_a_control_and_contamination_in_it_is_named() -> None:
    run = run_of(1e-4, np.random.default_rng(9))
    reads = {(c.target.owner, c.target.name): 20 for c in run[0].tally.counts}
    quiet = [*run, Sequenced("", tally("empty", reads, 5_000), SampleKind.NO_TEMPLATE)]
    check = cross_check(quiet)
    assert contaminations(check) == []
    assert check.backgrounds["P1-follow-up"]["IGH-1"].empty_tubes == 1
    loud = cross_check(with_reads(quiet, "empty", "P2", "IGH-1", 4_000))
    assert contaminations(loud) == [("empty", "P2", "IGH-1")]


def test_a_run_of_one_patient_assumes_hopping_and_says_so() -> None:
    run = [
        Sequenced("A", tally("A-dx", {("A", "1"): 4_000_000}), SampleKind.DIAGNOSIS),
        Sequenced("A", tally("A-fu", {("A", "1"): 3}), SampleKind.FOLLOW_UP),
    ]
    check = cross_check(run)
    assert check.by_reads is not None
    assert check.by_reads.assumed
    assert check.by_reads.rate == ASSUMED_HOPPING
    assert check.backgrounds["A-fu"]["1"].hopped == pytest.approx(4_000_000 * ASSUMED_HOPPING / 2)


def test_a_run_must_be_searched_for_everything_in_every_sample() -> None:
    run = run_of(0.0, np.random.default_rng(1))
    with pytest.raises(InvariantBroken, match="twice"):
        cross_check([*run, run[0]])
    other = Sequenced("P1", tally("X", {("P1", "IGH-1"): 0}), SampleKind.FOLLOW_UP)
    with pytest.raises(InvariantBroken, match="different clones"):
        cross_check([*run, other])
