from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.pharmacology.infusion import AfterPause, Moment, Turn, course, hours, what_pause_means
from remission.protocol.study import Treatment

T0 = datetime(2026, 6, 1, 8, tzinfo=UTC)
DAYS_14 = timedelta(days=14)
ALTERNATE = (Turn.PAUSE, Turn.RESTART)


def at(*plan: tuple[Turn, float]) -> list[Moment]:
    return [Moment(turn, T0 + timedelta(hours=hour)) for turn, hour in plan]


def test_before_the_start(treatment: Treatment) -> None:
    found = course(treatment, (), now=T0)
    assert (found.state, found.infused, found.remaining) == (None, timedelta(0), DAYS_14)
    assert found.planned_end is None
    assert not found.running


def test_an_uninterrupted_course_ends_14_days_later_to_the_minute(treatment: Treatment) -> None:
    for hour in (0, 1, 100, 336, 400):
        found = course(treatment, at((Turn.START, 0)), now=T0 + timedelta(hours=hour))
        assert found.planned_end == T0 + DAYS_14
        assert found.complete == (hour >= 336)
        assert found.running


def test_a_pause_moves_the_end_by_its_length(treatment: Treatment) -> None:
    moments = at(
        (Turn.START, 0), (Turn.PAUSE, 30), (Turn.RESTART, 35.5), (Turn.PAUSE, 50), (Turn.RESTART, 51)
    )
    found = course(treatment, moments, now=T0 + timedelta(hours=60))
    assert [hours(pause.length) for pause in found.pauses] == [Decimal("5.5"), Decimal(1)]
    assert hours(found.infused) == Decimal("53.5")
    assert hours(found.remaining) == Decimal("282.5")
    assert found.planned_end == T0 + DAYS_14 + timedelta(hours=6.5)


def test_pauses_use_up_the_course_where_the_study_says_so(treatment: Treatment) -> None:
    counting = replace(treatment, pause=replace(treatment.pause, counts_toward_course=True))
    found = course(
        counting, at((Turn.START, 0), (Turn.PAUSE, 30), (Turn.RESTART, 40)), now=T0 + timedelta(hours=60)
    )
    assert hours(found.infused) == 50
    assert hours(found.remaining) == 336 - 60
    assert found.planned_end == T0 + DAYS_14


def test_during_a_pause_nothing_flows_and_no_end_is_known(treatment: Treatment) -> None:
    found = course(treatment, at((Turn.START, 0), (Turn.PAUSE, 30)), now=T0 + timedelta(hours=100))
    assert (found.planned_end, found.running) == (None, False)
    assert hours(found.infused) == 30
    assert found.pauses[0].until is None
    assert hours(found.pauses[0].length) == 70


def test_after_the_end_time_stands_still(treatment: Treatment) -> None:
    moments = at((Turn.START, 0), (Turn.PAUSE, 30), (Turn.END, 40))
    early, late = (course(treatment, moments, now=T0 + timedelta(hours=hour)) for hour in (40, 4000))
    assert early == late
    assert (hours(early.infused), early.planned_end, early.state) == (Decimal(30), None, Turn.END)


def slow_infused(moments: Sequence[Moment], now: datetime) -> int:
    """Whole seconds of flow, counted one pump state at a time on a minute grid."""
    flowing, seconds, changes = False, 0, {moment.at: moment.turn for moment in moments}
    minute = T0
    while minute < now:
        if minute in changes:
            flowing = changes[minute] in (Turn.START, Turn.RESTART)
        seconds += 60 * flowing
        minute += timedelta(minutes=1)
    return seconds


@settings(deadline=None)
@given(st.lists(st.integers(1, 900), max_size=6), st.integers(1, 500))
def test_as_the_slow_version(treatment: Treatment, gaps: list[int], last: int) -> None:
    minutes = [0]
    for gap in gaps:
        minutes.append(minutes[-1] + gap)
    turns = [Turn.START, *(ALTERNATE[index % 2] for index in range(len(gaps)))]
    moments = [
        Moment(turn, T0 + timedelta(minutes=minute)) for turn, minute in zip(turns, minutes, strict=True)
    ]
    now = T0 + timedelta(minutes=minutes[-1] + last)
    found = course(treatment, moments, now=now)
    assert found.infused.total_seconds() == slow_infused(moments, now)
    assert found.infused + found.remaining == DAYS_14
    assert found.infused + sum((pause.length for pause in found.pauses), timedelta(0)) == now - T0
    assert all(
        first.until is not None and first.until <= second.since for first, second in pairwise(found.pauses)
    )


def test_summer_time_adds_no_hour(treatment: Treatment) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    started = datetime(2026, 3, 28, 12, tzinfo=berlin)  # clocks go forward in the night
    found = course(treatment, [Moment(Turn.START, started)], now=datetime(2026, 3, 29, 12, tzinfo=berlin))
    assert hours(found.infused) == 23
    china = timezone(timedelta(hours=8))
    assert course(treatment, at((Turn.START, 0)), now=T0.astimezone(china)).infused == timedelta(0)


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        (((Turn.PAUSE, 0),), "pause cannot follow nothing"),
        (((Turn.START, 0), (Turn.RESTART, 1)), "restart cannot follow start"),
        (((Turn.START, 0), (Turn.START, 1)), "start cannot follow start"),
        (((Turn.START, 0), (Turn.PAUSE, 1), (Turn.PAUSE, 2)), "pause cannot follow pause"),
        (((Turn.START, 0), (Turn.END, 1), (Turn.RESTART, 2)), "restart cannot follow end"),
        (((Turn.START, 5), (Turn.PAUSE, 4)), "is before"),
        (((Turn.START, 999),), "is after"),
    ],
)
def test_turns_that_cannot_be(treatment: Treatment, plan: tuple[tuple[Turn, float], ...], what: str) -> None:
    with pytest.raises(InputRefused, match=what) as refusal:
        course(treatment, at(*plan), now=T0 + timedelta(hours=100))
    assert f"turn {len(plan)}" in refusal.value.where


def test_an_instant_needs_its_time_zone(treatment: Treatment) -> None:
    with pytest.raises(InputRefused, match="has no time zone"):
        course(treatment, [Moment(Turn.START, datetime(2026, 6, 1))], now=T0)  # noqa: DTZ001
    with pytest.raises(InputRefused, match="has no time zone"):
        course(treatment, at((Turn.START, 0)), now=datetime(2026, 6, 1))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("pause", "means"),
    [
        ("0", AfterPause.CONTINUE),
        ("3.9999", AfterPause.CONTINUE),
        ("4", AfterPause.RESTART_WITH_PREMEDICATION),
        ("167.9999", AfterPause.RESTART_WITH_PREMEDICATION),
        ("168", AfterPause.RESTART_WITH_PREMEDICATION),
        ("168.0001", AfterPause.COURSE_ENDS),
        ("1000", AfterPause.COURSE_ENDS),
    ],
)
def test_what_a_pause_means(treatment: Treatment, pause: str, means: AfterPause) -> None:
    assert what_pause_means(treatment, Decimal(pause)) is means


def test_a_pause_at_the_microsecond_of_the_boundary(treatment: Treatment) -> None:
    seven = timedelta(days=7)
    assert what_pause_means(treatment, hours(seven)) is AfterPause.RESTART_WITH_PREMEDICATION
    assert what_pause_means(treatment, hours(seven + timedelta(microseconds=1))) is AfterPause.COURSE_ENDS
    assert (
        what_pause_means(treatment, hours(timedelta(hours=4) - timedelta(microseconds=1)))
        is AfterPause.CONTINUE
    )


def test_a_pause_without_premedication_just_continues(single: Treatment) -> None:
    assert what_pause_means(single, Decimal(100)) is AfterPause.CONTINUE
    for wrong in ("-1", "NaN"):
        with pytest.raises(InputRefused, match=f"a pause of {wrong} h"):
            what_pause_means(single, Decimal(wrong))
