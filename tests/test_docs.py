"""Every room and every command has its place in the documentation."""

import importlib
import importlib.util
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
ROOMS = sorted(path.parent.name for path in (PROJECT / "src" / "remission").glob("*/__init__.py"))


def test_the_page_of_the_command_line_is_what_its_writer_writes() -> None:
    spec = importlib.util.spec_from_file_location("write_cli", DOCS / "write_cli.py")
    assert spec is not None and spec.loader is not None
    writer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(writer)
    assert (DOCS / "cli.md").read_text("utf-8") == writer.page(), "run docs/write_cli.py"


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
