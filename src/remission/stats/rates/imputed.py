"""A rate some of whose answers are unknown: multiple imputation computed at its limit, and the tipping point.

With infinitely many imputations Rubin's rules have a closed form for a proportion, so nothing is drawn: no
seed, no Monte Carlo error, the same digits every time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from remission.errors import InputRefused
from remission.stats.interval import Interval, check_level
from remission.stats.rates.proportions import critical_value
from remission.stats.rates.weighted import wilson_at


@dataclass(frozen=True, slots=True)
class Known:
    """A stratum: `responders` among `known` answers, and `unknown` participants without one."""

    responders: int
    known: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Imputed:
    """A rate over all, the unknown imputed.

    `within` and `between`: Rubin's variances, of the rate; `effective`: the number of participants whose
    complete answers would tell as much; `p`: one-sided, against at most the rate asked about; `borrowed`: the
    unknown in strata where nobody is known, imputed from the other strata.
    """

    rate: float
    interval: Interval
    within: float
    between: float
    effective: float
    p: float
    borrowed: int


def imputed_rate(strata: Sequence[Known], p0: float, level: float = 0.95) -> Imputed:
    """Multiple imputation of a proportion within strata, at infinitely many imputations.

    In each stratum the rate has Jeffreys' posterior, Beta(responders + 1/2, non-responders + 1/2), and the
    unknown are beta-binomial given it: missing at random within the stratum. The unknown of a stratum where
    nobody is known respond like a participant drawn from all those known in the other strata; how many they
    are is said in `borrowed`. The interval is Wilson's with the variance of Rubin's rules (Lott and Reiter
    2020, The American Statistician 74:109-115), the test the score test at p0 with the same effective
    number. Without unknown answers both are the ordinary ones.

    Parameters
    ----------
    strata : sequence of Known
        At least one participant in all.
    p0 : float
        The rate to be exceeded, a fraction.
    level : float
        Confidence level.

    Raises
    ------
    InputRefused
        For counts that cannot be, no known answer, or p0 not strictly between 0 and 1.
    """
    check_level(level)
    size = _checked(strata)
    if not any(one.known for one in strata):
        raise InputRefused(
            f"{size} answers, all unknown", where="imputation", do="impute where some answers are known"
        )
    if not 0 < p0 < 1:
        raise InputRefused(f"{p0!r} is not a rate", where="p0", do="give a fraction between 0 and 1")
    known, borrowed = (
        [one for one in strata if one.known],
        sum(one.unknown for one in strata if not one.known),
    )
    drawn = [_posterior(one) for one in known]
    weights = [one.known / sum(each.known for each in known) for one in known]
    middle = math.fsum(weight * share for weight, (share, _) in zip(weights, drawn, strict=True))
    spread = math.fsum(weight**2 * var for weight, (_, var) in zip(weights, drawn, strict=True))
    mean = borrowed * middle
    variance = borrowed * (middle * (1 - middle) - spread)
    for one, weight, (share, var) in zip(known, weights, drawn, strict=True):
        mean += one.responders + one.unknown * share
        variance += one.unknown * (share * (1 - share) - var) + (one.unknown + borrowed * weight) ** 2 * var
    rate, between = mean / size, variance / size**2
    within = (rate * (1 - rate) - between) / size
    effective = size / (1 + between / within) if between > 0 else float(size)
    z0 = (rate - p0) / math.sqrt(p0 * (1 - p0) / effective)
    interval = wilson_at(rate, effective, level)
    return Imputed(rate, interval, within, between, effective, NormalDist().cdf(-z0), borrowed)


def _posterior(one: Known) -> tuple[float, float]:
    """Mean and variance of a stratum's rate, given its known answers."""
    a, b = one.responders + 0.5, one.known - one.responders + 0.5
    share = a / (a + b)
    return share, share * (1 - share) / (a + b + 1)


@dataclass(frozen=True, slots=True)
class Tipping:
    """Where the decision turns: `responders` known, `unknown` in doubt, `n` in all.

    `needed`: the fewest of the unknown that would have to respond for the exact test to reject, 0 where it
    rejects whatever they are, None where it does not even if all do.
    """

    responders: int
    unknown: int
    n: int
    needed: int | None


def tipping_point(responders: int, unknown: int, n: int, p0: float, alpha: float) -> Tipping:
    """The tipping point of the exact one-sided binomial test of `p0` at `alpha`.

    Raises
    ------
    InputRefused
        Unless 0 <= responders, 0 <= unknown and responders + unknown <= n, n >= 1.
    """
    _checked([Known(responders, n - unknown, unknown)])
    critical = critical_value(n, p0, alpha)
    needed = None if critical is None else max(0, critical - responders)
    return Tipping(responders, unknown, n, None if needed is None or needed > unknown else needed)


def _checked(strata: Sequence[Known]) -> int:
    for place, one in enumerate(strata, start=1):
        if not (0 <= one.responders <= one.known and one.unknown >= 0):
            raise InputRefused(f"{one}", where=f"stratum {place}", do="give 0 <= responders <= known")
    size = sum(one.known + one.unknown for one in strata)
    if size < 1:
        raise InputRefused("nobody at all", where="strata", do="give at least one participant")
    return size
