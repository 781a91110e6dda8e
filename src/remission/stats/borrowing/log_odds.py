"""A density of a rate, kept on an even grid of log-odds: no sample, no fitted shape.

On an even grid a smooth density that vanishes at both ends is summed, blurred and read between its points by
Fourier series with an error far below rounding (Trefethen and Weideman 2014, doi:10.1137/130932132).
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from remission.errors import InputRefused
from remission.stats.tails import Numbers, log_gamma

_NARROWEST = 0.6  # widest step, in standard deviations of the narrowest factor of a product


@dataclass(frozen=True, eq=False)
class RateDensity:
    """Heights of the density of log(rate / (1 - rate)) at `start`, `start` + `step`, ...; area 1.

    Raises
    ------
    InputRefused
        For heights that are not finite, negative beyond rounding, or without area.
    """

    start: float
    step: float
    heights: Numbers

    def __post_init__(self) -> None:
        area = float(self.heights.sum()) * self.step
        if not (math.isfinite(area) and area > 0):
            raise InputRefused(
                f"a density of area {area!r}",
                where="density of a rate",
                do="data and prior contradict each other wholly: check the counts",
            )
        object.__setattr__(self, "heights", self.heights / area)

    @cached_property
    def places(self) -> Numbers:
        """Log-odds of the grid."""
        return np.arange(self.heights.size, dtype=np.float64) * self.step + self.start

    @cached_property
    def rates(self) -> Numbers:
        """Rates of the grid, fractions."""
        return (1 + np.tanh(self.places / 2)) / 2

    @cached_property
    def weights(self) -> Numbers:
        """Probability that each point of the grid stands for; sum 1."""
        return self.heights * self.step

    @property
    def mean(self) -> float:
        """Mean of the rate."""
        return float(self.weights @ self.rates)

    @property
    def sd(self) -> float:
        """Standard deviation of the rate."""
        return math.sqrt(float(self.weights @ (self.rates - self.mean) ** 2))

    def density(self, rates: Numbers) -> Numbers:
        """Density of the rate itself at `rates` (fractions); 0 at and beyond the ends 0 and 1."""
        inside = (rates > 0) & (rates < 1)
        safe = np.where(inside, rates, 0.5)
        heights = self._height(np.log(safe / (1 - safe)))
        return np.where(inside, np.maximum(heights, 0.0) / (safe * (1 - safe)), 0.0)

    def at_most(self, rate: float) -> float:
        """Probability that the rate is at most `rate`."""
        if rate <= 0 or rate >= 1:
            return 0.0 if rate <= 0 else 1.0
        return self._below(math.log(rate / (1 - rate)))

    def quantile(self, probability: float) -> float:
        """The rate below which the true one lies with `probability`, strictly between 0 and 1."""
        if not 0 < probability < 1:
            raise InputRefused(
                f"{probability!r} is not the probability of a quantile",
                where="density of a rate",
                do="give a fraction strictly between 0 and 1",
            )
        whole = np.cumsum(self.weights) - self.weights / 2
        place = min(max(int(np.searchsorted(whole, probability)), 1), whole.size - 1)
        low, high = self.places[place] - 2 * self.step, self.places[place] + 2 * self.step
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self._below(middle) < probability else (low, middle)
        return 1 / (1 + math.exp(-(low + high) / 2))

    def predictive(self, n: int) -> Numbers:
        """Chances of 0, 1, ... `n` responders among `n` new children of one new study; (n + 1,)."""
        fine = self.resolving(n)
        return np.exp(_log_binomial(n, fine.places)) @ fine.weights

    def updated(self, responders: int, n: int) -> "RateDensity":
        """The density once `responders` of `n` children of the same rate are known."""
        check_counts(responders, n)
        fine = self.resolving(n)
        likelihood = _log_likelihood(responders, n, fine.places)
        return RateDensity(fine.start, fine.step, fine.heights * np.exp(likelihood - likelihood.max()))

    def finer(self, times: int) -> "RateDensity":
        """The same density on a grid `times` as fine."""
        if times == 1:
            return self
        size = self.heights.size
        heights = np.fft.irfft(np.fft.rfft(self.heights), size * times) * times
        return RateDensity(self.start, self.step / times, np.maximum(heights, 0.0))

    def resolving(self, n: int) -> "RateDensity":
        """The same density on a grid fine enough for the counts of `n` children."""
        times = 1
        while self.step / times > _NARROWEST * 2 / math.sqrt(n):
            times *= 2
        return self.finer(times)

    @cached_property
    def _series(self) -> tuple[Numbers, Numbers, Numbers]:
        """Frequencies and the cosine and sine parts that are not mere rounding; the first is the mean."""
        size = self.heights.size
        parts = np.fft.rfft(self.heights) / size
        parts[1:] *= 2
        kept = np.abs(parts) > 1e-17 * np.abs(parts[0])
        kept[0] = False
        frequencies = np.arange(parts.size, dtype=np.float64) * (2 * math.pi / (size * self.step))
        return frequencies[kept], parts.real[kept], parts.imag[kept]

    def _height(self, places: Numbers) -> Numbers:
        frequencies, cosines, sines = self._series
        inside = (places >= self.start) & (places <= self.places[-1])
        angles = np.multiply.outer(np.asarray(places) - self.start, frequencies)
        heights = self.heights.mean() + np.cos(angles) @ cosines - np.sin(angles) @ sines
        return np.where(inside, heights, 0.0)

    def _below(self, place: float) -> float:
        if place <= self.start or place >= self.places[-1]:
            return 0.0 if place <= self.start else 1.0
        frequencies, cosines, sines = self._series
        away = place - self.start
        angles = away * frequencies
        waves = (np.sin(angles) * cosines + (np.cos(angles) - 1) * sines) / frequencies
        return min(1.0, max(0.0, float(self.heights.mean() * away + waves.sum())))


def check_counts(responders: int, n: int) -> None:
    """Refuse counts that cannot be: 0 <= responders <= n, n >= 1."""
    if not (n >= 1 and 0 <= responders <= n):
        raise InputRefused(
            f"{responders!r} responders of {n!r}",
            where="counts of a study",
            do="give whole numbers, 0 <= responders <= n, n >= 1",
        )


def _log_likelihood(responders: int, n: int, places: Numbers) -> Numbers:
    return responders * places - n * np.logaddexp(0.0, places)


def _log_binomial(n: int, places: Numbers) -> Numbers:
    counts = np.arange(n + 1.0)
    ways = log_gamma(np.array([n + 1.0])) - log_gamma(counts + 1) - log_gamma(n - counts + 1)
    return ways[:, None] + counts[:, None] * places - n * np.logaddexp(0.0, places)
