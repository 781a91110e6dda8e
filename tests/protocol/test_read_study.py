"""From bytes to a study: what fits, and what is refused with its path."""

import hashlib
import io
import random
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import StudyRefused
from remission.protocol.read_study import read_study
from remission.protocol.study import Phase
from remission.studies import STUDIES, files
from remission.terms.ids import SiteId

FIRST = "nct06607419"
Text = Callable[[str], str]


def read(text: str | bytes) -> object:
    raw = text if isinstance(text, bytes) else text.encode("utf-8")
    return read_study(io.BytesIO(raw), name="study.toml")


def test_every_shipped_folder_is_named() -> None:
    folder = files(STUDIES[0]).joinpath("..")
    named = {one.name for one in folder.iterdir() if one.is_dir() and not one.name.startswith("__")}
    assert named == set(STUDIES)


@pytest.mark.parametrize("name", STUDIES)
def test_a_shipped_study_reads_and_knows_its_digest(name: str) -> None:
    raw = files(name).joinpath("study.toml").read_bytes()
    study = read_study(io.BytesIO(raw), name="study.toml")
    assert study.id == name
    assert study.digest == hashlib.sha256(raw).hexdigest()


def test_values_are_exact(study_text: Text) -> None:
    study = read_study(io.BytesIO(study_text(FIRST).encode()), name="study.toml")
    assert study.endpoint("ngs_negative").threshold == Decimal("0.000001")
    assert study.site("01").id == SiteId("01")
    assert study.criterion("X11").phase is Phase.AFTER_TREATMENT
    assert study.treatment.last_day == 43


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("schema_version = 1\n", "schema_version = 2\n", "schema_version 2"),
        ("schema_version = 1\n", "schema_version = true\n", r"\.schema_version"),
        ('version = "1"\n', "", "'version' is missing"),
        ('version = "1"\n', 'version = "1"\nversoin = "2"\n', "unknown word 'versoin'"),
        ('version = "1"\n', "version = 1\n", "1 is not text"),
        ("participants = 90", "participants = 90.0", "is not a whole number"),
        ("participants = 90", 'participants = "90"', r"\.design\.participants"),
        ("alpha = 0.025", "alpha = nan", "not a finite number"),
        ("alpha = 0.025", "alpha = true", "is not a number"),
        ("alpha = 0.025", "alpha = 1e9999999999999999999999", "broken TOML"),
        ("participants = 90", f"participants = {'9' * 5000}", "broken TOML"),
        ('joint = "all"', 'joint = "some"', "'some' is not a valid Joint"),
        ("target = 19, first = 17", "target = 19, first = 20", r"\.points\[1\]\.window.*\n?"),
        ('methods = ["flow"]', 'methods = "flow"', "'flow' is not a list"),
        ('[[sites]]\nid = "01"', '[[sites]]\nid = "one"', r"\.sites\[1\]\.id"),
        ('[[sites]]\nid = "01"', "[[sites]]\nid = 12", "12 is not text"),
        ("dated = 2026-11-22", "dated = 2026-11-22T10:00:00", "is not a date"),
        ("dated = 2026-11-22", "dated = 2026-02-30", "broken TOML"),
        ("until = 2030-05-31", 'until = "2030-05-31"', r"\.follow_up\.until"),
        ("may_change = true", 'may_change = "yes"', "'yes' is not true or false"),
        ('[title]\nen = "', '[title]\nde = "', r"\.title"),
        ("[design]\n", "[design\n", "broken TOML"),
        ("background", "hintergrund", "'background' is missing"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(
    old: str, new: str, said: str, study_text: Text
) -> None:
    text = study_text(FIRST)
    assert old in text
    with pytest.raises(StudyRefused) as refused:
        read(text.replace(old, new, 1) if old != "background" else text.replace(old, new))
    assert refused.match(said)
    assert refused.value.where.startswith("study.toml")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"schema_version = 1",
        b"a = " + b"[" * 20_000,
        b"#" * 4_000_001,
        b"schema_version = 1\n" + b"points = 3\ncriteria = {}\n",
    ],
)
def test_hostile_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(StudyRefused):
        read(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_our_words(raw: bytes) -> None:
    with pytest.raises(StudyRefused):
        read(raw)


@pytest.mark.parametrize("seed", range(40))
def test_a_line_lost_or_doubled_is_read_or_refused(seed: int, study_text: Text) -> None:
    chance = random.Random(seed)
    lines = study_text(FIRST).splitlines()
    at = chance.randrange(len(lines))
    lines[at : at + 1] = chance.choice([[], [lines[at]] * 2, [chance.choice(lines)]])
    try:
        read("\n".join(lines))
    except StudyRefused as refused:
        assert refused.what
        assert refused.do
