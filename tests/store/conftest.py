"""Ledgers for tests: on SQLite, and on a PostgreSQL server of the tests' own (fixture `postgres`)."""

import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from remission.store.ledger import Draft, Ledger

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in [shutil.which("initdb")] if path
    ]
    return found[-1].resolve().parent if found else None


def _as_server(*command: str) -> None:
    """Run a server program; the server refuses to run as root, so then as its own user."""
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*user, *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL database in which schemas may be made."""
    given = os.environ.get("REMISSION_TEST_POSTGRES")
    if given:
        yield given
        return
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs here; REMISSION_TEST_POSTGRES may name a server")
    folder = Path(tempfile.mkdtemp(prefix="remission-pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    try:
        _as_server(
            str(programs / "initdb"), "-D", data, "-U", "remission", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        log = str(folder / "log")
        _as_server(str(programs / "pg_ctl"), "-D", data, "-l", log, "-o", settings, "-w", "start")
        try:
            yield f"postgresql+psycopg://remission@/postgres?host={folder}"
        finally:
            _as_server(str(programs / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _raw(address: str) -> str:
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def postgres_address(postgres: str) -> Iterator[str]:
    """An empty schema of its own, as a ledger's address."""
    schema = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(_raw(postgres), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield (
            make_url(postgres)
            .update_query_dict({"options": f"-csearch_path={schema}"})
            .render_as_string(hide_password=False)
        )
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An address without a ledger yet, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.sqlite3"
    return request.getfixturevalue("postgres_address")


@pytest.fixture
def ledger(address: str, tmp_path: Path) -> Iterator[Ledger]:
    """A new, empty ledger."""
    made = Ledger.create(address, "nct00000000", tmp_path / "heads", at=START)
    yield made
    made.close()


@pytest.fixture
def draft() -> Callable[..., Draft]:
    """A draft about participant 03-001 unless told otherwise."""

    def make(number: int = 0, **other: object) -> Draft:
        given = {
            "kind": "Consented",
            "payload": f'{{"number": {number}, "name": "同意"}}',
            "subject": "03-001",
            "site": "03",
            "actor": "Dr Lin",
            "role": "doctor",
        }
        return Draft(**{**given, **other})  # type: ignore[arg-type]

    return make


@pytest.fixture
def minute() -> Callable[[int], datetime]:
    """The n-th minute after the ledger was created."""
    return lambda number: START + timedelta(minutes=number)


@pytest.fixture
def raw(address: str) -> Callable[..., None]:
    """Run statements behind the ledger's back, as somebody who may write to the file or owns the tables."""

    def run(*statements: str, guards: bool = False) -> None:
        if address.startswith("sqlite"):
            with sqlite3.connect(make_url(address).database or "", isolation_level=None) as connection:
                if not guards:
                    _drop_guards(connection)
                for statement in statements:
                    connection.execute(statement)
            connection.close()
            return
        with psycopg.connect(_raw(address), autocommit=True) as server:
            if not guards:
                server.execute(
                    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL; ALTER TABLE ledger DISABLE TRIGGER ALL"
                )
                server.execute("ALTER TABLE ledger_entry DROP CONSTRAINT IF EXISTS ledger_entry_reason")
            for statement in statements:
                server.execute(statement)

    return run


def _drop_guards(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
