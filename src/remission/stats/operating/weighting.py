"""A test that weights the counted children of each stratum up to all of its children: power by trials."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from remission.errors import InputRefused
from remission.paper.tables import Printable, PrintedTable
from remission.stats.operating.estimates import Estimate, rate_of
from remission.stats.operating.participants import Group, blocks_of, check_groups, cuts_of, key_of
from remission.stats.tails import normal_quantile
from remission.terms.words import Text


@dataclass(frozen=True, slots=True)
class Weighted(Printable):
    """How often the weighted test rejects, and the unweighted one in the same trials.

    `true_rate`: what the weighted rate estimates; `counted_rate`: what the unweighted one does.
    """

    trials: int
    seed: int
    weighted: Estimate
    unweighted: Estimate
    true_rate: float
    counted_rate: float
    counted: float

    def printed(self) -> PrintedTable:
        """Both tests, a row each."""
        rows = tuple(
            (name, f"{rate:.4f}", f"{found.value:.4f}", f"{found.error:.4f}")
            for name, rate, found in (
                (Text("weighted by stratum", "按分层加权"), self.true_rate, self.weighted),
                (Text("unweighted, counted children", "不加权"), self.counted_rate, self.unweighted),
            )
        )  # fmt: skip
        return PrintedTable(
            Text("Weighting for children not counted", "未计入患儿的加权"),
            (
                Text("test", "检验"),
                Text("rate it estimates", "所估计的率"),
                Text("rejects", "拒绝概率"),
                Text("standard error", "标准误"),
            ),
            rows,
            (
                Text(
                    f"Score test with the children the weights are worth (Kish). Monte Carlo: {self.trials} "
                    f"trials, seed {self.seed}; {self.counted:.1f} children counted on average.",
                    f"记分检验，按权重有效例数（Kish）。蒙特卡罗模拟：{self.trials}次试验，种子{self.seed}；"
                    f"平均计入{self.counted:.1f}例。",
                ),
            ),
            simulated=True,
        )


def simulate_weighted(
    groups: tuple[Group, ...],
    children: int,
    p0: float,
    alpha: float,
    trials: int,
    seed: int,
    *,
    cores: int = 1,
) -> Weighted:
    """Play a trial of one look whose counted children stand for all of their stratum.

    Parameters
    ----------
    groups : tuple of Group
        Strata with their chances to respond and not to be counted.
    children : int
        Enrolled; none is replaced.
    p0, alpha : float
        "At most p0", one-sided.
    trials, seed, cores : int
        As in `participants.simulate`.

    Raises
    ------
    InputRefused
        Unless children >= 1, 0 < p0 < 1, 0 < alpha < 1; for groups, trials, seed and cores as there; and for
        a stratum in which nobody is ever counted: nothing tells its rate.
    """
    check_groups(groups)
    for group in groups:
        if group.not_counted >= 1:
            raise InputRefused(
                "nobody is ever counted, and nobody else can stand for them",
                where=f"group {group.name!r}",
                do="give a chance below 1 not to be counted, or leave the group out and say so",
            )
    if not (children >= 1 and 0 < p0 < 1 and 0 < alpha < 1):
        raise InputRefused(
            f"{children} children, p0 {p0!r}, alpha {alpha!r}",
            where="weighted test",
            do="give at least one child, and p0 and alpha between 0 and 1",
        )
    from remission.stats.operating.kernels_trials import weighted_trials

    shares = np.cumsum([group.share for group in groups])
    cuts = np.array([cuts_of(group.response, group.not_counted) for group in groups])
    key, z = key_of(seed), normal_quantile(1 - alpha)

    def played(block: tuple[int, int]) -> list[int]:
        return [int(one) for one in weighted_trials(*block, key, children, shares / shares[-1], cuts, p0, z)]

    with ThreadPoolExecutor(cores) as pool:
        sums = np.sum(list(pool.map(played, blocks_of(trials, seed, cores))), axis=0)
    whole = sum(group.share for group in groups)
    truth = sum(group.share * min(1.0, group.response / (1 - group.not_counted)) for group in groups) / whole
    seen = sum(group.share * (1 - group.not_counted) for group in groups)
    counted = sum(group.share * group.response for group in groups) / seen
    return Weighted(
        trials, seed, rate_of(int(sums[0]), trials), rate_of(int(sums[1]), trials),
        truth, counted, float(sums[3]) / trials,
    )  # fmt: skip
