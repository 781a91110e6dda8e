"""Gray's test, whether groups differ in the cumulative incidence of one cause among several."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.tails import chi_square_above
from remission.stats.times.competing import CENSORED
from remission.stats.times.risk_sets import checked_causes, checked_times, coded
from remission.terms.words import Text


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
        rows = tuple(
            (row.group, str(row.n), str(row.events), str(row.competing), f"{row.score:.3f}")
            for row in self.groups
        )
        return PrintedTable(
            Text(f"Cumulative incidence of cause {self.cause} by group", f"各组原因{self.cause}的累积发生率"),
            (
                Text("group", "组"),
                Text("n", "例数"),
                Text("events", "事件"),
                Text("competing events", "竞争事件"),
                Text("score", "得分"),
            ),
            rows,
            (
                Text(
                    f"Gray's test, rho = {self.rho:g}, {self.strata} stratum or strata: chi-square "
                    f"{self.chi_square:.4f} on {self.degrees} df, p = {self.p:.4g} (Gray 1988).",
                    f"Gray检验，rho = {self.rho:g}，{self.strata}层：卡方 {self.chi_square:.4f}，"
                    f"自由度 {self.degrees}，p = {self.p:.4g}（Gray 1988）。",
                ),
            ),
        )


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
        For fewer than two groups, unequal lengths, a bad time or cause, or when no comparison is possible.

    References
    ----------
    Gray 1988, doi:10.1214/aos/1176350951
    """
    values = checked_times(times, len(causes))
    kinds = checked_causes(causes, cause)
    names, codes = coded(groups, len(values), "groups")
    if len(names) < 2:
        raise InputRefused(
            f"{len(names)} group: {', '.join(names)}", where="groups", do="give at least two groups"
        )
    layers, layer = coded(strata if strata is not None else [""] * len(values), len(values), "strata")
    own, other = kinds == cause, (kinds != cause) & (kinds != CENSORED)
    k = len(names)
    scores, covariance = np.zeros(k), np.zeros((k, k))
    from remission.stats.times.kernels_gray import gray_scores

    for number in range(len(layers)):
        inside = layer == number
        distinct, place = np.unique(values[inside], return_inverse=True)
        cells, size = place * k + codes[inside], len(distinct) * k
        tables = [
            np.bincount(cells[who], minlength=size).reshape(-1, k).astype(np.int64)
            for who in (np.ones(len(cells), dtype=np.bool_), own[inside], other[inside])
        ]
        part = gray_scores(tables[0], tables[1], tables[2], tables[0].sum(axis=0), float(rho))
        scores, covariance = scores + part[0], covariance + part[1]
    block = covariance[:-1, :-1]
    if np.linalg.matrix_rank(block) < k - 1:
        raise InputRefused(
            "the scores of some groups have no variance",
            where="Gray's test",
            do="compare groups under observation at the same times, with events of the cause",
        )
    chi_square = float(scores[:-1] @ np.linalg.solve(block, scores[:-1]))
    return Gray(
        cause,
        rho,
        tuple(
            GroupScore(
                name,
                int(np.sum(codes == i)),
                int(np.sum(own & (codes == i))),
                int(np.sum(other & (codes == i))),
                float(scores[i]),
            )
            for i, name in enumerate(names)
        ),
        tuple(tuple(float(cell) for cell in row) for row in covariance),
        chi_square,
        k - 1,
        chi_square_above(chi_square, k - 1),
        len(layers),
    )
