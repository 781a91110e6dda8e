"""Which windows are looked for."""

import pytest

from remission.errors import InputRefused
from remission.mrd.ngs.clonotype import Clonotype, Index, IndexClone, Uniqueness
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement
from remission.mrd.ngs.tally import Target, Tier
from remission.mrd.ngs.targets import check_target, targets_of
from remission.terms.evidence import Evidence

SEQUENCE = "ACGTTGCAAC" * 10


def clone(name: str, stem: tuple[int, int] | None) -> IndexClone:
    part = Part(("IGHV1-2*01",), 0, 30, 0, 30, 0, 0, 0)
    made = Rearrangement(Locus.IGH, Kind.V_D_J, part, (), part, None, None, False)
    clonotype = Clonotype(SEQUENCE, made, (20, 80), 10, 9)
    return IndexClone(name, clonotype, 0.5, name, stem, Uniqueness(None, 0, 0.0, "none"))


def index(*clones: IndexClone) -> Index:
    return Index("child 7", clones, 100, {}, "rule", "germline", Evidence("made for this test", "1"))


def test_every_clone_has_its_window_and_its_stem_where_it_has_one() -> None:
    targets = targets_of(index(clone("IGH-1", (40, 75)), clone("IGH-2", None)))
    assert targets == (
        Target("child 7", "IGH-1", Tier.EXACT, "IGH", SEQUENCE[20:80]),
        Target("child 7", "IGH-2", Tier.EXACT, "IGH", SEQUENCE[20:80]),
        Target("child 7", "IGH-1", Tier.STEM, "IGH", SEQUENCE[40:75]),
    )


def test_a_refused_window_is_named_with_its_place() -> None:
    with pytest.raises(InputRefused) as refused:
        check_target(Target("child 7", "IGH-1", Tier.EXACT, "IGH", SEQUENCE[:30] + "N"))
    assert refused.value.where == "exact window of IGH-1, child 7, base 31"
