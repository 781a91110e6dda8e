"""Whether new counts contradict what a prior foretold."""

from collections.abc import Sequence
from dataclasses import dataclass

from remission.paper.tables import Printable, PrintedTable
from remission.stats.borrowing.log_odds import check_counts
from remission.stats.borrowing.mixtures import BetaMixture
from remission.stats.borrowing.predictive import predictive_prior
from remission.stats.borrowing.rate_prior import RatePrior
from remission.terms.words import Text

# Outcomes whose probabilities agree to this relative difference count as equally likely, as in rates.
_EQUALLY_LIKELY = 1 + 1e-7


@dataclass(frozen=True, slots=True)
class Conflict(Printable):
    """`responders` of `n` against the prior predictive: `box_p`, and the tails `at_most` and `at_least`.

    `vague_before`, `vague_after`: weight of a mixture's last component before and after the counts; None for
    a prior that is no mixture.
    """

    responders: int
    n: int
    expected: float
    box_p: float
    at_most: float
    at_least: float
    vague_before: float | None
    vague_after: float | None

    def printed(self) -> PrintedTable:
        """One row a number."""
        rows = [
            (Text("responders expected", "预期缓解数"), f"{self.expected:.1f}"),
            (Text("responders seen", "观察缓解数"), f"{self.responders}/{self.n}"),
            (Text("P(so few or fewer)", "P(不多于此)"), f"{self.at_most:.4f}"),
            (Text("P(so many or more)", "P(不少于此)"), f"{self.at_least:.4f}"),
            (Text("Box's p", "Box p 值"), f"{self.box_p:.4f}"),
        ]
        if self.vague_before is not None and self.vague_after is not None:
            rows.append(
                (
                    Text("weight of the vague component", "模糊成分权重"),
                    f"{self.vague_before:.3f} -> {self.vague_after:.3f}",
                )
            )
        return PrintedTable(
            Text("Conflict of prior and data", "先验与数据的冲突"),
            (Text("", ""), Text("value", "值")),
            tuple(rows),
            (
                Text(
                    "Prior predictive of the count; Box's p: outcomes no likelier than that seen. Box 1980.",
                    "计数的先验预测分布；Box p：不比所见更可能的结果之和。Box 1980。",
                ),
            ),
        )


def conflict(prior: RatePrior, responders: int, n: int) -> Conflict:
    """How far `responders` of `n` lie from what `prior` foretells.

    Raises
    ------
    InputRefused
        For counts that cannot be.

    References
    ----------
    Box 1980, doi:10.2307/2982063; Schmidli and others 2014, doi:10.1111/biom.12242
    """
    check_counts(responders, n)
    chances = prior.predictive(n)
    vague_before, vague_after = None, None
    if isinstance(prior, BetaMixture) and len(prior.weights) > 1:
        vague_before, vague_after = prior.weights[-1], prior.updated(responders, n).weights[-1]
    return Conflict(
        responders,
        n,
        n * prior.mean,
        box_p(prior, responders, n),
        min(1.0, float(chances[: responders + 1].sum())),
        min(1.0, float(chances[responders:].sum())),
        vague_before,
        vague_after,
    )


def box_p(prior: RatePrior, responders: int, n: int) -> float:
    """The chance, under the prior predictive, of a count no likelier than `responders` of `n`.

    References
    ----------
    Box 1980, doi:10.2307/2982063
    """
    check_counts(responders, n)
    chances = prior.predictive(n)
    return min(1.0, float(chances[chances <= chances[responders] * _EQUALLY_LIKELY].sum()))


def left_out(responders: Sequence[int], n: Sequence[int], *, tau_scale: float = 1.0) -> tuple[Conflict, ...]:
    """Each study against the predictive prior of all the others, to see whether it belongs.

    Raises
    ------
    InputRefused
        As `predictive_prior`, and for a single study.
    """
    found = list[Conflict]()
    for place, (x, m) in enumerate(zip(responders, n, strict=True)):
        others = [index for index in range(len(n)) if index != place]
        prior = predictive_prior([responders[i] for i in others], [n[i] for i in others], tau_scale=tau_scale)
        found.append(conflict(prior.rate, x, m))
    return tuple(found)
