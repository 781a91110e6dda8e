"""Where a ledger lives, written as one line of text."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from remission.errors import InputRefused

SQLITE = "sqlite"
POSTGRESQL = "postgresql+psycopg"


def parsed(address: str) -> URL:
    """A ledger's address: `sqlite:///path` or `postgresql+psycopg://user@host/database`.

    Raises
    ------
    InputRefused
        For another kind of database, an address that cannot be read, or one without a file or database.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise _refused(f"{address!r} is not a ledger address") from error
    shown = url.render_as_string(hide_password=True)
    if url.drivername not in (SQLITE, POSTGRESQL):
        raise _refused(f"no ledger is kept in {url.drivername!r} (address {shown!r})")
    if url.drivername == SQLITE and (url.host or url.query):
        raise _refused(f"{shown!r} names a host or options, an SQLite ledger is a path only")
    if not url.database or url.database == ":memory:":
        raise _refused(f"{shown!r} names no {'file' if url.drivername == SQLITE else 'database'}")
    return url


def _refused(what: str) -> InputRefused:
    return InputRefused(
        what,
        where="ledger address",
        do="write sqlite:///ledger.sqlite3, sqlite:////full/path or postgresql+psycopg://user@host/database",
    )
