"""Loops over the bytes of FASTQ and FASTA: find the records, turn letters into codes where they lie.

Both return how many records were read, where the rest begins, and what is wrong with the next record and at
which byte (`FINE` and 0 if nothing). Nothing of a record is changed before the whole of it is in the buffer,
so the rest can be read again with more bytes behind it. `data[end]` must exist; it is used as a fence.
"""

import numpy as np
from numpy.typing import NDArray

from remission.compiled import compiled, inner

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Lengths = NDArray[np.int32]
Outcome = tuple[int, int, int, int]

FINE, NO_START, CONTROL, NOT_BASE, NO_PLUS, OTHER_NAME, NOT_QUALITY, FEW_QUALITIES, MANY_QUALITIES, CUT = (
    range(10)
)


@inner
def _past_text(data: Bytes, at: int) -> int:
    """Where the text of a line ends: at a line end (before its CR), a control character, or the fence."""
    while True:
        while data[at] >= 32:
            at += 1
        if data[at] != 9:
            return at
        at += 1


@inner
def _after_line(data: Bytes, at: int) -> int:
    """Where the next line begins if a line ends here (LF or CR LF; past the fence if not in yet), else -1."""
    if data[at] == 10:
        return at + 1
    if data[at] == 13 and data[at + 1] == 10:
        return at + 2
    return -1


@inner
def _only_acgt(line: Bytes) -> bool:
    others = np.uint8(0)
    for i in range(len(line)):
        letter = line[i] & 0xDF
        plain = (letter == 65) | (letter == 67) | (letter == 71) | (letter == 84)
        others |= np.uint8(not plain)
    return others == 0


@inner
def _code_acgt(line: Bytes) -> None:
    """Codes of A, C, G and T of either case from bits 1 and 2 of their letters."""
    for i in range(len(line)):
        letter = line[i]
        line[i] = ((letter >> 1) ^ (letter >> 2 & 1)) & 3


@inner
def _code(line: Bytes, code_of: Bytes) -> int:
    """Turn letters into codes; returns the index of the first that is no base, or -1."""
    for i in range(len(line)):
        code = code_of[line[i]]
        if code > 4:
            return i
        line[i] = code
    return -1


@inner
def _phred(line: Bytes) -> int:
    """Turn Phred+33 into Phred; returns the index of the first byte that is none (left as it was), or -1."""
    worst = np.uint8(0)
    for i in range(len(line)):
        worst = max(worst, np.uint8(line[i] - 33))
    if worst > 93:
        for i in range(len(line)):
            if line[i] < 33 or line[i] > 126:
                return i
    for i in range(len(line)):
        line[i] -= 33
    return -1


@inner
def _same(data: Bytes, one: int, other: int, length: int) -> bool:
    differences = 0
    for i in range(length):
        differences += data[one + i] != data[other + i]
    return differences == 0


@compiled
def fastq_records(  # one pass over four lines; cut in pieces it would only pass its positions around
    data: Bytes,
    start: int,
    end: int,
    last: bool,
    code_of: Bytes,
    codes_at: Places,
    quality_at: Places,
    length: Lengths,
    name_at: Places,
    name_length: Lengths,
) -> Outcome:
    """Read FASTQ records from `data[start:end]` until the arrays are full or the next record is not whole.

    `last`: no bytes follow (and the last is a line feed).
    """
    data[end] = 10
    at = start
    bases = 0
    for record in range(len(length)):
        begin = at
        while at < end and (data[at] == 10 or data[at] == 13):
            at += 1
        if at == end:
            return record, (end if last else begin), FINE, 0
        if at > begin or data[at] != 64:
            return record, begin, NO_START, begin
        name = at + 1
        name_end = _past_text(data, name)
        sequence = _after_line(data, name_end)
        if sequence < 0:
            return record, begin, CONTROL, name_end
        if sequence >= end:
            return record, begin, (CUT if last else FINE), begin

        # Most reads are as long as the one before and hold only A, C, G and T: guess, and prove it.
        sequence_end = sequence + bases
        plain = False
        if sequence_end < end and (data[sequence_end] == 10 or data[sequence_end] == 13):
            plain = _only_acgt(data[sequence:sequence_end])
        if not plain:
            sequence_end = _past_text(data, sequence)
        bases = sequence_end - sequence
        plus = _after_line(data, sequence_end)
        if plus < 0:
            return record, begin, NOT_BASE, sequence_end
        if plus >= end:
            return record, begin, (CUT if last else FINE), begin
        if data[plus] != 43:
            return record, begin, NO_PLUS, plus
        plus_end = _past_text(data, plus + 1)
        quality = _after_line(data, plus_end)
        if quality < 0:
            return record, begin, CONTROL, plus_end
        quality_end = quality + bases
        if quality_end >= end:
            return record, begin, (CUT if last else FINE), begin
        after = _after_line(data, quality_end)
        if after > end:
            return record, begin, (CUT if last else FINE), begin
        repeated = plus_end - plus - 1
        if repeated and (repeated != name_end - name or not _same(data, name, plus + 1, repeated)):
            return record, begin, OTHER_NAME, plus

        if plain:
            _code_acgt(data[sequence:sequence_end])
        else:
            wrong = _code(data[sequence:sequence_end], code_of)
            if wrong >= 0:
                return record, begin, NOT_BASE, sequence + wrong
        wrong = _phred(data[quality:quality_end])
        if wrong >= 0:
            short = data[quality + wrong] == 10 or data[quality + wrong] == 13
            return record, begin, (FEW_QUALITIES if short else NOT_QUALITY), quality + wrong
        if after < 0:
            return record, begin, MANY_QUALITIES, quality_end
        codes_at[record] = sequence
        quality_at[record] = quality
        length[record] = bases
        name_at[record] = name
        name_length[record] = name_end - name
        at = after
    return len(length), at, FINE, 0


@inner
def _next_start(data: Bytes, at: int, end: int) -> int:
    """Where the next line that begins with `>` begins, or the end."""
    while at < end:
        if data[at] == 62:
            return at
        while data[at] != 10:
            at += 1
        at += 1
    return end


@inner
def _past_remarks(data: Bytes, at: int, end: int) -> int:
    """Past empty lines and lines that begin with `#` or `;`."""
    while at < end:
        is_empty = data[at] == 10 or (data[at] == 13 and data[at + 1] == 10)
        if not is_empty and data[at] != 35 and data[at] != 59:
            return at
        while data[at] != 10:
            at += 1
        at += 1
    return min(at, end)


@compiled
def fasta_records(
    data: Bytes,
    start: int,
    end: int,
    last: bool,
    code_of: Bytes,
    codes_at: Places,
    length: Lengths,
    name_at: Places,
    name_length: Lengths,
) -> Outcome:
    """Read FASTA records as `fastq_records` does; the lines of a sequence are drawn together.

    Empty lines, remarks (lines that begin with `#` or `;`) and blanks among the bases are passed over.
    """
    data[end] = 10
    at = start
    for record in range(len(length)):
        begin = at
        at = _past_remarks(data, at, end)
        if at == end:
            return record, (end if last else begin), FINE, 0
        if data[at] != 62:
            return record, begin, NO_START, at
        name = at + 1
        name_end = _past_text(data, name)
        at = _after_line(data, name_end)
        if at < 0:
            return record, begin, CONTROL, name_end
        if at > end:
            return record, begin, (CUT if last else FINE), begin
        sequence = written = at
        at = _next_start(data, at, end)
        if at >= end and not last:
            return record, begin, FINE, begin
        place = sequence
        while place < at:
            place = _past_remarks(data, place, at)
            while place < at and data[place] != 10:
                letter = data[place]
                if letter != 32 and letter != 9 and (letter != 13 or data[place + 1] != 10):
                    code = code_of[letter]
                    if code > 4:
                        return record, begin, NOT_BASE, place
                    data[written] = code
                    written += 1
                place += 1
            place += 1
        codes_at[record] = sequence
        length[record] = written - sequence
        name_at[record] = name
        name_length[record] = name_end - name
    return len(length), at, FINE, 0


@compiled
def expected_errors(
    data: Bytes, quality_at: Places, length: Lengths, chance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum over the bases of each read of the chance that the base is wrong; `chance` by Phred quality."""
    sums = np.zeros(len(length))
    for read in range(len(length)):
        at = quality_at[read]
        for place in range(at, at + length[read]):
            sums[read] += chance[data[place]]
    return sums
