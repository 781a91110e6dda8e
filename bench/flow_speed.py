"""What gating costs: an FCS file read, compensated, scaled and gated, 1 and 4 million events, beside FlowKit.

SIMULATED events: 12 channels (Time, FSC-A, FSC-H, SSC-A and 8 dyes, float32) with the file's own spillover
of 8 dyes; 8 gates that hang from each other, read from one Gating-ML file by both: a range of time, two
polygons, rectangles and an ellipsoid on logicle scales, a Boolean. Every line is a process of its own, beside
the others in the same run. Warm: the best of three after one that compiles and loads. Peak: the highest
memory of the process, imports and all. Whole: the process from start to end, one gating and its loading.

Promised: 1M events in 0.8 s warm and 400 MB, 4M in 3.5 s and 600 MB (seconds of CPU: neighbours on the
machine do not count), and the same counts as FlowKit.

Run `python bench/flow_speed.py [--events 1000000]... [--alone]`: `--alone` leaves FlowKit out.
"""

import argparse
import json
import mmap
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROMISED = {1_000_000: (0.8, 400.0), 4_000_000: (3.5, 600.0)}
"""Seconds of CPU, MB."""
DYES = ("FITC-A", "PE-A", "PerCP-Cy5-5-A", "PE-Cy7-A", "APC-A", "APC-Cy7-A", "V450-A", "V500-A")
LABELS = ("CD45", "CD10", "CD34", "CD19", "CD20", "CD38", "CD3", "CD33")
TOP = 262144.0
WARM = 3
AT_ONCE = 250_000
Counts = dict[str, int]


def simulate(folder: Path, events: int) -> None:
    """Write the events and the gates; INVENTED numbers, made with a seed, a run at a time."""
    import numpy as np

    from remission.mrd.flow.events import Held
    from remission.mrd.flow.fcs.writing import write_fcs
    from remission.mrd.flow.spectrum import Spectrum

    numbers = np.random.default_rng(20261122)
    size = len(DYES)
    spill = np.eye(size) + 0.06 * numbers.random((size, size)) * (1.0 - np.eye(size))
    channels = ("Time", "FSC-A", "FSC-H", "SSC-A", *DYES)
    values = np.empty((len(channels), events), dtype=np.float64)
    for start in range(0, events, AT_ONCE):
        stop = min(start + AT_ONCE, events)
        count = stop - start
        values[0, start:stop] = np.arange(start, stop) * 60_000.0 / events
        values[1, start:stop] = numbers.normal(90_000.0, 25_000.0, count)
        values[2, start:stop] = values[1, start:stop] * numbers.normal(0.85, 0.05, count)
        values[3, start:stop] = numbers.lognormal(10.0, 0.8, count)
        kind = numbers.random((size, count)) < 0.4
        truth = np.where(
            kind, numbers.lognormal(9.0, 0.7, (size, count)), numbers.normal(0.0, 250.0, (size, count))
        )
        values[4:, start:stop] = spill.T @ truth
    np.clip(values[1:4], 0.0, TOP - 1.0, out=values[1:4])
    values[0] *= 0.01
    rows = tuple(tuple(round(one, 6) for one in row) for row in spill.tolist())
    with (folder / "SIMULATED.fcs").open("wb") as file:
        write_fcs(
            file,
            Held(channels, values, Spectrum("$SPILLOVER", DYES, DYES, rows, "invented")),
            labels=dict(zip(DYES, LABELS, strict=True)),
            ranges=dict.fromkeys(channels, TOP),
            keywords={"$TIMESTEP": "0.01", "$CYT": "SIMULATED"},
        )
    (folder / "gates.xml").write_text(gates(), encoding="utf-8")


def gates() -> str:
    """Eight gates as a bench would draw them."""
    from remission.mrd.flow.gates.gates import (
        Boolean,
        Dimension,
        Ellipsoid,
        Gating,
        Operand,
        Operation,
        Polygon,
        Rectangle,
        Side,
    )
    from remission.mrd.flow.light.scales import Linear, Logicle, Scale
    from remission.mrd.flow.programs.write_gatingml import write_gatingml

    dye = [Dimension(one, "FCS", "logicle") for one in DYES]
    area, height, side = (Dimension(one, scale="linear") for one in ("FSC-A", "FSC-H", "SSC-A"))
    singlets = ((0.1, 0.06), (0.9, 0.68), (0.9, 0.9), (0.1, 0.12))
    cells = ((0.15, 0.01), (0.55, 0.01), (0.75, 0.1), (0.75, 0.4), (0.5, 0.5), (0.25, 0.35))
    tree = (
        Rectangle("time", None, (Side(Dimension("Time"), 3.0, 590.0),)),
        Polygon("singlets", "time", area, height, singlets),
        Polygon("cells", "singlets", area, side, cells),
        Rectangle("CD19pos", "cells", (Side(dye[3], 0.45, None), Side(dye[0], 0.2, 0.9))),
        Ellipsoid("CD10CD20", "CD19pos", (dye[1], dye[4]), (0.6, 0.5), ((0.05, 0.01), (0.01, 0.06)), 1.0),
        Rectangle("T", "cells", (Side(dye[6], 0.5, None),)),
        Rectangle("myeloid", "cells", (Side(dye[7], 0.5, None), Side(dye[5], None, 0.95))),
        Boolean("blasts", "CD10CD20", Operation.AND, (Operand("T", True), Operand("myeloid", True))),
    )
    scales = {
        "logicle": Scale("logicle", Logicle(TOP, 0.5, 4.5, 0.0)),
        "linear": Scale("linear", Linear(TOP, 0.0)),
    }
    return write_gatingml(Gating(tree, scales, {}, {}))


def ours(folder: Path, cores: int) -> Counts:
    """Open, read, compensate, scale, gate."""
    from remission.mrd.flow.fcs.reading import read_fcs
    from remission.mrd.flow.gates.gating import apply
    from remission.mrd.flow.programs.gatingml import read_gatingml

    with (folder / "gates.xml").open("rb") as file:
        gating = read_gatingml(file, "gates.xml")
    with (folder / "SIMULATED.fcs").open("rb") as file:
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    gated = apply(gating, read_fcs(whole, "SIMULATED.fcs").data_sets[0], cores=cores)
    return {one.id: one.count for one in gated.populations.values()}


def flowkit(folder: Path) -> Counts:
    """The same by FlowKit's own way."""
    import flowkit

    strategy = flowkit.parse_gating_xml(str(folder / "gates.xml"))
    report = strategy.gate_sample(flowkit.Sample(str(folder / "SIMULATED.fcs"))).report
    return {str(row["gate_name"]): int(row["count"]) for _, row in report.iterrows()}


WAYS: dict[str, Callable[[Path], Counts]] = {
    "one core": lambda folder: ours(folder, 1),
    "two cores": lambda folder: ours(folder, 2),
    "FlowKit": flowkit,
}


def once(way: str, folder: Path) -> None:
    """Work in this process and print what it cost."""
    act = WAYS[way]
    counts = act(folder)
    spent = []
    for _ in range(WARM):
        wall, cpu = time.perf_counter(), time.process_time()
        act(folder)
        spent.append((time.perf_counter() - wall, time.process_time() - cpu))
    print(json.dumps({"wall": min(w for w, _ in spent), "cpu": min(c for _, c in spent), "counts": counts}))


def measured(way: str, folder: Path, *, warm: bool = True) -> tuple[dict[str, object], float, float]:
    """What a process of its own says, its seconds of CPU and its peak in MB."""
    words = [sys.executable, __file__, "--way" if warm else "--whole", way, "--folder", str(folder)]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, stdout=said)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{way} failed")
        said.seek(0)
        text = said.read().decode()
    return json.loads(text) if warm else {}, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def compare(events: int, ways: list[str]) -> bool:
    """Print a table of one size; whether every promise holds."""
    kept = True
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        maker = multiprocessing.get_context("spawn").Process(target=simulate, args=(folder, events))
        maker.start()
        maker.join()
        print(
            f"\n{events:,} events x 12, {(folder / 'SIMULATED.fcs').stat().st_size / 1e6:.0f} MB (SIMULATED)"
        )
        print(f"{'':<12}{'warm s':>9}{'warm CPU s':>12}{'whole CPU s':>13}{'peak MB':>9}")
        rows: dict[str, tuple[float, float, Counts]] = {}
        for way in ways:
            said, _, peak = measured(way, folder)
            _, whole, _ = measured(way, folder, warm=False)
            rows[way] = (float(said["cpu"]), peak, said["counts"])
            print(f"{way:<12}{said['wall']:>9.3f}{said['cpu']:>12.3f}{whole:>13.2f}{peak:>9.0f}", flush=True)
        if "FlowKit" in rows:
            kept &= beside(rows["one core"], rows["FlowKit"])
        seconds, megabytes = PROMISED.get(events, (float("inf"), float("inf")))
        for way in ("one core", "two cores"):
            fits = rows[way][0] <= seconds and rows[way][1] <= megabytes
            print(f"{way}: promised {seconds} s, {megabytes:.0f} MB: {'kept' if fits else 'MISSED'}")
            kept &= fits
    return kept


def beside(own: tuple[float, float, Counts], peer: tuple[float, float, Counts]) -> bool:
    """Print how many times less; whether the counts are the same."""
    same = own[2] == peer[2]
    print(f"FlowKit takes {peer[0] / own[0]:.0f} times the CPU and {peer[1] / own[1]:.1f} times the memory")
    print("counts: " + ("the same" if same else f"DIFFER: {own[2]} and {peer[2]}"))
    return same


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--events", type=int, action="append")
    words.add_argument("--alone", action="store_true")
    for hidden in ("--way", "--whole"):
        words.add_argument(hidden, help=argparse.SUPPRESS)
    words.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = words.parse_args()
    if asked.way:
        once(asked.way, asked.folder)
        return 0
    if asked.whole:
        WAYS[asked.whole](asked.folder)
        return 0
    ways = ["one core", "two cores", *([] if asked.alone else ["FlowKit"])]
    results = [compare(events, ways) for events in asked.events or PROMISED]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
