"""Streams, exit statuses, and what a mishap becomes: never a trace."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from remission.cli import NOUNS, desk
from remission.cli.door import command_of
from remission.cli.words import Spoken, as_of, day, instant
from remission.errors import CommandRefused, StoreRefused

PROGRAM = Path(sys.executable).with_name("remission")
COMMANDS = [
    (noun, *verb)
    for noun in NOUNS
    for verb in [(one,) for one in getattr(command_of(noun, None), "commands", {})] or [()]
]


def _program(*words: object, **settings: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([PROGRAM, *map(str, words)], capture_output=True, timeout=60, **settings)  # type: ignore[call-overload]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_takes_json_and_refuses_an_unknown_option(
    words: tuple[str, ...], remission: Callable
) -> None:
    helped = remission(*words, "--help")
    assert (helped.status, helped.err) == (0, "")
    assert "--json" in helped.out and "--install-completion" not in helped.out
    wrong = remission(*words, "--no-such-option")
    assert (wrong.status, wrong.out) == (2, "") and "No such option" in wrong.err


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_a_noun_alone_prints_its_verbs_or_asks_for_what_it_needs(noun: str, remission: Callable) -> None:
    if noun in ("rehearse", "serve"):
        return
    answer = remission(noun)
    assert answer.status == 2 and "Commands" in answer.out + answer.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("particpant",), "Did you mean 'participant'"),
        (("participant", "enroll"), "Did you mean 'enrol'"),
        (("participant", "judge", "03-001"), "--on"),
        (("participant", "judge"), "PARTICIPANT"),
        (("participant", "judge", "03-001", "--on", "yesterday"), "'yesterday' is not a day"),
        (("participant", "judge", "03-001", "--on", "2024-02-30"), "'2024-02-30' is not a day"),
        (("participant", "judge", "03-001", "--on", "20240220"), "'20240220' is not a day"),
        (("participant", "judge", "03-001", "--on", "0001-01-01"), "'0001-01-01' is not a day"),
        (("participant", "judge", "03-001", "--on", "2024-01-01", "--language", "fr"), "'en', 'zh'"),
        (("participant", "list", "--as-of", "noon"), "'noon' is not a time with its zone"),
        (("participant", "list", "--as-of", "2024-06-18T09:30"), "is not a time with its zone"),
        (("participant", "list", "--stage", "asleep"), "screen_failed"),
        (
            ("participant", "void", "03-001", "seven", "--reason", "x"),
            "'ENTRY': Input should be a valid integer",
        ),
        (("protocol", "show", "nct06607419", "--for", "judge"), "'doctor', 'lawyer'"),
        (("rehearse", "nct06607419", "--until", "soon"), "'soon' is not a day"),
        (("rehearse", "nct06607419", "--participants", "0"), "greater than or equal to 1"),
        (("rehearse", "nct06607419", "--seed", "-1"), "greater than or equal to 0"),
        (("serve", "--host", "0.0.0.0"), "is not the loopback address"),
        (("serve", "--port", "70000"), "less than or equal to 65535"),
        (("trial", "create", "nct06607419"), "FOLDER"),
    ],
)
def test_a_wrong_command_line_ends_with_2(
    words: tuple[str, ...], said: str, remission: Callable, trial: Path
) -> None:
    answer = remission(*words)
    assert (answer.status, answer.out) == (2, "")
    assert said in " ".join(answer.err.replace("│", " ").split())


@pytest.mark.parametrize(
    "words",
    [
        ("participant", "show", "03-001"),
        ("participant", "show", "Anna"),
        ("participant", "answer", "03-001", "weight", "12", "--on", "2024-01-01"),
        ("site", "activate", "99"),
        ("site", "activate", "three"),
        ("participant", "consent", "--site=99", "--on=2024-01-01", "--signed-by=both", "--form=1"),
        ("sample", "missed", "03-001", "--point=d19", "--on=2024-01-01", "--why=dry tap"),
        ("trial", "why", "no.such.number"),
        ("trial", "create", "nct00000000", "elsewhere"),
        ("trial", "verify", "--trial", "nowhere"),
        ("protocol", "show", "nct00000000"),
        ("rehearse", "nct00000000"),
        ("registry", "read", "nowhere.json"),
    ],
)  # fmt: skip
def test_data_that_refuses_end_with_1_and_a_remedy(
    words: tuple[str, ...], remission: Callable, trial: Path
) -> None:
    answer = remission(*words)
    assert (answer.status, answer.out) == (1, "")
    assert "\n  where: " in answer.err and "\n  do:    " in answer.err


def test_a_denominator_is_name_and_count(remission: Callable, trial: Path) -> None:
    words = ("sample", "flow", "03-001", "--sample", "s", "--found", "1", "--on", "2024-01-01")
    answer = remission(*words, "--method-version", "1", "--examined", "500000")
    assert answer.status == 2 and "is not NAME=COUNT" in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ("protocol", "list"),
        ("protocol", "show", "nct06607419"),
        ("protocol", "questions", "nct03441061"),
        ("protocol", "check", "nct03441061"),
        ("trial", "stages"),
        ("trial", "verify"),
        ("trial", "results"),
        ("trial", "results", "--numbers"),
        ("trial", "why", "flow.enrolled"),
        ("site", "list"),
        ("participant", "list"),
    ],
)
def test_equal_input_gives_equal_bytes_and_json_carries_its_version(
    words: tuple[str, ...], done: Callable, trial: Path
) -> None:
    first = done(*words, "--json")
    assert first.json and first.err == ""
    if words[:2] not in {("trial", "results"), ("trial", "why")}:  # those say the instant they were asked
        assert done(*words, "--json").out == first.out
    assert done(*words).out == done(*words).out


def test_days_and_times_are_strict() -> None:
    assert day("2024-02-29").isoformat() == "2024-02-29"
    assert instant("2024-06-18T09:30+08:00").isoformat() == "2024-06-18T09:30:00+08:00"
    assert as_of("2024-06-18") == instant("2024-06-18T23:59:59.999999+00:00")
    assert as_of(None) is None
    for text in ("9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00", "2024-06-18", "", "2024-W01-1"):
        with pytest.raises(CommandRefused):
            instant(text)
    for text in ("٢٠٢٤-٠١-٠١", "2024-1-1", " 2024-01-01", "2024-W01-1", ""):
        with pytest.raises(CommandRefused):
            day(text)


@pytest.mark.parametrize("broken", ["file", "folder"])
def test_a_file_for_a_folder_and_a_folder_for_a_file(
    broken: str, remission: Callable, tmp_path: Path
) -> None:
    place = tmp_path / "thing"
    if broken == "file":
        place.write_text("not a folder")
        tried = [
            ("trial", "create", "nct06607419", place),
            ("trial", "create", "nct06607419", place / "inside"),
            ("trial", "verify", "--trial", place),
            ("rehearse", "nct06607419", "-o", place, "--participants", 1),
            ("serve", place, "--check"),
            ("protocol", "check", place),
            ("registry", "read", place),
        ]
    else:
        place.mkdir()
        tried = [
            ("registry", "read", place),
            ("protocol", "check", place),
            ("protocol", "show", place / "study.toml"),
            ("trial", "create", place, tmp_path / "new"),
            ("trial", "verify", "--trial", place),
            ("trial", "verify-copy", place),
            ("serve", place, "--check"),
        ]
    for words in tried:
        answer = remission(*words)
        assert (answer.status, answer.out) == (1, ""), words
        assert "\n  where: " in answer.err and "\n  do:    " in answer.err


@pytest.mark.parametrize(
    "text",
    ["", "[store]\n", "\x00", "address = 1\n[store]\naddress = 3\n", "[store]\naddress='mysql://x/y'\n"],
)
def test_settings_that_cannot_be_read_are_refused(text: str, remission: Callable, trial: Path) -> None:
    (trial / "trial.toml").write_text(text)
    answer = remission("participant", "list")
    assert (answer.status, answer.out) == (1, "") and "  do:    " in answer.err


def test_a_lost_or_damaged_ledger_is_refused(remission: Callable, trial: Path) -> None:
    for file in trial.glob("ledger.sqlite3*"):
        file.unlink()
    assert remission("participant", "list").status == 1
    (trial / "ledger.sqlite3").write_bytes(b"not a database, but a letter from grandmother" * 99)
    answer = remission("trial", "verify")
    assert (answer.status, answer.out) == (1, "") and "  do:    " in answer.err


def test_an_unexpected_refusal_of_the_store_is_told(
    remission: Callable, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreRefused("the disk is full", where="ledger.sqlite3", do="free space")

    monkeypatch.setattr(desk.Trial, "participants", full)
    answer = remission("participant", "list")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == "the disk is full\n  where: ledger.sqlite3\n  do:    free space\n"


def test_the_right_to_read_is_missed_with_a_remedy(
    remission: Callable, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "/trial/trial.toml")

    monkeypatch.setattr(desk.Trial, "open", denied)
    answer = remission("participant", "list")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err.startswith("/trial/trial.toml cannot be used: Permission denied\n  where: ")


def test_an_interrupt_ends_quietly_with_130(
    remission: Callable, trial: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(desk.Trial, "open", interrupted)
    answer = remission("participant", "list")
    assert (answer.status, answer.out, answer.err.strip()) == (130, "", "")


def listen_to_ctrl_c() -> None:
    """A shell that starts the tests in the background makes all that they start deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_stops_the_pages_quietly(trial: Path) -> None:
    serving = subprocess.Popen(
        [PROGRAM, "serve", trial, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=listen_to_ctrl_c,
    )
    assert serving.stderr is not None
    assert serving.stderr.readline().startswith(b"http://127.0.0.1:")
    time.sleep(1.5)
    serving.send_signal(signal.SIGINT)
    out, err = serving.communicate(timeout=30)
    assert (out, err) == (b"", b"") and serving.returncode in (0, 130)


def test_a_reader_that_leaves_early_is_no_mishap() -> None:
    for words in (
        "protocol show nct06607419 --for lawyer",
        "protocol show nct06607419 --json",
        "trial stages",
    ):
        line = f"{PROGRAM} {words} | true; echo ${{PIPESTATUS[0]}}"
        ended = subprocess.run(["bash", "-c", line], capture_output=True, timeout=60)
        assert (ended.stdout, ended.stderr) == (b"0\n", b"")


def test_answers_are_utf8_whatever_the_locale() -> None:
    plain = {
        **os.environ,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "PYTHONIOENCODING": "ascii",
    }
    ended = _program("protocol", "show", "nct06607419", "--language", "zh", env=plain)
    assert ended.returncode == 0 and "贝林妥欧单抗" in ended.stdout.decode()
    answer = json.loads(_program("protocol", "check", "nct06607419", "--json", env=plain).stdout)
    assert answer["schema_version"] == 1


def test_bytes_that_are_no_text_are_refused(trial: Path) -> None:
    words = [PROGRAM, "participant", "show", b"03-\xff\xfe", "--trial", trial]
    ended = subprocess.run(words, capture_output=True, timeout=60)
    assert ended.returncode == 1 and b"Traceback" not in ended.stderr
    words = [PROGRAM, "trial", "create", "nct06607419", bytes(trial.parent) + b"/\xff"]
    ended = subprocess.run(words, capture_output=True, timeout=60)
    assert ended.returncode == 2 and b"are not text" in ended.stderr and b"Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("words", "seconds"),
    [(("--help",), 0.5), (("protocol", "check", "nct06607419"), 1.5)],
    ids=["help", "check"],
)
def test_it_starts_soon(words: tuple[str, ...], seconds: float) -> None:
    """Processor time of the fastest of three, so that neighbours on the machine do not count."""
    script = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime)\n"
    )
    command = [sys.executable, "-c", script, PROGRAM, *words]
    times = [float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(3)]
    assert min(times) < seconds


@pytest.mark.parametrize(
    ("noun", "heavy"),
    [
        ("", "scipy numpy sqlalchemy django matplotlib remission.trial remission.protocol rich.progress"),
        ("protocol", "sqlalchemy django matplotlib"),
        ("registry", "scipy numpy sqlalchemy django matplotlib"),
        ("participant", "django matplotlib remission.rehearsal remission.web"),
        ("serve", "remission.rehearsal"),
    ],
)
def test_a_noun_brings_only_what_it_needs(noun: str, heavy: str) -> None:
    script = f"import sys, remission.cli{f', remission.cli.{noun}' if noun else ''}\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.split()
    assert [name for name in heavy.split() if name.encode() in loaded] == []


def test_words_are_of_both_languages() -> None:
    assert [*Spoken] == ["en", "zh"]


def test_a_full_disk_under_the_answer_is_told() -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([PROGRAM, "protocol", "list"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert ended.returncode == 1 and ended.stderr.startswith(b"No space left on device\n  where: ")
    assert b"Traceback" not in ended.stderr and b"Exception" not in ended.stderr


def test_no_stdout_at_all_is_no_mishap() -> None:
    ended = subprocess.run(["bash", "-c", f"{PROGRAM} protocol list >&-"], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_every_command_named_in_help_or_readme_exists() -> None:
    said = re.compile(rf"remission ((?:{'|'.join(NOUNS)})(?: [a-z][a-z-]+)?)")
    project = Path(__file__).parents[2]
    places = [project / "README.md", *sorted((project / "src" / "remission" / "cli").glob("*.py"))]
    named = {words for place in places for words in said.findall(place.read_text("utf-8"))}
    known = {" ".join(words) for words in COMMANDS} | set(NOUNS)
    shipped = {f"{noun} {study}" for noun in ("rehearse", "serve") for study in ("nct", "my-trial")}
    assert named - known - shipped == set()
