"""The sequential probability ratio test of a rate, looked at after every participant."""

import math
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import check_rates
from remission.stats.designs.staged import Look, Operating, Staged, operating
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Sprt(Printable, Drawable):
    """Wald's boundaries at each n of `sizes`: accept p0 with at most `lower`, p1 with at least `upper`.

    None: no such stop can be at that n. `alpha` and `beta` are Wald's nominal errors; the true ones, with the
    end at the last n counted as not in favour, are in `null` and `truth`.
    """

    p0: float
    p1: float
    alpha: float
    beta: float
    sizes: tuple[int, ...]
    lower: tuple[int | None, ...]
    upper: tuple[int | None, ...]
    null: Operating
    truth: Operating

    @property
    def staged(self) -> Staged:
        """As a design; at the last n a trial that is still undecided ends without being in favour."""
        return _staged(self.sizes, self.lower, self.upper)

    def printed(self) -> PrintedTable:
        """The boundaries, where they change."""
        rows = [
            (f"{n}", "–" if low is None else f"≤ {low}", "–" if high is None else f"≥ {high}")
            for n, low, high in zip(self.sizes, self.lower, self.upper, strict=True)
        ]
        changes = [row for place, row in enumerate(rows) if place == 0 or row[1:] != rows[place - 1][1:]]
        return PrintedTable(
            Text("Sequential probability ratio test", "序贯概率比检验"),
            (
                Text("from n", "自例数"),
                Text("stop for futility", "因无效而停止"),
                Text("stop for efficacy", "因有效而停止"),
            ),
            tuple(changes),
            (
                Text(
                    f"p0 = {self.p0:g}, p1 = {self.p1:g}, nominal alpha {self.alpha:g}, "
                    f"beta {self.beta:g}; n = {self.sizes[0]} to {self.sizes[-1]}. Wald 1947.",
                    f"p0 = {self.p0:g}，p1 = {self.p1:g}，名义 alpha {self.alpha:g}，beta {self.beta:g}；"
                    f"例数 {self.sizes[0]} 至 {self.sizes[-1]}。Wald 1947。",
                ),
                Text(
                    f"Exact: type I error {self.null.rejects:.4f}, power {self.truth.rejects:.4f}, "
                    f"expected n {self.null.expected_n:.1f} at p0 and {self.truth.expected_n:.1f} at p1.",
                    f"精确：一类错误 {self.null.rejects:.4f}，把握度 {self.truth.rejects:.4f}，"
                    f"期望例数 p0 时 {self.null.expected_n:.1f}，p1 时 {self.truth.expected_n:.1f}。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """Both boundaries against n."""
        below = tuple((n, x) for n, x in zip(self.sizes, self.lower, strict=True) if x is not None)
        above = tuple((n, x) for n, x in zip(self.sizes, self.upper, strict=True) if x is not None)
        return Curves(
            "sprt",
            Text("Sequential probability ratio test", "序贯概率比检验"),
            Text(
                f"Responders at which the trial stops, n = {self.sizes[0]} to {self.sizes[-1]}.",
                f"停止时的应答人数，例数 {self.sizes[0]} 至 {self.sizes[-1]}。",
            ),
            Axis(Text("participants with an answer", "有结果的例数")),
            Axis(Text("responders", "应答人数"), low=0),
            (
                Line(Text("efficacy: at or above", "有效：不低于"), above, stepped=True),
                Line(Text("futility: at or below", "无效：不高于"), below, stepped=True),
            ),
        )


def sprt(p0: float, p1: float, alpha: float, beta: float, n_min: int, n_max: int) -> Sprt:
    """Wald's test with looks at every n from `n_min` to `n_max`, and its exact errors when it ends there.

    Parameters
    ----------
    p0, p1 : float
    alpha, beta : float
        Wald's nominal errors; alpha + beta < 1.
    n_min, n_max : int
        The first and the last look; undecided at the last is not in favour.

    Raises
    ------
    InputRefused
        For rates out of order, errors that do not fit, looks out of order, or an n_max at which no count
        rejects.

    References
    ----------
    Wald 1947, Sequential Analysis (Wiley)
    """
    check_rates(p0, p1, alpha, beta)
    if alpha + beta >= 1 or not 1 <= n_min <= n_max:
        raise InputRefused(
            f"alpha {alpha!r}, beta {beta!r}, n = {n_min!r} to {n_max!r}",
            where="sequential probability ratio test",
            do="give alpha + beta < 1 and 1 <= n_min <= n_max",
        )
    step = math.log(p1 * (1 - p0) / (p0 * (1 - p1)))
    slope = math.log((1 - p0) / (1 - p1)) / step
    accept, reject = math.log(beta / (1 - alpha)) / step, math.log((1 - beta) / alpha) / step
    sizes = tuple(range(n_min, n_max + 1))
    lower = tuple(_in_range(math.floor(accept + slope * n), n) for n in sizes)
    upper = tuple(_in_range(math.ceil(reject + slope * n), n) for n in sizes)
    if upper[-1] is None:
        raise InputRefused(
            f"no count of {n_max} rejects",
            where="sequential probability ratio test",
            do="take a larger n_max",
        )
    staged = _staged(sizes, lower, upper)
    return Sprt(p0, p1, alpha, beta, sizes, lower, upper, operating(staged, p0), operating(staged, p1))


def _in_range(count: int, n: int) -> int | None:
    return count if 0 <= count <= n else None


def _staged(sizes: tuple[int, ...], lower: tuple[int | None, ...], upper: tuple[int | None, ...]) -> Staged:
    looks = [Look(n, low, high) for n, low, high in zip(sizes, lower, upper, strict=True)]
    last = upper[-1] or 0
    return Staged((*looks[:-1], Look(sizes[-1], last - 1, last)))
