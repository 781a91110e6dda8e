"""Stems and families of clones made by hand."""

import numpy as np
import pytest

from remission.mrd.ngs.bases import decode
from remission.mrd.ngs.clonotype import Clonotype
from remission.mrd.ngs.families import families, share_stem, sisters, stem_of, substitutions
from remission.mrd.ngs.rearrangement import Kind, Locus, Part, Rearrangement


def bases(seed, count):
    return decode(np.random.default_rng(seed).integers(0, 4, count).astype(np.uint8))


V, OTHER_V, D, J = bases(1, 60), bases(2, 60), bases(3, 20), bases(4, 50)


def clone(v=V, n1="ACGTT", d=D[3:], n2="GGCATA", j_cut=4, kind=Kind.V_D_J, v_gene="IGHV3-23", reads=100):
    sequence = v + n1 + d + n2 + J[j_cut:]
    d_at, j_at = len(v) + len(n1), len(v) + len(n1) + len(d) + len(n2)
    d_part = Part(("IGHD3-10*01",), d_at, d_at + len(d), 20 - len(d), 20, 20 - len(d), 0, 0)
    five = Part((f"{v_gene}*01",), 0, len(v), 230, 290, 0, 0, 0)
    three = Part(("IGHJ4*02",), j_at, len(sequence), j_cut, 50, j_cut, 0, 0)
    middle = (d_part,) if kind is Kind.V_D_J else ()
    five = d_part if kind is Kind.D_J else five
    locus = Locus.IGK if kind is Kind.V_J else Locus.IGH
    found = Rearrangement(locus, kind, five, middle, three, None, None, False)
    return Clonotype(sequence, found, (len(v) - 30, j_at - j_cut + 15), reads, reads)


def test_the_stem_is_twelve_bases_of_d_the_bases_between_and_j_to_base_twenty():
    one = clone()
    assert one.sequence[slice(*stem_of(one))] == D[8:] + "GGCATA" + J[4:20]


def test_a_j_cut_deep_still_gives_ten_bases():
    one = clone(j_cut=13)
    assert one.sequence[slice(*stem_of(one))] == D[8:] + "GGCATA" + J[13:23]


@pytest.mark.parametrize(
    "poor",
    [{"d": D[15:]}, {"n2": "GG"}, {"kind": Kind.V_J}, {"d": D[14:], "n2": "GGC", "j_cut": 9}],
)
def test_a_stem_that_says_too_little_is_none(poor):
    assert stem_of(clone(**poor)) is None


def test_a_replaced_v_keeps_the_family_and_so_does_the_d_j_it_came_from():
    first, replaced = clone(), clone(v=OTHER_V, n1="TTTAGG", d=D[10:], v_gene="IGHV1-69", reads=40)
    incomplete = clone(kind=Kind.D_J, reads=10)
    assert share_stem(first, replaced) and share_stem(first, incomplete)
    assert families([first, replaced, incomplete]) == (0, 0, 0)


def test_another_stretch_between_d_and_j_is_another_family():
    assert not sisters(clone(), clone(v=OTHER_V, v_gene="IGHV1-69", n2="GGCTTA"))


def test_few_substitutions_make_a_sister_and_another_length_does_not():
    near = clone(n1="ACCTT", n2="GG")
    assert sisters(clone(n2="GG"), near)
    assert not sisters(clone(n2="GG"), clone(n1="CATCGA", n2="GG"))
    assert not sisters(clone(n2="GG"), clone(n1="GTAAC", n2="CC", d=D[3:][::-1]))


def test_families_carry_on_over_sisters_of_sisters():
    steps = [clone(n2="GG"), clone(n1="TGCAT", n2="CG"), clone(n1="ACGAT", n2="CG")]
    assert substitutions(steps[0].key, steps[1].key) > 4
    assert families(steps) == (0, 0, 0)
