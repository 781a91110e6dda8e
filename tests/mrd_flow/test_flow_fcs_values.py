"""Numbers of every width and order against Python's own, scale values by the formulas, limits."""

import mmap
import struct
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused, InvariantBroken
from remission.mrd.flow.fcs import kernels_fcs as kernels
from remission.mrd.flow.fcs.reading import DataSet, read_fcs

# The bench makes and damages files; tests and benches must not differ in how.
sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))

from flow_fuzz import described, made, mutated, outcome, seeds, shared_seeds, some_repairs


def one_of(data: bytes) -> DataSet:
    return read_fcs(data, "made.fcs").data_sets[0]


def slowly(data: bytes, widths: list[int], order: list[int]) -> list[list[int]]:
    """Whole numbers, byte by byte: `order` says the significance of each byte, from 1."""
    events: list[list[int]] = []
    for at in range(0, len(data), sum(widths)):
        event: list[int] = []
        for width in widths:
            part, at = data[at : at + width], at + width
            own = order if len(order) == width else sorted(range(1, width + 1), reverse=order[0] > order[-1])
            event.append(sum(byte << 8 * (place - 1) for byte, place in zip(part, own, strict=True)))
        events.append(event)
    return events


@settings(deadline=None, max_examples=60)
@given(
    widths=st.lists(st.integers(1, 6), min_size=1, max_size=7),
    order=st.sampled_from(["1,2,3,4", "4,3,2,1", "1,2", "2,1"]),
    events=st.integers(1, 600),
    seed=st.integers(0, 2**32 - 1),
)
def test_whole_numbers_of_any_bytes(widths: list[int], order: str, events: int, seed: int) -> None:
    data = np.random.default_rng(seed).bytes(sum(widths) * events)
    one = one_of(made("FCS3.0", data, described([8 * width for width in widths], events, order=order)))
    expected = np.array(slowly(data, widths, [int(place) for place in order.split(",")]), dtype=np.float64).T
    np.testing.assert_array_equal(one.raw(one.channels, 0, events), expected)
    some = sorted({0, events // 3, events})
    parts = [one.read(one.channels, a, b) for a, b in pairwise(some)]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), expected)


@pytest.mark.parametrize("order", ["3,4,1,2", "2,1,4,3", "1,3,2,4"])
def test_mixed_orders_of_bytes(order: str) -> None:
    data = np.random.default_rng(5).bytes(8 * 50)
    one = one_of(made("FCS3.0", data, described((32, 32), 50, order=order)))
    places = [int(place) for place in order.split(",")]
    np.testing.assert_array_equal(one.raw(one.channels, 0, 50).T, slowly(data, [4, 4], places))


@settings(deadline=None, max_examples=40)
@given(
    widths=st.lists(st.integers(1, 40), min_size=1, max_size=6).filter(lambda some: any(w % 8 for w in some)),
    big=st.booleans(),
    padded=st.booleans(),
    events=st.integers(1, 80),
    seed=st.integers(0, 2**32 - 1),
)
def test_packed_bits(widths: list[int], big: bool, padded: bool, events: int, seed: int) -> None:
    """A long text of 0 and 1 says the same: written forward, or least significant first."""
    rng = np.random.default_rng(seed)
    expected = [[int(rng.integers(1 << width)) for width in widths] for _ in range(events)]
    pad = -sum(widths) % 8 if padded else 0
    lines = [
        "".join(_bits(n, w, big) for n, w in zip(event, widths, strict=True)) + "0" * pad
        for event in expected
    ]
    stream = "".join(lines)
    stream += "0" * (-len(stream) % 8)
    parts = [stream[at : at + 8] for at in range(0, len(stream), 8)]
    data = bytes(int(part if big else part[::-1], 2) for part in parts)
    order = "4,3,2,1" if big else "1,2,3,4"
    file = made("FCS3.0", data, described(widths, events, order=order))
    each = sum(widths)
    gap = -(-each // 8) * events - -(-each * events // 8)
    if each % 8 and events > 1 and (gap == 0 or (gap == 1 and padded)):
        with pytest.raises(InvariantBroken, match="cannot be told"):
            one_of(file)
    else:
        one = one_of(file)
        np.testing.assert_array_equal(one.raw(one.channels, 0, events).T, expected)


def _bits(number: int, width: int, big: bool) -> str:
    text = f"{number:0{width}b}"
    return text if big else text[::-1]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["f", "d"])
def test_floats_and_doubles(kind: str, order: str) -> None:
    values = np.random.default_rng(6).normal(0, 1e5, (700, 5)).astype(f"{order}{kind}")
    said = described((values.itemsize * 8,) * 5, 700, kind.upper(), "1,2,3,4" if order == "<" else "4,3,2,1")
    one = one_of(made("FCS3.1", values.tobytes(), said))
    np.testing.assert_array_equal(one.read(("C4", "C1"), 100, 600), values[100:600, [3, 0]].T)


def test_mixed_kinds_of_numbers() -> None:
    rows = [(7, 1.5, 2.25, 70000), (255, -3.0, 1e9, 1)]
    data = b"".join(struct.pack(">Bfd", *row[:3]) + row[3].to_bytes(3, "big") for row in rows)
    said = described((8, 32, 64, 24), 2, "I", "4,3,2,1", _P2DATATYPE="F", _P3DATATYPE="D")
    one = one_of(made("FCS3.2", data, said | {"$MODE": "L"}))
    np.testing.assert_array_equal(one.read(one.channels, 0, 2).T, rows)
    assert [parameter.datatype for parameter in one.parameters] == ["I", "F", "D", "I"]


def test_scale_values_by_the_formulas() -> None:
    stored = np.random.default_rng(7).integers(0, 1024, (50, 4))
    said = described(
        (16,) * 4, 50, _P1E="4,1", _P1R="1024", _P2E="5,0.1", _P2R="1024", _P3G="8", _P4N="Time",
        _TIMESTEP="0.02",
    )  # fmt: skip
    one = one_of(made("FCS3.1", stored.astype("<u2").tobytes(), said))
    a, b, c, time = one.read(one.channels, 0, 50)
    np.testing.assert_allclose(a, 10 ** (4 * stored[:, 0] / 1024), rtol=1e-14)
    np.testing.assert_allclose(b, 0.1 * 10 ** (5 * stored[:, 1] / 1024), rtol=1e-14)
    np.testing.assert_array_equal(c, stored[:, 2] / 8)
    np.testing.assert_array_equal(time, stored[:, 3] * 0.02)
    assert one.ranges == {"C1": 1e4, "C2": pytest.approx(1e4), "C3": 65536 / 8, "Time": 65536 * 0.02}


@pytest.mark.parametrize(("top", "mask"), [("1024", 1023), ("1000", 1023), ("1025", 2047), ("65536", 65535)])
def test_masks_are_as_wide_as_the_range_needs(top: str, mask: int) -> None:
    stored = np.array([[5, mask, mask // 2]] * 200, dtype="<u2")
    stored[3, 1] |= 0x8000
    one = one_of(made("FCS3.0", stored.tobytes(), described((16,) * 3, 200, _P2R=top)))
    assert one.raw(("C2",), 3, 4)[0, 0] == (stored[3, 1] & mask)


def test_a_whole_number_that_no_double_holds_is_refused() -> None:
    data = np.array([[2**53 + 2**40]], dtype="<u8").tobytes()
    with pytest.raises(InvariantBroken, match="2\\^53"):
        one_of(made("FCS3.0", data, described((64,), 1)))


def test_offsets_beyond_four_gigabytes_are_read_where_they_say() -> None:
    values = np.arange(30, dtype="<f4").reshape(10, 3) + 1
    begin = 4_500_000_000
    said = described((32,) * 3, 10, "F", _BEGINDATA=str(begin), _ENDDATA=str(begin + 119))
    head = made("FCS3.1", b"", said, behind=b"", header=(0, 0, 0, 0, 0, 0))
    head = head[:10] + b"%8d%8d" % (58, len(head) - 1) + head[26:]
    with tempfile.TemporaryFile() as file:
        file.write(head)
        file.seek(begin)
        file.write(values.tobytes())
        file.flush()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            one = read_fcs(mapped, "long.fcs").data_sets[0]
            np.testing.assert_array_equal(one.read(one.channels, 0, 10), values.T)
            del one


def test_events_and_channels_that_are_not_there_are_refused() -> None:
    one = one_of(made("FCS3.1", np.ones((5, 2), "<f4").tobytes(), described((32, 32), 5, "F")))
    for start, stop in ((-1, 2), (0, 6), (4, 3)):
        with pytest.raises(InputRefused, match="of 5"):
            one.read(one.channels, start, stop)
    with pytest.raises(InputRefused, match="no channel"):
        one.read(("C9",), 0, 1)
    assert one.read((), 0, 5).shape == (0, 5) and one.read(one.channels, 5, 5).shape == (2, 0)


def test_no_events_are_an_answer() -> None:
    one = one_of(made("FCS3.1", b"", described((32, 32), 0, "F")))
    assert one.count == 0 and one.read(one.channels, 0, 0).shape == (2, 0)


def test_doubled_delimiters_and_letters_beyond_ascii() -> None:
    said = described((32,), 1, "F", _P1N="a||b", _OP="李||")
    one = one_of(made("FCS3.1", np.ones(1, "<f4").tobytes(), said, delimiter="|"))
    assert one.channels == ("a|b",) and one.keywords["$OP"] == "李|"


def test_a_supplement_adds_keywords() -> None:
    data = made("FCS3.1", np.ones(1, "<f4").tobytes(), described((32,), 1, "F"), supplement={"MORE": "x"})
    assert one_of(data).keywords["MORE"] == "x"


@pytest.mark.parametrize("number", range(11))
def test_loops_touch_no_byte_but_those_of_the_events(number: int) -> None:
    """The same loops uncompiled, where an index outside raises, on arrays that end where DATA does."""
    one = one_of(seeds(np.random.default_rng(8))[number])
    rows = len(one.parameters)
    fast, slow = one.raw(one.channels, 0, one.count), np.empty((rows, one.count))
    layout = one.layout
    with np.errstate(over="ignore"):
        if layout.stream:
            kernels.unpack.py_func(one.data, 0, one.stride, layout.big, layout.plan, layout.masks, slow)
        else:
            kernels.decode.py_func(
                one.data, 0, one.stride // 8, layout.plan, layout.shifts, layout.masks, slow
            )
    np.testing.assert_array_equal(slow, fast)
    assert one.data.size * 8 - one.count * one.stride < 8


def test_what_surrounds_the_data_changes_nothing() -> None:
    """Canaries: other bytes before and behind DATA leave every event as it was."""
    plain = seeds(np.random.default_rng(9))[0]
    one, other = one_of(plain + b"\xa5" * 4096), one_of(plain + b"\x5a" * 4096)
    np.testing.assert_array_equal(
        one.read(one.channels, 0, one.count), other.read(other.channels, 0, other.count)
    )


def test_damaged_files_are_read_or_refused() -> None:
    """What bench/flow_fuzz.py does a hundred thousand times."""
    rng = np.random.default_rng(10)
    grown = seeds(rng) + shared_seeds()
    kinds = {
        outcome(mutated(grown[int(rng.integers(len(grown)))], rng), some_repairs(rng)) for _ in range(4000)
    }
    assert {"read", "repaired", "Malformed", "Truncated", "InvariantBroken", "UnknownFormat"} <= kinds


@pytest.mark.parametrize("order", ["1,2,3,4", "4,3,2,1"])
@pytest.mark.parametrize(
    ("odd", "refused"),
    [
        (0.0, False),
        (-0.0, False),
        (9e24, False),
        (-1.1e-25, False),
        (2e25, True),
        (1e-26, True),
        (-np.inf, True),
    ],
)
def test_a_channel_of_odd_floats_is_told_from_one_of_zeros(order: str, odd: float, refused: bool) -> None:
    values = np.full((300, 2), odd, dtype="<f4" if order == "1,2,3,4" else ">f4")
    data = made("FCS3.1", values.tobytes(), described((32, 32), 300, "F", order))
    if refused:
        with pytest.raises(InvariantBroken, match=r"1e25|not finite"):
            one_of(data)
    else:
        np.testing.assert_array_equal(one_of(data).read(("C1",), 0, 300)[0], values[:, 0])
