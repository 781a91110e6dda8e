"""Where V (or D, or the intron) ends and J (or Kde) begins on every read of a block, fast."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.block import Block
from remission.mrd.ngs.kernels_anchoring import anchor_reads, scratch
from remission.mrd.ngs.rearrangement import Kind, Reason
from remission.mrd.ngs.search import Searcher

REASONS: tuple[Reason | None, ...] = (
    None,
    Reason.TOO_SHORT,
    Reason.NO_J,
    Reason.NO_V,
    Reason.TWO_LOCI,
    Reason.NO_DH_FLANK,
)
"""What the numbers in `Anchored.reason` mean; 0 is anchored."""

KINDS = (Kind.V_D_J, Kind.D_J, Kind.V_J, Kind.V_KDE, Kind.INTRON_KDE)
"""What the numbers in `Anchored.kind` mean."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Anchored:
    """The anchors of a block of reads; every array has shape (reads,) and positions count on the turned read.

    Attributes
    ----------
    reason, kind, locus : int32 arrays
        Numbers of `REASONS`, `KINDS` and `search.LOCI`; kind and locus mean nothing where reason is not 0.
    turned : bool array
        The read shows the other strand.
    five, three : int32 arrays
        Allele numbers (of `searcher.germline.alleles`) of V, D (of a D-J) or intron, and of J or Kde.
    five_gene, three_gene : int32 arrays
        Numbers of their genes (of `searcher.genes`).
    five_at : int32 array
        Where the 3' end of the germline allele `five` would lie if nothing were cut (half open).
    three_at : int32 array
        Where the first base of the germline allele `three` would lie if nothing were cut.
    five_end, three_start : int32 arrays
        How far each alignment really matched; they may overlap by bases that both explain.
    """

    reason: Ints
    kind: Ints
    locus: Ints
    turned: NDArray[np.bool_]
    five: Ints
    three: Ints
    five_gene: Ints
    three_gene: Ints
    five_at: Ints
    three_at: Ints
    five_end: Ints
    three_start: Ints


def anchored(searcher: Searcher, block: Block) -> Anchored:
    """Anchor every read of a block.

    The best J or Kde on either strand is found by seeds of 9 bases and extension without gaps; before it,
    every eighth seed of 8 bases votes for V alleles, and the best of those voted for is taken by score. Where
    no V is found, a D with its uncut 5' end and heptamer makes an incomplete D-J. An insertion or deletion
    inside V is passed over: the part next to the junction counts.
    """
    rows = np.zeros((10, len(block)), dtype=np.int32)
    tables = searcher.tables
    anchor_reads(block.data, block.codes_at, block.length, tables, scratch(tables, block.length), rows)
    reason, kind, locus, turned, five, three, five_at, three_at, five_end, three_start = rows
    return Anchored(
        reason=reason,
        kind=kind,
        locus=locus,
        turned=turned.astype(np.bool_),
        five=five,
        three=three,
        five_gene=tables.gene[five],
        three_gene=tables.gene[three],
        five_at=five_at,
        three_at=three_at,
        five_end=five_end,
        three_start=three_start,
    )
