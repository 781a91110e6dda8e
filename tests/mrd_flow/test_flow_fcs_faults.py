"""Each fault is refused with keyword and byte, and repaired when asked; each quirk is read and noted."""

import binascii
import math
import mmap
import sys
from pathlib import Path

import numpy as np
import pytest

from remission.errors import InputRefused, InvariantBroken, Malformed, TooLarge, Truncated, UnknownFormat
from remission.mrd.flow.fcs.faults import NOTED, REPAIRED, Fault, Quirk
from remission.mrd.flow.fcs.reading import DataSet, read_fcs

# The bench makes and damages files; tests and benches must not differ in how.
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from flow_fuzz import described, made

COUNT = 40
VALUES = np.random.default_rng(3).normal(1000, 900, (COUNT, 3)).astype("<f4")
FLOATS = VALUES.tobytes()
THREE = (32, 32, 32)
SHORTS = np.random.default_rng(4).integers(0, 1024, (COUNT, 3))


def floats(**more: str) -> dict[str, str]:
    return described(THREE, COUNT, "F", **more)


def good(**more: str) -> bytes:
    return made("FCS3.1", FLOATS, floats(**more))


def short(**more: str) -> bytes:
    return made("FCS3.0", SHORTS.astype("<u2").tobytes(), described((16, 16, 16), COUNT, **more))


def one_of(data: bytes, *repairs: Fault) -> DataSet:
    return read_fcs(data, "made.fcs", frozenset(repairs)).data_sets[0]


def with_checksum(digits: bytes) -> bytes:
    return made("FCS3.1", FLOATS, floats(), behind=digits)


def not_finite() -> bytes:
    values = VALUES.copy()
    values[7, 1] = np.nan
    return made("FCS3.1", values.tobytes(), floats())


def two_sets(second: bytes) -> bytes:
    first = good(_NEXTDATA="000000000")
    return first.replace(b"$NEXTDATA/000000000", b"$NEXTDATA/%09d" % len(first)) + second


def late(data: bytes, by: int) -> bytes:
    """DATA said `by` bytes late, in HEADER and in TEXT alike."""
    begin, end = int(data[26:34]), int(data[34:42])
    for key, place in ((b"$BEGINDATA", begin), (b"$ENDDATA", end)):
        data = data.replace(b"%s/%09d" % (key, place), b"%s/%09d" % (key, place + by))
    return data[:26] + b"%8d%8d" % (begin + by, end + by) + data[42:]


LONGER = made("FCS3.1", FLOATS, floats() | {"OWN": "12345"})
FAULTY: dict[Fault, tuple[bytes, str, type[InputRefused]]] = {
    Fault.UNKNOWN_VERSION: (b"FCS3.9" + good()[6:], "HEADER, byte 0", UnknownFormat),
    Fault.TEXT_CUT: (LONGER[:18] + b"%8d" % (int(LONGER[18:26]) - 2) + LONGER[26:], "TEXT, byte", Malformed),
    Fault.KEYWORD_TWICE: (
        made("FCS3.1", FLOATS, floats() | {"$TOT": f"{COUNT}/$CYT/a/$CYT/b"}), "$CYT, byte", InvariantBroken
    ),
    Fault.MODE_MISSING: (good(_MODE=""), "$MODE", Malformed),
    Fault.TAKE_HEADER: (good(_BEGINDATA="300"), "$BEGINDATA, byte", InvariantBroken),
    Fault.TAKE_TEXT: (good()[:26] + b"%8d%8d" % (300, 400) + good()[42:], "HEADER, byte 26", InvariantBroken),
    Fault.TAKE_OFFSETS: (late(good(), 4), "DATA, byte", InvariantBroken),
    Fault.COUNT_FROM_DATA: (good(_TOT="39"), "$TOT, byte", InvariantBroken),
    Fault.END_FROM_COUNT: (good(_TOT="30"), "$TOT, byte", InvariantBroken),
    Fault.WHOLE_EVENTS: (good()[:-50], "$BEGINDATA, byte", Truncated),
    Fault.NAME_MISSING: (good(_P2N=""), "$P2N", Malformed),
    Fault.NAME_TWICE: (good(_P3N="C1"), "$P3N, byte", InvariantBroken),
    Fault.SCALE_LINEAR: (good(_P1E="4,1"), "$P1E, byte", Malformed),
    Fault.RANGE_UNKNOWN: (good(_P1R="0"), "$P1R, byte", Malformed),
    Fault.GAIN_ONE: (good(_P1G="-2"), "$P1G, byte", Malformed),
    Fault.LITTLE_ENDIAN: (good(_BYTEORD="little"), "$BYTEORD, byte", Malformed),
    Fault.BIG_ENDIAN: (
        made("FCS3.1", VALUES.astype(">f4").tobytes(), floats(_BYTEORD="0,0,0,0")),
        "$BYTEORD, byte",
        Malformed,
    ),
    Fault.FIRST_DATA_SETS: (two_sets(b"no FCS file at all"), "data set 2, byte 0", UnknownFormat),
    Fault.CHECKSUM: (with_checksum(b"00012345"), "byte", InvariantBroken),
    Fault.NOT_FINITE: (not_finite(), "DATA, byte", InvariantBroken),
    Fault.STRAY_BITS: (short(_P1R="64"), "$P1R, byte", InvariantBroken),
    Fault.IMPLAUSIBLE: (good(_BYTEORD="4,3,2,1"), "DATA, byte", InvariantBroken),
}  # fmt: skip


def test_every_fault_has_a_file_and_words() -> None:
    assert set(FAULTY) == set(Fault) == set(REPAIRED)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_fault_is_refused_with_its_place_and_the_name_of_its_repair(fault: Fault) -> None:
    data, where, kind = FAULTY[fault]
    with pytest.raises(kind) as refused:
        one_of(data)
    assert where in refused.value.where
    if fault is not Fault.FIRST_DATA_SETS:
        assert fault in refused.value.do


NEEDS_ALSO = {Fault.IMPLAUSIBLE: {Fault.NOT_FINITE}}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_repair_that_was_asked_for_is_done_and_recorded(fault: Fault) -> None:
    one = one_of(FAULTY[fault][0], fault, *NEEDS_ALSO.get(fault, ()))
    assert fault in [repair.fault for repair in one.repairs]
    assert all(repair.found and repair.said.en and repair.said.zh for repair in one.repairs)


@pytest.mark.parametrize("fault", FAULTY)
def test_a_repair_that_was_not_needed_is_not_recorded(fault: Fault) -> None:
    one = one_of(good(), fault)
    assert one.repairs == ()
    np.testing.assert_array_equal(one.read(one.channels, 0, COUNT), VALUES.T)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.UNKNOWN_VERSION, Fault.MODE_MISSING, Fault.TAKE_HEADER, Fault.TAKE_TEXT, Fault.COUNT_FROM_DATA,
        Fault.NAME_MISSING, Fault.NAME_TWICE, Fault.SCALE_LINEAR, Fault.RANGE_UNKNOWN, Fault.GAIN_ONE,
        Fault.LITTLE_ENDIAN, Fault.BIG_ENDIAN, Fault.FIRST_DATA_SETS, Fault.CHECKSUM, Fault.KEYWORD_TWICE,
    ],
)  # fmt: skip
def test_a_repair_gives_every_event_as_it_was(fault: Fault) -> None:
    one = one_of(FAULTY[fault][0], fault)
    np.testing.assert_array_equal(one.read(one.channels, 0, one.count), VALUES.T)


def test_events_that_are_lost_are_counted() -> None:
    one = one_of(FAULTY[Fault.WHOLE_EVENTS][0], Fault.WHOLE_EVENTS)
    assert one.count == 36 and "36 of 40 events" in one.repairs[0].said.en
    np.testing.assert_array_equal(one.read(one.channels, 0, 36), VALUES[:36].T)


@pytest.mark.parametrize("by", [1, 4, 8])
@pytest.mark.parametrize("first", [0.0, 1.0])
def test_data_said_some_values_late_are_refused_whatever_the_bytes_before_them(by: int, first: float) -> None:
    """Every channel would hold its neighbour's numbers; with a first value of 0 nothing else shows it."""
    values = VALUES.copy()
    values[0] = first
    whole = made("FCS3.1", values.tobytes(), floats())
    with pytest.raises(InvariantBroken, match=f"{by} bytes before DATA and {8 - by} behind") as refused:
        one_of(late(whole, by))
    assert Fault.TAKE_OFFSETS in refused.value.do
    padded = made("FCS3.1", values.tobytes(), floats(), behind=b"\0" * 12)
    with pytest.raises(InvariantBroken, match="within the first event"):
        one_of(late(padded, by))


@pytest.mark.parametrize(
    ("junk", "behind"),
    [(b"\0\0\0\0", b"00000000"), (b"\0" * 400, b"\0" * 5), (b" ", b"\0\x0000000000\r\n"), (b"    ", b"\n")],
)
def test_padding_before_data_is_noted_and_no_reason_to_refuse(junk: bytes, behind: bytes) -> None:
    one = one_of(moved(made("FCS3.1", FLOATS, floats(), behind=behind), junk))
    assert [note for note in one.notes if note.en.startswith(NOTED[Quirk.BYTES_BETWEEN].en)]
    np.testing.assert_array_equal(one.read(one.channels, 0, COUNT), VALUES.T)


def test_contradicting_repairs_are_no_repair() -> None:
    with pytest.raises(InvariantBroken, match="TEXT says"):
        one_of(FAULTY[Fault.TAKE_TEXT][0], Fault.TAKE_TEXT, Fault.TAKE_HEADER)


def test_what_repairs_name_and_say() -> None:
    names = one_of(good(_P3N="C1", _P2N=""), Fault.NAME_TWICE, Fault.NAME_MISSING)
    assert names.channels == ("C1", "P2", "C1 [3]")
    ranged = one_of(FAULTY[Fault.RANGE_UNKNOWN][0], Fault.RANGE_UNKNOWN)
    assert ranged.parameters[0].range == 2 ** math.ceil(math.log2(VALUES[:, 0].max()))
    assert np.isnan(one_of(not_finite(), Fault.NOT_FINITE).read(("C2",), 7, 8)).all()


HOPELESS = {
    "histogram": (good(_MODE="H"), InvariantBroken, "$MODE, byte"),
    "correlated": (good(_MODE="C"), InvariantBroken, "$MODE, byte"),
    "uncorrelated": (good(_MODE="U"), InvariantBroken, "$MODE, byte"),
    "ascii": (good(_DATATYPE="A"), UnknownFormat, "$DATATYPE, byte"),
    "unknown datatype": (good(_DATATYPE="Q"), UnknownFormat, "$DATATYPE, byte"),
    "no datatype": (good(_DATATYPE=""), Malformed, "$DATATYPE"),
    "no parameters": (good(_PAR="0"), Malformed, "$PAR, byte"),
    "oversize parameters": (good(_PAR="4"), Malformed, "$P4B"),
    "a thousand million parameters": (good(_PAR="1000000000"), TooLarge, "$PAR, byte"),
    "a million million events": (good(_TOT="1000000000000"), InvariantBroken, "$TOT, byte"),
    "events no number": (good(_TOT="forty"), Malformed, "$TOT, byte"),
    "bits of a float": (good(_P1B="16"), Malformed, "$P1B, byte"),
    "65 bits": (short(_P1B="65"), Malformed, "$P1B, byte"),
    "data over text": (
        good()[:26] + b"%8d%8d" % (60, 539) + good()[42:], InvariantBroken, "HEADER, byte 26"
    ),
    "analysis nowhere": (good(_BEGINANALYSIS="9", _ENDANALYSIS="99999"), Truncated, "$BEGINANALYSIS, byte"),
    "supplement nowhere": (good(_BEGINSTEXT="99999", _ENDSTEXT="9"), Truncated, "$BEGINSTEXT, byte"),
    "next data set within": (good(_NEXTDATA="58"), InvariantBroken, "$NEXTDATA, byte"),
    "next data set beyond": (good(_NEXTDATA="99999999"), InvariantBroken, "$NEXTDATA, byte"),
    "an order of four bytes for two": (short(_BYTEORD="3,4,1,2"), InvariantBroken, "$BYTEORD, byte"),
    "cut in the header": (good()[:40], Truncated, "byte 40"),
    "empty": (b"", UnknownFormat, "byte 0"),
    "cut in the text": (good()[:100], Truncated, "HEADER, byte 10"),
    "letters in the header": (good()[:10] + b"   fifty" + good()[18:], Malformed, "HEADER, byte 10"),
    "no delimiter": (good()[:58] + b"$" + good()[59:], Malformed, "TEXT, byte 58"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOPELESS)
def test_what_no_repair_can_mend_is_refused_whatever_is_asked(name: str) -> None:
    data, kind, where = HOPELESS[name]
    with pytest.raises(kind) as refused:
        one_of(data)
    assert where in refused.value.where
    if name not in ("a million million events", "data over text"):
        with pytest.raises(kind):
            one_of(data, Fault.WHOLE_EVENTS, Fault.NAME_MISSING, Fault.RANGE_UNKNOWN)


def test_a_text_of_two_gigabytes_is_not_read() -> None:
    file = good(_BEGINSTEXT="5000", _ENDSTEXT="2000005000")
    with mmap.mmap(-1, 2_100_000_000) as room:
        room[: len(file)] = file
        room[5000:5001] = b"/"
        with pytest.raises(TooLarge, match="TEXT has 2000000001 bytes"):
            read_fcs(room, "made.fcs")
        room[10:26] = b"%8d%8d" % (58, 99_999_999)
        with pytest.raises(TooLarge, match="TEXT has 99999942 bytes"):
            read_fcs(room, "made.fcs")


def moved(data: bytes, junk: bytes) -> bytes:
    """DATA put further back, with bytes before it."""
    begin, end = int(data[26:34]), int(data[34:42])
    text = data[58:begin]
    for key, place in ((b"$BEGINDATA", begin), (b"$ENDDATA", end)):
        text = text.replace(b"%s/%09d" % (key, place), b"%s/%09d" % (key, place + len(junk)))
    header = data[:26] + b"%8d%8d" % (begin + len(junk), end + len(junk)) + data[42:58]
    return header + text + junk + data[begin:]


def quirky() -> dict[Quirk, bytes]:
    first = good()
    end = int(first[34:42])
    tagged = SHORTS.astype("<u2") + (7 << 12)
    return {
        Quirk.BLANK_OFFSETS: first[:26] + b" " * 16 + first[42:],
        Quirk.END_ONE_OFF: first.replace(b"$ENDDATA/%09d" % end, b"$ENDDATA/%09d" % (end + 1)),
        Quirk.COUNT_NOT_GIVEN: made("FCS2.0", FLOATS, floats(_TOT="")),
        Quirk.EMPTY_VALUE: made("FCS3.1", FLOATS, {"$OP": ""} | floats()),
        Quirk.NOT_UTF8: first.replace(b"/C3/", b"/\xb53/"),
        Quirk.SAME_TWICE: good(_TOT=f"{COUNT}/$TOT/{COUNT}"),
        Quirk.FIRST_OF_TWO: good(_TOT=f"{COUNT}/OWN/1/OWN/2"),
        Quirk.NO_SUPPLEMENT: good(_BEGINSTEXT="100", _ENDSTEXT="120"),
        Quirk.OPEN_END: first[:18] + b"%8d" % (int(first[18:26]) - 1) + first[26:],
        Quirk.LOG_FROM_ONE: short(_P1E="4,0"),
        Quirk.SCALE_NOT_GIVEN: good(_P2E=""),
        Quirk.GAIN_NOT_USED: short(_P1E="4,1", _P1G="2"),
        Quirk.NO_TIME_STEP: good(_P1N="Time", _TIMESTEP="slow"),
        Quirk.BIT_STREAM: made("FCS3.0", bytes(15), described((10, 14), 5)),
        Quirk.STRAY_BITS: made("FCS3.0", tagged.tobytes(), described((16,) * 3, COUNT, _P1R="1024")),
        Quirk.ABOVE_RANGE: short(_P1R="900"),
        Quirk.RANGE_ABOVE_BITS: short(_P1R="100000"),
        Quirk.BYTES_BETWEEN: moved(first, b"junk"),
        Quirk.BYTES_BEHIND: first + b"and more",
        Quirk.ANALYSIS: first[:42] + b"%8d%8d" % (end + 1, end + 5) + first[58:-8] + b"/A/1/00000000",
        Quirk.CHECKED: first[:-8] + b"%08d" % binascii.crc_hqx(first[:-8], 0xFFFF),
    }


def test_every_quirk_has_a_file_and_words() -> None:
    assert set(quirky()) == set(Quirk) == set(NOTED)


@pytest.mark.parametrize("quirk", Quirk)
def test_a_quirk_is_read_and_noted(quirk: Quirk) -> None:
    one = one_of(quirky()[quirk])
    said = [note for note in one.notes if note.en.startswith(NOTED[quirk].en)]
    assert len(said) == 1 and said[0].zh.startswith(NOTED[quirk].zh)
    assert one.repairs == ()
    assert one.read(one.channels, 0, one.count).shape == (len(one.parameters), one.count)


FLOATING = [
    Quirk.BLANK_OFFSETS, Quirk.END_ONE_OFF, Quirk.COUNT_NOT_GIVEN, Quirk.EMPTY_VALUE, Quirk.NOT_UTF8,
    Quirk.SAME_TWICE, Quirk.FIRST_OF_TWO, Quirk.NO_SUPPLEMENT, Quirk.OPEN_END, Quirk.SCALE_NOT_GIVEN,
    Quirk.NO_TIME_STEP, Quirk.BYTES_BETWEEN, Quirk.BYTES_BEHIND, Quirk.ANALYSIS, Quirk.CHECKED,
]  # fmt: skip


@pytest.mark.parametrize("quirk", FLOATING)
def test_a_quirk_changes_no_event(quirk: Quirk) -> None:
    one = one_of(quirky()[quirk])
    np.testing.assert_array_equal(one.read(one.channels, 0, one.count), VALUES.T)


@pytest.mark.parametrize("start", [0, 0xFFFF])
def test_a_checksum_finds_a_flipped_bit(start: int) -> None:
    first = good()[:-8]
    digits = b"%08d" % binascii.crc_hqx(first, start)
    assert one_of(first + digits).count == COUNT
    flipped = bytearray(first)
    flipped[-20] ^= 1
    with pytest.raises(InvariantBroken, match="checksum"):
        one_of(bytes(flipped) + digits)


def test_the_page_names_every_fault_and_quirk() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rooms" / "flow-fcs.md").read_text("utf-8")
    assert [one for one in (*Fault, *Quirk) if f"`{one}`" not in page] == []
