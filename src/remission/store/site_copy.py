"""A site's own copy of its entries: JSON lines, verified by the file alone."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, cast

from remission.errors import Malformed, Missing, Reordered, Truncated, UnknownFormat
from remission.store.chain import genesis_hash
from remission.store.verify import Row, Rows, Verified, altered, fault

COPY_FORMAT = "remission-site-copy-1"
_AGAIN = "ask for a new copy, and compare it with the ones kept"


def site_lines(rows: Rows, beginning: dict[str, str]) -> Iterator[bytes]:
    """The lines of a copy: the beginning, each entry, and the end (number of entries, last hash)."""
    yield _line({"format": COPY_FORMAT, **beginning})
    count, head = 0, genesis_hash(beginning["trial"], beginning["created_at"])
    for row in rows:
        one = Row(*row)
        count, head = count + 1, one.hash
        yield _line(one._asdict())
    yield _line({"entries": count, "head": head})


def verify_site_copy(copy: BinaryIO, name: str) -> Verified:
    """Check a site's copy without the ledger: each entry, each link within the site, and the end.

    Parameters
    ----------
    copy : binary file
        As `Ledger.site_copy` gave it.
    name : str
        The file's name, for refusals.

    Raises
    ------
    UnknownFormat, Malformed, Truncated
        If the file is no whole copy.
    Altered, Missing, Reordered
        Naming the first entry that is wrong.
    """
    lines = _objects(copy, name)
    beginning = next(lines, {})
    if beginning.get("format") != COPY_FORMAT:
        raise UnknownFormat(f"not a {COPY_FORMAT} file", where=f"{name}, line 1", do="give a site's copy")
    head = genesis_hash(str(beginning.get("trial")), str(beginning.get("created_at")))
    count, number, seen = 0, 1, {head}
    for number, line in enumerate(lines, start=2):
        if "entries" in line:
            return _ended(line, count, head, lines, f"{name}, line {number}")
        row = _row(line, f"{name}, line {number}")
        _check(row, beginning.get("site"), head, seen, lines)
        count, head = count + 1, row.hash
        seen.add(head)
    raise Truncated(f"the copy ends after {count} entries", where=f"{name}, line {number}", do=_AGAIN)


def _check(row: Row, site: Any, head: str, seen: set[str], rest: Iterable[dict[str, Any]]) -> None:
    """Check one entry against the site's last hash; `rest` is read only to tell moved from missing."""
    wrong = fault(row)
    if wrong or row.site != site:
        raise altered(row.seq, wrong or f"it is of site {row.site}")
    if row.site_previous == head:
        return
    where = f"entry {row.seq}"
    if row.site_previous in seen or any(line.get("site_previous") == head for line in rest):
        raise Reordered(f"entry {row.seq} is not in its place", where=where, do=_AGAIN)
    raise Missing(f"the site's entry before entry {row.seq} is gone or was rewritten", where=where, do=_AGAIN)


def _ended(
    end: dict[str, Any], count: int, head: str, rest: Iterator[dict[str, Any]], where: str
) -> Verified:
    if (end["entries"], end.get("head")) != (count, head):
        raise Missing(f"the copy says {end['entries']} entries and holds {count}", where=where, do=_AGAIN)
    if next(rest, None) is not None:
        raise Malformed("there are lines after the end", where=where, do=_AGAIN)
    return Verified(entries=count, head=head, witnessed=count)


def _row(line: dict[str, Any], where: str) -> Row:
    try:
        return Row(**line)
    except TypeError as error:
        raise Malformed(f"not an entry ({error})", where=where, do=_AGAIN) from error


def _objects(copy: BinaryIO, name: str) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(copy, start=1):
        try:
            value = json.loads(line)
        except ValueError as error:
            raise Malformed(f"not JSON ({error})", where=f"{name}, line {number}", do=_AGAIN) from error
        if not isinstance(value, dict):
            raise Malformed("not a JSON object", where=f"{name}, line {number}", do=_AGAIN)
        yield cast(dict[str, Any], value)


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
