"""The check of a chain, entry by entry, and the name of the first thing that is wrong with it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from remission.errors import Altered, Cut, Missing, Reordered, StoreRefused
from remission.store.chain import entry_hash, text_hash
from remission.store.heads import Head

RESTORE = "restore the ledger from a copy made before, and find out who can write to the database or file"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check has seen: number of entries, hash of the last one, entries covered by the witness."""

    entries: int
    head: str
    witnessed: int


class Row(NamedTuple):
    """An entry as it lies in the table, in the table's order."""

    seq: int
    recorded_at: str
    kind: str
    payload: str
    payload_sha256: str
    subject: str | None
    site: str | None
    actor: str
    role: str
    reason: str | None
    corrects: int | None
    act: str | None
    previous: str
    site_previous: str
    hash: str


Rows = Iterable[tuple[Any, ...]]
Elsewhere = Callable[[str, int], int | None]
"""Given a hash and a number: the other entry, if any, that says it follows that hash."""


def checked(rows: Rows, genesis: str, written: int, elsewhere: Elsewhere) -> Iterator[Head]:
    """Number and hash of each entry that is in its place and as it was written.

    Parameters
    ----------
    rows : iterable of tuple
        All rows of the ledger by rising `seq`, in the order of `Row`.
    genesis : str
        What entry 1 must follow.
    written : int
        The number of entries known to have been written.
    elsewhere : callable
        Finds an entry that has left its place.

    Raises
    ------
    Altered, Missing, Reordered
        At the first row that is wrong.
    """
    place, last = 1, genesis
    sites: dict[str | None, str] = {}
    for row in rows:
        seq, at, kind, payload, payload_hash, subject, site, actor, role, reason, corrects, act = row[:12]
        previous, site_previous, stored = row[12:]
        try:
            whole = (
                seq == place
                and previous == last
                and site_previous == sites.get(site, genesis)
                and payload_hash == text_hash(payload)
                and stored
                == entry_hash(
                    seq, at, kind, payload_hash, subject, site, actor, role, reason, corrects, act, previous,
                    site_previous,
                )
            )  # fmt: skip
        except (AttributeError, TypeError):
            whole = False
        if not whole:
            raise diagnosis(Row(*row), place, last, written, elsewhere)
        last = sites[site] = stored
        yield place, stored
        place += 1


def compared(chain: Iterator[Head], heads: Iterator[Head], genesis: str) -> Verified:
    """Walk a checked chain beside the witnessed heads.

    Raises
    ------
    Altered
        If the witness belongs to another ledger, or saw another hash (the end was rewritten).
    Cut
        If the chain ends before the last head witnessed.
    """
    if next(heads, None) != (0, genesis):
        raise altered(0, "the beginning differs from the one witnessed: trial, time of creation or ledger")
    seq, last, agreed = 0, genesis, 0
    witnessed = next(heads, None)
    for seq, last in chain:
        if witnessed is not None and seq == witnessed[0]:
            if last != witnessed[1]:
                raise altered(agreed + 1, f"rewritten: entry {seq} was witnessed with another hash")
            agreed = seq
            witnessed = next(heads, None)
    if witnessed is not None:
        end = max((seq for seq, _ in heads), default=witnessed[0])
        raise Cut(
            f"the ledger ends with entry {seq}; entry {end} was witnessed",
            where=f"entry {seq + 1}",
            do=RESTORE,
        )
    return Verified(entries=seq, head=last, witnessed=agreed)


def altered(seq: int, what: str) -> Altered:
    """The refusal for an entry that is not as it was written."""
    return Altered(f"entry {seq} was altered: {what}", where=f"entry {seq}", do=RESTORE)


def fault(row: Row) -> str | None:
    """What a row, taken alone, shows to be wrong with it; None if it is as it was hashed."""
    try:
        payload = text_hash(row.payload)
        whole = _hashed(row, row.seq) == row.hash
    except (AttributeError, TypeError):
        return "a field is not of its type"
    if payload != row.payload_sha256:
        return "its payload is not the one hashed" if whole else "its payload or the payload's hash"
    return None if whole else "its metadata or its own hash (the payload is whole)"


def diagnosis(row: Row, place: int, last: str, written: int, elsewhere: Elsewhere) -> StoreRefused:
    """The name of what is wrong at `place`, where an entry following the hash `last` must stand."""
    if row.seq < place:
        return _reordered(row.seq, f"entry {row.seq} stands before the first")
    if row.seq > place or row.previous != last:
        moved = elsewhere(last, row.seq)
        if moved is not None:
            return _reordered(place, f"entry {place} now stands at place {moved}")
    if row.seq > place:
        until = f" to {row.seq - 1}" if row.seq - 1 > place else ""
        return _missing(place, f"entry {place}{until} is gone")
    own = fault(row)
    if row.previous != last:
        if own is None:
            return altered(
                max(place - 1, 1), "rewritten with a new hash, which the next entry does not follow"
            )
        if _was_numbered(row, written):
            return _missing(place, f"entry {place} is gone, and those after it were renumbered")
        return altered(place, "it does not follow the entry before it (previous hash)")
    return altered(place, own or "it does not follow its site's entry before it (site_previous)")


def _was_numbered(row: Row, written: int) -> bool:
    """Whether the row is whole but for its number, which was a later one."""
    try:
        return any(_hashed(row, seq) == row.hash for seq in range(row.seq + 1, written + 1))
    except (AttributeError, TypeError):
        return False


def _hashed(row: Row, seq: int) -> str:
    return entry_hash(
        seq, row.recorded_at, row.kind, row.payload_sha256, row.subject, row.site, row.actor, row.role,
        row.reason, row.corrects, row.act, row.previous, row.site_previous,
    )  # fmt: skip


def _missing(seq: int, what: str) -> Missing:
    return Missing(what, where=f"entry {seq}", do=RESTORE)


def _reordered(seq: int, what: str) -> Reordered:
    return Reordered(what, where=f"entry {seq}", do=RESTORE)
