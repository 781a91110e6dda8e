"""Gray's scores judged by shuffling groups: for small groups, and for times with many ties."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.times.gray import GroupScore, Tables, gray_tables, scores_table
from remission.stats.times.risk_sets import Numbers
from remission.terms.words import Text

_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class GrayPermuted(Printable):
    """How rare Gray's scores are among those of `permutations` shuffles of people over the groups.

    `p` = (1 + `as_far`) / (1 + permutations), `as_far` the shuffles with scores at least as far from 0;
    `error` is its Monte Carlo standard error.
    """

    cause: int
    rho: float
    groups: tuple[GroupScore, ...]
    permutations: int
    seed: int
    as_far: int
    p: float
    error: float
    strata: int

    def printed(self) -> PrintedTable:
        """Events and score of each group, and the test."""
        note = Text(
            f"Gray's scores, rho = {self.rho:g}, {self.strata} stratum or strata: {self.as_far} of "
            f"{self.permutations} shuffles of the groups (seed {self.seed}) are as far from 0, "
            f"p = {self.p:.4g} (Monte Carlo error {self.error:.2g}).",
            f"Gray得分，rho = {self.rho:g}，{self.strata}层：{self.permutations}次组别置换"
            f"（种子{self.seed}）中{self.as_far}次不小于观察值，p = {self.p:.4g}"
            f"（模拟误差 {self.error:.2g}）。",
        )
        valid = Text("Valid if censoring, too, is alike in all groups.", "要求各组删失分布也相同。")
        return scores_table(self.cause, self.groups, note, valid)


def gray_permuted(
    times: Sequence[float],
    causes: Sequence[int],
    groups: Sequence[str],
    cause: int,
    *,
    permutations: int,
    seed: int,
    rho: float = 0.0,
    strata: Sequence[str] | None = None,
) -> GrayPermuted:
    """Test whether groups differ in the cumulative incidence of `cause` by permutation.

    People keep their time and cause and are shuffled over the groups within their stratum. The distance of
    the scores from 0 is measured by their covariance over all shuffles, so that no tie spoils it; its size is
    exact where, without a difference, groups are alike in all causes and in censoring.

    Parameters
    ----------
    times, causes, groups, cause, rho, strata
        As in `gray_test`.
    permutations : int
        100 to 1,000,000.
    seed : int
        Equal seeds give equal numbers.

    Raises
    ------
    InputRefused
        As `gray_test` for what is given; for another number of permutations or a seed below 0; when no
        shuffle changes the scores.

    References
    ----------
    Gray 1988, doi:10.1214/aos/1176350951
    """
    if not 100 <= permutations <= _MOST or seed < 0:
        raise InputRefused(
            f"{permutations} permutations, seed {seed}",
            where="permutation test",
            do=f"give 100 to {_MOST} permutations and a seed of 0 or more",
        )
    given = gray_tables(times, causes, groups, cause, strata)
    scores = _shuffled(given, permutations, np.random.default_rng(seed), float(rho))
    spread = scores.T @ scores / len(scores)
    if not float(np.trace(spread)) > 0:
        raise InputRefused(
            "no shuffle of the groups changes a score",
            where="permutation test",
            do="compare groups under observation at the same times, with events of the cause",
        )
    distance = np.einsum("ij,jk,ik->i", scores, np.linalg.pinv(spread, rcond=1e-10, hermitian=True), scores)
    as_far = int(np.sum(distance[1:] >= distance[0] * (1 - 1e-9)))
    p = (1 + as_far) / (1 + permutations)
    return GrayPermuted(
        cause,
        rho,
        given.counted(scores[0]),
        permutations,
        seed,
        as_far,
        p,
        math.sqrt(p * (1 - p) / (1 + permutations)),
        len(given.layers),
    )


def _shuffled(given: Tables, permutations: int, chance: np.random.Generator, rho: float) -> Numbers:
    """Scores as given in row 0, then of each shuffle: shape (1 + permutations, k)."""
    from remission.stats.times.kernels_gray import gray_scores

    k = len(given.names)
    found: Numbers = np.zeros((1 + permutations, k))
    for row in range(1 + permutations):
        for layer in given.layers:
            codes = layer.codes if row == 0 else chance.permutation(layer.codes)
            found[row] += gray_scores(*layer.tables(codes, k), rho)[0]
    return found
