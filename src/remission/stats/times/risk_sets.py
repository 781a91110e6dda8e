"""Who is at risk and what happens at each time, counted for whole groups at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


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
