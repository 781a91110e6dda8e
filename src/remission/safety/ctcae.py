"""Grades of laboratory terms by CTCAE v5.0 (NCI, 27 November 2017). Exact decimals, boundaries as printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from remission.errors import InputRefused
from remission.safety.graded import Graded

VERSION = "5.0"
DATED = date(2017, 11, 27)


@dataclass(frozen=True, slots=True)
class FallingTerm:
    """A count that falls, 10^9/L: grade 1 below LLN, then below each of `below` (grades 2, 3, 4)."""

    term: str
    below: tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class RisingTerm:
    """A value that rises: above 1 and each of `above` times its limit (grades 1; 2, 3, 4).

    The limit is the ULN if the baseline was normal, the baseline itself if it was above the ULN. Then grade 1
    begins at `first` times the baseline, included if `first_included`.
    """

    term: str
    above: tuple[Decimal, Decimal, Decimal]
    first: Decimal
    first_included: bool


def _three(*numbers: str) -> tuple[Decimal, Decimal, Decimal]:
    two, three, four = (Decimal(number) for number in numbers)
    return two, three, four


FALLING: Mapping[str, FallingTerm] = MappingProxyType(
    {
        row.term: row
        for row in (
            FallingTerm("Neutrophil count decreased", _three("1.5", "1.0", "0.5")),
            FallingTerm("Platelet count decreased", _three("75", "50", "25")),
            FallingTerm("White blood cell decreased", _three("3.0", "2.0", "1.0")),
        )
    }
)
RISING: Mapping[str, RisingTerm] = MappingProxyType(
    {
        row.term: row
        for row in (
            RisingTerm("Alanine aminotransferase increased", _three("3", "5", "20"), Decimal("1.5"), True),
            RisingTerm("Aspartate aminotransferase increased", _three("3", "5", "20"), Decimal("1.5"), True),
            RisingTerm("GGT increased", _three("2.5", "5", "20"), Decimal("2.0"), True),
            RisingTerm("Blood bilirubin increased", _three("1.5", "3", "10"), Decimal("1.0"), False),
        )
    }
)


def falling_grade(term: str, value: Decimal, *, lower_limit: Decimal | None) -> Graded:
    """The grade of a count (10^9/L); without the LLN, a count not below grade 2 may be grade 0 or 1.

    Raises
    ------
    InputRefused
        For a term not in `FALLING`, or a value that cannot be.
    """
    row = FALLING.get(term)
    if row is None:
        raise _unknown(term, FALLING)
    _check(term, value, lower_limit)
    reached = sum(value < limit for limit in row.below)
    if reached:
        return Graded(reached + 1, reached + 1)
    if lower_limit is None:
        return Graded(0, 1, ("lower_limit",))
    grade = int(value < lower_limit)
    return Graded(grade, grade)


def rising_grade(
    term: str, value: Decimal, *, upper_limit: Decimal | None, baseline: Decimal | None
) -> Graded:
    """The CTCAE grade of a value; an unknown baseline can only lower it, and makes it a span.

    The label's rule for liver values counts multiples of the ULN whatever the baseline: for that, use
    `grade_against_limit`.

    Raises
    ------
    InputRefused
        For a term not in `RISING`, or a value that cannot be.
    """
    row = RISING.get(term)
    if row is None:
        raise _unknown(term, RISING)
    _check(term, value, upper_limit, baseline)
    if upper_limit is None:
        return Graded(0, 4, ("upper_limit",) if baseline is not None else ("upper_limit", "baseline"))
    by_limit = grade_against_limit(term, value, upper_limit)
    if baseline is None:
        return Graded(0, by_limit, ("baseline",) if by_limit else ())
    grade = by_limit if baseline <= upper_limit else _against_baseline(row, value, baseline)
    return Graded(grade, grade)


def grade_against_limit(term: str, value: Decimal, upper_limit: Decimal) -> int:
    """The grade by multiples of the ULN, as CTCAE has it for a normal baseline."""
    row = RISING.get(term)
    if row is None:
        raise _unknown(term, RISING)
    _check(term, value, upper_limit)
    return sum(value > times * upper_limit for times in (Decimal(1), *row.above))


def _against_baseline(row: RisingTerm, value: Decimal, baseline: Decimal) -> int:
    reached = sum(value > times * baseline for times in row.above)
    if reached:
        return reached + 1
    first = row.first * baseline
    return int(value > first or (row.first_included and value == first))


def _unknown(term: str, known: Mapping[str, object]) -> InputRefused:
    return InputRefused(
        f"{term!r} is not graded here", where=f"CTCAE v{VERSION}", do=f"use one of: {', '.join(known)}"
    )


def _check(term: str, value: Decimal, *limits: Decimal | None) -> None:
    for number in (value, *limits):
        if number is not None and not (number.is_finite() and number >= 0):
            raise InputRefused(
                f"{term}: {number}", where=f"CTCAE v{VERSION}", do="give a number of 0 or more"
            )
    for limit in limits:
        if limit == 0:
            raise InputRefused(
                f"{term}: a limit of 0", where=f"CTCAE v{VERSION}", do="give the laboratory's limit"
            )
