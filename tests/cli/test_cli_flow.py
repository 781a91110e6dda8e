"""`remission flow`: from simulated marrows to an answer, and everything that may not pass for one."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from remission.lab import flow_references
from remission.mrd.flow.fcs.writing import write_fcs
from remission.mrd.flow.gates.gates import Rectangle
from remission.mrd.flow.strategies.adjustments import write_adjustments
from remission.mrd.flow.strategies.reading import shipped_strategy
from remission.mrd.flow.strategies.strategy import Adjustment
from remission.rehearsal.cytometry.clones import clone_of, with_cd19
from remission.rehearsal.cytometry.differences import day_of, person_of
from remission.rehearsal.cytometry.simulate import simulate
from remission.rehearsal.cytometry.spec import SMALL, Cd19, Look, Marrow, MarrowSpec, Troubles

Run = Callable[..., Any]
PROGRAM = Path(sys.executable).with_name("remission")
FOLLOW_UP, CLEAN, FIRST = (f"SIMULATED-P2-{name}.fcs" for name in ("F1", "F2", "D1"))
PARTS, SMALLER, DEEP = (
    ("SIMULATED-part1.fcs", "SIMULATED-part2.fcs"),
    "SIMULATED-small.fcs",
    "SIMULATED-deep.fcs",
)
WITHOUT_19 = ("--strategy", "ball-cd19-independent")
WITH_19 = ("--strategy", "ball-cd19")
STUDY = ("--study", "nct06607419", "--point", "d46")
GATINGML = Path(__file__).parents[2].parent / "shared" / "data" / "flow" / "gatingml"


def write(spec: MarrowSpec, path: Path, seed: int, keywords: Mapping[str, str] | None = None) -> None:
    made = simulate(spec, np.random.default_rng(seed))
    said = made.keywords if keywords is None else keywords
    with path.open("wb") as file:
        write_fcs(file, made.events, labels=made.labels, ranges=made.ranges, keywords=said)


@pytest.fixture(scope="module")
def marrows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flow") / "run"
    small = ["--normals", "3", "--events", "20000", "--level", "0.01", "--level", "0"]
    command = [PROGRAM, "flow", "simulate", "-o", folder, "--seed", "3", *small]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    numbers = np.random.default_rng(5)
    one = MarrowSpec(Marrow.BLINATUMOMAB, 20_000, person=person_of(numbers), day=day_of(numbers))
    for seed, name in enumerate(PARTS):
        write(one, folder / name, seed)
    write(replace(one, markers=SMALL, day=None), folder / SMALLER, 7)
    write(replace(one, events=270_000), folder / DEEP, 8)
    return folder


@pytest.fixture
def here(marrows: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own that holds the marrows."""
    for path in marrows.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_shown(here: Path, done: Run) -> None:
    said = done("flow", "show", FOLLOW_UP)
    assert said.out.startswith("SIMULATED: no patient") and "CD19 PE-Cy7" in said.out
    read = done("flow", "show", FOLLOW_UP, "--json").json
    assert read["simulated"] is True and read["events"] == 20_000
    markers = {one["channel"]: one["marker"] for one in read["parameters"]}
    assert markers["PE-Cy7-A"] == "CD19" and markers["Pacific Blue-A"] == "nucleic dye"
    assert "通道" in done("flow", "show", FOLLOW_UP, "--language", "zh").out


def test_a_follow_up_gets_level_limits_and_answer(here: Path, done: Run) -> None:
    words = (*WITHOUT_19, "--after-anti-cd19", "-o", "r.json", "--report", "r.html", "--json")
    said = done("flow", "measure", FOLLOW_UP, *words)
    read = said.json
    keys = ["found", "denominators", "populations", "level", "lower", "upper", "lod", "loq", "call"]
    assert [key for key in (*keys, "sensitivity") if key not in read] == []
    assert read == json.loads((here / "r.json").read_bytes())
    assert (read["call"], read["sample"]) == ("positive", "SIMULATED-P2-F1")
    assert read["lower"] < 0.01 < read["upper"] or abs(read["level"] - 0.01) < 0.003
    cells = read["denominators"][read["primary"]]
    assert read["level"] == read["found"] / cells == read["populations"][read["mrd"]] / cells
    assert (read["lod"], read["loq"]) == (20 / cells, 50 / cells)
    assert said.err == "", "quiet where nobody watches"
    page = (here / "r.html").read_text()
    assert "SIMULATED" in page and page.count("<svg") >= 3 and str(here) not in page
    shown = done("flow", "show", "r.json", "--json").json
    assert shown == read


@pytest.mark.parametrize(
    ("words", "gate", "wanted"),
    [
        ((), "Abnormal immature B cells *", ("Populations", "the file&#x27;s own labels")),
        (("--language", "zh"), "异常幼稚B细胞 *", ("细胞群", "文件自带标签", "各门所得事件", "样本事件")),
    ],
)
def test_the_page_stands_alone_and_shows_the_tree(
    words: tuple[str, ...], gate: str, wanted: tuple[str, ...], here: Path, done: Run
) -> None:
    done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "-o", "r.json", "--report", "r.html", *words)
    page = (here / "r.html").read_text()
    assert [one for one in wanted if one not in page] == []
    outside = re.findall(r'(?:src|href)="(?!#|data:)[^"]*|@import|<script|<link', page)
    assert outside == []
    deep = {name: float(by) for by, name in re.findall(r'padding-left:([\d.]+)em">([^<]*)<', page)}
    assert deep[gate] == max(deep.values()) and len(set(deep.values())) > 5
    rows = re.findall(r"<tr>(?:(?!</tr>).)*<td class=\"n\">([\d.]+ %|)</td></tr>", page)
    assert rows[0] == rows[1] == "", "above the denominator"
    assert max(float(share.removesuffix(" %")) for share in rows if share) == 100


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--nonsense",), "No such option: --nonsense"),
        (("--lod-events", 0), "greater than or equal to 1"),
        (("--language", "de"), "--language"),
    ],
)
def test_a_word_that_is_no_option_is_refused(
    words: tuple[object, ...], what: str, here: Path, remission: Run
) -> None:
    said = remission("flow", "measure", FOLLOW_UP, *WITHOUT_19, "-o", "r.json", *words)
    assert (said.status, said.out) == (2, "") and what in said.err and not (here / "r.json").exists()


def test_equal_input_gives_equal_bytes(here: Path, done: Run) -> None:
    for name in ("a", "b"):
        done("flow", "measure", CLEAN, *WITHOUT_19, *STUDY, "-o", f"{name}.json", "--report", f"{name}.html")
    for end in ("json", "html"):
        assert (here / f"a.{end}").read_bytes() == (here / f"b.{end}").read_bytes()


def test_too_few_cells_are_no_negative(here: Path, done: Run) -> None:
    said = done("flow", "measure", CLEAN, *WITHOUT_19, *STUDY, "-o", "r.json")
    assert "not evaluable" in said.out and "more nucleated cells would do" in said.out
    read = json.loads((here / "r.json").read_bytes())
    assert (read["call"], read["sensitivity"]) == ("not-evaluable", "insufficient")
    cells = read["denominators"]["nucleated cells"]
    assert read["answer"]["more_cells"] == 200_000 - cells
    assert read["needed_flags"] == ["cd19-independent-gate"]


def test_enough_cells_without_disease_are_negative_but_not_by_cd19(here: Path, done: Run) -> None:
    accepted = ("--accepted-by", "Dr Wu", "--why", "the gates fit")
    read = done("flow", "measure", DEEP, *WITHOUT_19, *STUDY, *accepted, "-o", "r.json", "--json").json
    assert (read["call"], read["sensitivity"], read["category"]) == ("negative", "sufficient", "negative")
    assert (read["acceptance"]["by"], read["acceptance"]["what"]) == ("Dr Wu", "gates")
    read = done("flow", "measure", DEEP, *WITH_19, *STUDY, "-o", "s.json", "--json").json
    assert read["call"] == "not-evaluable" and "cd19-only-gate" in read["flags"]
    thinned = ("--flag", "hemodilute")
    read = done("flow", "measure", DEEP, *WITHOUT_19, *STUDY, *thinned, "-o", "t.json", "--json").json
    assert read["call"] == "not-evaluable"


def test_what_was_measured_is_shown_in_both_languages(here: Path, done: Run) -> None:
    done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "-o", "r.json")
    for words, wanted in (
        ((), ("Abnormal immature B cells *", "nobody yet", "What this rests on")),
        (("--language", "zh"), ("异常幼稚B细胞 *", "尚无：非正式结果", "全部单细胞事件", "策略")),
    ):
        text = done("flow", "show", "r.json", *words).out
        assert all(one in text for one in wanted)
        assert text.count("sha256") == 2, "the strategy's and the file's, each once"


def test_a_panel_that_cannot_carry_the_strategy_names_what_it_lacks(here: Path, done: Run) -> None:
    said = done("flow", "measure", SMALLER, *WITHOUT_19, *STUDY, "-o", "r.json")
    assert "not evaluable" in said.out and "CD22 or CD24+CD66b" in said.out
    recognised = next(line for line in said.out.splitlines() if "markers recognised" in line)
    assert "CD19 (PE-Cy7-A)" in recognised and "--panel" in said.out
    read = json.loads((here / "r.json").read_bytes())
    assert "the tree shows" not in said.out, "there is none"
    assert read["lacking"] == ["CD22 or CD24+CD66b"] and read["found"] is read["level"] is None
    zh = done("flow", "measure", SMALLER, *WITHOUT_19, "-o", "z.json", "--language", "zh").out
    assert "缺少CD22或CD24+CD66b" in zh and "已识别标志" in zh
    assert done("flow", "measure", SMALLER, *WITH_19, "-o", "s.json", "--json").json["found"] is not None


def test_a_panel_file_names_what_labels_do_not(here: Path, done: Run, remission: Run) -> None:
    (here / "panel.toml").write_text(
        'schema_version = 1\nname = "tube 1"\noverrides = true\n[channels]\nCD7 = "APC-H7-A"\n'
    )
    said = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "--panel", "panel.toml", "-o", "r.json", "--json")
    assert said.json["panel"] == "tube 1" and said.json["markers"]["CD7"] == "APC-H7-A"
    assert "panel.toml" in [one["name"] for one in said.json["evidence"]["files"]]
    (here / "panel.toml").write_text('schema_version = 1\nname = "x"\n[channels]\nCD7 = "APC-H7-A"\n')
    said = remission("flow", "measure", FOLLOW_UP, *WITHOUT_19, "--panel", "panel.toml", "-o", "s.json")
    assert said.status == 1 and "overrides = true" in said.err  # the label says CD3
    (here / "panel.toml").write_text('schema_version = 1\nname = "x"\n[channels]\nCD7 = "Nowhere-A"\n')
    said = remission("flow", "measure", FOLLOW_UP, *WITHOUT_19, "--panel", "panel.toml", "-o", "s.json")
    assert said.status == 1 and "Nowhere-A" in said.err


@pytest.mark.parametrize(
    ("said", "call"),
    [((), "not-evaluable"), (("--after-anti-cd19",), "not-evaluable"), (("--before-anti-cd19",), "negative")],
)
def test_treatment_that_nobody_spoke_of_is_not_taken_as_none(
    here: Path, done: Run, said: tuple[str, ...], call: str
) -> None:
    words = ("--strategy", "ball-cd19", "--threshold", "0.05", *said, "-o", "r.json", "--json")
    answer = done("flow", "measure", FOLLOW_UP, *words)
    assert answer.json["call"] == call
    assert ("not said whether a drug against CD19" in answer.err) is (not said)


def test_threshold_and_limits_without_a_study(here: Path, done: Run) -> None:
    words = ("--threshold", "0.05", "--lod-events", 60, "-o", "r.json", "--json")
    read = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, *words).json
    cells = read["denominators"]["nucleated cells"]
    assert (read["lod"], read["loq"]) == (60 / cells, 60 / cells)
    assert (read["threshold"], read["call"]) == (0.05, "negative")


def test_files_of_one_acquisition_are_one_sample(here: Path, done: Run) -> None:
    read = done("flow", "measure", *PARTS, *WITHOUT_19, "--sample", "S9", "-o", "r.json", "--json").json
    assert read["sample"] == "S9" and read["populations"]["time"] == 40_000
    single = [
        done("flow", "measure", part, *WITHOUT_19, "-o", f"{part}.json", "--json").json for part in PARTS
    ]
    for path, count in read["populations"].items():
        assert count == sum(one["populations"][path] for one in single), path


def test_a_moved_gate_is_recorded_with_who_and_why(here: Path, done: Run, remission: Run) -> None:
    strategy = shipped_strategy("ball-cd19-independent")
    cd33 = next(one for one in strategy.gates if one.id == "cd33")
    assert isinstance(cd33, Rectangle)
    moved = replace(cd33, sides=(replace(cd33.sides[0], low=0.3),))
    text = write_adjustments("S1", strategy, [Adjustment(moved, "Dr Wu", "CD33 is dim here", "2026-04-16")])
    (here / "moved.json").write_text(text)
    before = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "--sample", "S1", "-o", "a.json", "--json").json
    words = ("--adjustments", "moved.json", "-o", "b.json")
    after = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "--sample", "S1", *words, "--json").json
    path = next(path for path in before["populations"] if path.endswith("/cd33"))
    assert after["populations"][path] > before["populations"][path]
    assert [(one["by"], one["why"]) for one in after["adjustments"]] == [("Dr Wu", "CD33 is dim here")]
    assert "moved.json" in [one["name"] for one in after["evidence"]["files"]]
    assert "Gates moved for this sample" in done("flow", "show", "b.json").out
    said = remission("flow", "measure", CLEAN, *WITHOUT_19, "--adjustments", "moved.json", "-o", "c.json")
    assert said.status == 1 and "'S1'" in said.err and "SIMULATED-P2-F2" in said.err


def test_a_given_matrix_takes_the_place_of_the_file_s(here: Path, done: Run) -> None:
    spill = done("flow", "show", FOLLOW_UP, "--json").json["spillover"]
    names = spill["detectors"]
    for name, rows in (
        ("same.csv", spill["values"]),
        ("none.csv", [[float(a == b) for b in range(len(names))] for a in range(len(names))]),
    ):
        lines = ["," + ",".join(names)]
        lines += [",".join([names[place], *map(repr, row)]) for place, row in enumerate(rows)]
        (here / name).write_text("\n".join(lines) + "\n")
    own = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "-o", "a.json", "--json").json
    same = done(
        "flow", "measure", FOLLOW_UP, *WITHOUT_19, "--matrix", "same.csv", "-o", "b.json", "--json"
    ).json
    none = done(
        "flow", "measure", FOLLOW_UP, *WITHOUT_19, "--matrix", "none.csv", "-o", "c.json", "--json"
    ).json
    assert same["populations"] == own["populations"] != none["populations"]
    assert (own["compensation"], same["compensation"]) == ("FCS", "same")
    assert "same.csv" in [one["name"] for one in same["evidence"]["files"]]


def test_a_diagnosis_without_a_reference_is_named_and_says_nothing(
    here: Path, done: Run, remission: Run
) -> None:
    words = (*WITHOUT_19, "--diagnosis", FIRST, "-o", "r.json")
    said = done("flow", "measure", FOLLOW_UP, *words)
    assert "Nothing was suggested" in said.out
    read = json.loads((here / "r.json").read_bytes())
    assert [one["name"] for one in read["evidence"]["files"]] == [FOLLOW_UP, FIRST]
    assert read["suggestion"] is None
    said = remission("flow", "measure", FOLLOW_UP, *WITHOUT_19, "--diagnosis", FOLLOW_UP, "-o", "s.json")
    assert said.status == 1 and "of the sample itself" in said.err


def test_a_damaged_file_is_mended_only_as_asked(here: Path, done: Run, remission: Run) -> None:
    cut = "SIMULATED-cut.fcs"
    (here / cut).write_bytes((here / FOLLOW_UP).read_bytes()[:-100])
    said = remission("flow", "measure", cut, *WITHOUT_19, "-o", "r.json")
    assert said.status == 1 and "whole-events" in said.err and not (here / "r.json").exists()
    said = remission("flow", "measure", cut, *WITHOUT_19, "-o", "r.json", "--repair", "gain-one")
    assert said.status == 1 and "whole-events" in said.err
    mend = ("--repair", "whole-events")
    read = done("flow", "measure", cut, *WITHOUT_19, "-o", "r.json", *mend, "--json").json
    assert read["populations"]["time"] < 20_000
    assert f"repair, {cut}" in {one["name"] for one in read["evidence"]["settings"]}


@pytest.mark.parametrize(
    ("words", "status", "what"),
    [
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--threshold", "5"), 2, "'5' is no level"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--threshold", "1e-3", *STUDY), 2, "beside --study"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--after-anti-cd19", *STUDY), 2, "--point"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--point", "d46"), 2, "--point without --study"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", *STUDY[:3], "d99"), 1, "d19, d46"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--lod-events", 60, "--loq-events", 9), 2, "of 9 "),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--lod-events", 9, *STUDY), 2, "--lod-events beside"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--lod-events", "inf"), 2, "no number of events"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--threshold", "1e-999999999"), 2, "is no level"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--loq-events", 9), 2, "below the LOD of 20"),
        (("measure", FOLLOW_UP, FOLLOW_UP, *WITHOUT_19, "-o", "r"), 1, "same file"),
        (("measure", FOLLOW_UP, SMALLER, *WITHOUT_19, "-o", "r"), 1, "other channels"),
        (("measure", FOLLOW_UP, CLEAN, *WITHOUT_19, "-o", "r"), 1, "other spillover"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--repair", "magic"), 2, "no repair 'magic'"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--data-set", 2), 1, "none of number 2"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--accepted-by", "Dr Wu"), 2, "go together"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--accept-suggestion"), 2, "go together"),
        (
            ("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--accept-suggestion", "--accepted-by", "X",
             "--why", "y"),
            1, "not there",
        ),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--flag", "hemodilution"), 2, "use one of: "),
        (
            ("measure", FOLLOW_UP, *WITH_19, "-o", "r", "--after-anti-cd19", "--flag",
             "cd19-independent-gate"),
            1, "does not state cd19-independent-gate",
        ),
        (("measure", FOLLOW_UP, "--strategy", "nope", "-o", "r"), 2, "ball-cd19, ball-cd19-independent"),
        (("measure", FOLLOW_UP, "--strategy", "nope.toml", "-o", "r"), 1, "there is no nope.toml"),
        (("measure", "none.fcs", *WITHOUT_19, "-o", "r"), 1, "there is no none.fcs"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", CLEAN), 1, "is there already"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--report", "r"), 2, "named twice"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--sample", " "), 2, "' ' is no name"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--matrix", "SIMULATED-truth.csv"), 1, "truth.csv"),
        (("measure", FOLLOW_UP, *WITHOUT_19, "-o", "r", "--reference", FIRST), 1, FIRST),
        (("measure", "SIMULATED-README.txt", *WITHOUT_19, "-o", "r"), 1, "README.txt"),
        (("view", FOLLOW_UP, "--strategy", "nope", "-o", "d"), 2, "no strategy 'nope'"),
        (("view", FOLLOW_UP, "none.fcs", *WITHOUT_19, "-o", "d"), 1, "there is no none.fcs"),
        (("view", FOLLOW_UP, *WITHOUT_19, "--reference", "n.ref", "-o", "d"), 1, "there is no n.ref"),
        (("show", "none.json", "--repair", "gain-one"), 2, "--repair means nothing"),
        (("show", "SIMULATED-README.txt"), 1, "README.txt"),
        (("show", "none.json"), 1, "none.json"),
        (("gate", FOLLOW_UP, "--gates", "none.xml"), 1, "none.xml"),
        (("gate", FOLLOW_UP, "--gates", CLEAN), 1, "no well-formed XML"),
        (("gate", FOLLOW_UP, "--gates", "x.xml", "--sample", "y"), 1, "x.xml"),
        (("export", SMALLER, *WITHOUT_19, "-o", "g.xml"), 1, "CD22 or CD24+CD66b"),
        (("export", FOLLOW_UP, *WITHOUT_19, "-o", CLEAN), 1, "is there already"),
        (("strategies", "ball"), 2, "no strategy 'ball'"),
        (("strategies", "--panel", "labels"), 2, "--panel without --file"),
        (("compensate", "APC-A", "-o", "m.csv", "--detector", "APC-A"), 2, "DYE=FILE"),
        (("compensate", f"APC-A={FOLLOW_UP}", "-o", "m.csv", "--detector", "Nowhere-A"), 1, "Nowhere-A"),
        (("reference", FOLLOW_UP, *WITHOUT_19, "-o", "n.ref", "--name", "n"), 2, "KIND=FILE"),
        (("reference", f"normal={SMALLER}", *WITHOUT_19, "-o", "n.ref", "--name", "n"), 1, "lacks CD22"),
        (
            ("reference", f"normal={CLEAN}", f"after={CLEAN}", f"late={CLEAN}", *WITHOUT_19, "-o", "n.ref",
             "--name", "n"),
            1, "the same events",
        ),
        (("simulate", "-o", "."), 1, "not empty"),
        (("simulate", "-o", "new", "--level", 2), 1, "fractions of cells"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_and_nothing_is_written(
    words: tuple[object, ...], status: int, what: str, here: Path, remission: Run
) -> None:
    before = {path.name for path in here.iterdir()}
    said = remission("flow", *words)
    assert (said.status, said.out) == (status, ""), said
    assert what in said.err and "\n  where: " in said.err and "\n  do:    " in said.err
    assert {path.name for path in here.iterdir()} == before


def test_a_result_that_was_touched_is_no_result(here: Path, done: Run, remission: Run) -> None:
    done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "-o", "r.json")
    text = (here / "r.json").read_text()
    (here / "r.json").write_text(text.replace('"call": "positive"', '"call": "negative"'))
    assert remission("flow", "show", "r.json").status == 1


def test_exported_gates_count_the_same_elsewhere(here: Path, done: Run) -> None:
    measured = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, "-o", "r.json", "--json").json["populations"]
    out = done("flow", "export", FOLLOW_UP, *WITHOUT_19, "-o", "g.xml", "--json").json
    again = done("flow", "gate", FOLLOW_UP, "--gates", "g.xml", "-o", "t.csv", "--json").json
    assert again["populations"] == measured and len(out["populations"]) == len(measured)
    lines = (here / "t.csv").read_text().splitlines()
    assert len(lines) == 20_001
    columns = lines[0].split(",")
    table = np.loadtxt(lines[1:], delimiter=",", dtype=int)
    for path, count in measured.items():
        assert table[:, columns.index(path.rpartition("/")[2])].sum() == count, path
    assert "占上级" in done("flow", "gate", FOLLOW_UP, "--gates", "g.xml", "--language", "zh").out


@pytest.mark.parametrize(
    ("file", "gate"), [("gml_boolean_and1_gate.xml", "And1"), ("gml_matrix_poly4_gate.xml", "Polygon4")]
)
def test_gates_of_another_program_hold_the_events_they_should(
    file: str, gate: str, done: Run, tmp_path: Path
) -> None:
    if not GATINGML.is_dir():
        pytest.skip("no ../shared/data/flow/gatingml beside the project")
    words = ("--gates", GATINGML / "gml" / file, "-o", tmp_path / "t.csv", "--json")
    said = done("flow", "gate", GATINGML / "data1.fcs", *words).json
    true = np.loadtxt(GATINGML / "truth" / f"Results_{gate}.txt", dtype=int)
    head, *lines = (tmp_path / "t.csv").read_text().splitlines()
    held = np.loadtxt(lines, delimiter=",", dtype=int, ndmin=2)[:, head.split(",").index(gate)]
    assert held.tolist() == true.tolist()
    counts = {path.rpartition("/")[2]: count for path, count in said["populations"].items()}
    assert counts[gate] == true.sum() and said["events"] == len(true)


def test_strategies_are_listed_and_printed(here: Path, done: Run) -> None:
    listed = done("flow", "strategies", "--json").json["strategies"]
    assert [one["id"] for one in listed] == ["ball-cd19", "ball-cd19-independent"]
    carried = done("flow", "strategies", "--file", SMALLER)
    assert "lacks CD22 or CD24+CD66b" in carried.out and "carries it" in carried.out
    one = done("flow", "strategies", "ball-cd19-independent", "--file", SMALLER, "--json").json
    assert one["lacking"] == ["CD22 or CD24+CD66b"] and one["states"] == ["cd19-independent-gate"]
    zh = done("flow", "strategies", "ball-cd19-independent", "--file", SMALLER, "--language", "zh").out
    assert "缺少CD22或CD24+CD66b" in zh and "有核细胞" in zh and " or " not in zh and "boolean" not in zh


def test_single_stains_make_a_matrix(here: Path, done: Run) -> None:
    dyes = {"APC-A": "CD10", "FITC-A": "CD66b"}
    for dye, marker in dyes.items():
        spec = MarrowSpec(
            Marrow.NORMAL, 20_000, markers=(marker,), troubles=Troubles(debris=0.0, red_cells=0.0)
        )
        made = simulate(spec, np.random.default_rng(1))
        other = next(one for one in dyes if one != dye)
        values = made.events.read(made.events.channels, 0, made.events.count)
        noise = np.random.default_rng(2).normal(0.0, 30.0, values.shape[1])
        seen = np.vstack([values, 0.1 * made.events.read((dye,), 0, made.events.count)[0] + noise])
        channels = (*made.events.channels, other)
        held = replace(made.events, channels=channels, values=seen, spill=None)
        with (here / f"SIMULATED-{dye}.fcs").open("wb") as file:
            write_fcs(
                file, held, labels=made.labels, ranges={**made.ranges, other: 262144.0},
                keywords=made.keywords,
            )  # fmt: skip
    controls = [f"{dye}=SIMULATED-{dye}.fcs" for dye in dyes]
    detectors = [word for dye in dyes for word in ("--detector", dye)]
    said = done("flow", "compensate", *controls, *detectors, "-o", "m.csv", "--json").json
    for place, row in enumerate(said["values"]):
        assert row[place] == 1.0 and row[1 - place] == pytest.approx(0.1, abs=0.01)
    assert (here / "m.csv").read_text().startswith(",APC-A,FITC-A\n")
    exchanged = ["APC-A=SIMULATED-FITC-A.fcs", "FITC-A=SIMULATED-APC-A.fcs"]
    said = done("flow", "compensate", *exchanged, *detectors, "-o", "x.csv")
    assert "are two tubes exchanged?" in said.out


def test_the_simulator_s_seed_gives_equal_bytes(marrows: Path, tmp_path: Path, done: Run) -> None:
    small = ("--normals", 3, "--events", 20_000, "--level", 0.01, "--level", 0, "--seed", 3)
    files = done("flow", "simulate", "-o", tmp_path / "again", *small, "--json").json["files"]
    assert len(files) == 21
    for name in files:
        assert (tmp_path / "again" / name).read_bytes() == (marrows / name).read_bytes(), name


def test_a_measured_marrow_enters_a_trial_and_answers_why(
    trial: Path, here: Path, done: Run, remission: Run
) -> None:
    """Received, measured as the study asks, accepted, reported; the events are found from the entry."""
    numbers = np.random.default_rng(9)
    clone = with_cd19(clone_of(Look.TYPICAL, Cd19.KEPT, numbers), Cd19.KEPT)
    spec = MarrowSpec(Marrow.REGENERATING, 20_000, clone, 0.02)
    write(spec, here / "m19.fcs", 11, keywords={})
    write(spec, here / "other.fcs", 12, keywords={})
    now = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    today, begun = now.isoformat(), (now - timedelta(days=18)).isoformat()
    done("site", "activate", "03")
    consent = ("--site", "03", "--on", today, "--signed-by", "guardian", "--form", "2")
    child = done("participant", "consent", *consent, "--json").json["participant"]
    done("participant", "answer", child, "induction_start", begun, "--on", today)
    done("sample", "taken", child, "--point", "d19", "--sample", "m19", "--on", today)
    tube = (child, "--sample", "m19", "--on", today)
    came = done("sample", "received", *tube, "--method", "flow", "--file", "m19.fcs", "--json")
    assert came.json["participant"] == child
    twice = remission("sample", "received", *tube, "--method", "flow", "--file", "m19.fcs")
    assert twice.status == 1 and "received already" in twice.err
    study = ("--study", "nct06607419", "--point", "d19")
    done("flow", "measure", "m19.fcs", *WITHOUT_19, *study, "-o", "draft.json")
    refused = remission("sample", "flow", *tube, "--measured", "draft.json")
    assert refused.status == 1 and "no named person stands" in refused.err
    accepted = (*WITHOUT_19, *study, "--accepted-by", "Dr Wu", "--why", "the gates fit")
    done("flow", "measure", "other.fcs", "--sample", "m19", *accepted, "-o", "other.json")
    refused = remission("sample", "flow", *tube, "--measured", "other.json")
    assert refused.status == 1 and "not given" in refused.err
    both = remission("sample", "flow", *tube, "--measured", "draft.json", "--found", 3)
    assert both.status == 2 and "either measured or counted" in both.err
    done("flow", "measure", "m19.fcs", *accepted, "-o", "result.json")
    done("sample", "flow", *tube, "--measured", "result.json")
    history = done("participant", "show", child, "--json").out
    digest = json.loads((here / "result.json").read_bytes())["evidence"]["files"][0]["sha256"]
    assert digest in history


def test_a_reference_suggests_and_the_gates_decide(
    here: Path, done: Run, remission: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A coarse reference, for speed."""
    monkeypatch.setattr(flow_references, "build_reference", partial(flow_references.build_reference, parts=6))
    normals = [f"{kind}=SIMULATED-N{place}.fcs" for place, kind in enumerate(("normal", "after", "late"), 1)]
    made = done("flow", "reference", *normals, *WITHOUT_19, "--name", "three", "-o", "n.ref", "--json").json
    assert [one["kind"] for one in made["marrows"]] == ["normal", "after", "late"] and made["simulated"]
    words = ("--reference", "n.ref", "--diagnosis", FIRST)
    read = done("flow", "measure", FOLLOW_UP, *WITHOUT_19, *words, "-o", "r.json", "--json").json
    assert read["suggestion"]["normals"] == 3 and read["suggestion"]["diagnosis"] is True
    assert read["found"] == read["populations"][read["mrd"]], "the gates', not the suggestion's"
    assert [one["name"] for one in read["evidence"]["files"]] == [FOLLOW_UP, "n.ref", FIRST]
    assert "Different from normal" in done("flow", "show", "r.json").out
    write(MarrowSpec(Marrow.NORMAL, 20_000), here / "real.fcs", 4, keywords={})
    said = remission("flow", "measure", "real.fcs", *WITHOUT_19, "--reference", "n.ref", "-o", "s.json")
    assert said.status == 1 and "made of SIMULATED marrows" in said.err


def test_asking_for_help_loads_nothing_heavy() -> None:
    script = "import sys, remission.cli.flow\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.split()
    heavy = (b"numba", b"numpy", b"fsspec", b"matplotlib", b"remission.lab", b"rich.progress", b"django")
    assert [name for name in heavy if name in loaded] == []
