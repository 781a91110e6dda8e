"""Where DATA is, how many events it holds, and what else is in the file."""

from dataclasses import dataclass

import numpy as np

from remission.errors import InvariantBroken, Malformed, Truncated
from remission.mrd.flow.fcs import kernels_fcs as kernels
from remission.mrd.flow.fcs.faults import Account, Fault, Quirk
from remission.mrd.flow.fcs.header import BYTES, Header, Segment
from remission.mrd.flow.fcs.text import Words

_CHECK = "copy the file again from the instrument; no event of it was read"
_NONE = Segment(0, 0)
_GAP = 1_000_000
_BLANKS, _NO_SUM = b" \0\r\n\t", b"00000000"


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the events are: `count` of them from byte `begin`, `stride` bits each."""

    segment: Segment
    count: int
    stride: int


def stored_events(
    header: Header, words: Words, others: dict[str, Segment], bits: int, size: int, account: Account
) -> Stored:
    """Find the events of a data set of `size` bytes; an event has `bits` bits.

    Raises
    ------
    InvariantBroken
        If HEADER, TEXT, $TOT and the length of DATA contradict each other, or segments overlap.
    Truncated
        If the file ends before DATA does.
    Malformed
        If offsets or $TOT are missing or absurd.
    """
    total = words.whole("$TOT")
    if total is None and header.version != "FCS2.0":
        account.fault(
            "$TOT is not given",
            Fault.COUNT_FROM_DATA,
            where=words.where("$TOT"),
            do="export the file again from the instrument's software",
            kind=Malformed,
        )
    segment = _data_segment(header, words, total, bits, account)
    if segment.length <= 0 and total == 0:
        return Stored(_NONE, 0, bits)
    if segment.begin < BYTES or segment.length <= 0:
        raise Malformed(f"DATA is said to be at bytes {segment}", where=_where(words, account), do=_CHECK)
    stored = _fitted(segment, total, bits, words, account)
    stored = _within(stored, size, words, account)
    for name, other in others.items():
        if stored.segment.overlaps(other):
            raise InvariantBroken(
                f"DATA at bytes {stored.segment} overlaps {name} at bytes {other}",
                where=_where(words, account),
                do=_CHECK,
            )
    return stored


def segment_said(words: Words, begin: str, end: str) -> Segment:
    """A segment of which TEXT tells the place; empty where it does not."""
    first, last = words.whole(begin), words.whole(end)
    return _NONE if first is None or last is None else Segment(first, last)


def _data_segment(header: Header, words: Words, total: int | None, bits: int, account: Account) -> Segment:
    """DATA by HEADER and TEXT, which must agree where both speak."""
    first, second = header.data, segment_said(words, "$BEGINDATA", "$ENDDATA")
    given = words.get("$BEGINDATA") is not None and words.get("$ENDDATA") is not None
    if header.version == "FCS2.0" and (not given or second == _NONE):
        return first
    if not given:
        account.fault(
            "$BEGINDATA and $ENDDATA are not both given",
            Fault.TAKE_HEADER,
            where=words.where("$BEGINDATA"),
            do=_CHECK,
            kind=Malformed,
        )
        return first
    if first == _NONE:
        if header.data_blank:
            account.note(Quirk.BLANK_OFFSETS, f"TEXT {second}")
        return second
    if first == second or (first.length <= 0 and second.length <= 0):
        return second
    if first.begin == second.begin and abs(first.end - second.end) == 1:
        account.note(Quirk.END_ONE_OFF, f"HEADER {first.end}, TEXT {second.end}")
        needed = None if total is None else -(-total * bits // 8)
        return first if first.length == needed else second
    taken = account.fault(
        f"HEADER says DATA is at bytes {first}, TEXT says {second}",
        Fault.TAKE_HEADER,
        Fault.TAKE_TEXT,
        where=f"{account.name}, HEADER, byte 26, and {words.where('$BEGINDATA').split(', ', 1)[-1]}",
        do=_CHECK,
    )
    return first if taken is Fault.TAKE_HEADER else second


def _fitted(segment: Segment, total: int | None, bits: int, words: Words, account: Account) -> Stored:
    """DATA and the number of its events, which must agree."""
    padded = -(-bits // 8) * 8
    if total is None:
        count = segment.length * 8 // bits
        left = segment.length - -(-count * bits // 8)
        if left not in (0, 1):
            raise InvariantBroken(
                f"DATA has {segment.length} bytes: {count} events of {bits} bits, and {left} bytes",
                where=_where(words, account),
                do=_CHECK,
            )
        account.note(Quirk.COUNT_NOT_GIVEN, f"{count} events")
        return _cut_to(segment, count, bits, account)
    fits = [
        stride
        for stride in dict.fromkeys((bits, padded))
        if segment.length - -(-total * stride // 8) in (0, 1)
    ]
    if len(fits) == 2 and total > 1:
        raise InvariantBroken(
            f"whether each of {total} events of {bits} bits begins with a byte cannot be told from "
            f"{segment.length} bytes",
            where=_where(words, account),
            do="export the file with 8, 16 or 32 bits a parameter",
        )
    if fits:
        return _cut_to(segment, total, fits[0], account)
    needed = -(-total * bits // 8)
    taken = account.fault(
        f"$TOT is {total} events of {bits} bits, {needed} bytes, but DATA has {segment.length}",
        Fault.COUNT_FROM_DATA,
        Fault.END_FROM_COUNT,
        where=words.where("$TOT"),
        do=_CHECK,
    )
    if taken is Fault.END_FROM_COUNT:
        return Stored(Segment(segment.begin, segment.begin + needed - 1), total, bits)
    count = segment.length * 8 // bits
    return Stored(Segment(segment.begin, segment.begin + -(-count * bits // 8) - 1), count, bits)


def _cut_to(segment: Segment, count: int, stride: int, account: Account) -> Stored:
    end = segment.begin + -(-count * stride // 8) - 1
    if end != segment.end:
        account.note(Quirk.END_ONE_OFF, f"byte {segment.end}")
    return Stored(Segment(segment.begin, end), count, stride)


def _within(stored: Stored, size: int, words: Words, account: Account) -> Stored:
    segment = stored.segment
    if segment.end < size:
        return stored
    there = max(size - segment.begin, 0) * 8 // stored.stride
    account.fault(
        f"DATA ends at byte {segment.end}, but the file has {size}: "
        f"{there} of {stored.count} events are there whole",
        Fault.WHOLE_EVENTS,
        where=_where(words, account),
        do=_CHECK,
        kind=Truncated,
    )
    end = segment.begin + -(-there * stored.stride // 8) - 1
    return Stored(Segment(segment.begin, end) if there else _NONE, there, stored.stride)


def _where(words: Words, account: Account) -> str:
    return words.where("$BEGINDATA") if words.get("$BEGINDATA") else f"{account.name}, HEADER, byte 26"


def account_for_rest(
    data: memoryview, header: Header, segments: list[Segment], stored: Stored, account: Account
) -> None:
    """Note bytes that belong to no segment, and check the checksum if there is one.

    `data` ends where the next data set begins. FCS 3 puts eight digits behind the last segment; zeros
    mean that nothing was computed. The standard names the polynomial (CCITT), not how to begin: each way in
    use counts. Bytes before DATA are noted whatever they are: a value of 0 looks like padding.

    Raises
    ------
    InvariantBroken
        If there is a checksum and it does not fit, or if DATA may begin within the first event.
    """
    at = BYTES
    for segment in sorted((one for one in segments if one.length > 0), key=lambda one: one.begin):
        gap = data[at : segment.begin] if segment.begin > at else data[:0]
        if segment == stored.segment:
            _check_place(data, len(gap), stored, account)
        if len(gap) > (_GAP if segment != stored.segment else 0) or bytes(gap).strip(_BLANKS):
            account.note(Quirk.BYTES_BETWEEN, f"{at}-{segment.begin - 1}")
        at = max(at, segment.end + 1)
    behind = bytes(data[at : at + 8])
    is_sum = header.version != "FCS2.0" and len(behind) == 8 and behind.isalnum()
    if is_sum and behind != _NO_SUM:
        _check_sum(data, at, behind, account)
    rest = len(data) - at - (8 if is_sum else 0)
    if rest > 8 or bytes(data[len(data) - max(rest, 0) :]).strip(_BLANKS):
        account.note(Quirk.BYTES_BEHIND, f"{rest} from byte {len(data) - rest}")


def _check_place(data: memoryview, gap: int, stored: Stored, account: Account) -> None:
    """See that DATA does not seem to be said some values late: each channel would hold another's numbers.

    What was lost of the first event then lies before DATA, and DATA ends in what came behind it: with
    what is left of a checksum, or a whole one within.
    """
    event, segment = -(-stored.stride // 8), stored.segment
    if not 0 < gap < event:
        return
    behind = bytes(data[segment.end + 1 : segment.end + 1 + 2 * event + 8])
    is_sum = len(behind.strip(_BLANKS)) == 8 and behind.strip(_BLANKS).isalnum()
    swallowed = not behind and bytes(data[segment.end - 7 : segment.end + 1]) == _NO_SUM
    if swallowed or (0 < len(behind) < event and not is_sum and behind.strip(b"\r\n")):
        account.fault(
            f"{gap} bytes before DATA and {len(behind)} behind it belong to nothing, an event has {event}: "
            "DATA may begin within the first event",
            Fault.TAKE_OFFSETS,
            where=f"{account.name}, DATA, byte {segment.begin}",
            do=_CHECK,
        )


def _check_sum(data: memoryview, at: int, digits: bytes, account: Account) -> None:
    said = {int(digits, base) for base in (10, 16) if _is_number(digits, base)}
    if not said or min(said) > 0xFFFF:
        return
    found = kernels.checksums(np.frombuffer(data[:at], dtype=np.uint8), _table(False), _table(True))
    if said.isdisjoint((*found, *(one ^ 0xFFFF for one in found))):
        account.fault(
            f"the checksum is {digits.decode('latin-1')!r}, which fits no way of computing it",
            Fault.CHECKSUM,
            where=f"{account.name}, byte {at}",
            do=_CHECK,
        )
    else:
        account.note(Quirk.CHECKED, f"byte {at}")


def _is_number(digits: bytes, base: int) -> bool:
    legal = b"0123456789abcdefABCDEF"[: 10 if base == 10 else 22]
    return all(one in legal for one in digits)


def _table(backward: bool) -> kernels.Bits:
    """What each byte adds to the checksum of CCITT, polynomial 1021 (8408 with the bits backward)."""
    table = np.zeros(256, dtype=np.uint64)
    for byte in range(256):
        value = byte if backward else byte << 8
        for _ in range(8):
            if backward:
                value = value >> 1 ^ (0x8408 if value & 1 else 0)
            else:
                value = (value << 1 ^ (0x1021 if value & 0x8000 else 0)) & 0xFFFF
        table[byte] = value
    return table
