"""BOP2 and BOP2-FE for one yes-or-no endpoint: posterior cut-offs tuned to exact type I error.

With information t = n / N the trial stops for futility when P(rate > p0 | data) < lambda t^gamma. BOP2-FE
also stops for efficacy, when it is at least 1 - (1 - lambda) t^eta (power form), or at least 2 Phi(z /
sqrt(t)) - 1 with z the normal quantile at (1 + lambda) / 2 (O'Brien-Fleming form). At the end all of these
are lambda. The prior is Beta(p0, 1 - p0) unless another is given.

Futility stops are binding, as in the papers: lambda is tuned to a type I error that counts on their being
obeyed, and a trial that goes on past one errs more often. Both are printed; `binding=False` tunes without.

Raising lambda raises every boundary count, so type I error and power fall together: for each gamma (and eta)
the best lambda is the smallest that holds type I error, found by halving; that is the search over the full
grid.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Curves
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.predictive import Prior, check_sizes
from remission.stats.designs.staged import Look, Operating, Staged, operating, operating_many
from remission.terms.words import Text

Numbers = NDArray[np.float64]

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class PowerForm:
    """Efficacy cut-off 1 - (1 - lambda) t^eta; the larger eta, the harder to stop early."""

    eta: float

    def at(self, lam: float, t: float) -> float:
        """The cut-off at information `t`."""
        return 1 - (1 - lam) * t**self.eta

    @property
    def name(self) -> str:
        """In words, for a protocol."""
        return f"1 - (1 - lambda) t^{self.eta:g}"


@dataclass(frozen=True, slots=True)
class ObrienFlemingForm:
    """Efficacy cut-off 2 Phi(z((1 + lambda) / 2) / sqrt(t)) - 1."""

    def at(self, lam: float, t: float) -> float:
        """The cut-off at information `t`."""
        if lam >= 1:
            return 1.0
        return 2 * _NORMAL.cdf(_NORMAL.inv_cdf((1 + lam) / 2) / t**0.5) - 1

    @property
    def name(self) -> str:
        """In words, for a protocol."""
        return "2 Phi(z((1 + lambda) / 2) / sqrt(t)) - 1"


EfficacyForm = PowerForm | ObrienFlemingForm


@dataclass(frozen=True, slots=True)
class CutOffs:
    """lambda (`lam`), gamma and, for BOP2-FE, the form of the efficacy cut-off; None: no efficacy stop.

    Raises
    ------
    InputRefused
        Unless 0 <= lam <= 1, gamma >= 0 and eta >= 0.
    """

    lam: float
    gamma: float
    efficacy: EfficacyForm | None = None

    def __post_init__(self) -> None:
        eta = self.efficacy.eta if isinstance(self.efficacy, PowerForm) else 0.0
        if not (0 <= self.lam <= 1 and self.gamma >= 0 and eta >= 0):
            raise InputRefused(
                f"lambda {self.lam!r}, gamma {self.gamma!r}, eta {eta!r}",
                where="cut-offs",
                do="give 0 <= lambda <= 1, gamma >= 0, eta >= 0",
            )

    def futility_at(self, t: float) -> float:
        """Stop for futility when the posterior is below this."""
        return self.lam * t**self.gamma

    def efficacy_at(self, t: float) -> float:
        """Stop for efficacy when the posterior is at least this; above 1 where there is no such stop."""
        return 2.0 if self.efficacy is None else self.efficacy.at(self.lam, t)


@dataclass(frozen=True, slots=True)
class Bop2(Printable, Drawable):
    """A tuned design: its cut-offs, boundaries, and what it does at p0 and p1.

    `null`, `alternative`: with futility stops kept. `not_binding`: type I error at p0 if they are not.
    """

    cut_offs: CutOffs
    prior: Prior
    alpha: float
    design: Staged
    null: Operating
    alternative: Operating
    not_binding: float

    def printed(self) -> PrintedTable:
        """The boundaries, with the cut-offs and the exact errors under them."""
        table, cut = self.design.printed(), self.cut_offs
        prior = f"Beta({self.prior.a:g}, {self.prior.b:g})"
        form = "" if cut.efficacy is None else f"; efficacy {cut.efficacy.name}"
        return PrintedTable(
            Text("BOP2-FE boundaries", "BOP2-FE 界值")
            if cut.efficacy
            else Text("BOP2 boundaries", "BOP2 界值"),
            table.columns,
            table.rows,
            (
                *table.notes,
                Text(
                    f"lambda {cut.lam:g}, gamma {cut.gamma:g}{form}; prior {prior}.",
                    f"λ {cut.lam:g}，γ {cut.gamma:g}{form}；先验 {prior}。",
                ),
                Text(
                    f"Exact: type I error at {self.null.rate:g} is {self.null.rejects:.4f} with futility "
                    f"stops kept, {self.not_binding:.4f} if not kept (allowed {self.alpha:g}); "
                    f"power {self.alternative.rejects:.4f} at {self.alternative.rate:g}; "
                    f"expected n {self.null.expected_n:.1f} and {self.alternative.expected_n:.1f}.",
                    f"精确值：真实率 {self.null.rate:g} 时 I 类错误：执行无效停止 {self.null.rejects:.4f}，"
                    f"不执行 {self.not_binding:.4f}（允许 {self.alpha:g}）；"
                    f"{self.alternative.rate:g} 时检验效能 {self.alternative.rejects:.4f}；期望例数"
                    f" {self.null.expected_n:.1f} 与 {self.alternative.expected_n:.1f}。",
                ),
                Text(
                    "Zhou, Lee and Yuan 2017, Statistics in Medicine 36:3302-3314.",
                    "Zhou、Lee 与 Yuan 2017，Statistics in Medicine 36:3302-3314。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The boundaries against n."""
        return self.design.chart()


def bop2(sizes: Sequence[int], p0: float, cut_offs: CutOffs, *, prior: Prior | None = None) -> Staged:
    """The boundaries in counts for given cut-offs.

    Parameters
    ----------
    sizes : (looks,) participants with an answer at each look, growing
    p0 : the rate that is not good enough
    cut_offs : CutOffs
    prior : Beta(p0, 1 - p0) if not given

    Raises
    ------
    InputRefused
        For a p0 outside 0..1, sizes that do not grow, or cut-offs that no count or every count meets at the
        end.

    References
    ----------
    Zhou, Lee and Yuan 2017, Statistics in Medicine 36:3302-3314; with efficacy stops Xu et al. 2025,
    doi:10.1080/10543406.2025.2558142
    """
    return staged(sizes, posteriors(sizes, p0, prior or _prior(p0)), cut_offs)


def find_bop2(
    sizes: Sequence[int],
    p0: float,
    p1: float,
    alpha: float,
    *,
    efficacies: Sequence[EfficacyForm | None] = (None,),
    lambdas: Sequence[float] | None = None,
    gammas: Sequence[float] | None = None,
    prior: Prior | None = None,
    binding: bool = True,
) -> Bop2:
    """The cut-offs with most exact power at `p1` among those of exact type I error at most `alpha` at `p0`.

    Parameters
    ----------
    efficacies : forms of the efficacy cut-off to try; `tuple(PowerForm(k / 10) for k in range(31))`
    lambdas, gammas : growing grids; by default 0 to 1 in steps of 0.001, and 0 to 1 in steps of 0.05
    binding : whether type I error counts on futility stops being obeyed; False holds `alpha` without them

    At equal power the smaller expected n at p0 is taken.

    Raises
    ------
    InputRefused
        For rates out of order, sizes that do not grow, or where no cut-offs on the grid hold `alpha`.
    """
    if not 0 < p0 < p1 < 1:
        raise InputRefused(f"p0 {p0!r}, p1 {p1!r}", where="rates", do="give 0 < p0 < p1 < 1")
    prior = prior or _prior(p0)
    tables = posteriors(sizes, p0, prior)

    @cache
    def size(design: Staged) -> float:
        return operating(design, p0, binding=binding).rejects

    def tried(gamma: float, efficacy: EfficacyForm | None) -> Callable[[float], Staged | None]:
        return lambda lam: _staged_or_none(sizes, tables, CutOffs(lam, gamma, efficacy))

    found = list[Bop2]()
    grid = lambda_grid() if lambdas is None else lambdas
    for efficacy in efficacies:
        for gamma in gamma_grid() if gammas is None else gammas:
            make = tried(gamma, efficacy)
            place = smallest(grid, lambda lam, make=make: (d := make(lam)) is None or size(d) <= alpha)
            design = None if place is None else make(grid[place])
            if place is not None and design is not None:
                null, truth = operating_many(design, (p0, p1))
                loose = operating(design, p0, binding=False).rejects
                cut = CutOffs(grid[place], gamma, efficacy)
                found.append(Bop2(cut, prior, alpha, design, null, truth, loose))
    if not found:
        raise InputRefused(
            f"no cut-offs hold {alpha!r}", where="BOP2 search", do="allow more participants or a finer grid"
        )
    return max(found, key=lambda one: (one.alternative.rejects, -one.null.expected_n))


def posteriors(sizes: Sequence[int], p0: float, prior: Prior) -> list[Numbers]:
    """For each look P(rate > p0) after 0..n responders. `Raises` as in `bop2`."""
    check_sizes(sizes)
    if not 0 < p0 < 1:
        raise InputRefused(f"{p0!r} as p0", where="rates", do="give a fraction inside 0..1")
    return [prior.exceeds(p0, n) for n in sizes]


def counts_at(posterior: Numbers, cut_offs: CutOffs, t: float) -> tuple[int, int]:
    """The largest count that stops for futility (-1: none) and the smallest for efficacy (n + 1: none)."""
    low = int(np.searchsorted(posterior, cut_offs.futility_at(t), side="left")) - 1
    return low, low + 1 if t == 1 else int(np.searchsorted(posterior, cut_offs.efficacy_at(t), side="left"))


def staged(sizes: Sequence[int], tables: Sequence[Numbers], cut_offs: CutOffs) -> Staged:
    """The design from the posteriors at each look. `Raises` as in `bop2`."""
    looks = list[Look]()
    for n, posterior in zip(sizes, tables, strict=True):
        low, high = counts_at(posterior, cut_offs, n / sizes[-1])
        last = n == sizes[-1]
        looks.append(Look(n, None if low < 0 and not last else low, None if high > n and not last else high))
    return Staged(tuple(looks))


def smallest(grid: Sequence[float], holds: Callable[[float], bool]) -> int | None:
    """The first place of a growing grid where a condition holds that, once it holds, keeps holding."""
    low, high = -1, len(grid)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(grid[middle]):
            high = middle
        else:
            low = middle
    return None if high == len(grid) else high


def lambda_grid() -> list[float]:
    """0 to 1 in steps of 0.001."""
    return [step / 1000 for step in range(1001)]


def gamma_grid() -> list[float]:
    """0 to 1 in steps of 0.05."""
    return [step / 20 for step in range(21)]


def _staged_or_none(sizes: Sequence[int], tables: Sequence[Numbers], cut_offs: CutOffs) -> Staged | None:
    """None where no final count is enough: such a design rejects nothing."""
    return None if counts_at(tables[-1], cut_offs, 1.0)[0] >= sizes[-1] else staged(sizes, tables, cut_offs)


def _prior(p0: float) -> Prior:
    if not 0 < p0 < 1:
        raise InputRefused(f"{p0!r} as p0", where="rates", do="give a fraction inside 0..1")
    return Prior(p0, 1 - p0)
