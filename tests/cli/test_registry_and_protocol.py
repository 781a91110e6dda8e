"""Records and studies from the command line: what is read, found and refused."""

import os
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

SHIPPED = files("remission") / "studies" / "nct06607419"
RECORDS = Path(__file__).parents[2].parent / "shared" / "data" / "registry"
RULES = [
    "lookback-covers-own-therapy",
    "exclusion-known-after-treatment",
    "threshold-needs-depth",
    "endpoint-without-control",
    "wording-without-level",
    "trigger-differs-by-group",
    "outside-label",
]
BOMB = b'<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n<a>&b;</a>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><clinical_study>&f;</clinical_study>'


def _one_of(folder: str, ending: str) -> Path:
    found = sorted((RECORDS / folder).glob(f"*{ending}"))
    if not found:
        pytest.skip(f"no {folder} record in the shared folder")
    return found[0]


def test_the_seed_page_is_read_to_its_sponsors_and_criteria(done: Callable, seed: Path) -> None:
    said = done("registry", "read", seed, "--json").json
    protocol = said["study"]["protocolSection"]
    assert protocol["identificationModule"]["nctId"] == "NCT06607419"
    assert len(said["criteria"]["inclusion"]) >= 5 and len(said["criteria"]["exclusion"]) == 11
    assert said["absent"]
    assert done("registry", "read", seed).out.splitlines()[0] != ""


def test_a_page_printed_is_read_again_as_the_same_page(done: Callable, seed: Path, tmp_path: Path) -> None:
    printed = tmp_path / "printed.txt"
    printed.write_text(done("registry", "read", seed).out, encoding="utf-8")
    assert done("registry", "read", printed).out == printed.read_text("utf-8")


@pytest.mark.parametrize(("folder", "ending"), [("ctgov_v2_json", ".json"), ("ctgov_xml", ".xml")])
def test_other_formats_are_read_by_their_content(folder: str, ending: str, done: Callable) -> None:
    record = _one_of(folder, ending)
    said = done("registry", "read", record, "--json")
    assert said.json["study"]["protocolSection"]["identificationModule"]["nctId"] == record.stem
    assert done("registry", "read", record, "--json").out == said.out


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"", "byte 1"),
        (BOMB, "line 2, column 1"),
        (OUTSIDE, "line 1, column 1"),
        (b"<clinical_study>\n<b></c>", "line 2, column 6"),
        (b'{"protocolSection": {"a": 1,\n "a": 2}}', "line 2, column 2"),
        (b"[" * 1_000_000, "line 1, column 65"),
        ("Study Details".encode("utf-16"), "byte"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "byte"),
        (b"x" * 3_000_000, "line 1"),
        (b"Dear grandmother,\nthe weather is fine.\n", "line "),
    ],
    ids=["empty", "bomb", "outside", "broken", "twice", "deep", "utf-16", "picture", "long line", "letter"],
)
def test_a_hostile_file_is_refused_with_file_and_place(
    data: bytes, place: str, remission: Callable, tmp_path: Path
) -> None:
    file = tmp_path / "record.bin"
    file.write_bytes(data)
    for words in (["--json"], []):
        answer = remission("registry", "read", file, *words)
        assert (answer.status, answer.out) == (1, "")
        where = next(line for line in answer.err.splitlines() if line.startswith("  where: "))
        assert "record.bin" in where and place in where


def test_a_pipe_without_a_writer_or_a_device_is_not_waited_for_for_ever(
    remission: Callable, tmp_path: Path
) -> None:
    answer = remission("registry", "read", os.devnull)
    assert answer.status == 1 and "byte 1" in answer.err


def test_the_check_lists_the_seven_findings(done: Callable) -> None:
    said = done("protocol", "check", "nct06607419", "--json")
    assert said.err == ""
    assert [finding["rule"] for finding in said.json["findings"]] == RULES
    for finding in said.json["findings"]:
        assert {"rule", "sentence", "why", "decision"} <= finding.keys()
        assert all(finding[key] for key in ("sentence", "why", "decision"))
    assert said.json["refusals"] == []
    text = done("protocol", "check", "nct06607419").out
    assert [line.split(". ")[1] for line in text.splitlines() if line[:1].isdigit() and ". " in line] == RULES
    assert text.endswith("7 findings, 0 refusals: the study can be carried out\n")
    assert (
        "7项发现，0项拒绝：该研究可以执行" in done("protocol", "check", "nct06607419", "--language", "zh").out
    )


@pytest.fixture
def own_study(tmp_path: Path) -> Callable[..., Path]:
    """A copy of the shipped study at a path, with words replaced."""

    def make(old: str = "", new: str = "") -> Path:
        text = (SHIPPED / "study.toml").read_text("utf-8")
        assert old in text
        (tmp_path / "study.toml").write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
        (tmp_path / "record.txt").write_bytes((SHIPPED / "record.txt").read_bytes())
        return tmp_path / "study.toml"

    return make


def test_a_study_by_its_path_is_the_same_study(done: Callable, own_study: Callable) -> None:
    shipped, own = (done("protocol", "check", name, "--json").out for name in ("nct06607419", own_study()))
    assert shipped == own


def test_a_study_that_cannot_be_carried_out_ends_with_1_and_its_refusals(
    remission: Callable, own_study: Callable, tmp_path: Path
) -> None:
    study = own_study("risk == 'high'", "risk == 'hihg'")
    answer = remission("protocol", "check", study, "--json")
    assert answer.status == 1
    assert [one["rule"] for one in answer.json["refusals"]] == ["wrong-comparison"]
    assert "hihg" in answer.err and "\n  do:    " in answer.err
    assert "cannot be carried out" in remission("protocol", "check", study).out
    for words in (("protocol", "show", study), ("trial", "create", study, tmp_path / "made")):
        answer = remission(*words)
        assert (answer.status, answer.out) == (1, "") and "hihg" in answer.err
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "nct06607419"', "id = nct06607419", "broken TOML"),
        ("schema_version = 1", "schema_version = 2", "schema_version 2 is not 1"),
        ('record = "record.txt"', 'record = "../../etc/passwd"', "passwd"),
        ('record = "record.txt"', 'record = "gone.txt"', "gone.txt"),
    ],
)
def test_a_study_file_that_cannot_be_read_is_refused(
    old: str, new: str, said: str, remission: Callable, own_study: Callable
) -> None:
    for verb in ("check", "show", "questions"):
        answer = remission("protocol", verb, own_study(old, new))
        assert (answer.status, answer.out) == (1, "") and said in answer.err


@pytest.mark.parametrize("reader", ["doctor", "lawyer"])
def test_the_study_is_shown_to_each_reader_in_each_language(reader: str, done: Callable) -> None:
    english = done("protocol", "show", "nct06607419", "--for", reader).out
    chinese = done("protocol", "show", "nct06607419", "--for", reader, "--language", "zh").out
    assert english.startswith("# Blinatumomab for") and chinese.startswith("# 贝林妥欧单抗")
    assert done("protocol", "show", "nct06607419", "--for", reader, "--json").json[
        "text"
    ] == english.removesuffix("\n")


def test_the_questions_name_every_word_a_site_types(done: Callable) -> None:
    said = done("protocol", "questions", "nct06607419", "--json").json
    facts = {one["fact"]: one for one in said["questions"]}
    assert facts["weight"]["unit"] == "kg" and facts["risk"]["answers"] == ["low", "intermediate", "high"]
    assert facts["epilepsy"]["answers"] == ["yes", "no"]
    assert [one["point"] for one in said["samples"]] == ["d19", "d46"]
    assert said["options"]["treatment order --step"] == ["course"]
    assert said["options"]["participant happened --purpose"] == ["airway_emergency"]
    assert said["options"]["sample flow --flag, asked for after treatment"] == ["cd19-independent-gate"]
    text = done("protocol", "questions", "nct06607419").out
    assert all(word in text for word in [*facts, "prior_therapy", "convulsion", "hemodilute", "neurologic"])
    assert "体重" in done("protocol", "questions", "nct06607419", "--language", "zh").out


def test_the_shipped_studies_are_listed(done: Callable) -> None:
    assert done("protocol", "list", "--json").json["studies"] == ["nct03441061", "nct06607419"]
