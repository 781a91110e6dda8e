"""Gray's test, whether groups differ in the cumulative incidence of one cause among several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.tails import chi_square_above
from remission.stats.times.competing import CENSORED
from remission.stats.times.risk_sets import Counts, Numbers, checked_causes, checked_times, coded
from remission.terms.words import Text

_SINGULAR = 1e-9  # smallest eigenvalue of the scores' correlations


@dataclass(frozen=True, slots=True)
class GroupScore:
    """A group: its people, its events of the cause and of other causes, and its weighted score."""

    group: str
    n: int
    events: int
    competing: int
    score: float


@dataclass(frozen=True, slots=True)
class Gray(Printable):
    """A test that the cumulative incidence of `cause` is the same in all groups.

    A score above 0: more events of the cause than if all groups were alike.
    """

    cause: int
    rho: float
    groups: tuple[GroupScore, ...]
    covariance: tuple[tuple[float, ...], ...]
    chi_square: float
    degrees: int
    p: float
    strata: int

    def printed(self) -> PrintedTable:
        """Events and score of each group, and the test."""
        note = Text(
            f"Gray's test, rho = {self.rho:g}, {self.strata} stratum or strata: chi-square "
            f"{self.chi_square:.4f} on {self.degrees} df, p = {self.p:.4g} (Gray 1988).",
            f"Gray检验，rho = {self.rho:g}，{self.strata}层：卡方 {self.chi_square:.4f}，"
            f"自由度 {self.degrees}，p = {self.p:.4g}（Gray 1988）。",
        )
        return scores_table(self.cause, self.groups, note)


def scores_table(cause: int, groups: Sequence[GroupScore], *notes: Text) -> PrintedTable:
    """Events and score of each group; `notes` say what the test made of them."""
    columns = (
        Text("group", "组"),
        Text("n", "例数"),
        Text("events", "事件"),
        Text("competing events", "竞争事件"),
        Text("score", "得分"),
    )
    rows = tuple(
        (row.group, str(row.n), str(row.events), str(row.competing), f"{row.score:.3f}") for row in groups
    )
    title = Text(f"Cumulative incidence of cause {cause} by group", f"各组原因{cause}的累积发生率")
    return PrintedTable(title, columns, rows, notes)


def gray_test(
    times: Sequence[float],
    causes: Sequence[int],
    groups: Sequence[str],
    cause: int,
    *,
    rho: float = 0.0,
    strata: Sequence[str] | None = None,
) -> Gray:
    """Test whether groups differ in the cumulative incidence of `cause`.

    Events tied at one time, of whatever kind, share one risk set and come before censorings.

    Parameters
    ----------
    times : sequence of float, length n
        To the first event of any kind, or to censoring; any unit, >= 0.
    causes : sequence of int, length n
        What happened then: 0 (`CENSORED`) or the number of a cause, 1 and up.
    groups : sequence of str, length n
    cause : int
    rho : float
        Weight (1 - incidence)^rho: above 0, early differences count more.
    strata : sequence of str, length n, or None
        Scores and variances are added over strata.

    Raises
    ------
    InputRefused
        For fewer than two groups, unequal lengths, a bad time or cause, when no comparison is possible, or
        when so many events are tied that Gray's variance is none (use `gray_permuted`).

    References
    ----------
    Gray 1988, doi:10.1214/aos/1176350951
    """
    given = gray_tables(times, causes, groups, cause, strata)
    k = len(given.names)
    scores, covariance, ties = np.zeros(k), np.zeros((k, k)), 1.0
    from remission.stats.times.kernels_gray import gray_covariance, gray_scores

    for layer in given.layers:
        tables = layer.tables(layer.codes, k)
        part, free, incidence = gray_scores(*tables, float(rho))
        spread, least = gray_covariance(*tables, float(rho), free, incidence)
        scores, covariance, ties = scores + part, covariance + spread, min(ties, least)
    block = covariance[:-1, :-1]
    _refuse_no_variance(block, ties)
    chi_square = float(scores[:-1] @ np.linalg.solve(block, scores[:-1]))
    return Gray(
        cause,
        rho,
        given.counted(scores),
        tuple(tuple(float(cell) for cell in row) for row in covariance),
        chi_square,
        k - 1,
        chi_square_above(chi_square, k - 1),
        len(given.layers),
    )


def _refuse_no_variance(block: Numbers, ties: float) -> None:
    """Gray's estimate of the variance is none where many events are tied among few people."""
    if ties < 0:
        raise InputRefused(
            f"so many events are tied that a factor for ties is {ties:.3g}, below 0",
            where="Gray's test",
            do="give times in a finer unit, or use gray_permuted, which needs no variance",
        )
    size = np.sqrt(np.maximum(np.diag(block), 0.0))
    if not bool(np.all(size > 0)) or float(np.linalg.eigvalsh(block / np.outer(size, size))[0]) < _SINGULAR:
        raise InputRefused(
            "the scores of some groups have no variance",
            where="Gray's test",
            do="compare groups under observation at the same times, with events of the cause",
        )


@dataclass(frozen=True, slots=True)
class Layer:
    """A stratum: of each person the place of the time among T distinct ones, the group, and what happened."""

    place: Counts
    size: int
    codes: Counts
    own: NDArray[np.bool_]
    other: NDArray[np.bool_]

    def tables(self, codes: Counts, k: int) -> tuple[Counts, Counts, Counts]:
        """At risk, events of the cause and of any other by time and group if people had these `codes`."""
        cells = self.place * k + codes
        leaving, own, other = (
            np.bincount(who, minlength=self.size * k).reshape(-1, k).astype(np.int64)
            for who in (cells, cells[self.own], cells[self.other])
        )
        return np.cumsum(leaving[::-1], axis=0)[::-1].copy(), own, other


@dataclass(frozen=True, slots=True)
class Tables:
    """What Gray's test needs: the groups' names and the strata."""

    names: tuple[str, ...]
    layers: tuple[Layer, ...]

    def counted(self, scores: Numbers) -> tuple[GroupScore, ...]:
        """Each group with its people and events and the score given."""
        codes, own, other = (
            np.concatenate(parts)
            for parts in zip(*((one.codes, one.own, one.other) for one in self.layers), strict=True)
        )
        people, events, competing = (
            np.bincount(some, minlength=len(self.names)).tolist()
            for some in (codes, codes[own], codes[other])
        )
        rows = zip(self.names, people, events, competing, scores.tolist(), strict=True)
        return tuple(GroupScore(*row) for row in rows)


def gray_tables(
    times: Sequence[float],
    causes: Sequence[int],
    groups: Sequence[str],
    cause: int,
    strata: Sequence[str] | None,
) -> Tables:
    """Check what was given to Gray's test and put it in order; `Raises` as there."""
    values = checked_times(times, len(causes))
    kinds = checked_causes(causes, cause)
    names, codes = coded(groups, len(values), "groups")
    if len(names) < 2:
        raise InputRefused(
            f"{len(names)} group: {', '.join(names)}", where="groups", do="give at least two groups"
        )
    layers, layer = coded(strata if strata is not None else [""] * len(values), len(values), "strata")
    own, other = kinds == cause, (kinds != cause) & (kinds != CENSORED)
    found: list[Layer] = []
    for number in range(len(layers)):
        inside = layer == number
        distinct, place = np.unique(values[inside], return_inverse=True)
        found.append(Layer(place.astype(np.int64), len(distinct), codes[inside], own[inside], other[inside]))
    return Tables(names, tuple(found))
