"""How much of an error may have been spent when a fraction of the information is in.

Values, not switches: `ObrienFleming()`, `Pocock()`, `HwangShihDeCani(-4)`. Each spends the same way whether
the error is alpha (towards stopping for efficacy) or beta (towards stopping for futility). Fractions below 0
are refused; past 1 (more information than planned) everything is spent.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from remission.errors import InputRefused

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class ObrienFleming:
    """Spends little early: 2 - 2 Phi(z / sqrt(t)), z the normal quantile at 1 - error / 2.

    The one-sided form of Lan and DeMets, which rpact calls asOF and bsOF. Its boundaries are near, not equal
    to, those of O'Brien and Fleming 1979 (`normal.wang_tsiatis` with shape 0).

    References
    ----------
    Lan and DeMets 1983, doi:10.1093/biomet/70.3.659
    """

    def spent(self, error: float, fraction: float) -> float:
        """The part of `error` spent by information `fraction`. `Raises` as in `check`."""
        t = check(error, fraction)
        if t == 0:
            return 0.0
        return error if t == 1 else 2 * _NORMAL.cdf(_NORMAL.inv_cdf(error / 2) / math.sqrt(t))

    @property
    def name(self) -> str:
        """In words, for a protocol."""
        return "O'Brien-Fleming type"


@dataclass(frozen=True, slots=True)
class Pocock:
    """Spends almost evenly: error x log(1 + (e - 1) t); rpact calls it asP.

    References
    ----------
    Lan and DeMets 1983, doi:10.1093/biomet/70.3.659
    """

    def spent(self, error: float, fraction: float) -> float:
        """The part of `error` spent by information `fraction`. `Raises` as in `check`."""
        t = check(error, fraction)
        return error if t == 1 else error * math.log1p((math.e - 1) * t)

    @property
    def name(self) -> str:
        """In words, for a protocol."""
        return "Pocock type"


@dataclass(frozen=True, slots=True)
class HwangShihDeCani:
    """Spends error x (1 - exp(-gamma t)) / (1 - exp(-gamma)); gamma 0 is even, -4 near O'Brien-Fleming.

    References
    ----------
    Hwang, Shih and De Cani 1990, Statistics in Medicine 9:1439-1445
    """

    gamma: float

    def __post_init__(self) -> None:
        if not -40 <= self.gamma <= 40:
            raise InputRefused(
                f"{self.gamma!r} as gamma", where="spending function", do="give a number from -40 to 40"
            )

    def spent(self, error: float, fraction: float) -> float:
        """The part of `error` spent by information `fraction`. `Raises` as in `check`."""
        t = check(error, fraction)
        if t == 1 or self.gamma == 0:
            return error * t
        return error * math.expm1(-self.gamma * t) / math.expm1(-self.gamma)

    @property
    def name(self) -> str:
        """In words, for a protocol."""
        return f"Hwang-Shih-DeCani, gamma = {self.gamma:g}"


Spending = ObrienFleming | Pocock | HwangShihDeCani


def check(error: float, fraction: float) -> float:
    """The fraction, at most 1.

    Raises
    ------
    InputRefused
        Unless 0 < error < 1 and fraction >= 0.
    """
    if not 0 < error < 1:
        raise InputRefused(f"{error!r} is not an error to spend", where="spending", do="give a fraction")
    if not fraction >= 0:
        raise InputRefused(f"{fraction!r} of the information", where="spending", do="give 0 or more")
    return min(fraction, 1.0)
