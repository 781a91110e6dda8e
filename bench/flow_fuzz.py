"""A hundred thousand damaged FCS files: each is read or refused; none crashes, hangs or misleads the reader.

From small files of every kind, made here (and those in ../shared, where they are): digits of the HEADER
changed, values of TEXT replaced by nasty ones, keywords taken out or doubled, bytes flipped, taken out, put
in, files cut. Repairs are asked for at random. A file that is read is checked: every event lies within DATA,
whole, and no number is invented. Promised: only refusals, and no file above a second of CPU.

Run `python bench/flow_fuzz.py [--files 100000] [--seed 1]`.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.random import Generator

from remission.errors import InputRefused
from remission.mrd.flow.fcs.faults import Fault
from remission.mrd.flow.fcs.reading import DataSet, read_fcs

SHARED = Path(__file__).parents[2] / "shared" / "data" / "flow"
SMALL = (
    "readers/flowio/variable_int_example.fcs",
    "readers/flowio/data_stop_offset_discrepancy_example.fcs",
    "readers/flowkit/index_sorted_example.fcs",
    "leukemia/tidytof/Healthy1_Basal.fcs",
    "readers/fcsparser/cyflow_cube_8.fcs",
)
NASTY = (
    "", " ", "0", "-1", "1", "2", "3", "4", "7", "8", "12", "16", "24", "31", "32", "33", "63",
    "64", "65", "128", "255", "256", "1000", "1024", "65536", "99999999", "999999999", "4294967296",
    "1000000000000", "99999999999999999999999", "1e9", "1e308", "1e999", "nan", "inf", "-inf",
    "0x10", "1.5", "4,0", "0,0", "4,1", "0,1", "4,-1", "nan,nan", "1e5,1", "4", "4,1,1", "1,2,3,4",
    "4,3,2,1", "3,4,1,2", "2,1", "1,2", "1", "0,0,0,0", "1,1,1,1", "1,2,3,4,5,6,7,8", "I", "F", "D",
    "A", "L", "C", "U", "H", "X", "i", "*", "Time", "TIME", "\u00e9", "/", "//", "\0", "\n",
    "\u0661", "+5", "1_000", " 5 ", "5 5",
)  # fmt: skip
LONGEST_S = 1.0


def made(
    version: str,
    data: bytes,
    keywords: Mapping[str, str],
    *,
    delimiter: str = "/",
    behind: bytes = b"00000000",
    supplement: Mapping[str, str] | None = None,
    header: Sequence[int] | None = None,
) -> bytes:
    """An FCS data set, offsets filled in where `keywords` and `header` do not say them otherwise."""

    def text(words: Mapping[str, str]) -> bytes:
        return (delimiter + "".join(f"{k}{delimiter}{v}{delimiter}" for k, v in words.items())).encode()

    more = b"" if supplement is None else text(supplement)
    blank = {"$BEGINDATA": "0" * 9, "$ENDDATA": "0" * 9, "$BEGINSTEXT": "0" * 9, "$ENDSTEXT": "0" * 9}
    if version == "FCS2.0":
        blank = {}
    length = len(text(blank | dict(keywords)))
    begin = 58 + length + len(more)
    places = {"$BEGINDATA": begin, "$ENDDATA": begin + len(data) - 1} if data else {}
    if supplement is not None:
        places |= {"$BEGINSTEXT": 58 + length, "$ENDSTEXT": begin - 1}
    words = blank | {key: f"{place:09d}" for key, place in places.items() if key in blank} | dict(keywords)
    offsets = header or (58, 58 + length - 1, begin, begin + len(data) - 1, 0, 0)
    return (
        version.encode()
        + b"    "
        + b"".join(b"%8d" % one for one in offsets)
        + text(words)
        + more
        + data
        + behind
    )


def described(
    bits: Sequence[int], count: int, datatype: str = "I", order: str = "1,2,3,4", **more: str
) -> dict[str, str]:
    """The keywords of a list of events; `more` overrides, with `_` for `$`; an empty one is left out."""
    said = {
        "$MODE": "L", "$DATATYPE": datatype, "$BYTEORD": order, "$PAR": str(len(bits)), "$TOT": str(count),
        "$NEXTDATA": "0",
    }  # fmt: skip
    for n, width in enumerate(bits, start=1):
        top = 262144 if datatype != "I" else 1 << width
        said |= {f"$P{n}N": f"C{n}", f"$P{n}B": str(width), f"$P{n}E": "0,0", f"$P{n}R": str(top)}
    said |= {key.replace("_", "$", 1): value for key, value in more.items()}
    return {key: value for key, value in said.items() if value}


def seeds(rng: Generator, count: int = 20) -> list[bytes]:
    """A small file of each kind."""
    floats = rng.normal(1000, 900, (count, 3))
    whole = rng.integers(0, 1024, (count, 3))
    packed = rng.integers(0, 256, (count * 36 + 7) // 8).astype(np.uint8).tobytes()
    any_bytes = rng.integers(0, 256, count * 15).astype(np.uint8).tobytes()
    spill = "2,C1,C2,1,0.1,0.2,1"
    f32, f64 = (32, 32, 32), (64, 64, 64)
    first = made("FCS3.1", floats.astype("<f4").tobytes(), described(f32, count, "F"))
    again = described(f32, count, "F", _NEXTDATA=f"{len(first):d}")
    again["$NEXTDATA"] = str(len(made("FCS3.1", floats.astype("<f4").tobytes(), again)))
    return [
        first,
        made(
            "FCS3.1", floats.astype(">f4").tobytes(), described(f32, count, "F", "4,3,2,1", _SPILLOVER=spill)
        ),
        made(
            "FCS3.0",
            floats.astype("<f8").tobytes(),
            described(f64, count, "D", _P3N="Time", _TIMESTEP="0.01"),
        ),
        made(
            "FCS2.0", whole.astype(">u2").tobytes(), described((16,) * 3, count, order="4,3,2,1", _P1E="4,0")
        ),
        made("FCS3.1", any_bytes, described((8, 24, 16, 32, 40), count, _P2E="4,1", _P3G="8")),
        made("FCS3.0", whole.astype("<u2").tobytes(), described((16,) * 3, count, _P1R="1024")),
        made("FCS3.0", packed, described((10, 12, 14), count)),
        made("FCS3.0", rng.bytes(count * 8), described((32, 32), count, order="3,4,1,2")),
        made("FCS3.2", rng.bytes(count * 2) + b"", described((8, 8), count, _MODE="", _P1DATATYPE="I")),
        made(
            "FCS3.1",
            floats.astype("<f4").tobytes(),
            described(f32, count, "F"),
            supplement={"MORE": "1", "X": "2"},
        ),
        made("FCS3.1", floats.astype("<f4").tobytes(), again) + first,
    ]


def shared_seeds() -> list[bytes]:
    """Small files of instruments, where they are to be had."""
    return [path.read_bytes() for name in SMALL if (path := SHARED / name).exists()]


def mutated(seed: bytes, rng: Generator) -> bytes:
    """One injury, or up to three."""
    for _ in range(max(1, int(rng.integers(-2, 4)))):
        seed = INJURIES[int(rng.integers(len(INJURIES)))](seed, rng)
    return seed


def _header(seed: bytes, rng: Generator) -> bytes:
    at = 10 + 8 * int(rng.integers(6))
    if rng.random() < 0.5:
        new = (
            str(int(seed[at : at + 8].strip() or 0) + int(rng.integers(-9, 10))) if _digits(seed, at) else "1"
        )
    else:
        new = NASTY[int(rng.integers(len(NASTY)))]
    return seed[:at] + new.encode()[:8].rjust(8) + seed[at + 8 :]


def _digits(seed: bytes, at: int) -> bool:
    return not seed[at : at + 8].strip() or seed[at : at + 8].strip().isdigit()


def _words(seed: bytes, rng: Generator) -> tuple[int, int, list[bytes]]:
    begin, end = (int(seed[at : at + 8]) if seed[at : at + 8].strip().isdigit() else 0 for at in (10, 18))
    if not 0 < begin < end < len(seed):
        begin, end = 0, min(len(seed), 500)
    return begin, end, seed[begin : end + 1].split(seed[begin : begin + 1] or b"/")


def _value(seed: bytes, rng: Generator) -> bytes:
    begin, end, words = _words(seed, rng)
    at = int(rng.integers(len(words)))
    old = words[at]
    if old.isdigit() and rng.random() < 0.4:
        new = str(max(int(old[:18]) + int(rng.integers(-3, 4)), 0)).encode()
    else:
        new = NASTY[int(rng.integers(len(NASTY)))].encode()
    words[at] = new.rjust(len(old)) if rng.random() < 0.6 else new
    return seed[:begin] + seed[begin : begin + 1].join(words) + seed[end + 1 :]


def _keyword(seed: bytes, rng: Generator) -> bytes:
    begin, end, words = _words(seed, rng)
    at = 1 + 2 * int(rng.integers(max(len(words) // 2, 1)))
    pair = words[at : at + 2]
    words[at : at + 2] = [] if rng.random() < 0.5 else pair * 2
    text = seed[begin : begin + 1].join(words)
    return (
        seed[:begin] + (text.ljust(end + 1 - begin) if len(text) <= end - begin else text) + seed[end + 1 :]
    )


def _flip(seed: bytes, rng: Generator) -> bytes:
    some = bytearray(seed)
    reach = len(some) if rng.random() < 0.5 else min(len(some), 700)
    for _ in range(int(rng.integers(1, 9))):
        if reach:
            some[int(rng.integers(reach))] = int(rng.integers(256))
    return bytes(some)


def _cut(seed: bytes, rng: Generator) -> bytes:
    return seed[: int(rng.integers(len(seed) + 1))]


def _shift(seed: bytes, rng: Generator) -> bytes:
    at, size = int(rng.integers(len(seed) + 1)), int(rng.integers(1, 70))
    return seed[:at] + (seed[at + size :] if rng.random() < 0.5 else rng.bytes(size) + seed[at:])


INJURIES = (_header, _value, _value, _keyword, _flip, _flip, _cut, _shift)


def outcome(data: bytes, repairs: frozenset[Fault]) -> str:
    """Read a file and what it holds; the kind of its refusal, or `read`.

    Raises
    ------
    AssertionError
        If what was read does not lie in DATA.
    """
    try:
        file = read_fcs(data, "damaged", repairs)
    except InputRefused as refusal:
        assert refusal.where and refusal.do and str(refusal)
        return type(refusal).__name__
    for one in file.data_sets:
        _check(one, data)
    return "repaired" if any(one.repairs for one in file.data_sets) else "read"


def _check(one: DataSet, data: bytes) -> None:
    held, layout, stride = one.data, one.layout, one.stride
    unit = 1 if layout.stream else 8
    assert held.size * 8 >= one.count * stride, "events outside DATA"
    assert (layout.plan[:, 1:].sum(axis=1) * unit <= stride).all(), "a number outside its event"
    assert held.size == 0 or held.tobytes() in data, "DATA is not in the file"
    values = one.read(one.channels, 0, one.count)
    assert values.shape == (len(one.parameters), one.count)
    finite = np.isfinite(values).all()
    assert finite or any(repair.fault is Fault.NOT_FINITE for repair in one.repairs), "an invented number"
    with suppress(InputRefused):
        assert one.spill is None or one.spill.values


def some_repairs(rng: Generator) -> frozenset[Fault]:
    """None, all but those that exclude each other, or a few."""
    kind = rng.random()
    if kind < 0.4:
        return frozenset()
    every = [
        one
        for one in Fault
        if kind >= 0.7 or one not in (Fault.TAKE_TEXT, Fault.COUNT_FROM_DATA, Fault.BIG_ENDIAN)
    ]
    return frozenset(one for one in every if kind < 0.7 or rng.random() < 0.3)


def main() -> int:
    """Injure, read, count."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--files", type=int, default=100_000)
    words.add_argument("--seed", type=int, default=1)
    asked = words.parse_args()
    rng = np.random.default_rng(asked.seed)
    grown = seeds(rng) + shared_seeds()
    outcomes: Counter[str] = Counter(outcome(seed, frozenset()) for seed in grown)
    print(f"{len(grown)} seeds: {dict(outcomes)}")
    outcomes.clear()
    longest, begun = 0.0, time.process_time()
    for number in range(asked.files):
        data, repairs = mutated(grown[int(rng.integers(len(grown)))], rng), some_repairs(rng)
        start = time.process_time()
        try:
            outcomes[outcome(data, repairs)] += 1
        except Exception:
            print(f"file {number} of seed {asked.seed}, repairs {sorted(repairs)}: {data[:4000]!r}")
            raise
        longest = max(longest, time.process_time() - start)
    spent = time.process_time() - begun
    print(f"{asked.files} files in {spent:.0f} s of CPU: {dict(outcomes.most_common())}")
    print(f"longest: {longest:.3f} s (promised: at most {LONGEST_S}); nothing but refusals was raised")
    return int(longest > LONGEST_S)


if __name__ == "__main__":
    sys.exit(main())
