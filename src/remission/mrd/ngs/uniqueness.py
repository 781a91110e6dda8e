"""How many reads of a healthy repertoire would match a clone by chance."""

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.bases import Codes, encode
from remission.mrd.ngs.clonotype import Clonotype, Repertoire
from remission.mrd.ngs.germline import Germline
from remission.mrd.ngs.kernels_uniqueness import after_d, after_five, after_n, show, through_three
from remission.mrd.ngs.normal import NORMAL, Choice, Floats, Model, Places, Spread, both_cuts, cuts, segments

_A_MILLION = 1e6


def by_chance(clone: Clonotype, substitutions: int, germline: Germline, model: Model = NORMAL) -> float:
    """Reads expected to match a clone among one million rearrangements of its kind in a healthy repertoire.

    A rearrangement matches where a stretch of it is the clone's window within `substitutions`; the stretch
    begins in the 5' segment or the N bases after it and ends in the 3' segment or the N bases before it. The
    number is exact in the model, by summing over every cut, N stretch and placement of D, with the
    mismatches counted on the way; it counts places, of which a rearrangement hardly has two. Bases of the
    window outside what the clone's own segments cover are left out; bases before or after the germline
    sequence of another allele are drawn like N bases.
    """
    made = clone.rearrangement
    start, end = max(clone.window[0], made.five.start), min(clone.window[1], made.three.end)
    window = encode(clone.sequence)[start:end]
    chosen, joins = segments(germline, made.kind, made.locus), model.joins[made.kind]
    match = np.array([*model.n_bases, 0.0])
    reach = np.zeros((len(window) + 1, substitutions + 1))
    before = np.zeros_like(reach)
    after_five(window, match, *_alleles(chosen.five), _cuts(chosen.five, joins.five_cut), before)
    lengths = joins.n[0].shares()
    after_n(window, match, before, 0, len(before), lengths, reach)
    beginning = np.zeros_like(reach)
    beginning[0, 0] = 1
    after_n(window, match, beginning, 0, 1, _at_least(lengths), reach)
    inside = before
    if chosen.d is not None and joins.d_cut is not None:
        inside = np.zeros_like(reach)
        after_d(window, reach, *_alleles(chosen.d), _d_cuts(chosen.d, joins.d_cut), inside)
        lengths = joins.n[1].shares()
        reach = np.zeros_like(reach)
        after_n(window, match, inside, 0, len(inside), lengths, reach)
    ending = np.zeros_like(reach)
    after_n(window, match, inside, 0, len(inside) - 1, _at_least(lengths), ending)
    three = through_three(window, match, reach, *_alleles(chosen.three), _cuts(chosen.three, joins.three_cut))
    return _A_MILLION * (three + float(ending[-1].sum()))


def by_chance_in(clone: Clonotype, substitutions: int, repertoire: Repertoire) -> float:
    """Reads that match a clone's window, per million reads of its kind and locus in a given repertoire.

    0 where the repertoire has no read of that kind.
    """
    made = clone.rearrangement
    others = [
        other
        for other in repertoire.clonotypes
        if (other.rearrangement.kind, other.rearrangement.locus) == (made.kind, made.locus)
    ]
    if not others:
        return 0.0
    reads = np.array([other.reads for other in others], dtype=np.int64)
    length = np.array([len(other.sequence) for other in others], dtype=np.int64)
    data = encode("".join(other.sequence for other in others))
    found = show(encode(clone.key), data, np.cumsum(length) - length, length, substitutions)
    return _A_MILLION * float(reads[found > 0].sum()) / float(reads.sum())


def _alleles(choice: Choice) -> tuple[Codes, Places]:
    """The bases of all alleles, and where each begins (the last number: where they end)."""
    ends = np.cumsum([0, *(len(allele.bases) for allele in choice.alleles)])
    return encode("".join(allele.bases for allele in choice.alleles)), ends.astype(np.int64)


def _cuts(choice: Choice, spread: Spread) -> Floats:
    """The probability of each allele with each number of bases cut off, shape (alleles, cuts)."""
    table = np.zeros((len(choice.alleles), spread.most + 1))
    of_length = {length: cuts(spread, length) for length in {len(a.bases) for a in choice.alleles}}
    for row, allele in enumerate(choice.alleles):
        shares = of_length[len(allele.bases)]
        table[row, : len(shares)] = choice.shares[row] * shares
    return table


def _d_cuts(choice: Choice, spreads: tuple[Spread, Spread]) -> NDArray[np.float64]:
    """The same for both ends of D, shape (alleles, 5' cuts, 3' cuts)."""
    table = np.zeros((len(choice.alleles), spreads[0].most + 1, spreads[1].most + 1))
    for row, allele in enumerate(choice.alleles):
        joint = both_cuts(spreads, len(allele.bases))
        table[row, : joint.shape[0], : joint.shape[1]] = choice.shares[row] * joint
    return table


def _at_least(lengths: Floats) -> Floats:
    """The probability of each length or more; none of no length."""
    more = np.cumsum(lengths[::-1])[::-1].copy()
    more[0] = 0.0
    return more
