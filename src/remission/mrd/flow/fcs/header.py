"""The HEADER of an FCS data set: its version and where its segments are."""

from dataclasses import dataclass

from remission.errors import Malformed, Truncated, UnknownFormat
from remission.mrd.flow.fcs.faults import Account, Fault

VERSIONS = ("FCS2.0", "FCS3.0", "FCS3.1", "FCS3.2")
BYTES = 58
"""Bytes of a HEADER at least: six of the version, four blanks, six offsets of eight digits."""

_CHECK = "copy the file again from the instrument; no event of it was read"


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes from `begin` to `end`, the last included, counted from the data set's first byte."""

    begin: int
    end: int

    @property
    def length(self) -> int:
        """Bytes in it; 0 if it is not there."""
        return 0 if self.begin == 0 and self.end == 0 else self.end - self.begin + 1

    def overlaps(self, other: "Segment") -> bool:
        """Whether a byte is in both."""
        both = self.length > 0 and other.length > 0
        return both and self.begin <= other.end and other.begin <= self.end

    def __str__(self) -> str:
        return f"{self.begin}-{self.end}"


@dataclass(frozen=True, slots=True)
class Header:
    """What the HEADER says; `data_blank`: the offsets of DATA are blanks."""

    version: str
    text: Segment
    data: Segment
    analysis: Segment
    data_blank: bool


def read_header(data: memoryview, account: Account) -> Header:
    """The HEADER at the start of `data`, which ends where the file ends.

    Raises
    ------
    UnknownFormat
        If this is no FCS file, or of an unknown version.
    Truncated, Malformed
        If the HEADER is cut, or an offset is no number.
    """
    raw = bytes(data[:BYTES])
    if raw[:3] != b"FCS":
        raise UnknownFormat(
            f"the file begins with {raw[:6]!r}, not with FCS",
            where=f"{account.name}, byte 0",
            do="give an FCS file of version 2.0, 3.0, 3.1 or 3.2",
        )
    if len(raw) < BYTES:
        raise Truncated(
            f"the HEADER has {len(raw)} of {BYTES} bytes", where=f"{account.name}, byte {len(raw)}", do=_CHECK
        )
    version = raw[:6].decode("latin-1")
    if version not in VERSIONS:
        account.fault(
            f"version {version!r}",
            Fault.UNKNOWN_VERSION,
            where=f"{account.name}, HEADER, byte 0",
            do="export the data as FCS 3.1",
            kind=UnknownFormat,
        )
        version = VERSIONS[-1]
    text, data_at, analysis = (_segment(raw, place, account) for place in (10, 26, 42))
    _check_text(text, len(data), account)
    return Header(version, text, data_at, analysis, not raw[26:42].strip(b" \0"))


def _segment(raw: bytes, place: int, account: Account) -> Segment:
    return Segment(_offset(raw, place, account), _offset(raw, place + 8, account))


def _offset(raw: bytes, place: int, account: Account) -> int:
    digits = raw[place : place + 8].strip(b" \0")
    if not digits:
        return 0
    if not digits.isdigit():
        raise Malformed(
            f"the offset {digits!r} is no number", where=f"{account.name}, HEADER, byte {place}", do=_CHECK
        )
    return int(digits)


def _check_text(text: Segment, size: int, account: Account) -> None:
    where = f"{account.name}, HEADER, byte 10"
    if text.begin < BYTES or text.end <= text.begin:
        raise Malformed(f"TEXT is said to be at bytes {text}", where=where, do=_CHECK)
    if text.end >= size:
        raise Truncated(f"TEXT ends at byte {text.end}, but the file has {size}", where=where, do=_CHECK)
