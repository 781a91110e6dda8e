"""Who is at risk and what happens at each time, counted for whole groups at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]

_LAST = 2**31 - 1  # the largest number of a cause


@dataclass(frozen=True, slots=True)
class Counted:
    """At each of T distinct times in order: `at_risk` just before it and `events` at it, shape (T, k)."""

    times: Numbers
    at_risk: Counts
    events: Counts


def count_groups(times: Numbers, observed: NDArray[np.bool_], codes: Counts, groups: int) -> Counted:
    """Count people by group at each distinct time.

    Parameters
    ----------
    times : array of float, shape (n,)
    observed : array of bool, shape (n,)
    codes : array of int, shape (n,)
        The group of each person, 0 .. groups - 1.
    groups : int
    """
    distinct, place = np.unique(times, return_inverse=True)
    cells = place.astype(np.int64) * groups + codes
    size = len(distinct) * groups
    leaving = np.bincount(cells, minlength=size).reshape(-1, groups)
    events = np.bincount(cells[observed], minlength=size).reshape(-1, groups)
    at_risk = np.cumsum(leaving[::-1], axis=0)[::-1]
    return Counted(distinct, at_risk.astype(np.int64), events.astype(np.int64))


def checked_times(times: Sequence[float] | Numbers, others: int) -> Numbers:
    """The times as an array, shape (n,).

    Raises
    ------
    InputRefused
        For no times, a number of them other than `others`, and times that are negative or not finite.
    """
    if len(times) == 0 or len(times) != others:
        raise InputRefused(
            f"{len(times)} times, {others} outcomes",
            where="times",
            do="give one outcome for each time, at least one",
        )
    values = np.asarray(times, dtype=np.float64)
    wrong = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
    if len(wrong):
        place = int(wrong[0])
        raise InputRefused(
            f"{times[place]!r} is not a time",
            where=f"time {place + 1}",
            do="give a finite time, 0 or later",
        )
    return values


def checked_outcomes(observed: Sequence[bool] | NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether each person had the event, as an array, shape (n,).

    Raises
    ------
    InputRefused
        For anything that is neither True, False, 1 nor 0: a missing outcome is not a censored one.
    """
    numbers = _as_numbers(observed)
    if numbers is not None and bool(np.all((numbers == 0) | (numbers == 1))):
        return numbers == 1
    for person, value in enumerate(observed, start=1):
        if not _is_number(value) or value not in (0, 1):
            raise InputRefused(
                f"{value!r} does not say whether the event was observed",
                where=f"person {person}",
                do="give True for an event, False for censoring; leave out who is unknown",
            )
    return np.fromiter((value == 1 for value in observed), dtype=np.bool_, count=len(observed))


def checked_causes(causes: Sequence[int] | Counts, cause: int) -> Counts:
    """What happened to each person, 0 (censored) or the number of a cause, as an array, shape (n,).

    Raises
    ------
    InputRefused
        For anything that is not a whole number from 0 on, and for a `cause` asked for below 1.
    """
    do = "number the causes from 1; 0 means censored"
    if not _is_cause(cause) or cause < 1:
        raise InputRefused(f"{cause!r} is asked for", where="causes of event", do=do)
    numbers = _as_numbers(causes)
    if numbers is not None and bool(
        np.all((numbers >= 0) & (numbers <= _LAST) & (np.floor(numbers) == numbers))
    ):
        return numbers.astype(np.int64)
    for person, value in enumerate(causes, start=1):
        if not _is_cause(value):
            raise InputRefused(f"{value!r} is not a cause", where=f"person {person}", do=do)
    return np.fromiter((int(value) for value in causes), dtype=np.int64, count=len(causes))


def _as_numbers(values: Sequence[object] | NDArray[np.generic]) -> Numbers | None:
    """The values as one run of floats, None where they are anything but numbers and truths."""
    try:
        found = np.asarray(values)
    except ValueError:  # sequences of different lengths inside
        return None
    return found.astype(np.float64) if found.ndim == 1 and found.dtype.kind in "biuf" else None


def _is_number(value: object) -> bool:
    return isinstance(value, bool | np.bool_ | int | np.integer | float | np.floating)


def _is_cause(value: object) -> bool:
    return _is_number(value) and 0 <= cast(float, value) <= _LAST and cast(float, value) % 1 == 0


def coded(labels: Sequence[str], n: int, what: str) -> tuple[tuple[str, ...], Counts]:
    """The distinct labels in order, and for each person the place of hers among them.

    Raises
    ------
    InputRefused
        Unless there is one label for each of `n` people.
    """
    if len(labels) != n:
        raise InputRefused(
            f"{len(labels)} labels for {n} people", where=what, do="give one label for each person"
        )
    names = tuple(sorted(set(labels)))
    place = {name: index for index, name in enumerate(names)}
    return names, np.fromiter((place[label] for label in labels), dtype=np.int64, count=n)
