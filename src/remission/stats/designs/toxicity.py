"""Boundaries for toxicity: stop when at least so many of so many had it, exactly.

A boundary says for each look the smallest count of participants with toxicity that stops the trial. There is
no stop for too little of it. The chance to stop is exact, also for looks that were planned and not made:
leaving looks out can only make stopping rarer, so a boundary for every participant holds when some come in
groups.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.predictive import Prior
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ToxicityBoundary(Printable, Drawable):
    """At `sizes[k]` participants stop with at least `counts[k]` toxicities; None: this look cannot stop.

    `limit`: the highest acceptable rate. `rule`: how the counts were found, in words.
    `pointwise`: the Pocock-type level of each look or the posterior cut-off.

    Raises
    ------
    InputRefused
        For sizes that do not grow, or a count that is not from 1 to its size.
    """

    limit: float
    sizes: tuple[int, ...]
    counts: tuple[int | None, ...]
    pointwise: float
    rule: Text

    def __post_init__(self) -> None:
        _check_sizes(self.sizes)
        for n, count in zip(self.sizes, self.counts, strict=True):
            if count is not None and not 1 <= count <= n:
                raise InputRefused(f"{count!r} of {n}", where="toxicity boundary", do="give 1 <= count <= n")

    def stops(self, toxicities: int, n: int) -> bool:
        """Whether the boundary is met.

        Raises
        ------
        InputRefused
            For an n that is no look of this boundary.
        """
        if n not in self.sizes:
            raise InputRefused(
                f"{n} participants", where="toxicity boundary", do=f"look at one of {self.sizes}"
            )
        count = self.counts[self.sizes.index(n)]
        return count is not None and toxicities >= count

    def printed(self) -> PrintedTable:
        """One row for each count: from how many participants to how many it stops."""
        rows = tuple((f"≥ {count}", words) for count, words in self._rows())
        return PrintedTable(
            Text("Stopping for toxicity", "因毒性而停止"),
            (Text("stop if toxicities", "停止：毒性例数"), Text("of participants", "受试者例数")),
            rows,
            (self.rule,),
        )

    def chart(self) -> Curves:
        """The boundary against n."""
        points = tuple((n, c) for n, c in zip(self.sizes, self.counts, strict=True) if c is not None)
        return Curves(
            "toxicity-boundary",
            Text("Stopping for toxicity", "因毒性而停止"),
            Text(
                "Toxicities at which the trial stops, by participants.",
                "试验停止时的毒性例数，按受试者例数。",
            ),
            Axis(Text("participants", "受试者例数"), low=0, high=self.sizes[-1]),
            Axis(Text("toxicities", "毒性例数"), low=0),
            (Line(Text("stop at or above", "不低于即停止"), points, marked=True),),
        )

    def _rows(self) -> list[tuple[int, str]]:
        stopping = [(c, n) for n, c in zip(self.sizes, self.counts, strict=True) if c is not None]
        return [
            (count, _runs([n for _, n in group], self.sizes))
            for count, group in groupby(stopping, key=lambda pair: pair[0])
        ]


@dataclass(frozen=True, slots=True)
class ToxicityOperating:
    """At a true `rate`: the chance to stop, in all and at each look, mean participants and toxicities."""

    rate: float
    stops: float
    at: tuple[float, ...]
    expected_n: float
    expected_toxicities: float


@dataclass(frozen=True, slots=True)
class ToxicityTable(Printable):
    """A boundary over several true rates."""

    boundary: ToxicityBoundary
    rows: tuple[ToxicityOperating, ...]

    def printed(self) -> PrintedTable:
        """One row a rate."""
        return PrintedTable(
            Text("Stopping for toxicity: operating characteristics", "因毒性停止的运行特征"),
            (
                Text("true rate", "真实率"),
                Text("stops", "停止概率"),
                Text("expected n", "期望例数"),
                Text("expected toxicities", "期望毒性例数"),
            ),
            tuple(
                (f"{r.rate:.4g}", f"{r.stops:.4f}", f"{r.expected_n:.1f}", f"{r.expected_toxicities:.2f}")
                for r in self.rows
            ),
            (self.boundary.rule, Text("Exact, by enumeration.", "精确枚举。")),
        )


def pocock_toxicity(sizes: Sequence[int], limit: float, allowed: float) -> ToxicityBoundary:
    """The boundary of one and the same exact level at every look, the largest that stops rarely enough.

    A look stops at the smallest count whose binomial tail at `limit` is at most the level; the level is the
    largest for which the chance to stop at any look, at a true rate of `limit`, is at most `allowed`.

    Parameters
    ----------
    sizes : looks, growing; `range(1, 31)` after every participant of 30
    limit : the highest acceptable rate
    allowed : the chance to stop although the rate is acceptable

    Raises
    ------
    InputRefused
        For sizes that do not grow, or fractions outside 0..1.

    References
    ----------
    Ivanova, Qaqish and Schell 2005, doi:10.1111/j.1541-0420.2005.00311.x
    """
    _check_sizes(sizes)
    _check_fractions(limit, allowed)
    tails = [[binomial_at_least(x, n, limit) for x in range(n + 1)] for n in sizes]
    level, _ = _largest_level(sizes, tails, limit, allowed)
    counts = _counts_at(tails, level)
    chance = _stopping(sizes, counts, limit)
    return ToxicityBoundary(
        limit, tuple(sizes), counts, level,
        Text(
            f"Pocock type, exact level {level:.5f} at each look; at a true rate of {limit:g} it stops with "
            f"probability {chance:.4f} (allowed {allowed:g}). Ivanova, Qaqish and Schell 2005.",
            f"Pocock 型，每次精确水平 {level:.5f}；真实率 {limit:g} 时停止概率 {chance:.4f}"
            f"（允许 {allowed:g}）。"
            "Ivanova、Qaqish 与 Schell 2005。",
        ),
    )  # fmt: skip


def bayesian_toxicity(
    sizes: Sequence[int], limit: float, cut_off: float, *, prior: Prior | None = None
) -> ToxicityBoundary:
    """The boundary that stops when P(rate > limit | data) > `cut_off`.

    `prior` is Beta(limit, 1 - limit) if not given, worth one participant. `Raises` as in `pocock_toxicity`.

    References
    ----------
    Thall and Simon 1994, Biometrics 50:337-349
    """
    _check_sizes(sizes)
    _check_fractions(limit, cut_off)
    prior = prior or Prior(limit, 1 - limit)
    counts = list[int | None]()
    for n in sizes:
        count = max(1, int(np.searchsorted(prior.exceeds(limit, n), cut_off, side="right")))
        counts.append(None if count > n else count)
    chance = _stopping(sizes, counts, limit)
    return ToxicityBoundary(
        limit, tuple(sizes), tuple(counts), cut_off,
        Text(
            f"Stops when P(rate > {limit:g} | data) > {cut_off:g}, prior Beta({prior.a:g}, {prior.b:g}); "
            f"at a true rate of {limit:g} it stops with probability {chance:.4f}.",
            f"当 P(率 > {limit:g} | 数据) > {cut_off:g} 时停止，先验 Beta({prior.a:g}, {prior.b:g})；"
            f"真实率 {limit:g} 时停止概率 {chance:.4f}。",
        ),
    )  # fmt: skip


def calibrated_toxicity(
    sizes: Sequence[int], limit: float, allowed: float, *, prior: Prior | None = None
) -> ToxicityBoundary:
    """The Bayesian boundary whose cut-off is the smallest that stops rarely enough.

    The chance to stop at any look, at a true rate of `limit`, is at most `allowed`; of the cut-offs that give
    the same counts, the middle one is named. `prior` as in `bayesian_toxicity`, `Raises` as in
    `pocock_toxicity`.

    References
    ----------
    Geller, Follmann, Leifer and Carter 2003, in Advances in Clinical Trial Biostatistics
    """
    _check_sizes(sizes)
    _check_fractions(limit, allowed)
    prior = prior or Prior(limit, 1 - limit)
    acceptable = [(1 - prior.exceeds(limit, n)).tolist() for n in sizes]
    level, above = _largest_level(sizes, acceptable, limit, allowed)
    return bayesian_toxicity(sizes, limit, 1 - (level + above) / 2, prior=prior)


def toxicity_operating(
    boundary: ToxicityBoundary, rates: Sequence[float], *, skipped: Collection[int] = ()
) -> ToxicityTable:
    """What a boundary does at each true rate, exactly.

    Parameters
    ----------
    boundary : ToxicityBoundary
    rates : true chances of toxicity
    skipped : looks (numbers of participants) that are planned and not made; the last may not be skipped

    Raises
    ------
    InputRefused
        For a rate outside 0..1, or a skipped look that is none, or the last.
    """
    for rate in rates:
        if not 0 <= rate <= 1:
            raise InputRefused(f"{rate!r} is not a rate", where="true rate", do="give a fraction from 0 to 1")
    if not set(skipped) <= set(boundary.sizes[:-1]):
        raise InputRefused(
            f"looks {sorted(skipped)}", where="skipped looks", do=f"name some of {boundary.sizes[:-1]}"
        )
    counts = [
        None if n in skipped else count for n, count in zip(boundary.sizes, boundary.counts, strict=True)
    ]
    chances = _stops_at(boundary.sizes, counts, rates)
    rows = list[ToxicityOperating]()
    for rate, at in zip(rates, chances.tolist(), strict=True):
        through = 1 - sum(at)
        mean = sum(n * p for n, p in zip(boundary.sizes, at, strict=True)) + boundary.sizes[-1] * through
        rows.append(ToxicityOperating(rate, sum(at), tuple(at), mean, mean * rate))  # Wald's identity
    return ToxicityTable(boundary, tuple(rows))


def _largest_level(
    sizes: Sequence[int], tables: list[list[float]], limit: float, allowed: float
) -> tuple[float, float]:
    """The largest level at which the trial stops rarely enough at `limit`, and the next that occurs.

    `tables`: for each look a value that falls with the count; the look stops where it is at most the level.
    """
    levels = sorted({value for row in tables for value in row[1:]})
    low, high = -1, len(levels)  # the chance to stop grows with the level, so halve
    while high - low > 1:
        middle = (low + high) // 2
        if _stopping(sizes, _counts_at(tables, levels[middle]), limit) <= allowed:
            low = middle
        else:
            high = middle
    return 0.0 if low < 0 else levels[low], 1.0 if high == len(levels) else levels[high]


def _counts_at(tables: list[list[float]], level: float) -> tuple[int | None, ...]:
    return tuple(next((x for x in range(1, len(row)) if row[x] <= level), None) for row in tables)


def _stopping(sizes: Sequence[int], counts: Sequence[int | None], rate: float) -> float:
    return float(_stops_at(sizes, counts, (rate,)).sum())


def _stops_at(sizes: Sequence[int], counts: Sequence[int | None], rates: Sequence[float]) -> Numbers:
    """The chance to stop at each look, (rates, looks)."""
    from remission.stats.designs.kernels_staged import through_looks

    high = np.array([n + 1 if c is None else c for n, c in zip(sizes, counts, strict=True)], np.int64)
    none = np.full(len(sizes), -1, np.int64)
    return through_looks(np.array(sizes, np.int64), none, high, np.array(rates, np.float64))[:, 1]


def _runs(sizes: list[int], looks: Sequence[int]) -> str:
    """Neighbouring looks as ranges: 5-9, 12."""
    runs = list[list[int]]()
    places = {n: place for place, n in enumerate(looks)}
    for n in sizes:
        if runs and places[n] == places[runs[-1][-1]] + 1 and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def _check_sizes(sizes: Sequence[int]) -> None:
    if not len(sizes) or sizes[0] < 1 or any(b <= a for a, b in pairwise(sizes)):
        raise InputRefused(f"{list(sizes)!r} as looks", where="sizes", do="give growing numbers")


def _check_fractions(*fractions: float) -> None:
    if not all(0 < fraction < 1 for fraction in fractions):
        raise InputRefused(f"{fractions!r}", where="toxicity boundary", do="give fractions inside 0..1")
