"""One sample: names, sources of germline and background, the page that stands alone."""

from pathlib import Path
from typing import Any

import pytest

from remission.errors import CommandRefused, InputRefused
from remission.lab import sample as lab
from remission.lab.asked import asked_at
from remission.lab.follow_up import follow_up
from remission.lab.report import index_page, page, result_page
from remission.lab.tables import Table
from remission.lab.tally_json import read_tally, write_tally
from remission.lab.telling import of_measured
from remission.mrd.ngs.fates import Fate
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.index import IndexRule
from remission.mrd.ngs.index_json import write_index
from remission.mrd.ngs.source import Preparation
from remission.terms.words import Text

Example = Any
"""See conftest.py."""


@pytest.fixture(scope="module")
def indexed(example: Example) -> lab.Indexed:
    files = [str(example.file("P1-D1"))]
    spikes = lab.spikes_at(str(example.spikes))
    return lab.index_sample("P1-D1", files, IndexRule(), shipped(), Preparation(), spikes)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/x/A7_R1.fastq.gz", "A7"),
        ("A7_S1_L001_R1_001.fastq.gz", "A7_S1_L001"),
        ("A7.fq", "A7"),
        ("s3://b/A.7_1.fasta.bgz", "A.7"),
        ("reads", "reads"),
        ("_R1.fq", "sample"),
        ("A7_S1_L001_R2_001.fastq.gz", "A7_S1_L001"),
        ("MRD_2.fastq", "MRD"),
    ],
)
def test_a_sample_is_named_by_its_file(address: str, name: str) -> None:
    assert lab.sample_name(address) == name


def test_mates_name_their_sample_in_either_order() -> None:
    for one, two in (("x/A7_R1.fq.gz", "y/A7_R2.fq.gz"), ("A7_1.fastq", "A7_2.fastq"), ("B.fq", "A7.fq")):
        assert lab.sample_name(one, two) == lab.sample_name(two, one) == "A7"


def test_the_reads_told_are_all_reads(example: Example) -> None:
    told: list[int] = []
    files = [str(example.file("P1-D1"))]
    found, seen = lab.repertoire_of(files, shipped(), Preparation(), told.append)
    assert sum(told) == found.reads_total == 20_000
    assert [one.ref.name for one in seen] == ["SIMULATED-P1-D1_R1.fastq.gz"]


def test_a_users_germline_is_used_and_named(tmp_path: Path, example: Example) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    for segment in "VDJ":
        alleles = [a for a in shipped().alleles if a.segment == segment]
        lines = "".join(f">{a.name}\n{a.bases}\n" for a in alleles)
        (folder / f"IG{segment}.fasta").write_text(lines)
    (folder / "notes.txt").write_text("not a germline")
    own = lab.germline_at(str(folder))
    found = lab.index_sample("A", [str(example.file("P1-D1"))], IndexRule(), own, Preparation())
    assert found.index.germline.startswith("mine (")
    with pytest.raises(InputRefused, match="no FASTA"):
        lab.germline_at(str(example.folder / ".."))


def test_a_given_healthy_repertoire_can_only_make_chance_larger(
    indexed: lab.Indexed, example: Example
) -> None:
    normal = lab.normal_at(str(example.file("P1-D1")), shipped(), Preparation())  # the clone itself is in it
    held = lab.background(shipped(), normal)
    for clone in indexed.index.clones:
        chance = held.by_chance(clone.clonotype, 0)
        assert chance > 1e5 > lab.background(shipped()).by_chance(clone.clonotype, 0)
    other = lab.background(shipped(), lab.normal_at(str(example.file("W1")), shipped(), Preparation()))
    for clone in indexed.index.clones:
        assert other.by_chance(clone.clonotype, 1) == lab.background(shipped()).by_chance(clone.clonotype, 1)


def test_a_tally_reads_back(example: Example, indexed: lab.Indexed) -> None:
    looked_for = lab.targets([indexed.index], lab.spikes_at(str(example.spikes)))
    files = [str(example.file("P1-F1"))]
    found = lab.track_sample("P1-F1", files, "P1-D1", looked_for, Preparation())
    again = lab.track_sample("P1-F1", files, "P1-D1", looked_for, Preparation(), cores=2)
    assert found == again, "cores change nothing"
    assert read_tally(write_tally(found.tally), "P1-F1.json") == found.tally
    assert sum(found.tally.lengths.values()) == found.tally.reads_total - sum(
        found.tally.fates.get(fate, 0) for fate in (Fate.NOT_MERGED, Fate.LOW_QUALITY)
    )
    written = write_tally(found.tally)
    older = written.replace(b'"schema_version": 2', b'"schema_version": 1')
    for broken in (b"", b"{}", b"[]", written[:-20], older):
        with pytest.raises(InputRefused, match="no tally"):
            read_tally(broken, "P1-F1.json")


@pytest.mark.parametrize("threshold", ["", "0", "1", "-1e-6", "nan", "1/0", "one"])
def test_a_threshold_is_a_fraction_of_cells(threshold: str) -> None:
    with pytest.raises(CommandRefused):
        asked_at(threshold)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_stand_alone(language: Any, tmp_path: Path, example: Example, indexed: lab.Indexed) -> None:
    (tmp_path / "i.json").write_text(write_index(indexed.index), encoding="utf-8")
    files = [str(example.file("P1-F1"))]
    measured = follow_up(
        "P1-F1", files, str(tmp_path / "i.json"), str(example.spikes), 325.0, asked_at("1e-3"), Preparation(),
        [(str(example.file("N1")),)],
    )  # fmt: skip
    for made, figures in (
        (result_page(measured, indexed.index, language), 3),
        (index_page(indexed, language), 2),
    ):
        text = made.decode()
        assert text.count("<svg") >= figures
        assert ("SIMULATED" if language == "en" else "模拟") in text
        for outside in ("<script", "http-equiv", "<link", "<img", str(example.folder)):
            assert outside not in text
    tables = list(of_measured(measured))
    assert len({len(row) for row in tables[1].rows} | {len(tables[1].columns)}) == 1


def test_a_page_escapes_what_files_say() -> None:
    table = Table(Text("<b>", "<b>"), (Text("a", "a"),), (("<script>x</script>",),))
    made = page(Text("&", "&"), [table], [], "en", simulated=False).decode()
    assert "<script>" not in made and "&lt;script&gt;" in made and "SIMULATED" not in made
