"""Two stages with a stop for futility: optimal, minimax and admissible designs, by complete search."""

from dataclasses import dataclass
from itertools import pairwise

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import REACHED, check_rates
from remission.stats.designs.staged import Look, Staged, operating_many
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class TwoStage:
    """Stop with at most `r1` responders of `n1`; in the end reject with more than `r` of `n`.

    `size` and `power`: P(reject) at p0 and p1 when the stop is kept. `size_not_binding`: at p0 when it is
    not; it may pass alpha, because the search lets the stop pay for a smaller r. `stops`, `expected_n`: the
    chance to stop at `n1` and the mean number of participants, both at p0.
    """

    r1: int
    n1: int
    r: int
    n: int
    size: float
    size_not_binding: float
    power: float
    stops: float
    expected_n: float

    @property
    def staged(self) -> Staged:
        """As a design of two looks; the first may only stop for futility."""
        return Staged((Look(self.n1, self.r1, None), Look(self.n, self.r, self.r + 1)))


@dataclass(frozen=True, slots=True)
class Weighed:
    """An admissible design, and the weights of n for which it is the best.

    With weight q in `lower`..`upper` it minimises q n + (1 - q) expected n at p0; q = 1: minimax, 0: optimal.
    """

    design: TwoStage
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Simon(Printable, Drawable):
    """The best two-stage design for each total n, from minimax to optimal.

    `designs`: by n; at each n the one of least expected size at p0. An n that is not there has no design that
    works. `n_max`: the search went so far; a better optimal design with a larger n would not have been seen.
    """

    p0: float
    p1: float
    alpha: float
    beta: float
    n_max: int
    designs: tuple[TwoStage, ...]

    @property
    def minimax(self) -> TwoStage:
        """The smallest n, and among those the least expected size at p0."""
        return self.designs[0]

    @property
    def optimal(self) -> TwoStage:
        """The least expected size at p0."""
        return self.designs[-1]

    @property
    def admissible(self) -> tuple[Weighed, ...]:
        """The designs on the lower hull of (n, expected n), from minimax to optimal, with their weights."""
        return weighed(self.designs)

    def printed(self) -> PrintedTable:
        """Every admissible design: minimax first, optimal last."""
        rows = tuple(_row(one, self) for one in self.admissible)
        return PrintedTable(
            Text("Two-stage designs", "两阶段设计"),
            (
                Text("design", "设计"),
                Text("stop at", "停止界值"),
                Text("reject with", "拒绝界值"),
                Text("size", "检验水准"),
                Text("size without the stop", "不执行停止时的水准"),
                Text("power", "把握度"),
                Text("stops (p0)", "停止概率 (p0)"),
                Text("expected n (p0)", "期望例数 (p0)"),
                Text("weight of n", "n 的权重"),
            ),
            rows,
            (
                Text(
                    f"p0 = {self.p0:g}, p1 = {self.p1:g}, one-sided alpha {self.alpha:g}, "
                    f"power {1 - self.beta:g}; complete search to n = {self.n_max}.",
                    f"p0 = {self.p0:g}，p1 = {self.p1:g}，单侧 alpha {self.alpha:g}，"
                    f"把握度 {1 - self.beta:g}；完全搜索至 {self.n_max} 例。",
                ),
                Text(
                    "Exact, with the stop kept (binding). Simon 1989; admissible: Jung 2004.",
                    "精确计算，停止规则有约束力。Simon 1989；可容许设计：Jung 2004。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """Expected size against n; the hull joins the admissible designs."""
        best = tuple((design.n, design.expected_n) for design in self.designs)
        hull = tuple((one.design.n, one.design.expected_n) for one in self.admissible)
        return Curves(
            "two-stage",
            Text("Two-stage designs", "两阶段设计"),
            Text(
                "Expected size at p0 of the best design of each total n; the admissible ones joined.",
                "各总例数下最优两阶段设计在 p0 时的期望例数；连线为可容许设计。",
            ),
            Axis(Text("largest n", "最大例数"), Scale.NUMBER),
            Axis(Text("expected n at p0", "p0 时的期望例数"), Scale.NUMBER),
            (
                Line(Text("best of each n", "各例数最优"), best, marked=True),
                Line(Text("admissible", "可容许"), hull, marked=True),
            ),
        )


def simon(p0: float, p1: float, alpha: float, beta: float, n_max: int = 100) -> Simon:
    """The two-stage designs with a binding stop for futility: optimal, minimax and what lies between.

    Parameters
    ----------
    p0, p1 : float
        The rate not worth pursuing and the rate to be found, fractions, p0 < p1.
    alpha, beta : float
        One-sided type I error at p0 and type II error at p1, at most, both with the stop kept.
    n_max : int
        The largest total searched, 2 to 500.

    Raises
    ------
    InputRefused
        For rates out of order, error rates outside 0..1, or where no design up to `n_max` works.

    References
    ----------
    Simon 1989, doi:10.1016/0197-2456(89)90015-9; Jung, Lee, Kim and George 2004, Statistics in Medicine
    23:561-569
    """
    from remission.stats.designs.kernels_two_stage import best_by_n

    check_rates(p0, p1, alpha, beta)
    if not 2 <= n_max <= 500:
        raise InputRefused(f"n_max = {n_max!r}", where="two-stage search", do="give a total from 2 to 500")
    found = best_by_n(n_max, float(p0), float(p1), alpha * REACHED, beta * REACHED).tolist()
    works = [(n, row) for n, row in enumerate(found) if row[0] >= 0]
    if not works:
        raise InputRefused(
            f"no two-stage design to n = {n_max} holds alpha {alpha:g} and power {1 - beta:g}",
            where="two-stage search",
            do="take a larger n_max, or rates further apart",
        )
    last = min(works, key=lambda one: (one[1][3], one[0]))[0]
    designs = tuple(_design(int(r1), int(n1), int(r), n, p0, p1) for n, (r1, n1, r, _) in works if n <= last)
    return Simon(p0, p1, alpha, beta, n_max, designs)


def two_stage(r1: int, n1: int, r: int, n: int, p0: float, p1: float) -> TwoStage:
    """What a two-stage design given by its counts does at p0 and p1.

    Raises
    ------
    InputRefused
        For counts out of order or rates that are not 0 < p0 < p1 < 1.
    """
    check_rates(p0, p1, 0.5, 0.5)
    return _design(r1, n1, r, n, p0, p1)


def weighed(designs: tuple[TwoStage, ...]) -> tuple[Weighed, ...]:
    """The designs on the lower hull of (n, expected n at p0), and the weights of n at which each is best.

    `designs`: by growing n, from the smallest n to the least expected size. Source: Jung 2004, as in `simon`.
    """
    hull: list[TwoStage] = []
    for design in designs:
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], design):
            hull.pop()
        hull.append(design)
    # Two neighbours are equally good at the q where q dn + (1 - q) dEN = 0.
    turns = [1.0, *(-slope / (1 - slope) for slope in (_slope(a, b) for a, b in pairwise(hull))), 0.0]
    return tuple(Weighed(design, turns[place + 1], turns[place]) for place, design in enumerate(hull))


def _slope(a: TwoStage, b: TwoStage) -> float:
    return (b.expected_n - a.expected_n) / (b.n - a.n)


def _design(r1: int, n1: int, r: int, n: int, p0: float, p1: float) -> TwoStage:
    staged = Staged((Look(n1, r1, None), Look(n, r, r + 1)))
    null, truth = operating_many(staged, (p0, p1))
    (loose,) = operating_many(staged, (p0,), binding=False)
    return TwoStage(
        r1, n1, r, n, null.rejects, loose.rejects, truth.rejects, null.futility[0], null.expected_n
    )


def _row(one: Weighed, of: Simon) -> tuple[Text | str, ...]:
    design = one.design
    if design == of.minimax and design == of.optimal:
        name = Text("minimax and optimal", "极小极大且最优")
    elif design == of.minimax:
        name = Text("minimax", "极小极大")
    else:
        name = Text("optimal", "最优") if design == of.optimal else Text("admissible", "可容许")
    return (
        name,
        f"≤ {design.r1}/{design.n1}",
        f"> {design.r}/{design.n}",
        f"{design.size:.4f}",
        f"{design.size_not_binding:.4f}",
        f"{design.power:.4f}",
        f"{design.stops:.4f}",
        f"{design.expected_n:.2f}",
        f"{one.lower:.3f} to {one.upper:.3f}",
    )
