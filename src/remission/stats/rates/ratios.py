"""Ratios of two rates and of two odds: by logarithm and by score."""

import math

from remission.errors import InputRefused
from remission.stats.interval import check_level
from remission.stats.rates.roots import root
from remission.stats.rates.two import Ratio, TwoCounts
from remission.stats.tails import normal_quantile

_FARTHEST = 50.0  # the largest logarithm of a ratio looked at


def katz(counts: TwoCounts, level: float = 0.95) -> Ratio:
    """Risk ratio with Katz's interval on the logarithm.

    Raises
    ------
    InputRefused
        Where a group has no responder: the logarithm is then not defined; and where everybody responded in
        both: its variance is then 0, and limits without width would promise what nobody knows. Take
        `koopman`.

    References
    ----------
    Katz, Baptista, Azen and Pike 1978, Biometrics 34:469-474
    """
    check_level(level)
    if counts.x1 == 0 or counts.x0 == 0:
        raise _undefined(counts, "nobody responded in a group", "koopman, which needs no logarithm")
    if counts.failures.x1 == counts.failures.x0 == 0:
        raise _undefined(counts, "everybody responded in both", "koopman, whose limits have a width here")
    variance = 1 / counts.x1 - 1 / counts.n1 + 1 / counts.x0 - 1 / counts.n0
    return _log_ratio(counts.rate1 / counts.rate0, variance, level)


def koopman(counts: TwoCounts, level: float = 0.95) -> Ratio:
    """Risk ratio with the score interval, defined for every count; chi-square without correction factor.

    Raises
    ------
    InputRefused
        Unless 0 < level < 1.

    References
    ----------
    Koopman 1984, Biometrics 40:513-517
    """
    return _score_ratio(counts, level, 1.0)


def miettinen_nurminen_ratio(counts: TwoCounts, level: float = 0.95) -> Ratio:
    """`koopman` with the variance times N / (N - 1), N the participants of both groups.

    `Raises` as in `koopman`.

    References
    ----------
    Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211
    """
    size = counts.n1 + counts.n0
    return _score_ratio(counts, level, size / (size - 1))


def woolf(counts: TwoCounts, level: float = 0.95) -> Ratio:
    """Odds ratio with Woolf's interval on the logarithm; nothing is added to the counts.

    Raises
    ------
    InputRefused
        Where nobody or everybody responded in a group (take `fisher.exact_odds_ratio`).

    References
    ----------
    Woolf 1955, Annals of Human Genetics 19:251-253
    """
    check_level(level)
    cells = (counts.x1, counts.n1 - counts.x1, counts.x0, counts.n0 - counts.x0)
    if min(cells) == 0:
        raise _undefined(
            counts, "nobody or everybody responded in a group", "the conditional exact odds ratio"
        )
    ratio = cells[0] * cells[3] / (cells[1] * cells[2])
    return _log_ratio(ratio, sum(1 / cell for cell in cells), level)


def _log_ratio(ratio: float, variance: float, level: float) -> Ratio:
    factor = math.exp(normal_quantile((1 + level) / 2) * math.sqrt(variance))
    return Ratio(ratio, ratio / factor, ratio * factor, level)


def _score_ratio(counts: TwoCounts, level: float, inflation: float) -> Ratio:
    check_level(level)
    if counts.x1 == 0 and counts.x0 == 0:
        return Ratio(None, 0.0, math.inf, level)
    z = normal_quantile((1 + level) / 2) * math.sqrt(inflation)

    def gap(log_ratio: float) -> float:
        return _ratio_score(counts, math.exp(log_ratio))

    seen = math.inf if counts.x0 == 0 else counts.rate1 / counts.rate0
    middle = max(-_FARTHEST, min(_FARTHEST, math.log(seen) if 0 < seen < math.inf else 0.0))
    at = {0.0: -_FARTHEST, math.inf: _FARTHEST}.get(seen, middle)
    lower = 0.0 if counts.x1 == 0 else math.exp(root(lambda value: gap(value) - z, -_FARTHEST, at))
    upper = math.inf if counts.x0 == 0 else math.exp(root(lambda value: gap(value) + z, at, _FARTHEST))
    return Ratio(seen, lower, upper, level)


def _ratio_score(counts: TwoCounts, ratio: float) -> float:
    """(rate 1 - ratio x rate 0) over its standard error at the rates most likely under `ratio`."""
    from remission.stats.rates.kernels_two import restricted_rate_by_ratio

    n1, n0 = counts.n1, counts.n0
    p0 = float(restricted_rate_by_ratio(counts.x1, n1, counts.x0, n0, ratio))
    p1 = min(1.0, ratio * p0)
    variance = p1 * (1 - p1) / n1 + ratio * ratio * p0 * (1 - p0) / n0
    gap = counts.rate1 - ratio * counts.rate0
    if variance <= 0:
        return 0.0 if gap == 0 else math.copysign(math.inf, gap)
    return gap / math.sqrt(variance)


def _undefined(counts: TwoCounts, why: str, instead: str) -> InputRefused:
    return InputRefused(
        f"{counts.x1} of {counts.n1} and {counts.x0} of {counts.n0}: {why}",
        where="ratio of two groups",
        do=f"take {instead}",
    )
