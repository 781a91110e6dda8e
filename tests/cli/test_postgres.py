"""The same trial with its ledger in PostgreSQL, by its address."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.postgres


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [
        Path(path) for path in [shutil.which("initdb")] if path
    ]
    return found[-1].resolve().parent if found else None


def _as_server(*command: object) -> None:
    """Run a server program; the server refuses to run as root, so then as its own user."""
    user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*user, *map(str, command)], check=True, stdout=subprocess.DEVNULL, cwd="/")


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database on a server of this test's own, reached by a socket in its folder."""
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs here")
    folder = Path(os.path.realpath("/tmp")) / f"remission-cli-pg-{os.getpid()}"
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    try:
        _as_server(
            programs / "initdb", "-D", data, "-U", "remission", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        _as_server(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-o", settings, "-w", "start")
        try:
            yield f"postgresql+psycopg://remission@/postgres?host={folder}"
        finally:
            _as_server(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def test_a_trial_lives_in_postgresql_by_its_address(
    address: str, done: Callable, remission: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "trial"
    done("trial", "create", "nct06607419", folder, "--address", address)
    assert not list(folder.glob("ledger.sqlite3*"))
    monkeypatch.setenv("REMISSION_TRIAL", str(folder))
    since = done("site", "activate", "03", "--json").json["active_since"]
    consent = ("--site", "03", "--on", since, "--signed-by", "guardian", "--form", "1")
    assert done("participant", "consent", *consent, "--json").json["participant"] == "03-001"
    done("participant", "answer", "03-001", "weight", "12.5", "--on", since)
    assert "value 12.5" in done("participant", "show", "03-001").out
    assert done("trial", "verify", "--json").json["entries"] == 4
    again = remission("trial", "create", "nct06607419", tmp_path / "other", "--address", address)
    assert (again.status, again.out) == (1, "") and "\n  do:    " in again.err
    assert not (tmp_path / "other" / "trial.toml").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        "postgresql+psycopg://nobody@127.0.0.1:1/nothing?connect_timeout=2",
        "mysql://user@host/database",
        "not an address",
        "sqlite://",
    ],
)
def test_an_address_where_nothing_answers_is_refused(wrong: str, remission: Callable, tmp_path: Path) -> None:
    answer = remission("trial", "create", "nct06607419", tmp_path / "trial", "--address", wrong)
    assert (answer.status, answer.out) == (1, "")
    assert "\n  where: " in answer.err and "\n  do:    " in answer.err
    assert remission("trial", "verify", "--trial", tmp_path / "trial").status == 1
