"""A healthy repertoire as a model: which segments are joined, how much is cut off, what is put between.

Every number of `NORMAL` is chosen by us (`Mark.ASSUMED`): the shape of what is known, no measurement. Genes
are used equally often, and so are the alleles of a gene; segments, cuts and N stretches are independent; N
bases are drawn one by one. Left out: P nucleotides, D-D joins, hypermutation, selection, clonal expansion.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.mrd.ngs.bases import Codes, encode
from remission.mrd.ngs.germline import Allele, Germline, Segment
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.terms.words import Mark

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_SEGMENTS: Mapping[Kind, tuple[Segment, Segment | None, Segment]] = MappingProxyType(
    {
        Kind.V_D_J: (Segment.V, Segment.D, Segment.J),
        Kind.D_J: (Segment.D, None, Segment.J),
        Kind.V_J: (Segment.V, None, Segment.J),
        Kind.V_KDE: (Segment.V, None, Segment.KDE),
        Kind.INTRON_KDE: (Segment.INTRON, None, Segment.KDE),
    }
)


@dataclass(frozen=True, slots=True)
class Spread:
    """Whole numbers from 0 to `most`: negative binomial with this mean and shape, cut off at `most`."""

    mean: float
    shape: float
    most: int

    def shares(self, most: int | None = None) -> Floats:
        """The probability of each number; where `most` is given and lower, nothing lies above it."""
        last = self.most if most is None else min(self.most, most)
        weights = np.ones(last + 1)
        for number in range(last):
            grows = (number + self.shape) / (number + 1) * self.mean / (self.mean + self.shape)
            weights[number + 1] = weights[number] * grows
        return weights / weights.sum()


@dataclass(frozen=True, slots=True)
class Joins:
    """How the segments of one kind are cut and what is put between them, in bases.

    `n`: the N stretches from 5' to 3': two round a D, else one. `d_cut`: off the 5' and 3' end of D.
    """

    five_cut: Spread
    n: tuple[Spread, ...]
    d_cut: tuple[Spread, Spread] | None
    three_cut: Spread


@dataclass(frozen=True, slots=True)
class Model:
    """A healthy repertoire; `n_bases`: the shares of A, C, G, T in N stretches."""

    name: str
    mark: Mark
    joins: Mapping[Kind, Joins]
    n_bases: tuple[float, float, float, float]


NORMAL = Model(
    name="invented healthy repertoire 1",
    mark=Mark.ASSUMED,
    joins=MappingProxyType(
        {
            Kind.V_D_J: Joins(
                five_cut=Spread(2.5, 1.2, 15),
                n=(Spread(7.5, 1.5, 40), Spread(7.0, 1.5, 40)),
                d_cut=(Spread(4.5, 1.2, 20), Spread(4.5, 1.2, 20)),
                three_cut=Spread(5.0, 1.5, 25),
            ),
            Kind.D_J: Joins(Spread(4.5, 1.2, 20), (Spread(6.0, 1.5, 40),), None, Spread(5.0, 1.5, 25)),
            Kind.V_J: Joins(Spread(3.0, 1.2, 15), (Spread(2.5, 0.8, 25),), None, Spread(2.5, 1.2, 20)),
            Kind.V_KDE: Joins(Spread(3.5, 1.2, 20), (Spread(4.0, 1.0, 30),), None, Spread(3.5, 1.2, 25)),
            Kind.INTRON_KDE: Joins(Spread(3.5, 1.2, 20), (Spread(4.0, 1.0, 30),), None, Spread(3.5, 1.2, 25)),
        }
    ),
    n_bases=(0.2, 0.3, 0.3, 0.2),
)
"""The model used where none is given; cuts and lengths in bases, every number assumed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The alleles one segment is chosen from, and how often each is."""

    alleles: tuple[Allele, ...]
    shares: Floats


@dataclass(frozen=True, slots=True)
class Segments:
    """What a kind of rearrangement is joined from."""

    five: Choice
    d: Choice | None
    three: Choice


def segments(germline: Germline, kind: Kind, locus: Locus) -> Segments:
    """The alleles of a germline set that a kind is joined from.

    Raises
    ------
    InputRefused
        The set has no allele of a segment that the kind needs.
    """
    five, d, three = _SEGMENTS[kind]
    return Segments(
        _choice(germline, locus, five),
        None if d is None else _choice(germline, locus, d),
        _choice(germline, locus, three),
    )


def _choice(germline: Germline, locus: Locus, segment: Segment) -> Choice:
    alleles = tuple(a for a in germline.alleles if a.locus is locus and a.segment is segment)
    if not alleles:
        raise InputRefused(
            f"no {segment} of {locus} among the germline sequences",
            where=f"germline set {germline.name}",
            do=f"give a germline set with {locus} {segment} sequences",
        )
    genes = [allele.gene for allele in alleles]
    often = {gene: genes.count(gene) for gene in set(genes)}
    return Choice(alleles, np.array([1 / (len(often) * often[gene]) for gene in genes]))


def cuts(spread: Spread, length: int) -> Floats:
    """The probability of each number of bases cut off one end of a segment of this length."""
    return spread.shares(length)


def both_cuts(spreads: tuple[Spread, Spread], length: int) -> Floats:
    """The probability of each pair of cuts of a D of this length, shape (5' cuts, 3' cuts).

    The two are independent but for what is possible: they do not cut off more than there is.
    """
    five, three = (spread.shares(length) for spread in spreads)
    joint = np.outer(five, three)
    joint[np.add.outer(np.arange(len(five)), np.arange(len(three))) > length] = 0
    return joint / joint.sum()


@dataclass(frozen=True, slots=True)
class Drawn:
    """Rearrangements drawn from a model, each as stretches of one pool of bases.

    Rearrangement i is its pieces one after another: `pool[at[i, k] : at[i, k] + length[i, k]]` for k = the 5'
    segment, N, D, N, the 3' segment (D and the second N are empty where the kind has no D). The outer
    segments go to their germline ends.

    Attributes
    ----------
    five, d, three : int64 arrays, shape (rearrangements,)
        Place of the allele in `segments`; `d` is -1 where the kind has none.
    pool : uint8 array, shape (bases,)
    at, length : int64 arrays, shape (rearrangements, 5)
    """

    kind: Kind
    locus: Locus
    segments: Segments
    five: Places
    d: Places
    three: Places
    pool: Codes
    at: Places
    length: Places

    def __len__(self) -> int:
        """How many rearrangements."""
        return len(self.five)


def draw(
    model: Model, germline: Germline, kind: Kind, locus: Locus, number: int, numbers: Generator
) -> Drawn:
    """Draw rearrangements of one kind."""
    chosen, joins = segments(germline, kind, locus), model.joins[kind]
    five, five_at, five_length = _pick(chosen.five, number, numbers)
    three, three_at, three_length = _pick(chosen.three, number, numbers)
    lengths = np.zeros((number, 5), dtype=np.int64)
    places = np.zeros((number, 5), dtype=np.int64)
    places[:, 0], lengths[:, 0] = five_at, five_length - _cut(joins.five_cut, five_length, numbers)
    off = _cut(joins.three_cut, three_length, numbers)
    pools = [_pool(chosen.five), _pool(chosen.three)]
    places[:, 4], lengths[:, 4] = len(pools[0]) + three_at + off, three_length - off
    d = np.full(number, -1, dtype=np.int64)
    if chosen.d is not None and joins.d_cut is not None:
        d, d_at, d_length = _pick(chosen.d, number, numbers)
        left, right = _cut_both(joins.d_cut, d_length, numbers)
        places[:, 2], lengths[:, 2] = sum(map(len, pools)) + d_at + left, d_length - left - right
        pools.append(_pool(chosen.d))
    for column, spread in zip((1, 3), joins.n, strict=False):
        lengths[:, column] = numbers.choice(spread.most + 1, size=number, p=spread.shares())
        places[:, column] = sum(map(len, pools)) + np.cumsum(lengths[:, column]) - lengths[:, column]
        bases = numbers.choice(4, size=int(lengths[:, column].sum()), p=model.n_bases)
        pools.append(bases.astype(np.uint8))
    return Drawn(kind, locus, chosen, five, d, three, np.concatenate(pools), places, lengths)


def joined(pool: Codes, at: Places, length: Places) -> tuple[Codes, Places, Places]:
    """Lay the pieces of each row one after another: all bases, then where each row starts and how long it is.

    `at` and `length` have shape (rows, pieces).
    """
    pieces, whole = length.ravel(), length.sum(axis=1)
    before = np.cumsum(pieces) - pieces
    where = np.repeat(at.ravel() - before, pieces) + np.arange(int(pieces.sum()))
    return pool[where], np.cumsum(whole) - whole, whole


def _pool(choice: Choice) -> Codes:
    return encode("".join(allele.bases for allele in choice.alleles))


def _pick(choice: Choice, number: int, numbers: Generator) -> tuple[Places, Places, Places]:
    """Which allele, where it starts in the pool of its segment, and how long it is."""
    length = np.array([len(allele.bases) for allele in choice.alleles], dtype=np.int64)
    at = np.cumsum(length) - length
    picked = numbers.choice(len(choice.alleles), size=number, p=choice.shares)
    return picked, at[picked], length[picked]


def _cut(spread: Spread, lengths: Places, numbers: Generator) -> Places:
    """Bases cut off one end of each segment."""
    cut = np.zeros(len(lengths), dtype=np.int64)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        shares = cuts(spread, int(length))
        cut[rows] = numbers.choice(len(shares), size=len(rows), p=shares)
    return cut


def _cut_both(spreads: tuple[Spread, Spread], lengths: Places, numbers: Generator) -> tuple[Places, Places]:
    """Bases cut off the 5' and the 3' end of each D."""
    left, right = np.zeros(len(lengths), dtype=np.int64), np.zeros(len(lengths), dtype=np.int64)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        shares = both_cuts(spreads, int(length))
        picked = numbers.choice(shares.size, size=len(rows), p=shares.ravel())
        left[rows], right[rows] = cast(tuple[Places, Places], np.divmod(picked, shares.shape[1]))
    return left, right
