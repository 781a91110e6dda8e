"""The front door of reads: files in, blocks of prepared reads out, and what became of the others."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.fates import Fate, Fates
from remission.mrd.ngs.kernels_pairs import QUALITIES
from remission.mrd.ngs.kernels_reading import expected_errors
from remission.mrd.ngs.pairs import LEAST_OVERLAP, in_step, merged
from remission.mrd.ngs.primers import Primer, trimmed
from remission.mrd.ngs.reading import LONGEST_READ, records

_CHANCE = 10 ** (-np.arange(256) / 10)


@dataclass(frozen=True, slots=True)
class Preparation:
    """What is done to reads before anything looks at them.

    Attributes
    ----------
    least_length : int
        Bases; a read that is shorter, once merged and trimmed, is lost.
    most_expected_errors : float or None
        Expected wrong bases of a read by its qualities, their sum and not their mean (Edgar & Flyvbjerg 2015,
        doi:10.1093/bioinformatics/btv401); a worse read is lost. None: qualities lose no read; they are
        weighed base by base where reads are compared.
    assumed_quality : int
        Phred quality of every base of a file without qualities.
    least_overlap : int
        Bases that both mates of a pair must have read.
    primers : tuple of Primer
        Primers and adapters to cut off, after merging.
    """

    least_length: int = 40
    most_expected_errors: float | None = None
    assumed_quality: int = 30
    least_overlap: int = LEAST_OVERLAP
    primers: tuple[Primer, ...] = ()

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("least_length", self.least_length, 1, LONGEST_READ),
            ("most_expected_errors", self.most_expected_errors or 0, 0, LONGEST_READ),
            ("assumed_quality", self.assumed_quality, 0, QUALITIES - 1),
            ("least_overlap", self.least_overlap, 8, LONGEST_READ),
        ):
            if not least <= value <= most:
                do = f"give a number from {least} to {most}"
                raise InputRefused(f"{name} is {value}", where="the preparation of reads", do=do)


@dataclass(frozen=True, slots=True)
class Batch:
    """Reads to look at, and how many fell out on the way to them, by fate."""

    block: Block
    lost: Fates


def batches(
    files: Sequence[tuple[str, BinaryIO]], preparation: Preparation = Preparation()
) -> Iterator[Batch]:
    """The reads of one file, or the merged reads of two files of mates, prepared, in the order of the file.

    Parameters
    ----------
    files : pairs of a name and a binary file open for reading
        One file of reads, or R1 and R2.

    Raises
    ------
    InputRefused
        See `reading.records` and `pairs.in_step`. What was given before is no result then.
    """
    names = [name for name, _ in files]
    read = [records(file, name, preparation.assumed_quality) for name, file in files]
    if len(read) == 1:
        return _prepared(((found.block, 0) for found in read[0]), preparation)
    if len(read) == 2:
        pairs = in_step(read[0], read[1], (names[0], names[1]))
        merging = (merged(one, two, preparation.least_overlap) for one, two in pairs)
        return _prepared(merging, preparation)
    what = f"{len(files)} files of reads"
    where = ", ".join(names) or "the files given"
    raise InputRefused(what, where=where, do="give one file, or two files of mates (R1, R2)")


def _prepared(blocks: Iterator[tuple[Block, int]], preparation: Preparation) -> Iterator[Batch]:
    for block, not_merged in blocks:
        lost: dict[Fate, int] = {Fate.NOT_MERGED: not_merged}
        whole = trimmed(block, preparation.primers) if preparation.primers else block
        kept = _kept(whole, whole.length >= preparation.least_length)
        lost[Fate.TOO_SHORT] = len(whole) - len(kept)
        if preparation.most_expected_errors is not None:
            errors = expected_errors(kept.data, kept.quality_at, kept.length, _CHANCE)
            good = _kept(kept, errors <= preparation.most_expected_errors)
            lost[Fate.LOW_QUALITY] = len(kept) - len(good)
            kept = good
        yield Batch(kept, _counted(lost))


def _kept(block: Block, wanted: NDArray[np.bool_]) -> Block:
    if wanted.all():
        return block
    return Block(
        block.first, block.data, block.codes_at[wanted], block.quality_at[wanted], block.length[wanted]
    )


def _counted(lost: Mapping[Fate, int]) -> Fates:
    return {fate: count for fate, count in lost.items() if count}
