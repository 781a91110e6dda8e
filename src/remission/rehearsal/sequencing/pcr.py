"""From templates to fragments: copies with the errors they inherit, chimeras, either strand first."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from remission.mrd.ngs.bases import Codes
from remission.mrd.ngs.normal import Places
from remission.rehearsal.sequencing.chance import Keys
from remission.rehearsal.sequencing.kernels_sequencing import amplified
from remission.rehearsal.sequencing.spec import Pcr
from remission.rehearsal.sequencing.tube import Stock

LEAST_OF_EACH = 20


@dataclass(frozen=True, slots=True)
class Fragments:
    """One fragment for each read.

    `bases` has shape (reads, longest); `windows` (reads, 2), -1 where a chimera has lost the window of its
    source. `changed`: an error of PCR in the window. `partner_whole`: a chimera that shows the whole window
    of the sequence its first part is from.
    """

    bases: Codes
    sizes: Places
    windows: Places
    changed: NDArray[np.bool_]
    chimera: NDArray[np.bool_]
    partner_whole: NDArray[np.bool_]


def amplify(pcr: Pcr, stock: Stock, source: Places, keys: Keys, numbers: Generator) -> Fragments:
    """Copy the template of each read; `keys` fix the copying history of each template."""
    reads = len(source)
    mate = source[numbers.integers(0, reads, reads)]
    room = np.minimum(stock.length[source], stock.length[mate]) - 2 * LEAST_OF_EACH
    chimera = (numbers.random(reads) < pcr.chimeras) & (mate != source) & (room > 0)
    crossing = LEAST_OF_EACH + (numbers.random(reads) * np.maximum(room, 1)).astype(np.int64)
    bases = np.empty((reads, int(stock.length.max()) + 1), dtype=np.uint8)
    sizes, windows = np.empty(reads, dtype=np.int64), np.empty((reads, 2), dtype=np.int64)
    seen = np.empty(reads, dtype=np.uint8)
    amplified(
        stock.data,
        stock.at,
        stock.length,
        stock.windows,
        source,
        keys,
        np.where(chimera, mate, -1),
        crossing,
        numbers.integers(0, 2, reads, dtype=np.uint8),
        pcr.cycles,
        np.array([2 * pcr.efficiency / (1 + pcr.efficiency), pcr.errors, pcr.indels]),
        np.uint64(numbers.integers(0, 2**63)),
        bases,
        sizes,
        windows,
        seen,
    )
    return Fragments(bases, sizes, windows, seen & 1 > 0, chimera, seen & 2 > 0)
