"""From fragments to FASTQ: errors that rise along the read, and qualities that tell of them."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.rehearsal.sequencing.kernels_sequencing import written
from remission.rehearsal.sequencing.pcr import Fragments
from remission.rehearsal.sequencing.spec import Reading

PROFILES = 4096
WORST, BEST = 2, 41


@dataclass(frozen=True, slots=True)
class Profiles:
    """Courses of quality along a read; each read has one of them.

    Attributes
    ----------
    error : float64 array, shape (profiles, bases)
        The true chance of an error.
    letters : uint8 array, shape (profiles, bases)
        The quality as written, Phred + 33.
    hazard : float64 array, shape (profiles, bases + 1)
        Sum of -log(1 - error) over the bases before.
    """

    error: NDArray[np.float64]
    letters: NDArray[np.uint8]
    hazard: NDArray[np.float64]


def profiles_of(reading: Reading, numbers: Generator) -> Profiles:
    """Draw the courses of quality of a run.

    The error wanted at each base is the straight line times a factor of the read and one of the base, both of
    mean 1. The true quality is one of the two whole Phred numbers beside it, drawn so that the mean error is
    kept; it lies within 2 to 41. What is written is the true quality plus `optimism`, within the same.
    """
    line = np.linspace(reading.first_error, reading.last_error, reading.length)
    whole = np.exp(numbers.normal(0, reading.read_spread, (PROFILES, 1)))
    single = np.exp(numbers.normal(0, reading.base_spread, (PROFILES, reading.length)))
    wanted = line * (whole / whole.mean()) * (single / single.mean())
    worse = np.clip(np.floor(-10 * np.log10(wanted)), WORST, BEST - 1)
    high, low = 10 ** (-worse / 10), 10 ** (-(worse + 1) / 10)
    better = numbers.random(wanted.shape) >= (wanted - low) / (high - low)
    true = worse + better
    error = 10 ** (-true / 10)
    hazard = np.concatenate([np.zeros((PROFILES, 1)), np.cumsum(-np.log1p(-error), axis=1)], axis=1)
    letters = np.clip(true + reading.optimism, WORST, BEST) + 33
    return Profiles(error, letters.astype(np.uint8), hazard)


def read_out(
    reading: Reading,
    profiles: Profiles,
    fragments: Fragments,
    rows: NDArray[np.int64],
    name: str,
    first: int,
    numbers: Generator,
) -> tuple[tuple[bytes, ...], NDArray[np.bool_], NDArray[np.bool_]]:
    """The FASTQ records of each mate; then, for each read, an error in the window, and the window cut.

    `rows`: the line of the truth table of each read, written into its name; `first`: number of read one.
    """
    reads, stride = len(rows), fragments.bases.shape[1]
    seen = np.zeros(reads, dtype=np.uint8)
    texts: list[bytes] = []
    for mate in (1, 2) if reading.paired else (1,):
        out = np.empty(reads * (2 * min(stride, reading.length) + len(name) + 50), dtype=np.uint8)
        filled = written(
            fragments.bases,
            fragments.sizes,
            fragments.windows,
            mate == 2,
            reading.length,
            numbers.integers(0, PROFILES, reads),
            profiles.letters,
            profiles.hazard,
            np.frombuffer(f"@{name}:".encode(), dtype=np.uint8),
            np.frombuffer(f" {mate}:N:0\n".encode(), dtype=np.uint8),
            first,
            rows,
            np.uint64(numbers.integers(0, 2**63)),
            out,
            seen,
        )
        texts.append(out[:filled].tobytes())
    start, end = fragments.windows[:, 0], fragments.windows[:, 1]
    cut = end > reading.length
    if reading.paired:
        cut &= (2 * reading.length < fragments.sizes) & (start < fragments.sizes - reading.length)
    return tuple(texts), seen > 0, cut | (start < 0)
