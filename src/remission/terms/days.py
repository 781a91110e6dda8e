"""Protocol days and calendar ages. Day 1 = first day of induction; no day 0; the day before is day -1."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta

from remission.errors import InputRefused


def study_day(on: date, day_one: date) -> int:
    """The protocol day of a calendar date: 1 on `day_one`, -1 on the day before."""
    elapsed = (on - day_one).days
    return elapsed + 1 if elapsed >= 0 else elapsed


def date_of(day: int, day_one: date) -> date:
    """The calendar date of a protocol day.

    Raises
    ------
    InputRefused
        For day 0, which does not exist.
    """
    if day == 0:
        raise InputRefused("there is no study day 0", where="study day", do="use 1, or -1 for the day before")
    return day_one + timedelta(days=day - 1 if day > 0 else day)


def days_between(first: int, last: int) -> int:
    """Calendar days from protocol day `first` to `last` (0 if equal), passing over the missing day 0."""
    return (last - (last > 0)) - (first - (first > 0))


def after_months(start: date, months: int) -> date:
    """The date `months` calendar months after `start`.

    Where that date does not exist (31 January + 1 month, 29 February + 1 year) the period is complete
    on the first day of the following month: the full period has then been lived.
    """
    years, month0 = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month0 + 1
    if start.day <= calendar.monthrange(year, month)[1]:
        return date(year, month, start.day)
    return date(year + month // 12, month % 12 + 1, 1)


def age_in_months(birth: date, on: date) -> int:
    """Completed calendar months of life on a date, by the rule of `after_months`.

    Raises
    ------
    InputRefused
        If `on` is before `birth`.
    """
    if on < birth:
        raise InputRefused(
            f"{on} is before birth ({birth})",
            where="age",
            do="correct the date of birth or the date of the event",
        )
    months = (on.year - birth.year) * 12 + on.month - birth.month
    return months if after_months(birth, months) <= on else months - 1


@dataclass(frozen=True, slots=True)
class Window:
    """Protocol days on which something may happen: `first` <= target <= `last`."""

    target: int
    first: int
    last: int

    def __post_init__(self) -> None:
        if 0 in (self.target, self.first, self.last) or not self.first <= self.target <= self.last:
            raise InputRefused(
                f"window {self.first}..{self.last} around day {self.target} is not in order",
                where="window of days",
                do="give first <= target <= last, none of them 0",
            )

    def __contains__(self, day: int) -> bool:
        return self.first <= day <= self.last
