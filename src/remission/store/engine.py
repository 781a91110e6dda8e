"""One way to read and one way to write, on SQLite and on PostgreSQL, with every database error typed."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError

from remission.errors import Altered, Immutable, StoreRefused
from remission.store.address import SQLITE, parsed
from remission.store.tables import GUARD_TEXT

BUSY_SECONDS = 30.0
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_WRITES = "remission_writes"

# The lock is keyed by the table, so that ledgers in other schemas do not wait for this one; a server set
# to acknowledge before it has written is told to write first.
_POSTGRESQL_WRITING = """SELECT pg_advisory_xact_lock('ledger_entry'::regclass::oid::bigint),
    CASE current_setting('synchronous_commit') WHEN 'off'
    THEN set_config('synchronous_commit', 'on', true) END"""

# What the database calls its trouble (SQLite error name, PostgreSQL SQLSTATE; by prefix), and the remedy.
_REMEDIES = (
    ("SQLITE_FULL", "the disk is full", "free space on the disk, then do it again"),
    ("53", "the database server has run out of room", "free disk space or connections, then do it again"),
    ("SQLITE_READONLY", "the ledger may only be read", "give the program the right to write file and folder"),
    ("25006", "the database may only be read", "connect to the primary server, with a role that may write"),
    ("42501", "the database role lacks a right", "grant INSERT and SELECT on ledger_entry to the role"),
    (
        "SQLITE_CANTOPEN",
        "the ledger's file cannot be opened",
        "check that file and folder exist and are readable",
    ),
    ("SQLITE_BUSY", "another program holds the ledger", "wait until it is done, then do it again"),
    ("SQLITE_IOERR", "the disk refuses to read or write", "check space, quota and health of the disk"),
    ("3D", "there is no such database", "create the database, or correct the address"),
    ("28", "the database server refuses this role", "check role and password in the address"),
    ("08", "the database server is not reached", "check that the server runs and the address is right"),
)


class Database:
    """Connections to one ledger's database; safe to share between threads, not across a fork.

    Parameters
    ----------
    address : str
        See `remission.store.address.parsed`.
    missing : {"refuse", "create"}
        What to do where an SQLite file does not exist yet.
    """

    def __init__(self, address: str, *, missing: Literal["refuse", "create"]) -> None:
        url = parsed(address)
        self.place = url.render_as_string(hide_password=True)
        self.dialect = url.get_backend_name()
        if url.drivername == SQLITE:
            self._engine = _sqlite_engine(str(url.database), "rw" if missing == "refuse" else "rwc")
        else:
            self._engine = create_engine(url)
        self._writer = self._engine.execution_options(**{_WRITES: True})

    @contextmanager
    def reading(self) -> Generator[Connection, None, None]:
        """A transaction that sees one state of the ledger."""
        with self._typed(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def defining(self) -> Generator[Connection, None, None]:
        """A transaction that makes tables: alone on SQLite, all or nothing on both."""
        with self._typed(), self._writer.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[Connection, None, None]:
        """A transaction that writes alone; durable on the disk when the block ends, or nothing of it."""
        with self.defining() as connection:
            if self.dialect == "postgresql":
                connection.exec_driver_sql(_POSTGRESQL_WRITING)
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def _typed(self) -> Generator[None, None, None]:
        try:
            yield
        except DBAPIError as error:
            raise refusal(error, self.place) from error


def refusal(error: DBAPIError, place: str) -> StoreRefused:
    """The refusal that says what a database error means and what to do about it."""
    said = str(error.orig).strip().partition("\n")[0]
    if GUARD_TEXT in said:
        return Immutable(
            "an entry was to be changed, deleted or put in between",
            where=place,
            do="write a new entry that corrects the old one, with a reason",
        )
    code = str(getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None) or "08")
    if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return Altered(
            f"the ledger's file is damaged ({said})", where=place, do="restore it from a copy, then verify"
        )
    for prefix, what, do in _REMEDIES:
        if code.startswith(prefix):
            return StoreRefused(f"{what} ({said})", where=place, do=do)
    return StoreRefused(
        f"the database refuses: {said} ({code})", where=place, do="see the database's own log"
    )


def _sqlite_engine(path: str, mode: Literal["rw", "rwc"]) -> Engine:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(str(Path(path).absolute()))}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool)

    # The driver begins no transaction by itself (isolation_level=None); a writer takes the lock at once.
    def begin(connection: Connection) -> None:
        options: Any = connection.get_execution_options()
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES) else "BEGIN")

    event.listen(engine, "begin", begin)
    return engine
