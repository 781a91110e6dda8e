"""Protocol days and ages against a slow count of days lived one by one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remission.errors import InputRefused
from remission.terms.days import (
    Window,
    after_months,
    age_in_months,
    date_of,
    days_between,
    study_day,
)

DAY_ONE = date(2026, 3, 1)
DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))
NUMBERS = st.integers(-4000, 4000).filter(bool)


@pytest.mark.parametrize(
    ("on", "day"),
    [
        (date(2026, 3, 1), 1),
        (date(2026, 3, 2), 2),
        (date(2026, 2, 28), -1),
        (date(2026, 2, 27), -2),
        (date(2026, 3, 19), 19),
        (date(2026, 3, 29), 29),
        (date(2026, 4, 15), 46),
    ],
)
def test_day_one_is_the_first_day_and_there_is_no_day_zero(on: date, day: int) -> None:
    assert study_day(on, DAY_ONE) == day
    assert date_of(day, DAY_ONE) == on


def test_day_zero_is_refused() -> None:
    with pytest.raises(InputRefused, match="no study day 0"):
        date_of(0, DAY_ONE)


def slow_study_day(on: date, day_one: date) -> int:
    """Counts days by their names: ..., -2, -1, 1, 2, ..."""
    day, number, step = day_one, 1, timedelta(days=1 if on > day_one else -1)
    while day != on:
        day += step
        number += step.days
        number = -1 if number == 0 else number
    return number


@given(DATES, st.integers(-900, 900))
def test_study_day_agrees_with_counting(day_one: date, apart: int) -> None:
    on = day_one + timedelta(days=apart)
    assert study_day(on, day_one) == slow_study_day(on, day_one) != 0


@given(DATES, NUMBERS)
def test_day_and_date_are_each_other_s_inverse(day_one: date, day: int) -> None:
    assert study_day(date_of(day, day_one), day_one) == day


@given(DATES, NUMBERS, NUMBERS)
def test_days_between_are_calendar_days(day_one: date, first: int, last: int) -> None:
    assert days_between(first, last) == (date_of(last, day_one) - date_of(first, day_one)).days


def test_days_between_pass_over_the_missing_day() -> None:
    assert [days_between(-1, 1), days_between(1, -1), days_between(29, 43), days_between(5, 5)] == [
        1,
        -1,
        14,
        0,
    ]


@pytest.mark.parametrize(
    ("start", "months", "expected"),
    [
        (date(2026, 1, 15), 1, date(2026, 2, 15)),
        (date(2026, 1, 31), 1, date(2026, 3, 1)),  # February has no 31st: the month is lived on 1 March
        (date(2028, 1, 30), 1, date(2028, 3, 1)),
        (date(2028, 1, 29), 1, date(2028, 2, 29)),
        (date(2027, 1, 29), 1, date(2027, 3, 1)),
        (date(2008, 2, 29), 216, date(2026, 3, 1)),  # 18 years after a 29 February
        (date(2008, 2, 29), 240, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 3, 1)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 10, 31), 1, date(2026, 12, 1)),
        (date(2025, 12, 31), 2, date(2026, 3, 1)),
        (date(2026, 5, 31), 0, date(2026, 5, 31)),
    ],
)
def test_a_month_that_cannot_end_on_its_day_ends_on_the_first_of_the_next(
    start: date, months: int, expected: date
) -> None:
    assert after_months(start, months) == expected


def slow_age(birth: date, on: date) -> int:
    """Lives day by day; a month is complete when its day of the month has come, or the month has ended."""
    day, months, began = birth, 0, (birth.year, birth.month)
    due = False
    while day < on:
        day += timedelta(days=1)
        entered = (day.year, day.month) != began
        if entered and due:  # the month had no such day
            months, due = months + 1, False
        if entered:
            began, due = (day.year, day.month), True
        if due and day.day == birth.day:
            months, due = months + 1, False
    return months


@given(DATES, st.integers(0, 6800))
def test_age_agrees_with_days_lived_one_by_one(birth: date, lived: int) -> None:
    on = birth + timedelta(days=lived)
    assert age_in_months(birth, on) == slow_age(birth, on)


@given(st.dates(date(2000, 1, 28), date(2032, 3, 2)).filter(lambda day: day.day >= 28), st.integers(0, 1500))
def test_age_agrees_at_the_ends_of_months(birth: date, lived: int) -> None:
    on = birth + timedelta(days=lived)
    assert age_in_months(birth, on) == slow_age(birth, on)


@given(DATES, st.integers(0, 300))
def test_the_day_on_which_months_are_complete_is_the_first_such_day(birth: date, months: int) -> None:
    complete = after_months(birth, months)
    assert age_in_months(birth, complete) == months
    if months:
        assert age_in_months(birth, complete - timedelta(days=1)) == months - 1


@pytest.mark.parametrize(
    ("birth", "on", "months"),
    [
        (date(2008, 3, 26), date(2026, 3, 25), 215),  # the day before the 18th birthday
        (date(2008, 3, 26), date(2026, 3, 26), 216),
        (date(2008, 2, 29), date(2026, 2, 28), 215),
        (date(2008, 2, 29), date(2026, 3, 1), 216),
        (date(2026, 2, 26), date(2026, 3, 25), 0),
        (date(2026, 2, 26), date(2026, 3, 26), 1),
        (date(2026, 3, 26), date(2026, 3, 26), 0),
    ],
)
def test_age_to_the_day(birth: date, on: date, months: int) -> None:
    assert age_in_months(birth, on) == months


def test_an_age_before_birth_is_refused() -> None:
    with pytest.raises(InputRefused, match="before birth"):
        age_in_months(date(2026, 3, 2), date(2026, 3, 1))


def test_a_window_holds_both_its_ends() -> None:
    window = Window(target=19, first=17, last=22)
    assert [day in window for day in (16, 17, 19, 22, 23)] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("target", "first", "last"), [(19, 20, 22), (19, 17, 18), (0, -1, 1), (1, 0, 2), (-1, -2, 0)]
)
def test_a_window_out_of_order_or_with_day_zero_is_refused(target: int, first: int, last: int) -> None:
    with pytest.raises(InputRefused, match="not in order"):
        Window(target, first, last)
