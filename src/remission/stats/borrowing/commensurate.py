"""The commensurate prior: the new rate lies about the old one, as near as the data let it."""

import math
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.stats.borrowing.log_odds import RateDensity, check_counts
from remission.stats.tails import Numbers

_NODES = 48
_NOTHING = 38.0  # a log-density this far below the highest adds less than rounding


@dataclass(frozen=True, slots=True)
class SpikeAndSlab:
    """Prior of the precision (1 / variance) of the new log-odds about the old.

    Uniform from `lower` to `upper`, or, with probability `at_spike`, exactly `spike`: as good as equal.
    """

    lower: float = 0.005
    upper: float = 2.0
    spike: float = 200.0
    at_spike: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.lower < self.upper < self.spike and 0 <= self.at_spike < 1):
            raise InputRefused(
                f"{self}",
                where="commensurate prior",
                do="give 0 < lower < upper < spike, and a chance of the spike from 0 on and below 1",
            )


def commensurate_prior(
    responders: int, n: int, *, precision: SpikeAndSlab | None = None, a: float = 1.0, b: float = 1.0
) -> RateDensity:
    """The rate of new children, whose log-odds is normal about that of `responders` of `n` earlier ones.

    The old rate has a Beta(a, b) prior; its log-odds and the precision are integrated on a grid.

    Raises
    ------
    InputRefused
        For counts that cannot be, or a, b not above 0.

    References
    ----------
    Hobbs, Carlin, Mandrekar and Sargent 2011, doi:10.1111/j.1541-0420.2011.01564.x; spike and slab: Hobbs,
    Sargent and Carlin 2012, doi:10.1214/12-BA722
    """
    check_counts(responders, n)
    if min(a, b) <= 0:
        raise InputRefused(f"a {a!r}, b {b!r}", where="commensurate prior", do="give numbers above 0")
    sds, chances = _spreads(precision or SpikeAndSlab())
    up, down = a + responders, b + n - responders
    low, high = _ends(up, down)
    step = min(float(sds.min()), 1 / math.sqrt(up + down)) / 2
    beside = math.ceil(float(sds.max()) * math.sqrt(2 * _NOTHING) / step)
    inner = math.ceil((high - low) / step) + 1
    size = 1 << (inner + 2 * beside - 1).bit_length()
    places = low + step * np.arange(inner)
    old = np.zeros(size)
    logs = -up * np.logaddexp(0, -places) - down * np.logaddexp(0, places)
    old[beside : beside + inner] = np.exp(logs - logs.max())
    frequencies = 2 * math.pi * np.fft.rfftfreq(size, step)
    blur = chances @ np.exp(-((sds[:, None] * frequencies) ** 2) / 2)
    heights = np.fft.irfft(np.fft.rfft(old) * blur, size)
    return RateDensity(low - beside * step, step, np.maximum(heights, 0.0))


def _spreads(precision: SpikeAndSlab) -> tuple[Numbers, Numbers]:
    """Standard deviations of the new log-odds about the old, and their chances."""
    points, shares = np.polynomial.legendre.leggauss(_NODES)
    # even in the logarithm of the precision, so that the wide spreads near `lower` are met often
    logs = math.log(precision.lower) + (points + 1) / 2 * math.log(precision.upper / precision.lower)
    values = np.exp(logs)
    chances = shares * values
    chances *= (1 - precision.at_spike) / chances.sum()
    return 1 / np.sqrt(np.append(values, precision.spike)), np.append(chances, precision.at_spike)


def _ends(up: float, down: float) -> tuple[float, float]:
    """Log-odds beyond which a Beta(up, down) has nothing: its tails fall as exp(-up x) and exp(-down x)."""
    middle = math.log(up / down)
    width = 1 / math.sqrt(up * down / (up + down))
    low = middle - 9 * width - _NOTHING / up
    return low, middle + 9 * width + _NOTHING / down
