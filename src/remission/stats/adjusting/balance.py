"""How alike the groups are before and after weighting."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.paper.charts import Axis, Chart, Pairs
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.adjusting.people import People, columns
from remission.terms.words import Text

LIMIT = 0.1
"""A standardised difference beyond which a covariate is often called out of balance (Austin 2009)."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """One covariate, or one level of it: means (shares) of the groups, and their standardised differences.

    `before` and `after` are (treated - control) / the pooled standard deviation before weighting; None where
    nobody varies.
    """

    name: Text
    treated: float
    control: float
    control_after: float
    treated_after: float
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Balance(Printable, Drawable):
    """Every covariate before and after weighting; `method` says which weights."""

    method: Text
    rows: tuple[Balanced, ...]

    @property
    def worst(self) -> float | None:
        """The largest absolute standardised difference after weighting, None if nothing varies."""
        return max((abs(row.after) for row in self.rows if row.after is not None), default=None)

    def printed(self) -> PrintedTable:
        """Means of both groups before and after, with standardised differences."""
        head = Text("covariate", "协变量"), Text("trial", "试验"), Text("control", "对照")
        after = Text("trial, weighted", "试验（加权）"), Text("control, weighted", "对照（加权）")
        gaps = Text("difference / SD", "标准化差"), Text("after", "加权后")
        body = tuple(
            (
                row.name,
                *(f"{v:.3g}" for v in (row.treated, row.control, row.treated_after, row.control_after)),
                *(_gap(gap) for gap in (row.before, row.after)),
            )
            for row in self.rows
        )
        note = Text(
            f"Weights: {self.method.en}. Beyond ±{LIMIT} often called out of balance (Austin 2009).",
            f"权重：{self.method.zh}。超过±{LIMIT}常视为不均衡（Austin 2009）。",
        )
        return PrintedTable(Text("Balance", "均衡性"), (*head, *after, *gaps), body, (note,))

    def chart(self) -> Chart:
        """Standardised differences before and after, one row for each covariate."""
        worst = self.worst
        said = "nothing varies" if worst is None else f"largest difference after weighting {worst:.2f}"
        zh = "协变量无变异" if worst is None else f"加权后最大标准化差{worst:.2f}"
        return Pairs(
            name="balance",
            title=Text("Balance of covariates", "协变量均衡性"),
            description=Text(f"{self.method.en}: {said}.", f"{self.method.zh}：{zh}。"),
            x=Axis(Text("standardised difference, trial - control", "标准化差（试验−对照）")),
            before=Text("as they are", "加权前"),
            after=Text("weighted", "加权后"),
            rows=tuple((row.name, row.before, row.after) for row in self.rows),
            limits=(-LIMIT, 0.0, LIMIT),
            notes=(Text(f"Weights: {self.method.en}.", f"权重：{self.method.zh}。"),),
        )


def balance(people: People, weight: NDArray[np.float64], method: Text) -> Balance:
    """The balance of every covariate; `weight`, shape (n,), as in `weights.weights`.

    References
    ----------
    Austin 2009, doi:10.1002/sim.3697
    """
    terms, values = columns(people)
    arm = people.arm() == 1
    rows: list[Balanced] = []
    for place, term in enumerate(terms):
        column = values[:, place]
        mine, theirs = column[arm], column[~arm]
        spread = math.sqrt(
            (_variance(mine, share=bool(term.level)) + _variance(theirs, share=bool(term.level))) / 2
        )
        mine_after = float(np.average(mine, weights=weight[arm]))
        theirs_after = float(np.average(theirs, weights=weight[~arm]))
        gaps = (float(mine.mean() - theirs.mean()), mine_after - theirs_after)
        before, after = (gap / spread if spread > 0 else None for gap in gaps)
        rows.append(
            Balanced(
                term.name, float(mine.mean()), float(theirs.mean()), theirs_after, mine_after, before, after
            )
        )
    return Balance(method, tuple(rows))


def _gap(value: float | None) -> str:
    return "–" if value is None else f"{round(value, 2) + 0.0:+.2f}"


def _variance(values: NDArray[np.float64], *, share: bool) -> float:
    mean = float(values.mean())
    if share:
        return mean * (1 - mean)
    return float(values.var(ddof=1)) if values.size > 1 else 0.0
