"""Broken and hostile files: a typed error that names file and place, soon and in bounded memory."""

import io
import json
import time
import tracemalloc
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import (
    Hostile,
    InputRefused,
    Malformed,
    TooLarge,
    Truncated,
    UnknownFormat,
    WrongEncoding,
)
from remission.registry.read import Reading, read_record

STUDY = files("remission") / "studies" / "nct06607419"
PAGE = (STUDY / "record.txt").read_bytes()
JSON = (STUDY / "record.json").read_bytes()
XML = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<clinical_study>\n'
    b"<id_info><nct_id>NCT00000001</nct_id></id_info>\n"
    b"<brief_title>\xe2\x89\xa5 1 <![CDATA[x]]></brief_title>\n</clinical_study>\n"
)
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "registry"
BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<clinical_study>&b;</clinical_study>"""
OUTSIDE = b"""<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><clinical_study>&f;</clinical_study>"""


def read(data: bytes, limit: int = 32 << 20) -> Reading:
    return read_record(io.BytesIO(data), "file", limit)


@pytest.mark.parametrize(
    ("data", "kind", "where"),
    [
        (b"", Truncated, "byte 1"),
        (b" \n\n", Truncated, "byte 1"),
        (BOMB, Hostile, "line 2, column 1"),
        (OUTSIDE, Hostile, "line 1, column 1"),
        (b"<!DOCTYPE html><html><body>error</body></html>", Hostile, "line 1, column 1"),
        (b"<clinical_study>&nbsp;</clinical_study>", Malformed, "line 1, column 17"),
        (b"<a>" * 100_000, Hostile, "line 1, column 193"),
        (b"<clinical_study>\n<b></c>", Malformed, "line 2, column 6"),
        (b"[" * 1_000_000, Hostile, "line 1, column 65"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, Hostile, "line 1, column 321"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, Hostile, "line 1, column 321"),
        (b'{"protocolSection": {"a": 1,\n "a": 2}}', Malformed, "line 2, column 2 (/protocolSection/a)"),
        (b'{"protocolSection": {"a": [1, NaN]}}', Malformed, "line 1, column 31 (/protocolSection/a/1)"),
        (b'{"protocolSection": {"a": -Infinity}}', Malformed, "line 1, column 27"),
        (b'{"protocolSection": {"a": ' + b"9" * 5000 + b"}}", Malformed, "line 1, column 27"),
        (b'{"protocolSection": {"a": "\\ud800"}}', Malformed, "line 1, column 27"),
        (b'{"protocolSection": {"a" 1}}', Malformed, "line 1, column 26"),
        (b'{"protocolSection": {"a": tru', Truncated, "line 1, column 27"),
        (b"not a record at all\nof any kind\n\nreally\n\n\n", UnknownFormat, "line 1"),
        (b"%PDF-1.4\n1\n2\n3\n4\n", UnknownFormat, "line 1"),
        (PAGE.decode().encode("utf-16"), WrongEncoding, "byte 1"),
        (PAGE.decode().encode("utf-16-le"), WrongEncoding, "byte 2"),
        (JSON.decode().encode("utf-16"), WrongEncoding, "byte 1"),
        (PAGE[:40] + b"\0" + PAGE[40:], WrongEncoding, "byte 41"),
        (PAGE[:40] + b"\x07" + PAGE[40:], Malformed, "line 1, column 41"),
        (PAGE[:150] + b"\xe9" + PAGE[150:], WrongEncoding, "byte 151 (line 5)"),
        (XML.replace(b"UTF-8", b"ISO-8859-1"), WrongEncoding, "line 1"),
        (XML[: XML.index(b"\x89")], Truncated, "byte 118 (line 4)"),
        (PAGE + b"\nx" + b"y" * 1_000_001, TooLarge, "line 444"),
    ],
    ids=range(29),
)
def test_typed_error_with_its_place(data: bytes, kind: type[InputRefused], where: str) -> None:
    start = time.perf_counter()
    with pytest.raises(InputRefused) as caught:
        read(data)
    assert type(caught.value) is kind
    assert caught.value.where.startswith("file")
    assert where in caught.value.where
    assert caught.value.do
    assert time.perf_counter() - start < 10


class Endless(io.RawIOBase):
    """A stream that never ends; it counts what was taken."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        self.taken += size
        return b"{" * size


def test_an_endless_single_line_is_left_in_time() -> None:
    stream = Endless()
    tracemalloc.start()
    with pytest.raises(TooLarge, match="33554432 bytes"):
        read_record(stream, "endless")  # pyright: ignore[reportArgumentType]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stream.taken <= 33 << 20
    assert peak < 80 << 20


@pytest.mark.parametrize(
    "data",
    [b"[" + b"{}," * 3_000_000 + b"{}]", b'{"a":[' + b"1," * 3_000_000 + b"1]}"],
    ids=["objects", "numbers"],
)
def test_swarms_of_values_are_refused_before_they_are_made(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(TooLarge, match="values"):
        read(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * len(data)


def test_swarms_of_elements_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("remission.registry.xml_tree.ELEMENTS", 1000)
    with pytest.raises(TooLarge, match="1000 elements"):
        read(b"<clinical_study>" + b"<a/>" * 2000 + b"</clinical_study>")


def test_a_byte_order_mark_is_no_fault() -> None:
    for data in (PAGE, JSON, XML):
        assert read(b"\xef\xbb\xbf" + data) == read(data)


@pytest.mark.parametrize("data", [PAGE, JSON, XML], ids=["page", "json", "xml"])
def test_cut_anywhere_never_an_untyped_exception(data: bytes) -> None:
    kinds: set[type[InputRefused]] = set()
    for length in [*range(0, len(data), 50), *range(0, min(len(data), 400))]:
        try:
            read(data[:length])
        except InputRefused as refusal:
            kinds.add(type(refusal))
    assert kinds == {Truncated}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder is not here")
@pytest.mark.parametrize("name", ["ctgov_v2_json/NCT03475563.json", "ctgov_xml/NCT03182660.xml"])
def test_real_files_cut_anywhere_are_called_truncated(name: str) -> None:
    data = (SHARED / name).read_bytes().rstrip()
    for length in range(0, len(data), 50):
        with pytest.raises(Truncated):
            read(data[:length])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([PAGE, JSON, XML]), st.integers(0, 20_000), st.binary(min_size=1, max_size=6))
def test_overwritten_bytes_never_an_untyped_exception(data: bytes, at: int, noise: bytes) -> None:
    at %= len(data)
    try:
        reading = read(data[:at] + noise + data[at + len(noise) :])
    except InputRefused as refusal:
        assert "file" in refusal.where
    else:
        assert reading.record.identification.nct_id


SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "protocolSection",
                    "identificationModule",
                    "nctId",
                    "statusModule",
                    "designModule",
                    "phases",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(SHAPES)
def test_any_json_is_read_or_refused(value: object) -> None:
    study = {
        "protocolSection": {"identificationModule": {"nctId": "NCT00000001"}, "odd": value},
        "hasResults": value,
    }
    try:
        reading = read(json.dumps(study).encode())
    except InputRefused:
        return
    assert reading.unknown_keys == ("/protocolSection/odd",)
