"""Reads as they travel between the steps: many at a time, in flat arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Block:
    """Reads of one stretch of a file, in their order.

    `data` holds base codes and Phred qualities of all reads, wherever the reader found them: read i has its
    codes at `data[codes_at[i] : codes_at[i] + length[i]]` and its qualities at
    `data[quality_at[i] : quality_at[i] + length[i]]`. Trimming moves the numbers, never the bytes. Reads
    without qualities (FASTA) share one stretch of the quality assumed for them.

    Attributes
    ----------
    first : int
        The number in the file of the first read, counted from 1.
    data : uint8 array, shape (bytes,)
    codes_at, quality_at : int64 arrays, shape (reads,)
    length : int32 array, shape (reads,)
        Bases of each read.
    """

    first: int
    data: NDArray[np.uint8]
    codes_at: NDArray[np.int64]
    quality_at: NDArray[np.int64]
    length: NDArray[np.int32]

    def __len__(self) -> int:
        """How many reads."""
        return len(self.length)

    def codes(self, read: int) -> NDArray[np.uint8]:
        """The base codes of one read of this block (counted from 0): a view."""
        at = self.codes_at[read]
        return self.data[at : at + self.length[read]]

    def quality(self, read: int) -> NDArray[np.uint8]:
        """The Phred qualities of one read of this block (counted from 0): a view."""
        at = self.quality_at[read]
        return self.data[at : at + self.length[read]]
