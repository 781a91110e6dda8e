"""What is asked of the table of entries."""

from collections.abc import Generator, Iterator
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, func, select
from sqlalchemy.exc import DBAPIError

from remission.errors import Altered
from remission.store.tables import entry, guard_names, guards_query
from remission.store.verify import altered

_CHUNK = 2000

Fields = tuple[Any, ...]


def stream(connection: Connection, wanted: Select[Any]) -> CursorResult[Any]:
    """Rows of a query, never more than a chunk of them in memory; to be closed by the caller."""
    return connection.execute(wanted, execution_options={"yield_per": _CHUNK})


def all_rows(connection: Connection) -> Generator[Fields, None, None]:
    """Every row by rising number; where one cannot be read, the rows before it come first.

    Raises
    ------
    Altered
        At the first row that the database cannot read.
    """
    last = 0
    try:
        with stream(connection, select(entry).order_by(entry.c.seq)) as found:
            for row in found:
                yield row
                last = row[0]
    except DBAPIError:
        yield from _one_by_one(connection, last)


def site_rows(connection: Connection, site: str) -> CursorResult[Any]:
    """The rows of one site by rising number; to be closed by the caller."""
    return stream(connection, select(entry).where(entry.c.site == site).order_by(entry.c.seq))


def site_head(connection: Connection, site: str | None) -> str | None:
    """The hash of a site's last entry (None: of the last entry without a site); None if it has none."""
    of_site = entry.c.site.is_(None) if site is None else entry.c.site == str(site)
    return connection.execute(
        select(entry.c.hash).where(of_site).order_by(entry.c.seq.desc()).limit(1)
    ).scalar()


def elsewhere(connection: Connection, previous: str, seq: int) -> int | None:
    """The number of another row than `seq` that says it follows the hash `previous`."""
    return connection.execute(
        select(func.min(entry.c.seq)).where(entry.c.previous == previous, entry.c.seq != seq)
    ).scalar()


def check_guards(connection: Connection) -> None:
    """See that the database still refuses to change what was written.

    Raises
    ------
    Altered
        Naming the guards that are gone.
    """
    dialect = connection.dialect.name
    gone = guard_names(dialect) - set(connection.exec_driver_sql(guards_query(dialect)).scalars())
    if gone:
        raise Altered(
            f"all entries are whole, but guards of the ledger are gone: {', '.join(sorted(gone))}",
            where="database",
            do="find out who removed them; copy the entries into a new ledger or put the guards back",
        )


def check_indexes(connection: Connection) -> None:
    """See that SQLite's indexes show all rows of the table, so that no entry is hidden from a reader.

    Raises
    ------
    Altered
        With the database's own words for the first fault.
    """
    if connection.dialect.name != "sqlite":
        return
    said = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar()
    if said != "ok":
        raise Altered(
            f"all entries are whole, but readers may not see them all: {said}",
            where="database",
            do="run REINDEX on a copy of the file and verify it; find out who can write to the file",
        )


def _one_by_one(connection: Connection, last: int) -> Iterator[Fields]:
    end: int = connection.execute(select(func.max(entry.c.seq))).scalar() or last
    for seq in range(last + 1, end + 1):
        try:
            row = connection.execute(select(entry).where(entry.c.seq == seq)).first()
        except DBAPIError as error:
            raise altered(seq, f"it cannot be read ({error.orig})") from error
        if row is not None:
            yield tuple(row)
