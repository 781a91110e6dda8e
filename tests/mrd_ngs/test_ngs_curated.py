"""Real rearrangements whose genes people have curated; nothing was tuned to them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from remission.mrd.ngs.annotate import annotate
from remission.mrd.ngs.bases import encode, reverse_complement
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.rearrangement import Kind, Locus, NoCall
from remission.mrd.ngs.search import Searcher, searcher

CURATED = Path(__file__).parents[2].parent / "shared" / "data" / "ngs" / "should_vdj"
pytestmark = pytest.mark.skipif(not CURATED.is_dir(), reason="the curated sequences (../shared) are not here")

SAME_SEQUENCE = {"IGHD4-11": "IGHD4-4", "IGHD5-18": "IGHD5-5"}
"""Duplicated genes with identical bases: OGRDB keeps one name, the curators may use the other."""

NAME = re.compile(r"IG[HKL][VDJ][0-9A-Za-z/-]+")


@dataclass(frozen=True)
class Curated:
    """One curated sequence: its group, and the genes that curators accept on either side."""

    file: str
    header: str
    bases: str
    group: str
    five: frozenset[str]
    three: frozenset[str]


@dataclass(frozen=True)
class Judged:
    """What we say about it: `verdict` is right, missed or not-in-set; `said` in words."""

    entry: Curated
    verdict: str
    said: str


def records(path: Path) -> Iterator[tuple[str, str]]:
    header: str | None = None
    bases: list[str] = []
    for line in path.read_text().splitlines():
        if line.startswith(">"):
            if header is not None:
                yield header, "".join(bases).upper()
            header, bases = line[1:].strip(), []
        elif header is not None and not line.startswith("#"):
            bases.append(line.split("#")[0].strip())
    if header is not None:
        yield header, "".join(bases).upper()


def curated() -> Iterator[Curated]:
    """Every entry that names an immunoglobulin gene on both sides of a join we know."""
    for path in sorted(CURATED.glob("*.fa")):
        for header, bases in records(path):
            words = re.sub(r"\[.*?\]|\{[^}]*\}(?=\s*$)", "", header.split("#")[0])
            names = [SAME_SEQUENCE.get(name, name) for name in NAME.findall(words)]
            v = frozenset(name for name in names if name[3] == "V")
            j = frozenset(name for name in names if name[3] == "J")
            d = [name for name in names if name[3] == "D"]
            kde = frozenset({"IGK-KDE"}) if "KDE" in words else frozenset[str]()
            if "Intron" in words and kde:
                yield Curated(path.name, header, bases, "Kde", frozenset({"IGK-INTRON"}), kde)
            elif v and kde:
                yield Curated(path.name, header, bases, "Kde", v, kde)
            elif v and j:
                yield Curated(path.name, header, bases, names[0][:3], v, j)
            elif d and j and "IGHV" not in words:
                yield Curated(path.name, header, bases, "D-J", frozenset(d[:1]), j)


def judged(search: Searcher, entry: Curated) -> Judged:
    """Right where a gene we call best, or equally good over these bases, is one the curators accept."""
    if not any(gene in search.genes for gene in entry.five) or not any(
        gene in search.genes for gene in entry.three
    ):
        verdict = "not-in-set"
    else:
        verdict = "missed"
    answer = annotate(search, encode(entry.bases))
    if isinstance(answer, NoCall):
        return Judged(entry, verdict, f"no call: {answer.reason}")
    five = {name.split("*")[0] for name in answer.five.alleles}
    three = {name.split("*")[0] for name in answer.three.alleles}
    if verdict == "missed" and five & entry.five and three & entry.three:
        verdict = "right"
    return Judged(entry, verdict, " ".join(answer.genes))


@pytest.fixture(scope="module")
def search() -> Searcher:
    return searcher(shipped())


@pytest.fixture(scope="module")
def verdicts(search: Searcher) -> list[Judged]:
    return [judged(search, entry) for entry in curated()]


@pytest.mark.parametrize(
    ("group", "least", "entries"),
    [("IGH", 0.95, 48), ("IGK", 0.95, 2), ("IGL", 0.95, 3), ("Kde", 0.90, 15), ("D-J", 0.90, 16)],
)
def test_genes_are_those_the_curators_found(
    verdicts: list[Judged], group: str, least: float, entries: int
) -> None:
    of_group = [one for one in verdicts if one.entry.group == group]
    known = [one for one in of_group if one.verdict != "not-in-set"]
    right = [one for one in known if one.verdict == "right"]
    missed = [f"{one.entry.header} -> {one.said}" for one in known if one.verdict == "missed"]
    assert len(of_group) == entries
    assert len(right) >= least * len(known), missed


def test_genes_that_the_set_does_not_hold_are_counted_apart(verdicts: list[Judged]) -> None:
    apart = Counter(sorted(one.entry.five)[0] for one in verdicts if one.verdict == "not-in-set")
    assert apart == {"IGHV2-10": 1, "IGHV3-41": 1, "IGHV1-NL1": 1}


def test_the_other_strand_gives_the_same(search: Searcher) -> None:
    for entry in curated():
        codes = encode(entry.bases)
        one, other = annotate(search, codes), annotate(search, reverse_complement(codes))
        if isinstance(one, NoCall) or isinstance(other, NoCall):
            assert one == other, entry.header
        else:
            assert (one.five, one.d, one.three) == (other.five, other.d, other.three), entry.header
            assert one.turned is not other.turned


def test_sequences_without_a_rearrangement_get_no_call(search: Searcher) -> None:
    rows = list(records(CURATED / "do_not_segment.should-locus.fa"))
    called = [header for header, bases in rows if not isinstance(annotate(search, encode(bases)), NoCall)]
    assert len(rows) >= 20
    assert called == []


def test_heavily_mutated_reads_are_still_igh(search: Searcher) -> None:
    for header, bases in records(CURATED / "S22-IGH.should-locus.fa"):
        answer = annotate(search, encode(bases))
        assert not isinstance(answer, NoCall), header
        assert (answer.locus, answer.kind) == (Locus.IGH, Kind.V_D_J)


def test_two_v_in_a_row_are_not_called(search: Searcher) -> None:
    for header, bases in records(CURATED / "3518-long-deletion.should-vdj.fa"):
        assert isinstance(annotate(search, encode(bases)), NoCall), header
