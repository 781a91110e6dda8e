"""A whole run on a small SIMULATED example: answers, failures, restarts, equal bytes."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from remission.lab.jobs import How
from remission.lab.run import run
from remission.lab.run_report import Ran
from remission.lab.work import Alone, crew
from remission.mrd.calls import Call
from remission.mrd.ngs.measured_json import read_measured

Hows = Callable[..., How]
Example = Any
"""See conftest.py."""


class Counting(Alone):
    """Works alone, and remembers what it was given."""

    def __init__(self) -> None:
        self.did: list[str] = []

    def each(self, work: Callable[[Any], Any], jobs: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        self.did += [f"{work.__name__} {job.sample}" for job in jobs]
        return super().each(work, jobs)


def ran(example: Example, out: Path, how: How) -> tuple[Ran, list[str]]:
    team = Counting()
    return run(example.sheet(), str(out), how, team), team.did


def files(folder: Path, *but: str) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(but or ("-",))}


@pytest.fixture(scope="module")
def finished(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from remission.lab.asked import asked_at
    from remission.mrd.ngs.germline import shipped
    from remission.mrd.ngs.index import IndexRule
    from remission.mrd.ngs.source import Preparation

    out = tmp_path_factory.mktemp("finished") / "out"
    made, did = ran(example, out, How(IndexRule(), asked_at("1e-4"), shipped(), Preparation()))
    assert not made.failed
    assert sorted(did) == sorted(
        [f"index {p}-D1" for p in ("P1", "P2")]
        + [f"track {row.sample}" for row in example.sheet().rows]
        + [f"report {p}-F{n}" for p in ("P1", "P2") for n in (1, 2)]
    )
    return out


@pytest.fixture
def again(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "out"))


@pytest.fixture
def copied(example: Example, tmp_path: Path) -> Example:
    return type(example)(Path(shutil.copytree(example.folder, tmp_path / "run")))


def test_each_follow_up_has_its_level(finished: Path) -> None:
    for patient in ("P1", "P2"):
        with (finished / "result" / f"{patient}-F1.json").open("rb") as file:
            with_disease = read_measured(file)
        assert with_disease.answer.call is Call.POSITIVE
        assert with_disease.result.lower < 1e-2 < with_disease.result.upper
        assert with_disease.index_sample == f"{patient}-D1"
        assert with_disease.result.evidence.simulated
        names = [ref.name for ref in with_disease.result.evidence.files]
        assert names == [
            f"SIMULATED-{patient}-F1_R1.fastq.gz", f"{patient}-D1.json", "SIMULATED-spikes.fasta",
        ]  # fmt: skip
        with (finished / "result" / f"{patient}-F2.json").open("rb") as file:
            without = read_measured(file)
        assert without.result.found == 0 and without.answer.call is not Call.POSITIVE


def test_a_run_tells_of_every_sample(finished: Path) -> None:
    told = json.loads((finished / "run.json").read_bytes())
    assert [one["sample"] for one in told["samples"]] == [
        "P1-D1", "P1-F1", "P1-F2", "P2-D1", "P2-F1", "P2-F2", "N1", "W1",
    ]  # fmt: skip
    assert told["failed"] == 0 and told["simulated"] is True
    assert [one["call"] for one in told["samples"] if one["role"] == "diagnosis"] == [None, None]
    assert all(one["index_clones"] for one in told["samples"] if one["role"] == "diagnosis")


def test_spikes_are_never_followed(finished: Path, example: Example) -> None:
    spikes = [line for line in example.spikes.read_text().splitlines() if not line.startswith(">")]
    for patient in ("P1", "P2"):
        index = json.loads((finished / "index" / f"{patient}-D1.json").read_bytes())
        for clone in index["clones"]:
            assert not any(clone["clonotype"]["sequence"][20:-20] in spike for spike in spikes)


def test_no_output_names_a_place_of_this_machine(finished: Path, example: Example) -> None:
    for name, content in files(finished).items():
        assert str(example.folder).encode() not in content, name


def test_a_restart_repeats_nothing(again: Path, example: Example, how: Hows) -> None:
    before = files(again)
    _, did = ran(example, again, how())
    assert did == []
    assert files(again) == before


def test_files_copied_elsewhere_are_the_same_files(again: Path, copied: Example, how: Hows) -> None:
    for path in copied.folder.iterdir():
        path.touch()
    _, did = ran(copied, again, how())
    assert did == []


def test_what_is_stopped_halfway_goes_on(again: Path, example: Example, how: Hows) -> None:
    before = files(again)
    (again / "done" / "P1-F1.track.json").unlink()
    (again / "result" / "P2-F1.json").write_bytes(b"{")
    (again / "done" / "N1.track.json").write_bytes(b"half")
    _, did = ran(example, again, how())
    assert did == ["track P1-F1", "track N1", "report P2-F1"]
    assert files(again) == before


def test_another_threshold_measures_again_and_reads_nothing_again(
    again: Path, example: Example, how: Hows
) -> None:
    _, did = ran(example, again, how(threshold="1e-3"))
    assert did == [f"report {p}-F{n}" for p in ("P1", "P2") for n in (1, 2)]


def test_a_broken_sample_is_told_and_the_others_finish(again: Path, copied: Example, how: Hows) -> None:
    before = files(again)
    whole = copied.file("P1-F1").read_bytes()
    copied.file("P1-F1").write_bytes(whole[: len(whole) // 2])
    made, did = ran(copied, again, how())
    assert [one.row.sample for one in made.failed] == ["P1-F1"]
    assert made.failed[0].failed is not None and "P1-F1_R1.fastq.gz" in made.failed[0].failed.where
    assert did[0] == "track P1-F1"
    assert not [name for name in files(again, "done") if "P1-F1" in name], "nothing of it is left"
    assert (again / "result" / "P1-F2.json").is_file()
    told = json.loads((again / "run.json").read_bytes())
    assert told["failed"] == 1
    copied.file("P1-F1").write_bytes(whole)
    made, did = ran(copied, again, how())
    assert not made.failed and did[0] == "track P1-F1"
    assert files(again, "done") == {name: c for name, c in before.items() if not name.startswith("done")}


def test_a_broken_diagnosis_takes_its_follow_ups_with_it(tmp_path: Path, copied: Example, how: Hows) -> None:
    copied.file("P1-D1").write_bytes(b"@broken\nACGT\n")
    made, _ = ran(copied, tmp_path / "out", how())
    assert [one.row.sample for one in made.failed] == ["P1-D1", "P1-F1", "P1-F2"]
    assert made.failed[1].failed is not None and "diagnosis sample" in made.failed[1].failed.what
    assert {path.name for path in (tmp_path / "out" / "result").iterdir()} == {"P2-F1.json", "P2-F2.json"}


def test_a_tube_without_dna_may_give_no_read(again: Path, copied: Example, how: Hows) -> None:
    copied.file("W1").write_bytes(b"")
    made, did = ran(copied, again, how())
    assert not made.failed and did[0] == "track W1"


def test_an_earlier_index_is_followed(finished: Path, copied: Example, tmp_path: Path, how: Hows) -> None:
    shutil.copy(finished / "index" / "P1-D1.json", copied.folder / "earlier.json")
    path = copied.folder / "SIMULATED-run-sheet.csv"
    head, *rows = path.read_text().splitlines()
    kept = [f"{row},{'earlier.json' if row.startswith('P1-F') else ''}" for row in rows if row[:5] != "P1-D1"]
    path.write_text("\n".join([f"{head},index", *kept]))
    made, did = ran(copied, tmp_path / "out", how())
    assert not made.failed and "index P1-D1" not in did
    with (tmp_path / "out" / "result" / "P1-F1.json").open("rb") as file:
        assert read_measured(file).answer.call is Call.POSITIVE


def test_two_processes_give_the_same_bytes(
    finished: Path, example: Example, tmp_path: Path, how: Hows
) -> None:
    with crew(2) as team:
        run(example.sheet(), str(tmp_path / "out"), how(), team)
    assert files(tmp_path / "out") == files(finished)


def test_a_run_may_be_written_to_any_address(example: Example, finished: Path, how: Hows) -> None:
    import fsspec

    run(example.sheet(), "memory://somewhere/run", how(), Alone())
    system = fsspec.filesystem("memory")
    assert system.cat("/somewhere/run/run.json") == (finished / "run.json").read_bytes()
