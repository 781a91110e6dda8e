"""Killed at any instant, or writing at once: nothing acknowledged is lost, nothing is half there."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from remission.store.ledger import Entry, Ledger

WRITER = Path(__file__).with_name("writer.py")


class Writers:
    """The writing program, and what it has acknowledged."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program
        self.acknowledged: list[tuple[int, int, int, int, str]] = []
        self.moved = 0

    def start(self, command: str) -> int:
        self._send(command)
        return int(self._read_until("pid").split()[1])

    def wait(self) -> None:
        self._send("wait")
        self._read_until("done")

    def _send(self, command: str) -> None:
        assert self._program.stdin
        self._program.stdin.write(command + "\n")
        self._program.stdin.flush()

    def _read_until(self, word: str) -> str:
        assert self._program.stdout
        for line in self._program.stdout:
            first, *rest = line.split()
            if first == word:
                return line
            if first == "moved":
                self.moved += 1
            else:
                assert first == "ack", line
                run, batch, size, seq = (int(text) for text in rest[:4])
                self.acknowledged.append((run, batch, size, seq, rest[4]))
        raise AssertionError("the writing program ended")


@contextmanager
def writers(address: str, heads: Path) -> Iterator[Writers]:
    command = [sys.executable, str(WRITER), address, str(heads)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        yield Writers(program)
        assert program.stdin
        program.stdin.close()
    assert program.returncode == 0


def check(address: str, heads: Path, acknowledged: list[tuple[int, int, int, int, str]]) -> list[Entry]:
    ledger = Ledger.open(address, heads)
    entries = list(ledger.entries())
    assert ledger.verify().entries == len(entries)
    ledger.close()
    by_seq = {entry.seq: entry for entry in entries}
    assert len(by_seq) == len(entries)
    for _, _, _, seq, digest in acknowledged:
        assert by_seq[seq].hash == digest
    return entries


def check_batches(entries: list[Entry]) -> None:
    """Every batch is there once, whole, and in a row."""
    batches: dict[tuple[int, int], list[tuple[int, int, int]]] = defaultdict(list)
    for entry in entries:
        told = json.loads(entry.payload)
        batches[told["run"], told["batch"]].append((entry.seq, told["part"], told["of"]))
    for parts in batches.values():
        first, size = parts[0][0], parts[0][2]
        assert parts == [(first + part, part, size) for part in range(size)]


def kill_at_random(address: str, heads: Path, times: int, longest: float) -> None:
    chance = random.Random(7)
    Ledger.create(address, "nct00000000", heads).close()
    killed = 0
    with writers(address, heads) as writing:
        for run in range(times):
            child = writing.start(f"start {run} 0")
            time.sleep(chance.uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            killed += 1
            writing.wait()
    entries = check(address, heads, writing.acknowledged)
    check_batches(entries)
    runs = {run for run, *_ in writing.acknowledged}
    assert killed == times
    assert len(runs) > times // 3, "too few were killed while they wrote"


@pytest.mark.slow
def test_killed_two_hundred_times_sqlite_loses_nothing(tmp_path: Path) -> None:
    kill_at_random(f"sqlite:///{tmp_path}/ledger.sqlite3", tmp_path / "heads", 200, 0.06)


@pytest.mark.postgres
def test_killed_twenty_times_postgresql_loses_nothing(postgres_address: str, tmp_path: Path) -> None:
    kill_at_random(postgres_address, tmp_path / "heads", 20, 0.2)


@pytest.mark.parametrize("processes", [2, 4])
def test_processes_writing_at_once(address: str, tmp_path: Path, processes: int) -> None:
    heads = tmp_path / "heads"
    Ledger.create(address, "nct00000000", heads).close()
    with writers(address, heads) as writing:
        for run in range(processes):
            writing.start(f"start {run} 25")
        writing.wait()
    entries = check(address, heads, writing.acknowledged)
    check_batches(entries)
    assert len(writing.acknowledged) == processes * 25
    assert len(entries) == sum(size for _, _, size, _, _ in writing.acknowledged)


def test_no_count_is_lost_between_two_who_expect(address: str, tmp_path: Path) -> None:
    heads = tmp_path / "heads"
    Ledger.create(address, "nct00000000", heads).close()
    with writers(address, heads) as writing:
        for run in range(2):
            writing.start(f"race {run} 20")
        writing.wait()
    entries = check(address, heads, writing.acknowledged)
    assert [json.loads(entry.payload)["count"] for entry in entries] == list(range(1, 41))
    assert writing.moved > 0


def test_verify_while_another_writes(address: str, tmp_path: Path) -> None:
    heads = tmp_path / "heads"
    ledger = Ledger.create(address, "nct00000000", heads)
    with writers(address, heads) as writing:
        child = writing.start("start 1 0")
        until = time.monotonic() + 10
        lengths = [0]
        while (lengths[-1] < 100 or len(lengths) < 30) and time.monotonic() < until:
            lengths.append(ledger.verify().entries)
        os.kill(child, signal.SIGKILL)
        writing.wait()
    assert lengths == sorted(lengths)
    assert lengths[-1] >= 100
    ledger.close()
