"""What is written is read back, by us and by a peer; what FCS cannot hold is refused."""

import io

import numpy as np
import pytest
from flowio import FlowData

from remission.errors import InputRefused
from remission.mrd.flow.events import CHUNK, Held
from remission.mrd.flow.fcs.reading import DataSet, read_fcs
from remission.mrd.flow.fcs.writing import write_fcs
from remission.mrd.flow.spectrum import Spectrum

NAMES = ("FSC-A", "PE-A", "Time")
SPILL = Spectrum("s", ("FSC-A", "PE-A"), ("FSC-A", "PE-A"), ((1.0, 1 / 3), (0.1, 1.0)), "made")
RANGES = {"FSC-A": 262144.0, "PE-A": 4194304.0, "Time": 2621.44}


def held(count: int = CHUNK + 77) -> Held:
    values = np.random.default_rng(1).normal(1000, 900, (3, count)).astype(np.float32).astype(np.float64)
    values[2] = np.arange(count) * 0.01
    return Held(NAMES, values, SPILL)


def written(events: Held, **more: object) -> bytes:
    file = io.BytesIO()
    said = {"labels": {"PE-A": "CD19 | 李"}, "ranges": RANGES, "keywords": {}} | more
    write_fcs(file, events, **said)  # type: ignore[arg-type]
    return file.getvalue()


def read(data: bytes) -> DataSet:
    (one,) = read_fcs(data, "written.fcs").data_sets
    assert one.repairs == () and one.notes == ()
    return one


@pytest.mark.parametrize("datatype", ["F", "D"])
def test_what_is_written_is_read_back(datatype: str) -> None:
    events = held()
    one = read(written(events, datatype=datatype, keywords={"$CYT": "none", "OWN": "a/b"}))
    exact = events.values if datatype == "D" else events.values.astype(np.float32)
    np.testing.assert_array_equal(one.read(NAMES, 0, one.count), exact)
    assert one.labels == (("FSC-A", ""), ("PE-A", "CD19 | 李"), ("Time", ""))
    assert one.ranges == RANGES and one.keywords["OWN"] == "a/b"
    assert one.spill is not None and one.spill.values == SPILL.values and one.spill.detectors == NAMES[:2]


def test_time_is_written_in_steps_and_read_in_seconds() -> None:
    events = held(1000)
    one = read(written(events, keywords={"$TIMESTEP": "0.01"}))
    np.testing.assert_array_equal(one.read(("Time",), 0, 1000)[0], np.arange(1000) * 0.01)
    assert one.time_step == 1.0 and one.ranges["Time"] == pytest.approx(2621.44)


def test_a_file_that_was_read_is_written_alike() -> None:
    first = written(held(500), keywords={"$TIMESTEP": "0.01"})
    one = read(first)
    file = io.BytesIO()
    write_fcs(file, one, labels=dict(one.labels), ranges=one.ranges, keywords={"$TIMESTEP": "0.01"})
    assert file.getvalue() == first


def test_a_peer_reads_it() -> None:
    events = held(300)
    peers = FlowData(io.BytesIO(written(events)))
    np.testing.assert_array_equal(peers.as_array().T, events.values.astype(np.float32))
    assert peers.pnn_labels == list(NAMES)


def test_no_events() -> None:
    assert read(written(Held(NAMES, np.empty((3, 0))))).count == 0


class Start(io.RawIOBase):
    """Keeps the first bytes, and counts the rest."""

    def __init__(self) -> None:
        self.kept, self.size = b"", 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        size = len(memoryview(data).cast("B"))
        if len(self.kept) < 4096:
            self.kept += bytes(data[:4096])
        self.size += size
        return size


def test_a_large_file_has_its_offsets_in_text_and_is_never_held() -> None:
    class Zeros:
        channels, count, spill = NAMES, 8_400_000, None

        def read(self, channels: object, start: int, stop: int) -> np.ndarray:
            assert stop - start <= CHUNK
            return np.zeros((3, stop - start))

    file = Start()
    write_fcs(file, Zeros(), labels={}, ranges=RANGES, keywords={})  # type: ignore[arg-type]
    assert file.kept[26:42] == b"       0       0"
    begin = int(file.kept[10:18]) + int(file.kept[18:26]) - 57
    assert b"$BEGINDATA|%015d|$ENDDATA|%015d" % (begin, begin + 8_400_000 * 12 - 1) in file.kept
    assert file.size == begin + 8_400_000 * 12 + 8


@pytest.mark.parametrize(
    ("events", "more", "match"),
    [
        (Held(("A,B",), np.ones((1, 1))), {"ranges": {"A,B": 1.0}}, "cannot be \\$PnN"),
        (Held(("A", "A"), np.ones((2, 1))), {"ranges": {"A": 1.0}}, "cannot be \\$PnN"),
        (Held((" ",), np.ones((1, 1))), {"ranges": {" ": 1.0}}, "cannot be \\$PnN"),
        (held(2), {"ranges": {}}, "range of 'FSC-A' is None"),
        (held(2), {"keywords": {"$TOT": "3"}}, "stated by the writer"),
        (held(2), {"keywords": {"$P1N": "X"}}, "stated by the writer"),
        (held(2), {"keywords": {"$OP": " "}}, "the keyword '\\$OP'"),
        (held(2), {"keywords": {"$TIMESTEP": "0"}}, "TIMESTEP is '0'"),
        (Held(("A",), np.array([[1.0, np.nan]])), {"ranges": {"A": 1.0}}, "no finite number"),
        (Held(("A",), np.array([[1e39]])), {"ranges": {"A": 1.0}}, "no finite number of 32 bits"),
        (Held(NAMES, np.ones((3, 1)), Spectrum("s", ("x",), NAMES[:2], ((1.0, 0.1),), "")), {}, "square"),
    ],
)
def test_what_fcs_cannot_hold_is_refused(events: Held, more: dict[str, object], match: str) -> None:
    with pytest.raises(InputRefused, match=match):
        written(events, **more)
