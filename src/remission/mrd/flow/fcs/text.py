"""The TEXT segments of an FCS data set: keywords, their values, and where each stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from remission.errors import Malformed, TooLarge
from remission.mrd.flow.fcs.faults import Account, Fault, Quirk
from remission.mrd.flow.fcs.header import Segment

MOST_BYTES = 16_000_000
MOST_KEYWORDS = 200_000
_BLANKS = b" \t\r\n\0"
_MATTER = ("SPILL", "SPILLOVER", "COMP")
"""Keywords without $ that change what the events mean."""
_WHOLE = re.compile(r"\+?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Word:
    """A value and the byte at which it begins, counted from the data set's first byte."""

    value: str
    at: int


@dataclass(frozen=True, slots=True)
class Words:
    """Keywords in capitals, each with its word."""

    name: str
    found: dict[str, Word] = field(default_factory=lambda: {})

    def get(self, keyword: str) -> str | None:
        """The value without blanks around it; None where the keyword is not there, or has none."""
        word = self.found.get(keyword)
        return (word.value.strip(" \t\r\n\0") or None) if word else None

    def where(self, keyword: str) -> str:
        """The file, the keyword and the byte of its value."""
        word = self.found.get(keyword)
        return f"{self.name}, {keyword}" + (f", byte {word.at}" if word else "")

    def whole(self, keyword: str) -> int | None:
        """The value as a whole number not below 0; None where it is not there.

        Raises
        ------
        Malformed
            If it is no such number.
        """
        value = self.get(keyword)
        if value is None:
            return None
        if not _WHOLE.fullmatch(value):
            raise Malformed(
                f"{keyword} is {value[:40]!r}, not a whole number",
                where=self.where(keyword),
                do="export the file again from the instrument's software",
            )
        return int(value)

    def needed(self, keyword: str) -> int:
        """The same, for a keyword that must be there.

        Raises
        ------
        Malformed
            If it is not there, or no such number.
        """
        value = self.whole(keyword)
        if value is None:
            raise Malformed(
                f"{keyword} is not given",
                where=self.where(keyword),
                do="export the file again from the instrument's software",
            )
        return value

    @property
    def mapping(self) -> dict[str, str]:
        """The keywords and their values."""
        return {keyword: word.value for keyword, word in self.found.items()}


def as_number(value: str) -> float | None:
    """A decimal number as FCS writes it, or None."""
    return float(value) if _NUMBER.fullmatch(value) else None


def read_text(data: memoryview, segment: Segment, words: Words, account: Account) -> bytes:
    """Add the keywords of the primary TEXT to `words`; returns its delimiter.

    An empty value stands where two delimiters follow a keyword: no keyword contains a delimiter. Within a
    value two delimiters mean one, as the standard says.

    Raises
    ------
    Malformed
        For a segment that is no keyword text, or cut.
    InvariantBroken
        For a keyword with two different values.
    TooLarge
        For more text than any file needs.
    """
    raw = _raw(data, segment, account)
    delimiter = raw[:1]
    if delimiter in (b"$", b"\0", b" ") or delimiter.isalnum() or delimiter > b"\x7e":
        raise Malformed(
            f"TEXT begins with {delimiter!r}, which is no delimiter",
            where=f"{account.name}, TEXT, byte {segment.begin}",
            do="check that the file is whole and that the offsets in HEADER are right",
        )
    followed = bytes(data[segment.end + 1 : segment.end + 2])
    _take(raw, segment.begin, delimiter, followed, words, account)
    return delimiter


def read_supplement(
    data: memoryview, segment: Segment, delimiter: bytes, words: Words, account: Account
) -> None:
    """Add the keywords of the supplemental TEXT; one that is no keyword text is noted and left.

    Raises
    ------
    Malformed, InvariantBroken, TooLarge
        As `read_text`.
    """
    if bytes(data[segment.begin : segment.begin + 1]) != delimiter:
        account.note(Quirk.NO_SUPPLEMENT, f"bytes {segment}")
        return
    followed = bytes(data[segment.end + 1 : segment.end + 2])
    _take(_raw(data, segment, account), segment.begin, delimiter, followed, words, account)


def _raw(data: memoryview, segment: Segment, account: Account) -> bytes:
    if segment.length > MOST_BYTES:
        raise TooLarge(
            f"TEXT has {segment.length} bytes, more than {MOST_BYTES}",
            where=f"{account.name}, TEXT, byte {segment.begin}",
            do="check that the file is an FCS file and whole",
        )
    return bytes(data[segment.begin : segment.end + 1])


def _take(raw: bytes, begin: int, delimiter: bytes, followed: bytes, words: Words, account: Account) -> None:
    for number, (key, value, at) in enumerate(_pairs(raw, begin, delimiter, followed, account)):
        if number >= MOST_KEYWORDS:
            raise TooLarge(
                f"more than {MOST_KEYWORDS} keywords",
                where=f"{account.name}, TEXT, byte {at}",
                do="check that the file is an FCS file and whole",
            )
        _keep(_keyword(key, at, account), _decoded(value, key, account), at, words, account)


def _keep(keyword: str, value: str, at: int, words: Words, account: Account) -> None:
    before = words.found.get(keyword)
    if before is None:
        words.found[keyword] = Word(value, at)
        if not value:
            account.note(Quirk.EMPTY_VALUE, keyword)
    elif before.value == value:
        account.note(Quirk.SAME_TWICE, keyword)
    elif keyword.startswith("$") or keyword in _MATTER:
        account.fault(
            f"{keyword} is given twice: {before.value[:40]!r} at byte {before.at} and {value[:40]!r}",
            Fault.KEYWORD_TWICE,
            where=f"{account.name}, {keyword}, byte {at}",
            do="export the file again",
        )
    else:
        account.note(Quirk.FIRST_OF_TWO, keyword)


def _keyword(raw: bytes, at: int, account: Account) -> str:
    text = raw.strip(_BLANKS)
    if not text or len(text) > 4096:
        raise Malformed(
            "a keyword without a name" if not text else f"a keyword of {len(text)} bytes",
            where=f"{account.name}, TEXT, before byte {at}",
            do="check that the file is whole and that the offsets in HEADER are right",
        )
    return text.decode("latin-1").upper()


def _decoded(raw: bytes, key: bytes, account: Account) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        account.note(Quirk.NOT_UTF8, key.decode("latin-1")[:40])
        return raw.decode("latin-1")


def _pairs(
    raw: bytes, begin: int, delimiter: bytes, followed: bytes, account: Account
) -> Iterator[tuple[bytes, bytes, int]]:
    """Each keyword, its value, and the byte at which the value begins."""
    last = len(raw.rstrip(_BLANKS.replace(delimiter, b"")))
    runs = re.compile(re.escape(delimiter) + b"+")
    at = 1
    while at < last:
        first = runs.search(raw, at)
        if first is None:
            _cut(f"the keyword {raw[at : at + 40]!r} has no value", begin + at, account)
            return
        key, value_at = raw[at : first.start()], first.start() + 1
        if (first.end() - first.start()) % 2 == 0:
            yield key, b"", begin + value_at
            at = value_at + 1
            continue
        end = _end_of_value(raw, value_at, last, runs)
        if end < 0 and followed != delimiter:
            _cut(f"the value of {key[:40]!r} does not end", begin + value_at, account)
            return
        if end < 0:
            account.note(Quirk.OPEN_END, f"byte {begin + last - 1}")
            end = last
        yield key, raw[value_at:end].replace(delimiter * 2, delimiter), begin + value_at
        at = end + 1


def _end_of_value(raw: bytes, at: int, last: int, runs: re.Pattern[bytes]) -> int:
    """Where the delimiter stands that ends the value, or -1; two at the end of TEXT end it too."""
    for run in runs.finditer(raw, at):
        if (run.end() - run.start()) % 2:
            return run.end() - 1
        if run.end() == last:
            return run.start()
    return -1


def _cut(what: str, at: int, account: Account) -> None:
    account.fault(
        f"TEXT is cut: {what}",
        Fault.TEXT_CUT,
        where=f"{account.name}, TEXT, byte {at}",
        do="check that the file is whole and that the offsets in HEADER are right",
        kind=Malformed,
    )
