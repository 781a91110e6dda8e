"""Mates of one molecule merged into one read by the stretch that both have read.

The best overlap is the one under which bases and qualities are most likely, against chance; where a second
overlap fits too, or none fits well enough, the mates are not merged. Mates that read past the end
of a short insert are cut where the insert ends. Where both have read a base, its quality is the posterior
one of Edgar & Flyvbjerg 2015, doi:10.1093/bioinformatics/btv401 (equations 8 and 9), which follow by Bayes
where a wrong base is each of the three others with the same chance.
"""

from collections.abc import Iterator
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.kernels_pairs import QUALITIES, first_stranger, merge_pairs
from remission.mrd.ngs.reading import Records

LEAST_OVERLAP = 16
"""Bases both mates must have read."""

LEAST_BITS = 30.0
"""Bits of evidence an overlap needs: 2^30 times likelier than chance, for some 500 places it could be at.

A second overlap that has them, and more than half the bits of the best, makes the pair ambiguous: within a
repeat, overlaps a period apart all fit, and the longest has most bits without being the right one.
"""

BEST_QUALITY = 60
"""Most a merged base can have: errors before sequencing are in both mates, so they never prove more."""

# Quality 0 or 1 would make a base wrong more often than one drawn blindly.
_P = np.minimum(10 ** (-np.arange(QUALITIES) / 10), 0.75)
_ONE, _TWO = _P[:, None], _P[None, :]


def _phred(chance: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.clip(np.rint(-10 * np.log10(chance)), 0, BEST_QUALITY).astype(np.uint8).ravel()


def _hundredths(bits: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(100 * bits).astype(np.int16).ravel()


AGREED = _phred(_ONE * _TWO / 3 / (1 - _ONE - _TWO + 4 * _ONE * _TWO / 3))
"""Quality of a base on which the mates agree, by their two qualities (94 q1 + q2)."""

DISPUTED = _phred(
    np.minimum(_ONE, _TWO) * (1 - np.maximum(_ONE, _TWO) / 3) / (_ONE + _TWO - 4 * _ONE * _TWO / 3)
)
"""Quality of the better of two bases that differ, by the two qualities."""

_DIFFER = _ONE + _TWO - 4 * _ONE * _TWO / 3
BITS_AGREE = _hundredths(np.log2(4 * (1 - _DIFFER)))
"""Hundredths of a bit for one origin when the mates agree, by the two qualities."""

BITS_DIFFER = _hundredths(np.log2(4 * _DIFFER / 3))
"""The same when they differ."""


def merged(forward: Block, reverse: Block, least_overlap: int = LEAST_OVERLAP) -> tuple[Block, int]:
    """Merge mates, pair by pair.

    Parameters
    ----------
    forward, reverse : Block
        As many reads in each; those at the same place are mates. Both are read from their own 5' end.
    least_overlap : int
        Bases both mates must have read.

    Returns
    -------
    Block
        Merged reads, in the direction of the forward mates.
    int
        Pairs that were not merged.
    """
    lengths = np.zeros(len(forward), dtype=np.int32)
    room = 2 * (int(forward.length.sum()) + int(reverse.length.sum()))
    data = np.empty(room, dtype=np.uint8)
    if len(forward):
        merge_pairs(
            forward.data,
            forward.codes_at,
            forward.quality_at,
            forward.length,
            reverse.data,
            reverse.codes_at,
            reverse.quality_at,
            reverse.length,
            BITS_AGREE,
            BITS_DIFFER,
            AGREED,
            DISPUTED,
            least_overlap,
            round(100 * LEAST_BITS),
            data,
            lengths,
        )
    lengths = lengths[lengths > 0]
    codes_at = np.zeros(len(lengths), dtype=np.int64)
    np.cumsum(2 * lengths[:-1], out=codes_at[1:])
    block = Block(forward.first, data, codes_at, codes_at + lengths, lengths)
    return block, len(forward) - len(lengths)


def in_step(
    forward: Iterator[Records], reverse: Iterator[Records], names: tuple[str, str]
) -> Iterator[tuple[Block, Block]]:
    """Blocks of mates from two files, as many reads in each, checked to be mates by their names.

    Parameters
    ----------
    forward, reverse : iterators of Records
        The reads of the two files.
    names : tuple of str
        What messages call the two files.

    Raises
    ------
    InvariantBroken
        One file has more reads than the other, or the names of mates disagree.
    """
    one, two = next(forward, None), next(reverse, None)
    while one is not None and two is not None:
        count = min(len(one.block), len(two.block))
        mine, theirs = one.part(0, count), two.part(0, count)
        _check_names(mine, theirs, names)
        yield mine.block, theirs.block
        one = next(forward, None) if count == len(one.block) else one.part(count, len(one.block))
        two = next(reverse, None) if count == len(two.block) else two.part(count, len(two.block))
    if one is not None:
        _refuse_lone(one, *names)
    if two is not None:
        _refuse_lone(two, *reversed(names))


def _refuse_lone(left: Records, name: str, other: str) -> NoReturn:
    what = f"read {left.name(0)!r} has no mate: {other} ended after {left.block.first - 1} reads"
    where = f"{name}, record {left.block.first}"
    raise InvariantBroken(what, where=where, do="give both files whole, as the sequencer wrote them")


def _check_names(one: Records, two: Records, names: tuple[str, str]) -> None:
    at = first_stranger(
        one.block.data, one.name_at, one.name_length, two.block.data, two.name_at, two.name_length
    )
    if at >= 0:
        what = f"{one.name(at)!r} and {two.name(at)!r} are no mates"
        where = f"{names[0]} and {names[1]}, record {one.block.first + at}"
        raise InvariantBroken(what, where=where, do="give the two files of one run of one sample, unsorted")
