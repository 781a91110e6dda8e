import sqlite3
from collections.abc import Callable
from datetime import datetime

import psycopg
import pytest

from remission.errors import Altered, Immutable
from remission.store.ledger import Draft, Ledger
from remission.store.tables import GUARD_TEXT

COPY = "recorded_at, kind, payload, payload_sha256, subject, site, actor, role, reason, corrects"
REST = "previous, site_previous, hash"

EVERYWHERE = [
    "UPDATE ledger_entry SET payload = '{}' WHERE seq = 1",
    "UPDATE ledger_entry SET seq = 9 WHERE seq = 3",
    "UPDATE ledger_entry SET actor = actor",
    "DELETE FROM ledger_entry WHERE seq = 3",
    "DELETE FROM ledger_entry",
    f"INSERT INTO ledger_entry SELECT 7, {COPY}, NULL, {REST} FROM ledger_entry WHERE seq = 3",
    f"INSERT INTO ledger_entry SELECT -1, {COPY}, NULL, {REST} FROM ledger_entry WHERE seq = 3",
    f"""INSERT INTO ledger_entry SELECT 4, {COPY}, NULL, {REST} FROM ledger_entry WHERE seq IN (1, 2)""",
    "UPDATE ledger SET trial = 'other'",
    "DELETE FROM ledger",
]
SQLITE = [
    f"INSERT OR REPLACE INTO ledger_entry SELECT seq, {COPY}, act, {REST} FROM ledger_entry WHERE seq = 2",
    f"REPLACE INTO ledger_entry SELECT 4, {COPY}, act, {REST} FROM ledger_entry WHERE seq = 1",
    f"INSERT OR IGNORE INTO ledger_entry SELECT seq, {COPY}, act, {REST} FROM ledger_entry WHERE seq = 2",
    "UPDATE OR REPLACE ledger_entry SET seq = 1 WHERE seq = 2",
    "UPDATE OR IGNORE ledger_entry SET payload = '{}'",
    "REPLACE INTO ledger VALUES (1, 1, 'other', 'x', 'y')",
    f"""INSERT INTO ledger_entry SELECT seq, {COPY}, act, {REST} FROM ledger_entry WHERE seq = 2
        ON CONFLICT (seq) DO UPDATE SET payload = '{{}}'""",
]
POSTGRESQL = [
    "TRUNCATE ledger_entry",
    "TRUNCATE ledger, ledger_entry CASCADE",
    "SET session_replication_role = replica; DELETE FROM ledger_entry",
    """WITH gone AS (DELETE FROM ledger_entry RETURNING seq) SELECT count(*) FROM gone""",
    "MERGE INTO ledger_entry e USING ledger l ON true WHEN MATCHED THEN DELETE",
]


@pytest.fixture
def filled(ledger: Ledger, draft: Callable[..., Draft], minute: Callable[[int], datetime]) -> Ledger:
    ledger.append([draft(1, act="a"), draft(2), draft(3)], at=minute(0))
    return ledger


def _statements(address: str) -> list[str]:
    return EVERYWHERE + (SQLITE if address.startswith("sqlite") else POSTGRESQL)


def test_the_database_itself_refuses_every_change(
    filled: Ledger, address: str, raw: Callable[..., None]
) -> None:
    for statement in _statements(address):
        with pytest.raises((sqlite3.IntegrityError, psycopg.errors.RaiseException), match=GUARD_TEXT):
            raw(statement, guards=True)
        assert filled.verify().entries == 3, statement


def test_a_change_within_the_program_is_immutable(filled: Ledger, address: str) -> None:
    for statement in _statements(address):
        with pytest.raises(Immutable), filled._database.writing() as connection:
            connection.exec_driver_sql(statement)
    assert filled.verify().entries == 3


def test_recursive_triggers_make_no_difference(
    filled: Ledger, address: str, raw: Callable[..., None]
) -> None:
    if not address.startswith("sqlite"):
        pytest.skip("a setting of SQLite")
    for switch in ("ON", "OFF"):
        with pytest.raises(sqlite3.IntegrityError, match=GUARD_TEXT):
            raw(f"PRAGMA recursive_triggers = {switch}", SQLITE[1], guards=True)
    assert filled.verify().entries == 3


def test_a_guard_taken_away_is_named(filled: Ledger, address: str, raw: Callable[..., None]) -> None:
    sqlite = address.startswith("sqlite")
    raw(
        "DROP TRIGGER ledger_entry_update"
        if sqlite
        else "ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_change",
        guards=True,
    )
    gone = "ledger_entry_update" if sqlite else "ledger_entry_change"
    with pytest.raises(Altered, match=f"guards of the ledger are gone: {gone}"):
        filled.verify()
