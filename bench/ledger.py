"""What the ledger costs: durable appends a second, reading and verifying many entries, peak memory.

The peer, in the same run and folder: a plain table without chain, guards or witness, one insert and one
forced write a transaction. Run `python bench/ledger.py [--entries 500000]`.
"""

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from remission.store.ledger import Draft, Ledger

DURABLE = 1000
BATCH = 5000


def draft(number: int) -> Draft:
    site = f"{1 + number % 12:02d}"
    payload = f'{{"number": {number}, "weight_kg": "21.4", "note": "{"x" * 160}"}}'
    return Draft("Weighed", payload, f"{site}-{number % 5000:04d}", site, "Dr Lin", "doctor")


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plain(path: Path) -> float:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, at TEXT, payload TEXT)")

    def insert() -> None:
        for number in range(DURABLE):
            connection.execute(
                "INSERT INTO entry VALUES (NULL, ?, ?)",
                (datetime.now(UTC).isoformat(), draft(number).payload),
            )

    taken = seconds(insert)
    connection.close()
    return taken


def main(entries: int, folder: Path) -> None:
    ledger = Ledger.create(f"sqlite:///{folder}/ledger.sqlite3", "bench", folder / "heads")

    def one_by_one() -> None:
        for number in range(DURABLE):
            ledger.append([draft(number)], at=datetime.now(UTC))

    def in_batches() -> None:
        for first in range(DURABLE, entries, BATCH):
            many = [draft(number) for number in range(first, min(first + BATCH, entries))]
            ledger.append(many, at=datetime.now(UTC))

    ours, peer = seconds(one_by_one), plain(folder / "plain.sqlite3")
    print(f"durable appends of one event: {DURABLE / ours:8.0f} /s   (asked: >= 100)")
    print(f"plain table, same disk:       {DURABLE / peer:8.0f} /s   (ratio {ours / peer:.1f})")
    print(f"appends in batches of {BATCH}:  {(entries - DURABLE) / seconds(in_batches):8.0f} /s")
    read = seconds(lambda: sum(1 for _ in ledger.entries()))
    print(f"read {entries} entries:      {read:8.1f} s")
    one = seconds(lambda: sum(1 for _ in ledger.entries(subject="03-0002")))
    print(f"read one of 5000 subjects:    {one * 1000:8.1f} ms")
    verify = seconds(ledger.verify)
    print(f"verify {entries} entries:    {verify:8.1f} s    (asked: <= 10 for 500000)")
    print(f"peak memory:                  {peak_mb():8.0f} MB")
    ledger.close()


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--entries", type=int, default=500_000)
    with tempfile.TemporaryDirectory() as made:
        main(words.parse_args().entries, Path(made))
