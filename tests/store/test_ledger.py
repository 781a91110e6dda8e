import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import make_url

from remission.errors import (
    Altered,
    Cut,
    Immutable,
    InputRefused,
    InvariantBroken,
    LedgerMoved,
    Malformed,
    Missing,
    Refusal,
    StoreRefused,
)
from remission.store.chain import genesis_hash
from remission.store.ledger import Draft, Ledger
from remission.terms.actors import Role
from remission.terms.ids import SiteId, SubjectId

Make = Callable[..., Draft]
Minute = Callable[[int], datetime]
Raw = Callable[..., None]


def test_an_empty_ledger_begins_with_the_trial_and_its_time(ledger: Ledger) -> None:
    genesis = genesis_hash("nct00000000", "2026-03-01T08:00:00.000000Z")
    assert ledger.head() == (0, genesis)
    assert list(ledger.entries()) == []
    assert ledger.verify().entries == 0


def test_entries_come_back_as_written_and_linked(
    ledger: Ledger, address: str, tmp_path: Path, draft: Make, minute: Minute
) -> None:
    first, second = ledger.append([draft(1), draft(2, subject="04-001", site="04")], at=minute(1))
    (third,) = ledger.append([draft(3, subject=None, site=None, act="close-1")], at=minute(2))
    again = Ledger.open(address, tmp_path / "heads")
    assert list(again.entries()) == [first, second, third]
    assert [entry.seq for entry in (first, second, third)] == [1, 2, 3]
    assert (first.previous, second.previous, third.previous) == (ledger.genesis, first.hash, second.hash)
    assert first.payload == '{"number": 1, "name": "同意"}'
    assert third.recorded_at == "2026-03-01T08:02:00.000000Z"
    assert again.head() == (3, third.hash)
    assert again.trial == "nct00000000"
    assert again.verify() == ledger.verify()
    again.close()


def test_each_site_has_a_chain_of_its_own(ledger: Ledger, draft: Make, minute: Minute) -> None:
    a, b, c, d, e = ledger.append(
        [draft(n, site=site) for n, site in enumerate(("03", "04", "03", None, None))], at=minute(0)
    )
    assert [x.site_previous for x in (a, b, c, d, e)] == [
        ledger.genesis,
        ledger.genesis,
        a.hash,
        ledger.genesis,
        d.hash,
    ]
    (f,) = ledger.append([draft(9, site="04")], at=minute(0))
    assert f.site_previous == b.hash


def test_ids_and_roles_are_taken_as_text(ledger: Ledger, draft: Make, minute: Minute) -> None:
    ledger.append([draft(subject=SubjectId("03-002"), site=SiteId("03"), role=Role.MONITOR)], at=minute(0))
    (entry,) = ledger.entries(subject=SubjectId("03-002"))
    assert (entry.subject, entry.site, entry.role) == ("03-002", "03", "monitor")
    assert ledger.verify().entries == 1


def test_reading_one_subject_as_of_a_time_or_after_an_entry(
    ledger: Ledger, draft: Make, minute: Minute
) -> None:
    for number in range(6):
        ledger.append([draft(number, subject=f"03-00{number % 2}")], at=minute(number))
    assert [e.seq for e in ledger.entries(subject="03-001")] == [2, 4, 6]
    assert [e.seq for e in ledger.entries(until=minute(3))] == [1, 2, 3, 4]
    assert [e.seq for e in ledger.entries(subject="03-001", until=minute(3))] == [2, 4]
    assert [e.seq for e in ledger.entries(after=4)] == [5, 6]
    in_china = minute(3).astimezone(timezone(timedelta(hours=8)))
    assert [e.seq for e in ledger.entries(until=in_china)] == [1, 2, 3, 4]


def test_a_reader_may_stop_early_and_write(ledger: Ledger, draft: Make, minute: Minute) -> None:
    ledger.append([draft(number) for number in range(10)], at=minute(0))
    for entry in ledger.entries():
        ledger.append([draft(entry.seq)], at=minute(1))
        if entry.seq == 3:
            break
    assert ledger.verify().entries == 13


def test_last_of_a_subject_and_of_the_trial(ledger: Ledger, draft: Make, minute: Minute) -> None:
    ledger.append([draft(1), draft(2, subject=None), draft(3)], at=minute(0))
    assert (ledger.last_of("03-001"), ledger.last_of(None), ledger.last_of("03-009")) == (3, 2, 0)


def test_who_has_not_seen_the_last_entry_is_refused(ledger: Ledger, draft: Make, minute: Minute) -> None:
    ledger.append([draft(1)], at=minute(0), expecting=0)
    ledger.append([draft(2, subject="03-002")], at=minute(0), expecting=0)
    with pytest.raises(LedgerMoved, match="03-001 is 1, not 0"):
        ledger.append([draft(3)], at=minute(0), expecting=0)
    ledger.append([draft(3)], at=minute(0), expecting=1)
    with pytest.raises(LedgerMoved, match="the trial is 0, not 3"):
        ledger.append([draft(4, subject=None)], at=minute(0), expecting=3)
    assert ledger.head()[0] == 3


def test_an_act_done_twice_is_written_once(ledger: Ledger, draft: Make, minute: Minute) -> None:
    batch = [draft(1), draft(2, act="act-7"), draft(3)]
    first = ledger.append(batch, at=minute(0), expecting=0)
    ledger.append([draft(4)], at=minute(1))
    assert ledger.append(batch, at=minute(2), expecting=0) == first
    assert ledger.head()[0] == 4
    with pytest.raises(Immutable, match="'act-7' was recorded as entry 2"):
        ledger.append([draft(1), draft(2, act="act-7"), draft(99)], at=minute(2))
    with pytest.raises(Immutable, match="'act-7'"):
        ledger.append([draft(5, act="act-7")], at=minute(2))


def test_one_act_twice_in_a_batch_writes_nothing(ledger: Ledger, draft: Make, minute: Minute) -> None:
    with pytest.raises(StoreRefused):
        ledger.append([draft(1, act="a"), draft(1, act="a")], at=minute(0))
    assert ledger.head()[0] == 0


def test_a_correction_names_an_entry_of_the_same_subject(ledger: Ledger, draft: Make, minute: Minute) -> None:
    ledger.append([draft(1), draft(2, subject="03-002")], at=minute(0))
    (entry,) = ledger.append([draft(3, corrects=1, reason="wrong weight")], at=minute(1))
    assert (entry.corrects, entry.reason) == (1, "wrong weight")
    for wrong in (2, 4, 9, 0, -1):
        with pytest.raises(InvariantBroken, match=f"no entry {wrong} about 03-001"):
            ledger.append([draft(4, corrects=wrong, reason="r")], at=minute(1))
    ledger.append([draft(5), draft(6, corrects=4, reason="r")], at=minute(1))
    assert ledger.verify().entries == 5


def test_time_never_runs_backwards(ledger: Ledger, draft: Make, minute: Minute) -> None:
    ledger.append([draft(1)], at=minute(5))
    (late,) = ledger.append([draft(2)], at=minute(4))
    (before_creation,) = ledger.append([draft(3)], at=minute(-10))
    assert late.recorded_at == before_creation.recorded_at == "2026-03-01T08:05:00.000000Z"


def test_a_time_without_zone_is_refused(ledger: Ledger, draft: Make) -> None:
    naive = datetime(2026, 3, 1)  # noqa: DTZ001
    with pytest.raises(InputRefused, match="no time zone"):
        ledger.append([draft()], at=naive)
    with pytest.raises(InputRefused, match="no time zone"):
        ledger.entries(until=naive)


def test_nothing_to_write_is_refused(ledger: Ledger, minute: Minute) -> None:
    with pytest.raises(InputRefused, match="nothing to write"):
        ledger.append([], at=minute(0))


@pytest.mark.parametrize(
    ("given", "refusal", "says"),
    [
        ({"payload": "{"}, Malformed, "no JSON"),
        ({"actor": "a\0b"}, Malformed, "NUL"),
        ({"reason": "\ud800"}, Malformed, "half a character"),
        ({"actor": " "}, InvariantBroken, "actor is empty"),
        ({"act": ""}, InvariantBroken, "act is empty"),
        ({"corrects": 1}, InvariantBroken, "no reason"),
    ],
)
def test_a_draft_is_checked_on_birth(
    draft: Make, given: dict[str, object], refusal: type[Refusal], says: str
) -> None:
    with pytest.raises(refusal, match=says):
        draft(**given)


def test_create_refuses_where_a_ledger_is(
    ledger: Ledger, address: str, tmp_path: Path, draft: Make, minute: Minute
) -> None:
    with pytest.raises(StoreRefused, match="a ledger already"):
        Ledger.create(address, "another", tmp_path / "other-heads")
    ledger.append([draft()], at=minute(0))
    with pytest.raises(StoreRefused, match="witnesses another"):
        Ledger.create(f"sqlite:///{tmp_path}/new.sqlite3", "another", tmp_path / "heads")
    assert ledger.verify().entries == 1


def test_create_again_after_a_crash_before_the_tables(address: str, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(f"0 {'a' * 64}\n")
    made = Ledger.create(address, "trial", tmp_path / "heads")
    assert made.verify().head == made.genesis
    made.close()


def test_open_refuses_where_no_ledger_is(address: str, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="no ledger"):
        Ledger.open(address, tmp_path / "heads")
    assert not (tmp_path / "ledger.sqlite3").exists()


def test_open_refuses_an_unknown_schema(ledger: Ledger, raw: Raw, address: str, tmp_path: Path) -> None:
    raw("UPDATE ledger SET schema_version = 2")
    with pytest.raises(StoreRefused, match="version 2; this program knows 1"):
        Ledger.open(address, tmp_path / "heads")


def test_a_ledger_whose_end_is_gone_does_not_grow(
    ledger: Ledger, raw: Raw, draft: Make, minute: Minute
) -> None:
    ledger.append([draft(1), draft(2)], at=minute(0))
    raw("DELETE FROM ledger_entry WHERE seq = 2")
    with pytest.raises(Cut, match="ends with entry 1; entry 2 was witnessed"):
        ledger.append([draft(3)], at=minute(1))


def test_a_ledger_whose_end_was_rewritten_does_not_grow(
    ledger: Ledger, raw: Raw, draft: Make, minute: Minute
) -> None:
    ledger.append([draft(1)], at=minute(0))
    raw(f"UPDATE ledger_entry SET hash = '{'0' * 64}'")
    with pytest.raises(Altered, match="entry 1"):
        ledger.append([draft(3)], at=minute(1))


def test_a_crash_between_commit_and_witness_is_no_alarm(
    ledger: Ledger, tmp_path: Path, draft: Make, minute: Minute
) -> None:
    ledger.append([draft(1)], at=minute(0))
    witness = (tmp_path / "heads").read_bytes()
    ledger.append([draft(2, act="a")], at=minute(0))
    for left in (b"", b"2", b"2 abc"):
        (tmp_path / "heads").write_bytes(witness + left)
        assert (ledger.verify().entries, ledger.verify().witnessed) == (2, 1)
    ledger.append([draft(2, act="a")], at=minute(0))
    assert ledger.verify().witnessed == 2
    assert (tmp_path / "heads").read_bytes().count(b"\n") == 3


def test_what_another_process_wrote_is_seen(
    ledger: Ledger, address: str, tmp_path: Path, draft: Make, minute: Minute
) -> None:
    other = Ledger.open(address, tmp_path / "heads")
    other.append([draft(1)], at=minute(0))
    (second,) = ledger.append([draft(2)], at=datetime.now(UTC))
    assert (second.seq, other.head()) == (2, (2, second.hash))
    other.close()


def test_sqlite_waits_for_the_disk(tmp_path: Path) -> None:
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.sqlite3", "trial", tmp_path / "heads")
    with ledger._database.reading() as connection:
        asked = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in
                 ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")]  # fmt: skip
    assert asked == ["wal", 2, 1, 30_000]
    ledger.close()


@pytest.mark.postgres
def test_postgresql_waits_for_the_disk_even_where_the_server_does_not(
    postgres_address: str, tmp_path: Path
) -> None:
    url = make_url(postgres_address)
    lax = url.update_query_dict({"options": f"{url.query['options']} -csynchronous_commit=off"})
    ledger = Ledger.create(lax.render_as_string(hide_password=False), "trial", tmp_path / "heads")
    with ledger._database.reading() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "off"
    with ledger._database.writing() as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    ledger.close()


def test_an_empty_ledger_has_the_same_bytes_whoever_makes_it(tmp_path: Path) -> None:
    """Tables and indexes are made in one order, whatever the process's order of sets."""
    Ledger.create(
        f"sqlite:///{tmp_path / 'a.sqlite3'}", "t", tmp_path / "heads", at=datetime(2026, 1, 1, tzinfo=UTC)
    ).close()
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as made:
        named = made.execute("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE INDEX%' ORDER BY rowid")
        indexes = [name for (name,) in named]
    assert indexes == sorted(indexes) and len(indexes) == 2
