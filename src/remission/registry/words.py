"""Values of a registry record that are more than a string: absence, numbers, dates, marked-up text."""

import calendar
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

from remission.errors import InputRefused


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""Absent from this source. Not the same as empty: an empty text is "", an empty list is ()."""


class NctId(str):
    """A registry number: NCT and eight digits.

    Raises
    ------
    InputRefused
        If the text has another shape.
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:
        """The number in `text`."""
        if not re.fullmatch(r"NCT[0-9]{8}", text):
            raise InputRefused(
                f"{text[:60]!r} is not a registry number", where="NCT id", do="write it like NCT06607419"
            )
        return super().__new__(cls, text)


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A calendar date known to the day, the month or the year only."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.month is None:
            good = self.day is None
        else:
            good = 1 <= self.month <= 12 and (
                self.day is None or 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]
            )
        if not (good and 1 <= self.year <= 9999):
            raise InputRefused(f"{self} is not in the calendar", where="date", do="correct the date")

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """The date written as YYYY, YYYY-MM or YYYY-MM-DD; InputRefused otherwise."""
        match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", text)
        if match is None:
            raise InputRefused(
                f"{text[:60]!r} is not a date", where="date", do="write YYYY, YYYY-MM or YYYY-MM-DD"
            )
        year, month, day = match.groups()
        return cls(int(year), int(month) if month else None, int(day) if day else None)

    def __str__(self) -> str:
        parts = (f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part is not None))
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Markup:
    r"""Text as the registry keeps it, with backslash escapes (``\<0.01%``); `plain` is what a reader sees."""

    source: str

    @property
    def plain(self) -> str:
        """The text without escapes (CommonMark: a backslash before ASCII punctuation)."""
        return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", self.source)

    @classmethod
    def escaped(cls, plain: str) -> "Markup":
        """Marked-up text whose `plain` is the text given."""
        return cls(re.sub(r"([\\<>\[\]])", r"\\\1", plain))
