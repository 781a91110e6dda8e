"""No reads under two names, no control that is none, nothing SIMULATED that passes for real."""

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remission.errors import InvariantBroken
from remission.lab import sample as lab
from remission.lab.asked import asked_at
from remission.lab.evidence import hashed
from remission.lab.follow_up import follow_up
from remission.lab.jobs import How
from remission.lab.run import run
from remission.lab.run_report import as_plain, run_page, tables
from remission.lab.work import Alone
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import IndexRule
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.measured import Measured
from remission.mrd.ngs.source import Preparation

Example = Any
"""See conftest.py."""


@pytest.fixture
def copied(example: Example, tmp_path: Path) -> Example:
    return type(example)(Path(shutil.copytree(example.folder, tmp_path / "run")))


@pytest.fixture(scope="module")
def index(example: Example, tmp_path_factory: pytest.TempPathFactory) -> Path:
    spikes = lab.spikes_at(str(example.spikes))
    files = [str(example.file("P1-D1"))]
    made = lab.index_sample("P1-D1", files, IndexRule(), shipped(), Preparation(), spikes).index
    path = tmp_path_factory.mktemp("index") / "P1-D1.json"
    path.write_text(write_index(made), encoding="utf-8")
    return path


def tracked(example: Example, index: Path, sample: Path, *negatives: Path) -> Measured:
    spike = str(example.spikes)
    return follow_up("F", [str(sample)], str(index), spike, 325.0, asked_at("1e-4"), Preparation(),
                     [(str(one),) for one in negatives])  # fmt: skip


def packed_anew(path: Path, to: Path) -> Path:
    to.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), 1))
    return to


def test_a_file_is_not_its_own_control(example: Example, index: Path, copied: Example) -> None:
    one, same = example.file("P1-F1"), copied.file("P1-F1")
    with pytest.raises(InvariantBroken, match=r"R1 of negative control 1, is the same file as .*P1-F1"):
        tracked(example, index, one, same)
    with pytest.raises(InvariantBroken, match="diagnosis sample P1-D1"):
        tracked(example, index, one, example.file("P1-D1"))
    with pytest.raises(InvariantBroken, match="diagnosis sample P1-D1"):
        tracked(example, index, example.file("P1-D1"))
    again = packed_anew(one, copied.folder / "again.fastq.gz")
    with pytest.raises(InvariantBroken, match="samples F and again have the same reads"):
        tracked(example, index, one, again)


def test_a_control_that_holds_the_clone_is_no_control(example: Example, index: Path, copied: Example) -> None:
    anew = packed_anew(example.file("P1-D1"), copied.folder / "control.fastq.gz")
    for control in (anew, example.file("P1-F1")):
        with pytest.raises(InvariantBroken, match=r"no negative control: .* reads examined are IG"):
            tracked(example, index, example.file("P1-F2"), control)
    assert tracked(example, index, example.file("P1-F2"), example.file("N1")).result.found == 0


def test_controls_named_alike_are_kept_apart(example: Example, index: Path, copied: Example) -> None:
    one, two = copied.folder / "N_1.fastq.gz", copied.folder / "N_2.fastq.gz"
    shutil.copy(example.file("N1"), one)
    shutil.copy(example.file("P2-F2"), two)
    said = tracked(example, index, example.file("P1-F1"), one, two).result.evidence.settings
    assert next(s.value for s in said if s.name == "negative controls") == "N_1.fastq.gz, N_2.fastq.gz"


@pytest.mark.parametrize(("source", "to"), [("P1-F2", "P2-F1"), ("P1-D1", "P2-F2"), ("N1", "P1-F1")])
def test_a_run_refuses_one_file_as_two_samples(
    source: str, to: str, copied: Example, how: Callable[..., How], tmp_path: Path
) -> None:
    copied.file(to).write_bytes(copied.file(source).read_bytes())
    with pytest.raises(InvariantBroken) as refused:
        run(copied.sheet(), str(tmp_path / "out"), how(), Alone())
    assert source in refused.value.what and to in refused.value.what
    assert not (tmp_path / "out").exists()


def test_a_run_refuses_the_same_reads_packed_anew(
    copied: Example, how: Callable[..., How], tmp_path: Path
) -> None:
    packed_anew(copied.file("P1-F1"), copied.file("P2-F2"))
    with pytest.raises(InvariantBroken, match="P1-F1 and P2-F2 have the same reads"):
        run(copied.sheet(), str(tmp_path / "out"), how(), Alone())


def test_a_run_refuses_mates_that_are_one_file(
    copied: Example, how: Callable[..., How], tmp_path: Path
) -> None:
    shutil.copy(copied.file("P1-F1"), copied.folder / "mate.fastq.gz")
    sheet = copied.folder / "SIMULATED-run-sheet.csv"
    sheet.write_text(sheet.read_text().replace("P1-F1_R1.fastq.gz,,", "P1-F1_R1.fastq.gz,mate.fastq.gz,"))
    with pytest.raises(InvariantBroken, match="R2 of sample P1-F1"):
        run(copied.sheet(), str(tmp_path / "out"), how(), Alone())


def test_two_empty_tubes_without_dna_are_no_copies(
    copied: Example, how: Callable[..., How], tmp_path: Path
) -> None:
    for name in ("W1", "W2"):
        copied.file(name).write_bytes(gzip.compress(b"", mtime=0))
    sheet = copied.folder / "SIMULATED-run-sheet.csv"
    sheet.write_text(sheet.read_text() + "W2,,no-template,SIMULATED-W2_R1.fastq.gz,,,\n")
    assert not run(copied.sheet(), str(tmp_path / "out"), how(), Alone()).failed


def test_swapped_tubes_are_told_in_result_and_report(
    copied: Example, how: Callable[..., How], tmp_path: Path
) -> None:
    one, other = copied.file("P1-F1"), copied.file("P2-F1")
    one.rename(copied.folder / "x")
    other.rename(one)
    (copied.folder / "x").rename(other)
    ran = run(copied.sheet(), str(tmp_path / "out"), how(), Alone())
    measured = {done.row.sample: done.measured for done in ran.samples if done.measured}
    for name in ("P1-F1", "P2-F1"):
        assert measured[name].result.flags == ("contaminated",)
        assert any(note.en.startswith(f"Swapped? {name} and ") for note in measured[name].notes)
    for name in ("P1-F2", "P2-F2"):
        assert "contaminated" not in measured[name].result.flags
        assert measured[name].result.lod < 2e-4
    assert sum(note.en.startswith("Swapped?") for table in tables(ran) for note in table.notes) == 1


def test_what_failed_is_told_to_the_others(copied: Example, how: Callable[..., How], tmp_path: Path) -> None:
    copied.file("P1-D1").write_bytes(b"@broken\nACGT\n")
    ran = run(copied.sheet(), str(tmp_path / "out"), how(), Alone())
    measured = next(done.measured for done in ran.samples if done.row.sample == "P2-F1")
    said = " ".join(note.en for note in measured.notes)
    assert "P1-D1, P1-F1, P1-F2 failed and could not be looked at" in said
    assert "The clones of P1 are not known" in said
    assert len(as_plain(ran)["incomplete"]) == 2
    page = run_page(ran, "zh").decode()
    assert page.index("本批次不完整") < page.index("<h2>样本</h2>")


def test_a_spoilt_control_is_left_out_and_named(
    copied: Example, how: Callable[..., How], tmp_path: Path
) -> None:
    lines = gzip.decompress(copied.file("P1-D1").read_bytes()).splitlines(keepends=True)
    copied.file("N1").write_bytes(gzip.compress(b"".join(lines[:8_000])))
    ran = run(copied.sheet(), str(tmp_path / "out"), how(), Alone())
    measured = next(done.measured for done in ran.samples if done.row.sample == "P1-F1")
    assert measured.answer.call == "positive"
    assert any(note.en.startswith("N1 is no negative control for IGH-1") for note in measured.notes)


def test_what_is_simulated_says_so_under_any_name(example: Example, tmp_path: Path) -> None:
    raw = gzip.decompress(example.file("P1-D1").read_bytes())
    fasta = b"; remark\n" + b"\n".join([b">SIMULATED:1", *raw.splitlines()[1:2]]) + b"\n"
    for name, made in (("a.fq", raw), ("b.gz", gzip.compress(raw)), ("c.fa", fasta)):
        (tmp_path / name).write_bytes(made)
        assert hashed(str(tmp_path / name)).simulated, name
    (tmp_path / "d.fq").write_bytes(raw.replace(b"SIMULATED:", b""))
    (tmp_path / "e.gz").write_bytes(b"\x1f\x8bno gzip")
    assert not hashed(str(tmp_path / "d.fq")).simulated and not hashed(str(tmp_path / "e.gz")).simulated
    spikes, plain = lab.spikes_at(str(example.spikes)), tmp_path / "s.fasta"
    plain.write_text(example.spikes.read_text().replace(" origin=SIMULATED", ""))

    def indexed(name: str, with_spikes: Any) -> bool:
        reads, how = [str(tmp_path / name)], Preparation()
        found = lab.index_sample("A", reads, IndexRule(), shipped(), how, with_spikes)
        return found.index.evidence.simulated

    assert indexed("a.fq", lab.spikes_at(str(plain)))
    assert indexed("d.fq", spikes)
    assert not indexed("d.fq", lab.spikes_at(str(plain)))
