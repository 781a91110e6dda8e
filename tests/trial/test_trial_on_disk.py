"""The folder of a trial, reading as of an instant, and several processes at once."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Stage
from remission.errors import (
    Altered,
    InputRefused,
    InvariantBroken,
    LedgerMoved,
    Malformed,
    Missing,
    NotAllowed,
    NotEligible,
    NotFound,
    StoreRefused,
    StudyRefused,
)
from remission.store.ledger import Draft
from remission.terms.actors import Actor, Role
from remission.terms.ids import SiteId, SubjectId
from remission.trial import admission
from remission.trial.settings import SETTINGS, write_settings
from remission.trial.studies import shipped, study_files
from remission.trial.trial import By, Trial

KID = SubjectId("01-001")
OPENED = By(Actor("Shen", Role.SPONSOR), datetime(2026, 1, 5, tzinfo=UTC))

# ------------------------------------------------------------ opening


def test_a_trial_knows_its_study_its_record_and_that_it_is_real(ward) -> None:
    trial = ward("open").trial
    assert trial.study.id == "nct06607419" and trial.study.digest == trial.opened.study_sha256
    assert trial.record.identification.nct_id == "NCT06607419"
    assert trial.simulated is False
    assert trial.sites_active()[SiteId("01")].on == date(2026, 1, 6)


def test_a_trial_moves_with_its_folder(ward, tmp_path: Path) -> None:
    here = ward("screening")
    here.trial.ledger.close()
    shutil.move(here.folder, tmp_path / "elsewhere")
    assert Trial.open(tmp_path / "elsewhere").participant(KID).stage is Stage.SCREENING


def test_a_ledger_kept_elsewhere_is_found_again(tmp_path: Path) -> None:
    files = study_files("nct06607419")
    (tmp_path / "safe").mkdir()
    address = f"sqlite:///{tmp_path}/safe/ledger of trial.sqlite3"
    Trial.create(tmp_path / "trial", study=files.study, record=files.record, by=OPENED, address=address)
    assert not (tmp_path / "trial" / "ledger.sqlite3").exists()
    assert Trial.open(tmp_path / "trial").opened.study == "nct06607419"


def test_a_folder_holds_one_trial(ward) -> None:
    trial, files = ward("open"), study_files("nct06607419")
    with pytest.raises(StoreRefused, match="there is a trial here already"):
        Trial.create(trial.folder, study=files.study, record=files.record, by=OPENED)


def test_a_study_that_cannot_be_carried_out_opens_no_trial(tmp_path: Path) -> None:
    files = study_files("nct06607419")
    broken = files.study.replace(b"participants = 90", b"participants = 91")
    with pytest.raises(StudyRefused):
        Trial.create(tmp_path / "trial", study=broken, record=files.record, by=OPENED)
    assert not (tmp_path / "trial").exists()


@pytest.mark.parametrize(
    ("role", "simulated"), [(Role.REHEARSAL, False), (Role.LABORATORY, False), (Role.MONITOR, True)]
)
def test_who_may_not_open_a_trial(tmp_path: Path, role: Role, simulated: bool) -> None:
    files, by = study_files("nct06607419"), By(Actor("x", role), OPENED.at)
    with pytest.raises(NotAllowed):
        Trial.create(tmp_path / "trial", study=files.study, record=files.record, by=by, simulated=simulated)
    assert not (tmp_path / "trial").exists()


def test_there_is_no_trial_in_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(Missing, match="there is no trial here"):
        Trial.open(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"store", b"schema_version = 1", b"schema_version = 1\nstore = 3",
        b"schema_version = 1\n[store]",
        b"schema_version = 1\n[store]\naddress = 5", b"schema_version = 1\n[store]\naddress = []",
        b"schema_version = 2\n[store]\naddress = 'sqlite'", b"[store]\naddress = 'sqlite'", b"\xff\xfe",
        b"schema_version = 1\nschema_version = 1",
    ],
)  # fmt: skip
def test_broken_settings_are_refused(ward, text: bytes) -> None:
    trial = ward("open")
    (trial.folder / SETTINGS).write_bytes(text)
    with pytest.raises(Malformed) as refused:
        trial.again()
    assert str(trial.folder) in refused.value.where


def test_settings_are_written_whole_and_read_back(tmp_path: Path) -> None:
    address = 'postgresql+psycopg://li:p"w\\d@host/db'
    write_settings(tmp_path, "nct06607419", address)
    from remission.trial.settings import read_address

    assert read_address(tmp_path) == address
    assert [path.name for path in tmp_path.iterdir()] == [SETTINGS]


def test_a_study_file_altered_among_the_kept_files_is_refused(ward) -> None:
    trial = ward("screening")
    digest = trial.trial.opened.study_sha256
    (kept,) = [path for path in trial.folder.rglob("*") if path.is_file() and digest[2:] in str(path.name)]
    os.chmod(kept, 0o644)
    kept.write_bytes(kept.read_bytes().replace(b"at_most = 28", b"at_most = 82"))
    with pytest.raises(Altered):
        _ = trial.again().trial.study


def test_a_record_that_is_gone_is_named(ward) -> None:
    trial = ward("screening")
    digest = trial.trial.opened.record_sha256
    (kept,) = [path for path in trial.folder.rglob("*") if path.is_file() and digest[2:] in str(path.name)]
    kept.unlink()
    with pytest.raises(Missing):
        _ = trial.again().trial.record


def test_studies_by_name_and_by_path(tmp_path: Path) -> None:
    assert set(shipped()) >= {"nct06607419", "nct03441061"}
    files = study_files("nct06607419")
    (tmp_path / "study.toml").write_bytes(files.study)
    with pytest.raises(InputRefused, match="is not beside the study"):
        study_files(str(tmp_path / "study.toml"))
    (tmp_path / files.record_name).write_bytes(files.record)
    assert study_files(str(tmp_path / "study.toml")) == files
    with pytest.raises(InputRefused, match="there is no study 'nct0'"):
        study_files("nct0")


# ------------------------------------------------------------ reading


def test_what_was_known_at_an_instant(ward) -> None:
    trial = ward("screening")  # answers of 17 March were entered on the 19th
    trial.answer("weight", "24", on=22)
    at = trial.at(20)
    then = trial.trial.participant(KID, as_of=at)
    weights = [item.event.value for item in then.all(ev.FactRecorded) if item.event.fact == "weight"]
    assert weights == ["21.5"]
    assert trial.trial.participants(as_of=at) == {KID: then}
    with pytest.raises(NotFound):
        trial.trial.participant(KID, as_of=trial.at(15))
    assert trial.trial.participants(as_of=trial.at(15)) == {}
    now = trial.trial.participant(KID)
    assert trial.trial.participant(KID, as_of=trial.at(30)) == now


def test_a_correction_is_known_only_from_when_it_was_made(ward) -> None:
    trial = ward("screening")
    seq = trial.seq(ev.FactRecorded, fact="weight")
    right = ev.FactRecorded("weight", "12.5", trial.day(17))
    trial.trial.correct(trial.by(25), KID, seq, right, reason="slip")

    def weight(day: int) -> str:
        history = trial.trial.participant(KID, as_of=trial.at(day)).all(ev.FactRecorded)
        return next(item.event.value for item in history if item.event.fact == "weight")

    assert (weight(24), weight(26)) == ("21.5", "12.5")


def test_an_entry_that_cannot_be_read_is_met_again_and_hides_nothing(ward) -> None:
    """A later version wrote an event this one does not know: no page may go on as if it were not there."""
    trial = ward("screening")
    before = trial.kid()
    strange = [
        Draft(
            "FactRecorded",
            '{"fact":"weight","value":"30","on":"2026-03-20","evidence":null}',
            KID,
            "01",
            "x",
            "doctor",
        ),
        Draft("Transplanted", "{}", KID, "01", "x", "doctor"),
    ]
    trial.trial.ledger.append(strange, at=trial.at(22))
    for _ in range(2):
        with pytest.raises(InvariantBroken, match="Transplanted cannot be read"):
            trial.kid()
    with pytest.raises(InvariantBroken):
        trial.answer("weight", "31", on=22)
    assert before.stage is Stage.SCREENING


def test_an_event_under_the_wrong_heading_is_refused(ward) -> None:
    trial = ward("screening")
    payload = '{"on":"2026-03-20","cause":"other"}'
    trial.trial.ledger.append([Draft("Died", payload, None, None, "x", "doctor")], at=trial.at(22))
    with pytest.raises(InvariantBroken, match="Died is about a participant, yet names none"):
        trial.kid()


def test_another_process_s_entries_are_read_before_each_act(ward) -> None:
    one = ward("screening")
    other = one.again()
    other.answer("cns_status", "CNS3", on=20)
    assert [event.value for event in one.events(ev.FactRecorded)][-1] == "CNS3"
    one.answer("cns_status", "CNS1", on=20)
    assert other.kid() == one.kid()


def test_a_decision_rests_on_what_was_read(ward) -> None:
    trial = ward("screening")
    read = trial.kid()
    trial.again().answer("cns_status", "CNS3", on=20)
    event = ev.FactRecorded("weight", "22", trial.day(20))
    trial.refuses(
        LedgerMoved,
        lambda: trial.trial.write(trial.by(20), KID, event, decided_on=read),
        "somebody else wrote about this participant",
    )


def test_several_events_are_written_all_or_none(ward) -> None:
    trial = ward("screening")
    good = ev.FactRecorded("weight", "22", trial.day(20))
    trial.refuses(
        Exception, lambda: trial.trial.write(trial.by(20), KID, good, ev.Enrolled(trial.day(20), 1, "low"))
    )


# ------------------------------------------------------------ several at once


def _register(folder: Path, count: int) -> list[str]:
    """In a process of its own: register children; their pseudonyms."""
    trial = Trial.open(folder)
    by = By(Actor(f"Li {os.getpid()}", Role.COORDINATOR, SiteId("01")), datetime(2026, 3, 16, 12, tzinfo=UTC))
    made = [
        admission.consent(trial, by, SiteId("01"), on=date(2026, 3, 16), signed_by="guardian", form="1")
        for _ in range(count)
    ]
    return [str(subject) for subject in made]


def _enrol(folder: Path, subjects: list[str]) -> list[int]:
    """In a process of its own: enrol children; the numbers they got."""
    trial = Trial.open(folder)
    numbers: list[int] = []
    for subject in map(SubjectId, subjects):
        by = By(Actor("Li", Role.DOCTOR, subject.site), datetime(2026, 3, 26, 12, tzinfo=UTC))
        try:
            participant = admission.enrol(trial, by, subject, on=date(2026, 3, 26))
        except NotEligible as refusal:
            assert "participants are enrolled" in refusal.what
            continue
        event = participant.last(ev.Enrolled).event
        numbers.append(event.number)
    return numbers


def _together(*jobs) -> list:
    """Run this file once for each job, at once; what they say, together."""
    processes = [
        subprocess.Popen(
            [sys.executable, __file__, work.__name__, str(folder), json.dumps(given)], stdout=subprocess.PIPE
        )
        for work, folder, given in jobs
    ]
    said = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(jobs)
    return [item for part in said for item in json.loads(part)]


def test_two_processes_never_give_one_number_twice(made) -> None:
    """Two hospitals register, then enrol at once into a trial with three places left for eight children."""
    small = ("participants = 90", "participants = 3")
    trial = made(small, record=(b"90 participants", b"3 participants"), sites=("01", "02"))
    registered = _together((_register, trial.folder, 8), (_register, trial.folder, 8))
    assert sorted(registered) == [f"01-{number:03d}" for number in range(1, 17)]

    kids = [trial.admit(SiteId(site)) for site in ("01", "02") * 3]
    for kid in kids:
        trial.decide(kid)
    numbers = _together((_enrol, trial.folder, kids[::2]), (_enrol, trial.folder, kids[1::2]))
    assert sorted(numbers) == [1, 2, 3]
    known = trial.again().trial
    assert sum(who.stage is Stage.ENROLLED for who in known.participants().values()) == 3
    assert known.ledger.verify().entries == known.head()
    waiting = next(kid for kid in kids if known.participant(kid).stage is Stage.ELIGIBLE)
    trial.refuses(NotEligible, lambda: trial.enrol(waiting), "all 3 participants are enrolled")


if __name__ == "__main__":
    work = {each.__name__: each for each in (_register, _enrol)}[sys.argv[1]]
    sys.stdout.write(json.dumps(work(Path(sys.argv[2]), json.loads(sys.argv[3]))))
