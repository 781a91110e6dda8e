"""Shipped studies and records, and studies edited in their text."""

import io
from collections.abc import Callable
from functools import cache

import pytest

from remission.protocol.check import Checked, check
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.registry.read import read_record
from remission.registry.record import RegistryRecord
from remission.studies import files

Edit = tuple[str, str]


def text_of(name: str) -> str:
    return files(name).joinpath("study.toml").read_text("utf-8")


def study_of(text: str) -> Study:
    return read_study(io.BytesIO(text.encode("utf-8")), name="study.toml")


@cache
def record_of(name: str, *edits: Edit) -> RegistryRecord:
    file = study_of(text_of(name)).record
    text = files(name).joinpath(file).read_text("utf-8")
    return read_record(io.BytesIO(edit(text, *edits).encode("utf-8")), file).record


def edit(text: str, *edits: Edit) -> str:
    for old, new in edits:
        assert old in text, f"the text to edit is gone: {old!r}"
        text = text.replace(old, new)
    return text


@pytest.fixture
def checked() -> Callable[..., Checked]:
    """Check a shipped study whose text, or record, was edited."""

    def run(name: str, *edits: Edit, record: tuple[Edit, ...] = ()) -> Checked:
        return check(study_of(edit(text_of(name), *edits)), record_of(name, *record))

    return run


@pytest.fixture
def shipped() -> Callable[[str], tuple[Study, RegistryRecord]]:
    return lambda name: (study_of(text_of(name)), record_of(name))


@pytest.fixture
def study_text() -> Callable[[str], str]:
    return text_of
