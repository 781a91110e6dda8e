"""What a staged trial says about the rate after it stopped.

The plain rate, responders of participants, is biased by the stopping rule, and its usual limits do not hold
their level. Everything here takes the looks into account, by enumeration. Outcomes are ordered by stage: a
stop for efficacy speaks the more for the treatment the earlier it came, a stop for futility the less; within
a look the count decides. "At least as extreme" points away from p0, upwards.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper import charts
from remission.paper.charts import Axis, Drawable, Forest, Scale
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.staged import Staged, bounds
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import clopper_pearson
from remission.terms.words import Text

_HALVINGS = 60  # a rate to the last digit of a double


@dataclass(frozen=True, slots=True)
class KoyamaChen:
    """The interval and estimate of Koyama and Chen: where the p-value function passes its marks.

    Its upper limit leaves the observed outcome out of the lower tail: coverage may fall below `level`.
    """

    estimate: float
    lower: float
    upper: float
    level: float


@dataclass(frozen=True, slots=True)
class AfterStopping(Printable, Drawable):
    """Inference at the end of a staged trial; fractions.

    `look` is counted from 1. `plain`: responders / n, with `plain_interval` (Clopper-Pearson) as if there had
    been no looks. `bias_of_plain`: its bias were `unbiased` the true rate. `unbiased`: the UMVUE. `median`:
    the rate at which outcomes above and below this one are equally likely, half of itself counted to each.
    `interval`: exact, covers with at least its level. `p`: one-sided, of at least so extreme an outcome at
    `p0`.
    """

    design: Staged
    look: int
    responders: int
    p0: float
    plain: float
    plain_interval: Interval
    bias_of_plain: float
    unbiased: float
    median: float
    interval: Interval
    koyama_chen: KoyamaChen
    p: float

    @property
    def n(self) -> int:
        """Participants at the look that stopped the trial."""
        return self.design.looks[self.look - 1].n

    def printed(self) -> PrintedTable:
        """Estimates with their intervals, and the p-value."""
        rows = tuple(
            (words, f"{value:.4f}", "–" if low is None else f"{low:.4f} to {high:.4f}")
            for words, value, low, high in self._lines()
        )
        return PrintedTable(
            Text("After stopping", "试验停止后的推断"),
            (
                Text("estimate", "估计"),
                Text("rate", "率"),
                Text(f"{100 * self.interval.level:g} % interval", f"{100 * self.interval.level:g} % 区间"),
            ),
            rows,
            (
                Text(
                    f"{self.responders} responders of {self.n}, stopped at look {self.look} of "
                    f"{len(self.design.looks)}. One-sided p = {self.p:.4g} against p0 = {self.p0:g}.",
                    f"{self.n} 例中 {self.responders} 例应答，于第 {self.look} 次分析停止（共 "
                    f"{len(self.design.looks)} 次）。对 p0 = {self.p0:g} 单侧 p = {self.p:.4g}。",
                ),
                Text(
                    f"Stage-wise ordering, exact. Bias of the plain rate at the unbiased one: "
                    f"{self.bias_of_plain:+.4f}. Jung and Kim 2004; Koyama and Chen 2008.",
                    f"按阶段排序，精确计算。在无偏估计处直接率的偏倚：{self.bias_of_plain:+.4f}。"
                    "Jung 与 Kim 2004；Koyama 与 Chen 2008。",
                ),
            ),
        )

    def chart(self) -> Forest:
        """The estimates one below the other, against p0."""
        rows = tuple(
            charts.Interval(words, value, low, high, f"{100 * value:.1f} %", strong=place == 2)
            for place, (words, value, low, high) in enumerate(self._lines())
        )
        return Forest(
            "after-stopping",
            Text("After stopping", "试验停止后的推断"),
            Text(
                f"Estimates from {self.responders} responders of {self.n} at look {self.look}; p0 marked.",
                f"第 {self.look} 次分析 {self.n} 例中 {self.responders} 例应答时的各估计；标出 p0。",
            ),
            Axis(Text("rate", "率"), Scale.PERCENT, low=0, high=1),
            rows,
            reference=self.p0,
        )

    def _lines(self) -> tuple[tuple[Text, float, float | None, float | None], ...]:
        chen = self.koyama_chen
        return (
            (
                Text("plain, looks ignored", "直接率，不计分析次数"),
                self.plain,
                self.plain_interval.lower,
                self.plain_interval.upper,
            ),
            (Text("unbiased (UMVUE)", "无偏 (UMVUE)"), self.unbiased, None, None),
            (Text("median-unbiased", "中位无偏"), self.median, self.interval.lower, self.interval.upper),
            (Text("Koyama-Chen", "Koyama-Chen"), chen.estimate, chen.lower, chen.upper),
        )


def after(design: Staged, *, look: int, responders: int, p0: float, level: float = 0.95) -> AfterStopping:
    """Estimates, interval and p-value for a trial that stopped at `look` with so many responders.

    Parameters
    ----------
    design : Staged
        As it was carried out: with the numbers really looked at.
    look : int
        The look that stopped the trial, counted from 1.
    responders : int
        Cumulative.
    p0 : float
        The rate the p-value speaks against.
    level : float
        Two-sided, each tail (1 - level) / 2. Koyama and Chen's one-sided alpha means level 1 - 2 alpha.

    Raises
    ------
    InputRefused
        For an outcome at which this design does not stop, or p0 or level outside 0..1.

    References
    ----------
    Jung and Kim 2004, Statistics in Medicine 23:881-896 (UMVUE); Koyama and Chen 2008, Statistics in Medicine
    27:3145-3154; Jennison and Turnbull 1983, Technometrics 25:49-58 (exact intervals)
    """
    check_level(level)
    _check(design, look, responders, p0)
    n, tail = design.looks[look - 1].n, (1 - level) / 2
    unbiased = umvue(design, look=look, responders=responders)

    def above(rate: float) -> float:
        return at_least_as_extreme(design, rate, look=look, responders=responders)

    def below(rate: float) -> float:
        return at_most_as_extreme(design, rate, look=look, responders=responders)

    # A limit is exactly 0 or 1 where no outcome lies beyond the observed one.
    lower = 0.0 if above(0.0) >= 1 else _root(above, tail)
    upper = 1.0 if below(1.0) >= 1 else 1 - _root(lambda rest: below(1 - rest), tail)
    median = _root(lambda rate: (above(rate) + 1 - below(rate)) / 2, 0.5)
    chen = KoyamaChen(_root(above, 0.5), lower, _root(above, 1 - tail), level)
    return AfterStopping(
        design=design,
        look=look,
        responders=responders,
        p0=p0,
        plain=responders / n,
        plain_interval=clopper_pearson(responders, n, level),
        bias_of_plain=bias_of_plain(design, unbiased),
        unbiased=unbiased,
        median=median,
        interval=Interval(lower, upper, level),
        koyama_chen=chen,
        p=above(p0),
    )


def stopping_points(design: Staged) -> tuple[tuple[int, int], ...]:
    """Every outcome at which the design stops: (look counted from 1, responders)."""
    reached = _reached(design, 0.5)
    return tuple(
        (place + 1, count)
        for place, (low, high, n) in enumerate(_stops(design))
        for count in range(n + 1)
        if (count <= low or count >= high) and reached[place, count] > 0
    )


def umvue(design: Staged, *, look: int, responders: int) -> float:
    """The uniformly minimum-variance unbiased estimate of the rate, a fraction.

    It is the chance that the first participant responded, given where the trial ended: it does not depend on
    the rate. `Raises` as in `after`; source: Jung and Kim 2004.
    """
    _check(design, look, responders, 0.5)
    from remission.stats.designs.kernels_staged import reaching

    n = design.looks[look - 1].n
    rate = min(max(responders / n, 0.5 / n), 1 - 0.5 / n)  # any will do; near the outcome nothing underflows
    sizes, low, high = bounds(design)
    yes = rate * float(reaching(sizes, low, high, rate, 1)[look - 1, responders])
    no = (1 - rate) * float(reaching(sizes, low, high, rate, 0)[look - 1, responders])
    return yes / (yes + no)


def at_least_as_extreme(design: Staged, rate: float, *, look: int, responders: int) -> float:
    """P(an outcome at least so far from p0, upwards) at a true rate: the p-value when the rate is p0.

    A stop for efficacy at an earlier look, or reaching this look with at least so many responders.
    """
    reached = _reached(design, rate)
    earlier = sum(
        float(reached[place, high:].sum()) for place, (_, high, _) in enumerate(_stops(design)[: look - 1])
    )
    return min(1.0, earlier + float(reached[look - 1, responders:].sum()))


def at_most_as_extreme(design: Staged, rate: float, *, look: int, responders: int) -> float:
    """P(an outcome at most so far up) at a true rate; the observed outcome is in both tails."""
    reached = _reached(design, rate)
    earlier = sum(
        float(reached[place, : low + 1].sum()) for place, (low, _, _) in enumerate(_stops(design)[: look - 1])
    )
    return min(1.0, earlier + float(reached[look - 1, : responders + 1].sum()))


def bias_of_plain(design: Staged, rate: float) -> float:
    """The mean of responders / participants at the end, less the true rate."""
    reached = _reached(design, rate)
    mean = 0.0
    for place, (low, high, n) in enumerate(_stops(design)):
        counts = np.arange(n + 1)
        stopped = (counts <= low) | (counts >= high)
        mean += float((reached[place, : n + 1] * counts / n)[stopped].sum())
    return mean - rate


def _stops(design: Staged) -> list[tuple[int, int, int]]:
    sizes, low, high = bounds(design)
    return list(zip(low.tolist(), high.tolist(), sizes.tolist(), strict=True))


def _reached(design: Staged, rate: float) -> NDArray[np.float64]:
    from remission.stats.designs.kernels_staged import reaching

    return reaching(*bounds(design), float(rate), -1)


def _root(rises: Callable[[float], float], mark: float) -> float:
    """Where a function that rises from 0 to 1 over the rates passes `mark`, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if rises(middle) < mark:
            low = middle
        else:
            high = middle
    return high


def _check(design: Staged, look: int, responders: int, p0: float) -> None:
    if not 0 < p0 < 1:
        raise InputRefused(f"p0 = {p0!r}", where="after stopping", do="give a fraction between 0 and 1")
    if (look, responders) not in stopping_points(design):
        raise InputRefused(
            f"{responders!r} responders do not stop this trial at look {look!r}",
            where="after stopping",
            do="give the look (from 1) and the cumulative responders at which it really stopped",
        )
