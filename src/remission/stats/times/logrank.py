"""The log-rank test and its weighted relatives: k groups, strata, exact hypergeometric variance at ties."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.tails import chi_square_above
from remission.stats.times.risk_sets import (
    Counted,
    Numbers,
    checked_outcomes,
    checked_times,
    coded,
    count_groups,
)
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Gehan:
    """Weight by the number at risk (Gehan, Breslow): early differences count more."""


@dataclass(frozen=True, slots=True)
class TaroneWare:
    """Weight by the square root of the number at risk."""


@dataclass(frozen=True, slots=True)
class FlemingHarrington:
    """Weight S^rho (1 - S)^gamma, S the survival of all groups together just before each time.

    rho = gamma = 0 is the log-rank test, rho = 1, gamma = 0 Peto and Peto's form of the Wilcoxon test.
    """

    rho: float = 0.0
    gamma: float = 0.0


Weighting = Gehan | TaroneWare | FlemingHarrington
EQUAL = FlemingHarrington()

_APART = Text(
    "Some groups were never at risk together (directly, or through others) and are not compared.",
    "部分组从未（直接或通过其他组）同处风险集，未作比较。",
)


@dataclass(frozen=True, slots=True)
class GroupCount:
    """A group: its people, its (weighted) events, and those expected if all groups were alike."""

    group: str
    n: int
    observed: float
    expected: float


@dataclass(frozen=True, slots=True)
class LogRank(Printable):
    """A test that the hazards of all groups are the same at every time.

    `variance` is the covariance of observed minus expected, one row for each group. `z` is that difference
    of the first of two groups over its standard error (below 0: fewer events than expected); None for more
    groups. `degrees` is one less than the groups in each set of groups that were at risk together, added
    over sets: fewer than groups - 1 where strata or times keep some apart.
    """

    groups: tuple[GroupCount, ...]
    variance: tuple[tuple[float, ...], ...]
    chi_square: float
    degrees: int
    p: float
    z: float | None
    weighting: Weighting
    strata: int

    def printed(self) -> PrintedTable:
        """Observed and expected events of each group, and the test."""
        rows = tuple(
            (row.group, str(row.n), f"{row.observed:.2f}", f"{row.expected:.2f}", _ratio(row))
            for row in self.groups
        )
        name = _named(self.weighting)
        strata = Text(f", {self.strata} strata", f"，{self.strata}层") if self.strata > 1 else Text("", "")
        return PrintedTable(
            Text("Events observed and expected", "观察与期望事件数"),
            (
                Text("group", "组"),
                Text("n", "例数"),
                Text("observed", "观察"),
                Text("expected", "期望"),
                Text("observed / expected", "观察/期望"),
            ),
            rows,
            (
                Text(
                    f"{name.en}{strata.en}: chi-square {self.chi_square:.4f} on {self.degrees} df, "
                    f"p = {self.p:.4g}.",
                    f"{name.zh}{strata.zh}：卡方 {self.chi_square:.4f}，自由度 {self.degrees}，"
                    f"p = {self.p:.4g}。",
                ),
                *((_APART,) if self.degrees < len(self.groups) - 1 else ()),
                Text(
                    "Hypergeometric variance at tied times (Mantel 1966; Harrington and Fleming 1982).",
                    "同时事件用超几何方差（Mantel 1966；Harrington 与 Fleming 1982）。",
                ),
            ),
        )


def log_rank(
    times: Sequence[float],
    observed: Sequence[bool],
    groups: Sequence[str],
    *,
    strata: Sequence[str] | None = None,
    weighting: Weighting = EQUAL,
) -> LogRank:
    """Test whether the groups differ in their hazard of the event.

    Parameters
    ----------
    times : sequence of float, length n
        From each person's origin to the event or to censoring; any unit, >= 0.
    observed : sequence of bool, length n
        True if the event happened at that time.
    groups : sequence of str, length n
        Each person's group; the result lists them in sorted order.
    strata : sequence of str, length n, or None
        People are compared within a stratum only; weights are computed within it.
    weighting : Gehan, TaroneWare or FlemingHarrington
        How much a difference at each time counts; equal weights (the log-rank test) if not given.

    Raises
    ------
    InputRefused
        For fewer than two groups, unequal lengths, a bad time or outcome, or no event at
        which two groups were at risk.

    References
    ----------
    Mantel 1966, Cancer Chemotherapy Reports 50:163-170; Gehan 1965, Biometrika 52:203-223; Tarone and Ware
    1977, Biometrika 64:156-160; Harrington and Fleming 1982, Biometrika 69:553-566
    """
    values = checked_times(times, len(observed))
    happened = checked_outcomes(observed)
    names, codes = coded(groups, len(values), "groups")
    if len(names) < 2:
        raise InputRefused(
            f"{len(names)} group: {', '.join(names)}", where="groups", do="give at least two groups"
        )
    layers, layer = coded(strata if strata is not None else [""] * len(values), len(values), "strata")
    total, expected = np.zeros(len(names)), np.zeros(len(names))
    variance = np.zeros((len(names), len(names)))
    for number in range(len(layers)):
        inside = layer == number
        counted = count_groups(values[inside], happened[inside], codes[inside], len(names))
        part = _compare(counted, weighting)
        total, expected, variance = total + part[0], expected + part[1], variance + part[2]
    chi_square, degrees = _chi_square(total - expected, variance)
    sizes = np.bincount(codes, minlength=len(names))
    return LogRank(
        tuple(
            GroupCount(name, int(n), float(o), float(e))
            for name, n, o, e in zip(names, sizes, total, expected, strict=True)
        ),
        tuple(tuple(float(cell) for cell in row) for row in variance),
        chi_square,
        degrees,
        chi_square_above(chi_square, degrees),
        float((total - expected)[0] / math.sqrt(variance[0, 0])) if len(names) == 2 else None,
        weighting,
        len(layers),
    )


def _compare(counted: Counted, weighting: Weighting) -> tuple[Numbers, Numbers, Numbers]:
    """Weighted observed and expected events of each group, shape (k,), and their covariance, (k, k)."""
    deaths, everyone = counted.events.sum(axis=1), counted.at_risk.sum(axis=1)
    weight = _weights(deaths.astype(np.float64), everyone.astype(np.float64), weighting)
    some = deaths > 0
    weight, d, n = weight[some], deaths[some].astype(np.float64), everyone[some].astype(np.float64)
    events, share = counted.events[some], counted.at_risk[some] / n[:, None]
    observed = (weight[:, None] * events).sum(axis=0)
    expected = ((weight * d)[:, None] * share).sum(axis=0)
    spread = weight**2 * d * (n - d) / np.maximum(n - 1, 1)
    variance = np.diag((spread[:, None] * share).sum(axis=0)) - (share.T * spread) @ share
    return observed, expected, variance


def _weights(deaths: Numbers, at_risk: Numbers, weighting: Weighting) -> Numbers:
    match weighting:
        case Gehan():
            return at_risk
        case TaroneWare():
            return np.sqrt(at_risk)
        case FlemingHarrington(rho, gamma):
            after = np.cumprod(1 - deaths / at_risk)
            before = np.concatenate(([1.0], after[:-1]))
            return before**rho * (1 - before) ** gamma


def _chi_square(difference: Numbers, variance: Numbers) -> tuple[float, int]:
    """The quadratic form over all groups but one of each set that was at risk together."""
    sets = _together(variance)
    kept = np.array([group for one in sets for group in one[:-1]], dtype=np.int64)
    block = variance[np.ix_(kept, kept)]
    if len(kept) == 0:
        raise InputRefused(
            "no time at which an event could have been in either of two groups",
            where="log-rank test",
            do="compare groups that were under observation at the same times, with events",
        )
    return float(difference[kept] @ np.linalg.solve(block, difference[kept])), len(kept)


def _together(variance: Numbers) -> list[list[int]]:
    """Sets of groups joined by a covariance: directly, or through others."""
    sets: list[list[int]] = []
    left = set(range(len(variance)))
    while left:
        found = [left.pop()]
        for group in found:
            near = {other for other in left if variance[group, other] != 0}
            left -= near
            found += near
        sets.append(sorted(found))
    return sets


def _ratio(row: GroupCount) -> str:
    return f"{row.observed / row.expected:.3f}" if row.expected > 0 else "–"


def _named(weighting: Weighting) -> Text:
    match weighting:
        case Gehan():
            return Text("Gehan's generalised Wilcoxon test", "Gehan广义Wilcoxon检验")
        case TaroneWare():
            return Text("Tarone and Ware's test", "Tarone-Ware检验")
        case FlemingHarrington(rho, gamma) if rho == gamma == 0:
            return Text("Log-rank test", "对数秩检验")
        case FlemingHarrington(rho, gamma):
            words = f"rho = {rho:g}, gamma = {gamma:g}"
            return Text(f"Fleming and Harrington's test, {words}", f"Fleming-Harrington检验，{words}")
