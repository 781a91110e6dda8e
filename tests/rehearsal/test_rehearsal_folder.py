"""What a rehearsal may replace, and what it must leave alone."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from remission.errors import Missing, StoreRefused, StudyRefused
from remission.rehearsal.rehearse import kept_report, rehearse, reuse
from remission.rehearsal.script import Script, script
from remission.terms.actors import Actor, Role
from remission.trial.trial import By, Trial

TINY = {"participants": 1, "until": date(2024, 9, 30)}


def test_a_finished_rehearsal_is_known_again_and_only_that_one(children: Script, tmp_path: Path):
    rehearse(children, 1, tmp_path, **TINY)
    assert reuse(children, 1, tmp_path, **TINY)
    assert not reuse(children, 2, tmp_path, **TINY)
    assert not reuse(children, 1, tmp_path, participants=2, until=TINY["until"])
    assert not reuse(children, 1, tmp_path, participants=1)
    changed = Script(children.study, children.record, children.population + b"\n")
    assert not reuse(changed, 1, tmp_path, **TINY)


def test_an_unfinished_rehearsal_is_cleaned_and_played_again(children: Script, tmp_path: Path):
    first = rehearse(children, 1, tmp_path, **TINY).ledger_head
    marker = json.loads((tmp_path / "rehearsal.json").read_text())
    (tmp_path / "rehearsal.json").write_text(json.dumps({**marker, "finished": False}))
    assert not reuse(children, 1, tmp_path, **TINY)
    assert rehearse(children, 1, tmp_path, **TINY).ledger_head == first
    assert reuse(children, 1, tmp_path, **TINY)


def test_a_real_trial_is_never_replaced(children: Script, tmp_path: Path):
    by = By(Actor("a", Role.SPONSOR), datetime(2024, 5, 21, tzinfo=UTC))
    Trial.create(tmp_path, study=children.study, record=children.record, by=by)
    before = (tmp_path / "ledger.heads").read_bytes()
    with pytest.raises(StoreRefused, match="not a rehearsal"):
        rehearse(children, 1, tmp_path, **TINY)
    assert (tmp_path / "ledger.heads").read_bytes() == before


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"simulated": false}'])
def test_a_marker_that_does_not_say_simulated_protects(children: Script, tmp_path: Path, marker: str):
    (tmp_path / "rehearsal.json").write_text(marker)
    with pytest.raises(StoreRefused, match="not a rehearsal"):
        rehearse(children, 1, tmp_path, **TINY)


def test_no_report_where_none_was_finished(tmp_path: Path):
    with pytest.raises(Missing):
        kept_report(tmp_path)


def test_a_study_without_assumptions_cannot_be_rehearsed(children: Script, tmp_path: Path):
    (tmp_path / "study.toml").write_bytes(children.study)
    (tmp_path / "record.txt").write_bytes(children.record)
    with pytest.raises(StudyRefused, match=r"no population\.toml"):
        script(str(tmp_path / "study.toml"))
    (tmp_path / "population.toml").write_bytes(children.population)
    assert script(str(tmp_path / "study.toml")) == children


def test_the_population_of_another_study_is_refused(children: Script, adults: Script, tmp_path: Path):
    with pytest.raises(StudyRefused, match="is not that of"):
        rehearse(Script(children.study, children.record, adults.population), 1, tmp_path / "a", **TINY)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"schema_version = 1", b"schema_version = 2", "schema_version 2"),
        (b"late_answer = 0.15", b"late_answer = -1", "late_answer"),
        (b"late_answer = 0.15", b"late_answers = 0.15", "late_answer"),
        (b'group = "high"', b'group = "higher"', "risk group: high"),
        (b'fact = "wbc"', b'fact = "wbd"', "questions are answered: wbc"),
    ],
)
def test_a_population_that_does_not_fit_is_refused(
    children: Script, tmp_path: Path, old: bytes, new: bytes, said: str
):
    assert old in children.population
    broken = Script(children.study, children.record, children.population.replace(old, new))
    with pytest.raises(StudyRefused, match=said):
        rehearse(broken, 1, tmp_path / "a", participants=5)
