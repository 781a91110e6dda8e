"""`remission trial compare`: earlier children from a table, made like the trial; and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

GROUPS = (
    ("low", "0.1 % to below 1 %", 30, 40),
    ("Provisional intermediate risk", "below 0.1 %", 36, 40),
    ("初始中危", "0.1 %至<1 %", 20, 40),
    ("intermediate", "1 % or more", 10, 40),
    ("low", "band2", 12, 40),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compared")


@pytest.fixture
def rehearsed(place: Path, done: Callable) -> Path:
    """A rehearsal of twenty children, played once."""
    folder = place / "trial"
    done("rehearse", "nct06607419", "--participants", "20", "--seed", "3", "-o", folder, "--reuse")
    return folder


def table(place: Path, *more: str, name: str = "controls.csv") -> Path:
    lines = ["child,responded,risk,day19"]
    for risk, band, yes, of in GROUPS:
        lines += [f"c,{'yes' if child < yes else 'no'},{risk},{band}" for child in range(of)]
    path = place / name
    path.write_text("\n".join([*lines, "c,,low,", *more]) + "\n", "utf-8")
    return path


def test_every_method_stands_beside_the_crude_one(rehearsed: Path, place: Path, done: Callable) -> None:
    figure, weighed = place / "gaps.svg", place / "balance.png"
    words = (
        "--by",
        "risk",
        "--by",
        "day19",
        "--source",
        "invented",
        "--evidence",
        "assumed",
        "-t",
        rehearsed,
    )
    answer = done("trial", "compare", table(place), *words, "--figure", figure, "--balance", weighed)
    for line in (
        "SIMULATED DATA",
        "crude",
        "overlap weights",
        "Decides:",
        "Weights: standardised to the trial",
    ):
        assert line in answer.out
    assert "Weights: weighted to the trial's people" in answer.out
    assert "0 of the trial, 1 of the control" in answer.out
    assert "In the trial: Indeterminate counted as no response." in answer.out
    assert "Control: invented (assumed)." in answer.out
    assert figure.read_bytes()[:4] == b"<svg" and b"SIMULATED" in figure.read_bytes()
    assert weighed.read_bytes()[1:4] == b"PNG"
    assert "not yet: 20 of 90 enrolled" in answer.out and "above the" not in answer.out
    assert "no test of the plan's primary claim" in answer.out
    chinese = done("trial", "compare", table(place), *words, "--language", "zh").out
    assert "按危险度、第19天MRD分层" in chinese and "初始中危" in chinese and "（假设）" in chinese
    assert "尚不能判定：计划90例，已入组20例" in chinese
    assert "按试验人群标准化" in done("trial", "compare", table(place), *words, "--language", "zh").out


def test_json_has_each_method_and_the_table_s_own_counts(
    rehearsed: Path, place: Path, done: Callable
) -> None:
    words = ("--by", "day19", "--source", "invented", "--evidence", "assumed", "-t", rehearsed, "--json")
    answer = done("trial", "compare", table(place), *words).json
    crude = answer["methods"][0]
    assert crude["control"] == pytest.approx(108 / 200)
    assert answer["simulated"] is True
    assert answer["left_out"] == {"trial": 0, "control": 1}
    assert answer["balance"]["method"]["en"] == "standardised to the trial"
    assert answer["balance_weighted"]["method"]["en"] == "weighted to the trial's people"
    assert answer["source"]["evidence"] == "assumed"
    assert answer["above"] is None  # 20 of 90: nothing is concluded yet
    assert 0 < answer["type_1_error"] <= answer["alpha"]
    assert "both must tell" in answer["decides"]


def test_how_far_the_source_was_seen_must_be_said(rehearsed: Path, place: Path, remission: Callable) -> None:
    answer = remission(
        "trial", "compare", table(place), "--by", "risk", "--source", "invented", "-t", rehearsed
    )
    assert answer.status == 2
    assert "--evidence" in answer.err


@pytest.mark.parametrize(
    ("more", "words", "status", "said"),
    [
        (["c,maybe,low,"], ["--by", "risk"], 1, ["'maybe' is no answer", "line 203, column responded"]),
        (["c,yes,high,"], ["--by", "risk"], 1, ["'high' is none of the groups", "Provisional low risk"]),
        (["c,yes"], ["--by", "risk"], 1, ["2 cells under a header of 4", "line 203"]),
        ([], ["--by", "sex"], 1, ["not exactly one column sex", "line 1"]),
        ([], ["--by", "site"], 2, ["no subgroup 'site'", "risk, day19"]),
        ([], ["--by", "risk", "--endpoint", "pcr"], 2, ["no endpoint 'pcr'", "flow_negative"]),
        ([], ["--by", "risk", "--by", "risk"], 2, ["name each subgroup once"]),
        ([], ["--by", "risk", "--evidence", "memory"], 1, ["'invented' stands on 'memory'"]),
        ([], ["--by", "risk", "--figure", "x.gif"], 2, ["'x.gif' is no figure"]),
    ],
)
def test_refusals_say_where_and_what_to_do(
    rehearsed: Path,
    place: Path,
    remission: Callable,
    more: list[str],
    words: list[str],
    status: int,
    said: list[str],
) -> None:
    path = table(place, *more, name="refused.csv")
    seen = () if "--evidence" in words else ("--evidence", "assumed")
    answer = remission("trial", "compare", path, *words, *seen, "--source", "invented", "-t", rehearsed)
    assert (answer.status, answer.out) == (status, "")
    for line in said:
        assert line in answer.err


def test_files_that_are_not_tables(rehearsed: Path, place: Path, remission: Callable) -> None:
    words = ("--by", "risk", "--source", "invented", "--evidence", "assumed", "-t", rehearsed)
    answer = remission("trial", "compare", place / "none.csv", *words)
    assert answer.status == 1 and "is not there" in answer.err
    odd = place / "odd.csv"
    odd.write_bytes(b"responded,risk\nyes,\xff\n")
    answer = remission("trial", "compare", odd, *words)
    assert answer.status == 1 and "byte 20 is not UTF-8" in answer.err
    odd.write_bytes(b"")
    answer = remission("trial", "compare", odd, *words)
    assert answer.status == 1 and "seen: nothing" in answer.err
