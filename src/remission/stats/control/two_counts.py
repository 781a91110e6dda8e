"""The exact two-sample rule as a table: for each count of the control, the count that beats it."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from remission.stats.tails import Numbers, log_gamma

Counts = NDArray[np.intp]
Grid = tuple[Numbers, Numbers, Numbers]

_TIE = 1 + 1e-7  # Fisher p-values nearer than this are one and the same, as in `rates`
_CELLS = 2_000_000  # of the grid of true rates times the control's counts
_MOST_RATES, _FEWEST_RATES = 1000, 200


@lru_cache(maxsize=64)
def least_counts(of: int, n: int, alpha: float) -> tuple[int | None, ...]:
    """For 0, 1, ... `of` responders of the control: the smallest count of `n` that beats it, or None.

    Boschloo's exact unconditional test, one-sided: tables are ordered by Fisher's p, and the rule takes as
    many as keep the type I error at or below `alpha` at every common true rate (a fine grid of them).

    References
    ----------
    Boschloo 1970, doi:10.1111/j.1467-9574.1970.tb00104.x
    """
    fisher = fisher_p(n, of)
    grid = _grid(n, of, np.linspace(0, math.pi / 2, _rates(of))[1:-1])
    limits = np.unique(fisher)
    low, high = int(np.searchsorted(limits, alpha, side="right")) - 1, limits.size  # Fisher's own limit holds
    while high - low > 1:
        middle = (low + high) // 2
        size = _size(_least(fisher, float(limits[middle])), n, of, grid)
        low, high = (middle, high) if size <= alpha else (low, middle)
    if low < 0:
        return (None,) * (of + 1)
    return tuple(None if x > n else int(x) for x in _least(fisher, float(limits[low])))


def boschloo_p(responders: int, n: int, controls: int, of: int) -> float:
    """Boschloo's exact one-sided p of `responders` of `n` against `controls` of `of`.

    Source as in `least_counts`.
    """
    fisher = fisher_p(n, of)
    grid = _grid(n, of, np.linspace(0, math.pi / 2, _rates(of))[1:-1])
    return _size(_least(fisher, float(fisher[responders, controls])), n, of, grid)


def fisher_p(n: int, of: int) -> Numbers:
    """Fisher's one-sided p of x of `n` treated against y of `of` controls; (n + 1, of + 1)."""
    x, total = np.arange(n + 1.0)[:, None], np.arange(n + of + 1.0)
    y = total - x
    possible = (y >= 0) & (y <= of)
    held = np.where(possible, y, 0.0)
    logs = _log_ways(n, x) + _log_ways(of, held) - _log_ways(n + of, total)
    chances = np.where(possible, np.exp(logs), 0.0)
    tails = np.cumsum(chances[::-1], axis=0)[::-1]
    rows, columns = np.arange(n + 1)[:, None], np.arange(of + 1)
    return np.minimum(tails[rows, rows + columns], 1.0)


def _least(fisher: Numbers, limit: float) -> Counts:
    """Of each column, how many rows lie above the limit: rows fall."""
    return np.asarray((fisher > limit * _TIE).sum(axis=0), np.intp)


def _grid(n: int, of: int, angles: Numbers) -> Grid:
    """Angles, and at each common rate sin(angle)^2 the control's chances and the treated tails."""
    rates = np.sin(angles) ** 2
    return angles, _chances(of, rates), _reaching(n, rates)


def _size(least: Counts, n: int, of: int, grid: Grid) -> float:
    """The highest chance to reject over the common rate: on the grid, then finer about its peak."""
    sizes = (grid[1] * grid[2][:, least]).sum(axis=1)
    best = float(sizes.max())
    for _ in range(3):
        peak, angles = int(np.argmax(sizes)), grid[0]
        ends = angles[max(peak - 1, 0)], angles[min(peak + 1, angles.size - 1)]
        grid = _grid(n, of, np.linspace(*ends, 9))
        sizes = (grid[1] * grid[2][:, least]).sum(axis=1)
        best = max(best, float(sizes.max()))
    return best


def _chances(n: int, rates: Numbers) -> Numbers:
    counts = np.arange(n + 1.0)
    return np.exp(
        _log_ways(n, counts) + np.outer(np.log(rates), counts) + np.outer(np.log1p(-rates), n - counts)
    )


def _reaching(n: int, rates: Numbers) -> Numbers:
    """P(X >= 0), ... P(X >= n + 1) at each rate; (rates, n + 2)."""
    tails = np.cumsum(_chances(n, rates)[:, ::-1], axis=1)[:, ::-1]
    return np.hstack([tails, np.zeros((rates.size, 1))])


def _rates(of: int) -> int:
    return max(_FEWEST_RATES, min(_MOST_RATES, _CELLS // (of + 1)))


def _log_ways(n: int, counts: Numbers) -> Numbers:
    return log_gamma(np.asarray(n + 1.0)) - log_gamma(counts + 1) - log_gamma(n - counts + 1)
