"""The uniqueness score against every rearrangement of a toy repertoire, and against a large drawn one."""

from dataclasses import replace
from functools import cache
from itertools import product
from math import prod, sqrt
from types import MappingProxyType

import numpy as np
import pytest

from remission.errors import InputRefused
from remission.mrd.ngs.bases import decode, encode
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import Allele, Germline, Segment, shipped
from remission.mrd.ngs.kernels_uniqueness import show
from remission.mrd.ngs.normal import NORMAL, Joins, Model, Spread, both_cuts, cuts, draw, joined, segments
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.uniqueness import by_chance, by_chance_in
from remission.terms.words import Mark

CUT, N, ONE = Spread(1.0, 1.0, 2), Spread(1.0, 1.0, 2), Spread(1.0, 1.0, 1)
TOY_MODEL = Model(
    name="toy",
    mark=Mark.ASSUMED,
    joins=MappingProxyType(
        {
            Kind.V_D_J: Joins(CUT, (ONE, ONE), (CUT, CUT), CUT),
            Kind.D_J: Joins(CUT, (N,), None, CUT),
            Kind.V_J: Joins(CUT, (N,), None, CUT),
        }
    ),
    n_bases=(0.1, 0.2, 0.3, 0.4),
)
TOY = Germline(
    name="toy",
    version="1",
    sha256="0",
    alleles=(
        Allele("IGHV1-1*01", Locus.IGH, Segment.V, "TTGACGTA", None),
        Allele("IGHV1-1*02", Locus.IGH, Segment.V, "TTGACGTC", None),
        Allele("IGHV2-1*01", Locus.IGH, Segment.V, "ACGGCATAG", None),
        Allele("IGHD1-1*01", Locus.IGH, Segment.D, "CAC", None),
        Allele("IGHD2-1*01", Locus.IGH, Segment.D, "GTTAC", None),
        Allele("IGHJ1*01", Locus.IGH, Segment.J, "ACTTGGCC", None),
        Allele("IGHJ2*01", Locus.IGH, Segment.J, "CTATGGCAA", None),
    ),
)
LONG = replace(
    TOY,
    alleles=tuple(
        replace(
            allele,
            bases="CCATTGCAAGTCTGAATCGG" * (allele.segment is Segment.V)
            + allele.bases
            + "TTGCAGTACGATCCGATTAA" * (allele.segment is Segment.J),
        )
        for allele in TOY.alleles
    ),
)


def part(name: str, start: int, end: int) -> Part:
    return Part((name,), start, end, 0, end - start, 0, 0, 0)


def clonotype(kind: Kind, sequence: str, window: tuple[int, int], locus: Locus = Locus.IGH) -> Clonotype:
    """A clonotype whose outer segments are taken to reach to the ends of the sequence."""
    made = Rearrangement(
        locus=locus,
        kind=kind,
        five=part("five*01", 0, 5),
        d=(),
        three=part("three*01", len(sequence) - 5, len(sequence)),
        junction=None,
        productive=None,
        turned=False,
    )
    return Clonotype(sequence, made, window, 1, 1)


def all_n(spread: Spread, model: Model) -> list[tuple[str, float]]:
    shares = spread.shares()
    return [
        ("".join(bases), shares[n] * prod(model.n_bases["ACGT".index(base)] for base in bases))
        for n in range(len(shares))
        for bases in product("ACGT", repeat=n)
    ]


def enumerated(kind: Kind, window: str, substitutions: int) -> float:
    """Every rearrangement of the toy repertoire and every place in it, one by one."""
    joins, chosen = TOY_MODEL.joins[kind], segments(TOY, kind, Locus.IGH)
    fives = [
        (allele.bases[: len(allele.bases) - cut], share * chance)
        for allele, share in zip(chosen.five.alleles, chosen.five.shares, strict=True)
        for cut, chance in enumerate(cuts(joins.five_cut, len(allele.bases)))
    ]
    threes = [
        (allele.bases[cut:], share * chance)
        for allele, share in zip(chosen.three.alleles, chosen.three.shares, strict=True)
        for cut, chance in enumerate(cuts(joins.three_cut, len(allele.bases)))
    ]
    middles = [(n, "", "", p) for n, p in all_n(joins.n[0], TOY_MODEL)]
    if chosen.d is not None and joins.d_cut is not None:
        ds = [
            (allele.bases[left : len(allele.bases) - right], share * chance)
            for allele, share in zip(chosen.d.alleles, chosen.d.shares, strict=True)
            for (left, right), chance in np.ndenumerate(both_cuts(joins.d_cut, len(allele.bases)))
            if chance > 0
        ]
        merged: dict[str, float] = {}
        for d, p in ds:
            merged[d] = merged.get(d, 0) + p
        ns = all_n(joins.n[0], TOY_MODEL), all_n(joins.n[1], TOY_MODEL)
        middles = [(a, d, b, p * q * r) for a, p in ns[0] for d, q in merged.items() for b, r in ns[1]]
    total = 0.0
    for five, p in fives:
        for three, q in threes:
            for first, d, second, r in middles:
                whole = five + first + d + second + three
                begins = range(-len(window), len(five) + len(first))
                ends = len(five) + (len(first + d) if kind is Kind.V_D_J else 0)
                for at in begins:
                    if ends < at + len(window) and at + len(window) > at_n_end(kind, five, first, at):
                        total += p * q * r * matches(whole, at, window, substitutions)
    return 1e6 * total


def at_n_end(kind: Kind, five: str, first: str, at: int) -> int:
    """A window that begins in the only N must end after it."""
    return 0 if kind is Kind.V_D_J or at < len(five) else len(five) + len(first)


def matches(whole: str, at: int, window: str, substitutions: int) -> float:
    """The chance that a place matches: what lies outside the rearrangement is drawn like N."""
    pairs = [(whole[at + i] if 0 <= at + i < len(whole) else "", base) for i, base in enumerate(window)]
    wrong = sum(there != base for there, base in pairs if there)
    if wrong > substitutions:
        return 0.0
    return outside("".join(base for there, base in pairs if not there), substitutions - wrong)


@cache
def outside(bases: str, substitutions: int) -> float:
    """The chance that drawn bases are these within so many substitutions."""
    if not bases:
        return 1.0
    right = TOY_MODEL.n_bases["ACGT".index(bases[0])]
    other = outside(bases[1:], substitutions - 1) if substitutions else 0.0
    return right * outside(bases[1:], substitutions) + (1 - right) * other


@pytest.mark.parametrize("substitutions", [0, 1, 2])
@pytest.mark.parametrize("window", ["GTATACACGACTTG", "CATGATTGAT", "TACTTA"])
def test_every_v_j_of_a_toy_repertoire(window: str, substitutions: int) -> None:
    found = by_chance(clonotype(Kind.V_J, window, (0, len(window))), substitutions, TOY, TOY_MODEL)
    assert found == pytest.approx(enumerated(Kind.V_J, window, substitutions), rel=1e-9)


@pytest.mark.parametrize("substitutions", [0, 2])
@pytest.mark.parametrize("window", ["GTATCACGACTTG", "TATGTTAAT"])
def test_every_v_d_j_of_a_toy_repertoire(window: str, substitutions: int) -> None:
    found = by_chance(clonotype(Kind.V_D_J, window, (0, len(window))), substitutions, TOY, TOY_MODEL)
    assert found == pytest.approx(enumerated(Kind.V_D_J, window, substitutions), rel=1e-9)


@pytest.mark.parametrize("substitutions", [0, 2])
@pytest.mark.parametrize("window", ["TTACGACTT", "CACTCTATG"])
def test_every_d_j_of_a_toy_repertoire(window: str, substitutions: int) -> None:
    found = by_chance(clonotype(Kind.D_J, window, (0, len(window))), substitutions, TOY, TOY_MODEL)
    assert found == pytest.approx(enumerated(Kind.D_J, window, substitutions), rel=1e-9)


def test_against_a_large_sample_of_drawn_rearrangements() -> None:
    """The generator and the score know one model: the share that matches agrees within chance."""
    number, numbers = 300_000, np.random.default_rng(20261122)
    window = "GACGTATCACGACTTGGC"
    inner = by_chance(clonotype(Kind.V_D_J, window, (0, len(window))), 2, LONG, TOY_MODEL) / 1e6
    drawn = draw(TOY_MODEL, LONG, Kind.V_D_J, Locus.IGH, number, numbers)
    data, at, length = joined(drawn.pool, drawn.at, drawn.length)
    found = int(show(encode(window), data, at, length, 2).sum())
    assert found > 500
    assert abs(found - number * inner) / sqrt(number * inner) < 4


def test_more_tolerance_and_a_shorter_window_match_more() -> None:
    window = "GTATCACGACTTG"
    clone = clonotype(Kind.V_D_J, window, (0, len(window)))
    scores = [by_chance(clone, substitutions, TOY, TOY_MODEL) for substitutions in range(4)]
    assert scores == sorted(scores) and scores[0] > 0
    shorter = clonotype(Kind.V_D_J, window, (2, len(window) - 2))
    assert by_chance(shorter, 0, TOY, TOY_MODEL) > scores[0]


def test_bases_outside_the_segments_are_left_out() -> None:
    window = "GTATCACGACTTG"
    bare = clonotype(Kind.V_D_J, window, (0, len(window)))
    made = bare.rearrangement
    longer = Clonotype(
        f"CCCC{window}",
        Rearrangement(
            made.locus, made.kind, part("five*01", 4, 9), (), part("three*01", 12, 17), None, None, False
        ),
        (0, len(window) + 4),
        1,
        1,
    )
    assert by_chance(longer, 1, TOY, TOY_MODEL) == by_chance(bare, 1, TOY, TOY_MODEL)


def test_in_a_given_repertoire() -> None:
    """Reads of the same kind and locus are counted, by reads, at any place of their sequences."""
    clone = clonotype(Kind.V_J, "AACCGGTTAACC", (2, 10), Locus.IGK)
    others = (
        (Kind.V_J, Locus.IGK, "TTTCCGGTTAATTT", 30),
        (Kind.V_J, Locus.IGK, "CCGGTAAA", 10),
        (Kind.V_J, Locus.IGK, "CCGCTAAATT", 20),
        (Kind.V_J, Locus.IGL, "CCGGTTAA", 500),
        (Kind.V_KDE, Locus.IGK, "CCGGTTAA", 500),
    )
    made = [clonotype(kind, sequence, (0, 5), locus) for kind, locus, sequence, _ in others]
    repertoire = Repertoire(
        tuple(
            Clonotype(one.sequence, one.rearrangement, one.window, reads, reads)
            for one, (*_, reads) in zip(made, others, strict=True)
        ),
        {Fate.CLONOTYPE: 1060},
        0,
    )
    assert by_chance_in(clone, 0, repertoire) == pytest.approx(1e6 * 30 / 60)
    assert by_chance_in(clone, 1, repertoire) == pytest.approx(1e6 * 40 / 60)
    assert by_chance_in(clone, 2, repertoire) == pytest.approx(1e6)
    assert by_chance_in(clonotype(Kind.D_J, "CCGGTTAA", (0, 8)), 0, repertoire) == 0


def test_show_is_the_obvious_search() -> None:
    numbers = np.random.default_rng(7)
    data, window = numbers.integers(0, 2, 600, dtype=np.uint8), numbers.integers(0, 2, 8, dtype=np.uint8)
    at, length = np.arange(0, 600, 30), np.full(20, 30)
    text, wanted = decode(data), decode(window)
    for most in (0, 1, 2):
        slow = [
            any(
                sum(x != y for x, y in zip(text[a + i : a + i + 8], wanted, strict=True)) <= most
                for i in range(23)
            )
            for a in at
        ]
        assert show(window, data, at, length, most).astype(bool).tolist() == slow


def test_generator_keeps_to_the_shares_asked() -> None:
    """Cuts and N lengths of drawn rearrangements, by chi-square."""
    number = 50_000
    drawn = draw(TOY_MODEL, TOY, Kind.V_J, Locus.IGH, number, np.random.default_rng(3))
    whole = np.array([len(allele.bases) for allele in drawn.segments.five.alleles])[drawn.five]
    for seen, shares in (
        (whole - drawn.length[:, 0], CUT.shares()),
        (drawn.length[:, 1], N.shares()),
        (drawn.five, drawn.segments.five.shares),
    ):
        expected = number * shares
        counts = np.bincount(seen, minlength=len(shares))
        assert ((counts - expected) ** 2 / expected).sum() < 13.8  # chi-square 0.999 at 2 degrees


def test_a_spread_is_a_negative_binomial_cut_off() -> None:
    shares = Spread(3.0, 1.0, 400).shares()
    assert shares[:4] == pytest.approx([0.25 * 0.75**k for k in range(4)])
    assert Spread(3.0, 1.0, 9).shares(4).sum() == pytest.approx(1)
    assert len(Spread(3.0, 1.0, 9).shares(4)) == 5


def test_all_numbers_of_the_model_are_marked_assumed() -> None:
    assert NORMAL.mark is Mark.ASSUMED
    assert set(NORMAL.joins) == set(Kind)
    assert sum(NORMAL.n_bases) == pytest.approx(1)


def test_a_germline_without_a_segment_is_refused() -> None:
    with pytest.raises(InputRefused, match="no J of IGL"):
        segments(
            Germline("v only", "1", "0", (Allele("IGLV1-1*01", Locus.IGL, Segment.V, "ACGT", None),)),
            Kind.V_J,
            Locus.IGL,
        )


@pytest.mark.parametrize(
    ("kind", "locus", "window"),
    [
        (Kind.V_J, Locus.IGL, "CTCCTATGTGCTCGGCGGAG"),
        (Kind.V_KDE, Locus.IGK, "TCCTACAGGAGCCCTAGTGG"),
        (Kind.INTRON_KDE, Locus.IGK, "TGTCTGCCCGAAGCCCTAGTGGCAGCC"),
    ],
)
def test_against_rearrangements_of_the_shipped_germline(kind: Kind, locus: Locus, window: str) -> None:
    number, germline = 200_000, shipped()
    expected = by_chance(clonotype(kind, window, (0, len(window)), locus), 4, germline) * number / 1e6
    drawn = draw(NORMAL, germline, kind, locus, number, np.random.default_rng(20261123))
    before = np.maximum(drawn.length[:, 0] - 60, 0)
    drawn.at[:, 0] += before
    drawn.length[:, 0] -= before
    data, at, length = joined(drawn.pool, drawn.at, drawn.length)
    found = int(show(encode(window), data, at, length, 4).sum())
    assert expected > 100
    assert abs(found - expected) / sqrt(expected) < 4, (found, expected)
