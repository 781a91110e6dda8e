"""A germline set made ready for searching."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.mrd.ngs.bases import encode, reverse_complement
from remission.mrd.ngs.germline import Germline, Segment
from remission.mrd.ngs.kernels_anchoring import D_SEED, FIVE_SEED, PLACE_BITS, THREE_SEED, Tables, pack
from remission.mrd.ngs.rearrangement import Locus

SEGMENTS = tuple(Segment)
LOCI = tuple(Locus)

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Searcher:
    """A germline set with its seeds.

    `genes`: names of the genes by number; `tables.gene[allele]` is the number of an allele's gene, and
    alleles are numbered as in `germline.alleles`. Segments and loci are numbered as in `SEGMENTS` and `LOCI`.
    """

    germline: Germline
    genes: tuple[str, ...]
    tables: Tables


def searcher(germline: Germline) -> Searcher:
    """Make a germline set ready for searching."""
    alleles = germline.alleles
    codes = [encode(allele.bases) for allele in alleles]
    size = np.array([len(one) for one in codes], dtype=np.int32)
    genes = tuple(dict.fromkeys(allele.gene for allele in alleles))
    bases = np.concatenate(codes)
    words = np.empty(len(bases), dtype=np.uint64)
    pack(bases, len(bases), words)
    five = [i for i, a in enumerate(alleles) if a.segment in (Segment.V, Segment.INTRON)]
    three = [i for i, a in enumerate(alleles) if a.segment in (Segment.J, Segment.KDE)]
    middle = [i for i, a in enumerate(alleles) if a.segment is Segment.D]
    five_group, five_first, five_lists = _seeds(FIVE_SEED, ((codes[i], i, 0) for i in five))
    d_group, d_first, d_lists = _seeds(D_SEED, ((codes[i], i, 0) for i in middle))
    three_group, three_first, three_lists = _seeds(
        THREE_SEED,
        (strand for i in three for strand in ((codes[i], i, 0), (reverse_complement(codes[i]), i, 1))),
    )
    seen = np.packbits(three_group >= 0, bitorder="little")
    turned = three_lists[2] == 1
    three_lists[1][turned] = size[three_lists[0][turned]] - THREE_SEED - three_lists[1][turned]
    tables = Tables(
        bases=bases,
        words=words,
        at=(np.cumsum(size) - size).astype(np.int32),
        size=size,
        segment=np.array([SEGMENTS.index(allele.segment) for allele in alleles], dtype=np.int32),
        locus=np.array([LOCI.index(allele.locus) for allele in alleles], dtype=np.int32),
        gene=np.array([genes.index(allele.gene) for allele in alleles], dtype=np.int32),
        three_seen=seen,
        three_group=three_group,
        three_first=three_first,
        three_allele=three_lists[0],
        three_place=three_lists[1],
        three_turned=three_lists[2],
        three_slot=(2 * np.searchsorted(three, three_lists[0]) + three_lists[2]).astype(np.int32),
        five_list=_list_of(five_group, five_first),
        five_entry=(five_lists[0] << PLACE_BITS | five_lists[1]).astype(np.int32),
        d_group=d_group,
        d_first=d_first,
        d_allele=d_lists[0],
        d_place=d_lists[1],
    )
    return Searcher(germline, genes, tables)


def _list_of(group: Ints, first: Ints) -> Ints:
    length = np.minimum(np.diff(first), 255)
    packed = np.append(first[:-1] << 8 | length, 0)
    return packed[group].astype(np.int32)


def _seeds(
    width: int, strands: Iterable[tuple[NDArray[np.uint8], int, int]]
) -> tuple[Ints, Ints, tuple[Ints, Ints, Ints]]:
    """Group by seed, first entry by group, and by entry: allele, place of the seed, strand."""
    power = 4 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    seeds, rows = [np.empty(0, dtype=np.int64)], [np.empty((3, 0), dtype=np.int32)]
    for codes, allele, turned in strands:
        if len(codes) < width:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(codes, width)
        place = np.flatnonzero((windows < 4).all(axis=1))
        seeds.append(windows[place] @ power)
        row = (np.full(len(place), allele), place, np.full(len(place), turned))
        rows.append(np.vstack(row).astype(np.int32))
    seed, entries = np.concatenate(seeds), np.concatenate(rows, axis=1)
    order = np.argsort(seed, kind="stable")
    values, begin = np.unique(seed[order], return_index=True)
    group = np.full(4**width, -1, dtype=np.int32)
    group[values] = np.arange(len(values), dtype=np.int32)
    first = np.array([*begin, len(seed)], dtype=np.int32)
    allele_of, place_of, turned_of = (np.ascontiguousarray(row[order]) for row in entries)
    return group, first, (allele_of, place_of, turned_of)
