"""The Chinese catalogue: complete, used, compiled, and with the same placeholders."""

import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("babel", reason="babel compiles the catalogue")

from babel.messages.mofile import read_mo

SCRIPT = Path(__file__).parents[2] / "scripts" / "messages.py"
_spec = importlib.util.spec_from_file_location("messages", SCRIPT)
assert _spec and _spec.loader
messages = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(messages)

KNOWN = messages.in_catalogue()


def test_everything_on_the_pages_is_translated_and_nothing_else() -> None:
    assert messages.on_pages() == set(KNOWN)
    assert [words for (_, words), said in KNOWN.items() if not said or said == ("",)] == []


def test_the_compiled_catalogue_is_not_stale() -> None:
    with messages.PO.with_suffix(".mo").open("rb") as stream:
        compiled = {_key(m.context, m.id): _one(m.string) for m in read_mo(stream) if m.id}
    assert compiled == {key: _one(said) for key, said in KNOWN.items()}


def _key(context: str | bytes | None, id: str | tuple[str, ...]) -> tuple[str | None, str]:
    return context.decode() if isinstance(context, bytes) else context, _one(id)


def _one(said: str | tuple[str, ...]) -> str:
    return said if isinstance(said, str) else said[0]


def test_placeholders_are_the_same_in_both_languages() -> None:
    def held(text: str) -> list[str]:
        return sorted(re.findall(r"%\(\w+\)s|%%", text))

    wrong = [
        words
        for (_, words), said in KNOWN.items()
        for one in ((said,) if isinstance(said, str) else said)
        if held(words) != held(one)
    ]
    assert wrong == []


def test_the_search_for_words_finds_what_it_is_for() -> None:
    asked = messages.on_pages()
    assert (None, "Results pending") in asked  # a fixed word of the registry page
    assert ("dose level", "full") in asked  # with context, in a module
    assert (None, "%(number)s entry") in asked  # a plural, in a template
    assert (None, "95 %% interval") in asked  # a percent sign, as Django looks it up
