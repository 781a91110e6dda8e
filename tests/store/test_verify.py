import json
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import Altered, Cut, Missing, Refusal, Reordered
from remission.store.chain import genesis_hash
from remission.store.ledger import Draft, Ledger

Raw = Callable[..., None]
AT = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = (
    "recorded_at, kind, payload, payload_sha256, subject, site, actor, role, reason, corrects, act, "
    "previous, site_previous, hash"
)


@pytest.fixture
def filled(ledger: Ledger, draft: Callable[..., Draft]) -> Ledger:
    """Seven entries: 1-2 in one batch, then one by one."""
    ledger.append([draft(1), draft(2, site="04")], at=AT)
    for number in range(3, 8):
        ledger.append([draft(number, act=f"act-{number}")], at=AT)
    return ledger


def first_wrong(ledger: Ledger) -> tuple[type[Refusal], str]:
    with pytest.raises((Altered, Missing, Reordered, Cut)) as refused:
        ledger.verify()
    return refused.type, refused.value.where


def swap(a: int, b: int) -> list[str]:
    return [
        f"UPDATE ledger_entry SET seq = {new} WHERE seq = {old}" for old, new in ((a, -9), (b, a), (-9, b))
    ]


def renumber(after: int, end: int) -> list[str]:
    return [f"UPDATE ledger_entry SET seq = {n - 1} WHERE seq = {n}" for n in range(after + 1, end + 1)]


TAMPERINGS = [
    (["UPDATE ledger_entry SET payload = '{}' WHERE seq = 3"], Altered, 3, "payload"),
    (["UPDATE ledger_entry SET payload = payload || ' ' WHERE seq = 1"], Altered, 1, "payload"),
    (["UPDATE ledger_entry SET payload_sha256 = 'x' WHERE seq = 4"], Altered, 4, "payload"),
    (["UPDATE ledger_entry SET actor = 'Dr Who' WHERE seq = 7"], Altered, 7, "metadata"),
    (["UPDATE ledger_entry SET recorded_at = '2026-02-01T00:00:00.000000Z'"], Altered, 1, "metadata"),
    (["UPDATE ledger_entry SET subject = NULL WHERE seq = 5"], Altered, 5, "metadata"),
    (["UPDATE ledger_entry SET subject = '' WHERE seq = 5"], Altered, 5, "metadata"),
    (["UPDATE ledger_entry SET act = NULL WHERE seq = 5"], Altered, 5, "metadata"),
    (["UPDATE ledger_entry SET reason = 'r', corrects = 1 WHERE seq = 5"], Altered, 5, "metadata"),
    (["UPDATE ledger_entry SET hash = 'x' WHERE seq = 2"], Altered, 2, "own hash"),
    (["UPDATE ledger_entry SET previous = 'x' WHERE seq = 6"], Altered, 6, "previous hash"),
    (["UPDATE ledger_entry SET site_previous = 'x' WHERE seq = 6"], Altered, 6, "metadata"),
    (["DELETE FROM ledger_entry WHERE seq = 1"], Missing, 1, "entry 1 is gone"),
    (["DELETE FROM ledger_entry WHERE seq = 4"], Missing, 4, "entry 4 is gone"),
    (["DELETE FROM ledger_entry WHERE seq IN (2, 3, 6)"], Missing, 2, "entry 2 to 3 is gone"),
    (["DELETE FROM ledger_entry WHERE seq = 4", *renumber(4, 7)], Missing, 4, "renumbered"),
    (swap(3, 4), Reordered, 3, "now stands at place 4"),
    (swap(1, 7), Reordered, 1, "now stands at place 7"),
    (["UPDATE ledger_entry SET seq = 99 WHERE seq = 2"], Reordered, 2, "place 99"),
    (["UPDATE ledger_entry SET seq = -1 WHERE seq = 5"], Reordered, -1, "before the first"),
    (["DELETE FROM ledger_entry WHERE seq = 7"], Cut, 7, "ends with entry 6; entry 7 was witnessed"),
    (["DELETE FROM ledger_entry WHERE seq > 2"], Cut, 3, "ends with entry 2; entry 7"),
    (["DELETE FROM ledger_entry"], Cut, 1, "ends with entry 0; entry 7"),
    (["UPDATE ledger SET trial = 'another'"], Altered, 0, "trial's name"),
    (["UPDATE ledger SET genesis = 'x'"], Altered, 0, "first hash"),
    (["DELETE FROM ledger"], Altered, 0, "trial's name"),
]


@pytest.mark.parametrize(("statements", "refusal", "seq", "says"), TAMPERINGS)
def test_tampering_is_named(
    filled: Ledger, raw: Raw, statements: list[str], refusal: type[Refusal], seq: int, says: str
) -> None:
    raw(*statements)
    with pytest.raises(refusal, match=says) as refused:
        filled.verify()
    assert refused.value.where == f"entry {seq}"
    filled.close()


def test_bytes_in_place_of_text_are_named(filled: Ledger, raw: Raw, address: str) -> None:
    if not address.startswith("sqlite"):
        pytest.skip("PostgreSQL keeps text only")
    raw("UPDATE ledger_entry SET payload = x'7b7d' WHERE seq = 5")
    assert first_wrong(filled) == (Altered, "entry 5")
    raw("UPDATE ledger_entry SET actor = CAST(x'ff' AS TEXT) WHERE seq = 3")
    assert first_wrong(filled) == (Altered, "entry 3")


def rewritten(path: Path, first: int, until: int) -> None:
    """Forge entry `first`, and give it and those after it, to `until`, hashes that fit."""
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TRIGGER ledger_entry_update")
        connection.execute("UPDATE ledger_entry SET actor = 'Dr Who' WHERE seq = ?", (first,))
        _, sites = slow_chain(connection, until=first - 1)
        last = connection.execute("SELECT previous FROM ledger_entry WHERE seq = ?", (first,)).fetchone()[0]
        for seq in range(first, until + 1):
            site = connection.execute("SELECT site FROM ledger_entry WHERE seq = ?", (seq,)).fetchone()[0]
            connection.execute(
                "UPDATE ledger_entry SET previous = ?, site_previous = ? WHERE seq = ?",
                (last, sites.get(site, sites[""]), seq),
            )
            last = sites[site] = slow_hash(connection, seq)
            connection.execute("UPDATE ledger_entry SET hash = ? WHERE seq = ?", (last, seq))
    connection.close()


@pytest.mark.parametrize(
    ("first", "until", "where", "says"),
    [
        (4, 7, 4, "entry 4 was witnessed with another hash"),
        (4, 4, 4, "entry 4 was witnessed with another hash"),
        (1, 1, 1, "which the next entry does not follow"),
        (1, 7, 1, "entry 2 was witnessed with another hash"),
        (7, 7, 7, "entry 7 was witnessed with another hash"),
    ],
)
def test_an_entry_rewritten_with_all_its_hashes_is_named(
    tmp_path: Path, draft: Callable[..., Draft], first: int, until: int, where: int, says: str
) -> None:
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.sqlite3", "trial", tmp_path / "heads")
    ledger.append([draft(1), draft(2, site="04")], at=AT)
    for number in range(3, 8):
        ledger.append([draft(number)], at=AT)
    rewritten(tmp_path / "ledger.sqlite3", first, until)
    with pytest.raises(Altered, match=says) as refused:
        ledger.verify()
    assert refused.value.where == f"entry {where}"
    ledger.close()


def test_a_flipped_bit_on_the_disk_is_found(tmp_path: Path, draft: Callable[..., Draft]) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger.create(f"sqlite:///{path}", "trial", tmp_path / "heads")
    ledger.append([draft(number) for number in range(50)], at=AT)
    ledger.close()
    whole = path.read_bytes()
    for number, needle in ((7, b'"number": 7,'), (31, b'"number": 31,')):
        at = whole.index(needle) + 3
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x01]) + whole[at + 1 :])
        ledger = Ledger.open(f"sqlite:///{path}", tmp_path / "heads")
        assert first_wrong(ledger) == (Altered, f"entry {number + 1}")
        at = whole.index(needle) + 24
        path.write_bytes(whole[:at] + b"\xff" + whole[at + 1 :])
        assert first_wrong(ledger) == (Altered, f"entry {number + 1}")
        ledger.close()


def test_an_entry_hidden_from_readers_is_found(tmp_path: Path, draft: Callable[..., Draft]) -> None:
    """The row is whole and in its place, but the index by which a subject is read does not hold it."""
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger.create(f"sqlite:///{path}", "trial", tmp_path / "heads")
    ledger.append([draft(1), draft(2), draft(3)], at=AT)
    ledger.close()

    def run(*statements: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA writable_schema = ON")
        found = [row for statement in statements for row in connection.execute(statement).fetchall()]
        connection.close()
        return found

    guards = run("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    run(*(f"DROP TRIGGER {name}" for (name,) in guards))
    (row,) = run("SELECT * FROM ledger_entry WHERE seq = 2")
    (index,) = run("SELECT * FROM sqlite_master WHERE name = 'ledger_entry_subject'")
    run(
        "DELETE FROM ledger_entry WHERE seq = 2",
        "DELETE FROM sqlite_master WHERE name = 'ledger_entry_subject'",
    )
    quoted = ", ".join("NULL" if value is None else repr(value) for value in row)
    run(f"INSERT INTO ledger_entry VALUES ({quoted})")
    run(f"INSERT INTO sqlite_master VALUES ({', '.join(repr(value) for value in index)})")
    ledger = Ledger.open(f"sqlite:///{path}", tmp_path / "heads")
    assert [entry.seq for entry in ledger.entries(subject="03-001")] == [1, 3]
    with pytest.raises(Altered, match="row 2 missing from index ledger_entry_subject"):
        ledger.verify()
    ledger.close()


def test_a_ruined_file_is_altered(tmp_path: Path, draft: Callable[..., Draft]) -> None:
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger.create(f"sqlite:///{path}", "trial", tmp_path / "heads")
    ledger.append([draft(number) for number in range(500)], at=AT)
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\x5a" * 4096 * 8 + whole[4096 * 9 :])
    with pytest.raises(Altered, match=r"damaged|cannot be read"):
        Ledger.open(f"sqlite:///{path}", tmp_path / "heads").verify()


def test_the_witness_itself_is_checked(filled: Ledger, tmp_path: Path) -> None:
    heads = tmp_path / "heads"
    lines = heads.read_bytes().splitlines(keepends=True)
    heads.write_bytes(b"".join([*lines[:2], b"nonsense\n", *lines[3:]]))
    assert first_wrong(filled) == (Altered, f"line 3 of {heads}")
    heads.write_bytes(b"".join([lines[0], lines[2], lines[1], *lines[3:]]))
    assert first_wrong(filled) == (Altered, f"line 3 of {heads}")
    heads.write_bytes(b"".join(lines[1:]))
    assert first_wrong(filled) == (Altered, "entry 0")
    heads.write_bytes(b"")
    assert first_wrong(filled) == (Altered, f"last line of {heads}")
    heads.unlink()
    assert first_wrong(filled) == (Missing, str(heads))
    heads.write_bytes(b"".join(lines))
    assert filled.verify().witnessed == 7


# A second, slow verifier, written from docs/rooms/store.md alone.


def framed(value: str | int | None) -> bytes:
    if value is None:
        return b"-"
    text = str(value).encode("utf-8")
    return str(len(text)).encode() + b":" + text


def slow_hash(connection: sqlite3.Connection, seq: int) -> str:
    row = connection.execute(f"SELECT seq, {COLUMNS} FROM ledger_entry WHERE seq = ?", (seq,)).fetchone()
    seq, at, kind, payload, _, subject, site, actor, role, reason, corrects, act, before, site_before, _ = row
    digest = sha256(payload.encode("utf-8")).hexdigest()
    parts = ["remission-entry-1", seq, at, kind, digest, subject, site, actor, role, reason, corrects, act]
    return sha256(b"".join(framed(part) for part in [*parts, before, site_before])).hexdigest()


def slow_chain(connection: sqlite3.Connection, until: int = 10**9) -> tuple[int, dict[str | None, str]]:
    """The number of entries, and each site's last hash; the genesis under the empty site."""
    trial, created = connection.execute("SELECT trial, created_at FROM ledger").fetchone()
    genesis = sha256(framed("remission-genesis-1") + framed(trial) + framed(created)).hexdigest()
    last, sites, count = genesis, {"": genesis}, 0
    wanted = "SELECT seq, site, previous, site_previous, hash FROM ledger_entry WHERE seq <= ? ORDER BY seq"
    for seq, site, before, site_before, stored in connection.execute(wanted, (until,)).fetchall():
        count += 1
        assert (seq, before, site_before) == (count, last, sites.get(site, genesis)), seq
        assert stored == slow_hash(connection, seq), seq
        last = sites[site] = stored
    return count, sites


def test_the_slow_verifier_agrees(tmp_path: Path, draft: Callable[..., Draft]) -> None:
    ledger = Ledger.create(f"sqlite:///{tmp_path}/ledger.sqlite3", "试验 1", tmp_path / "heads")
    chance = random.Random(5)
    for batch in range(20):
        ledger.append(
            [draft(n, site=chance.choice(["03", "04", None])) for n in range(chance.randint(1, 4))], at=AT
        )
        if batch > 3:
            ledger.append([draft(batch, corrects=1, reason="体重错误", act=f"a{batch}", site="03")], at=AT)
    connection = sqlite3.connect(tmp_path / "ledger.sqlite3")
    count, _ = slow_chain(connection)
    connection.close()
    assert count == ledger.verify().entries == ledger.head()[0]
    ledger.close()


def test_the_encoding_is_fixed(tmp_path: Path) -> None:
    """Computed once by hand from the printed encoding; a change here breaks every ledger there is."""
    text = b"19:remission-genesis-15:trial27:2026-03-01T00:00:00.000000Z"
    assert genesis_hash("trial", "2026-03-01T00:00:00.000000Z") == sha256(text).hexdigest()
    ledger = Ledger.create(f"sqlite:///{tmp_path}/l.sqlite3", "trial", tmp_path / "heads", at=AT)
    (entry,) = ledger.append([Draft("Seen", '"é"', None, "03", "Lin", "doctor", act="é")], at=AT)
    genesis = genesis_hash("trial", "2026-03-01T00:00:00.000000Z").encode()
    payload = sha256('"é"'.encode()).hexdigest().encode()
    whole = (
        b"17:remission-entry-11:127:2026-03-01T00:00:00.000000Z4:Seen64:" + payload + b"-2:033:Lin6:doctor--"
        b"2:\xc3\xa964:" + genesis + b"64:" + genesis
    )
    assert entry.hash == sha256(whole).hexdigest()
    ledger.close()


# Random batches, random tampering.

TEXTS = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12
).filter(str.strip)
DRAFTS = st.builds(
    Draft,
    kind=TEXTS,
    payload=st.dictionaries(TEXTS, TEXTS | st.integers() | st.none(), max_size=3).map(json.dumps),
    subject=st.sampled_from(["03-001", "03-002", "04-001", None]),
    site=st.sampled_from(["03", "04", None]),
    actor=TEXTS,
    role=TEXTS,
    reason=st.none() | TEXTS,
)
BATCHES = st.lists(st.lists(DRAFTS, min_size=1, max_size=4), min_size=1, max_size=6)
TEXT_COLUMNS = [name for name in COLUMNS.split(", ") if name != "corrects"]


@st.composite
def tamperings(draw: st.DrawFn, entries: int) -> tuple[list[tuple[str, tuple[object, ...]]], set[type], int]:
    """Statements, the refusals that may answer them, and the first wrong number."""
    seq = draw(st.integers(1, entries))
    how = draw(
        st.sampled_from(["alter", "delete", "swap", "cut", "renumber"] if entries > 1 else ["alter", "cut"])
    )
    if how == "alter":
        column = draw(st.sampled_from(TEXT_COLUMNS))
        return (
            [(f"UPDATE ledger_entry SET {column} = 'x' || coalesce({column}, '') WHERE seq = ?", (seq,))],
            {Altered},
            seq,
        )
    if how == "cut":
        return [("DELETE FROM ledger_entry WHERE seq >= ?", (seq,))], {Cut}, seq
    seq = draw(st.integers(1, entries - 1))
    gone = ("DELETE FROM ledger_entry WHERE seq = ?", (seq,))
    if how == "delete":
        return [gone], {Missing}, seq
    if how == "renumber":
        move = "UPDATE ledger_entry SET seq = ? WHERE seq = ?"
        return [gone, *((move, (n - 1, n)) for n in range(seq + 1, entries + 1))], {Missing}, seq
    other = draw(st.integers(seq + 1, entries))
    return [(statement, ()) for statement in swap(seq, other)], {Reordered}, seq


@settings(max_examples=60, deadline=None)
@given(data=st.data(), batches=BATCHES)
def test_random_batches_verify_and_random_tampering_is_named(
    data: st.DataObject, batches: list[list[Draft]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, heads = Path(folder) / "ledger.sqlite3", Path(folder) / "heads"
        ledger = Ledger.create(f"sqlite:///{path}", "trial", heads)
        written = [entry for batch in batches for entry in ledger.append(batch, at=AT)]
        assert list(ledger.entries()) == written
        assert ledger.verify().witnessed == len(written)
        statements, refusals, seq = data.draw(tamperings(len(written)))
        with sqlite3.connect(path, isolation_level=None) as connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement, values in statements:
                connection.execute(statement, values)
        connection.close()
        refusal, where = first_wrong(ledger)
        assert (refusal in refusals, where) == (True, f"entry {seq}")
        ledger.close()


def test_the_verifier_printed_in_the_docs_works(tmp_path: Path, draft: Callable[..., Draft]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "rooms" / "store.md").read_text(encoding="utf-8")
    program = next(part for part in page.split("```python\n") if part.startswith("import hashlib")).split(
        "```"
    )[0]
    path = tmp_path / "ledger.sqlite3"
    ledger = Ledger.create(f"sqlite:///{path}", "试验", tmp_path / "heads")
    ledger.append([draft(1), draft(2, site=None), draft(3, corrects=1, reason="体重")], at=AT)
    run = [sys.executable, "-W", "ignore", "-c", program, str(path)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["3", ledger.head()[1]]
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "DROP TRIGGER ledger_entry_update; UPDATE ledger_entry SET act = 'x' WHERE seq = 2"
        )
    connection.close()
    said = subprocess.run(run, capture_output=True, text=True, check=False).stderr
    assert said == "entry 2 is not as it was written\n"
    ledger.close()
