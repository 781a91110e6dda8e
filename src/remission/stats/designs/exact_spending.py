"""Error spending on the exact binomial: boundaries in counts, at the numbers that were really looked at.

At each look the trial may stop for efficacy at the smallest count whose cumulative exact type I error stays
within what may have been spent by then; what discreteness leaves over is carried to later looks. Futility
spends type II error in the same way, at the largest count. Boundaries at a look use nothing that comes later
but the planned size, so a look at an unplanned number is met by giving the numbers as they were.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from remission.errors import InputRefused
from remission.stats.designs.spending import Spending
from remission.stats.designs.staged import Look, Staged, operating

Numbers = NDArray[np.float64]

# A sum of probabilities and the error it is compared with may agree but for rounding.
_ROUNDING = 1e-12


def exact_spending(
    sizes: Sequence[int],
    p0: float,
    alpha: float,
    efficacy: Spending,
    *,
    p1: float | None = None,
    beta: float | None = None,
    futility: Spending | None = None,
    binding: bool = False,
    planned: int | None = None,
) -> Staged:
    """Boundaries that spend one-sided `alpha` against "the rate is at most `p0`", and beta at `p1`.

    Parameters
    ----------
    sizes : (looks,) growing
        Participants with an answer at each look, as they were or are planned. The last look decides, with all
        of alpha, whether it came early (under-run) or late (over-run).
    p0, alpha : float
    efficacy : how alpha is spent by size / `planned`
    p1, beta, futility : how beta is spent at the rate `p1`; all three or none (then no futility stop)
    binding : whether type I error counts on futility stops being obeyed. If so, the final count may be
    smaller
        than that of the trial of one look, never fixed before the looks.
    planned : int
        The size that was planned; the last of `sizes` if not given.

    Returns
    -------
    Staged
        It ends at the look where the two boundaries meet, if that comes before the last.

    Raises
    ------
    InputRefused
        For sizes that do not grow, rates outside 0..1 or p1 <= p0, errors that are no fractions, or a part of
        (p1, beta, futility) missing.

    References
    ----------
    Lan and DeMets 1983, doi:10.1093/biomet/70.3.659; Stallard and Todd 2000,
    Statistics in Medicine 19
    """
    _check(sizes, p0, p1)
    if len({p1 is None, beta is None, futility is None}) > 1:
        raise InputRefused("only part of p1, beta, futility", where="futility", do="give all three or none")
    whole = planned or sizes[-1]
    null, truth, before = np.ones(1), np.ones(1), 0
    used = missed = 0.0
    floor = 0  # a trial that went on has at least this; a final count below it could not be missed
    looks = list[Look]()
    for n in sizes:
        last = n == sizes[-1]
        null = np.convolve(null, chances(n - before, p0))
        may = efficacy.spent(alpha, 1.0 if last else n / whole) - used
        high = max(floor, _smallest(null, may))
        low = -1
        if p1 is not None and beta is not None and futility is not None:
            truth = np.convolve(truth, chances(n - before, p1))
            low = min(high - 1, _largest(truth, futility.spent(beta, n / whole) - missed))
        if last or low == high - 1:
            looks.append(Look(n, high - 1, high))
            break
        looks.append(Look(n, None if low < 0 else low, None if high > n else high))
        used += float(null[high:].sum())
        missed += float(truth[: low + 1].sum())
        null[high:], truth[high:], truth[: low + 1] = 0.0, 0.0, 0.0
        if binding:
            null[: low + 1] = 0.0
        before, floor = n, low + 1
    return Staged(tuple(looks))


def spending_design(
    fractions: Sequence[float],
    p0: float,
    p1: float,
    alpha: float,
    beta: float,
    efficacy: Spending,
    *,
    futility: Spending | None = None,
    binding: bool = False,
    n_max: int = 200,
) -> Staged:
    """The smallest trial, looked at these fractions of it, whose exact power at `p1` is 1 - beta or more.

    Sizes are rounded up. Power does not grow steadily with n: a slightly larger trial may have less. `Raises`
    as in `exact_spending`, and where no n up to `n_max` is enough.
    """
    for n in range(2, n_max + 1):
        sizes = sorted({max(1, -int(-t * n // 1)) for t in fractions})
        if futility is None:
            design = exact_spending(sizes, p0, alpha, efficacy)
        else:
            design = exact_spending(
                sizes, p0, alpha, efficacy, p1=p1, beta=beta, futility=futility, binding=binding
            )
        if operating(design, p1).rejects >= 1 - beta:
            return design
    raise InputRefused(
        f"no trial of at most {n_max} has power {1 - beta:g} at {p1!r} against {p0!r}",
        where="n_max",
        do="allow more participants, or larger errors",
    )


def chances(n: int, p: float) -> Numbers:
    """P(X = 0..n) for X ~ Binomial(n, p), from n steps of one participant: only sums of positive terms."""
    alive = np.zeros(n + 1)
    alive[0] = 1.0
    for _ in range(n):
        alive[1:] = alive[1:] * (1 - p) + alive[:-1] * p
        alive[0] *= 1 - p
    return alive


def _smallest(alive: Numbers, may: float) -> int:
    """The smallest count whose upper tail is at most `may`; one past the largest where none is."""
    above = np.append(np.cumsum(alive[::-1])[::-1], 0.0)
    return int(np.argmax(above <= may + _ROUNDING * may))


def _largest(alive: Numbers, may: float) -> int:
    """The largest count whose lower tail is at most `may`; -1 where none is."""
    return int(np.searchsorted(np.cumsum(alive), may + _ROUNDING * may, side="right")) - 1


def _check(sizes: Sequence[int], p0: float, p1: float | None) -> None:
    if not sizes or sizes[0] < 1 or any(b <= a for a, b in pairwise(sizes)):
        raise InputRefused(
            f"{list(sizes)!r} as looks", where="sizes", do="give growing numbers, at least one"
        )
    if not 0 < p0 < 1 or (p1 is not None and not p0 < p1 < 1):
        raise InputRefused(f"p0 {p0!r}, p1 {p1!r}", where="rates", do="give 0 < p0 < p1 < 1")
