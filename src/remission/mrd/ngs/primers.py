"""Primers and adapters, given as a table, cut off the ends of reads.

A primer begins reads of one strand, and its reverse complement ends reads of the other: both are looked for,
up to 12 bases from the end of the read (barcodes, spacers), and what lies outside goes with it. An adapter
follows the insert: it is cut with all behind it wherever it lies, also where the read holds only its first 8
bases or more; its reverse complement is cut with all before it. At most 12 % of the bases may be wrong. The
oligo that fits best is cut.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from remission.errors import Malformed, TooLarge, Truncated, WrongEncoding
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.kernels_primers import LEAST_PART, LONGEST_OLIGO, trim

LARGEST_TABLE = 1 << 20
"""Bytes of a table of primers."""

_SHORTEST, _LONGEST = LEAST_PART, LONGEST_OLIGO
_MASKS = dict(
    zip("ACGTURYSWKMBDHVNI", (1, 2, 4, 8, 8, 5, 10, 6, 9, 12, 3, 14, 13, 11, 7, 15, 15), strict=True)
)
_COLUMNS = ("name", "sequence", "end")
_DO = "give a table (tab or comma between columns) with the columns name, sequence (IUPAC) and end (5 or 3)"


class End(StrEnum):
    """What an oligo is: at the 5' end of a read it is a primer, at the 3' end an adapter."""

    PRIMER = "5"
    ADAPTER = "3"


@dataclass(frozen=True, slots=True)
class Primer:
    """One oligo, 5' to 3' as it was ordered, in IUPAC letters (inosine I fits every base)."""

    name: str
    sequence: str
    end: End


def read_primers(file: BinaryIO, name: str) -> tuple[Primer, ...]:
    """The oligos of a table with the columns name, sequence and end, tab or comma between them.

    Raises
    ------
    WrongEncoding, TooLarge, Truncated
        No UTF-8; more than `LARGEST_TABLE`; no row.
    Malformed
        A column is missing, a letter is no IUPAC code, an end is neither 5 nor 3, a sequence is shorter than
        8 or longer than 200 bases, a name comes twice.
    """
    raw = file.read(LARGEST_TABLE + 1)
    if len(raw) > LARGEST_TABLE:
        raise TooLarge(f"the table is larger than {LARGEST_TABLE} bytes", where=name, do=_DO)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongEncoding(
            "the table is not UTF-8", where=f"{name}, byte {error.start + 1}", do=_DO
        ) from None
    found = tuple(_rows(text, name))
    if not found:
        raise Truncated("the table has no row", where=name, do=_DO)
    return found


def _rows(text: str, name: str) -> Iterator[Primer]:
    head, _, _ = text.partition("\n")
    table = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in head else ",")
    columns = [cell.strip().lower() for cell in next(table, [])]
    if missing := [column for column in _COLUMNS if column not in columns]:
        raise Malformed(f"no column {missing[0]!r}", where=f"{name}, line 1", do=_DO)
    places = [columns.index(column) for column in _COLUMNS]
    seen: set[str] = set()
    for cells in table:
        where = f"{name}, line {table.line_num}"
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            what = f"{len(cells)} columns where the first line has {len(columns)}"
            raise Malformed(what, where=where, do=_DO)
        called, sequence, end = (cells[place].strip() for place in places)
        primer = _primer(called, sequence, end, where)
        if primer.name in seen:
            raise Malformed(f"{primer.name!r} comes a second time", where=where, do=_DO)
        seen.add(primer.name)
        yield primer


def _primer(name: str, sequence: str, end: str, where: str) -> Primer:
    letters = sequence.upper()
    if wrong := [letter for letter in letters if letter not in _MASKS]:
        raise Malformed(f"{wrong[0]!r} in the sequence of {name!r} is no base", where=where, do=_DO)
    if not _SHORTEST <= len(letters) <= _LONGEST:
        what = f"{name!r} has {len(letters)} bases; {_SHORTEST} to {_LONGEST} can be told from chance"
        raise Malformed(what, where=where, do=_DO)
    if end.removesuffix("'") not in list(End):
        raise Malformed(f"the end of {name!r} is {end!r}, not 5 or 3", where=where, do=_DO)
    return Primer(name, letters, End(end.removesuffix("'")))


def trimmed(block: Block, primers: Sequence[Primer]) -> Block:
    """The same reads without primers and adapters; the bytes stay where they are.

    Parameters
    ----------
    block : Block
    primers : sequence of Primer

    Returns
    -------
    Block
        As many reads; one that was nothing but adapter has no bases.
    """
    ordered, adapters = _Masks(primers, End.PRIMER), _Masks(primers, End.ADAPTER)
    begins, ends = np.empty_like(block.length), np.empty_like(block.length)
    trim(
        block.data,
        block.codes_at,
        block.length,
        ordered.masks,
        ordered.turned,
        ordered.starts,
        adapters.masks,
        adapters.turned,
        adapters.starts,
        begins,
        ends,
    )
    return Block(block.first, block.data, block.codes_at + begins, block.quality_at + begins, ends - begins)


class _Masks:
    """The oligos of one end as the loops want them."""

    def __init__(self, primers: Sequence[Primer], end: End) -> None:
        found = [_masks(primer.sequence) for primer in primers if primer.end is end]
        empty = np.empty(0, dtype=np.uint8)
        self.masks = np.concatenate([empty, *found])
        self.turned = np.concatenate([empty, *(_turned(masks) for masks in found)])
        self.starts = np.cumsum([0, *(len(masks) for masks in found)], dtype=np.int64)


def _masks(sequence: str) -> NDArray[np.uint8]:
    return np.array([_MASKS[letter] for letter in sequence], dtype=np.uint8)


def _turned(masks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The masks of the other strand: the four bits of each in reverse, last base first."""
    bits = np.unpackbits(masks[::-1, None], axis=1, count=4, bitorder="little")
    return np.packbits(bits[:, ::-1], axis=1, bitorder="little")[:, 0]
