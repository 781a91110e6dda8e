"""Every room and every command has its place in the documentation."""

import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
ROOMS = sorted(path.parent.name for path in (PROJECT / "src" / "remission").glob("*/__init__.py"))


def commands(command: object, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Each command's words, and the long options it takes."""
    children = getattr(command, "commands", None)
    if children is None:
        options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
        yield words, [name for name in options if name != "--help"]
        return
    for name, child in children.items():
        yield from commands(child, (*words, name))


def documented_commands() -> dict[str, str]:
    """The paragraphs of docs/cli.md by the command each describes."""
    text = (DOCS / "cli.md").read_text("utf-8")
    paragraphs = re.split(r"^`remission ", text, flags=re.MULTILINE)[1:]
    return {" ".join(re.match(r"[a-z -]*", p)[0].split()): p for p in paragraphs}


def test_every_command_and_option_is_documented() -> None:
    if importlib.util.find_spec("remission.cli") is None:
        pytest.skip("there is no command line yet")
    typer = importlib.import_module("typer")
    app = importlib.import_module("remission.cli").app
    pages = documented_commands()
    found = {" ".join(words): options for words, options in commands(typer.main.get_command(app))}
    assert set(pages) == set(found)
    missing = [
        f"{name} {option}"
        for name, options in found.items()
        for option in options
        if option not in pages[name]
    ]
    assert missing == []


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "cli"])
def test_every_room_has_a_page(room: str) -> None:
    assert (DOCS / "rooms" / f"{room}.md").is_file(), f"write docs/rooms/{room}.md"


@pytest.mark.parametrize("room", ROOMS)
def test_every_name_a_room_hands_out_is_on_its_page(room: str) -> None:
    page = DOCS / "rooms" / f"{room}.md"
    names = getattr(importlib.import_module(f"remission.{room}"), "__all__", [])
    text = page.read_text("utf-8") if page.is_file() else ""
    assert [name for name in names if name not in text] == []


def test_every_decision_says_question_choice_cost_and_what_would_change_it() -> None:
    decisions = sorted((DOCS / "decisions").glob("[0-9]*.md"))
    assert decisions
    for path in decisions:
        text = path.read_text("utf-8").lower()
        absent = [word for word in ("question", "choice", "gave up", "change our mind") if word not in text]
        assert not absent, f"{path.name} does not say: {absent}"
