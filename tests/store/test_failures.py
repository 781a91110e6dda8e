"""A full disk, a folder that may only be read, a database that is not there: typed, and nothing half done."""

import os
import resource
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from remission.errors import Altered, Missing, Refusal, StoreRefused
from remission.store.files import Files
from remission.store.ledger import Draft, Ledger

AT = datetime(2026, 3, 1, tzinfo=UTC)
NOBODY = 65534
Make = Callable[..., Draft]


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """The disk takes no byte beyond `size` in any file."""
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="remission-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def refused_to_a_stranger(act: Callable[[], object]) -> str:
    """What a user who owns nothing here is told; root, whom no right stops, becomes that user in a child."""
    if os.getuid() != 0:
        with pytest.raises(Refusal) as refused:
            act()
        return f"{refused.typename}: {refused.value}"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            act()
            os.write(writing, b"not refused")
        except Exception as error:  # noqa: BLE001 (told to the parent, whatever it is)
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading) as said:
        text = said.read()
    os.waitpid(child, 0)
    return text


def test_a_full_database_writes_nothing_and_says_so(tmp_path: Path, draft: Make) -> None:
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.sqlite3", "trial", tmp_path / "heads")
    ledger.append([draft(1)], at=AT)
    with ledger._database.reading() as connection:  # the one connection pooled, which append takes next
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
    with pytest.raises(StoreRefused, match="disk is full") as refused:
        ledger.append([draft(n, payload=f'"{"x" * 9000}"') for n in range(9)], at=AT)
    assert "free space" in refused.value.do
    assert ledger.verify().entries == 1
    ledger.close()


def test_a_disk_that_takes_no_more_loses_nothing(tmp_path: Path, draft: Make) -> None:
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.sqlite3", "trial", tmp_path / "heads")
    with no_file_above(200_000), pytest.raises(StoreRefused, match="disk"):
        for number in range(100):
            ledger.append([draft(number, payload=f'"{"x" * 9000}"')], at=AT)
    entries = ledger.verify().entries
    assert 1 < entries < 99
    ledger.append([draft(100)], at=AT)
    assert ledger.verify().entries == entries + 1
    ledger.close()


def test_a_folder_that_may_only_be_read(open_folder: Path, draft: Make) -> None:
    address = f"sqlite:///{open_folder}/ledger.sqlite3"
    ledger = Ledger.create(address, "trial", open_folder / "heads")
    ledger.append([draft(1)], at=AT)
    for path in open_folder.iterdir():
        path.chmod(0o444)
    open_folder.chmod(0o555)
    said = refused_to_a_stranger(
        lambda: Ledger.open(address, open_folder / "heads").append([draft(2)], at=AT)
    )
    assert said.startswith("StoreRefused: the ledger may only be read")
    assert "do:    give the program the right to write" in said
    other = f"sqlite:///{open_folder}/other.sqlite3"
    said = refused_to_a_stranger(lambda: Ledger.create(other, "trial", open_folder / "other-heads"))
    assert said.startswith("StoreRefused: the ledger's file cannot be opened")
    assert ledger.verify().entries == 1
    ledger.close()


def test_a_witness_that_cannot_be_written_says_that_the_entry_is_recorded(
    open_folder: Path, draft: Make
) -> None:
    address = f"sqlite:///{open_folder}/ledger.sqlite3"
    Ledger.create(address, "trial", open_folder / "heads").close()
    open_folder.chmod(0o777)
    (open_folder / "ledger.sqlite3").chmod(0o666)
    (open_folder / "heads").chmod(0o444)
    write = lambda: Ledger.open(address, open_folder / "heads").append([draft(1, act="a")], at=AT)  # noqa: E731
    said = refused_to_a_stranger(write)
    assert said.startswith("StoreRefused: the witness of the ledger's heads cannot be written for entry 1")
    assert "which itself is recorded" in said
    (open_folder / "heads").chmod(0o666)
    ledger = Ledger.open(address, open_folder / "heads")
    assert (ledger.verify().entries, ledger.verify().witnessed) == (1, 0)
    ledger.append([draft(1, act="a")], at=AT)
    assert (ledger.verify().entries, ledger.verify().witnessed) == (1, 1)
    ledger.close()


def test_files_on_a_full_disk_keep_nothing(tmp_path: Path) -> None:
    files = Files(tmp_path / "files")
    with no_file_above(100_000), pytest.raises(StoreRefused, match="cannot be written") as refused:
        files.keep(BytesIO(b"x" * 3_000_000), "run.fcs")
    assert "free space" in refused.value.do
    assert list((tmp_path / "files").rglob("*")) == []


def test_files_in_a_folder_that_may_only_be_read(open_folder: Path) -> None:
    open_folder.chmod(0o555)
    said = refused_to_a_stranger(lambda: Files(open_folder / "files"))
    assert said.startswith("StoreRefused: the kept files cannot be written")
    said = refused_to_a_stranger(lambda: Files(open_folder).keep(BytesIO(b"x"), "run.fcs"))
    assert said.startswith("StoreRefused: the kept files cannot be written")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite3").write_bytes(b"Not a database at all. " * 100)
    with pytest.raises(Altered, match="damaged"):
        Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite3", tmp_path / "heads")


def test_a_database_of_something_else(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite3") as connection:
        connection.execute("CREATE TABLE weather (day TEXT)")
    connection.close()
    with pytest.raises(Missing, match="no ledger"):
        Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite3", tmp_path / "heads")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="cannot be opened"):
        Ledger.create(f"sqlite:///{tmp_path}/nowhere/ledger.sqlite3", "trial", tmp_path / "heads")


def test_another_program_that_holds_the_ledger(
    tmp_path: Path, draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("remission.store.engine.BUSY_SECONDS", 0.1)
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.sqlite3", "trial", tmp_path / "heads")
    with sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreRefused, match="another program holds the ledger"):
            ledger.append([draft(1)], at=AT)
        other.execute("ROLLBACK")
    other.close()
    assert ledger.append([draft(1)], at=AT)[0].seq == 1
    ledger.close()


def test_a_server_that_is_not_reached(tmp_path: Path) -> None:
    with pytest.raises(StoreRefused, match="not reached") as refused:
        Ledger.open(f"postgresql+psycopg://u:secret@/trial?host={tmp_path}", tmp_path / "heads")
    assert "secret" not in str(refused.value)


@pytest.mark.postgres
def test_a_role_that_may_only_append(postgres_address: str, tmp_path: Path, draft: Make) -> None:
    """INSERT and SELECT are all the rights the program needs; an owner's rights are not."""
    ledger = Ledger.create(postgres_address, "trial", tmp_path / "heads")
    with ledger._database.defining() as connection:
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar()
        role = f"role_{schema}"
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {schema} TO {role}")
        connection.exec_driver_sql(
            f"GRANT SELECT ON ledger TO {role}; GRANT SELECT ON ledger_entry TO {role}"
        )
    small = Ledger.open(postgres_address.replace("//remission@", f"//{role}@"), tmp_path / "heads")
    try:
        with pytest.raises(StoreRefused, match="role lacks a right"):
            small.append([draft(1)], at=AT)
        with ledger._database.defining() as connection:
            connection.exec_driver_sql(f"GRANT INSERT ON ledger_entry TO {role}")
        small.append([draft(1)], at=AT)
        assert small.verify().entries == 1
        with pytest.raises(StoreRefused, match="role lacks a right"), small._database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")
    finally:
        small.close()
        with ledger._database.defining() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}; DROP ROLE {role}")
        ledger.close()
