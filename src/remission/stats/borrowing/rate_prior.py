"""What every belief about a rate can tell, whatever its shape."""

from typing import Protocol, Self

from remission.stats.tails import Numbers


class RatePrior(Protocol):
    """A distribution of a rate: predictive prior, Beta mixture, power or commensurate prior, or posterior."""

    @property
    def mean(self) -> float:
        """Mean of the rate."""
        ...

    @property
    def sd(self) -> float:
        """Standard deviation of the rate."""
        ...

    def density(self, rates: Numbers) -> Numbers:
        """Density at `rates`, fractions."""
        ...

    def at_most(self, rate: float) -> float:
        """Probability that the rate is at most `rate`."""
        ...

    def quantile(self, probability: float) -> float:
        """The rate below which the true one lies with `probability`."""
        ...

    def predictive(self, n: int) -> Numbers:
        """Chances of 0, 1, ... `n` responders among `n` new children; (n + 1,)."""
        ...

    def updated(self, responders: int, n: int) -> Self:
        """The belief once `responders` of `n` children of the same rate are known."""
        ...
