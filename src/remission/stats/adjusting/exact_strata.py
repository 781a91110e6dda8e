"""The exact test that treated and controls of the same stratum respond alike, over all strata together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.rates.two import TwoCounts
from remission.stats.tails import Numbers, log_gamma

_TIE = 1 + 1e-10  # chances nearer than this are one and the same


@dataclass(frozen=True, slots=True)
class ExactStrata:
    """One-sided `p`: so many treated responders or more, given how many responded in each stratum.

    `size`: the largest such p that is still at or below alpha: the exact type I error of "p <= alpha", given
    those totals; 0 where no count reaches alpha.
    """

    p: float
    size: float


def exact_strata(strata: Sequence[TwoCounts], alpha: float) -> ExactStrata:
    """Exact conditional test of the treated responders over strata, one-sided: more than the controls.

    Where treatment changes nothing in any stratum, the treated responders of each are hypergeometric given
    its total, whatever its rate and however few it holds, and their sum is a convolution. With one stratum it
    is Fisher's test.

    Parameters
    ----------
    strata : sequence of TwoCounts
        Group 1: the treated.
    alpha : float
        One-sided, for `size`.

    Raises
    ------
    InputRefused
        For no stratum.

    References
    ----------
    Gart 1970, Biometrika 57:471-475; Mehta, Patel and Gray 1985, Journal of the American Statistical
    Association 80:969-973
    """
    if not strata:
        raise InputRefused("no stratum", where="exact test over strata", do="give at least one")
    chances, lowest = np.ones(1), 0
    for one in strata:
        first, own = _hypergeometric(one)
        chances, lowest = np.convolve(chances, own), lowest + first
    tails = np.minimum(np.cumsum(chances[::-1])[::-1], 1.0)
    p = float(tails[sum(one.x1 for one in strata) - lowest])
    reached = tails[tails <= alpha * _TIE]
    return ExactStrata(p, float(reached[0]) if reached.size else 0.0)


def _hypergeometric(one: TwoCounts) -> tuple[int, Numbers]:
    """The fewest treated responders that the total allows, and the chance of so many, one more, ..."""
    total = one.x1 + one.x0
    first, last = max(0, total - one.n0), min(one.n1, total)
    treated = np.arange(first, last + 1.0)
    logs = _log_ways(one.n1, treated) + _log_ways(one.n0, total - treated)
    chances = np.exp(logs - logs.max())
    return first, chances / chances.sum()


def _log_ways(n: int, counts: Numbers) -> Numbers:
    return log_gamma(np.asarray(n + 1.0)) - log_gamma(counts + 1) - log_gamma(n - counts + 1)
