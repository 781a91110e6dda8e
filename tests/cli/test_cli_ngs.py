"""`remission ngs`: from simulated reads to an answer, and everything that may not pass for one."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
PROGRAM = Path(sys.executable).with_name("remission")


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ngs") / "run"
    small = ["--patients", "1", "--level", "0.01", "--level", "0", "--cells", "50000", "--reads", "8000"]
    command = [PROGRAM, "ngs", "simulate", "-o", folder, "--seed", "7", *small]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def here(reads: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own that holds the reads."""
    for path in reads.iterdir():
        (tmp_path / path.name.removeprefix("SIMULATED-")).symlink_to(path)
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


SPIKE = ("--spike", "SIMULATED-spikes.fasta")
D1, F1, F2, N1 = (f"SIMULATED-{name}_R1.fastq.gz" for name in ("P1-D1", "P1-F1", "P1-F2", "N1"))


@pytest.fixture
def index(here: Path, done: Run) -> Path:
    done("ngs", "index", D1, "-o", "index.json", *SPIKE)
    return here / "index.json"


def test_a_diagnosis_is_indexed(here: Path, done: Run) -> None:
    said = done(
        "ngs", "index", D1, "-o", "i.json", *SPIKE, "--airr", "t.tsv", "--vidjil", "v.vidjil", "--json"
    )
    assert said.json == json.loads((here / "i.json").read_bytes())
    assert [clone["name"] for clone in said.json["clones"]] == ["IGK-1", "IGH-1"]
    assert said.json["sample"] == "SIMULATED-P1-D1"
    assert said.json["evidence"]["simulated"] is True
    assert (here / "t.tsv").read_text().startswith("sequence_id\t")
    assert json.loads((here / "v.vidjil").read_text())["reads"]["total"] == [said.json["reads_total"]]
    assert said.err == "", "quiet where nobody watches"


def test_equal_input_gives_equal_bytes(here: Path, done: Run) -> None:
    names = [("a", "a.tsv", "a.vidjil", "a.html"), ("b", "b.tsv", "b.vidjil", "b.html")]
    for out, airr, vidjil, page in names:
        done("ngs", "index", D1, "-o", out, "--airr", airr, "--vidjil", vidjil, "--report", page, *SPIKE)
    for one, other in zip(*names, strict=True):
        assert (here / one).read_bytes() == (here / other).read_bytes()


def test_a_follow_up_gets_level_limits_and_answer(here: Path, index: Path, done: Run) -> None:
    words = ("--dna-ng", 325, "--negative", N1, "--threshold", "1e-3", "-o", "r.json", "--report", "r.html")
    said = done("ngs", "track", index, F1, *SPIKE, *words, "--json").json
    keys = ["clones", "reads_total", "cells", "level", "lower", "upper", "lod", "loq", "lob", "call"]
    assert set(keys) <= said.keys()
    clone = ["name", "locus", "v", "d", "j", "junction", "reads", "templates", "level", "lower", "upper"]
    assert set(clone) <= said["clones"][0].keys()
    assert said["call"] == "positive" and said["lower"] < 0.01 < said["upper"]
    assert [file["name"] for file in said["evidence"]["files"]] == [
        F1,
        N1,
        "index.json",
        "SIMULATED-spikes.fasta",
    ]
    page = (here / "r.html").read_text()
    assert "SIMULATED" in page and page.count("<svg") >= 3 and str(here) not in page


def test_too_few_cells_is_an_answer_with_the_dna_that_would_do(here: Path, index: Path, done: Run) -> None:
    said = done("ngs", "track", index, F2, *SPIKE, "--dna-ng", 325, "--negative", N1, "-o", "r.json")
    assert "not evaluable" in said.out and "ng of DNA) would do" in said.out
    read = json.loads((here / "r.json").read_bytes())
    assert read["call"] == "not-evaluable" and read["answer"]["more_cells"] > 2_900_000


def test_the_study_says_rule_threshold_and_limits(here: Path, index: Path, done: Run) -> None:
    said = done("ngs", "index", D1, "-o", "i.json", *SPIKE, "--study", "nct06607419", "--json").json
    assert said["rule"].startswith("more than 5 %")
    words = ("--dna-ng", 325, "-o", "r.json", "--study", "nct06607419", "--json")
    read = done("ngs", "track", index, F1, *SPIKE, *words).json
    assert (read["threshold"], read["required_lod"]) == (1e-6, 1e-6)
    assert read["blinding_flags"] == ["hemodilute", "reads-too-short", "stem-only"]


def test_what_was_written_is_shown(here: Path, index: Path, done: Run) -> None:
    done("ngs", "track", index, F1, *SPIKE, "--dna-ng", 325, "-o", "r.json")
    shown = done("ngs", "show", index).out
    assert "SIMULATED" in shown and "IGH V-D-J" in shown
    assert done("ngs", "show", index, "--json").json == json.loads(index.read_bytes())
    assert "95 % interval" in done("ngs", "show", "r.json").out
    assert "95%区间" in done("ngs", "show", "r.json", "--language", "zh").out
    assert done("ngs", "show", "r.json", "--json").json == json.loads((here / "r.json").read_bytes())


def test_a_result_that_was_touched_is_no_result(here: Path, index: Path, done: Run, remission: Run) -> None:
    done("ngs", "track", index, F1, *SPIKE, "--dna-ng", 325, "-o", "r.json")
    read = json.loads((here / "r.json").read_bytes())
    read["level"] = 0.0
    (here / "r.json").write_text(json.dumps(read))
    assert remission("ngs", "show", "r.json").status == 1


def _no_base_in(text: bytes) -> bytes:
    lines = text.split(b"\n")
    lines[41] = b"!" + lines[41][1:]  # the bases of the eleventh read
    return b"\n".join(lines)


@pytest.mark.parametrize(
    "harm",
    [
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:-4],
        lambda raw: gzip.compress(gzip.decompress(raw)[:-50]),
        lambda raw: gzip.compress(_no_base_in(gzip.decompress(raw))),
        lambda raw: b"",
        lambda raw: b"\x89PNG",
    ],
    ids=["half", "no-end", "cut-record", "letter", "empty", "picture"],
)
def test_a_damaged_file_never_gives_a_result(
    harm: Callable[[bytes], bytes], here: Path, index: Path, remission: Run
) -> None:
    (here / "harmed.fastq.gz").write_bytes(harm((here / F1).read_bytes()))
    for words in (
        ("track", index, "harmed.fastq.gz", *SPIKE, "--dna-ng", 325),
        ("track", index, F1, *SPIKE, "--dna-ng", 325, "--negative", "harmed.fastq.gz"),
        ("index", "harmed.fastq.gz", *SPIKE),
    ):
        said = remission("ngs", *words, "-o", "out.json")
        assert said.status == 1 and "harmed.fastq.gz" in said.err and said.out == ""
        assert not (here / "out.json").exists()


@pytest.mark.parametrize(
    ("words", "status", "what"),
    [
        (("track", "index.json", F1, *SPIKE, "--dna-ng", 0, "-o", "r"), 1, "ng of DNA"),
        (("track", "index.json", F1, *SPIKE, "--dna-ng", 325, "--threshold", "much", "-o", "r"), 2, "'much'"),
        (("track", "index.json", F1, "--dna-ng", 325, "-o", "r"), 2, "--spike"),
        (("track", F1, F1, *SPIKE, "--dna-ng", 325, "-o", "r"), 1, F1),
        (("track", "index.json", F1, F2, *SPIKE, "--dna-ng", 325, "-o", "r"), 1, F2),
        (("track", "index.json", "none.fq", *SPIKE, "--dna-ng", 325, "-o", "r"), 1, "there is no none.fq"),
        (("index", D1, "-o", "r", "--sample", " "), 2, "' ' is no name"),
        (("track", "index.json", F1, *SPIKE, "--dna-ng", 325, "-o", "r", "--sample", ""), 2, "'' is no name"),
        (("track", "index.json", F1, *SPIKE, "--dna-ng", 325, "-o", "r", "--negative", D1), 1, "same file"),
        (("index", D1, "-o", "index.json"), 1, "index.json is there already"),
        (("index", D1, "-o", "r", "--airr", "r"), 2, "named twice"),
        (("index", D1, "-o", "r", "--share", "1.5"), 1, "share"),
        (("index", D1, "-o", "r", "--share", "0.1", "--study", "nct06607419"), 2, "--share beside --study"),
        (("index", D1, "-o", "r", "--study", "nct03441061"), 1, "the study plans nothing by ngs"),
        (("index", D1, "-o", "r", "--germline", "."), 1, ""),
        (("index", "nowhere://x", "-o", "r"), 1, "no way to reach"),
        (("run", D1, "-o", "r"), 1, ""),
        (("show", "SIMULATED-spikes.fasta"), 1, ""),
        (("annotate", "none.fa"), 1, "none.fa"),
        (("annotate", "-", "--json", "--airr"), 2, "--airr"),
        (("simulate", "-o", "."), 1, "not empty"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_written(
    words: tuple[object, ...], status: int, what: str, here: Path, index: Path, remission: Run
) -> None:
    before = {path.name for path in here.iterdir()}
    said = remission("ngs", *words)
    assert (said.status, said.out) == (status, "") and what in said.err
    assert {path.name for path in here.iterdir()} == before


def test_a_run_answers_and_ends_with_1_where_a_sample_failed(here: Path, remission: Run) -> None:
    said = remission("ngs", "run", "SIMULATED-run-sheet.csv", "-o", "out", "--threshold", "1e-3", "--json")
    assert said.status == 0 and said.json["failed"] == 0
    (here / N1).unlink()
    said = remission("ngs", "run", "SIMULATED-run-sheet.csv", "-o", "out", "--threshold", "1e-3")
    assert said.status == 1 and "N1" in said.err and "P1-F1" in said.out
    assert (here / "out" / "result" / "P1-F1.json").is_file()


def test_sequences_are_annotated(here: Path, done: Run, index: Path) -> None:
    clones = json.loads(index.read_bytes())["clones"]
    bases = next(one["clonotype"]["sequence"] for one in clones if one["name"] == "IGH-1")
    called = done("ngs", "annotate", bases, "--json").json["sequences"]
    assert called[0]["call"]["locus"] == "IGH" and called[0]["why_not"] is None
    text = done("ngs", "annotate", bases).out
    assert "IGH V-D-J" in text and "junction" in text
    (here / "two.fa").write_text(f">clone\n{bases}\n>nothing\n{'ACGT' * 30}\n")
    table = done("ngs", "annotate", "two.fa", "--airr").out.splitlines()
    assert len(table) == 2 and table[1].startswith("clone\t")
    text = done("ngs", "annotate", "two.fa", "--language", "zh").out
    assert "不作判断" in text and "连接区" in text


def test_the_simulator_s_seed_gives_equal_bytes(reads: Path, tmp_path: Path, done: Run) -> None:
    small = ("--patients", 1, "--level", 0.01, "--level", 0, "--cells", 50000, "--reads", 8000)
    files = done("ngs", "simulate", "-o", tmp_path / "again", *small, "--json").json["files"]
    assert {name: (tmp_path / "again" / name).read_bytes() for name in files} == {
        path.name: path.read_bytes() for path in reads.iterdir()
    }


def test_the_example_is_answered_as_it_was_made(tmp_path: Path, done: Run) -> None:
    """As in docs/rooms/lab.md: no option, the threshold of the study."""
    done("ngs", "simulate", "-o", tmp_path / "run")
    said = done("ngs", "run", tmp_path / "run" / "SIMULATED-run-sheet.csv", "-o", tmp_path / "out", "--json")
    calls = {one["sample"]: one["call"] for one in said.json["samples"] if one["call"]}
    assert calls == {"P1-F1": "positive", "P1-F2": "negative", "P2-F1": "positive", "P2-F2": "negative"}
    for sample in ("P1-F1", "P2-F1"):
        one = next(one for one in said.json["samples"] if one["sample"] == sample)
        assert one["lower"] < 1e-4 < one["upper"]


def test_mates_are_merged(tmp_path: Path, done: Run) -> None:
    small = ("--patients", 1, "--level", 0.01, "--cells", 50000, "--reads", 5000, "--paired")
    done("ngs", "simulate", "-o", tmp_path / "run", *small)
    said = done("ngs", "run", tmp_path / "run" / "SIMULATED-run-sheet.csv", "-o", tmp_path / "out", "--json")
    first = said.json["samples"][1]
    assert first["call"] == "positive" and first["lower"] < 0.01 < first["upper"]


def test_asking_for_help_loads_nothing_heavy() -> None:
    script = "import sys, remission.cli.ngs\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.split()
    heavy = (b"numba", b"numpy", b"fsspec", b"distributed", b"matplotlib", b"remission.lab", b"rich.progress")
    assert [name for name in heavy if name in loaded] == []
