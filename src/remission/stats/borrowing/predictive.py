"""The meta-analytic-predictive prior: what earlier studies foretell of the rate in a new one.

Responders of study j are binomial; its log-odds are Normal(mu, tau), those of the new study too; mu is
Normal(0, `centre_sd`), tau half-normal of scale `tau_scale`. Both are integrated on a grid, and the studies'
own log-odds by Gauss-Hermite quadrature about their mode. Nothing is sampled: equal input, equal digits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.charts import Axis, Curves, Line, Scale
from remission.paper.drawable import Drawable
from remission.paper.tables import Printable, PrintedTable
from remission.stats.borrowing.log_odds import RateDensity, check_counts
from remission.stats.tails import Numbers
from remission.terms.words import Text

_NOTHING = 38.0  # a log-density this far below the highest adds less than rounding
_REACH = 8.7  # where a normal density has fallen so far, in standard deviations
_NEAR_MODE = 1e-3  # in z; quadrature about a place so near the mode is as good as about the mode
_MOST_STEPS = 80


@dataclass(frozen=True, slots=True)
class Nodes:
    """Points of the quadratures: per narrowest standard deviation of the mean, of tau, and of each study."""

    mean: int = 2
    tau: int = 64
    study: int = 24

    def doubled(self) -> "Nodes":
        """Twice as many of each, to see that the answer stands."""
        return Nodes(2 * self.mean, 2 * self.tau, 2 * self.study)


@dataclass(frozen=True, slots=True)
class Tau:
    """Posterior of the standard deviation between studies, on the log-odds."""

    mean: float
    sd: float
    lower: float  # 2.5 %
    median: float
    upper: float  # 97.5 %


@dataclass(frozen=True, slots=True, eq=False)
class PredictivePrior(Printable, Drawable):
    """The rate in a new study, before its first child: `rate`; and how much studies differ: `tau`."""

    responders: tuple[int, ...]
    n: tuple[int, ...]
    tau_scale: float
    centre_sd: float
    nodes: Nodes
    tau: Tau
    rate: RateDensity

    def printed(self) -> PrintedTable:
        """Mean, spread and quantiles of the rate and of tau."""
        ends = [self.rate.quantile(probability) for probability in (0.025, 0.5, 0.975)]
        tau = self.tau
        rows = (
            (
                Text("rate in a new study", "新研究中的率"),
                *_four(self.rate.mean, self.rate.sd),
                *_four(*ends),
            ),
            (
                Text("tau (log-odds)", "tau（对数优势）"),
                *_four(tau.mean, tau.sd),
                *_four(tau.lower, tau.median, tau.upper),
            ),
        )
        return PrintedTable(
            Text("Predictive prior from earlier studies", "由既往研究得到的预测先验"),
            (Text("", ""), Text("mean", "均值"), Text("sd", "标准差"), Text("2.5 %", "2.5 %"),
             Text("median", "中位数"), Text("97.5 %", "97.5 %")),
            rows,
            self._notes(),
        )  # fmt: skip

    def chart(self) -> Curves:
        """The density of the rate."""
        rates = np.linspace(0.0025, 0.9975, 200)
        heights = self.rate.density(rates)
        return Curves(
            "predictive-prior",
            Text("Predictive prior from earlier studies", "由既往研究得到的预测先验"),
            Text("Density of the rate in a new study.", "新研究中率的密度。"),
            Axis(Text("rate", "率"), Scale.PERCENT, 0.0, 1.0),
            Axis(Text("density", "密度"), low=0.0),
            (
                Line(
                    Text("predictive prior", "预测先验"),
                    tuple(zip(rates.tolist(), heights.tolist(), strict=True)),
                ),
            ),
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Text, ...]:
        counts = ", ".join(f"{x}/{n}" for x, n in zip(self.responders, self.n, strict=True))
        return (
            Text(
                f"{len(self.n)} studies: {counts}. Binomial with normal log-odds; tau half-normal of scale "
                f"{self.tau_scale:g}, mean of log-odds normal (0, {self.centre_sd:g}); by quadrature. "
                "Neuenschwander 2010, doi:10.1177/1740774509356002.",
                f"{len(self.n)} 项研究：{counts}。二项分布，对数优势为正态；tau 半正态先验，尺度 "
                f"{self.tau_scale:g}，对数优势均值正态先验 (0, {self.centre_sd:g})；数值积分。"
                "Neuenschwander 2010, doi:10.1177/1740774509356002。",
            ),
        )


def predictive_prior(
    responders: Sequence[int],
    n: Sequence[int],
    *,
    tau_scale: float = 1.0,
    centre_sd: float = 2.0,
    nodes: Nodes | None = None,
) -> PredictivePrior:
    """The meta-analytic-predictive prior of a new study's rate.

    Parameters
    ----------
    responders, n : sequence of int, one for each earlier study
    tau_scale : float
        Scale of the half-normal prior of the between-study standard deviation, log-odds. 1 allows very
        large, 0.5 large differences.
    centre_sd : float
        Standard deviation of the normal prior of the mean log-odds; 2 is about one child's worth.

    Raises
    ------
    InputRefused
        For no study, counts that cannot be, or a scale that is not above 0.

    References
    ----------
    Neuenschwander and others 2010, doi:10.1177/1740774509356002; Schmidli and others 2014,
    doi:10.1111/biom.12242
    """
    nodes = nodes or Nodes()
    studies = _studies(responders, n)
    _check_scales(tau_scale, centre_sd)
    low, high, top = _region(studies, tau_scale, centre_sd)
    means = np.linspace(low, high, math.ceil((high - low) / _narrowest(studies, centre_sd) * nodes.mean) + 2)
    points, shares = np.polynomial.legendre.leggauss(nodes.tau)
    roots = (points + 1) / 2  # tau = top x root^2: nodes crowd towards 0, where the posterior may be narrow
    taus, shares = top * roots**2, shares * top * roots
    logs = _log_joint(studies, means, taus, tau_scale, centre_sd, nodes.study)
    joint = np.exp(logs - logs.max())
    step = float(means[1] - means[0])
    total = float(shares @ joint.sum(axis=1)) * step
    of_tau = joint.sum(axis=1) * step / total
    rate = _blurred(means, taus, joint * shares[:, None])
    tau = _tau(points, top, of_tau, shares)
    return PredictivePrior(
        tuple(x for x, _ in studies), tuple(m for _, m in studies), tau_scale, centre_sd, nodes, tau, rate
    )


def _studies(responders: Sequence[int], n: Sequence[int]) -> list[tuple[int, int]]:
    if len(responders) != len(n) or not n:
        raise InputRefused(
            f"{len(responders)} numbers of responders for {len(n)} studies",
            where="earlier studies",
            do="give responders and n of each study, one study at least",
        )
    for x, m in zip(responders, n, strict=True):
        check_counts(x, m)
    return list(zip(responders, n, strict=True))


def _check_scales(tau_scale: float, centre_sd: float) -> None:
    for name, scale in (("tau_scale", tau_scale), ("centre_sd", centre_sd)):
        if not (math.isfinite(scale) and scale > 0):
            raise InputRefused(
                f"{name} {scale!r}", where="predictive prior", do="give a number above 0, such as 1 or 0.5"
            )


def _region(studies: list[tuple[int, int]], tau_scale: float, centre_sd: float) -> tuple[float, float, float]:
    """Mean from, to, and tau up to, outside of which the posterior is nothing; found by zooming in.

    The posterior is log-concave in the mean, so what a coarse grid misses of its peak only widens the region.
    """
    low, high, top = -_REACH * centre_sd, _REACH * centre_sd, _REACH * tau_scale
    for _ in range(8):
        means, taus = np.linspace(low, high, 41), np.linspace(0.0, top, 13)
        logs = _log_joint(studies, means, taus, tau_scale, centre_sd, 6)
        kept = logs > logs.max() - _NOTHING
        columns, rows = np.flatnonzero(kept.any(axis=0)), np.flatnonzero(kept.any(axis=1))
        before = (high - low) * top
        low, high = float(means[max(columns[0] - 1, 0)]), float(means[min(columns[-1] + 1, 40)])
        top = float(taus[min(rows[-1] + 1, 12)])
        if (high - low) * top > 0.9 * before:
            break
    return low, high, top


def _narrowest(studies: list[tuple[int, int]], centre_sd: float) -> float:
    """Standard deviation of the mean log-odds if all studies had one rate, at most 0.5."""
    x, n = sum(x for x, _ in studies), sum(m for _, m in studies)
    rate = (x + 0.5) / (n + 1)
    return min(0.5, 1 / math.sqrt(n * rate * (1 - rate) + centre_sd**-2))


def _log_joint(
    studies: list[tuple[int, int]],
    means: Numbers,
    taus: Numbers,
    tau_scale: float,
    centre_sd: float,
    nodes: int,
) -> Numbers:
    """Log of prior times likelihood, up to a constant; (taus, means)."""
    prior = -((taus[:, None] / tau_scale) ** 2 + (means / centre_sd) ** 2) / 2
    return prior + sum(_log_marginal(x, n, means, taus, nodes) for x, n in studies)


def _log_marginal(responders: int, n: int, means: Numbers, taus: Numbers, nodes: int) -> Numbers:
    """Log of the chance of `responders`, the study's log-odds integrated out; (taus, means).

    In z, log-odds = mean + tau z, the integrand is log-concave with its mode between 0 and tau (x - n p).
    """
    spread = np.broadcast_to(taus[:, None], (taus.size, means.size))
    mode = _modes(responders, n, means, spread)
    chance = _rate(means + spread * mode)
    width = 1 / np.sqrt(1 + spread**2 * n * chance * (1 - chance))
    points, shares = np.polynomial.hermite.hermgauss(nodes)
    at_mode = _log_integrand(responders, n, means, spread, mode)
    total = np.zeros(spread.shape)
    for point, share in zip(points.tolist(), shares.tolist(), strict=True):
        z = mode + math.sqrt(2) * point * width
        total += share * np.exp(point**2 + _log_integrand(responders, n, means, spread, z) - at_mode)
    return at_mode + np.log(total * width)


def _modes(responders: int, n: int, means: Numbers, spread: Numbers) -> Numbers:
    """The mode of each integrand: Newton's steps, halved back into the bracket where they leave it."""
    end = spread * (responders - n * _rate(means))
    low, high = np.minimum(0.0, end), np.maximum(0.0, end)
    seen, missed = responders + 0.5, n - responders + 0.5
    z = spread * (math.log(seen / missed) - means) / (spread**2 + 1 / seen + 1 / missed)
    z = np.clip(z, low, high)
    for _ in range(_MOST_STEPS):
        chance = _rate(means + spread * z)
        slope = spread * (responders - n * chance) - z
        low, high = np.where(slope > 0, z, low), np.where(slope > 0, high, z)
        newton = z + slope / (1 + spread**2 * n * chance * (1 - chance))
        step = np.where((newton >= low) & (newton <= high), newton, (low + high) / 2)
        moved, z = float(np.max(np.abs(step - z))), step
        if moved < _NEAR_MODE:
            break
    return z


def _log_integrand(responders: int, n: int, means: Numbers, spread: Numbers, z: Numbers) -> Numbers:
    odds = means + spread * z
    return responders * odds - n * (np.maximum(odds, 0) + np.log1p(np.exp(-np.abs(odds)))) - z * z / 2


def _rate(log_odds: Numbers) -> Numbers:
    return (1 + np.tanh(log_odds / 2)) / 2


def _blurred(means: Numbers, taus: Numbers, joint: Numbers) -> RateDensity:
    """The density of a new study's log-odds: that of the mean, spread by each tau, by Fourier series."""
    step = float(means[1] - means[0])
    peaks = np.log(np.maximum(joint.max(axis=1), 1e-300) / joint.max())
    reach = float(np.max(taus * np.sqrt(2 * np.maximum(_NOTHING + peaks, 0.0))))
    beside = math.ceil(reach / step)
    size = 1 << (means.size + 2 * beside - 1).bit_length()
    padded = np.zeros((taus.size, size))
    padded[:, beside : beside + means.size] = joint
    frequencies = 2 * math.pi * np.fft.rfftfreq(size, step)
    waves = np.fft.rfft(padded, axis=1) * np.exp(-((taus[:, None] * frequencies) ** 2) / 2)
    heights = np.fft.irfft(waves.sum(axis=0), size)
    return RateDensity(float(means[0]) - beside * step, step, np.maximum(heights, 0.0))


def _tau(points: Numbers, top: float, density: Numbers, shares: Numbers) -> Tau:
    taus = top * ((points + 1) / 2) ** 2
    mean = float(shares @ (density * taus))
    sd = math.sqrt(float(shares @ (density * (taus - mean) ** 2)))
    lower, median, upper = (_tau_quantile(p, points, top, density) for p in (0.025, 0.5, 0.975))
    return Tau(mean, sd, lower, median, upper)


def _tau_quantile(probability: float, points: Numbers, top: float, density: Numbers) -> float:
    """From the Legendre series through the nodes, integrated term by term."""
    legendre = np.polynomial.legendre
    heights = density * top * (points + 1) / 2  # of `points`, from -1 to 1
    weights = np.polynomial.legendre.leggauss(points.size)[1]
    orders = np.arange(points.size)
    series = (orders + 0.5) * (legendre.legvander(points, points.size - 1).T @ (weights * heights))
    whole = legendre.legint(series, lbnd=-1)
    low, high = -1.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        below = float(legendre.legval(middle, whole)) < probability
        low, high = (middle, high) if below else (low, middle)
    return top * ((low + 1) / 2) ** 2


def _four(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.4f}" for value in values)
