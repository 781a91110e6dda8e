"""The example set of marrows: files as the reader finds them, and their truth."""

import csv
from pathlib import Path

import numpy as np
import pytest

from remission.errors import InputRefused
from remission.mrd.flow.fcs.reading import read_fcs
from remission.mrd.flow.fcs.writing import write_fcs
from remission.rehearsal.cytometry.example import write_example
from remission.rehearsal.cytometry.simulate import CODES, simulate
from remission.rehearsal.cytometry.spec import SIMULATED, MarrowSpec


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flow") / "example"
    written = write_example(folder, 5, normals=2, levels=(0.01, 0.0), events=4000)
    assert sorted(written) == sorted(path.name for path in folder.iterdir())
    return folder


def test_every_name_says_simulated(folder: Path) -> None:
    assert all(path.name.startswith(SIMULATED) for path in folder.iterdir())
    names = [path.stem.removeprefix(f"{SIMULATED}-") for path in sorted(folder.glob("*.fcs"))]
    assert names == ["N1", "N2", "P1-D1", "P1-F1", "P1-F2", "P2-D1", "P2-F1", "P2-F2"]


def test_files_are_read_as_they_were_made(folder: Path) -> None:
    data = (folder / f"{SIMULATED}-P2-F1.fcs").read_bytes()
    read = read_fcs(data, "P2-F1").data_sets[0]
    assert read.count == 4000 and SIMULATED in read.keywords["$CYT"]
    assert {p.name: p.label for p in read.parameters}["PE-Cy7-A"] == "CD19 PE-Cy7"
    codes = (folder / f"{SIMULATED}-P2-F1-events.csv").read_text().split()
    assert codes[0] == "code" and len(codes) == 4001
    names = [line.split(",") for line in (folder / f"{SIMULATED}-codes.csv").read_text().split("\n")[1:-1]]
    assert [name for _, name in names] == list(CODES)


def test_the_truth_counts_what_the_files_hold(folder: Path) -> None:
    with (folder / f"{SIMULATED}-truth.csv").open() as file:
        assert file.readline().startswith(f"# {SIMULATED}")
        rows = {row["sample"]: row for row in csv.DictReader(file)}
    for sample, row in rows.items():
        lines = (folder / f"{SIMULATED}-{sample}-events.csv").read_text().split()[1:]
        counts = np.bincount(np.array(lines, int), minlength=len(CODES))
        assert [int(row[name]) for name in CODES] == counts.tolist()
        assert float(row["level"]) == pytest.approx(int(row["blast"]) / int(row["nucleated"]))
    assert rows["P1-F2"]["blast"] == "0" and int(rows["P1-F1"]["blast"]) > 10
    assert rows["P2-D1"]["cd19"] == "kept" and rows["P2-F1"]["cd19"] == "lost"


def test_a_written_file_holds_the_very_events(tmp_path: Path) -> None:
    made = simulate(MarrowSpec(events=3000), np.random.default_rng(1))
    path = tmp_path / "one.fcs"
    with path.open("wb") as file:
        write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=made.keywords)
    read = read_fcs(path.read_bytes(), "one.fcs").data_sets[0]
    assert read.channels == made.events.channels
    assert (read.read(read.channels, 0, 3000) == made.events.values).all()
    assert {
        one.name: one.range for one in read.parameters if one.name != "Time"
    }.items() <= made.ranges.items()
    assert read.spill is not None and made.events.spill is not None
    assert read.spill.values == made.events.spill.values


def test_equal_seeds_give_equal_bytes(folder: Path, tmp_path: Path) -> None:
    write_example(tmp_path / "again", 5, normals=2, levels=(0.01, 0.0), events=4000)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_used_folder_and_a_level_of_one_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="not empty"):
        write_example(folder, 1, normals=1, levels=(), events=100)
    with pytest.raises(InputRefused, match="levels"):
        write_example(tmp_path / "x", 1, normals=1, levels=(1.0,), events=100)
