"""FASTQ and FASTA, read in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

import numpy as np
from numpy.typing import NDArray

from remission.errors import InvariantBroken, Malformed, Refusal, TooLarge, Truncated, UnknownFormat
from remission.mrd.ngs import kernels_reading as kernels
from remission.mrd.ngs.bases import CODE_OF
from remission.mrd.ngs.block import Block
from remission.mrd.ngs.inflate import Inflated

LONGEST_READ = 100_000
"""Bases; a longer read is refused."""

BLOCK_BYTES = 1 << 20
"""Bytes of a file that make a block."""

_LONGEST_RECORD = 4 * LONGEST_READ
_CHECK = "check that the file is the one the sequencer wrote and was copied whole; no read of it was counted"
_OTHER_FORMATS = (
    (b"BAM\1", "BAM"),
    (b"CRAM", "CRAM"),
    (b"@HD\t", "SAM"),
    (b"@SQ\t", "SAM"),
    (b"PK\3\4", "a zip archive"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x1f\x8b", "gzip within gzip"),
    (b"<", "HTML or XML"),
    (b"\xef\xbb\xbf", "text with a byte order mark"),
)


@dataclass(frozen=True, slots=True)
class Records:
    """A block of reads and where their names lie in its data (without `@` or `>`)."""

    block: Block
    name_at: NDArray[np.int64]
    name_length: NDArray[np.int32]

    def name(self, read: int) -> str:
        """The name of one read of the block (counted from 0), with what follows it on the line."""
        at = self.name_at[read]
        return self.block.data[at : at + self.name_length[read]].tobytes().decode("latin-1")

    def part(self, begin: int, end: int) -> "Records":
        """Some of the reads of the block (counted from 0)."""
        whole, some = self.block, slice(begin, end)
        block = Block(
            whole.first + begin, whole.data, whole.codes_at[some], whole.quality_at[some], whole.length[some]
        )
        return Records(block, self.name_at[some], self.name_length[some])


def records(
    file: BinaryIO, name: str, assumed_quality: int = 30, block_bytes: int = BLOCK_BYTES
) -> Iterator[Records]:
    """The reads of one file, in order.

    Reads FASTQ (four lines a record, Phred+33) and FASTA (sequences over any number of lines), plain or gzip,
    with either line end, in either case, U for T; IUPAC ambiguity becomes unknown. FASTA may hold blanks
    among the bases, and remarks: lines that begin with `#` or `;`.

    Parameters
    ----------
    file : binary file, open for reading
    name : str
        What messages call the file.
    assumed_quality : int
        Phred quality of every base where the file has none.
    block_bytes : int
        Uncompressed bytes of a block; grows where a record is longer.

    Raises
    ------
    Truncated
        Nothing in the file, or it ends within a record or within the compressed data.
    UnknownFormat
        Neither FASTQ nor FASTA.
    Malformed
        A line is not what it must be, or a letter is no base or no quality.
    InvariantBroken
        Not one quality for each base.
    TooLarge
        A read longer than `LONGEST_READ`.
    """
    return _Reader(file, name, assumed_quality).blocks(block_bytes)


class _Reader:
    def __init__(self, file: BinaryIO, name: str, assumed_quality: int) -> None:
        self._content = Inflated(file, name)
        self._name = name
        self._assumed_quality = assumed_quality
        self._is_fastq = True
        self._done = 0

    def blocks(self, size: int) -> Iterator[Records]:
        rest = np.empty(0, dtype=np.uint8)
        last = False
        while not last:
            data = np.empty(size + 2, dtype=np.uint8)
            data[: len(rest)] = rest
            end = self._fill(data, len(rest), size)
            last = end < size
            if last and end and data[end - 1] != ord("\n"):
                data[end] = ord("\n")
                end += 1
            if self._done == 0:
                self._recognise(data[: min(end, 16)].tobytes())
            at = 0
            while True:
                found, at = self._parse(data, at, end, last)
                if found is None:
                    break
                yield found
            rest = data[at:end]
            if at == 0 and not last:
                size = self._grown(size)
        if self._done == 0:
            raise Truncated("the file is empty: it holds no read", where=self._name, do=_CHECK)

    def _fill(self, data: NDArray[np.uint8], at: int, size: int) -> int:
        """Read up to `size`; less only at the end of the content."""
        while at < size and (got := self._content.read(size - at)):
            data[at : at + len(got)] = np.frombuffer(got, dtype=np.uint8)
            at += len(got)
        return at

    def _grown(self, size: int) -> int:
        if size >= _LONGEST_RECORD:
            what = f"one record is longer than {_LONGEST_RECORD} bytes"
            raise TooLarge(what, where=self._place(), do=_CHECK)
        return min(2 * size, _LONGEST_RECORD)

    def _recognise(self, begin: bytes) -> None:
        if not begin:
            raise Truncated("the file is empty", where=self._name, do=_CHECK)
        for magic, what in _OTHER_FORMATS:
            if begin.startswith(magic):
                raise UnknownFormat(f"the file is {what}", where=self._name, do="give FASTQ or FASTA")
        if begin[:1] not in b"@>#;\r\n":
            what = f"the file begins with {begin[:4]!r}, not with '@' (FASTQ) or '>' (FASTA)"
            raise UnknownFormat(what, where=self._name, do="give FASTQ or FASTA, plain or gzip")
        self._is_fastq = begin[:1] == b"@"

    def _parse(self, data: NDArray[np.uint8], start: int, end: int, last: bool) -> tuple[Records | None, int]:
        """Reads from the bytes in hand, and where the rest begins."""
        room = (end - start) // 64 + 16
        codes_at, name_at = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int64)
        length, name_length = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
        if self._is_fastq:
            quality_at = np.empty(room, dtype=np.int64)
            count, at, problem, place = kernels.fastq_records(
                data, start, end, last, CODE_OF, codes_at, quality_at, length, name_at, name_length
            )
        else:
            count, at, problem, place = kernels.fasta_records(
                data, start, end, last, CODE_OF, codes_at, length, name_at, name_length
            )
            longest = int(length[:count].max(initial=0))
            quality_at = np.full(room, len(data), dtype=np.int64)
            data = np.concatenate((data, np.full(longest, self._assumed_quality, dtype=np.uint8)))
        first = self._done + 1
        self._done += count
        if problem:
            self._refuse(problem, data, at, place)
        if not count:
            return None, at
        block = Block(first, data, codes_at[:count], quality_at[:count], length[:count])
        self._check_length(block)
        return Records(block, name_at[:count], name_length[:count]), at

    def _check_length(self, block: Block) -> None:
        longest = int(np.argmax(block.length))
        if block.length[longest] > LONGEST_READ:
            what = f"a read of {block.length[longest]} bases; {LONGEST_READ} is the limit"
            raise TooLarge(what, where=f"{self._name}, record {block.first + longest}", do=_CHECK)

    def _place(self) -> str:
        return f"{self._name}, record {self._done + 1}"

    def _refuse(self, problem: int, data: NDArray[np.uint8], begin: int, place: int) -> NoReturn:
        """Raise for the record after the last good one; `place`: the byte that is wrong."""
        byte = bytes(data[place : place + 1])
        kind, what, line = _PROBLEMS[problem]
        where = self._place()
        if self._is_fastq:
            where += f", line {4 * self._done + line}"
        if problem == kernels.NO_START:
            what = what.format(mark="@" if self._is_fastq else ">", byte=byte)
        raise kind(what.format(byte=byte, mark=""), where=where, do=_CHECK)


_PROBLEMS: dict[int, tuple[type[Refusal], str, int]] = {
    kernels.NO_START: (Malformed, "a record must begin with '{mark}', not with {byte!r}", 1),
    kernels.CONTROL: (Malformed, "the byte {byte!r} in a line of text", 1),
    kernels.NOT_BASE: (Malformed, "{byte!r} is no base", 2),
    kernels.NO_PLUS: (Malformed, "the line after the bases begins with {byte!r}, not with '+'", 3),
    kernels.OTHER_NAME: (Malformed, "the name after '+' is not the name of the read", 3),
    kernels.NOT_QUALITY: (Malformed, "{byte!r} is no quality (Phred+33)", 4),
    kernels.FEW_QUALITIES: (InvariantBroken, "fewer qualities than bases", 4),
    kernels.MANY_QUALITIES: (InvariantBroken, "more qualities than bases", 4),
    kernels.CUT: (Truncated, "the file ends within a record, or its last record lacks qualities", 1),
}
