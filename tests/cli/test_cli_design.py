"""`remission design`: sweeps as people write them, files, both languages, and what is refused."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

STUDY = "nct06607419"
EVALUATE = ("design", "evaluate", STUDY)
FIND = ("design", "find", "--p0", "0.3", "--p1", "0.5")


def test_the_issue_s_own_line_works(done: Callable, tmp_path: Path) -> None:
    """`remission design evaluate nct06607419 --sweep p0=.4:.9 p1=...`: several settings after one flag."""
    figure, table = tmp_path / "power.svg", tmp_path / "power.html"
    answer = done(*EVALUATE, "--sweep", "p0=.4:.9", "p1=.6:.95:3", "--figure", figure, "--table", table)
    assert answer.err == ""
    assert len(re.findall(r"^ +0\.[4-9]  +0\.\d+  +90", answer.out, re.MULTILINE)) == 18
    assert "assumed" in answer.out and "Exact, by enumeration." in answer.out
    assert b"<svg" in figure.read_bytes()[:500]
    assert table.read_text("utf-8").count("<table") == 9


def test_repeated_flags_say_the_same_as_one(done: Callable) -> None:
    one = done(*EVALUATE, "--sweep", "p0=.6,.7", "n=60,90", "--json").out
    assert one == done(*EVALUATE, "--sweep", "p0=.6,.7", "--sweep", "n=60,90", "--json").out
    assert one == done(*EVALUATE, "--sweep=p0=.6,.7", "--sweep=n=60,90", "--cores", "1", "--json").out


def test_json_has_every_number_with_its_marks(done: Callable) -> None:
    answer = done(*EVALUATE, "--sweep", "ngs_negative.p0=.4", "--endpoint", "ngs_negative", "--json").json
    assert {line["mark"] for line in answer["assumed"]} == {"assumed"}
    assert answer["design"][0]["critical"] == 72 and answer["endpoint"] == "ngs_negative"
    assert answer["sweep"][0]["ngs_negative.p0"] == 0.4
    assert answer["sweep"][0]["power"] == answer["design"][1]["power"] == pytest.approx(0.9653, abs=5e-5)
    assert answer["played"] is None
    assert {row["rule"] for row in answer["effects"]["rules"]} == {"non_responder", "excluded"}


def test_trials_played_say_their_error_and_their_seed(done: Callable) -> None:
    answer = done(*EVALUATE, "--trials", "300", "--seed", "5")
    assert "Monte Carlo: 300 trials, seed 5" in answer.out and "[SIMULATED DATA]" in answer.out
    assert "standard error" in answer.out
    assert answer.out == done(*EVALUATE, "--trials", "300", "--seed", "5").out
    assert answer.out != done(*EVALUATE, "--trials", "300", "--seed", "6").out


def test_it_speaks_chinese_by_either_word(done: Callable) -> None:
    answer = done(*EVALUATE, "--words", "zh")
    assert "把握度" in answer.out and "假设" in answer.out
    assert answer.out == done(*EVALUATE, "--language", "zh").out


def test_a_table_for_latex_and_a_figure_as_png(done: Callable, tmp_path: Path) -> None:
    done(*EVALUATE, "--table", tmp_path / "t.tex", "--figure", tmp_path / "f.png")
    assert (tmp_path / "t.tex").read_text("utf-8").count(r"\begin{table}") == 8
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*EVALUATE, "--sweep", "p0"), "sweeps nothing"),
        ((*EVALUATE, "p9=.4:.9"), "'p9' cannot be swept"),
        ((*EVALUATE, "--sweep", "p0=.9:.4"), "low below high"),
        ((*EVALUATE, "--sweep", "p0=.4:1.5"), "p0 = 1.5"),
        ((*EVALUATE, "--sweep", "p0=.5", "flow_negative.p0=.6"), "swept twice"),
        ((*EVALUATE, "--endpoint", "survival"), "no endpoint 'survival'"),
        ((*EVALUATE, "--figure", "power.doc"), ".svg or .png"),
        ((*EVALUATE, "--table", "power.txt"), ".html or .tex"),
        ((*EVALUATE, "--trials", "-1"), "greater than or equal to 0|x>=0"),
        (("design", "find", "--p0", ".5", "--p1", ".3"), "p0 0.5 is not below p1 0.3"),
        (("design", "find", "--p0", ".5", "--p1", ".5"), "is not below"),
        (("design", "find", "--p0", ".5", "--p1", "1.5"), "is no fraction"),
        (("design", "find", "--p0", ".5"), "--p1"),
        ((*FIND, "--endpoints", ".4-.6"), "is not P0:P1"),
        ((*FIND, "--endpoints", ".6:.4"), "is not P0:P1"),
        ((*FIND, "--choose", "99"), "no design 99"),
        ((*FIND, "--endpoints", ".2:.4", "--figure", "x.svg"), "leave it out"),
        ((*FIND, "--endpoints", ".2:.4", "--stages", "2"), "--stages 2 with two endpoints"),
        ((*FIND, "--endpoints", ".2:.4", "--objective", "optimal"), "--objective optimal with two"),
        ((*FIND, "--endpoints", ".2:.4", "--choose", "1"), "--choose 1 with two endpoints"),
        ((*FIND, "--endpoints", ".4:.6"), "use --independent"),
        ((*FIND, "--alpha", ".9"), "alpha 0.9 where: --alpha do: give less than 0.5"),
        ((*FIND, "--power", ".01"), "power 0.01 is not above alpha 0.05"),
        ((*FIND, "--p0-from", "90/300"), "1 --p0-from and 0 --p0-source"),
        ((*FIND, "--p0-from", "90", "--p0-source", "x"), "is not RESPONDERS/OF"),
        ((*FIND, *("--p0-from", "90/300", "--p0-source", "x") * 2), "give 1 at most"),
    ],
)
def test_a_wrong_line_ends_with_2_and_a_remedy(
    words: tuple[str, ...], said: str, remission: Callable
) -> None:
    answer = remission(*words)
    assert (answer.status, answer.out) == (2, "")
    assert re.search(said, " ".join(answer.err.replace("│", " ").split()))


def test_what_cannot_be_done_with_the_data_ends_with_1(remission: Callable, tmp_path: Path) -> None:
    taken = tmp_path / "there.svg"
    taken.write_text("mine")
    for words in (
        ("design", "evaluate", "nct00000000"),
        (*EVALUATE, "--figure", taken),
        (*EVALUATE, "--sweep", "p0=.5,.6", "p1=.8,.9", "n=80,90", "--figure", tmp_path / "new.svg"),
        (*EVALUATE, "--scheduler", "nonsense://here:1", "--sweep", "p0=.5,.6"),
        ("design", "find", "--p0", ".5", "--p1", ".51", "--max-n", "20"),
        (*FIND, "--p0-from", "200/300", "--p0-source", "x"),
    ):
        answer = remission(*words)
        assert (answer.status, answer.out) == (1, ""), words
        assert "\n  where: " in answer.err and "\n  do:    " in answer.err
    assert taken.read_text() == "mine" and not (tmp_path / "new.svg").exists()


def test_designs_are_found_ranked_and_written_out(done: Callable) -> None:
    """Simon 1989: .30 against .50 at .05 and .20: 5/15, 18/46; minimax 6/19, 16/39."""
    answer = done(*FIND, "--stages", "2")
    first = next(line for line in answer.out.splitlines() if line.split()[:1] == ["1"])
    assert "Simon, optimal" in first and "5/15; 18/46/19" in first
    assert "6/19; 16/39/17" in answer.out
    assert "After 15 participants it stops for futility with 5 or fewer responders." in answer.out
    assert "doi:10.1016/0197-2456(89)90015-9" in answer.out
    chinese = done(*FIND, "--stages", "2", "--words", "zh").out
    assert "用于方案" in chinese and "15例有结果后，应答者不超过5例时因无效停止" in chinese


def test_the_objective_ranks_and_the_rank_is_chosen(done: Callable) -> None:
    for objective, cost in {
        "optimal": lambda d: d["null"]["expected_n"],
        "minimax": lambda d: d["design"]["looks"][-1]["n"],
        "expected": lambda d: d["null"]["expected_n"] + d["truth"]["expected_n"],
    }.items():
        answer = done(*FIND, "--objective", objective, "--choose", "2", "--json").json
        costs = [cost(design) for design in answer["designs"]]
        assert costs == sorted(costs) and answer["chosen"] == 2
        for design in answer["designs"]:
            assert design["null"]["rejects"] <= 0.05 and design["truth"]["rejects"] >= 0.8


def test_stages_limit_what_is_looked_for(done: Callable) -> None:
    for stages in (1, 2, 4):
        designs = done(*FIND, "--stages", stages, "--json").json["designs"]
        assert {len(design["design"]["looks"]) for design in designs} == {stages}


def test_two_endpoints_need_the_record_s_ninety(done: Callable) -> None:
    """DOMAIN.md: .70 -> .85 and .40 -> .60, nested, both required: joint power .904 in 90."""
    words = ("design", "find", "--p0", ".7", "--p1", ".85", "--alpha", ".025", "--power", ".9")
    answer = done(*words, "--endpoints", ".4:.6", "--json").json
    assert answer["smallest"]["n"] == 90
    assert answer["smallest"]["success"] == pytest.approx(0.904, abs=0.0005)
    printed = done(*words, "--endpoints", ".4:.6", "--show", "holm", "--independent").out
    assert "either, by Holm's steps" in printed and "endpoints independent" in printed
    assert "48, then 47" in printed and "32, then 31" in printed
    assert "For the protocol" in printed and "Holm S." in printed
    chinese = done(*words, "--endpoints", ".4:.6", "--words", "zh").out
    assert "用于方案" in chinese and "两个主要终点" in chinese and "参考文献" in chinese
    assert answer["smallest_null"]["largest"] == pytest.approx(0.0223, abs=5e-5)


def test_p0_says_where_it_comes_from(done: Callable) -> None:
    words = (
        "design",
        "find",
        "--p0",
        ".7",
        "--p1",
        ".85",
        "--alpha",
        ".025",
        "--power",
        ".9",
        "--stages",
        "1",
    )
    assert "p0 is assumed; no source given." in done(*words).out
    assert [row["of"] for row in done(*words, "--json").json["p0"]["of_histories"]] == [100, 300, 1000]
    sourced = (*words, "--p0-from", "210/300", "--p0-source", "Some cohort 2020")
    assert "p0 is the rate of 210/300 participants (Some cohort 2020)." in done(*sourced).out
    answer = done(*sourced, "--json").json
    assert [row["of"] for row in answer["p0"]["of_histories"]] == [300]
    assert answer["wanted"]["source"]["responders"] == 210


def test_equal_words_give_equal_bytes(done: Callable) -> None:
    assert done(*FIND, "--json").out == done(*FIND, "--json").out
    assert json.loads(done(*FIND, "--json").out)["schema_version"] == 1
