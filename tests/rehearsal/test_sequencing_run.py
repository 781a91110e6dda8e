"""Whole simulated runs: the files hold what the truth says, and equal seeds give equal bytes."""

import csv
import gzip
import io
import re
from collections import Counter
from dataclasses import replace
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from remission.lab.sheet import Role, read_sheet
from remission.mrd.ngs.bases import encode
from remission.mrd.ngs.germline import shipped
from remission.mrd.ngs.rearrangement import Kind, Locus
from remission.mrd.ngs.spikes import read_spikes
from remission.rehearsal.sequencing.repertoire import clone_of, decoys_of, family_of, spikes_of
from remission.rehearsal.sequencing.simulate import in_memory, simulate_run, simulate_sample
from remission.rehearsal.sequencing.spec import Pcr, Reading, Run, Sample
from remission.rehearsal.sequencing.writing import SHEET, SPIKES, TRUTH, Truth

GERMLINE = shipped()
NAME = re.compile(rb"@SIMULATED:(S\d):(\d+):(\d+) ([12]):N:0")
TURN = str.maketrans("ACGT", "TGCA")


def numbers(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def run() -> Run:
    """Two patients and a control; 20,000 reads each, so that a file is written in more than one stretch."""
    source = numbers(11)
    family = family_of(GERMLINE, "IGH-1", 1, 1, source)
    light = clone_of(GERMLINE, Kind.V_J, Locus.IGK, "IGK-1", source)
    other = clone_of(GERMLINE, Kind.V_KDE, Locus.IGK, "IGK-2", source)
    clones = (*family, *decoys_of(family[0], 2, source), light)
    low = {"IGH-1": 1e-3, "IGH-1-sister-1": 1e-4, "IGH-1-decoy-1": 1e-2, "IGK-1": 1e-6}
    return Run(
        samples=(
            Sample("S1", "P1", clones, 1_000_000, low, 0.02, 20_000),
            Sample("S2", "P2", (other,), 100_000, {"IGK-2": 0.4}, 0.1, 20_000, Role.DIAGNOSIS),
            Sample("S3", "", (), 100_000, {}, 0.1, 20_000, Role.NEGATIVE),
        ),
        germline=GERMLINE,
        spikes=spikes_of(GERMLINE, 2, 100, source),
        hopping=0.01,
        clonotypes=500,
        pcr=Pcr(chimeras=0.01),
    )


@pytest.fixture(scope="module")
def made() -> tuple[dict[str, bytes], tuple[Truth, ...]]:
    return in_memory(run(), numbers())


def records(raw: bytes) -> list[tuple[bytes, bytes, bytes]]:
    lines = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).split(b"\n")
    assert lines[-1] == b"" and set(lines[2::4]) == {b"+"}
    return list(zip(lines[0:-1:4], lines[1::4], lines[3::4], strict=True))


def test_every_file_says_simulated(made: tuple[dict[str, bytes], tuple[Truth, ...]]) -> None:
    files, _ = made
    assert set(files) == {SHEET, SPIKES, TRUTH, *(f"SIMULATED-S{i}_R1.fastq.gz" for i in (1, 2, 3))}
    assert all(name.startswith("SIMULATED") for name in files)
    assert files[TRUTH].startswith(b"# SIMULATED")
    assert files[SPIKES].count(b"origin=SIMULATED") == files[SPIKES].count(b">") == 6
    for i in (1, 2, 3):
        found = records(files[f"SIMULATED-S{i}_R1.fastq.gz"])
        assert all(NAME.fullmatch(name) for name, _, _ in found)


def test_truth_is_what_the_files_hold(made: tuple[dict[str, bytes], tuple[Truth, ...]]) -> None:
    files, truth = made
    for i in (1, 2, 3):
        found = records(files[f"SIMULATED-S{i}_R1.fastq.gz"])
        assert len(found) == 20_000
        matches = [NAME.fullmatch(name) for name, _, _ in found]
        rows = Counter(int(match[3]) for match in matches if match)
        assert [int(match[2]) for match in matches if match] == list(range(1, 20_001))
        mine = [row for row in truth if row.sample == f"S{i}"]
        assert {row.row: row.reads + row.chimeras for row in mine if row.reads + row.chimeras} == rows
    lines = list(csv.DictReader(io.StringIO(files[TRUTH].decode().split("\n", 1)[1])))
    assert [int(line["reads"]) for line in lines] == [row.reads for row in truth]
    assert [row.row for row in truth] == list(range(len(truth)))


def test_windows_without_errors_are_as_many_as_the_truth_says(
    made: tuple[dict[str, bytes], tuple[Truth, ...]],
) -> None:
    """A second count: reads in which the window is found by plain search, on either strand."""
    files, truth = made
    found = records(files["SIMULATED-S2_R1.fastq.gz"])
    clone = next(row for row in truth if row.name == "IGK-2" and row.tube == "S2" == row.sample)
    window = clone.window.encode()
    turned = clone.window[::-1].translate(TURN).encode()
    own = [bases for name, bases, _ in found if name.split()[0].endswith(f":{clone.row}".encode())]
    assert len(own) == clone.reads + clone.chimeras
    seen = sum(window in bases or turned in bases for bases in own)
    assert 0 < clone.changed < clone.reads / 4
    assert clone.reads - clone.changed - clone.cut <= seen
    assert seen <= clone.reads - max(clone.changed, clone.cut) + clone.in_chimeras


def test_equal_seeds_give_equal_bytes(made: tuple[dict[str, bytes], tuple[Truth, ...]]) -> None:
    files, truth = made
    again, same = in_memory(run(), numbers())
    assert again == files and same == truth
    other, _ = in_memory(run(), numbers(2))
    assert other["SIMULATED-S1_R1.fastq.gz"] != files["SIMULATED-S1_R1.fastq.gz"]
    plain, _ = in_memory(replace(run(), plain=True), numbers())
    assert plain["SIMULATED-S1_R1.fastq"] == gzip.decompress(files["SIMULATED-S1_R1.fastq.gz"])


def test_reads_hop_as_often_as_asked(made: tuple[dict[str, bytes], tuple[Truth, ...]]) -> None:
    _, truth = made
    hopped = [row for row in truth if row.tube != row.sample]
    assert all(row.templates == 0 for row in hopped)
    total = sum(row.reads + row.chimeras for row in hopped)
    assert abs(total - 600) < 4 * sqrt(600)
    into_control = [row for row in hopped if row.sample == "S3" and row.name == "IGK-2"]
    assert len(into_control) == 1 and into_control[0].reads > 50


def test_chimeras_are_as_many_as_asked(made: tuple[dict[str, bytes], tuple[Truth, ...]]) -> None:
    _, truth = made
    control = [row for row in truth if row.sample == "S3"]
    count = sum(row.chimeras for row in control)
    assert abs(count - 200) < 4 * sqrt(200)
    assert 0 < sum(row.in_chimeras for row in control) < count


def test_levels_are_kept_on_the_way_to_reads(made: tuple[dict[str, bytes], tuple[Truth, ...]]) -> None:
    """Reads of each clone against its templates: Poisson, wider by the branching of PCR."""
    _, truth = made
    mine = [row for row in truth if row.sample == row.tube == "S1" and row.templates]
    reads, templates = sum(row.reads for row in mine), sum(row.templates for row in mine)
    for row in mine:
        expected = reads * row.templates / templates
        spread = sqrt(expected + 0.06 * expected**2 / row.templates)
        assert abs(row.reads - expected) < 4 * spread + 1, row


def test_the_laboratory_reads_the_sheet_and_the_spikes(
    made: tuple[dict[str, bytes], tuple[Truth, ...]],
) -> None:
    files, truth = made
    sheet = read_sheet(files[SHEET].replace(b"S1,P1,follow-up", b"S1,P1,diagnosis"), name=SHEET, address="/x")
    assert [row.dna_ng for row in sheet.rows] == [6500, 650, 650]
    assert [row.role for row in sheet.rows][1:] == [Role.DIAGNOSIS, Role.NEGATIVE]
    spikes = read_spikes(io.BytesIO(files[SPIKES]), SPIKES)
    assert [spike.copies for spike in spikes] == [100] * 6
    windows = {row.name: row.window for row in truth if row.relation == "spike"}
    assert all(len(spike.window) == 44 and spike.window in windows[spike.name] for spike in spikes)


def single(reading: Reading, reads: int = 6000) -> tuple[dict[str, bytes], str, tuple[Truth, ...]]:
    """One sample of one clone and nothing else; errors of the sequencer alone."""
    clone = clone_of(GERMLINE, Kind.V_D_J, Locus.IGH, "IGH-1", numbers(3))
    sample = Sample("S1", "P1", (clone,), 1000, {"IGH-1": 1.0}, 0.0, reads)
    bare = Run(
        (sample,),
        GERMLINE,
        reading=reading,
        pcr=Pcr(errors=0, indels=0, chimeras=0),
        unrelated=0,
        clonotypes=10,
        plain=True,
    )
    files, truth = simulate_sample(bare, sample, numbers(8))
    return files, clone.bases, truth


def errors_of(files: dict[str, bytes], bases: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """For each base read: is it wrong, and its written quality; shape (reads, bases)."""
    forward, backward = encode(bases), encode(bases[::-1].translate(TURN))
    wrong, quality = [], []
    for _, read, letters in records(files[name]):
        codes = encode(read)
        one, other = codes != forward[: len(codes)], codes != backward[: len(codes)]
        wrong.append(one if one.sum() <= other.sum() else other)
        quality.append(np.frombuffer(letters, dtype=np.uint8).astype(np.int64) - 33)
    return np.array(wrong), np.array(quality)


def test_errors_rise_and_qualities_are_honest() -> None:
    reading = Reading(length=200)
    files, bases, truth = single(reading, 20_000)
    wrong, quality = errors_of(files, bases, "SIMULATED-S1_R1.fastq")
    line = np.linspace(0.0005, 0.005, 200)
    for part in range(4):
        cycles = slice(part * 50, part * 50 + 50)
        expected = len(wrong) * line[cycles].sum()
        assert abs(wrong[:, cycles].sum() - expected) < 4 * sqrt(expected) + 0.02 * expected
    for low in range(17, 35, 3):
        its = (quality >= low) & (quality < low + 3)
        expected = (10 ** (-quality[its] / 10)).sum()
        assert expected > 20
        assert abs(wrong[its].sum() - expected) < 4 * sqrt(expected), low
    assert 0 < truth[0].changed < truth[0].reads


def test_a_vain_sequencer_claims_too_much() -> None:
    files, bases, _ = single(Reading(length=200, optimism=5))
    wrong, quality = errors_of(files, bases, "SIMULATED-S1_R1.fastq")
    claimed = (10 ** (-quality / 10)).sum()
    assert wrong.sum() / claimed == pytest.approx(10**0.5, rel=0.1)


def test_changed_and_cut_windows_are_counted() -> None:
    files, _, truth = single(Reading(length=150))
    window = truth[0].window
    wanted = {window.encode(), window[::-1].translate(TURN).encode()}
    found = records(files["SIMULATED-S1_R1.fastq"])
    whole = sum(any(one in read for one in wanted) for _, read, _ in found)
    assert truth[0].cut > 2000  # from the V side 150 bases end before the junction
    assert truth[0].reads - truth[0].cut - truth[0].changed <= whole <= truth[0].reads - truth[0].cut


def test_mates_are_the_two_ends_of_one_fragment() -> None:
    files, bases, truth = single(Reading(length=150, paired=True, first_error=1e-4, last_error=1e-4), 500)
    first, second = records(files["SIMULATED-S1_R1.fastq"]), records(files["SIMULATED-S1_R2.fastq"])
    turned = bases[::-1].translate(TURN)
    exact = 0
    for (name, one, _), (other_name, other, _) in zip(first, second, strict=True):
        assert name.split()[0] == other_name.split()[0]
        exact += (one.decode(), other.decode()) in ((bases[:150], turned[:150]), (turned[:150], bases[:150]))
    assert exact > 450
    assert truth[0].cut == 0


def test_background_is_thinned_and_counted() -> None:
    thin = replace(run(), background_share=0.1)
    files, truth = in_memory(thin, numbers())
    for i in (1, 2, 3):
        mine = [row for row in truth if row.sample == f"S{i}"]
        written = sum(row.reads + row.chimeras for row in mine)
        assert written == len(records(files[f"SIMULATED-S{i}_R1.fastq.gz"]))
        assert written + sum(row.left_out for row in mine) == 20_000
        assert all(row.left_out == 0 for row in mine if (row.relation, row.tube) != ("background", f"S{i}"))
        background = next(row for row in mine if row.relation == "background" and row.tube == f"S{i}")
        kept = background.reads + background.chimeras
        drawn = kept + background.left_out
        assert abs(kept - 0.1 * drawn) < 4 * sqrt(0.09 * drawn)


def test_tails_stand_before_and_after_every_amplicon() -> None:
    thin = replace(run(), tails=("GATTACAGATTACA", "CCATGGCCATGG"), plain=True)
    files, _ = in_memory(thin, numbers())
    found = records(files["SIMULATED-S3_R1.fastq"])
    starts = sum(read.startswith((b"GATTACAGATTACA", b"CCATGGCCATGG")) for _, read, _ in found)
    assert starts > 0.9 * len(found) - 200


def test_files_are_streamed_to_where_they_are_wanted(tmp_path: Path) -> None:
    truth = simulate_run(run(), numbers(), lambda name: (tmp_path / name).open("wb"))
    files, same = in_memory(run(), numbers())
    assert truth == same
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == files
