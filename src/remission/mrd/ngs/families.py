"""Clones that come from one another: by their D-J stem, or by a few substitutions.

The stem of an IGH clone is its last D, the bases between D and J, and the J up to base 20 of the germline (10
bases of J where it is cut deeper than 10): what stays when V is replaced, or when V after V is joined to one
D-J. Of D only the last 12 bases count, because a later join may cut D further from its 5' side. A stem says
little where it is short or where chance makes it often: none is given unless it holds 6 bases of D, 3 bases
that are neither D nor J, and 24 bases in all. Three such bases, two cuts of some ten lengths each, 27 D and
6 J make about a million stems of even chance; real ones are less even, so a stem is a second, less specific
tier. IGK and IGL have no D and no stem.
"""

from collections.abc import Sequence

from remission.mrd.ngs.bases import encode
from remission.mrd.ngs.clonotype import Clonotype
from remission.mrd.ngs.rearrangement import Kind, Part

MOST_OF_D = 12
LEAST_OF_D = 6
LEAST_BETWEEN = 3
LEAST_OF_J = 10
J_END = 20
LEAST_STEM = 24

SOMATIC = 4
"""Substitutions in the window at which two clones of the same V and J may still be one that evolved."""

LEAST_JOINED = 10
"""Bases between V and J that two such clones must have: light chains without N look alike by chance."""


def stem_of(clone: Clonotype) -> tuple[int, int] | None:
    """Start and end on the sequence of the stem, or None where there is none or it says too little."""
    part = _stem_d(clone)
    if part is None:
        return None
    j = clone.rearrangement.three
    end = j.start + max(J_END - j.germline_start, LEAST_OF_J)
    start = max(part.start, part.end - MOST_OF_D)
    enough = (
        part.end - part.start >= LEAST_OF_D
        and j.start - part.end >= LEAST_BETWEEN
        and end <= min(j.end, len(clone.sequence))
        and end - start >= LEAST_STEM
    )
    return (start, end) if enough else None


def share_stem(one: Clonotype, other: Clonotype) -> bool:
    """Whether two clones show one stem: the same J gene, and the shorter stem ends the longer."""
    stem, their_stem = stem_of(one), stem_of(other)
    if stem is None or their_stem is None:
        return False
    if one.rearrangement.three.gene != other.rearrangement.three.gene:
        return False
    bases, their_bases = one.sequence[slice(*stem)], other.sequence[slice(*their_stem)]
    return bases.endswith(their_bases) or their_bases.endswith(bases)


def sisters(one: Clonotype, other: Clonotype) -> bool:
    """Whether two clones are of one family.

    They share a stem; or they show the same genes and windows of one length that differ by at most 4
    substitutions, with at least 10 bases between V and J.
    """
    mine, theirs = one.rearrangement, other.rearrangement
    if share_stem(one, other):
        return True
    return (
        (mine.locus, mine.kind, mine.five.gene, mine.three.gene)
        == (theirs.locus, theirs.kind, theirs.five.gene, theirs.three.gene)
        and mine.three.start - mine.five.end >= LEAST_JOINED
        and len(one.key) == len(other.key)
        and substitutions(one.key, other.key) <= SOMATIC
    )


def substitutions(window: str, other: str) -> int:
    """At how many places two windows of one length differ."""
    return int((encode(window) != encode(other)).sum())


def families(clones: Sequence[Clonotype]) -> tuple[int, ...]:
    """For each clone the number of the first clone of its family (clones in order of their reads).

    Being sisters is carried on: sisters of sisters are of the family.
    """
    first = list(range(len(clones)))
    for number, clone in enumerate(clones):
        for other in range(number):
            if first[other] != first[number] and sisters(clone, clones[other]):
                old, new = sorted((first[other], first[number]))[::-1]
                first = [new if head == old else head for head in first]
    return tuple(first)


def _stem_d(clone: Clonotype) -> Part | None:
    if clone.rearrangement.kind is Kind.D_J:
        return clone.rearrangement.five
    return clone.rearrangement.d[-1] if clone.rearrangement.d else None
