import gzip
import io
import zlib
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InvariantBroken, Malformed, Refusal, TooLarge, Truncated, UnknownFormat
from remission.mrd.ngs.bases import UNKNOWN, decode, encode
from remission.mrd.ngs.reading import LONGEST_READ, records


@dataclass(frozen=True)
class Read:
    name: str
    bases: str
    quality: bytes


def read_back(content: bytes, block_bytes: int = 1 << 16) -> list[Read]:
    """What the reader under test finds."""
    return [
        Read(found.name(i), decode(found.block.codes(i)), found.block.quality(i).tobytes())
        for found in records(io.BytesIO(content), "file", block_bytes=block_bytes)
        for i in range(len(found.block))
    ]


def fastq(reads: list[Read], line_end: str = "\n", repeat_name: bool = False) -> bytes:
    return "".join(
        f"@{read.name}{line_end}{read.bases}{line_end}+{read.name if repeat_name else ''}{line_end}"
        f"{''.join(chr(33 + q) for q in read.quality)}{line_end}"
        for read in reads
    ).encode("latin-1")


def fasta(reads: list[Read], width: int, line_end: str = "\n") -> bytes:
    lines: list[str] = []
    for read in reads:
        lines += [">" + read.name, *(read.bases[i : i + width] for i in range(0, len(read.bases), width))]
    return "".join(line + line_end for line in lines).encode("latin-1")


def bgzf(content: bytes, size: int, close: bool = True) -> bytes:
    """Blocked gzip as its specification (SAM, section 4.1) has it."""
    pieces = [content[i : i + size] for i in range(0, len(content), size)] + ([b""] if close else [])
    blocks: list[bytes] = []
    for piece in pieces:
        squeezer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = squeezer.compress(piece) + squeezer.flush()
        head = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0" + (len(body) + 25).to_bytes(2, "little")
        tail = zlib.crc32(piece).to_bytes(4, "little") + len(piece).to_bytes(4, "little")
        blocks.append(head + body + tail)
    return b"".join(blocks)


def members(content: bytes, size: int) -> bytes:
    return b"".join(gzip.compress(content[i : i + size]) for i in range(0, len(content), size))


names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12)


@st.composite
def some_reads(draw: st.DrawFn) -> list[Read]:
    found: list[Read] = []
    for _ in range(draw(st.integers(1, 12))):
        bases = draw(st.text("ACGTN", max_size=40) | st.text("ACGT", min_size=20, max_size=20))
        quality = bytes(draw(st.lists(st.integers(0, 93), min_size=len(bases), max_size=len(bases))))
        found.append(Read(draw(names), bases, quality))
    return found


PACKINGS = {
    "plain": lambda content: content,
    "gzip": gzip.compress,
    "members": lambda content: members(content, 50),
    "bgzf": lambda content: bgzf(content, 70),
    "bgzf without its end": lambda content: bgzf(content, 70, close=False),
}


@settings(deadline=None)
@given(some_reads(), st.sampled_from(sorted(PACKINGS)), st.integers(16, 300), st.booleans(), st.booleans())
def test_fastq_comes_back_whatever_the_packing_and_block(
    reads: list[Read], packing: str, block_bytes: int, crlf: bool, repeat_name: bool
) -> None:
    content = fastq(reads, "\r\n" if crlf else "\n", repeat_name)
    assert read_back(PACKINGS[packing](content), block_bytes) == reads


@settings(deadline=None)
@given(some_reads(), st.integers(1, 50), st.integers(16, 300), st.booleans(), st.booleans())
def test_fasta_comes_back_whatever_the_line_width_and_block(
    reads: list[Read], width: int, block_bytes: int, crlf: bool, cut_last_line_end: bool
) -> None:
    content = fasta(reads, width, "\r\n" if crlf else "\n")
    if cut_last_line_end:
        content = content.rstrip(b"\r\n")
    found = read_back(content, block_bytes)
    assert [(read.name, read.bases) for read in found] == [(read.name, read.bases) for read in reads]
    assert all(set(read.quality) <= {30} for read in found)


@settings(deadline=None)
@given(some_reads(), st.data())
def test_any_truncation_of_a_gzip_raises(reads: list[Read], data: st.DataObject) -> None:
    packed = gzip.compress(fastq(reads))
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(Refusal):
        read_back(packed[:cut], 64)


@settings(deadline=None)
@given(some_reads(), st.data())
def test_any_changed_bit_of_compressed_data_raises_or_changes_nothing(
    reads: list[Read], data: st.DataObject
) -> None:
    content = fastq(reads)
    packed = bytearray(gzip.compress(content))
    at = data.draw(st.integers(10, len(packed) - 1))
    packed[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        found = read_back(bytes(packed), 64)
    except Refusal:
        return
    assert found == reads


@settings(deadline=None)
@given(some_reads(), st.data())
def test_a_fastq_cut_anywhere_loses_only_whole_records_or_raises(
    reads: list[Read], data: st.DataObject
) -> None:
    content = fastq(reads)
    try:
        found = read_back(content[: data.draw(st.integers(1, len(content)))], 64)
    except Refusal:
        return
    assert found == reads[: len(found)]


LETTERS = {**dict.fromkeys("NRYSWKMBDHV", "N"), "A": "A", "C": "C", "G": "G", "T": "T", "U": "T"}


def is_text(line: str) -> bool:
    return all(character >= " " or character == "\t" for character in line)


def slow_fastq(content: str) -> list[Read] | None:
    """Line by line; None where the file is to be refused."""
    lines = [line.removesuffix("\r") for line in content.removesuffix("\n").split("\n")]
    found: list[Read] = []
    while "".join(lines).strip("\r"):
        if len(lines) < 4:
            return None
        name, bases, plus, quality = lines[:4]
        lines = lines[4:]
        good = name.startswith("@") and is_text(name) and plus in ("+", "+" + name[1:])
        good &= all(letter.upper() in LETTERS for letter in bases)
        good &= len(bases) == len(quality) and all("!" <= letter <= "~" for letter in quality)
        if not good:
            return None
        letters = "".join(LETTERS[letter.upper()] for letter in bases)
        found.append(Read(name[1:], letters, bytes(ord(letter) - 33 for letter in quality)))
    return found or None


def slow_fasta(content: str) -> list[Read] | None:
    found: list[Read] = []
    for line in (line.removesuffix("\r") for line in content.removesuffix("\n").split("\n")):
        if not line or line[0] in "#;":
            continue
        if line[0] == ">":
            if not is_text(line):
                return None
            found.append(Read(line[1:], "", b""))
            continue
        line = line.replace(" ", "").replace("\t", "")
        if not found or not all(letter.upper() in LETTERS for letter in line):
            return None
        bases = found[-1].bases + "".join(LETTERS[letter.upper()] for letter in line)
        found[-1] = Read(found[-1].name, bases, bytes([30]) * len(bases))
    return found or None


scraps = st.lists(
    st.sampled_from(
        ["@a", "+", "\n", "\r\n", "A", "ac", "I", "II", "+a", "n", "X", "\r", " ", "\t", "\0", "#", ">"]
    )
    | st.sampled_from(["@a\nACGT\n+\nIIII\n", "@b\r\nAN\r\n+b\r\nII\r\n", "\nAC\n+\n@+\n", "\n\n+\n\n"]),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=400)
@given(scraps, st.integers(16, 80))
def test_scraps_of_fastq_as_the_slow_way(scrap: str, block_bytes: int) -> None:
    content = "@" + scrap
    try:
        found = read_back(content.encode(), block_bytes)
    except Refusal:
        found = None
    assert found == slow_fastq(content)


@settings(deadline=None, max_examples=400)
@given(scraps.map(lambda scrap: scrap.replace("@", ">")), st.integers(16, 80))
def test_scraps_of_fasta_as_the_slow_way(scrap: str, block_bytes: int) -> None:
    content = ">" + scrap
    try:
        found = read_back(content.encode(), block_bytes)
    except Refusal:
        found = None
    assert found == slow_fasta(content)


def test_lower_case_uracil_and_ambiguity() -> None:
    assert read_back(b"@r\nacguTRYKMSWBDHVN\n+\nIIIIIIIIIIIIIIII\n")[0].bases == "ACGTT" + "N" * 11


@pytest.mark.parametrize("block_bytes", [16, 64, 1 << 16])
def test_remarks_and_empty_lines_in_fasta(block_bytes: int) -> None:
    content = b"# made by hand\n\n;\n>a\nAC\n\n#X\r\nGT\n\n\n>b\r\n;\r\nT\tT \r\n# end"
    assert [read.bases for read in read_back(content, block_bytes)] == ["ACGT", "TT"]


def test_marks_as_first_qualities_and_no_last_line_end() -> None:
    found = read_back(b"@a\nACG\n+\n@+@\n@b\nACG\n+\n+@+")
    assert [read.quality for read in found] == [bytes([31, 10, 31]), bytes([10, 31, 10])]


def test_mixed_line_ends_and_blank_lines_at_the_end() -> None:
    found = read_back(b"@a\r\nACG\n+\r\nIII\n@b\nAC\r\n+\nII\r\n\n\r\n\n", block_bytes=16)
    assert [read.bases for read in found] == ["ACG", "AC"]


def test_reads_are_numbered_through_the_file() -> None:
    content = fastq([Read(str(i), "ACGT", bytes(4)) for i in range(1, 100)])
    for found in records(io.BytesIO(content), "file", block_bytes=64):
        assert found.name(0) == str(found.block.first)


def test_codes_of_every_letter_by_the_fast_way_and_the_slow() -> None:
    content = b"@a\nACGTacgtuU\n+\nIIIIIIIIII\n@b\nACGTacgttT\n+\nIIIIIIIIII\n@c\nNCGTacgtuU\n+\nIIIIIIIIII\n"
    (found,) = records(io.BytesIO(content), "file")
    assert [found.block.codes(i).tolist() for i in range(3)] == [
        encode("ACGTACGTTT").tolist(),
        encode("ACGTACGTTT").tolist(),
        [UNKNOWN, *encode("CGTACGTTT").tolist()],
    ]


class Drip(io.BytesIO):
    """Gives a byte or two at a time, as a pipe may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(2, size) if size and size > 0 else 2)


def test_a_file_that_comes_in_drips() -> None:
    reads = [Read("a", "ACGT", bytes([1, 2, 3, 4])), Read("b", "", b"")]
    for content in (fastq(reads), gzip.compress(fastq(reads))):
        found = [f.name(i) for f in records(Drip(content), "file") for i in range(len(f.block))]
        assert found == ["a", "b"]


GOOD = b"@a\nACGT\n+\nIIII\n"
BAD = {
    "empty": (b"", Truncated, "empty"),
    "empty gzip": (gzip.compress(b""), Truncated, "empty"),
    "blank": (b"\n\n", Truncated, "empty"),
    "remarks only": (b"# nothing", Truncated, "no read"),
    "variants": (b"##fileformat=VCFv4.2\n#CHROM\tPOS\n1\t5\n", Malformed, "not with b'1'"),
    "fasta carriage return": (b">a\nACGT\n\rAC\n", Malformed, r"b'\r' is no base"),
    "one byte of gzip": (b"\x1f", UnknownFormat, "x1f"),
    "bam": (bgzf(b"BAM\1" + b"\0" * 50, 100), UnknownFormat, "BAM"),
    "sam": (b"@HD\tVN:1.6\n", UnknownFormat, "SAM"),
    "zip": (b"PK\3\4....", UnknownFormat, "zip"),
    "html": (b"<!doctype html>", UnknownFormat, "HTML"),
    "gzip twice": (gzip.compress(gzip.compress(GOOD)), UnknownFormat, "gzip within gzip"),
    "words": (b"name,reads\n", UnknownFormat, "name"),
    "garbage after gzip": (gzip.compress(GOOD) + b"garbage behind the data", Malformed, "damaged"),
    "bad checksum": (gzip.compress(GOOD)[:-8] + b"\1\2\3\4" + gzip.compress(GOOD)[-4:], Malformed, "CRC"),
    "bad length": (gzip.compress(GOOD)[:-4] + b"\1\2\3\4", Malformed, "damaged"),
    "two members, second cut": (gzip.compress(GOOD) + gzip.compress(GOOD)[:-3], Truncated, "middle"),
    "few qualities": (GOOD + b"@b\nACGT\n+\nIII\n" + GOOD, InvariantBroken, "record 2, line 8"),
    "many qualities": (GOOD + b"@b\nACGT\n+\nIIIII\n" + GOOD, InvariantBroken, "record 2, line 8"),
    "few qualities at the end": (GOOD + b"@b\nACGT\n+\nIII\n", Truncated, "record 2, line 5"),
    "cut in the name": (GOOD + b"@b", Truncated, "record 2"),
    "cut in the bases": (GOOD + b"@b\nACG", Truncated, "record 2"),
    "cut before plus": (GOOD + b"@b\nACGT\n", Truncated, "record 2"),
    "cut after plus": (GOOD + b"@b\nACGT\n+\n", Truncated, "record 2"),
    "wrong letter": (
        GOOD + b"@b\nACXT\n+\nIIII\n",
        Malformed,
        "b'X' is no base\n  where: file, record 2, line 6",
    ),
    "gap": (b"@b\nAC-T\n+\nIIII\n", Malformed, "b'-'"),
    "nul among bases": (GOOD + b"@b\nAC\0T\n+\nIIII\n", Malformed, "x00"),
    "nul in the name": (GOOD + b"@b\0\nACGT\n+\nIIII\n", Malformed, "x00"),
    "nul for a record": (GOOD + b"\0" * 40, Malformed, "x00"),
    "nul in quality": (GOOD + b"@b\nACGT\n+\nII\0I\n", Malformed, "x00"),
    "quality too high": (GOOD + b"@b\nACGT\n+\nII\x7fI\n", Malformed, "line 8"),
    "blank in quality": (GOOD + b"@b\nACGT\n+\nII I\n", Malformed, "b' ' is no quality"),
    "no plus": (GOOD + b"@b\nACGT\nIIII\n@c\n", Malformed, "line 7"),
    "another name after plus": (GOOD + b"@b\nACGT\n+c\nIIII\n", Malformed, "not the name"),
    "no at": (GOOD + b"b\nACGT\n+\nIIII\n", Malformed, "'@', not with b'b'"),
    "blank line between": (GOOD + b"\n" + GOOD, Malformed, "record 2"),
    "carriage returns only": (b"@a\rACGT\r+\rIIII\r", Malformed, r"b'\r'"),
    "fasta letter": (b">a\nACGT\n>b\nAC*T\n", Malformed, "record 2"),
    "fasta control": (b">a\nACGT\n>b\x01\nACT\n", Malformed, "record 2"),
    "fasta cut in the name": (b">a\nACGT\n>", None, ""),
    "too long": (
        b"@a\n" + b"A" * (LONGEST_READ + 1) + b"\n+\n" + b"I" * (LONGEST_READ + 1),
        TooLarge,
        "limit",
    ),
    "endless": (b"@a\n" + b"A" * (5 * LONGEST_READ), TooLarge, "record 1"),
}


@pytest.mark.parametrize("block_bytes", [16, 1 << 16])
@pytest.mark.parametrize("case", sorted(BAD))
def test_bad_input_raises_and_names_the_place(case: str, block_bytes: int) -> None:
    content, kind, words = BAD[case]
    if kind is None:
        assert [read.bases for read in read_back(content, block_bytes)] == ["ACGT", ""]
        return
    with pytest.raises(kind) as caught:
        read_back(content, block_bytes)
    assert type(caught.value) is kind
    assert words in str(caught.value)
    assert caught.value.where.startswith("file")


def test_the_file_is_left_open_for_its_owner() -> None:
    file = io.BytesIO(gzip.compress(GOOD))
    assert len(list(records(file, "file"))) == 1
    assert not file.closed
