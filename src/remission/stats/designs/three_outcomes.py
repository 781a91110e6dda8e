"""Sargent's designs of three outcomes: reject p1, reject p0, or reject neither and look at other endpoints.

Between the counts that reject p1 (`r` or fewer) and those that reject p0 (`s` or more) lies at least one that
rejects neither. Fewer participants are needed than where every count must decide.
"""

from dataclasses import dataclass

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.designs.single_stage import REACHED, check_rates
from remission.stats.designs.staged import Look, Staged, operating_many
from remission.stats.interval import check_level
from remission.stats.tails import binomial_at_least
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class ThreeOutcomes:
    """Stop with at most `r1` of `n1`; in the end reject p1 with at most `r`, p0 with at least `s` of `n`.

    The stop rejects p1; where `r` is `r1` only the stop does. `r1` and `n1` are None for one stage. `alpha`
    is P0(reject p0), `beta` P1(reject p1), `eta` P0(reject p1), `power` P1(reject p0); all exact and, with
    two stages, with the stop kept. `expected_n` at p0.
    """

    r1: int | None
    n1: int | None
    r: int
    s: int
    n: int
    alpha: float
    beta: float
    eta: float
    power: float
    expected_n: float


@dataclass(frozen=True, slots=True)
class Sargent(Printable):
    """The best design of three outcomes for each n, from the smallest n to the least expected size at p0."""

    p0: float
    p1: float
    asked: tuple[float, float, float, float]
    designs: tuple[ThreeOutcomes, ...]

    @property
    def minimax(self) -> ThreeOutcomes:
        """The smallest n."""
        return self.designs[0]

    @property
    def optimal(self) -> ThreeOutcomes:
        """The least expected size at p0."""
        return self.designs[-1]

    def printed(self) -> PrintedTable:
        """One row a design."""
        alpha, beta, eta, power = self.asked
        rows = tuple(
            (
                str(one.n),
                "–" if one.r1 is None else f"≤ {one.r1}/{one.n1}",
                "–" if one.r == one.r1 else f"≤ {one.r}",
                f"≥ {one.s}",
                f"{one.alpha:.4f}",
                f"{one.beta:.4f}",
                f"{one.eta:.4f}",
                f"{one.power:.4f}",
                f"{one.expected_n:.2f}",
            )
            for one in self.designs
        )
        return PrintedTable(
            Text("Designs of three outcomes", "三结局设计"),
            (
                Text("n", "例数"),
                Text("stop at", "停止界值"),
                Text("reject p1", "拒绝 p1"),
                Text("reject p0", "拒绝 p0"),
                Text("alpha", "alpha"),
                Text("beta", "beta"),
                Text("eta", "eta"),
                Text("power", "把握度"),
                Text("expected n (p0)", "期望例数 (p0)"),
            ),
            rows,
            (
                Text(
                    f"p0 = {self.p0:g}, p1 = {self.p1:g}; asked: alpha {alpha:g}, beta {beta:g}, "
                    f"eta {eta:g}, power {power:g}. Exact. Sargent, Chan and Goldberg 2001.",
                    f"p0 = {self.p0:g}，p1 = {self.p1:g}；要求 alpha {alpha:g}，beta {beta:g}，eta {eta:g}，"
                    f"把握度 {power:g}。精确计算。Sargent、Chan 与 Goldberg 2001。",
                ),
                *self._only_the_stop(),
            ),
        )

    def _only_the_stop(self) -> tuple[Text, ...]:
        if all(one.r != one.r1 for one in self.designs):
            return ()
        return (
            Text(
                "–: only the stop rejects p1, the end does not.", "–：仅中途停止拒绝 p1，终末分析不拒绝 p1。"
            ),
        )


def sargent_one_stage(
    p0: float, p1: float, *, alpha: float, beta: float, eta: float, power: float, n_max: int = 200
) -> Sargent:
    """The smallest one-stage design of three outcomes.

    Parameters
    ----------
    p0, p1 : float
    alpha, beta : float
        P0(reject p0) and P1(reject p1), at most.
    eta, power : float
        P0(reject p1) and P1(reject p0), at least; what lacks to 1 - alpha and 1 - beta may stay open.
    n_max : int

    Raises
    ------
    InputRefused
        For rates or errors out of order, or where no design up to `n_max` works.

    References
    ----------
    Sargent, Chan and Goldberg 2001, doi:10.1016/S0197-2456(00)00115-X
    """
    _check(p0, p1, alpha, beta, eta, power, n_max)
    for n in range(2, n_max + 1):
        fewest = next(r for r in range(n + 1) if 1 - binomial_at_least(r + 1, n, p0) >= eta / REACHED)
        s = fewest + 2
        while s <= n and binomial_at_least(s, n, p0) > alpha * REACHED:
            s += 1
        if s > n or binomial_at_least(s, n, p1) < power / REACHED:
            continue
        r = s - 2
        while r >= fewest and 1 - binomial_at_least(r + 1, n, p1) > beta * REACHED:
            r -= 1
        if r >= fewest:
            errors = _errors(Staged((Look(n, r, r + 1),)), Staged((Look(n, s - 1, s),)), p0, p1)
            return Sargent(p0, p1, (alpha, beta, eta, power), (ThreeOutcomes(None, None, r, s, n, *errors),))
    raise _none(n_max)


def sargent_two_stages(
    p0: float,
    p1: float,
    *,
    alpha: float,
    beta: float,
    eta: float,
    power: float,
    n_max: int = 100,
) -> Sargent:
    """The two-stage designs of three outcomes: the least expected size at p0 for each total n.

    The first look may only stop for futility. With r = r1 only that stop rejects p1; the end rejects p0 or
    stays open. Parameters, `Raises` and source as in `sargent_one_stage`.
    """
    from remission.stats.designs.kernels_two_stage import best_three_outcomes

    _check(p0, p1, alpha, beta, eta, power, n_max)
    found = best_three_outcomes(
        n_max,
        float(p0),
        float(p1),
        alpha * REACHED,
        beta * REACHED,
        eta / REACHED,
        power / REACHED,
    ).tolist()
    works = [(n, row) for n, row in enumerate(found) if row[0] >= 0]
    if not works:
        raise _none(n_max)
    last = min(works, key=lambda one: (one[1][4], one[0]))[0]
    designs = tuple(
        _two_stages(n, *(int(count) for count in row[:4]), p0=p0, p1=p1) for n, row in works if n <= last
    )
    return Sargent(p0, p1, (alpha, beta, eta, power), designs)


def _two_stages(n: int, r1: int, n1: int, r: int, s: int, *, p0: float, p1: float) -> ThreeOutcomes:
    first = Look(n1, r1, None)
    errors = _errors(Staged((first, Look(n, r, r + 1))), Staged((first, Look(n, s - 1, s))), p0, p1)
    return ThreeOutcomes(r1, n1, r, s, n, *errors)


def _errors(low: Staged, high: Staged, p0: float, p1: float) -> tuple[float, float, float, float, float]:
    """Alpha, beta, eta, power and expected n of the designs that end at r and at s."""
    eta, beta = (sum(row.futility) for row in operating_many(low, (p0, p1)))
    null, truth = operating_many(high, (p0, p1))
    return null.rejects, beta, eta, truth.rejects, null.expected_n


def _check(p0: float, p1: float, alpha: float, beta: float, eta: float, power: float, n_max: int) -> None:
    check_rates(p0, p1, alpha, beta)
    check_level(eta)
    check_level(power)
    if eta > 1 - alpha or power > 1 - beta or not 3 <= n_max <= 500:
        raise InputRefused(
            f"eta {eta!r} with alpha {alpha!r}, power {power!r} with beta {beta!r}, n_max {n_max!r}",
            where="three-outcome design",
            do="give eta <= 1 - alpha, power <= 1 - beta and n_max from 3 to 500",
        )


def _none(n_max: int) -> InputRefused:
    return InputRefused(
        f"no design of three outcomes to n = {n_max} does what was asked",
        where="three-outcome design",
        do="take a larger n_max, or leave more open (smaller eta and power)",
    )
