"""BOP2 and BOP2-FE for two yes-or-no endpoints of the same participants, exactly.

The four cells (both endpoints, first only, second only, neither) are one multinomial with a Dirichlet prior
of one participant's worth about the null rates, so each endpoint's rate has a Beta posterior. With both
wanted (co-primary; efficacy and freedom from toxicity) the trial stops for futility when either posterior is
below its cut-off, and ends in favour when both reach it; with either wanted, the other way round. A nested
second endpoint (NGS negative within flow negative) is the same design under a truth whose cell "second only"
is 0.

What the design does is exact: the chance of every pair of counts is carried through the looks.

Futility stops are binding, as in the papers: the tuned type I error counts on their being obeyed, and is
printed with and without; `binding=False` tunes without.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.bop2 import (
    CutOffs,
    EfficacyForm,
    counts_at,
    gamma_grid,
    lambda_grid,
    posteriors,
    smallest,
)
from remission.stats.designs.predictive import Prior
from remission.terms.words import Text

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]

_ROUNDING = 1e-9


class Wanted(StrEnum):
    """What makes the treatment a success."""

    BOTH = "both"
    EITHER = "either"


@dataclass(frozen=True, slots=True)
class PairRates:
    """The true chance of both endpoints, of the first only, of the second only, of neither; their sum is 1.

    Raises
    ------
    InputRefused
        For a negative chance, one that is no number, or another sum.
    """

    both: float
    first: float
    second: float
    neither: float

    def __post_init__(self) -> None:
        if not (min(self.cells) >= 0 and abs(sum(self.cells) - 1) <= _ROUNDING):
            raise InputRefused(
                f"{self.cells} as chances", where="two endpoints", do="give four of at least 0 whose sum is 1"
            )

    @classmethod
    def together(cls, first: float, second: float, both: float) -> "PairRates":
        """From the rate of each endpoint and the rate of both."""
        cells = first - both, second - both, 1 - first - second + both
        # A difference of rates can leave a rounding error of nothing.
        return cls(both, *(0.0 if abs(cell) < _ROUNDING else cell for cell in cells))

    @classmethod
    def independent(cls, first: float, second: float) -> "PairRates":
        """Endpoints that know nothing of each other."""
        return cls.together(first, second, first * second)

    @classmethod
    def nested(cls, first: float, second: float) -> "PairRates":
        """The second endpoint only in those who reach the first: NGS negative within flow negative."""
        return cls.together(first, second, second)

    @property
    def cells(self) -> tuple[float, float, float, float]:
        """The four chances in order."""
        return self.both, self.first, self.second, self.neither

    @property
    def rates(self) -> tuple[float, float]:
        """The rate of each endpoint."""
        return self.both + self.first, self.both + self.second


@dataclass(frozen=True, slots=True)
class PairLook:
    """An endpoint fails at a count of at most `low`, succeeds at one of at least `high`.

    (first, second); -1 as `low` and n + 1 as `high`: this endpoint cannot at this look.
    """

    n: int
    low: tuple[int, int]
    high: tuple[int, int]


@dataclass(frozen=True, slots=True)
class PairDesign(Printable):
    """Looks in order; the last decides (`high` is `low` + 1). `names` are those of the endpoints.

    Raises
    ------
    InputRefused
        For looks out of order, counts that cannot be, or a last look that decides nothing.
    """

    looks: tuple[PairLook, ...]
    wanted: Wanted
    names: tuple[Text, Text] = (Text("first endpoint", "第一终点"), Text("second endpoint", "第二终点"))

    def __post_init__(self) -> None:
        before = 0
        for place, look in enumerate(self.looks, start=1):
            pairs = zip(look.low, look.high, strict=True)
            if look.n <= before or not all(-1 <= a < b <= look.n + 1 for a, b in pairs):
                raise InputRefused(
                    f"{look} after {before}", where=f"look {place}", do="let n grow and low stay below high"
                )
            before = look.n
        last = self.looks[-1] if self.looks else None
        if last is None or any(b != a + 1 for a, b in zip(last.low, last.high, strict=True)):
            raise InputRefused("it decides nothing", where="the last look", do="let high be low + 1")

    @property
    def n(self) -> int:
        """The most participants."""
        return self.looks[-1].n

    def printed(self) -> PrintedTable:
        """Each look with the boundaries of both endpoints."""
        columns = [Text("look", "分析"), Text("n", "例数")]
        for name in self.names:
            columns.append(Text(f"{name.en}: fails", f"{name.zh}：失败"))
            columns.append(Text(f"{name.en}: succeeds", f"{name.zh}：成功"))
        rows = tuple(
            (
                str(place),
                str(look.n),
                *(
                    cell
                    for low, high in zip(look.low, look.high, strict=True)
                    for cell in ("–" if low < 0 else f"≤ {low}", "–" if high > look.n else f"≥ {high}")
                ),
            )
            for place, look in enumerate(self.looks, start=1)
        )
        return PrintedTable(
            Text("Boundaries of two endpoints", "两个终点的界值"),
            tuple(columns),
            rows,
            (_RULES[self.wanted],),
        )


_RULES = {
    Wanted.BOTH: Text(
        "Counts are cumulative. Stops for futility when either fails, for efficacy when both succeed.",
        "人数为累计数。任一终点失败即因无效停止，两终点均成功则因有效停止。",
    ),
    Wanted.EITHER: Text(
        "Counts are cumulative. Stops for futility when both fail, for efficacy when either succeeds.",
        "人数为累计数。两终点均失败则因无效停止，任一终点成功即因有效停止。",
    ),
}


@dataclass(frozen=True, slots=True)
class PairOperating:
    """What a design does under a truth, exactly; fields as in `staged.Operating`."""

    truth: PairRates
    rejects: float
    futility: tuple[float, ...]
    efficacy: tuple[float, ...]
    expected_n: float
    early: float


@dataclass(frozen=True, slots=True)
class PairBop2(Printable):
    """A tuned design of two endpoints with what it does under each null truth and under the alternative.

    `nulls`, `alternative`: with futility stops kept. `not_binding`: under each null, the chance to end in
    favour if they are not.
    """

    cut_offs: CutOffs
    p0: tuple[float, float]
    alpha: float
    design: PairDesign
    nulls: tuple[PairOperating, ...]
    alternative: PairOperating
    not_binding: tuple[float, ...]

    def printed(self) -> PrintedTable:
        """The boundaries, with the cut-offs and the exact errors under them."""
        table, cut = self.design.printed(), self.cut_offs
        form = "" if cut.efficacy is None else f"; efficacy {cut.efficacy.name}"
        return PrintedTable(
            table.title,
            table.columns,
            table.rows,
            (
                *table.notes,
                Text(
                    f"BOP2, lambda {cut.lam:g}, gamma {cut.gamma:g}{form}; null rates {_rates(self.p0)}, "
                    f"type I error allowed {self.alpha:g}.",
                    f"BOP2，λ {cut.lam:g}，γ {cut.gamma:g}{form}；零假设率 {_rates(self.p0)}，"
                    f"允许的 I 类错误 {self.alpha:g}。",
                ),
                *(_said(one, loose) for one, loose in zip(self.nulls, self.not_binding, strict=True)),
                _said(self.alternative),
                Text(
                    "Exact, by enumeration. Zhou, Lee and Yuan 2017, Statistics in Medicine 36:3302-3314.",
                    "精确枚举。Zhou、Lee 与 Yuan 2017，Statistics in Medicine 36:3302-3314。",
                ),
            ),
        )


def bop2_pair(
    sizes: Sequence[int],
    p0: tuple[float, float],
    cut_offs: CutOffs,
    wanted: Wanted,
    *,
    priors: tuple[Prior, Prior] | None = None,
) -> PairDesign:
    """The boundaries of two endpoints for given cut-offs.

    Parameters
    ----------
    sizes : (looks,) participants with both answers at each look, growing
    p0 : the rates that are not good enough; for toxicity give the second endpoint as freedom from it, and
        1 - the highest acceptable rate
    cut_offs : the same for both endpoints
    wanted : Wanted
    priors : Beta(p0, 1 - p0) of each if not given

    Raises
    ------
    InputRefused
        For null rates outside 0..1 or sizes that do not grow.

    References
    ----------
    Zhou, Lee and Yuan 2017, Statistics in Medicine 36:3302-3314; with efficacy stops Xu et al. 2025,
    doi:10.1080/10543406.2025.2558142
    """
    tables = _tables(sizes, p0, priors)
    return _design(sizes, _bounds(sizes, tables, cut_offs), wanted)


def pair_operating(design: PairDesign, truth: PairRates, *, binding: bool = True) -> PairOperating:
    """The exact operating characteristics under a truth.

    `binding`: False ignores futility stops before the last look, as when type I error must hold without them.
    """
    sizes = np.array([look.n for look in design.looks], np.int64)
    low = np.array([look.low for look in design.looks], np.int64).T
    high = np.array([look.high for look in design.looks], np.int64).T
    stops = _through(sizes, (low, high), truth, design.wanted, binding)
    futility, efficacy = stops[0].tolist(), stops[1].tolist()
    expected = float(sizes @ stops.sum(axis=0))
    early = float(stops[:, :-1].sum())
    return PairOperating(truth, sum(efficacy), tuple(futility), tuple(efficacy), expected, early)


def find_bop2_pair(
    sizes: Sequence[int],
    p0: tuple[float, float],
    nulls: Sequence[PairRates],
    alternative: PairRates,
    alpha: float,
    wanted: Wanted,
    *,
    efficacies: Sequence[EfficacyForm | None] = (None,),
    lambdas: Sequence[float] | None = None,
    gammas: Sequence[float] | None = None,
    priors: tuple[Prior, Prior] | None = None,
    binding: bool = True,
) -> PairBop2:
    """The cut-offs with most exact power, among those of exact type I error at most `alpha` under every null.

    Parameters
    ----------
    nulls : truths under which the treatment is no success
        With both wanted, "neither endpoint is good" alone protects little: add the truths where only one is.
    alternative : the truth under which power is sought
    efficacies, lambdas, gammas, binding : as in `designs.bop2.find_bop2`

    At equal power the smaller expected n under the first null is taken. For each gamma the smallest lambda
    that holds type I error is found by halving, because raising lambda raises every count; all others of the
    grid have less power or do not hold.

    Raises
    ------
    InputRefused
        For no null, null rates outside 0..1, sizes that do not grow, or no cut-offs that hold `alpha`.
    """
    if not nulls:
        raise InputRefused("no null truth", where="BOP2 search", do="give at least one")
    tables = _tables(sizes, p0, priors)
    grid = lambda_grid() if lambdas is None else lambdas
    spans = np.array(sizes, np.int64)
    known = dict[bytes, bool]()

    def holds(cut_offs: CutOffs) -> bool:
        bounds = _bounds(sizes, tables, cut_offs)
        key = bounds[0].tobytes() + bounds[1].tobytes()
        if key not in known:
            ends = (_through(spans, bounds, null, wanted, binding)[1] for null in nulls)
            known[key] = all(above.sum() <= alpha for above in ends)
        return known[key]

    found = list[tuple[float, float, CutOffs]]()
    for efficacy in efficacies:
        for gamma in gamma_grid() if gammas is None else gammas:
            place = smallest(grid, lambda lam, g=gamma, e=efficacy: holds(CutOffs(lam, g, e)))
            if place is not None:
                cut = CutOffs(grid[place], gamma, efficacy)
                bounds = _bounds(sizes, tables, cut)
                power = float(_through(spans, bounds, alternative, wanted)[1].sum())
                mean = float(_through(spans, bounds, nulls[0], wanted).sum(axis=0) @ spans)
                found.append((power, -mean, cut))
    if not found:
        raise InputRefused(
            f"no cut-offs hold {alpha!r}", where="BOP2 search", do="allow more participants or a finer grid"
        )
    cut = max(found, key=lambda one: one[:2])[2]
    design = _design(sizes, _bounds(sizes, tables, cut), wanted)
    ends = tuple(pair_operating(design, null) for null in nulls)
    loose = tuple(pair_operating(design, null, binding=False).rejects for null in nulls)
    return PairBop2(cut, p0, alpha, design, ends, pair_operating(design, alternative), loose)


def _tables(
    sizes: Sequence[int], p0: tuple[float, float], priors: tuple[Prior, Prior] | None
) -> list[list[Numbers]]:
    if not all(0 < p < 1 for p in p0):
        raise InputRefused(f"{p0!r} as null rates", where="two endpoints", do="give fractions inside 0..1")
    priors = priors or (Prior(p0[0], 1 - p0[0]), Prior(p0[1], 1 - p0[1]))
    return [posteriors(sizes, p, prior) for p, prior in zip(p0, priors, strict=True)]


def _bounds(sizes: Sequence[int], tables: list[list[Numbers]], cut_offs: CutOffs) -> tuple[Counts, Counts]:
    """Low and high counts, each (2, looks)."""
    shares = [n / sizes[-1] for n in sizes]
    found = [[counts_at(table, cut_offs, t) for table, t in zip(one, shares, strict=True)] for one in tables]
    both = np.array(found, np.int64)
    return np.ascontiguousarray(both[:, :, 0]), np.ascontiguousarray(both[:, :, 1])


def _design(sizes: Sequence[int], bounds: tuple[Counts, Counts], wanted: Wanted) -> PairDesign:
    low, high = (side.T.tolist() for side in bounds)
    return PairDesign(
        tuple(PairLook(n, (a[0], a[1]), (b[0], b[1])) for n, a, b in zip(sizes, low, high, strict=True)),
        wanted,
    )


def _through(
    sizes: Counts, bounds: tuple[Counts, Counts], truth: PairRates, wanted: Wanted, binding: bool = True
) -> Numbers:
    from remission.stats.pairs.kernels_bop2 import pair_through_looks

    low, high = (np.array(side, order="C") for side in bounds)
    if not binding:
        low[:, :-1] = -1
    return pair_through_looks(sizes, low, high, np.array(truth.cells), wanted is Wanted.BOTH)


def _rates(rates: tuple[float, float]) -> str:
    return f"{rates[0]:.4g}, {rates[1]:.4g}"


def _said(one: PairOperating, loose: float | None = None) -> Text:
    rates = _rates(one.truth.rates)
    unkept = "" if loose is None else f" ({loose:.4f} if futility stops are not kept)"
    unkept_zh = "" if loose is None else f"（不执行无效停止时 {loose:.4f}）"
    return Text(
        f"True rates {rates} (both {one.truth.both:.4g}): ends in favour {one.rejects:.4f}{unkept}, "
        f"expected n {one.expected_n:.1f}, stops early {one.early:.4f}.",
        f"真实率 {rates}（两者均有 {one.truth.both:.4g}）：结论为有效 {one.rejects:.4f}{unkept_zh}，"
        f"期望例数 {one.expected_n:.1f}，提前停止 {one.early:.4f}。",
    )
