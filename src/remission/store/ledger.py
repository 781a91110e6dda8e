"""The ledger: entries are appended, read in order and verified; nothing is changed or deleted."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, insert, inspect, select
from sqlalchemy.schema import CreateIndex, CreateTable

from remission.errors import (
    Cut,
    Immutable,
    InputRefused,
    InvariantBroken,
    LedgerMoved,
    Missing,
    StoreRefused,
)
from remission.store import rows
from remission.store.address import SQLITE, parsed
from remission.store.chain import genesis_hash, utc_text
from remission.store.engine import Database
from remission.store.entries import Draft, Entry, content, linked, stored
from remission.store.heads import Head, Heads
from remission.store.site_copy import site_lines
from remission.store.tables import SCHEMA_VERSION, entry, guard_statements, ledger, metadata
from remission.store.verify import Verified, altered, checked, compared

__all__ = ["Draft", "Entry", "Ledger"]

_ENTRY_COLUMNS = tuple(entry.c[field.name] for field in fields(Entry))


class Ledger:
    """One trial's ledger; `create` it once, then `open` it.

    Attributes
    ----------
    trial : str
        The trial's name.
    created_at : str
        UTC, ISO 8601, microseconds.
    genesis : str
        What entry 1 follows.
    """

    def __init__(self, database: Database, heads: Heads, trial: str, created_at: str, genesis: str) -> None:
        self._database = database
        self._heads = heads
        self.trial = trial
        self.created_at = created_at
        self.genesis = genesis

    @classmethod
    def create(cls, address: str, trial: str, heads: Path, *, at: datetime | None = None) -> "Ledger":
        """A new, empty ledger.

        Parameters
        ----------
        address : str
            `sqlite:///path` or `postgresql+psycopg://user@host/database`.
        trial : str
            The trial's name; it enters the first hash.
        heads : Path
            The file, to be kept beside the ledger or better elsewhere, in which heads are witnessed.
        at : datetime, optional
            Time of creation; by default now.

        Raises
        ------
        StoreRefused
            If there is a ledger at this address, or `heads` witnesses one.
        """
        created_at = utc_text(at or datetime.now(UTC))
        beginning = {"trial": trial, "created_at": created_at, "genesis": genesis_hash(trial, created_at)}
        with ExitStack() as undo:
            database, witness = Database(address, missing="create"), Heads(heads)
            undo.callback(database.close)
            with database.defining() as connection:
                _define(connection, database)
                connection.execute(insert(ledger), {"one": 1, "schema_version": SCHEMA_VERSION, **beginning})
                witness.begin(beginning["genesis"])
            undo.pop_all()
        return cls(database, witness, **beginning)

    @classmethod
    def open(cls, address: str, heads: Path) -> "Ledger":
        """The ledger at an address, with its file of witnessed heads.

        Raises
        ------
        Missing
            If there is none.
        StoreRefused
            If another version of this program wrote it in a way this one does not know.
        """
        url = parsed(address)
        if url.drivername == SQLITE and not os.path.exists(str(url.database)):
            raise Missing("there is no ledger", where=address, do="correct the address, or create the ledger")
        with ExitStack() as undo:
            database = Database(address, missing="refuse")
            undo.callback(database.close)
            with database.reading() as connection:
                _check_schema(connection, database.place)
                trial, created_at, genesis = _beginning(connection)
            undo.pop_all()
        return cls(database, Heads(heads), trial, created_at, genesis)

    def append(
        self, drafts: Sequence[Draft], *, at: datetime, expecting: int | None = None
    ) -> tuple[Entry, ...]:
        """Write all drafts or none; what is returned is on the disk.

        Parameters
        ----------
        drafts : sequence of Draft
            At least one.
        at : datetime
            The server's clock, with a zone. Time never runs backwards: a clock behind the last entry's
            gives that entry's time.
        expecting : int, optional
            Number of the last entry of the first draft's subject that the caller has seen (0: none;
            for a subject of None, the last of the whole trial's own entries).

        Returns
        -------
        tuple of Entry
            As written; or as written the first time, if the drafts' act was done before.

        Raises
        ------
        LedgerMoved
            If somebody else wrote about the subject in between.
        Immutable
            If an act of this key was done with other content.
        Cut, Altered, Missing
            If the ledger's end is not the one witnessed.
        """
        if not drafts:
            raise InputRefused("there is nothing to write", where="ledger", do="give at least one draft")
        stamp = utc_text(at)
        with self._database.writing() as connection:
            written = self._done_before(connection, drafts)
            if written is None:
                written = self._write(connection, drafts, stamp, expecting)
        self._heads.witness(written[-1].seq, written[-1].hash)
        return written

    def entries(
        self, *, subject: str | None = None, until: datetime | None = None, after: int = 0
    ) -> Iterator[Entry]:
        """Entries in order, streamed: of one subject or all, recorded by `until`, numbered above `after`."""
        wanted = select(*_ENTRY_COLUMNS).where(entry.c.seq > after).order_by(entry.c.seq)
        if subject is not None:
            wanted = wanted.where(entry.c.subject == str(subject))
        if until is not None:
            wanted = wanted.where(entry.c.recorded_at <= utc_text(until))
        return self._streamed(wanted)

    def head(self) -> Head:
        """Number and hash of the last entry; 0 and the genesis in an empty ledger."""
        with self._database.reading() as connection:
            return self._end(connection)[:2]

    def last_of(self, subject: str | None) -> int:
        """Number of the last entry about a subject (None: about the whole trial); 0 if there is none."""
        with self._database.reading() as connection:
            return _last_of(connection, subject)

    def verify(self) -> Verified:
        """Check every entry, every link, the witnessed heads, and the database's indexes and guards.

        Raises
        ------
        Altered, Missing, Reordered, Cut
            Naming the first entry that is wrong, and what is wrong with it.
        """
        # The witness is read first: entries written meanwhile are then beyond it, never short of it.
        written = self._heads.last()[0]
        with closing(self._heads.all()) as heads, self._database.reading() as connection:
            if _beginning(connection) != (
                self.trial,
                self.created_at,
                genesis_hash(self.trial, self.created_at),
            ):
                raise altered(0, "the trial's name, its time of creation or the first hash")
            with closing(rows.all_rows(connection)) as found:
                chain = checked(found, self.genesis, written, partial(rows.elsewhere, connection))
                verified = compared(chain, heads, self.genesis)
            rows.check_indexes(connection)
            rows.check_guards(connection)
        return verified

    def site_copy(self, site: str) -> Iterator[bytes]:
        """A site's entries as JSON lines, which `verify_site_copy` checks without the ledger."""
        beginning = {"trial": self.trial, "created_at": self.created_at, "site": str(site)}
        with self._database.reading() as connection, rows.site_rows(connection, str(site)) as found:
            yield from site_lines(found, beginning)

    def close(self) -> None:
        """Give the database connections back."""
        self._database.close()

    def _streamed(self, wanted: Select[Any]) -> Iterator[Entry]:
        with self._database.reading() as connection, rows.stream(connection, wanted) as found:
            for row in found:
                yield Entry(*row)

    def _end(self, connection: Connection) -> tuple[int, str, str]:
        """Number, hash and time of the last entry."""
        last = connection.execute(
            select(entry.c.seq, entry.c.hash, entry.c.recorded_at).order_by(entry.c.seq.desc()).limit(1)
        ).first()
        return (0, self.genesis, self.created_at) if last is None else (last[0], last[1], last[2])

    def _done_before(self, connection: Connection, drafts: Sequence[Draft]) -> tuple[Entry, ...] | None:
        """The entries of an act done before; a batch's numbers are consecutive, which finds the rest."""
        for position, draft in enumerate(drafts):
            if draft.act is None:
                continue
            seq = connection.execute(select(entry.c.seq).where(entry.c.act == str(draft.act))).scalar()
            if seq is None:
                continue
            first = seq - position
            found = connection.execute(
                select(*_ENTRY_COLUMNS)
                .where(entry.c.seq.between(first, first + len(drafts) - 1))
                .order_by(entry.c.seq)
            )
            written = tuple(Entry(*row) for row in found)
            if [content(one) for one in written] != [content(one) for one in drafts]:
                raise Immutable(
                    f"act {draft.act!r} was recorded as entry {seq} with other content",
                    where=self._database.place,
                    do="use a new act for what is new; to change what was written, write a correction",
                )
            return written
        return None

    def _write(
        self, connection: Connection, drafts: Sequence[Draft], stamp: str, expecting: int | None
    ) -> tuple[Entry, ...]:
        last_seq, last_hash, last_at = self._end(connection)
        self._check_end(last_seq, last_hash)
        self._check_expected(connection, drafts[0].subject, expecting)
        stamp = max(stamp, last_at)
        sites: dict[str | None, str] = {}
        written: list[Entry] = []
        for seq, draft in enumerate(drafts, start=last_seq + 1):
            if draft.site not in sites:
                sites[draft.site] = rows.site_head(connection, draft.site) or self.genesis
            one = linked(draft, seq, stamp, last_hash, sites[draft.site])
            last_hash = sites[draft.site] = one.hash
            written.append(one)
        self._check_corrections(connection, written)
        connection.execute(insert(entry), [stored(one) for one in written])
        return tuple(written)

    def _check_end(self, seq: int, head: str) -> None:
        """Refuse to grow a ledger whose end is not the one witnessed."""
        witnessed, witnessed_hash = self._heads.last()
        if seq < witnessed:
            raise Cut(
                f"the ledger ends with entry {seq}; entry {witnessed} was witnessed",
                where=f"entry {seq + 1}",
                do="write nothing; restore the ledger from a copy, then verify",
            )
        if seq == witnessed and head != witnessed_hash:
            raise altered(seq, "it was witnessed with another hash")

    def _check_expected(self, connection: Connection, subject: str | None, expecting: int | None) -> None:
        if expecting is None:
            return
        last = _last_of(connection, subject)
        if last != expecting:
            raise LedgerMoved(
                f"the last entry about {subject or 'the trial'} is {last}, not {expecting}",
                where=self._database.place,
                do="read again what was written, and decide again",
            )

    def _check_corrections(self, connection: Connection, written: Sequence[Entry]) -> None:
        first = written[0].seq
        for one in written:
            if one.corrects is None:
                continue
            if one.corrects >= first:
                known, subject = one.corrects < one.seq, written[min(one.corrects, one.seq) - first].subject
            else:
                found = connection.execute(select(entry.c.subject).where(entry.c.seq == one.corrects)).first()
                known, subject = found is not None, found[0] if found else None
            if not known or subject != one.subject:
                raise InvariantBroken(
                    f"there is no entry {one.corrects} about {one.subject or 'the trial'} to correct",
                    where=f"{one.kind} event",
                    do="give the number of an earlier entry about the same subject",
                )


def _define(connection: Connection, database: Database) -> None:
    if inspect(connection).has_table(ledger.name):
        raise StoreRefused(
            "there is a ledger already", where=database.place, do="open it, or choose another place"
        )
    for table in metadata.sorted_tables:  # create_all makes indexes in an order of chance, and so other bytes
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index, if_not_exists=True))
    for statement in guard_statements(database.dialect):
        connection.exec_driver_sql(statement)


def _check_schema(connection: Connection, place: str) -> None:
    if not inspect(connection).has_table(ledger.name):
        raise Missing("there is no ledger", where=place, do="correct the address, or create the ledger")
    version = connection.execute(select(ledger.c.schema_version)).scalar()
    if version != SCHEMA_VERSION:
        raise StoreRefused(
            f"the ledger's schema is version {version}; this program knows {SCHEMA_VERSION}",
            where=place,
            do="use the version of the program that wrote it",
        )


def _beginning(connection: Connection) -> tuple[str, str, str]:
    """Trial, time of creation and genesis, as stored."""
    stored = connection.execute(select(ledger.c.trial, ledger.c.created_at, ledger.c.genesis)).first()
    return ("", "", "") if stored is None else (stored[0], stored[1], stored[2])


def _last_of(connection: Connection, subject: str | None) -> int:
    about = entry.c.subject.is_(None) if subject is None else entry.c.subject == str(subject)
    return connection.execute(select(func.max(entry.c.seq)).where(about)).scalar() or 0
