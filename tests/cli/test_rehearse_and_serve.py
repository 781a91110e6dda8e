"""A small rehearsal from the command line, its pages, and what neither will do."""

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL = ("rehearse", "nct06607419", "--participants", "3", "--seed", "5")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for this module's rehearsals."""
    return tmp_path_factory.mktemp("rehearsals")


@pytest.fixture
def rehearsed(place: Path, done: Callable) -> Path:
    """A rehearsal of three children."""
    done(*SMALL, "-o", place / "first", "--reuse")
    return place / "first"


def test_equal_seeds_give_equal_bytes(rehearsed: Path, done: Callable, place: Path) -> None:
    first = done(*SMALL, "-o", rehearsed, "--reuse", "--json")
    again = done(*SMALL, "-o", place / "second", "--json")
    assert first.out == again.out
    said = again.json
    assert said["simulated"] is True and said["counts"]["enrolled"] == 3
    assert "the simulated trial is in" in again.err and "kept the rehearsal in" in first.err
    other = (
        "rehearse",
        "nct06607419",
        "--participants",
        "3",
        "--seed",
        "6",
        "-o",
        place / "second",
        "--json",
    )
    assert done(*other).json["ledger"]["head"] != said["ledger"]["head"]


def test_the_summary_says_simulated_in_both_languages(rehearsed: Path, done: Callable) -> None:
    english = done(*SMALL, "-o", rehearsed, "--reuse").out
    chinese = done(*SMALL, "-o", rehearsed, "--reuse", "--language", "zh").out
    assert english.startswith("SIMULATED") and chinese.startswith("模拟数据")


def test_whatever_is_asked_of_a_rehearsal_says_simulated(rehearsed: Path, done: Callable) -> None:
    child = done("participant", "list", "-t", rehearsed, "--json").json["participants"][0]["participant"]
    asked = (
        "trial verify", "trial results", "trial results --numbers", "trial why flow.enrolled", "site list",
        "participant list", f"participant show {child}", f"participant due {child}",
        f"participant judge {child} --on 2025-01-01",
    )  # fmt: skip
    for words in asked:
        assert done(*words.split(), "-t", rehearsed, "--json").json["simulated"] is True, words
        assert "SIMULATED" in done(*words.split(), "-t", rehearsed).out, words


def test_a_real_trial_is_never_replaced(trial: Path, remission: Callable, done: Callable) -> None:
    answer = remission(*SMALL, "-o", trial)
    assert (answer.status, answer.out) == (1, "") and "not a rehearsal" in answer.err
    assert done("trial", "verify", "--json").json["entries"] == 1


def test_a_real_trial_takes_no_entry_from_a_rehearsal(
    trial: Path, remission: Callable, done: Callable
) -> None:
    since = done("site", "activate", "03", "--json").json["active_since"]
    consent = (
        "participant",
        "consent",
        "--site",
        "03",
        "--on",
        since,
        "--signed-by",
        "guardian",
        "--form",
        "1",
    )
    answer = remission(*consent, "--role", "rehearsal")
    assert answer.status == 1 and "real trial" in answer.err
    answer = remission(*consent, "--role", "sponsor")
    assert answer.status == 1 and "may not write Consented" in answer.err


def test_every_page_answers_when_checked(rehearsed: Path, done: Callable) -> None:
    said = done("serve", rehearsed, "--check", "--json").json
    assert {page["status"] for page in said["pages"]} == {200}
    assert {page["language"] for page in said["pages"]} == {"en", "zh"}


def test_the_pages_stay_on_this_machine(rehearsed: Path, remission: Callable) -> None:
    for host in ("0.0.0.0", "::", "192.168.0.1", "example.org", ""):
        answer = remission("serve", rehearsed, "--host", host)
        assert (answer.status, answer.out) == (2, "") and "is not the loopback address" in answer.err
