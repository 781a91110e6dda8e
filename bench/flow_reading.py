"""FCS files read: one million events of 12 floats in at most 0.1 s of CPU, beside FlowIO in the same run.

Each reader in a process of its own: open the file and have every scale value once, ours by chunks of 65,536
events from a mapped file, FlowIO's as one array. CPU of the best of three, and the most memory the process
held, less what it held after importing. Values are compared. Events are invented, from a fixed seed. Then the
writer, and other kinds of numbers (ours alone).

Run `python bench/flow_reading.py [--events 1000000]`.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from flow_fuzz import described, made

from remission.mrd.flow.events import CHUNK, Held
from remission.mrd.flow.fcs.reading import read_fcs
from remission.mrd.flow.fcs.writing import write_fcs

PARAMETERS = 12
PROMISED_S = 0.1
OURS = """
import mmap
from remission.mrd.flow.events import CHUNK
from remission.mrd.flow.fcs.reading import read_fcs
def act(path):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        one = read_fcs(data, path).data_sets[0]
        total = 0.0
        for start in range(0, one.count, CHUNK):
            total += float(one.read(one.channels, start, min(start + CHUNK, one.count))[0, 0])
        del one
    return total
"""
PEER = """
from flowio import FlowData
def act(path):
    return float(FlowData(path).as_array(preprocess=True)[::65536, 0].sum())
"""
FRAME = """
import json, sys, time
def most():
    with open("/proc/self/status") as status:  # not ru_maxrss: a child begins with its parent's
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
act(sys.argv[1])
found = []
for _ in range(3):
    start = time.process_time()
    total = act(sys.argv[1])
    found.append(time.process_time() - start)
print(json.dumps([min(found), most(), total]))
"""
IDLE = "def act(path):\n    return 0.0\n"


def alone(code: str, path: Path) -> tuple[float, float, float]:
    """Seconds of CPU, most memory in MB, and the sum of some values."""
    words = [sys.executable, "-W", "ignore", "-c", code + FRAME, str(path)]
    seconds, memory, total = json.loads(subprocess.run(words, check=True, capture_output=True).stdout)
    return seconds, memory, total


def imported(code: str) -> str:
    """The imports of `code`, and nothing done."""
    return code.split("def act")[0] + IDLE


def beside_the_peer(path: Path, order: str) -> float:
    """Ours and FlowIO's for one file; ours in seconds."""
    ours, peers = alone(OURS, path), alone(PEER, path)
    rest = alone(imported(OURS), path)[1], alone(imported(PEER), path)[1]
    assert ours[2] == peers[2], "the readers disagree"
    print(
        f"floats, {order}: {ours[0]:.3f} s and {ours[1] - rest[0]:.0f} MB (promised: {PROMISED_S} s); "
        f"FlowIO {peers[0]:.3f} s and {peers[1] - rest[1]:.0f} MB; {peers[0] / ours[0]:.1f} times"
    )
    return ours[0]


def seconds_to_read(data: bytes) -> float:
    """CPU of opening and reading once."""
    start = time.process_time()
    one = read_fcs(data, "made.fcs").data_sets[0]
    for begin in range(0, one.count, CHUNK):
        one.read(one.channels, begin, min(begin + CHUNK, one.count))
    return time.process_time() - start


def main() -> int:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--events", type=int, default=1_000_000)
    events = words.parse_args().events
    rng = np.random.default_rng(1)
    values = (rng.random((events, PARAMETERS)) * 262144).astype("<f4")
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for order, kind in (("1,2,3,4", "<f4"), ("4,3,2,1", ">f4")):
            path = Path(folder) / f"{order}.fcs"
            said = described((32,) * PARAMETERS, events, "F", order)
            path.write_bytes(made("FCS3.1", values.astype(kind).tobytes(), said))
            taken.append(beside_the_peer(path, order))
    shorts = rng.integers(0, 1024, (events, PARAMETERS))
    logs = {f"_P{n}E": "4,0" for n in range(5, 13)} | {f"_P{n}R": "1024" for n in range(1, 13)}
    kinds = {
        "16 bits, 8 of 12 logarithmic": made(
            "FCS2.0", shorts.astype(">u2").tobytes(), described((16,) * 12, events, order="4,3,2,1", **logs)
        ),
        "24 bits": made("FCS3.0", rng.bytes(events * 36), described((24,) * 12, events)),
        "doubles": made("FCS3.1", values.astype("<f8").tobytes(), described((64,) * 12, events, "D")),
        "packed 10 bits": made("FCS3.0", rng.bytes(events * 15), described((10,) * 12, events)),
    }
    for name, data in kinds.items():
        print(f"{name}: {min(seconds_to_read(data) for _ in range(2)):.3f} s")
    held = Held(tuple(f"C{n}" for n in range(1, 13)), np.ascontiguousarray(values.T, dtype=np.float64))
    start = time.process_time()
    write_fcs(io.BytesIO(), held, labels={}, ranges=dict.fromkeys(held.channels, 262144.0), keywords={})
    print(f"written: {time.process_time() - start:.3f} s")
    return int(max(taken) > PROMISED_S * events / 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
