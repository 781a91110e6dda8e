"""Writes to a ledger in forked children until they are killed; a program that the tests start.

Commands on stdin: `start RUN BATCHES` (0: until killed), `race RUN TIMES`, `wait`. Lines on stdout:
`pid P`, `ack RUN BATCH SIZE LAST_SEQ HASH` for each acknowledged batch, `done` when all children have ended.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from remission.errors import LedgerMoved
from remission.store.ledger import Draft, Ledger


def say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def draft(subject: str, **payload: int) -> Draft:
    return Draft("Weighed", json.dumps(payload), subject, "03", "writer", "coordinator")


def write(ledger: Ledger, run: int, batches: int) -> None:
    batch = 0
    while batches == 0 or batch < batches:
        size = 1 + (run + batch) % 4
        drafts = [draft(f"03-{run:03d}", run=run, batch=batch, part=part, of=size) for part in range(size)]
        last = ledger.append(drafts, at=datetime.now(UTC))[-1]
        say(f"ack {run} {batch} {size} {last.seq} {last.hash}")
        batch += 1


def race(ledger: Ledger, run: int, times: int) -> None:
    """Add one to a shared count `times` times, each on what was read last."""
    done = 0
    while done < times:
        seen = list(ledger.entries(subject="03-999"))
        count = json.loads(seen[-1].payload)["count"] if seen else 0
        try:
            last = ledger.append(
                [draft("03-999", count=count + 1)],
                at=datetime.now(UTC),
                expecting=seen[-1].seq if seen else 0,
            )[-1]
        except LedgerMoved:
            say(f"moved {run}")
            continue
        done += 1
        say(f"ack {run} {done} 1 {last.seq} {last.hash}")


def main(address: str, heads: Path) -> None:
    Ledger.open(address, heads).close()  # loads the driver once, before the forks
    children: list[int] = []
    for line in sys.stdin:
        command, *numbers = line.split()
        if command == "wait":
            while children:
                os.waitpid(children.pop(), 0)
            say("done")
            continue
        child = os.fork()
        if child == 0:
            (write if command == "start" else race)(
                Ledger.open(address, heads), int(numbers[0]), int(numbers[1])
            )
            os._exit(0)
        children.append(child)
        say(f"pid {child}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
