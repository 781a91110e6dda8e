"""A trial in stages with one yes-or-no endpoint, and exactly what it does under any true rate.

The common currency of this room: every design for one rate, however it was found, is a `Staged`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.terms.words import Text

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Look:
    """Stop for futility with at most `futility` responders of `n`, for efficacy with at least `efficacy`.

    Both counts are cumulative; None: no such stop at this look.
    """

    n: int
    futility: int | None
    efficacy: int | None


@dataclass(frozen=True, slots=True)
class Staged(Printable, Drawable):
    """Looks in order of `n`; the last decides (its `efficacy` is `futility` + 1).

    Raises
    ------
    InputRefused
        For looks out of order, counts that cannot be, boundaries that cross, or a last look that decides
        nothing.
    """

    looks: tuple[Look, ...]

    def __post_init__(self) -> None:
        before = 0
        for place, look in enumerate(self.looks, start=1):
            low = -1 if look.futility is None else look.futility
            high = look.n + 1 if look.efficacy is None else look.efficacy
            if look.n <= before or not -1 <= low < high <= look.n + 1:
                raise InputRefused(
                    f"{look} after {before} participants",
                    where=f"look {place}",
                    do="give looks at growing n, futility below efficacy, both from 0 to n",
                )
            before = look.n
        last = self.looks[-1] if self.looks else None
        if last is None or last.futility is None or last.efficacy != last.futility + 1:
            raise InputRefused(
                f"{last} decides nothing",
                where="the last look",
                do="give it efficacy = futility + 1: the count that rejects, and the one below",
            )

    @property
    def n(self) -> int:
        """The most participants."""
        return self.looks[-1].n

    def printed(self) -> PrintedTable:
        """Each look with its boundaries, in counts and as rates."""
        rows = tuple(
            (str(place), str(look.n), _at_most(look.futility, look.n), _at_least(look.efficacy, look.n))
            for place, look in enumerate(self.looks, start=1)
        )
        return PrintedTable(
            Text("Boundaries by number of responders", "按应答人数的界值"),
            (
                Text("look", "分析"),
                Text("n", "例数"),
                Text("stop for futility", "因无效而停止"),
                Text("stop for efficacy", "因有效而停止"),
            ),
            rows,
            (
                Text(
                    "Counts are cumulative; n counts participants with an answer. The last look decides.",
                    "人数为累计数；例数指有结果者。最后一次分析作出结论。",
                ),
            ),
        )

    def chart(self) -> Curves:
        """The boundaries against n."""
        futility = tuple((look.n, look.futility) for look in self.looks if look.futility is not None)
        efficacy = tuple((look.n, look.efficacy) for look in self.looks if look.efficacy is not None)
        return Curves(
            "boundaries",
            Text("Boundaries", "界值"),
            Text(
                f"Responders at which a trial of {self.n} participants at most stops, by number answered.",
                f"至多 {self.n} 例的试验停止时的应答人数，按有结果的例数。",
            ),
            Axis(Text("participants with an answer", "有结果的例数"), low=0, high=self.n),
            Axis(Text("responders", "应答人数"), low=0),
            (
                Line(Text("efficacy: at or above", "有效：不低于"), efficacy, marked=True),
                Line(Text("futility: at or below", "无效：不高于"), futility, marked=True),
            ),
        )


def _at_most(count: int | None, n: int) -> str:
    return "–" if count is None or count < 0 else f"≤ {count} ({100 * count / n:.1f} %)"


def _at_least(count: int | None, n: int) -> str:
    return "–" if count is None or count > n else f"≥ {count} ({100 * count / n:.1f} %)"


@dataclass(frozen=True, slots=True)
class Operating:
    """What a design does when the true rate is `rate`: exact probabilities.

    `rejects`: it ends in favour (efficacy at any look). `futility` and `efficacy`: stops at each look.
    `expected_n`: the mean number of participants; `early`: the chance to stop before the last look.
    """

    rate: float
    rejects: float
    futility: tuple[float, ...]
    efficacy: tuple[float, ...]
    expected_n: float
    early: float


def operating(design: Staged, rate: float, *, binding: bool = True) -> Operating:
    """The exact operating characteristics at a true rate.

    Parameters
    ----------
    design : Staged
    rate : float
        The true chance to respond, a fraction.
    binding : bool
        False: futility stops before the last look are ignored, as when type I error must hold without them.

    Raises
    ------
    InputRefused
        For a rate outside 0..1.
    """
    return operating_many(design, (rate,), binding=binding)[0]


def operating_many(design: Staged, rates: Sequence[float], *, binding: bool = True) -> tuple[Operating, ...]:
    """`operating` at each of several true rates, in their order, in one pass.

    `Raises` as in `operating`.
    """
    for rate in rates:
        if not 0 <= rate <= 1:
            raise InputRefused(f"{rate!r} is not a rate", where="true rate", do="give a fraction from 0 to 1")
    from remission.stats.designs.kernels_staged import through_looks

    sizes, low, high = bounds(design, binding=binding)
    stops = through_looks(sizes, low, high, np.array(rates, dtype=np.float64))
    return tuple(
        _operating(rate, below.tolist(), above.tolist(), sizes.tolist())
        for rate, (below, above) in zip(rates, stops, strict=True)
    )


def bounds(design: Staged, *, binding: bool = True) -> tuple[Counts, Counts, Counts]:
    """Sizes, futility and efficacy counts as the kernels take them: -1 and n + 1 where there is no stop."""
    last = len(design.looks) - 1
    low = [
        look.futility if look.futility is not None and (binding or place == last) else -1
        for place, look in enumerate(design.looks)
    ]
    high = [look.n + 1 if look.efficacy is None else look.efficacy for look in design.looks]
    sizes = [look.n for look in design.looks]
    return np.array(sizes, np.int64), np.array(low, np.int64), np.array(high, np.int64)


def _operating(rate: float, futility: list[float], efficacy: list[float], sizes: list[int]) -> Operating:
    expected = sum(n * (below + above) for n, below, above in zip(sizes, futility, efficacy, strict=True))
    early = sum(futility[:-1]) + sum(efficacy[:-1])
    return Operating(rate, sum(efficacy), tuple(futility), tuple(efficacy), expected, early)


@dataclass(frozen=True, slots=True)
class OperatingTable(Printable, Drawable):
    """What a design does over several true rates.

    `rows`: one `Operating` for each rate. `not_binding`: the chance to end in favour at each rate when
    futility stops before the last look are ignored; where the two differ, type I error rests on stopping.
    """

    design: Staged
    rows: tuple[Operating, ...]
    not_binding: tuple[float, ...]

    def printed(self) -> PrintedTable:
        """One row a rate: ends in favour, stops early, expected participants."""
        rows = tuple(
            (
                f"{row.rate:.4g}",
                f"{row.rejects:.4f}",
                f"{loose:.4f}",
                f"{row.early:.4f}",
                f"{sum(row.futility[:-1]):.4f}",
                f"{sum(row.efficacy[:-1]):.4f}",
                f"{row.expected_n:.1f}",
            )
            for row, loose in zip(self.rows, self.not_binding, strict=True)
        )
        looks = ", ".join(str(look.n) for look in self.design.looks)
        return PrintedTable(
            Text("Operating characteristics", "运行特征"),
            (
                Text("true rate", "真实率"),
                Text("ends in favour", "结论为有效"),
                Text("the same, futility ignored", "同左，不计无效停止"),
                Text("stops early", "提前停止"),
                Text("for futility", "因无效"),
                Text("for efficacy", "因有效"),
                Text("expected n", "期望例数"),
            ),
            rows,
            (Text(f"Exact, by enumeration. Looks at n = {looks}.", f"精确枚举。分析时例数：{looks}。"),),
        )

    def chart(self) -> Curves:
        """The power curve, with early stopping and the expected share of the largest n."""
        n = self.design.n
        return Curves(
            "operating-characteristics",
            Text("Operating characteristics", "运行特征"),
            Text(
                f"Chance to end in favour, chance to stop early and expected size, against the true rate; "
                f"at most {n} participants.",
                f"结论为有效的概率、提前停止的概率与期望例数，随真实率变化；至多 {n} 例。",
            ),
            Axis(Text("true rate", "真实率"), Scale.PERCENT),
            Axis(Text("probability, share", "概率、比例"), Scale.PERCENT, low=0, high=1),
            (
                Line(
                    Text("ends in favour", "结论为有效"), tuple((row.rate, row.rejects) for row in self.rows)
                ),
                Line(Text("stops early", "提前停止"), tuple((row.rate, row.early) for row in self.rows)),
                Line(
                    Text(f"expected n, share of {n}", f"期望例数占 {n} 的比例"),
                    tuple((row.rate, row.expected_n / n) for row in self.rows),
                ),
            ),
        )


def operating_table(design: Staged, rates: Sequence[float]) -> OperatingTable:
    """The exact operating characteristics at several true rates, with and without the futility stops.

    Raises
    ------
    InputRefused
        For no rate, or one outside 0..1.
    """
    if not rates:
        raise InputRefused("no true rate", where="true rates", do="give at least one fraction from 0 to 1")
    loose = operating_many(design, rates, binding=False)
    return OperatingTable(design, operating_many(design, rates), tuple(row.rejects for row in loose))
