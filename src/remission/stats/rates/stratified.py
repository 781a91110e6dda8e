"""Two rates compared within strata and combined over them: differences, ratios, odds; tests of both.

Strata are `TwoCounts`, hence never empty in a group: a stratum seen on one side only compares nothing, and
leaving it out is a decision to be written down, not taken here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.charts import Axis, Forest, Scale
from remission.paper.charts import Interval as Row
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.interval import Interval, check_level
from remission.stats.rates.difference import miettinen_nurminen, score_interval, variance_at
from remission.stats.rates.roots import root
from remission.stats.rates.two import Ratio, TwoCounts, ratio_cells
from remission.stats.tails import chi_square_at_least, normal_quantile
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class CommonDifference:
    """A common difference of rates with its standard error and interval.

    `interval` is None where the error is 0; `stratified_miettinen_nurminen` has a width there too.
    """

    estimate: float
    standard_error: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ChiSquare:
    """A chi-square statistic, its degrees of freedom and p-value."""

    statistic: float
    freedom: int
    p: float


def mantel_haenszel_difference(strata: Sequence[TwoCounts], level: float = 0.95) -> CommonDifference:
    """Mantel-Haenszel common difference with Sato's variance, right for few large and for many small strata.

    Raises
    ------
    InputRefused
        For no stratum, or a level outside 0..1.

    References
    ----------
    Greenland and Robins 1985, Biometrics 41:55-68; Sato 1989, Biometrics 45:1323-1324
    """
    _check(strata, level)
    estimate, scale = _common_difference(strata)
    p = math.fsum(
        (one.n1**2 * one.x0 - one.n0**2 * one.x1 + one.n1 * one.n0 * (one.n0 - one.n1) / 2) / _size(one) ** 2
        for one in strata
    )
    q = math.fsum(
        (one.x1 * (one.n0 - one.x0) + one.x0 * (one.n1 - one.x1)) / (2 * _size(one)) for one in strata
    )
    spread = estimate * p + q
    return _difference(estimate, spread / scale**2 if spread > _ROUNDING * q else 0.0, level)


def greenland_robins_difference(strata: Sequence[TwoCounts], level: float = 0.95) -> CommonDifference:
    """The same estimate with Greenland and Robins' variance, for few large strata; the difference may vary.

    `Raises` and source as in `mantel_haenszel_difference`.
    """
    _check(strata, level)
    estimate, scale = _common_difference(strata)
    spread = math.fsum(
        _weight(one) ** 2 * (one.rate1 * (1 - one.rate1) / one.n1 + one.rate0 * (1 - one.rate0) / one.n0)
        for one in strata
    )
    return _difference(estimate, spread / scale**2, level)


def stratified_miettinen_nurminen(strata: Sequence[TwoCounts], level: float = 0.95) -> Interval:
    """Score interval of the common difference: Mantel-Haenszel weights, Miettinen-Nurminen variances.

    With one stratum it is `difference.miettinen_nurminen`. `Raises` as in `mantel_haenszel_difference`.

    References
    ----------
    Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211; here with weights that do not depend on the
    difference
    """
    _check(strata, level)
    estimate, scale = _common_difference(strata)
    z = normal_quantile((1 + level) / 2)

    def reach(delta: float) -> float:
        return z * math.sqrt(
            math.fsum(
                (_weight(one) / scale) ** 2 * variance_at(one, delta) * _size(one) / (_size(one) - 1)
                for one in strata
            )
        )

    return score_interval(estimate, reach, level)


def mantel_haenszel_ratio(strata: Sequence[TwoCounts], level: float = 0.95) -> Ratio:
    """Mantel-Haenszel common risk ratio with Greenland and Robins' variance of its logarithm.

    Raises
    ------
    InputRefused
        For no stratum, a level outside 0..1, no responder in a group, or variance 0: in each stratum all
        responded or none.

    References
    ----------
    Greenland and Robins 1985, Biometrics 41:55-68
    """
    _check(strata, level)
    above = math.fsum(one.x1 * one.n0 / _size(one) for one in strata)
    below = math.fsum(one.x0 * one.n1 / _size(one) for one in strata)
    spread = math.fsum(
        (one.n1 * one.n0 * (one.x1 + one.x0) - one.x1 * one.x0 * _size(one)) / _size(one) ** 2
        for one in strata
    )
    _check_parts(above, below, spread)
    return _ratio(above / below, spread / (above * below), level)


def mantel_haenszel_odds(strata: Sequence[TwoCounts], level: float = 0.95) -> Ratio:
    """Mantel-Haenszel common odds ratio with the variance of Robins, Breslow and Greenland.

    Raises
    ------
    InputRefused
        For no stratum, a level outside 0..1, or strata none of which has responders on one side and others on
        the other: the ratio is then 0, infinite or 0/0.

    References
    ----------
    Mantel and Haenszel 1959, PMID 13655060; Robins, Breslow and Greenland 1986, Biometrics 42:311-323
    """
    _check(strata, level)
    pairs = [_diagonals(one) for one in strata]
    r, s = math.fsum(up for up, _, _ in pairs), math.fsum(down for _, down, _ in pairs)
    _check_parts(r, s)
    alike_r = math.fsum(alike * up for up, _, alike in pairs)
    mixed = math.fsum(alike * down + (1 - alike) * up for up, down, alike in pairs)
    unlike_s = math.fsum((1 - alike) * down for _, down, alike in pairs)
    return _ratio(r / s, alike_r / (2 * r * r) + mixed / (2 * r * s) + unlike_s / (2 * s * s), level)


def cochran_mantel_haenszel(strata: Sequence[TwoCounts], *, corrected: bool = True) -> ChiSquare:
    """Test of no difference in any stratum, against a common odds ratio other than 1; 1 degree of freedom.

    `corrected` as `mantelhaen.test` in R: half a person off the distance, where it is at least that.

    Raises
    ------
    InputRefused
        For no stratum, or where no stratum has both responders and others.

    References
    ----------
    Mantel and Haenszel 1959, PMID 13655060
    """
    _check(strata, 0.95)
    gap = math.fsum(one.x1 - one.n1 * (one.x1 + one.x0) / _size(one) for one in strata)
    spread = math.fsum(
        one.n1 * one.n0 * total * (_size(one) - total) / (_size(one) ** 2 * (_size(one) - 1))
        for one in strata
        for total in (one.x1 + one.x0,)
    )
    if spread == 0:
        raise _tells_nothing("everybody or nobody responded in each of them")
    off = 0.5 if corrected and abs(gap) >= 0.5 else 0.0
    statistic = (abs(gap) - off) ** 2 / spread
    return ChiSquare(statistic, 1, chi_square_at_least(statistic, 1))


def breslow_day(strata: Sequence[TwoCounts], *, tarone: bool = True) -> ChiSquare:
    """Test that the odds ratio is the same in all strata, with Tarone's correction.

    Strata in which everybody or nobody responded say nothing about it; freedom counts the others, less 1.

    Raises
    ------
    InputRefused
        As in `mantel_haenszel_odds`, and where fewer than two strata have both responders and others.

    References
    ----------
    Breslow and Day 1980, IARC Scientific Publications 32, section 4.4; Tarone 1985, Biometrika 72:91-95
    """
    telling = [one for one in strata if 0 < one.x1 + one.x0 < _size(one)]
    if len(telling) < 2:
        raise _tells_nothing(f"{len(telling)} of them have both responders and others; two are needed")
    common = mantel_haenszel_odds(telling).estimate
    assert common is not None  # refused above where it is 0/0
    gaps, spreads = zip(*(_gap_at_odds(one, common) for one in telling), strict=True)
    statistic = math.fsum(gap**2 / spread for gap, spread in zip(gaps, spreads, strict=True))
    if tarone:
        statistic -= math.fsum(gaps) ** 2 / math.fsum(spreads)
    freedom = len(telling) - 1
    return ChiSquare(statistic, freedom, chi_square_at_least(max(0.0, statistic), freedom))


@dataclass(frozen=True, slots=True)
class Stratified(Printable, Drawable):
    """Two rates compared within named strata and over them, at confidence `level`.

    `ratio`, `odds`, `test` and `homogeneity` are None where the counts do not define them.
    """

    strata: tuple[tuple[Text, TwoCounts], ...]
    level: float
    within: tuple[Interval, ...]
    difference: CommonDifference
    score: Interval
    ratio: Ratio | None
    odds: Ratio | None
    test: ChiSquare | None
    homogeneity: ChiSquare | None

    def printed(self) -> PrintedTable:
        """One row a stratum, then the common difference, ratio and odds ratio."""
        rows: list[tuple[Text | str, ...]] = [
            (name, f"{one.x1}/{one.n1}", f"{one.x0}/{one.n0}", *_points(one.difference, limits))
            for (name, one), limits in zip(self.strata, self.within, strict=True)
        ]
        common = self.difference
        rows.append((_COMMON, *self._totals(), *_points(common.estimate, common.interval)))
        rows.append((_SCORE, "", "", *_points(common.estimate, self.score)))
        for name, one in ((_RATIO, self.ratio), (_ODDS, self.odds)):
            rows.append((name, "", "", *ratio_cells(one)))
        level = f"{100 * self.level:g} %"
        return PrintedTable(
            Text("Two rates, by stratum", "两个率，按层"),
            (
                Text("stratum", "层"),
                Text("group 1", "组 1"),
                Text("group 0", "组 0"),
                Text("estimate", "估计值"),
                Text(f"{level} interval", f"{level} 区间"),
            ),
            tuple(rows),
            (*self._tests(), _NOTE),
        )

    def chart(self) -> Forest:
        """The difference in each stratum and the common one."""
        rows = [
            Row(name, one.difference, limits.lower, limits.upper, " ".join(_points(one.difference, limits)))
            for (name, one), limits in zip(self.strata, self.within, strict=True)
        ]
        common = self.difference.estimate
        words = " ".join(_points(common, self.score))
        rows.append(Row(_SCORE, common, self.score.lower, self.score.upper, words, strong=True))
        return Forest(
            "rate-difference-by-stratum",
            Text("Difference of two rates by stratum", "按层的率差"),
            Text("Percent points, Miettinen-Nurminen intervals.", "百分点，Miettinen-Nurminen 区间。"),
            Axis(Text("difference of rates", "率差"), Scale.PERCENT),
            tuple(rows),
            reference=0.0,
        )

    def _totals(self) -> tuple[str, str]:
        counts = [one for _, one in self.strata]
        return (
            f"{sum(one.x1 for one in counts)}/{sum(one.n1 for one in counts)}",
            f"{sum(one.x0 for one in counts)}/{sum(one.n0 for one in counts)}",
        )

    def _tests(self) -> tuple[Text, ...]:
        named = ((_CMH, self.test), (_BRESLOW_DAY, self.homogeneity))
        return tuple(
            Text(
                f"{name.en}: chi-square {one.statistic:.3f}, df {one.freedom}, p = {one.p:.4g}.",
                f"{name.zh}：卡方 {one.statistic:.3f}，自由度 {one.freedom}，p = {one.p:.4g}。",
            )
            for name, one in named
            if one is not None
        )


def combine(strata: Sequence[tuple[Text, TwoCounts]], level: float = 0.95) -> Stratified:
    """Two rates compared within named strata and over them, to be printed or drawn.

    Raises
    ------
    InputRefused
        For no stratum, or a level outside 0..1.
    """
    counts = [one for _, one in strata]
    _check(counts, level)
    telling = [one for one in counts if 0 < one.x1 + one.x0 < _size(one)]
    both = any(one.x1 for one in counts) and any(one.x0 for one in counts)
    mixed = any((one.x1, one.x0) not in ((0, 0), (one.n1, one.n0)) for one in counts)
    odds = all(any(_diagonals(one)[side] > 0 for one in counts) for side in (0, 1))
    return Stratified(
        tuple(strata),
        level,
        tuple(miettinen_nurminen(one, level) for one in counts),
        mantel_haenszel_difference(counts, level),
        stratified_miettinen_nurminen(counts, level),
        mantel_haenszel_ratio(counts, level) if both and mixed else None,
        mantel_haenszel_odds(counts, level) if odds else None,
        cochran_mantel_haenszel(counts) if telling else None,
        breslow_day(counts) if odds and len(telling) > 1 else None,
    )


def _size(one: TwoCounts) -> int:
    return one.n1 + one.n0


def _weight(one: TwoCounts) -> float:
    return one.n1 * one.n0 / _size(one)


def _common_difference(strata: Sequence[TwoCounts]) -> tuple[float, float]:
    scale = math.fsum(_weight(one) for one in strata)
    return math.fsum(_weight(one) * one.difference for one in strata) / scale, scale


def _difference(estimate: float, variance: float, level: float) -> CommonDifference:
    error = math.sqrt(variance)
    half = normal_quantile((1 + level) / 2) * error
    limits = Interval(estimate - half, estimate + half, level) if error > 0 else None
    return CommonDifference(estimate, error, limits)


def _ratio(ratio: float, variance: float, level: float) -> Ratio:
    factor = math.exp(normal_quantile((1 + level) / 2) * math.sqrt(variance))
    return Ratio(ratio, ratio / factor, ratio * factor, level)


def _diagonals(one: TwoCounts) -> tuple[float, float, float]:
    """The two products of a stratum's odds ratio over its size, and the share on the first diagonal."""
    others1, others0, size = one.n1 - one.x1, one.n0 - one.x0, _size(one)
    return one.x1 * others0 / size, others1 * one.x0 / size, (one.x1 + others0) / size


def _gap_at_odds(one: TwoCounts, odds: float) -> tuple[float, float]:
    """Observed less expected responders of group 1, and their variance, at the common odds ratio."""
    total = one.x1 + one.x0
    low, high = float(max(0, total - one.n0)), float(min(one.n1, total))

    def off(a: float) -> float:
        return a * (one.n0 - total + a) - odds * (one.n1 - a) * (total - a)

    a = root(off, low, high)
    spread = 1 / (1 / a + 1 / (one.n1 - a) + 1 / (total - a) + 1 / (one.n0 - total + a))
    return one.x1 - a, spread


def _points(estimate: float, limits: Interval | None) -> tuple[str, str]:
    if limits is None:
        return f"{100 * estimate:+.1f} %", "–"
    return f"{100 * estimate:+.1f} %", f"{100 * limits.lower:+.1f} … {100 * limits.upper:+.1f} %"


def _check(strata: Sequence[TwoCounts], level: float) -> None:
    check_level(level)
    if not strata:
        raise InputRefused("no stratum", where="strata", do="give at least one")


def _check_parts(above: float, below: float, spread: float = 1.0) -> None:
    if above == 0 or below == 0 or spread == 0:
        raise InputRefused(
            f"the common ratio is {above:g} / {below:g}" + ", its variance 0" * (spread == 0),
            where="strata",
            do="take stratified_miettinen_nurminen, which is defined for every count; in a stratum koopman",
        )


def _tells_nothing(why: str) -> InputRefused:
    return InputRefused(
        f"the strata tell nothing: {why}", where="strata", do="give strata with both outcomes"
    )


_ROUNDING = 1e-12  # of the variance's positive part: what is left of 0 by rounding
_COMMON = Text("common difference, Mantel-Haenszel (Sato)", "共同率差，Mantel-Haenszel（Sato）")
_SCORE = Text("common difference, Miettinen-Nurminen", "共同率差，Miettinen-Nurminen")
_RATIO = Text("common risk ratio, Mantel-Haenszel", "共同率比，Mantel-Haenszel")
_ODDS = Text("common odds ratio, Mantel-Haenszel", "共同比值比，Mantel-Haenszel")
_CMH = Text("Cochran-Mantel-Haenszel, corrected", "Cochran-Mantel-Haenszel（校正）")
_BRESLOW_DAY = Text("Same odds ratio in all strata, Breslow-Day-Tarone", "各层比值比齐性，Breslow-Day-Tarone")
_NOTE = Text(
    "Within strata: Miettinen and Nurminen 1985. Common: Greenland and Robins 1985, Sato 1989; odds ratio: "
    "Robins, Breslow and Greenland 1986. A dash: not defined, or variance 0 (everybody or nobody responded).",
    "层内：Miettinen 与 Nurminen 1985。合并：Greenland 与 Robins 1985、Sato 1989；比值比：Robins、Breslow 与 "
    "Greenland 1986。短横：无定义，或方差为 0（全部有效或全部无效）。",
)
