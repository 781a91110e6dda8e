"""The germline set: what is shipped, and a user's own."""

from io import BytesIO

import pytest

from remission.errors import InputRefused, InvariantBroken, Malformed, WrongEncoding
from remission.mrd.ngs.germline import Allele, Germline, Segment, read_germline, shipped
from remission.mrd.ngs.rearrangement import Locus

V = "CAGGTGCAGCTGGTGCAGTCTGGAGCCGTGTATTACTGTGCGAGAGA"
J = "ACTACTTTGACTACTGGGGCCAGGGAACCCTGGTCACCGTCTCCTCAG"


def own(text: str | bytes) -> Germline:
    raw = text if isinstance(text, bytes) else text.encode()
    return read_germline({"own.fa": BytesIO(raw)}, "own")


def by_name(germline: Germline) -> dict[str, Allele]:
    return {allele.name: allele for allele in germline.alleles}


def count(locus: Locus, segment: Segment) -> int:
    return sum(a.locus is locus and a.segment is segment for a in shipped().alleles)


@pytest.mark.parametrize(
    ("locus", "segment", "alleles"),
    [
        (Locus.IGH, Segment.V, 198),
        (Locus.IGH, Segment.D, 31),
        (Locus.IGH, Segment.J, 7),
        (Locus.IGK, Segment.V, 64),
        (Locus.IGK, Segment.J, 7),
        (Locus.IGL, Segment.V, 80),
        (Locus.IGL, Segment.J, 9),
        (Locus.IGK, Segment.KDE, 1),
        (Locus.IGK, Segment.INTRON, 1),
    ],
)
def test_what_is_shipped(locus: Locus, segment: Segment, alleles: int) -> None:
    assert count(locus, segment) == alleles


def test_the_version_of_the_shipped_set_changes_with_its_content() -> None:
    """Whoever changes a sequence changes the version too: results name it."""
    germline = shipped()
    assert germline.version == "IGH rev 9, IGK rev 4, IGL rev 3, 2024-10-12"
    assert germline.sha256 == "e6c21fa756ae21b12c04eb2bab6f657c7e053a5f8fc101ced3ee3fe8ced99289"


def test_anchors_are_cysteine_and_tryptophan_or_phenylalanine() -> None:
    known_pseudogenes = {"IGKV2-29*01": "TGA", "IGLV3-2*03": "GCT"}
    for allele in shipped().alleles:
        codon = "" if allele.anchor is None else allele.bases[allele.anchor : allele.anchor + 3]
        if allele.segment is Segment.V:
            assert codon in {"TGT", "TGC", known_pseudogenes.get(allele.name)}, allele.name
        elif allele.segment is Segment.J:
            assert codon in ({"TGG"} if allele.locus is Locus.IGH else {"TTC", "TTT"}), allele.name
        else:
            assert codon == ""


def test_a_plain_set_finds_the_same_cysteine_as_the_gapped_one() -> None:
    """Of 342 V, those whose 3' end has no tyrosine-cysteine (pseudogenes) have no anchor; few differ."""
    text = "".join(f">{a.name}\n{a.bases}\n" for a in shipped().alleles)
    plain = by_name(own(text))
    genes = [a for a in shipped().alleles if a.segment is Segment.V]
    other = [a.name for a in genes if plain[a.name].anchor not in (a.anchor, None)]
    missing = [a.name for a in genes if plain[a.name].anchor is None]
    assert other == ["IGHV4-4*01", "IGLV3-2*03"]  # Cys-Cys; a pseudogene without cysteine 104
    assert len(missing) <= 8
    assert own(text).sha256 == shipped().sha256


def test_headers_as_imgt_writes_them() -> None:
    germline = own(
        f">M99641|IGHV1-18*01|Homo sapiens|F|V-REGION|188..483|296 nt|1| | | | |\n{V.lower()}\n"
        f">J00256|IGHJ4*01|Homo sapiens|F|J-REGION|\n{J[:20]}\n{J[20:]}\n>IGK-KDE some words\nGGAGCCCTAG\n"
    )
    assert [a.name for a in germline.alleles] == ["IGHV1-18*01", "IGHJ4*01", "IGK-KDE"]
    assert germline.alleles[0].bases == V
    assert germline.alleles[0].anchor == V.index("TGTGCGAGAGA")
    assert germline.alleles[1].anchor == J.index("TGGGGCCAGGGAAC")
    assert germline.alleles[2].segment is Segment.KDE
    assert germline.version == f"sha256 {germline.sha256[:12]}"


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (f">IGHV1-2*01\n{V}\n>IGHV1-2*01\n{V}\n>IGHJ4*01\n{J}\n", InvariantBroken, "twice"),
        (f">IGHV1-2*01\n...\n>IGHJ4*01\n{J}\n", InvariantBroken, "no bases"),
        (f">TRBV1*01\n{V}\n", InputRefused, "line 1"),
        (f">IGHV1-2*01\n{V}\n", InvariantBroken, "no J gene"),
        ("", InvariantBroken, "no V gene"),
        (f"\n{V}\n", Malformed, "line 2"),
        (f">IGHV1-2*01\n{V}\nACG7\n", Malformed, "line 3, base 4"),
        (b">IGHV1-2*01\nAC\xffG\n", WrongEncoding, "line 2"),
    ],
)
def test_what_is_refused(text: str | bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error) as refused:
        own(text)
    assert words in str(refused.value)
