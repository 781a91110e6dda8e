"""Histories of one participant written down as events, without a ledger."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from remission.conduct import events as ev
from remission.conduct.state import Participant, Recorded, replay
from remission.protocol.read_study import read_study
from remission.protocol.study import Study
from remission.studies import files
from remission.terms.evidence import EntryRef
from remission.terms.ids import SubjectId

SUBJECT = SubjectId("01-001")
DAY_ONE = date(2026, 3, 1)
Written = ev.Event | tuple[ev.Event, int]


@cache
def shipped(name: str) -> Study:
    raw = files(name).joinpath("study.toml").read_bytes()
    return read_study(io.BytesIO(raw), name="study.toml")


def recorded(*events: Written) -> list[Recorded]:
    """Entries 1, 2, ...; an event with a number stands in the place of that entry."""
    return [
        Recorded(
            item[0] if isinstance(item, tuple) else item,
            EntryRef(seq, f"{seq:064x}"),
            "2026-03-20T00:00:00.000000Z",
            "Dr Lin",
            "doctor",
            (item[1],) if isinstance(item, tuple) else (),
        )
        for seq, item in enumerate(events, start=1)
    ]


def lived(*events: Written) -> Participant:
    return replay(SUBJECT, recorded(*events))


@pytest.fixture(scope="session")
def live() -> Callable[..., Participant]:
    return lived


@pytest.fixture(scope="session")
def study() -> Study:
    return shipped("nct06607419")


@pytest.fixture(scope="session")
def second() -> Study:
    return shipped("nct03441061")


@pytest.fixture(scope="session")
def day() -> Callable[[int], date]:
    return lambda number: DAY_ONE + timedelta(days=number - 1)


@pytest.fixture(scope="session")
def at() -> Callable[..., datetime]:
    """An hour of a protocol day, UTC."""
    return lambda number, hour=4.0: datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=number - 1, hours=hour)
