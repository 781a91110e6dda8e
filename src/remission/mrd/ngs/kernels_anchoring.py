"""The loop that anchors every read of a block."""

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.compiled import compiled
from remission.mrd.ngs.kernels_search import (
    Bytes,
    Ints,
    Tables,
    find_d,
    find_five,
    find_three,
    pack,
)

Longs = NDArray[np.int64]

LEAST_LENGTH = 50
LEAST_THREE = 12
LEAST_FIVE = 18
LEAST_D = 13
D_WITHIN = 80
DH_FLANK = 20

ANCHORED, TOO_SHORT, NO_J, NO_V, TWO_LOCI, NO_DH_FLANK = range(6)
V_D_J, D_J, V_J, V_KDE, INTRON_KDE = range(5)
IGH = 0
J_SEGMENT, KDE_SEGMENT, INTRON_SEGMENT = 2, 3, 4
REASON, KIND, LOCUS, TURNED, FIVE, THREE, FIVE_AT, THREE_AT, FIVE_END, THREE_START = range(10)


@compiled
def anchor_reads(data: Bytes, codes_at: Longs, length: Ints, tables: Tables, rows: Ints) -> None:
    """Anchor each read; `rows`, shape (10, reads), gets reason, kind, locus, ... in the order named above."""
    alleles = len(tables.size)
    longest = 1
    for read in range(len(length)):
        longest = max(longest, length[read])
    turned = np.empty(longest, dtype=np.uint8)
    words = np.empty(longest, dtype=np.uint64)
    last = np.empty((alleles, 2), dtype=np.int32)
    votes = np.zeros(alleles, dtype=np.int32)
    place = np.empty((alleles, 2), dtype=np.int32)
    touched = np.empty(alleles, dtype=np.int32)
    three = np.zeros(6, dtype=np.int32)
    five = np.zeros(6, dtype=np.int32)
    for read in range(len(length)):
        size = length[read]
        for row in range(10):
            rows[row, read] = 0
        if size < LEAST_LENGTH:
            rows[REASON, read] = TOO_SHORT
            continue
        codes = data[codes_at[read] : codes_at[read] + size]
        find_three(codes, turned, size, tables, last, three)
        if three[0] < LEAST_THREE:
            rows[REASON, read] = NO_J
            continue
        strand = turned if three[5] else codes
        limit = min(size, three[3] + 6)
        pack(strand, limit, words)
        find_five(strand, words, size, limit, tables, votes, place, touched, five)
        j_locus = tables.locus[three[1]]
        is_kde = tables.segment[three[1]] == KDE_SEGMENT
        rows[LOCUS, read] = j_locus
        rows[TURNED, read] = three[5]
        rows[THREE, read] = three[1]
        rows[THREE_AT, read] = three[2]
        rows[THREE_START, read] = three[3]
        if five[0] >= LEAST_FIVE:
            is_intron = tables.segment[five[1]] == INTRON_SEGMENT
            if tables.locus[five[1]] != j_locus:
                rows[REASON, read] = TWO_LOCI
            elif is_intron and not is_kde:
                rows[REASON, read] = NO_V
            elif is_kde:
                rows[KIND, read] = INTRON_KDE if is_intron else V_KDE
            else:
                rows[KIND, read] = V_D_J if j_locus == IGH else V_J
        elif j_locus != IGH:
            rows[REASON, read] = NO_V
        else:
            find_d(strand, size, max(0, three[3] - D_WITHIN), three[3] + 4, tables, five)
            rows[KIND, read] = D_J
            if five[0] < LEAST_D:
                rows[REASON, read] = NO_V
            elif five[5] < 5 and five[4] < DH_FLANK:
                rows[REASON, read] = NO_DH_FLANK
        rows[FIVE, read] = five[1]
        rows[FIVE_AT, read] = five[2]
        rows[FIVE_END, read] = five[3]
